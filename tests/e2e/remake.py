#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The interface under carrier=dev:[<device>,iface=c0] of an unmodified testpmd is deleted while pings
pass, and made again: the port makes its carrier again by itself, pings are answered, counters go on
from where they were and no mbuf is lost.

    remake.py af_packet 20      driver, number of lives
"""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))

# pylint: disable=wrong-import-position
from conform import Cases, Skip, above, check, equal, scratch
from testpmd import Testpmd

PATIENCE = 30   # seconds before a case gives up: a bound, not a measurement
PINGS = 20
BURST = 32      # of testpmd
PREFIX = "cpxm"
LOSES = ("af_xdp",)   # 2048 mbufs of a queue with each life: a defect of net_af_xdp 22.11


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, f"this never came: {what}")
        time.sleep(0.02)


def call(*command):
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except (OSError, subprocess.CalledProcessError) as why:
        raise Skip(f"no veth pair between namespaces here: {' '.join(command)}: "
                   f"{getattr(why, 'stderr', why)}") from why


class Wire:
    """A host, whose eth0 is 10.0.1.2, and c0 in the namespace of the driver."""

    def __init__(self):
        if os.getuid() != 0:
            raise Skip("network namespaces need root")
        self.remove_stale()
        self.names = {end: f"{PREFIX}{os.getpid()}-{end}" for end in ("host", "driver")}
        for end in self.names:
            call("ip", "netns", "add", self.names[end])
            call(*self.inside(end), "sh", "-c",
                 "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6")

    def inside(self, end):
        return ["ip", "netns", "exec", self.names[end]]

    def plug(self):
        call("ip", "link", "add", "eth0", "netns", self.names["host"], "type", "veth",
             "peer", "name", "c0", "netns", self.names["driver"])
        for end, name in (("host", "eth0"), ("driver", "c0")):
            call(*self.inside(end), "ethtool", "-K", name, "rx", "off", "tx", "off")
            call(*self.inside(end), "ip", "link", "set", name, "up")
        call(*self.inside("host"), "ip", "addr", "add", "10.0.1.2/24", "dev", "eth0")

    def unplug(self):
        call(*self.inside("driver"), "ip", "link", "del", "c0")

    def ping(self, *options):
        """A running ping."""
        return subprocess.Popen([*self.inside("host"), "ping", "-n", *options, "10.0.1.1"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def answered(self, number, seconds=PATIENCE):
        """Are the first pings answered, each once? See lossless() in lib.sh."""
        out = self.ping("-i", "0.01", "-c", str(number), "-w", str(seconds)).communicate()[0]
        seen = sorted(int(n) for n in re.findall(r" icmp_seq=(\d+) ttl=", out))
        return [n for n in seen if n <= number] == list(range(1, number + 1))

    @staticmethod
    def remove_stale():
        listed = subprocess.run(["ip", "netns", "list"], stdout=subprocess.PIPE, text=True,
                                check=False).stdout
        for name, pid in re.findall(rf"^({PREFIX}(\d+)-\w+)", listed, re.M):
            if not os.path.exists(f"/proc/{pid}"):
                subprocess.run(["ip", "netns", "del", name], check=False)

    def close(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False)


def one_life(wire, pmd):
    """Deleted under traffic, and back."""
    before = pmd.xstats()[0]
    busy = wire.ping("-q", "-i", "0.002")
    wire.unplug()
    until("link down", lambda: not pmd.link_up(0))
    busy.kill()
    busy.wait()
    wire.plug()
    until("link up", lambda: pmd.link_up(0))
    until("an answer", lambda: wire.answered(1, 1))
    check(wire.answered(PINGS), "pings are not answered")
    after = pmd.xstats()[0]
    for name in ("rx_good_packets", "tx_good_packets", "lane0_rx_bytes", "lane0_tx_bytes"):
        above(name, after[name], before[name] + PINGS)
    for name in ("rx_errors", "rx_mbuf_allocation_errors"):
        equal(name, after[name], 0)
    lost = after["tx_errors"] - before["tx_errors"]
    check(lost <= BURST, f"{lost} frames could not be sent, more than were just being")


def lives(driver, number):
    wire = Wire()
    try:
        wire.plug()
        pmd = Testpmd([f"net_cpx0,carrier=dev:[net_{driver}0,iface=c0]"], wrap=wire.inside("driver"))
        try:
            pmd.run("set fwd icmpecho")
            pmd.start()
            until("an answer", lambda: wire.answered(1, 1))
            held = None
            for life in range(number):
                one_life(wire, pmd)
                print(f"life {life + 1} of {number}", flush=True)
                if held is None:
                    pmd.stop()
                    held = pmd.in_use()
                    pmd.start()
            pmd.stop()
            if driver not in LOSES:
                equal("mbufs in use", pmd.in_use(), held)
            above("link events", len([e for e in pmd.events if "link state" in e]), 2 * number - 1)
        finally:
            code = pmd.close()
        equal("testpmd's exit code", code, 0)
    finally:
        wire.close()


def main():
    cases = Cases(f"remake/{sys.argv[1]}")
    with scratch():
        cases.run("made-again", lives, sys.argv[1], int(sys.argv[2]))
    cases.finish()


if __name__ == "__main__":
    main()
