/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_cpx ports for unit tests: EAL without hugepages in the test's own process, ports made and
 * set up with one pool, frames, and how full the pool is. Criterion runs each test in a process of
 * its own, so each starts EAL for itself.
 */
#ifndef CPX_TESTS_UNIT_CPX_PORT_H
#define CPX_TESTS_UNIT_CPX_PORT_H

#include <criterion/criterion.h>
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define POOL_FRAMES 2047
#define PORT_RING   256

static struct rte_mempool *pool;

/* EAL and a pool without caches, so that its level is exact. */
static inline void start_eal(void)
{
	char *argv[] = { "test",        "--no-huge", "--no-pci", "--no-telemetry", "-m", "128",
			 "--no-shconf", "-l",        "0",        "--log-level=1" };

	cr_assert_geq(rte_eal_init(RTE_DIM(argv), argv), 0, "EAL does not start");
	pool = rte_pktmbuf_pool_create("frames", POOL_FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	cr_assert_not_null(pool);
}

static inline unsigned pool_level(void)
{
	return rte_mempool_avail_count(pool);
}

/* A test that says nothing of its engine has none: its lanes are up at once. */
static inline uint16_t new_port(const char *name, const char *args)
{
	const char *none = strstr(args, "mgmt=") ? "" : *args ? ",mgmt=none" : "mgmt=none";
	char all[512];
	uint16_t id;

	cr_assert_lt(snprintf(all, sizeof(all), "%s%s", args, none), (int)sizeof(all));
	cr_assert_eq(rte_vdev_init(name, all), 0, "%s,%s is refused", name, all);
	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &id), 0);
	return id;
}

static inline void set_up_with(uint16_t port, uint16_t queues, const struct rte_eth_conf *conf)
{
	cr_assert_eq(rte_eth_dev_configure(port, queues, queues, conf), 0);
	for (uint16_t i = 0; i < queues; i++) {
		cr_assert_eq(rte_eth_rx_queue_setup(port, i, PORT_RING, SOCKET_ID_ANY, NULL, pool),
			     0);
		cr_assert_eq(rte_eth_tx_queue_setup(port, i, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	}
}

static inline void set_up(uint16_t port, uint16_t queues)
{
	set_up_with(port, queues, &(struct rte_eth_conf){ 0 });
}

static inline void start(uint16_t port)
{
	cr_assert_eq(rte_eth_dev_start(port), 0);
}

/* Made, configured with `queues` queues and started. */
static inline uint16_t running_port(const char *name, const char *args, uint16_t queues)
{
	uint16_t id = new_port(name, args);

	set_up(id, queues);
	start(id);
	return id;
}

/* A frame of `len` bytes, each of value `fill`. */
static inline struct rte_mbuf *frame(uint16_t len, uint8_t fill)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	cr_assert_not_null(m);
	memset(rte_pktmbuf_append(m, len), fill, len);
	return m;
}

static inline uint16_t send_one(uint16_t port, uint16_t queue, struct rte_mbuf *m)
{
	return rte_eth_tx_burst(port, queue, &m, 1);
}

/* The next frame of a queue, or NULL. */
static inline struct rte_mbuf *receive_one(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *m = NULL;

	return rte_eth_rx_burst(port, queue, &m, 1) == 1 ? m : NULL;
}

static inline struct rte_eth_link link_of(uint16_t port)
{
	struct rte_eth_link link;

	cr_assert_eq(rte_eth_link_get_nowait(port, &link), 0);
	return link;
}

static inline uint64_t xstat(uint16_t port, const char *name)
{
	uint64_t id, value;

	cr_assert_eq(rte_eth_xstats_get_id_by_name(port, name, &id), 0, "no %s", name);
	cr_assert_eq(rte_eth_xstats_get_by_id(port, &id, &value, 1), 1);
	return value;
}

#endif
