#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The first speed table: cycles per packet on one core, ours beside DPDK's own.

All programs are started once and stay, idle, for the whole run; one window of each is taken in turn
(A B C … A B C …), because the machine's speed changes by up to 1.8 x for minutes at a time and only
windows side by side compare. Figures are medians; a difference or a ratio is the median of the paired
windows. 2 MiB hugepages, burst 32, 256 packets of 64 B in flight. Needs root.

Usage: bench/table.py BUILD-FOLDER [--windows N] [--ms N] [--json FILE] [--baseline FILE]
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

HUGEPAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB/"
NEED_PAGES = 1400
EAL = ["--in-memory", "--no-telemetry", "--no-pci", "--log-level=*:error"]


class Machine:
    """Hugepages for the run, given back afterwards."""

    def __enter__(self):
        self.before = self.read("nr_hugepages")
        missing = NEED_PAGES - self.read("free_hugepages")
        if missing > 0:
            self.write(self.before + missing)
        if self.read("free_hugepages") < NEED_PAGES:
            self.write(self.before)
            sys.exit(f"bench: {NEED_PAGES} free hugepages of 2 MiB are needed, the kernel gives "
                     f"{self.read('free_hugepages')}; free memory or run as root, then:\n"
                     f"  echo {NEED_PAGES} > {HUGEPAGES}nr_hugepages")
        return self

    def __exit__(self, *_):
        self.write(self.before)

    def read(self, name):
        with open(HUGEPAGES + name) as f:
            return int(f.read())

    def write(self, n):
        try:
            with open(HUGEPAGES + "nr_hugepages", "w") as f:
                f.write(str(n))
        except PermissionError:
            pass


class Program:
    """One measured program: answers window(ms) with cycles per packet."""

    def __init__(self, name, command, cpu, env=None):
        self.name = name
        self.windows = []
        self.log = []
        self.process = subprocess.Popen(["taskset", "-c", cpu] + command, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=env)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def until(self, pattern):
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(pattern, line)
            if found:
                return found
        sys.exit(f"bench: {self.name} ended early:\n" + "".join(self.log[-15:]))

    def close(self):
        self.send("quit")
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Testpmd(Program):
    def __init__(self, name, cpus, mode, devices, env=None):
        command = ["stdbuf", "-oL", "dpdk-testpmd", "--lcores", f"0@{cpus[0]},1@{cpus[1]}"] + EAL + devices + [
            "--", "-i", "--nb-cores=1", "--burst=32", "--total-num-mbufs=8192",
            "--record-core-cycles", f"--forward-mode={mode}"]
        super().__init__(name, command, f"{cpus[0]},{cpus[1]}", env)

    def window(self, ms):
        self.send("start tx_first 8")
        time.sleep(ms / 1000)
        self.send("stop")
        found = self.until(r"CPU cycles/packet=([0-9.]+)")
        self.windows.append(float(found[1]))


class Pipeline(Program):
    def __init__(self, name, build, cpu, options):
        super().__init__(name, [f"{build}/bench/micro/bench_pipeline"] + options, cpu)
        self.reallocs = 0
        self.until("^ready")

    def window(self, ms):
        self.send(f"window {ms}")
        found = self.until(r"^cycles (\d+) (\d+) (\d+)")
        self.windows.append(int(found[2]) / max(1, int(found[1])))
        self.reallocs += int(found[3])


def programs(build, cpus):
    driver = dict(os.environ, LD_LIBRARY_PATH=f"{build}/pmd")
    rings = ["--vdev=net_ring0", "--vdev=net_ring1"]
    fiber = ["-d", "librte_net_cpx.so", "--vdev=net_cpx0,lanes=0-0,carrier=fiber:a",
             "--vdev=net_cpx1,lanes=1-1,carrier=fiber:a"]
    pair = f"{cpus[1]}"
    return {
        "ring io": Testpmd("testpmd io, net_ring", cpus, "io", rings),
        "ring mac": Testpmd("testpmd mac, net_ring", cpus, "mac", rings),
        "cpx io": Testpmd("testpmd io, net_cpx fiber", cpus, "io", fiber, driver),
        "ip4 1": Pipeline("IPv4, 1 route", build, pair, ["--routes", "1"]),
        "ip4 1k": Pipeline("IPv4, 1 k routes", build, pair, ["--routes", "1000", "--random"]),
        "ip4 200k": Pipeline("IPv4, 200 k routes, random", build, pair,
                             ["--routes", "200000", "--random"]),
        "ip4 1k quiet": Pipeline("IPv4, 1 k routes, telemetry off", build, pair,
                                 ["--routes", "1000", "--random", "--no-telemetry"]),
    }


def paired(a, b, how):
    return statistics.median(how(x, y) for x, y in zip(a.windows, b.windows))


def checks(p):
    """Name, figure, unit, target: at most."""
    def minus(a, b):
        return paired(p[a], p[b], lambda x, y: x - y)

    def ratio(a, b):
        return paired(p[a], p[b], lambda x, y: x / y)

    reallocs = sum(x.reallocs for x in p.values() if isinstance(x, Pipeline))
    return [
        ("net_cpx fiber io over net_ring io", minus("cpx io", "ring io"), "cycles", 3),
        ("IPv4 with 1 k routes over fiber io", minus("ip4 1k", "cpx io"), "cycles", 60),
        ("200 k random destinations to 1 k routes", ratio("ip4 200k", "ip4 1k"), "x", 1.6),
        ("telemetry on to off", ratio("ip4 1k", "ip4 1k quiet"), "x", 1.02),
        ("streams reallocated in a graph", reallocs, "", 0),
    ]


def compare(results, baseline):
    """Say what changed by more than 10 % against the committed run; the machine may differ."""
    try:
        with open(baseline) as f:
            old = json.load(f)
    except (OSError, ValueError):
        return
    ring = results["programs"]["ring io"]["median"] / old["programs"]["ring io"]["median"]
    print(f"\nagainst {baseline} (net_ring io now at {ring:.2f} x):")
    for name, now in results["programs"].items():
        if name in old["programs"]:
            change = now["median"] / old["programs"][name]["median"] / ring
            note = "" if 0.9 < change < 1.1 else "   <- changed"
            print(f"  {now['name']:34} {change:5.2f} x{note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("--windows", type=int, default=11)
    parser.add_argument("--ms", type=int, default=300)
    parser.add_argument("--json")
    parser.add_argument("--baseline", default=os.path.join(os.path.dirname(__file__),
                                                           "baseline.json"))
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    cpus = sorted(os.sched_getaffinity(0))
    cpus = (cpus[0], cpus[1]) if len(cpus) > 1 else (cpus[0], cpus[0])

    with Machine():
        p = programs(build, cpus)
        try:
            for program in p.values():
                program.window(args.ms)  # warm-up, not counted
                program.windows.clear()
            for _ in range(args.windows):
                for program in p.values():
                    program.window(args.ms)
        finally:
            for program in p.values():
                program.close()

    results = {"cpus": cpus, "windows": args.windows, "ms": args.ms, "programs": {}, "checks": []}
    print(f"cycles per packet, 64 B, burst 32, one core (CPU {cpus[1]}), hugepages; medians of "
          f"{args.windows} windows of {args.ms} ms, alternating\n")
    print(f"  {'':34} {'median':>7} {'least':>7} {'most':>7}")
    for key, program in p.items():
        w = program.windows
        results["programs"][key] = {"name": program.name, "median": statistics.median(w),
                                    "windows": w}
        print(f"  {program.name:34} {statistics.median(w):7.1f} {min(w):7.1f} {max(w):7.1f}")
    print("\npaired windows, medians")
    missed = 0
    for name, figure, unit, target in checks(p):
        verdict = "ok" if figure <= target else "MISSED"
        missed += figure > target
        results["checks"].append({"name": name, "figure": figure, "unit": unit, "most": target})
        print(f"  {name:42} {figure:8.2f} {unit:7} target <= {target:<5} {verdict}")
    compare(results, args.baseline)
    if args.json:
        with open(args.json, "w") as f:
            json.dump(results, f, indent=1)
            f.write("\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
