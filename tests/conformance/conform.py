# SPDX-License-Identifier: BSD-3-Clause
"""What the conformance tests share: cases and their verdicts, memory and CPUs for EAL.

A script runs many cases and prints one line each, as Criterion does, so that tests/run counts them:

    ok - modes/fiber::mac
    ok - modes/fiber::ieee1588  # SKIP Debian builds testpmd without it
    not ok - modes/fiber::csum

It ends with 1 if a case failed, 77 if all were skipped, else 0.
"""

import os
import signal
import sys
import tempfile
import traceback

SRC = os.environ.get("SRC") or os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(SRC, "build")
HUGEPAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"


class Failed(Exception):
    """The case failed; the text says why."""


class Skip(Exception):
    """The case cannot run here or yet; the text says why."""


def check(truth, text):
    if not truth:
        raise Failed(text)


def equal(what, got, want):
    check(got == want, f"{what}: {got}, not {want}")


def above(what, got, limit):
    check(got > limit, f"{what}: {got}, not above {limit}")


class Cases:
    """Runs cases of one suite, keeps count, prints the verdicts."""

    def __init__(self, suite):
        self.suite = suite
        self.passed = self.failed = self.skipped = 0

    def run(self, name, function, *args):
        """The case's verdict as a bool: passed or not."""
        try:
            function(*args)
        except Skip as why:
            self.skip(name, why)
            return False
        except Exception as why:  # pylint: disable=broad-except
            self.failed += 1
            print(f"not ok - {self.suite}::{name}\n    {why}", flush=True)
            if not isinstance(why, Failed):
                traceback.print_exc(file=sys.stdout)
            return False
        self.passed += 1
        print(f"ok - {self.suite}::{name}", flush=True)
        return True

    def skip(self, name, why):
        self.skipped += 1
        print(f"ok - {self.suite}::{name}  # SKIP {' '.join(str(why).split())}", flush=True)

    def finish(self):
        sys.exit(1 if self.failed else 0 if self.passed else 77)


def eal_memory(megabytes=200):
    """EAL options: hugepages of this process alone where there are enough, else ordinary pages."""
    try:
        with open(HUGEPAGES, encoding="ascii") as f:
            free = int(f.read())
    except OSError:
        free = 0
    if os.getuid() == 0 and 2 * free >= megabytes:
        return ["--in-memory"]
    return ["--no-huge", "--no-shconf", "-m", str(max(256, megabytes))]


def lcores(n, turn=0):
    """--lcores for n lcores on the CPUs that we may use, the first one on CPU number `turn`."""
    cpus = sorted(os.sched_getaffinity(0))
    return ",".join(f"{i}@{cpus[(i + turn) % len(cpus)]}" for i in range(n))


def environment():
    """The driver is found by bare name: EAL loads none by path from a folder like /tmp."""
    return dict(os.environ, LD_LIBRARY_PATH=os.path.join(BUILD, "pmd"), LC_ALL="C")


def scratch():
    """A folder that goes away with the test, also when meson ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    return tempfile.TemporaryDirectory(prefix="cpx-conform-")
