# SPDX-License-Identifier: BSD-3-Clause
"""What the sections of the speed table share: the machine made ready, and programs that stay, idle,
between their windows."""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HUGEPAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB/"
NEED_PAGES = 1400
EAL = ["--in-memory", "--no-telemetry", "--no-pci", "--log-level=*:error"]
DRIVER = ["-d", "librte_net_cpx.so"]


class Machine:
    """Hugepages for the run, given back afterwards; a folder for sockets; the first turn on the
    CPUs, where we may, so that other programs get into few windows."""

    def __init__(self, build):
        self.build = build
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = (cpus[0], cpus[1]) if len(cpus) > 1 else (cpus[0], cpus[0])
        self.folder = tempfile.TemporaryDirectory(prefix="cpx-bench-")

    def __enter__(self):
        self.before = self.read("nr_hugepages")
        missing = NEED_PAGES - self.read("free_hugepages")
        if missing > 0:
            self.write(self.before + missing)
        if self.read("free_hugepages") < NEED_PAGES:
            self.write(self.before)
            sys.exit(f"bench: {NEED_PAGES} free hugepages of 2 MiB are needed, the kernel gives "
                     f"{self.read('free_hugepages')}; free memory or run as root, then:\n"
                     f"  echo {NEED_PAGES} > {HUGEPAGES}nr_hugepages")
        try:
            os.setsid()  # a scheduling group of our own
        except PermissionError:
            pass
        try:
            os.nice(-19)
            with open("/proc/self/autogroup", "w") as f:
                f.write("-20")
        except OSError:
            pass
        return self

    def __exit__(self, *_):
        self.write(self.before)
        self.folder.cleanup()

    def read(self, name):
        with open(HUGEPAGES + name) as f:
            return int(f.read())

    def write(self, n):
        try:
            with open(HUGEPAGES + "nr_hugepages", "w") as f:
                f.write(str(n))
        except PermissionError:
            pass

    def driver(self, build=None):
        """Environment in which EAL finds the plugin of a build folder."""
        return dict(os.environ, LD_LIBRARY_PATH=f"{build or self.build}/pmd")

    def round_trip(self):
        """TSC cycles that a cache line takes from one of the two CPUs to the other and back."""
        out = subprocess.run([f"{self.build}/bench/micro/bench_roundtrip",
                              str(self.cpus[0]), str(self.cpus[1])],
                             capture_output=True, text=True, check=True).stdout
        self.tsc_hz = int(out.split()[1])
        return int(out.split()[0])


class Ended(Exception):
    """A program ended before it was told to."""


class Program:
    """A program that works when it gets a line and is silent otherwise."""

    def __init__(self, name, command, cpus, env=None):
        self.name = name
        self.windows = []
        self.log = []
        self.process = subprocess.Popen(
            ["taskset", "-c", ",".join(str(c) for c in cpus)] + command, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)

    def send(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # until() says why

    def until(self, pattern):
        for line in self.process.stdout:
            self.log = self.log[-40:] + [line]
            found = re.search(pattern, line)
            if found:
                return found
        raise Ended(f"{self.name} ended early:\n" + "".join(self.log[-15:]))

    def ask(self, line, pattern):
        self.send(line)
        return self.until(pattern)

    def close(self):
        self.send("quit")
        try:
            self.process.communicate(timeout=20)
        except (subprocess.TimeoutExpired, ValueError, BrokenPipeError):
            self.process.kill()
            self.process.wait()


class Testpmd(Program):
    """Forwards on the second of two CPUs; its main thread, which sleeps, has the first."""

    def __init__(self, name, cpus, mode, devices, env=None, options=()):
        command = ["stdbuf", "-oL", "dpdk-testpmd", "--lcores", f"0@{cpus[0]},1@{cpus[1]}"] + EAL
        super().__init__(name, command + devices + [
            "--", "-i", "--nb-cores=1", "--burst=32", "--total-num-mbufs=8192", "--no-mlockall",
            f"--forward-mode={mode}"] + list(options), cpus, env)

    def ready(self):
        """Its devices are there; testpmd itself goes on without."""
        if self.until(r"^Done|failed to initialize")[0] != "Done":
            self.close()
            raise Ended(f"{self.name}: " + "".join(self.log[-3:-1]).strip())
        return self


class Forwarder(Testpmd):
    """A testpmd that says itself how many cycles of its lcore a packet took."""

    def __init__(self, name, cpus, mode, devices, env=None):
        super().__init__(name, cpus, mode, devices, env, ["--record-core-cycles"])
        self.start = "start" if mode == "txonly" else "start tx_first 8"

    def window(self, ms):
        self.send(self.start)
        time.sleep(ms / 1000)
        self.windows.append(float(self.ask("stop", r"CPU cycles/packet=([0-9.]+)")[1]))


def alternate(programs, windows, ms):
    """One window of each program in turn, after one that does not count."""
    for program in programs:
        program.window(ms)
        program.windows.clear()
    for _ in range(windows):
        for program in programs:
            program.window(ms)


def close_all(programs):
    for program in programs:
        program.close()


def paired(a, b, how):
    """The median over windows taken side by side."""
    return statistics.median(how(x, y) for x, y in zip(a.windows, b.windows))


def minus(a, b):
    return paired(a, b, lambda x, y: x - y)


def ratio(a, b):
    return paired(a, b, lambda x, y: x / y if y else 0)


class Check:
    """A figure and what it must be: at most or at least `target`; no target: for information."""

    def __init__(self, name, figure, unit, most=None, least=None):
        self.name, self.figure, self.unit = name, figure, unit
        self.most, self.least = most, least
        self.missed = (most is not None and figure > most) or (least is not None and figure < least)

    def __str__(self):
        target = (f"target <= {self.most}" if self.most is not None else
                  f"target >= {self.least}" if self.least is not None else "")
        verdict = "" if target == "" else "MISSED" if self.missed else "ok"
        return f"  {self.name:52} {self.figure:8.2f} {self.unit:7} {target:14} {verdict}"

    def json(self):
        return {"name": self.name, "figure": round(self.figure, 4), "unit": self.unit,
                "most": self.most, "least": self.least}


def print_windows(programs, unit="cycles per packet"):
    print(f"  {unit:46} {'median':>7} {'least':>7} {'most':>7}")
    for program in programs:
        w = program.windows
        print(f"  {program.name:46} {statistics.median(w):7.1f} {min(w):7.1f} {max(w):7.1f}")


def windows_json(programs):
    """By key."""
    return {key: {"name": p.name, "median": statistics.median(p.windows), "windows": p.windows}
            for key, p in programs.items()}
