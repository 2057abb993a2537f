#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames of every size, in one piece and in chains, in bursts of every size, over any number of
queues, sent by Debian's testpmd over one carrier; frames and bytes accounted for.

    frames.py ROW        a row of carriers.py
"""

import sys

from bed import OVERHEAD, Bed, gained
from carriers import ROWS
from conform import Cases, Skip, above, equal, scratch

BURSTS = 4
JUMBO = 9000


def send(bed, pieces, passes=True, burst=32):
    """A known number of frames from every queue of every end, each made of `pieces`."""
    if len(pieces) > 1:
        for pmd, port in bed.ends:
            if "MULTI_SEGS" not in pmd.run(f"show port {port} tx_offload capabilities"):
                raise Skip("this carrier takes no chains")
    bed.each(f"set txpkts {','.join(str(n) for n in pieces)}")
    bed.each(f"set burst {burst}")
    before = bed.counters()
    counts = bed.forward("rxonly", BURSTS)
    bed.check_forwarders(before, bed.counters(), counts)
    after = bed.drained(before)
    each = BURSTS * burst * bed.txq
    for end, _ in enumerate(bed.ends):
        gain = lambda name: gained(before, after, end, name)
        equal(f"sent by end {end}", gain("tx_good_packets"), each if passes else 0)
        equal("bytes", gain("tx_good_bytes"), each * sum(pieces) if passes else 0)
        equal("bytes received", gain("rx_good_bytes"), gain("tx_good_bytes"))
        equal("too long", sum(gain(f"lane{lane}_tx_oversize") for lane in range(bed.txq)),
              0 if passes else each)
    bed.each("set txpkts 64")


def sizes(cases, bed, mtu, overhead):
    """Sizes around an MTU; `overhead` is what the carrier itself lets through above it."""
    name = f"mtu-{mtu}"
    longest = mtu + overhead
    chain = [64, 1000] + [1500] * (longest // 1500 - 1)
    chain += [longest - sum(chain)]
    cases.run(f"{name}-smallest", send, bed, [60])
    if mtu <= 1500:
        cases.run(f"{name}-longest", send, bed, [longest])
    cases.run(f"{name}-longest-in-{len(chain)}-pieces", send, bed, chain)
    if bed.row.name == "paced" and mtu > 1500:
        cases.run("held-to-the-line-rate", paced, bed, chain)
    one_over = [mtu + OVERHEAD + 1 - sum(chain[:-1])]
    cases.run(f"{name}-one-over-in-pieces", send, bed, chain[:-1] + one_over, False)
    if mtu <= 1500:
        cases.run(f"{name}-one-over", send, bed, [mtu + OVERHEAD + 1], False)


def forwarded(bed, before):
    after = bed.counters()
    return sum(gained(before, after, end, "tx_good_packets") for end, _ in enumerate(bed.ends))


def bursts(bed, burst):
    """io with bursts of one size."""
    bed.each(f"set burst {burst}")
    before = bed.counters()
    counts = bed.forward("io", 2)
    bed.check_forwarders(before, bed.counters(), counts)
    above("frames forwarded", forwarded(bed, before), 100)
    bed.drained(before)


def paced(bed, pieces):
    """Long frames in pieces go round faster than two lanes of 106 Gb/s could carry them."""
    bed.each(f"set txpkts {','.join(str(n) for n in pieces)}")
    before = bed.counters()
    bed.forward("io", BURSTS)
    after = bed.counters()
    for end, _ in enumerate(bed.ends):
        above(f"given back by end {end} to keep pace", sum(
            gained(before, after, end, f"lane{lane}_tx_paced") for lane in range(bed.txq)), 0)
    bed.drained(before)
    bed.each("set txpkts 64")


def queues(row, folder, rxq, txq):
    """Two forwarding lcores, which part the queues."""
    with Bed(row, folder, rxq, txq) as bed:
        bed.each("set nbcore 2")
        before = bed.counters()
        counts = bed.forward("macswap", 2, 0.3)
        bed.check_forwarders(before, bed.counters(), counts)
        above("frames forwarded", forwarded(bed, before), 1000)
        if row.wires:
            bed.drained(before)


def main():
    row = ROWS[sys.argv[1]]
    cases = Cases(f"frames/{row.name}")
    some = min(2, row.queues)
    with scratch() as folder:
        for rxq, txq in ((4, 4), (2, 4), (4, 2), (8, 8)):
            cases.run(f"{rxq}-rx-{txq}-tx-queues", queues, row, folder, rxq, txq)

        def all_sizes(mtu):
            with Bed(row, folder, some, some, mtu=mtu) as bed:
                sizes(cases, bed, mtu, 14 if row.kernel else OVERHEAD)
                if mtu == 1500:
                    # a socket of 512 frames is too small for bursts of 512
                    for burst in (1, 31, 33) if row.silent else (1, 31, 33, 512):
                        cases.run(f"bursts-of-{burst}", bursts, bed, burst)

        if row.wires:
            cases.run("standard-frames", all_sizes, 1500)
            cases.run("jumbo-frames", all_sizes, JUMBO)
    cases.finish()


if __name__ == "__main__":
    main()
