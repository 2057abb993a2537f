/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of a bank: which ports its eight lanes are cut into, as an operator writes it: 2x400G,
 * 8x100G, 1x400G+4x100G. Ports lie one behind the other from the bank's first lane; lanes behind
 * the last stay free. A pure function, any thread.
 */
#ifndef CPX_DATAPLANE_CTL_SHAPE_H
#define CPX_DATAPLANE_CTL_SHAPE_H

#include <stdint.h>

#include "config/config.h"
#include "lib/base/err.h"

#define SHAPE_TEXT_MAX 64 /* longest text that is looked at */

struct board_shape {
	unsigned n;
	struct {
		uint8_t first, lanes; /* within the bank; 1, 2, 4 or 8, begins at a multiple */
	} port[CONFIG_LANES_PER_BANK];
};

/*
 * lane_mbps: line rate of the engine's lanes (53125, 106250, 212500 carry 50G, 100G, 200G). -EINVAL
 * with what is wrong and what to write; *out is whole only after 0.
 */
int shape_parse(struct board_shape *out, const char *text, uint32_t lane_mbps, struct err *err);

#endif
