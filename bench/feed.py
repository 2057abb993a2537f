# SPDX-License-Identifier: BSD-3-Clause
"""Forwarders on net_feed ports (bench/feed): programs that poll all the time, so they stand still
(SIGSTOP) outside their windows; what a packet took is read from the device's statistics file."""
import mmap
import os
import re
import signal
import struct
import subprocess
import time

from programs import EAL, Ended, Program

FIELDS = ("pps", "seq", "received", "tsc", "missed", "sent", "wrong")
SETTLE = 0.01
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Stats:
    """A struct feed_stats in a file."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.truncate(8 * len(FIELDS))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 8 * len(FIELDS))

    def read(self):
        while True:
            values = dict(zip(FIELDS, struct.unpack(f"{len(FIELDS)}Q", self.map[:])))
            if values["seq"] % 2 == 0 and struct.unpack_from("Q", self.map, 8)[0] == values["seq"]:
                return values

    def pace(self, pps):
        struct.pack_into("Q", self.map, 0, int(pps))


class Fed(Program):
    """Forwards on the second CPU what its first port's feed gives."""

    def __init__(self, name, machine, command, stats, ready, env=None):
        self.stats, self.sink = Stats(stats), Stats(stats + ".out")
        super().__init__(name, ["stdbuf", "-oL", *command], machine.cpus, env)
        self.until(ready)
        end = time.monotonic() + 15
        while self.sink.read()["sent"] < 1_000_000:
            if time.monotonic() > end:
                self.close()
                raise Ended(f"{name} forwards nothing:\n" + "".join(self.log[-5:]))
            time.sleep(0.01)
        self.process.send_signal(signal.SIGSTOP)

    def window(self, ms):
        """Cycles of the core a packet."""
        self.process.send_signal(signal.SIGCONT)
        time.sleep(SETTLE)
        sent, before = self.sink.read()["sent"], self.stats.read()
        time.sleep(ms / 1000)
        sent, after = self.sink.read()["sent"] - sent, self.stats.read()
        self.process.send_signal(signal.SIGSTOP)
        packets = max(1, after["received"] - before["received"])
        if sent < 0.5 * packets:
            raise Ended(f"{self.name} forwards {sent} of {packets} packets")
        self.windows.append((after["tsc"] - before["tsc"]) / packets)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGINT)
        super().close()


class Ours(Fed):
    def __init__(self, name, machine, key, routes, flows=65536, options=()):
        path = os.path.join(machine.folder.name, key)
        command = [f"{machine.build}/bench/micro/bench_router", "--cpu", str(machine.cpus[1]),
                   "--routes", str(routes), "--flows", str(flows), "--stats", path, *options]
        super().__init__(name, machine, command, path, "^ready")
        self.pid = int(re.search(r"^ready (\d+)", self.log[-1])[1])  # of taskset's child
        self.load = float(re.search(r"^routes \d+ in ([0-9.]+) s", "".join(self.log), re.M)[1])

    def close(self):  # it waits for the line
        self.process.send_signal(signal.SIGCONT)
        Program.close(self)


def example(machine, name, edits):
    """DPDK's example, of Debian's source package, in the build folder; `edits` of sed, by file."""
    tree = f"{machine.build}/bench/dpdk"
    folder = f"{tree}/examples/{name}"
    program = f"{folder}/build/{name}"
    if os.path.exists(program):
        return program
    if not os.path.exists(f"{folder}/Makefile"):
        version = subprocess.run(["pkg-config", "--modversion", "libdpdk"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        subprocess.run(["sh", f"{SOURCE}/pmd/dpdk_source.sh", version, tree, f"examples/{name}",
                        "examples/common"], check=True)
    for file, edit in edits:
        subprocess.run(["sed", "-i", "-E", edit, f"{folder}/{file}"], check=True)
    made = subprocess.run(["make", "-C", folder, "shared"], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False)
    if made.returncode:
        raise Ended(f"{name} does not build:\n{made.stdout[-2000:]}")
    return program


class Example(Fed):
    """An example of DPDK, on the feed itself or (cpx) on net_cpx ports over it. It forwards on its
    main lcore, which else would spin on the other CPU, unless it insists on another (lcore 1)."""

    def __init__(self, name, machine, program, key, cpx, feed, args, lcore=0):
        path = os.path.join(machine.folder.name, key)
        feed, sink = f"{feed},stats={path}", f"idle=1,stats={path}.out"
        devices = [f"--vdev=net_cpx0,carrier=dev:[net_feed0,{feed}],mgmt=none",
                   f"--vdev=net_cpx1,carrier=dev:[net_feed1,{sink}],mgmt=none"] if cpx else [
                       f"--vdev=net_feed0,{feed}", f"--vdev=net_feed1,{sink}"]
        other = 2 if cpx else 1  # id of the second port: net_cpx0 makes its carrier first
        env = dict(os.environ,
                   LD_LIBRARY_PATH=f"{machine.build}/pmd:{machine.build}/bench/feed")
        super().__init__(name, machine, [
            program, "--lcores", ",".join(dict.fromkeys((f"0@{machine.cpus[1 - lcore]}", f"{lcore}@{machine.cpus[1]}"))), *EAL,
            "-d", "librte_net_cpx.so", "-d", "librte_net_feed.so", *devices, "--",
            "-p", hex(1 | 1 << other), "-P", f"--config=(0,0,{lcore}),({other},0,{lcore})", *args],
            path, "Checking link status", env)
