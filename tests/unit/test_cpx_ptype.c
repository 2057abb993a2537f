/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_ptype.c: packet types come to those who ask, as far as they asked, also while running. */
#include <errno.h>

#include "tests/unit/cpx_port.h"

#define TCP4  (RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP)
#define STALE RTE_PTYPE_L2_ETHER_NSH
#define ALL   RTE_PTYPE_ALL_MASK

TestSuite(ptype, .init = start_eal);

/* Ethernet, `tag` or not, then a header of the version, its protocol, 20 bytes of payload. */
static struct rte_mbuf *packet(bool tag, const char *ip_start, uint8_t proto_at, uint8_t proto)
{
	struct rte_mbuf *m = frame(14 + 4 + 40 + 20, 0);
	uint8_t *b = rte_pktmbuf_mtod(m, uint8_t *), *ip = b + (tag ? 18 : 14);

	if (tag)
		memcpy(b + 12, "\x81\0\0\1", 4);
	memcpy(ip - 2, ip_start[0] >> 4 == 4 ? "\x08\0" : "\x86\xdd", 2);
	ip[0] = (uint8_t)ip_start[0];
	ip[proto_at] = proto;
	m->packet_type = STALE; /* of where it came from */
	return m;
}

static uint32_t type_of(uint16_t port, struct rte_mbuf *m)
{
	uint32_t type;

	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 0), m);
	type = m->packet_type;
	rte_pktmbuf_free(m);
	return type;
}

static struct rte_mbuf *tcp4(void)
{
	return packet(false, "\x45", 9, 6);
}

static bool inspects(uint16_t port)
{
	struct rte_eth_burst_mode mode;

	cr_assert_eq(rte_eth_rx_burst_mode_get(port, 0, &mode), 0);
	return strstr(mode.info, "Full") != NULL;
}

Test(ptype, nobody_asked)
{
	uint16_t port = running_port("net_cpx0", "", 1);

	cr_expect_eq(type_of(port, tcp4()), 0);
	cr_expect(!inspects(port));
}

/* What l3fwd-power does: look at the list before start, then count on the types. */
Test(ptype, looking_at_the_list_is_asking)
{
	uint16_t port = new_port("net_cpx0", "");
	uint32_t types[16], seen = 0;
	int n;

	set_up(port, 1);
	n = rte_eth_dev_get_supported_ptypes(port, RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK, types,
					     RTE_DIM(types));
	for (int i = 0; i < n; i++)
		for (unsigned k = 0; k < 4; k++)
			if (types[i] == (const uint32_t[]){ RTE_PTYPE_L3_IPV4_EXT,
							    RTE_PTYPE_L3_IPV6_EXT, RTE_PTYPE_L4_TCP,
							    RTE_PTYPE_L4_UDP }[k])
				seen |= 1u << k;
	cr_assert_eq(seen, 15);
	start(port);
	cr_expect(inspects(port));
	cr_expect_eq(type_of(port, tcp4()), TCP4);
	cr_expect_eq(type_of(port, packet(false, "\x46", 9, 17)),
		     RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT | RTE_PTYPE_L4_UDP);
	cr_expect_eq(type_of(port, packet(true, "\x60", 6, 6)),
		     RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV6 | RTE_PTYPE_L4_TCP);
	cr_expect_eq(type_of(port, frame(60, 0)), RTE_PTYPE_L2_ETHER);
	cr_expect_eq(type_of(port, frame(9, 0)), 0, "too short for Ethernet");
}

Test(ptype, set_while_running)
{
	uint16_t port = running_port("net_cpx0", "", 1);
	uint32_t types[16];

	cr_assert_eq(rte_eth_dev_set_ptypes(port, RTE_PTYPE_L3_MASK, types, RTE_DIM(types)), 0);
	cr_expect_eq(types[0], RTE_PTYPE_L3_IPV4);
	cr_expect_eq(type_of(port, tcp4()), RTE_PTYPE_L3_IPV4);
	cr_assert_eq(rte_eth_dev_set_ptypes(port, RTE_PTYPE_UNKNOWN, NULL, 0), 0);
	cr_expect_eq(type_of(port, tcp4()), 0);
	cr_expect(!inspects(port));
	cr_expect_gt(rte_eth_dev_get_supported_ptypes(port, ALL, types, RTE_DIM(types)), 0);
	cr_expect_eq(type_of(port, tcp4()), 0, "who said what they want is not asked again");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_set_ptypes(port, ALL, types, RTE_DIM(types)), 0);
	set_up(port, 1);
	start(port);
	cr_expect_eq(type_of(port, tcp4()), TCP4, "outlives stop and configure");
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* A carrier that passes on what the sender's port once said of the frame. */
Test(ptype, over_a_carrier)
{
	uint16_t port;

	cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	cr_assert_eq(rte_eth_dev_set_ptypes(port, ALL, (uint32_t[16]){ 0 }, 16), 0);
	cr_expect_eq(type_of(port, tcp4()), TCP4);
}
