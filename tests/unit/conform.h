/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every carrier must do alike, told by tests over a table of carriers (test_cpx_conform_*.c).
 * A row is one port that is its own far end, or two ports; Conform(suite, name) makes a test that
 * runs once a row, in a process of its own, with `row` set. Modelled on what DPDK asks of its other
 * virtual drivers.
 */
#ifndef CPX_TESTS_UNIT_CONFORM_H
#define CPX_TESTS_UNIT_CONFORM_H

#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/cpx_port.h"

#define LANES 4
#define SLOTS 1024

struct conform_row {
	const char *name;
	const char *args[2];  /* of the ports; %s is a folder */
	bool keeps_when_down; /* frames stay in the carrier while it is stopped */
};

static const struct conform_row conform_rows[] = {
	{ "loop", { "carrier=loop" } },
	{ "fiber", { "carrier=fiber:x", "carrier=fiber:x" } },
	{ "peer", { "carrier=fiber:%s/p,role=server", "carrier=fiber:%s/p,role=client" } },
	{ "dev over net_ring", { "carrier=dev:[net_ring0]" }, .keeps_when_down = true },
};
static const int conform_index[] = { 0, 1, 2, 3 };

static const struct conform_row *row;
static char conform_folder[] = "/tmp/cpx-conform-XXXXXX";
static uint16_t near, far; /* the same port where a row has one */

static inline void conform_begin(int i)
{
	row = &conform_rows[i];
	start_eal();
	cr_assert_not_null(mkdtemp(conform_folder));
}

static inline void conform_end(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/p", conform_folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/p.lock", conform_folder);
	unlink(path);
	rmdir(conform_folder);
}

#define Conform(suite, what)                                                                  \
	static void suite##_##what(void);                                                     \
	ParameterizedTestParameters(suite, what)                                              \
	{                                                                                     \
		return cr_make_param_array(const int, conform_index, RTE_DIM(conform_index)); \
	}                                                                                     \
	ParameterizedTest(const int *i, suite, what, .fini = conform_end, .timeout = 60)      \
	{                                                                                     \
		conform_begin(*i);                                                            \
		suite##_##what();                                                             \
	}                                                                                     \
	static void suite##_##what(void)

/* The ports of the row, made; `more` is more devargs, beginning with a comma. */
static inline void make_ports(const char *more)
{
	for (int i = 0; i < 2 && row->args[i] != NULL; i++) {
		char name[16], args[256];
		int at = snprintf(args, sizeof(args), "lanes=%d%s,", LANES, more);

		snprintf(args + at, sizeof(args) - (size_t)at, row->args[i], conform_folder);
		snprintf(name, sizeof(name), "net_cpx%d", i);
		far = new_port(name, args);
		if (i == 0)
			near = far;
	}
}

static inline int set_up_queues(uint16_t port, uint16_t queues, const struct rte_eth_conf *conf)
{
	int rc = rte_eth_dev_configure(port, queues, queues, conf);

	for (uint16_t i = 0; rc == 0 && i < queues; i++) {
		rc = rte_eth_rx_queue_setup(port, i, SLOTS, SOCKET_ID_ANY, NULL, pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(port, i, SLOTS, SOCKET_ID_ANY, NULL);
	}
	return rc;
}

static inline bool link_is(uint16_t port, int status)
{
	return link_of(port).link_status == status;
}

static inline void wait_link(uint16_t port, int status)
{
	for (unsigned looks = 0; !link_is(port, status); looks++) {
		cr_assert_lt(looks, 10000, "%s: link stays %s", row->name, status ? "down" : "up");
		usleep(1000);
	}
}

static inline void start_ports_with(uint16_t queues, const struct rte_eth_conf *conf)
{
	cr_assert_eq(set_up_queues(near, queues, conf), 0);
	if (far != near)
		cr_assert_eq(set_up_queues(far, queues, conf), 0);
	start(near);
	if (far != near)
		start(far);
	wait_link(near, RTE_ETH_LINK_UP);
	wait_link(far, RTE_ETH_LINK_UP);
}

static inline void start_ports(uint16_t queues)
{
	start_ports_with(queues, &(struct rte_eth_conf){ 0 });
}

/* A frame of 60 bytes with a number. */
static inline struct rte_mbuf *numbered_frame(struct rte_mempool *from, uint32_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(from);

	cr_assert_not_null(m);
	memset(rte_pktmbuf_append(m, 60), 0x55, 60);
	memcpy(rte_pktmbuf_mtod_offset(m, void *, 14), &n, sizeof(n));
	return m;
}

static inline uint32_t number_of(const struct rte_mbuf *m)
{
	uint32_t n;

	memcpy(&n, rte_pktmbuf_mtod_offset(m, void *, 14), sizeof(n));
	return n;
}

/* Up to n frames of a queue, asking again until they are there or there are none for a while. */
static inline uint16_t receive(uint16_t port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	uint16_t got = 0;

	for (unsigned looks = 0; got < n && looks < 1000; looks++)
		got += rte_eth_rx_burst(port, queue, m + got, n - got);
	return got;
}

/* Receive and free all that waits on the first queues of a port. */
static inline unsigned drain(uint16_t port, uint16_t queues)
{
	struct rte_mbuf *m[64];
	unsigned total = 0;

	for (uint16_t q = 0; q < queues; q++) {
		for (uint16_t n; (n = receive(port, q, m, 64)) != 0; total += n)
			rte_pktmbuf_free_bulk(m, n);
	}
	return total;
}

/* A frame goes from queue to queue. */
static inline void expect_works(uint16_t queue)
{
	struct rte_mbuf *m = numbered_frame(pool, 77), *got;

	cr_assert_eq(send_one(near, queue, m), 1, "%s: queue %u takes no frame", row->name, queue);
	cr_assert_eq(receive(far, queue, &got, 1), 1, "%s: queue %u", row->name, queue);
	cr_assert_eq(number_of(got), 77);
	cr_assert_eq(got->port, far, "%s: m->port", row->name);
	rte_pktmbuf_free(got);
}

/* Both ends know that so many lanes carry, and their flows are back on their own queues. */
static inline void wait_lanes(unsigned n)
{
	for (unsigned looks = 0;
	     xstat(near, "active_lanes") != n || xstat(far, "active_lanes") != n; looks++) {
		cr_assert_lt(looks, 10000, "%s: other than %u lanes", row->name, n);
		usleep(1000);
	}
	drain(near, (uint16_t)n);
	drain(far, (uint16_t)n);
}

static inline void stop_ports(void)
{
	cr_assert_eq(rte_eth_dev_stop(near), 0);
	if (far != near)
		cr_assert_eq(rte_eth_dev_stop(far), 0);
}

#endif
