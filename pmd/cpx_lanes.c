/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lanes in and out of service, and what follows: who reads which source, which lane a tx queue
 * feeds, what the link says.
 *
 * A lane is lit at our end while the port is started and not taken down, its engine has it up, the
 * lane is not dark, and those of its queues that there are run. It is in service when it is lit and
 * has a receive queue. Frames that arrive on a lane out of service, or that the other end has
 * switched off, are not lost: its source is read by the queue of one that is in service, so what
 * was on its way still comes, and in order. The source goes home when the lane returns. Control
 * thread; see struct cpx_sources for the handing over.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_cycles.h>

#include <pthread.h>

#include "pmd/cpx_engine.h"
#include "pmd/cpx_flow.h"

/* The other end of a fiber has a control thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* The port's control thread and that of its engine; taken before `lock` and those of carriers. */
static pthread_mutex_t applying = PTHREAD_MUTEX_INITIALIZER;

static bool rx_runs(const struct cpx_port *p, unsigned i)
{
	return p->started && i < p->data->nb_rx_queues &&
	       p->data->rx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED;
}

/* Of the lanes of this end: neither dark nor with a queue that was stopped. */
static uint32_t lanes_lit(const struct cpx_port *p)
{
	const struct rte_eth_dev_data *d = p->data;
	uint32_t lanes = 0;

	if (!p->started || p->admin_down)
		return 0;
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const bool rx = i >= d->nb_rx_queues || rx_runs(p, i);
		const bool tx =
			i >= d->nb_tx_queues || d->tx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED;

		if (rx && tx && !(p->args.dark & 1u << i) &&
		    load_relaxed(&p->engine_lanes) & 1u << i)
			lanes |= 1u << i;
	}
	return lanes;
}

/* The n-th lane of a set that is not empty, counted round. */
static uint8_t nth_lane(uint32_t lanes, unsigned n)
{
	for (n %= (unsigned)__builtin_popcount(lanes); n > 0; n--)
		lanes &= lanes - 1;
	return (uint8_t)__builtin_ctz(lanes);
}

static void assign_sources(struct cpx_port *p)
{
	const uint32_t ours = load_relaxed(&p->open_lanes);
	const uint32_t both = cpx_ops(p)->lit != NULL ? ours & cpx_ops(p)->lit(p) : ours;
	/* before the other end is there, frames wait where they will be read */
	const uint32_t lanes = both != 0 ? both : ours;
	struct cpx_sources *s = &p->sources;
	unsigned orphans = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const uint8_t owner = load_relaxed(&s->owner[i]);
		const unsigned home = i % p->args.n_lanes;
		uint8_t reader = CPX_NOBODY;

		if (lanes & 1u << home)
			reader = (uint8_t)home;
		else if (lanes != 0)
			reader = nth_lane(lanes, orphans++);
		store_relaxed(&s->wanted[i], reader);
		/* a queue that is not polled cannot hand on what it reads */
		if (owner == CPX_NOBODY || !rx_runs(p, owner))
			store_release(&s->owner[i], reader);
	}
}

void cpx_lanes_changed(struct cpx_port *p)
{
	pthread_mutex_lock(&lock);
	assign_sources(p);
	cpx_burst_select(p->dev);
	pthread_mutex_unlock(&lock);
	cpx_link_refresh(p);
	cpx_engine_light_changed(p);
}

static void apply(struct cpx_port *p)
{
	const uint32_t was = load_relaxed(&p->open_lanes), was_lit = p->lit_lanes;
	const uint32_t lit = lanes_lit(p);
	const uint32_t now = lit & ((1u << RTE_MIN(p->data->nb_rx_queues, CPX_MAX_LANES)) - 1);
	const uint32_t sleeps = p->interrupts ? CPX_GATE_SLEEPS : 0;

	for (unsigned i = 0; i < p->data->nb_tx_queues; i++)
		store_relaxed(&p->tx[i].off,
			      !p->started || p->admin_down ||
				      p->data->tx_queue_state[i] != RTE_ETH_QUEUE_STATE_STARTED);
	p->lit_lanes = lit;
	store_release(&p->open_lanes, now);
	for (unsigned i = 0; i < p->sources.n; i++) {
		uint32_t gate = now != 0 ? CPX_GATE_OPEN | sleeps : 0;

		if (i < p->args.n_lanes && (now & 1u << i))
			gate |= CPX_GATE_LANE;
		if (i < p->args.n_lanes && (lit & 1u << i))
			gate |= CPX_GATE_LIT;
		cpx_ops(p)->gate(p, i, gate);
	}
	cpx_steer_gates(p);
	cpx_lanes_changed(p);
	if ((now != was || lit != was_lit) && cpx_ops(p)->changed != NULL)
		cpx_ops(p)->changed(p);
}

/* ---- which lane carries what ---- */

unsigned cpx_lane_over(uint32_t up, unsigned n_lanes, unsigned home)
{
	up &= (1u << n_lanes) - 1;
	return up == 0 || up >> home & 1 ? home : nth_lane(up, home);
}

#define DIFFERENCE(name) .name = load_relaxed(&now->name) - mark->name,
#define SUM(name)        .name = a->name + b->name,

/* Of the queue of lane `home`, since its mark. */
static struct cpx_tx_counters since_mark(const struct cpx_port *p, unsigned home)
{
	const struct cpx_tx_counters *now = &p->tx[home].count, *mark = &p->tx_mark[home];

	return (struct cpx_tx_counters){ CPX_TX_COUNTERS(DIFFERENCE) };
}

static void add(struct cpx_tx_counters *a, const struct cpx_tx_counters *b)
{
	*a = (struct cpx_tx_counters){ CPX_TX_COUNTERS(SUM) };
}

/* From now on other lanes carry. Frames sent at this very moment count for one or the other. */
static void carry_over(struct cpx_port *p, uint32_t up)
{
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const struct cpx_tx_counters moved = since_mark(p, i);

		add(&p->tx_moved[p->tx_over[i]], &moved);
		add(&p->tx_mark[i], &moved);
		p->tx_over[i] = (uint8_t)cpx_lane_over(up, p->args.n_lanes, i);
	}
}

struct cpx_tx_counters cpx_lanes_tx(struct cpx_port *p, unsigned lane)
{
	struct cpx_tx_counters sum;

	pthread_mutex_lock(&applying);
	sum = p->tx_moved[lane];
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const struct cpx_tx_counters own = since_mark(p, i);

		if (p->tx_over[i] == lane)
			add(&sum, &own);
	}
	pthread_mutex_unlock(&applying);
	return sum;
}

void cpx_lanes_apply(struct cpx_port *p)
{
	pthread_mutex_lock(&applying);
	apply(p);
	pthread_mutex_unlock(&applying);
}

void cpx_lanes_engine(struct cpx_port *p, uint32_t lanes)
{
	if (load_relaxed(&p->engine_lanes) == lanes)
		return;
	pthread_mutex_lock(&applying);
	store_relaxed(&p->engine_lanes, lanes);
	carry_over(p, lanes);
	if (p->started)
		apply(p);
	pthread_mutex_unlock(&applying);
	cpx_engine_light_changed(p); /* losses go with the lanes */
}

/* Lanes that the transmit queues feed. */
static unsigned n_feeds(const struct cpx_port *p)
{
	if (p->args.carrier == CPX_CARRIER_DEV && p->carrier_tx_queues != 0)
		return RTE_MIN(p->args.n_lanes, p->carrier_tx_queues);
	return p->args.n_lanes;
}

void cpx_lanes_spread(struct cpx_port *p)
{
	const struct cpx_rss *rss = &p->look.rss;
	const unsigned feeds = n_feeds(p);

	p->spread.rss = rss;
	for (unsigned i = 0; i < CPX_SPREAD_SLOTS; i++)
		store_relaxed(&p->spread.lane[i],
			      (uint8_t)((rss->reta_given ? rss->reta[i] : i) % feeds));
}

void cpx_lanes_feed(struct cpx_port *p)
{
	const unsigned n_tx = p->data->nb_tx_queues, feeds = n_feeds(p);

	cpx_lanes_spread(p);
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++) {
		struct cpx_txq *q = &p->tx[i];

		q->lanes = p->tx;
		q->lane = (uint8_t)(i % feeds);
		q->spread = p->args.spread && feeds > 1 ? &p->spread : NULL;
		q->shared = n_tx > feeds || (q->spread != NULL && n_tx > 1);
		q->turn = 0;
		q->paced = p->args.pace;
		store_relaxed(&q->max_frame, (uint32_t)p->data->mtu + CPX_FRAME_OVERHEAD);
		q->far = (uint16_t)(rte_get_tsc_hz() * CPX_FAR_NS / 1000000000);
		cpx_pace_start(&q->pace, rte_get_tsc_hz(), p->args.lane_mbps, rte_rdtsc());
	}
	p->sources.rx = p->rx;
	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++) {
		p->rx[i].sources = &p->sources;
		p->rx[i].look = &p->look;
		p->rx[i].port = p->data->port_id;
		p->rx[i].lane = (uint16_t)i;
		p->rx[i].first = 0;
		p->sources.owner[i] = p->sources.wanted[i] = CPX_NOBODY;
	}
	if (p->sources.n == 0)
		p->sources.n = p->args.n_lanes;
}
