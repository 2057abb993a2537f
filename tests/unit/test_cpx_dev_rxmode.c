/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_rxmode.c: filters, VLANs, key and table reach a carrier that has them (a net_cpx
 * port, a loop), so that the lanes above do nothing; and again when the carrier comes back.
 */
#include <errno.h>

#include "tests/unit/cpx_frames.h"

TestSuite(dev_rxmode, .init = start_eal);

static uint16_t carrier, port;
static uint8_t key[52] = { 0x6d, 0x5a, 0x56, 0xda };

#define OFFLOADS                                                          \
	(RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER | \
	 RTE_ETH_RX_OFFLOAD_RSS_HASH)

static void new_carrier(void)
{
	cr_assert_eq(rte_vdev_init("net_cpx0", "lanes=2,mgmt=none,mac=02:00:00:00:00:01"), 0);
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_cpx0", &carrier), 0);
}

static void set_up_both(uint64_t offloads, uint8_t key_len)
{
	const struct rte_eth_conf conf = {
		.rxmode = { .offloads = offloads, .mq_mode = RTE_ETH_MQ_RX_RSS },
		.rx_adv_conf.rss_conf = { .rss_key = key_len ? key : NULL,
					  .rss_key_len = key_len,
					  .rss_hf = RTE_ETH_RSS_UDP },
	};

	new_carrier();
	port = new_port("net_cpx1", "lanes=2,carrier=dev:net_cpx0");
	set_up_with(port, 2, &conf);
	start(port);
}

static struct rte_mbuf *through(struct rte_mbuf *m)
{
	cr_assert_eq(send_one(port, 0, m), 1);
	return receive_one(port, 0);
}

static bool passes(struct rte_mbuf *m)
{
	m = through(m);
	rte_pktmbuf_free(m);
	return m != NULL;
}

static bool lanes_look(void)
{
	struct rte_eth_burst_mode mode;

	cr_assert_eq(rte_eth_rx_burst_mode_get(port, 0, &mode), 0);
	return strstr(mode.info, "Full") != NULL;
}

static void ask_for_all(void)
{
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = 1, .reta = { 1 } } };
	struct rte_ether_addr mac = { { 6, 0, 0, 0, 0, 9 } }, group = { { 1, 0, 0, 0, 0, 9 } };

	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	cr_assert_eq(rte_eth_dev_mac_addr_add(port, &mac, 0), 0);
	cr_assert_eq(rte_eth_dev_set_mc_addr_list(port, &group, 1), 0);
	cr_assert_eq(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	cr_assert_eq(rte_eth_dev_rss_reta_update(port, reta, 128), 0);
}

static struct rte_mbuf *to(uint8_t first, uint8_t last, uint16_t vlan)
{
	struct rte_mbuf *m = datagram(last, vlan, 7);

	bytes_of(m)[0] = first;
	return m;
}

static void expect_all(const char *when)
{
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = 3 } };
	uint8_t theirs[40] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = theirs, .rss_key_len = sizeof(theirs) };
	struct rte_mbuf *m;

	cr_expect(passes(to(2, 1, 0)), "%s", when);
	cr_expect(!passes(to(2, 9, 0)), "%s", when);
	cr_expect(passes(to(6, 9, 0)), "%s", when);
	cr_expect(!passes(to(6, 8, 0)), "%s", when);
	cr_expect(passes(to(1, 9, 0)), "%s", when);
	cr_expect(!passes(to(1, 8, 0)), "%s", when);
	cr_expect(!passes(to(2, 1, 6)), "%s", when);
	m = through(to(2, 1, 5));
	cr_assert_not_null(m);
	cr_expect_eq(m->ol_flags,
		     RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_RSS_HASH,
		     "%s", when);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_rss_hash_conf_get(carrier, &conf), 0);
	cr_expect_eq(conf.rss_key_len, 40, "%s", when);
	cr_expect_arr_eq(theirs, key, 40, "%s", when);
	cr_expect_eq(conf.rss_hf, RTE_ETH_RSS_UDP, "%s", when);
	cr_assert_eq(rte_eth_dev_rss_reta_query(carrier, reta, 128), 0);
	cr_expect_eq(reta[0].reta[0], 1, "%s", when);
	cr_expect_eq(reta[0].reta[1], 1, "%s", when);
}

Test(dev_rxmode, the_carrier_does_it_and_again_when_it_is_back)
{
	set_up_both(OFFLOADS, 40);
	ask_for_all();
	expect_all("at first");
	cr_expect_eq(xstat(carrier, "lane0_rx_filtered_mac"), 3);
	cr_expect_eq(xstat(carrier, "lane0_rx_filtered_vlan"), 1);
	memset(key + 4, 1, 48); /* the application's, and not looked at any more */
	cr_assert_eq(rte_eth_dev_stop(carrier), 0);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	memset(key + 4, 0, 48);
	new_carrier();
	for (unsigned i = 0; i < 10000 && link_of(port).link_status == RTE_ETH_LINK_DOWN; i++)
		usleep(1000);
	expect_all("when it is back");
	cr_expect_eq(xstat(port, "lane0_rx_filtered_mac"), 0);
	cr_expect_eq(xstat(port, "lane0_rx_filtered_vlan"), 0);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* What it hears while it is away. */
Test(dev_rxmode, told_in_the_meantime)
{
	set_up_both(OFFLOADS, 40);
	cr_assert_eq(rte_eth_dev_stop(carrier), 0);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	ask_for_all();
	new_carrier();
	for (unsigned i = 0; i < 10000 && link_of(port).link_status == RTE_ETH_LINK_DOWN; i++)
		usleep(1000);
	expect_all("when it is back");
}

Test(dev_rxmode, vlan_offloads_at_run_time)
{
	struct rte_mbuf *m;

	set_up_both(0, 0);
	cr_expect(!lanes_look());
	cr_assert_eq(rte_eth_dev_vlan_filter(port, 5, 1), -ENOSYS, "ethdev: no filter is on");
	cr_assert_eq(rte_eth_dev_set_vlan_offload(port, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
	cr_expect_eq(rte_eth_dev_get_vlan_offload(carrier), RTE_ETH_VLAN_STRIP_OFFLOAD);
	cr_expect(!lanes_look(), "the carrier does it");
	m = through(to(2, 1, 5));
	cr_expect_eq(m->ol_flags, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_set_vlan_offload(port, 0), 0);
	cr_expect_eq(rte_eth_dev_get_vlan_offload(carrier), 0);
}

/* A key of another length than the carrier's: the lanes hash, by its first 40 bytes. */
Test(dev_rxmode, a_key_the_carrier_does_not_take)
{
	struct rte_eth_rss_conf conf = { .rss_key = key,
					 .rss_key_len = 40,
					 .rss_hf = RTE_ETH_RSS_UDP };
	struct rte_mbuf *m;
	uint32_t hash;

	set_up_both(RTE_ETH_RX_OFFLOAD_RSS_HASH, 52);
	cr_expect(lanes_look());
	m = through(to(2, 1, 0));
	cr_expect_eq(m->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
	hash = m->hash.rss;
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_rss_hash_update(port, &conf), 0);
	m = through(to(2, 1, 0));
	cr_expect_eq(m->hash.rss, hash);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_rss_hash_conf_get(carrier, &conf), 0);
	cr_expect_eq(conf.rss_key_len, 0);
}
