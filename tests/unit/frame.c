/* SPDX-License-Identifier: BSD-3-Clause */
/* Building frames, and what a router must make of them; see frame.h. */
#include "tests/unit/frame.h"

static const uint8_t default_from[6] = { 2, 0, 0, 0, 0x99, 1 };

static bool is_ip6(const char *text)
{
	return strchr(text, ':') != NULL;
}

/* Ethernet, tag and IP header for `payload` bytes behind it; where those start. */
static uint8_t *headers(struct frame *f, const struct udp *u, unsigned payload, uint8_t protocol)
{
	const bool six = is_ip6(u->src);
	const uint8_t ttl = u->ttl || u->zero_ttl ? u->ttl : 64;
	unsigned at = 12;
	uint8_t *ip;

	memset(f->data, 0, sizeof(f->data));
	memcpy(f->data, u->to, 6);
	memcpy(f->data + 6, u->from ? u->from : default_from, 6);
	if (u->vlan) {
		frame_put16(f->data + at, 0x8100);
		frame_put16(f->data + at + 2, u->vlan);
		at += 4;
	}
	frame_put16(f->data + at, six ? 0x86dd : 0x0800);
	ip = f->data + at + 2;
	if (six) {
		ip[0] = 0x60;
		frame_put16(ip + 4, payload);
		ip[6] = protocol;
		ip[7] = ttl;
		frame_ip6(u->src, ip + 8);
		frame_ip6(u->dst, ip + 24);
		f->len = at + 2 + 40 + payload;
		return ip + 40;
	}
	const unsigned header = 20u + u->options;
	const uint32_t src = frame_ip4(u->src), dst = frame_ip4(u->dst);

	ip[0] = (uint8_t)(0x40 | header / 4);
	frame_put16(ip + 2, header + payload);
	frame_put16(ip + 4, u->id);
	frame_put16(ip + 6, u->fragment);
	ip[8] = ttl;
	ip[9] = protocol;
	memcpy(ip + 12, &src, 4);
	memcpy(ip + 16, &dst, 4);
	memset(ip + 20, 1, u->options); /* no operation */
	f->len = at + 2 + header + payload;
	frame_fix_ip4(f);
	return ip + header;
}

static void pattern(uint8_t *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + 3);
}

void frame_udp(struct frame *f, const struct udp *u)
{
	const uint8_t protocol = u->protocol || u->hop_by_hop ? u->protocol : NET_PROTO_UDP;
	uint8_t *udp = headers(f, u, 8u + u->payload, protocol);

	frame_put16(udp, u->src_port ? u->src_port : 4000);
	frame_put16(udp + 2, u->dst_port ? u->dst_port : 4001);
	frame_put16(udp + 4, 8u + u->payload);
	pattern(udp + 8, u->payload);
}

void frame_echo(struct frame *f, const struct udp *u, uint8_t type)
{
	const bool six = is_ip6(u->src);
	uint8_t *icmp = headers(f, u, 8u + u->payload, six ? NET_PROTO_ICMP6 : NET_PROTO_ICMP4);

	icmp[0] = type;
	frame_put16(icmp + 4, 0x1234);
	frame_put16(icmp + 6, 7);
	pattern(icmp + 8, u->payload);
	if (six)
		frame_fix_icmp6(f);
	else
		frame_fix_icmp4(f);
}

void frame_arp(struct frame *f, bool reply, const uint8_t *to, const uint8_t *from, uint16_t vlan,
	       const char *sender, const char *target)
{
	const uint32_t src = frame_ip4(sender), dst = frame_ip4(target);
	const int len = reply ? arp_build_reply(f->data, sizeof(f->data), from, to, vlan, src, dst)
			      : arp_build_request(f->data, sizeof(f->data), from, vlan, src, dst);

	cr_assert_gt(len, 0);
	f->len = (unsigned)len;
}

void frame_solicit(struct frame *f, const uint8_t *from, uint16_t vlan, const char *src,
		   const char *target)
{
	uint8_t s[16], t[16];
	const int len = nd_build_solicit(f->data, sizeof(f->data), from, NULL, vlan,
					 frame_ip6(src, s), NULL, frame_ip6(target, t));

	cr_assert_gt(len, 0);
	f->len = (unsigned)len;
}

void frame_advert(struct frame *f, const uint8_t *to, const uint8_t *from, uint16_t vlan,
		  const char *src, const char *dst, uint32_t flags)
{
	uint8_t s[16], d[16];
	const int len = nd_build_advert(f->data, sizeof(f->data), from, to, vlan, frame_ip6(src, s),
					frame_ip6(dst, d), s, flags);

	cr_assert_gt(len, 0);
	f->len = (unsigned)len;
}

void frame_pad(struct frame *f, unsigned len, uint8_t mark)
{
	if (len > f->len) {
		memset(f->data + f->len, mark, len - f->len);
		f->len = len;
	}
}

/* Ethernet and tag; where layer 3 goes. */
static unsigned ether(struct frame *out, const uint8_t *to, const uint8_t *from, uint16_t vlan,
		      unsigned type)
{
	unsigned at = 12;

	out->port = out->lane = 0;
	memcpy(out->data, to, 6);
	memcpy(out->data + 6, from, 6);
	if (vlan) {
		frame_put16(out->data + at, 0x8100);
		frame_put16(out->data + at + 2, vlan);
		at += 4;
	}
	frame_put16(out->data + at, type);
	return at + 2;
}

void frame_forwarded(struct frame *out, const struct frame *in, const uint8_t *to,
		     const uint8_t *from, uint16_t vlan)
{
	const unsigned l3 = frame_l3(in);
	const bool six = in->data[l3] >> 4 == 6;
	unsigned total = frame_get16(in->data + l3 + (six ? 4 : 2)) + (six ? 40 : 0);
	const unsigned have = in->len - l3;
	unsigned at;

	if (have > total) /* link padding stays only as far as a minimal frame needs it */
		total = have + 14 <= 60 ? have : total + 14 > 60 ? total : 46;
	at = ether(out, to, from, vlan, six ? 0x86dd : 0x0800);
	memcpy(out->data + at, in->data + l3, total);
	out->len = at + total;
	out->data[at + (six ? 7 : 8)]--;
	if (!six)
		frame_fix_ip4(out);
}

void frame_icmp_error(struct frame *out, const struct frame *in, const uint8_t *to,
		      const uint8_t *from, uint16_t vlan, const char *src, uint8_t type,
		      uint8_t code, uint32_t rest)
{
	const unsigned l3 = frame_l3(in);
	const uint8_t *quoted = in->data + l3;
	const bool six = quoted[0] >> 4 == 6;
	const unsigned total = frame_get16(quoted + (six ? 4 : 2)) + (six ? 40 : 0);
	const unsigned most = six ? 1280 - 48 : 576 - 28;
	const unsigned quote = total < most ? total : most;
	const unsigned at = ether(out, to, from, vlan, six ? 0x86dd : 0x0800);
	uint8_t *ip = out->data + at, *icmp = ip + (six ? 40 : 20);

	memset(ip, 0, 48);
	icmp[0] = type;
	icmp[1] = code;
	frame_put16(icmp + 4, rest >> 16);
	frame_put16(icmp + 6, rest);
	memcpy(icmp + 8, quoted, quote);
	if (six) {
		ip[0] = 0x6c; /* class 0xc0 */
		frame_put16(ip + 4, 8 + quote);
		ip[6] = NET_PROTO_ICMP6;
		ip[7] = 64;
		frame_ip6(src, ip + 8);
		memcpy(ip + 24, quoted + 8, 16);
		out->len = at + 48 + quote;
		frame_fix_icmp6(out);
		return;
	}
	const uint32_t from4 = frame_ip4(src);

	ip[0] = 0x45;
	ip[1] = 0xc0;
	frame_put16(ip + 2, 28 + quote);
	memcpy(ip + 4, quoted + 4, 2);
	ip[8] = 64;
	ip[9] = NET_PROTO_ICMP4;
	memcpy(ip + 12, &from4, 4);
	memcpy(ip + 16, quoted + 12, 4);
	out->len = at + 28 + quote;
	frame_fix_ip4(out);
	frame_fix_icmp4(out);
}

void frame_echo_reply(struct frame *out, const struct frame *in, const uint8_t *to,
		      const uint8_t *from, uint16_t vlan, const char *src)
{
	const unsigned l3 = frame_l3(in);
	const bool six = in->data[l3] >> 4 == 6;
	const unsigned at = ether(out, to, from, vlan, six ? 0x86dd : 0x0800);
	uint8_t *ip = out->data + at;

	memcpy(ip, in->data + l3, in->len - l3);
	out->len = at + in->len - l3;
	if (six) {
		memcpy(ip + 8, in->data + l3 + 24, 16);
		memcpy(ip + 24, in->data + l3 + 8, 16);
		if (src)
			frame_ip6(src, ip + 8);
		ip[7] = 64;
		ip[40] = NET_ICMP6_ECHO_REPLY;
		frame_fix_icmp6(out);
		return;
	}
	memcpy(ip + 12, in->data + l3 + 16, 4);
	memcpy(ip + 16, in->data + l3 + 12, 4);
	ip[8] = 64;
	ip[(ip[0] & 15) * 4] = NET_ICMP4_ECHO_REPLY;
	frame_fix_ip4(out);
	frame_fix_icmp4(out);
}
