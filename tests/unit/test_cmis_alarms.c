/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/alarms.c: one alarm for each trouble. What a cause hides, on exactly which
 * lanes and for how long; in which order alarms come and go.
 */
#include "tests/unit/cmis_alarmed.h"

Test(alarms, laser_of_two_engines)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 3, 0);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_FAILED, &alarm));
	cr_expect_eq(alarm.laser, 3);
	cr_expect_eq(alarm.severity, CMIS_SEVERITY_MAJOR);
	cr_expect_eq(alarm.lanes, 0, "it has none itself");
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE0), 0xC0);
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE1), 0xC0);
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, ELS), 0);
	cr_expect_eq(alarm.count, 1);
	cr_expect_not_null(strstr(alarm.text, "els0 laser 3: does not work ("), "%s", alarm.text);
	cr_expect_not_null(strstr(alarm.text, "; feeds oe0/6-7, oe1/6-7; "), "%s", alarm.text);
	cr_expect_eq(b.raised, 1, "nothing came before it:\n%s", b.log);
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_LASER_FAIL);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	cr_expect_eq(b.raised, 1, "nor after it:\n%s", b.log);
	cr_expect_eq(b.cleared, 1);
	board_end(&b);
}

/* The lane beside it has a trouble of its own. */
Test(alarms, hides_no_lane_more)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 3, 0);
	managed_inject(&b.on[OE1], CMIS_INJECT_TX_DROP, 10, 3 << 5, 0); /* lanes 5 and 6 */
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 2, "%s", board_all(&b));
	cr_assert(board_find(&b, OE1, CMIS_ALARM_TX_POWER_LOW_ALARM, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 5, "lane 6 is dark anyway: %s", alarm.text);
	cr_expect_eq(alarm.laser, -1);
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE1), 1 << 5);
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE0), 0);
	/* the laser is well again; what remains shows */
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_LASER_FAIL);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, OE1, CMIS_ALARM_TX_POWER_LOW_ALARM, &alarm));
	cr_expect_eq(alarm.lanes, 3 << 5);
	cr_expect_eq(alarm.count, 1, "the same alarm, of one lane more");
	cr_expect_eq(b.changed, 1);
	board_end(&b);
}

/* A lane that a healthy laser feeds has an alarm of its own, only a little later. */
Test(alarms, not_the_laser)
{
	struct cmis_alarm alarm;
	uint64_t from;
	struct board b;

	board_start(&b);
	from = host_now;
	managed_inject(&b.on[OE0], CMIS_INJECT_LASER_FAIL, 0, 1 << 9, 0); /* in the engine */
	board_run(&b, 1000);
	cr_expect_eq(board_count(&b), 0, "the laser may have been it: %s", board_all(&b));
	board_run(&b, 3000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, OE0, CMIS_ALARM_TX_FAULT, &alarm));
	cr_expect_eq(alarm.lanes, 1 << 9);
	cr_expect_lt(alarm.since_ns, from + 2500 * CMIS_MS);
	board_end(&b);
}

Test(alarms, weak_laser)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_DROP, 6, 1 << 15, 0);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_DEGRADED, &alarm), "%s", board_all(&b));
	cr_expect_not_null(strstr(alarm.text, "power low alarm"), "%s", alarm.text);
	cr_expect_not_null(strstr(alarm.text, "25.1 mW); feeds oe0/30-31, oe1/30-31;"), "%s",
			   alarm.text);
	cr_expect_eq(b.raised, 1, "%s", b.log);
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_LASER_DROP);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 0);
	cr_expect_eq(b.raised, 1, "%s", b.log);
	board_end(&b);
}

Test(alarms, laser_not_wanted)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	cmis_manager_want_lasers(b.on[ELS].manager, 0xFFFE);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_OFF, &alarm));
	cr_expect_not_null(
		strstr(alarm.text, "laser 0: is not on (it is not wanted); feeds oe0/0-1"), "%s",
		alarm.text);
	cmis_manager_want_lasers(b.on[ELS].manager, UINT64_MAX);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 0);
	cr_expect_eq(b.raised, 1, "%s", b.log);
	board_end(&b);
}

Test(alarms, source_removed)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_REMOVED, 0, 0, 0);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_ABSENT, &alarm));
	cr_expect_eq(alarm.severity, CMIS_SEVERITY_CRITICAL);
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE1), 0xFFFFFFFF);
	cr_expect_not_null(strstr(alarm.text, "els0: no module answers; feeds oe0/0-31, oe1/0-31;"),
			   "%s", alarm.text);
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_REMOVED);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	cr_expect_eq(b.raised, 1, "%s", b.log);
	board_end(&b);
}

Test(alarms, engine_removed)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 30, 1 << 4, 0);
	board_run(&b, 3000);
	cr_expect(board_has(&b, OE0, CMIS_ALARM_RX_LOS), "%s", board_all(&b));
	managed_inject(&b.on[OE0], CMIS_INJECT_REMOVED, 0, 0, 0);
	board_run(&b, 1000);
	cr_expect_eq(board_count(&b), 1, "all of its own is hidden: %s", board_all(&b));
	cr_assert(board_find(&b, OE0, CMIS_ALARM_ABSENT, &alarm));
	cr_expect_eq(alarm.lanes, 0xFFFFFFFF, "of its ports");
	cr_expect_not_null(strstr(alarm.text, "oe0: no module answers; takes down oe0/0-31; put"),
			   "%s", alarm.text);
	cmis_engine_heal(b.on[OE0].host.engine, CMIS_INJECT_REMOVED);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "the dark lane is still dark: %s", board_all(&b));
	cr_assert(board_find(&b, OE0, CMIS_ALARM_RX_LOS, &alarm));
	cr_expect_eq(alarm.lanes, 1 << 4);
	cr_expect_eq(alarm.count, 2);
	board_end(&b);
}

/* An empty socket from which nothing is wanted. */
Test(alarms, nothing_wanted)
{
	struct board b;

	board_make(&b);
	cmis_alarms_unfeed(b.alarms);
	for (unsigned i = 0; i < BOARD; i++)
		managed_inject(&b.on[i], CMIS_INJECT_REMOVED, 0, 0, 0);
	board_run(&b, 5000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	managed_want(&b.on[OE1], 2, 8);
	board_run(&b, 500);
	cr_expect_eq(board_count(&b), 1);
	cr_expect(board_has(&b, OE1, CMIS_ALARM_ABSENT));
	board_end(&b);
}

Test(alarms, causes_come_first)
{
	struct cmis_alarm alarm = { 0 };
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 30, 1, 0);
	managed_inject(&b.on[OE1], CMIS_INJECT_REMOVED, 0, 0, 0);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1, 0);
	board_run(&b, 5000);
	cr_assert(cmis_alarms_next(b.alarms, &alarm));
	cr_expect_eq(alarm.kind, CMIS_ALARM_ABSENT, "the worst first");
	cr_assert(cmis_alarms_next(b.alarms, &alarm));
	cr_expect_eq(alarm.kind, CMIS_ALARM_LASER_FAILED);
	cr_assert(cmis_alarms_next(b.alarms, &alarm));
	cr_expect_eq(alarm.kind, CMIS_ALARM_RX_LOS);
	cr_expect_not(cmis_alarms_next(b.alarms, &alarm), "%s", alarm.text);
	board_end(&b);
}

/* A sign that shows already goes after its cause has come, and comes back after it has gone. */
Test(alarms, order_of_news)
{
	const char *line[4];
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE1], CMIS_INJECT_TX_DROP, 10, 1 << 10, 0);
	board_run(&b, 5000);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 5, 0);
	board_run(&b, 5000);
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_LASER_FAIL);
	board_run(&b, 8000);
	line[0] = strstr(b.log, "+ oe1/10: transmitted power below the alarm");
	line[1] = strstr(b.log, "+ els0 laser 5: does not work");
	line[2] = strstr(b.log, "- oe1/10: transmitted power below the alarm");
	line[3] = strstr(b.log, "- els0 laser 5: does not work");
	for (unsigned i = 0; i < 4; i++)
		cr_assert(line[i] != NULL && (i == 0 || line[i] > line[i - 1]), "%u:\n%s", i,
			  b.log);
	cr_expect_not_null(strstr(line[3], "+ oe1/10: transmitted power below the alarm"), "%s",
			   b.log);
	cr_expect_eq(b.raised, 3);
	cr_expect_eq(b.cleared, 2);
	board_end(&b);
}

/* A device that is not managed any more has no alarms, and hides none. */
Test(alarms, given_up)
{
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_REMOVED, 0, 0, 0);
	board_run(&b, 2000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cmis_manager_destroy(b.on[ELS].manager);
	b.on[ELS].manager = NULL;
	cmis_alarms_look(b.alarms, ELS, NULL, host_now);
	board_run(&b, 8000);
	cr_expect_not(board_has(&b, ELS, CMIS_ALARM_ABSENT));
	cr_expect(board_has(&b, OE0, CMIS_ALARM_TX_FAULT), "%s", board_all(&b));
	cmis_alarms_look(b.alarms, 99, b.on[OE0].manager, host_now);
	managed_init(&b.on[ELS], b.on[ELS].host.engine); /* for board_end() */
	board_end(&b);
}

/* Alarms of lanes come up and change as one. */
Test(alarms, lanes_join_and_leave)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 30, 0xF0, 0);
	board_run(&b, 2000);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 30, 0x3F0, 0);
	board_run(&b, 2000);
	cr_assert(board_find(&b, OE0, CMIS_ALARM_RX_LOS, &alarm));
	cr_expect_eq(alarm.lanes, 0x3F0);
	cr_expect_eq(alarm.count, 1);
	cr_expect_not_null(strstr(b.log, "+ oe0/4-7: no light received;"), "%s", b.log);
	cr_expect_not_null(strstr(b.log, "~ oe0/4-9: no light received;"), "%s", b.log);
	cr_expect_eq(b.raised, 1, "lock, power and errors follow from it:\n%s", b.log);
	cmis_engine_heal(b.on[OE0].host.engine, CMIS_INJECT_RX_DROP);
	board_run(&b, 5000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	cr_expect_eq(b.raised, 1, "%s", b.log);
	cr_expect_eq(b.cleared, 1);
	board_end(&b);
}

/* A module that misses an answer now and then raises and clears nothing. */
Test(alarms, one_answer_missed)
{
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_RX_DROP, 30, 0xF0, 0);
	board_run(&b, 2000);
	for (unsigned i = 0; i < 20; i++) {
		managed_inject(&b.on[OE0], CMIS_INJECT_NACK, 0, 0, 150);
		managed_inject(&b.on[ELS], CMIS_INJECT_NACK, 0, 0, 150);
		board_run(&b, 2000);
	}
	cr_expect_eq(b.raised, 1, "%s", b.log);
	cr_expect_eq(b.cleared, 0);
	managed_inject(&b.on[OE0], CMIS_INJECT_NACK, 0, 0, 0);
	board_run(&b, 6000);
	cr_expect(board_has(&b, OE0, CMIS_ALARM_NOT_RESPONDING), "%s", board_all(&b));
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	board_end(&b);
}

/* What goes away and comes back within half a second never went away. */
Test(alarms, does_not_flood)
{
	struct board b;

	board_start(&b);
	for (unsigned i = 0; i < 20; i++) {
		managed_inject(&b.on[OE1], CMIS_INJECT_REMOVED, 0, 0, 60);
		board_run(&b, 300);
	}
	cr_expect_leq(b.raised, 3, "%u\n%s", b.raised, b.log);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	board_end(&b);
}

Test(alarms, too_hot)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_TEMP_RAMP, 3, 0, 0);
	for (unsigned i = 0; i < 200 && !board_has(&b, OE0, CMIS_ALARM_SHUT_DOWN); i++)
		board_run(&b, 100);
	cr_expect_not_null(strstr(b.log, "+ oe0: temperature above the warning threshold ("), "%s",
			   b.log);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, OE0, CMIS_ALARM_SHUT_DOWN, &alarm));
	cr_expect_eq(alarm.severity, CMIS_SEVERITY_CRITICAL);
	cr_expect_eq(alarm.lanes, 0xFFFFFFFF);
	cmis_engine_heal(b.on[OE0].host.engine, CMIS_INJECT_TEMP_RAMP);
	board_run(&b, 20000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	cr_expect_eq(managed_up(&b.on[OE0]), 8);
	board_end(&b);
}

Test(alarms, source_too_hot)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_TEMP_RAMP, 3, 0, 0);
	for (unsigned i = 0; i < 200 && !board_has(&b, ELS, CMIS_ALARM_SHUT_DOWN); i++)
		board_run(&b, 100);
	board_run(&b, 500);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_assert(board_find(&b, ELS, CMIS_ALARM_SHUT_DOWN, &alarm));
	cr_expect_eq(cmis_alarms_lanes(b.alarms, &alarm, OE0), 0xFFFFFFFF);
	cr_expect_lt(cmis_engine_laser_dbm(b.on[ELS].host.engine, 0), -30);
	cmis_engine_heal(b.on[ELS].host.engine, CMIS_INJECT_TEMP_RAMP);
	board_run(&b, 20000);
	cr_expect_eq(board_count(&b), 0, "%s", board_all(&b));
	cr_expect_gt(cmis_engine_laser_dbm(b.on[ELS].host.engine, 0), 10);
	board_end(&b);
}

Test(alarms, map)
{
	struct cmis_alarms_settings s = { .told = NULL };
	struct cmis_alarm alarm = { 0 };
	struct cmis_alarms *a;

	cr_assert_eq(cmis_alarms_create(&a, &s), 0);
	cr_expect_eq(cmis_alarms_feed(a, 0, 0, 1, 0), -ERANGE, "no devices");
	for (unsigned i = 0; i < CMIS_ALARM_DEVICES; i++)
		cr_assert_eq(cmis_alarms_add(a, i % 2 ? "els" : "oe", i % 2), (int)i);
	cr_expect_eq(cmis_alarms_add(a, "more", false), -ENOSPC);
	cr_expect_eq(cmis_alarms_feed(a, 0, 64, 1, 0), -ERANGE);
	cr_expect_eq(cmis_alarms_feed(a, 0, 0, 1, 64), -ERANGE);
	cr_expect_eq(cmis_alarms_feed(a, 256, 0, 1, 0), -ERANGE);
	cr_expect_eq(cmis_alarms_feed(a, 0, 0, 257, 0), -ERANGE);
	cr_expect_eq(cmis_alarms_feed(a, 0, 0, 2, 0), -EINVAL, "two engines");
	cr_expect_eq(cmis_alarms_feed(a, 1, 0, 3, 0), -EINVAL, "two sources");
	for (unsigned lane = 0; lane < 64; lane++) /* every laser to every lane, twice */
		for (unsigned laser = 0; laser < 128; laser++)
			cr_assert_eq(cmis_alarms_feed(a, 254, lane, 255, laser % 64), 0);
	alarm = (struct cmis_alarm){ .device = 255, .kind = CMIS_ALARM_LASER_OFF, .laser = 63 };
	cr_expect_eq(cmis_alarms_lanes(a, &alarm, 254), UINT64_MAX);
	cr_expect_eq(cmis_alarms_lanes(a, &alarm, 252), 0);
	cr_expect_eq(cmis_alarms_lanes(a, &alarm, 256), 0);
	cmis_alarms_unfeed(a);
	cr_expect_eq(cmis_alarms_lanes(a, &alarm, 254), 0);
	alarm.next = 0;
	cr_expect_not(cmis_alarms_next(a, &alarm));
	cmis_alarms_destroy(a);
	cmis_alarms_destroy(NULL);
}

/* A lane with two lasers; lanes of one engine from two sources, one of which has no such laser. */
Test(alarms, many_to_many)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	cr_assert_eq(cmis_alarms_feed(b.alarms, OE0, 0, ELS, 15), 0);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 15, 0);
	board_run(&b, 5000);
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_FAILED, &alarm));
	cr_expect_not_null(strstr(alarm.text, "feeds oe0/0,30-31, oe1/30-31;"), "%s", alarm.text);
	cr_assert_eq(cmis_alarms_feed(b.alarms, OE0, 0, ELS, 16), 0);
	board_run(&b, 5000);
	cr_assert(board_find(&b, ELS, CMIS_ALARM_LASER_OFF, &alarm));
	cr_expect_not_null(strstr(alarm.text, "laser 16: is not on (the source does not have it"),
			   "%s", alarm.text);
	board_end(&b);
}

/* What one end of a fiber does not send, the other misses: one alarm, at the end that is at fault.
 */
Test(alarms, far_end_that_does_not_send)
{
	struct cmis_alarm alarm;
	struct board b;

	board_start(&b);
	cr_assert_eq(cmis_alarms_join(b.alarms, OE0, 9, OE1, 9), 0);
	cr_assert_eq(cmis_alarms_join(b.alarms, OE0, 10, OE1, 10), 0);
	managed_inject(&b.on[OE0], CMIS_INJECT_LASER_FAIL, 0, 1 << 9, 0);
	managed_inject(&b.on[OE1], CMIS_INJECT_RX_DROP, 40, 1 << 9, 0);
	board_run(&b, 10000);
	cr_expect_eq(board_count(&b), 1, "%s", board_all(&b));
	cr_expect(board_find(&b, OE0, CMIS_ALARM_TX_FAULT, &alarm));
	cr_expect_eq(b.raised, 1, "%s", b.log);
	/* beside it the fiber is cut, and nothing explains that */
	managed_inject(&b.on[OE1], CMIS_INJECT_RX_DROP, 40, 3 << 9, 0);
	board_run(&b, 5000);
	cr_expect_eq(board_count(&b), 2, "%s", board_all(&b));
	cr_assert(board_find(&b, OE1, CMIS_ALARM_RX_LOS, &alarm), "%s", board_all(&b));
	cr_expect_eq(alarm.lanes, 1 << 10);
	cmis_alarms_unjoin(b.alarms);
	board_run(&b, 5000);
	cr_assert(board_find(&b, OE1, CMIS_ALARM_RX_LOS, &alarm));
	cr_expect_eq(alarm.lanes, 3 << 9, "without the fiber both are its own");
	board_end(&b);
}

Test(alarms, joins_are_checked)
{
	struct board b;

	board_start(&b);
	cr_expect_eq(cmis_alarms_join(b.alarms, OE0, 64, OE1, 0), -ERANGE);
	cr_expect_eq(cmis_alarms_join(b.alarms, OE0, 0, 99, 0), -ERANGE);
	cr_expect_eq(cmis_alarms_join(b.alarms, OE0, 0, ELS, 0), -EINVAL);
	board_end(&b);
}
