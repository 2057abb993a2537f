/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another configuration for a board under traffic: each kind of change, what is refused, going back
 * from every step, and packets between the slices of a long one.
 */
#include "dataplane/ctl/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "config/emit.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/running.h"
#include "dataplane/ctl/shape.h"
#include "tests/unit/board.h"

#define WORKERS "workers: {count: 2}\n"
#define P0                                                                                    \
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n" \
	"       vlans: {100: {addresses: [10.100.0.1/24]}}}\n"
#define P1 "  p1: {lanes: oe0/8-15, carrier: loop, addresses: [10.0.1.1/24]}\n"
#define P2 "  p2: {lanes: oe0/16-19, carrier: loop, addresses: [10.0.2.1/24]}\n"
#define ROUTES                                    \
	"routes:\n"                               \
	"  - {to: 10.50.0.0/16, via: 10.0.0.2}\n" \
	"  - {to: 10.51.0.0/16, via: 10.0.1.2}\n" \
	"  - {to: 10.52.0.0/16, type: blackhole}\n"
#define NEIGHBORS                                        \
	"neighbors:\n"                                   \
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n" \
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n" \
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n" \
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n"
#define NEIGHBORS_BUT_2                                  \
	"neighbors:\n"                                   \
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n" \
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n" \
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n"
#define ALL WORKERS "ports:\n" P0 P1 P2 ROUTES NEIGHBORS

static const uint8_t host[3][6] = { { 2, 0, 0, 0, 0, 2 },
				    { 2, 0, 0, 0, 1, 2 },
				    { 2, 0, 0, 0, 2, 2 } },
		     vlan100[6] = { 2, 0, 0, 0, 0x64, 2 }, other[6] = { 2, 0, 0, 0, 0, 9 };
static struct bed bed;
static struct board *b;
static struct frame in, want;
static struct err err;

TestSuite(apply, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, ALL, (const unsigned[]){ 8, 8, 8, 0 });
	b = bed.board;
}

static char *running(void)
{
	struct config *c;
	char *text;
	size_t len;

	cr_assert_eq(running_config(b, &c, &err), 0, "%s", err.text);
	cr_assert_eq(config_emit(c, &text, &len), 0);
	config_free(c);
	return text;
}

static void prepare(struct apply *a, const char *yaml)
{
	struct config *before, *parsed = bed_config(&bed, yaml);

	cr_assert_eq(running_config(b, &before, &err), 0, "%s", err.text);
	cr_assert_eq(apply_prepare(a, before, parsed, &err), 0, "%s", err.text);
	config_free(parsed);
}

static int apply(const char *yaml)
{
	struct apply a;
	int ret;

	prepare(&a, yaml);
	ret = apply_check(b, &a, &err);
	if (!ret)
		ret = apply_run(b, &a, 0, &err);
	apply_end(&a);
	return ret;
}

/* It is done, and what runs is what was asked for: no difference is left. */
static void become(const char *yaml)
{
	struct apply a;

	cr_assert_eq(apply(yaml), 0, "%s", err.text);
	prepare(&a, yaml);
	cr_expect_eq(a.diff.n, 0, "%zu changes are left", a.diff.n);
	apply_end(&a);
}

static void refused(const char *yaml, int code, const char *says)
{
	char *before = running(), *after;
	const int ret = apply(yaml);

	cr_expect_eq(ret, code, "%d: %s", ret, err.text);
	cr_expect(strstr(err.text, says), "no \"%s\" in: %s", says, err.text);
	after = running();
	cr_expect_str_eq(before, after);
	free(before);
	free(after);
}

/* Of a port by its name: after some changes it has another index. */
static unsigned place(unsigned port)
{
	char name[8];

	snprintf(name, sizeof(name), "p%u", port);
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && strcmp(b->ports[i].spec.name, name) == 0)
			return i;
	return port;
}

static void udp(unsigned from, const char *dst, uint16_t payload)
{
	char src[16];

	snprintf(src, sizeof(src), "10.0.%u.2", from);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, place(from)),
				      .from = host[from],
				      .src = src,
				      .dst = dst,
				      .payload = payload });
}

static void passes(const char *what, unsigned from, const char *dst, unsigned to,
		   const uint8_t *mac, uint16_t vlan)
{
	udp(from, dst, 30);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, place(to)), vlan);
	bed_send(&bed, from, &in);
	bed_settle(&bed);
	bed_expect_frame(&bed, what, to, &want);
	bed_expect_nothing(&bed, what);
	bed_expect_sent(&bed, what, 1, 1);
}

/* Not forwarded: nothing comes out but an ICMP answer, to whom it came from. */
static void ends(const char *what, unsigned from, const char *dst)
{
	const struct frame *f;

	udp(from, dst, 30);
	bed_send(&bed, from, &in);
	bed_settle(&bed);
	f = bed_next(&bed);
	cr_expect(!f || (f->port == from && f->data[23] == 1), "%s: it went on", what);
	bed_expect_nothing(&bed, what);
	bed_delta(&bed, what);
}

static bool answers(unsigned port, const char *ip)
{
	bool yes;

	frame_arp(&in, false, NULL, host[port], 0, "10.0.0.2", ip);
	if (port == 1)
		frame_arp(&in, false, NULL, host[port], 0, "10.0.1.2", ip);
	bed_send(&bed, port, &in);
	bed_settle(&bed);
	yes = bed_waiting(&bed) > 0;
	bed_forget(&bed);
	bed_delta(&bed, "asked");
	return yes;
}

/* What every board of this file does. */
static void works(void)
{
	passes("route", 1, "10.50.1.1", 0, host[0], 0);
	passes("route", 0, "10.51.1.1", 1, host[1], 0);
	passes("neighbour", 0, "10.0.2.2", 2, host[2], 0);
	passes("VLAN", 1, "10.100.0.2", 0, vlan100, 100);
	ends("blackhole", 0, "10.52.1.1");
	cr_expect(answers(0, "10.0.0.1"));
}

Test(apply, nothing)
{
	char *before, *after;

	start();
	before = running();
	become(ALL);
	after = running();
	cr_expect_str_eq(before, after);
	works();
	free(before);
	free(after);
	bed_close(&bed);
}

Test(apply, routes)
{
	uint32_t routes, rows;

	start();
	works();
	routes = b->vrfs[0].fib4->n;
	rows = b->nexthops->n_used;
	become(WORKERS "ports:\n" P0 P1 P2 "routes:\n"
		       "  - {to: 10.50.0.0/16, via: 10.0.2.2}\n"
		       "  - {to: 10.52.0.0/16, via: 10.0.1.2}\n"
		       "  - {to: 10.53.0.0/16, type: prohibit}\n"
		       "  - {to: 10.54.0.0/16, via: 10.100.0.2}\n" NEIGHBORS);
	passes("another gateway", 1, "10.50.1.1", 2, host[2], 0);
	passes("no longer dropped", 0, "10.52.1.1", 1, host[1], 0);
	passes("new", 0, "10.54.1.1", 0, vlan100, 100);
	ends("gone", 0, "10.51.1.1");
	ends("dropped", 0, "10.53.1.1");
	become(ALL);
	works();
	bed_control(&bed);
	cr_expect_eq(b->vrfs[0].fib4->n, routes, "%u routes, not %u", b->vrfs[0].fib4->n, routes);
	cr_expect_eq(b->nexthops->n_used, rows);
	bed_close(&bed);
}

Test(apply, neighbors)
{
	start();
	become(WORKERS "ports:\n" P0 P1 P2 ROUTES "neighbors:\n"
		       "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:09'}\n"
		       "  - {ip: 10.0.0.3, mac: '02:00:00:00:00:02'}\n"
		       "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
		       "  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n");
	passes("another MAC", 1, "10.50.1.1", 0, other, 0);
	passes("new", 1, "10.0.0.3", 0, host[0], 0);
	udp(0, "10.0.2.2", 30);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_expect_eq(b->held, 1, "it has to be asked now");
	bed_forget(&bed);
	become(ALL);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "back");
	works();
	bed_close(&bed);
}

Test(apply, addresses)
{
	start();
	become(WORKERS
	       "ports:\n"
	       "  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.9/24, 10.9.0.1/24],\n"
	       "       vlans: {100: {addresses: [10.100.0.1/24]}}}\n"
	       "  p1: {lanes: oe0/8-15, carrier: loop, addresses: [10.0.1.1/25]}\n"
	       "  p2: {lanes: oe0/16-19, carrier: loop}\n" ROUTES "neighbors:\n"
	       "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	       "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	       "  - {ip: 10.9.0.2, mac: '02:00:00:00:00:09'}\n"
	       "  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n");
	passes("renumbered, same subnet", 1, "10.50.1.1", 0, host[0], 0);
	passes("another subnet", 1, "10.9.0.2", 0, other, 0);
	passes("half of it", 0, "10.51.1.1", 1, host[1], 0);
	cr_expect(answers(0, "10.0.0.9"));
	cr_expect_not(answers(0, "10.0.0.1"));
	ends("subnet gone", 0, "10.0.2.2");
	ends("the other half", 0, "10.0.1.200");
	become(ALL);
	works();
	bed_close(&bed);
}

/* A subnet, its neighbour and the route through it on another port. */
Test(apply, a_subnet_moves)
{
	start();
	become(WORKERS "ports:\n" P0 "  p1: {lanes: oe0/8-15, carrier: loop}\n"
		       "  p2: {lanes: oe0/16-19, carrier: loop, addresses: [10.0.1.1/24]}\n" ROUTES
			       NEIGHBORS_BUT_2);
	passes("route", 0, "10.51.1.1", 2, host[1], 0);
	passes("neighbour", 0, "10.0.1.2", 2, host[1], 0);
	become(ALL);
	works();
	bed_close(&bed);
}

Test(apply, vlans)
{
	start();
	become(WORKERS "ports:\n"
		       "  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24],\n"
		       "       vlans: {200: {addresses: [10.200.0.1/24]}}}\n"
		       "  p1: {lanes: oe0/8-15, carrier: loop, addresses: [10.0.1.1/24],\n"
		       "       vlans: {100: {addresses: [10.100.0.1/24]}}}\n" P2
		       "routes: [{to: 10.60.0.0/16, via: 10.200.0.2}]\n" NEIGHBORS
		       "  - {ip: 10.200.0.2, mac: '02:00:00:00:00:09'}\n");
	passes("to a new VLAN", 1, "10.60.0.1", 0, other, 200);
	passes("one on another port", 0, "10.100.0.2", 1, vlan100, 100);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = other,
				      .vlan = 200,
				      .src = "10.200.0.2",
				      .dst = "10.0.1.2",
				      .payload = 30 });
	frame_forwarded(&want, &in, host[1], bed_mac(&bed, 1), 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_frame(&bed, "from a new VLAN", 1, &want);
	bed_delta(&bed, "from a new VLAN");
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = other,
				      .vlan = 100,
				      .src = "10.100.0.2",
				      .dst = "10.0.1.2",
				      .payload = 30 });
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "from one that is gone", DROP_VLAN_UNKNOWN, 1);
	become(ALL);
	works();
	bed_close(&bed);
}

static void large(unsigned payload)
{
	udp(1, "10.50.1.1", (uint16_t)payload);
	in.data[20] = 0x40; /* do not fragment */
	frame_fix_ip4(&in);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
}

Test(apply, mtu)
{
	start();
	large(1600);
	bed_forget(&bed);
	bed_delta(&bed, "too large");
	cr_expect_eq(bed.last.tx, 1, "an ICMP answer and nothing else");
	become(WORKERS
	       "ports:\n"
	       "  p0: {lanes: oe0/0-7, carrier: loop, mtu: 1800,\n"
	       "       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	       "       vlans: {100: {addresses: [10.100.0.1/24]}}}\n" P1 P2 ROUTES NEIGHBORS);
	large(1600);
	cr_expect_eq(bed_waiting(&bed), 1);
	cr_expect_eq(bed_next(&bed)->len, in.len, "it went through");
	bed_forget(&bed);
	bed_delta(&bed, "not too large");
	become(ALL);
	large(1600);
	cr_expect_eq(bed_next(&bed)->port, 1, "too large again");
	bed_delta(&bed, "too large again");
	works();
	bed_close(&bed);
}

Test(apply, values)
{
	start();
	become(ALL "arp: {age: 7}\nicmp: {errors_pps: 3}\nip: {fragment: false}\n"
		   "punt: {arp: {pps: 50}}\n");
	cr_expect_eq(b->cfg->arp_age_s, 7);
	for (unsigned w = 0; w < b->n_workers; w++) {
		cr_expect_eq(b->cfgs[w]->icmp_errors_pps, 3);
		cr_expect_not(b->cfgs[w]->ip4_fragment);
	}
	become("workers: {count: 2, idle: poll}\nports:\n" P0 P1 P2 ROUTES NEIGHBORS);
	cr_expect(b->cfg->idle_poll);
	cr_expect_eq(b->cfgs[0]->icmp_errors_pps, 1000);
	become(ALL);
	works();
	bed_close(&bed);
}

Test(apply, ports)
{
	uint8_t mac[6];
	unsigned id;

	start();
	memcpy(mac, bed_mac(&bed, 0), 6);
	id = b->ports[0].id;
	become(WORKERS "ports:\n" P0 P1 "routes:\n"
		       "  - {to: 10.50.0.0/16, via: 10.0.0.2}\n"
		       "  - {to: 10.51.0.0/16, via: 10.0.1.2}\n" NEIGHBORS_BUT_2);
	cr_expect_not(b->ports[2].probed);
	passes("others stay", 1, "10.50.1.1", 0, host[0], 0);
	ends("gone with its port", 0, "10.0.2.2");
	cr_expect_eq(b->ports[0].id, id, "not made again");
	/* its lanes to a port of another name, another one with fewer lanes */
	become(WORKERS "ports:\n"
		       "  p0: {lanes: oe0/0-3, carrier: loop, addresses: [10.0.0.1/24],\n"
		       "       vlans: {100: {addresses: [10.100.0.1/24]}}}\n" P1
		       "  new: {lanes: oe0/16-17, carrier: 'loop', addresses: [10.7.0.1/24]}\n"
		       "routes:\n"
		       "  - {to: 10.50.0.0/16, via: 10.0.0.2}\n"
		       "  - {to: 10.51.0.0/16, via: 10.7.0.2}\n" NEIGHBORS_BUT_2);
	cr_expect_str_eq(b->ports[2].spec.name, "new", "the free place");
	cr_expect_arr_eq(bed_mac(&bed, 0), mac, 6, "it keeps its address");
	cr_expect_eq(b->ports[0].spec.n_lanes, 4);
	passes("made again, it goes on", 1, "10.50.1.1", 0, host[0], 0);
	passes("its VLAN, too", 1, "10.100.0.2", 0, vlan100, 100);
	become(ALL);
	works();
	cr_expect_eq(place(2), 3);
	bed_close(&bed);
}

/* ALL with other workers. */
static char *with_workers(const char *workers)
{
	char *yaml;

	cr_assert_gt(asprintf(&yaml, "%sports:\n" P0 P1 P2 ROUTES NEIGHBORS, workers), 0);
	return yaml;
}

static void refused_of(const char *workers, int code, const char *says)
{
	char *yaml = with_workers(workers);

	refused(yaml, code, says);
	free(yaml);
}

static void become_of(const char *workers, unsigned n, bool spread)
{
	char *yaml = with_workers(workers);

	become(yaml);
	free(yaml);
	cr_expect_eq(b->n_workers, n, "%s: %u workers", workers, b->n_workers);
	cr_expect_eq(b->placement.n_workers, n);
	cr_expect_eq(b->placement.spread, spread);
	for (unsigned l = 0; l < b->n_lanes; l++)
		cr_expect_lt(b->lanes[l].worker, n);
	works();
}

Test(apply, workers)
{
	char cpus[64], *text;

	start();
	become_of("workers: {count: 1}\n", 1, true);
	become_of("workers: {count: 2, spread: off}\n", 2, false);
	snprintf(cpus, sizeof(cpus), "workers: {cpus: [%d]}\n", b->placement.workers[0].cpu);
	become_of(cpus, 1, true);
	become_of("workers: {count: auto}\n", placement_auto(b->placement.n_cpus, 0, 20), true);
	become_of(WORKERS, 2, true);
	/* asked for by a verb: what runs is what is saved, and the file has the last word */
	cr_assert_eq(workers_resize(b, 1, &err), 0, "%s", err.text);
	text = running();
	cr_expect(strstr(text, "count: 1"), "%s", text);
	free(text);
	become_of(WORKERS, 2, true);
	bed_close(&bed);
}

/* From a source no route leads back to, and to one nobody may send to. */
Test(apply, filters)
{
	static const char strict[] = WORKERS
		"ports:\n"
		"  p0: {lanes: oe0/0-7, carrier: loop, urpf: strict,\n"
		"       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
		"       vlans: {100: {addresses: [10.100.0.1/24]}}}\n" P1 P2 ROUTES NEIGHBORS;
	static const struct udp bad = { .src = "10.0.1.77", .dst = "10.0.2.2", .payload = 30 };
	struct udp u = bad;

	start();
	u.to = bed_mac(&bed, 0);
	u.from = host[0];
	frame_udp(&in, &u);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_expect_sent(&bed, "not looked at", 1, 1);
	become(strict);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "strict", DROP_IP4_RPF, 1);
	works();
	become(ALL);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_expect_sent(&bed, "no longer looked at", 1, 1);
	udp(1, "240.1.1.1", 30);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "reserved", DROP_IP4_DESTINATION_RESERVED, 1);
	become(WORKERS "ports:\n" P0 P1 P2 ROUTES "  - {to: 0.0.0.0/0, via: 10.0.0.2}\n" NEIGHBORS
		       "filters: {ip4_destination_reserved: false}\n");
	passes("let through", 1, "240.1.1.1", 0, host[0], 0);
	become(ALL);
	udp(1, "240.1.1.1", 30);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "reserved again", DROP_IP4_DESTINATION_RESERVED, 1);
	bed_close(&bed);
}

Test(apply, refused)
{
	char cpus[64];

	start();
	snprintf(cpus, sizeof(cpus), "workers: {cpus: [%d]}\n", b->placement.workers[0].cpu + 1);
	refused_of(cpus, -EOPNOTSUPP, "workers.cpus: worker 0 is to be on CPU");
	snprintf(cpus, sizeof(cpus), "workers: {count: %u}\n",
		 RTE_MIN(b->max_workers + 1, (unsigned)PLACEMENT_MAX_WORKERS));
	if (b->max_workers < PLACEMENT_MAX_WORKERS)
		refused_of(cpus, -EOPNOTSUPP, "wanted, this board can have");
	refused(ALL "tables: {routes4: 99}\n", -EOPNOTSUPP, "tables.routes4 256 -> 99");
	refused(WORKERS "ports:\n" P0 "  x: {lanes: oe0/24, carrier: loop}\n", -EOPNOTSUPP,
		"port x: lane oe0/24 was in no port");
	refused(WORKERS "ports: {p0: {lanes: oe0/0-7, carrier: loop, mtu: 9000}}\n", -EOPNOTSUPP,
		"packet buffers have 2176 bytes");
	works();
	bed_close(&bed);
}

/* What does not fit is found before or while it is staged: nothing has happened. */
Test(apply, too_many_routes)
{
	char *yaml = NULL;
	size_t len;
	FILE *f = open_memstream(&yaml, &len);
	uint32_t routes, rows;

	start();
	routes = b->vrfs[0].fib4->n;
	rows = b->nexthops->n_used;
	fputs(WORKERS "tables: {routes4: auto, routes6: 256, nexthops: 512, neighbors: 64}\n"
		      "ports:\n" P0 P1 P2 NEIGHBORS "routes:\n",
	      f);
	for (unsigned i = 0; i < 300; i++)
		fprintf(f, "  - {to: 20.%u.%u.0/24, via: 10.0.0.2}\n", i / 256, i % 256);
	fclose(f);
	refused(yaml, -ENOSPC, "tables.routes4: this file needs 3");
	works();
	cr_expect_eq(b->vrfs[0].fib4->n, routes);
	cr_expect_eq(b->nexthops->n_used, rows);
	free(yaml);
	bed_close(&bed);
}

#define ANOTHER                                                                  \
	"workers: {count: 1, spread: off}\nports:\n"                             \
	"  p0: {lanes: oe0/0-7, carrier: loop, mtu: 1700, urpf: loose, "         \
	"addresses: [10.0.0.9/24, 10.9.0.1/24],\n"                               \
	"       vlans: {200: {addresses: [10.200.0.1/24]}}}\n"                   \
	"  p1: {lanes: oe0/8-11, carrier: loop, addresses: [10.0.1.1/24],\n"     \
	"       vlans: {100: {addresses: [10.100.0.1/24]}}}\n"                   \
	"  new: {lanes: oe0/16-19, carrier: 'loop', addresses: [10.0.2.1/24]}\n" \
	"routes:\n"                                                              \
	"  - {to: 10.50.0.0/16, via: 10.0.1.2}\n"                                \
	"  - {to: 10.51.0.0/16, via: 10.0.2.2}\n"                                \
	"  - {to: 10.55.0.0/16, via: 10.200.0.2}\n"                              \
	"neighbors:\n"                                                           \
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:09'}\n"                         \
	"  - {ip: 10.0.0.4, mac: '02:00:00:00:00:04'}\n"                         \
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n"                         \
	"arp: {age: 9}\n"                                                        \
	"filters: {ip4_destination_loopback: false, ip4_source_own: false}\n"

/* Every step fails once: the board is what it was, and everything passes as it did. */
Test(apply, back_from_every_step)
{
	struct apply a;
	char *before, *after;
	uint32_t routes4, routes6, rows;
	unsigned steps, statics;

	start();
	works();
	before = running();
	routes4 = b->vrfs[0].fib4->n;
	routes6 = b->vrfs[0].fib6->n;
	rows = b->nexthops->n_used;
	statics = rib_count(b, RIB_STATIC);
	prepare(&a, ANOTHER);
	steps = (unsigned)a.n_order + 4; /* three to show it, the workers */
	cr_expect_geq(steps, 18, "only %u", steps);
	apply_end(&a);
	for (apply_fail_at = 1; apply_fail_at <= steps; apply_fail_at++) {
		cr_assert_eq(apply(ANOTHER), -EIO, "step %u: %s", apply_fail_at, err.text);
		cr_expect(strstr(err.text, "made to fail"), "%s", err.text);
		after = running();
		cr_assert_str_eq(before, after, "step %u: from\n%sto\n%s", apply_fail_at, before,
				 after);
		free(after);
		bed_settle(&bed);
		bed_forget(&bed);
		bed_delta(&bed, "went back");
		works();
		cr_expect_eq(b->vrfs[0].fib4->n, routes4, "step %u: %u routes", apply_fail_at,
			     b->vrfs[0].fib4->n);
		cr_expect_eq(b->vrfs[0].fib6->n, routes6, "step %u", apply_fail_at);
		cr_expect_eq(rib_count(b, RIB_STATIC), statics, "step %u", apply_fail_at);
		cr_expect_eq(b->nexthops->n_used, rows, "step %u: %u rows", apply_fail_at,
			     b->nexthops->n_used);
		cr_expect_eq(b->cfg->arp_age_s, 300);
		cr_expect_eq(b->n_workers, 2);
		cr_expect_eq(b->cfgs[0]->rpf, 0);
	}
	apply_fail_at = 0;
	become(ANOTHER);
	passes("then it works", 0, "10.50.1.1", 1, host[1], 0);
	become(ALL);
	works();
	free(before);
	bed_close(&bed);
}

/* A driver that refuses, half-way through the swap. */
Test(apply, a_port_that_cannot_be_made)
{
	char *before, *after;

	start();
	cr_assert_eq(rte_eal_hotplug_add("vdev", "net_cpx_new", "engine=q,lanes=0-0,mgmt=none"), 0);
	before = running();
	cr_expect_neq(apply(ANOTHER), 0, "another device has its name");
	cr_expect(strstr(err.text, "port new"), "%s", err.text);
	after = running();
	cr_expect_str_eq(before, after);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "went back");
	works();
	rte_eal_hotplug_remove("vdev", "net_cpx_new");
	free(before);
	free(after);
	bed_close(&bed);
}

/* A long change in slices: between them packets see the old routes, all of them. */
Test(apply, in_slices)
{
	char *yaml = NULL;
	size_t len;
	FILE *f = open_memstream(&yaml, &len);
	struct apply a;
	unsigned slices = 0;
	int ret;

	start();
	fputs(WORKERS "ports:\n" P0 P1 P2 NEIGHBORS "routes:\n"
		      "  - {to: 10.50.0.0/16, via: 10.0.2.2}\n",
	      f);
	for (unsigned i = 0; i < 200; i++)
		fprintf(f, "  - {to: 20.0.%u.0/24, via: 10.0.2.2}\n", i);
	fclose(f);
	prepare(&a, yaml);
	cr_assert_eq(apply_check(b, &a, &err), 0, "%s", err.text);
	while ((ret = apply_run(b, &a, 1, &err)) == -EAGAIN) {
		passes("the old way", 1, "10.50.1.1", 0, host[0], 0);
		passes("the old way", 0, "10.51.1.1", 1, host[1], 0);
		ends("not yet", 0, "20.0.0.1");
		ports_watch(b);
		workers_republish(b);
		slices++;
	}
	cr_assert_eq(ret, 0, "%s", err.text);
	apply_end(&a);
	cr_expect_geq(slices, 3);
	passes("the new way", 1, "10.50.1.1", 2, host[2], 0);
	passes("the new way", 1, "20.0.199.1", 2, host[2], 0);
	free(yaml);
	bed_close(&bed);
}

/* After a breakout: what runs is what can be saved, and the file undoes it. */
Test(apply, breakouts)
{
	struct board_shape shape;
	char *text;

	start();
	cr_assert_eq(shape_parse(&shape, "2x400G", 106250, &err), 0);
	cr_assert_eq(board_breakout(b, "oe0", 1, &shape, &err), 0, "%s", err.text);
	text = running();
	cr_expect(strstr(text, "  p1:\n    lanes: oe0/8-11\n"), "%s", text);
	cr_expect(strstr(text, "  p1-2:\n    lanes: oe0/12-15\n    carrier: fiber:f1-2\n"), "%s",
		  text);
	free(text);
	become(ALL);
	cr_expect_eq(b->ports[1].spec.n_lanes, 8);
	works();
	bed_close(&bed);
}
