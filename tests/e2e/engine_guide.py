# SPDX-License-Identifier: BSD-3-Clause
"""The tours of engines in README.md and dataplane/cli/ENGINE.md, run as they are written: each
command of their console blocks, and the output that is shown for it. A number stands for any other, "…" at the end of a line for its
rest, alone for any lines. What only tells is asked again until it tells what is shown, as a person
would look again. It has a /run of its own, so engines and boards of others are not in the way."""

import os
import re
import signal
import subprocess
import sys
import time

SRC = os.environ.get("SRC") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("BUILD") or os.path.join(SRC, "build")
TOURS = (("README.md", "Five minutes with an engine"),
         ("dataplane/cli/ENGINE.md", "From an emulated engine to a repaired port"))
PATIENCE = 30  # seconds, for what is shown to come true
LOOKS = re.compile(r"cpx (show|check|engine (show|list|dump|alarms|prbs \S+ show))")


def skip(why):
    print("skip:", why)
    sys.exit(77)


def own_run():
    """Starts this program again in a mount namespace with an empty /run."""
    if os.geteuid() != 0:
        skip("an own /run needs root")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/run"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        skip("no mount namespaces here")
    os.execvp("unshare", ["unshare", "-m", "sh", "-c",
                          'mount -t tmpfs tmpfs /run && exec "$@"', "sh", "/usr/bin/python3",
                          os.path.abspath(__file__), "inside"])


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
    """A line as shown, as a regular expression for lines as they come. Of 7/8 and oe0/3 no number
    may be another."""
    number = r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?"
    words = [re.sub(r"(?<![\w/.-])" + number + r"(?![\w/.])", "\0", w)
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

    def end(self):
        """Those in the background, the last one first; they end with 0."""
        codes = []
        for process, _ in reversed(self.started):
            process.send_signal(signal.SIGTERM)
            codes.append(process.wait(PATIENCE))
        return codes

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
            else:
                tour.run(command, shown)
        codes = tour.end()
        assert not any(codes), f"exit codes of what ran in the background: {codes}"
    except BaseException:
        tour.kill()
        raise
    print(f"ok: {page}, {len(todo)} commands")


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        own_run()
    for where in TOURS:
        take(*where)
