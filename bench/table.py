#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The speed table: net_cpx and the pipeline beside DPDK's own, window by window in one run.

All programs of a section are started once and stay, idle, while it lasts; one window of each is
taken in turn (A B C … A B C …), because the machine's speed changes by up to 1.8 x for minutes at a
time and the distance of two cores by 5 x, and only windows side by side compare. Figures are
medians; a difference or a ratio is the median of the paired windows. 2 MiB hugepages. Needs root.

Usage: bench/table.py BUILD-FOLDER [--only SECTION…] [--windows N] [--json FILE] [--baseline FILE]
       [--sizes 64,…] [--bursts 32,…] [--against BUILD-FOLDER]
"""
import argparse
import datetime
import json
import os
import sys

import autotest
import engines
import lanes
import one_core
import pairs
import passthrough
import reconnect
import vectors
import workers
from programs import Machine

SECTIONS = {  # what it is, windows, milliseconds of one
    "one-core": (one_core, 11, 300),
    "autotest": (autotest, 9, 0),
    "passthrough": (passthrough, 15, 100),
    "pairs": (pairs, 9, 50),
    "lanes": (lanes, 9, 50),
    "vectors": (vectors, 9, 50),
    "workers": (workers, 11, 100),
    "reconnect": (reconnect, 20, 0),
    "engines": (engines, 30, 0),
}


def numbers(text):
    return [int(n) for n in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--windows", type=int, help="of each program, in place of the usual number")
    parser.add_argument("--sizes", type=numbers, default=pairs.SIZES, help="of pairs: bytes")
    parser.add_argument("--bursts", type=numbers, default=pairs.BURSTS, help="of pairs")
    parser.add_argument("--against", help="of pairs: another build folder's driver, beside")
    parser.add_argument("--json")
    parser.add_argument("--baseline", default=os.path.join(os.path.dirname(__file__),
                                                           "baseline.json"))
    return parser.parse_args()


def compare(sections, path):
    """Say which programs of one core changed by more than 10 % against the committed run, measured
    by net_ring: the machine may differ."""
    try:
        with open(path) as f:
            old = json.load(f)["sections"]["one-core"]["programs"]
        new = sections["one-core"]["programs"]
    except (OSError, ValueError, KeyError):
        return
    ring = new["ring io"]["median"] / old["ring io"]["median"]
    print(f"\nagainst {path} (net_ring io now at {ring:.2f} x):")
    for name, now in new.items():
        if name in old:
            change = now["median"] / old[name]["median"] / ring
            note = "" if 0.9 < change < 1.1 else "   <- changed"
            print(f"  {now['name']:34} {change:5.2f} x{note}")


def main():
    args = parse()
    results = {"date": datetime.date.today().isoformat(), "sections": {}, "checks": []}
    checks = []
    with Machine(os.path.abspath(args.build)) as machine:
        results["round_trip_before"] = machine.round_trip()
        results["cpus"], results["tsc_hz"] = machine.cpus, machine.tsc_hz
        for name in SECTIONS:
            if name not in args.only:
                continue
            section, windows, ms = SECTIONS[name]
            windows = args.windows or windows
            more = {}
            if name == "pairs":
                more = {"sizes": args.sizes, "bursts": args.bursts, "against": args.against}
            print(f"\n{name}: {section.__doc__.split(chr(10) * 2)[0].strip()}\n"
                  f"  {windows} windows, medians; round trip of a line between CPU "
                  f"{machine.cpus[0]} and {machine.cpus[1]} now {machine.round_trip()} cycles")
            results["sections"][name], found = section.run(machine, windows, ms, **more)
            checks += found
        results["round_trip_after"] = machine.round_trip()
    print("\nmedians of paired windows")
    for check in checks:
        print(check)
    results["checks"] = [check.json() for check in checks]
    compare(results["sections"], args.baseline)
    if args.json:
        with open(args.json, "w") as f:
            json.dump(results, f, indent=1)
            f.write("\n")
    return 1 if any(check.missed for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
