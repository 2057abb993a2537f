/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A manager of a hostile module: an emulated one behind a bus that answers with wrong bytes, not at
 * all, or with nonsense, as the input says; or with nothing but input. The manager must neither
 * crash nor run in circles: each step is bounded, and each asks to be called again later.
 * So must the alarms that are made of it.
 * Input: mode, then a byte a transaction (and the bytes of an answer), again and again.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/engine/engine.h"
#include "lib/cmis/manager/alarms.h"
#include "lib/cmis/manager/manager.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

#define STEP_MAX 512
#define STEPS    60

/*
 * The module lives slower than its manager, and is quicker at everything: its monitors would move
 * thousands of times in a minute of the manager, which is most of the work and finds nothing.
 */
#define MODULE_MS 5 /* of the module at most, a step */

static const struct cmis_durations quick = { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
static uint64_t now, module_now;

static uint64_t clock_now(void *arg)
{
	return module_now;
}

static void wait_until(uint64_t when)
{
	uint64_t wait = when < now + 1000 * CMIS_MS ? when - now : 1000 * CMIS_MS;

	now += wait;
	module_now += wait < MODULE_MS * CMIS_MS ? wait : MODULE_MS * CMIS_MS;
}

struct hostile {
	const uint8_t *data;
	size_t size, at;
	uint8_t bank, page; /* selected, for answers that look honest */
	bool no_module;     /* all answers are input */
	struct cmis_transport inside;
	unsigned transactions;
};

static uint8_t byte(struct hostile *h)
{
	return h->size ? h->data[h->at++ % h->size] : 0;
}

static int trouble(struct hostile *h, uint8_t op)
{
	static const int errors[] = { -EREMOTEIO, -EREMOTEIO, -ENODEV, -EIO,    -ETIMEDOUT,
				      -EAGAIN,    1,          -EBADE,  -EPROTO, -EBADMSG };

	h->transactions++;
	CHECK(h->transactions <= STEP_MAX);
	return op < 0xF0 ? 0 : errors[op % 10];
}

static int bad_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct hostile *h = module;
	uint8_t op = byte(h);
	int ret = trouble(h, op);

	CHECK(len >= 1 && (addr < 128 ? addr + len <= 128 : addr + len <= 256));
	if (ret != 0)
		return ret;
	if (h->no_module && addr == 126 && op < 0xE0) {
		bytes[0] = h->bank;
		bytes[1] = h->page;
		return 0;
	}
	if (!h->no_module && op < 0xD8) {
		ret = h->inside.read(h->inside.module, addr, bytes, len);
		if (ret == 0 && op >= 0xC8)
			bytes[byte(h) % len] = byte(h);
		return ret;
	}
	for (unsigned i = 0; i < len; i++)
		bytes[i] = byte(h);
	return 0;
}

static int bad_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct hostile *h = module;
	int ret = trouble(h, byte(h));

	CHECK(len >= 1 && len <= 8 && (addr < 128 ? addr + len <= 128 : addr + len <= 256));
	if (ret != 0)
		return ret;
	if (addr == 126 && len == 2) {
		h->bank = bytes[0];
		h->page = bytes[1];
	}
	return h->no_module ? 0 : h->inside.write(h->inside.module, addr, bytes, len);
}

static void told(void *arg, const struct cmis_event *event)
{
	CHECK(strlen(event->text) > 0 && event->reason < CMIS_REASON_COUNT);
}

static void alarm_told(void *arg, enum cmis_alarm_news news, const struct cmis_alarm *alarm)
{
	CHECK(news <= CMIS_ALARM_CLEARED && strlen(alarm->text) > 0);
}

static void look_alarms(struct cmis_alarms *a, const struct cmis_manager *m)
{
	struct cmis_alarm alarm = { 0 };

	cmis_alarms_look(a, 0, m, now);
	cmis_alarms_look(a, 1, m, now);
	while (cmis_alarms_next(a, &alarm))
		CHECK(alarm.kind < CMIS_ALARM_KINDS && strlen(alarm.text) > 0);
}

static void look(const struct cmis_manager *m)
{
	const struct cmis_manager_seen *s = cmis_manager_seen(m);
	struct cmis_flag_seen flag;
	struct cmis_prbs_seen prbs;
	double value;

	CHECK(s->reason < CMIS_REASON_COUNT && s->state <= CMIS_MANAGER_LOW_POWER);
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		const struct cmis_bank_seen *k = cmis_manager_bank(m, b);

		CHECK(k->port_count <= CMIS_LANES);
		for (unsigned i = 0; i < k->port_count; i++)
			CHECK(k->port[i].reason < CMIS_REASON_COUNT);
		cmis_manager_flag(m, b, CMIS_LOSFlagRx, 7, &flag);
		cmis_manager_flag(m, b, CMIS_VDMFlag, 1023, &flag);
		cmis_manager_vdm(m, b, 15, 1 + b, &value);
		for (unsigned lane = 0; lane <= CMIS_LANES + 1; lane++)
			if (cmis_manager_prbs_seen(m, b, lane, CMIS_SIDE_MEDIA, &prbs) == 0)
				CHECK(prbs.generates >= -1 && prbs.generates < 16);
	}
	for (unsigned k = 0; k < cmis_manager_lasers(m); k++)
		CHECK(cmis_manager_laser(m, k)->reason < CMIS_REASON_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cmis_port_wish eight = { 0, 8 },
					   cut[] = { { 0, 4 }, { 4, 2 }, { 6, 1 } };
	static const char *const profiles[] = { "oif-3.2t", "bailly-6.4t", "cpc-passive",
						"cpc-active" };
	struct cmis_alarms_settings alarms = { .told = alarm_told };
	struct cmis_engine_settings s = { .clock = { clock_now, NULL }, .durations = &quick };
	struct hostile h = { data, size < 4096 ? size : 4096 };
	struct cmis_manager_settings set = { .bus = { bad_read, bad_write, &h }, .event = told };
	struct cmis_manager *m;
	struct cmis_alarms *a;
	struct cmis_engine *e, *els;
	uint8_t mode = byte(&h);

	now = module_now = 0;
	h.no_module = mode & 1;
	s.profile = cmis_profile_find(mode & 32 ? "els-32" : profiles[mode >> 1 & 3]);
	set.joint = mode & 64;
	set.statistics = mode & 8;
	set.step_transactions = mode & 16 ? 64 : 0;
	CHECK(cmis_engine_create(&e, &s, NULL) == 0);
	s.profile = cmis_profile_find("els-16");
	CHECK(cmis_engine_create(&els, &s, NULL) == 0);
	if (set.joint && !(mode & 32))
		cmis_engine_join(e, els);
	CHECK(cmis_alarms_create(&a, &alarms) == 0);
	CHECK(cmis_alarms_add(a, "oe", false) == 0 && cmis_alarms_add(a, "els", true) == 1);
	for (unsigned l = 0; l < 64; l++)
		CHECK(cmis_alarms_feed(a, 0, l, 1, l / 2) == 0);
	h.inside = cmis_engine_transport(e);
	CHECK(cmis_manager_create(&m, &set) == 0);
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		cmis_manager_want(m, b, b & 1 ? &eight : cut, b & 1 ? 1 : 3, NULL);
	if (mode & 32) {
		cmis_manager_want_loopback(m, 0xF0FF, CMIS_LOOPBACK_MEDIA_OUTPUT, NULL);
		cmis_manager_want_prbs(m, CMIS_SIDE_MEDIA, 3, 0xFFFF, CMIS_PRBS31Q, NULL);
	}
	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t when;

		h.transactions = 0;
		when = cmis_manager_step(m, now);
		CHECK(when > now);
		look(m);
		look_alarms(a, m);
		wait_until(when);
		if (i == STEPS / 2) {
			cmis_manager_want(m, 0, &eight, 1, NULL);
			cmis_manager_kick(m);
			cmis_manager_want_low_power(m, mode & 64);
			if (mode & 128)
				cmis_manager_reset(m);
		}
	}
	cmis_alarms_destroy(a);
	cmis_manager_destroy(m);
	cmis_engine_destroy(e);
	cmis_engine_destroy(els);
	return 0;
}
