/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/alarm_text.c and the tables of alarms: each says who, what and what to do.
 */
#include "lib/cmis/manager/alarms_private.h"
#include "tests/unit/cmis_alarmed.h"

Test(alarm_text, tables)
{
	for (unsigned k = 0; k < CMIS_ALARM_KINDS; k++) {
		const struct alarm_source *s = &alarm_sources[k];

		cr_expect_neq(cmis_alarm_name(k)[0], '\0');
		for (unsigned i = 0; i < k; i++)
			cr_expect_str_neq(cmis_alarm_name(i), cmis_alarm_name(k));
		cr_expect_eq(s->under >> k, 0, "%s: causes stand before it", cmis_alarm_name(k));
		for (unsigned i = 0; i < k; i++) {
			if (!(s->under >> i & 1))
				continue;
			cr_expect_leq(cmis_alarm_severity(i), cmis_alarm_severity(k),
				      "%s must not hide %s, which is worse", cmis_alarm_name(i),
				      cmis_alarm_name(k));
			cr_expect_eq(alarm_sources[i].scope, s->scope, "the same bits");
		}
		if (s->outage) {
			cr_expect_eq(cmis_alarm_severity(k), CMIS_SEVERITY_CRITICAL);
			cr_expect(k == 0 || alarm_sources[k - 1].outage, "outages stand first");
		}
	}
	cr_expect_str_eq(cmis_alarm_name(CMIS_ALARM_KINDS), "?");
	cr_expect_str_eq(cmis_severity_name(CMIS_SEVERITY_MAJOR), "major");
	cr_expect_str_eq(cmis_severity_name(CMIS_SEVERITY_COUNT), "?");
}

/* Any alarm of any bits has a text that ends, whatever a module made of it. */
Test(alarm_text, all_kinds)
{
	struct cmis_alarms_settings s = { .told = NULL };
	struct cmis_alarm alarm = { 0 };
	struct cmis_alarms *a;
	unsigned n = 0;

	cr_assert_eq(cmis_alarms_create(&a, &s), 0);
	for (unsigned i = 0; i < 40; i++)
		cr_assert_eq(cmis_alarms_add(a, "a-name-of-thirty-one-characters-", i == 39),
			     (int)i);
	for (unsigned lane = 0; lane < 64; lane += 2)
		for (unsigned i = 0; i < 39; i++)
			cr_assert_eq(cmis_alarms_feed(a, i, lane, 39, 63), 0);
	for (unsigned k = 0; k < CMIS_ALARM_KINDS; k++) {
		a->device[39]->shown[k] = UINT64_MAX;
		a->device[39]->laser[63].flags = 0xFF;
		a->device[39]->laser[63].off = a->device[39]->laser[63].failed = 255;
		a->device[39]->reason = a->device[39]->state = a->device[39]->fault_cause = 255;
		a->device[39]->bad_checksums = 255;
	}
	while (cmis_alarms_next(a, &alarm)) {
		size_t len = strnlen(alarm.text, sizeof(alarm.text));

		n++;
		cr_expect(len > 40 && len < sizeof(alarm.text), "%zu", len);
		cr_expect_not_null(strstr(alarm.text, ": "), "%s", alarm.text);
	}
	cr_expect_gt(n, CMIS_ALARM_KINDS);
	cmis_alarms_destroy(a);
}

static void expect(struct board *b, unsigned device, enum cmis_alarm_kind kind, const char *text)
{
	struct cmis_alarm alarm;

	cr_assert(board_find(b, device, kind, &alarm), "%s: %s", cmis_alarm_name(kind),
		  board_all(b));
	cr_expect_eq(strncmp(alarm.text, text, strlen(text)), 0, "%s", alarm.text);
}

Test(alarm_text, what_a_person_reads)
{
	struct board b;

	board_start(&b);
	managed_inject(&b.on[OE0], CMIS_INJECT_NACK, 0, 0, 0);
	managed_inject(&b.on[OE1], CMIS_INJECT_MODULE_FAULT, 1, 0, 0);
	board_run(&b, 4000);
	expect(&b, OE0, CMIS_ALARM_NOT_RESPONDING,
	       "oe0: does not respond (the module does not acknowledge while it runs); takes down "
	       "oe0/0-31; it is tried again by itself");
	expect(&b, OE1, CMIS_ALARM_MODULE_FAULT,
	       "oe1: is in ModuleFault (cause 1: TEC runaway); takes down oe1/0-31; it is reset");
	board_end(&b);
}

Test(alarm_text, port)
{
	struct board b;
	const struct cmis_port_wish wish = { .first = 4, .lanes = 4, .app = 15 };

	board_start(&b);
	cr_assert_eq(cmis_manager_want(b.on[OE0].manager, 1, &wish, 1, NULL), 0);
	board_run(&b, 3000);
	expect(&b, OE0, CMIS_ALARM_PORT_FAILED,
	       "oe0/12-15: the port does not come up (the module offers no such application); ");
	board_end(&b);
}

Test(alarm_text, laser)
{
	struct board b;

	board_start(&b);
	managed_inject(&b.on[ELS], CMIS_INJECT_LASER_FAIL, 0, 1 << 0, 0);
	board_run(&b, 3000);
	expect(&b, ELS, CMIS_ALARM_LASER_FAILED,
	       "els0 laser 0: does not work (the source reports a fault of the laser, code 1: APC "
	       "loop); feeds oe0/0-1, oe1/0-1; it comes back by itself");
	board_end(&b);
}
