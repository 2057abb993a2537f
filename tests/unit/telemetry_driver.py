# SPDX-License-Identifier: BSD-3-Clause
"""The Python reader on a string, for test_telemetry_python.c: `read PATH` on stdin gives every value
as one line each, `live PATH COUNT` holds a moving segment against the format's promise. Each answer
ends with a line "END"; anything but a value, NONE or ERROR is a failure of the reader."""
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import cpx_telemetry


def scalar(value):
    return "%.9g" % value if isinstance(value, float) else str(value)


def read(path):
    s = cpx_telemetry.Segment(path).snapshot()
    if s is None:
        return ["NONE"]
    lines = ["%s %s %s %s" % (s["generation"], s["life"], s["state"], s["kept"])]
    for name, m in s["metrics"].items():
        for i, value in enumerate(m["values"]):
            values = value.items() if isinstance(value, dict) else [("", value)]
            lines += ["%s|%s|%s|%s|%d|%s|%s" % (name, m["unit"], m["kind"], m["scope"], i, label, scalar(v))
                      for label, v in values]
    return lines


def live(path, count):
    segment, last, generation, moves = cpx_telemetry.Segment(path), {}, 0, 0
    while moves < count:
        s = segment.snapshot()
        if s is None or s["generation"] == generation:
            continue
        assert s["generation"] > generation and s["life"] == "running", s["life"]
        generation, moves = s["generation"], moves + 1
        metrics = s["metrics"]
        for lane, packets in enumerate(metrics["lane_receive_packets"]["values"]):
            assert metrics["lane_receive_bytes"]["values"][lane] == packets * 100, "torn"
            assert sum(metrics["lane_drop_packets"]["values"][lane].values()) == packets, "torn"
            assert packets >= last.get(lane, 0), "a counter went down"
            last[lane] = packets
    return ["OK"] if sum(last.values()) else ["nothing moved"]


for line in sys.stdin:
    command, path, *rest = line.split()
    try:
        answer = read(path) if command == "read" else live(path, int(rest[0]))
    except (cpx_telemetry.BadSegment, OSError):
        answer = ["ERROR"]
    except Exception:
        answer = ["CRASH " + traceback.format_exc()]
    print("\n".join(answer + ["END"]), flush=True)
