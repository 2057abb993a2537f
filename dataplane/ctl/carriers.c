/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches the kernel interfaces under `dev:` carriers. DPDK's af_packet and af_xdp do not notice
 * when theirs is deleted; a port whose interface is gone is taken out of the workers'
 * configuration, so that its packets are dropped as "port_down" and no queue of it is touched.
 * Their sockets are bound to the interface that was, so the port stays down until a restart.
 * Control thread.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "lib/base/log.h"

/* The iface= of a device's arguments; false: it has none. */
static bool interface_of(const struct config *cfg, const struct config_port *p,
			 char name[IF_NAMESIZE])
{
	if (p->carrier != CONFIG_CARRIER_DEV)
		return false;
	for (unsigned i = 0; i < cfg->n_devices; i++) {
		const char *arg;

		if (strcmp(cfg->devices[i].name, p->carrier_name) != 0)
			continue;
		arg = strstr(cfg->devices[i].args, "iface=");
		return arg && sscanf(arg, "iface=%15[^,]", name) == 1;
	}
	return false;
}

void carriers_note(struct board *b)
{
	char name[IF_NAMESIZE];

	for (unsigned i = 0; i < b->n_ports; i++)
		if (interface_of(b->cfg, &b->cfg->ports[i], name))
			b->ports[i].ifindex = if_nametoindex(name);
}

void carriers_tick(void *arg)
{
	struct board *b = arg;
	bool changed = false;

	for (unsigned i = 0; i < b->n_ports; i++) {
		struct board_port *port = &b->ports[i];
		char name[IF_NAMESIZE];

		if (!port->ifindex || port->gone ||
		    !interface_of(b->cfg, &b->cfg->ports[i], name) ||
		    if_nametoindex(name) == port->ifindex)
			continue;
		port->gone = true;
		changed = true;
		log_error(
			"port %s: interface %s under it is gone; the port stays down. Restart cpx "
			"run when the interface is back",
			b->cfg->ports[i].name, name);
	}
	if (changed)
		workers_republish(b);
}
