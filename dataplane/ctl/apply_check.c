/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a running board can become another: everything that may be refused before anything is
 * changed. Control thread; changes nothing.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/ctl/apply.h"
#include "dataplane/ctl/board_priv.h"

#define MAX_ETHDEVS ((unsigned)RTE_MIN(RTE_MAX_ETHPORTS, WORKER_MAX_PORTS))

static int check_restart(const struct apply *a, struct err *err)
{
	size_t len;
	unsigned said = 0;

	if (!a->diff.n_restart)
		return 0;
	err_set(err, 0,
		"the running board cannot change this, nothing was changed; restart it with this "
		"file:");
	for (size_t i = 0; err && i < a->diff.n && said < 6; i++) {
		const struct config_change *ch = &a->diff.changes[i];
		char line[CONFIG_CHANGE_TEXT];

		if (!ch->restart)
			continue;
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, "\n%s: %s",
			 config_change_text(ch, a->before, a->after, line, sizeof(line)),
			 ch->restart);
		said++;
	}
	if (err && said < a->diff.n_restart) {
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, "\nand %zu more",
			 a->diff.n_restart - said);
	}
	return -EOPNOTSUPP;
}

/* Places for workers are the board's for life, the first of them are taken. */
static int check_workers(const struct board *b, const struct config *c, struct err *err)
{
	const unsigned n = workers_wanted(b, c);

	if (n > b->max_workers)
		return err_set(
			err, -EOPNOTSUPP,
			"workers: %u wanted, this board can have %u since its start, as many "
			"as CPUs it may use; restart it with this file",
			n, b->max_workers);
	for (unsigned w = 0; w < c->n_worker_cpus; w++)
		if (b->placement.workers[w].cpu != c->worker_cpus[w])
			return err_set(err, -EOPNOTSUPP,
				       "workers.cpus: worker %u is to be on CPU %u; its place is "
				       "CPU %d as long as the board runs; restart it with this "
				       "file",
				       w, c->worker_cpus[w], b->placement.workers[w].cpu);
	return 0;
}

static bool has_row(const struct board *b, unsigned engine, unsigned number)
{
	for (unsigned l = 0; l < b->n_lanes; l++)
		if (b->lanes[l].engine == engine && b->lanes[l].number == number)
			return true;
	return false;
}

static int check_port(const struct board *b, const struct config *c, const struct config_port *p,
		      struct err *err)
{
	for (unsigned k = 0; k < p->n_lanes; k++)
		if (!has_row(b, p->engine, p->first_lane + k))
			return err_set(err, -EOPNOTSUPP,
				       "port %s: lane %s/%u was in no port of the file this board "
				       "was started with, so it has no counters; restart it with "
				       "this file",
				       p->name, c->engines[p->engine].name, p->first_lane + k);
	return 0;
}

static int check_ports(const struct board *b, const struct config *c, struct err *err)
{
	unsigned lanes = 0, ethdevs = rte_eth_dev_count_total();
	int ret = 0;

	for (unsigned i = 0; i < b->n_ports; i++)
		ethdevs -= b->ports[i].probed;
	for (unsigned i = 0; i < CONFIG_MAX_DEVICES; i++) {
		ethdevs -= b->device_probed[i];
		ethdevs += c->devices[i].name[0] != '\0';
	}
	for (unsigned i = 0; !ret && i < c->n_ports; i++) {
		if (!c->ports[i].name[0])
			continue;
		ret = check_port(b, c, &c->ports[i], err);
		lanes += c->ports[i].n_lanes;
		ethdevs++;
	}
	if (!ret && ethdevs > MAX_ETHDEVS)
		ret = err_set(err, -ENOSPC,
			      "DPDK has room for %u ports, devices included, this would make %u; "
			      "use fewer",
			      MAX_ETHDEVS, ethdevs);
	if (!ret && memory_buffers(c, lanes, &eal_placement) > b->n_buffers)
		ret = err_set(err, -EOPNOTSUPP,
			      "%u lanes need %u packet buffers, this board has %u since its start; "
			      "restart it with this file",
			      lanes, memory_buffers(c, lanes, &eal_placement), b->n_buffers);
	if (!ret && memory_data_room(c) > rte_pktmbuf_data_room_size(b->pool))
		ret = err_set(err, -EOPNOTSUPP,
			      "packet buffers have %u bytes since the board's start, the largest "
			      "MTU of this file wants %u; restart it with this file",
			      rte_pktmbuf_data_room_size(b->pool), memory_data_room(c));
	for (unsigned e = 0; !ret && e < c->n_engines; e++)
		if (engine_is_managed(c, e) != engine_is_managed(b->cfg, e))
			ret = err_set(err, -EOPNOTSUPP,
				      "engine %s: with these ports it would %s managed, which is "
				      "decided when the board starts; write its `mgmt`, or restart "
				      "the board",
				      c->engines[e].name,
				      engine_is_managed(c, e) ? "be" : "no longer be");
	return ret;
}

static int check_table(const char *name, uint32_t need, uint32_t is, struct err *err)
{
	return need <= is ? 0
			  : err_set(err, -ENOSPC,
				    "tables.%s: this file needs %u, the board has %u since its "
				    "start; restart it with this file",
				    name, need, is);
}

/* The route tables of another VRF than the default one. */
static int check_vrf(const struct board *b, const struct config *c, unsigned vrf, struct err *err)
{
	const struct config_vrf *has = &b->cfg->vrfs[vrf];
	uint32_t routes4, routes6;

	config_need_routes(c, vrf, &routes4, &routes6);
	if (routes4 <= has->max_routes4 && routes6 <= has->max_routes6)
		return 0;
	return err_set(
		err, -ENOSPC,
		"vrfs.%s: this file needs %u IPv4 and %u IPv6 routes, the board has room for "
		"%u and %u since its start; restart it with this file",
		has->name, routes4, routes6, has->max_routes4, has->max_routes6);
}

static int check_tables(const struct board *b, const struct config *c, struct err *err)
{
	struct config_sizes need;
	int ret = config_need(c, &need);

	if (ret)
		return err_set(err, ret, "tables: no memory to count what they need");
	ret = check_table("routes4", need.routes4, b->cfg->max_routes4, err);
	if (!ret)
		ret = check_table("routes6", need.routes6, b->cfg->max_routes6, err);
	for (unsigned i = 1; !ret && i < c->n_vrfs && i < b->n_vrfs; i++)
		ret = check_vrf(b, c, i, err);
	if (!ret)
		ret = check_table("nexthops", need.nexthops, b->cfg->max_nexthops, err);
	if (!ret)
		ret = check_table("neighbors", need.neighbors, b->cfg->max_neighbors, err);
	return ret;
}

int apply_check(const struct board *b, const struct apply *a, struct err *err)
{
	int ret = check_restart(a, err);

	if (!ret)
		ret = check_workers(b, a->after, err);
	if (!ret)
		ret = check_ports(b, a->after, err);
	if (!ret)
		ret = check_tables(b, a->after, err);
	return ret;
}
