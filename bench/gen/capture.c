/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap and pcapng (draft-ietf-opsawg-pcapng) as far as packets need; see capture.h. */
#include "bench/gen/capture.h"

#include <errno.h>
#include <string.h>

#define PCAP_MICRO     0xa1b2c3d4u
#define PCAP_NANO      0xa1b23c4du
#define PCAP_HEADER    24
#define PCAP_RECORD    16
#define NG_SECTION     0x0a0d0d0au
#define NG_BYTE_ORDER  0x1a2b3c4du
#define NG_INTERFACE   1
#define NG_SIMPLE      3
#define NG_ENHANCED    6
#define NG_BLOCK_LEAST 12 /* type, length, length again */

static uint32_t get32(const struct capture *c, size_t at)
{
	uint32_t v;

	memcpy(&v, c->data + at, 4);
	return c->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct capture *c, size_t at)
{
	uint16_t v;

	memcpy(&v, c->data + at, 2);
	return c->swapped ? __builtin_bswap16(v) : v;
}

static size_t left(const struct capture *c)
{
	return c->len - c->at;
}

static int damaged(const struct capture *c, struct err *err, const char *what)
{
	return err_set(err, -EBADMSG,
		       "capture: after packet %llu, at byte %zu: %s; `capinfos` or `editcap` may "
		       "tell or save more",
		       (unsigned long long)c->packets, c->at, what);
}

static int not_ethernet(unsigned link, struct err *err)
{
	return err_set(err, -EINVAL,
		       "capture: link type %u; only Ethernet (%u) can be forwarded, capture on an "
		       "Ethernet interface and not on `any`",
		       link, CAPTURE_ETHERNET);
}

int capture_open(struct capture *c, const void *data, size_t len, struct err *err)
{
	uint32_t magic = 0;

	*c = (struct capture){ .data = data, .len = len };
	if (len >= 4)
		magic = get32(c, 0);
	if (magic == NG_SECTION) { /* reads the same in both orders */
		c->ng = true;
		return 0;
	}
	c->swapped =
		magic == __builtin_bswap32(PCAP_MICRO) || magic == __builtin_bswap32(PCAP_NANO);
	if (!c->swapped && magic != PCAP_MICRO && magic != PCAP_NANO)
		return err_set(err, -EINVAL,
			       "capture: it begins neither like pcap nor like pcapng; "
			       "`tcpdump -w FILE` and Wireshark write both");
	if (len < PCAP_HEADER)
		return err_set(err, -EINVAL, "capture: only %zu bytes, the header alone has %u",
			       len, PCAP_HEADER);
	uint32_t link = get32(c, 20) & 0xffff; /* above: FCS length and reserved */

	if (link != CAPTURE_ETHERNET)
		return not_ethernet(link, err);
	c->at = PCAP_HEADER;
	return 0;
}

static int next_pcap(struct capture *c, struct capture_packet *p, struct err *err)
{
	if (!left(c))
		return 0;
	if (left(c) < PCAP_RECORD)
		return damaged(c, err, "the file ends inside a record header");
	uint32_t len = get32(c, c->at + 8), original = get32(c, c->at + 12);

	if (len > CAPTURE_MAX_PACKET)
		return damaged(c, err, "a packet length beyond 256 KiB");
	if (len > left(c) - PCAP_RECORD)
		return damaged(c, err, "the file ends inside a packet");
	*p = (struct capture_packet){ .data = c->data + c->at + PCAP_RECORD,
				      .len = len,
				      .original = original > len ? original : len };
	c->at += PCAP_RECORD + len;
	c->packets++;
	return 1;
}

/* The section header sets the byte order of all that follows, its own length included. */
static int begin_section(struct capture *c, struct err *err)
{
	uint32_t order;

	if (left(c) < 28)
		return damaged(c, err, "the file ends inside a section header");
	memcpy(&order, c->data + c->at + 8, 4);
	if (order != NG_BYTE_ORDER && order != __builtin_bswap32(NG_BYTE_ORDER))
		return damaged(c, err, "a section without a byte-order mark");
	c->swapped = order != NG_BYTE_ORDER;
	c->n_interfaces = 0;
	return 0;
}

static int add_interface(struct capture *c, uint32_t block, struct err *err)
{
	if (block < 20)
		return damaged(c, err, "an interface block that is too short");
	if (c->n_interfaces == CAPTURE_MAX_INTERFACES)
		return damaged(c, err, "more than 64 interfaces in one section");
	c->link[c->n_interfaces] = get16(c, c->at + 8);
	c->snap[c->n_interfaces++] = get32(c, c->at + 12);
	return 0;
}

/* A packet block: header bytes before the data, and which interface. */
static int take_packet(struct capture *c, uint32_t block, uint32_t type, struct capture_packet *p,
		       struct err *err)
{
	bool simple = type == NG_SIMPLE;
	uint32_t header = simple ? 12 : 28, interface, len, original;

	if (block < header + 4)
		return damaged(c, err, "a packet block that is too short");
	interface = simple ? 0 : get32(c, c->at + 8);
	if (interface >= c->n_interfaces)
		return damaged(c, err, "a packet of an interface that was not described");
	if (c->link[interface] != CAPTURE_ETHERNET)
		return not_ethernet(c->link[interface], err);
	original = get32(c, c->at + (simple ? 8 : 24));
	len = simple ? original : get32(c, c->at + 20);
	if (simple && c->snap[interface] && len > c->snap[interface])
		len = c->snap[interface];
	if (len > CAPTURE_MAX_PACKET)
		return damaged(c, err, "a packet length beyond 256 KiB");
	if (len > block - header - 4)
		return damaged(c, err, "a packet longer than its block");
	*p = (struct capture_packet){ .data = c->data + c->at + header,
				      .len = len,
				      .original = original > len ? original : len };
	c->packets++;
	return 1;
}

static int next_ng(struct capture *c, struct capture_packet *p, struct err *err)
{
	while (left(c)) {
		uint32_t type, block;
		int ret = 0;

		if (left(c) < NG_BLOCK_LEAST)
			return damaged(c, err, "the file ends inside a block header");
		type = get32(c, c->at);
		if (type == NG_SECTION) {
			ret = begin_section(c, err);
			if (ret)
				return ret;
		}
		block = get32(c, c->at + 4);
		if (block < NG_BLOCK_LEAST || block % 4)
			return damaged(c, err, "a block length that cannot be");
		if (block > left(c))
			return damaged(c, err, "the file ends inside a block");
		if (get32(c, c->at + block - 4) != block)
			return damaged(c, err, "a block whose two lengths differ");
		if (type == NG_INTERFACE)
			ret = add_interface(c, block, err);
		else if (type == NG_SIMPLE || type == NG_ENHANCED)
			ret = take_packet(c, block, type, p, err);
		if (ret < 0)
			return ret;
		c->at += block;
		if (ret)
			return 1;
	}
	return 0;
}

int capture_next(struct capture *c, struct capture_packet *p, struct err *err)
{
	return c->ng ? next_ng(c, p, err) : next_pcap(c, p, err);
}
