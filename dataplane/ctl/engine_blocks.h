/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what an engine's manager has seen (struct cpx_engine_view) to the blocks of its lanes and of
 * itself in the telemetry segment (dataplane/run/metrics.h). What is not known is absent, never 0:
 * nothing is known of a module that does not answer but its counters, and of its lanes only while
 * it is ready. Pure: no DPDK, no bus, no lock. The blocks' one writing thread.
 */
#ifndef CPX_DATAPLANE_CTL_ENGINE_BLOCKS_H
#define CPX_DATAPLANE_CTL_ENGINE_BLOCKS_H

#include "lib/telemetry/writer.h"
#include "pmd/cpx_engine.h"

#define ENGINE_BLOCKS_LANES (CPX_ENGINE_BANKS * CMIS_LANES)

/* Everything but what it is called and its kind. tsc: of now, as telemetry_block_end() takes it. */
void engine_block_fill(struct telemetry_block *b, const struct cpx_engine_view *v, uint64_t tsc);
/* lane: blocks by the engine's lanes, NULL where one is not published. LANE_UP is not touched. */
void engine_blocks_lanes(struct telemetry_block *const lane[ENGINE_BLOCKS_LANES],
			 const struct cpx_engine_view *v, uint64_t tsc);
/* Of an engine that nobody manages: all of it absent. */
void engine_block_clear(struct telemetry_block *b, uint64_t tsc);
void engine_block_clear_lane(struct telemetry_block *b, uint64_t tsc);

#endif
