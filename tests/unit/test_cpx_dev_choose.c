/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_choose.c: carriers with fewer queues than lanes, and with more.
 */
#include <errno.h>
#include <net/if.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/unit/cpx_port.h"

/* A carrier of two queues under eight lanes: another port of ours, which has exactly two. */
Test(dev_choose, fewer_queues_than_lanes, .init = start_eal)
{
	uint16_t port, far;

	new_port("net_cpx0", "lanes=2,carrier=fiber:x");
	far = running_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);
	port = running_port("net_cpx2", "lanes=8,carrier=dev:net_cpx0", 8);
	cr_assert_eq(xstat(port, "carrier_rx_queues"), 2);
	cr_assert_eq(xstat(port, "carrier_tx_queues"), 8, "they take turns on its lanes");
	cr_assert_eq(link_of(port).link_speed, 8 * 106250);
	for (uint16_t lane = 0; lane < 8; lane++) {
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(send_one(port, lane, m), 1);
		cr_assert_eq(receive_one(far, lane % 2), m, "lane %u is on queue %u", lane,
			     lane % 2);
		cr_assert_eq(send_one(far, lane % 2, m), 1);
		for (uint16_t other = 2; other < 8; other++)
			cr_assert_null(receive_one(port, other), "a lane without a queue");
		cr_assert_eq(receive_one(port, lane % 2), m);
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(xstat(port, "lane5_tx_packets"), 1);
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

static struct rte_mbuf *udp(uint16_t source_port)
{
	struct rte_mbuf *m = frame(64, 0);
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *u = (struct rte_udp_hdr *)(ip + 1);

	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = RTE_BE16(50);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = RTE_BE32(0x0a000001);
	ip->dst_addr = RTE_BE32(0x0a000002);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	u->src_port = rte_cpu_to_be_16(source_port);
	u->dst_port = RTE_BE16(9);
	u->dgram_len = RTE_BE16(30);
	return m;
}

#define FLOWS 64

/* The kernel spreads flows over two sockets; a port of one lane, and one of two, read both. */
static void reads_all(uint16_t lanes)
{
	uint16_t carrier, port;
	char args[64];
	struct rte_eth_stats stats;
	unsigned got = 0;

	start_in_namespace();
	cr_assert_eq(rte_vdev_init("net_af_packet0", "iface=lo,qpairs=2"), 0);
	snprintf(args, sizeof(args), "lanes=%u,carrier=dev:net_af_packet0", lanes);
	port = running_port("net_cpx0", args, lanes);
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_af_packet0", &carrier), 0);
	cr_expect_eq(xstat(port, "carrier_rx_queues"), 2);
	for (uint16_t flow = 0; flow < FLOWS; flow++)
		cr_assert_eq(send_one(port, 0, udp(flow)), 1);
	for (unsigned i = 0; i < 10000 && got < FLOWS; i++) {
		for (uint16_t lane = 0; lane < lanes; lane++) {
			struct rte_mbuf *m = receive_one(port, lane);

			if (m != NULL) {
				got++;
				cr_expect_eq(m->port, port);
				rte_pktmbuf_free(m);
			}
		}
	}
	cr_expect_geq(got, FLOWS);
	cr_assert_eq(rte_eth_stats_get(carrier, &stats), 0);
	cr_expect_neq(stats.q_ipackets[0], 0);
	cr_expect_neq(stats.q_ipackets[1], 0, "the kernel did not spread");
	cr_expect_eq(stats.q_ipackets[0] + stats.q_ipackets[1], got);
	cr_expect_eq(xstat(port, "lane0_rx_packets") +
			     (lanes == 2 ? xstat(port, "lane1_rx_packets") : 0),
		     got);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev_choose, more_queues_than_lanes)
{
	reads_all(1);
}

Test(dev_choose, as_many_queues_as_lanes)
{
	reads_all(2);
}

/* It takes as many rx queues as tx queues. */
Test(dev_choose, a_carrier_of_pairs)
{
	uint16_t port;

	start_in_namespace();
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		cr_skip_test("no /dev/net/tun");
	cr_assert_eq(rte_vdev_init("net_tap0", "iface=tap0"), 0);
	port = new_port("net_cpx0", "lanes=2,carrier=dev:net_tap0");
	cr_assert_eq(rte_eth_dev_configure(port, 1, 2, &(struct rte_eth_conf){ 0 }), 0);
	cr_expect_eq(xstat(port, "carrier_rx_queues"), 2);
	cr_expect_eq(xstat(port, "carrier_tx_queues"), 2);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 1, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	start(port);
	cr_expect_eq(send_one(port, 1, udp(1)), 1);
}
