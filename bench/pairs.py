# SPDX-License-Identifier: BSD-3-Clause
"""Two processes on two cores: net_cpx on a fiber beside net_memif, copied and zero-copy, window by
window on the same cores. Generator to sink (testpmd txonly to rxonly) and loop-back (io at both
ends, 512 packets on their way). Sizes as testpmd counts them, without FCS.

The round trip of a cache line between the two cores is measured before and after each round of
windows; a round counts when the cores were near, or far, both times, and each line of the table is
of one kind."""
import os
import statistics
import time

from programs import DRIVER, Check, Ended, Forwarder, Testpmd, alternate, close_all

MODES = {"gen": "txonly to rxonly", "io": "io to io"}
SIZES = (64, 256, 1518)
BURSTS = (1, 8, 32, 64)
IN_FLIGHT = 512
FAR = 700  # cycles of a round trip
SETTLE = 0.03


class Pair:
    """Two testpmd that are joined; packets per second come from the counters of the second one."""

    def __init__(self, key, name, machine, device, options=("", ""), eal=(), lanes=1, env=None,
                 testpmd=()):
        self.key, self.name, self.lanes = key, name, lanes
        self.ends = []
        try:
            # whoever owns the socket first
            for role, cpu in (("server", 1), ("client", 0)):
                vdev = f"--vdev={device},role={role}{options[role == 'client']}"
                self.ends.append(Testpmd(
                    f"{name}, {role}", [machine.cpus[cpu]] * 2, "io", list(eal) + [vdev], env,
                    list(testpmd) + [f"--rxq={lanes}", f"--txq={lanes}"]).ready())
        except Ended:
            close_all(self.ends)
            raise
        self.sink, self.source = self.ends

    def prepare(self, mode, size, burst, in_flight=IN_FLIGHT):
        """`in_flight`: packets on their way in io mode, over all lanes."""
        for end in self.ends:
            end.send(f"set burst {burst}")
            end.send(f"set txpkts {size}")
        bursts = max(1, in_flight // burst // self.lanes)
        self.start = "start" if mode == "gen" else f"start tx_first {bursts}"
        self.source.send("set fwd " + ("txonly" if mode == "gen" else "io"))
        self.sink.send("set fwd " + ("rxonly" if mode == "gen" else "io"))

    def window(self, ms):
        """Packets per second."""
        self.sink.ask("start", "packet forwarding")
        self.source.ask(self.start, "packet forwarding")
        time.sleep(SETTLE)
        self.sink.ask("show port stats 0", r"Rx-pps: +\d+")
        time.sleep(ms / 1000)
        pps = int(self.sink.ask("show port stats 0", r"Rx-pps: +(\d+)")[1])
        for end in (self.source, self.sink):
            end.ask("stop", r"^Done\.")
        if pps == 0:
            raise Ended(f"{self.name}: no packet arrived")
        return pps

    def close(self):
        close_all(self.ends)


def cpx(machine, key="cpx", name="net_cpx", more="", lanes=1, build=None, testpmd=(), eal=()):
    path = os.path.join(machine.folder.name, key)
    return Pair(key, name, machine, f"net_cpx0,lanes={lanes},carrier=fiber:{path},mgmt=none{more}",
                eal=DRIVER + list(eal), lanes=lanes, env=machine.driver(build), testpmd=testpmd)


def memif(machine, key, name, client=""):
    path = os.path.join(machine.folder.name, key)
    return Pair(key, name, machine, f"net_memif0,socket={path},socket-abstract=no",
                options=("", client), eal=["--single-file-segments"])


def start_pairs(machine, against):
    """Those that this driver can."""
    wanted = [lambda: cpx(machine),
              lambda: memif(machine, "memif", "net_memif"),
              lambda: memif(machine, "zc", "net_memif zero-copy", ",zero-copy=yes"),
              lambda: cpx(machine, "lent", "net_cpx lent=1", ",lent=1",
                          testpmd=["--enable-scatter"])]
    if against:
        wanted.append(lambda: cpx(machine, "old", "net_cpx of " + against, build=against))
    pairs = {}
    for make in wanted:
        try:
            pair = make()
        except Ended as why:
            print(f"  skipped: {str(why).splitlines()[0]}")
            continue
        pairs[pair.key] = pair
    return pairs


def kind_of(before, after):
    if (before > FAR) != (after > FAR):
        return None  # the machine moved us meanwhile
    return "far" if after > FAR else "near"


def rounds(machine, pairs, windows, ms):
    """Rounds of one kind, at least `windows` of them if twice as many give them: how far, the round
    trips, and packets per second by pair."""
    found = {"near": [], "far": []}
    before = machine.round_trip()
    for _ in range(2 * windows):
        pps = {key: pair.window(ms) for key, pair in pairs.items()}
        after = machine.round_trip()
        kind = kind_of(before, after)
        if kind:
            found[kind].append({"trips": [before, after], "pps": pps})
            if len(found[kind]) == windows:
                break
        before = after
    kind = max(found, key=lambda k: len(found[k]))
    return kind, found[kind]


def median_ratio(taken, a, b):
    return statistics.median(r["pps"][a] / r["pps"][b] for r in taken)


def targets(row):
    """What a line of the table has to reach."""
    mode, size, burst = row["mode"], row["bytes"], row["burst"]
    name = f"{MODES[mode]}, {size} B, burst {burst}: "
    ratios = row["ratios"]
    least = 2.0 if size == 64 and burst == 32 else 1.3 if size == 1518 and burst == 32 else 1.0
    yield Check(name + "to net_memif", ratios["memif"], "x", least=least)
    if "zc" in ratios:
        yield Check(name + "to its zero-copy", ratios["zc"], "x",
                    least=1.5 if size == 64 and burst == 32 else None)
    if "lent" in ratios and size == 1518 and burst == 32:
        yield Check(name + "lent to net_memif", ratios["memif"] / ratios["lent"], "x", least=3.0)


def line(row, tsc_hz):
    pps, ratios = row["pps"], row["ratios"]
    cells = [f"{pps[k] / 1e6:7.2f} {tsc_hz / pps[k]:6.0f}" for k in pps]
    return (f"  {row['mode']:4} {row['bytes']:5} {row['burst']:3}  {row['kind']:4} "
            f"{row['trip']:5.0f} " + " |".join(cells) + " | " +
            " ".join(f"{ratios[k]:5.2f}" for k in ratios))


def generator(machine, windows, ms):
    """Cycles that testpmd itself takes to make a packet of 64 B and have it freed: no driver is
    quicker in gen mode."""
    alone = Forwarder("testpmd txonly, net_null", machine.cpus, "txonly", ["--vdev=net_null0"])
    try:
        alternate([alone], windows, ms)
    finally:
        close_all([alone])
    cycles = statistics.median(alone.windows)
    print(f"  testpmd txonly into net_null, 64 B, burst 32: {cycles:.0f} cycles per packet")
    return cycles


def run(machine, windows, ms, sizes=SIZES, bursts=BURSTS, modes=MODES, against=None):
    table, checks = [], []
    alone = generator(machine, windows, ms)
    pairs = start_pairs(machine, against)
    print("  packets: Mpps at the receiver, and TSC cycles per packet of the slower side; "
          "trip: cycles of a round trip;\n  at the end net_cpx to each of the others")
    print("  mode bytes burst  trip      " + " |".join(f"{k:>14}" for k in pairs) + " | " +
          " ".join(f"{'/' + k:>5}" for k in pairs if k != "cpx"))
    try:
        for mode in modes:
            for size in sizes:
                for burst in bursts:
                    for pair in pairs.values():
                        pair.prepare(mode, size, burst)
                    kind, taken = rounds(machine, pairs, windows, ms)
                    row = {"mode": mode, "bytes": size, "burst": burst, "kind": kind,
                           "trip": statistics.median(r["trips"][1] for r in taken),
                           "pps": {k: statistics.median(r["pps"][k] for r in taken) for k in pairs},
                           "ratios": {k: median_ratio(taken, "cpx", k) for k in pairs
                                      if k != "cpx"},
                           "rounds": taken}
                    table.append(row)
                    print(line(row, machine.tsc_hz), flush=True)
                    checks += targets(row)
    finally:
        close_all(pairs.values())
    return {"generator_alone": alone, "rows": table}, checks
