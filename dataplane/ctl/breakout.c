/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports of a running board come and go: a bank is cut into other ports (board_breakout in board.h).
 * Control thread.
 *
 *  1. The plan: which ports stay, go and come. Everything that can be refused is refused here.
 *  2. Lanes of the ports that go have no port, workers are told, a grace period passes: no worker
 *     polls or fills those ports any more, packets for them end as "port_down".
 *  3. What workers have punted is handled; the ethdevs go, the new ones come. Their ids may be the
 *     old ones: nothing sends there before 5.
 *  4. Next-hop rows, neighbours and routes follow their interfaces to the new ports, those of
 *     interfaces that are gone go. Routes of an interface that stays are not touched.
 *  5. Workers are told. What waits in rings for a lane that has another port now ends there as
 *     "port_removed" (lane_stamp() in run/worker.h), so nothing meant for the old port leaves.
 *
 * What fails in 3 or 4 is undone, and the old ports are made again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "config/nearest.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/shape.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"

#define MAX       CONFIG_LANES_PER_BANK
#define MAX_PORTS ((unsigned)RTE_MIN(RTE_MAX_ETHPORTS, WORKER_MAX_PORTS)) /* of DPDK */

struct piece {
	unsigned port; /* entry of board.ports */
	struct config_port spec;
	const struct config_port *from;
	uint16_t number; /* of the pieces of `from`, from 1 */
};

struct plan {
	unsigned engine, first; /* the bank's first lane */
	unsigned n_stay, n_go, n_come;
	struct piece stay[MAX], go[MAX], come[MAX];
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

static struct piece piece_of(const struct board *b, unsigned i)
{
	const struct board_port *port = &b->ports[i];
	struct piece p = {
		.port = i, .spec = port->spec, .from = port->from, .number = port->piece
	};

	if (p.spec.carrier != CONFIG_CARRIER_DEV) { /* made again it keeps its address */
		p.spec.has_mac = true;
		memcpy(p.spec.mac, port->mac, 6);
	}
	return p;
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
			plan->stay[plan->n_stay++] = piece_of(b, i);
		else
			plan->go[plan->n_go++] = piece_of(b, i);
	}
}

static bool number_taken(const struct plan *plan, const struct piece *p)
{
	for (unsigned i = 0; i < plan->n_stay; i++)
		if (plan->stay[i].from == p->from && plan->stay[i].number == p->number)
			return true;
	for (unsigned i = 0; i < plan->n_come; i++)
		if (plan->come[i].from == p->from && plan->come[i].number == p->number)
			return true;
	return false;
}

/* Pieces are counted by their first lanes; what a piece that stays is called already is left out.
 */
static void number_piece(const struct board_shape *shape, const struct plan *plan, struct piece *p)
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

static int carrier_of_piece(const struct board *b, struct piece *p, struct err *err)
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

static int name_piece(const struct board *b, struct piece *p, struct err *err)
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
static int choose_entry(const struct board *b, const struct plan *plan, struct piece *p,
			struct err *err)
{
	if (p->number == 1) {
		p->port = (unsigned)(p->from - b->cfg->ports);
		return 0;
	}
	for (p->port = b->cfg->n_ports; p->port < BOARD_MAX_PORTS; p->port++) {
		bool taken = b->ports[p->port].probed;

		for (unsigned i = 0; i < plan->n_go; i++)
			taken &= plan->go[i].port != p->port;
		for (unsigned i = 0; i < plan->n_come; i++)
			taken |= plan->come[i].port == p->port;
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
	struct piece p;
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
	plan->come[plan->n_come++] = p;
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
	ports = rte_eth_dev_count_total() - plan->n_go + plan->n_come;
	if (ports > MAX_PORTS)
		return err_set(err, -ENOSPC,
			       "%s bank %u: DPDK has room for %u ports, carriers included, this "
			       "would make %u; cut fewer banks, or build DPDK with "
			       "-Dmax_ethports=N and cpx with WORKER_MAX_PORTS set to the same",
			       engine, bank, MAX_PORTS, ports);
	return 0;
}

static int open_port(struct board *b, const struct piece *p, struct err *err)
{
	struct board_port *port = &b->ports[p->port];
	int ret;

	port->spec = p->spec;
	port->from = p->from;
	port->piece = p->number;
	b->n_ports = RTE_MAX(b->n_ports, p->port + 1);
	ret = port_make(b, p->port, err);
	if (!ret)
		ret = port_start(b, p->port, err);
	if (ret) {
		port_end(b, p->port);
		return ret;
	}
	board_give_lanes(b, p->port);
	return ifaces_attach(b, p->port, err);
}

static void close_port(struct board *b, const struct piece *p)
{
	board_take_lanes(b, p->port);
	port_end(b, p->port);
}

/* The ports that went come back. What does not is named behind the first error. */
static void go_back(struct board *b, const struct plan *plan, struct err *err)
{
	struct err again;

	for (unsigned i = 0; i < plan->n_come; i++)
		close_port(b, &plan->come[i]);
	for (unsigned i = 0; i < plan->n_go; i++) {
		const struct piece *p = &plan->go[i];
		size_t len;

		if (open_port(b, p, &again) == 0)
			continue;
		close_port(b, p);
		log_error("port %s is lost: %s", p->spec.name, again.text);
		if (!err)
			continue;
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len,
			 "\nport %s could not be had back, its lanes are free: %s", p->spec.name,
			 again.text);
	}
}

static int replace(struct board *b, const struct plan *plan, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < plan->n_go; i++)
		port_end(b, plan->go[i].port);
	for (unsigned i = 0; !ret && i < plan->n_come; i++)
		ret = open_port(b, &plan->come[i], err);
	if (ret)
		go_back(b, plan, err);
	for (unsigned i = 0; i < plan->n_go; i++)
		if (!b->ports[plan->go[i].port].probed)
			ifaces_detach(b, plan->go[i].port);
	for (unsigned i = 0; i < plan->n_come; i++)
		if (!b->ports[plan->come[i].port].probed)
			ifaces_detach(b, plan->come[i].port);
	return ret;
}

/* No worker has anything to do with the ports that go; undone when there is no memory to say so. */
static int take_away(struct board *b, const struct plan *plan, struct err *err)
{
	int ret;

	for (unsigned i = 0; i < plan->n_go; i++)
		board_take_lanes(b, plan->go[i].port);
	ret = workers_republish(b);
	if (ret)
		err_set(err, ret, "workers: no memory for another configuration; nothing changed");
	else
		ret = ifaces_change(b, err);
	if (!ret)
		return 0;
	for (unsigned i = 0; i < plan->n_go; i++)
		board_give_lanes(b, plan->go[i].port);
	workers_republish(b);
	return ret;
}

int board_breakout(struct board *b, const char *engine, unsigned bank,
		   const struct board_shape *shape, struct err *err)
{
	struct plan plan = { 0 };
	int ret = make_plan(b, engine, bank, shape, &plan, err);

	if (ret || plan.n_go + plan.n_come == 0)
		return ret;
	ret = take_away(b, &plan, err);
	if (ret)
		return ret;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	punt_catch_up(b);
	ret = replace(b, &plan, err);
	if (workers_republish(b) != 0 && !ret)
		ret = err_set(err, -ENOMEM,
			      "%s bank %u: cut, but there is no memory to tell the workers; its "
			      "ports carry nothing until there is",
			      engine, bank);
	log_info("%s bank %u: %u ports left alone, %u removed, %u made%s", engine, bank,
		 plan.n_stay, plan.n_go, plan.n_come, ret ? ", and back: it failed" : "");
	ports_watch(b);
	twins_follow(b);
	stats_describe(b);
	stats_refresh(b);
	telemetry_publish(b->telemetry);
	return ret;
}
