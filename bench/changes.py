# SPDX-License-Identifier: BSD-3-Clause
"""Routes change under load: 10 k routes, 100 k changes a second (gateways, more specific routes that
come and go; a batch a millisecond), offered 0.9 of what the worker can, while `cpx show` reads all
telemetry ten times a second. Windows with changes, with readers and with neither take turns.

The feed does not wait: what the worker does not fetch before 4096 more have come is lost. Lost in
the router: fetched and not sent. Wrong: sent to a gateway its route never had. Packets not fetched in
time count where the worker had its CPU all the time: neither the kernel gave it to another program
for more than AWAY_US nor the host took it away (/proc says both). The other CPU is kept busy in all
windows: the two may be threads of one core, and then each is slower while the other works."""
import glob
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

from feed import Ours
from programs import Check, Ended, close_all

RATE, SHARE, READS = 100_000, 0.9, 10
AWAY_US = 50


class Readers:
    """`cpx show` ten times a second, on the first CPU."""

    def __init__(self, machine, pid):
        self.command = [f"{machine.build}/dataplane/cli/cpx", "show", "lanes", "-i", f"bench-{pid}"]
        self.done, self.reads, self.stop = 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.stop.wait(1 / READS):
            got = subprocess.run(self.command, stdout=subprocess.DEVNULL, check=False)
            self.reads += got.returncode == 0

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def worker_of(pid):
    """The thread's folder."""
    for thread in glob.glob(f"/proc/{pid}/task/*"):
        with open(f"{thread}/comm", encoding="ascii") as f:
            if f.read().startswith("rte-worker"):
                return thread
    raise Ended("no worker")


def away(worker, cpu):
    """Microseconds that the worker has waited for its CPU, ticks that the host had it."""
    with open(f"{worker}/schedstat", encoding="ascii") as f:
        waited = int(f.read().split()[1]) / 1000
    with open("/proc/stat", encoding="ascii") as f:
        stolen = next(int(line.split()[8]) for line in f if line.startswith(f"cpu{cpu} "))
    return waited, stolen


def measure(p, machine, ms):
    """What was offered, lost before the router, in it, sent wrong, and cycles a packet."""
    worker = worker_of(p.pid)
    waited, stolen = away(worker, machine.cpus[1])
    feed, sink = p.stats.read(), p.sink.read()
    time.sleep(ms / 1000)
    p.stats.pace(1)  # what is on its way comes out
    time.sleep(0.01)
    feed2, sink2 = p.stats.read(), p.sink.read()
    waited2, stolen2 = away(worker, machine.cpus[1])
    received = feed2["received"] - feed["received"]
    missed = feed2["missed"] - feed["missed"]
    return {"offered": received + missed, "missed": missed, "away_us": waited2 - waited,
            "undisturbed": waited2 - waited < AWAY_US and stolen2 == stolen,
            "lost": feed2["received"] - sink2["sent"], "wrong": sink2["wrong"] - sink["wrong"]}


def window(p, machine, kind, pps, ms):
    p.stats.pace(pps)
    time.sleep(0.02)
    if kind == "changes":
        p.ask(f"updates {RATE}", "^updates")
    if kind == "quiet":
        found = measure(p, machine, ms)
    else:
        with Readers(machine, p.pid) as readers:
            found = measure(p, machine, ms)
        found["reads"] = readers.reads
    if kind == "changes":
        said = p.ask("updates 0", r"^updates (\d+) in ([0-9.]+)")
        found["rate"] = int(said[1]) / float(said[2])
    return found


def keeps_up(p, machine, pps):
    """Four of five windows lose nothing."""
    lost = 0
    for _ in range(5):
        p.stats.pace(pps)
        time.sleep(0.01)
        lost += measure(p, machine, 60)["missed"] > 0
        if lost > 1:
            return False
    return True


def most(p, machine):
    """R: packets a second it can be offered without loss, to 1 %."""
    p.stats.pace(0)
    time.sleep(0.02)
    before = p.stats.read()
    time.sleep(0.1)
    after = p.stats.read()
    low, high = 0, (after["received"] - before["received"]) * 10
    while high - low > high / 100:
        middle = (low + high) / 2 if low else high * 0.9
        if keeps_up(p, machine, middle):
            low = middle
        else:
            high = middle
    return low


def loads(machine):
    """Seconds to load many routes."""
    found = {}
    for key, name, n, options in (("load4", "IPv4", 1_000_000, []),
                                  ("load6", "IPv6", 200_000, ["--ipv6"])):
        p = Ours(f"{n} routes {name}", machine, key, n, options=options)
        found[key] = p.load
        close_all([p])
        print(f"  {n} routes {name} by the RIB into both copies' first: {p.load:.2f} s")
    return found


def median_missed(windows):
    return statistics.median([w["missed"] for w in windows if w["undisturbed"]] or [0])


def run(machine, windows, ms):
    found = {kind: [] for kind in ("quiet", "readers", "changes")}
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {machine.cpus[0]})  # nothing of ours beside the worker
    load = loads(machine)
    p = Ours("changes", machine, "changes", 10000, options=["--check"])
    busy = subprocess.Popen(["nice", "-n", "39", sys.executable, "-c", "while True: pass"])
    try:
        p.process.send_signal(signal.SIGCONT)
        full = most(p, machine)
        for _ in range(windows):
            for kind, list_ in found.items():
                list_.append(window(p, machine, kind, SHARE * full, ms))
    finally:
        busy.kill()
        busy.wait()
        close_all([p])
        os.sched_setaffinity(0, everywhere)
    print(f"  R {full / 1e6:.1f} Mpps (the sink looks at each packet), offered {SHARE} R")
    missed = {}
    for kind, list_ in found.items():
        good = [w for w in list_ if w["undisturbed"]]
        missed[kind] = sum(w["missed"] for w in good)
        print(f"  {kind:8} offered {sum(w['offered'] for w in list_) / 1e6:6.1f} M, lost in the "
              f"router {sum(w['lost'] for w in list_)}, wrong {sum(w['wrong'] for w in list_)}; "
              f"undisturbed {len(good)} of {len(list_)} windows, "
              f"{sum(w['offered'] for w in good) / 1e6:.1f} M: not fetched in time {missed[kind]} "
              f"(in the others {sum(w['missed'] for w in list_) - missed[kind]})"
              + (f"; {statistics.median(w['rate'] for w in list_):.0f} changes a second"
                 if kind == "changes" else ""))
    good = sum(w["undisturbed"] for w in found["changes"])
    return {"windows": found, "load": load, "full": full}, [
        Check("1 M IPv4 routes loaded", load["load4"], "s", 10),
        Check("200 k IPv6 routes loaded", load["load6"], "s"),
        Check("route changes", statistics.median(w["rate"] for w in found["changes"]) / 1000,
              "k/s", least=0.99 * RATE / 1000),
        Check("lost in the router, all windows",
              sum(w["lost"] for list_ in found.values() for w in list_), "packets", 0),
        Check("sent to a gateway never the route's",
              sum(w["wrong"] for w in found["changes"]), "packets", 0),
        Check("windows with changes that were undisturbed", good, "", least=1),
        Check("… packets not fetched in time in them: median", median_missed(found["changes"]),
              "packets", 0),
        Check("… in windows with readers", median_missed(found["readers"]), "packets", 0),
        Check("… in quiet ones", median_missed(found["quiet"]), "packets"),
    ]
