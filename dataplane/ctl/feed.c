/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes; see feed.h. Next-hop objects are in feed_objects.c. */
#include "dataplane/ctl/feed.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/feed_priv.h"
#include "lib/base/log.h"

/* -1: not a table that is followed. */
static int vrf_of(const struct board *b, uint32_t table)
{
	for (unsigned i = 0; i < b->n_vrfs; i++)
		if (b->vrfs[i].table == table)
			return (int)i;
	return -1;
}

/* Where a packet can be sent to by itself. */
static bool is_unicast(uint8_t family, const uint8_t *addr)
{
	static const uint8_t loop[16] = { [15] = 1 };

	if (family == AF_INET)
		return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
	return addr[0] != 0xff && memcmp(addr, loop, sizeof(loop)) != 0;
}

int feed_hop(const struct feed *f, const struct rtnl_hop *from, struct rib_hop *to)
{
	const uint16_t iface = f->index_to_iface(f->board, from->index);

	if (iface == IFACE_NONE || from->flags & RTNH_F_DEAD)
		return 0;
	if (from->encap)
		return -EOPNOTSUPP;
	if (from->family && !is_unicast(from->family, from->addr))
		return -EINVAL;
	*to = (struct rib_hop){ .iface = iface, .family = from->family, .weight = 1 };
	memcpy(to->addr, from->addr, sizeof(to->addr));
	return 1;
}

void feed_weigh(struct rib_hop *hops, const uint16_t *weights, unsigned n)
{
	unsigned most = 1;

	for (unsigned i = 0; i < n; i++)
		most = weights[i] > most ? weights[i] : most;
	for (unsigned i = 0; i < n; i++) {
		const unsigned w = most > 255 ? weights[i] * 255u / most : weights[i];

		hops[i].weight = (uint8_t)(w ? w : 1);
	}
}

/* How many of the route's hops are ways of ours; a negative errno when none is, and why. */
static int collect(const struct feed *f, const struct rtnl_route *r, struct rib_hop *hops)
{
	uint16_t weights[RTNL_MAX_HOPS] = { 0 };
	unsigned n = 0;
	int why = 0;

	for (unsigned i = 0; i < r->n_hops; i++) {
		const int ret = feed_hop(f, &r->hops[i], &hops[n]);

		if (ret < 0)
			why = ret;
		else if (ret > 0)
			weights[n++] = r->hops[i].weight;
	}
	feed_weigh(hops, weights, n);
	return n ? (int)n : why;
}

/* 1 and where the route leads; 0: not by a way of ours. */
static int target_of(struct feed *f, const struct rtnl_route *r, struct rib_hop *hops,
		     struct rib_target *t)
{
	struct feed_object *o;
	int n;

	*t = (struct rib_target){ .hops = hops };
	switch (r->type) {
	case RTN_BLACKHOLE:
		t->kind = RIB_BLACKHOLE;
		return 1;
	case RTN_UNREACHABLE:
		t->kind = RIB_UNREACHABLE;
		return 1;
	case RTN_PROHIBIT:
		t->kind = RIB_PROHIBIT;
		return 1;
	case RTN_UNICAST:
		break;
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_ANYCAST:
	case RTN_MULTICAST: /* they come of addresses */
		return 0;
	default:
		return -EOPNOTSUPP;
	}
	if (!r->nh_id) {
		n = collect(f, r, hops);
		t->n_hops = n > 0 ? (uint16_t)n : 0;
		return n > 0 ? 1 : n;
	}
	o = feed_find_object(f, r->nh_id);
	if (!o)
		return -ENOENT;
	t->kind = RIB_OBJECT;
	t->object = o->rib_id;
	o->missed |= !o->in_rib;
	return o->in_rib;
}

static bool same_hop(const struct rib_hop *a, const struct rib_hop *b)
{
	return a->iface == b->iface && a->family == b->family &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/*
 * IPv6 multipath loses one hop at a time: the message names what went. Hops that stay, of those we
 * have; 0 if the whole route is meant.
 */
static unsigned what_stays(struct feed *f, const struct rib_prefix *to, uint32_t metric,
			   const struct rtnl_route *gone, struct rib_hop *stay)
{
	struct rib_hop hops[RIB_MAX_HOPS], went;
	struct rib_route_view v;
	unsigned n = 0;

	if (to->family != AF_INET6 || gone->nh_id || gone->n_hops == 0 ||
	    rib_get(f->board, f->source, to, metric, hops, &v) != 0 || v.kind != RIB_VIA ||
	    v.n_hops < 2)
		return 0;
	for (unsigned i = 0; i < v.n_hops; i++) {
		bool goes = false;

		for (unsigned k = 0; !goes && k < gone->n_hops; k++)
			goes = feed_hop(f, &gone->hops[k], &went) > 0 && same_hop(&went, &hops[i]);
		if (!goes)
			stay[n++] = hops[i];
	}
	return n;
}

static int del_route(struct feed *f, const struct rib_prefix *to, uint32_t metric,
		     const struct rtnl_route *r)
{
	struct rib_hop stay[RIB_MAX_HOPS];
	const struct rib_target t = { .kind = RIB_VIA,
				      .n_hops = (uint16_t)what_stays(f, to, metric, r, stay),
				      .hops = stay };
	int ret;

	if (t.n_hops)
		return rib_add(f->board, f->source, to, metric, &t, &f->err);
	ret = rib_del(f->board, f->source, to, metric, &f->err);
	if (ret == 0 && f->source == RIB_KERNEL && (f->full || f->shadowed))
		f->resync = true; /* there is room now, or another one behind it */
	return ret == -ENOENT ? 0 : ret;
}

/*
 * IPv4 allows several routes of one prefix and metric, of which the first counts: true for those
 * behind it. A dump has them one after the other; a change says that it came behind (APPEND) or
 * before others (neither that nor EXCL nor REPLACE).
 */
static bool is_shadowed(struct feed *f, const struct rtnl_message *m)
{
	const struct rtnl_route *r = &m->route;
	struct feed_key key = { .len = r->len, .table = r->table, .priority = r->priority };
	bool behind;

	if (r->family != AF_INET)
		return false;
	memcpy(key.dst, r->dst, sizeof(key.dst));
	if (m->flags & NLM_F_MULTI) {
		behind = f->dumped && memcmp(&key, &f->last, sizeof(key)) == 0;
		f->dumped = true;
		f->last = key;
		f->shadowed |= behind;
		return behind;
	}
	f->shadowed |= !(m->flags & (NLM_F_EXCL | NLM_F_REPLACE));
	return m->flags & NLM_F_APPEND;
}

static int on_route(struct feed *f, const struct rtnl_message *m)
{
	const struct rtnl_route *r = &m->route;
	const uint32_t metric = r->priority == UINT32_MAX ? UINT32_MAX - 1 : r->priority;
	const int vrf = vrf_of(f->board, r->table);
	struct rib_prefix to = { .family = r->family, .len = r->len };
	struct rib_hop hops[RTNL_MAX_HOPS];
	struct rib_target t;
	int ret;

	if (vrf < 0 || r->protocol == RTPROT_KERNEL || r->protocol == RTPROT_REDIRECT ||
	    r->protocol == FEED_PROTOCOL || r->flags & RTM_F_CLONED)
		return 0;
	if (r->tos || r->src_len)
		return err_set(&f->err, -EOPNOTSUPP,
			       "a route by type of service or source address");
	to.vrf = (uint16_t)vrf;
	memcpy(to.addr, r->dst, sizeof(to.addr));
	if (m->del)
		return del_route(f, &to, metric, r);
	if (f->source == RIB_KERNEL && is_shadowed(f, m))
		return 0;
	ret = target_of(f, r, hops, &t);
	if (ret > 0) {
		ret = rib_add(f->board, f->source, &to, metric, &t, &f->err);
		if (ret == 0) {
			f->counters.routes++;
			return 0;
		}
	} else if (ret < 0) {
		err_set(&f->err, ret, "%s",
			ret == -ENOENT   ? "a route by a next-hop object that was never told"
			: ret == -EINVAL ? "a route through what is no gateway"
					 : "a route through a tunnel, or of a type unknown here");
	}
	rib_del(f->board, f->source, &to, metric, NULL); /* what it was before it is no more */
	return ret;
}

int feed_message(struct feed *f, const struct rtnl_message *m)
{
	int ret;

	if (m->kind == RTNL_ROUTE)
		ret = on_route(f, m);
	else if (m->kind == RTNL_NEXTHOP)
		ret = feed_object(f, &m->nexthop, m->del);
	else
		return 0;
	if (ret == 0)
		return 0;
	f->counters.refused++;
	f->full |= ret == -ENOSPC;
	if (!f->said)
		log_warn("%s routes: not followed: %s; more of these are only counted", f->name,
			 f->err.text);
	f->said = true;
	return ret;
}

void feed_mark(struct feed *f)
{
	feed_mark_objects(f);
	rib_mark(f->board, f->source);
	f->dumped = f->shadowed = f->full = f->resync = false;
}

void feed_restart(struct feed *f)
{
	feed_forget_ids(f);
	feed_mark(f);
}

unsigned feed_sweep(struct feed *f)
{
	feed_sweep_objects(f);
	if (!f->full)
		f->said = false;
	return rib_sweep(f->board, f->source);
}

bool feed_wants_resync(struct feed *f)
{
	const bool wanted = f->resync;

	f->resync = false;
	return wanted;
}

const struct feed_counters *feed_counters(const struct feed *f)
{
	return &f->counters;
}

int feed_create(struct feed **out, struct board *b, enum rib_source source, const char *name,
		uint16_t (*index_to_iface)(const struct board *b, int32_t index), struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));

	*out = f;
	if (!f)
		return err_set(err, -ENOMEM, "%s routes: no memory", name);
	f->board = b;
	f->source = source;
	f->name = name;
	f->index_to_iface = index_to_iface;
	if (feed_create_objects(f) != 0) {
		feed_destroy(f);
		*out = NULL;
		return err_set(err, -ENOMEM,
			       "%s routes: no memory for %u next-hop objects; lower `tables: "
			       "nexthops`",
			       name, b->nexthops->n);
	}
	return 0;
}

void feed_destroy(struct feed *f)
{
	if (!f)
		return;
	feed_destroy_objects(f);
	free(f);
}
