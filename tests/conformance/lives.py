#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ports stopped, started, closed, detached and attached under Debian's testpmd, lanes and links
taken down and up, over one carrier: nothing stays behind, counters outlive what they must, and
after each change every frame arrives.

    lives.py ROW         a row of carriers.py
"""

import sys

from bed import Bed, gained
from carriers import ROWS
from conform import Cases, Skip, above, check, equal, scratch

QUEUES = 2


def works(bed):
    """Frames go round and none is lost."""
    bed.drain()
    before = bed.counters()
    counts = bed.forward("io", 1, 0.1)
    after = bed.counters()
    bed.check_forwarders(before, after, counts)
    above("frames forwarded", gained(before, after, 0, "tx_good_packets"), 100)
    bed.drained(before)


def fill(bed):
    """The rings are full of frames that nobody takes."""
    bed.forward("txonly", 0, 0.05)


def stop_and_start(bed):
    for _ in range(6):
        fill(bed)
        before = bed.counters()
        bed.each("port stop all")
        if not (bed.row.keeps or bed.row.holds):
            equal("mbufs in use after stop", sum(pmd.in_use() for pmd in bed.pmds), 0)
        bed.each("port start all")
        bed.wait_links()
        for end, counters in enumerate(bed.counters()):
            for name in ("tx_good_packets", "rx_good_bytes", "lane1_tx_packets"):
                check(counters.get(name, 0) >= before[end].get(name, 0), f"{name} went back")
    works(bed)


def detach_and_attach(bed, close_first):
    """One end goes while the rings are full, and comes back as a new device."""
    leaving = bed.row.leaves
    if leaving is None:
        raise Skip("the carrier alone cannot come back either")
    process, name = bed.row.ends[leaving]
    pmd, port = bed.ends[leaving]
    vdev = next(v for v in bed.row.processes[process] if v.startswith(name + ","))
    others = [end for i, end in enumerate(bed.ends) if i != leaving]
    fill(bed)
    pmd.run(f"port stop {port}")
    if close_first:
        pmd.run(f"port close {port}")
        answer = pmd.run(f"device detach {name}")
    else:
        answer = pmd.run(f"port detach {port}")
    check("is detached" in answer or "Done" in answer, f"not detached: {answer}")
    if bed.row.wires[0] != 0 and not bed.row.kernel:
        bed.wait_links(False, others)
    answer = pmd.run(f"port attach {bed.fill(vdev)}")
    check("is attached" in answer, f"not attached: {answer}")
    bed.find_ends()
    pmd, port = bed.ends[leaving]
    answer = pmd.run(f"port start {port}")
    check("Fail" not in answer, f"not started: {answer}")
    bed.wait_links()
    works(bed)


def lane_off_and_on(bed):
    """Stopping a queue turns its lane off at both ends; the other lane loses nothing."""
    if bed.row.over_device:
        raise Skip("the carrier's other end does not know of our lanes")
    pmd, port = bed.ends[0]
    for queue in ("rxq", "txq"):
        pmd.run(f"port {port} {queue} 1 stop")
        bed.drain()
        before = bed.counters()
        for end, counters in enumerate(before):
            if end == 0 or bed.row.wires[0] == end:
                equal(f"active lanes of end {end}", counters["active_lanes"], 1)
        bed.forward("io", 1, 0.1)
        after = bed.drained(before, lanes=False)
        above("frames on lane 0", gained(before, after, 0, "lane0_tx_packets"), 100)
        pmd.run(f"port {port} {queue} 1 start")
        bed.wait_links()
        equal("active lanes", bed.counters()[0]["active_lanes"], 2)
        works(bed)


def link_down_and_up(bed):
    pmd, port = bed.ends[0]
    pmd.run(f"set link-down port {port}")
    bed.wait_links(False, bed.ends[:1])
    if bed.row.wires[0] != 0 and not bed.row.over_device:
        bed.wait_links(False)
    before = bed.counters()
    bed.forward("txonly", 0, 0.05)
    equal("sent on a link that was taken down",
          gained(before, bed.counters(), 0, "tx_good_packets"), 0)
    above("given back", sum(gained(before, bed.counters(), 0, f"lane{i}_tx_down")
                            for i in range(bed.txq)), 0)
    pmd.run(f"set link-up port {port}")
    bed.wait_links()
    works(bed)


def main():
    row = ROWS[sys.argv[1]]
    cases = Cases(f"lives/{row.name}")
    queues = min(QUEUES, row.queues)

    def run():
        with scratch() as folder, Bed(row, folder, queues, queues) as bed:
            cases.run("first-life", works, bed)
            cases.run("stop-and-start", stop_and_start, bed)
            cases.run("lane-off-and-on", lane_off_and_on, bed)
            cases.run("link-down-and-up", link_down_and_up, bed)
            cases.run("detach-and-attach", detach_and_attach, bed, False)
            cases.run("close-and-attach", detach_and_attach, bed, True)

    cases.run("start-and-quit", run)
    cases.finish()


if __name__ == "__main__":
    main()
