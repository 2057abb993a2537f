/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What zebra of FRR 8 says by FPM: singletons, groups and routes by id, an update as a delete and
 * an add in one frame. Built byte by byte as dplane_fpm_nl does: nothing of lib/rtnl is used, so
 * that a test does not agree with itself.
 */
#ifndef CPX_TESTS_UNIT_FPM_ZEBRA_H
#define CPX_TESTS_UNIT_FPM_ZEBRA_H

#include <arpa/inet.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>

struct zebra_frame {
	uint32_t message; /* where the netlink message at hand begins */
	uint32_t len;
	uint8_t bytes[4096];
};

static inline void zebra_begin(struct zebra_frame *f)
{
	f->len = 4;
	f->bytes[0] = f->bytes[1] = 1;
}

static inline void zebra_end(struct zebra_frame *f)
{
	f->bytes[2] = (uint8_t)(f->len >> 8);
	f->bytes[3] = (uint8_t)f->len;
}

static inline void zebra_message(struct zebra_frame *f, uint16_t type, const void *head,
				 uint32_t size)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)sizeof(h) + size,
				    .nlmsg_type = type,
				    .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE,
				    .nlmsg_pid = 4711 };

	f->message = f->len;
	memcpy(f->bytes + f->len, &h, sizeof(h));
	memcpy(f->bytes + f->len + sizeof(h), head, size);
	f->len += (uint32_t)sizeof(h) + size;
}

static inline void zebra_attr(struct zebra_frame *f, uint16_t type, const void *data, uint16_t len)
{
	const struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type };
	uint32_t whole;

	memset(f->bytes + f->len, 0, sizeof(a) + NLA_ALIGN(len));
	memcpy(f->bytes + f->len, &a, sizeof(a));
	memcpy(f->bytes + f->len + sizeof(a), data, len);
	f->len += (uint32_t)(sizeof(a) + NLA_ALIGN(len));
	whole = f->len - f->message;
	memcpy(f->bytes + f->message, &whole, sizeof(whole));
}

static inline void zebra_u32(struct zebra_frame *f, uint16_t type, uint32_t value)
{
	zebra_attr(f, type, &value, sizeof(value));
}

/* type: RTM_NEWROUTE, RTM_DELROUTE; dst in network order; object 0: none is said */
static inline void zebra_route(struct zebra_frame *f, uint16_t type, int family, const void *dst,
			       unsigned len, uint32_t object)
{
	const struct rtmsg r = { .rtm_family = (uint8_t)family,
				 .rtm_dst_len = (uint8_t)len,
				 .rtm_table = RT_TABLE_MAIN,
				 .rtm_protocol = RTPROT_BGP,
				 .rtm_type = type == RTM_NEWROUTE ? RTN_UNICAST : RTN_UNSPEC };

	zebra_message(f, type, &r, sizeof(r));
	zebra_attr(f, RTA_DST, dst, family == AF_INET ? 4 : 16);
	zebra_u32(f, RTA_PRIORITY, 20);
	if (object)
		zebra_u32(f, RTA_NH_ID, object);
}

static inline void zebra_object(struct zebra_frame *f, uint32_t id, const char *gateway, int index)
{
	const int family = strchr(gateway, ':') ? AF_INET6 : AF_INET;
	const struct nhmsg h = { .nh_family = (uint8_t)family };
	uint8_t addr[16];

	inet_pton(family, gateway, addr);
	zebra_message(f, RTM_NEWNEXTHOP, &h, sizeof(h));
	zebra_u32(f, NHA_ID, id);
	zebra_attr(f, NHA_GATEWAY, addr, family == AF_INET ? 4 : 16);
	zebra_u32(f, NHA_OIF, (uint32_t)index);
}

/* ids end with 0 */
static inline void zebra_group(struct zebra_frame *f, uint32_t id, const uint32_t *ids)
{
	struct nexthop_grp g[16] = { { 0 } };
	const struct nhmsg h = { 0 };
	uint16_t n = 0;

	for (; ids[n]; n++)
		g[n].id = ids[n];
	zebra_message(f, RTM_NEWNEXTHOP, &h, sizeof(h));
	zebra_u32(f, NHA_ID, id);
	zebra_attr(f, NHA_GROUP, g, (uint16_t)(n * sizeof(g[0])));
}

static inline void zebra_del_object(struct zebra_frame *f, uint32_t id)
{
	const struct nhmsg h = { 0 };

	zebra_message(f, RTM_DELNEXTHOP, &h, sizeof(h));
	zebra_u32(f, NHA_ID, id);
}

#endif
