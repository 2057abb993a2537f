# SPDX-License-Identifier: BSD-3-Clause
"""The table of carriers: which vdevs each process of a test gets, which ports the programs see (the
ends, in order) and where a frame sent at an end comes out. Another carrier is another row.
"""

from dataclasses import dataclass


@dataclass
class Row:
    """One carrier. In vdevs {lanes}, {queues}, {framesz} and {dir} are filled in."""
    name: str
    processes: list            # vdevs of each process
    ends: list                 # (process, port name)
    wires: dict                # end that sends -> end that receives; empty: endless source and sink
    queues: int = 8            # most queues of a port
    uneven: bool = True        # takes other numbers of rx than of tx queues
    keeps_lanes: bool = True   # what lane i sends, lane i receives
    silent: bool = False       # a full receive socket drops frames and no counter tells
    holds: bool = False        # the carrier keeps mbufs of its own while it runs
    keeps: bool = False        # the carrier keeps frames while it is stopped
    leaves: int = 0            # the end that may go and come back; None: none, see below
    kernel: bool = False       # over the interfaces c0 and c1, a veth pair in a namespace
    max_mtu: int = 9702
    one_piece: bool = False    # receives a frame into one mbuf
    warm_up: bool = False      # an end can send only when the other one has polled once

    @property
    def over_device(self):
        """Carried by another DPDK port, which knows nothing of our lanes."""
        return self.name.startswith("dev-")


def cpx(n, carrier):
    return f"net_cpx{n},lanes={{lanes}},carrier={carrier}"


def made(device):
    """Each port makes its own carrier on the way: the vdevs of ports 0 and 1."""
    return [cpx(n, "dev:[" + device.replace("<n>", str(n)).replace("<role>", role) + "]")
            for n, role in enumerate(("server", "client"))]


def one_process(name, vdevs, wires, **more):
    return Row(name, [vdevs], [(0, "net_cpx0"), (0, "net_cpx1")], wires, **more)


ACROSS = {0: 1, 1: 0}   # each port is the other's far end
BACK = {0: 0, 1: 1}     # each port is its own far end

ROWS = {row.name: row for row in (
    one_process("loop", [cpx(0, "loop"), cpx(1, "loop")], BACK),
    one_process("fiber", [cpx(0, "fiber:a"), cpx(1, "fiber:a")], ACROSS),
    one_process("paced", [cpx(0, "fiber:a,pace=1"), cpx(1, "fiber:a,pace=1")], ACROSS),
    one_process("dev-ring", ["net_ring0", "net_ring1", cpx(0, "dev:net_ring0"),
                             cpx(1, "dev:net_ring1")], BACK, keeps=True),
    # lanes under lanes
    one_process("dev-fiber", [cpx(2, "fiber:b"), cpx(3, "fiber:b"), cpx(0, "dev:net_cpx2"),
                              cpx(1, "dev:net_cpx3")], ACROSS),
    one_process("dev-memif",
                made("net_memif<n>,id=0,socket={dir}/memif,socket-abstract=no,role=<role>"),
                ACROSS, uneven=False, warm_up=True, max_mtu=1500,
                leaves=1),
    one_process("dev-null", made("net_null<n>"), {}),
    one_process("dev-af_packet",
                made("net_af_packet<n>,iface=c<n>,qpairs={queues},framesz={framesz},"
                     "blocksz=65536,framecnt=512"),
                ACROSS, uneven=False, keeps_lanes=False, silent=True, kernel=True,
                one_piece=True),
    # net_af_xdp alone cannot be attached to an interface twice in one process either
    one_process("dev-af_xdp", made("net_af_xdp<n>,iface=c<n>"), ACROSS, queues=1,
                keeps_lanes=False, holds=True, kernel=True, max_mtu=1500,
                leaves=None),
    Row("peer",
        [[cpx(0, "fiber:{dir}/peer,role=server")], [cpx(0, "fiber:{dir}/peer,role=client")]],
        [(0, "net_cpx0"), (1, "net_cpx0")], ACROSS),
)}
