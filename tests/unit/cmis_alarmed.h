/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board for tests of alarms: two engines of 32 lanes, one laser source of 16 whose laser k feeds
 * lanes 2k and 2k + 1 of both, their managers and the alarms, on one clock turned by hand.
 */
#ifndef CPX_TESTS_UNIT_CMIS_ALARMED_H
#define CPX_TESTS_UNIT_CMIS_ALARMED_H

#include "lib/cmis/manager/alarms.h"
#include "tests/unit/cmis_managed.h"

enum { OE0, OE1, ELS, BOARD };

struct board {
	struct managed on[BOARD];
	uint64_t due[BOARD];
	struct cmis_alarms *alarms;
	unsigned raised, changed, cleared;
	char log[16384]; /* a line for each news: "+ text", "~ text", "- text" */
};

static inline void board_told(void *arg, enum cmis_alarm_news news, const struct cmis_alarm *alarm)
{
	struct board *b = arg;
	size_t len = strlen(b->log);

	b->raised += news == CMIS_ALARM_RAISED;
	b->changed += news == CMIS_ALARM_CHANGED;
	b->cleared += news == CMIS_ALARM_CLEARED;
	snprintf(b->log + len, sizeof(b->log) - len, "%c %s\n", "+~-"[news], alarm -> text);
	if (getenv("CMIS_EVENTS") != NULL)
		fprintf(stderr, "# %6llu ms %c %s\n", (unsigned long long)(host_now / CMIS_MS),
			"+~-"[news], alarm -> text);
}

/* All managers as they are due, each with a look after its step, for so many ms. */
static inline void board_run(struct board *b, unsigned ms)
{
	uint64_t end = host_now + ms * CMIS_MS;

	while (host_now < end) {
		uint64_t next = end;

		for (unsigned i = 0; i < BOARD; i++) {
			if (b->on[i].manager == NULL)
				continue;
			if (b->due[i] <= host_now) {
				b->due[i] = cmis_manager_step(b->on[i].manager, host_now);
				cmis_alarms_look(b->alarms, i, b->on[i].manager, host_now);
			}
			if (b->due[i] < next)
				next = b->due[i];
		}
		host_now = next;
	}
}

static inline void board_make(struct board *b)
{
	struct cmis_alarms_settings s = { .told = board_told, .told_arg = b };

	memset(b, 0, sizeof(*b));
	cr_assert_eq(cmis_alarms_create(&b->alarms, &s), 0);
	cr_assert_eq(cmis_alarms_add(b->alarms, "oe0", false), OE0);
	cr_assert_eq(cmis_alarms_add(b->alarms, "oe1", false), OE1);
	cr_assert_eq(cmis_alarms_add(b->alarms, "els0", true), ELS);
	managed_start(&b->on[ELS], "els-16");
	managed_start(&b->on[OE0], "cpx-6.4t");
	managed_start(&b->on[OE1], "cpx-6.4t");
	for (unsigned lane = 0; lane < 32; lane++)
		for (unsigned i = OE0; i <= OE1; i++) {
			cr_assert_eq(cmis_engine_feed(b->on[i].host.engine, lane,
						      b->on[ELS].host.engine, lane / 2),
				     0);
			cr_assert_eq(cmis_alarms_feed(b->alarms, i, lane, ELS, lane / 2), 0);
		}
}

/* Everything up, and nothing wrong. */
static inline void board_start(struct board *b)
{
	board_make(b);
	for (unsigned bank = 0; bank < 4; bank++) {
		managed_want(&b->on[OE0], bank, 4);
		managed_want(&b->on[OE1], bank, 8);
	}
	board_run(b, 5000);
	cr_assert_eq(managed_up(&b->on[OE0]), 8);
	cr_assert_eq(managed_up(&b->on[OE1]), 4);
	cr_assert_str_eq(b->log, "", "bringing up a board is no alarm: %s", b->log);
}

static inline void board_end(struct board *b)
{
	cmis_alarms_destroy(b->alarms);
	managed_end(&b->on[OE0]);
	managed_end(&b->on[OE1]);
	managed_end(&b->on[ELS]);
}

static inline unsigned board_count(const struct board *b)
{
	struct cmis_alarm alarm = { 0 };
	unsigned n = 0;

	while (cmis_alarms_next(b->alarms, &alarm))
		n++;
	return n;
}

/* The active alarm of a kind of a device. False: there is none. */
static inline bool board_find(const struct board *b, unsigned device, enum cmis_alarm_kind kind,
			      struct cmis_alarm *alarm)
{
	memset(alarm, 0, sizeof(*alarm));
	while (cmis_alarms_next(b->alarms, alarm))
		if (alarm->device == device && alarm->kind == kind)
			return true;
	return false;
}

static inline bool board_has(const struct board *b, unsigned device, enum cmis_alarm_kind kind)
{
	struct cmis_alarm alarm;

	return board_find(b, device, kind, &alarm);
}

/* All active alarms, a line each. */
static inline const char *board_all(const struct board *b)
{
	static char all[8192];
	struct cmis_alarm alarm = { 0 };
	size_t len = 0;

	all[0] = '\0';
	while (cmis_alarms_next(b->alarms, &alarm) && len < sizeof(all) - 600)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "\n  %s", alarm.text);
	return all;
}

#endif
