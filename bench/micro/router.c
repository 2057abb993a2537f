/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our router on net_feed ports: a whole board with one worker thread that never rests. Says how
 * long the routes took, then "ready", and forwards until told to quit; what it takes a packet
 * stands in the feed's statistics (bench/feed). bench/router.py runs it beside DPDK's own
 * forwarders on the same feed.
 *
 * Told "updates N" it changes N routes a second, a batch each millisecond, until told "updates 0",
 * and says how many it has changed: by turns a route of the feed gets its other gateway, and a more
 * specific one in it comes or goes. So a packet has a way at any time, and bench/feed/feed.h says
 * which.
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "bench/feed/feed.h"
#include "config/config.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"

static const char yaml[] = "instance: bench-%d\n"
			   "workers: {count: 1, cpus: [%u], idle: poll}\n"
			   "engines: {oe0: {profile: oif-3.2t}}\n"
			   "devices:\n"
			   "  net_feed0: 'routes=%u,flows=%u,ipv6=%u,imix=%u,stats=%s'\n"
			   "  net_feed1: 'idle=1,check=%u,stats=%s.out'\n"
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
	bool ipv6, imix, ecmp, check;
	const char *stats;
};

struct updates {
	struct board *board;
	struct loop *loop;
	const struct options *options;
	unsigned rate;  /* a second */
	uint64_t begun; /* ns */
	uint64_t done;  /* since */
	uint64_t step;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

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

static struct rib_prefix prefix(const struct options *o, uint32_t i)
{
	const struct feed_route r = o->ipv6 ? feed_route6(i) : feed_route4(i);
	struct rib_prefix to = { .family = o->ipv6 ? AF_INET6 : AF_INET, .len = r.len };

	memcpy(to.addr, r.addr, sizeof(to.addr));
	return to;
}

/* By gateway k, or by that and the next. */
static void route(struct board *b, const struct options *o, const struct rib_prefix *to, unsigned k)
{
	struct rib_hop hops[2] = { { .iface = 2, .family = to->family, .weight = 1 } };
	const struct rib_target target = { .kind = RIB_VIA,
					   .n_hops = o->ecmp ? 2 : 1,
					   .hops = hops };
	struct err err;

	hops[1] = hops[0];
	gateway(o->ipv6, k, hops[0].addr);
	gateway(o->ipv6, feed_gateway_after(k), hops[1].addr);
	if (rib_add(b, RIB_ASKED, to, 0, &target, &err))
		die("route", &err);
}

static void add_routes(struct board *b, const struct options *o)
{
	const uint64_t begun = now_ns();

	for (uint32_t i = 0; i < o->routes; i++) {
		const struct rib_prefix to = prefix(o, i);

		route(b, o, &to, feed_gateway(i));
	}
	rib_commit(b);
	printf("routes %u in %.2f s\n", o->routes, (double)(now_ns() - begun) / 1e9);
}

/* The half of route i in which the feed's destination is. */
static struct rib_prefix inner(const struct options *o, uint32_t i)
{
	struct rib_prefix to = prefix(o, i);

	to.len++;
	return to;
}

/* A round through all routes each: the other gateway, a more specific route by it, and back. */
static void update(struct updates *u)
{
	const struct options *o = u->options;
	const uint32_t i = (uint32_t)(u->step % o->routes);
	const unsigned first = feed_gateway(i), other = feed_gateway_after(first);
	const struct rib_prefix to = prefix(o, i), in = inner(o, i);
	struct err err;

	switch (u->step++ / o->routes % 4) {
	case 0:
		route(u->board, o, &to, other);
		break;
	case 1:
		route(u->board, o, &in, other);
		break;
	case 2:
		route(u->board, o, &to, first);
		break;
	default:
		if (rib_del(u->board, RIB_ASKED, &in, 0, &err))
			die("route", &err);
	}
}

/* Each millisecond: as many as are due. */
static void batch(void *arg)
{
	struct updates *u = arg;
	uint64_t due;

	if (!u->rate)
		return;
	due = (now_ns() - u->begun) * u->rate / 1000000000;
	if (u->done >= due)
		return;
	for (; u->done < due; u->done++)
		update(u);
	rib_commit(u->board);
}

static void command(void *arg, uint32_t events)
{
	struct updates *u = arg;
	char line[64];
	unsigned rate;

	(void)events;
	if (!fgets(line, sizeof(line), stdin) || strncmp(line, "quit", 4) == 0) {
		loop_stop(u->loop);
	} else if (sscanf(line, "updates %u", &rate) == 1) {
		printf("updates %" PRIu64 " in %.3f s\n", u->done,
		       (double)(now_ns() - u->begun) / 1e9);
		fflush(stdout);
		u->rate = rate;
		u->done = 0;
		u->begun = now_ns();
	}
}

static struct config *make_config(const struct options *o)
{
	const unsigned room = o->routes * (o->check ? 2 : 1) + 64;
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
		 o->stats, o->check, o->stats, neighbors, o->ipv6 ? 1024 : RTE_MAX(room, 1024u),
		 o->ipv6 ? RTE_MAX(room, 1024u) : 1024);
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
					       { "ecmp", no_argument, NULL, 'e' },
					       { "check", no_argument, NULL, 'k' },
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
		case 'e':
			o.ecmp = true;
			break;
		case 'k': /* room for updates, and looks where packets go */
			o.check = true;
			break;
		default:
			die("usage: --cpu N --routes N --flows N --stats FILE [--ipv6] [--imix] "
			    "[--ecmp] "
			    "[--check]",
			    NULL);
		}
	}
	return o;
}

int main(int argc, char **argv)
{
	const struct options o = parse(argc, argv);
	struct updates u = { .options = &o };
	struct config *cfg = make_config(&o);
	struct board *b;
	struct err err;

	if (loop_create(&u.loop, &err) != 0 || board_eal_init(cfg, NULL, &err) != 0)
		die("DPDK", &err);
	if (board_create(&b, cfg, &err) != 0)
		die("board", &err);
	u.board = b;
	add_routes(b, &o);
	if (board_start(b, &err) != 0)
		die("start", &err);
	setvbuf(stdin, NULL, _IONBF, 0); /* what is read is what poll says is there */
	if (board_attach(b, u.loop) != 0 || !loop_timer(u.loop, 1000000, batch, &u) ||
	    !loop_fd(u.loop, STDIN_FILENO, POLLIN, command, &u))
		die("timers", NULL);
	printf("ready %d\n", getpid());
	fflush(stdout);
	loop_run(u.loop);
	board_stop(b);
	board_destroy(b);
	loop_destroy(u.loop);
	config_free(cfg);
	rte_eal_cleanup();
	return EXIT_DONE;
}
