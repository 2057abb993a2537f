/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes of several sources: who wins, what is shared, what goes with what, what is refused. A
 * board driven by hand; what workers would find is asked of the forwarding table itself.
 */
#include "dataplane/ctl/rib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/tables/group.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char ports[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop, addresses: [10.0.2.1/24]}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n";

static struct bed bed;
static struct board *b;
static struct err err;

TestSuite(rib, .fini = bed_clean);

static void start(const char *more)
{
	char yaml[4096];

	snprintf(yaml, sizeof(yaml), "%s%s", ports, more);
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 1, 0 });
	b = bed.board;
}

/* "10.1.0.0/16", "2001:db8::/32"; no length: a host */
static struct rib_prefix prefix(const char *text)
{
	struct rib_prefix p = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char addr[64];
	const char *slash = strchr(text, '/');

	snprintf(addr, sizeof(addr), "%.*s", (int)(slash ? slash - text : (long)strlen(text)),
		 text);
	cr_assert_eq(inet_pton(p.family, addr, p.addr), 1, "%s", text);
	p.len = slash ? (uint8_t)atoi(slash + 1) : p.family == AF_INET ? 32 : 128;
	return p;
}

/* "10.0.0.2": the gateway on the port whose subnet it is in */
static struct rib_hop hop(const char *gateway, uint8_t weight)
{
	const struct rib_prefix p = prefix(gateway);
	struct rib_hop h = { .family = p.family, .weight = weight };

	memcpy(h.addr, p.addr, sizeof(h.addr));
	h.iface = (uint16_t)(1 + (p.family == AF_INET ? p.addr[2] : p.addr[5]));
	return h;
}

static int add(enum rib_source source, const char *to, uint32_t metric, const char *via)
{
	const struct rib_prefix p = prefix(to);
	const struct rib_hop h = hop(via, 1);
	const struct rib_target t = { .kind = RIB_VIA, .n_hops = 1, .hops = &h };

	return rib_add(b, source, &p, metric, &t, &err);
}

static int add_two(enum rib_source source, const char *to, const char *via, const char *other)
{
	const struct rib_prefix p = prefix(to);
	const struct rib_hop h[2] = { hop(via, 1), hop(other, 1) };
	const struct rib_target t = { .kind = RIB_VIA, .n_hops = 2, .hops = h };

	return rib_add(b, source, &p, 0, &t, &err);
}

static int add_kind(enum rib_source source, const char *to, enum rib_kind kind)
{
	const struct rib_prefix p = prefix(to);
	const struct rib_target t = { .kind = kind };

	return rib_add(b, source, &p, 0, &t, &err);
}

static int add_object(enum rib_source source, const char *to, uint32_t id)
{
	const struct rib_prefix p = prefix(to);
	const struct rib_target t = { .kind = RIB_OBJECT, .object = id };

	return rib_add(b, source, &p, 0, &t, &err);
}

static int set_object(uint32_t id, const char *via, const char *other)
{
	const struct rib_hop h[2] = { hop(via, 1), hop(other ? other : via, 1) };
	const struct rib_target t = { .kind = RIB_VIA, .n_hops = other ? 2 : 1, .hops = h };

	return rib_set_object(b, RIB_FPM, id, &t, &err);
}

static int del(enum rib_source source, const char *to, uint32_t metric)
{
	const struct rib_prefix p = prefix(to);

	return rib_del(b, source, &p, metric, &err);
}

#define ok(call) cr_assert_eq(call, 0, "%s: %s", #call, err.text)

static uint32_t row_of(const char *to)
{
	const struct rib_prefix p = prefix(to);
	uint32_t row = NEXTHOP_ROW_NONE;

	fib_get(board_fib(b, 0, p.family), p.addr, p.len, &row);
	return row;
}

static uint32_t gateway(const char *addr)
{
	const struct rib_hop h = hop(addr, 1);
	uint32_t row = UINT32_MAX;

	neighbors_row(b, h.iface, h.family, h.addr, &row);
	return row;
}

/* Members of a group as bits: 1 for 10.0.0.2, 2 for 10.0.1.2, 4 for 10.0.2.2, 8: anything else. */
static unsigned members(uint32_t row)
{
	const struct nexthop_buckets *g = b->nexthops->rows[row].buckets;
	const uint32_t rows[3] = { gateway("10.0.0.2"), gateway("10.0.1.2"), gateway("10.0.2.2") };
	unsigned bits = 0;

	cr_assert_eq(nexthop_type(b->nexthops, row), NEXTHOP_MULTI);
	cr_assert_not_null(g);
	for (uint32_t i = 0; i <= g->mask; i++)
		bits |= g->row[i] == rows[0]   ? 1
			: g->row[i] == rows[1] ? 2
			: g->row[i] == rows[2] ? 4
					       : 8;
	return bits;
}

static void finish(void)
{
	rib_commit(b);
	bed_close(&bed);
}

Test(rib, sources_in_their_order)
{
	static const enum rib_source order[] = { RIB_KERNEL, RIB_FPM, RIB_ASKED, RIB_STATIC };

	start("");
	for (unsigned i = 0; i < RTE_DIM(order); i++) {
		char via[16];

		snprintf(via, sizeof(via), "10.0.%u.%u", i % 3, 10 + i);
		ok(add(order[i], "10.9.0.0/16", 5, via));
		cr_expect_eq(row_of("10.9.0.0/16"), gateway(via), "source %u", order[i]);
		cr_expect_eq(rib_count(b, order[i]), 1 + (order[i] == RIB_OWN));
	}
	/* the metric counts within a source only */
	ok(add(RIB_KERNEL, "10.9.0.0/16", 0, "10.0.0.2"));
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.13"));
	for (unsigned i = RTE_DIM(order); i-- > 1;) {
		char via[16];

		ok(del(order[i], "10.9.0.0/16", UINT32_MAX));
		if (i == 1)
			break;
		snprintf(via, sizeof(via), "10.0.%u.%u", (i - 1) % 3, 10 + i - 1);
		cr_expect_eq(row_of("10.9.0.0/16"), gateway(via), "the next one: %s", via);
	}
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.2"), "the lower metric");
	ok(del(RIB_KERNEL, "10.9.0.0/16", 0));
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.10"));
	ok(del(RIB_KERNEL, "10.9.0.0/16", 5));
	cr_expect_eq(row_of("10.9.0.0/16"), NEXTHOP_ROW_NONE);
	cr_expect_eq(del(RIB_KERNEL, "10.9.0.0/16", 5), -ENOENT);
	finish();
}

Test(rib, ours_are_not_to_be_had)
{
	start("");
	ok(add(RIB_STATIC, "10.0.0.1/32", 0, "10.0.1.2"));
	ok(add_kind(RIB_KERNEL, "10.0.0.255/32", RIB_BLACKHOLE));
	ok(add(RIB_STATIC, "127.0.0.0/8", 0, "10.0.1.2"));
	cr_expect_eq(row_of("10.0.0.1/32"), NEXTHOP_ROW_LOCAL);
	cr_expect_eq(row_of("10.0.0.255/32"), NEXTHOP_ROW_GROUP);
	cr_expect_eq(row_of("127.0.0.0/8"), NEXTHOP_ROW_MARTIAN);
	/* a neighbour's own route gives way to anybody's */
	cr_expect_eq(row_of("10.0.1.2/32"), gateway("10.0.1.2"));
	ok(add(RIB_KERNEL, "10.0.1.2/32", 0, "10.0.0.2"));
	cr_expect_eq(row_of("10.0.1.2/32"), gateway("10.0.0.2"));
	ok(del(RIB_KERNEL, "10.0.1.2/32", 0));
	cr_expect_eq(row_of("10.0.1.2/32"), gateway("10.0.1.2"));
	finish();
}

Test(rib, a_gateway_stays_as_long_as_it_is_held)
{
	uint32_t rows, n;

	start("");
	rows = b->nexthops->n_used;
	n = neighbors_count(b);
	ok(add(RIB_ASKED, "10.8.0.0/16", 0, "10.0.0.9"));
	ok(add(RIB_ASKED, "10.9.0.0/16", 0, "10.0.0.9"));
	cr_expect_eq(neighbors_count(b), n + 1);
	cr_expect_eq(b->nexthops->n_used, rows + 1, "one row for both");
	rib_commit(b);
	ok(del(RIB_ASKED, "10.8.0.0/16", 0));
	rib_commit(b);
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.9"));
	ok(add(RIB_ASKED, "10.9.0.0/16", 0, "10.0.0.10"));
	cr_expect_neq(gateway("10.0.0.9"), UINT32_MAX, "workers may still follow it");
	rib_commit(b);
	cr_expect_eq(gateway("10.0.0.9"), UINT32_MAX);
	ok(del(RIB_ASKED, "10.9.0.0/16", 0));
	rib_commit(b);
	bed_settle(&bed);
	cr_expect_eq(neighbors_count(b), n);
	cr_expect_eq(b->nexthops->n_used, rows);
	finish();
}

Test(rib, equal_hops_are_one_group)
{
	uint32_t rows;

	start("");
	rows = b->nexthops->n_used;
	ok(add_two(RIB_ASKED, "10.8.0.0/16", "10.0.0.2", "10.0.1.2"));
	ok(add_two(RIB_FPM, "10.9.0.0/16", "10.0.1.2", "10.0.0.2"));
	ok(add_two(RIB_FPM, "2001:db8:9::/48", "10.0.1.2", "10.0.0.2"));
	cr_expect_eq(b->nexthops->n_used, rows + 1);
	cr_expect_eq(row_of("10.8.0.0/16"), row_of("10.9.0.0/16"));
	cr_expect_eq(members(row_of("10.8.0.0/16")), 3);
	ok(add_two(RIB_FPM, "10.10.0.0/16", "10.0.1.2", "10.0.1.2"));
	cr_expect_eq(row_of("10.10.0.0/16"), gateway("10.0.1.2"), "the same hop twice is one");
	ok(del(RIB_ASKED, "10.8.0.0/16", 0));
	ok(del(RIB_FPM, "10.9.0.0/16", 0));
	rib_commit(b);
	cr_expect_eq(members(row_of("2001:db8:9::/48")), 3);
	ok(del(RIB_FPM, "2001:db8:9::/48", 0));
	rib_commit(b);
	bed_settle(&bed);
	cr_expect_eq(b->nexthops->n_used, rows);
	finish();
}

Test(rib, an_object_is_replaced_under_its_routes)
{
	uint32_t rows, row;

	start("");
	rows = b->nexthops->n_used;
	cr_expect_eq(add_object(RIB_FPM, "10.8.0.0/16", 7), -ENOENT);
	cr_expect(strstr(err.text, "7"), "%s", err.text);
	ok(set_object(7, "10.0.0.2", NULL));
	cr_expect_eq(add_object(RIB_KERNEL, "10.8.0.0/16", 7), -ENOENT, "another source's");
	ok(add_object(RIB_FPM, "10.8.0.0/16", 7));
	ok(add_object(RIB_FPM, "10.9.0.0/16", 7));
	row = row_of("10.8.0.0/16");
	cr_expect_eq(members(row), 1);
	ok(set_object(7, "10.0.1.2", "10.0.2.2"));
	cr_expect_eq(row_of("10.8.0.0/16"), row);
	cr_expect_eq(members(row), 6);
	cr_expect_eq(b->nexthops->n_used, rows + 1);
	ok(add(RIB_KERNEL, "10.9.0.0/16", 0, "10.0.0.2"));
	ok(rib_del_object(b, RIB_FPM, 7, &err));
	cr_expect_eq(row_of("10.8.0.0/16"), NEXTHOP_ROW_NONE, "it went with its object");
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.2"));
	cr_expect_eq(rib_count(b, RIB_FPM), 0);
	rib_commit(b);
	bed_settle(&bed);
	cr_expect_eq(b->nexthops->n_used, rows);
	cr_expect_eq(rib_del_object(b, RIB_FPM, 7, &err), -ENOENT);
	finish();
}

Test(rib, marked_and_swept)
{
	start("");
	ok(add(RIB_FPM, "10.8.0.0/16", 0, "10.0.0.2"));
	ok(add(RIB_FPM, "10.9.0.0/16", 0, "10.0.0.2"));
	ok(add(RIB_KERNEL, "10.9.0.0/16", 0, "10.0.1.2"));
	ok(set_object(7, "10.0.0.2", NULL));
	ok(set_object(8, "10.0.0.2", NULL));
	ok(add_object(RIB_FPM, "10.10.0.0/16", 7));
	rib_commit(b);
	rib_mark(b, RIB_FPM);
	ok(set_object(8, "10.0.0.2", NULL));
	ok(add(RIB_FPM, "10.8.0.0/16", 0, "10.0.0.2"));
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.0.2"), "stale ones forward");
	cr_expect_eq(rib_sweep(b, RIB_FPM), 3, "two routes and an object");
	rib_commit(b);
	cr_expect_eq(row_of("10.8.0.0/16"), gateway("10.0.0.2"));
	cr_expect_eq(row_of("10.9.0.0/16"), gateway("10.0.1.2"));
	cr_expect_eq(row_of("10.10.0.0/16"), NEXTHOP_ROW_NONE);
	cr_expect_eq(rib_sweep(b, RIB_FPM), 0);
	ok(add_object(RIB_FPM, "10.10.0.0/16", 8));
	finish();
}

Test(rib, groups_leave_out_what_is_down)
{
	uint32_t row;

	start("");
	ok(add_two(RIB_FPM, "10.9.0.0/16", "10.0.0.2", "10.0.1.2"));
	ok(set_object(7, "10.0.1.2", "10.0.2.2"));
	ok(add_object(RIB_FPM, "10.10.0.0/16", 7));
	rib_commit(b);
	row = row_of("10.9.0.0/16");
	b->ports[1].up = false;
	rib_port_changed(b, 1);
	rib_commit(b);
	cr_expect_eq(row_of("10.9.0.0/16"), row);
	cr_expect_eq(members(row), 1);
	cr_expect_eq(members(row_of("10.10.0.0/16")), 4);
	b->ports[0].up = false;
	rib_port_changed(b, 0);
	rib_commit(b);
	cr_expect_eq(members(row), 3, "all are down: none is left out");
	b->ports[1].up = true;
	rib_port_changed(b, 1);
	rib_commit(b);
	cr_expect_eq(members(row), 2);
	b->ports[0].up = true;
	rib_port_changed(b, 0);
	rib_commit(b);
	cr_expect_eq(members(row), 3);
	finish();
}

Test(rib, an_interface_goes)
{
	start("");
	ok(add_two(RIB_FPM, "10.9.0.0/16", "10.0.0.2", "10.0.1.2"));
	ok(add(RIB_FPM, "10.8.0.0/16", 0, "10.0.1.2"));
	ok(set_object(7, "10.0.1.2", "10.0.2.2"));
	ok(set_object(8, "10.0.1.2", NULL));
	ok(add_object(RIB_FPM, "10.10.0.0/16", 7));
	ok(add_object(RIB_FPM, "10.11.0.0/16", 8));
	rib_commit(b);
	rib_forget_iface(b, 2);
	rib_commit(b);
	cr_expect_eq(members(row_of("10.9.0.0/16")), 1);
	cr_expect_eq(members(row_of("10.10.0.0/16")), 4);
	cr_expect_eq(row_of("10.8.0.0/16"), NEXTHOP_ROW_NONE);
	cr_expect_eq(row_of("10.11.0.0/16"), NEXTHOP_ROW_NONE);
	cr_expect_eq(row_of("10.0.1.0/24"), NEXTHOP_ROW_NONE);
	cr_expect_eq(add_object(RIB_FPM, "10.11.0.0/16", 8), -ENOENT);
	ok(add_object(RIB_FPM, "10.11.0.0/16", 7));
	finish();
}

/*
 * Routes, groups and objects change, rows are given back and used again, with packets before, in
 * and behind the pipeline: each leaves by a next hop that its prefix has had. 10.9/16 only ever
 * goes by ports 1 and 2, 10.10/16 by 0 and 1; what churns beside them goes by all.
 */
static void churn(uint64_t *seed)
{
	static const char *const nine[] = { "10.0.1.2", "10.0.2.2" };
	static const char *const ten[] = { "10.0.0.2", "10.0.1.2" };
	const unsigned what = (unsigned)(guard_random(seed) % 8);
	const unsigned k = (unsigned)(guard_random(seed) % 2);
	char other[32], via[32];

	snprintf(other, sizeof(other), "10.20.%u.0/24", (unsigned)(guard_random(seed) % 9));
	snprintf(via, sizeof(via), "10.0.%u.%u", (unsigned)(guard_random(seed) % 3),
		 (unsigned)(2 + guard_random(seed) % 9));
	if (what == 0)
		ok(set_object(7, nine[k], NULL));
	else if (what == 1)
		ok(set_object(7, nine[k], nine[!k]));
	else if (what == 2)
		ok(add(RIB_FPM, "10.10.0.0/16", 0, ten[k]));
	else if (what == 3)
		ok(add_two(RIB_FPM, "10.10.0.0/16", ten[0], ten[1]));
	else if (what == 4)
		ok(add(RIB_FPM, other, 0, via));
	else if (what == 5)
		ok(add_two(RIB_FPM, other, via, "10.0.0.2"));
	else if (what == 6)
		del(RIB_FPM, other, 0);
	else
		rib_commit(b);
}

Test(rib, no_packet_goes_where_it_never_should)
{
	static const uint8_t from[6] = { 2, 0, 0, 0, 0, 2 };
	uint64_t seed = 7, sent = 0, seen = 0;
	struct frame in;

	start("");
	ok(set_object(7, "10.0.1.2", NULL));
	ok(add_object(RIB_FPM, "10.9.0.0/16", 7));
	ok(add(RIB_FPM, "10.10.0.0/16", 0, "10.0.0.2"));
	rib_commit(b);
	for (unsigned i = 0; i < 20000; i++) {
		const struct frame *f;

		churn(&seed);
		if (guard_random(&seed) % 2) {
			frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
						      .from = from,
						      .src = "10.0.0.2",
						      .dst = i % 2 ? "10.9.1.1" : "10.10.1.1",
						      .id = (uint16_t)i,
						      .src_port = (uint16_t)i,
						      .payload = 20 });
			bed_send(&bed, 0, &in);
			sent++;
		}
		if (guard_random(&seed) % 3 == 0)
			bed_turn(&bed, 0);
		if (guard_random(&seed) % 16 == 0)
			bed_control(&bed);
		bed_drain(&bed);
		while ((f = bed_next(&bed))) {
			if (f->data[12] != 8 || f->data[13] != 0)
				continue; /* somebody is asked for */
			cr_assert_neq(f->data[14 + 17], 20, "nobody sends there");
			if (f->data[14 + 17] == 9)
				cr_assert_eq(f->data[4], f->port, "another port's gateway");
			cr_assert(f->data[14 + 17] == 9 ? f->port >= 1 : f->port <= 1,
				  "change %u: 10.%u/16 leaves by port %u", i, f->data[14 + 17],
				  f->port);
			cr_assert_eq(f->data[5], 2, "change %u: to a gateway it never had", i);
			seen++;
		}
	}
	bed_settle(&bed);
	while (bed_next(&bed))
		seen++;
	cr_expect_geq(seen, sent, "%lu of %lu came out", seen, sent);
	finish();
}

Test(rib, full_tables_refuse)
{
	unsigned n, rows;
	int ret = 0;
	char to[32], via[32];

	start("tables: {routes4: 300, routes6: 64, nexthops: 64, neighbors: 32}\n");
	for (n = 0; !ret && n < 4096; n++) {
		snprintf(to, sizeof(to), "10.%u.%u.0/24", 30 + n / 256, n % 256);
		ret = add(RIB_FPM, to, 0, "10.0.0.2");
	}
	cr_expect_eq(ret, -ENOSPC);
	cr_expect(strstr(err.text, "routes4"), "%s", err.text);
	cr_expect_geq(n, 300);
	cr_expect_eq(rib_count(b, RIB_FPM), n - 1);
	cr_expect_eq(row_of(to), NEXTHOP_ROW_NONE);
	ok(add(RIB_FPM, "10.30.0.0/24", 0, "10.0.1.2")); /* replacing one takes no room */
	ok(del(RIB_FPM, "10.30.1.0/24", 0));
	ok(add(RIB_FPM, to, 0, "10.0.0.2"));
	rows = b->nexthops->n_used;
	for (ret = 0, n = 0; !ret && n < 200; n++) {
		snprintf(via, sizeof(via), "10.0.2.%u", 3 + n);
		ret = add(RIB_FPM, "10.30.2.0/24", n, via);
	}
	cr_expect_eq(ret, -ENOSPC);
	cr_expect(strstr(err.text, "neighbour table is full (32)"), "%s", err.text);
	cr_expect_eq(b->nexthops->n_used, rows + n - 1);
	cr_expect_eq(row_of("10.30.2.0/24"), gateway("10.0.2.3"));
	finish();
}

static bool gather(void *arg, const struct rib_route_view *r)
{
	struct rib_prefix *last = arg;

	if (r->to.family == last->family)
		cr_expect_leq(memcmp(last->addr, r->to.addr, 16), 0);
	cr_expect_geq(r->to.family, last->family);
	*last = r->to;
	return true;
}

Test(rib, walked_in_order)
{
	struct rib_cursor at = { 0 };
	struct rib_prefix last = { 0 };
	char to[32];

	start("");
	for (unsigned i = 0; i < 100; i++) {
		snprintf(to, sizeof(to), "%u.%u.0.0/16", 20 + i * 7 % 90, i);
		ok(add(RIB_FPM, to, 0, "10.0.0.2"));
	}
	ok(add(RIB_FPM, "2001:db8:77::/48", 0, "10.0.0.2"));
	rib_walk(b, &at, gather, &last);
	cr_expect_eq(last.family, AF_INET6);
	cr_expect_not(at.begun);
	finish();
}
