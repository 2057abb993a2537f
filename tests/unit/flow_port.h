/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_cpx ports with flow rules, for tests: rules from few words, and mbufs that hold frames of
 * flow_frame.h.
 */
#ifndef CPX_TESTS_UNIT_FLOW_PORT_H
#define CPX_TESTS_UNIT_FLOW_PORT_H

#include <rte_flow.h>

#include "tests/unit/cpx_port.h"
#include "tests/unit/flow_frame.h"

#define ITEM(t, ...)                                          \
	{                                                     \
		.type = RTE_FLOW_ITEM_TYPE_##t, ##__VA_ARGS__ \
	}
#define ACTION(t, ...)                                          \
	{                                                       \
		.type = RTE_FLOW_ACTION_TYPE_##t, ##__VA_ARGS__ \
	}
#define ACTIONS(...) ((const struct rte_flow_action[]){ __VA_ARGS__, ACTION(END) })
#define QUEUE(i)     ACTION(QUEUE, .conf = &(const struct rte_flow_action_queue){ .index = i })
#define MARK(i)      ACTION(MARK, .conf = &(const struct rte_flow_action_mark){ .id = i })

static struct rte_flow_error flow_error;

/* A rule about UDP destination port `dst`; 0: about all UDP. */
static inline struct rte_flow *udp_rule(uint16_t port, uint32_t priority, uint16_t dst,
					const struct rte_flow_action *actions)
{
	const struct rte_flow_item_udp spec = { .hdr.dst_port = rte_cpu_to_be_16(dst) };
	const struct rte_flow_item_udp mask = { .hdr.dst_port = dst != 0 ? 0xffff : 0 };
	const struct rte_flow_item items[] = { ITEM(ETH), ITEM(IPV4),
					       ITEM(UDP, .spec = &spec, .mask = &mask), ITEM(END) };

	flow_error = (struct rte_flow_error){ .message = "" };
	return rte_flow_create(port, &(struct rte_flow_attr){ .ingress = 1, .priority = priority },
			       items, actions, &flow_error);
}

static inline struct rte_flow *must_rule(uint16_t port, uint32_t priority, uint16_t dst,
					 const struct rte_flow_action *actions)
{
	struct rte_flow *flow = udp_rule(port, priority, dst, actions);

	cr_assert_not_null(flow, "%s", flow_error.message);
	return flow;
}

static inline struct rte_flow_query_count count_of(uint16_t port, struct rte_flow *flow, bool reset)
{
	struct rte_flow_query_count count = { .reset = reset };

	cr_assert_eq(rte_flow_query(port, flow, ACTIONS(ACTION(COUNT)), &count, &flow_error), 0,
		     "%s", flow_error.message);
	cr_assert(count.hits_set && count.bytes_set);
	return count;
}

static inline struct rte_mbuf *mbuf_of(const struct packet *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	cr_assert_not_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)p->len), p->b, p->len);
	return m;
}

/* Of 60 bytes and more, from 10.0.0.src. */
static inline struct rte_mbuf *udp_mbuf(uint8_t src, uint16_t src_port, uint16_t dst_port)
{
	struct packet p;

	add_eth(&p, 1, 2, 0, 0x0800);
	add_ip4(&p, 0, 0, 17, src, 2);
	add_udp(&p, true, src_port, dst_port);
	add_bytes(&p, (uint8_t[30]){ 0 }, 30);
	return mbuf_of(&p);
}

/* Frees all that a queue has for us; how many. */
static inline unsigned drain(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *m[32];
	unsigned total = 0;
	uint16_t n;

	/* a poll may hand all it found to other queues */
	for (unsigned empty = 0; empty < 3; empty++) {
		while ((n = rte_eth_rx_burst(port, queue, m, 32)) != 0) {
			rte_pktmbuf_free_bulk(m, n);
			total += n;
		}
	}
	return total;
}

#endif
