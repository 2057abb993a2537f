/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour table; see neighbors.h and, for states and lists, neighbors_priv.h. Control thread.
 */
#include "dataplane/ctl/neighbors.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>
#include <rte_random.h>

#include "dataplane/ctl/neighbors_priv.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/ip6.h"

int neighbors_create(struct board *b, struct err *err)
{
	struct neighbors *t = calloc(1, sizeof(*t));
	struct rte_hash_parameters params = { .name = "neighbors",
					      .entries = b->cfg->max_neighbors,
					      .key_len = sizeof(struct neighbor_key),
					      .hash_func = rte_jhash,
					      .hash_func_init_val = (uint32_t)rte_rand(),
					      .socket_id = SOCKET_ID_ANY,
					      /* else buckets fill up before the table */
					      .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE };

	if (t) {
		t->max = b->cfg->max_neighbors;
		t->max_weak = RTE_MAX(t->max / 2, 1u);
		t->all = calloc(t->max, sizeof(*t->all));
		t->of_row = calloc(b->nexthops->n, sizeof(*t->of_row));
		t->by_addr = rte_hash_create(&params);
		neighbor_hold_init(t);
	}
	b->neighbors = t;
	if (!t || !t->all || !t->of_row || !t->by_addr) {
		neighbors_destroy(b);
		return err_set(err, -ENOMEM,
			       "neighbour table of %u: no memory; lower `tables: neighbors`",
			       b->cfg->max_neighbors);
	}
	t->asks = 1000;
	return 0;
}

void neighbors_destroy(struct board *b)
{
	struct neighbors *t = b->neighbors;

	if (!t)
		return;
	rte_hash_free(t->by_addr);
	free(t->of_row);
	free(t->all);
	free(t);
	b->neighbors = NULL;
}

unsigned neighbors_count(const struct board *b)
{
	return b->neighbors->n - b->neighbors->n_failed;
}

static struct neighbor_key make_key(uint16_t iface, uint8_t family, const uint8_t *addr)
{
	struct neighbor_key key = { .iface = iface, .family = family };

	memcpy(key.addr, addr, family == AF_INET ? 4 : 16);
	return key;
}

static struct neighbor *find(const struct neighbors *t, const struct neighbor_key *key)
{
	void *data;

	if (rte_hash_lookup_data(t->by_addr, key, &data) < 0)
		return NULL;
	return &t->all[(uintptr_t)data];
}

static struct rib_prefix host_prefix(const struct board *b, const struct neighbor *n)
{
	struct rib_prefix p = { .vrf = b->ifaces[n->key.iface].vrf,
				.family = (uint8_t)n->key.family,
				.len = n->key.family == AF_INET ? 32 : 128 };

	memcpy(p.addr, n->key.addr, sizeof(p.addr));
	return p;
}

/* Two interfaces may know a neighbour of one address, while a subnet moves from one to the other:
 * the interface is the metric. None to a link-local address, which means something on its own link
 * only. Without room for the route its packets go by way of the control thread. */
static void add_host_route(struct board *b, struct neighbor *n)
{
	const struct rib_prefix to = host_prefix(b, n);

	if (n->host_route || (n->key.family == AF_INET6 && ip6_is_link_local(n->key.addr)))
		return;
	n->host_route = rib_add_neighbor(b, &to, n->key.iface, n->row, NULL) == 0;
}

void neighbor_unroute(struct board *b, struct neighbor *n)
{
	const struct rib_prefix to = host_prefix(b, n);

	if (n->host_route)
		rib_del(b, RIB_NEIGHBOR, &to, n->key.iface, NULL);
	n->host_route = false;
}

/* Not known, and no route holds it. */
static bool is_weak(const struct neighbor *n)
{
	return !n->gateway && (n->state == NEIGHBOR_INCOMPLETE || n->state == NEIGHBOR_FAILED);
}

static void leave_weak(struct neighbors *t, struct neighbor *n)
{
	if (n->age.prev)
		t->all[n->age.prev - 1].age.next = n->age.next;
	else
		t->oldest = n->age.next;
	if (n->age.next)
		t->all[n->age.next - 1].age.prev = n->age.prev;
	else
		t->newest = n->age.prev;
	t->n_weak--;
	n->weak = false;
}

static void join_weak(struct neighbors *t, struct neighbor *n)
{
	const uint32_t me = (uint32_t)(n - t->all) + 1;

	n->age = (struct links){ .prev = t->newest };
	if (t->newest)
		t->all[t->newest - 1].age.next = me;
	else
		t->oldest = me;
	t->newest = me;
	t->n_weak++;
	n->weak = true;
}

void neighbor_set_state(struct board *b, struct neighbor *n, enum neighbor_state state)
{
	struct neighbors *t = b->neighbors;

	t->n_failed -= n->state == NEIGHBOR_FAILED;
	t->n_failed += state == NEIGHBOR_FAILED;
	n->state = (uint8_t)state;
	if (n->weak && !is_weak(n))
		leave_weak(t, n);
	else if (!n->weak && is_weak(n))
		join_weak(t, n);
}

void neighbor_forget(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;

	neighbor_unroute(b, n);
	neighbor_unschedule(t, n);
	neighbor_set_state(b, n, NEIGHBOR_FREE);
	rte_hash_del_key(t->by_addr, &n->key);
	t->of_row[n->row] = 0;
	rib_free_row(b, n->row);
	n->age.next = t->free;
	t->free = (uint32_t)(n - t->all) + 1;
	t->n--;
}

static void evict(struct board *b)
{
	struct neighbor *n = &b->neighbors->all[b->neighbors->oldest - 1];

	neighbor_end_held(b, n, DROP_NEIGHBOR_TABLE_FULL);
	neighbor_forget(b, n);
}

static uint32_t alloc(struct neighbors *t)
{
	const uint32_t i = t->free;

	if (!i)
		return t->used < t->max ? ++t->used : 0;
	t->free = t->all[i - 1].age.next;
	return i;
}

/* Idle, without a route. */
static struct neighbor *create(struct board *b, const struct neighbor_key *key, struct err *err)
{
	struct neighbors *t = b->neighbors;
	const struct iface *iface = &b->ifaces[key->iface];
	struct neighbor *n;
	uint32_t i;

	if (t->n == t->max && t->n_weak)
		evict(b);
	i = alloc(t);
	if (!i) {
		err_set(err, -ENOSPC, "neighbour table is full (%u); raise `tables: neighbors`",
			t->max);
		return NULL;
	}
	n = &t->all[i - 1];
	*n = (struct neighbor){ .key = *key, .state = NEIGHBOR_IDLE };
	if (nexthop_alloc(b->nexthops, NEXTHOP_RESOLVE, iface->port, key->iface, iface->mtu,
			  &n->row, err) != 0)
		goto no_row;
	if (rte_hash_add_key_data(t->by_addr, key, (void *)(uintptr_t)(i - 1)) != 0) {
		err_set(err, -ENOSPC, "neighbour table is full (%u)", t->max);
		goto no_key;
	}
	t->of_row[n->row] = i;
	t->n++;
	return n;

no_key:
	nexthop_free(b->nexthops, n->row);
no_row:
	*n = (struct neighbor){ .age.next = t->free };
	t->free = i;
	return NULL;
}

static struct neighbor *get(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			    struct err *err)
{
	const struct neighbor_key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	return n ? n : create(b, &key, err);
}

static void set_mac(struct board *b, struct neighbor *n, const uint8_t mac[6])
{
	const struct iface *iface = &b->ifaces[n->key.iface];
	uint8_t l2[NEXTHOP_L2_MAX];
	const unsigned len = eth_fill(l2, mac, iface->mac, iface->vlan, 0);

	memmove(n->mac, mac, 6);
	nexthop_set_forward(b->nexthops, n->row, l2, (uint8_t)len);
}

/* What it holds is looked up again once its host route is to be found. */
static void release(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;

	add_host_route(b, n);
	if (!n->n_held)
		return;
	if (t->n_ready < RTE_DIM(t->ready))
		t->ready[t->n_ready++] = (uint32_t)(n - t->all);
	else
		neighbor_return_held(b, n, PKT_TO_WORKER_FORWARD);
}

void neighbors_release(struct board *b)
{
	struct neighbors *t = b->neighbors;

	while (t->n_ready) {
		struct neighbor *n = &t->all[t->ready[--t->n_ready]];

		if (n->state >= NEIGHBOR_REACHABLE)
			neighbor_return_held(b, n, PKT_TO_WORKER_FORWARD);
	}
}

int neighbors_add_static(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			 const uint8_t mac[6], struct err *err)
{
	struct neighbor *n = get(b, iface, family, addr, err);

	if (!n)
		return -ENOSPC;
	neighbor_answered(b, n);
	neighbor_unschedule(b->neighbors, n);
	neighbor_set_state(b, n, NEIGHBOR_PERMANENT);
	set_mac(b, n, mac);
	release(b, n);
	return 0;
}

int neighbors_remove_static(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			    struct err *err)
{
	const struct neighbor_key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	if (!n || n->state != NEIGHBOR_PERMANENT)
		return err_set(err, -ENOENT, "there is no such static neighbour");
	if (n->gateway) { /* as any other: asked at once, forwarding meanwhile */
		neighbor_set_state(b, n, NEIGHBOR_REACHABLE);
		neighbor_schedule(b->neighbors, n, 1);
		return 0;
	}
	neighbor_forget(b, n);
	return 0;
}

int neighbors_hold_gateway(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			   uint32_t *row, struct err *err)
{
	struct neighbor *n = get(b, iface, family, addr, err);

	if (!n)
		return -ENOSPC;
	n->gateway++;
	neighbor_set_state(b, n, n->state);
	*row = n->row;
	return 0;
}

void neighbors_drop_gateway(struct board *b, uint32_t row)
{
	struct neighbors *t = b->neighbors;
	struct neighbor *n = &t->all[t->of_row[row] - 1];

	if (--n->gateway)
		return;
	if (n->state == NEIGHBOR_IDLE)
		neighbor_forget(b, n);
	else
		neighbor_set_state(b, n, n->state);
}

bool neighbors_failed(const struct board *b, uint32_t row)
{
	const struct neighbors *t = b->neighbors;

	return t->of_row[row] && t->all[t->of_row[row] - 1].failed;
}

/* The neighbour a packet is for: the owner of its row, or on a connected subnet its destination. */
static struct neighbor *wanted(struct board *b, struct rte_mbuf *m)
{
	struct neighbors *t = b->neighbors;
	const uint32_t row = *pkt_arg(m);
	const struct nexthop *nh = &b->nexthops->rows[row];
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, PKT_L3);

	if (t->of_row[row])
		return &t->all[t->of_row[row] - 1];
	if (nh->way.type != NEXTHOP_CONNECTED)
		return NULL;
	if (*l3 >> 4 == 4)
		return get(b, nh->way.iface, AF_INET,
			   (const uint8_t *)&((const struct ip4_header *)l3)->dst, NULL);
	return get(b, nh->way.iface, AF_INET6, ((const struct ip6_header *)l3)->dst, NULL);
}

/* Begins to ask; those who are not known are so many at most. */
static void resolve(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;

	if (!n->gateway && t->n_weak >= t->max_weak)
		evict(b);
	neighbor_set_state(b, n, NEIGHBOR_INCOMPLETE);
	n->probes = 0;
	neighbor_ask(b, n);
}

void neighbors_hold(struct board *b, struct rte_mbuf *m)
{
	struct neighbor *n = wanted(b, m);

	if (!n && b->nexthops->rows[*pkt_arg(m)].way.type != NEXTHOP_CONNECTED) {
		punt_return(b, m,
			    PKT_TO_WORKER_FORWARD); /* its row went meanwhile: look up again */
		return;
	}
	if (!n) {
		punt_drop(b, m, DROP_NEIGHBOR_TABLE_FULL);
		return;
	}
	/* resolved while the packet was on its way here; behind those that wait still */
	if (n->state >= NEIGHBOR_REACHABLE && !n->n_held) {
		punt_return(b, m, PKT_TO_WORKER_FORWARD);
		return;
	}
	if (n->state == NEIGHBOR_FAILED) {
		punt_return(b, m, PKT_TO_WORKER_FAILED);
		return;
	}
	if (!neighbor_keep(b, n, m))
		punt_drop(b, m, DROP_HOLD_FULL);
	if (n->state == NEIGHBOR_IDLE)
		resolve(b, n);
}

void neighbors_confirm(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		       const uint8_t mac[6], bool may_create)
{
	const struct neighbor_key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	if (!n && may_create)
		n = create(b, &key, NULL);
	if (!n || n->state == NEIGHBOR_PERMANENT)
		return;
	if (n->state < NEIGHBOR_REACHABLE || memcmp(n->mac, mac, 6) != 0)
		set_mac(b, n, mac);
	neighbor_answered(b, n);
	release(b, n);
}

int neighbors_row(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		  uint32_t *row)
{
	const struct neighbor_key key = make_key(iface, family, addr);
	const struct neighbor *n = find(b->neighbors, &key);

	if (!n)
		return -ENOENT;
	*row = n->row;
	return 0;
}

static bool of_iface(const struct neighbor *n, uint16_t iface)
{
	return n->state != NEIGHBOR_FREE && n->key.iface == iface;
}

void neighbors_move(struct board *b, uint16_t iface)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->used; i++) {
		struct neighbor *n = &t->all[i];

		if (!of_iface(n, iface))
			continue;
		neighbor_end_held(b, n, DROP_PORT_REMOVED);
		if (n->weak) {
			neighbor_forget(b, n);
			continue;
		}
		nexthop_set_port(b->nexthops, n->row, b->ifaces[iface].port);
		nexthop_set_mtu(b->nexthops, n->row, b->ifaces[iface].mtu);
		n->probes = 0;
		if (n->state < NEIGHBOR_REACHABLE) {
			neighbor_set_state(b, n, NEIGHBOR_IDLE);
			neighbor_unschedule(t, n);
		} else {
			set_mac(b, n, n->mac);
		}
		if (n->state == NEIGHBOR_REACHABLE) {
			neighbor_set_state(b, n, NEIGHBOR_PROBING);
			neighbor_schedule(t, n, 1);
		}
	}
}

void neighbors_set_mtu(struct board *b, uint16_t iface)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->used; i++)
		if (of_iface(&t->all[i], iface))
			nexthop_set_mtu(b->nexthops, t->all[i].row, b->ifaces[iface].mtu);
}

void neighbors_forget(struct board *b, uint16_t iface)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->used; i++) {
		if (!of_iface(&t->all[i], iface))
			continue;
		neighbor_end_held(b, &t->all[i], DROP_PORT_REMOVED);
		neighbor_forget(b, &t->all[i]);
	}
}

/* A gateway stays, unresolved: routes hold its row. */
void neighbors_leave_subnet(struct board *b, uint16_t iface, const struct rib_prefix *subnet)
{
	struct neighbors *t = b->neighbors;
	const struct iface *f = &b->ifaces[iface];

	for (uint32_t i = 0; i < t->used; i++) {
		struct neighbor *n = &t->all[i];

		if (!of_iface(n, iface) || n->key.family != subnet->family ||
		    !prefix_match(n->key.addr, subnet->addr, subnet->len) ||
		    addr_on_link(f, subnet->family, n->key.addr))
			continue;
		neighbor_end_held(b, n, DROP_NEIGHBOR_FAILED);
		if (!n->gateway) {
			neighbor_forget(b, n);
			continue;
		}
		neighbor_unroute(b, n);
		neighbor_unschedule(t, n);
		nexthop_set_type(b->nexthops, n->row, NEXTHOP_RESOLVE);
		neighbor_set_state(b, n, NEIGHBOR_IDLE);
	}
}

void neighbors_drain(struct board *b)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; t && b->held && i < t->used; i++)
		neighbor_end_held(b, &t->all[i], DROP_SHUTDOWN);
}

bool neighbors_view(const struct board *b, uint32_t *at, struct neighbor_view *v)
{
	const struct neighbors *t = b->neighbors;

	for (; *at < t->used; ++*at) {
		const struct neighbor *n = &t->all[*at];

		if (n->state == NEIGHBOR_FREE)
			continue;
		*v = (struct neighbor_view){ .iface = n->key.iface,
					     .family = (uint8_t)n->key.family,
					     .state = (enum neighbor_state)n->state,
					     .has_mac = n->state >= NEIGHBOR_REACHABLE,
					     .gateway = n->gateway,
					     .held = n->n_held,
					     .row = n->row,
					     .age_s = t->now - n->confirmed };
		memcpy(v->addr, n->key.addr, sizeof(v->addr));
		memcpy(v->mac, n->mac, sizeof(v->mac));
		++*at;
		return true;
	}
	return false;
}
