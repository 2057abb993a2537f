# SPDX-License-Identifier: BSD-3-Clause
"""A port's peer is killed (SIGKILL) and another takes its place: time till the first frame of the new
one is received, from the kill and from its first step to connect. The peer is a small program on
lib/fiber; then testpmd, on the driver as the port is, whose start is told apart: from link up on."""
import os
import statistics

from programs import DRIVER, EAL, Check, Program


def testpmd(path, role, cpu):
    """The command of a driver process that sends as soon as it can."""
    return ["dpdk-testpmd", "--lcores", f"0@{cpu},1@{cpu}", *EAL, *DRIVER,
            f"--vdev=net_cpx0,carrier=fiber:{path},role={role},mgmt=none",
            "--", "--forward-mode=txonly", "-a", "--disable-link-check",
            "--total-num-mbufs=4096", "--no-mlockall"]


def kill_again(machine, name, windows, path, role, peer):
    """Milliseconds of each kill: to a frame from the kill, from the start of the new peer, to link
    down from the kill, to a frame from link up."""
    program = Program(name, [f"{machine.build}/bench/micro/bench_reconnect", path, role,
                             str(machine.cpus[1]), str(machine.cpus[0]), *peer],
                      machine.cpus, machine.driver())
    try:
        program.until("^ready")
        rows = [program.ask("again", r"^us ([0-9.]+) ([0-9.]+) ([0-9.]+) ([0-9.]+)").groups()
                for _ in range(windows)]
    finally:
        program.close()
    return [[float(us) / 1e3 for us in column] for column in zip(*rows)]


def told(values):
    return f"{statistics.median(values):7.2f} ms, at most {max(values):7.2f}"


def run(machine, windows, _):
    result, checks = {}, []
    for role, other in (("server", "client"), ("client", "server")):
        path = os.path.join(machine.folder.name, "reconnect-" + role)
        kills, connects, _, _ = kill_again(machine, f"reconnect, {role}", windows, path, role, [])
        result[role] = {"from_kill_ms": kills, "from_connect_ms": connects}
        print(f"  port is {role}: from kill {told(kills)}; from connect {told(connects)}")
        checks.append(Check(f"first packet after kill, port is {role}, slowest", max(kills), "ms",
                            most=100))
        path += "-driver"
        kills, starts, downs, ups = kill_again(
            machine, f"reconnect to testpmd, {role}", windows, path, role,
            testpmd(path, other, machine.cpus[0]))
        result[role]["driver"] = {"from_kill_ms": kills, "from_start_ms": starts,
                                  "link_down_ms": downs, "from_link_up_ms": ups}
        print(f"  port is {role}, peer testpmd: link down {told(downs)};\n"
              f"    first packet from kill {told(kills)}; from start {told(starts)}; from link up "
              f"{told(ups)}")
        checks.append(Check(f"first packet of testpmd after link up, port is {role}, slowest",
                            max(ups), "ms", most=100))
    return result, checks
