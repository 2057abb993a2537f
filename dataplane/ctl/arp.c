/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP for the board's interfaces (RFC 826, 5227): answers requests for our addresses, learns from
 * what is said to us, updates whom we know. Control thread.
 */
#include "lib/net/arp.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"

/* On a subnet of ours, or somebody a route made us ask. */
static bool may_be_here(struct board *b, uint16_t iface, const uint8_t *addr)
{
	uint32_t row;

	return addr_on_link(&b->ifaces[iface], AF_INET, addr) ||
	       neighbors_row(b, iface, AF_INET, addr, &row) == 0;
}

static void warn_conflict(const struct arp_info *a)
{
	static unsigned said; /* control thread only */
	char ip[INET_ADDRSTRLEN];

	if (said++ % 1000 == 0)
		log_warn("address %s of ours is also used by %02x:%02x:%02x:%02x:%02x:%02x: two "
			 "stations have it",
			 inet_ntop(AF_INET, &a->sender_ip, ip, sizeof(ip)), a->sender_mac[0],
			 a->sender_mac[1], a->sender_mac[2], a->sender_mac[3], a->sender_mac[4],
			 a->sender_mac[5]);
}

void arp_receive(struct board *b, struct rte_mbuf *m)
{
	const uint16_t index = *pkt_iface(m);
	const struct iface *f = &b->ifaces[index];
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, PKT_L3);
	struct arp_info a;
	uint8_t reply[64];
	bool for_us;

	if (arp_parse(p, (size_t)(m->data_len - PKT_L3), &a) != ARP_OK) {
		punt_drop(b, m, DROP_ARP_BAD);
		return;
	}
	/* replies, and news about who has what; our own questions come back on a loop only */
	if ((a.op == ARP_OP_REPLY || a.sender_ip == a.target_ip) &&
	    memcmp(a.sender_mac, f->mac, 6) != 0)
		twin_copy(b, m);
	if (!a.probe && iface_has4(f, a.sender_ip)) {
		if (memcmp(a.sender_mac, f->mac, 6) != 0)
			warn_conflict(&a);
		punt_drop(b, m, DROP_ARP_BAD);
		return;
	}
	if (!a.probe && !may_be_here(b, index, (const uint8_t *)&a.sender_ip)) {
		punt_drop(b, m, DROP_ARP_BAD);
		return;
	}
	for_us = iface_has4(f, a.target_ip);
	if (!a.probe)
		neighbors_confirm(b, index, AF_INET, (const uint8_t *)&a.sender_ip, a.sender_mac,
				  for_us && a.op == ARP_OP_REQUEST);
	if (a.op == ARP_OP_REQUEST && for_us)
		punt_send(b, f, reply,
			  arp_build_reply(reply, sizeof(reply), f->mac, a.sender_mac, f->vlan,
					  a.target_ip, a.sender_ip));
	punt_consume(b, m);
}
