#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Debian's testpmd in each of its forwarding modes over one carrier, every frame accounted for.

    modes.py ROW        a row of carriers.py

A mode returns what it receives (echo), only receives (sink) or makes frames itself (source).
Echoes and sinks are fed with a known number of frames. None of those asks icmpecho for an echo, so
it is a sink here.
"""

import sys

from bed import BURST, Bed, gained
from carriers import ROWS
from conform import Cases, above, equal, scratch

MODES = {
    "io": "echo", "mac": "echo", "macswap": "echo", "5tswap": "echo", "csum": "echo",
    "noisy": "echo", "flowgen": "source", "txonly": "source", "rxonly": "sink",
    "icmpecho": "sink", "shared_rxq": "sink", "ieee1588": "sink",
}
QUEUES = 2
# noisy's lookups; without rxq-share testpmd itself crashes in shared_rxq, over any driver
ARGS = ["--noisy-lkup-memory=1", "--noisy-lkup-num-reads=4", "--noisy-lkup-num-writes=2",
        "--rxq-share=1"]


def run_mode(bed, mode):
    kind, row = MODES[mode], bed.row
    fed = 0 if kind == "source" or not row.wires else 2
    before = bed.counters()
    counts = bed.forward(mode, fed)
    after = bed.counters()
    if row.wires:
        bed.check_wires(before, after, bed.waiting())
    bed.check_forwarders(before, after, counts)

    first = fed * BURST * bed.txq * len(row.ends)
    ends = range(len(row.ends))
    total = {name: sum(gained(before, after, end, f"{name}_good_packets") for end in ends)
             for name in ("rx", "tx")}
    if kind == "echo":
        equal("sent or given back, less the first bursts",
              total["tx"] + bed.returned(before, after) - first, total["rx"])
        above("frames forwarded", total["tx"], 4 * first)
    elif kind == "source":
        above("frames made", total["tx"], 1000)
    else:
        equal("frames sent", total["tx"], first)
        above("frames received", total["rx"], 0)

    if row.wires:
        bed.drain()
        bed.check_wires(before, bed.counters(), flood=mode == "txonly")
    bed.check_pools()


def main():
    row = ROWS[sys.argv[1]]
    cases = Cases(f"modes/{row.name}")
    queues = min(QUEUES, row.queues)

    def run():
        with scratch() as folder, Bed(row, folder, queues, queues, ARGS) as bed:
            for mode in MODES:
                if mode == "ieee1588" and row.name != "loop":
                    continue  # Debian's has none, and saying so once is enough
                if not cases.run(mode, run_mode, bed, mode) and row.wires:
                    bed.drain()  # leave nothing to the next one

    cases.run("start-and-quit", run)
    cases.finish()


if __name__ == "__main__":
    main()
