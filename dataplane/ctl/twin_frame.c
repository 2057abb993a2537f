/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the host to a lane: frames that a twin's interface sent are checked, large ones cut to the
 * port's MTU, and go as they are to the worker of the port. All that begins here is counted as
 * originated, also what is then dropped. Control thread.
 */
#include "dataplane/ctl/twin_priv.h"
#include "lib/net/segment.h"
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

/* A buffer of len bytes at *to; NULL: counted. */
static struct rte_mbuf *buffer(struct board *b, const struct iface *f, size_t len, uint8_t **to)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);

	*to = m ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len) : NULL;
	if (*to)
		return m;
	rte_pktmbuf_free(m);
	drop(b, f, DROP_HOST_NO_BUFFER);
	return NULL;
}

static uint32_t flow_of(const uint8_t *frame, size_t len)
{
	uint32_t hash = 0;

	cpx_flow_hash(frame, len, CPX_HASH_ALL, &hash);
	return hash;
}

static void send_whole(struct board *b, const struct iface *f, const uint8_t *frame, size_t len)
{
	struct rte_mbuf *m;
	uint8_t *to;

	if (len > link_header(frame) + f->mtu) {
		drop(b, f, DROP_HOST_TOO_BIG);
		return;
	}
	m = buffer(b, f, len, &to);
	if (!m)
		return;
	memcpy(to, frame, len);
	m->hash.rss = flow_of(frame, len);
	punt_originate(b, f, m);
}

static void send_segments(struct board *b, const struct iface *f, const uint8_t *frame, size_t len,
			  const struct vnet_frame *v)
{
	const uint32_t flow = flow_of(frame, len);
	struct segments s;

	if (segment_plan(&s, frame, len, v->gso, v->gso_size) != SEGMENT_OK) {
		drop(b, f, DROP_HOST_FRAME_BAD);
		return;
	}
	if (segment_length(&s, 0) > (size_t)s.l3 + f->mtu) {
		drop(b, f, DROP_HOST_TOO_BIG);
		return;
	}
	for (unsigned i = 0; i < s.n; i++) {
		uint8_t *to;
		struct rte_mbuf *m = buffer(b, f, segment_length(&s, i), &to);

		if (!m)
			continue;
		segment_write(&s, i, to);
		m->hash.rss = flow;
		punt_originate(b, f, m);
	}
}

void twin_frame(struct board *b, unsigned port, uint8_t *p, size_t len)
{
	const struct iface *f = &b->ifaces[iface_of_port(b, port)];
	const uint8_t *frame = p + sizeof(struct vnet_header);
	struct vnet_frame v;

	if (!b->ports[port].probed)
		return; /* it was cut away while this was on its way: the host's interface is, too
			 */
	if (vnet_read(p, len, &v) != VNET_OK) {
		drop(b, f, DROP_HOST_FRAME_BAD);
		return;
	}
	len -= sizeof(struct vnet_header);
	if (v.gso == VNET_GSO_NONE)
		send_whole(b, f, frame, len);
	else
		send_segments(b, f, frame, len, &v);
}
