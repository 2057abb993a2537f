/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast routes come and go: a million IPv4 and 200,000 IPv6 routes through rib_add, rib_commit
 * every 1,000 of them, then all away again. Both copies of the forwarding tables are changed, as
 * they are under traffic; no worker runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"

#define BATCH 1000

static struct board *b;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_rib: %s: %s\n", what, err->text);
	exit(EXIT_FAILURE);
}

/* Number i of `bits` bits, each once, in no order. */
static uint32_t mixed(uint32_t i, unsigned bits)
{
	return (i * 2654435761u) & ((1u << bits) - 1);
}

/* Distinct prefixes, most of them /24, in no order; each length in a corner of its own. */
static struct rib_prefix prefix4(uint32_t i)
{
	static const struct {
		uint8_t len, first, bits;
	} as[8] = { { 24, 16, 20 }, { 24, 16, 20 }, { 24, 16, 20 }, { 24, 16, 20 },
		    { 24, 16, 20 }, { 22, 64, 18 }, { 23, 80, 19 }, { 20, 128, 18 } };
	const unsigned k = i % 8;
	const uint32_t n = mixed(as[k].len == 24 ? i : i / 8, as[k].bits);
	const uint32_t addr =
		rte_cpu_to_be_32(((uint32_t)as[k].first << 24) + (n << (32 - as[k].len)));
	struct rib_prefix p = { .family = AF_INET, .len = as[k].len };

	memcpy(p.addr, &addr, 4);
	return p;
}

/* Ten of each /32: itself, a /40, eight /48. */
static struct rib_prefix prefix6(uint32_t i)
{
	const uint32_t site = mixed(i / 10, 16), k = i % 10;
	struct rib_prefix p = { .family = AF_INET6, .len = k == 0 ? 32 : k == 1 ? 40 : 48 };

	p.addr[0] = 0x20;
	p.addr[1] = (uint8_t)(1 + i / 655360);
	p.addr[2] = (uint8_t)(site >> 8);
	p.addr[3] = (uint8_t)site;
	p.addr[4] = (uint8_t)(k * 16);
	p.addr[5] = (uint8_t)(k > 1 ? site + k : 0);
	return p;
}

static unsigned run(unsigned family, uint32_t n, bool add)
{
	struct err err;
	unsigned done = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct rib_prefix to = family == AF_INET ? prefix4(i) : prefix6(i);
		const struct rib_hop hop = { .iface = 1,
					     .family = AF_INET,
					     .weight = 1,
					     .addr = { 10, 0, 0, (uint8_t)(2 + i % 64) } };
		const struct rib_target t = { .kind = RIB_VIA, .n_hops = 1, .hops = &hop };
		const int ret = add ? rib_add(b, RIB_FPM, &to, 0, &t, &err)
				    : rib_del(b, RIB_FPM, &to, 0, &err);

		if (add && ret)
			die("add", &err);
		done += !ret;
		if (i % BATCH == BATCH - 1)
			rib_commit(b);
	}
	rib_commit(b);
	return done;
}

static bool count(void *arg, const struct rib_route_view *r)
{
	*(unsigned *)arg += r->best;
	return true;
}

static void report(const char *what, unsigned n, double seconds)
{
	printf("%-24s %8u in %6.2f s: %9.0f a second\n", what, n, seconds, n / seconds);
}

int main(int argc, char **argv)
{
	static const char yaml[] = "instance: bench-%d\n"
				   "workers: {count: 1}\n"
				   "memory: {buffers: 4096}\n"
				   "tables: {routes4: 1100000, routes6: 220000}\n"
				   "engines: {oe0: {profile: oif-3.2t, mgmt: none}}\n"
				   "ports: {p0: {lanes: oe0/0, carrier: loop, addresses: "
				   "[10.0.0.1/24]}}\n";
	const uint32_t n4 = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000, n6 = n4 / 5;
	struct rib_cursor at = { 0 };
	struct config *cfg;
	unsigned n, walked = 0;
	struct err err;
	char text[1024];
	double t;

	snprintf(text, sizeof(text), yaml, (int)getpid());
	if (config_parse(&cfg, "bench", text, strlen(text), &err) != 0 ||
	    board_eal_init(cfg, NULL, &err) != 0 || board_create(&b, cfg, &err) != 0)
		die("board", &err);
	t = now();
	n = run(AF_INET, n4, true);
	report("IPv4 routes added", rib_count(b, RIB_FPM), now() - t);
	t = now();
	n = run(AF_INET6, n6, true);
	report("IPv6 routes added", n, now() - t);
	t = now();
	rib_walk(b, &at, count, &walked);
	report("walked in order", walked, now() - t);
	t = now();
	n = run(AF_INET6, n6, false);
	report("IPv6 routes deleted", n, now() - t);
	t = now();
	n = run(AF_INET, n4, false);
	report("IPv4 routes deleted", n, now() - t);
	board_destroy(b);
	config_free(cfg);
	return 0;
}
