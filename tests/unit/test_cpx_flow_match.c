/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_match.c: which headers a frame holds and where, never a byte past its end; and the
 * rule it meets, against a second matcher that knows from the frame's making where headers lie and
 * compares bytes of rte_flow items one by one.
 */
#include "pmd/cpx_flow_match.h"

#include <rte_common.h>

#include "pmd/cpx_flow_parse.h"
#include "tests/unit/flow_frame.h"
#include "tests/unit/flow_memory.h"

static struct cpx_flow_view view_of(const struct packet *p)
{
	struct cpx_flow_view v;

	cpx_flow_look(&v, guard_copy(p->b, p->len), p->len);
	return v;
}

static void expect_headers(const struct packet *p, uint32_t headers, const char *what)
{
	cr_expect_eq(view_of(p).headers, headers, "%s: %#x, not %#x", what, view_of(p).headers,
		     headers);
}

Test(flow_match, headers_of_a_frame)
{
	const uint32_t tagged[] = { 0, CPX_FLOW_VLAN1, CPX_FLOW_VLAN1 | CPX_FLOW_VLAN2 };
	struct packet p;

	for (unsigned tags = 0; tags < 3; tags++) {
		const uint32_t l2 = CPX_FLOW_ETH | tagged[tags];

		add_eth(&p, 1, 2, tags, 0x0806);
		expect_headers(&p, l2, "ARP");
		for (unsigned options = 0; options < 11; options++) {
			add_eth(&p, 1, 2, tags, 0x0800);
			add_ip4(&p, options, 0, 17, 1, 2);
			add_udp(&p, true, 1, 2);
			expect_headers(&p, l2 | CPX_FLOW_IP4 | CPX_FLOW_UDP, "IPv4, UDP");
			cr_expect_eq(view_of(&p).at[CPX_FLOW_AT_L3], p.ip4);
			cr_expect_eq(view_of(&p).at[CPX_FLOW_AT_L4], p.udp);
		}
		add_eth(&p, 1, 2, tags, 0x86dd);
		add_ip6(&p, 6, 1, 2);
		add_tcp(&p, true, 1, 2);
		expect_headers(&p, l2 | CPX_FLOW_IP6 | CPX_FLOW_TCP, "IPv6, TCP");
		cr_expect_eq(view_of(&p).at[CPX_FLOW_AT_L4], p.tcp);
	}
	add_eth(&p, 1, 2, 3, 0x0800);
	add_ip4(&p, 0, 0, 17, 1, 2);
	add_udp(&p, false, 1, 2);
	expect_headers(&p, CPX_FLOW_ETH | CPX_FLOW_VLAN1 | CPX_FLOW_VLAN2 | CPX_FLOW_VLAN3,
		       "three tags");
}

Test(flow_match, a_fragment_has_no_layer_4)
{
	static const unsigned pieces[] = { 0x2000, 0x2001, 0x0001, 0x00b9, 0x1fff };
	struct packet p;

	for (unsigned i = 0; i < RTE_DIM(pieces); i++) {
		add_eth(&p, 1, 2, 0, 0x0800);
		add_ip4(&p, 0, pieces[i], 17, 1, 2);
		add_udp(&p, false, 1, 2);
		expect_headers(&p, CPX_FLOW_ETH | CPX_FLOW_IP4, "piece");
	}
	add_eth(&p, 1, 2, 0, 0x0800);
	add_ip4(&p, 0, 0x4000, 17, 1, 2);
	add_udp(&p, true, 1, 2);
	expect_headers(&p, CPX_FLOW_ETH | CPX_FLOW_IP4 | CPX_FLOW_UDP, "don't fragment");
	add_eth(&p, 1, 2, 0, 0x86dd);
	add_ip6(&p, 44, 1, 2);
	add_extension(&p, CPX_FLOW_IP6_FRAGMENT, 17, 0);
	add_udp(&p, false, 1, 2);
	expect_headers(&p, CPX_FLOW_ETH | CPX_FLOW_IP6 | CPX_FLOW_IP6_FRAGMENT, "IPv6 piece");
}

Test(flow_match, extension_headers)
{
	static const struct {
		uint8_t proto;
		uint32_t bit;
	} kinds[] = {
		{ 0, CPX_FLOW_IP6_HOP },   { 43, CPX_FLOW_IP6_ROUTE },
		{ 60, CPX_FLOW_IP6_DEST }, { 135, CPX_FLOW_IP6_MOBILITY },
		{ 139, CPX_FLOW_IP6_HIP }, { 140, CPX_FLOW_IP6_SHIM6 },
		{ 50, CPX_FLOW_IP6_ESP },  { 51, CPX_FLOW_IP6_AUTH },
	};
	struct packet p;

	for (unsigned i = 0; i < RTE_DIM(kinds); i++) {
		const bool ends = kinds[i].proto == 50;

		add_eth(&p, 1, 2, 0, 0x86dd);
		add_ip6(&p, kinds[i].proto, 1, 2);
		if (kinds[i].proto == 51) /* 12 bytes, counted in words of 4, less 2 */
			add_bytes(&p, (uint8_t[12]){ 6, 1 }, 12);
		else
			add_extension(&p, kinds[i].bit, 6, i % 3);
		add_tcp(&p, true, 1, 2);
		expect_headers(
			&p, CPX_FLOW_ETH | CPX_FLOW_IP6 | kinds[i].bit | (ends ? 0 : CPX_FLOW_TCP),
			"one");
		if (!ends)
			cr_expect_eq(view_of(&p).at[CPX_FLOW_AT_L4], p.tcp);
	}
	/* eight are stepped over, a ninth is not */
	for (unsigned n = 8; n < 10; n++) {
		add_eth(&p, 1, 2, 0, 0x86dd);
		add_ip6(&p, 60, 1, 2);
		for (unsigned i = 0; i < n; i++)
			add_extension(&p, CPX_FLOW_IP6_DEST, i + 1 < n ? 60 : 6, 0);
		add_tcp(&p, true, 1, 2);
		expect_headers(&p,
			       CPX_FLOW_ETH | CPX_FLOW_IP6 | CPX_FLOW_IP6_DEST |
				       (n == 8 ? CPX_FLOW_TCP : 0),
			       "many");
	}
	/* one that leads out of the frame */
	add_eth(&p, 1, 2, 0, 0x86dd);
	add_ip6(&p, 60, 1, 2);
	add_extension(&p, CPX_FLOW_IP6_DEST, 6, 0);
	p.b[p.len - 7] = 255;
	add_tcp(&p, true, 1, 2);
	expect_headers(&p, CPX_FLOW_ETH | CPX_FLOW_IP6 | CPX_FLOW_IP6_DEST, "out of the frame");
}

Test(flow_match, what_is_not_ip)
{
	struct packet p;

	for (unsigned words = 0; words < 5; words++) {
		add_eth(&p, 1, 2, 0, 0x0800);
		add_ip4(&p, 0, 0, 17, 1, 2);
		add_udp(&p, true, 1, 2);
		p.b[14] = (uint8_t)(0x40 | words);
		expect_headers(&p, CPX_FLOW_ETH, "short header");
	}
	p.b[14] = 0x65;
	expect_headers(&p, CPX_FLOW_ETH, "version 6 behind 0x0800");
	p.b[14] = 0x4f;
	expect_headers(&p, CPX_FLOW_ETH, "options that are not there");
	add_eth(&p, 1, 2, 0, 0x86dd);
	add_ip6(&p, 6, 1, 2);
	p.b[14] = 0x45;
	expect_headers(&p, CPX_FLOW_ETH, "version 4 behind 0x86dd");
}

/* ---- the second matcher ---- */

struct rule_items {
	struct rte_flow_item item[8];
	union {
		struct rte_flow_item_eth eth;
		struct rte_flow_item_vlan vlan;
		struct rte_flow_item_ipv4 ip4;
		struct rte_flow_item_ipv6 ip6;
		struct rte_flow_item_udp udp;
		struct rte_flow_item_tcp tcp;
	} spec[8], mask[8];
	unsigned n;
	struct cpx_flow_pattern pattern;
	struct cpx_flow_rule *rule; /* NULL: not in the table */
	uint64_t order;
};

static const void *default_mask(enum rte_flow_item_type type)
{
	switch (type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		return &rte_flow_item_eth_mask;
	case RTE_FLOW_ITEM_TYPE_VLAN:
		return &rte_flow_item_vlan_mask;
	case RTE_FLOW_ITEM_TYPE_IPV4:
		return &rte_flow_item_ipv4_mask;
	case RTE_FLOW_ITEM_TYPE_IPV6:
		return &rte_flow_item_ipv6_mask;
	case RTE_FLOW_ITEM_TYPE_UDP:
		return &rte_flow_item_udp_mask;
	default:
		return &rte_flow_item_tcp_mask;
	}
}

static bool meets(const struct rule_items *r, const struct packet *p)
{
	unsigned tag = 0;

	for (unsigned i = 0; i < r->n; i++) {
		const struct rte_flow_item *item = &r->item[i];
		const uint8_t *spec = item->spec;
		const uint8_t *mask = item->mask != NULL ? item->mask : default_mask(item->type);
		int at = -1;
		unsigned bytes = 0;

		switch (item->type) {
		case RTE_FLOW_ITEM_TYPE_ETH:
			at = 0, bytes = 14;
			if (spec != NULL && item->mask != NULL && r->mask[i].eth.has_vlan &&
			    r->spec[i].eth.has_vlan != (p->tags > 0))
				return false;
			break;
		case RTE_FLOW_ITEM_TYPE_VLAN:
			at = p->vlan[tag++], bytes = 4;
			if (spec != NULL && item->mask != NULL && r->mask[i].vlan.has_more_vlan &&
			    r->spec[i].vlan.has_more_vlan != (p->tags > tag))
				return false;
			break;
		case RTE_FLOW_ITEM_TYPE_IPV4:
			at = p->ip4, bytes = 20;
			break;
		case RTE_FLOW_ITEM_TYPE_IPV6:
			at = p->ip6, bytes = 40;
			if (spec != NULL && item->mask != NULL && r->mask[i].ip6.has_frag_ext &&
			    r->spec[i].ip6.has_frag_ext !=
				    ((p->extensions & CPX_FLOW_IP6_FRAGMENT) != 0))
				return false;
			break;
		case RTE_FLOW_ITEM_TYPE_UDP:
			at = p->udp, bytes = 8;
			break;
		case RTE_FLOW_ITEM_TYPE_TCP:
			at = p->tcp, bytes = 20;
			break;
		default:
			continue;
		}
		if (at < 0)
			return false;
		for (unsigned k = 0; spec != NULL && k < bytes; k++)
			if ((p->b[(unsigned)at + k] & mask[k]) != (spec[k] & mask[k]))
				return false;
	}
	return true;
}

static uint64_t seed = 42;

static unsigned dice(unsigned n)
{
	return (unsigned)(guard_random(&seed) % n);
}

/* Few values, so that rules are met; every kind of header before, behind and in between. */
static void random_packet(struct packet *p)
{
	const unsigned tags = dice(4), l3 = dice(5), l4 = dice(3);
	const unsigned proto = l4 == 0 ? 17 : l4 == 1 ? 6 : 132;
	bool seen = true;

	add_eth(p, (uint8_t)dice(3), (uint8_t)dice(3), tags,
		l3 < 2   ? 0x0800
		: l3 < 4 ? 0x86dd
			 : 0x0806);
	if (l3 < 2) {
		const bool piece = dice(6) == 0;

		add_ip4(p, dice(2) * 3, piece ? 0x2000 : 0, proto, (uint8_t)dice(3),
			(uint8_t)dice(3));
		seen = !piece;
	} else if (l3 < 4) {
		const unsigned more = dice(3);

		add_ip6(p,
			more == 0   ? proto
			: more == 1 ? 60
				    : 44,
			(uint8_t)dice(3), (uint8_t)dice(3));
		if (more == 1)
			add_extension(p, CPX_FLOW_IP6_DEST, proto, dice(3));
		if (more == 2)
			add_extension(p, CPX_FLOW_IP6_FRAGMENT, proto, 0);
		seen = more != 2;
	} else {
		seen = false;
	}
	if (proto == 17)
		add_udp(p, seen, dice(3), dice(3));
	else
		add_tcp(p, seen && proto == 6, dice(3), dice(3));
}

static void add_item(struct rule_items *r, enum rte_flow_item_type type)
{
	r->item[r->n].type = type;
	if (dice(4) != 0)
		r->item[r->n].spec = &r->spec[r->n];
	if (r->item[r->n].spec != NULL && dice(3) != 0)
		r->item[r->n].mask = &r->mask[r->n];
	r->n++;
}

static void random_rule(struct rule_items *r)
{
	static const uint32_t prefixes[] = { 0, 0xff000000, 0xffffff00, 0xffffffff };
	const unsigned from = dice(4), to = from + dice(4), tags = dice(3), six = dice(2);
	unsigned k;

	*r = (struct rule_items){ .n = 0 };
	if (from == 0) {
		k = r->n;
		r->spec[k].eth.hdr.dst_addr =
			(struct rte_ether_addr){ { 2, 0, 0, 0, 0, (uint8_t)dice(3) } };
		r->spec[k].eth.hdr.src_addr =
			(struct rte_ether_addr){ { 2, 0, 0, 0, 1, (uint8_t)dice(3) } };
		r->spec[k].eth.hdr.ether_type = RTE_BE16(0x0800);
		memset(&r->mask[k].eth.hdr.dst_addr, dice(2) ? 0xff : 0, 6);
		memset(&r->mask[k].eth.hdr.src_addr, dice(2) ? 0xff : 0, 6);
		r->mask[k].eth.hdr.ether_type = dice(4) ? 0 : 0xffff;
		r->spec[k].eth.has_vlan = dice(2) & 1;
		r->mask[k].eth.has_vlan = dice(4) == 0;
		add_item(r, RTE_FLOW_ITEM_TYPE_ETH);
	}
	for (unsigned i = 0; from <= 1 && to >= 1 && i < tags; i++) {
		k = r->n;
		r->spec[k].vlan.hdr.vlan_tci =
			rte_cpu_to_be_16((uint16_t)(0x2000 | (100 + dice(2))));
		r->mask[k].vlan.hdr.vlan_tci = dice(2) ? RTE_BE16(0x0fff) : RTE_BE16(0xe000);
		r->spec[k].vlan.hdr.eth_proto = RTE_BE16(0x86dd);
		r->mask[k].vlan.hdr.eth_proto = dice(4) ? 0 : 0xffff;
		r->spec[k].vlan.has_more_vlan = dice(2) & 1;
		r->mask[k].vlan.has_more_vlan = dice(4) == 0;
		add_item(r, RTE_FLOW_ITEM_TYPE_VLAN);
	}
	k = r->n;
	if (from <= 2 && to >= 2 && !six) {
		r->spec[k].ip4.hdr.src_addr = rte_cpu_to_be_32(0x0a000000 | dice(3));
		r->spec[k].ip4.hdr.dst_addr = rte_cpu_to_be_32(0x0a010000 | dice(3));
		r->mask[k].ip4.hdr.src_addr = rte_cpu_to_be_32(prefixes[dice(4)]);
		r->mask[k].ip4.hdr.dst_addr = rte_cpu_to_be_32(prefixes[dice(4)]);
		r->spec[k].ip4.hdr.next_proto_id = 17;
		r->mask[k].ip4.hdr.next_proto_id = dice(3) ? 0 : 0xff;
		add_item(r, RTE_FLOW_ITEM_TYPE_IPV4);
	} else if (from <= 2 && to >= 2) {
		r->spec[k].ip6.hdr.src_addr[0] = r->spec[k].ip6.hdr.dst_addr[0] = 0x20;
		r->spec[k].ip6.hdr.src_addr[1] = 1;
		r->spec[k].ip6.hdr.src_addr[2] = 0xd;
		r->spec[k].ip6.hdr.src_addr[3] = 0xb8;
		r->spec[k].ip6.hdr.src_addr[15] = (uint8_t)dice(3);
		r->spec[k].ip6.hdr.dst_addr[15] = (uint8_t)dice(3);
		memset(r->mask[k].ip6.hdr.src_addr, 0xff, dice(2) ? 16 : 4);
		memset(r->mask[k].ip6.hdr.dst_addr, 0xff, dice(2) ? 16 : 0);
		r->spec[k].ip6.has_frag_ext = dice(2) & 1;
		r->mask[k].ip6.has_frag_ext = dice(4) == 0;
		add_item(r, RTE_FLOW_ITEM_TYPE_IPV6);
	}
	k = r->n;
	if (to >= 3 && dice(2)) {
		r->spec[k].udp.hdr.src_port = rte_cpu_to_be_16((uint16_t)dice(3));
		r->spec[k].udp.hdr.dst_port = rte_cpu_to_be_16((uint16_t)dice(3));
		r->mask[k].udp.hdr.src_port = dice(2) ? 0xffff : 0;
		r->mask[k].udp.hdr.dst_port = dice(2) ? 0xffff : 0;
		add_item(r, RTE_FLOW_ITEM_TYPE_UDP);
	} else if (to >= 3) {
		r->spec[k].tcp.hdr.src_port = rte_cpu_to_be_16((uint16_t)dice(3));
		r->mask[k].tcp.hdr.src_port = 0xffff;
		r->spec[k].tcp.hdr.tcp_flags = 0x10;
		r->mask[k].tcp.hdr.tcp_flags = dice(2) ? 0x12 : 0;
		add_item(r, RTE_FLOW_ITEM_TYPE_TCP);
	}
	r->item[r->n].type = RTE_FLOW_ITEM_TYPE_END;
}

#define RULES 150

static struct rule_items rules[RULES];
static unsigned compared, met;

/* Every rule a frame meets, in order, by both matchers. */
static void compare(const struct cpx_flow_table *t, const struct packet *p)
{
	struct cpx_flow_view v = view_of(p);
	uint64_t after = 0;

	for (;;) {
		const struct cpx_flow_rule *got = t != NULL ? cpx_flow_match(t, &v, after) : NULL;
		const struct rule_items *best = NULL;

		for (unsigned i = 0; i < RULES; i++)
			if (rules[i].rule != NULL && rules[i].order > after &&
			    (best == NULL || rules[i].order < best->order) && meets(&rules[i], p))
				best = &rules[i];
		cr_assert_eq(got, best != NULL ? best->rule : NULL,
			     "rule of order %" PRIu64 ", not %" PRIu64,
			     got != NULL ? got->order : 0, best != NULL ? best->order : 0);
		compared++;
		if (got == NULL)
			return;
		met++;
		after = got->order;
	}
}

static struct cpx_flow_table *change(struct cpx_flow_table *t, struct rule_items *r, uint64_t order)
{
	struct cpx_flow_change c;

	if (r->rule != NULL) {
		cr_assert_eq(cpx_flow_table_remove(&memory, t, &r->pattern.shape, r->rule, &c), 0);
		r->rule = NULL;
	} else {
		struct rte_flow_error e = { .message = "" };

		do {
			random_rule(r);
			memset(&r->pattern, 0, sizeof(r->pattern));
		} while (cpx_flow_read_pattern(r->item, &r->pattern, &e) != 0);
		r->order = (uint64_t)dice(4) << 32 | order;
		r->rule = cpx_flow_rule_create(&memory, &r->pattern, 0, false);
		r->rule->order = r->order;
		cr_assert_eq(cpx_flow_table_add(&memory, t, &r->pattern.shape, r->rule, &c), 0);
	}
	cpx_flow_blocks_free(&memory, c.garbage);
	return c.table;
}

Test(flow_match, same_rule_as_the_second_matcher)
{
	struct cpx_flow_table *t = NULL;
	struct packet p;

	for (unsigned i = 1; i <= 6000; i++) {
		t = change(t, &rules[dice(RULES)], i);
		for (unsigned k = 0; k < 20; k++) {
			random_packet(&p);
			compare(t, &p);
		}
	}
	cr_expect_gt(met, compared / 2, "too few frames met a rule: %u of %u", met, compared);
	for (unsigned i = 0; i < RULES; i++)
		if (rules[i].rule != NULL)
			t = change(t, &rules[i], 0);
	cr_expect_null(t);
	cr_expect_eq(blocks_live, 0);
}

/* Rules for every kind of header against every cut of a frame, and random bytes. */
Test(flow_match, no_byte_past_the_end)
{
	struct cpx_flow_table *t = NULL;
	struct cpx_flow_view v;
	struct packet p;

	for (unsigned i = 0; i < RULES; i++)
		t = change(t, &rules[i], i + 1);
	for (unsigned i = 0; i < 3000; i++) {
		random_packet(&p);
		for (size_t n = 0; n <= p.len; n++) {
			cpx_flow_look(&v, guard_copy(p.b, n), n);
			for (const struct cpx_flow_rule *r = NULL;
			     (r = cpx_flow_match(t, &v, r != NULL ? r->order : 0)) != NULL;)
				;
		}
	}
	for (unsigned i = 0; i < 200000; i++) {
		size_t n;

		random_packet(&p);
		n = dice((unsigned)p.len + 1);
		for (unsigned k = 0; k < 4; k++)
			p.b[12 + dice(60)] = (uint8_t)guard_random(&seed);
		cpx_flow_look(&v, guard_copy(p.b, n), n);
		cpx_flow_match(t, &v, 0);
	}
}

Test(flow_match, a_frame_of_64k_and_more)
{
	static uint8_t big[70000];
	struct packet p;
	struct cpx_flow_view v;

	add_eth(&p, 1, 2, 0, 0x86dd);
	add_ip6(&p, 60, 1, 2);
	memcpy(big, p.b, p.len);
	for (unsigned i = 0; i < 8; i++) /* each 2048 bytes */
		memcpy(big + p.len + i * 2048, (uint8_t[2]){ i < 7 ? 60 : 6, 255 }, 2);
	cpx_flow_look(&v, big, sizeof(big));
	cr_expect_eq(v.headers, CPX_FLOW_ETH | CPX_FLOW_IP6 | CPX_FLOW_IP6_DEST | CPX_FLOW_TCP);
	cr_expect_eq(v.at[CPX_FLOW_AT_L4], 54 + 8 * 2048);
}
