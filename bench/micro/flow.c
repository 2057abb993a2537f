/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What flow rules cost a receiver: TSC cycles a frame to find its headers and the rule it meets,
 * frames and rules in cache as far as they fit, and microseconds to make and to destroy a rule.
 * Each rule is about one UDP port pair; further shapes are rules that come first and that no frame
 * meets. The smallest of many short windows and the median.
 *
 *   bench_flow [CORE]     default 0
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_flow_slab.h"

#define FRAMES  4096u /* 256 KB: more than a core's first cache */
#define WINDOWS 101

static uint8_t frame[FRAMES][64];
static struct cpx_flow_slab slab;
static struct cpx_flow_table *table;

static uint64_t cycles(void)
{
	return __builtin_ia32_rdtsc();
}

static void *take(size_t bytes)
{
	return aligned_alloc(64, (bytes + 63) & ~(size_t)63);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* IPv4, UDP with source and destination port of rule `n`. */
static void make_frame(uint8_t *p, uint32_t n)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };

	memset(p, 0, 64);
	memcpy(p, head, sizeof(head));
	p[23] = 17;
	memcpy(p + 34, &n, 4);
}

/* Rule n about its port pair; of a shape beyond the first, about a source address as well. */
static struct cpx_flow_pattern pattern_of(uint32_t n, uint32_t shape)
{
	struct cpx_flow_pattern p = { .shape = { .n_words = shape != 0 ? 2 : 1 } };

	p.shape.care = p.shape.want = CPX_FLOW_ETH | CPX_FLOW_IP4 | CPX_FLOW_UDP;
	p.shape.word[0] = (struct cpx_flow_word){ .mask = UINT32_MAX, .base = CPX_FLOW_AT_L4 };
	p.value[0] = n;
	p.shape.word[1] = (struct cpx_flow_word){ .mask = (uint64_t)shape << 40,
						  .base = CPX_FLOW_AT_L3,
						  .at = 8 };
	p.value[1] = p.shape.word[1].mask;
	return p;
}

static struct cpx_flow_rule *add(uint32_t n, uint32_t shape)
{
	const struct cpx_flow_pattern p = pattern_of(n, shape);
	struct cpx_flow_rule *r = cpx_flow_rule_create(&slab.memory, &p, 0, false);
	struct cpx_flow_change c;

	if (r == NULL)
		abort();
	r->order = (uint64_t)(shape == 0) << 32 | (n + 1);
	if (cpx_flow_table_add(&slab.memory, table, &p.shape, r, &c) != 0)
		abort();
	cpx_flow_blocks_free(&slab.memory, c.garbage);
	table = c.table;
	return r;
}

static double look_up(double *median)
{
	double window[WINDOWS];
	uint64_t met = 0;

	for (unsigned w = 0; w < WINDOWS; w++) {
		const uint64_t t = cycles();

		for (unsigned i = 0; i < FRAMES; i++) {
			struct cpx_flow_view v;

			cpx_flow_look(&v, frame[i], sizeof(frame[i]));
			met += cpx_flow_match(table, &v, 0) != NULL;
		}
		window[w] = (double)(cycles() - t) / FRAMES;
	}
	__asm__ volatile("" : : "r"(met)); /* somebody wants to know */
	qsort(window, WINDOWS, sizeof(window[0]), by_size);
	*median = window[WINDOWS / 2];
	return window[0];
}

static void run(uint32_t rules, uint32_t shapes)
{
	struct cpx_flow_rule **rule = calloc(rules, sizeof(struct cpx_flow_rule *));
	uint64_t made, destroyed, t = cycles();
	double least, median;

	if (rule == NULL)
		abort();
	for (uint32_t i = 0; i < rules; i++)
		rule[i] = add(i, 0);
	made = cycles() - t;
	for (uint32_t s = 1; s < shapes; s++)
		add(0, s);
	for (uint32_t i = 0; i < FRAMES; i++)
		make_frame(frame[i], (uint32_t)(i * 2654435761u) % rules);
	least = look_up(&median);
	t = cycles();
	for (uint32_t i = 0; i < rules; i++) {
		const struct cpx_flow_pattern p = pattern_of(i, 0);
		struct cpx_flow_change c;

		if (cpx_flow_table_remove(&slab.memory, table, &p.shape, rule[i], &c) != 0)
			abort();
		cpx_flow_blocks_free(&slab.memory, c.garbage);
		table = c.table;
	}
	destroyed = cycles() - t;
	printf("| %u | %u | %.1f | %.1f | %.0f | %.0f |\n", rules, shapes, median, least,
	       (double)made / rules, (double)destroyed / rules);
	cpx_flow_slab_free(&slab);
	table = NULL;
	free(rule);
}

int main(int argc, char **argv)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		fprintf(stderr, "bench flow: no core %s here\n", argc > 1 ? argv[1] : "0");
		return 3;
	}
	cpx_flow_slab_init(&slab, take, free);
	printf("Cycles (TSC) a frame to look and match, and a rule to make and to destroy\n");
	printf("| rules | shapes | median | least | make | destroy |\n|---|---|---|---|---|---|\n");
	run(1, 1);
	run(100, 1);
	run(10000, 1);
	run(100000, 1);
	run(100, 2);
	run(100, 4);
	run(100, 16);
	return 0;
}
