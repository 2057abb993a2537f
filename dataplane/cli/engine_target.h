/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which lanes of which engine a verb is about: ENGINE (all), ENGINE/LANE or ENGINE/FIRST-LAST,
 * lanes from 0 through the engine as in lane names. Pure functions, any thread.
 */
#ifndef CPX_DATAPLANE_CLI_ENGINE_TARGET_H
#define CPX_DATAPLANE_CLI_ENGINE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_NAME_LEN 32 /* CONFIG_NAME_LEN */

struct engine_target {
	char engine[ENGINE_NAME_LEN];
	uint64_t lanes; /* a bit each, bit 0: lane 0; 0: the whole engine */
};

/* False: it is none of these, or a lane is above 63. */
bool engine_target_parse(struct engine_target *t, const char *text);

/* Lanes in short: "0-3,8". Returns buf; cut off with "…" where it does not fit. */
const char *engine_lanes_text(char *buf, size_t size, uint64_t lanes);

#endif
