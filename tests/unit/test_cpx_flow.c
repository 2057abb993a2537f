/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow.c: rules of a port through rte_flow. They come and go while lcores receive, outlive
 * a stop, keep a port from being configured with fewer queues than they name; every frame that was
 * sent is received or counted where it was dropped, over loop, fiber and carrier devices.
 */
#include <pthread.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include "pmd/cpx_flow_rx.h"
#include "pmd/cpx_rxtx.h"
#include "tests/unit/flow_port.h"

TestSuite(flow, .init = start_eal);

static uint64_t lane_stat(uint16_t port, unsigned lane, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "lane%u_rx_%s", lane, what);
	return xstat(port, name);
}

/* As the driver knows it; of a started port. */
static struct cpx_rxq *rxq(uint16_t port, uint16_t queue)
{
	return rte_eth_fp_ops[port].rxq.data[queue];
}

/* Changes that receive queues may still read. */
static unsigned held(uint16_t port)
{
	char text[1000] = "";
	const char *after;
	FILE *out = fmemopen(text, sizeof(text), "w");

	cr_assert_eq(rte_flow_dev_dump(port, NULL, out, &flow_error), 0);
	fclose(out);
	after = strstr(text, "; ");
	cr_assert_not_null(after);
	return (unsigned)strtoul(after + 2, NULL, 10);
}

static void close_port(uint16_t port)
{
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(flow, validate_makes_nothing)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	const struct rte_flow_item any[] = { ITEM(END) };
	const struct rte_flow_attr ingress = { .ingress = 1 };

	cr_expect_eq(rte_flow_validate(port, &ingress, any, ACTIONS(QUEUE(1)), &flow_error), 0);
	cr_expect_eq(rte_flow_validate(port, &ingress, any, ACTIONS(QUEUE(2)), &flow_error),
		     -EINVAL);
	cr_expect_not_null(strstr(flow_error.message, "queues 0 to 1"), "%s", flow_error.message);
	cr_expect_null(rxq(port, 0)->flow);
	close_port(port);
}

Test(flow, rules_decide_which_burst_function_runs)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	const void *plain = rte_eth_fp_ops[port].rx_pkt_burst;
	struct rte_flow *flow = must_rule(port, 0, 1, ACTIONS(ACTION(DROP)));

	cr_expect_neq(rte_eth_fp_ops[port].rx_pkt_burst, plain);
	cr_assert_eq(rte_flow_destroy(port, flow, &flow_error), 0);
	cr_expect_eq(rte_eth_fp_ops[port].rx_pkt_burst, plain);
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	cr_expect_neq(rte_eth_fp_ops[port].rx_pkt_burst, plain);
	cr_assert_eq(rte_flow_isolate(port, 0, &flow_error), 0);
	cr_expect_eq(rte_eth_fp_ops[port].rx_pkt_burst, plain);
	close_port(port);
}

Test(flow, before_the_port_is_set_up)
{
	const uint16_t port = new_port("net_cpx0", "lanes=2");
	struct rte_eth_dev_info info;
	struct rte_mbuf *m;

	cr_assert_eq(rte_eth_dev_info_get(port, &info), 0);
	cr_expect(info.dev_capa & RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP);
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	cr_expect_null(udp_rule(port, 0, 7, ACTIONS(QUEUE(0))));
	cr_expect_not_null(strstr(flow_error.message, "none yet"), "%s", flow_error.message);
	must_rule(port, 0, 8, ACTIONS(ACTION(PASSTHRU)));
	set_up(port, 2);
	must_rule(port, 0, 7, ACTIONS(QUEUE(0)));
	start(port);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 9)), 1);
	cr_expect_null(receive_one(port, 0));
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 7)), 1);
	m = receive_one(port, 0);
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	close_port(port);
}

/* Isolated, a port's address and VLAN filters have no say. */
Test(flow, isolation_is_before_filters)
{
	const struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER };
	const uint16_t port = new_port("net_cpx0", "lanes=2");
	struct rte_mbuf *m;

	set_up_with(port, 2, &conf);
	start(port);
	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	must_rule(port, 0, 7, ACTIONS(QUEUE(0)));
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 7)), 1);
	cr_expect_null(receive_one(port, 0), "not our address");
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 7)), 1);
	m = receive_one(port, 0);
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 8)), 1);
	cr_expect_null(receive_one(port, 0));
	cr_assert_eq(rte_flow_isolate(port, 0, &flow_error), 0);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 7)), 1);
	cr_expect_null(receive_one(port, 0), "filters hold again");
	cr_expect_eq(lane_stat(port, 0, "filtered_mac"), 2);
	cr_expect_eq(lane_stat(port, 0, "flow_dropped"), 1);
	close_port(port);
}

/* Rules see the tag, whoever receives the frame gets it without. */
Test(flow, rules_come_before_the_tag_is_taken_out)
{
	const struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP };
	const struct rte_flow_item_vlan vlan = { .hdr.vlan_tci = RTE_BE16(100) };
	const struct rte_flow_item items[] = { ITEM(ETH), ITEM(VLAN, .spec = &vlan), ITEM(IPV4),
					       ITEM(END) };
	const uint16_t port = new_port("net_cpx0", "lanes=2");
	struct rte_mbuf *m;
	struct packet p;

	set_up_with(port, 2, &conf);
	start(port);
	cr_assert_not_null(rte_flow_create(port, &(struct rte_flow_attr){ .ingress = 1 }, items,
					   ACTIONS(QUEUE(1), MARK(4)), &flow_error),
			   "%s", flow_error.message);
	add_eth(&p, 1, 2, 1, 0x0800);
	add_ip4(&p, 0, 0, 17, 1, 2);
	add_udp(&p, true, 1, 2);
	cr_assert_eq(send_one(port, 0, mbuf_of(&p)), 1);
	cr_expect_null(receive_one(port, 0));
	m = receive_one(port, 1);
	cr_assert_not_null(m);
	cr_expect_eq(m->vlan_tci & 0xfff, 100);
	cr_expect(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED);
	cr_expect_eq(m->hash.fdir.hi, 4);
	cr_expect_eq(m->pkt_len, p.len - 4);
	rte_pktmbuf_free(m);
	close_port(port);
}

Test(flow, fewer_queues_than_rules_name)
{
	const uint16_t port = running_port("net_cpx0", "lanes=4", 4);
	const uint16_t queues[] = { 0, 2 };
	const struct rte_flow_action_rss rss = { .queue = queues, .queue_num = 2 };
	struct rte_flow *far = must_rule(port, 0, 7, ACTIONS(QUEUE(3)));
	struct rte_flow *spread = must_rule(port, 0, 8, ACTIONS(ACTION(RSS, .conf = &rss)));
	const struct rte_eth_conf conf = { 0 };

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_expect_eq(rte_eth_dev_configure(port, 3, 3, &conf), -EBUSY);
	cr_assert_eq(rte_flow_destroy(port, far, &flow_error), 0);
	cr_expect_eq(rte_eth_dev_configure(port, 2, 2, &conf), -EBUSY);
	cr_assert_eq(rte_flow_destroy(port, spread, &flow_error), 0);
	set_up(port, 2);
	start(port);
	close_port(port);
}

Test(flow, what_cannot_be_asked)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_flow *flow = must_rule(port, 0, 7, ACTIONS(ACTION(DROP)));
	struct rte_flow_query_count count = { 0 };

	cr_expect_eq(rte_flow_query(port, flow, ACTIONS(ACTION(COUNT)), &count, &flow_error),
		     -EINVAL);
	cr_expect_not_null(strstr(flow_error.message, "without action count"));
	cr_expect_eq(rte_flow_query(port, flow, ACTIONS(QUEUE(0)), &count, &flow_error), -ENOTSUP);
	cr_expect_eq(flow_error.type, RTE_FLOW_ERROR_TYPE_ACTION);
	cr_expect_eq(rte_flow_destroy(port, NULL, &flow_error), -EINVAL);
	cr_expect_eq(flow_error.type, RTE_FLOW_ERROR_TYPE_HANDLE);
	close_port(port);
}

/* Twelve times the insertions of dpdk-test-flow-perf's default, over queues that nobody polls. */
Test(flow, many_rules_on_a_port_that_is_not_polled)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	static struct rte_flow *flows[12000];
	struct rte_mbuf *m;

	for (unsigned i = 0; i < RTE_DIM(flows); i++)
		flows[i] = must_rule(port, 0, (uint16_t)(i + 1), ACTIONS(QUEUE(1)));
	cr_expect_eq(held(port), 0);
	cr_expect_eq(rxq(port, 0)->flow->table->n_rules, RTE_DIM(flows));
	cr_expect_eq(rxq(port, 0)->flow->table->n_groups, 1);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 12000)), 1);
	cr_expect_eq(drain(port, 0), 0);
	cr_expect_eq(drain(port, 1), 1);
	for (unsigned i = 0; i < RTE_DIM(flows); i++)
		cr_assert_eq(rte_flow_destroy(port, flows[i], &flow_error), 0);
	cr_expect_null(rxq(port, 0)->flow->table);
	cr_assert_eq(send_one(port, 0, udp_mbuf(1, 1, 12000)), 1);
	m = receive_one(port, 0);
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	close_port(port);
}

/* An lcore that was stopped amid a burst: changes go on for a while, then are refused. */
Test(flow, an_lcore_that_does_not_come_back)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_flow *flows[CPX_FLOW_RETIRED + 2], *first;
	unsigned n = 0;

	first = must_rule(port, 0, 1, ACTIONS(ACTION(DROP)));
	cpx_flow_turn_begin(&rxq(port, 1)->flow->turn);
	while (n < RTE_DIM(flows) &&
	       (flows[n] = udp_rule(port, 0, (uint16_t)(n + 2), ACTIONS(ACTION(DROP)))) != NULL)
		n++;
	cr_expect_eq(n, CPX_FLOW_RETIRED);
	cr_expect_eq(rte_errno, EBUSY);
	cr_expect_eq(flow_error.type, RTE_FLOW_ERROR_TYPE_STATE);
	cr_expect_not_null(strstr(flow_error.message, "rx queue 1"), "%s", flow_error.message);
	cr_expect_eq(rte_flow_destroy(port, first, &flow_error), -EBUSY);
	cr_expect_eq(rte_flow_flush(port, &flow_error), -EBUSY);
	cr_expect_eq(rte_flow_isolate(port, 1, &flow_error), -EBUSY);
	cr_expect_eq(rxq(port, 0)->flow->table->n_rules, n + 1, "nothing was half done");
	cpx_flow_turn_end(&rxq(port, 1)->flow->turn);
	cr_expect_eq(rte_flow_destroy(port, first, &flow_error), 0);
	cr_expect_eq(held(port), 0);
	cpx_flow_turn_begin(&rxq(port, 1)->flow->turn);
	cr_expect_eq(rte_flow_destroy(port, flows[0], &flow_error), 0);
	cr_expect_eq(held(port), 1);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_expect_eq(held(port), 0, "stopped, so nobody reads");
	start(port);
	close_port(port);
}

Test(flow, a_dump_tells_the_shapes)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	char text[1000] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	must_rule(port, 0, 7, ACTIONS(ACTION(DROP)));
	must_rule(port, 0, 8, ACTIONS(ACTION(DROP)));
	must_rule(port, 0, 0, ACTIONS(ACTION(DROP)));
	cr_assert_eq(rte_flow_dev_dump(port, NULL, out, &flow_error), 0);
	fclose(out);
	cr_expect_not_null(strstr(text, "3 rules of 2 shapes"), "%s", text);
	close_port(port);
}

/* ---- rules come and go while frames run ---- */

#define QUEUES 2
#define FRAMES 200000
#define WINDOW 200 /* frames on their way at most: less than a ring holds */

struct run {
	uint16_t tx, rx;
	uint64_t sent, received[QUEUES], wrong;
	uint64_t done;
};

static struct run run;

static uint64_t accounted(void)
{
	uint64_t n = 0;

	for (uint16_t i = 0; i < QUEUES; i++)
		n += load_relaxed(&run.received[i]) +
		     load_relaxed(&rxq(run.rx, i)->count.flow_dropped) +
		     load_relaxed(&rxq(run.rx, i)->count.steer_full);
	return n;
}

static void *receives(void *arg)
{
	const uint16_t queue = (uint16_t)(uintptr_t)arg;
	struct rte_mbuf *m[32];

	while (!load_relaxed(&run.done)) {
		uint16_t n = rte_eth_rx_burst(run.rx, queue, m, 32);

		for (uint16_t i = 0; i < n; i++) {
			const uint8_t *p = rte_pktmbuf_mtod(m[i], const uint8_t *);

			/* a mark says what port the frame must have */
			if ((m[i]->ol_flags & RTE_MBUF_F_RX_FDIR_ID) && m[i]->hash.fdir.hi != p[37])
				run.wrong++;
		}
		rte_pktmbuf_free_bulk(m, n);
		counter_add(&run.received[queue], n);
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static void *sends(void *arg)
{
	for (uint16_t i = 0; run.sent < FRAMES;) {
		struct rte_mbuf *m;

		if (run.sent - accounted() >= WINDOW) {
			sched_yield();
			continue;
		}
		m = udp_mbuf(1, i, (uint16_t)(1 + i % 5));
		if (send_one(run.tx, i % QUEUES, m) == 1) {
			counter_add(&run.sent, 1);
			i++;
		} else {
			rte_pktmbuf_free(m);
			sched_yield();
		}
	}
	return NULL;
}

/* Rules of every kind, each about one UDP port. */
static struct rte_flow *some_rule(uint16_t port, unsigned kind, uint16_t dst)
{
	const uint16_t queues[] = { 0, 1 };
	const struct rte_flow_action_rss rss = { .queue = queues, .queue_num = 2 };

	switch (kind % 5) {
	case 0:
		return udp_rule(port, kind % 3, dst, ACTIONS(ACTION(COUNT), ACTION(DROP)));
	case 1:
		return udp_rule(port, kind % 3, dst, ACTIONS(MARK(dst), QUEUE(0), ACTION(COUNT)));
	case 2:
		return udp_rule(port, kind % 3, dst, ACTIONS(MARK(dst), QUEUE(1)));
	case 3:
		return udp_rule(port, kind % 3, dst, ACTIONS(ACTION(RSS, .conf = &rss)));
	default:
		return udp_rule(port, kind % 3, dst, ACTIONS(ACTION(COUNT), ACTION(PASSTHRU)));
	}
}

static void churn(uint16_t tx, uint16_t rx)
{
	struct rte_flow *flows[16] = { NULL };
	pthread_t threads[QUEUES + 1];
	unsigned changes = 0;
	uint64_t seed = 3;

	run = (struct run){ .tx = tx, .rx = rx };
	for (uintptr_t i = 0; i < QUEUES; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, receives, (void *)i), 0);
	cr_assert_eq(pthread_create(&threads[QUEUES], NULL, sends, NULL), 0);
	while (load_relaxed(&run.sent) < FRAMES) {
		const unsigned k = (unsigned)(guard_random(&seed) % RTE_DIM(flows));

		if (guard_random(&seed) % 97 == 0 && rte_flow_flush(rx, &flow_error) == 0)
			memset(flows, 0, sizeof(flows));
		if (guard_random(&seed) % 31 == 0)
			rte_flow_isolate(rx, (int)(guard_random(&seed) % 2), &flow_error);
		if (flows[k] == NULL)
			flows[k] = some_rule(rx, (unsigned)guard_random(&seed) % 1000,
					     (uint16_t)(1 + k % 5));
		else if (rte_flow_destroy(rx, flows[k], &flow_error) == 0)
			flows[k] = NULL;
		changes++;
		sched_yield();
	}
	pthread_join(threads[QUEUES], NULL);
	cr_assert_eq(rte_flow_isolate(rx, 0, &flow_error), 0);
	cr_assert_eq(rte_flow_flush(rx, &flow_error), 0);
	while (accounted() < run.sent)
		sched_yield();
	store_relaxed(&run.done, 1);
	for (unsigned i = 0; i < QUEUES; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(accounted(), run.sent, "%" PRIu64 " of %" PRIu64, accounted(), run.sent);
	cr_expect_eq(run.wrong, 0);
	cr_expect_gt(changes, 200);
	cr_expect_gt(lane_stat(rx, 0, "flow_dropped") + lane_stat(rx, 1, "flow_dropped"), 0);
	cr_expect_leq(held(rx), CPX_FLOW_RETIRED);
}

Test(flow, churn_on_a_loop, .timeout = 60)
{
	const uint16_t port = running_port("net_cpx0", "lanes=2", QUEUES);

	churn(port, port);
	close_port(port);
}

Test(flow, churn_on_a_fiber, .timeout = 60)
{
	const uint16_t a = running_port("net_cpx0", "lanes=2,carrier=fiber:a", QUEUES);
	const uint16_t b = running_port("net_cpx1", "lanes=2,carrier=fiber:a", QUEUES);

	churn(a, b);
	cr_assert_eq(rte_eth_dev_stop(a), 0);
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(flow, churn_over_a_carrier_device, .timeout = 60)
{
	struct rte_ring *ring[QUEUES];
	uint16_t port;

	for (unsigned i = 0; i < QUEUES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "ring%u", i);
		ring[i] = rte_ring_create(name, 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		cr_assert_not_null(ring[i]);
	}
	cr_assert_geq(rte_eth_from_rings("mine", ring, QUEUES, ring, QUEUES, 0), 0);
	port = running_port("net_cpx0", "lanes=2,carrier=dev:net_ring_mine", QUEUES);
	churn(port, port);
	close_port(port);
}

/* A device that makes frames: all of them meet the rule. */
Test(flow, over_net_null)
{
	const uint16_t port = new_port("net_cpx0", "carrier=dev:[net_null0]");
	struct rte_flow *flow;
	struct rte_mbuf *m[32];

	set_up(port, 1);
	start(port);
	flow = must_rule(port, 0, 0, ACTIONS(ACTION(DROP)));
	cr_expect_eq(rte_eth_rx_burst(port, 0, m, 32), 32, "not UDP");
	rte_pktmbuf_free_bulk(m, 32);
	cr_assert_eq(rte_flow_destroy(port, flow, &flow_error), 0);
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), 0);
	cr_expect_eq(lane_stat(port, 0, "flow_dropped"), 3200);
	close_port(port);
}
