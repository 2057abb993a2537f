/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_parse.c and cpx_flow_pattern.c: what is taken and what becomes of it; what is
 * refused, with which code, type and cause, and that the message names the object.
 */
#include "pmd/cpx_flow_parse.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <string.h>

#define ITEM(t, ...)                                          \
	{                                                     \
		.type = RTE_FLOW_ITEM_TYPE_##t, ##__VA_ARGS__ \
	}
#define ACTION(t, ...)                                          \
	{                                                       \
		.type = RTE_FLOW_ACTION_TYPE_##t, ##__VA_ARGS__ \
	}

static const uint8_t key[52] = { 1, 2, 3 };
static const struct cpx_flow_limits limits = { .n_queues = 4,
					       .rss_types = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP };
static const struct rte_flow_attr ingress = { .ingress = 1 };
static const struct rte_flow_action drop[] = { ACTION(DROP), ACTION(END) };
static const struct rte_flow_item any[] = { ITEM(END) };

static struct cpx_flow_request request;
static struct rte_flow_error error;

static int pattern(const struct rte_flow_item *items)
{
	error = (struct rte_flow_error){ .message = "" };
	return cpx_flow_parse(&limits, &ingress, items, drop, &request, &error);
}

static int actions(const struct rte_flow_action *list)
{
	error = (struct rte_flow_error){ .message = "" };
	return cpx_flow_parse(&limits, &ingress, any, list, &request, &error);
}

static void refused(int rc, int code, enum rte_flow_error_type type, const void *cause,
		    const char *words)
{
	cr_expect_eq(rc, -code, "%d: %s", rc, error.message);
	cr_expect_eq(rte_errno, code);
	cr_expect_eq(error.type, type, "type %d: %s", error.type, error.message);
	cr_expect_eq(error.cause, cause, "other cause: %s", error.message);
	cr_expect_not_null(strstr(error.message, words), "'%s' lacks '%s'", error.message, words);
}

Test(flow_parse, attributes)
{
	static const struct {
		struct rte_flow_attr attr;
		int code;
		enum rte_flow_error_type type;
		const char *words;
	} cases[] = {
		{ { .ingress = 1, .group = 1 },
		  ENOTSUP,
		  RTE_FLOW_ERROR_TYPE_ATTR_GROUP,
		  "group 1" },
		{ { .egress = 1 }, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_EGRESS, "egress" },
		{ { .ingress = 1, .egress = 1 },
		  ENOTSUP,
		  RTE_FLOW_ERROR_TYPE_ATTR_EGRESS,
		  "egress" },
		{ { .transfer = 1 }, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER, "transfer" },
		{ { 0 }, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR_INGRESS, "ingress" },
		{ { .ingress = 1, .reserved = 1 }, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR, "reserved" },
	};

	for (unsigned i = 0; i < RTE_DIM(cases); i++)
		refused(cpx_flow_parse(&limits, &cases[i].attr, any, drop, &request, &error),
			cases[i].code, cases[i].type, &cases[i].attr, cases[i].words);
	refused(cpx_flow_parse(&limits, NULL, any, drop, &request, &error), EINVAL,
		RTE_FLOW_ERROR_TYPE_ATTR, NULL, "attributes");
	refused(cpx_flow_parse(&limits, &ingress, NULL, drop, &request, &error), EINVAL,
		RTE_FLOW_ERROR_TYPE_ITEM_NUM, NULL, "pattern");
	refused(cpx_flow_parse(&limits, &ingress, any, NULL, &request, &error), EINVAL,
		RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL, "actions");
	cr_expect_eq(cpx_flow_parse(&limits,
				    &(struct rte_flow_attr){ .ingress = 1, .priority = 0xffffffff },
				    any, drop, &request, NULL),
		     0);
	cr_expect_eq(request.priority, 0xffffffff);
	/* no room for an error */
	cr_expect_eq(cpx_flow_parse(&limits, NULL, any, drop, &request, NULL), -EINVAL);
}

Test(flow_parse, stacks_that_are_taken)
{
	static const struct {
		struct rte_flow_item items[8];
		uint32_t want;
	} cases[] = {
		{ { ITEM(END) }, 0 },
		{ { ITEM(VOID), ITEM(VOID), ITEM(END) }, 0 },
		{ { ITEM(ETH), ITEM(END) }, CPX_FLOW_ETH },
		{ { ITEM(VOID), ITEM(ETH), ITEM(VOID), ITEM(IPV4), ITEM(UDP), ITEM(VOID),
		    ITEM(END) },
		  CPX_FLOW_ETH | CPX_FLOW_IP4 | CPX_FLOW_UDP },
		{ { ITEM(ETH), ITEM(VLAN), ITEM(VLAN), ITEM(IPV6), ITEM(TCP), ITEM(END) },
		  CPX_FLOW_ETH | CPX_FLOW_VLAN1 | CPX_FLOW_VLAN2 | CPX_FLOW_IP6 | CPX_FLOW_TCP },
		{ { ITEM(VLAN), ITEM(IPV4), ITEM(END) }, CPX_FLOW_VLAN1 | CPX_FLOW_IP4 },
		{ { ITEM(IPV6), ITEM(UDP), ITEM(END) }, CPX_FLOW_IP6 | CPX_FLOW_UDP },
		{ { ITEM(TCP), ITEM(END) }, CPX_FLOW_TCP },
	};

	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		cr_expect_eq(pattern(cases[i].items), 0, "case %u: %s", i, error.message);
		cr_expect_eq(request.pattern.shape.want, cases[i].want, "case %u", i);
		cr_expect_eq(request.pattern.shape.n_words, 0);
	}
}

Test(flow_parse, stacks_that_are_refused)
{
	static const struct {
		struct rte_flow_item items[6];
		unsigned at;
		int code;
		const char *words;
	} cases[] = {
		{ { ITEM(IPV4), ITEM(ETH), ITEM(END) }, 1, EINVAL, "item eth: out of place" },
		{ { ITEM(ETH), ITEM(ETH), ITEM(END) }, 1, EINVAL, "item eth: out of place" },
		{ { ITEM(IPV4), ITEM(IPV6), ITEM(END) }, 1, EINVAL, "item ipv6: out of place" },
		{ { ITEM(IPV4), ITEM(VLAN), ITEM(END) }, 1, EINVAL, "item vlan: out of place" },
		{ { ITEM(UDP), ITEM(TCP), ITEM(END) }, 1, EINVAL, "item tcp: out of place" },
		{ { ITEM(ETH), ITEM(UDP), ITEM(END) }, 1, EINVAL, "item udp: needs ipv4 or ipv6" },
		{ { ITEM(VLAN), ITEM(TCP), ITEM(END) }, 1, EINVAL, "item tcp: needs ipv4 or ipv6" },
		{ { ITEM(VLAN), ITEM(VLAN), ITEM(VLAN), ITEM(END) },
		  2,
		  ENOTSUP,
		  "item vlan: a pattern has at most two" },
		{ { ITEM(ETH), ITEM(IPV4), ITEM(UDP), ITEM(VXLAN), ITEM(END) },
		  3,
		  ENOTSUP,
		  "item VXLAN" },
		{ { ITEM(ICMP), ITEM(END) }, 0, ENOTSUP, "item ICMP" },
		{ { { .type = (enum rte_flow_item_type)12345 }, ITEM(END) }, 0, ENOTSUP, "12345" },
		{ { { .type = (enum rte_flow_item_type)INT32_MIN }, ITEM(END) },
		  0,
		  ENOTSUP,
		  "-2147483648" },
	};

	for (unsigned i = 0; i < RTE_DIM(cases); i++)
		refused(pattern(cases[i].items), cases[i].code, RTE_FLOW_ERROR_TYPE_ITEM,
			&cases[i].items[cases[i].at], cases[i].words);
}

Test(flow_parse, words_of_headers)
{
	struct rte_flow_item_eth eth = { .hdr.ether_type = RTE_BE16(0x1234) };
	struct rte_flow_item_eth eth_mask = { .hdr.ether_type = 0xffff };
	struct rte_flow_item_ipv4 ip4 = { .hdr.src_addr = RTE_BE32(0x0a000001),
					  .hdr.dst_addr = RTE_BE32(0x0b000001) };
	const struct rte_flow_item items[] = { ITEM(ETH, .spec = &eth, .mask = &eth_mask),
					       ITEM(IPV4, .spec = &ip4), ITEM(END) };
	const struct cpx_flow_shape *s = &request.pattern.shape;
	uint8_t bytes[8];

	cr_assert_eq(pattern(items), 0, "%s", error.message);
	cr_assert_eq(s->n_words, 3, "type; source; destination, the header's last 8 bytes");
	cr_expect_eq(s->word[0].base, CPX_FLOW_AT_ETH);
	cr_expect_eq(s->word[0].at, 6);
	cr_expect_arr_eq(&s->word[0].mask, ((uint8_t[8]){ 0, 0, 0, 0, 0, 0, 255, 255 }), 8);
	memcpy(bytes, &request.pattern.value[0], 8);
	cr_expect_arr_eq(bytes, ((uint8_t[8]){ 0, 0, 0, 0, 0, 0, 0x12, 0x34 }), 8);
	cr_expect_eq(s->word[1].base, CPX_FLOW_AT_L3);
	cr_expect_eq(s->word[1].at, 8);
	cr_expect_arr_eq(&s->word[1].mask, ((uint8_t[8]){ 0, 0, 0, 0, 255, 255, 255, 255 }), 8);
	cr_expect_eq(s->word[2].at, 12);
	cr_expect_arr_eq(&s->word[2].mask, ((uint8_t[8]){ 0, 0, 0, 0, 255, 255, 255, 255 }), 8,
			 "the source is in the word before");
	memcpy(bytes, &request.pattern.value[2], 8);
	cr_expect_arr_eq(bytes, ((uint8_t[8]){ 0, 0, 0, 0, 11, 0, 0, 1 }), 8);
}

Test(flow_parse, default_mask_in_place_of_none)
{
	struct rte_flow_item_vlan vlan = { .hdr.vlan_tci = RTE_BE16(0xe007),
					   .hdr.eth_proto = RTE_BE16(0x0800),
					   .has_more_vlan = 1 };
	const struct rte_flow_item items[] = { ITEM(VLAN, .spec = &vlan), ITEM(END) };
	uint8_t bytes[8];

	cr_assert_eq(pattern(items), 0);
	cr_assert_eq(request.pattern.shape.n_words, 1);
	cr_expect_eq(request.pattern.shape.word[0].base, CPX_FLOW_AT_VLAN1);
	cr_expect_arr_eq(&request.pattern.shape.word[0].mask,
			 ((uint8_t[8]){ 0, 0, 0, 0, 0x0f, 0xff, 0, 0 }), 8);
	memcpy(bytes, &request.pattern.value[0], 8);
	cr_expect_arr_eq(bytes, ((uint8_t[8]){ 0, 0, 0, 0, 0, 7, 0, 0 }), 8);
	cr_expect_eq(request.pattern.shape.care, CPX_FLOW_VLAN1, "has_more_vlan is not masked");
}

/* The longest pattern fits. */
Test(flow_parse, every_word_there_is)
{
	struct rte_flow_item_eth eth = { 0 };
	struct rte_flow_item_vlan vlan = { 0 };
	struct rte_flow_item_ipv6 ip6 = { 0 };
	struct rte_flow_item_tcp tcp = { 0 };
	struct rte_flow_item_eth eth_mask = { 0 };
	struct rte_flow_item_vlan vlan_mask = { 0 };
	struct rte_flow_item_ipv6 ip6_mask = { 0 };
	struct rte_flow_item_tcp tcp_mask = { 0 };
	const struct rte_flow_item items[] = {
		ITEM(ETH, .spec = &eth, .mask = &eth_mask),
		ITEM(VLAN, .spec = &vlan, .mask = &vlan_mask),
		ITEM(VLAN, .spec = &vlan, .mask = &vlan_mask),
		ITEM(IPV6, .spec = &ip6, .mask = &ip6_mask),
		ITEM(TCP, .spec = &tcp, .mask = &tcp_mask),
		ITEM(END),
	};

	memset(&eth_mask.hdr, 0xff, sizeof(eth_mask.hdr));
	memset(&vlan_mask.hdr, 0xff, sizeof(vlan_mask.hdr));
	memset(&ip6_mask.hdr, 0xff, sizeof(ip6_mask.hdr));
	memset(&tcp_mask.hdr, 0xff, sizeof(tcp_mask.hdr));
	cr_assert_eq(pattern(items), 0);
	cr_expect_eq(request.pattern.shape.n_words, CPX_FLOW_MAX_WORDS);
}

Test(flow_parse, header_bits)
{
	struct rte_flow_item_eth eth = { .has_vlan = 0 }, eth_mask = { .has_vlan = 1 };
	struct rte_flow_item_vlan vlan = { .has_more_vlan = 1 }, vlan_mask = { .has_more_vlan = 1 };
	struct rte_flow_item_ipv6 ip6 = { .has_frag_ext = 1 };
	struct rte_flow_item_ipv6 ip6_mask = { .has_frag_ext = 1, .has_hop_ext = 1 };
	const struct rte_flow_item untagged[] = { ITEM(ETH, .spec = &eth, .mask = &eth_mask),
						  ITEM(END) };
	const struct rte_flow_item never[] = { ITEM(ETH, .spec = &eth, .mask = &eth_mask),
					       ITEM(VLAN), ITEM(END) };
	const struct rte_flow_item two[] = { ITEM(VLAN, .spec = &vlan, .mask = &vlan_mask),
					     ITEM(END) };
	const struct rte_flow_item three[] = { ITEM(VLAN),
					       ITEM(VLAN, .spec = &vlan, .mask = &vlan_mask),
					       ITEM(END) };
	const struct rte_flow_item pieces[] = { ITEM(IPV6, .spec = &ip6, .mask = &ip6_mask),
						ITEM(END) };
	const struct rte_flow_item ports[] = { ITEM(IPV6, .spec = &ip6, .mask = &ip6_mask),
					       ITEM(UDP), ITEM(END) };

	cr_assert_eq(pattern(untagged), 0);
	cr_expect_eq(request.pattern.shape.care, CPX_FLOW_ETH | CPX_FLOW_VLAN1);
	cr_expect_eq(request.pattern.shape.want, CPX_FLOW_ETH);
	refused(pattern(never), EINVAL, RTE_FLOW_ERROR_TYPE_ITEM, &never[1],
		"item vlan: no frame can have");
	cr_assert_eq(pattern(two), 0);
	cr_expect_eq(request.pattern.shape.want, CPX_FLOW_VLAN1 | CPX_FLOW_VLAN2);
	cr_assert_eq(pattern(three), 0);
	cr_expect_eq(request.pattern.shape.want, CPX_FLOW_VLAN1 | CPX_FLOW_VLAN2 | CPX_FLOW_VLAN3);
	cr_assert_eq(pattern(pieces), 0);
	cr_expect_eq(request.pattern.shape.care,
		     CPX_FLOW_IP6 | CPX_FLOW_IP6_FRAGMENT | CPX_FLOW_IP6_HOP);
	cr_expect_eq(request.pattern.shape.want, CPX_FLOW_IP6 | CPX_FLOW_IP6_FRAGMENT);
	refused(pattern(ports), EINVAL, RTE_FLOW_ERROR_TYPE_ITEM, &ports[1],
		"item udp: no frame can have");
	eth_mask.reserved = 1;
	refused(pattern(untagged), ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_MASK, &untagged[0],
		"item eth: reserved");
	ip6_mask.reserved = 4;
	refused(pattern(pieces), ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_MASK, &pieces[0],
		"item ipv6: reserved");
}

Test(flow_parse, spec_last_mask)
{
	struct rte_flow_item_udp spec = { .hdr.dst_port = RTE_BE16(0x0102),
					  .hdr.src_port = RTE_BE16(7) };
	struct rte_flow_item_udp last = { 0 }, mask = { .hdr.dst_port = 0xffff };
	struct rte_flow_item items[] = { ITEM(UDP, .mask = &mask), ITEM(END) };

	refused(pattern(items), EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_MASK, &items[0],
		"item udp: mask without spec");
	items[0] = (struct rte_flow_item)ITEM(UDP, .last = &last);
	refused(pattern(items), EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_LAST, &items[0],
		"item udp: last without spec");
	items[0] = (struct rte_flow_item)ITEM(UDP, .spec = &spec, .last = &last, .mask = &mask);
	cr_expect_eq(pattern(items), 0, "zero is no range");
	last = spec;
	cr_expect_eq(pattern(items), 0, "equal is no range");
	last.hdr.src_port = RTE_BE16(9);
	cr_expect_eq(pattern(items), 0, "a range outside of the mask is none");
	last.hdr.dst_port = RTE_BE16(0x0103);
	refused(pattern(items), ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_LAST, &items[0],
		"item udp: ranges");
	last.hdr.dst_port = RTE_BE16(0x0002); /* one byte zero, one equal: still another number */
	refused(pattern(items), ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_LAST, &items[0],
		"item udp: ranges");
	items[0].mask = NULL; /* the default mask has the source port in it */
	last = spec;
	last.hdr.src_port = RTE_BE16(8);
	refused(pattern(items), ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_LAST, &items[0],
		"item udp: ranges");
}

Test(flow_parse, actions_that_are_taken)
{
	const struct rte_flow_action_queue queue = { .index = 3 };
	const struct rte_flow_action_mark mark = { .id = 0xfffffffe };
	const struct rte_flow_action_count count = { .id = 9 };
	const struct rte_flow_action all[] = { ACTION(VOID),
					       ACTION(MARK, .conf = &mark),
					       ACTION(COUNT, .conf = &count),
					       ACTION(QUEUE, .conf = &queue),
					       ACTION(VOID),
					       ACTION(END) };
	const struct rte_flow_action pass[] = { ACTION(COUNT), ACTION(PASSTHRU), ACTION(END) };

	cr_assert_eq(actions(all), 0);
	cr_expect_eq(request.fate, CPX_FLOW_QUEUE);
	cr_expect_eq(request.queue, 3);
	cr_expect(request.marks && request.counts);
	cr_expect_eq(request.mark, 0xfffffffe);
	cr_assert_eq(actions(pass), 0);
	cr_expect_eq(request.fate, CPX_FLOW_PASS);
	cr_expect(!request.marks && request.counts);
	cr_assert_eq(actions(drop), 0);
	cr_expect_eq(request.fate, CPX_FLOW_DROP);
	cr_expect(!request.marks && !request.counts);
}

Test(flow_parse, actions_that_are_refused)
{
	static const struct rte_flow_action_queue far = { .index = 4 }, near = { .index = 0 };
	static const struct rte_flow_action_mark mark = { .id = 1 };
	static const struct {
		struct rte_flow_action list[5];
		unsigned at;
		int code;
		enum rte_flow_error_type type;
		const char *words;
	} cases[] = {
		{ { ACTION(END) }, 0, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, "where frames go" },
		{ { ACTION(COUNT), ACTION(END) },
		  1,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION_NUM,
		  "where frames go" },
		{ { ACTION(DROP), ACTION(QUEUE, .conf = &near), ACTION(END) },
		  1,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action queue: the rule has drop already" },
		{ { ACTION(DROP), ACTION(DROP), ACTION(END) },
		  1,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action drop: the rule has drop already" },
		{ { ACTION(PASSTHRU), ACTION(DROP), ACTION(END) },
		  1,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action drop: the rule has passthru" },
		{ { ACTION(MARK, .conf = &mark), ACTION(MARK, .conf = &mark), ACTION(DROP),
		    ACTION(END) },
		  1,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action mark: twice" },
		{ { ACTION(COUNT), ACTION(DROP), ACTION(COUNT), ACTION(END) },
		  2,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action count: twice" },
		{ { ACTION(QUEUE), ACTION(END) },
		  0,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION_CONF,
		  "action queue: no configuration" },
		{ { ACTION(MARK), ACTION(END) },
		  0,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION_CONF,
		  "action mark: no configuration" },
		{ { ACTION(RSS), ACTION(END) },
		  0,
		  EINVAL,
		  RTE_FLOW_ERROR_TYPE_ACTION_CONF,
		  "action rss: no configuration" },
		{ { ACTION(JUMP), ACTION(END) },
		  0,
		  ENOTSUP,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "action JUMP" },
		{ { { .type = (enum rte_flow_action_type) - 7 }, ACTION(END) },
		  0,
		  ENOTSUP,
		  RTE_FLOW_ERROR_TYPE_ACTION,
		  "-7" },
	};
	const struct rte_flow_action queue[] = { ACTION(QUEUE, .conf = &far), ACTION(END) };

	for (unsigned i = 0; i < RTE_DIM(cases); i++)
		refused(actions(cases[i].list), cases[i].code, cases[i].type,
			&cases[i].list[cases[i].at], cases[i].words);
	refused(actions(queue), EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &far,
		"action queue: rx queue 4: the port has queues 0 to 3");
	refused(cpx_flow_parse(&(struct cpx_flow_limits){ .n_queues = 0 }, &ingress, any, queue,
			       &request, &error),
		EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &far, "none yet");
}

Test(flow_parse, rss_keys)
{
	const uint16_t queue = 0;
	struct rte_flow_action_rss rss = { .queue = &queue, .queue_num = 1 };
	const struct rte_flow_action list[] = { ACTION(RSS, .conf = &rss), ACTION(END) };
	struct cpx_flow_limits keyed = limits;

	rss.key = key;
	rss.key_len = 52;
	cr_assert_eq(actions(list), 0);
	cr_expect_eq(request.rss_key, key);
	rss.key_len = 0;
	cr_assert_eq(actions(list), 0);
	cr_expect_null(request.rss_key, "a key of no length is none");
	rss.func = RTE_ETH_HASH_FUNCTION_TOEPLITZ;
	cr_assert_eq(actions(list), 0);
	cr_assert_not_null(request.rss_key, "Toeplitz cannot do without");
	cr_expect_eq(request.rss_key[0], 0x6d);
	keyed.rss_keyed = true;
	cr_assert_eq(cpx_flow_parse(&keyed, &ingress, any, list, &request, &error), 0);
	cr_expect_null(request.rss_key, "the port hashes by Toeplitz itself");
}

Test(flow_parse, rss)
{
	const uint16_t queues[] = { 2, 0, 3 };
	const struct rte_flow_action_rss good = { .func = RTE_ETH_HASH_FUNCTION_TOEPLITZ,
						  .level = 1,
						  .types = RTE_ETH_RSS_IPV4,
						  .key = key,
						  .key_len = 40,
						  .queue = queues,
						  .queue_num = 3 };
	struct rte_flow_action_rss rss = good;
	const struct rte_flow_action list[] = { ACTION(RSS, .conf = &rss), ACTION(END) };
	static uint16_t many[CPX_FLOW_RETA + 1];

	cr_assert_eq(actions(list), 0, "%s", error.message);
	cr_expect_eq(request.fate, CPX_FLOW_RSS);
	cr_expect_eq(request.rss_types, RTE_ETH_RSS_IPV4);
	cr_expect_eq(request.rss_key, key);
	for (unsigned i = 0; i < CPX_FLOW_RETA; i++)
		cr_expect_eq(request.rss_queue[i], queues[i % 3]);
	rss = (struct rte_flow_action_rss){ .queue = queues, .queue_num = 1 };
	cr_assert_eq(actions(list), 0, "%s", error.message);
	cr_expect_eq(request.rss_types, limits.rss_types, "none named: the port's");
	cr_expect_null(request.rss_key, "the port's way");
	cr_expect_eq(request.rss_queue[CPX_FLOW_RETA - 1], 2);

	rss = good;
	rss.func = RTE_ETH_HASH_FUNCTION_SIMPLE_XOR;
	refused(actions(list), ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.func, "rss: func");
	rss = good;
	rss.level = 2;
	refused(actions(list), ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.level, "rss: level");
	rss = good;
	rss.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_ESP;
	refused(actions(list), ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.types, "rss: types");
	rss = good;
	rss.key_len = 39;
	refused(actions(list), ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.key_len,
		"rss: a key of 39 bytes");
	rss = good;
	rss.queue_num = 0;
	refused(actions(list), EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.queue_num,
		"rss: no queues");
	rss = good;
	rss.queue = many;
	rss.queue_num = CPX_FLOW_RETA + 1;
	refused(actions(list), ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss.queue_num,
		"129 queues");
	rss.queue_num = CPX_FLOW_RETA;
	cr_expect_eq(actions(list), 0);
	many[100] = 4;
	refused(actions(list), EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss,
		"action rss: rx queue 4");
}
