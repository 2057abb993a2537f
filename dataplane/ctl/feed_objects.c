/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Next-hop objects of a feed: single ways, and groups that name them. The RIB gets every object as
 * hops; when a single way changes, so do the groups it is in. An object none of whose ways is ours
 * is remembered, and not in the RIB. Control thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>

#include "dataplane/ctl/feed_priv.h"

int feed_create_objects(struct feed *f)
{
	char name[RTE_HASH_NAMESIZE];
	const struct rte_hash_parameters params = { .name = name,
						    .entries = f->board->nexthops->n,
						    .key_len = sizeof(uint32_t),
						    .hash_func = rte_jhash,
						    .socket_id = SOCKET_ID_ANY,
						    .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE };

	snprintf(name, sizeof(name), "feed_%s", f->name);
	f->by_id = rte_hash_create(&params);
	if (f->by_id)
		f->objects = calloc((size_t)rte_hash_max_key_id(f->by_id) + 1, sizeof(*f->objects));
	return f->objects ? 0 : -ENOMEM;
}

static struct feed_object *at(const struct feed *f, int32_t i)
{
	return f->objects[i].id ? &f->objects[i] : NULL;
}

void feed_destroy_objects(struct feed *f)
{
	for (int32_t i = 0; f->objects && i <= rte_hash_max_key_id(f->by_id); i++)
		free(f->objects[i].members);
	free(f->objects);
	rte_hash_free(f->by_id);
}

static struct feed_object *find(const struct feed *f, uint32_t id)
{
	const int i = rte_hash_lookup(f->by_id, &id);

	return i < 0 ? NULL : &f->objects[i];
}

struct feed_object *feed_find_object(const struct feed *f, uint32_t id)
{
	return find(f, id);
}

/* Hops of ours behind an object. A group that names nobody we have seen yet has none. */
static struct rib_target flatten(const struct feed *f, const struct feed_object *o,
				 struct rib_hop hops[RIB_MAX_HOPS])
{
	struct rib_target t = { .kind = o->blackhole ? RIB_BLACKHOLE : RIB_VIA, .hops = hops };
	uint16_t weights[RIB_MAX_HOPS] = { 0 };

	if (o->usable)
		hops[t.n_hops++] = o->hop;
	for (unsigned i = 0; i < o->n && t.n_hops < RIB_MAX_HOPS; i++) {
		const struct feed_object *m = find(f, o->members[i].id);

		if (m && m->blackhole) /* alone in its group: the kernel and zebra see to that */
			t.kind = RIB_BLACKHOLE;
		if (!m || !m->usable)
			continue;
		weights[t.n_hops] = o->members[i].weight;
		hops[t.n_hops++] = m->hop;
	}
	if (o->group)
		feed_weigh(hops, weights, t.n_hops);
	return t;
}

static int publish(struct feed *f, struct feed_object *o)
{
	struct rib_hop hops[RIB_MAX_HOPS];
	const struct rib_target t = flatten(f, o, hops);
	int ret = 0;

	if (t.kind == RIB_BLACKHOLE || t.n_hops) {
		ret = rib_set_object(f->board, f->source, o->rib_id, &t, &f->err);
		if (ret == 0) {
			f->resync |= o->missed;
			o->missed = false;
			o->in_rib = true;
			return 0;
		}
	}
	if (o->in_rib)
		rib_del_object(f->board, f->source, o->rib_id, NULL);
	o->in_rib = false;
	return ret;
}

/* Groups that a single object is in. */
static int publish_groups(struct feed *f, uint32_t id)
{
	int ret = 0;

	for (int32_t i = 0; f->n_groups && i <= rte_hash_max_key_id(f->by_id); i++) {
		struct feed_object *o = at(f, i);
		bool in = false;

		for (unsigned k = 0; o && !in && k < o->n; k++)
			in = o->members[k].id == id;
		if (in && publish(f, o) != 0)
			ret = -ENOSPC;
	}
	return ret;
}

static void forget(struct feed *f, struct feed_object *o)
{
	const uint32_t id = o->id;
	const bool group = o->group;

	if (o->in_rib)
		rib_del_object(f->board, f->source, o->rib_id, NULL);
	free(o->members);
	f->n_groups -= group;
	f->n_objects--;
	*o = (struct feed_object){ 0 };
	rte_hash_del_key(f->by_id, &id);
	if (!group)
		publish_groups(f, id);
}

/* The object as told now. -ENOMEM: it is as it was. */
static int fill(struct feed *f, struct feed_object *o, const struct rtnl_nexthop *n)
{
	struct rtnl_member *members = NULL;

	if (n->group) {
		members = malloc(n->n_members * sizeof(*members));
		if (!members)
			return err_set(&f->err, -ENOMEM, "next-hop group %u: no memory", n->id);
		memcpy(members, n->members, n->n_members * sizeof(*members));
	}
	f->n_groups += n->group;
	f->n_groups -= o->group;
	free(o->members);
	o->members = members;
	o->n = n->group ? n->n_members : 0;
	o->group = n->group;
	o->blackhole = n->blackhole;
	o->usable = !n->group && !n->blackhole && feed_hop(f, &n->hop, &o->hop) > 0;
	return 0;
}

static int set(struct feed *f, const struct rtnl_nexthop *n)
{
	struct feed_object *o = find(f, n->id);
	int i, ret;

	if (!o) {
		i = rte_hash_add_key(f->by_id, &n->id);
		if (i < 0)
			return err_set(&f->err, -ENOSPC,
				       "table of next-hop objects is full (%u); raise `tables: "
				       "nexthops`",
				       f->board->nexthops->n);
		o = &f->objects[i];
		*o = (struct feed_object){ .id = n->id, .rib_id = ++f->last_rib_id };
		f->n_objects++;
	}
	ret = fill(f, o, n);
	if (ret == 0)
		ret = publish(f, o);
	o->stale = false;
	if (!n->group && publish_groups(f, n->id) != 0 && ret == 0)
		ret = -ENOSPC;
	return ret;
}

int feed_object(struct feed *f, const struct rtnl_nexthop *n, bool del)
{
	struct feed_object *o;
	struct rib_hop hop;
	int ret;

	if (n->fdb)
		return err_set(&f->err, -EOPNOTSUPP, "a next-hop object of a bridge");
	if (del) {
		o = find(f, n->id);
		if (o)
			forget(f, o);
		return 0;
	}
	ret = set(f, n);
	if (ret)
		return ret;
	f->counters.objects++;
	if (n->group || n->blackhole || feed_hop(f, &n->hop, &hop) >= 0)
		return 0;
	return err_set(&f->err, -EOPNOTSUPP,
		       "next-hop object %u, through a tunnel or what is no gateway", n->id);
}

void feed_forget_ids(struct feed *f)
{
	for (int32_t i = 0; i <= rte_hash_max_key_id(f->by_id); i++) {
		free(f->objects[i].members);
		f->objects[i] = (struct feed_object){ 0 };
	}
	rte_hash_reset(f->by_id);
	f->n_objects = f->n_groups = 0;
}

void feed_mark_objects(struct feed *f)
{
	for (int32_t i = 0; i <= rte_hash_max_key_id(f->by_id); i++)
		f->objects[i].stale = true;
}

void feed_sweep_objects(struct feed *f)
{
	for (int32_t i = 0; f->n_objects && i <= rte_hash_max_key_id(f->by_id); i++)
		if (at(f, i) && f->objects[i].stale)
			forget(f, &f->objects[i]);
}
