# SPDX-License-Identifier: BSD-3-Clause
"""What managing engines costs a control thread, and the loss of a lane its flows. A program each,
the last over two cores."""
import json
import re
import subprocess

from programs import Check


def output(machine, program, *args):
    return subprocess.run([f"{machine.build}/bench/micro/{program}", *args], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300).stdout


def run(machine, windows, _):
    result, checks = {}, []
    text = output(machine, "bench_managers", "60")
    share = float(re.search(r"managers ([0-9.]+) %", text)[1])
    result["managers"] = {"share_percent": share, "text": text}
    print("  " + text.strip().replace("\n", "\n  "))
    checks.append(Check("managers of 16 engines x 32 lanes, of a core", share, "%", most=2))

    text = output(machine, "bench_monitors")
    medians = [float(us) for us in re.findall(r"median\s+([0-9.]+) us", text)]
    result["monitors"] = {"median_us": medians, "text": text}
    print("  " + text.strip().replace("\n", "\n  "))
    checks.append(Check("publishing 512 lanes of monitors, all of a pass", sum(medians), "us",
                        most=50))

    loss = json.loads(output(machine, "bench_lane_loss", str(windows)))
    loss["trip"] = machine.round_trip()
    result["lane_loss"] = loss
    print(f"  a lane dies: last frame lost {loss['blocked_us']['median']:.0f} us after the register "
          f"changed (most {loss['blocked_us']['most']:.0f}), round trip {loss['trip']} cycles")
    checks.append(Check("frames reordered, or lost on other lanes, when a lane dies",
                        loss["reordered"] + loss["lost_elsewhere"], "frames", most=0))
    return result, checks
