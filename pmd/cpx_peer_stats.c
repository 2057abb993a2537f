/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a lane to another process counts beyond every lane's statistics: frames of the peer that
 * were dropped because they break the rules of the shared memory (lib/fiber/format.h), and lanes
 * put out of service because an index can not be. A fiber is made anew when the port is configured
 * in another way: what the one before counted is kept. Control threads.
 */
#include "pmd/cpx_peer.h"

#include "lib/fiber/ring.h"

#define RX_STATS(X)     \
	X(bad_runt)     \
	X(bad_oversize) \
	X(bad_empty)    \
	X(bad_long)     \
	X(bad_cut)      \
	X(bad_frame)    \
	X(protocol_errors)
#define TX_STATS(X)        \
	X(protocol_errors) \
	X(bad_returns)     \
	X(starved)         \
	X(wakes)

#define RX_NAME(counter) { .name = "rx_" #counter },
#define TX_NAME(counter) { .name = "tx_" #counter },

/* clang-format off */
const struct cpx_lane_stat cpx_peer_lane_stats[] = {
	RX_STATS(RX_NAME)
	TX_STATS(TX_NAME)
	{ .name = "tx_stalled", .gauge = true },
	{ .name = NULL },
};
/* clang-format on */

static_assert(RTE_DIM(cpx_peer_lane_stats) - 1 <= CPX_MAX_LANE_STATS, "room in struct cpx_port");

#define ADD(name)   sum->name += load_relaxed(&q->count.name);
#define VALUE(name) *values++ = sum.name;

static void add_rx(struct fiber_rx_counters *sum, const struct fiber_rx *q)
{
	RX_STATS(ADD)
}

static void add_tx(struct fiber_tx_counters *sum, const struct fiber_tx *q)
{
	TX_STATS(ADD)
}

static struct fiber_rx_counters rx_total(const struct cpx_peer *c, unsigned lane)
{
	struct fiber_rx_counters sum = c->rx_past[lane];

	if (c->fiber != NULL)
		add_rx(&sum, fiber_rx_queue(c->fiber, lane));
	return sum;
}

static struct fiber_tx_counters tx_total(const struct cpx_peer *c, unsigned lane)
{
	struct fiber_tx_counters sum = c->tx_past[lane];

	if (c->fiber != NULL)
		add_tx(&sum, fiber_tx_queue(c->fiber, lane));
	return sum;
}

void cpx_peer_stats_keep(struct cpx_peer *c)
{
	for (unsigned i = 0; c->fiber != NULL && i < c->port->args.n_lanes; i++) {
		c->rx_past[i] = rx_total(c, i);
		c->tx_past[i] = tx_total(c, i);
	}
}

void cpx_peer_lane_values(struct cpx_port *p, unsigned lane, uint64_t *values)
{
	struct cpx_peer *c = p->carrier;

	pthread_mutex_lock(&c->lock);
	{
		const struct fiber_rx_counters sum = rx_total(c, lane);

		RX_STATS(VALUE)
	}
	{
		const struct fiber_tx_counters sum = tx_total(c, lane);

		TX_STATS(VALUE)
	}
	pthread_mutex_unlock(&c->lock);
	*values = load_relaxed(&c->stalled[lane]);
}

/* Frames that the peer sent and nobody can have. */
void cpx_peer_stats(struct cpx_port *p, struct rte_eth_stats *stats)
{
	struct cpx_peer *c = p->carrier;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const struct fiber_rx_counters sum = rx_total(c, i);

		stats->ierrors += sum.bad_runt + sum.bad_oversize + sum.bad_empty + sum.bad_long +
				  sum.bad_cut + sum.bad_frame;
	}
	pthread_mutex_unlock(&c->lock);
}
