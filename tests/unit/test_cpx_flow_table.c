/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_table.c: a table stays what it was while the next is made, garbage is what only the
 * old one used, no memory is lost, and a lack of it at any point leaves everything as it was.
 */
#include "pmd/cpx_flow_table.h"

#include <errno.h>

#include "tests/unit/flow_frame.h"
#include "tests/unit/flow_memory.h"

#define MANY 5000

static struct cpx_flow_table *table;

/* Rules about a UDP port pair. */
static struct cpx_flow_pattern ports(uint16_t src, uint16_t dst)
{
	struct cpx_flow_pattern p = {
		.shape = { .care = CPX_FLOW_UDP, .want = CPX_FLOW_UDP, .n_words = 1 },
	};

	p.shape.word[0] = (struct cpx_flow_word){ .base = CPX_FLOW_AT_L4 };
	memcpy(&p.shape.word[0].mask, (uint8_t[8]){ 255, 255, 255, 255 }, 8);
	memcpy(&p.value[0],
	       (uint8_t[8]){ (uint8_t)(src >> 8), (uint8_t)src, (uint8_t)(dst >> 8), (uint8_t)dst },
	       8);
	return p;
}

/* One about any frame that has the header. */
static struct cpx_flow_pattern header(uint32_t h)
{
	return (struct cpx_flow_pattern){ .shape = { .care = h, .want = h } };
}

static struct cpx_flow_rule *add(const struct cpx_flow_pattern *p, uint64_t order)
{
	struct cpx_flow_rule *r = cpx_flow_rule_create(&memory, p, 0, false);
	struct cpx_flow_change c;

	r->order = order;
	cr_assert_eq(cpx_flow_table_add(&memory, table, &p->shape, r, &c), 0);
	cpx_flow_blocks_free(&memory, c.garbage);
	table = c.table;
	return r;
}

static void drop(const struct cpx_flow_pattern *p, struct cpx_flow_rule *r)
{
	struct cpx_flow_change c;

	cr_assert_eq(cpx_flow_table_remove(&memory, table, &p->shape, r, &c), 0);
	cpx_flow_blocks_free(&memory, c.garbage);
	table = c.table;
}

static const struct cpx_flow_rule *met_by(const struct cpx_flow_table *t, uint16_t src,
					  uint16_t dst)
{
	struct cpx_flow_view v;
	struct packet p;

	add_eth(&p, 1, 2, 0, 0x0800);
	add_ip4(&p, 0, 0, 17, 1, 2);
	add_udp(&p, true, src, dst);
	cpx_flow_look(&v, p.b, p.len);
	return t != NULL ? cpx_flow_match(t, &v, 0) : NULL;
}

Test(flow_table, many_come_and_go)
{
	static struct cpx_flow_rule *rule[MANY];
	uint64_t seed = 7;

	for (unsigned i = 0; i < MANY; i++) {
		struct cpx_flow_pattern p = ports((uint16_t)i, (uint16_t)(i / 3));

		rule[i] = add(&p, i + 1);
	}
	cr_expect_eq(table->n_rules, MANY);
	cr_expect_eq(table->n_groups, 1);
	cr_expect_geq(table->of[0].group->mask + 1, MANY / 4);
	for (unsigned round = 0; round < 2 * MANY; round++) {
		const unsigned i = (unsigned)(guard_random(&seed) % MANY);
		struct cpx_flow_pattern p = ports((uint16_t)i, (uint16_t)(i / 3));

		if (rule[i] != NULL) {
			drop(&p, rule[i]);
			rule[i] = NULL;
		} else {
			rule[i] = add(&p, MANY + round + 1);
		}
		cr_assert_eq(met_by(table, (uint16_t)i, (uint16_t)(i / 3)), rule[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct cpx_flow_pattern p = ports((uint16_t)i, (uint16_t)(i / 3));

		cr_assert_eq(met_by(table, (uint16_t)i, (uint16_t)(i / 3)), rule[i]);
		if (rule[i] != NULL)
			drop(&p, rule[i]);
	}
	cr_expect_null(table);
	cr_expect_eq(blocks_live, 0);
}

Test(flow_table, the_old_table_stays_as_it_was)
{
	struct cpx_flow_pattern a = ports(1, 1), b = ports(2, 2), u = header(CPX_FLOW_UDP);
	struct cpx_flow_rule *first = add(&a, 10), *second;
	struct cpx_flow_table *old = table;
	struct cpx_flow_change c;

	second = cpx_flow_rule_create(&memory, &b, 0, false);
	second->order = 5;
	cr_assert_eq(cpx_flow_table_add(&memory, old, &b.shape, second, &c), 0);
	cr_expect_eq(met_by(old, 1, 1), first);
	cr_expect_null(met_by(old, 2, 2));
	cr_expect_eq(met_by(c.table, 1, 1), first);
	cr_expect_eq(met_by(c.table, 2, 2), second);
	cpx_flow_blocks_free(&memory, c.garbage);
	old = c.table;
	cr_assert_eq(cpx_flow_table_remove(&memory, old, &a.shape, first, &c), 0);
	cr_expect_eq(met_by(old, 1, 1), first, "still there for who reads the old table");
	cr_expect_null(met_by(c.table, 1, 1));
	cpx_flow_blocks_free(&memory, c.garbage);
	table = c.table;
	drop(&b, second);
	first = add(&u, 1);
	drop(&u, first);
	cr_expect_eq(blocks_live, 0);
}

Test(flow_table, lower_order_wins_in_and_across_shapes)
{
	struct cpx_flow_pattern exact = ports(1, 1), any = header(CPX_FLOW_UDP),
				ip = header(CPX_FLOW_IP4);
	struct cpx_flow_rule *r30 = add(&exact, 30), *r20 = add(&any, 20), *r10, *r5;

	cr_expect_eq(met_by(table, 1, 1), r20);
	r10 = add(&exact, 10);
	cr_expect_eq(met_by(table, 1, 1), r10);
	cr_expect_eq(met_by(table, 1, 2), r20);
	r5 = add(&ip, 5);
	cr_expect_eq(met_by(table, 1, 1), r5);
	cr_expect_eq(table->of[0].best, 5);
	cr_expect_eq(table->of[1].best, 10);
	cr_expect_eq(table->of[2].best, 20);
	drop(&ip, r5);
	drop(&exact, r10);
	cr_expect_eq(met_by(table, 1, 1), r20);
	drop(&any, r20);
	cr_expect_eq(met_by(table, 1, 1), r30);
	drop(&exact, r30);
	cr_expect_eq(blocks_live, 0);
}

static int by_tag(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Two rules whose values differ and hash to the same tag are told apart. */
Test(flow_table, equal_tags)
{
	static uint64_t seen[400000]; /* tag, then the ports */
	const uint32_t n = sizeof(seen) / sizeof(seen[0]);
	unsigned found = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct cpx_flow_pattern p = ports((uint16_t)(i >> 16), (uint16_t)i);

		seen[i] = (uint64_t)cpx_flow_tag(cpx_flow_mix(CPX_FLOW_SEED, p.value[0])) << 32 | i;
	}
	qsort(seen, n, sizeof(seen[0]), by_tag);
	for (uint32_t i = 1; i < n; i++) {
		if (seen[i] >> 32 != seen[i - 1] >> 32)
			continue;
		for (unsigned k = 0; k < 2; k++) {
			const uint32_t rules = (uint32_t)seen[i - k];
			const uint32_t other = (uint32_t)seen[i + k - 1];
			struct cpx_flow_pattern p = ports((uint16_t)(rules >> 16), (uint16_t)rules);
			struct cpx_flow_rule *r = add(&p, 1);

			cr_expect_eq(met_by(table, (uint16_t)(rules >> 16), (uint16_t)rules), r);
			cr_expect_null(met_by(table, (uint16_t)(other >> 16), (uint16_t)other));
			drop(&p, r);
		}
		found++;
	}
	cr_expect_gt(found, 0);
}

Test(flow_table, isolation_without_rules)
{
	struct cpx_flow_pattern a = ports(1, 1);
	struct cpx_flow_change c;
	struct cpx_flow_rule *r;

	cr_assert_eq(cpx_flow_table_isolate(&memory, NULL, true, &c), 0);
	cr_expect(c.table->isolated);
	cr_expect_null(c.garbage);
	table = c.table;
	r = add(&a, 1);
	cr_expect(table->isolated);
	cr_expect_eq(met_by(table, 1, 1), r);
	drop(&a, r);
	cr_assert_not_null(table);
	cr_expect(table->isolated);
	cr_assert_eq(cpx_flow_table_isolate(&memory, table, false, &c), 0);
	cr_expect_null(c.table);
	cpx_flow_blocks_free(&memory, c.garbage);
	cr_expect_eq(blocks_live, 0);
}

Test(flow_table, all_blocks_at_once)
{
	for (unsigned i = 0; i < 300; i++) {
		struct cpx_flow_pattern p = i % 3 ? ports((uint16_t)i, 0) : header(1u << (i % 9));

		add(&p, i + 1);
	}
	cr_expect_gt(blocks_live, 300);
	cpx_flow_blocks_free(&memory, cpx_flow_table_blocks(table));
	cr_expect_eq(blocks_live, 0);
}

/* A change with memory for 0, 1, 2 … blocks: until it works nothing is different. */
static void starve(const struct cpx_flow_pattern *p, struct cpx_flow_rule *r, bool adds)
{
	const int live = blocks_live;
	struct cpx_flow_change c;
	int rc = -ENOMEM;

	for (int blocks = 0; rc != 0; blocks++) {
		blocks_left = blocks;
		rc = adds ? cpx_flow_table_add(&memory, table, &p->shape, r, &c)
			  : cpx_flow_table_remove(&memory, table, &p->shape, r, &c);
		blocks_left = INT_MAX;
		if (rc != 0) {
			cr_assert_eq(rc, -ENOMEM);
			cr_assert_eq(blocks_live, live);
			cr_assert_null(c.table);
			cr_assert_null(c.garbage);
			for (uint16_t k = 0; k < 40; k++)
				if (met_by(table, k, k) != NULL)
					cr_assert_eq(met_by(table, k, k)->order, k + 1);
		}
		cr_assert_lt(blocks, 200);
	}
	cpx_flow_blocks_free(&memory, c.garbage);
	table = c.table;
}

Test(flow_table, memory_runs_out)
{
	struct cpx_flow_rule *rule[40], *other;
	struct cpx_flow_pattern any = header(CPX_FLOW_ETH);
	struct cpx_flow_change c;

	for (uint16_t i = 0; i < 40; i++) { /* grows three times on the way */
		struct cpx_flow_pattern p = ports(i, i);

		rule[i] = cpx_flow_rule_create(&memory, &p, 0, false);
		rule[i]->order = i + 1u;
		starve(&p, rule[i], true);
	}
	other = cpx_flow_rule_create(&memory, &any, 0, false);
	other->order = 1000;
	starve(&any, other, true);
	starve(&any, other, false);
	for (uint16_t i = 0; i < 40; i++) {
		struct cpx_flow_pattern p = ports(i, i);

		starve(&p, rule[i], false);
	}
	cr_expect_null(table);
	blocks_left = 0;
	cr_expect_eq(cpx_flow_table_isolate(&memory, NULL, true, &c), -ENOMEM);
	cr_expect_null(cpx_flow_rule_create(&memory, &any, 8, true));
	cr_expect_eq(blocks_live, 0);
}

Test(flow_table, cells_are_a_line_apart_and_apart_from_the_values)
{
	struct cpx_flow_pattern p = ports(1, 2);
	struct cpx_flow_rule *r = cpx_flow_rule_create(&memory, &p, 8, true);

	cr_assert_eq((uintptr_t)r->cell % 64, 0);
	cr_assert_geq((uintptr_t)r->cell, (uintptr_t)(r + 1));
	cr_assert_eq((uintptr_t)&r->cell[1] - (uintptr_t)&r->cell[0], 64);
	cr_assert_geq((uintptr_t)r->rss, (uintptr_t)&r->cell[8]);
	memset(r->rss, 0xff, sizeof(*r->rss)); /* a sanitizer would see what is not ours */
	memory.put(&memory, &r->block);
}

Test(flow_table, words_that_could_lie_outside_are_refused)
{
	static const struct {
		uint32_t want;
		uint8_t base, at;
		bool ok;
	} cases[] = {
		{ CPX_FLOW_ETH, CPX_FLOW_AT_ETH, 6, true },
		{ CPX_FLOW_ETH, CPX_FLOW_AT_ETH, 7, false },
		{ CPX_FLOW_IP4, CPX_FLOW_AT_ETH, 0, false },
		{ CPX_FLOW_VLAN1, CPX_FLOW_AT_VLAN1, 0, true },
		{ CPX_FLOW_VLAN1, CPX_FLOW_AT_VLAN1, 1, false },
		{ CPX_FLOW_VLAN1, CPX_FLOW_AT_VLAN2, 0, false },
		{ CPX_FLOW_VLAN2, CPX_FLOW_AT_VLAN2, 0, true },
		{ CPX_FLOW_IP4, CPX_FLOW_AT_L3, 12, true },
		{ CPX_FLOW_IP4, CPX_FLOW_AT_L3, 13, false },
		{ CPX_FLOW_IP6, CPX_FLOW_AT_L3, 32, true },
		{ CPX_FLOW_IP6, CPX_FLOW_AT_L3, 33, false },
		{ CPX_FLOW_UDP, CPX_FLOW_AT_L4, 0, true },
		{ CPX_FLOW_UDP, CPX_FLOW_AT_L4, 1, false },
		{ CPX_FLOW_TCP, CPX_FLOW_AT_L4, 12, true },
		{ CPX_FLOW_TCP, CPX_FLOW_AT_L4, 13, false },
		{ CPX_FLOW_TCP, CPX_FLOW_BASES, 0, false },
		{ CPX_FLOW_TCP, 255, 255, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cpx_flow_shape s = { .care = cases[i].want,
					    .want = cases[i].want,
					    .n_words = 1 };

		s.word[0] = (struct cpx_flow_word){ 1, cases[i].base, cases[i].at };
		cr_expect_eq(cpx_flow_shape_ok(&s), cases[i].ok, "case %u", i);
		s.care = 0;
		cr_expect_not(cpx_flow_shape_ok(&s), "wants what it does not look at");
	}
	cr_expect_not(
		cpx_flow_shape_ok(&(struct cpx_flow_shape){ .n_words = CPX_FLOW_MAX_WORDS + 1 }));
}
