/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What pattern checkers found, page 14h. Its bytes 192-255 show one thing at a time: a round goes
 * through the selectors that matter (bit error ratio, counts of four lanes, SNR), writes each,
 * gives the module time and reads the whole page, flags included. A checker whose flag says that it
 * lost its pattern has no bit error ratio.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define SELECT        128
#define FLAGS         132
#define SETTLE        (200 * CMIS_MS) /* what FBOSS gives a module */
#define SELECT_BER    0x01
#define SELECT_COUNTS 0x02 /* 02h, 03h host lanes 1-4, 5-8; 04h, 05h media lanes */
#define SELECT_SNR    0x06
#define ABLE_BER      0x01 /* of 13h:130 */
#define ABLE_COUNTS   0x02
#define ABLE_SNR      0x30
#define NO_BER        0.5

static uint8_t checked(const struct diagnostics *d, unsigned side)
{
	return d->is[(UNIT_HOST_CHECKER + side) * 8] & d->unit[UNIT_HOST_CHECKER + side].on;
}

static bool useful(const struct diagnostics *d, unsigned selector)
{
	unsigned side = (selector - SELECT_COUNTS) / 2, half = selector % 2 * 4;

	if (d->unsupported >> selector & 1)
		return false;
	if (selector == SELECT_BER)
		return d->able[2] & ABLE_BER;
	if (selector == SELECT_SNR)
		return d->able[2] & ABLE_SNR;
	return d->able[2] & ABLE_COUNTS && checked(d, side) >> half & 15;
}

/* The next one of this round, 0 at its end. */
static uint8_t after(const struct diagnostics *d, unsigned selector)
{
	while (++selector <= SELECT_SNR)
		if (useful(d, selector))
			return (uint8_t)selector;
	return 0;
}

static double value(const struct cmis_manager *m, enum cmis_field_id id, unsigned i,
		    const uint8_t *page)
{
	struct cmis_value v;

	return cmis_decode(&m->seen.support, id, i, page, CMIS_HALF, &v) == 0 ? v.number : NAN;
}

static bool lost(const struct diagnostics *d, unsigned side, unsigned lane)
{
	enum cmis_field_id id =
		side == CMIS_SIDE_HOST ? CMIS_CheckerLOLFlagHost : CMIS_CheckerLOLFlagMedia;

	return d->flag[(cmis_fields[id].byte - FLAGS) * 8u + lane].up;
}

static void count(struct cmis_manager *m, struct checker *c, unsigned k, const uint8_t *page)
{
	uint64_t errors = 0, bits = 0;

	cmis_get(CMIS_BitErrorCounts, 2 * k, page, CMIS_HALF, &errors);
	cmis_get(CMIS_BitErrorCounts, 2 * k + 1, page, CMIS_HALF, &bits);
	if (c->counted && bits < c->bits) /* anew, for a neighbour's sake or somebody else's */
		c->since_ns = m->now;
	c->bits = bits;
	c->errors = errors;
	c->counted = true;
	c->when_ns = m->now;
}

static void shown(struct cmis_manager *m, struct diagnostics *d, const uint8_t *page)
{
	for (unsigned i = 0; i < CMIS_LANES && d->selector == SELECT_BER; i++) {
		d->checker[0][i].ber = value(m, CMIS_HostBER, i, page);
		d->checker[1][i].ber = value(m, CMIS_MediaBER, i, page);
		if (!(d->able[2] & ABLE_COUNTS))
			d->checker[0][i].when_ns = d->checker[1][i].when_ns = m->now;
	}
	for (unsigned i = 0; i < CMIS_LANES && d->selector == SELECT_SNR; i++) {
		d->checker[0][i].snr_db = value(m, CMIS_HostSNR, i, page);
		d->checker[1][i].snr_db = value(m, CMIS_MediaSNR, i, page);
	}
	if (d->selector < SELECT_COUNTS || d->selector >= SELECT_SNR)
		return;
	for (unsigned k = 0; k < 4; k++)
		count(m, &d->checker[(d->selector - SELECT_COUNTS) / 2][d->selector % 2 * 4 + k], k,
		      page);
}

static bool flags(struct cmis_manager *m, unsigned bank, const uint8_t *from_132)
{
	struct diagnostics *d = &m->bank[bank].diag;

	return flags_seen(m, bank, 0x14, FLAGS, from_132, DIAG_FLAGS / 8, d->flag);
}

static int show(struct cmis_manager *m, unsigned bank, uint8_t selector)
{
	struct diagnostics *d = &m->bank[bank].diag;
	int ret = bus_write(m, bank, 0x14, SELECT, &selector, 1);

	if (ret != 0)
		return ret;
	d->selector = selector;
	d->shown = m->now;
	return 0;
}

static int look(struct cmis_manager *m, unsigned bank)
{
	struct diagnostics *d = &m->bank[bank].diag;
	uint8_t page[CMIS_HALF], selector = d->selector;
	int ret = bus_read(m, bank, 0x14, CMIS_HALF, page, CMIS_HALF);

	if (ret != 0)
		return ret;
	d->flags_due = flags(m, bank, &page[FLAGS - CMIS_HALF]);
	if (page[0] == selector)
		shown(m, d, page);
	else if (page[0] == 0) /* a module's way to say that it has none */
		d->unsupported |= (uint8_t)(1 << selector);
	d->selector = 0;
	selector = after(d, selector);
	if (selector != 0)
		return show(m, bank, selector);
	d->results = m->now + m->set.monitor_ns;
	return 0;
}

int checker_run(struct cmis_manager *m, unsigned bank)
{
	struct diagnostics *d = &m->bank[bank].diag;
	bool on = checkers_on(d);
	uint8_t bytes[DIAG_FLAGS / 8], first;
	int ret;

	if (on && d->selector != 0)
		return m->now - d->shown >= SETTLE && bus_allows(m, 6) ? look(m, bank) : 0;
	d->selector = 0;
	if (m->now < d->results || (!on && !d->flags_due) || !bus_allows(m, 6))
		return 0;
	first = on ? after(d, 0) : 0;
	if (first != 0)
		return show(m, bank, first);
	ret = bus_read(m, bank, 0x14, FLAGS, bytes, sizeof(bytes));
	if (ret != 0)
		return ret;
	d->flags_due = flags(m, bank, bytes);
	d->results = m->now + m->set.monitor_ns;
	return 0;
}

uint64_t checker_next(const struct diagnostics *d)
{
	if (checkers_on(d) && d->selector != 0)
		return d->shown + SETTLE;
	return checkers_on(d) || d->flags_due ? d->results : NEVER;
}

void checker_started(struct cmis_manager *m, struct diagnostics *d, unsigned side, uint8_t lanes)
{
	for (unsigned i = 0; i < CMIS_LANES; i++)
		if (lanes >> i & 1)
			d->checker[side][i] =
				(struct checker){ .since_ns = m->now, .ber = NAN, .snr_db = NAN };
	if (lanes != 0)
		d->results = m->now;
}

static int pattern(const struct diagnostics *d, unsigned unit, unsigned lane)
{
	const uint8_t *at = d->is + unit * 8;

	return at[0] >> lane & 1 ? at[4 + lane / 2] >> lane % 2 * 4 & 15 : -1;
}

int cmis_manager_prbs_seen(const struct cmis_manager *m, unsigned bank, unsigned lane,
			   enum cmis_side side, struct cmis_prbs_seen *seen)
{
	const struct diagnostics *d = &m->bank[bank % CMIS_MAX_BANKS].diag;
	const struct checker *c = &d->checker[side == CMIS_SIDE_MEDIA][(lane - 1) % CMIS_LANES];
	unsigned modes, i = lane - 1;
	int ret = cmis_manager_loopback_seen(m, bank, lane, &modes); /* the same pages */

	*seen = (struct cmis_prbs_seen){ -1, -1, .ber = NAN, .snr_db = NAN };
	if (ret != 0 || !d->read)
		return ret;
	seen->generates = pattern(d, UNIT_HOST_GENERATOR + (side == CMIS_SIDE_MEDIA), i);
	seen->checks = pattern(d, UNIT_HOST_CHECKER + (side == CMIS_SIDE_MEDIA), i);
	if (seen->checks < 0 || c->when_ns == 0)
		return 0;
	seen->locked = !lost(d, side == CMIS_SIDE_MEDIA, i);
	seen->counted = c->counted;
	seen->bits = c->bits;
	seen->errors = c->errors;
	seen->snr_db = c->snr_db;
	seen->since_ns = c->since_ns;
	seen->when_ns = c->when_ns;
	if (seen->locked && c->counted && c->bits > 0)
		seen->ber = (double)c->errors / (double)c->bits;
	else if (seen->locked && c->ber < NO_BER)
		seen->ber = c->ber;
	return 0;
}
