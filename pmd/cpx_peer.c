/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier fiber:<path>: the lanes of this port to those of a port (or any program that speaks
 * lib/fiber) in another process. lib/fiber does the work and holds off a hostile peer; this file
 * gives it what it asks of a program: its descriptor is watched by DPDK's interrupt thread, its
 * queues belong to our lanes, and when the peer is gone its memory is unmapped only after every
 * lcore was seen outside of the burst functions.
 *
 * Threads: the port's control thread and DPDK's interrupt thread, under `lock` of the carrier.
 * Burst functions never take it: they see fiber queues only, and `inside` (cpx_rxtx.h) tells this
 * file when they may be in them. The fiber is made at probe, so that a bad path is an error then,
 * and made again at start only when other features or ring sizes were configured meanwhile.
 */
#include "pmd/cpx_peer.h"

#include <rte_interrupts.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fiber/lent.h"
#include "pmd/cpx_lent.h"
#include "pmd/cpx_logs.h"

/* Senders see a gate as on a carrier device: closed while no lane of the other end is open. */
static void send_where_taken(struct cpx_peer *c)
{
	const bool open = load_relaxed(&c->peer_lanes) != 0;

	for (unsigned i = 0; i < c->port->args.n_lanes; i++)
		store_relaxed(&c->port->tx[i].carrier_queue, open ? (uint16_t)i : CPX_NO_QUEUE);
}

/*
 * Beside which lanes take frames, net_cpx tells its like what their light does: a bit each for
 * lanes that send none, and for those that send back what they get. Others set no mark, and theirs
 * is always there.
 */
#define LIGHT_TOLD  (1ull << 62)
#define LIGHT_MARK  (3ull << 62)
#define DARK_BIT    32
#define REFLECT_BIT 40

static void hear_of_light(struct cpx_peer *c, uint64_t told, uint64_t lanes)
{
	const bool tells = (told & LIGHT_MARK) == LIGHT_TOLD;
	const uint32_t all = (uint32_t)(lanes & 0xff);

	store_relaxed(&c->light, tells ? all & (uint32_t) ~(told >> DARK_BIT) : all);
	store_relaxed(&c->reflected, tells ? all & (uint32_t)(told >> REFLECT_BIT) : 0);
}

void cpx_peer_lanes_changed(struct cpx_peer *c)
{
	struct fiber_status s;
	uint64_t lanes = 0, all;

	fiber_status(c->fiber, &s);
	all = (1ull << s.terms.lanes) - 1;
	if (s.state == FIBER_UP)
		lanes = s.peer_lanes & all & ~(uint64_t)c->dead_lanes;
	store_release(&c->peer_lanes, (uint32_t)lanes);
	hear_of_light(c, s.peer_told, s.state == FIBER_UP ? all : 0);
	send_where_taken(c);
	cpx_lanes_changed(c->port);
	cpx_peer_interrupts(c);
}

/* With the lock. */
static void handle(struct cpx_peer *c, int events)
{
	struct fiber_status s;

	fiber_status(c->fiber, &s);
	if (events == 0) {
		cpx_peer_say_why_waiting(c, &s);
		return;
	}
	if (events & FIBER_EVENT_DOWN)
		cpx_peer_say(c, "%s", s.reason);
	if (events & FIBER_EVENT_UP) {
		cpx_peer_say_differences(c, &s);
		c->dead_lanes = 0;
		cpx_peer_lent_up(c);
	}
	cpx_peer_lanes_changed(c);
	cpx_peer_unmap(c);
}

static void on_ready(void *arg)
{
	struct cpx_peer *c = arg;

	pthread_mutex_lock(&c->lock);
	if (c->fiber != NULL)
		handle(c, fiber_process(c->fiber));
	pthread_mutex_unlock(&c->lock);
}

static int watch(struct cpx_peer *c)
{
	int rc;

	rte_intr_fd_set(c->handle, fiber_fd(c->fiber));
	rte_intr_type_set(c->handle, RTE_INTR_HANDLE_EXT);
	rc = rte_intr_callback_register(c->handle, on_ready, c);
	c->watched = rc == 0;
	return rc;
}

static void unwatch(struct cpx_peer *c)
{
	if (c->watched)
		rte_intr_callback_unregister_sync(c->handle, on_ready, c);
	c->watched = false;
}

static struct fiber_config wanted(const struct cpx_port *p)
{
	struct fiber_config config = {
		.path = p->args.path,
		.server = p->args.server,
		.hugepages = rte_eal_has_hugepages(),
		.lanes = p->args.n_lanes,
		.slots = FIBER_STANDARD_SLOTS,
		.features = FIBER_FEATURE_HASH | (p->args.trust ? FIBER_FEATURE_CSUM : 0) |
			    (p->args.wake || p->interrupts ? FIBER_FEATURE_SLEEP : 0) |
			    (p->args.lent ? FIBER_FEATURE_LENT : 0),
	};
	uint32_t most = 0;

	for (unsigned i = 0; i < p->data->nb_rx_queues && i < p->args.n_lanes; i++)
		most = RTE_MAX(most, p->rx[i].nb_desc);
	for (unsigned i = 0; i < p->data->nb_tx_queues && i < p->args.n_lanes; i++)
		most = RTE_MAX(most, p->tx[i].nb_desc);
	if (most != 0)
		config.slots = rte_align32pow2(most);
	return config;
}

/* What a port without a queue in service would not take is not to be sent. */
static void tell_lanes(struct cpx_peer *c)
{
	const struct cpx_port *p = c->port;

	const uint64_t light = LIGHT_TOLD | (uint64_t)load_relaxed(&p->dark_lanes) << DARK_BIT |
			       (uint64_t)load_relaxed(&p->reflecting_lanes) << REFLECT_BIT;

	if (c->fiber != NULL)
		fiber_lanes_set(c->fiber,
				light | (load_relaxed(&p->open_lanes) != 0 ? p->lit_lanes : 0));
}

/* Nobody sends or receives. */
static void drop_fiber(struct cpx_peer *c)
{
	struct fiber *f = c->fiber;

	if (f == NULL)
		return;
	cpx_peer_lent_down(c);
	cpx_peer_stats_keep(c);
	cpx_peer_faults_forget(f);
	c->fiber = NULL;
	c->dead_lanes = 0;
	c->refusals = 0;
	c->searching = false;
	fiber_destroy(f);
}

/* A fiber of this configuration in place of the present one. Nobody sends or receives. */
static int make_fiber(struct cpx_peer *c, const struct fiber_config *config, struct err *err)
{
	struct cpx_port *p = c->port;
	struct fiber *f;
	int rc;

	unwatch(c);
	cpx_peer_unmap_cancel(c);
	pthread_mutex_lock(&c->lock);
	drop_fiber(c); /* a server's path must be free for the new one */
	store_release(&c->peer_lanes, 0);
	rc = fiber_create(&f, config, err);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		p->rx[i].fiber = rc == 0 ? fiber_rx_queue(f, i) : NULL;
		p->tx[i].fiber = rc == 0 ? fiber_tx_queue(f, i) : NULL;
	}
	if (rc == 0) {
		c->fiber = f;
		c->config = *config;
		cpx_peer_faults_watch(f);
		tell_lanes(c);
	}
	send_where_taken(c);
	pthread_mutex_unlock(&c->lock);
	if (rc != 0)
		return rc;
	rc = watch(c);
	if (rc != 0)
		return err_set(err, rc, "fiber %s: DPDK's interrupt thread does not watch it: %s",
			       config->path, rte_strerror(-rc));
	on_ready(c); /* the first attempt of a client */
	return 0;
}

static void peer_detach(struct cpx_port *p)
{
	struct cpx_peer *c = p->carrier;

	unwatch(c);
	cpx_peer_stall_forget(c);
	cpx_peer_unmap_cancel(c);
	drop_fiber(c);
	rte_intr_instance_free(c->handle);
	pthread_mutex_destroy(&c->lock);
	free(c);
	p->carrier = NULL;
}

static int peer_attach(struct cpx_port *p, struct err *err)
{
	const struct fiber_config config = wanted(p);
	struct cpx_peer *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL)
		return err_set(err, -ENOMEM, "carrier=fiber:%s: no memory", p->args.path);
	c->port = p;
	p->carrier = c;
	pthread_mutex_init(&c->lock, NULL);
	c->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (c->handle == NULL) {
		rc = err_set(err, -ENOMEM, "carrier=fiber:%s: no memory", p->args.path);
		goto detach;
	}
	if (!cpx_inside_prepare()) {
		rc = err_set(err, -ENOSYS,
			     "carrier=fiber:%s: the kernel has no membarrier(), without which "
			     "memory of a peer that is gone cannot be unmapped safely; Linux 4.14 "
			     "has it, and a container must allow it",
			     p->args.path);
		goto detach;
	}
	rc = make_fiber(c, &config, err);
	if (rc == 0)
		return 0;
detach:
	peer_detach(p);
	return rc;
}

static void peer_info(const struct cpx_port *p, struct rte_eth_dev_info *info)
{
	/* frames are copied in whole steps; of a lent one the start is */
	info->min_rx_bufsize = CPX_LENT_COPIED;
}

static int peer_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	return 0;
}

/* A new fiber in place of the present one; logs why not. */
static int renew(struct cpx_peer *c, const struct fiber_config *config)
{
	struct err err;
	int rc = make_fiber(c, config, &err);

	if (rc != 0)
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(c->port), err.text);
	return rc;
}

static int peer_reset(struct cpx_port *p)
{
	const struct fiber_config config = wanted(p);

	return renew(p->carrier, &config);
}

/* Frames that wait are dropped, as on a port of glass: nobody is there to take them. One look, so
 * that a peer that sends on and on holds nobody up. */
static unsigned peer_flush(struct cpx_port *p, unsigned source)
{
	struct cpx_peer *c = p->carrier;
	struct fiber_rx *r = p->rx[source].fiber;
	struct fiber_frame f;
	unsigned n = 0;

	pthread_mutex_lock(&c->lock);
	if (r != NULL && fiber_rx_poll(r, UINT32_MAX)) {
		for (; fiber_rx_next(r, &f); n++)
			fiber_rx_give_back_frame(r, &f);
		fiber_rx_release(r, 0, 0);
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

static void flush_all(struct cpx_port *p)
{
	for (unsigned i = 0; i < p->args.n_lanes; i++)
		counter_add(&p->rx[i].count.flushed, peer_flush(p, i));
}

static int peer_start(struct cpx_port *p)
{
	struct cpx_peer *c = p->carrier;
	const struct fiber_config config = wanted(p);

	/* and a peer that broke the protocol is to begin anew */
	if (c->fiber == NULL || c->dead_lanes != 0 || config.features != c->config.features ||
	    config.slots != c->config.slots) {
		int rc = renew(c, &config);

		if (rc != 0)
			return rc;
	}
	flush_all(p); /* what a peer sent to a port that was stopped */
	cpx_peer_stall_watch(c);
	return 0;
}

static void peer_stop(struct cpx_port *p)
{
	struct cpx_peer *c = p->carrier;

	cpx_peer_stall_forget(c);
	flush_all(p);
	pthread_mutex_lock(&c->lock);
	cpx_peer_unmap(c); /* if nothing else could look at the lcores again */
	pthread_mutex_unlock(&c->lock);
}

/* A source is where the peer sends; whether we take anything is told by peer_changed. */
static void peer_gate(struct cpx_port *p, unsigned source, uint32_t gate)
{
}

static void peer_changed(struct cpx_port *p)
{
	struct cpx_peer *c = p->carrier;

	pthread_mutex_lock(&c->lock);
	tell_lanes(c);
	cpx_peer_interrupts(c);
	pthread_mutex_unlock(&c->lock);
}

static uint32_t peer_lit(const struct cpx_port *p)
{
	const struct cpx_peer *c = p->carrier;

	return load_acquire(&c->peer_lanes);
}

static uint32_t peer_light(const struct cpx_port *p)
{
	const struct cpx_peer *c = p->carrier;

	return load_relaxed(&c->light);
}

static uint32_t peer_reflected(const struct cpx_port *p)
{
	const struct cpx_peer *c = p->carrier;

	return load_relaxed(&c->reflected);
}

static uint32_t peer_carrying(const struct cpx_port *p)
{
	const struct cpx_peer *c = p->carrier;

	return load_acquire(&p->open_lanes) & load_acquire(&c->peer_lanes);
}

const struct cpx_carrier_ops cpx_peer_ops = {
	.mode = "Lane Peer",
	.bursts = CPX_PEER_BURSTS,
	.copies = true,
	.attach = peer_attach,
	.info = peer_info,
	.detach = peer_detach,
	.rx_setup = peer_rx_setup,
	.start = peer_start,
	.stop = peer_stop,
	.gate = peer_gate,
	.flush = peer_flush,
	.changed = peer_changed,
	.lit = peer_lit,
	.carrying = peer_carrying,
	.light = peer_light,
	.reflected = peer_reflected,
	.lane_stats = cpx_peer_lane_stats,
	.lane_values = cpx_peer_lane_values,
	.stats = cpx_peer_stats,
	.arm = cpx_peer_arm,
	.disarm = cpx_peer_disarm,
	.rx_count = cpx_peer_rx_count,
	.rx_status = cpx_peer_rx_status,
	.tx_status = cpx_peer_tx_status,
	.reset = peer_reset,
	.dump = cpx_peer_dump,
};
