/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a port needs next, judged anew from its lanes' registers at each look:
 *
 *   another shape on its lanes      those data paths down, and only those
 *   all lanes Deactivated           stage, Apply; when it is rejected once: release (AppSel 0),
 * Apply configured, Deactivated         DPDeinit down Init, TxTurnOn and so on        wait
 *   Initialized                     OutputDisableTx down
 *   Activated in the right shape    up: nothing, whoever brought it there
 *
 * The only memory is what registers do not say: that our Apply is on its way, and how long this
 * lasts already.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define APPLY_DP_INIT 143
#define DP_CONFIG     145
#define RETRY_MS      1000
#define RETRY_MAX_MS  60000

uint8_t port_lanes(const struct port *p)
{
	return (uint8_t)(((1u << p->seen.wish.lanes) - 1) << p->seen.wish.first);
}

static void port_event(struct cmis_manager *m, unsigned bank, struct port *p, const char *more)
{
	const struct cmis_port_wish *w = &p->seen.wish;
	struct cmis_event event = { .kind = CMIS_EVENT_PORT,
				    .bank = (uint8_t)bank,
				    .port = (uint8_t)(p - m->bank[bank].port),
				    .reason = p->seen.reason };

	report(m, &event, "bank %u lanes %u-%u: %s%s", bank, w->first + 1, w->first + w->lanes,
	       p->seen.state == CMIS_PORT_UP ? "up" : cmis_reason_text(p->seen.reason), more);
}

void port_hold(struct cmis_manager *m, unsigned bank, struct port *p, enum cmis_reason reason)
{
	if (p->seen.state == CMIS_PORT_WAITING && p->seen.reason == reason)
		return;
	p->seen.state = CMIS_PORT_WAITING;
	p->seen.reason = reason;
	p->seen.since_ns = m->now;
	p->seen.late = false;
	port_event(m, bank, p, "");
}

void ports_hold(struct cmis_manager *m, enum cmis_reason reason)
{
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		for (unsigned i = 0; i < m->bank[b].ports; i++) {
			m->bank[b].port[i].applied = m->bank[b].port[i].released = false;
			m->bank[b].port[i].restart = false;
			port_hold(m, b, &m->bank[b].port[i], reason);
		}
}

void ports_rearm(struct cmis_manager *m)
{
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		for (unsigned i = 0; i < m->bank[b].ports; i++) {
			m->bank[b].port[i].applied = m->bank[b].port[i].released = false;
			if (m->bank[b].port[i].seen.state == CMIS_PORT_WAITING)
				m->bank[b].port[i].seen.since_ns = m->now;
		}
}

static void fail(struct cmis_manager *m, unsigned bank, struct port *p, enum cmis_reason reason)
{
	unsigned shift = p->seen.failures < 6 ? p->seen.failures : 6;
	uint64_t wait = (uint64_t)RETRY_MS << shift;

	p->seen.state = CMIS_PORT_FAILED;
	p->seen.reason = reason;
	p->seen.late = false;
	p->seen.since_ns = m->now;
	p->seen.retry_ns = m->now + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS) * CMIS_MS;
	p->seen.failures++;
	m->seen.counters.failures++;
	p->restart = true;
	p->applied = p->released = false;
	port_event(m, bank, p, ", to be tried again");
}

static void await(struct cmis_manager *m, unsigned bank, struct port *p, enum cmis_reason reason,
		  uint32_t ms, enum cmis_reason timeout)
{
	uint64_t lasted;

	port_hold(m, bank, p, reason);
	lasted = m->now - p->seen.since_ns;
	if (lasted > patience_ms(m, ms) * CMIS_MS) {
		fail(m, bank, p, timeout);
	} else if (lasted > ms * CMIS_MS && !p->seen.late) {
		p->seen.late = true;
		port_event(m, bank, p, ", longer than it should take");
	}
}

static void await_down(struct cmis_manager *m, unsigned bank, struct port *p)
{
	await(m, bank, p, CMIS_REASON_DEACTIVATE,
	      advertised_ms(m, CMIS_MaxDurationDPTxTurnOff) +
		      advertised_ms(m, CMIS_MaxDurationDPDeinit),
	      CMIS_REASON_DEACTIVATE_TIMEOUT);
}

static void await_configured(struct cmis_manager *m, unsigned bank, struct port *p)
{
	await(m, bank, p, CMIS_REASON_CONFIGURE, m->quirk.configure_ms,
	      CMIS_REASON_CONFIGURE_TIMEOUT);
}

static void await_init(struct cmis_manager *m, unsigned bank, struct port *p)
{
	await(m, bank, p, CMIS_REASON_INIT, advertised_ms(m, CMIS_MaxDurationDPInit),
	      CMIS_REASON_INIT_TIMEOUT);
}

static void await_tx(struct cmis_manager *m, unsigned bank, struct port *p)
{
	await(m, bank, p, CMIS_REASON_TX_TURN_ON, advertised_ms(m, CMIS_MaxDurationDPTxTurnOn),
	      CMIS_REASON_TX_TURN_ON_TIMEOUT);
}

static bool fits(const struct cmis_manager *m, const struct cmis_port_wish *w, unsigned n)
{
	const uint8_t *page01 = m->seen.support.flat ? NULL : m->page[1];
	struct cmis_application a;

	return cmis_application(&a, n, m->lower, CMIS_HALF, page01, CMIS_HALF) == 0 &&
	       a.host_lanes == w->lanes && a.host_options >> w->first & 1;
}

uint8_t port_application(const struct cmis_manager *m, const struct cmis_port_wish *w)
{
	if (w->app != 0)
		return fits(m, w, w->app) ? w->app : 0;
	for (unsigned n = 1; n <= 15; n++)
		if (fits(m, w, n))
			return (uint8_t)n;
	return 0;
}

static bool is_right(const struct bank *k, const struct port *p)
{
	const struct cmis_port_wish *w = &p->seen.wish;

	for (unsigned i = w->first; i < w->first + w->lanes; i++)
		if (k->seen.lane[i].app != p->seen.app || k->seen.lane[i].first != w->first)
			return false;
	return true;
}

/* Lanes of all data paths that have one of these lanes, and these. */
static uint8_t overlapped(const struct bank *k, uint8_t lanes)
{
	uint8_t all = lanes;

	for (unsigned i = 0; i < CMIS_LANES; i++)
		for (unsigned l = 0; l < CMIS_LANES && lanes >> i & 1; l++)
			if (k->seen.lane[i].app != 0 &&
			    k->seen.lane[l].app == k->seen.lane[i].app &&
			    k->seen.lane[l].first == k->seen.lane[i].first)
				all |= (uint8_t)(1 << l);
	return all;
}

/* The state that all of these lanes are in; 0: they are not in one. */
static unsigned common_state(const struct bank *k, uint8_t lanes)
{
	unsigned state = k->seen.lane[__builtin_ctz(lanes)].state;

	for (unsigned i = 0; i < CMIS_LANES; i++)
		if (lanes >> i & 1 && k->seen.lane[i].state != state)
			return 0;
	return state;
}

static bool in_progress(const struct bank *k, uint8_t lanes)
{
	for (unsigned i = 0; i < CMIS_LANES; i++)
		if (lanes >> i & 1 && k->seen.lane[i].config == CMIS_CONFIG_IN_PROGRESS)
			return true;
	return false;
}

/* Why the module refused, NONE where it did not. */
static enum cmis_reason refusal(const struct bank *k, uint8_t lanes)
{
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		unsigned status = lanes >> i & 1 ? k->seen.lane[i].config : CMIS_CONFIG_SUCCESS;

		if (status >= CMIS_CONFIG_REJECTED && status <= CMIS_CONFIG_PARTIAL_DATA_PATH)
			return CMIS_REASON_REJECTED + (status - CMIS_CONFIG_REJECTED);
		if (status > CMIS_CONFIG_IN_PROGRESS) /* a vendor's own */
			return CMIS_REASON_REJECTED;
	}
	return CMIS_REASON_NONE;
}

static void judge_configured(struct cmis_manager *m, unsigned bank, struct port *p,
			     struct action *a)
{
	uint8_t lanes = port_lanes(p);

	if (p->success_ns == 0)
		p->success_ns = m->now;
	if (m->now - p->success_ns < m->quirk.settle_ms * CMIS_MS) {
		await_configured(m, bank, p);
		return;
	}
	a->clear = lanes;
	await_init(m, bank, p);
}

/* Other ports release their own. */
static uint8_t others(const struct bank *k, const struct port *p)
{
	uint8_t lanes = 0;

	for (unsigned i = 0; i < k->ports; i++)
		if (&k->port[i] != p)
			lanes |= port_lanes(&k->port[i]);
	return lanes;
}

/* Every lane that matters is Deactivated, and no configuration is on its way. */
static void judge_down(struct cmis_manager *m, unsigned bank, struct port *p, struct action *a)
{
	const struct bank *k = &m->bank[bank];
	uint8_t lanes = port_lanes(p);
	enum cmis_reason why;

	p->restart = false;
	if (p->applied && p->success_ns != 0 && !is_right(k, p))
		p->applied = false; /* somebody configured it away */
	why = p->applied ? refusal(k, lanes) : CMIS_REASON_NONE;
	if (!p->applied) {
		a->raise = a->apply = lanes;
		await_configured(m, bank, p);
	} else if (why != CMIS_REASON_NONE && (p->released || m->quirk.no_release)) {
		fail(m, bank, p, why);
	} else if (why != CMIS_REASON_NONE) {
		a->release = overlapped(k, lanes) & (uint8_t)~others(k, p);
		await_configured(m, bank, p);
	} else if (is_right(k, p)) {
		judge_configured(m, bank, p, a);
	} else {
		await_configured(m, bank, p); /* "success", but not yet so */
	}
}

static void judge_right(struct cmis_manager *m, unsigned bank, struct port *p, unsigned state,
			struct action *a)
{
	switch (state) {
	case CMIS_DP_INITIALIZED:
		a->turn_on = port_lanes(p);
		await_tx(m, bank, p);
		break;
	case CMIS_DP_TX_TURN_ON:
		await_tx(m, bank, p);
		break;
	case CMIS_DP_TX_TURN_OFF:
	case CMIS_DP_DEINIT:
		await_down(m, bank, p);
		break;
	default: /* Init, and what is none */
		await_init(m, bank, p);
	}
}

static void up(struct cmis_manager *m, unsigned bank, struct port *p)
{
	if (p->seen.state == CMIS_PORT_UP)
		return;
	p->seen.state = CMIS_PORT_UP;
	p->seen.reason = CMIS_REASON_NONE;
	p->seen.since_ns = m->now;
	p->seen.late = false;
	p->seen.failures = 0;
	p->seen.ups++;
	p->restart = false;
	p->applied = p->released = false;
	port_event(m, bank, p, "");
}

void port_judge(struct cmis_manager *m, unsigned bank, struct port *p, struct action *a)
{
	const struct bank *k = &m->bank[bank];
	uint8_t lanes = port_lanes(p), touched;
	unsigned state;
	bool right;

	p->seen.app = port_application(m, &p->seen.wish);
	if (p->seen.app == 0) {
		if (p->seen.state != CMIS_PORT_FAILED ||
		    p->seen.reason != CMIS_REASON_NO_APPLICATION || m->now >= p->seen.retry_ns)
			fail(m, bank, p, CMIS_REASON_NO_APPLICATION);
		return;
	}
	right = is_right(k, p);
	touched = right ? lanes : overlapped(k, lanes);
	state = common_state(k, touched);
	if (right && state == CMIS_DP_ACTIVATED) {
		up(m, bank, p);
	} else if (p->seen.state == CMIS_PORT_FAILED && m->now < p->seen.retry_ns) {
		return;
	} else if (in_progress(k, touched)) {
		await_configured(m, bank, p);
	} else if (state == CMIS_DP_DEACTIVATED) {
		judge_down(m, bank, p, a);
	} else if (!right || p->restart) {
		a->raise = touched;
		await_down(m, bank, p);
	} else {
		judge_right(m, bank, p, state, a);
	}
}

static int configure(struct cmis_manager *m, unsigned bank, uint8_t lanes, uint8_t config)
{
	uint8_t bytes[CMIS_LANES];
	unsigned first = (unsigned)__builtin_ctz(lanes), count;
	int ret;

	memset(bytes, config, sizeof(bytes));
	count = 32u - (unsigned)__builtin_clz(lanes) - first;
	/* lanes of one or several data paths that follow each other */
	ret = bus_write(m, bank, 0x10, (uint8_t)(DP_CONFIG + first), bytes, count);
	return ret != 0 ? ret : bus_write(m, bank, 0x10, APPLY_DP_INIT, &lanes, 1);
}

int port_apply(struct cmis_manager *m, unsigned bank, struct port *p, const struct action *a)
{
	uint8_t config = (uint8_t)(p->seen.app << 4 | p->seen.wish.first << 1);
	int ret = 0;

	if (a->release) {
		ret = configure(m, bank, a->release, 0);
		if (ret != 0)
			return ret;
		p->released = true;
		p->applied = false;
	} else if (a->apply) {
		ret = configure(m, bank, a->apply, config);
		if (ret != 0)
			return ret;
		p->applied = true;
		p->success_ns = 0;
	}
	return 0;
}
