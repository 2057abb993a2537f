# SPDX-License-Identifier: BSD-3-Clause
"""A port's peer is killed (SIGKILL) and another, a small program on lib/fiber, takes its place: time
till the first frame of the new one is received, from the kill and from its first step to connect."""
import os
import statistics

from programs import Check, Program


def run(machine, windows, _):
    result, checks = {}, []
    for role in ("server", "client"):
        path = os.path.join(machine.folder.name, "reconnect-" + role)
        program = Program(f"reconnect, {role}", [
            f"{machine.build}/bench/micro/bench_reconnect", path, role,
            str(machine.cpus[1]), str(machine.cpus[0])], machine.cpus)
        kills, connects = [], []
        try:
            program.until("^ready")
            for _ in range(windows):
                found = program.ask("again", r"^us ([0-9.]+) ([0-9.]+)")
                kills.append(float(found[1]) / 1e3)
                connects.append(float(found[2]) / 1e3)
        finally:
            program.close()
        result[role] = {"from_kill_ms": kills, "from_connect_ms": connects}
        print(f"  port is {role}: from kill {statistics.median(kills):6.2f} ms, at most "
              f"{max(kills):6.2f}; from connect {statistics.median(connects):6.2f} ms, at most "
              f"{max(connects):6.2f}")
        checks.append(Check(f"first packet after kill, port is {role}, slowest", max(kills), "ms",
                            most=100))
    return result, checks
