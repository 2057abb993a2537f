# SPDX-License-Identifier: BSD-3-Clause
"""One core: cycles per packet of the pipeline and of net_cpx inside a process, beside DPDK's own.
64 B, burst 32, 256 packets in flight."""
from programs import (DRIVER, Check, Forwarder, Program, alternate, close_all, minus, print_windows,
                      ratio, windows_json)


class Pipeline(Program):
    def __init__(self, name, build, cpu, options):
        super().__init__(name, [f"{build}/bench/micro/bench_pipeline"] + options, [cpu])
        self.reallocs = 0
        self.until("^ready")

    def window(self, ms):
        found = self.ask(f"window {ms}", r"^cycles (\d+) (\d+) (\d+)")
        self.windows.append(int(found[2]) / max(1, int(found[1])))
        self.reallocs += int(found[3])


def programs(machine):
    rings = ["--vdev=net_ring0", "--vdev=net_ring1"]
    fiber = DRIVER + ["--vdev=net_cpx0,lanes=0-0,carrier=fiber:a,mgmt=none",
                      "--vdev=net_cpx1,lanes=1-1,carrier=fiber:a,mgmt=none"]
    cpus, build = machine.cpus, machine.build
    return {
        "ring io": Forwarder("testpmd io, net_ring", cpus, "io", rings),
        "ring mac": Forwarder("testpmd mac, net_ring", cpus, "mac", rings),
        "cpx io": Forwarder("testpmd io, net_cpx fiber", cpus, "io", fiber, machine.driver()),
        "ip4 1": Pipeline("IPv4, 1 route", build, cpus[1], ["--routes", "1"]),
        "ip4 1k": Pipeline("IPv4, 1 k routes", build, cpus[1], ["--routes", "1000", "--random"]),
        "ip4 200k": Pipeline("IPv4, 200 k routes, random", build, cpus[1],
                             ["--routes", "200000", "--random"]),
        "ip4 1k quiet": Pipeline("IPv4, 1 k routes, telemetry off", build, cpus[1],
                                 ["--routes", "1000", "--random", "--no-telemetry"]),
    }


def run(machine, windows, ms):
    p = programs(machine)
    try:
        alternate(p.values(), windows, ms)
    finally:
        close_all(p.values())
    print_windows(p.values())
    reallocs = sum(x.reallocs for x in p.values() if isinstance(x, Pipeline))
    return {"programs": windows_json(p)}, [
        Check("net_cpx fiber io over net_ring io", minus(p["cpx io"], p["ring io"]), "cycles", 3),
        Check("IPv4 with 1 k routes over fiber io", minus(p["ip4 1k"], p["cpx io"]), "cycles", 60),
        Check("200 k random destinations to 1 k routes", ratio(p["ip4 200k"], p["ip4 1k"]), "x",
              1.6),
        Check("telemetry on to off", ratio(p["ip4 1k"], p["ip4 1k quiet"]), "x", 1.02),
        Check("streams reallocated in a graph", reallocs, "", 0),
    ]
