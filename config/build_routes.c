/* SPDX-License-Identifier: BSD-3-Clause */
/* Static routes and static neighbours. Duplicates are found by sorting, gateways by bisection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/build.h"
#include "config/prefix.h"

/* An entry of a list by what must be unique in it. */
struct entry {
	struct config_prefix key;
	uint16_t vrf;   /* of a route */
	uint32_t other; /* metric, interface */
	const struct node *node;
};

static int by_key(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int d = prefix_compare(&a->key, &b->key);

	if (d == 0)
		d = (int)a->vrf - (int)b->vrf;
	if (d == 0)
		d = (a->other > b->other) - (a->other < b->other);
	return d ? d : (int)(a->node->pos > b->node->pos) - (int)(a->node->pos < b->node->pos);
}

/* The node of the first repetition in file order, and where it was first; NULL: none repeats. */
static const struct node *find_repeated(struct entry *e, size_t n, unsigned *first_line)
{
	const struct node *repeated = NULL;
	size_t first = 0;

	qsort(e, n, sizeof(*e), by_key);
	for (size_t i = 1; i < n; i++) {
		if (prefix_compare(&e[i].key, &e[first].key) != 0 || e[i].vrf != e[first].vrf ||
		    e[i].other != e[first].other) {
			first = i;
		} else if (!repeated || e[i].node->pos < repeated->pos) {
			repeated = e[i].node;
			*first_line = e[first].node->line;
		}
	}
	return repeated;
}

static size_t count(const struct node *list)
{
	size_t n = 0;

	for (const struct node *c = list ? list->child : NULL; c; c = c->next)
		n++;
	return n;
}

static size_t count_paths(const struct node *routes)
{
	size_t n = 0;

	for (const struct node *map = routes->child; map; map = map->next)
		n += count(node_child(map, "paths"));
	return n;
}

static int no_memory(struct build *b)
{
	return err_set(b->err, -ENOMEM, "%s: out of memory while checking it", b->tree->src.name);
}

static int check_destination(struct build *b, uint16_t vrf, const struct node *to)
{
	const struct config_prefix *p = &to->v.prefix;
	const struct own_address *o;
	char path[128], text[64], name[64];

	node_path(to, path, sizeof(path));
	value_show_prefix(p, false, text, sizeof(text));
	o = p->len == (p->family == AF_INET ? 32 : 128) ? build_own(b, vrf, p) : NULL;
	if (o)
		return build_fail(b, to,
				  "%s: %s is this board's own address (%s)\nremove the route", path,
				  text, build_iface_name(b, o->iface, name, sizeof(name)));
	o = build_net(b, vrf, p);
	if (o)
		return build_fail(b, to,
				  "%s: %s is connected to %s already\nremove the route, or "
				  "write a longer prefix for a part of the subnet",
				  path, text, build_iface_name(b, o->iface, name, sizeof(name)));
	if (p->len > 0 && (prefix_is_multicast(p) || prefix_is_link_local(p) ||
			   (p->family == AF_INET && p->addr[0] == 127)))
		return build_fail(b, to, "%s: %s is %s and never routed\nremove the route", path,
				  text,
				  prefix_is_multicast(p)    ? "multicast"
				  : prefix_is_link_local(p) ? "link-local"
							    : "loopback");
	return 0;
}

/* A gateway of the route's family and VRF, on one of our links; map has its `port` and `vlan`. */
static int build_via(struct build *b, const struct node *via, const struct node *map,
		     const struct node *to, uint16_t vrf, uint8_t addr[16], uint16_t *iface)
{
	char path[128];

	if (via->v.prefix.family != to->v.prefix.family)
		return build_fail(b, via,
				  "%s: an %s gateway for an %s destination\nuse a gateway of "
				  "the same family",
				  node_path(map, path, sizeof(path)),
				  via->v.prefix.family == AF_INET ? "IPv4" : "IPv6",
				  to->v.prefix.family == AF_INET ? "IPv4" : "IPv6");
	memcpy(addr, via->v.prefix.addr, 16);
	return build_on_link(b, via, map, vrf, iface);
}

/* Those of the route follow each other in c->paths; there is room (build_routes). */
static int build_paths(struct build *b, const struct node *list, const struct node *to,
		       struct config_route *route)
{
	struct config *c = b->c;
	int ret = 0;

	route->first_path = (uint32_t)c->n_paths;
	for (const struct node *map = list->child; map && !ret; map = map->next) {
		struct config_path *p = &c->paths[c->n_paths++];

		p->family = to->v.prefix.family;
		p->weight = (uint8_t)node_number(map, "weight");
		route->n_paths++;
		ret = build_via(b, node_child(map, "via"), map, to, route->vrf, p->via, &p->iface);
	}
	return ret;
}

static int build_route(struct build *b, const struct node *map, struct config_route *route)
{
	const struct node *to = node_child(map, "to"), *via = node_child(map, "via");
	const struct node *port = node_child(map, "port"), *vlan = node_child(map, "vlan");
	const struct node *paths = node_child(map, "paths");
	char path[128];
	int ret;

	node_path(map, path, sizeof(path));
	route->metric = node_number(map, "metric");
	route->to = to->v.prefix;
	route->line = map->line;
	route->kind = (enum config_route_kind)node_number(map, "type");
	ret = build_map_vrf(b, map, &route->vrf);
	if (ret == 0)
		ret = check_destination(b, route->vrf, to);
	if (ret < 0)
		return ret;
	if (route->kind != CONFIG_ROUTE_VIA) {
		const struct node *extra = via ? via : port ? port : vlan ? vlan : paths;

		if (extra)
			return build_fail_name(b, extra,
					       "%s: a route that drops goes to no gateway\n"
					       "remove `%s`, or the `type`",
					       path, schema_leaf(extra->key));
		return 0;
	}
	if (paths) {
		const struct node *extra = via ? via : port ? port : vlan;

		if (extra)
			return build_fail_name(b, extra,
					       "%s: `%s` beside `paths`\nmove it into one of the "
					       "paths, or remove one of both",
					       path, schema_leaf(extra->key));
		return build_paths(b, paths, to, route);
	}
	if (!via)
		return build_fail(b, map,
				  "%s: the route leads nowhere\nadd via: GATEWAY, or type: "
				  "blackhole, unreachable or prohibit",
				  path);
	return build_via(b, via, map, to, route->vrf, route->via, &route->iface);
}

/* Node and place of one entry in struct config: fills it, and *e with what must be unique of it. */
typedef int fill_fn(struct build *b, const struct node *map, size_t i, struct entry *e);

/* Every entry of a list, then the first repetition, or NULL, with the line it was on at first. */
static int fill_list(struct build *b, const struct node *list, size_t n, fill_fn *fill,
		     const struct node **repeated, unsigned *first_line)
{
	struct entry *entries = malloc(n * sizeof(*entries));
	size_t i = 0;
	int ret = 0;

	if (!entries)
		return no_memory(b);
	for (const struct node *map = list->child; map && ret == 0; map = map->next, i++)
		ret = fill(b, map, i, &entries[i]);
	*repeated = ret == 0 ? find_repeated(entries, n, first_line) : NULL;
	free(entries);
	return ret;
}

static int fill_route(struct build *b, const struct node *map, size_t i, struct entry *e)
{
	int ret = build_route(b, map, &b->c->routes[i]);

	*e = (struct entry){ b->c->routes[i].to, b->c->routes[i].vrf, b->c->routes[i].metric,
			     node_child(map, "to") };
	return ret;
}

int build_routes(struct build *b)
{
	const struct node *list = node_child(b->tree->root, "routes"), *repeated = NULL;
	size_t n = count(list);
	char path[128], text[64];
	unsigned first_line = 0;
	int ret;

	if (n == 0)
		return 0;
	b->c->routes = calloc(n, sizeof(*b->c->routes));
	b->c->paths = calloc(count_paths(list) + 1, sizeof(*b->c->paths));
	if (!b->c->routes || !b->c->paths)
		return no_memory(b);
	ret = fill_list(b, list, n, fill_route, &repeated, &first_line);
	if (ret < 0)
		return ret;
	b->c->n_routes = n;
	if (repeated)
		return build_fail(b, repeated,
				  "%s: a second route to %s\nthe first is on line %u; "
				  "remove one",
				  node_path(repeated, path, sizeof(path)),
				  value_show_prefix(&repeated->v.prefix, false, text, sizeof(text)),
				  first_line);
	return 0;
}

static int fill_neighbor(struct build *b, const struct node *map, size_t i, struct entry *e)
{
	struct config_neighbor *nb = &b->c->neighbors[i];
	const struct node *ip = node_child(map, "ip");
	uint16_t vrf;
	int ret = build_map_vrf(b, map, &vrf);

	if (ret == 0)
		ret = build_on_link(b, ip, map, vrf, &nb->iface);

	nb->family = ip->v.prefix.family;
	memcpy(nb->addr, ip->v.prefix.addr, sizeof(nb->addr));
	memcpy(nb->mac, node_child(map, "mac")->v.mac, sizeof(nb->mac));
	*e = (struct entry){ ip->v.prefix, 0, nb->iface, ip };
	return ret;
}

int build_neighbors(struct build *b)
{
	const struct node *list = node_child(b->tree->root, "neighbors"), *repeated = NULL;
	size_t n = count(list);
	char path[128], text[64];
	unsigned first_line = 0;
	int ret;

	if (n == 0)
		return 0;
	b->c->neighbors = calloc(n, sizeof(*b->c->neighbors));
	if (!b->c->neighbors)
		return no_memory(b);
	ret = fill_list(b, list, n, fill_neighbor, &repeated, &first_line);
	if (ret < 0)
		return ret;
	b->c->n_neighbors = n;
	if (repeated)
		return build_fail(b, repeated,
				  "%s: neighbour %s is given twice\nthe first is on line "
				  "%u; remove one",
				  node_path(repeated, path, sizeof(path)),
				  value_show_prefix(&repeated->v.prefix, true, text, sizeof(text)),
				  first_line);
	return 0;
}
