/* SPDX-License-Identifier: BSD-3-Clause */
/* Start of a paced lane; see cpx_pace.h. Control thread, before the lane runs. */
#include "pmd/cpx_pace.h"

uint64_t cpx_pace_cost(uint64_t hz, uint32_t mbps)
{
	const uint64_t bits = (uint64_t)mbps * 1000000;

	return ((hz * 8 << CPX_PACE_SHIFT) + bits / 2) / bits;
}

void cpx_pace_start(struct cpx_pace *p, uint64_t hz, uint32_t mbps, uint64_t now)
{
	*p = (struct cpx_pace){
		.last = now,
		.cost = cpx_pace_cost(hz, mbps),
		.depth = (uint32_t)(hz / 1000000 * CPX_PACE_DEPTH_US),
	};
}
