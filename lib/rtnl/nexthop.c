/* SPDX-License-Identifier: BSD-3-Clause */
/* Next-hop objects: one way, a group of ways, or none. */
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

#include "lib/rtnl/attr.h"
#include "lib/rtnl/parse.h"

static int parse_group(const struct rtnl_attr *a, struct rtnl_nexthop *out)
{
	struct nexthop_grp g;

	if (a->len == 0 || a->len % sizeof(g) != 0)
		return -EPROTO;
	out->group = true;
	out->n_members = 0;
	out->left_out = 0;
	for (size_t at = 0; at < a->len; at += sizeof(g)) {
		uint32_t weight;

		memcpy(&g, a->data + at, sizeof(g));
		if (g.id == 0)
			return -EPROTO;
		weight = 1u + g.weight + ((uint32_t)g.resvd1 << 8); /* high byte: Linux 6.12 */
		if (out->n_members == RTNL_MAX_HOPS) {
			out->left_out++;
			continue;
		}
		out->members[out->n_members++] = (struct rtnl_member){
			.id = g.id, .weight = weight > UINT16_MAX ? UINT16_MAX : (uint16_t)weight
		};
	}
	return 0;
}

static int nexthop_attr(const struct rtnl_attr *a, uint8_t family, struct rtnl_nexthop *out)
{
	switch (a->type) {
	case NHA_ID:
		return rtnl_attr_u32(a, &out->id);
	case NHA_GROUP:
		return parse_group(a, out);
	case NHA_BLACKHOLE:
		out->blackhole = true;
		return 0;
	case NHA_OIF:
		return rtnl_attr_index(a, &out->hop.index);
	case NHA_GATEWAY:
		if (family != AF_INET && family != AF_INET6)
			return -EPROTO;
		out->hop.family = family;
		return rtnl_attr_addr(a, family, out->hop.addr);
	case NHA_ENCAP:
		out->hop.encap = true;
		return 0;
	case NHA_FDB:
		out->fdb = true;
		return 0;
	default:
		return 0;
	}
}

int rtnl_parse_nexthop(const uint8_t *p, size_t len, struct rtnl_nexthop *out)
{
	struct rtnl_attrs rest;
	struct rtnl_attr a;
	struct nhmsg head;
	int ret;

	if (len < sizeof(head))
		return -EPROTO;
	memcpy(&head, p, sizeof(head));
	out->protocol = head.nh_protocol;
	out->hop.weight = 1;
	out->hop.flags = (uint8_t)head.nh_flags;
	rest = (struct rtnl_attrs){ p + sizeof(head), len - sizeof(head) };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0)
		if ((ret = nexthop_attr(&a, head.nh_family, out)) < 0)
			return ret;
	return ret == 0 && out->id == 0 ? -EPROTO : ret;
}
