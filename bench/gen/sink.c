/* SPDX-License-Identifier: BSD-3-Clause */
/* Judging received frames; see sink.h. */
#include "bench/gen/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/order.h"
#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

/* What the layers of one frame say, once checked. */
struct view {
	uint8_t family, ttl;
	const uint8_t *ip, *udp;
	size_t udp_len; /* bytes there are for UDP, by the IP header */
};

void sink_init(struct sink *k, unsigned hops)
{
	*k = (struct sink){ .hops = hops, .tsc_least = UINT64_MAX };
}

int sink_add(struct sink *k, const struct stream *s)
{
	if (s->params.id >= SINK_MAX_STREAMS || k->streams[s->params.id].stream)
		return -EINVAL;
	struct sink_stream *t = &k->streams[s->params.id];

	t->flows = calloc(s->params.n_flows, sizeof(*t->flows));
	if (!t->flows)
		return -ENOMEM;
	t->stream = s;
	return 0;
}

void sink_fini(struct sink *k)
{
	for (unsigned i = 0; i < SINK_MAX_STREAMS; i++)
		free(k->streams[i].flows);
}

/* GOOD: *v filled and it is UDP. */
static enum sink_verdict view_frame(const uint8_t *frame, size_t len, struct view *v)
{
	const struct eth_header *eth = (const struct eth_header *)frame;
	const uint8_t *ip = frame + NET_ETHER_LEN;

	if (len < NET_ETHER_LEN)
		return SINK_UNEXPECTED;
	len -= NET_ETHER_LEN;
	if (eth->type == NET_BE16(NET_ETHERTYPE_IP4)) {
		const struct ip4_header *h = (const struct ip4_header *)ip;

		if (ip4_check(ip, len) != IP4_OK)
			return SINK_BAD_IP;
		if (h->protocol != NET_PROTO_UDP || ip4_is_fragment(h))
			return SINK_UNEXPECTED;
		*v = (struct view){ .family = AF_INET,
				    .ttl = h->ttl,
				    .ip = ip,
				    .udp = ip + ip4_header_length(h),
				    .udp_len = net_swap16(h->total_length) - ip4_header_length(h) };
		return SINK_GOOD;
	}
	if (eth->type == NET_BE16(NET_ETHERTYPE_IP6)) {
		const struct ip6_header *h = (const struct ip6_header *)ip;

		if (ip6_check(ip, len) != IP6_OK)
			return SINK_BAD_IP;
		if (h->next_header != NET_PROTO_UDP)
			return SINK_UNEXPECTED;
		*v = (struct view){ .family = AF_INET6,
				    .ttl = h->hop_limit,
				    .ip = ip,
				    .udp = ip + sizeof(*h),
				    .udp_len = net_swap16(h->payload_length) };
		return SINK_GOOD;
	}
	return SINK_UNEXPECTED;
}

static bool udp_is_right(const struct view *v, uint16_t udp_len)
{
	if (v->family == AF_INET) {
		const struct ip4_header *ip = (const struct ip4_header *)v->ip;

		return checksum_l4_ip4(ip->src, ip->dst, NET_PROTO_UDP, v->udp, udp_len) == 0;
	}
	const struct ip6_header *ip = (const struct ip6_header *)v->ip;

	return checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_UDP, v->udp, udp_len) == 0;
}

/* Addresses and ports as the flow's template has them: a router changes neither. */
static bool flow_is_right(const struct view *v, const struct stream *s, unsigned flow)
{
	const uint8_t *sent = s->flows[flow].header + NET_ETHER_LEN;
	size_t at = s->params.family == AF_INET ? 12 : 8, n = s->params.family == AF_INET ? 8 : 32;

	return v->family == s->params.family && !memcmp(v->ip + at, sent + at, n) &&
	       !memcmp(v->udp, sent + s->ip_len, 4);
}

static enum sink_verdict judge(struct sink *k, const struct view *v, size_t len, uint64_t tsc)
{
	const struct udp_header *udp = (const struct udp_header *)v->udp;
	const struct payload *p = (const struct payload *)(udp + 1);

	if (v->udp_len < sizeof(*udp))
		return SINK_BAD_UDP;
	uint16_t udp_len = net_swap16(udp->length);

	if (udp_len != v->udp_len || udp->checksum == 0 || !udp_is_right(v, udp_len))
		return SINK_BAD_UDP;
	if (udp->dst_port != NET_BE16(STREAM_DST_PORT))
		return SINK_UNEXPECTED;
	if (udp_len < sizeof(*udp) + sizeof(*p) || p->magic != PAYLOAD_MAGIC)
		return SINK_UNEXPECTED;
	if (p->crc != payload_crc(p, udp_len - (uint32_t)sizeof(*udp)))
		return SINK_BAD_PAYLOAD;
	if (p->stream >= SINK_MAX_STREAMS)
		return SINK_UNEXPECTED;
	struct sink_stream *t = &k->streams[p->stream];

	if (!t->stream || p->flow >= t->stream->params.n_flows)
		return SINK_UNEXPECTED;
	if (!flow_is_right(v, t->stream, p->flow))
		return SINK_BAD_FLOW;
	if (v->ttl + k->hops != t->stream->params.ttl)
		return SINK_BAD_HOPS;
	switch (sequence_receive(&t->flows[p->flow], p->sequence)) {
	case SEQUENCE_DUPLICATE:
		return SINK_DUPLICATE;
	case SEQUENCE_STALE:
		return SINK_STALE;
	default:
		break;
	}
	counter_add(&t->good_bytes, len);
	if (tsc >= p->tx_tsc) { /* else the two cores' counters differ: no measurement */
		uint64_t took = tsc - p->tx_tsc;

		k->tsc_sum += took;
		if (took < k->tsc_least)
			k->tsc_least = took;
		if (took > k->tsc_most)
			k->tsc_most = took;
	}
	return SINK_GOOD;
}

enum sink_verdict sink_frame(struct sink *k, const void *frame, size_t len, uint64_t tsc)
{
	struct view v;
	enum sink_verdict verdict = view_frame((const uint8_t *)frame, len, &v);

	if (verdict == SINK_GOOD)
		verdict = judge(k, &v, len, tsc);
	counter_add(&k->counts[verdict], 1);
	return verdict;
}

uint64_t sink_good(const struct sink *k)
{
	return load_relaxed(&k->counts[SINK_GOOD]);
}

void sink_report(const struct sink *k, struct sink_report *r)
{
	*r = (struct sink_report){ .unexpected = k->counts[SINK_UNEXPECTED] };
	for (unsigned i = SINK_BAD_IP; i <= SINK_BAD_PAYLOAD; i++)
		r->corrupted += k->counts[i];
	for (unsigned i = 0; i < SINK_MAX_STREAMS; i++) {
		const struct sink_stream *t = &k->streams[i];

		for (unsigned f = 0; t->stream && f < t->stream->params.n_flows; f++) {
			const struct sequence *q = &t->flows[f];
			uint64_t sent = load_relaxed(&t->stream->flows[f].sent);

			r->sent += sent;
			r->received += q->distinct;
			r->lost += sequence_lost(q, sent);
			r->duplicate += q->duplicate;
			r->reordered += q->reordered;
			r->stale += q->stale;
		}
	}
}

const char *sink_verdict_label(enum sink_verdict v)
{
	static const char *const labels[] = {
#define _(sym, label, text) label,
		SINK_VERDICTS(_)
#undef _
	};
	return v < SINK_VERDICT_COUNT ? labels[v] : "?";
}

const char *sink_verdict_text(enum sink_verdict v)
{
	static const char *const texts[] = {
#define _(sym, label, text) text,
		SINK_VERDICTS(_)
#undef _
	};
	return v < SINK_VERDICT_COUNT ? texts[v] : "?";
}
