# SPDX-License-Identifier: BSD-3-Clause
"""tours.py engine|router: tours of README.md and dataplane/cli, run as they are written: each command
of their console blocks, and the output that is shown for it. A number stands for any other (not of
percents), "…" at the end of a line for its rest, alone for any lines. What only tells is asked again
until it tells what is shown, as a person would look again. Each has namespaces of its own: engines,
boards and interfaces of others are not in the way, and what it started ends with it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

SRC = os.environ.get("SRC") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("BUILD") or os.path.join(SRC, "build")
TOURS = {"engine": (("README.md", "Five minutes with an engine"),
                    ("dataplane/cli/ENGINE.md", "From an emulated engine to a repaired port")),
         "router": (("dataplane/cli/ROUTER.md", "From nothing to a router"),)}
NEEDS = {"engine": (), "router": ("ip", "ethtool", "ping", "iperf3", "vtysh", "/usr/lib/frr/bgpd")}
PATIENCE = 30  # seconds, for what is shown to come true
LOOKS = re.compile(r"cpx (show|check|engine (show|list|dump|alarms|prbs \S+ show))|"
                   r"vtysh .*'show |ip netns exec \w+ ping ")


def skip(why):
    print("skip:", why)
    sys.exit(77)


def own_namespaces(name):
    """Starts this program again with processes and interfaces of its own, an empty /run and an empty
    /etc/frr."""
    if os.geteuid() != 0:
        skip("an own /run needs root")
    for program in NEEDS[name]:
        if not shutil.which(program):
            skip(f"{program} is missing: see .ci/packages")
    unshare = ["unshare", "-mnp", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run(unshare + ["mount", "-t", "tmpfs", "tmpfs", "/run"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        skip("no namespaces here")
    empty = "for d in /run /etc/frr; do [ ! -d $d ] || mount -t tmpfs tmpfs $d || exit 1; done"
    os.execvp("unshare", unshare + ["sh", "-c", empty + '; exec "$@"', "sh", "/usr/bin/python3",
                                    os.path.abspath(__file__), name, "inside"])


def commands(page, heading):
    """(command, lines shown for it) of a tour."""
    with open(os.path.join(SRC, page), encoding="utf-8") as f:
        tour = f.read().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", tour, re.S | re.M):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(line):
    """A line as shown, as a regular expression for lines as they come. Of 7/8, oe0/3 and 0%
    no number may be another."""
    number = r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?"
    words = [re.sub(r"(?<![\w/.-])" + number + r"(?![\w/.%])", "\0", w)
             for w in line.removesuffix("…").split()]
    text = r"\s+".join(re.escape(w).replace("\0", number) for w in words)
    return re.compile(r"\s*" + text + ("" if line.endswith("…") else r"\s*$"))


def missing(shown, output):
    """The first line shown that does not come, None if all do, in their order."""
    lines = output.splitlines()
    for line in shown:
        if line == "…":
            continue
        for i, come in enumerate(lines):
            if pattern(line).match(come):
                lines = lines[i + 1:]
                break
        else:
            return line
    return None


class Tour:
    def __init__(self):
        self.started = []  # in the background: process, file of its output
        self.env = dict(os.environ, LC_ALL="C.UTF-8")
        for key in ("CPX_INSTANCE", "CPX_ENGINES", "XDG_RUNTIME_DIR", "NO_COLOR"):
            self.env.pop(key, None)

    def begin(self, command):
        out = open(f"/run/output-{len(self.started)}", "w+", encoding="utf-8")
        self.started.append((subprocess.Popen(command.split(), cwd=SRC, env=self.env, stdout=out,
                                              stderr=subprocess.STDOUT), out.name))

    def once(self, command):
        """Exit code and output."""
        if command.endswith(" &"):
            process, name = self.started[-1]
            with open(name, encoding="utf-8") as f:
                return process.poll() or 0, f.read()
        done = subprocess.run(command, shell=True, cwd=SRC, env=self.env, text=True, check=False,
                              timeout=PATIENCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def run(self, command, shown):
        again = LOOKS.match(command) or command.endswith(" &")
        deadline = time.monotonic() + PATIENCE
        if command.endswith(" &"):
            self.begin(command[:-2])
        while True:
            code, output = self.once(command)
            lacking = missing(shown, output)
            if code == 0 and lacking is None:
                return
            if not again or time.monotonic() > deadline:
                raise AssertionError(f"$ {command}\n{output}\n--- exit code {code}, and no line "
                                     f"like\n{lacking}")
            time.sleep(0.2)

    def stop(self, process):
        """One in the background; it ends with 0."""
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        assert code == 0, f"{process.args} ended with {code}"

    def end(self):
        """Those in the background that still run, the last one first."""
        for process, _ in reversed(self.started):
            if process.returncode is None:
                self.stop(process)

    def kill(self):
        for process, name in self.started:
            if process.poll() is None:
                process.kill()
            with open(name, encoding="utf-8") as f:
                print("---", name, *f.read().splitlines()[-25:], sep="\n")


def take(page, heading):
    todo = commands(page, heading)
    assert len(todo) > 5, f"{page}: the tour has {len(todo)} commands only"
    tour = Tour()
    try:
        for command, shown in todo:
            if command.startswith("export PATH="):
                tour.env["PATH"] = BUILD + "/dataplane/cli:" + os.environ["PATH"]
            elif command.startswith("kill %"):
                tour.stop(tour.started[int(command[6:]) - 1][0])
            else:
                tour.run(command, shown)
        tour.end()
    except BaseException:
        tour.kill()
        raise
    print(f"ok: {page}, {len(todo)} commands")


if __name__ == "__main__":
    if sys.argv[2:] != ["inside"]:
        own_namespaces(sys.argv[1])
    for where in TOURS[sys.argv[1]]:
        take(*where)
