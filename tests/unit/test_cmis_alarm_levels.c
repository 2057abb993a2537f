/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/alarm_levels.c: what a module does wrong becomes the alarm that it is about.
 */
#include "tests/unit/cmis_alarmed.h"

/* What is injected into a device of the board, the one alarm that it makes, and its lanes. */
static const struct wrong {
	unsigned device;
	enum cmis_fault fault;
	double value;
	uint64_t lanes;
	enum cmis_alarm_kind kind;
	uint64_t alarmed;
} wrongs[] = {
	{ OE0, CMIS_INJECT_FW_MODULE, 0, 0, CMIS_ALARM_MODULE_FIRMWARE, 0 },
	{ OE0, CMIS_INJECT_FW_DATA_PATH, 0, 0, CMIS_ALARM_DATA_PATH_FIRMWARE, 0 },
	{ OE1, CMIS_INJECT_RX_DROP, 30, 1, CMIS_ALARM_RX_LOS, 1 },
	{ OE1, CMIS_INJECT_RX_DROP, 8, 1 << 30, CMIS_ALARM_RX_POWER_LOW_ALARM, 1 << 30 },
	{ OE1, CMIS_INJECT_TX_DROP, 3.5, 6, CMIS_ALARM_TX_POWER_LOW_WARNING, 6 },
	{ OE1, CMIS_INJECT_TX_DROP, 10, 6, CMIS_ALARM_TX_POWER_LOW_ALARM, 6 },
	{ OE0, CMIS_INJECT_MODULE_FAULT, 4, 0, CMIS_ALARM_MODULE_FAULT, 0xFFFFFFFF },
	{ OE0, CMIS_INJECT_NACK, 0, 0, CMIS_ALARM_NOT_RESPONDING, 0xFFFFFFFF },
	{ OE0, CMIS_INJECT_REMOVED, 0, 0, CMIS_ALARM_ABSENT, 0xFFFFFFFF },
	{ ELS, CMIS_INJECT_MODULE_FAULT, 1, 0, CMIS_ALARM_MODULE_FAULT, 0 },
	{ ELS, CMIS_INJECT_NACK, 0, 0, CMIS_ALARM_NOT_RESPONDING, 0 },
	{ ELS, CMIS_INJECT_FW_MODULE, 0, 0, CMIS_ALARM_MODULE_FIRMWARE, 0 },
};

Test(alarm_levels, one_each)
{
	for (unsigned i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		struct cmis_alarm alarm;
		struct board b;

		board_start(&b);
		managed_inject(&b.on[w->device], w->fault, w->value, w->lanes, 0);
		board_run(&b, 4500);
		cr_assert(board_find(&b, w->device, w->kind, &alarm), "%s: %s",
			  cmis_alarm_name(w->kind), board_all(&b));
		cr_expect_eq(alarm.lanes, w->alarmed, "%s", alarm.text);
		cr_expect_eq(alarm.severity, cmis_alarm_severity(w->kind));
		for (struct cmis_alarm other = { 0 }; cmis_alarms_next(b.alarms, &other);)
			cr_expect_geq(other.severity, alarm.severity, "%s beside %s", other.text,
				      alarm.text);
		cmis_engine_heal(b.on[w->device].host.engine, w->fault);
		board_run(&b, 40000);
		cr_expect_eq(board_count(&b), 0, "%s: %s", cmis_alarm_name(w->kind), board_all(&b));
		board_end(&b);
	}
}

Test(alarm_levels, no_host_signal)
{
	struct cmis_lane_input in;
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	cr_assert_eq(cmis_engine_get_input(b.on[OE0].host.engine, 17, &in), 0);
	in.host_signal = false;
	cr_assert_eq(cmis_engine_set_input(b.on[OE0].host.engine, 17, &in), 0);
	board_run(&b, 5000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_TX_LOS, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 17);
	cr_expect_eq(board_count(&b), 1, "lock and errors follow from it: %s", board_all(&b));
	board_end(&b);
}

/* Received power is still within its limits, and bit errors are not. */
Test(alarm_levels, bit_errors)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 1.55, 1 << 20, 0);
	board_run(&b, 6000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_BER_WARNING, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 20);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 3, 1 << 20, 0);
	board_run(&b, 6000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_BER_ALARM, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 20);
	cr_expect_not(board_has(&b, OE0, CMIS_ALARM_BER_WARNING));
	cr_expect_not(board_has(&b, OE0, CMIS_ALARM_SNR_ALARM));
	cr_expect_not(board_has(&b, OE0, CMIS_ALARM_FERC_ALARM));
	board_end(&b);
}

Test(alarm_levels, wrong_checksum)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_CHECKSUM, 2, 0, 0);
	managed_inject(&b.on[OE0], CMIS_INJECT_REMOVED, 0, 0, 1000);
	board_run(&b, 10000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_CHECKSUM, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.severity, CMIS_SEVERITY_WARNING);
	cr_expect_not_null(strstr(alarm.text, "(page 02h)"), "%s", alarm.text);
	cr_expect_eq(board_count(&b), 1);
	board_end(&b);
}

/* A port that fails is one alarm, for as long as it is tried again and again. */
Test(alarm_levels, port_fails)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE1], CMIS_INJECT_INIT_STUCK, 0, 0xFF00, 0);
	managed_want(&b.on[OE1], 1, 4);
	board_run(&b, 20000);
	cr_assert(board_find(&b, OE1, CMIS_ALARM_PORT_FAILED, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 0x0F00);
	cr_expect_eq(alarm.count, 1);
	cr_expect_eq(board_count(&b), 2, "both ports: %s", board_all(&b));
	cr_expect_eq(b.raised, 2, "%s", b.log);
	cmis_engine_heal(b.on[OE1].host.engine, CMIS_INJECT_INIT_STUCK);
	board_run(&b, 80000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	board_end(&b);
}

/* A port that cannot come up because its laser is dark is no alarm beside the laser's. */
Test(alarm_levels, port_without_light)
{
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 0x00F0, 0); /* lanes 8-15 */
	board_run(&b, 1000);
	managed_inject(&b.on[OE1], CMIS_INJECT_INIT_STUCK, 0, 0xFFFF00, 0);
	managed_want(&b.on[OE1], 1, 4);
	managed_want(&b.on[OE1], 2, 4);
	board_run(&b, 20000);
	cr_expect_eq(board_count(&b), 4 + 2, "four lasers, two ports of bank 2: %s", board_all(&b));
	board_end(&b);
}

/* The wrong thing in the socket of a laser source. */
Test(alarm_levels, stranger)
{
	struct cmis_alarm alarm;
	struct board b;

	board_make(&b);
	for (unsigned lane = 0; lane < 32; lane++)
		for (unsigned i = OE0; i <= OE1; i++)
			cr_assert_eq(cmis_engine_feed(b.on[i].host.engine, lane, NULL, 0), 0);
	managed_end(&b.on[ELS]);
	managed_start(&b.on[ELS], "oif-3.2t");
	board_run(&b, 3000);
	cr_assert(board_find(&b, ELS, CMIS_ALARM_ABSENT, &alarm), "%s", board_all(&b));
	cr_expect_not_null(strstr(alarm.text, "what is there is no laser source"), "%s",
			   alarm.text);
	board_end(&b);
}

/* An engine that speaks for its lasers is two devices of the alarms. */
Test(alarm_levels, joint_mode)
{
	struct cmis_manager_settings s = { .joint = true };
	struct cmis_alarm alarm;
	struct board b;

	board_make(&b);
	for (unsigned i = 0; i < BOARD; i++)
		cmis_manager_destroy(b.on[i].manager);
	b.on[OE1].manager = b.on[ELS].manager = NULL;
	cmis_engine_join(b.on[OE0].host.engine, b.on[ELS].host.engine);
	managed_settings(&b.on[OE0], &s);
	cr_assert_eq(cmis_manager_create(&b.on[OE0].manager, &s), 0);
	for (unsigned bank = 0; bank < 4; bank++)
		managed_want(&b.on[OE0], bank, 8);
	for (unsigned ms = 0; ms < 5000; ms += 50) {
		board_run(&b, 50);
		cmis_alarms_look(b.alarms, ELS, b.on[OE0].manager, host_now);
	}
	cr_expect_eq(managed_up(&b.on[OE0]), 4);
	cr_expect_str_eq(b.log, "", "%s", b.log);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 2, 0);
	for (unsigned ms = 0; ms < 5000; ms += 50) {
		board_run(&b, 50);
		cmis_alarms_look(b.alarms, ELS, b.on[OE0].manager, host_now);
	}
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_FAILED, &alarm));
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE0), 3 << 4);
	managed_inject(&b.on[ELS], CMIS_INJECT_REMOVED, 0, 0, 0);
	for (unsigned ms = 0; ms < 5000; ms += 50) {
		board_run(&b, 50);
		cmis_alarms_look(b.alarms, ELS, b.on[OE0].manager, host_now);
	}
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_expect(board_has(&b, ELS, CMIS_ALARM_ABSENT));
	board_end(&b);
}

static unsigned noise_seed;

static int random_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = managed_read(arg, addr, bytes, len);

	for (unsigned i = 0; ret == 0 && addr != 126 && host_now > 6000 * CMIS_MS && i < len; i++)
		if ((noise_seed = noise_seed * 1103515245 + 12345) >> 28 == 0)
			bytes[i] = (uint8_t)(noise_seed >> 16);
	return ret;
}

/* Whatever modules answer, alarms can be worked out, told and counted. */
Test(alarm_levels, random_bytes)
{
	for (unsigned seed = 1; seed < 5; seed++) {
		struct board b;

		host_now = 1000 * CMIS_MS;
		noise_seed = seed;
		board_make(&b);
		for (unsigned i = 0; i < BOARD; i++) {
			struct cmis_manager_settings s = { .statistics = seed % 2 };

			cmis_manager_destroy(b.on[i].manager);
			managed_settings(&b.on[i], &s);
			s.bus.read = random_read;
			cr_assert_eq(cmis_manager_create(&b.on[i].manager, &s), 0);
		}
		for (unsigned bank = 0; bank < 4; bank++)
			managed_want(&b.on[OE0], bank, 2);
		for (unsigned i = 0; i < 30; i++) {
			struct cmis_alarm alarm = { 0 };

			board_run(&b, 1000);
			while (cmis_alarms_next(b.alarms, &alarm))
				cr_expect(alarm.kind < CMIS_ALARM_KINDS && strlen(alarm.text) > 10);
		}
		cr_expect_geq(b.raised, b.cleared);
		cr_expect_eq(b.raised - b.cleared, board_count(&b));
		board_end(&b);
	}
}

/* Flags of lanes that no port has are nobody's trouble. */
Test(alarm_levels, lanes_of_no_port)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_want(&b.on[OE0], 3, 0);
	managed_inject(&b.on[OE0], CMIS_INJECT_FLAG_STORM, 0, 0xFF800000, 0); /* lanes 23-31 */
	board_run(&b, 4000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_RX_LOS, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 23, "%s", alarm.text);
	while (cmis_alarms_next(b.alarms, &alarm))
		cr_expect_eq(alarm.lanes & 0xFF000000, 0, "%s", alarm.text);
	board_end(&b);
}
