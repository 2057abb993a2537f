# SPDX-License-Identifier: BSD-3-Clause
"""The driver's burst functions built for each instruction set, beside each other: on a fiber between
two processes (packets a second), and on rings in one (cycles per packet). 64 and 1518 B, burst 32."""
import statistics

from pairs import MODES, cpx, median_ratio, rounds
from programs import (DRIVER, Check, Forwarder, alternate, close_all, print_windows, ratio,
                      windows_json)

WIDTHS = {"base": 128, "avx2": 256, "avx512": 512}  # bits that EAL lets a driver use


def limit(bits):
    return [f"--force-max-simd-bitwidth={bits}"]


def between_processes(machine, windows, ms):
    table, checks, pairs = [], [], {}
    try:
        for isa, bits in WIDTHS.items():
            pairs[isa] = cpx(machine, isa, f"net_cpx {isa}", eal=limit(bits))
        print("  mode bytes  trip       " + " | ".join(f"{isa:>11}" for isa in pairs))
        for mode in MODES:
            for size in (64, 1518):
                for pair in pairs.values():
                    pair.prepare(mode, size, 32)
                kind, taken = rounds(machine, pairs, windows, ms)
                trip = statistics.median(r["trips"][1] for r in taken)
                pps = {k: statistics.median(r["pps"][k] for r in taken) for k in pairs}
                table.append({"mode": mode, "bytes": size, "kind": kind, "trip": trip, "pps": pps,
                              "rounds": taken})
                print(f"  {mode:4} {size:5}  {kind:4} {trip:5.0f}  " +
                      " | ".join(f"{pps[k] / 1e6:6.2f} Mpps" for k in pairs), flush=True)
                for isa in ("avx2", "avx512"):
                    checks.append(Check(f"{MODES[mode]}, {size} B: {isa} to base",
                                        median_ratio(taken, isa, "base"), "x"))
    finally:
        close_all(pairs.values())
    return table, checks


def on_rings(machine, windows):
    fiber = DRIVER + ["--vdev=net_cpx0,lanes=0-0,carrier=fiber:a,mgmt=none",
                      "--vdev=net_cpx1,lanes=1-1,carrier=fiber:a,mgmt=none"]
    p = {}
    try:
        for isa, bits in WIDTHS.items():
            p[isa] = Forwarder(f"testpmd io, net_cpx fiber, {isa}", machine.cpus, "io",
                               fiber + limit(bits), machine.driver())
        alternate(p.values(), windows, 100)
    finally:
        close_all(p.values())
    print_windows(p.values())
    return windows_json(p), [Check(f"io on rings: {isa} to base", ratio(p[isa], p["base"]), "x")
                             for isa in ("avx2", "avx512")]


def run(machine, windows, ms):
    rows, found = between_processes(machine, windows, ms)
    rings, more = on_rings(machine, windows)
    return {"rows": rows, "rings": rings}, found + more
