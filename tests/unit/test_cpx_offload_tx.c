/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sender's flags ask of a net_cpx port, seen at the other end, over every carrier: nothing
 * of the request arrives but its effect.
 */
#include <errno.h>

#include "tests/unit/cpx_frames.h"
#include "tests/unit/cpx_peer_port.h"

TestSuite(offload_tx, .init = start_peer, .fini = remove_folder);

/* Two ports' numbers, or one twice: frames sent on .from come out of .to. */
struct way {
	uint16_t from, to;
};

#define TAG RTE_MBUF_F_TX_VLAN
#define OFFLOAD                                                          \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |  \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_VLAN_INSERT | \
	 RTE_ETH_TX_OFFLOAD_QINQ_INSERT | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

static uint16_t port_with_offloads(const char *name, const char *args)
{
	const struct rte_eth_conf conf = { .txmode.offloads = OFFLOAD };
	uint16_t id = new_port(name, args);
	struct rte_eth_dev_info info;

	cr_assert_eq(rte_eth_dev_info_get(id, &info), 0);
	cr_assert_eq(info.tx_offload_capa & OFFLOAD, OFFLOAD, "%s", args);
	set_up_with(id, 1, &conf);
	start(id);
	return id;
}

static struct way ways(unsigned i)
{
	char args[128];
	struct way w;

	switch (i) {
	case 0:
		w.from = w.to = port_with_offloads("net_cpx0", "");
		return w;
	case 1:
		w.from = port_with_offloads("net_cpx1", "carrier=fiber:x");
		w.to = running_port("net_cpx2", "carrier=fiber:x", 1);
		return w;
	case 2: /* a carrier that knows none of it */
		cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
		w.from = w.to = port_with_offloads("net_cpx3", "carrier=dev:net_ring0");
		return w;
	case 3: /* as to another process */
		snprintf(args, sizeof(args), "carrier=fiber:%s,role=server", socket_path);
		w.from = port_with_offloads("net_cpx6", args);
		w.to = running_peer_port("net_cpx7", "role=client", 1);
		until(is_up(w.from) && is_up(w.to));
		return w;
	default: /* a carrier that knows all of it */
		new_port("net_cpx4", "");
		w.from = w.to = port_with_offloads("net_cpx5", "carrier=dev:net_cpx4");
		return w;
	}
}

#define EACH_WAY(w) for (unsigned kind = 0; kind < 5 && (w = ways(kind), 1); kind++)

static struct rte_mbuf *arrives(struct way w)
{
	struct rte_mbuf *m = receive_one(w.to, 0);

	cr_assert_not_null(m);
	cr_expect_eq(m->ol_flags, 0, "%lx", m->ol_flags);
	return m;
}

Test(offload_tx, checksums_and_tags)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_mbuf *m = asking(1, 7);

		cr_assert_eq(send_one(w.from, 0, m), 1);
		m = arrives(w);
		cr_expect(is_datagram(m, 1, 0, 7));
		rte_pktmbuf_free(m);

		m = asking(1, 8);
		m->ol_flags |= TAG;
		m->vlan_tci = 0x6005;
		cr_assert_eq(send_one(w.from, 0, m), 1);
		m = arrives(w);
		cr_expect(is_datagram(m, 1, 0x6005, 8));
		rte_pktmbuf_free(m);

		m = datagram(1, 5, 9);
		m->ol_flags = RTE_MBUF_F_TX_QINQ;
		m->vlan_tci = 6;
		m->vlan_tci_outer = 7;
		cr_assert_eq(send_one(w.from, 0, m), 1);
		m = arrives(w);
		cr_expect_arr_eq(bytes_of(m) + 12, "\x88\xa8\0\7\x81\0\0\6\x81\0\0\5\x08\0", 14);
		rte_pktmbuf_free(m);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* Among frames that ask for nothing, in bursts of every size. */
Test(offload_tx, in_the_middle_of_bursts)
{
	struct way w;

	EACH_WAY(w)
	{
		for (uint16_t n = 1; n <= 40; n++) {
			struct rte_mbuf *m[40], *got[40];

			for (uint16_t i = 0; i < n; i++)
				m[i] = i % 5 == 2 ? asking(1, i) : datagram(1, 0, i);
			cr_assert_eq(rte_eth_tx_burst(w.from, 0, m, n), n);
			cr_assert_eq(rte_eth_rx_burst(w.to, 0, got, 40), n);
			for (uint16_t i = 0; i < n; i++) {
				cr_expect(is_datagram(got[i], 1, 0, i), "%u of %u", i, n);
				cr_expect_eq(got[i]->ol_flags, 0);
			}
			rte_pktmbuf_free_bulk(got, n);
		}
	}
}

/* What somebody else still reads is not changed. */
Test(offload_tx, shared_frames_are_copied_first)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_mbuf *m = asking(1, 7), *clone, *got;

		m->ol_flags |= TAG;
		m->vlan_tci = 5;
		rte_mbuf_refcnt_update(m, 1);
		cr_assert_eq(send_one(w.from, 0, m), 1);
		got = arrives(w);
		cr_expect(is_datagram(got, 1, 5, 7));
		cr_expect_neq(got, m);
		cr_expect_arr_eq(bytes_of(m) + 40, "\xbe\xef", 2);
		cr_expect_eq(m->pkt_len, DATAGRAM_LEN);
		rte_pktmbuf_free(got);

		clone = rte_pktmbuf_clone(m, pool);
		clone->ol_flags |= TAG;
		clone->vlan_tci = 6;
		cr_assert_eq(send_one(w.from, 0, clone), 1);
		got = arrives(w);
		cr_expect(is_datagram(got, 1, 6, 7));
		cr_expect_arr_eq(bytes_of(m) + 40, "\xbe\xef", 2);
		rte_pktmbuf_free(got);
		rte_pktmbuf_free(m);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(offload_tx, chains_without_headroom)
{
	struct way w;

	EACH_WAY(w)
	{
		for (uint16_t cut = 1; cut < DATAGRAM_LEN; cut += 6) {
			struct rte_mbuf *all = asking(1, cut), *m = frame(cut, 0),
					*tail = frame((uint16_t)(DATAGRAM_LEN - cut), 0);

			m->data_off = tail->data_off = 0;
			memcpy(bytes_of(m), bytes_of(all), cut);
			memcpy(bytes_of(tail), bytes_of(all) + cut, (size_t)(DATAGRAM_LEN - cut));
			cr_assert_eq(rte_pktmbuf_chain(m, tail), 0);
			m->ol_flags = all->ol_flags | TAG;
			m->tx_offload = all->tx_offload;
			m->vlan_tci = 5;
			rte_pktmbuf_free(all);
			cr_assert_eq(send_one(w.from, 0, m), 1);
			m = arrives(w);
			cr_expect(is_datagram(m, 1, 5, cut), "cut at %u", cut);
			rte_pktmbuf_free(m);
		}
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(offload_tx, what_does_not_fit_is_dropped_and_counted)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_mbuf *m[3] = { datagram(1, 0, 1), asking(1, 2), asking(1, 3) };
		struct rte_mbuf *got[3];
		struct rte_eth_stats stats;

		m[1]->l3_len = 24;
		cr_assert_eq(rte_eth_tx_burst(w.from, 0, m, 3), 3);
		cr_assert_eq(rte_eth_rx_burst(w.to, 0, got, 3), 2);
		cr_expect(is_datagram(got[0], 1, 0, 1));
		cr_expect(is_datagram(got[1], 1, 0, 3));
		rte_pktmbuf_free_bulk(got, 2);
		rte_eth_stats_get(w.from, &stats);
		cr_expect_eq(stats.oerrors, 1);
		cr_expect_eq(stats.opackets, kind == 4 ? 3 : 2, "the carrier drops it");
		cr_expect_eq(pool_level(), POOL_FRAMES);
	}
}

/* Two tags fit over the MTU, but no third. */
Test(offload_tx, a_tag_may_make_a_frame_too_long)
{
	struct way w;

	EACH_WAY(w)
	{
		for (uint16_t more = 0; more < 2; more++) {
			struct rte_mbuf *m = frame((uint16_t)(1500 + 14 + 4 + more), 0);

			m->ol_flags = TAG;
			m->vlan_tci = 5;
			cr_assert_eq(send_one(w.from, 0, m), 1);
			m = receive_one(w.to, 0);
			cr_expect_eq(m != NULL, more == 0);
			rte_pktmbuf_free(m);
		}
		cr_expect_eq(xstat(w.from, "lane0_tx_oversize"), kind != 4);
	}
}

Test(offload_tx, prepare)
{
	struct way w;

	EACH_WAY(w)
	{
		struct rte_mbuf *m[3] = { asking(1, 1), datagram(1, 0, 2), asking(1, 3) };

		m[2]->l3_len = 24;
		cr_expect_eq(rte_eth_tx_prepare(w.from, 0, m, 3), 2);
		cr_expect_eq(rte_errno, EINVAL);
		m[2]->l3_len = 20;
		cr_expect_eq(rte_eth_tx_prepare(w.from, 0, m, 3), 3);
		for (uint16_t i = 0; i < 3; i++) {
			struct rte_mbuf *got;

			cr_assert_eq(send_one(w.from, 0, m[i]), 1);
			got = arrives(w);
			cr_expect(is_datagram(got, 1, 0, (uint16_t)(i + 1)));
			rte_pktmbuf_free(got);
		}
	}
}
