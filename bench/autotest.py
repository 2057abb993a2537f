# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's own pmd_perf_autotest on a loop of ours and on net_ring: rx and tx of 64 B on one lcore,
cycles per packet (whole ones: that is what it prints)."""
from programs import DRIVER, EAL, Check, Program, close_all, minus, print_windows, windows_json


class Autotest(Program):
    def __init__(self, name, machine, devices, env=None):
        cpus = machine.cpus
        super().__init__(name, ["stdbuf", "-oL", "dpdk-test", "--lcores",
                                f"0@{cpus[0]},1@{cpus[1]}"] + EAL + devices, cpus, env)

    def window(self, _):
        self.windows.append(float(self.ask("pmd_perf_autotest", r"^Result: (\d+) cycles")[1]))
        self.until("^Test OK")


def run(machine, windows, ms):
    p = {"ring": Autotest("pmd_perf_autotest, net_ring", machine, ["--vdev=net_ring0"]),
         "cpx": Autotest("pmd_perf_autotest, net_cpx loop", machine, DRIVER + ["--vdev=net_cpx0,numa=0,mgmt=none"],
                         machine.driver())}
    try:
        for _ in range(windows):
            for program in p.values():
                program.window(ms)
    finally:
        close_all(p.values())
    print_windows(p.values())
    return {"programs": windows_json(p)}, [
        Check("pmd_perf_autotest: net_cpx loop over net_ring", minus(p["cpx"], p["ring"]), "cycles",
              2)]
