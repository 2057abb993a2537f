/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 neighbour discovery for the board's interfaces (RFC 4861 7.2): answers solicitations for our
 * addresses, defends them against duplicate detection (RFC 4862 5.4), learns. Control thread.
 */
#include "lib/net/nd.h"

#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/twin.h"
#include "lib/net/ip6.h"

static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };

/* On a subnet of ours, or somebody a route made us ask. */
static bool may_be_here(struct board *b, uint16_t iface, const uint8_t addr[16])
{
	uint32_t row;

	return addr_on_link(&b->ifaces[iface], AF_INET6, addr) ||
	       neighbors_row(b, iface, AF_INET6, addr, &row) == 0;
}

static void solicited(struct board *b, uint16_t index, const struct nd_info *nd,
		      const uint8_t eth_src[6])
{
	const struct iface *f = &b->ifaces[index];
	const uint8_t *to = nd->dad ? all_nodes : nd->src;
	const uint8_t *mac = nd->has_lladdr ? nd->lladdr : eth_src;
	uint8_t frame[128], group_mac[6];

	if (!iface_has6(f, nd->target))
		return;
	if (!nd->dad && nd->has_lladdr && addr_on_link(f, AF_INET6, nd->src) &&
	    !ip6_is_link_local(nd->src))
		neighbors_confirm(b, index, AF_INET6, nd->src, nd->lladdr, true);
	if (nd->dad) {
		ip6_multicast_mac(all_nodes, group_mac);
		mac = group_mac;
	}
	punt_send(b, f, frame,
		  nd_build_advert(
			  frame, sizeof(frame), f->mac, mac, f->vlan, nd->target, to, nd->target,
			  NET_ND_ROUTER | NET_ND_OVERRIDE | (nd->dad ? 0 : NET_ND_SOLICITED)));
}

void nd_receive(struct board *b, struct rte_mbuf *m)
{
	const uint16_t index = *pkt_iface(m);
	const struct iface *f = &b->ifaces[index];
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, PKT_L3);
	const uint8_t *eth_src = rte_pktmbuf_mtod_offset(m, const uint8_t *, 6);
	struct nd_info nd;

	if (nd_parse(p, (size_t)(m->data_len - PKT_L3), &nd) != ND_OK) {
		punt_drop(b, m, DROP_ND_BAD);
		return;
	}
	if (iface_has6(f, nd.src)) { /* nobody else speaks as us */
		punt_drop(b, m, DROP_ND_BAD);
		return;
	}
	if (nd.type == NET_ICMP6_NEIGHBOR_SOLICIT) {
		solicited(b, index, &nd, eth_src);
		punt_consume(b, m);
		return;
	}
	twin_copy(b, m);
	if (may_be_here(b, index, nd.target) && !iface_has6(f, nd.target)) {
		/* an answer without the option comes from the address we asked (RFC 4861 7.2.5) */
		if (nd.has_lladdr)
			neighbors_confirm(b, index, AF_INET6, nd.target, nd.lladdr, false);
		else if (nd.solicited && !mac_is_multicast(eth_src))
			neighbors_confirm(b, index, AF_INET6, nd.target, eth_src, false);
	}
	punt_consume(b, m);
}
