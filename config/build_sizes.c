/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers, table sizes and the other plain values. Runs last: it counts what the others filled. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/build.h"

/* A map of the file, or an empty one that yields the schema's defaults. */
static struct node section(const struct build *b, const char *leaf)
{
	const struct node *n = node_child(b->tree->root, leaf);

	return n ? *n : (struct node){ .key = schema_child(schema_root(), leaf) };
}

static int build_workers(struct build *b)
{
	struct node map = section(b, "workers");
	const struct node *cpus = node_child(&map, "cpus"), *count = node_child(&map, "count");
	struct config *c = b->c;

	c->n_workers = node_number(&map, "count");
	c->idle_poll = node_number(&map, "idle") == 1;
	c->spread = node_number(&map, "spread") == 0;
	for (const struct node *n = cpus ? cpus->child : NULL; n; n = n->next) {
		for (unsigned i = 0; i < c->n_worker_cpus; i++)
			if (c->worker_cpus[i] == n->v.number)
				return build_fail(b, n,
						  "workers.cpus: CPU %u is given twice\n"
						  "one worker per CPU; remove one",
						  n->v.number);
		c->worker_cpus[c->n_worker_cpus++] = (uint16_t)n->v.number;
	}
	if (c->n_worker_cpus && c->n_workers && c->n_worker_cpus != c->n_workers)
		return build_fail(b, count,
				  "workers: count is %u, but cpus lists %u\nmake them equal, "
				  "or leave `count` out",
				  c->n_workers, c->n_worker_cpus);
	if (c->n_worker_cpus)
		c->n_workers = c->n_worker_cpus;
	return 0;
}

struct hop {
	uint8_t addr[16];
	uint16_t iface;
};

static int by_hop(const void *pa, const void *pb)
{
	const struct hop *a = pa, *b = pb;
	int d = memcmp(a->addr, b->addr, sizeof(a->addr));

	return d ? d : (int)a->iface - (int)b->iface;
}

/* Distinct gateways of the routes; -ENOMEM. */
static long count_gateways(const struct config *c)
{
	struct hop *hops = calloc(c->n_routes + c->n_paths + 1, sizeof(*hops));
	size_t n = 0;
	long distinct = 0;

	if (!hops)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_routes; i++) {
		if (c->routes[i].kind != CONFIG_ROUTE_VIA || c->routes[i].n_paths)
			continue;
		memcpy(hops[n].addr, c->routes[i].via, sizeof(hops[n].addr));
		hops[n++].iface = c->routes[i].iface;
	}
	for (size_t i = 0; i < c->n_paths; i++) {
		memcpy(hops[n].addr, c->paths[i].via, sizeof(hops[n].addr));
		hops[n++].iface = c->paths[i].iface;
	}
	qsort(hops, n, sizeof(*hops), by_hop);
	for (size_t i = 0; i < n; i++)
		distinct += i == 0 || by_hop(&hops[i - 1], &hops[i]) != 0;
	free(hops);
	for (size_t i = 0; i < c->n_routes; i++)
		distinct += c->routes[i].n_paths > 1; /* a group each */
	return distinct;
}

void config_need_routes(const struct config *c, unsigned vrf, uint32_t *routes4, uint32_t *routes6)
{
	*routes4 = *routes6 = 0;
	for (size_t i = 0; i < c->n_routes; i++)
		if (c->routes[i].vrf == vrf)
			*(c->routes[i].to.family == AF_INET ? routes4 : routes6) += 1;
	for (unsigned i = 0; i < c->n_ifaces; i++) {
		const struct config_iface *f = &c->ifaces[i];

		for (unsigned a = 0; f->vrf == vrf && a < f->n_addrs; a++)
			/* a host route and a subnet each */
			*(f->addrs[a].family == AF_INET ? routes4 : routes6) += 2;
	}
}

int config_need(const struct config *c, struct config_sizes *need)
{
	const long gateways = count_gateways(c);
	uint32_t own = 0;

	*need = (struct config_sizes){ .neighbors = (uint32_t)c->n_neighbors };
	if (gateways < 0)
		return -ENOMEM;
	config_need_routes(c, 0, &need->routes4, &need->routes6);
	for (unsigned i = 0; i < c->n_ifaces; i++)
		own += c->ifaces[i].n_addrs;
	need->nexthops = (uint32_t)gateways + (uint32_t)c->n_neighbors + 2 * own;
	return 0;
}

/* One table: what the file says, at least what the file needs; auto: twice that, at least `least`
 */
static int table_size(struct build *b, const struct node *map, const char *leaf, uint32_t need,
		      uint32_t least, uint32_t *out_said, uint32_t *out)
{
	const struct node *n = node_child(map, leaf);
	uint32_t said = node_number(map, leaf);
	char path[128];

	if (said && said < need)
		return build_fail(b, n,
				  "%s: %u is too small, this file alone needs %u\nwrite "
				  "at least %u, or auto",
				  node_path(n, path, sizeof(path)), said, need, need);
	*out_said = said;
	*out = said ? said : need * 2 > least ? need * 2 : least;
	return 0;
}

/* The route tables of the other VRFs. */
static int vrf_sizes(struct build *b)
{
	struct config *c = b->c;
	int ret = 0;

	for (unsigned i = 1; ret == 0 && i < c->n_vrfs; i++) {
		struct config_vrf *v = &c->vrfs[i];
		uint32_t need4, need6;

		config_need_routes(c, i, &need4, &need6);
		ret = table_size(b, b->vrfs[i], "routes4", need4, 1024, &v->said_routes4,
				 &v->max_routes4);
		if (ret == 0)
			ret = table_size(b, b->vrfs[i], "routes6", need6, 1024, &v->said_routes6,
					 &v->max_routes6);
	}
	return ret;
}

static void build_filters(struct build *b)
{
	static const char *const names[] = {
#define _(sym, name, ...) name,
		MARTIANS(_)
#undef _
	};
	const struct node map = section(b, "filters");

	for (unsigned i = 0; i < MARTIAN_NONE; i++)
		b->c->filters[i] = node_number(&map, names[i]);
}

/* Rates of classes of packets to this box. */
static void build_punt(struct build *b)
{
	const struct node all = section(b, "punt");

	for (unsigned i = 0; i < PUNT_COUNT; i++) {
		const struct node *said = node_child(&all, punt_info[i].name);
		const struct node map =
			said ? *said
			     : (struct node){ .key = schema_child(all.key, punt_info[i].name) };

		b->c->punt[i] = (struct punt_rate){ .pps = node_number(&map, "pps"),
						    .burst = node_number(&map, "burst") };
	}
}

int build_sizes(struct build *b)
{
	struct config *c = b->c;
	struct node tables = section(b, "tables"), memory = section(b, "memory");
	struct node arp = section(b, "arp"), icmp = section(b, "icmp"), ip = section(b, "ip");
	struct node telemetry = section(b, "telemetry");
	const char *instance = node_text(b->tree->root, "instance");
	struct config_sizes need;
	int ret = build_workers(b);

	if (ret < 0)
		return ret;
	ret = config_need(c, &need);
	if (ret < 0)
		return err_set(b->err, ret, "%s: out of memory while checking it",
			       b->tree->src.name);
	strncpy(c->instance, instance, sizeof(c->instance) - 1);
	ret = table_size(b, &tables, "routes4", need.routes4, 1024, &c->said.routes4,
			 &c->max_routes4);
	if (ret == 0)
		ret = table_size(b, &tables, "routes6", need.routes6, 1024, &c->said.routes6,
				 &c->max_routes6);
	if (ret == 0)
		ret = table_size(b, &tables, "neighbors", need.neighbors, 1024, &c->said.neighbors,
				 &c->max_neighbors);
	if (ret == 0)
		ret = table_size(b, &tables, "nexthops", need.nexthops, 4096, &c->said.nexthops,
				 &c->max_nexthops);
	if (ret == 0)
		ret = vrf_sizes(b);
	c->buffers = node_number(&memory, "buffers");
	c->hugepages = node_number(&memory, "hugepages");
	c->urpf_default = node_number(&ip, "urpf_default");
	c->ip4_fragment = node_number(&ip, "fragment");
	c->arp_age_s = node_number(&arp, "age");
	c->icmp_errors_pps = node_number(&icmp, "errors_pps");
	build_punt(b);
	build_filters(b);
	c->telemetry_period_ms = node_number(&telemetry, "period");
	return ret;
}
