/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel does not tell and has to be asked for: IPv4 routes that go with an address, a
 * device that goes down or a next-hop object; everything when the twins have another namespace.
 */
#include "dataplane/ctl/kernel.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/feed.h"
#include "dataplane/ctl/kernel_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"
#include "lib/rtnl/socket.h"

#define WORK_NS 2000000ull   /* of the control loop's time, a turn */
#define TICK_NS 200000000ull /* what is not told is asked for at most that often */

static void on_neighbor(struct kernel *k, const struct rtnl_message *m)
{
	const struct rtnl_neighbor *n = &m->neighbor;
	const uint16_t iface = kernel_iface(k->board, n->index);
	struct err err;

	if (iface == IFACE_NONE || m->del || !n->has_mac || n->flags & NTF_PROXY)
		return;
	if (n->state & NUD_PERMANENT) {
		if (neighbors_add_static(k->board, iface, n->family, n->addr, n->mac, &err) != 0)
			kernel_refuse(k, &err);
	} else if (n->state & NUD_REACHABLE) {
		neighbors_confirm(k->board, iface, n->family, n->addr, n->mac, false);
	}
}

static void on_message(void *arg, const struct rtnl_message *m)
{
	struct kernel *k = arg;

	switch (m->kind) {
	case RTNL_LINK:
		kernel_link(k, m);
		break;
	case RTNL_ADDRESS:
		kernel_address(k, m);
		break;
	case RTNL_ROUTE:
	case RTNL_NEXTHOP:
		feed_message(k->feed, m);
		/* IPv4 routes that use it go without a word */
		k->ask |= m->kind == RTNL_NEXTHOP && m->del;
		break;
	case RTNL_NEIGHBOR:
		on_neighbor(k, m);
		break;
	default:
		break;
	}
}

static void on_begin(void *arg)
{
	struct kernel *k = arg;

	k->ask = false;
	kernel_mark(k);
	feed_mark(k->feed);
}

static void on_end(void *arg)
{
	struct kernel *k = arg;

	kernel_sweep(k);
	feed_sweep(k->feed);
	k->said = false;
}

static const struct rtnl_handlers handlers = { on_begin, on_message, on_end };

void kernel_refuse(struct kernel *k, const struct err *err)
{
	k->refused++;
	if (!k->said)
		log_warn("kernel: not followed: %s; more of these are only counted", err->text);
	k->said = true;
}

static void on_readable(void *arg, uint32_t events)
{
	(void)events;
	kernel_work(arg);
}

static void hang_up(struct kernel *k)
{
	const struct rtnl_counters *c;

	if (!k->socket)
		return;
	c = rtnl_counters(k->socket);
	k->before.messages += c->messages;
	k->before.refused += c->refused;
	k->before.overruns += c->overruns;
	k->before.resyncs += c->resyncs;
	if (k->watch)
		loop_remove(k->loop, k->watch);
	k->watch = NULL;
	rtnl_close(k->socket);
	k->socket = NULL;
}

static int call(struct kernel *k, struct err *err)
{
	const int ns = twins_netns(k->board);
	int ret =
		ns == -ENOENT ? -ENOENT : rtnl_open(&k->socket, ns, RTNL_BUFFER, &handlers, k, err);

	if (ret)
		return ret;
	k->epoch = twins_epoch(k->board);
	if (rtnl_buffer(k->socket) < RTNL_BUFFER && !k->said_buffer)
		log_info("netlink: the kernel holds %zu KiB for us, not %u: it may drop messages "
			 "when many routes change, all is read again then; sysctl -w "
			 "net.core.rmem_max=%u, or CAP_NET_ADMIN",
			 rtnl_buffer(k->socket) >> 10, RTNL_BUFFER >> 10, RTNL_BUFFER);
	k->said_buffer = true;
	if (k->loop)
		k->watch = loop_fd(k->loop, rtnl_fd(k->socket), POLLIN, on_readable, k->board);
	return 0;
}

static void commit(struct kernel *k)
{
	struct err err;

	if (k->addresses_changed) {
		if (addrs_commit(k->board, &err) != 0)
			kernel_refuse(k, &err);
		k->addresses_changed = false;
	}
	rib_commit(k->board);
}

bool kernel_work(struct board *b)
{
	struct kernel *k = b->kernel;
	int ret;

	if (!k || !k->socket)
		return false;
	ret = rtnl_work(k->socket, WORK_NS);
	commit(k);
	if (ret < 0) {
		log_warn("netlink: %s; opened again", strerror(-ret));
		hang_up(k);
	}
	return ret > 0;
}

void kernel_tick(void *arg)
{
	struct board *b = arg;
	struct kernel *k = b->kernel;
	struct err err;

	if (k->socket && k->epoch != twins_epoch(b))
		hang_up(k);
	if (!k->socket) {
		const int ret = call(k, &err);

		if (ret && ret != -ENOENT && !k->said)
			log_warn("%s; tried again until it works", err.text);
		k->said = ret && ret != -ENOENT;
	}
	k->ask |= feed_wants_resync(k->feed);
	if (k->ask && k->socket)
		rtnl_resync(k->socket);
	k->ask = false;
	kernel_work(b);
}

int kernel_create(struct board *b, struct err *err)
{
	struct kernel *k;
	int ret;

	if (!b->twins)
		return 0;
	b->kernel = k = calloc(1, sizeof(*k));
	if (!k)
		return err_set(err, -ENOMEM, "kernel's routes: no memory");
	k->board = b;
	ret = feed_create(&k->feed, b, RIB_KERNEL, "kernel", kernel_iface, err);
	if (!ret)
		ret = call(k, err);
	return ret == -ENOENT ? 0 : ret;
}

int kernel_attach(struct board *b, struct loop *l, struct err *err)
{
	struct kernel *k = b->kernel;

	if (!k)
		return 0;
	k->loop = l;
	k->timer = loop_timer(l, TICK_NS, kernel_tick, b);
	if (k->socket)
		k->watch = loop_fd(l, rtnl_fd(k->socket), POLLIN, on_readable, b);
	if (k->timer && (!k->socket || k->watch))
		return 0;
	return err_set(err, -ENOMEM, "kernel's routes: no memory for a timer");
}

void kernel_destroy(struct board *b)
{
	struct kernel *k = b->kernel;

	if (!k)
		return;
	hang_up(k);
	if (k->timer)
		loop_remove(k->loop, k->timer);
	feed_destroy(k->feed);
	free(k);
	b->kernel = NULL;
}

bool kernel_count(const struct board *b, struct kernel_counts *out)
{
	const struct kernel *k = b->kernel;
	const struct rtnl_counters none = { 0 };
	const struct rtnl_counters *now;

	if (!k)
		return false;
	now = k->socket ? rtnl_counters(k->socket) : &none;
	*out = (struct kernel_counts){
		.routes = rib_count(b, RIB_KERNEL),
		.messages = k->before.messages + now->messages,
		.overruns = k->before.overruns + now->overruns,
		.resyncs = k->before.resyncs + now->resyncs,
		.refused = k->before.refused + now->refused + k->refused +
			   feed_counters(k->feed)->refused,
	};
	return true;
}
