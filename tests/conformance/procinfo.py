#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Debian's dpdk-proc-info, a secondary process, reads our ports of a running testpmd, whose
forwarding goes on.

Secondary processes find the primary's memory in a hugetlbfs, so both run in a mount namespace that
has one. dpdk-dumpcap is not here: Debian's and testpmd load their mempool drivers in different
orders, so it captures nothing over net_ring either.
"""

import os
import re
import shutil
import subprocess
import sys
import time

from conform import Cases, HUGEPAGES, Skip, above, check, environment, equal, scratch
from testpmd import Testpmd

PREFIX = f"cpxproc{os.getpid()}"
VDEVS = {
    "loop": [f"net_cpx{n},lanes=2" for n in (0, 1)],
    "fiber": [f"net_cpx{n},lanes=2,carrier=fiber:a" for n in (0, 1)],
    "dev-ring": [f"net_cpx{n},lanes=2,carrier=dev:[net_ring{n}]" for n in (0, 1)],
}


class Primary:
    """testpmd with memory that others can join."""

    def __init__(self, folder, vdevs):
        try:
            with open(HUGEPAGES, encoding="ascii") as f:
                free = int(f.read())
        except OSError:
            free = 0
        if os.getuid() != 0 or free < 128:
            raise Skip("needs root and 128 free hugepages of 2 MiB")
        huge = os.path.join(folder, "huge")
        os.mkdir(huge)
        self.pmd = Testpmd(
            vdevs, 2, 2, wrap=["unshare", "--mount", "--propagation", "private", "sh", "-c",
                               f'mount -t hugetlbfs nodev {huge} && exec "$@"', "sh"],
            memory=[f"--file-prefix={PREFIX}", f"--huge-dir={huge}", "-m", "200"])
        for _ in range(100): # engines take a quarter of a second
            if self.pmd.link_up(0) and self.pmd.link_up(1):
                break
            time.sleep(0.1)

    def inside(self, *command, seconds=40):
        """A command in the primary's mount namespace: exit code and text."""
        done = subprocess.run(
            ["nsenter", f"--mount=/proc/{self.pmd.process.pid}/ns/mnt", *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False,
            stdin=subprocess.DEVNULL, timeout=seconds)
        return done.returncode, done.stdout.decode(errors="replace")

    def proc_info(self, *options):
        code, text = self.inside("dpdk-proc-info", "-d", "librte_net_cpx.so",
                                 f"--file-prefix={PREFIX}", "--", "-p", "0xffffffff", *options)
        check(code == 0, f"proc-info {' '.join(options)} ended with {code}:\n{text[-1500:]}")
        return text


def run_a_while(primary):
    primary.pmd.run("set fwd io")
    primary.pmd.start(1)
    time.sleep(0.1)
    primary.pmd.stop()


def xstats(primary):
    """The same names and numbers as in the primary."""
    run_a_while(primary)
    text = primary.proc_info("--xstats")
    for port, ours in primary.pmd.xstats().items():
        theirs = re.search(rf"for port {port} [\s\S]*?(?=NIC extended|\Z)", text)[0]
        theirs = {name: int(value) for name, value in re.findall(r"^(\w+): (\d+)$", theirs, re.M)}
        equal("names", set(theirs), set(ours))
        above("frames", ours["tx_good_packets"], 100)
        for name, value in ours.items():
            if "_fec_s" in name:  # codewords come all the time
                check(theirs[name] <= value, f"{name}: {theirs[name]}, more than {value} later")
            else:
                equal(name, theirs[name], value)


def stats_while_forwarding(primary):
    """Reading disturbs nobody: the counts go on, and the books are even at the end."""
    primary.pmd.run("set fwd io")
    primary.pmd.start(1)
    try:
        reads = [int(re.search(r"RX-packets: (\d+)", primary.proc_info("--stats"))[1])
                 for _ in range(2)]
        above("received meanwhile", reads[1], reads[0])
    finally:
        primary.pmd.stop()


def shows(primary):
    port = next(iter(primary.pmd.xstats()))
    text = primary.proc_info("--show-port")
    check(re.search(r"driver net_cpx device net_cpx0", text), f"no port: {text}")
    check("burst mode : Lane" in text, "no burst mode")
    text = primary.proc_info("--show-port-private")
    check(re.search(r"lane 1 \(engine lane 1\)", text), f"no lane table: {text}")
    text = primary.proc_info("--show-mempool=mb_pool_0")
    check("mb_pool_0" in text, f"no pool: {text}")
    text = primary.proc_info("--firmware-version")
    check(f"Ethdev port {port} firmware version" in text, f"no firmware line: {text}")


def reset(primary):
    """A reset by the secondary is the primary's."""
    run_a_while(primary)
    primary.proc_info("--xstats-reset")
    for port, stats in primary.pmd.xstats().items():
        equal(f"packets of port {port}", stats["tx_good_packets"], 0)
    xstats(primary)


def module_eeprom(primary):
    text = primary.proc_info("--show-module-eeprom")
    if "not supported" in text:
        raise Skip("the port does not do this: Operation not supported")
    check("MODULE EEPROM" in text or re.search(r"length: \d+", text), f"no EEPROM: {text}")


def main():
    cases = Cases("procinfo")

    def run(name, vdevs):
        with scratch() as folder:
            primary = Primary(folder, vdevs)
            for case in (xstats, stats_while_forwarding, shows, module_eeprom, reset):
                cases.run(f"{name}/{case.__name__.replace('_', '-')}", case, primary)
            equal("testpmd's exit code", primary.pmd.close(), 0)

    for name, vdevs in VDEVS.items():
        cases.run(f"{name}/start-and-quit", run, name, vdevs)
    shutil.rmtree(f"/var/run/dpdk/{PREFIX}", ignore_errors=True)
    cases.finish()


if __name__ == "__main__":
    main()
