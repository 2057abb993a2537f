/* SPDX-License-Identifier: BSD-3-Clause */
/* The metric table of metrics.h as telemetry_create() wants it. Control thread, at start. */
#include "dataplane/run/metrics.h"

#include <errno.h>
#include <stddef.h>

static const char *const drop_labels[] = {
#define _(sym, label, help) label,
	DROP_REASONS(_)
#undef _
		NULL
};
static const char *const up_values[] = { "down", "up", NULL };
static const char *const role_values[] = { "worker", "control", NULL };

enum metric {
#define _(sym, ...) METRIC_CELL_##sym,
	CELL_METRICS(_)
#undef _
		METRIC_CELL_DROP,
#define _(sym, ...) METRIC_LANE_##sym,
	LANE_METRICS(_)
#undef _
#define _(sym, ...) METRIC_WORKER_##sym,
		WORKER_METRICS(_)
#undef _
#define _(sym, ...) METRIC_BOARD_##sym,
			BOARD_METRICS(_)
#undef _
				METRIC_COUNT
};

#define ENTRY(scope_, name_, unit_, kind_, slots_, help_, values_) \
	{                                                          \
		.name = (name_),                                   \
		.unit = (unit_),                                   \
		.help = (help_),                                   \
		.kind = (kind_),                                   \
		.scope = (scope_),                                 \
		.slots = (slots_),                                 \
		.values = (values_),                               \
	},

static const struct telemetry_metric table[METRIC_COUNT] = {
#define _(sym, name, unit, help) \
	ENTRY(TELEMETRY_SCOPE_LCORE_LANE, name, unit, TELEMETRY_COUNTER, 1, help, NULL)
	CELL_METRICS(_)
#undef _
		{ .name = "lane_drop_packets",
		  .unit = "packets",
		  .help = "packets that ended here, by reason",
		  .kind = TELEMETRY_COUNTER,
		  .scope = TELEMETRY_SCOPE_LCORE_LANE,
		  .slots = DROP_COUNT,
		  .values = drop_labels,
		  .label = "reason" },
#define _(sym, name, unit, kind, slots, help)                      \
	ENTRY(TELEMETRY_SCOPE_LANE, name, unit, kind, slots, help, \
	      (kind) == TELEMETRY_ENUM ? up_values : NULL)
	LANE_METRICS(_)
#undef _
#define _(sym, name, unit, kind, slots, help)                       \
	ENTRY(TELEMETRY_SCOPE_LCORE, name, unit, kind, slots, help, \
	      (kind) == TELEMETRY_ENUM ? role_values : NULL)
		WORKER_METRICS(_)
#undef _
#define _(sym, name, unit, kind, slots, help) \
	ENTRY(TELEMETRY_SCOPE_PROCESS, name, unit, kind, slots, help, NULL)
			BOARD_METRICS(_)
#undef _
};

const struct telemetry_metric *metrics_table(unsigned *n)
{
	*n = METRIC_COUNT;
	return table;
}

int metrics_check(const struct telemetry *t)
{
#define _(sym, ...)                                             \
	if (telemetry_slot(t, METRIC_CELL_##sym) != CELL_##sym) \
		return -EINVAL;
	CELL_METRICS(_)
#undef _
	if (telemetry_slot(t, METRIC_CELL_DROP) != CELL_DROP)
		return -EINVAL;
#define _(sym, ...)                                             \
	if (telemetry_slot(t, METRIC_LANE_##sym) != LANE_##sym) \
		return -EINVAL;
	LANE_METRICS(_)
#undef _
#define _(sym, ...)                                                 \
	if (telemetry_slot(t, METRIC_WORKER_##sym) != WORKER_##sym) \
		return -EINVAL;
	WORKER_METRICS(_)
#undef _
#define _(sym, ...)                                               \
	if (telemetry_slot(t, METRIC_BOARD_##sym) != BOARD_##sym) \
		return -EINVAL;
	BOARD_METRICS(_)
#undef _
	return 0;
}
