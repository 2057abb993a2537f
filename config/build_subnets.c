/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board's own addresses and connected subnets, sorted once so that a file of many thousand
 * routes is checked by binary search. Link-local subnets are on every interface and connect none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/build.h"
#include "config/prefix.h"

static int by_address(const void *pa, const void *pb)
{
	const struct own_address *a = pa, *b = pb;
	struct config_prefix x = a->addr, y = b->addr;
	int d = (int)a->vrf - (int)b->vrf;

	x.len = y.len = 0;
	if (d == 0)
		d = prefix_compare(&x, &y);
	if (d == 0)
		d = (int)a->iface - (int)b->iface;
	return d ? d : (int)(a->node->pos > b->node->pos) - (int)(a->node->pos < b->node->pos);
}

static int by_net(const void *pa, const void *pb)
{
	const struct own_address *a = pa, *b = pb;
	int d = (int)a->vrf - (int)b->vrf;

	if (d == 0)
		d = prefix_compare(&a->net, &b->net);

	return d ? d : (int)(a->node->pos > b->node->pos) - (int)(a->node->pos < b->node->pos);
}

const char *build_iface_name(const struct build *b, uint16_t iface, char *out, size_t room)
{
	const struct config_iface *i = &b->c->ifaces[iface];

	if (i->vlan)
		snprintf(out, room, "%s VLAN %u", b->c->ports[i->port].name, i->vlan);
	else
		snprintf(out, room, "%s", b->c->ports[i->port].name);
	return out;
}

/* The one further down in the file is the one to complain about. */
static const struct own_address *later(const struct own_address *a, const struct own_address *b)
{
	return a->node->pos > b->node->pos ? a : b;
}

static int fail_overlap(struct build *b, const struct own_address *x, const struct own_address *y)
{
	const struct own_address *bad = later(x, y), *first = bad == x ? y : x;
	char net[64], other[64], name[64], other_name[64];

	return build_fail(b, bad->node,
			  "%s: subnet %s overlaps %s of %s on line %u\na subnet belongs "
			  "to one port or VLAN; change one of the two",
			  build_iface_name(b, bad->iface, name, sizeof(name)),
			  value_show_prefix(&bad->net, false, net, sizeof(net)),
			  value_show_prefix(&first->net, false, other, sizeof(other)),
			  build_iface_name(b, first->iface, other_name, sizeof(other_name)),
			  first->node->line);
}

static int check_duplicates(struct build *b)
{
	for (size_t i = 1; i < b->n_own; i++) {
		const struct own_address *x = &b->own[i - 1], *y = &b->own[i], *bad;
		char text[64], name[64];

		if (x->vrf != y->vrf || x->addr.family != y->addr.family ||
		    memcmp(x->addr.addr, y->addr.addr, 16) != 0)
			continue;
		if (prefix_is_link_local(&x->addr) && x->iface != y->iface)
			continue;
		bad = later(x, y);
		return build_fail(b, bad->node,
				  "%s: address %s is given twice\nthe first is on line "
				  "%u; remove or change one",
				  build_iface_name(b, bad->iface, name, sizeof(name)),
				  value_show_prefix(&bad->addr, true, text, sizeof(text)),
				  (bad == x ? y : x)->node->line);
	}
	return 0;
}

/* Addresses from the tree: their order there is the order of ifaces[].addrs. */
static void collect(struct build *b, const struct node *map, uint16_t iface)
{
	const struct node *list = node_child(map, "addresses");

	for (const struct node *n = list ? list->child : NULL; n; n = n->next) {
		struct own_address *o = &b->own[b->n_own++];

		*o = (struct own_address){ n->v.prefix, n->v.prefix, iface, b->c->ifaces[iface].vrf,
					   n };
		prefix_mask(&o->net);
		if (!prefix_is_link_local(&o->addr))
			b->nets[b->n_nets++] = *o;
	}
}

int build_subnets(struct build *b)
{
	struct config *c = b->c;
	size_t n = 0;
	uint16_t vlan_iface = (uint16_t)c->n_ports;
	const struct own_address *outer = NULL;
	int ret;

	for (unsigned i = 0; i < c->n_ifaces; i++)
		n += c->ifaces[i].n_addrs;
	b->own = tree_take(b->tree, (n + 1) * sizeof(*b->own));
	b->nets = tree_take(b->tree, (n + 1) * sizeof(*b->nets));
	b->outer = tree_take(b->tree, (n + 1) * sizeof(*b->outer));
	if (!b->own || !b->nets || !b->outer)
		return err_set(b->err, -ENOMEM, "%s: out of memory while checking it",
			       b->tree->src.name);
	for (uint16_t i = 0; i < c->n_ports; i++)
		collect(b, b->ports[i], i);
	for (uint16_t i = 0; i < c->n_ports; i++) {
		const struct node *vlans = node_child(b->ports[i], "vlans");

		for (const struct node *v = vlans ? vlans->child : NULL; v; v = v->next)
			collect(b, v, vlan_iface++);
	}
	qsort(b->own, b->n_own, sizeof(*b->own), by_address);
	qsort(b->nets, b->n_nets, sizeof(*b->nets), by_net);
	ret = check_duplicates(b);
	for (size_t i = 0; ret == 0 && i < b->n_nets; i++) {
		const struct own_address *a = &b->nets[i];

		if (!outer || outer->vrf != a->vrf || !prefix_contains(&outer->net, &a->net)) {
			outer = a;
			b->outer[b->n_outer++] = (uint32_t)i;
		} else if (a->iface != outer->iface) {
			ret = fail_overlap(b, outer, a);
		}
	}
	return ret;
}

const struct own_address *build_own(const struct build *b, uint16_t vrf,
				    const struct config_prefix *p)
{
	size_t low = 0, high = b->n_own;

	while (low < high) {
		size_t mid = (low + high) / 2;
		struct config_prefix x = b->own[mid].addr, y = *p;
		int d = (int)b->own[mid].vrf - (int)vrf;

		x.len = y.len = 0;
		if (d == 0)
			d = prefix_compare(&x, &y);
		if (d == 0)
			return &b->own[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int compare_net(const struct own_address *o, uint16_t vrf, const struct config_prefix *p)
{
	return o->vrf != vrf ? (int)o->vrf - (int)vrf : prefix_compare(&o->net, p);
}

const struct own_address *build_net(const struct build *b, uint16_t vrf,
				    const struct config_prefix *p)
{
	size_t low = 0, high = b->n_nets;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const int d = compare_net(&b->nets[mid], vrf, p);

		if (d == 0)
			return &b->nets[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The outermost connected subnet of the VRF that holds p, or NULL. */
static const struct own_address *subnet_of(const struct build *b, uint16_t vrf,
					   const struct config_prefix *p)
{
	size_t low = 0, high = b->n_outer;
	const struct own_address *o;

	while (low < high) { /* the last one that does not begin after p */
		size_t mid = (low + high) / 2;

		if (compare_net(&b->nets[b->outer[mid]], vrf, p) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	o = low ? &b->nets[b->outer[low - 1]] : NULL;
	return o && o->vrf == vrf && prefix_contains(&o->net, p) ? o : NULL;
}

static int fail_no_subnet(struct build *b, uint16_t vrf, const struct node *n)
{
	const char *family = n->v.prefix.family == AF_INET ? "IPv4" : "IPv6";
	char text[64], path[128], net[64], name[64], list[160] = "";
	char of_vrf[CONFIG_NAME_LEN + 8] = "";
	size_t used = 0, n_family = 0;

	for (size_t i = 0; i < b->n_outer; i++) {
		const struct own_address *o = &b->nets[b->outer[i]];

		if (o->vrf != vrf || o->net.family != n->v.prefix.family)
			continue;
		if (++n_family <= 3)
			used += (size_t)snprintf(
				list + used, sizeof(list) - used, "%s%s (%s)", used ? ", " : "",
				value_show_prefix(&o->net, false, net, sizeof(net)),
				build_iface_name(b, o->iface, name, sizeof(name)));
		if (used >= sizeof(list))
			break;
	}
	value_show_prefix(&n->v.prefix, true, text, sizeof(text));
	node_path(n, path, sizeof(path));
	if (vrf)
		snprintf(of_vrf, sizeof(of_vrf), " of VRF %s", b->c->vrfs[vrf].name);
	if (n_family == 0)
		return build_fail(b, n,
				  "%s: %s is in no connected subnet%s\nno port%s has an %s "
				  "address; give one under `addresses:`",
				  path, text, of_vrf, of_vrf, family);
	return build_fail(b, n, "%s: %s is in no connected subnet%s\n%s subnets: %s%s", path, text,
			  of_vrf, family, list, n_family > 3 ? ", …" : "");
}

/* The interface `port` and `vlan` of a map name. *iface is UINT16_MAX without `port`. */
static int named_iface(struct build *b, const struct node *map, uint16_t *iface)
{
	const struct node *port = node_child(map, "port"), *vlan = node_child(map, "vlan");
	uint16_t p;
	char path[128];

	*iface = UINT16_MAX;
	if (!port && vlan)
		return build_fail(b, vlan, "%s: a VLAN of which port?\nadd port: NAME",
				  node_path(map, path, sizeof(path)));
	if (!port)
		return 0;
	for (p = 0; p < b->c->n_ports && strcmp(b->c->ports[p].name, port->v.text) != 0; p++)
		;
	if (p == b->c->n_ports)
		return build_fail(b, port,
				  "%s: no port \"%s\"\nname a port of `ports:`, for example "
				  "%s",
				  node_path(map, path, sizeof(path)), port->v.text,
				  b->c->ports[0].name);
	*iface = p;
	if (!vlan)
		return 0;
	for (unsigned i = b->c->n_ports; i < b->c->n_ifaces; i++)
		if (b->c->ifaces[i].port == p && b->c->ifaces[i].vlan == vlan->v.number) {
			*iface = (uint16_t)i;
			return 0;
		}
	return build_fail(b, vlan, "%s: port %s has no VLAN %u\nadd it under `vlans:` of the port",
			  node_path(map, path, sizeof(path)), port->v.text, vlan->v.number);
}

/* The interface named must be in the VRF. */
static int check_vrf(struct build *b, const struct node *n, const struct node *map, uint16_t named,
		     uint16_t vrf)
{
	char path[128], name[64];

	if (named == UINT16_MAX || b->c->ifaces[named].vrf == vrf)
		return 0;
	return build_fail(b, n, "%s: %s is in VRF %s\nleave out `vrf`, or name another port",
			  node_path(map, path, sizeof(path)),
			  build_iface_name(b, named, name, sizeof(name)),
			  b->c->vrfs[b->c->ifaces[named].vrf].name);
}

int build_map_vrf(struct build *b, const struct node *map, uint16_t *vrf)
{
	const struct node *said = node_child(map, "vrf");
	uint16_t named;
	int ret = build_vrf(b, map, vrf);

	if (ret == 0)
		ret = named_iface(b, map, &named);
	if (ret < 0 || named == UINT16_MAX)
		return ret;
	if (!said)
		*vrf = b->c->ifaces[named].vrf;
	return check_vrf(b, said, map, named, *vrf);
}

static bool has_ipv6(const struct config_iface *i)
{
	for (unsigned a = 0; a < i->n_addrs; a++)
		if (i->addrs[a].family == AF_INET6)
			return true;
	return false;
}

int build_on_link(struct build *b, const struct node *n, const struct node *map, uint16_t vrf,
		  uint16_t *iface)
{
	const struct config_prefix *p = &n->v.prefix;
	const struct own_address *net, *own;
	char path[128], text[64], name[64];
	uint16_t named;
	int ret = named_iface(b, map, &named);

	if (ret == 0)
		ret = check_vrf(b, n, map, named, vrf);
	if (ret < 0)
		return ret;
	own = build_own(b, vrf, p);
	node_path(n, path, sizeof(path));
	value_show_prefix(p, true, text, sizeof(text));
	if (own && !prefix_is_link_local(p))
		return build_fail(b, n,
				  "%s: %s is this board's own address (%s)\nwrite the address "
				  "of the other side",
				  path, text, build_iface_name(b, own->iface, name, sizeof(name)));
	if (prefix_is_link_local(p)) {
		if (named == UINT16_MAX)
			return build_fail(b, n,
					  "%s: link-local %s could be on any port\nadd port: "
					  "NAME",
					  path, text);
		if (!has_ipv6(&b->c->ifaces[named]))
			return build_fail(b, n,
					  "%s: %s has no IPv6 address\ngive it one under "
					  "`addresses:`",
					  path, build_iface_name(b, named, name, sizeof(name)));
		*iface = named;
		return 0;
	}
	net = subnet_of(b, vrf, p);
	if (!net)
		return fail_no_subnet(b, vrf, n);
	if (named != UINT16_MAX && named != net->iface)
		return build_fail(b, n,
				  "%s: %s is on %s, not on the port given\nleave out `port` and "
				  "`vlan`, or change the address",
				  path, text, build_iface_name(b, net->iface, name, sizeof(name)));
	if (p->family == AF_INET && net->net.len < 31) {
		struct config_prefix first = net->net, last = net->net;

		prefix_last(&last);
		if (memcmp(first.addr, p->addr, 4) == 0 || memcmp(last.addr, p->addr, 4) == 0)
			return build_fail(b, n,
					  "%s: %s is the %s address of its subnet\nwrite the "
					  "address of a host in it",
					  path, text,
					  first.addr[3] == p->addr[3] &&
							  memcmp(first.addr, p->addr, 4) == 0
						  ? "network"
						  : "broadcast");
	}
	*iface = net->iface;
	return 0;
}
