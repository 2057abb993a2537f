/* SPDX-License-Identifier: BSD-3-Clause */
/* From what a manager has seen to telemetry blocks, as a reader of the segment finds them. */
#include "dataplane/ctl/engine_blocks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/run/metrics.h"
#include "lib/telemetry/reader.h"

static struct {
	char dir[64], path[128];
	struct telemetry *t;
	struct telemetry_reader *r;
	struct telemetry_block *lane[ENGINE_BLOCKS_LANES];
	struct cpx_engine_view v; /* of a healthy engine of two banks: two ports of four lanes */
} s;

static void make_view(void)
{
	struct cpx_engine_view *v = &s.v;

	*v = (struct cpx_engine_view){ .mgmt = CPX_MGMT_EMULATED, .steps = 7 };
	snprintf(v->source, sizeof(v->source), "els0");
	snprintf(v->firmware, sizeof(v->firmware), "1.2.3");
	snprintf(v->seen.vendor, sizeof(v->seen.vendor), "ACME");
	snprintf(v->seen.part, sizeof(v->seen.part), "OE-32-AND-FULL-");
	snprintf(v->seen.serial, sizeof(v->seen.serial), "S1");
	v->seen.state = CMIS_MANAGER_READY;
	v->seen.module_state = CMIS_MODULE_READY;
	v->seen.temperature = 48.5;
	v->seen.vcc = 3.3;
	v->seen.counters = (struct cmis_manager_counters){ .reads = 100,
							   .writes = 20,
							   .nacks = 3,
							   .link_errors = 4,
							   .removals = 5,
							   .resets_seen = 6,
							   .resets_done = 7,
							   .failures = 8 };
	for (unsigned i = 0; i < ENGINE_BLOCKS_LANES; i++) {
		struct cpx_lane_view *l = &v->lane[i];

		*l = (struct cpx_lane_view){
			.tx_dbm = NAN, .rx_dbm = NAN, .bias_ma = NAN, .ber = NAN, .snr_db = NAN
		};
		if (i >= 2 * CMIS_LANES)
			continue;
		l->state = CMIS_DP_ACTIVATED;
		l->tx_dbm = 1.5;
		l->rx_dbm = -2.5 - i;
		l->bias_ma = 100;
		l->ber = 1e-6;
		l->snr_db = 20;
		for (unsigned k = 0; k < FEC_BINS; k++)
			l->codewords[k] = 1000 * i + k;
	}
	for (unsigned b = 0; b < 2; b++) {
		v->bank[b].port_count = 1;
		v->bank[b].port[0] = (struct cmis_port_seen){ .wish = { .first = 4, .lanes = 4 },
							      .state = CMIS_PORT_UP };
	}
}

static void setup(void)
{
	struct telemetry_params p = { .path = s.path,
				      .version = "1",
				      .n_lcores = 1,
				      .n_lanes = ENGINE_BLOCKS_LANES,
				      .n_engines = 1 };
	struct err err = { 0 };

	strcpy(s.dir,
	       access("/dev/shm", W_OK) == 0 ? "/dev/shm/cpx-test-XXXXXX" : "/tmp/cpx-test-XXXXXX");
	cr_assert_not_null(mkdtemp(s.dir));
	snprintf(s.path, sizeof(s.path), "%s/telemetry", s.dir);
	p.metrics = metrics_table(&p.n_metrics);
	cr_assert_eq(telemetry_create(&s.t, &p, &err), 0, "%s", err.text);
	cr_assert_eq(metrics_check(s.t), 0);
	cr_assert_eq(telemetry_reader_open(&s.r, s.path, &err), 0, "%s", err.text);
	for (unsigned i = 0; i < ENGINE_BLOCKS_LANES; i++)
		s.lane[i] = telemetry_lane(s.t, i);
	make_view();
}

static void teardown(void)
{
	telemetry_reader_close(s.r);
	telemetry_destroy(s.t);
	unlink(s.path);
	rmdir(s.dir);
}

TestSuite(engine_blocks, .init = setup, .fini = teardown);

static void publish(void)
{
	struct err err = { 0 };

	engine_block_fill(telemetry_engine(s.t, 0), &s.v, 1);
	engine_blocks_lanes(s.lane, &s.v, 1);
	telemetry_publish(s.t);
	cr_assert_eq(telemetry_reader_snapshot(s.r, &err), 0, "%s", err.text);
}

/* NaN where absent. */
static double number(const char *name, unsigned i, unsigned slot)
{
	const struct telemetry_series *series = telemetry_series(s.r, name);
	double v;

	cr_assert_not_null(series, "%s", name);
	return telemetry_number(s.r, series, i, slot, &v) ? v : NAN;
}

/* "" where absent. */
static const char *word(const char *name, unsigned i)
{
	static char text[64];

	cr_assert_not_null(telemetry_series(s.r, name), "%s", name);
	telemetry_string(s.r, telemetry_series(s.r, name), i, text, sizeof(text));
	return text;
}

Test(engine_blocks, lanes_of_a_healthy_engine)
{
	publish();
	for (unsigned i = 0; i < 2 * CMIS_LANES; i++) {
		cr_assert_str_eq(word("lane_dp_state", i), "Activated");
		cr_assert_eq(number("lane_tx_power_dbm", i, 0), 1.5);
		cr_assert_eq(number("lane_rx_power_dbm", i, 0), -2.5 - i);
		cr_assert_eq(number("lane_tx_bias_ma", i, 0), 100);
		cr_assert_eq(number("lane_pre_fec_ber", i, 0), 1e-6);
		cr_assert_eq(number("lane_snr_db", i, 0), 20);
		for (unsigned k = 0; k < FEC_BINS; k++)
			cr_assert_eq(number("lane_fec_codewords", i, k), 1000 * i + k);
		cr_assert_str_eq(word("lane_path", i), i % CMIS_LANES < 4 ? "" : "up");
		cr_assert_str_eq(word("lane_reason", i), i % CMIS_LANES < 4 ? "" : "none");
	}
}

Test(engine_blocks, what_is_not_known_is_absent)
{
	static const char *const names[] = { "lane_tx_power_dbm", "lane_rx_power_dbm",
					     "lane_tx_bias_ma", "lane_pre_fec_ber", "lane_snr_db" };

	publish();
	for (unsigned i = 2 * CMIS_LANES; i < ENGINE_BLOCKS_LANES; i++) {
		for (unsigned k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			cr_assert(isnan(number(names[k], i, 0)), "%s of lane %u", names[k], i);
		for (unsigned k = 0; k < FEC_BINS; k++)
			cr_assert(isnan(number("lane_fec_codewords", i, k)));
		cr_assert_str_eq(word("lane_dp_state", i), "");
		cr_assert_str_eq(word("lane_reason", i), "");
	}
	/* Copper: it carries, but there is no light; codewords only where somebody counts. */
	s.v.lane[20].state = s.v.lane[21].state = CMIS_DP_ACTIVATED;
	s.v.lane[21].codewords[3] = 5;
	publish();
	cr_assert_str_eq(word("lane_dp_state", 20), "Activated");
	cr_assert(isnan(number("lane_rx_power_dbm", 20, 0)));
	cr_assert(isnan(number("lane_fec_codewords", 20, FEC_BINS - 1)));
	cr_assert_eq(number("lane_fec_codewords", 21, 3), 5);
	cr_assert_eq(number("lane_fec_codewords", 21, FEC_BINS - 1), 0);
}

Test(engine_blocks, reasons_of_ports)
{
	struct cmis_port_seen *p = s.v.bank[1].port;

	s.v.bank[1].port_count = 2;
	p[0] = (struct cmis_port_seen){ .wish = { .first = 2, .lanes = 2 },
					.state = CMIS_PORT_FAILED,
					.reason = CMIS_REASON_INIT_TIMEOUT };
	p[1] = (struct cmis_port_seen){ .wish = { .first = 7, .lanes = 8 }, /* not to be believed */
					.state = CMIS_PORT_WAITING,
					.reason = CMIS_REASON_TX_TURN_ON };
	publish();
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		const bool failed = i == 2 || i == 3;

		cr_assert_str_eq(word("lane_path", 8 + i), failed   ? "failed"
							   : i == 7 ? "waiting"
								    : "");
		cr_assert_str_eq(word("lane_reason", 8 + i), failed   ? "timeout_dp_init"
							     : i == 7 ? "tx_turn_on"
								      : "");
	}
}

Test(engine_blocks, an_engine)
{
	static const struct {
		const char *name, *text;
	} words[] = { { "engine_source", "els0" },
		      { "engine_management", "emulated" },
		      { "engine_state", "Ready" },
		      { "engine_reason", "none" },
		      { "engine_module_state", "ModuleReady" },
		      { "engine_fault_cause", "none" },
		      { "engine_vendor", "ACME" },
		      { "engine_part", "OE-32-AND-FULL-" },
		      { "engine_serial", "S1" },
		      { "engine_firmware", "1.2.3" } };
	static const struct {
		const char *name;
		double v;
	} numbers[] = { { "engine_temperature_celsius", 48.5 },
			{ "engine_vcc_volts", 3.3 },
			{ "engine_steps", 7 },
			{ "engine_reads", 100 },
			{ "engine_writes", 20 },
			{ "engine_nacks", 3 },
			{ "engine_link_errors", 4 },
			{ "engine_removals", 5 },
			{ "engine_resets", 6 },
			{ "engine_resets_done", 7 },
			{ "engine_failures", 8 } };

	publish();
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cr_assert_str_eq(word(words[i].name, 0), words[i].text, "%s", words[i].name);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		cr_assert_eq(number(numbers[i].name, 0, 0), numbers[i].v, "%s", numbers[i].name);
	cr_assert(isnan(number("engine_lasers", 0, 0)), "it has no lasers, not 0 of them");
	cr_assert(isnan(number("engine_lasers_on", 0, 0)));
	s.v.lasers = 8;
	publish();
	cr_assert_eq(number("engine_lasers", 0, 0), 8);
	cr_assert_eq(number("engine_lasers_on", 0, 0), 0, "known to be dark");
}

Test(engine_blocks, a_module_that_is_away)
{
	publish();
	s.v.seen.state = CMIS_MANAGER_ABSENT;
	s.v.seen.reason = CMIS_REASON_NACK;
	publish();
	cr_assert_str_eq(word("engine_state", 0), "Absent");
	cr_assert_str_eq(word("engine_reason", 0), "nack");
	cr_assert_str_eq(word("engine_part", 0), "", "another one may be put in");
	cr_assert_str_eq(word("engine_module_state", 0), "");
	cr_assert(isnan(number("engine_temperature_celsius", 0, 0)));
	cr_assert_eq(number("engine_nacks", 0, 0), 3, "its manager still counts");
}

Test(engine_blocks, flat_memory_has_no_states)
{
	s.v.seen.support.flat = true;
	s.v.seen.module_state = (enum cmis_module_state)0;
	s.v.seen.temperature = s.v.seen.vcc = NAN;
	publish();
	cr_assert_str_eq(word("engine_module_state", 0), "");
	cr_assert_str_eq(word("engine_fault_cause", 0), "");
	cr_assert(isnan(number("engine_temperature_celsius", 0, 0)));
	cr_assert_str_eq(word("engine_part", 0), "OE-32-AND-FULL-");
}

/* Before the first step, and of engines that nobody manages, nothing is known. */
Test(engine_blocks, nothing_seen_yet)
{
	s.v = (struct cpx_engine_view){ 0 };
	publish();
	for (unsigned i = 0; i < telemetry_series_count(s.r); i++) {
		const struct telemetry_series *series = telemetry_series_at(s.r, i);
		char text[64];

		if (series->kind == TELEMETRY_TEXT) {
			telemetry_string(s.r, series, 0, text, sizeof(text));
			cr_assert_str_eq(text, "", "%s", series->name);
		} else if (series->scope == TELEMETRY_SCOPE_ENGINE ||
			   strcmp(series->name, "lane_reason") == 0 ||
			   strcmp(series->name, "lane_path") == 0 ||
			   strcmp(series->name, "lane_dp_state") == 0) {
			cr_assert(isnan(number(series->name, 0, 0)), "%s", series->name);
		}
	}
	cr_assert(isnan(number("lane_rx_power_dbm", 63, 0)));
	cr_assert(isnan(number("lane_fec_codewords", 63, FEC_BINS - 1)));
}

/* The other metrics of a lane's block are stats.c's; lanes without a block are left out. */
Test(engine_blocks, leaves_the_rest_alone)
{
	telemetry_block_begin(s.lane[3]);
	telemetry_text(s.lane[3], LANE_NAME, METRICS_TEXT(LANE, NAME), "oe0/3");
	store_relaxed(&s.lane[3]->v[LANE_UP], 1);
	store_relaxed(&s.lane[3]->v[LANE_TX_WORKER], 2);
	telemetry_block_end(s.lane[3], 1);
	s.lane[4] = NULL;
	publish();
	cr_assert_str_eq(word("lane_name", 3), "oe0/3");
	cr_assert_str_eq(word("lane_up", 3), "up");
	cr_assert_eq(number("lane_transmit_worker", 3, 0), 2);
	cr_assert_eq(number("lane_tx_power_dbm", 4, 0), 0, "never written");
	s.v.steps = 0;
	publish();
	cr_assert_str_eq(word("lane_name", 3), "oe0/3");
	cr_assert_eq(number("lane_transmit_worker", 3, 0), 2);
}

/* Names in metrics.c are those of CMIS and of the manager. */
Test(engine_blocks, names)
{
	struct telemetry_block *lane = s.lane[0], *engine = telemetry_engine(s.t, 0);

	publish();
	for (unsigned code = 0; code < CMIS_REASON_COUNT; code++) {
		store_relaxed(&lane->v[LANE_REASON], code);
		if (code >= CMIS_DP_DEACTIVATED && code <= CMIS_DP_INITIALIZED)
			store_relaxed(&lane->v[LANE_DP_STATE], code);
		if (code >= CMIS_MODULE_LOW_PWR && code <= CMIS_MODULE_FAULT)
			store_relaxed(&engine->v[ENGINE_MODULE_STATE], code);
		if (code <= CMIS_FAULT_TEMPERATURE)
			store_relaxed(&engine->v[ENGINE_FAULT_CAUSE], code);
		telemetry_publish(s.t);
		cr_assert_eq(telemetry_reader_snapshot(s.r, NULL), 0);
		cr_assert_str_eq(word("lane_reason", 0), cmis_reason_name(code));
		if (code >= CMIS_DP_DEACTIVATED && code <= CMIS_DP_INITIALIZED)
			cr_assert_str_eq(word("lane_dp_state", 0),
					 cmis_name(CMIS_TYPE_DPSTATE, code));
		if (code >= CMIS_MODULE_LOW_PWR && code <= CMIS_MODULE_FAULT)
			cr_assert_str_eq(word("engine_module_state", 0),
					 cmis_name(CMIS_TYPE_MODULE, code));
		if (code <= CMIS_FAULT_TEMPERATURE)
			cr_assert_str_eq(word("engine_fault_cause", 0),
					 cmis_name(CMIS_TYPE_FAULT, code));
	}
	s.v.seen.state = CMIS_MANAGER_LOW_POWER;
	s.v.mgmt = CPX_MGMT_OPTOE;
	publish();
	cr_assert_str_eq(word("engine_state", 0), "LowPower");
	cr_assert_str_eq(word("engine_management", 0), "optoe");
}
