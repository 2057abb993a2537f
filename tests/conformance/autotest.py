#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Debian's dpdk-test: those of its tests that take a port which is already there get ours.

pmd_perf drives every port it finds. The event adapters' receive tests add and take away the queues
of every port, by polling and by interrupt, and need three of them. pcapng asks the first port.
latencystats hangs callbacks on every port's queues. The others make their own ports and are here
to run beside ours, which must not disturb them.
"""

import re
import shutil
import subprocess
import sys

from conform import Cases, Skip, check, eal_memory, environment, equal, lcores, scratch
from testpmd import Testpmd

LOOP = ["net_cpx0,lanes=4"]
FIBER = ["net_cpx0,lanes=4,carrier=fiber:a", "net_cpx1,lanes=4,carrier=fiber:a"]
SLOW = "lanes=1,rate=53"  # pmd_perf sends for as long as the line rate says
BIG = 2400                # MB: half a million mbufs a port

# case -> vdevs, commands, MB of memory
CASES = {
    "pmd_perf/loop": ([f"net_cpx0,{SLOW}"], ["pmd_perf_autotest"]),
    "pmd_perf/loop-scalar": ([f"net_cpx0,{SLOW}"], ["set_rxtx_mode scalar", "pmd_perf_autotest"]),
    "pmd_perf/loop-full": ([f"net_cpx0,{SLOW}"], ["set_rxtx_mode full", "pmd_perf_autotest"]),
    "pmd_perf/fiber": ([f"net_cpx{n},{SLOW},carrier=fiber:a" for n in (0, 1)],
                       ["pmd_perf_autotest"]),
    "pmd_perf/dev-ring": ([f"net_cpx0,{SLOW},carrier=dev:[net_ring0]"], ["pmd_perf_autotest"]),
    "pmd_perf/peer": ([f"net_cpx0,{SLOW},carrier=fiber:{{dir}}/p,role=server"],
                      ["pmd_perf_autotest"]),
    "event_eth_rx_adapter/loop": (LOOP, ["event_eth_rx_adapter_autotest"], BIG),
    "event_eth_rx_intr_adapter/loop": (LOOP, ["event_eth_rx_intr_adapter_autotest"], BIG),
    "event_eth_rx_adapter/peer": (
        ["net_cpx0,lanes=4,carrier=fiber:{dir}/p,role=server"],
        ["event_eth_rx_adapter_autotest"], BIG),
    "event_eth_rx_intr_adapter/peer": (
        ["net_cpx0,lanes=4,carrier=fiber:{dir}/p,role=server"],
        ["event_eth_rx_intr_adapter_autotest"], BIG),
    "pcapng/fiber": (FIBER, ["pcapng_autotest"]),
    "latencystats/fiber": (FIBER, ["latencystats_autotest"]),
    "beside/event_eth_tx_adapter": (FIBER, ["event_eth_tx_adapter_autotest"]),
    "beside/bitratestats": (FIBER, ["bitratestats_autotest"]),
    "beside/link_bonding_rssconf": (FIBER, ["link_bonding_rssconf_autotest"]),
}


def run(folder, vdevs, commands, memory=200):
    if shutil.which("dpdk-test") is None:
        raise Skip("dpdk-test is missing: apt-get install dpdk-dev")
    vdevs = [v.format(dir=folder) for v in vdevs]
    command = ["dpdk-test", "--lcores", lcores(3), "--no-pci", "--no-telemetry",
               *eal_memory(memory), "-d", "librte_net_cpx.so", *[f"--vdev={v}" for v in vdevs],
               "--", *commands]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL, env=environment(), timeout=100)
    text = done.stdout.decode(errors="replace")
    failed = "\n".join(re.findall(r"^.*(?:failed|Failed|rror).*$", text, re.M)[:20])
    check(done.returncode == 0 and "Test OK" in text,
          f"ended with {done.returncode}:\n{failed or text[-1500:]}")
    suite = re.search(r"Tests Total : +(\d+)[\s\S]*Tests Passed : +(\d+)", text)
    if suite:
        equal("tests passed", suite[2], suite[1])


def with_echo(folder, *case):
    """The other process of a fiber sends back what it gets."""
    pmd = Testpmd([f"net_cpx0,{SLOW},carrier=fiber:{folder}/p,role=client"], turn=1)
    try:
        pmd.run("set fwd io")
        pmd.start()
        run(folder, *case)
        pmd.run("stop")
    finally:
        pmd.close()


def main():
    cases = Cases("autotest")
    for name, case in CASES.items():
        if len(sys.argv) > 1 and sys.argv[1] not in name:
            continue
        with scratch() as folder:
            cases.run(name, with_echo if name == "pmd_perf/peer" else run, folder, *case)
    cases.finish()


if __name__ == "__main__":
    main()
