/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running board does when asked over its control socket: one table, a handler each. Control
 * thread.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/control.h"
#include "dataplane/ctl/engine_verbs.h"
#include "dataplane/ctl/jobs.h"
#include "dataplane/ctl/route_verbs.h"
#include "dataplane/ctl/shape.h"

/* A port's lanes as "oe0/0-3"; one lane: "oe0/0". */
static void lanes_text(char *text, size_t size, const struct board *b, const struct config_port *p)
{
	int len = snprintf(text, size, "%s/%u", b->cfg->engines[p->engine].name, p->first_lane);

	if (p->n_lanes > 1)
		snprintf(text + len, size - (size_t)len, "-%u", p->first_lane + p->n_lanes - 1u);
}

static json_t *brief(const struct board *b, const struct config_port *p)
{
	char lanes[CONFIG_NAME_LEN + 16];

	lanes_text(lanes, sizeof(lanes), b, p);
	return json_pack("{s:s, s:s, s:i}", "port", p->name, "lanes", lanes, "lane_count",
			 (int)p->n_lanes);
}

static json_t *whole(const struct board *b, const struct board_port *port)
{
	static const char *const carriers[] = { [CONFIG_CARRIER_LOOP] = "loop",
						[CONFIG_CARRIER_FIBER] = "fiber",
						[CONFIG_CARRIER_PEER] = "fiber",
						[CONFIG_CARRIER_DEV] = "dev" };
	const struct config_port *p = &port->spec;
	char carrier[CONFIG_PATH_LEN + 8], mac[18];
	json_t *o = brief(b, p);

	snprintf(carrier, sizeof(carrier), "%s%s%s", carriers[p->carrier],
		 p->carrier_name[0] ? ":" : "", p->carrier_name);
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0], port->mac[1],
		 port->mac[2], port->mac[3], port->mac[4], port->mac[5]);
	json_object_set_new(o, "bank", json_integer(p->first_lane / CONFIG_LANES_PER_BANK));
	json_object_set_new(o, "engine", json_string(b->cfg->engines[p->engine].name));
	json_object_set_new(o, "carrier", json_string(carrier));
	json_object_set_new(o, "mtu", json_integer(p->mtu));
	json_object_set_new(o, "mac", json_string(mac));
	json_object_set_new(o, "up", json_boolean(port->up));
	json_object_set_new(o, "piece_of",
			    port->piece > 1 ? json_string(port->from->name) : json_null());
	return o;
}

static int ports(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const struct board *b = arg;
	json_t *list = json_array();

	(void)request;
	(void)err;
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed)
			json_array_append_new(list, whole(b, &b->ports[i]));
	return json_object_set_new(reply, "ports", list) ? -ENOMEM : 0;
}

/* The ports of a bank at one moment. */
struct bank {
	unsigned n;
	struct {
		struct config_port spec;
		uint16_t port, life; /* the same port as long as its lanes live this life */
	} is[CONFIG_LANES_PER_BANK];
};

static void look(const struct board *b, const char *engine, unsigned bank, struct bank *out)
{
	out->n = 0;
	for (unsigned l = 0; l < b->n_lanes; l++) {
		const struct board_lane *lane = &b->lanes[l];

		if (lane->port == BOARD_NO_PORT || lane->index != 0 ||
		    lane->number / CONFIG_LANES_PER_BANK != bank ||
		    strcmp(b->cfg->engines[lane->engine].name, engine) != 0)
			continue;
		out->is[out->n].spec = b->ports[lane->port].spec;
		out->is[out->n].port = lane->port;
		out->is[out->n++].life = lane->life;
	}
}

/* Those of one that the other has, or has not. */
static json_t *compare(const struct board *b, const struct bank *one, const struct bank *other,
		       bool wanted)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < one->n; i++) {
		bool found = false;

		for (unsigned k = 0; k < other->n; k++)
			found |= one->is[i].port == other->is[k].port &&
				 one->is[i].life == other->is[k].life;
		if (found == wanted)
			json_array_append_new(list, brief(b, &one->is[i].spec));
	}
	return list;
}

/* For lanes of this engine. Of one there is not no shape is asked: board_breakout() will say so. */
static int read_shape(const struct board *b, const char *engine, const char *text,
		      struct board_shape *shape, struct err *err)
{
	*shape = (struct board_shape){ 0 };
	for (unsigned i = 0; i < b->cfg->n_engines; i++)
		if (strcmp(b->cfg->engines[i].name, engine) == 0)
			return shape_parse(shape, text, b->cfg->engines[i].lane_mbps, err);
	return 0;
}

static int breakout(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct board *b = arg;
	const char *engine, *text;
	struct board_shape shape;
	struct bank before, after;
	unsigned bank;
	int ret = control_text(request, "engine", &engine, err);

	if (!ret)
		ret = control_number(request, "bank", 0, UINT16_MAX, &bank, err);
	if (!ret)
		ret = control_text(request, "shape", &text, err);
	if (!ret)
		ret = read_shape(b, engine, text, &shape, err);
	if (!ret)
		ret = jobs_busy(b, err);
	if (ret)
		return ret;
	look(b, engine, bank, &before);
	ret = board_breakout(b, engine, bank, &shape, err);
	engine_alarms_join(b);
	if (ret)
		return ret;
	look(b, engine, bank, &after);
	json_object_set_new(reply, "removed", compare(b, &before, &after, false));
	json_object_set_new(reply, "made", compare(b, &after, &before, false));
	json_object_set_new(reply, "kept", compare(b, &after, &before, true));
	return 0;
}

static int workers(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct board *b = arg;
	unsigned n;
	int ret = control_number(request, "count", 1, PLACEMENT_MAX_WORKERS, &n, err);

	if (!ret)
		ret = workers_resize(b, n, err);
	if (ret)
		return ret;
	json_object_set_new(reply, "workers", json_integer(b->n_workers));
	return json_object_set_new(reply, "most", json_integer(b->max_workers)) ? -ENOMEM : 0;
}

const struct control_verb board_verbs[] = {
	{ "ports", "every port: lanes, carrier, MTU, address, link", ports },
	{ "engines", "every engine and laser source that is managed", engine_verb_list },
	{ "alarms", "what is wrong, one alarm for each trouble", engine_verb_alarms },
	{ "engine-read", "engine, page (256: lower memory), bank: its 128 bytes, in hex",
	  engine_verb_read },
	{ "engine-up", "engine, lanes: as their ports want them", engine_verb_up },
	{ "engine-down", "engine, lanes: down whatever ports want", engine_verb_down },
	{ "engine-loopback", "engine, lanes, mode: media-output, … off", engine_verb_loopback },
	{ "engine-prbs", "engine, lanes, side, roles (1 generate, 2 check, 3), pattern or off",
	  engine_verb_prbs },
	{ "engine-prbs-results", "engine, lanes, side: bits, errors, lock",
	  engine_verb_prbs_results },
	{ "engine-reset", "engine: SoftwareReset, then up again", engine_verb_reset },
	{ "engine-lowpower", "engine, on: lanes down and low power, until off",
	  engine_verb_lowpower },
	{ "engine-inject", "engine, request: a fault of an emulated one", engine_verb_inject },
	{ "routes",
	  "match: ADDRESS, or within: PREFIX, source, family, vrf, limit, cursor: a page of routes",
	  route_verb_list },
	{ "route-add", "to, via, port, vlan, weight, or paths or type; metric; or a list, routes",
	  route_verb_add },
	{ "route-del", "to, metric; or a list, routes: those of route-add", route_verb_del },
	{ "nexthops", "limit, cursor: where routes lead, what of it is up", route_verb_nexthops },
	{ "neighbors", "limit, cursor: who is where on our subnets", route_verb_neighbors },
	{ "apply",
	  "file, check (change nothing), diff (keep the lines): make it what the board runs; a job",
	  jobs_verb_apply },
	{ "config", "write the running configuration to a file; a job", jobs_verb_config },
	{ "job", "id, offset: what became of it", jobs_verb_job },
	{ "workers", "count: so many from now on, lanes shared out anew", workers },
	{ "breakout", "engine, bank, shape (\"2x400G\"): cut the bank into other ports", breakout },
};
const size_t board_n_verbs = RTE_DIM(board_verbs);
