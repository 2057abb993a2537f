/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Next-hop objects: sets with a name (Linux's nexthop ids, zebra's groups). Each has a group row of
 * its own even for one hop, so giving it other hops is one store, whatever the number of routes.
 * Control thread.
 */
#include <errno.h>

#include "dataplane/ctl/rib_priv.h"

static struct rib_object *find(const struct rib *r, enum rib_source source, uint32_t id)
{
	const struct rib_object_key key = { .source = source, .id = id };
	const int at = rte_hash_lookup(r->by_id, &key);

	return at < 0 ? NULL : &r->objects[at];
}

static int unknown(uint32_t id, struct err *err)
{
	return err_set(err, -ENOENT, "there is no next-hop object %u of this source", id);
}

int rib_get_object(struct board *b, enum rib_source source, uint32_t id, uint32_t *set,
		   struct err *err)
{
	const struct rib_object *o = find(b->rib, source, id);

	if (!o)
		return unknown(id, err);
	*set = o->set;
	b->rib->sets[*set].refs++;
	return 0;
}

static int create(struct board *b, const struct rib_object_key *key, enum rib_kind kind,
		  const struct rib_member *m, unsigned n, struct err *err)
{
	struct rib *r = b->rib;
	const int at = rte_hash_add_key(r->by_id, key);
	int ret;

	if (at < 0)
		return err_set(err, -ENOSPC,
			       "table of next-hop objects is full (%u); raise `tables: nexthops`",
			       r->max_objects);
	r->objects[at] = (struct rib_object){ .key = *key };
	ret = rib_make_object_set(b, key->id, kind, m, n, &r->objects[at].set, err);
	if (ret)
		rte_hash_del_key(r->by_id, key);
	return ret;
}

int rib_set_object(struct board *b, enum rib_source source, uint32_t id,
		   const struct rib_target *target, struct err *err)
{
	const struct rib_object_key key = { .source = source, .id = id };
	struct rib_object *o = find(b->rib, source, id);
	struct rib_member m[RIB_MAX_HOPS];
	int n = 0, ret;

	if (!id || source >= RIB_NEIGHBOR || target->kind == RIB_OBJECT ||
	    target->kind > RIB_PROHIBIT)
		return err_set(err, -EINVAL,
			       "next-hop object %u: an id that is not 0, hops or a way to drop",
			       id);
	if (target->kind == RIB_VIA)
		n = rib_get_members(b, target, m, err);
	if (n < 0)
		return n;
	ret = o ? rib_change_set(b, o->set, target->kind, m, (unsigned)n, err)
		: create(b, &key, target->kind, m, (unsigned)n, err);
	if (ret) {
		rib_put_members(b, m, (unsigned)n);
		return ret;
	}
	if (o) {
		o->stale = false;
		b->rib->ways_changed = b->rib->dirty = true; /* it may lead somewhere again */
	}
	return 0;
}

static void forget(struct board *b, struct rib_object *o)
{
	rib_put_set(b->rib, o->set);
	o->set = RIB_NONE;
	rte_hash_del_key(b->rib->by_id, &o->key);
}

static bool goes(const struct rib_set *s)
{
	return s->gone;
}

int rib_del_object(struct board *b, enum rib_source source, uint32_t id, struct err *err)
{
	struct rib *r = b->rib;
	struct rib_object *o = find(r, source, id);

	if (!o)
		return unknown(id, err);
	r->sets[o->set].gone = true;
	if (r->sets[o->set].refs > 1)
		rib_remove_routes(b, goes);
	forget(b, o);
	return 0;
}

void rib_remove_gone_objects(struct board *b)
{
	struct rib *r = b->rib;

	for (int32_t at = 0; at <= rte_hash_max_key_id(r->by_id); at++)
		if (r->objects[at].set && r->sets[r->objects[at].set].gone)
			forget(b, &r->objects[at]);
}

void rib_mark_objects(struct rib *r, enum rib_source source)
{
	for (int32_t at = 0; at <= rte_hash_max_key_id(r->by_id); at++)
		if (r->objects[at].set && r->objects[at].key.source == source)
			r->objects[at].stale = true;
}

unsigned rib_sweep_objects(struct board *b, enum rib_source source)
{
	struct rib *r = b->rib;
	unsigned n = 0;

	for (int32_t at = 0; at <= rte_hash_max_key_id(r->by_id); at++) {
		struct rib_object *o = &r->objects[at];

		if (o->set && o->key.source == source && o->stale)
			n += rib_del_object(b, source, o->key.id, NULL) == 0;
	}
	return n;
}
