/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host for tests of emulated modules: a clock turned by hand, and registers reached through
 * transactions by field name. Page and bank go out before each access in one 2-byte write, as on
 * real hosts.
 */
#ifndef CPX_TESTS_UNIT_CMIS_HOST_H
#define CPX_TESTS_UNIT_CMIS_HOST_H

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/cmis/decode.h"
#include "lib/cmis/engine/engine.h"

static uint64_t host_now = 1000 * CMIS_MS;

static uint64_t host_clock(void *arg)
{
	return host_now;
}

struct host {
	struct cmis_engine *engine;
	struct cmis_transport bus;
	struct cmis_support support;
};

static inline void host_wait(unsigned ms)
{
	host_now += ms * CMIS_MS;
}

static inline struct cmis_engine *host_make(const char *profile, uint64_t seed)
{
	struct cmis_engine_settings s = { .profile = cmis_profile_find(profile),
					  .clock = { host_clock, NULL },
					  .seed = seed };
	struct cmis_engine *e = NULL;
	struct err err = { "" };

	cr_assert_eq(cmis_engine_create(&e, &s, &err), 0, "%s", err.text);
	return e;
}

static inline int host_select(struct host *h, unsigned bank, unsigned page)
{
	const uint8_t select[2] = { (uint8_t)bank, (uint8_t)page };

	return page == CMIS_LOWER || h->support.flat ? 0
						     : h->bus.write(h->bus.module, 126, select, 2);
}

/* The half of a page. */
static inline void host_page(struct host *h, unsigned bank, unsigned page, uint8_t bytes[CMIS_HALF])
{
	cr_assert_eq(host_select(h, bank, page), 0, "select %02Xh", page);
	cr_assert_eq(h->bus.read(h->bus.module, page == CMIS_LOWER ? 0 : 128, bytes, CMIS_HALF), 0,
		     "read %02Xh", page);
}

static inline void host_write(struct host *h, unsigned bank, unsigned page, uint8_t byte,
			      const void *bytes, unsigned len)
{
	cr_assert_eq(host_select(h, bank, page), 0);
	cr_assert_eq(h->bus.write(h->bus.module, byte, bytes, len), 0, "write %02Xh:%u", page,
		     byte);
}

static inline void host_write1(struct host *h, unsigned bank, unsigned page, uint8_t byte,
			       uint8_t value)
{
	host_write(h, bank, page, byte, &value, 1);
}

/* Bits of a field, read byte by byte so that nothing else is cleared. */
static inline uint64_t host_get(struct host *h, unsigned bank, enum cmis_field_id id, unsigned i)
{
	const struct cmis_field *f = &cmis_fields[id];
	uint8_t bytes[CMIS_HALF] = { 0 }, where[CMIS_HALF] = { 0 };
	uint64_t bits;

	cmis_put(id, i, where, UINT64_MAX);
	cr_assert_eq(host_select(h, bank, f->page), 0);
	for (unsigned b = 0; b < CMIS_HALF; b++)
		if (where[b])
			cr_assert_eq(h->bus.read(h->bus.module,
						 (uint8_t)(b + (f->page == CMIS_LOWER ? 0 : 128)),
						 &bytes[b], 1),
				     0);
	cr_assert_eq(cmis_get(id, i, bytes, CMIS_HALF, &bits), 0);
	return bits;
}

/* All lanes of a field with a bit per lane. */
static inline uint8_t host_lanes(struct host *h, unsigned bank, enum cmis_field_id id)
{
	uint8_t lanes;

	cr_assert_eq(host_select(h, bank, cmis_fields[id].page), 0);
	cr_assert_eq(h->bus.read(h->bus.module, cmis_fields[id].byte, &lanes, 1), 0);
	return lanes;
}

static inline void host_put_lanes(struct host *h, unsigned bank, enum cmis_field_id id,
				  uint8_t lanes)
{
	host_write1(h, bank, cmis_fields[id].page, cmis_fields[id].byte, lanes);
}

static inline double host_value(struct host *h, unsigned bank, enum cmis_field_id id, unsigned i)
{
	uint8_t bytes[CMIS_HALF];
	struct cmis_value v;

	host_page(h, bank, cmis_fields[id].page, bytes);
	cr_assert_eq(cmis_decode(&h->support, id, i, bytes, CMIS_HALF, &v), 0, "%s",
		     cmis_fields[id].name);
	return v.number;
}

static inline bool host_absent(struct host *h, enum cmis_field_id id)
{
	uint8_t bytes[CMIS_HALF] = { 0 };
	struct cmis_value v;

	return cmis_decode(&h->support, id, 0, bytes, CMIS_HALF, &v) == -ENODATA;
}

/* A module past its MgmtInit, and what it supports. */
static inline struct host host_of(struct cmis_engine *e)
{
	struct host h = { .engine = e, .bus = cmis_engine_transport(e) };
	uint8_t lower[CMIS_HALF], page01[CMIS_HALF];

	host_wait(cmis_engine_profile(e)->durations.mgmt_init);
	host_page(&h, 0, CMIS_LOWER, lower);
	h.support.flat = lower[2] >> 7;
	if (!h.support.flat)
		host_page(&h, 0, 0x01, page01);
	cmis_support_read(&h.support, lower, CMIS_HALF, h.support.flat ? NULL : page01, CMIS_HALF);
	return h;
}

static inline struct host host_start(const char *profile)
{
	return host_of(host_make(profile, 1));
}

static inline void host_end(struct host *h)
{
	cmis_engine_destroy(h->engine);
}

static inline unsigned host_state(struct host *h)
{
	return (unsigned)host_get(h, 0, CMIS_ModuleState, 0);
}

static inline unsigned host_dp(struct host *h, unsigned bank, unsigned lane)
{
	return (unsigned)host_get(h, bank, CMIS_DPState, lane - 1);
}

/* DPDeinit and OutputDisableTx of all lanes of all banks, as a host should begin. */
static inline void host_park(struct host *h)
{
	for (unsigned b = 0; b < h->support.banks; b++) {
		host_put_lanes(h, b, CMIS_DPDeinit, 0xFF);
		host_put_lanes(h, b, CMIS_OutputDisableTx, 0xFF);
	}
}

static inline void host_high_power(struct host *h)
{
	host_write1(h, 0, CMIS_LOWER, 26, 0);
	host_wait(cmis_engine_profile(h->engine)->durations.pwr_up);
}

/* Stage one data path of `count` lanes from lane `first` (1-based), apply and wait. Its status. */
static inline unsigned host_apply(struct host *h, unsigned bank, unsigned app, unsigned first,
				  unsigned count)
{
	uint8_t lanes = (uint8_t)(((1u << count) - 1) << (first - 1));

	for (unsigned l = first; l < first + count; l++)
		host_write1(h, bank, 0x10, (uint8_t)(144 + l),
			    app ? (uint8_t)(app << 4 | (first - 1) << 1) : 0);
	host_write1(h, bank, 0x10, 143, lanes);
	cr_assert_eq(host_get(h, bank, CMIS_ConfigStatus, first - 1), CMIS_CONFIG_IN_PROGRESS);
	host_wait(cmis_engine_profile(h->engine)->durations.configure);
	return (unsigned)host_get(h, bank, CMIS_ConfigStatus, first - 1);
}

/* A parked, configured data path to Activated. */
static inline void host_activate(struct host *h, unsigned bank, uint8_t lanes)
{
	const struct cmis_durations *d = &cmis_engine_profile(h->engine)->durations;

	host_put_lanes(h, bank, CMIS_DPDeinit, host_lanes(h, bank, CMIS_DPDeinit) & ~lanes);
	host_wait(d->dp_init);
	host_put_lanes(h, bank, CMIS_OutputDisableTx,
		       host_lanes(h, bank, CMIS_OutputDisableTx) & ~lanes);
	host_wait(d->tx_turn_on);
}

/* Everything up: each bank one path of eight lanes in the first application. */
static inline void host_bring_up(struct host *h)
{
	host_park(h);
	host_high_power(h);
	for (unsigned b = 0; b < h->support.banks; b++) {
		cr_assert_eq(host_apply(h, b, 1, 1, 8), CMIS_CONFIG_SUCCESS);
		host_activate(h, b, 0xFF);
		cr_assert_eq(host_dp(h, b, 1), CMIS_DP_ACTIVATED);
	}
}

#endif
