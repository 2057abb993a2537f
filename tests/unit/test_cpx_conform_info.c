/* SPDX-License-Identifier: BSD-3-Clause */
/* Over every carrier: what a port says of itself holds; link, addresses, MTU, statistics. */
#include <errno.h>

#include "tests/unit/conform.h"

static struct rte_eth_dev_info info_of(uint16_t port)
{
	struct rte_eth_dev_info info;

	cr_assert_eq(rte_eth_dev_info_get(port, &info), 0);
	return info;
}

static void expect_limits(const struct rte_eth_desc_lim *l, const struct rte_eth_dev_portconf *c)
{
	cr_expect_leq(l->nb_min, l->nb_max);
	cr_expect(rte_is_power_of_2(l->nb_align), "alignment %u", l->nb_align);
	cr_expect_geq(c->ring_size, l->nb_min);
	cr_expect_leq(c->ring_size, l->nb_max);
	cr_expect_gt(c->burst_size, 0);
	cr_expect_gt(c->nb_queues, 0);
}

Conform(conform_info, limits_fit_together)
{
	struct rte_eth_dev_info i;

	make_ports("");
	i = info_of(near);
	cr_expect_str_eq(i.driver_name, "net_cpx");
	cr_expect_leq(i.min_mtu, RTE_ETHER_MTU);
	cr_expect_geq(i.max_mtu, RTE_ETHER_MTU);
	cr_expect_gt(i.max_rx_pktlen, i.max_mtu);
	cr_expect_geq(i.max_rx_queues, LANES);
	cr_expect_geq(i.max_tx_queues, LANES);
	cr_expect_leq(i.default_rxportconf.nb_queues, i.max_rx_queues);
	cr_expect_leq(i.default_txportconf.nb_queues, i.max_tx_queues);
	cr_expect_geq(i.max_mac_addrs, 1);
	expect_limits(&i.rx_desc_lim, &i.default_rxportconf);
	expect_limits(&i.tx_desc_lim, &i.default_txportconf);
	cr_expect_eq(i.rx_queue_offload_capa & ~i.rx_offload_capa, 0, "a queue's are a port's");
	cr_expect_eq(i.tx_queue_offload_capa & ~i.tx_offload_capa, 0);
	cr_expect_leq(i.reta_size, RTE_ETH_RSS_RETA_SIZE_512);
}

Conform(conform_info, takes_what_it_says_and_no_more)
{
	const struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info i;
	uint16_t sizes[4];

	make_ports("");
	i = info_of(near);
	cr_expect_neq(rte_eth_dev_configure(near, i.max_rx_queues + 1, 1, &conf), 0);
	cr_expect_neq(rte_eth_dev_configure(near, 1, i.max_tx_queues + 1, &conf), 0);
	cr_expect_eq(rte_eth_dev_configure(near, i.max_rx_queues, i.max_tx_queues, &conf), 0);
	cr_expect_eq(rte_eth_dev_configure(near, 1, 1, &conf), 0);
	sizes[0] = i.rx_desc_lim.nb_min;
	sizes[1] = i.rx_desc_lim.nb_max;
	sizes[2] = i.rx_desc_lim.nb_min + i.rx_desc_lim.nb_align;
	sizes[3] = 0; /* the port's own */
	for (unsigned k = 0; k < RTE_DIM(sizes); k++) {
		cr_expect_eq(rte_eth_rx_queue_setup(near, 0, sizes[k], SOCKET_ID_ANY, NULL, pool),
			     0, "%s: %u rx descriptors", row->name, sizes[k]);
		cr_expect_eq(rte_eth_tx_queue_setup(near, 0, sizes[k], SOCKET_ID_ANY, NULL), 0,
			     "%s: %u tx descriptors", row->name, sizes[k]);
	}
	cr_expect_neq(rte_eth_rx_queue_setup(near, 0, i.rx_desc_lim.nb_max + i.rx_desc_lim.nb_align,
					     SOCKET_ID_ANY, NULL, pool),
		      0);
	cr_expect_neq(
		rte_eth_tx_queue_setup(near, 0, i.tx_desc_lim.nb_min - 1, SOCKET_ID_ANY, NULL), 0);
}

/* One by one: those it names it takes, and then it starts; the others it refuses. */
Conform(conform_info, offloads)
{
	struct rte_eth_dev_info i;

	make_ports("");
	i = info_of(near);
	for (unsigned bit = 0; bit < 64; bit++) {
		const uint64_t one = 1ull << bit;
		struct rte_eth_conf conf = { .rxmode.offloads = one };

		if (one == RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT)
			continue; /* needs more than a bit */
		if (one == RTE_ETH_RX_OFFLOAD_RSS_HASH)
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		if (one & i.rx_offload_capa) {
			cr_assert_eq(set_up_queues(near, 2, &conf), 0, "%s: rx offload %s",
				     row->name, rte_eth_dev_rx_offload_name(one));
			cr_assert_eq(rte_eth_dev_start(near), 0);
			cr_assert_eq(rte_eth_dev_stop(near), 0);
		} else {
			cr_expect_neq(rte_eth_dev_configure(near, 1, 1, &conf), 0);
		}
		conf = (struct rte_eth_conf){ .txmode.offloads = one };
		if (one & i.tx_offload_capa) {
			cr_assert_eq(set_up_queues(near, 2, &conf), 0, "%s: tx offload %s",
				     row->name, rte_eth_dev_tx_offload_name(one));
			cr_assert_eq(rte_eth_dev_start(near), 0);
			cr_assert_eq(rte_eth_dev_stop(near), 0);
		} else {
			cr_expect_neq(rte_eth_dev_configure(near, 1, 1, &conf), 0);
		}
	}
}

Conform(conform_info, link)
{
	struct rte_eth_link link;

	make_ports("");
	cr_expect(link_is(near, RTE_ETH_LINK_DOWN), "%s: before start", row->name);
	start_ports(LANES);
	cr_expect_eq(rte_eth_link_get(near, &link), 0);
	cr_expect_eq(link.link_status, RTE_ETH_LINK_UP);
	cr_expect_eq(link.link_speed, LANES * 106250);
	cr_expect_eq(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
	for (unsigned round = 0; round < 3; round++) {
		cr_expect_eq(rte_eth_dev_set_link_down(near), 0);
		wait_link(near, RTE_ETH_LINK_DOWN);
		cr_expect_eq(link_of(near).link_speed, RTE_ETH_SPEED_NUM_NONE);
		cr_expect_eq(rte_eth_dev_set_link_up(near), 0);
		wait_link(near, RTE_ETH_LINK_UP);
		wait_link(far, RTE_ETH_LINK_UP);
		drain(far, LANES);
		expect_works(LANES - 1);
	}
	stop_ports();
	wait_link(near, RTE_ETH_LINK_DOWN);
}

Conform(conform_info, addresses_and_modes)
{
	struct rte_ether_addr mac, other = { { 2, 0, 0, 0, 0, 9 } },
				   group = { { 1, 0, 0, 0, 0, 1 } };
	struct rte_ether_addr none = { { 0 } };

	make_ports("");
	start_ports(1);
	cr_assert_eq(rte_eth_macaddr_get(near, &mac), 0);
	cr_expect(rte_is_valid_assigned_ether_addr(&mac));
	cr_expect_eq(rte_eth_dev_default_mac_addr_set(near, &group), -EINVAL);
	cr_expect_eq(rte_eth_dev_default_mac_addr_set(near, &none), -EINVAL);
	cr_expect_eq(rte_eth_promiscuous_enable(near), 0);
	cr_expect_eq(rte_eth_allmulticast_enable(near), 0);
	for (unsigned round = 0; round < 2; round++) {
		cr_expect_eq(rte_eth_promiscuous_get(near), 1, "%s: over a stop", row->name);
		cr_expect_eq(rte_eth_allmulticast_get(near), 1);
		cr_assert_eq(rte_eth_dev_stop(near), 0);
		cr_assert_eq(rte_eth_dev_start(near), 0);
	}
	cr_expect_eq(rte_eth_allmulticast_disable(near), 0);
	cr_expect_eq(rte_eth_allmulticast_get(near), 0);
	cr_expect_eq(rte_eth_promiscuous_disable(near), 0);
	cr_expect_eq(rte_eth_promiscuous_get(near), 0);
	if (rte_eth_dev_default_mac_addr_set(near, &other) == 0) {
		cr_assert_eq(rte_eth_macaddr_get(near, &mac), 0);
		cr_expect(rte_is_same_ether_addr(&mac, &other));
	} else {
		cr_expect_str_eq(row->name, "dev over net_ring", "only a carrier may refuse");
	}
}

/* A chain of `len` bytes. */
static struct rte_mbuf *chain(uint32_t len)
{
	struct rte_mbuf *head = NULL;

	for (uint32_t left = len; left != 0;) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint16_t step = (uint16_t)RTE_MIN(left, (uint32_t)rte_pktmbuf_tailroom(m));

		memset(rte_pktmbuf_append(m, step), 0x33, step);
		left -= step;
		if (head == NULL)
			head = m;
		else
			cr_assert_eq(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}

static void expect_longest(uint16_t mtu, uint32_t overhead)
{
	const uint64_t over = xstat(near, "lane0_tx_oversize");
	struct rte_mbuf *m;

	cr_assert_eq(send_one(near, 0, chain(mtu + overhead)), 1, "%s: MTU %u", row->name, mtu);
	cr_assert_eq(receive(far, 0, &m, 1), 1, "%s: MTU %u", row->name, mtu);
	cr_expect_eq(m->pkt_len, mtu + overhead);
	rte_pktmbuf_free(m);
	cr_assert_eq(send_one(near, 0, chain(mtu + overhead + 1)), 1, "taken, and dropped");
	cr_expect_eq(xstat(near, "lane0_tx_oversize"), over + 1);
	cr_expect_eq(receive(far, 0, &m, 1), 0);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_info, mtu_also_while_it_runs)
{
	struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
	struct rte_eth_dev_info i;
	uint16_t mtus[5], mtu;

	make_ports("");
	i = info_of(near);
	cr_assert(i.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER);
	start_ports_with(1, &conf);
	mtus[0] = i.min_mtu;
	mtus[1] = i.min_mtu + 1;
	mtus[2] = RTE_ETHER_MTU;
	mtus[3] = 4000;
	mtus[4] = i.max_mtu;
	for (unsigned k = 0; k < RTE_DIM(mtus); k++) {
		cr_assert_eq(rte_eth_dev_set_mtu(near, mtus[k]), 0, "%s: MTU %u", row->name,
			     mtus[k]);
		cr_assert_eq(rte_eth_dev_set_mtu(far, mtus[k]), 0);
		cr_assert_eq(rte_eth_dev_get_mtu(near, &mtu), 0);
		cr_expect_eq(mtu, mtus[k]);
		expect_longest(mtu, i.max_rx_pktlen - i.max_mtu);
	}
	cr_expect_eq(rte_eth_dev_set_mtu(near, i.min_mtu - 1), -EINVAL);
	cr_expect_eq(rte_eth_dev_set_mtu(near, i.max_mtu + 1), -EINVAL);
	cr_assert_eq(rte_eth_dev_get_mtu(near, &mtu), 0);
	cr_expect_eq(mtu, i.max_mtu, "a refusal changes nothing");
}

Conform(conform_info, statistics)
{
	static struct rte_eth_xstat_name names[1024];
	static struct rte_eth_xstat values[1024];
	struct rte_eth_stats stats;
	uint64_t ids[1024], by_id[1024];
	int n;

	make_ports("");
	start_ports(LANES);
	for (uint16_t q = 0; q < LANES; q++)
		for (unsigned k = 0; k <= q; k++)
			expect_works(q);
	n = rte_eth_xstats_get_names(near, NULL, 0);
	cr_assert_gt(n, 0);
	cr_assert_lt(n, 1024);
	cr_expect_eq(rte_eth_xstats_get(near, NULL, 0), n);
	cr_expect_eq(rte_eth_xstats_get_names(near, names, (unsigned)n - 1), n, "too small");
	cr_assert_eq(rte_eth_xstats_get_names(near, names, (unsigned)n), n);
	cr_assert_eq(rte_eth_xstats_get(near, values, (unsigned)n), n);
	for (int a = 0; a < n; a++) {
		cr_expect_eq(values[a].id, (uint64_t)a);
		ids[a] = (uint64_t)a;
		for (int b = 0; b < a; b++)
			cr_expect_str_neq(names[a].name, names[b].name, "named twice");
	}
	cr_assert_eq(rte_eth_xstats_get_by_id(near, ids, by_id, (unsigned)n), n);
	for (int a = 0; a < n; a++)
		cr_expect_eq(by_id[a], values[a].value, "%s", names[a].name);

	cr_assert_eq(rte_eth_stats_get(near, &stats), 0);
	cr_expect_eq(stats.opackets, LANES * (LANES + 1) / 2);
	cr_expect_eq(stats.obytes, 60 * stats.opackets);
	cr_assert_eq(rte_eth_stats_get(far, &stats), 0);
	cr_expect_eq(stats.ipackets, LANES * (LANES + 1) / 2);
	for (uint16_t q = 0; q < LANES; q++)
		cr_expect_eq(stats.q_ipackets[q], q + 1, "%s: queue %u", row->name, q);
	cr_expect_eq(stats.imissed + stats.ierrors + stats.rx_nombuf + stats.oerrors, 0);

	cr_assert_eq(rte_eth_xstats_reset(near), 0);
	cr_assert_eq(rte_eth_stats_get(near, &stats), 0);
	cr_expect_eq(stats.opackets + stats.obytes + stats.ipackets, 0);
	expect_works(1);
	cr_assert_eq(rte_eth_stats_get(near, &stats), 0);
	cr_expect_eq(stats.q_opackets[1], 1);
	stop_ports();
	cr_assert_eq(rte_eth_stats_get(near, &stats), 0);
	cr_expect_eq(stats.opackets, 1, "%s: over a stop", row->name);
}
