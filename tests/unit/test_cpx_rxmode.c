/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_rxmode.c: VLANs, hashing, checksums and time stamps as an application asks for them, at
 * configure and while frames come, over lanes and over carriers.
 */
#include <errno.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>
#include <rte_thash.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_frames.h"
#include "tests/unit/cpx_peer_port.h"

TestSuite(rxmode, .init = start_peer, .fini = remove_folder);

#define STRIPPED (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

struct way {
	uint16_t from, to;
};

/* The port `to` asks for `offloads`. */
static struct way ways(unsigned i, uint64_t offloads)
{
	const struct rte_eth_conf conf = {
		.rxmode = { .offloads = offloads,
			    .mq_mode = offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH
					       ? RTE_ETH_MQ_RX_RSS
					       : RTE_ETH_MQ_RX_NONE },
		.rx_adv_conf.rss_conf.rss_hf = offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH
						       ? RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP
						       : 0,
	};
	struct way w;

	switch (i) {
	case 0:
		w.from = w.to = new_port("net_cpx0", "");
		break;
	case 1:
		w.from = running_port("net_cpx1", "carrier=fiber:x", 1);
		w.to = new_port("net_cpx2", "carrier=fiber:x");
		break;
	case 2: /* a carrier that knows none of it */
		cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
		w.from = w.to = new_port("net_cpx3", "carrier=dev:net_ring0");
		break;
	case 3: /* a carrier that knows all of it */
		new_port("net_cpx4", "");
		w.from = w.to = new_port("net_cpx5", "carrier=dev:net_cpx4");
		break;
	default: /* as from another process */
		w.from = running_peer_port("net_cpx6", "role=server", 1);
		w.to = new_peer_port("net_cpx7", "role=client");
	}
	set_up_with(w.to, 1, &conf);
	start(w.to);
	until(is_up(w.from) && is_up(w.to));
	return w;
}

#define EACH_WAY(w, offloads) \
	for (unsigned kind = 0; kind < 5 && (w = ways(kind, offloads), 1); kind++)

/* What becomes of a frame, or NULL. */
static struct rte_mbuf *through(struct way w, struct rte_mbuf *m)
{
	cr_assert_eq(send_one(w.from, 0, m), 1);
	return receive_one(w.to, 0);
}

static bool is_stripped(struct way w, uint16_t tci)
{
	struct rte_mbuf *m = through(w, datagram(1, tci, 7));
	const bool stripped = m->ol_flags == STRIPPED;

	cr_expect(is_datagram(m, 1, stripped ? 0 : tci, 7));
	if (stripped)
		cr_expect_eq(m->vlan_tci, tci);
	else
		cr_expect_eq(m->ol_flags, 0);
	rte_pktmbuf_free(m);
	return stripped;
}

Test(rxmode, strip)
{
	struct way w;

	EACH_WAY(w, RTE_ETH_RX_OFFLOAD_VLAN_STRIP)
	{
		struct rte_mbuf *m;
		struct rte_eth_stats stats;

		cr_expect_eq(rte_eth_dev_get_vlan_offload(w.to), RTE_ETH_VLAN_STRIP_OFFLOAD);
		cr_expect(is_stripped(w, 0x6005));
		m = through(w, datagram(1, 0, 7));
		cr_expect_eq(m->ol_flags, 0);
		cr_expect(is_datagram(m, 1, 0, 7));
		rte_pktmbuf_free(m);
		cr_assert_eq(rte_eth_dev_set_vlan_offload(w.to, 0), 0);
		cr_expect(!is_stripped(w, 0x6005));
		cr_assert_eq(rte_eth_dev_set_vlan_offload(w.to, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
		cr_expect(is_stripped(w, 7));
		rte_eth_stats_get(w.to, &stats);
		cr_expect_eq(stats.ibytes,
			     3 * (DATAGRAM_LEN + 4) + DATAGRAM_LEN - (kind == 3 ? 2 * 4 : 0),
			     "as they came, from the carrier at that");
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(rxmode, strip_from_off_and_by_queue)
{
	struct way w;

	EACH_WAY(w, 0)
	{
		cr_expect(!is_stripped(w, 5));
		cr_assert_eq(rte_eth_dev_set_vlan_strip_on_queue(w.to, 0, 1), 0);
		cr_expect(is_stripped(w, 5));
		cr_assert_eq(rte_eth_dev_set_vlan_strip_on_queue(w.to, 0, 0), 0);
		cr_expect(!is_stripped(w, 5));
		cr_assert_eq(rte_eth_dev_set_vlan_offload(w.to, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
		cr_expect(is_stripped(w, 5));
	}
}

Test(rxmode, one_queue_strips)
{
	uint16_t port = running_port("net_cpx0", "lanes=2", 2);

	cr_assert_eq(rte_eth_dev_set_vlan_strip_on_queue(port, 1, 1), 0);
	for (uint16_t q = 0; q < 2; q++) {
		struct rte_mbuf *m;

		cr_assert_eq(send_one(port, q, datagram(1, 5, 7)), 1);
		m = receive_one(port, q);
		cr_expect_eq(m->ol_flags, q == 1 ? STRIPPED : 0);
		rte_pktmbuf_free(m);
	}
}

static bool passes(struct way w, uint16_t vlan)
{
	struct rte_mbuf *m = through(w, datagram(1, vlan, 7));

	rte_pktmbuf_free(m);
	return m != NULL;
}

Test(rxmode, filter)
{
	struct way w;

	EACH_WAY(w, RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
	{
		cr_expect(passes(w, 0), "no tag");
		cr_expect(!passes(w, 5));
		cr_assert_eq(rte_eth_dev_vlan_filter(w.to, 5, 1), 0);
		cr_assert_eq(rte_eth_dev_vlan_filter(w.to, 4095, 1), 0);
		cr_expect(passes(w, 5));
		cr_expect(passes(w, 0x8005));
		cr_expect(passes(w, 4095));
		cr_expect(!passes(w, 6));
		cr_assert_eq(rte_eth_dev_vlan_filter(w.to, 5, 0), 0);
		cr_expect(!passes(w, 5));
		cr_assert_eq(rte_eth_dev_set_vlan_offload(w.to, 0), 0);
		cr_expect(passes(w, 6));
		cr_assert_eq(rte_eth_dev_set_vlan_offload(w.to, RTE_ETH_VLAN_FILTER_OFFLOAD |
									RTE_ETH_VLAN_STRIP_OFFLOAD),
			     0);
		cr_expect(!passes(w, 6));
		cr_expect(is_stripped(w, 4095), "the list was kept");
		/* and over a stop */
		cr_assert_eq(rte_eth_dev_stop(w.to), 0);
		cr_assert_eq(rte_eth_dev_start(w.to), 0);
		cr_expect(!passes(w, 6));
		cr_expect(is_stripped(w, 4095));
		if (kind != 3)
			cr_expect_eq(xstat(w.to, "lane0_rx_filtered_vlan"), 5);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

static uint32_t hash_of(struct way w, struct rte_mbuf *m)
{
	uint32_t hash;

	m = through(w, m);
	cr_expect_eq(m->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
	hash = m->hash.rss;
	rte_pktmbuf_free(m);
	return hash;
}

static struct rte_mbuf *hashed(uint32_t hash)
{
	struct rte_mbuf *m = datagram(1, 0, 7);

	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	m->hash.rss = hash;
	return m;
}

/* An application's key gives what its NIC would give, whatever hash a sender left. */
Test(rxmode, hash_by_a_key)
{
	uint8_t key[40], back[52];
	const uint32_t tuple[3] = { 0x0a000001, 0x0a000002, 7 << 16 | 9 };
	uint32_t want;
	struct way w;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(37 * i + 11);
	want = rte_softrss((uint32_t *)(uintptr_t)tuple, 3, key);
	EACH_WAY(w, RTE_ETH_RX_OFFLOAD_RSS_HASH)
	{
		struct rte_eth_rss_conf conf = { .rss_key = back, .rss_key_len = sizeof(back) };
		const uint32_t crc = hash_of(w, datagram(1, 0, 7));

		cr_expect_neq(crc, want);
		cr_expect_eq(hash_of(w, datagram(1, 5, 7)), crc);
		cr_expect_eq(hash_of(w, hashed(77)), 77, "a sender's will do, without a key");
		cr_assert_eq(rte_eth_dev_rss_hash_conf_get(w.to, &conf), 0);
		cr_expect_eq(conf.rss_key_len, 0);
		conf = (struct rte_eth_rss_conf){ .rss_key = key,
						  .rss_key_len = sizeof(key),
						  .rss_hf = RTE_ETH_RSS_UDP };
		cr_assert_eq(rte_eth_dev_rss_hash_update(w.to, &conf), 0);
		cr_expect_eq(hash_of(w, datagram(1, 0, 7)), want);
		cr_expect_eq(hash_of(w, hashed(77)), want);
		conf = (struct rte_eth_rss_conf){ .rss_key = back, .rss_key_len = sizeof(back) };
		cr_assert_eq(rte_eth_dev_rss_hash_conf_get(w.to, &conf), 0);
		cr_expect_eq(conf.rss_key_len, sizeof(key));
		cr_expect_arr_eq(back, key, sizeof(key));
		conf = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = 39 };
		cr_expect_eq(rte_eth_dev_rss_hash_update(w.to, &conf), -EINVAL);
		conf = (struct rte_eth_rss_conf){ 0 };
		cr_assert_eq(rte_eth_dev_rss_hash_update(w.to, &conf), 0, "no type, no hash");
		struct rte_mbuf *m = through(w, datagram(1, 0, 7));
		cr_expect_eq(m->ol_flags, 0);
		rte_pktmbuf_free(m);
	}
}

Test(rxmode, table)
{
	const struct rte_eth_conf conf = { .rxmode.mq_mode = RTE_ETH_MQ_RX_RSS };
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = UINT64_MAX },
						    { .mask = UINT64_MAX } };
	uint16_t port = new_port("net_cpx0", "lanes=4,spread=hash");
	struct rte_eth_dev_info info;
	struct rte_mbuf *m;

	cr_assert_eq(rte_eth_dev_info_get(port, &info), 0);
	cr_expect_eq(info.reta_size, 128);
	cr_expect_eq(info.hash_key_size, 40);
	set_up_with(port, 4, &conf);
	start(port);
	cr_assert_eq(rte_eth_dev_rss_reta_query(port, reta, 128), 0);
	for (unsigned i = 0; i < 128; i++) {
		cr_expect_eq(reta[i / 64].reta[i % 64], i % 4);
		reta[i / 64].reta[i % 64] = 3; /* all flows on lane 3 … */
	}
	reta[1].reta[5] = 2; /* … but those of hash 69 */
	cr_assert_eq(rte_eth_dev_rss_reta_update(port, reta, 128), 0);
	for (uint32_t hash = 0; hash < 256; hash += 3) {
		cr_assert_eq(send_one(port, 0, hashed(hash)), 1);
		m = receive_one(port, hash % 128 == 69 ? 2 : 3);
		cr_assert_not_null(m, "hash %u", hash);
		rte_pktmbuf_free(m);
	}
	reta[0].reta[0] = 4;
	cr_expect_eq(rte_eth_dev_rss_reta_update(port, reta, 128), -EINVAL, "four queues");
	reta[0].reta[0] = 0;
	cr_expect_eq(rte_eth_dev_rss_reta_update(port, reta, 64), -EINVAL);
	cr_expect_eq(rte_eth_dev_rss_reta_query(port, reta, 64), -EINVAL);
}

Test(rxmode, time_of_receipt)
{
	struct way w;

	EACH_WAY(w, RTE_ETH_RX_OFFLOAD_TIMESTAMP)
	{
		uint64_t last = 0, flag;
		int field;

		cr_assert_eq(rte_mbuf_dyn_rx_timestamp_register(&field, &flag), 0);
		for (unsigned i = 0; i < 3; i++) {
			struct rte_mbuf *m = datagram(1, 0, 7);
			uint64_t before, clock, stamp;

			cr_assert_eq(send_one(w.from, 0, m), 1);
			before = rte_rdtsc();
			m = receive_one(w.to, 0);
			cr_assert_eq(rte_eth_read_clock(w.to, &clock), 0);
			cr_expect_eq(m->ol_flags, flag);
			stamp = *RTE_MBUF_DYNFIELD(m, field, uint64_t *);
			cr_expect_geq(stamp, before);
			cr_expect_leq(stamp, clock);
			cr_expect_gt(stamp, last);
			last = stamp;
			rte_pktmbuf_free(m);
		}
	}
}

/* ---- changes under traffic ---- */

static uint32_t stop;

static void *change(void *arg)
{
	const uint16_t port = *(uint16_t *)arg;
	uint8_t key[40] = { 1, 2, 3 };
	cpu_set_t all;

	/* EAL has bound the thread that started this one to one core */
	memset(&all, 0xff, sizeof(all));
	pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
	for (unsigned i = 0; !load_relaxed(&stop); i++) {
		struct rte_eth_rss_conf rss = { .rss_hf = i & 1 ? RTE_ETH_RSS_IP : RTE_ETH_RSS_UDP,
						.rss_key = i & 2 ? key : NULL,
						.rss_key_len = i & 2 ? 40 : 0 };
		struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 2 } };

		cr_assert_eq(rte_eth_dev_set_vlan_offload(port,
							  (int)(i & (RTE_ETH_VLAN_STRIP_OFFLOAD |
								     RTE_ETH_VLAN_FILTER_OFFLOAD))),
			     0);
		if (i & RTE_ETH_VLAN_FILTER_OFFLOAD)
			cr_assert_eq(rte_eth_dev_vlan_filter(port, 5, i & 4 ? 1 : 0), 0);
		if (i & 1)
			cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
		else
			cr_assert_eq(rte_eth_promiscuous_enable(port), 0);
		if (i & 8)
			cr_assert_eq(rte_eth_dev_mac_addr_add(port, &mac, 0), 0);
		else
			rte_eth_dev_mac_addr_remove(port, &mac);
		cr_assert_eq(rte_eth_dev_rss_hash_update(port, &rss), 0);
		rte_eth_dev_set_ptypes(port, i & 16 ? RTE_PTYPE_ALL_MASK : 0, NULL, 0);
	}
	return NULL;
}

/* Frames to our address, in VLAN 4095 or none, always come; of the others some are filtered; each
 * is whole, and the numbers add up. */
Test(rxmode, changes_under_traffic)
{
	struct way w = ways(0, RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_VLAN_FILTER |
				       RTE_ETH_RX_OFFLOAD_CHECKSUM);
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 1 } };
	uint64_t sent = 0, got = 0, ours = 0, good = 0;
	struct rte_mbuf *m[32];
	pthread_t thread;

	cr_assert_eq(rte_eth_dev_default_mac_addr_set(w.to, &mac), 0);
	cr_assert_eq(rte_eth_dev_vlan_filter(w.to, 4095, 1), 0);
	cr_assert_eq(pthread_create(&thread, NULL, change, &w.to), 0);
	for (unsigned round = 0;
	     round < 4000 || (round < 400000 && (xstat(w.to, "lane0_rx_filtered_mac") == 0 ||
						 xstat(w.to, "lane0_rx_filtered_vlan") == 0));
	     round++) {
		uint16_t n;

		for (uint16_t i = 0; i < 32; i++)
			m[i] = datagram(i % 4 == 0 ? 2 : 1, i % 4 == 1 ? 5 : i % 2 ? 4095 : 0, i);
		cr_assert_eq(rte_eth_tx_burst(w.from, 0, m, 32), 32);
		sent += 32;
		n = rte_eth_rx_burst(w.to, 0, m, 32);
		for (uint16_t i = 0; i < n; i++) {
			const uint8_t *b = bytes_of(m[i]);
			const bool tagged = b[12] == 0x81;
			const bool stripped = (m[i]->ol_flags & STRIPPED) != 0;
			const uint16_t port = (uint16_t)(b[tagged ? 39 : 35]);
			const uint16_t vlan = port % 4 == 1 ? 5 : port % 2 ? 4095 : 0;

			cr_assert(!(tagged && stripped));
			if (stripped)
				cr_assert_eq(m[i]->vlan_tci, vlan);
			cr_assert(
				is_datagram(m[i], port % 4 == 0 ? 2 : 1, tagged ? vlan : 0, port));
			ours += port % 4 > 1;
			good += (m[i]->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD) != 0;
		}
		rte_pktmbuf_free_bulk(m, n);
		got += n;
	}
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_eq(ours, sent / 2);
	cr_expect_eq(good, got);
	cr_expect_eq(sent, got + xstat(w.to, "lane0_rx_filtered_mac") +
				   xstat(w.to, "lane0_rx_filtered_vlan"));
	cr_expect_gt(xstat(w.to, "lane0_rx_filtered_mac"), 0);
	cr_expect_gt(xstat(w.to, "lane0_rx_filtered_vlan"), 0);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
