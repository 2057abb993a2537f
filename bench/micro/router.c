/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our router on net_feed ports: a whole board with one worker thread that never rests. Prints
 * "ready" and forwards until told to quit; what it takes a packet stands in the feed's statistics
 * (bench/feed). bench/router.py runs it beside DPDK's own forwarders on the same feed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "bench/feed/feed.h"
#include "config/config.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"

static const char yaml[] = "instance: bench-%d\n"
			   "workers: {count: 1, cpus: [%u], idle: poll}\n"
			   "engines: {oe0: {profile: oif-3.2t}}\n"
			   "devices:\n"
			   "  net_feed0: 'routes=%u,flows=%u,ipv6=%u,imix=%u,stats=%s'\n"
			   "  net_feed1: idle=1\n"
			   "ports:\n"
			   "  p0: {lanes: oe0/0, carrier: 'dev:net_feed0', addresses: "
			   "[10.0.0.1/24, '2001:db8::1/64']}\n"
			   "  p1: {lanes: oe0/1, carrier: 'dev:net_feed1', addresses: "
			   "[10.0.1.1/24, '2001:db8:1::1/64']}\n"
			   "neighbors:\n"
			   "%s"
			   "tables: {routes4: %u, routes6: %u}\n";

struct options {
	unsigned cpu, routes, flows;
	bool ipv6, imix;
	const char *stats;
};

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench router: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
	exit(EXIT_FAILED);
}

static void gateway(bool ipv6, unsigned k, uint8_t addr[16])
{
	static const uint8_t net6[8] = { 0x20, 1, 0xd, 0xb8, 0, 1 };
	static const uint8_t net4[3] = { 10, 0, 1 };

	memset(addr, 0, 16);
	memcpy(addr, ipv6 ? net6 : net4, ipv6 ? 8 : 3);
	addr[ipv6 ? 15 : 3] = (uint8_t)(2 + k);
}

static void add_routes(struct board *b, const struct options *o)
{
	const uint8_t family = o->ipv6 ? AF_INET6 : AF_INET;
	struct fib *fib = board_fib(b, 0, family);
	struct err err;

	for (uint32_t i = 0; i < o->routes; i++) {
		const struct feed_route r = o->ipv6 ? feed_route6(i) : feed_route4(i);
		uint8_t via[16];
		uint32_t row;

		gateway(o->ipv6, i % FEED_GATEWAYS, via);
		if (neighbors_hold_gateway(b, 2, family, via, &row, &err) ||
		    fib_add(fib, r.addr, r.len, row, &err))
			die("route", &err);
	}
	fib_commit(fib);
}

static struct config *make_config(const struct options *o)
{
	char text[4096], neighbors[2048];
	struct config *cfg;
	struct err err;
	size_t len = 0;

	for (unsigned k = 0; k < FEED_GATEWAYS; k++)
		len += (size_t)snprintf(neighbors + len, sizeof(neighbors) - len,
					"  - {ip: 10.0.1.%u, mac: '02:00:00:00:01:%02x'}\n"
					"  - {ip: '2001:db8:1::%x', mac: '02:00:00:00:01:%02x'}\n",
					2 + k, k, 2 + k, k);
	snprintf(text, sizeof(text), yaml, getpid(), o->cpu, o->routes, o->flows, o->ipv6, o->imix,
		 o->stats, neighbors, o->ipv6 ? 1024 : RTE_MAX(o->routes + 64, 1024u),
		 o->ipv6 ? RTE_MAX(o->routes + 64, 1024u) : 1024);
	if (config_parse(&cfg, "bench", text, strlen(text), &err) != 0)
		die("config", &err);
	return cfg;
}

static struct options parse(int argc, char **argv)
{
	static const struct option names[] = { { "cpu", required_argument, NULL, 'c' },
					       { "routes", required_argument, NULL, 'r' },
					       { "flows", required_argument, NULL, 'f' },
					       { "stats", required_argument, NULL, 's' },
					       { "ipv6", no_argument, NULL, '6' },
					       { "imix", no_argument, NULL, 'i' },
					       { 0 } };
	struct options o = { .routes = 1, .flows = 65536, .stats = "/dev/null" };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.cpu = (unsigned)atoi(optarg);
			break;
		case 'r':
			o.routes = (unsigned)atoi(optarg);
			break;
		case 'f':
			o.flows = (unsigned)atoi(optarg);
			break;
		case 's':
			o.stats = optarg;
			break;
		case '6':
			o.ipv6 = true;
			break;
		case 'i':
			o.imix = true;
			break;
		default:
			die("usage: --cpu N --routes N --flows N --stats FILE [--ipv6] [--imix]",
			    NULL);
		}
	}
	return o;
}

int main(int argc, char **argv)
{
	const struct options o = parse(argc, argv);
	struct config *cfg = make_config(&o);
	struct board *b;
	struct err err;
	char line[64];

	if (board_eal_init(cfg, NULL, &err) != 0)
		die("DPDK", &err);
	if (board_create(&b, cfg, &err) != 0)
		die("board", &err);
	add_routes(b, &o);
	if (board_start(b, &err) != 0)
		die("start", &err);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && strncmp(line, "quit", 4) != 0)
		;
	board_stop(b);
	board_destroy(b);
	config_free(cfg);
	rte_eal_cleanup();
	return EXIT_DONE;
}
