/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hundred thousand random changes against a model of a few lines: after each batch the forwarding
 * table leads every prefix where the model says, the RIB counts what the model counts, and at the
 * end nothing is left behind.
 */
#include <errno.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define PREFIXES 200
#define SOURCES  3 /* ASKED, FPM, KERNEL */
#define METRICS  2
#define WAYS     8 /* 0: no route; 1..5 gateways, 6: two of them, 7: blackhole */
#define OBJECTS  4
#define BATCHES  1000
#define BATCH    100

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24]}\n"
	"tables: {routes4: 1024, routes6: 1024, nexthops: 512, neighbors: 64}\n";

static struct bed bed;
static struct board *b;
static struct err err;
static uint64_t seed = 20261130;

/* [prefix][source][metric]: a way, or WAYS + object */
static uint8_t model[PREFIXES][SOURCES][METRICS];
static bool objects[SOURCES][OBJECTS];

TestSuite(rib_model, .fini = bed_clean);

static unsigned draw(unsigned n)
{
	return (unsigned)(guard_random(&seed) % n);
}

static struct rib_prefix prefix(unsigned i)
{
	struct rib_prefix p = { .family = i % 4 ? AF_INET : AF_INET6 };

	/* nested: neighbours in number cover each other */
	p.addr[0] = p.family == AF_INET ? 77 : 0x20;
	p.addr[1] = (uint8_t)(i / 20 << 4);
	p.addr[2] = (uint8_t)(i * 37);
	p.len = p.family == AF_INET ? (uint8_t)(12 + i % 20) : (uint8_t)(20 + i % 44);
	return rib_mask(&p);
}

static struct rib_hop gateway(unsigned way)
{
	return (struct rib_hop){ .iface = (uint16_t)(1 + way % 2),
				 .family = AF_INET,
				 .weight = 1,
				 .addr = { 10, 0, (uint8_t)(way % 2), (uint8_t)(10 + way) } };
}

static int add(unsigned p, unsigned source, unsigned metric, unsigned way)
{
	const struct rib_prefix to = prefix(p);
	const struct rib_hop hops[2] = { gateway(way < 6 ? way : 1), gateway(4) };
	const struct rib_target t = { .kind = way >= WAYS ? RIB_OBJECT
					      : way == 7  ? RIB_BLACKHOLE
							  : RIB_VIA,
				      .object = way - WAYS + 1,
				      .n_hops = way == 6 ? 2 : 1,
				      .hops = hops };

	return rib_add(b, RIB_ASKED + source, &to, metric, &t, &err);
}

static void set_object(unsigned source, unsigned id)
{
	const struct rib_hop hop = gateway(1 + draw(5));
	const struct rib_target t = { .kind = RIB_VIA, .n_hops = 1, .hops = &hop };

	cr_assert_eq(rib_set_object(b, RIB_ASKED + source, id + 1, &t, &err), 0, "%s", err.text);
	objects[source][id] = true;
}

static void del_object(unsigned source, unsigned id)
{
	cr_assert_eq(rib_del_object(b, RIB_ASKED + source, id + 1, &err),
		     objects[source][id] ? 0 : -ENOENT);
	objects[source][id] = false;
	for (unsigned p = 0; p < PREFIXES; p++)
		for (unsigned m = 0; m < METRICS; m++)
			if (model[p][source][m] == WAYS + id)
				model[p][source][m] = 0;
}

static void change(void)
{
	const unsigned p = draw(PREFIXES), source = draw(SOURCES), metric = draw(METRICS);
	const unsigned what = draw(100), id = draw(OBJECTS);
	uint8_t *at = &model[p][source][metric];
	struct rib_prefix to = prefix(p);

	if (what < 3) {
		set_object(source, id);
	} else if (what < 4) {
		del_object(source, id);
	} else if (what < 15) {
		const int ret = add(p, source, metric, WAYS + id);

		cr_assert_eq(ret, objects[source][id] ? 0 : -ENOENT);
		if (!ret)
			*at = (uint8_t)(WAYS + id);
	} else if (what < 60) {
		*at = (uint8_t)(1 + draw(WAYS - 1));
		cr_assert_eq(add(p, source, metric, *at), 0, "%s", err.text);
	} else {
		to.addr[15] = to.family == AF_INET6 && to.len < 120; /* bits beyond len */
		cr_assert_eq(rib_del(b, RIB_ASKED + source, &to, metric, &err), *at ? 0 : -ENOENT);
		*at = 0;
	}
}

/* Where the source's way leads; a row of the table, or -1: a group, of which the type is enough. */
static int64_t row_of(unsigned way)
{
	const struct rib_hop hop = gateway(way);
	uint32_t row;

	if (way == 7)
		return NEXTHOP_ROW_BLACKHOLE;
	if (way >= 6)
		return -1;
	cr_assert_eq(neighbors_row(b, hop.iface, AF_INET, hop.addr, &row), 0, "way %u", way);
	return row;
}

static void compare(unsigned p, unsigned counted[SOURCES])
{
	const struct rib_prefix to = prefix(p);
	uint32_t row = NEXTHOP_ROW_NONE;
	unsigned way = 0;

	for (unsigned s = 0; s < SOURCES; s++) {
		for (unsigned m = 0; m < METRICS; m++) {
			counted[s] += model[p][s][m] != 0;
			way = way ? way : model[p][s][m];
		}
	}
	fib_get(board_fib(b, 0, to.family), to.addr, to.len, &row);
	if (!way)
		cr_assert_eq(row, NEXTHOP_ROW_NONE, "prefix %u: row %u, and no route", p, row);
	else if (row_of(way) < 0)
		cr_assert_eq(nexthop_type(b->nexthops, row), NEXTHOP_MULTI, "prefix %u", p);
	else
		cr_assert_eq(row, row_of(way), "prefix %u: row %u, way %u", p, row, way);
}

Test(rib_model, a_hundred_thousand_changes)
{
	uint32_t rows, n4, n6;
	unsigned neighbors;

	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	b = bed.board;
	for (unsigned i = 0; i < PREFIXES; i++) /* of equal ones only one is in the model */
		for (unsigned k = 0; k < i; k++) {
			const struct rib_prefix x = prefix(i), y = prefix(k);

			cr_assert_neq(memcmp(&x, &y, sizeof(x)), 0, "%u is %u", i, k);
		}
	rows = b->nexthops->n_used;
	neighbors = neighbors_count(b);
	n4 = b->vrfs[0].fib4->n;
	n6 = b->vrfs[0].fib6->n;
	for (unsigned batch = 0; batch < BATCHES; batch++) {
		unsigned counted[SOURCES] = { 0 };

		for (unsigned i = 0; i < BATCH; i++)
			change();
		rib_commit(b);
		bed_control(&bed);
		for (unsigned p = 0; p < PREFIXES; p++)
			compare(p, counted);
		for (unsigned s = 0; s < SOURCES; s++)
			cr_assert_eq(rib_count(b, RIB_ASKED + s), counted[s]);
	}
	for (unsigned s = 0; s < SOURCES; s++) {
		rib_mark(b, RIB_ASKED + s);
		rib_sweep(b, RIB_ASKED + s);
		cr_expect_eq(rib_count(b, RIB_ASKED + s), 0);
	}
	rib_commit(b);
	bed_settle(&bed);
	cr_expect_eq(b->nexthops->n_used, rows, "%u rows are left", b->nexthops->n_used - rows);
	cr_expect_eq(neighbors_count(b), neighbors);
	cr_expect_eq(b->vrfs[0].fib4->n, n4);
	cr_expect_eq(b->vrfs[0].fib6->n, n6);
	bed_close(&bed);
}
