#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The fast path allocates nothing, locks nothing, logs nothing and makes no system call; and no
file but lib/base/order.h spells a memory order (STYLE.md, points 9 and 11)."""

import fnmatch
import re
import sys

from tree import code_lines, sources

FAST = ["dataplane/nodes/*.[ch]", "pmd/*rxtx*.[ch]", "pmd/cpx_hash.c", "pmd/cpx_checksum.c",
        "pmd/cpx_flow_match.[ch]", "pmd/cpx_flow_rx.[ch]",
        "pmd/cpx_toeplitz.c", "pmd/cpx_tag.c", "pmd/cpx_effect.c", "pmd/cpx_filter.h",
        "pmd/cpx_look.c", "pmd/cpx_ring*.h", "pmd/cpx_pace.h", "lib/fiber/ring.h",
        "lib/fiber/lent.h", "dataplane/run/*walk*.c", "dataplane/run/graph.h", "dataplane/run/meta.h"]
ORDER = "lib/base/order.h"

CALLS = {
    "allocates": r"(?:rte_)?(?:m|c|z|re)alloc(?:_socket)?|(?:rte_)?free|strn?dup|v?asprintf|alloca|"
                 r"aligned_alloc|posix_memalign|rte_memzone_\w+|rte_mempool_create\w*|"
                 r"rte_(?:hash|fib6?|lpm6?|rib6?|acl)_(?:create|add\w*|del\w*|free\w*)|mmap|munmap",
    "prints or logs": r"v?f?d?printf|puts|fputs|putchar|perror|log_\w+|rte_log|RTE_LOG\w*|syslog|"
                      r"\w+_LOG|err_set|strerror|rte_strerror|rte_panic|rte_exit|abort|exit",
    "locks or waits": r"pthread_\w+|rte_spinlock_\w+|rte_rwlock_\w+|rte_ticketlock_\w+|sem_\w+|"
                      r"rte_mcslock_\w+|rte_rcu_qsbr_synchronize|rte_delay_\w+|u?sleep|nanosleep|"
                      r"sched_yield|futex",
    "makes a system call": r"read|write|open|openat|close|ioctl|poll|ppoll|select|epoll_\w+|syscall|"
                           r"send|sendto|sendmsg|recv|recvfrom|recvmsg|socket|io_uring_\w+|"
                           r"gettimeofday|time|getpid|fopen|fclose|fread|fwrite",
}
BANNED = {why: re.compile(r"(?<![\w.>])(" + names + r")\s*\(") for why, names in CALLS.items()}
# Names that only look like one of the above: a read-only load is no read().
ATOMIC = re.compile(r"\b(__atomic_\w+|__sync_\w+|_Atomic|atomic_\w+_explicit|rte_atomic\w+|"
                    r"rte_smp_\w+|rte_io_[rw]?mb|stdatomic\.h)\b")


def main():
    bad, fast = [], 0
    for path in sources():
        is_fast = any(fnmatch.fnmatch(path, pattern) for pattern in FAST)
        fast += is_fast
        for number, line in code_lines(path):
            if path != ORDER:
                for match in ATOMIC.finditer(line):
                    bad.append(f"{path}:{number}: {match[1]}: memory orders belong in {ORDER}; use "
                               "load_acquire(), store_release(), counter_add() …")
            if not is_fast or line.lstrip().startswith("#"):
                continue
            for why, pattern in BANNED.items():
                for match in pattern.finditer(line):
                    bad.append(f"{path}:{number}: {match[1]}() {why}: not on the fast path")
    print("\n".join(bad) or f"{fast} fast-path files are clean")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
