/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_guard.c: devices are removed and made again under threads that poll, a hundred
 * times, without a word to the port; not a frame is lost track of.
 */
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

#define LIVES 100

TestSuite(dev_guard, .init = start_eal, .timeout = 100);

static struct poller {
	uint16_t port;
	bool sends;
	uint64_t received;
	uint32_t stop;
} poller;

/* Sends and receives on queue 0 for as long as it may. */
static void *poll_port(void *arg)
{
	struct poller *p = arg;
	struct rte_mbuf *m[32];

	cr_assert_eq(rte_thread_register(), 0);
	while (!load_acquire(&p->stop)) {
		uint16_t n = rte_eth_rx_burst(p->port, 0, m, 32);

		counter_add(&p->received, n);
		if (p->sends && n < 16 && rte_pktmbuf_alloc_bulk(pool, m + n, 16) == 0) {
			for (unsigned i = 0; i < 16; i++)
				rte_pktmbuf_append(m[n + i], 60);
			n += 16;
		}
		if (p->sends) {
			uint16_t sent = rte_eth_tx_burst(p->port, 0, m, n);

			rte_pktmbuf_free_bulk(m + sent, n - sent);
		} else {
			rte_pktmbuf_free_bulk(m, n);
		}
		sched_yield();
	}
	rte_thread_unregister();
	return NULL;
}

static void wait_for_frames(const struct poller *p)
{
	uint64_t from = load_relaxed(&p->received);

	for (unsigned i = 0; i < 10000 && load_relaxed(&p->received) == from; i++)
		usleep(1000);
	cr_assert_neq(load_relaxed(&p->received), from, "frames come again");
}

static uint64_t packets(uint16_t port)
{
	struct rte_eth_stats stats;

	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	return stats.ipackets;
}

static void many_lives(const char *carrier, const char *device_args, const char *args, bool sends)
{
	pthread_t thread;
	uint64_t last = 0;
	uint16_t port;

	if (device_args != NULL)
		cr_assert_eq(rte_vdev_init(carrier, device_args), 0);
	port = running_port("net_cpx0", args, 1);
	poller = (struct poller){ .port = port, .sends = sends };
	cr_assert_eq(pthread_create(&thread, NULL, poll_port, &poller), 0);
	for (unsigned life = 0; life < LIVES; life++) {
		wait_for_frames(&poller);
		cr_assert_eq(rte_vdev_uninit(carrier), 0);
		cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
		cr_assert_geq(packets(port), last, "counters stay");
		last = packets(port);
		cr_assert_eq(rte_vdev_init(carrier, device_args != NULL ? device_args : ""), 0);
	}
	wait_for_frames(&poller);
	store_release(&poller.stop, 1);
	pthread_join(thread, NULL);
	cr_assert_eq(packets(port), load_relaxed(&poller.received));
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	if (device_args != NULL)
		cr_assert_eq(rte_vdev_uninit(carrier), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* EAL whose threads are all in a network namespace of the test's own, with lo up. */
static void start_in_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int s;

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: %s", strerror(errno));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	cr_assert_eq(ioctl(s, SIOCGIFFLAGS, &ifr), 0);
	ifr.ifr_flags |= IFF_UP;
	cr_assert_eq(ioctl(s, SIOCSIFFLAGS, &ifr), 0);
	close(s);
	start_eal();
}

/* Its rings are unmapped and its sockets closed each time; lo gives back what is sent. */
Test(dev_guard_net, net_af_packet, .timeout = 100)
{
	start_in_namespace();
	many_lives("net_af_packet0", "iface=lo,blocksz=4096,framecnt=32",
		   "carrier=dev:net_af_packet0", true);
}

Test(dev_guard, net_null)
{
	many_lives("net_null0", "", "carrier=dev:net_null0", false);
}

Test(dev_guard, net_ring)
{
	many_lives("net_ring0", "", "carrier=dev:net_ring0", true);
}

Test(dev_guard, one_it_made)
{
	many_lives("net_ring0", NULL, "carrier=dev:[net_ring0]", true);
}

static uint16_t id_of(const char *name)
{
	uint16_t id;

	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &id), 0, "no %s", name);
	return id;
}

/* Its driver is its own again as soon as nothing is carried. */
Test(dev_guard, leaves_nothing_behind)
{
	struct rte_eth_dev_info before, during, after;

	cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
	cr_assert_eq(rte_eth_dev_info_get(id_of("net_ring0"), &before), 0);
	running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	cr_assert_eq(rte_eth_dev_info_get(id_of("net_ring0"), &during), 0);
	cr_expect_str_eq(during.driver_name, before.driver_name);
	cr_assert_eq(rte_eth_dev_stop(id_of("net_cpx0")), 0);
	cr_assert_eq(rte_eth_dev_close(id_of("net_cpx0")), 0);
	cr_assert_eq(rte_eth_dev_info_get(id_of("net_ring0"), &after), 0);
	cr_expect_eq(after.driver_name, before.driver_name);
	cr_assert_eq(rte_vdev_uninit("net_ring0"), 0);
}
