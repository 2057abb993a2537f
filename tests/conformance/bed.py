# SPDX-License-Identifier: BSD-3-Clause
"""A bed: the testpmd processes of one row of the table, started, driven together and counted.

The accounts, exact after every stop:
    what an end sent = what its far end received + named losses + what still waits in the ring
    frames a forwarder sent, or could not, = the port's tx counters, or lane*_tx_{full,down,paced}
    mbufs in use = none, once the rings are drained
"""

import os
import re
import subprocess
import time

from conform import Failed, Skip, check, equal
from testpmd import Testpmd

BURST = 32
OVERHEAD = 22                             # Ethernet and two tags, over the MTU
RETURNED = ("full", "down", "paced", "limited", "busy")  # to the caller


class Kernel:
    """A namespace with the veth pair c0 - c1, quiet but for us. Named after this process."""

    def __init__(self, mtu):
        if os.getuid() != 0:
            raise Skip("network namespaces need root")
        self.remove_stale()
        self.name = f"cpxn{os.getpid()}"
        self.call("ip", "netns", "add", self.name)
        self.inside("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6")
        self.inside("ip", "link", "add", "c0", "mtu", str(mtu), "type", "veth", "peer", "name",
                    "c1", "mtu", str(mtu))
        for name in ("c0", "c1"):
            self.inside("ethtool", "-K", name, "rx", "off", "tx", "off", "gso", "off", "gro", "off")
            self.inside("ip", "link", "set", name, "up")

    @staticmethod
    def call(*command):
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        except (OSError, subprocess.CalledProcessError) as why:
            raise Skip(f"no veth pair in a namespace here: {' '.join(command)}: "
                       f"{getattr(why, 'stderr', why)}") from why

    def inside(self, *command):
        self.call("ip", "netns", "exec", self.name, *command)

    def counters(self):
        """What the kernel counted, of c0 and c1: {"kernel_rx_dropped": …}."""
        names = ("tx_packets", "tx_dropped", "rx_packets", "rx_dropped")
        files = [f"/sys/class/net/{interface}/statistics/{name}" for interface in ("c0", "c1")
                 for name in names]
        out = subprocess.run(["ip", "netns", "exec", self.name, "cat", *files],
                             stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        return [{f"kernel_{name}": int(value) for name, value in zip(names, values)}
                for values in (out[:4], out[4:])]

    @staticmethod
    def remove_stale():
        listed = subprocess.run(["ip", "netns", "list"], stdout=subprocess.PIPE, text=True,
                                check=False).stdout
        for pid in re.findall(r"^cpxn(\d+)", listed, re.M):
            if not os.path.exists(f"/proc/{pid}"):
                subprocess.run(["ip", "netns", "del", f"cpxn{pid}"], check=False)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class Bed:
    """Use with `with`; ends are numbered as in the row."""

    def __init__(self, row, folder, rxq=1, txq=1, args=(), mtu=1500, telemetry=None):
        self.row, self.rxq, self.txq = row, rxq, txq
        self.kernel, self.pmds, self.ends = None, [], []
        if max(rxq, txq) > row.queues or (rxq != txq and not row.uneven):
            raise Skip(f"this carrier does not have {rxq} rx and {txq} tx queues")
        if mtu > row.max_mtu:
            raise Skip(f"this carrier takes an MTU of {row.max_mtu} at most")
        if mtu > 1500:
            args = [*args, f"--max-pkt-len={mtu + OVERHEAD}", "--enable-scatter"]
            if row.one_piece:
                args += ["--mbuf-size=16640", "--total-num-mbufs=4096"]
        self.values = {"lanes": max(rxq, txq), "queues": rxq, "dir": folder,
                  "framesz": 2048 if mtu <= 1500 else 16384}
        try:
            if row.kernel:
                self.kernel = Kernel(mtu)
            for turn, vdevs in enumerate(row.processes):
                self.start_one([self.fill(v) for v in vdevs], turn, args,
                               telemetry and f"{telemetry}{turn}")
            self.find_ends()
            self.wait_links()
            if row.warm_up:
                self.drain()
        except BaseException:
            self.close()
            raise

    def fill(self, vdev):
        return vdev.format(**self.values)

    def find_ends(self):
        self.ends = []
        for process, name in self.row.ends:
            found = re.search(rf"^(\d+) .* {name} ",
                              self.pmds[process].run("show port summary all"), re.M)
            check(found, f"no port {name}")
            self.ends.append((self.pmds[process], int(found[1])))

    def start_one(self, vdevs, turn, args, telemetry):
        inside = ["ip", "netns", "exec", self.kernel.name] if self.kernel else []
        self.pmds.append(Testpmd(vdevs, self.rxq, self.txq, args, turn, inside, telemetry))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        codes = self.close()
        if kind is None:
            check(not any(codes), f"testpmd ended with {codes}")

    def close(self):
        codes = [pmd.close() for pmd in self.pmds]
        if self.kernel:
            self.kernel.close()
        return codes

    def wait_links(self, up=True, ends=None, seconds=20):
        """Until the links of some ends, or of all, are up with every lane, or down."""
        end = time.monotonic() + seconds
        while (any(pmd.link_up(port) != up for pmd, port in ends or self.ends) or
               (up and ends is None and not self.lanes_up())):
            check(time.monotonic() < end, f"a link does not go {'up' if up else 'down'}:\n" +
                  "\n".join(pmd.text()[-1800:] for pmd in self.pmds))
            time.sleep(0.05)

    def lanes_up(self):
        """A link is up with its first lane; until the last is up, others carry its frames. A lane
        without a queue at either side stays down."""
        lanes = min(self.rxq, self.txq)
        return all(counters.get("active_lanes", lanes) >= lanes for counters in self.counters())

    def each(self, command):
        return "".join(pmd.run(command) for pmd in self.pmds)

    def counters(self):
        """xstats of each end, in order; over the kernel with its counters of the interface."""
        of = {id(pmd): pmd.xstats() for pmd in self.pmds}
        stats = [of[id(pmd)][port] for pmd, port in self.ends]
        if self.kernel:
            for mine, kernels in zip(stats, self.kernel.counters()):
                mine.update(kernels)
        return stats

    def waiting(self):
        """Frames in the receive rings of each end; None where the driver cannot tell."""
        return [pmd.waiting(port, self.rxq) for pmd, port in self.ends]

    def forward(self, mode, tx_first=0, seconds=0.2):
        """Forward for a moment; what each process's forwarders counted."""
        answer = self.each(f"set fwd {mode}")
        if "Bad arguments" in answer:
            raise Skip(f"Debian's testpmd is built without the mode {mode}")
        for pmd in self.pmds:
            pmd.start(tx_first)
        time.sleep(seconds)
        return [pmd.stop() for pmd in self.pmds]

    def drained(self, before, lanes=True):
        """Every frame since `before` was received, on its lane; counters as they stand now."""
        self.drain()
        after = self.counters()
        self.check_wires(before, after, lanes=lanes)
        self.check_pools()
        return after

    def drain(self):
        """Receive whatever still waits."""
        pause = 0.15 if self.kernel else 0.05
        for _ in range(100):
            before = self.counters()
            self.forward("rxonly", 0, pause)
            after = self.counters()
            if not any(gained(before, after, end, "rx_good_packets") for end in self.row.wires):
                return
        raise Failed("the rings do not run dry")

    def check_wires(self, before, after, waiting=None, flood=False, lanes=True):
        """What each end sent, its far end has, has named as lost or still holds. In a flood, frames
        were sent faster than anybody took them. A lane that is down has its frames on others."""
        for end, far in self.row.wires.items():
            sent = gained(before, after, end, "tx_good_packets")
            got = sum(gained(before, after, far, name) for name in (
                "rx_good_packets", "rx_missed_errors", "rx_errors", "rx_mbuf_allocation_errors",
                "kernel_rx_dropped"))
            if self.kernel and waiting is None:
                equal(f"sent by the kernel for end {end}", sum(gained(before, after, end, name) for
                      name in ("kernel_tx_packets", "kernel_tx_dropped")), sent)
            if waiting is not None:
                if waiting[far] is None:
                    continue
                got += waiting[far]
            if flood and self.row.silent:
                check(0 < got <= sent, f"end {far} received {got} of {sent} frames")
                continue
            equal(f"received, lost and waiting at end {far} of what end {end} sent", got, sent)
            if waiting is None and lanes and self.row.keeps_lanes:
                for lane in range(min(self.rxq, self.txq)):
                    equal(f"lane {lane}, end {end} to {far}",
                          gained(before, after, far, f"lane{lane}_rx_packets"),
                          gained(before, after, end, f"lane{lane}_tx_packets"))

    def check_forwarders(self, before, after, counts):
        """The program's counts and the ports' are the same."""
        for process, count in enumerate(counts):
            if count is None:
                continue
            mine = [i for i, (owner, _) in enumerate(self.row.ends) if owner == process]
            total = lambda name: sum(gained(before, after, i, name) for i in mine)
            equal("received by the forwarder", count["rx-packets"], total("rx_good_packets"))
            equal("sent by the forwarder", count["tx-packets"],
                  total("tx_good_packets") + total("tx_errors"))
            equal("not taken from the forwarder", count["tx-dropped"],
                  self.returned(before, after, mine))

    def returned(self, before, after, ends=None):
        """Frames given back to the forwarders, on some ends or all."""
        return sum(gained(before, after, end, f"lane{lane}_tx_{name}") for name in RETURNED
                   for end in ends or range(len(self.ends)) for lane in range(self.txq))

    def check_pools(self):
        for pmd in self.pmds:
            if not self.row.holds:
                equal("mbufs in use with empty rings", pmd.in_use(), 0)


def gained(before, after, end, name):
    return after[end].get(name, 0) - before[end].get(name, 0)

