/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Good configurations by the seed: the text of a board's file. The same seed makes the same file.
 */
#ifndef CPX_TESTS_UNIT_RANDOM_CONFIG_H
#define CPX_TESTS_UNIT_RANDOM_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* A stream of numbers; never ends. */
struct dice {
	uint64_t state;
};

uint32_t dice_below(struct dice *d, uint32_t n); /* 0..n-1 */

/* Any board the reader accepts, every key now and then. The caller frees. */
char *random_config(uint64_t seed);

#endif
