# SPDX-License-Identifier: BSD-3-Clause
"""What the Python checks share: the C files of the tree, and their text without comments."""

import os
import re
import subprocess

SRC = os.environ.get("SRC") or os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def sources():
    """C sources and headers, relative to the tree: what git tracks, else what is there."""
    try:
        out = subprocess.run(["git", "-c", "safe.directory=" + SRC, "-C", SRC, "ls-files", "--",
                              "*.c", "*.h"], check=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout.split("\n")
        return [f for f in out if f and os.path.exists(os.path.join(SRC, f))]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, files in os.walk(SRC):
            folders[:] = [d for d in folders if not d.startswith((".", "build"))]
            found += [os.path.relpath(os.path.join(folder, f), SRC) for f in files
                      if f.endswith((".c", ".h"))]
        return sorted(found)


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_lines(path):
    """(line number, line) with comments and the insides of strings blanked."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return list(enumerate(_TOKEN.sub(blank, read(path)).split("\n"), 1))
