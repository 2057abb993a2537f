/* SPDX-License-Identifier: BSD-3-Clause */
/* One generator port's turn; see port.h. */
#include "bench/gen/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "lib/base/order.h"

/* Until the first test packet came back (neighbours are being resolved, and a router holds only a
 * few packets meanwhile), no more than this many are sent. */
#define FIRST_WINDOW 4
#define ASK_PERIOD_S 0.1
#define WRITE_OFF_S  2 /* what has not come after such a pause will not come */

int gen_port_create(struct gen_port **out, const struct gen_port_params *p, struct err *err)
{
	if (p->lanes < 1 || p->lanes > GEN_MAX_LANES)
		return err_set(err, -EINVAL, "generator port %u: %u lanes; 1 to %u are possible",
			       p->port_id, p->lanes, GEN_MAX_LANES);
	if (p->window < GEN_BURST || p->window > SEQUENCE_WINDOW)
		return err_set(err, -EINVAL, "generator port %u: a window of %u; %u to %u allowed",
			       p->port_id, p->window, GEN_BURST, SEQUENCE_WINDOW);
	struct gen_port *g = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*g), 64));

	if (!g)
		return err_set(err, -ENOMEM, "generator port %u: no memory", p->port_id);
	memset(g, 0, sizeof(*g));
	g->params = *p;
	g->host = p->host;
	host_init(&g->host);
	source_init(&g->source, p->pool, p->lanes);
	sink_init(&g->sink, p->hops);
	*out = g;
	return 0;
}

int gen_port_add_stream(struct gen_port *p, struct gen_port *peer, struct stream *s,
			struct err *err)
{
	int ret = source_add(&p->source, s);

	if (ret == 0)
		ret = sink_add(&peer->sink, s);
	if (ret)
		return err_set(err, ret,
			       "stream %u: %u flows on %u lanes; give at least a flow a lane, ids "
			       "below %u, each once, and no more than %u streams a port",
			       s->params.id, s->params.n_flows, p->params.lanes, SINK_MAX_STREAMS,
			       SOURCE_MAX_STREAMS);
	p->peer = peer;
	return 0;
}

void gen_port_destroy(struct gen_port *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->params.lanes; i++)
		rte_pktmbuf_free_bulk(p->staged[i], p->n_staged[i]);
	sink_fini(&p->sink);
	free(p);
}

uint64_t gen_port_outstanding(const struct gen_port *p)
{
	uint64_t sent = load_relaxed(&p->source.sent), gone = load_relaxed(&p->written_off);

	gone += p->peer ? sink_good(&p->peer->sink) : 0;
	return sent > gone ? sent - gone : 0;
}

/* A frame of the host's own, on lane 0. It may be refused; whoever asked asks again. */
static void send_host(struct gen_port *p, const void *frame, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->params.pool);

	if (!m)
		return;
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame, len);
	if (rte_eth_tx_burst(p->params.port_id, 0, &m, 1) == 1)
		counter_add(&p->host_tx, 1);
	else
		rte_pktmbuf_free(m);
}

static void ask_for_gateways(struct gen_port *p, uint64_t tsc)
{
	uint8_t frame[HOST_MAX_FRAME];

	if (host_ready(&p->host) ||
	    (p->asked_at &&
	     tsc - p->asked_at < (uint64_t)(ASK_PERIOD_S * (double)rte_get_tsc_hz())))
		return;
	p->asked_at = tsc;
	for (unsigned which = 0; which < 2; which++) {
		size_t len = host_ask(&p->host, which, frame);

		if (len)
			send_host(p, frame, len);
	}
}

static void gateways_to_streams(struct gen_port *p)
{
	for (unsigned i = 0; i < p->source.n_streams; i++) {
		struct stream *s = p->source.streams[i];

		stream_set_gateway(s,
				   s->ip_len == 20 ? p->host.gateway4_mac : p->host.gateway6_mac);
	}
}

static void receive(struct gen_port *p, struct rte_mbuf *m, uint64_t tsc)
{
	uint8_t reply[HOST_MAX_FRAME], whole[STREAM_MAX_FRAME + 8];
	const void *frame = rte_pktmbuf_mtod(m, const void *);
	size_t len = rte_pktmbuf_pkt_len(m), reply_len;

	if (m->nb_segs > 1) { /* nobody here splits test packets, but a carrier may */
		frame = len <= sizeof(whole) ? rte_pktmbuf_read(m, 0, (uint32_t)len, whole) : NULL;
		if (!frame) {
			counter_add(&p->sink.counts[SINK_UNEXPECTED], 1);
			return;
		}
	}
	bool ready = host_ready(&p->host);

	if (!host_receive(&p->host, frame, len, reply, &reply_len)) {
		sink_frame(&p->sink, frame, len, tsc);
		return;
	}
	counter_add(&p->host_rx, 1);
	if (reply_len)
		send_host(p, reply, reply_len);
	if (!ready && host_ready(&p->host))
		gateways_to_streams(p);
}

static unsigned receive_lanes(struct gen_port *p)
{
	struct rte_mbuf *pkts[GEN_BURST];
	unsigned total = 0;

	for (unsigned lane = 0; lane < p->params.lanes; lane++) {
		uint16_t n = rte_eth_rx_burst(p->params.port_id, (uint16_t)lane, pkts, GEN_BURST);
		uint64_t tsc = n ? rte_rdtsc() : 0;

		for (uint16_t i = 0; i < n; i++)
			receive(p, pkts[i], tsc);
		rte_pktmbuf_free_bulk(pkts, n);
		counter_add(&p->lane_rx[lane], n);
		total += n;
	}
	return total;
}

/* How many more may be made now. */
static unsigned room(struct gen_port *p, uint64_t tsc)
{
	uint64_t arrived = sink_good(&p->peer->sink), out = gen_port_outstanding(p);
	unsigned window = arrived ? p->params.window : FIRST_WINDOW;

	if (arrived != p->arrived || !out) {
		p->arrived = arrived;
		p->moved_at = tsc;
	} else if (tsc - p->moved_at > WRITE_OFF_S * rte_get_tsc_hz()) {
		store_relaxed(&p->written_off, p->written_off + out);
		p->moved_at = tsc;
		out = 0;
	}
	return out < window ? window - (unsigned)out : 0;
}

static unsigned send_lanes(struct gen_port *p, bool sending)
{
	uint64_t tsc = rte_rdtsc();
	unsigned total = 0, may = sending && host_ready(&p->host) ? room(p, tsc) : 0;

	if (++p->first_lane >= p->params.lanes)
		p->first_lane = 0;
	for (unsigned i = 0; i < p->params.lanes; i++) {
		unsigned lane = (p->first_lane + i) % p->params.lanes;
		struct rte_mbuf **staged = p->staged[lane];

		if (!p->n_staged[lane] && may) {
			unsigned n = RTE_MIN(may, (unsigned)GEN_BURST);

			p->n_staged[lane] =
				(uint16_t)source_burst(&p->source, lane, staged, n, tsc);
			if (!p->n_staged[lane])
				counter_add(&p->no_buffer, 1);
			may -= p->n_staged[lane];
		}
		if (!p->n_staged[lane])
			continue;
		uint16_t sent = rte_eth_tx_burst(p->params.port_id, (uint16_t)lane, staged,
						 p->n_staged[lane]);

		p->n_staged[lane] -= sent;
		memmove(staged, staged + sent, p->n_staged[lane] * sizeof(*staged));
		counter_add(&p->lane_tx[lane], sent);
		total += sent;
	}
	return total;
}

unsigned gen_port_turn(struct gen_port *p, bool sending)
{
	unsigned moved = receive_lanes(p);

	ask_for_gateways(p, rte_rdtsc());
	return moved + send_lanes(p, sending);
}
