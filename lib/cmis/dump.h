/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A page as a person reads it: its bytes in hex, then each field that the module has, by name. A
 * field the module does not advertise is not printed: it is absent, not 0. For tools; any thread,
 * any bytes.
 */
#ifndef CPX_LIB_CMIS_DUMP_H
#define CPX_LIB_CMIS_DUMP_H

#include <stdio.h>

#include "lib/cmis/decode.h"

struct cmis_page {
	unsigned page; /* CMIS_LOWER, 00h..FFh */
	unsigned bank;
	const uint8_t *bytes; /* of the half */
	size_t len;           /* how many of them were read, at most 128 */
	/* VDM samples (24h-27h) mean something next to their descriptors (20h-23h), else NULL. */
	const uint8_t *descriptors;
	size_t descriptors_len;
};

enum cmis_dump_parts {
	CMIS_DUMP_HEX = 1,
	CMIS_DUMP_FIELDS = 2,
};

/* Writes text lines to out (fmemopen() makes a FILE of a buffer). 0 or -EIO. */
int cmis_dump(FILE *out, const struct cmis_support *s, const struct cmis_page *page,
	      unsigned parts);

/* "lower memory", "page 11h bank 2", "page 00h". Returns text. */
const char *cmis_page_name(unsigned page, unsigned bank, char *text, size_t size);

#endif
