/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakouts: which ports of a bank stay, go and come when it is cut anew (board_breakout in
 * board.h). Everything that can be refused is refused here; swap.c does it. Control thread.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "config/nearest.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/shape.h"
#include "lib/base/log.h"

#define MAX       CONFIG_LANES_PER_BANK
#define MAX_PORTS ((unsigned)RTE_MIN(RTE_MAX_ETHPORTS, WORKER_MAX_PORTS)) /* of DPDK */

struct plan {
	unsigned engine, first; /* the bank's first lane */
	unsigned n_stay;
	struct port_piece stay[MAX];
	struct port_swap swap;
};

static int find_engine(const struct board *b, const char *name, unsigned *engine, struct err *err)
{
	struct nearest near = { .typed = name };

	for (*engine = 0; *engine < b->cfg->n_engines; ++*engine) {
		if (strcmp(b->cfg->engines[*engine].name, name) == 0)
			return 0;
		nearest_offer(&near, b->cfg->engines[*engine].name);
	}
	return err_set(
		err, -ENOENT,
		"board %s has no engine \"%.40s\"; %s%s%sits engines are in `engines:` of its "
		"file",
		b->cfg->instance, name, near.word ? "did you mean \"" : "",
		near.word ? near.word : "", near.word ? "\"? " : "");
}

static bool has_lane(const struct config_port *p, unsigned engine, unsigned lane)
{
	return p->engine == engine && lane >= p->first_lane && lane < p->first_lane + p->n_lanes;
}

/* The file's port with this lane; NULL: none has it. */
static const struct config_port *port_of_file(const struct board *b, unsigned engine, unsigned lane)
{
	for (unsigned i = 0; i < b->cfg->n_ports; i++)
		if (has_lane(&b->cfg->ports[i], engine, lane))
			return &b->cfg->ports[i];
	return NULL;
}

/* The bank's ports as they are: those the shape has, too, stay. */
static void sort_ports(const struct board *b, const struct board_shape *shape, struct plan *plan)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		const struct config_port *p = &b->ports[i].spec;
		bool stays = false;

		if (!b->ports[i].probed || p->engine != plan->engine ||
		    p->first_lane / MAX != plan->first / MAX)
			continue;
		for (unsigned k = 0; k < shape->n; k++)
			stays |= p->first_lane == plan->first + shape->port[k].first &&
				 p->n_lanes == shape->port[k].lanes;
		if (stays)
			plan->stay[plan->n_stay++] = port_piece_of(b, i);
		else
			plan->swap.go[plan->swap.n_go++] = port_piece_of(b, i);
	}
}

static bool number_taken(const struct plan *plan, const struct port_piece *p)
{
	for (unsigned i = 0; i < plan->n_stay; i++)
		if (plan->stay[i].from == p->from && plan->stay[i].number == p->number)
			return true;
	for (unsigned i = 0; i < plan->swap.n_come; i++)
		if (plan->swap.come[i].from == p->from && plan->swap.come[i].number == p->number)
			return true;
	return false;
}

/* Pieces are counted by their first lanes; what a piece that stays is called already is left out.
 */
static void number_piece(const struct board_shape *shape, const struct plan *plan,
			 struct port_piece *p)
{
	const unsigned from = p->from->first_lane, first = p->spec.first_lane;

	p->number = 1;
	if (first == from)
		return;
	for (unsigned k = 0; k < shape->n; k++) {
		const unsigned other = plan->first + shape->port[k].first;

		p->number += other > from && other <= first;
	}
	while (number_taken(plan, p))
		p->number++;
}

/* "NAME-K" in room bytes; false: too long. */
static bool append_number(char *name, size_t room, unsigned number)
{
	const size_t len = strnlen(name, room);

	return (size_t)snprintf(name + len, room - len, "-%u", number) < room - len;
}

static int carrier_of_piece(const struct board *b, struct port_piece *p, struct err *err)
{
	struct config_port *s = &p->spec;
	const size_t room = s->carrier == CONFIG_CARRIER_PEER ? CONFIG_PATH_LEN : CONFIG_NAME_LEN;

	if (s->carrier == CONFIG_CARRIER_LOOP)
		return 0;
	if (s->carrier == CONFIG_CARRIER_DEV)
		return err_set(
			err, -EINVAL,
			"port %s: its carrier is device %s, which is not divided; ask for one "
			"port of fewer lanes, or give it carrier: fiber or loop in the file",
			p->from->name, p->from->carrier_name);
	if (!append_number(s->carrier_name, room, p->number))
		return err_set(err, -EINVAL,
			       "port %s: fiber %s leaves no room for a number behind it; give it a "
			       "shorter name in the file, %zu characters at most",
			       p->from->name, p->from->carrier_name, room - 3);
	for (unsigned i = 0; i < b->cfg->n_ports; i++)
		if (b->cfg->ports[i].carrier == s->carrier &&
		    strcmp(b->cfg->ports[i].carrier_name, s->carrier_name) == 0)
			return err_set(
				err, -EINVAL,
				"port %s: piece %u would be on fiber %s, which port %s of the "
				"file has; give that one another name",
				p->from->name, p->number, s->carrier_name, b->cfg->ports[i].name);
	return 0;
}

static int name_piece(const struct board *b, struct port_piece *p, struct err *err)
{
	char *name = p->spec.name;

	if (!append_number(name, CONFIG_NAME_LEN, p->number))
		return err_set(
			err, -EINVAL,
			"port %s: no room for a number behind its name; give it a shorter one "
			"in the file, %d characters at most",
			p->from->name, CONFIG_NAME_LEN - 3);
	for (unsigned i = 0; i < b->cfg->n_ports; i++)
		if (strcmp(b->cfg->ports[i].name, name) == 0)
			return err_set(
				err, -EINVAL,
				"port %s: its piece %u would be called %s, as another port of "
				"the file; rename that one",
				p->from->name, p->number, name);
	return carrier_of_piece(b, p, err);
}

/* Those of the file keep their entry; pieces take one that is free or becomes so. */
static int choose_entry(const struct board *b, const struct plan *plan, struct port_piece *p,
			struct err *err)
{
	if (p->number == 1) {
		p->port = (unsigned)(p->from - b->cfg->ports);
		return 0;
	}
	for (p->port = BOARD_FIRST_PIECE; p->port < BOARD_MAX_PORTS; p->port++) {
		bool taken = b->ports[p->port].probed;

		for (unsigned i = 0; i < plan->swap.n_go; i++)
			taken &= plan->swap.go[i].port != p->port;
		for (unsigned i = 0; i < plan->swap.n_come; i++)
			taken |= plan->swap.come[i].port == p->port;
		if (!taken)
			return 0;
	}
	return err_set(err, -ENOSPC, "port %s: a board has room for %d pieces of ports",
		       p->spec.name, CONFIG_MAX_PORTS);
}

static int plan_port(const struct board *b, const struct board_shape *shape, struct plan *plan,
		     unsigned k, struct err *err)
{
	const unsigned first = plan->first + shape->port[k].first, n = shape->port[k].lanes;
	struct port_piece p;
	int ret = 0;

	for (unsigned i = 0; i < plan->n_stay; i++)
		if (plan->stay[i].spec.first_lane == first)
			return 0;
	for (unsigned lane = first; lane < first + n; lane++)
		if (!port_of_file(b, plan->engine, lane))
			return err_set(
				err, -EINVAL,
				"lane %s/%u is in no port of the board's file, so it has no "
				"counters and no place; give it to a port there and start the "
				"board anew",
				b->cfg->engines[plan->engine].name, lane);
	p.from = port_of_file(b, plan->engine, first);
	p.spec = *p.from;
	p.spec.first_lane = (uint16_t)first;
	p.spec.n_lanes = (uint16_t)n;
	number_piece(shape, plan, &p);
	if (p.number > 1) {
		p.spec.has_mac = false;
		ret = name_piece(b, &p, err);
	}
	if (!ret)
		ret = choose_entry(b, plan, &p, err);
	if (ret)
		return ret;
	if (p.number == 1 && p.spec.carrier != CONFIG_CARRIER_DEV) {
		p.spec.has_mac = true; /* the one it had from the start, chosen or not */
		memcpy(p.spec.mac, b->ports[p.port].mac, 6);
	}
	plan->swap.come[plan->swap.n_come++] = p;
	return 0;
}

static int make_plan(const struct board *b, const char *engine, unsigned bank,
		     const struct board_shape *shape, struct plan *plan, struct err *err)
{
	unsigned ports;
	int ret = find_engine(b, engine, &plan->engine, err);

	if (ret)
		return ret;
	if (bank >= b->cfg->engines[plan->engine].lanes / MAX)
		return err_set(err, -ENOENT, "engine %s has no bank %u, only 0 to %u", engine, bank,
			       b->cfg->engines[plan->engine].lanes / MAX - 1u);
	plan->first = bank * MAX;
	sort_ports(b, shape, plan);
	for (unsigned k = 0; !ret && k < shape->n; k++)
		ret = plan_port(b, shape, plan, k, err);
	if (ret)
		return ret;
	ports = rte_eth_dev_count_total() - plan->swap.n_go + plan->swap.n_come;
	if (ports > MAX_PORTS)
		return err_set(err, -ENOSPC,
			       "%s bank %u: DPDK has room for %u ports, carriers included, this "
			       "would make %u; cut fewer banks, or build DPDK with "
			       "-Dmax_ethports=N and cpx with WORKER_MAX_PORTS set to the same",
			       engine, bank, MAX_PORTS, ports);
	return 0;
}

int board_breakout(struct board *b, const char *engine, unsigned bank,
		   const struct board_shape *shape, struct err *err)
{
	struct plan plan = { 0 };
	int ret = make_plan(b, engine, bank, shape, &plan, err);

	if (ret || plan.swap.n_go + plan.swap.n_come == 0)
		return ret;
	ret = ports_swap(b, &plan.swap, err);
	log_info("%s bank %u: %u ports left alone, %u removed, %u made%s", engine, bank,
		 plan.n_stay, plan.swap.n_go, plan.swap.n_come, ret ? ", and back: it failed" : "");
	return ret;
}
