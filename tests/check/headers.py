#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each header compiles alone: it includes what it needs."""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

from tree import SRC, sources


def flags(build):
    """All include folders, macros and machine options of the build, for headers of any part."""
    keep, seen = [], set()
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        commands = json.load(f)
    for command in commands:
        words = shlex.split(command["command"])
        for i, word in enumerate(words):
            if word in ("-isystem", "-include"):
                pair = (word, os.path.join(command["directory"], words[i + 1])
                        if word == "-isystem" else words[i + 1])
            elif word.startswith("-I"):
                pair = ("-I" + os.path.join(command["directory"], word[2:]),)
            elif word.startswith(("-D", "-m")) and not word.startswith(("-MD", "-MQ", "-MF")):
                pair = (word,)
            else:
                continue
            # a file built for several instruction sets differs in the value of its macros
            name = word.split("=")[0] if word.startswith("-D") else pair
            if name not in seen:
                seen.add(name)
                keep += pair
    return keep


def main():
    build = os.environ.get("BUILD", os.path.join(SRC, "build"))
    command = os.environ.get("CC", "cc").split() + ["-std=gnu17", "-fsyntax-only", "-Wall",
        "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers",
        "-Wno-address-of-packed-member", "-Werror", "-x", "c", "/dev/null", "-I", SRC] + flags(build)
    headers = [f for f in sources() if f.endswith(".h")]
    if subprocess.run(command + ["-include", "criterion/criterion.h"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        headers = [f for f in headers if not f.startswith("tests/unit/")]  # these need Criterion

    def compiles(header):
        return subprocess.run(command + ["-include", os.path.join(SRC, header)], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, done in zip(headers, pool.map(compiles, headers)):
            if done.returncode:
                bad += 1
                print(f"{header} does not compile alone:\n{done.stdout}")
    print(f"{bad} of {len(headers)} headers do not compile alone")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
