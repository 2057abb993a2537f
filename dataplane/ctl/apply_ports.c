/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and devices of another configuration; see apply_ports.h. Control thread. */
#include "dataplane/ctl/apply_ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "dataplane/ctl/board_priv.h"

bool apply_is_mtu(const struct config_change *ch)
{
	return ch->field && strcmp(ch->field->path, "ports.*.mtu") == 0;
}

static bool same_ethdev(const struct config_port *a, const struct config_port *b)
{
	return a->engine == b->engine && a->first_lane == b->first_lane &&
	       a->n_lanes == b->n_lanes && a->carrier == b->carrier &&
	       strcmp(a->carrier_name, b->carrier_name) == 0 && a->server == b->server &&
	       a->has_mac == b->has_mac && memcmp(a->mac, b->mac, 6) == 0 && a->numa == b->numa;
}

static bool is_in_both(const struct config *a, const struct config *b, unsigned i)
{
	return a->ports[i].name[0] && strcmp(a->ports[i].name, b->ports[i].name) == 0;
}

bool apply_is_remade(const struct config *from, const struct config *to, unsigned i)
{
	return is_in_both(from, to, i) && !same_ethdev(&from->ports[i], &to->ports[i]);
}

static bool stays(const struct board *b, const struct apply *a, unsigned i)
{
	return i < BOARD_FIRST_PIECE && b->ports[i].probed && is_in_both(a->before, a->after, i) &&
	       same_ethdev(&a->before->ports[i], &a->after->ports[i]) && !(a->remake >> i & 1);
}

static struct port_piece comes(const struct board *b, const struct apply *a, unsigned i)
{
	const struct board_port *was = &b->ports[i];
	struct port_piece p = {
		.port = i, .spec = a->after->ports[i], .from = &a->after->ports[i], .number = 1
	};

	/* made again it keeps its address */
	if (is_in_both(b->cfg, a->after, i) && was->from && was->piece == 1 && !p.spec.has_mac &&
	    !b->cfg->ports[i].has_mac && p.spec.carrier != CONFIG_CARRIER_DEV &&
	    was->spec.carrier != CONFIG_CARRIER_DEV) {
		p.spec.has_mac = true;
		memcpy(p.spec.mac, was->mac, 6);
	}
	return p;
}

struct port_swap *apply_swap(const struct board *b, const struct apply *a, struct err *err)
{
	struct port_swap *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(err, -ENOMEM, "ports: no memory");
		return NULL;
	}
	s->old = b->cfg;
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && !stays(b, a, i))
			s->go[s->n_go++] = port_piece_of(b, i);
	for (unsigned i = 0; i < a->after->n_ports; i++)
		if (a->after->ports[i].name[0] && !stays(b, a, i))
			s->come[s->n_come++] = comes(b, a, i);
	return s;
}

void apply_settle_ports(struct board *b)
{
	for (unsigned i = 0; i < b->cfg->n_ports; i++)
		b->ports[i].spec.promiscuous = b->cfg->ports[i].promiscuous;
}

int apply_devices_come(struct board *b, const struct apply *a, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < a->after->n_devices; i++)
		if (a->after->devices[i].name[0] && !b->device_probed[i])
			ret = device_probe(b, &a->after->devices[i], i, err);
	return ret;
}

void apply_devices_go(struct board *b, const struct config *from, const struct config *to)
{
	for (unsigned i = 0; i < from->n_devices; i++)
		if (from->devices[i].name[0] &&
		    strcmp(from->devices[i].name, to->devices[i].name) != 0)
			device_end(b, &from->devices[i], i);
}

int apply_period(struct board *b, struct err *err)
{
	return board_set_period(b, b->cfg->telemetry_period_ms) == 0
		       ? 0
		       : err_set(err, -ENOMEM, "telemetry: no memory for another timer");
}
