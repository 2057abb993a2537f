/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that two processes share: a memory file made here or received from the peer, and a piece
 * of our address space that shows it, between two inaccessible pages. Inside lib/fiber; control
 * thread.
 */
#ifndef CPX_LIB_FIBER_MAPPING_H
#define CPX_LIB_FIBER_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

struct fiber_mapping {
	uint8_t *base; /* NULL: nothing mapped */
	uint64_t bytes;
	uint8_t *reserved; /* the mapping with its guards */
	uint64_t reserved_bytes;
	bool writable;
};

/* A memory file of `bytes`, all of them allocated, so that a full machine is an error now and not a
 * SIGBUS later; not sealed yet. *fd, the caller's to close, or -errno. */
int fiber_file_make(uint64_t bytes, bool hugepages, int *fd);

/* Is what the peer sent a memory file of exactly `bytes` bytes with all of `seals`? 0, or -EPROTO
 * and *why. */
int fiber_file_check(int fd, uint64_t bytes, int seals, const char **why);

/* Map all of a file that has pages of `page` bytes. 0 or -errno. */
int fiber_map(struct fiber_mapping *m, int fd, uint64_t bytes, uint32_t page, bool writable);

/* Put plain zeroed memory in place of a mapping that faults; false when `address` is not in it or
 * it can not be done. In a signal handler of any thread that uses the mapping. */
bool fiber_map_replace(const struct fiber_mapping *m, const void *address);

/* No thread reads or writes it any more. Nothing happens when nothing is mapped. */
void fiber_unmap(struct fiber_mapping *m);

#endif
