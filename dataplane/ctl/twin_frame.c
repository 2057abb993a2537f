/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the host to a lane: frames that a twin's interface sent are checked, and go as they are to
 * the worker of the port. All that was begun is counted as originated, also what is then dropped.
 * Control thread.
 */
#include "dataplane/ctl/twin_priv.h"
#include "pmd/cpx_hash.h"

static void drop(struct board *b, const struct iface *f, enum drop_reason reason)
{
	stats_count(b, f->host_lane, CELL_ORIGINATED, 1);
	stats_count(b, f->host_lane, CELL_DROP + reason, 1);
}

/* Bytes in front of layer 3. */
static size_t link_header(const uint8_t *frame)
{
	const struct eth_header *eth = (const struct eth_header *)frame;

	return NET_ETHER_LEN + (eth->type == NET_BE16(NET_ETHERTYPE_VLAN) ||
						eth->type == NET_BE16(NET_ETHERTYPE_QINQ)
					? NET_VLAN_LEN
					: 0);
}

/* len: at least an Ethernet header */
static void send_frame(struct board *b, const struct iface *f, const uint8_t *frame, size_t len)
{
	struct rte_mbuf *m;
	char *to;

	if (len > link_header(frame) + f->mtu) {
		drop(b, f, DROP_HOST_TOO_BIG);
		return;
	}
	m = rte_pktmbuf_alloc(b->pool);
	to = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;
	if (!to) {
		rte_pktmbuf_free(m);
		drop(b, f, DROP_HOST_NO_BUFFER);
		return;
	}
	memcpy(to, frame, len);
	m->hash.rss = 0;
	cpx_flow_hash(frame, len, CPX_HASH_ALL, &m->hash.rss);
	punt_originate(b, f, m);
}

void twin_frame(struct board *b, unsigned port, uint8_t *p, size_t len)
{
	const struct iface *f = &b->ifaces[iface_of_port(b, port)];
	struct vnet_frame v;

	if (!b->ports[port].probed)
		return; /* it was cut away while this was on its way: the host's interface is, too
			 */
	if (vnet_read(p, len, &v) != VNET_OK || v.gso != VNET_GSO_NONE) {
		drop(b, f, DROP_HOST_FRAME_BAD);
		return;
	}
	send_frame(b, f, p + sizeof(struct vnet_header), len - sizeof(struct vnet_header));
}
