# SPDX-License-Identifier: BSD-3-Clause
"""A device, bare and as the carrier of a net_cpx port, whole and passed through: testpmd io on one
core, 64 B, burst 32."""
from programs import (DRIVER, Check, Ended, Forwarder, alternate, close_all, print_windows, ratio,
                      windows_json)

DEVICES = {"null": "net_null0,size=64", "ring": "net_ring0"}


def programs(machine, device):
    how = {"bare": [f"--vdev={device}"],
           "carrier": DRIVER + [f"--vdev=net_cpx0,carrier=dev:[{device}]"],
           "passthrough": DRIVER + [f"--vdev=net_cpx0,carrier=dev:[{device}],passthrough=1"]}
    p = {}
    for key, devices in how.items():
        name = f"{device.split(',')[0]}, " + {"bare": "bare", "carrier": "under net_cpx",
                                              "passthrough": "passed through"}[key]
        program = Forwarder(name, machine.cpus, "io", devices, machine.driver())
        try:
            p[key] = program.ready()
        except Ended as why:
            print(f"  skipped: {why}")
    return p


def run(machine, windows, ms):
    result, checks, all_programs = {}, [], []
    for short, device in DEVICES.items():
        p = programs(machine, device)
        try:
            alternate(p.values(), windows, ms)
        finally:
            close_all(p.values())
        result[short] = windows_json(p)
        all_programs += p.values()
        checks.append(Check(f"net_cpx over net_{short} to net_{short}",
                            ratio(p["carrier"], p["bare"]), "x"))
        if "passthrough" in p:
            checks.append(Check(f"net_{short} passed through to net_{short}",
                                ratio(p["passthrough"], p["bare"]), "x", 1.01))
    print_windows(all_programs)
    return {"programs": result}, checks
