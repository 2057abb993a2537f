/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_mac.c: which frames a port takes by their address, over lanes that filter, a carrier that
 * filters and one that cannot; changes while it runs; what survives a stop.
 */
#include <errno.h>

#include "tests/unit/cpx_frames.h"

TestSuite(mac, .init = start_eal);

#define ARGS "mac=02:00:00:00:00:01"

/* Ports to send from and to receive at. Ours is 02:00:00:00:00:01. */
struct way {
	uint16_t from, to;
	const char *counter; /* of what is filtered, at `at` */
	uint16_t at;
};

static struct way ways(unsigned i)
{
	struct way w = { .counter = "lane0_rx_filtered_mac" };

	switch (i) {
	case 0:
		w.from = w.to = w.at = running_port("net_cpx0", ARGS, 1);
		break;
	case 1:
		w.from = running_port("net_cpx1", "carrier=fiber:x", 1);
		w.to = w.at = running_port("net_cpx2", ARGS ",carrier=fiber:x", 1);
		break;
	default: /* our port is only the carrier, and filters */
		w.at = new_port("net_cpx3", ARGS ",carrier=fiber:y");
		w.from = running_port("net_cpx4", "carrier=fiber:y", 1);
		w.to = running_port("net_cpx5", "carrier=dev:net_cpx3", 1);
		break;
	}
	return w;
}

#define EACH_WAY(w) for (unsigned kind = 0; kind < 3 && (w = ways(kind), 1); kind++)

/* Does a frame to the address arrive? One that does not is counted. */
static bool passes(const struct way *w, const char *to)
{
	const uint64_t before = xstat(w->at, w->counter);
	struct rte_mbuf *m = frame(60, 0), *got;

	memcpy(bytes_of(m), to, 6);
	cr_assert_eq(send_one(w->from, 0, m), 1);
	got = receive_one(w->to, 0);
	cr_expect_eq(xstat(w->at, w->counter) - before, got == NULL);
	rte_pktmbuf_free(got);
	return got != NULL;
}

static struct rte_ether_addr address(uint8_t first, uint8_t last)
{
	return (struct rte_ether_addr){ { first, 0, 0, 0, 0, last } };
}

Test(mac, promiscuous_until_it_is_turned_off)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_eth_stats stats;

		cr_expect_eq(rte_eth_promiscuous_get(w.to), 1);
		cr_expect(passes(&w, "\2\0\0\0\0\1"));
		cr_expect(passes(&w, "\2\0\0\0\0\2"));
		cr_expect(passes(&w, "\1\0\0\0\0\2"));
		cr_assert_eq(rte_eth_promiscuous_disable(w.to), 0);
		cr_expect(passes(&w, "\2\0\0\0\0\1"));
		cr_expect(!passes(&w, "\2\0\0\0\0\2"));
		cr_expect(!passes(&w, "\1\0\0\0\0\2"));
		cr_expect(passes(&w, "\xff\xff\xff\xff\xff\xff"));
		cr_assert_eq(rte_eth_allmulticast_enable(w.to), 0);
		cr_expect(!passes(&w, "\2\0\0\0\0\2"));
		cr_expect(passes(&w, "\1\0\0\0\0\2"));
		cr_assert_eq(rte_eth_allmulticast_disable(w.to), 0);
		cr_expect(!passes(&w, "\1\0\0\0\0\2"));
		cr_assert_eq(rte_eth_promiscuous_enable(w.to), 0);
		cr_expect(passes(&w, "\2\0\0\0\0\2"));
		rte_eth_stats_get(w.to, &stats);
		cr_expect_eq(stats.ipackets, 7, "of eleven, four were not for us");
		cr_expect_eq(stats.ibytes, 7 * 60);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(mac, more_addresses)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_ether_addr mac;

		cr_assert_eq(rte_eth_promiscuous_disable(w.to), 0);
		for (uint8_t i = 1; i < 16; i++) {
			mac = address(6, i);
			cr_assert_eq(rte_eth_dev_mac_addr_add(w.to, &mac, 0), 0, "%u", i);
		}
		mac = address(6, 16);
		cr_expect_eq(rte_eth_dev_mac_addr_add(w.to, &mac, 0), -ENOSPC);
		cr_expect(passes(&w, "\6\0\0\0\0\1"));
		cr_expect(passes(&w, "\6\0\0\0\0\x0f"));
		cr_expect(!passes(&w, "\6\0\0\0\0\x10"));
		mac = address(6, 7);
		cr_assert_eq(rte_eth_dev_mac_addr_remove(w.to, &mac), 0);
		cr_expect(!passes(&w, "\6\0\0\0\0\7"));
		cr_expect(passes(&w, "\2\0\0\0\0\1"));
		mac = address(2, 9);
		cr_assert_eq(rte_eth_dev_default_mac_addr_set(w.to, &mac), 0);
		cr_expect(passes(&w, "\2\0\0\0\0\x9"));
		cr_expect(!passes(&w, "\2\0\0\0\0\1"));
		/* all of it outlives a stop */
		cr_assert_eq(rte_eth_dev_stop(w.to), 0);
		cr_assert_eq(rte_eth_dev_start(w.to), 0);
		cr_expect(passes(&w, "\2\0\0\0\0\x9"));
		cr_expect(passes(&w, "\6\0\0\0\0\x0f"));
		cr_expect(!passes(&w, "\2\0\0\0\0\1"));
		cr_expect(!passes(&w, "\6\0\0\0\0\7"));
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(mac, groups)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_ether_addr macs[65];

		for (uint8_t i = 0; i < 65; i++)
			macs[i] = address(1, i);
		cr_assert_eq(rte_eth_promiscuous_disable(w.to), 0);
		cr_assert_eq(rte_eth_dev_set_mc_addr_list(w.to, macs, 64), 0);
		cr_expect(passes(&w, "\1\0\0\0\0\0"));
		cr_expect(passes(&w, "\1\0\0\0\0\x3f"));
		cr_expect(!passes(&w, "\1\0\0\0\0\x40"));
		cr_expect_eq(rte_eth_dev_set_mc_addr_list(w.to, macs, 65), -ENOSPC);
		cr_expect(passes(&w, "\1\0\0\0\0\0"), "as before");
		cr_assert_eq(rte_eth_dev_set_mc_addr_list(w.to, NULL, 0), 0);
		cr_expect(!passes(&w, "\1\0\0\0\0\0"));
	}
}

/* net_null knows nothing of addresses and makes frames to 00:00:00:00:00:00. */
Test(mac, the_lanes_filter_where_the_carrier_cannot)
{
	struct rte_ether_addr zero = { { 0 } }, other = address(2, 9);
	struct rte_mbuf *m[32];
	uint16_t port;

	cr_assert_eq(rte_vdev_init("net_null0", ""), 0);
	port = running_port("net_cpx0", ARGS ",carrier=dev:net_null0", 1);
	cr_expect_eq(rte_eth_promiscuous_get(port), 1, "the truth");
	cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), 32);
	rte_pktmbuf_free_bulk(m, 32);
	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	cr_expect_eq(rte_eth_rx_burst(port, 0, m, 32), 0);
	cr_expect_eq(xstat(port, "lane0_rx_filtered_mac"), 32);
	cr_expect_eq(rte_eth_dev_mac_addr_add(port, &zero, 0), -EINVAL);
	cr_expect_eq(rte_eth_dev_mac_addr_add(port, &other, 0), 0);
	cr_assert_eq(rte_eth_allmulticast_enable(port), 0);
	cr_expect_eq(rte_eth_rx_burst(port, 0, m, 32), 0);
	cr_assert_eq(rte_eth_promiscuous_enable(port), 0);
	cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), 32);
	rte_pktmbuf_free_bulk(m, 32);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
