/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways of the RIB: one hop each, shared and counted. A way holds its gateway's neighbour, or leads
 * to the row of its link. Control thread. */
#include <errno.h>
#include <string.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib_priv.h"

static struct rib_key key_of(const struct rib_hop *hop)
{
	struct rib_key key = { .iface = hop->iface, .family = hop->family };

	if (hop->family)
		memcpy(key.addr, hop->addr, hop->family == AF_INET ? 4 : 16);
	return key;
}

int rib_get_way(struct board *b, const struct rib_hop *hop, uint32_t *way, struct err *err)
{
	struct rib *r = b->rib;
	const struct rib_key key = key_of(hop);
	struct rib_way *w;
	int ret, at;

	if (hop->iface == IFACE_NONE || hop->iface > b->n_ifaces || !b->ifaces[hop->iface].mtu)
		return err_set(err, -ENOENT, "next hop: there is no interface %u", hop->iface);
	if (hop->family && hop->family != AF_INET && hop->family != AF_INET6)
		return err_set(err, -EINVAL, "next hop: gateway of unknown family %u", hop->family);
	at = rte_hash_add_key(r->by_way, &key);
	if (at < 0)
		return err_set(err, -ENOSPC,
			       "table of gateways is full (%u); raise `tables: nexthops`",
			       r->max_ways);
	w = &r->ways[at];
	*way = (uint32_t)at;
	if (w->refs++)
		return 0;
	w->key = key;
	w->off_link = false;
	ret = key.family ? neighbors_hold_gateway(b, key.iface, key.family, key.addr, &w->row, err)
			 : iface_link_row(b, key.iface, &w->row, err);
	if (ret) {
		w->refs = 0;
		rte_hash_del_key(r->by_way, &key);
	}
	return ret;
}

void rib_put_way(struct board *b, uint32_t way)
{
	struct rib_way *w = &b->rib->ways[way];

	if (--w->refs)
		return;
	if (w->key.family)
		neighbors_drop_gateway(b, w->row);
	rte_hash_del_key(b->rib->by_way, &w->key);
}

bool rib_way_up(const struct board *b, const struct rib_way *w)
{
	const uint16_t id = b->ifaces[w->key.iface].port;

	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && b->ports[i].id == id)
			return b->ports[i].up && !(w->key.family && neighbors_failed(b, w->row));
	return false;
}

void rib_port_changed(struct board *b, unsigned port)
{
	(void)port; /* all are looked at: ways are few, and ports change seldom */
	rib_neighbor_changed(b);
}

void rib_neighbor_changed(struct board *b)
{
	b->rib->ways_changed = b->rib->dirty = true;
}

/* A gateway that never was in a subnet of ours is the business of who named it. */
void rib_subnet_changed(struct board *b, uint16_t iface, const struct rib_prefix *gone)
{
	struct rib *r = b->rib;

	for (int32_t i = 0; i <= rte_hash_max_key_id(r->by_way); i++) {
		struct rib_way *w = &r->ways[i];
		const struct rib_key *k = &w->key;
		bool on_link;

		if (!w->refs || k->iface != iface || !k->family)
			continue;
		on_link = addr_on_link(&b->ifaces[iface], k->family, k->addr);
		if (on_link)
			w->off_link = false;
		else if (gone && gone->family == k->family &&
			 prefix_match(gone->addr, k->addr, gone->len))
			w->off_link = true;
	}
	rib_neighbor_changed(b);
}
