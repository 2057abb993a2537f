/* SPDX-License-Identifier: BSD-3-Clause */
/* The difference of two configurations; see diff.h. */
#include "config/diff.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/prefix.h"

/* has_size() goes from one to the other */
static_assert(offsetof(struct config, max_nexthops) - offsetof(struct config, max_routes4) ==
		      offsetof(struct config_sizes, nexthops),
	      "sizes stand in one order");
static_assert(offsetof(struct config, max_neighbors) - offsetof(struct config, max_routes4) ==
		      offsetof(struct config_sizes, neighbors),
	      "sizes stand in one order");

struct work {
	struct config_diff *out;
	const struct config *before, *after;
	bool no_memory;
};

static void say(struct work *w, const struct config_change *ch)
{
	struct config_diff *d = w->out;

	if (d->n == d->room) {
		const size_t room = d->room ? d->room * 2 : 64;
		struct config_change *more = realloc(d->changes, room * sizeof(*more));

		if (!more) {
			w->no_memory = true;
			return;
		}
		d->changes = more;
		d->room = room;
	}
	d->changes[d->n++] = *ch;
	d->n_restart += ch->restart != NULL;
}

/* A size that is left to us, or is the one the tables have. */
static bool has_size(const struct work *w, const struct field *f)
{
	const size_t first = offsetof(struct config, said),
		     buffers = offsetof(struct config, buffers);
	const char *before = (const char *)w->before;
	uint32_t said, is;

	if (f->type != FIELD_U32 ||
	    (f->offset != buffers &&
	     (f->offset < first || f->offset >= first + sizeof(struct config_sizes))))
		return false;
	memcpy(&said, (const char *)w->after + f->offset, sizeof(said));
	if (said == 0 || f->offset == buffers)
		return said == 0;
	memcpy(&is, before + offsetof(struct config, max_routes4) + (f->offset - first),
	       sizeof(is));
	return said == is;
}

/* Keys below `prefix` of an object that is in both, by their texts. */
static void compare_keys(struct work *w, const struct config_change *of, const char *prefix,
			 const void *before, const void *after)
{
	const size_t len = strlen(prefix);
	char a[FIELDS_TEXT_MAX], b[FIELDS_TEXT_MAX];

	for (size_t i = 0; i < n_fields; i++) {
		const struct field *f = &fields[i];
		struct config_change ch = *of;

		if (strncmp(f->path, prefix, len) != 0 || strpbrk(f->path + len, "*["))
			continue;
		if (!field_text(f, w->before, before, a, sizeof(a)))
			a[0] = '\0';
		if (!field_text(f, w->after, after, b, sizeof(b)))
			b[0] = '\0';
		if (strcmp(a, b) == 0)
			continue;
		ch.sign = CONFIG_CHANGED;
		ch.field = f;
		ch.restart = ch.kind == CONFIG_KEY && has_size(w, f) ? NULL : f->restart;
		say(w, &ch);
	}
}

static void compare_cpus(struct work *w)
{
	const struct config *a = w->before, *b = w->after;
	const struct field *f = field_find("workers.cpus[]");

	if (a->n_worker_cpus != b->n_worker_cpus ||
	    memcmp(a->worker_cpus, b->worker_cpus, a->n_worker_cpus * sizeof(a->worker_cpus[0])))
		say(w, &(struct config_change){
			       .sign = CONFIG_CHANGED, .field = f, .restart = f->restart });
}

/* Objects with names; new and old ones that the board cannot make or give up say why. */
struct named {
	enum config_kind kind;
	const char *path, *prefix, *restart;
};

static void compare_named(struct work *w, const struct named *k, enum config_sign sign)
{
	const struct collection *all = collection_find(k->path);
	const unsigned na = all->count(w->before, w->before), nb = all->count(w->after, w->after);
	char name_a[FIELDS_TEXT_MAX], name_b[FIELDS_TEXT_MAX];

	for (unsigned i = 0; i < na || i < nb; i++) {
		const void *a = i < na ? all->at(w->before, w->before, i, name_a) : NULL;
		const void *b = i < nb ? all->at(w->after, w->after, i, name_b) : NULL;
		const bool same = a && b && strcmp(name_a, name_b) == 0;
		struct config_change ch = {
			.kind = k->kind,
			.sign = sign,
			.before = i,
			.after = i,
			.restart = k->restart,
		};

		if (sign == CONFIG_CHANGED && same)
			compare_keys(w, &ch, k->prefix, a, b);
		else if (!same && (sign == CONFIG_REMOVED ? a : sign == CONFIG_ADDED ? b : NULL))
			say(w, &ch);
	}
}

static bool same_iface(const struct work *w, unsigned i)
{
	const struct config_iface *a = &w->before->ifaces[i], *b = &w->after->ifaces[i];

	return i < w->before->n_ifaces && i < w->after->n_ifaces && a->port != CONFIG_NO_PORT &&
	       a->port == b->port && a->vlan == b->vlan &&
	       strcmp(w->before->ports[a->port].name, w->after->ports[a->port].name) == 0;
}

static void compare_vlans(struct work *w, const struct config *c, enum config_sign sign)
{
	for (unsigned i = 0; i < c->n_ifaces; i++)
		if (c->ifaces[i].port != CONFIG_NO_PORT && c->ifaces[i].vlan && !same_iface(w, i))
			say(w,
			    &(struct config_change){
				    .kind = CONFIG_VLAN, .sign = sign, .before = i, .after = i });
}

/* A VLAN that stays, in another VRF. */
static void compare_vlan_vrfs(struct work *w)
{
	const struct field *f = field_find("ports.*.vlans.*.vrf");

	for (unsigned i = 0; i < w->before->n_ifaces; i++)
		if (same_iface(w, i) && w->before->ifaces[i].vlan &&
		    w->before->ifaces[i].vrf != w->after->ifaces[i].vrf)
			say(w, &(struct config_change){ .kind = CONFIG_VLAN,
							.sign = CONFIG_CHANGED,
							.before = i,
							.after = i,
							.field = f,
							.restart = f->restart });
}

static bool has_address(const struct config_iface *f, const struct config_prefix *p)
{
	for (unsigned a = 0; a < f->n_addrs; a++)
		if (prefix_compare(&f->addrs[a], p) == 0)
			return true;
	return false;
}

/* Addresses of c that `other` has not. */
static void compare_addresses(struct work *w, const struct config *c, const struct config *other,
			      enum config_sign sign)
{
	for (unsigned i = 0; i < c->n_ifaces; i++) {
		const struct config_iface *f = &c->ifaces[i];

		if (f->port == CONFIG_NO_PORT)
			continue;
		for (uint16_t a = 0; a < f->n_addrs; a++)
			if (!same_iface(w, i) || !has_address(&other->ifaces[i], &f->addrs[a]))
				say(w, &(struct config_change){ .kind = CONFIG_ADDRESS,
								.sign = sign,
								.before = i,
								.after = i,
								.address = a });
	}
}

/* An interface by what it is, whatever its place: a board may have another port there now. */
static int by_iface(const struct config *a, uint16_t ia, const struct config *b, uint16_t ib)
{
	const struct config_iface *fa = &a->ifaces[ia], *fb = &b->ifaces[ib];
	const int d = strcmp(a->ports[fa->port].name, b->ports[fb->port].name);

	return d ? d : (int)fa->vlan - (int)fb->vlan;
}

static int by_route(const struct config *a, uint32_t i, const struct config *b, uint32_t k)
{
	const struct config_route *x = &a->routes[i], *y = &b->routes[k];
	int d = (int)x->vrf - (int)y->vrf;

	d = d ? d : prefix_compare(&x->to, &y->to);

	return d ? d : (x->metric > y->metric) - (x->metric < y->metric);
}

static int by_neighbor(const struct config *a, uint32_t i, const struct config *b, uint32_t k)
{
	const struct config_neighbor *x = &a->neighbors[i], *y = &b->neighbors[k];
	int d = (int)x->family - (int)y->family;

	d = d ? d : memcmp(x->addr, y->addr, sizeof(x->addr));
	return d ? d : by_iface(a, x->iface, b, y->iface);
}

static bool same_paths(const struct config *a, const struct config_route *x, const struct config *b,
		       const struct config_route *y)
{
	for (uint16_t i = 0; i < x->n_paths; i++) {
		const struct config_path *p = &a->paths[x->first_path + i];
		const struct config_path *q = &b->paths[y->first_path + i];

		if (memcmp(p->via, q->via, sizeof(p->via)) != 0 || p->weight != q->weight ||
		    by_iface(a, p->iface, b, q->iface) != 0)
			return false;
	}
	return true;
}

static bool same_route(const struct config *a, uint32_t i, const struct config *b, uint32_t k)
{
	const struct config_route *x = &a->routes[i], *y = &b->routes[k];

	if (x->kind != y->kind || x->kind != CONFIG_ROUTE_VIA)
		return x->kind == y->kind;
	if (x->n_paths || y->n_paths)
		return x->n_paths == y->n_paths && same_paths(a, x, b, y);
	return memcmp(x->via, y->via, sizeof(x->via)) == 0 &&
	       by_iface(a, x->iface, b, y->iface) == 0;
}

static bool same_neighbor(const struct config *a, uint32_t i, const struct config *b, uint32_t k)
{
	return memcmp(a->neighbors[i].mac, b->neighbors[k].mac, 6) == 0;
}

typedef int compare_fn(const struct config *a, uint32_t i, const struct config *b, uint32_t k);
typedef bool same_fn(const struct config *a, uint32_t i, const struct config *b, uint32_t k);

struct order {
	const struct config *c;
	compare_fn *compare;
};

static int in_order(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;

	return o->compare(o->c, *(const uint32_t *)pa, o->c, *(const uint32_t *)pb);
}

/* Indices by key. Files are mostly sorted already. */
static uint32_t *sorted(const struct config *c, size_t n, compare_fn *compare)
{
	uint32_t *at = malloc((n + 1) * sizeof(*at));
	struct order o = { c, compare };
	bool ordered = true;

	for (size_t i = 0; at && i < n; i++) {
		at[i] = (uint32_t)i;
		ordered = ordered && (i == 0 || compare(c, (uint32_t)i - 1, c, (uint32_t)i) <= 0);
	}
	if (at && !ordered)
		qsort_r(at, n, sizeof(*at), in_order, &o);
	return at;
}

/* Lists by key: what is in both is compared. One pass a sign keeps removals before additions. */
static void compare_lists(struct work *w, enum config_kind kind, size_t na, size_t nb,
			  compare_fn *compare, same_fn *same)
{
	static const enum config_sign signs[] = { CONFIG_REMOVED, CONFIG_CHANGED, CONFIG_ADDED };
	uint32_t *a = sorted(w->before, na, compare), *b = sorted(w->after, nb, compare);

	w->no_memory |= !a || !b;
	for (unsigned s = 0; s < 3 && !w->no_memory; s++) {
		for (size_t i = 0, k = 0; i < na || k < nb;) {
			const int d = i == na   ? 1
				      : k == nb ? -1
						: compare(w->before, a[i], w->after, b[k]);
			const enum config_sign sign = d < 0   ? CONFIG_REMOVED
						      : d > 0 ? CONFIG_ADDED
							      : CONFIG_CHANGED;

			if (sign == signs[s] && (d || !same(w->before, a[i], w->after, b[k])))
				say(w, &(struct config_change){ .kind = kind,
								.sign = sign,
								.before = d <= 0 ? a[i] : 0,
								.after = d >= 0 ? b[k] : 0 });
			i += d <= 0;
			k += d >= 0;
		}
	}
	free(a);
	free(b);
}

int config_diff(struct config_diff *out, const struct config *before, const struct config *after)
{
	static const char fixed[] = "engines are opened when the board starts";
	static const struct named named[] = {
		{ CONFIG_ENGINE, "engines", "engines.*.", fixed },
		{ CONFIG_LASER, "lasers", "lasers.*.", fixed },
		{ CONFIG_DEVICE, "devices", "devices.*", NULL },
		{ CONFIG_VRF, "vrfs", "vrfs.*.", FIELDS_NEW_VRF },
		{ CONFIG_PORT, "ports", "ports.*.", NULL },
	};
	struct work w = { out, before, after, false };
	const struct config_change key = { .kind = CONFIG_KEY };

	*out = (struct config_diff){ 0 };
	compare_keys(&w, &key, "", before, after);
	compare_cpus(&w);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		compare_named(&w, &named[i], CONFIG_REMOVED);
		compare_named(&w, &named[i], CONFIG_CHANGED);
		compare_named(&w, &named[i], CONFIG_ADDED);
	}
	compare_vlans(&w, before, CONFIG_REMOVED);
	compare_vlan_vrfs(&w);
	compare_vlans(&w, after, CONFIG_ADDED);
	compare_addresses(&w, before, after, CONFIG_REMOVED);
	compare_addresses(&w, after, before, CONFIG_ADDED);
	compare_lists(&w, CONFIG_NEIGHBOR, before->n_neighbors, after->n_neighbors, by_neighbor,
		      same_neighbor);
	compare_lists(&w, CONFIG_ROUTE, before->n_routes, after->n_routes, by_route, same_route);
	return w.no_memory ? -ENOMEM : 0;
}

void config_diff_free(struct config_diff *d)
{
	free(d->changes);
	*d = (struct config_diff){ 0 };
}
