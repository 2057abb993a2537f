/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The demo's board and, at the other ends of its fibers, the generator's ports. Control thread.
 */
#include "bench/demo/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "lib/telemetry/path.h"

#define GEN_DESC 512

const char demo_yaml[] =
#include "demo_yaml.inc"
	;

const struct demo_side demo_sides[DEMO_PORTS] = {
	{ .port = "p0",
	  .device = "net_cpx_g0",
	  .host4 = { 198, 18, 1, 2 },
	  .gateway4 = { 198, 18, 1, 1 },
	  .flows4 = { 198, 18, 64, 1 },
	  .host6 = { 0x20, 1, 0, 2, 0, 0, 0, 1, [15] = 2 },
	  .gateway6 = { 0x20, 1, 0, 2, 0, 0, 0, 1, [15] = 1 },
	  .flows6 = { 0x20, 1, 0, 2, 0, 0, 1, 0, [15] = 1 } },
	{ .port = "p1",
	  .device = "net_cpx_g1",
	  .host4 = { 198, 19, 1, 2 },
	  .gateway4 = { 198, 19, 1, 1 },
	  .flows4 = { 198, 19, 64, 1 },
	  .host6 = { 0x20, 1, 0, 2, 0, 0, 0, 2, [15] = 2 },
	  .gateway6 = { 0x20, 1, 0, 2, 0, 0, 0, 2, [15] = 1 },
	  .flows6 = { 0x20, 1, 0, 2, 0, 0, 2, 0, [15] = 1 } },
};

/*
 * The last ports of the configuration are the generator's: they leave the board's. Interfaces are
 * numbered ports first, VLANs after (config.h), so those behind move up.
 */
static int take_gen_ports(struct demo_setup *s, struct err *err)
{
	struct config *c = s->cfg;
	unsigned keep = c->n_ports - DEMO_PORTS;

	if (c->n_ports <= DEMO_PORTS)
		return err_set(err, -EINVAL, "%s: %u ports; the last %u are the generator's",
			       c->instance, c->n_ports, DEMO_PORTS);
	memcpy(s->gen_ports, &c->ports[keep], sizeof(s->gen_ports));
	memmove(&c->ifaces[keep], &c->ifaces[c->n_ports],
		(c->n_ifaces - c->n_ports) * sizeof(c->ifaces[0]));
	for (size_t i = 0; i < c->n_routes; i++)
		if (c->routes[i].iface >= c->n_ports)
			c->routes[i].iface -= DEMO_PORTS;
	for (size_t i = 0; i < c->n_paths; i++)
		if (c->paths[i].iface >= c->n_ports)
			c->paths[i].iface -= DEMO_PORTS;
	for (size_t i = 0; i < c->n_neighbors; i++)
		if (c->neighbors[i].iface >= c->n_ports)
			c->neighbors[i].iface -= DEMO_PORTS;
	c->n_ports = keep;
	c->n_ifaces -= DEMO_PORTS;
	return 0;
}

static int make_gen_port(struct demo_setup *s, unsigned i, struct err *err)
{
	const struct demo_side *side = &demo_sides[i];
	const struct config_port *port = &s->gen_ports[i];
	struct rte_eth_conf conf = { .rxmode.mtu = RTE_ETHER_MTU };
	struct gen_port_params params = {
		.lanes = DEMO_LANES, .window = DEMO_WINDOW, .hops = 1, .pool = board_pool(s->board)
	};
	struct rte_ether_addr mac;
	char args[192];
	int ret;

	snprintf(args, sizeof(args), "engine=%s,lanes=%u-%u,rate=%u,carrier=fiber:%s,mgmt=none",
		 s->cfg->engines[port->engine].name, port->first_lane,
		 port->first_lane + port->n_lanes - 1u,
		 s->cfg->engines[port->engine].lane_mbps / 1000, port->carrier_name);
	ret = rte_eal_hotplug_add("vdev", side->device, args);
	if (ret)
		return err_set(err, ret, "generator port %s: the driver refused `%s` (%s)",
			       side->device, args, strerror(-ret));
	s->probed[i] = true;
	ret = rte_eth_dev_get_port_by_name(side->device, &s->port_id[i]);
	if (!ret)
		ret = rte_eth_dev_configure(s->port_id[i], DEMO_LANES, DEMO_LANES, &conf);
	for (uint16_t q = 0; !ret && q < DEMO_LANES; q++) {
		ret = rte_eth_rx_queue_setup(s->port_id[i], q, GEN_DESC, SOCKET_ID_ANY, NULL,
					     params.pool);
		if (!ret)
			ret = rte_eth_tx_queue_setup(s->port_id[i], q, GEN_DESC, SOCKET_ID_ANY,
						     NULL);
	}
	if (!ret)
		ret = rte_eth_macaddr_get(s->port_id[i], &mac);
	if (ret)
		return err_set(err, ret, "generator port %s: configuring %u lanes failed (%s)",
			       side->device, DEMO_LANES, strerror(-ret));
	params.port_id = s->port_id[i];
	memcpy(params.host.mac, mac.addr_bytes, 6);
	memcpy(&params.host.ip4, side->host4, 4);
	memcpy(&params.host.gateway4, side->gateway4, 4);
	memcpy(params.host.ip6, side->host6, 16);
	memcpy(params.host.gateway6, side->gateway6, 16);
	return gen_port_create(&s->gen[i], &params, err);
}

int setup_create(struct demo_setup *s, const char *text, const struct demo_options *o,
		 struct err *err)
{
	struct board_options options = { .extra_lcores = 1,
					 .extra_buffers = 0,
					 .extra_mb = 16 /* generator's rings */ };
	int ret;

	*s = (struct demo_setup){ 0 };
	ret = config_parse(&s->cfg, "demo", text, strlen(text), err);
	if (ret)
		return ret;
	ret = take_gen_ports(s, err);
	if (ret)
		goto failed;
	if (o->workers)
		s->cfg->n_workers = o->workers;
	ret = board_eal_init(s->cfg, &options, err);
	if (ret)
		goto failed;
	s->lcore = board_extra_lcore(0);
	ret = board_create(&s->board, s->cfg, err);
	if (ret == -EEXIST) { /* another demo is on: take a name of our own */
		snprintf(s->cfg->instance, sizeof(s->cfg->instance), "demo-%d", (int)getpid());
		ret = board_create(&s->board, s->cfg, err);
	}
	for (unsigned i = 0; !ret && i < DEMO_PORTS; i++)
		ret = make_gen_port(s, i, err);
	if (!ret)
		return 0;
failed:
	setup_destroy(s);
	return ret;
}

int setup_start(struct demo_setup *s, struct err *err)
{
	for (unsigned i = 0; i < DEMO_PORTS; i++) {
		int ret = rte_eth_dev_start(s->port_id[i]);

		if (ret)
			return err_set(err, ret, "generator port %s does not start (%s)",
				       demo_sides[i].device, strerror(-ret));
		s->started[i] = true;
		rte_eth_promiscuous_enable(s->port_id[i]);
	}
	return board_start(s->board, err);
}

void setup_stop(struct demo_setup *s)
{
	if (s->board)
		board_stop(s->board);
	for (unsigned i = 0; i < DEMO_PORTS; i++) {
		if (s->started[i])
			rte_eth_dev_stop(s->port_id[i]);
		s->started[i] = false;
	}
}

void setup_destroy(struct demo_setup *s)
{
	char path[TELEMETRY_PATH_LEN] = "";

	setup_stop(s);
	for (unsigned i = DEMO_PORTS; i-- > 0;) {
		gen_port_destroy(s->gen[i]); /* gives its packets back before the pool goes */
		if (s->probed[i]) {
			rte_eth_dev_close(s->port_id[i]);
			rte_eal_hotplug_remove("vdev", demo_sides[i].device);
		}
	}
	if (s->board)
		snprintf(path, sizeof(path), "%s", board_telemetry_path(s->board));
	board_destroy(s->board);
	if (path[0] && strncmp(s->cfg->instance, "demo-", 5) == 0) {
		unlink(path); /* a name nobody will look for again */
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	config_free(s->cfg);
	*s = (struct demo_setup){ 0 };
}
