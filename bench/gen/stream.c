/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building test packets: per flow a header template and its partial checksum, per packet lengths,
 * payload header, CRC and UDP checksum.
 */
#include "bench/gen/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/order.h"
#include "lib/net/checksum.h"

#define IP4_HEADERS (NET_ETHER_LEN + 20 + 8)
#define IP6_HEADERS (NET_ETHER_LEN + 40 + 8)

/* What fills a payload behind its header: neither all zeros nor all ones (RFC 2544 C.2.4). */
static uint8_t filler[STREAM_MAX_FRAME];

static void __attribute__((constructor)) fill_filler(void)
{
	for (unsigned i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)(i * 31 + 7);
}

void stream_imix(struct stream_params *p)
{
	const uint16_t small =
		(p->family == AF_INET ? IP4_HEADERS : IP6_HEADERS) + sizeof(struct payload);
	const uint16_t mix[12] = { small, 590, small, small, 590,   small,
				   small, 590, small, 1514,  small, 590 };

	p->n_sizes = 12;
	memcpy(p->sizes, mix, sizeof(mix));
}

/* Adds n to the low 32 bits of an address. */
static void address_add(uint8_t *addr, unsigned len, uint32_t n)
{
	uint32_t low;

	memcpy(&low, addr + len - 4, 4);
	low = net_swap32(net_swap32(low) + n);
	memcpy(addr + len - 4, &low, 4);
}

static void make_flow(const struct stream *s, unsigned index, const uint8_t src_mac[6])
{
	struct flow *f = &s->flows[index];
	bool v4 = s->params.family == AF_INET;
	unsigned addr_len = v4 ? 4 : 16;
	uint8_t src[16], dst[16], unknown[6] = { 0 };
	struct udp_header *udp = (struct udp_header *)(f->header + NET_ETHER_LEN + s->ip_len);

	memcpy(src, s->params.src, addr_len);
	memcpy(dst, s->params.dst, addr_len);
	address_add(src, addr_len, index);
	address_add(dst, addr_len, index);
	eth_fill(f->header, unknown, src_mac, 0, v4 ? NET_ETHERTYPE_IP4 : NET_ETHERTYPE_IP6);
	if (v4) {
		struct ip4_header *ip = (struct ip4_header *)(f->header + NET_ETHER_LEN);

		ip->version_ihl = 0x45;
		ip->fragment = NET_BE16(NET_IP4_DF);
		ip->ttl = s->params.ttl;
		ip->protocol = NET_PROTO_UDP;
		memcpy(&ip->src, src, 4);
		memcpy(&ip->dst, dst, 4);
	} else {
		struct ip6_header *ip = (struct ip6_header *)(f->header + NET_ETHER_LEN);

		ip->version_class_flow = NET_BE32(0x60000000);
		ip->next_header = NET_PROTO_UDP;
		ip->hop_limit = s->params.ttl;
		memcpy(ip->src, src, 16);
		memcpy(ip->dst, dst, 16);
	}
	udp->src_port = net_swap16((uint16_t)(STREAM_SRC_PORT + index));
	udp->dst_port = NET_BE16(STREAM_DST_PORT);
	/* the address part of both pseudo-headers is the plain sum of the addresses */
	f->sum = checksum_add(checksum_add(0, src, addr_len), dst, addr_len) +
		 NET_BE16(NET_PROTO_UDP) + udp->src_port + udp->dst_port;
}

int stream_create(struct stream **out, const struct stream_params *p, const uint8_t src_mac[6],
		  struct err *err)
{
	bool v4 = p->family == AF_INET;
	unsigned shortest = (v4 ? IP4_HEADERS : IP6_HEADERS) + sizeof(struct payload);

	if (!v4 && p->family != AF_INET6)
		return err_set(err, -EINVAL, "stream %u: family %u is neither IPv4 nor IPv6", p->id,
			       p->family);
	if (!p->n_flows)
		return err_set(err, -EINVAL, "stream %u: no flows; give at least 1", p->id);
	if (!p->n_sizes || p->n_sizes > STREAM_MAX_SIZES)
		return err_set(err, -EINVAL, "stream %u: %u frame sizes; give 1 to %u", p->id,
			       p->n_sizes, STREAM_MAX_SIZES);
	for (unsigned i = 0; i < p->n_sizes; i++)
		if (p->sizes[i] < shortest || p->sizes[i] > STREAM_MAX_FRAME)
			return err_set(err, -EINVAL,
				       "stream %u: a frame of %u bytes without FCS; headers and "
				       "the test payload need %u, and %u is the most",
				       p->id, p->sizes[i], shortest, STREAM_MAX_FRAME);

	struct stream *s = calloc(1, sizeof(*s));

	if (s)
		s->flows = calloc(p->n_flows, sizeof(*s->flows));
	if (!s || !s->flows) {
		free(s);
		return err_set(err, -ENOMEM, "stream %u: no memory for %u flows", p->id,
			       p->n_flows);
	}
	s->params = *p;
	s->ip_len = v4 ? 20 : 40;
	s->header_len = v4 ? IP4_HEADERS : IP6_HEADERS;
	for (unsigned i = 0; i < p->n_flows; i++)
		make_flow(s, i, src_mac);
	*out = s;
	return 0;
}

void stream_destroy(struct stream *s)
{
	if (!s)
		return;
	free(s->flows);
	free(s);
}

void stream_set_gateway(struct stream *s, const uint8_t dst_mac[6])
{
	for (unsigned i = 0; i < s->params.n_flows; i++)
		memcpy(s->flows[i].header, dst_mac, 6);
}

void stream_fill(struct stream *s, unsigned flow, void *buf, uint64_t tsc)
{
	struct flow *f = &s->flows[flow];
	uint16_t size = stream_next_size(s, f);
	uint8_t *frame = (uint8_t *)buf;
	uint16_t udp_len = (uint16_t)(size - NET_ETHER_LEN - s->ip_len);
	uint16_t payload_len = (uint16_t)(udp_len - sizeof(struct udp_header));
	struct udp_header *udp = (struct udp_header *)(frame + NET_ETHER_LEN + s->ip_len);
	struct payload *payload = (struct payload *)(udp + 1);

	memcpy(frame, f->header, s->header_len);
	if (s->params.family == AF_INET) {
		struct ip4_header *ip = (struct ip4_header *)(frame + NET_ETHER_LEN);

		ip->total_length = net_swap16((uint16_t)(size - NET_ETHER_LEN));
		ip->checksum = checksum_ip4(ip, sizeof(*ip));
	} else {
		struct ip6_header *ip = (struct ip6_header *)(frame + NET_ETHER_LEN);

		ip->payload_length = net_swap16(udp_len);
	}
	*payload = (struct payload){
		.magic = PAYLOAD_MAGIC,
		.stream = s->params.id,
		.flow = (uint16_t)flow,
		.sequence = f->sent,
		.tx_tsc = tsc,
	};
	memcpy(payload + 1, filler, payload_len - sizeof(*payload));
	payload->crc = payload_crc(payload, payload_len);

	udp->length = net_swap16(udp_len);
	uint16_t sum =
		checksum_finish(checksum_add(f->sum + 2ull * udp->length, payload, payload_len));

	udp->checksum = sum ? sum : 0xffff;   /* RFC 768: 0 would mean "none" */
	store_relaxed(&f->sent, f->sent + 1); /* the screen adds them up meanwhile */
}

uint64_t stream_sent(const struct stream *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->params.n_flows; i++)
		sum += load_relaxed(&s->flows[i].sent);
	return sum;
}
