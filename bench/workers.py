# SPDX-License-Identifier: BSD-3-Clause
"""Two workers on two cores beside one: 1 k routes, random destinations, 64 B; each worker polls two
lanes and is fed on its core. Rates are those of the turns: what the feed takes is left out.

Both in one program, one or two of its workers running. Then one lane for two workers: the one that
polls it hands half of the flows to the other, which hands them back to be sent."""
import statistics

from one_core import Pipeline
from pairs import FAR
from programs import Check, close_all

ROUTES = ["--routes", "1000", "--random"]


class Workers(Pipeline):
    def measure(self, ms, n):
        """Packets per thousand cycles of each worker's turns."""
        found = self.ask(f"window {ms} {n}", r"^of \d+ (.*)")[1].split()
        return [1000 * int(p) / max(1, int(c)) for p, c in zip(found[::2], found[1::2])]


def one_round(machine, two, helped, alone, ms):
    trip = machine.round_trip()
    before = two.measure(ms, 1)
    both = two.measure(ms, 2)
    after = two.measure(ms, 1)
    share = helped.measure(ms, 2)
    alone.window(ms)
    return {"trip": trip, "one": (before[0] + after[0]) / 2, "two": both,
            "helped": share[0], "alone": 1000 / alone.windows[-1]}


def run(machine, windows, ms):
    build, rounds = machine.build, []
    both = f"{machine.cpus[0]},{machine.cpus[1]}"
    two = helped = alone = None
    try:
        two = Workers("two workers, two lanes each", build, both, ROUTES + ["--workers", "2"])
        helped = Workers("one lane, two workers", build, both, ROUTES + ["--helper"])
        alone = Pipeline("one lane, one worker", build, machine.cpus[1], ROUTES)
        for _ in range(windows + 1):
            rounds.append(one_round(machine, two, helped, alone, ms))
    finally:
        close_all(p for p in (two, helped, alone) if p)
    rounds = rounds[1:]  # the first does not count
    for kind, some in (("near", [r for r in rounds if r["trip"] < FAR]),
                       ("far", [r for r in rounds if r["trip"] >= FAR])):
        if some:
            print(f"  cores {kind:4} round trip {statistics.median(r['trip'] for r in some):5.0f}: "
                  f"one {statistics.median(1000 / r['one'] for r in some):5.1f}, two "
                  f"{statistics.median(1000 / r['two'][0] for r in some):5.1f} and "
                  f"{statistics.median(1000 / r['two'][1] for r in some):5.1f}; one lane alone "
                  f"{statistics.median(1000 / r['alone'] for r in some):5.1f}, helped "
                  f"{statistics.median(1000 / r['helped'] for r in some):5.1f} cycles a packet "
                  f"({len(some)} rounds)")
    return {"rounds": rounds}, [
        Check("two workers with two lanes each to one",
              statistics.median(sum(r["two"]) / r["one"] for r in rounds), "x", least=1.9),
        Check("one lane: with a helper to alone",
              statistics.median(r["helped"] / r["alone"] for r in rounds), "x"),
    ]
