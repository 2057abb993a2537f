/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour table; see neighbors.h. Control thread. */
#include "dataplane/ctl/neighbors.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_hash.h>
#include <rte_jhash.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/arp.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"

enum state {
	FREE,
	IDLE,      /* a gateway nobody sends to yet, or that did not answer */
	RESOLVING, /* asked, packets wait */
	REACHABLE,
	PROBING, /* was reachable, asked again */
	PERMANENT,
};

struct key {
	uint16_t iface;
	uint16_t family;
	uint8_t addr[16];
};

struct neighbor {
	struct key key;
	enum state state;
	uint8_t mac[6];
	unsigned gateway; /* ways of the RIB that hold its row */
	bool host_route;  /* it has a route of its own to the row */
	uint32_t row;     /* next hop */
	unsigned probes;  /* sent since the last answer */
	unsigned seconds; /* since confirmed */
	unsigned n_held;
	struct rte_mbuf *held[NEIGHBORS_HOLD_MAX];
};

struct neighbors {
	struct rte_hash *by_addr; /* key -> index */
	struct neighbor *all;
	uint32_t max, n;
	uint32_t *of_row; /* [next-hop row] -> index + 1 */
};

int neighbors_create(struct board *b, struct err *err)
{
	struct neighbors *t = calloc(1, sizeof(*t));
	struct rte_hash_parameters params = { .name = "neighbors",
					      .entries = b->cfg->max_neighbors,
					      .key_len = sizeof(struct key),
					      .hash_func = rte_jhash,
					      .socket_id = SOCKET_ID_ANY,
					      /* else buckets fill up before the table */
					      .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE };

	if (t) {
		t->max = b->cfg->max_neighbors;
		t->all = calloc(t->max, sizeof(*t->all));
		t->of_row = calloc(b->nexthops->n, sizeof(*t->of_row));
		t->by_addr = rte_hash_create(&params);
	}
	b->neighbors = t;
	if (!t || !t->all || !t->of_row || !t->by_addr) {
		neighbors_destroy(b);
		return err_set(err, -ENOMEM,
			       "neighbour table of %u: no memory; lower `tables: neighbors`",
			       b->cfg->max_neighbors);
	}
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
	return b->neighbors->n;
}

static struct key make_key(uint16_t iface, uint8_t family, const uint8_t *addr)
{
	struct key key = { .iface = iface, .family = family };

	memcpy(key.addr, addr, family == AF_INET ? 4 : 16);
	return key;
}

static struct neighbor *find(const struct neighbors *t, const struct key *key)
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

/* None to a link-local address, which means something on its own link only. Without room for the
 * route its packets go by way of the control thread. */
static void add_host_route(struct board *b, struct neighbor *n)
{
	const struct rib_prefix to = host_prefix(b, n);

	if (n->host_route || (n->key.family == AF_INET6 && ip6_is_link_local(n->key.addr)))
		return;
	n->host_route = rib_add_neighbor(b, &to, n->row, NULL) == 0;
}

static struct neighbor *create(struct board *b, const struct key *key, struct err *err)
{
	struct neighbors *t = b->neighbors;
	const struct iface *iface = &b->ifaces[key->iface];
	uint32_t i = 0;

	if (t->n == t->max) {
		err_set(err, -ENOSPC, "neighbour table is full (%u); raise `tables: neighbors`",
			t->max);
		return NULL;
	}
	while (t->all[i].state != FREE)
		i++;
	t->all[i] = (struct neighbor){ .key = *key, .state = IDLE };
	if (nexthop_alloc(b->nexthops, NEXTHOP_RESOLVE, iface->port, key->iface, iface->mtu,
			  &t->all[i].row, err) != 0)
		goto no_row;
	if (rte_hash_add_key_data(t->by_addr, key, (void *)(uintptr_t)i) != 0) {
		err_set(err, -ENOSPC, "neighbour table is full (%u)", t->max);
		goto no_key;
	}
	t->of_row[t->all[i].row] = i + 1;
	t->n++;
	return &t->all[i];

no_key:
	nexthop_free(b->nexthops, t->all[i].row);
no_row:
	t->all[i].state = FREE;
	return NULL;
}

static void forget(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;
	const struct rib_prefix to = host_prefix(b, n);

	if (n->host_route)
		rib_del(b, RIB_NEIGHBOR, &to, UINT32_MAX, NULL);
	rte_hash_del_key(t->by_addr, &n->key);
	t->of_row[n->row] = 0;
	rib_free_row(b, n->row);
	n->state = FREE;
	t->n--;
}

static void set_mac(struct board *b, struct neighbor *n, const uint8_t mac[6])
{
	const struct iface *iface = &b->ifaces[n->key.iface];
	uint8_t l2[NEXTHOP_L2_MAX];
	const unsigned len = eth_fill(l2, mac, iface->mac, iface->vlan, 0);

	memcpy(n->mac, mac, 6);
	nexthop_set_forward(b->nexthops, n->row, l2, (uint8_t)len);
}

static void release(struct board *b, struct neighbor *n, enum pkt_kind kind)
{
	for (unsigned i = 0; i < n->n_held; i++)
		punt_return(b, n->held[i], kind);
	b->held -= n->n_held;
	n->n_held = 0;
}

static void end_held(struct board *b, struct neighbor *n, enum drop_reason reason)
{
	for (unsigned i = 0; i < n->n_held; i++)
		punt_drop(b, n->held[i], reason);
	b->held -= n->n_held;
	n->n_held = 0;
}

static void ask(struct board *b, struct neighbor *n)
{
	const struct iface *iface = &b->ifaces[n->key.iface];
	uint8_t frame[128];
	int len;

	if (n->key.family == AF_INET) {
		uint32_t addr;
		const uint32_t *src;

		memcpy(&addr, n->key.addr, 4);
		src = iface_source4(iface, addr);
		len = arp_build_request(frame, sizeof(frame), iface->mac, iface->vlan,
					src ? *src : 0, addr);
	} else {
		const uint8_t *src = iface_source6(iface, n->key.addr);
		const bool known = n->state == PROBING;

		if (!src)
			return;
		len = nd_build_solicit(frame, sizeof(frame), iface->mac, known ? n->mac : NULL,
				       iface->vlan, src, known ? n->key.addr : NULL, n->key.addr);
	}
	n->probes++;
	punt_send(b, iface, frame, len);
}

int neighbors_add_static(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			 const uint8_t mac[6], struct err *err)
{
	const struct key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	if (!n)
		n = create(b, &key, err);
	if (!n)
		return -ENOSPC;
	n->state = PERMANENT;
	set_mac(b, n, mac);
	add_host_route(b, n);
	return 0;
}

int neighbors_hold_gateway(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			   uint32_t *row, struct err *err)
{
	const struct key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	if (!n)
		n = create(b, &key, err);
	if (!n)
		return -ENOSPC;
	n->gateway++;
	*row = n->row;
	return 0;
}

void neighbors_drop_gateway(struct board *b, uint32_t row)
{
	struct neighbors *t = b->neighbors;
	struct neighbor *n = &t->all[t->of_row[row] - 1];

	if (--n->gateway == 0 && n->state == IDLE)
		forget(b, n);
}

/* The neighbour a packet is for: the owner of its row, or on a connected subnet its destination. */
static struct neighbor *wanted(struct board *b, struct rte_mbuf *m)
{
	struct neighbors *t = b->neighbors;
	const uint32_t row = *pkt_arg(m);
	const struct nexthop *nh = &b->nexthops->rows[row];
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, PKT_L3);
	struct neighbor *n;
	struct key key;

	if (t->of_row[row])
		return &t->all[t->of_row[row] - 1];
	if (nh->type != NEXTHOP_CONNECTED)
		return NULL;
	if (*l3 >> 4 == 4)
		key = make_key(nh->iface, AF_INET,
			       (const uint8_t *)&((const struct ip4_header *)l3)->dst);
	else
		key = make_key(nh->iface, AF_INET6, ((const struct ip6_header *)l3)->dst);
	n = find(t, &key);
	return n ? n : create(b, &key, NULL);
}

void neighbors_hold(struct board *b, struct rte_mbuf *m)
{
	struct neighbor *n = wanted(b, m);

	if (!n && b->nexthops->rows[*pkt_arg(m)].type != NEXTHOP_CONNECTED) {
		punt_return(b, m,
			    PKT_TO_WORKER_FORWARD); /* its row went meanwhile: look up again */
		return;
	}
	if (!n) {
		punt_drop(b, m, DROP_NEIGHBOR_TABLE_FULL);
		return;
	}
	if (n->state >= REACHABLE) { /* resolved while the packet was on its way here */
		punt_return(b, m, PKT_TO_WORKER_FORWARD);
		return;
	}
	if (n->n_held == NEIGHBORS_HOLD_MAX || b->held == NEIGHBORS_HOLD_TOTAL_MAX) {
		punt_drop(b, m, DROP_HOLD_FULL);
	} else {
		n->held[n->n_held++] = m;
		b->held++;
	}
	if (n->state == IDLE) {
		n->state = RESOLVING;
		n->probes = 0;
		ask(b, n);
	}
}

void neighbors_confirm(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		       const uint8_t mac[6], bool may_create)
{
	const struct key key = make_key(iface, family, addr);
	struct neighbor *n = find(b->neighbors, &key);

	if (!n && may_create)
		n = create(b, &key, NULL);
	if (!n || n->state == PERMANENT)
		return;
	if (n->state < REACHABLE || memcmp(n->mac, mac, 6) != 0)
		set_mac(b, n, mac);
	n->state = REACHABLE;
	n->probes = 0;
	n->seconds = 0;
	add_host_route(b, n);
	if (n->n_held)
		rib_commit(b); /* they are looked up again */
	release(b, n, PKT_TO_WORKER_FORWARD);
}

static void unanswered(struct board *b, struct neighbor *n)
{
	const struct rib_prefix to = host_prefix(b, n);

	nexthop_set_type(b->nexthops, n->row, NEXTHOP_RESOLVE);
	if (n->host_route)
		rib_del(b, RIB_NEIGHBOR, &to, UINT32_MAX, NULL);
	n->host_route = false;
	n->state = IDLE;
	release(b, n, PKT_TO_WORKER_FAILED);
	if (!n->gateway)
		forget(b, n);
}

int neighbors_row(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		  uint32_t *row)
{
	const struct key key = make_key(iface, family, addr);
	const struct neighbor *n = find(b->neighbors, &key);

	if (!n)
		return -ENOENT;
	*row = n->row;
	return 0;
}

void neighbors_move(struct board *b, uint16_t iface)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->max; i++) {
		struct neighbor *n = &t->all[i];

		if (n->state == FREE || n->key.iface != iface)
			continue;
		end_held(b, n, DROP_PORT_REMOVED);
		if (n->state == RESOLVING && !n->gateway) {
			forget(b, n);
			continue;
		}
		nexthop_set_port(b->nexthops, n->row, b->ifaces[iface].port);
		n->probes = 0;
		if (n->state == RESOLVING)
			n->state = IDLE;
		if (n->state >= REACHABLE)
			set_mac(b, n, n->mac);
		if (n->state == REACHABLE)
			n->state = PROBING;
	}
}

void neighbors_forget(struct board *b, uint16_t iface)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->max; i++) {
		if (t->all[i].state == FREE || t->all[i].key.iface != iface)
			continue;
		end_held(b, &t->all[i], DROP_PORT_REMOVED);
		forget(b, &t->all[i]);
	}
}

void neighbors_tick(void *arg)
{
	struct board *b = arg;
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; i < t->max; i++) {
		struct neighbor *n = &t->all[i];

		switch (n->state) {
		case RESOLVING:
		case PROBING:
			if (n->probes < NEIGHBORS_PROBES)
				ask(b, n);
			else
				unanswered(b, n);
			break;
		case REACHABLE:
			if (++n->seconds >= b->cfg->arp_age_s) {
				n->state = PROBING;
				n->probes = 0;
				ask(b, n);
			}
			break;
		default:
			break;
		}
	}
	rib_commit(b);
}

void neighbors_drain(struct board *b)
{
	struct neighbors *t = b->neighbors;

	for (uint32_t i = 0; t && i < t->max; i++)
		end_held(b, &t->all[i], DROP_SHUTDOWN);
}
