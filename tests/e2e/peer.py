#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Unmodified testpmd processes joined by carrier=fiber:PATH: one is killed, stopped, replaced or
restarted while frames pass; the other lives, says so, counts on, loses no mbuf and goes on by itself.

    CPX_KILLS=100 peer.py      as many kills of the server, and of the client (10)
    peer.py kill-client …      these cases only
"""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))

# pylint: disable=wrong-import-position
from conform import BUILD, Cases, above, check, equal, scratch
from testpmd import Testpmd

KILLS = int(os.environ.get("CPX_KILLS", "10"))
LANES = 4
PATIENCE = 30   # seconds before a case gives up: a bound, not a measurement
DOWN = 5        # … before a link has to be down: a generous one
OTHER = {"server": "client", "client": "server"}


def vdev(path, role, number=0, more=""):
    return f"net_cpx{number},lanes={LANES},carrier=fiber:{path},role={role}{more}"


def testpmd(*vdevs, turn=0, args=()):
    return Testpmd(vdevs, LANES, LANES, ("--port-topology=loop", "--enable-scatter", *args), turn)


def until(what, condition, patience=PATIENCE):
    """Seconds it took."""
    start = time.monotonic()
    while not condition():
        check(time.monotonic() - start < patience, f"this never came: {what}")
        time.sleep(0.002)
    return time.monotonic() - start


def stat(pmd, name, port=0):
    return pmd.xstats()[port][name]


def wait_up(pmd, up=True, port=0):
    return until("link up" if up else "link down", lambda: pmd.link_up(port) == up,
                 PATIENCE if up else DOWN)


def forward(pmd, first=0):
    pmd.run("set fwd io")
    pmd.run(f"start tx_first {first}" if first else "start")


def wait_traffic(pmd, port=0, frames=1000):
    start = stat(pmd, "rx_good_packets", port)
    return until("frames", lambda: stat(pmd, "rx_good_packets", port) > start + frames)


def grown(before, after):
    """Counters that went back."""
    return [name for name, value in before.items() if name.startswith("lane") and
            not name.endswith("_stalled") and after[name] < value]


def end(pmd):
    pmd.stop()
    equal("mbufs in use at the end", pmd.in_use(), 0)
    equal("exit code", pmd.close(), 0)


def first_frame(mine, start):
    """A new peer that sends at once, and the milliseconds from its start till its frames came, its
    EAL's start among them."""
    before, started = stat(mine, "rx_good_packets"), time.monotonic()
    theirs = start()
    until("a frame", lambda: stat(mine, "rx_good_packets") > before)
    took = time.monotonic() - started
    # light is there before the engine's manager has seen it, by less than a millisecond
    until("link up over which frames come", lambda: mine.link_up(0), 1)
    wait_up(theirs)
    return theirs, 1000 * took


def die(mine, theirs, port=0):
    """Kill a peer in the middle of traffic: the link goes down, an event says so, statistics stay.
    Milliseconds till the link was down."""
    before, events = mine.xstats()[port], len(mine.events)
    theirs.process.kill()
    took = wait_up(mine, False, port)
    theirs.process.wait()
    until("link event", lambda: mine.run("show port summary 0") and len(mine.events) > events)
    after = mine.xstats()[port]
    equal("statistics that went back", grown(before, after), [])
    equal("frames of a peer that is gone", stat(mine, "rx_good_packets", port),
          after["rx_good_packets"])
    return 1000 * took


def no_protocol_errors(pmd, port=0):
    after = pmd.xstats()[port]
    equal("protocol errors", sum(after[f"lane{i}_{way}_protocol_errors"] for i in range(LANES)
                                 for way in ("rx", "tx")), 0)


def kills(folder, ours, more="", times=KILLS):
    """The peer is killed again and again, each time by kill -9 in the middle of traffic; its
    successor is a new process, which sends as soon as it can."""
    path = os.path.join(folder, f"kill-{ours}-{len(more)}")
    mine, downs, firsts = testpmd(vdev(path, ours, 0, more)), [], []
    forward(mine)
    sends = ("--forward-mode=txonly", "--auto-start", f"--txpkts={1400 if more else 64}")
    for _ in range(times):
        theirs, took = first_frame(
            mine, lambda: testpmd(vdev(path, OTHER[ours], 0, more), turn=1, args=sends))
        firsts.append(took)
        wait_traffic(mine)
        downs.append(die(mine, theirs))
    no_protocol_errors(mine)
    end(mine)
    print(f"    {times} kills of the {OTHER[ours]}: link down after {max(downs):.0f} ms at most; "
          f"first frame of the next process {max(firsts):.0f} ms after its start at most")


def beside(folder):
    """The peers of one port are killed; the other port, another peer's, loses not a frame, and a
    third, that has no peer, neither."""
    paths = [os.path.join(folder, name) for name in ("beside-a", "beside-b")]
    mine = testpmd(*(vdev(path, "server", i) for i, path in enumerate(paths)),
                   f"net_cpx2,lanes={LANES},carrier=loop")
    steady = testpmd(vdev(paths[1], "client"), turn=1)
    wait_up(mine, True, 1)
    forward(mine, 1)
    forward(steady, 2)
    for _ in range(max(3, KILLS // 4)):
        theirs = testpmd(vdev(paths[0], "client"), turn=1)
        wait_up(mine, True, 0)
        wait_up(theirs)
        forward(theirs, 1)
        wait_traffic(mine, 0)
        die(mine, theirs)
        check(mine.link_up(1) and mine.link_up(2), "only the link of the killed peer goes down")
        wait_traffic(mine, 1)
        wait_traffic(mine, 2)
    for pmd in (steady, mine):
        pmd.stop()
    drain(mine, steady)
    accounts(mine, 1, steady, 0)
    accounts(mine, 2, mine, 2)
    for port, pmd in ((1, mine), (2, mine), (0, steady)):
        stats = pmd.xstats()[port]
        equal("lost frames", [name for name, value in stats.items() if value and (
            "_bad_" in name or name.endswith(("_errors", "_dropped", "_flushed")))], [])
    no_protocol_errors(mine, 0)
    for pmd in (steady, mine):
        equal("mbufs in use", pmd.in_use(), 0)
        equal("exit code", pmd.close(), 0)


def stopped(folder):
    """A peer that is stopped is named; another peer of the same process notices nothing."""
    paths = [os.path.join(folder, name) for name in ("stop-a", "stop-b")]
    mine = testpmd(*(vdev(path, "server", i) for i, path in enumerate(paths)))
    forward(mine)
    theirs = [testpmd(vdev(path, "client"), turn=1) for path in paths]
    for port, pmd in enumerate(theirs):
        wait_up(mine, True, port)
        forward(pmd, 2)
        wait_traffic(mine, port)
    theirs[0].process.send_signal(signal.SIGSTOP)
    took = until("stalled", lambda: any(stat(mine, f"lane{i}_tx_stalled") for i in range(LANES)))
    check("is stalled: pid" in mine.text(), "the log does not name the stalled lane")
    for _ in range(5):
        wait_traffic(mine, 1)
    equal("stalled lanes of the other peer", [stat(mine, f"lane{i}_tx_stalled", 1)
                                              for i in range(LANES)], [0] * LANES)
    check(mine.link_up(0) and mine.link_up(1), "a peer that is stopped is not gone")
    theirs[0].process.send_signal(signal.SIGCONT)
    wait_traffic(mine, 0)
    until("going on", lambda: not any(stat(mine, f"lane{i}_tx_stalled") for i in range(LANES)))
    for pmd in theirs + [mine]:
        pmd.stop()
    for port, pmd in enumerate(theirs):
        accounts(mine, port, pmd, 0)
    drain(mine, *theirs)
    equal("frames lost beside a stopped peer", stat(mine, "rx_good_packets", 1) -
          stat(theirs[1], "tx_good_packets"), 0)
    for pmd in theirs + [mine]:
        equal("mbufs in use", pmd.in_use(), 0)
        equal("exit code", pmd.close(), 0)
    print(f"    stalled lane named after {1000 * took:.0f} ms")


def accounts(one, port, other, other_port):
    """What one end sent, the other has, dropped by name or still holds."""
    for sender, sport, receiver, rport in ((one, port, other, other_port),
                                           (other, other_port, one, port)):
        sent, got = sender.xstats()[sport], receiver.xstats()[rport]
        equal("received, flushed and waiting of what was sent",
              got["rx_good_packets"] + (receiver.waiting(rport, LANES) or 0) +
              sum(got[f"lane{i}_rx_flushed"] for i in range(LANES)), sent["tx_good_packets"])


def drain(*pmds):
    """Receive what waits."""
    for pmd in pmds:
        pmd.run("set fwd rxonly")
        pmd.run("start")
    time.sleep(0.3)
    for pmd in pmds:
        pmd.stop()


def restarted(folder, ours):
    """The peer's port stops and starts, its process ends and another one comes: all in order, so
    every frame is accounted for."""
    path = os.path.join(folder, "restart-" + ours)
    mine, theirs = testpmd(vdev(path, ours)), testpmd(vdev(path, OTHER[ours]), turn=1)
    for _ in range(3):
        wait_up(mine)
        wait_up(theirs)
        forward(mine)
        forward(theirs, 2)
        wait_traffic(mine)
        mine.stop()
        theirs.stop()
        accounts(mine, 0, theirs, 0)
        theirs.run("port stop all")
        wait_up(mine, False)
        accounts(mine, 0, theirs, 0)
        equal("mbufs in use by a stopped port", theirs.in_use(), 0)
        theirs.run("port start all")
    drain(mine, theirs)
    accounts(mine, 0, theirs, 0)
    equal("exit code", theirs.close(), 0)
    wait_up(mine, False)
    before = mine.xstats()[0]
    theirs = testpmd(vdev(path, OTHER[ours]), turn=1)
    wait_up(mine)
    forward(mine)
    forward(theirs, 1)
    wait_traffic(mine)
    equal("statistics that went back", grown(before, mine.xstats()[0]), [])
    theirs.stop()
    end(mine)
    theirs.close()


def replaced(folder):
    """A program without DPDK waits for its turn and takes the place of a killed testpmd."""
    path = os.path.join(folder, "replaced")
    mine, theirs = testpmd(vdev(path, "server")), testpmd(vdev(path, "client"), turn=1)
    forward(mine)
    wait_up(mine)
    forward(theirs, 1)
    wait_traffic(mine)
    program = ["stdbuf", "-oL", os.path.join(BUILD, "lib", "fiber", "fiber_example"), path]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as example:
        try:
            wait_traffic(mine)
            mine.run("show port summary 0")
            events = len(mine.events)
            theirs.process.kill()
            took = until("link down and up", lambda: mine.run("show port summary 0") and
                         len(mine.events) >= events + 2)
            theirs.process.wait()
            wait_up(mine)
            equal("active lanes", stat(mine, "active_lanes"), 1)
            mine.stop()
            forward(mine, 1)
            check("bytes: " in example.stdout.readline(), "the program got no frame")
        finally:
            example.kill()
    wait_up(mine, False)
    end(mine)
    print(f"    the next peer was up {1000 * took:.0f} ms after the kill")


def main():
    cases, wanted = Cases("peer"), sys.argv[1:]
    with scratch() as folder:
        for name, function, *args in (
                ("kill-client", kills, "server"),
                ("kill-server", kills, "client"),
                ("kill-lender", kills, "server", ",lent=1", max(3, KILLS // 4)),
                ("kill-beside", beside),
                ("stopped", stopped),
                ("restarted-client", restarted, "server"),
                ("restarted-server", restarted, "client"),
                ("replaced", replaced)):
            if not wanted or name in wanted:
                cases.run(name, function, folder, *args)
    cases.finish()


if __name__ == "__main__":
    main()
