#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Includes point only downwards, are written from the root of the tree, and lib and config know
nothing of DPDK (DESIGN.md, the tree)."""

import os
import re
import sys

from tree import SRC, read, sources

# Lower layers first. A folder may include its own layer only where `within` says so: lib's parts
# use each other, the command line uses the control thread, tests use benchmarks' parts.
LAYERS = [["lib"], ["pmd", "config"], ["dataplane/run"], ["dataplane/tables"], ["dataplane/nodes"],
          ["dataplane/ctl", "dataplane/cli"], ["bench", "tests"]]
WITHIN = {("dataplane/cli", "dataplane/ctl"), ("tests", "bench")}
NO_DPDK = ("lib/", "config/")


def place(path):
    for level, folders in enumerate(LAYERS):
        for folder in folders:
            if path.startswith(folder + "/"):
                return level, folder
    return None, None


def main():
    bad = []
    for path in sources():
        level, folder = place(path)
        if level is None:
            bad.append(f"{path}: lies in no layer of DESIGN.md: {LAYERS}")
            continue
        for number, line in enumerate(read(path).split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not match:
                continue
            kind, target = match.groups()
            if target.startswith("rte_") and path.startswith(NO_DPDK):
                bad.append(f"{path}:{number}: {target}: {folder} must not know DPDK")
            if kind == "<" or target.endswith(".inc"):
                continue  # a .inc is text that the build made, found in the build folder
            other_level, other = place(target)
            if other_level is None or not os.path.exists(os.path.join(SRC, target)):
                bad.append(f"{path}:{number}: \"{target}\": write our includes from the root of "
                           "the tree, others' in <>")
            elif other_level > level:
                bad.append(f"{path}:{number}: {folder} includes {target}, which lies above it")
            elif other_level == level and other != folder and (folder, other) not in WITHIN:
                bad.append(f"{path}:{number}: {folder} includes {target}, which lies beside it")
    print("\n".join(bad) or "every include points downwards")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
