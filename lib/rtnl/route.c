/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes and their next hops. */
#include <linux/rtnetlink.h>

#include "lib/rtnl/attr.h"
#include "lib/rtnl/parse.h"

/* 0.0.0.0 and :: are no gateways: the destination is on the link. */
static int parse_gateway(const struct rtnl_attr *a, uint8_t family, struct rtnl_hop *hop)
{
	static const uint8_t none[16];

	if (rtnl_attr_addr(a, family, hop->addr) != 0)
		return -EPROTO;
	hop->family = memcmp(a->data, none, a->len) != 0 ? family : 0;
	return 0;
}

/* A gateway of another family than the route's (RFC 8950): struct rtvia. */
static int parse_via(const struct rtnl_attr *a, struct rtnl_hop *hop)
{
	struct rtnl_attr addr;
	uint16_t family;

	if (a->len < sizeof(family))
		return -EPROTO;
	memcpy(&family, a->data, sizeof(family));
	if (family != AF_INET && family != AF_INET6)
		return -EPROTO;
	addr = (struct rtnl_attr){ .len = (uint16_t)(a->len - sizeof(family)),
				   .data = a->data + sizeof(family) };
	return parse_gateway(&addr, (uint8_t)family, hop);
}

/* What a route with one hop says of it, and each hop of one with several. */
static int hop_attr(const struct rtnl_attr *a, uint8_t family, struct rtnl_hop *hop)
{
	switch (a->type) {
	case RTA_GATEWAY:
		return parse_gateway(a, family, hop);
	case RTA_VIA:
		return parse_via(a, hop);
	case RTA_ENCAP:
	case RTA_NEWDST:
		hop->encap = true;
		return 0;
	default:
		return 0;
	}
}

static int parse_hop(const struct rtnexthop *head, struct rtnl_attrs rest, uint8_t family,
		     struct rtnl_hop *hop)
{
	struct rtnl_attr a;
	int ret;

	if (head->rtnh_ifindex < 0)
		return -EPROTO;
	*hop = (struct rtnl_hop){ .index = head->rtnh_ifindex,
				  .weight = (uint16_t)(head->rtnh_hops + 1),
				  .flags = head->rtnh_flags };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0)
		if ((ret = hop_attr(&a, family, hop)) < 0)
			return ret;
	return ret;
}

static int parse_multipath(struct rtnl_attrs rest, struct rtnl_route *out)
{
	out->n_hops = 0;
	out->left_out = 0;
	while (rest.left > 0) {
		struct rtnexthop head;
		struct rtnl_hop hop;
		size_t step;

		if (rest.left < sizeof(head))
			return -EPROTO;
		memcpy(&head, rest.at, sizeof(head));
		if (head.rtnh_len < sizeof(head) || head.rtnh_len > rest.left)
			return -EPROTO;
		if (parse_hop(&head,
			      (struct rtnl_attrs){ rest.at + sizeof(head),
						   head.rtnh_len - sizeof(head) },
			      out->family, &hop) != 0)
			return -EPROTO;
		if (out->n_hops < RTNL_MAX_HOPS)
			out->hops[out->n_hops++] = hop;
		else
			out->left_out++;
		step = RTNH_ALIGN((size_t)head.rtnh_len);
		if (step > rest.left)
			step = rest.left;
		rest.at += step;
		rest.left -= step;
	}
	return 0;
}

static void clear_beyond(uint8_t addr[16], unsigned len)
{
	for (unsigned bit = len; bit < 128; bit = (bit / 8 + 1) * 8)
		addr[bit / 8] &= (uint8_t) ~(0xff >> bit % 8);
}

static int route_attr(const struct rtnl_attr *a, struct rtnl_route *out, struct rtnl_hop *only)
{
	switch (a->type) {
	case RTA_DST:
		return rtnl_attr_addr(a, out->family, out->dst);
	case RTA_TABLE:
		return rtnl_attr_u32(a, &out->table);
	case RTA_PRIORITY:
		return rtnl_attr_u32(a, &out->priority);
	case RTA_NH_ID:
		return rtnl_attr_u32(a, &out->nh_id);
	case RTA_OIF:
		return rtnl_attr_index(a, &only->index);
	case RTA_MULTIPATH:
		return parse_multipath(rtnl_attr_nest(a), out);
	default:
		return hop_attr(a, out->family, only);
	}
}

int rtnl_parse_route(const uint8_t *p, size_t len, struct rtnl_route *out)
{
	struct rtnl_hop only = { .weight = 1 };
	bool has_dst = false, multipath = false;
	struct rtnl_attrs rest;
	struct rtnl_attr a;
	struct rtmsg head;
	int ret;

	if (len < sizeof(head))
		return -EPROTO;
	memcpy(&head, p, sizeof(head));
	if (head.rtm_family != AF_INET && head.rtm_family != AF_INET6) /* labels, multicast */
		return -ENOMSG;
	if (head.rtm_dst_len > (head.rtm_family == AF_INET ? 32 : 128))
		return -EPROTO;
	out->family = head.rtm_family;
	out->len = head.rtm_dst_len;
	out->src_len = head.rtm_src_len;
	out->tos = head.rtm_tos;
	out->protocol = head.rtm_protocol;
	out->scope = head.rtm_scope;
	out->type = head.rtm_type;
	out->table = head.rtm_table;
	out->flags = head.rtm_flags;
	rest = (struct rtnl_attrs){ p + sizeof(head), len - sizeof(head) };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0) {
		if ((ret = route_attr(&a, out, &only)) < 0)
			return ret;
		has_dst |= a.type == RTA_DST;
		multipath |= a.type == RTA_MULTIPATH;
	}
	if (ret == 0 && out->len > 0 && !has_dst)
		return -EPROTO;
	clear_beyond(out->dst, out->len);
	only.flags = (uint8_t)out->flags;
	if (!multipath && (only.index || only.family))
		out->hops[out->n_hops++] = only;
	return ret;
}
