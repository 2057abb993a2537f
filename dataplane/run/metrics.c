/* SPDX-License-Identifier: BSD-3-Clause */
/* The metric table of metrics.h as telemetry_create() wants it. Control thread, at start. */
#include "dataplane/run/metrics.h"

#include "lib/cmis/manager/manager.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

static const char *const drop_labels[] = {
#define _(sym, label, ...) label,
	DROP_REASONS(_)
#undef _
		NULL
};
/* `values` of metrics.h, as values_… */
#define values_none NULL
static const char *const values_up[] = { "down", "up", NULL };
/* enum cmis_dp_state, as cmis_name() has it; 0 is no state and never published. */
static const char *const values_dp_state[] = { "unknown",   "Deactivated", "Init",
					       "Deinit",    "Activated",   "TxTurnOn",
					       "TxTurnOff", "Initialized", NULL };
/* enum cmis_port_state */
static const char *const values_path[] = { "waiting", "up", "failed", NULL };
static const char *const values_reason[] = {
#define X(id, name, text) name,
	CMIS_REASONS(X)
#undef X
		NULL
};
/* clang-format off */
static const char *const values_symbols[] = {
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
	"uncorrectable", NULL
};
/* clang-format on */
static_assert(sizeof(values_symbols) / sizeof(values_symbols[0]) == FEC_BINS + 1, "bins");
/* enum cpx_mgmt */
static const char *const values_management[] = { "none", "emulated", "unix", "optoe", NULL };
/* enum cmis_manager_state */
static const char *const values_manager_state[] = { "Absent",  "Identify", "Park",
						    "PowerUp", "Ready",    "Hot",
						    "Fault",   "LowPower", NULL };
/* enum cmis_module_state; 0 is reserved. */
static const char *const values_module_state[] = { "unknown",     "ModuleLowPwr", "ModulePwrUp",
						   "ModuleReady", "ModulePwrDn",  "ModuleFault",
						   NULL };
/* enum cmis_fault_cause */
static const char *const values_fault_cause[] = { "none",           "TEC runaway", "data memory",
						  "program memory", "transmitter", "receiver",
						  "temperature",    NULL };
static const char *const values_role[] = { "worker", "control", "none", NULL };
static const char *const values_punt_class[] = {
#define _(sym, name, pps, burst, queue, help) name,
	PUNT_CLASSES(_)
#undef _
		NULL
};

enum metric {
#define _(sym, ...) METRIC_CELL_##sym,
	CELL_METRICS(_)
#undef _
		METRIC_CELL_DROP,
#define _(sym, ...) METRIC_LANE_##sym,
	LANE_METRICS(_)
#undef _
#define _(sym, ...) METRIC_ENGINE_##sym,
		ENGINE_METRICS(_)
#undef _
#define _(sym, ...) METRIC_WORKER_##sym,
			WORKER_METRICS(_)
#undef _
#define _(sym, ...) METRIC_BOARD_##sym,
				BOARD_METRICS(_)
#undef _
					METRIC_COUNT
};

/* An array has a label: what those of its scope are by. */
#define ENTRY(scope_, name_, unit_, kind_, slots_, help_, values_, label_)            \
	{                                                                             \
		.name = (name_),                                                      \
		.unit = (unit_),                                                      \
		.help = (help_),                                                      \
		.kind = (kind_),                                                      \
		.scope = (scope_),                                                    \
		.slots = (slots_),                                                    \
		.values = (values_),                                                  \
		.label = (kind_) != TELEMETRY_TEXT && (slots_) > 1 ? (label_) : NULL, \
	},

static const struct telemetry_metric table[METRIC_COUNT] = {
#define _(sym, name, unit, help) \
	ENTRY(TELEMETRY_SCOPE_LCORE_LANE, name, unit, TELEMETRY_COUNTER, 1, help, NULL, NULL)
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
#define _(sym, name, unit, kind, slots, values, help) \
	ENTRY(TELEMETRY_SCOPE_LANE, name, unit, kind, slots, help, values_##values, "symbols")
	LANE_METRICS(_)
#undef _
#define _(sym, name, unit, kind, slots, values, help) \
	ENTRY(TELEMETRY_SCOPE_ENGINE, name, unit, kind, slots, help, values_##values, NULL)
		ENGINE_METRICS(_)
#undef _
#define _(sym, name, unit, kind, slots, values, help) \
	ENTRY(TELEMETRY_SCOPE_LCORE, name, unit, kind, slots, help, values_##values, "class")
			WORKER_METRICS(_)
#undef _
#define _(sym, name, unit, kind, slots, help)                         \
	ENTRY(TELEMETRY_SCOPE_PROCESS, name, unit, kind, slots, help, \
	      (kind) != TELEMETRY_TEXT && (slots) > 1 ? values_punt_class : NULL, "class")
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
	if (telemetry_slot(t, METRIC_ENGINE_##sym) != ENGINE_##sym) \
		return -EINVAL;
	ENGINE_METRICS(_)
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
