/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What our pipeline costs: a board with two one-lane ports on fibers, its worker turned by hand on
 * one core. Between turns the packets that came out are given a new destination and a full TTL and
 * put back in; only the turns are timed. Same fibers and same burst as testpmd's io mode over
 * net_cpx, so the two figures compare.
 *
 * With --workers 2 ports have two lanes, of which each worker has one: each is turned and fed on a
 * core of its own. With --helper there is one lane and the second worker, without one, gets flows
 * of it; cycles are those of the first, who polls and sends everything.
 *
 * Reads lines on stdin, so that a driver can alternate it with its peers (bench/table.py):
 *   window MS [N]   one measurement with the first N workers, all by default; answers
 *                   "cycles PACKETS CYCLES REALLOCS", or "of N" and PACKETS CYCLES of each
 *   quit
 */
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "config/config.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/checksum.h"

#define IN_FLIGHT 256
#define BURST     32
#define FRAME     60    /* 64 with FCS */
#define N_DST     65536 /* destinations drawn from, a power of two */
#define N_GATEWAY 8
#define WORKERS   2
#define APART     256 /* buffers nobody uses between those of two workers */

struct options {
	unsigned routes; /* 0: io, no pipeline */
	unsigned workers, lanes;
	bool helper;
	bool no_telemetry;
	bool random; /* destinations over all routes, else over 512 of them */
};

static const char yaml[] =
	"instance: bench-%d\n"
	"workers: {count: %u, idle: poll}\n"
	"engines: {oe0: {profile: oif-3.2t, mgmt: none}}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0-%u, carrier: 'fiber:bench-a', addresses: [10.0.0.1/24]}\n"
	"  p1: {lanes: oe0/8-%u, carrier: 'fiber:bench-b', addresses: [10.0.1.1/24]}\n"
	"  g0: {lanes: oe0/16-%u, carrier: 'fiber:bench-a'}\n"
	"  g1: {lanes: oe0/24-%u, carrier: 'fiber:bench-b'}\n"
	"neighbors:\n"
	"%s"
	"tables: {routes4: %u}\n";

static uint32_t dst[N_DST]; /* network order */
static uint8_t p0_mac[6];

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench pipeline: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
	exit(EXIT_FAILED);
}

/* Route i of n: distinct prefixes in a mix of lengths, /24 mostly, in 16.0.0.0 and up. */
static uint32_t route(unsigned i, uint8_t *len)
{
	static const uint8_t lens[8] = { 24, 24, 24, 24, 24, 22, 20, 16 };

	*len = lens[i % 8];
	/* spread over 16/4..111 so that prefixes do not share their table lines */
	return 0x10000000u + ((uint32_t)((i * 2654435761u) % 0x5f0000u) << 8);
}

static void add_routes(struct board *b, const struct options *o, struct err *err)
{
	for (unsigned i = 0; i < o->routes; i++) {
		uint8_t len, gw[4] = { 10, 0, 1, (uint8_t)(2 + i % N_GATEWAY) };
		const uint32_t host = route(i, &len);
		const uint32_t net = rte_cpu_to_be_32(host & (UINT32_MAX << (32 - len)));
		struct rib_hop hop = { .iface = 2, .family = AF_INET, .weight = 1 };
		struct rib_prefix to = { .family = AF_INET, .len = len };
		const struct rib_target target = { .kind = RIB_VIA, .n_hops = 1, .hops = &hop };

		memcpy(hop.addr, gw, 4);
		memcpy(to.addr, &net, 4);
		if (rib_add(b, RIB_STATIC, &to, 0, &target, err))
			die("route", err);
	}
	rib_commit(b);
	for (unsigned i = 0; i < N_DST; i++) {
		uint8_t len;
		const unsigned among = o->random ? o->routes : RTE_MIN(o->routes, 512u);
		const uint32_t host = route((unsigned)rand() % RTE_MAX(among, 1u), &len);

		dst[i] = rte_cpu_to_be_32((host & (UINT32_MAX << (32 - len))) | 1);
	}
}

static void make_packet(struct rte_mbuf *m)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 9, 9 };
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip4_header *ip = (struct ip4_header *)(p + NET_ETHER_LEN);
	struct udp_header *udp = (struct udp_header *)(ip + 1);

	m->data_len = FRAME; /* every buffer has room for 2 KiB */
	m->pkt_len = FRAME;
	memset(p, 0, FRAME);
	eth_fill(p, p0_mac, source, 0, NET_ETHERTYPE_IP4);
	ip->version_ihl = 0x45;
	ip->total_length = net_swap16(FRAME - NET_ETHER_LEN);
	ip->protocol = NET_PROTO_UDP;
	ip->src = NET_BE32(0x0a000002);
	udp->src_port = NET_BE16(1000);
	udp->dst_port = NET_BE16(2000);
	udp->length = net_swap16(FRAME - NET_ETHER_LEN - 20);
}

/* Back to the start: TTL, a destination, our MAC, the checksum. */
static void renew(struct rte_mbuf *m, unsigned *next)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip4_header *ip = (struct ip4_header *)(p + NET_ETHER_LEN);

	memcpy(p, p0_mac, 6);
	ip->ttl = 64;
	ip->dst = dst[(*next)++ % N_DST];
	ip->checksum = 0;
	ip->checksum = checksum_ip4(ip, 20);
}

struct bench;

struct side { /* one worker and the lane it is fed on; all of it is its thread's */
	struct bench *bench;
	struct worker *worker;
	uint16_t lane;
	bool fed;
	unsigned next; /* destination */
	uint64_t end, packets, cycles;
	uint8_t apart[256]; /* from the other, also where lines are fetched in pairs */
} __rte_cache_aligned;

struct bench {
	struct board *board;
	uint16_t p0, p1, g0, g1;
	unsigned n_sides;
	bool io;
	struct side side[WORKERS];
};

static unsigned turn(const struct side *s)
{
	const struct bench *t = s->bench;
	struct rte_mbuf *pkts[BURST];
	uint16_t n, sent;

	if (!t->io) {
		s->worker->tsc = rte_rdtsc();
		worker_turn(s->worker);
		return s->worker->rx_this_loop;
	}
	n = rte_eth_rx_burst(t->p0, s->lane, pkts, BURST);
	sent = n ? rte_eth_tx_burst(t->p1, s->lane, pkts, n) : 0;
	rte_pktmbuf_free_bulk(&pkts[sent], n - sent);
	return n;
}

/* What came out goes in again; how many. */
static unsigned feed(struct side *s)
{
	const struct bench *t = s->bench;
	struct rte_mbuf *pkts[BURST];
	const uint16_t n = rte_eth_rx_burst(t->g1, s->lane, pkts, BURST);

	for (uint16_t i = 0; i < n; i++)
		renew(pkts[i], &s->next);
	if (n && rte_eth_tx_burst(t->g0, s->lane, pkts, n) != n)
		die("the feed lost packets", NULL);
	return n;
}

static int run(void *arg)
{
	struct side *s = arg;
	uint64_t start, stop;

	s->packets = s->cycles = 0;
	do {
		if (s->fed)
			s->packets += feed(s);
		start = rte_rdtsc();
		const unsigned n = turn(s);
		stop = rte_rdtsc();
		if (n)
			s->cycles += stop - start;
	} while (stop < s->end);
	return 0;
}

/* One side: here. More: each on its worker's lcore. */
static void window(struct bench *t, unsigned ms, unsigned n)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * ms;

	for (unsigned i = 0; i < n; i++) {
		t->side[i].end = end;
		if (t->n_sides == 1)
			run(&t->side[0]);
		else if (rte_eal_remote_launch(run, &t->side[i], i + 1) != 0)
			die("a worker's lcore is not free", NULL);
	}
	if (t->n_sides > 1)
		usleep(ms * 1000); /* a worker has this CPU, and waiting for lcores spins */
	rte_eal_mp_wait_lcore();
	if (t->n_sides == 1) {
		printf("cycles %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t->side[0].packets,
		       t->side[0].cycles, board_realloc_count(t->board));
	} else {
		printf("of %u", n);
		for (unsigned i = 0; i < n; i++)
			printf(" %" PRIu64 " %" PRIu64, t->side[i].packets, t->side[i].cycles);
		putchar('\n');
	}
	fflush(stdout);
}

static struct config *make_config(const struct options *o)
{
	char text[4096], neighbors[1024];
	struct config *cfg;
	struct err err;
	size_t len = 0;

	for (unsigned i = 0; i < N_GATEWAY; i++)
		len += (size_t)snprintf(
			neighbors + len, sizeof(neighbors) - len,
			"  - {ip: 10.0.1.%u, mac: '02:00:00:00:01:%02x', port: p1}\n", 2 + i, i);
	snprintf(text, sizeof(text), yaml, getpid(), o->workers, o->lanes - 1, 8 + o->lanes - 1,
		 16 + o->lanes - 1, 24 + o->lanes - 1, neighbors, RTE_MAX(o->routes * 2, 1024u));
	if (config_parse(&cfg, "bench", text, strlen(text), &err) != 0)
		die("config", &err);
	return cfg;
}

/* Each worker and its lane; the generator's ports are the harness's own, no worker polls them. */
static void make_sides(struct bench *t, const struct options *o)
{
	struct board *b = t->board;
	struct err err;

	for (unsigned l = 0; l < b->n_lanes && o->helper; l++)
		if (lane_move(b, l, 0, &err) != 0)
			die("lane", &err);
	t->n_sides = o->workers;
	for (unsigned i = 0; i < t->n_sides; i++) {
		t->side[i] = (struct side){ .bench = t,
					    .worker = b->workers[i],
					    .lane = (uint16_t)(o->helper ? 0 : i),
					    .fed = !o->helper || i == 0,
					    .next = i * N_DST / 2 };
		b->cfgs[i]->n_rx = o->helper ? 2 - 2 * i : 2;
		rte_rcu_qsbr_thread_online(b->workers[i]->qsbr, i);
	}
}

/* The buffers of a side lie together and apart from the others': a CPU fetches ahead by stride. */
static void fill(struct bench *t, struct side *s)
{
	struct rte_mbuf *apart[APART];

	if (rte_pktmbuf_alloc_bulk(t->board->pool, apart, APART) != 0)
		die("no packet buffers", NULL);
	for (unsigned i = 0; i < IN_FLIGHT && s->fed; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(t->board->pool);

		if (!m)
			die("no packet buffers", NULL);
		make_packet(m);
		renew(m, &s->next);
		if (rte_eth_tx_burst(t->g0, s->lane, &m, 1) != 1)
			die("the feed does not take packets", NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = { { "routes", required_argument, NULL, 'r' },
					       { "workers", required_argument, NULL, 'w' },
					       { "helper", no_argument, NULL, 'h' },
					       { "random", no_argument, NULL, 'x' },
					       { "no-telemetry", no_argument, NULL, 't' },
					       { 0 } };
	struct options o = { .workers = 1 };
	struct board_options opts = { .extra_buffers = WORKERS * (IN_FLIGHT + APART) };
	struct bench t = { 0 };
	struct config *cfg;
	struct err err;
	char line[64], path[TELEMETRY_PATH_LEN];
	int c;

	while ((c = getopt_long(argc, argv, "r:w:hxt", names, NULL)) != -1) {
		if (c == 'r')
			o.routes = (unsigned)atoi(optarg);
		else if (c == 'w')
			o.workers = (unsigned)atoi(optarg);
		else if (c == 'h')
			o.helper = true;
		else if (c == 'x')
			o.random = true;
		else if (c == 't')
			o.no_telemetry = true;
		else
			return EXIT_USAGE;
	}
	if (o.helper || o.workers > WORKERS)
		o.workers = WORKERS;
	o.lanes = o.helper ? 1 : o.workers;
	opts.no_telemetry = o.no_telemetry;
	cfg = make_config(&o);
	if (board_eal_init(cfg, &opts, &err) || board_create(&t.board, cfg, &err))
		die("board", &err);
	if (ports_start(t.board, &err))
		die("ports", &err);
	t.p0 = t.board->ports[0].id;
	t.p1 = t.board->ports[1].id;
	t.g0 = t.board->ports[2].id;
	t.g1 = t.board->ports[3].id;
	t.io = o.routes == 0;
	memcpy(p0_mac, t.board->ports[0].mac, 6);
	add_routes(t.board, &o, &err);
	make_sides(&t, &o);
	for (unsigned i = 0; i < t.n_sides; i++)
		fill(&t, &t.side[i]);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned ms, n = t.n_sides;

		if (sscanf(line, "window %u %u", &ms, &n) >= 1)
			window(&t, ms, n < t.n_sides ? n : t.n_sides);
		else if (strncmp(line, "quit", 4) == 0)
			break;
	}
	ports_stop(t.board);
	snprintf(path, sizeof(path), "%s", board_telemetry_path(t.board));
	board_destroy(t.board);
	unlink(path); /* the instance is named after this process: nobody looks later */
	rmdir(dirname(path));
	rte_eal_cleanup();
	config_free(cfg);
	return 0;
}
