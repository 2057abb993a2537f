#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's own examples on our ports: l3fwd, l3fwd-power asleep between frames,
link_status_interrupt.

Their sources come from Debian's package of DPDK, into the build folder, and are compiled there by
their own Makefiles. Each runs on two ports of ours; a testpmd at the other ends sends a known
number of frames and counts what comes back. Numbers on the example's side are read from its
telemetry socket.

    examples.py [CASE]
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from conform import (BUILD, SRC, Cases, Skip, check, eal_memory, environment, equal, lcores,
                     scratch)
from testpmd import Testpmd

TREE = os.path.join(BUILD, "conformance", "dpdk")
PREFIX = f"cpxex{os.getpid()}"
BURSTS, BURST, QUEUES = 4, 32, 2
# row -> vdev n of the example, its port ids, vdev n of the testpmd
ROWS = {
    "peer": ("net_cpx{n},lanes=2,carrier=fiber:{dir}/p{n},role=server", (0, 1),
             "net_cpx{n},lanes=2,carrier=fiber:{dir}/p{n},role=client,wake=1"),
    "dev-memif": ("net_cpx{n},lanes=2,carrier=dev:[net_memif{n},id={n},socket={dir}/m{n},"
                  "socket-abstract=no,role=server]", (0, 2),  # 1 and 3 are the carriers
                  "net_memif{n},id={n},socket={dir}/m{n},socket-abstract=no,role=client"),
}
# destinations of port 0 and 1, as l3fwd takes them
RULES = {
    "lpm4": ("R198.18.0.0/24 {}", "R198.18.1.0/24 {}"),
    "lpm6": ("R2001:db8:0:0:0:0:0:0/64 {}", "R2001:db8:0:1:0:0:0:0/64 {}"),
    "em4": ("R198.18.0.0 198.18.0.1 9 9 0x11 {}", "R198.18.1.0 198.18.1.1 9 9 0x11 {}"),
    "em6": ("R2001:db8:0:0:0:0:0:0 2001:db8:0:0:0:0:0:1 9 9 0x11 {}",
            "R2001:db8:0:1:0:0:0:0 2001:db8:0:1:0:0:0:1 9 9 0x11 {}"),
}


def build(name):
    """The example's program, made once."""
    folder = os.path.join(TREE, "examples", name)
    program = os.path.join(folder, "build", name)
    if os.path.exists(program):
        return program
    version = subprocess.run(["pkg-config", "--modversion", "libdpdk"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
    if not os.path.exists(os.path.join(folder, "Makefile")):
        got = subprocess.run(["sh", os.path.join(SRC, "pmd", "dpdk_source.sh"), version, TREE,
                              "examples/l3fwd", "examples/l3fwd-power",
                              "examples/link_status_interrupt", "examples/common"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False)
        if got.returncode:
            raise Skip(f"no source of DPDK's examples: {got.stdout}")
    made = subprocess.run(["make", "-C", folder, "shared"], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False)
    check(made.returncode == 0, f"{name} does not build:\n{made.stdout[-2000:]}")
    return program


class Example:
    """A running example on two ports of a row."""

    def __init__(self, name, row, folder, args):
        program = build(name)
        self.log = os.path.join(folder, "log")
        command = ["stdbuf", "-oL", program, "--lcores", lcores(2), "--no-pci", *eal_memory(),
                   f"--file-prefix={PREFIX}", "-d", "librte_net_cpx.so"]
        command += [f"--vdev={ROWS[row][0].format(n=n, dir=folder)}" for n in (0, 1)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*command, "--", *args], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT,
                                            env=environment())
        self.vdevs = [ROWS[row][2].format(n=n, dir=folder) for n in (0, 1)]

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, pattern, seconds=20, times=1):
        end = time.monotonic() + seconds
        while len(re.findall(pattern, self.text())) < times:
            check(self.process.poll() is None,
                  f"ended with {self.process.returncode}:\n{self.text()[-2000:]}")
            check(time.monotonic() < end, f"never said {pattern!r}:\n{self.text()[-2000:]}")
            time.sleep(0.02)

    def xstats(self):
        """Of its ports, through telemetry; carriers are not asked."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(10)
            s.connect(f"/var/run/dpdk/{PREFIX}/dpdk_telemetry.v2")
            size = json.loads(s.recv(1024))["max_output_len"]

            def ask(command):
                s.send(command.encode())
                return json.loads(s.recv(size))[command.split(",")[0]]

            ports = [p for p in ask("/ethdev/list")
                     if ask(f"/ethdev/info,{p}")["name"].startswith("net_cpx")]
            return [ask(f"/ethdev/xstats,{p}") for p in ports]

    def close(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(f"/var/run/dpdk/{PREFIX}", ignore_errors=True)
        return self.process.returncode


class Pair:
    """An example and, at the other ends of its ports, a testpmd."""

    def __init__(self, name, row, folder, args, tx_ip):
        self.example = Example(name, row, folder, args)
        try:
            self.example.wait_for("Checking link status")  # its ports are started
            self.pmd = Testpmd(self.example.vdevs, QUEUES, QUEUES, [f"--tx-ip={tx_ip}"], turn=1)
        except BaseException:
            self.example.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # net_memif unmaps its rings when the peer goes, also under a lcore that polls: the example,
        # which polls, goes first
        ended = self.example.close()
        code = self.pmd.close()
        if kind is None:
            equal("testpmd's exit code", code, 0)
            check(ended in (0, -signal.SIGINT), f"the example ended with {ended}:\n"
                  f"{self.example.text()[-2000:]}")

    def send(self):
        """Once both sides have polled, frames from every queue of both ports; what each port sent
        and got back."""
        self.pmd.run("set fwd rxonly")
        self.pmd.start()
        time.sleep(0.05)
        self.pmd.stop()
        before = self.pmd.xstats()
        self.pmd.start(BURSTS)
        time.sleep(0.3)
        self.pmd.stop()
        after = self.pmd.xstats()
        return [(after[p]["tx_good_packets"] - before[p]["tx_good_packets"],
                 after[p]["rx_good_packets"] - before[p]["rx_good_packets"]) for p in sorted(after)]


def ports_of(row):
    """-p and --config: all queues of both ports, polled by lcore 1."""
    ports = ROWS[row][1]
    queues = ",".join(f"({port},{queue},1)" for port in ports for queue in range(QUEUES))
    return ["-p", hex(sum(1 << port for port in ports)), "-P", f"--config={queues}"]


def routed(pair, forwarded=True):
    """All frames go to port 1, because the route says so; without a route they go back."""
    fed = BURSTS * BURST * QUEUES
    want = [(fed, 0), (fed, 2 * fed)] if forwarded else [(fed, fed), (fed, fed)]
    equal("sent and received by testpmd", pair.send(), want)
    for port, stats in enumerate(pair.example.xstats()):
        equal(f"received by port {port}", stats["rx_good_packets"], want[port][0])
        equal(f"sent by port {port}", stats["tx_good_packets"], want[port][1])
        equal("errors", stats["tx_errors"] + stats["rx_errors"], 0)


def l3fwd(row, lookup, tx_ip, forwarded=True):
    kind = "em" if lookup == "em" else "lpm"
    with scratch() as folder:
        for name, lines in RULES.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as f:
                f.writelines(line.format(port) + "\n"
                             for line, port in zip(lines, ROWS[row][1]))
        with Pair("l3fwd", row, folder, [
                *ports_of(row), f"--lookup={lookup}", f"--rule_ipv4={folder}/{kind}4",
                f"--rule_ipv6={folder}/{kind}6"], tx_ip) as pair:
            pair.example.wait_for("entering main")
            routed(pair, forwarded)


def l3fwd_power(row, mode):
    """Two rounds of traffic. By interrupts, woken for each and asleep in between."""
    woken, asleep = "is waked up from rx interrupt on port [01]", "sleeps until interrupt triggers"
    with scratch() as folder, Pair("l3fwd-power", row, folder, [*ports_of(row), mode],
                                   "2.1.1.1,2.1.1.5") as pair:
        example = pair.example
        example.wait_for("entering main")
        routed(pair)
        if mode == "--interrupt-only":
            example.wait_for(woken)
            example.wait_for(asleep)
        before = len(re.findall(woken, example.text()))
        fed = BURSTS * BURST * QUEUES
        equal("sent and received again", pair.send(), [(fed, 0), (fed, 2 * fed)])
        if mode == "--interrupt-only":
            example.wait_for(woken, times=before + 1)


def link_status_interrupt(row):
    """It forwards, and is told of a link that its other end takes down and up again."""
    with scratch() as folder, Pair("link_status_interrupt", row, folder, ["-p", "3", "-q", "2",
                                   "-T", "1"], "198.18.1.1,198.18.1.0") as pair:
        pair.example.wait_for("entering main loop")
        # one rx queue there: the example reads both lanes by it
        fed = BURSTS * BURST * QUEUES
        equal("sent and received by testpmd", pair.send(), [(fed, fed), (fed, fed)])
        port = sorted(pair.pmd.xstats())[1]
        pair.pmd.run(f"set link-down port {port}")
        pair.example.wait_for(r"Port 1 Link [Dd]own")
        ups = len(re.findall("Port 1 Link up", pair.example.text()))
        pair.pmd.run(f"set link-up port {port}")
        pair.example.wait_for("Port 1 Link up", times=ups + 1)


CASES = {}
for _row in ROWS:
    for _lookup in ("lpm", "fib", "em"):
        CASES[f"l3fwd-{_lookup}/{_row}"] = (l3fwd, _row, _lookup, "198.18.1.1,198.18.1.0")
CASES["l3fwd-no-route/peer"] = (l3fwd, "peer", "lpm", "198.18.1.1,203.0.113.9", False)
CASES["l3fwd-power-interrupt/peer"] = (l3fwd_power, "peer", "--interrupt-only")
CASES["l3fwd-power-pause/peer"] = (l3fwd_power, "peer", "--pmd-mgmt=pause")
CASES["link_status_interrupt/peer"] = (link_status_interrupt, "peer")


def main():
    cases = Cases("examples")
    for name, (function, *args) in CASES.items():
        if len(sys.argv) < 2 or sys.argv[1] in name:
            cases.run(name, function, *args)
    cases.finish()


if __name__ == "__main__":
    main()
