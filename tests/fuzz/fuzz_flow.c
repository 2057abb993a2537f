/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a table of flow rules and as frames to be looked up in it. Input: the number of
 * rules, then 12 bytes for each (priority, what to do, headers, words, values), then frames, each
 * behind its length. A frame is a heap block of exactly its size, so a read past its end is seen;
 * what is found must be in the table, not removed, and the first in order of those that linear
 * search finds. Rules may also be taken out again.
 */
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_flow_table.h"

#define MAX_RULES 40
#define RULE      12

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void *get_block(struct cpx_flow_memory *m, size_t bytes)
{
	return aligned_alloc(64, (bytes + 63) & ~(size_t)63);
}

static void put_block(struct cpx_flow_memory *m, struct cpx_flow_block *b)
{
	free(b);
}

static struct cpx_flow_memory memory = { .get = get_block, .put = put_block };

static struct {
	struct cpx_flow_pattern pattern;
	struct cpx_flow_rule *rule; /* NULL: not in the table */
} rules[MAX_RULES];
static unsigned n_rules;

/* Few shapes and values of few bits, so that rules meet frames, and each other's buckets. */
static void make_pattern(struct cpx_flow_pattern *p, const uint8_t *in)
{
	memset(p, 0, sizeof(*p));
	p->shape.care = in[2] | (uint32_t)in[3] << 8 | (uint32_t)(in[4] & 1) << 16;
	p->shape.want = p->shape.care & (in[5] | (uint32_t)in[6] << 8);
	p->shape.n_words = in[7] % (CPX_FLOW_MAX_WORDS + 1);
	for (unsigned i = 0; i < p->shape.n_words; i++) {
		memset(&p->shape.word[i].mask, in[8 + i % 2], 4 + i % 5);
		p->shape.word[i].base = (uint8_t)((in[10] + i) % (CPX_FLOW_BASES + 1));
		p->shape.word[i].at = (uint8_t)(in[10] / 8 * (i % 3));
		memset(&p->value[i], in[11], sizeof(p->value[i]));
		p->value[i] &= p->shape.word[i].mask;
	}
}

static bool meets(const struct cpx_flow_pattern *p, const struct cpx_flow_view *v)
{
	if ((v->headers & p->shape.care) != p->shape.want)
		return false;
	for (unsigned i = 0; i < p->shape.n_words; i++) {
		uint64_t word;

		memcpy(&word, v->frame + v->at[p->shape.word[i].base] + p->shape.word[i].at, 8);
		if ((word & p->shape.word[i].mask) != p->value[i])
			return false;
	}
	return true;
}

static void look_up(const struct cpx_flow_table *t, const uint8_t *bytes, size_t len)
{
	uint8_t *frame = malloc(len); /* of no size: a block that must not be read */
	const struct cpx_flow_rule *r = NULL;
	struct cpx_flow_view v;
	uint64_t after = 0;

	memcpy(frame, bytes, len);
	cpx_flow_look(&v, frame, len);
	do {
		unsigned first = MAX_RULES;

		for (unsigned i = 0; i < n_rules; i++)
			if (rules[i].rule != NULL && rules[i].rule->order > after &&
			    meets(&rules[i].pattern, &v) &&
			    (first == MAX_RULES || rules[i].rule->order < rules[first].rule->order))
				first = i;
		r = t != NULL ? cpx_flow_match(t, &v, after) : NULL;
		must(r == (first < MAX_RULES ? rules[first].rule : NULL));
		after = r != NULL ? r->order : 0;
	} while (r != NULL);
	free(frame);
}

static struct cpx_flow_table *publish(struct cpx_flow_change *c)
{
	cpx_flow_blocks_free(&memory, c->garbage);
	return c->table;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpx_flow_table *t = NULL;
	struct cpx_flow_change c;

	n_rules = size != 0 ? data[0] % MAX_RULES : 0;
	if (size < 1 + n_rules * RULE)
		return 0;
	for (unsigned i = 0; i < n_rules; i++) {
		const uint8_t *in = data + 1 + i * RULE;

		make_pattern(&rules[i].pattern, in);
		rules[i].rule = cpx_flow_rule_create(&memory, &rules[i].pattern, 0, false);
		rules[i].rule->order = (uint64_t)(in[0] % 4) << 32 | (i + 1);
		if (cpx_flow_table_add(&memory, t, &rules[i].pattern.shape, rules[i].rule, &c) ==
		    0) {
			t = publish(&c);
		} else { /* a shape that could read outside */
			free(rules[i].rule);
			rules[i].rule = NULL;
		}
		if (in[1] % 4 == 0 && rules[i / 2].rule != NULL) {
			must(cpx_flow_table_remove(&memory, t, &rules[i / 2].pattern.shape,
						   rules[i / 2].rule, &c) == 0);
			t = publish(&c);
			rules[i / 2].rule = NULL;
		}
	}
	for (size_t at = 1 + n_rules * RULE; at < size;) {
		size_t len = data[at++];

		if (len > size - at)
			len = size - at;
		look_up(t, data + at, len);
		at += len;
	}
	if (t != NULL)
		cpx_flow_blocks_free(&memory, cpx_flow_table_blocks(t));
	return 0;
}
