#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Debian's testpmd and DPDK's telemetry socket show of our ports: every command that ethdev's
information operations stand behind, answered, and the same numbers by both ways.

    shows.py ROW         a row of carriers.py
"""

import json
import os
import re
import shutil
import socket
import sys

from bed import Bed
from carriers import ROWS
from conform import Cases, Skip, check, equal, scratch

QUEUES = 2
UNSUPPORTED = "not supported|not implemented|did not provide|Invalid redirection table"

# name, command of port {p}, what the answer must hold
SHOWS = (
    ("info", "show port info {p}", r"Driver name: net_cpx\n[^*]*Link status: up"),
    ("summary", "show port summary {p}", r"net_cpx\d +net_cpx +up"),
    ("stats", "show port stats {p}", r"RX-packets: \d+ +RX-missed: 0 "),
    ("xstats", "show port xstats {p}", r"lane1_tx_packets: \d+\n"),
    ("device", "show device info all", r"Bus name: vdev\n[^*]*Driver name: net_cpx\n"),
    ("rx-queue", "show rxq info {p} 1", r"Number of RXDs: 1024\nBurst mode: Lane \w+"),
    ("tx-queue", "show txq info {p} 1", r"Number of TXDs: 1024\n[^*]*Burst mode: Lane \w+"),
    ("packet-types", "show port {p} ptypes", r"Supported L4 ptypes:[^:]*L4_TCP"),
    ("rx-offloads", "show port {p} rx_offload capabilities", r"Per Port +:.* TCP_CKSUM"),
    ("tx-offloads", "show port {p} tx_offload capabilities", r"Per Port +:"),
    ("macs", "show port {p} macs", r"Number of MAC address added: 1\n +([0-9A-F]{2}:){5}"),
    ("promiscuous", "set promisc {p} off", r"testpmd|promisc"),
    ("allmulticast", "set allmulti {p} on", r"testpmd|allmulti"),
    ("rx-descriptor", "show port {p} rxq 0 desc 0 status", r"Desc status = AVAILABLE"),
    ("rx-count", "show port {p} rxq 0 desc used count", r"Used desc count = 0"),
    ("tx-cleanup", "port cleanup {p} txq 0 0", r"Cleanup port|0"),
    ("module-eeprom", "show port {p} module_eeprom", r"MODULE EEPROM length: \d+ bytes"),
    ("fec-capabilities", "show port {p} fec capabilities", r"FEC capabilities:\n.* rs"),
    ("fec-mode", "show port {p} fec_mode", r"\brs\b"),
    ("rss-hash", "show port {p} rss-hash key", r"RSS functions:|RSS disabled"),
    ("rss-reta", "show port {p} rss reta {reta} ({masks})", r"RSS RETA configuration: hash"),
    ("flow-control", "show port {p} flow_ctrl", r"Rx pause: \w+"),
)


def show(bed, command, want):
    pmd, port = bed.ends[0]
    size = 64
    if "{reta}" in command:
        size = int((re.search(r"Redirection table size: (\d+)", pmd.run(f"show port info {port}"))
                    or [0, 64])[1])
    answer = pmd.run(command.format(
        p=port, reta=size, masks=",".join(["0xffffffffffffffff"] * (size // 64))))
    if re.search(UNSUPPORTED, answer, re.I):
        raise Skip(f"the port does not do this: {answer.splitlines()[1]}")
    if bed.row.over_device and re.search("Invalid (input|queueid)", answer):
        raise Skip("the carrier does not tell")
    check("Bad arguments" not in answer, f"testpmd does not know {command}")
    check(re.search(want, answer), f"the answer does not hold {want!r}: {answer}")


class Telemetry:
    """One connection to a process's telemetry socket."""

    def __init__(self, prefix):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2")
        self.size = json.loads(self.socket.recv(1024))["max_output_len"]

    def ask(self, command):
        self.socket.send(command.encode())
        answer = json.loads(self.socket.recv(self.size))
        return answer[command.split(",")[0]]


def telemetry(bed, prefix):
    """/ethdev/… answers, and counts what testpmd counts."""
    try:
        ask = Telemetry(prefix).ask
    except OSError as why:
        raise Skip(f"no telemetry socket: {why}") from why
    pmd, port = bed.ends[0]
    bed.forward("io", 1, 0.1)
    bed.drain()
    check(port in ask("/ethdev/list"), "the port is not listed")
    info = ask(f"/ethdev/info,{port}")
    equal("name", info["name"], bed.row.ends[0][1])
    equal("rx queues", info["nb_rx_queues"], QUEUES)
    equal("link", ask(f"/ethdev/link_status,{port}")["status"], "UP")
    ours = pmd.xstats()[port]
    stats = ask(f"/ethdev/stats,{port}")
    equal("packets", stats["opackets"], ours["tx_good_packets"])
    equal("bytes", stats["ibytes"], ours["rx_good_bytes"])
    xstats = ask(f"/ethdev/xstats,{port}")
    equal("names", set(xstats), set(ours))
    equal("lane 1", xstats["lane1_rx_packets"], ours["lane1_rx_packets"])
    check("lane 1" in ask(f"/ethdev/dump_priv,{port}"), "the dump does not name lane 1")
    ask(f"/ethdev/module_eeprom,{port}")


def main():
    row = ROWS[sys.argv[1]]
    cases = Cases(f"shows/{row.name}")
    prefix = f"cpxshow{os.getpid()}"

    def run():
        with scratch() as folder, Bed(row, folder, QUEUES, QUEUES, telemetry=prefix) as bed:
            for name, command, want in SHOWS:
                cases.run(name, show, bed, command, want)
            cases.run("telemetry", telemetry, bed, prefix + "0")

    try:
        cases.run("start-and-quit", run)
    finally:
        for turn, _ in enumerate(row.processes):
            shutil.rmtree(f"/var/run/dpdk/{prefix}{turn}", ignore_errors=True)
    cases.finish()


if __name__ == "__main__":
    main()
