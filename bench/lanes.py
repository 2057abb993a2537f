# SPDX-License-Identifier: BSD-3-Clause
"""Eight lanes of a fiber between two processes on two cores, beside one: packets a second, 64 B,
burst 32. In io mode as many packets are on their way over eight lanes as over one, so each lane has
an eighth of them and its index changes hands for fewer frames; one lane that has as few is shown
too."""
import statistics

from pairs import IN_FLIGHT, MODES, cpx, median_ratio, rounds
from programs import Check, close_all


def run(machine, windows, ms):
    table, checks, pairs = [], [], {}
    try:
        pairs["one"] = cpx(machine, "one", "net_cpx, 1 lane")
        pairs["few"] = cpx(machine, "few", "net_cpx, 1 lane, few packets")
        pairs["eight"] = cpx(machine, "eight", "net_cpx, 8 lanes", lanes=8)
        for mode in MODES:
            for key, pair in pairs.items():
                pair.prepare(mode, 64, 32, IN_FLIGHT // 8 if key == "few" else IN_FLIGHT)
            kind, taken = rounds(machine, pairs, windows, ms)
            trip = statistics.median(r["trips"][1] for r in taken)
            pps = {k: statistics.median(r["pps"][k] for r in taken) for k in pairs}
            table.append({"mode": mode, "kind": kind, "trip": trip, "pps": pps, "rounds": taken})
            print(f"  {MODES[mode]:18} {kind:4} {trip:5.0f}  1 lane {pps['one'] / 1e6:6.2f} Mpps, "
                  f"8 lanes {pps['eight'] / 1e6:6.2f} Mpps" +
                  (f", 1 lane with {IN_FLIGHT // 8} packets {pps['few'] / 1e6:6.2f} Mpps"
                   if mode == "io" else ""))
            # nothing below 5 % is a difference here
            checks.append(Check(f"{MODES[mode]}: 8 lanes to 1", median_ratio(taken, "eight", "one"),
                                "x", least=0.95))
    finally:
        close_all(pairs.values())
    return {"rows": table}, checks
