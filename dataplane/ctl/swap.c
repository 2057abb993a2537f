/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports of a running board come and go (ports_swap in board_priv.h): for breakouts, and for another
 * configuration. Control thread.
 *
 *  1. Lanes of the ports that go have no port, workers are told, a grace period passes: no worker
 *     polls or fills those ports any more, packets for them end as "port_down".
 *  2. What workers have punted is handled; the ethdevs go, the new ones come. Their ids may be the
 *     old ones: nothing sends there before 4.
 *  3. Next-hop rows, neighbours and routes follow their interfaces to the new ports, those of
 *     interfaces that are gone go. Routes of an interface that stays are not touched.
 *  4. Workers are told. What waits in rings for a lane that has another port now ends there as
 *     "port_removed" (lane_stamp() in run/worker.h), so nothing meant for the old port leaves.
 *
 * What fails in 2 or 3 is undone, and the old ports are made again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"

struct port_piece port_piece_of(const struct board *b, unsigned i)
{
	const struct board_port *port = &b->ports[i];
	struct port_piece p = {
		.port = i, .spec = port->spec, .from = port->from, .number = port->piece
	};

	if (p.spec.carrier != CONFIG_CARRIER_DEV) { /* made again it keeps its address */
		p.spec.has_mac = true;
		memcpy(p.spec.mac, port->mac, 6);
	}
	return p;
}

static int open_port(struct board *b, const struct port_piece *p, struct err *err)
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
	if (!ret && p->port < BOARD_FIRST_PIECE)
		ret = ifaces_tag(b, p->port, err);
	if (ret) {
		port_end(b, p->port);
		return ret;
	}
	board_give_lanes(b, p->port);
	workers_share_queues(b, p->port);
	return ifaces_attach(b, p->port, err);
}

static void close_port(struct board *b, const struct port_piece *p)
{
	board_take_lanes(b, p->port);
	port_end(b, p->port);
}

/* Will an entry have a port again, and the same interfaces under it? */
static bool is_among(const struct port_piece *list, unsigned n, const struct port_piece *p)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i].port == p->port && strcmp(list[i].spec.name, p->spec.name) == 0)
			return true;
	return false;
}

/* Interfaces of ports in `gone` that have no port in `list`. */
static void detach(struct board *b, const struct port_piece *gone, unsigned n_gone,
		   const struct port_piece *list, unsigned n)
{
	for (unsigned i = 0; i < n_gone; i++)
		if (!is_among(list, n, &gone[i]))
			ifaces_detach(b, gone[i].port);
}

/* The ports that went come back. What does not is named behind the first error. */
static void go_back(struct board *b, const struct port_swap *s, struct err *err)
{
	struct err again;

	for (unsigned i = 0; i < s->n_go; i++) {
		const struct port_piece *p = &s->go[i];
		size_t len;

		if (open_port(b, p, &again) == 0)
			continue;
		close_port(b, p);
		ifaces_detach(b, p->port);
		log_error("port %s is lost: %s", p->spec.name, again.text);
		if (!err)
			continue;
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len,
			 "\nport %s could not be had back, its lanes are free: %s", p->spec.name,
			 again.text);
	}
}

static int replace(struct board *b, const struct port_swap *s, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < s->n_go; i++)
		port_end(b, s->go[i].port);
	detach(b, s->go, s->n_go, s->come, s->n_come);
	for (unsigned i = 0; !ret && i < s->n_come; i++)
		ret = open_port(b, &s->come[i], err);
	if (!ret)
		return 0;
	for (unsigned i = 0; i < s->n_come; i++)
		close_port(b, &s->come[i]);
	detach(b, s->come, s->n_come, s->go, s->n_go);
	if (s->old)
		board_adopt(b, s->old);
	go_back(b, s, err);
	return ret;
}

/* No worker has anything to do with the ports that go; undone when there is no memory to say so. */
static int take_away(struct board *b, const struct port_swap *s, struct err *err)
{
	int ret;

	for (unsigned i = 0; i < s->n_go; i++)
		board_take_lanes(b, s->go[i].port);
	ret = workers_republish(b);
	if (ret)
		err_set(err, ret, "workers: no memory for another configuration; nothing changed");
	else
		ret = ifaces_change(b, err);
	if (!ret)
		return 0;
	for (unsigned i = 0; i < s->n_go; i++)
		board_give_lanes(b, s->go[i].port);
	workers_republish(b);
	return ret;
}

int ports_swap(struct board *b, const struct port_swap *s, struct err *err)
{
	int ret = take_away(b, s, err);

	if (ret)
		return ret;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	punt_catch_up(b);
	ret = replace(b, s, err);
	if (workers_republish(b) != 0 && !ret)
		ret = err_set(err, -ENOMEM,
			      "ports are made, but there is no memory to tell the workers; they "
			      "carry nothing until there is");
	ports_watch(b);
	twins_follow(b);
	stats_describe(b);
	stats_refresh(b);
	telemetry_publish(b->telemetry);
	return ret;
}
