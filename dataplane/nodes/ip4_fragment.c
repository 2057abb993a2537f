/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_fragment: cuts packets that are larger than the MTU of their way out (RFC 791 3.2, RFC 1812
 * 4.2.2.7) and sends the pieces: all of them, or the packet is dropped whole. A piece is a copy in
 * a buffer of its own, so that nothing is shared with the packet, which any carrier may have lent,
 * and every lane can send it in one segment. Packets of the burst that fit keep their place.
 *
 * A packet may become more pieces than a stream of the graph holds: they leave from here, by
 * lane_tx_send(), and not as a stream.
 */
#include <rte_mempool.h>

#include "dataplane/nodes/send.h"
#include "dataplane/run/graph.h"
#include "lib/net/ip4_fragment.h"

enum { EDGE_DROP, EDGES };

struct way_out { /* in order, for lane_tx_send() */
	struct rte_mbuf *pkts[GRAPH_BURST];
	uint16_t n;
};

static void flush(struct worker *w, struct way_out *out)
{
	if (out->n)
		lane_tx_send(w, out->pkts, out->n);
	out->n = 0;
}

struct cursor { /* a place in a chain */
	const struct rte_mbuf *seg;
	uint32_t at;
};

static void copy(struct cursor *from, uint8_t *to, uint32_t n)
{
	while (n) {
		const uint32_t step = RTE_MIN(n, from->seg->data_len - from->at);

		memcpy(to, rte_pktmbuf_mtod_offset(from->seg, const uint8_t *, from->at), step);
		to += step;
		n -= step;
		from->at += step;
		if (from->at == from->seg->data_len && n) {
			from->seg = from->seg->next;
			from->at = 0;
		}
	}
}

/* Layer 2 of m, header and payload of piece k; the next bytes of the payload are at `from`. */
static void fill(struct rte_mbuf *f, const struct rte_mbuf *m, uint8_t l2_len,
		 const struct ip4_cut *cut, uint16_t k, struct cursor *from)
{
	uint8_t *p = rte_pktmbuf_mtod(f, uint8_t *);
	const struct ip4_piece piece = ip4_cut_piece(cut, k, p + l2_len);
	const uint32_t len = l2_len + piece.header_length + piece.length;
	const uint32_t least = NET_ETHER_MIN_LEN + l2_len - NET_ETHER_LEN;

	memcpy(p, rte_pktmbuf_mtod(m, const uint8_t *), l2_len);
	copy(from, p + l2_len + piece.header_length, piece.length);
	if (len < least)
		memset(p + len, 0, least - len);
	f->data_len = (uint16_t)RTE_MAX(len, least);
	f->pkt_len = f->data_len;
	f->port = m->port;
	f->hash = m->hash;
	f->vlan_tci = m->vlan_tci;
	f->vlan_tci_outer = m->vlan_tci_outer;
}

static void count(struct worker *w, struct rte_mbuf *m, uint16_t pieces)
{
	struct telemetry_block *cell = w->cfg->cells[*pkt_lane(m)];

	telemetry_block_begin(cell);
	counter_add(&cell->v[CELL_FRAGMENTED], 1);
	counter_add(&cell->v[CELL_FRAGMENTS], pieces);
	telemetry_block_end(cell, w->tsc);
}

/* DROP_COUNT: its pieces are in *out and the packet is gone. */
static enum drop_reason cut_packet(struct worker *w, struct rte_mbuf *m, struct way_out *out)
{
	struct rte_mempool *pool = w->cfg->pool;
	const uint8_t l2_len = (uint8_t)(*pkt_kind(m) >> 16);
	const uint16_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM - l2_len;
	const uint16_t mtu = RTE_MIN((uint16_t)*pkt_kind(m), room);
	struct cursor from = { .seg = m };
	struct ip4_cut cut;

	if (ip4_cut(rte_pktmbuf_mtod_offset(m, const void *, l2_len), mtu, &cut) != IP4_CUT_OK)
		return DROP_IP4_FRAGMENT_OVERLONG; /* the rest was asked before */
	if (cut.n > GRAPH_BURST)
		return DROP_IP4_FRAGMENT_COUNT;
	if (cut.n > GRAPH_BURST - out->n)
		flush(w, out);
	if (rte_pktmbuf_alloc_bulk(pool, &out->pkts[out->n], cut.n) != 0)
		return DROP_NO_BUFFERS;
	from.at = l2_len + cut.first_length;
	for (uint16_t k = 0; k < cut.n; k++)
		fill(out->pkts[out->n++], m, l2_len, &cut, k, &from);
	count(w, m, cut.n);
	rte_pktmbuf_free(m);
	return DROP_COUNT;
}

static uint16_t ip4_fragment(struct rte_graph *graph, struct rte_node *node, void **objs,
			     uint16_t n)
{
	struct worker *w = graph_worker(node);
	struct way_out out = { .n = 0 };
	void *dropped[GRAPH_BURST];
	uint16_t n_dropped = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];

		if (*pkt_kind(m) == PKT_UNCUT) {
			if (out.n == GRAPH_BURST)
				flush(w, &out);
			out.pkts[out.n++] = m;
			continue;
		}
		const enum drop_reason reason = cut_packet(w, m, &out);

		if (reason == DROP_COUNT)
			continue;
		*pkt_arg(m) = reason;
		dropped[n_dropped++] = m;
	}
	flush(w, &out);
	if (n_dropped)
		rte_node_enqueue(graph, node, EDGE_DROP, dropped, n_dropped);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_fragment",
	.process = ip4_fragment,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
