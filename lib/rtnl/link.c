/* SPDX-License-Identifier: BSD-3-Clause */
/* Links, addresses and neighbours: what stands on one device. */
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "lib/rtnl/attr.h"
#include "lib/rtnl/parse.h"

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static int parse_vlan(struct rtnl_attrs rest, struct rtnl_link *out)
{
	uint16_t protocol = 0, id = 0;
	struct rtnl_attr a;
	int ret;

	while ((ret = rtnl_attr_next(&rest, &a)) > 0) {
		if (a.type == IFLA_VLAN_ID)
			ret = rtnl_attr_u16(&a, &id);
		else if (a.type == IFLA_VLAN_PROTOCOL)
			ret = rtnl_attr_u16(&a, &protocol);
		if (ret < 0)
			return ret;
	}
	if (id > 4095)
		return -EPROTO;
	if (protocol == __builtin_bswap16(ETH_P_8021Q) && id != 4095)
		out->vlan = id;
	return ret;
}

static int parse_vrf(struct rtnl_attrs rest, struct rtnl_link *out)
{
	struct rtnl_attr a;
	int ret;

	while ((ret = rtnl_attr_next(&rest, &a)) > 0)
		if (a.type == IFLA_VRF_TABLE && rtnl_attr_u32(&a, &out->vrf_table) != 0)
			return -EPROTO;
	return ret;
}

/* The kind comes before its data. */
static int parse_info(struct rtnl_attrs rest, struct rtnl_link *out)
{
	struct rtnl_attr a;
	int ret;

	while ((ret = rtnl_attr_next(&rest, &a)) > 0) {
		if (a.type == IFLA_INFO_KIND)
			ret = rtnl_attr_text(&a, out->kind, sizeof(out->kind));
		else if (a.type == IFLA_INFO_DATA && strcmp(out->kind, "vlan") == 0)
			ret = parse_vlan(rtnl_attr_nest(&a), out);
		else if (a.type == IFLA_INFO_DATA && strcmp(out->kind, "vrf") == 0)
			ret = parse_vrf(rtnl_attr_nest(&a), out);
		if (ret < 0)
			return ret;
	}
	return ret;
}

static int link_attr(const struct rtnl_attr *a, struct rtnl_link *out, bool *elsewhere)
{
	switch (a->type) {
	case IFLA_IFNAME:
		return rtnl_attr_text(a, out->name, sizeof(out->name));
	case IFLA_ADDRESS:
		if (a->len != sizeof(out->mac)) /* of another kind of link */
			return 0;
		memcpy(out->mac, a->data, sizeof(out->mac));
		out->has_mac = true;
		return 0;
	case IFLA_MTU:
		return rtnl_attr_u32(a, &out->mtu);
	case IFLA_CARRIER:
		if (a->len != 1)
			return -EPROTO;
		out->carrier = a->data[0] != 0;
		return 0;
	case IFLA_LINK: {
		uint32_t parent; /* 0: a tunnel that stands on none */

		if (rtnl_attr_u32(a, &parent) != 0 || parent > INT32_MAX)
			return -EPROTO;
		out->parent = (int32_t)parent;
		return 0;
	}
	case IFLA_LINK_NETNSID:
		*elsewhere = true;
		return 0;
	case IFLA_LINKINFO:
		return parse_info(rtnl_attr_nest(a), out);
	default:
		return 0;
	}
}

int rtnl_parse_link(const uint8_t *p, size_t len, struct rtnl_link *out)
{
	struct rtnl_attrs rest;
	struct ifinfomsg head;
	struct rtnl_attr a;
	bool elsewhere = false;
	int ret;

	if (len < sizeof(head))
		return -EPROTO;
	memcpy(&head, p, sizeof(head));
	if (head.ifi_family != AF_UNSPEC) /* a bridge about its port, say: no life of a link */
		return -ENOMSG;
	if (head.ifi_index <= 0)
		return -EPROTO;
	out->index = head.ifi_index;
	out->flags = head.ifi_flags;
	out->carrier = -1;
	rest = (struct rtnl_attrs){ p + sizeof(head), len - sizeof(head) };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0)
		if ((ret = link_attr(&a, out, &elsewhere)) < 0)
			return ret;
	if (elsewhere)
		out->parent = 0;
	return ret;
}

int rtnl_parse_address(const uint8_t *p, size_t len, struct rtnl_address *out)
{
	bool has_local = false, has_addr = false;
	struct rtnl_attrs rest;
	struct ifaddrmsg head;
	struct rtnl_attr a;
	int ret;

	if (len < sizeof(head))
		return -EPROTO;
	memcpy(&head, p, sizeof(head));
	if (!is_ip(head.ifa_family))
		return -ENOMSG;
	if (head.ifa_index == 0 || head.ifa_index > INT32_MAX ||
	    head.ifa_prefixlen > (head.ifa_family == AF_INET ? 32 : 128))
		return -EPROTO;
	out->index = (int32_t)head.ifa_index;
	out->family = head.ifa_family;
	out->len = head.ifa_prefixlen;
	out->scope = head.ifa_scope;
	out->flags = head.ifa_flags;
	rest = (struct rtnl_attrs){ p + sizeof(head), len - sizeof(head) };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0) {
		if (a.type == IFA_LOCAL) {
			ret = rtnl_attr_addr(&a, out->family, out->addr);
			has_local = true;
		} else if (a.type == IFA_ADDRESS && !has_local) { /* else the far end's */
			ret = rtnl_attr_addr(&a, out->family, out->addr);
			has_addr = true;
		} else if (a.type == IFA_FLAGS) {
			ret = rtnl_attr_u32(&a, &out->flags);
		}
		if (ret < 0)
			return ret;
	}
	if (ret == 0 && !has_local && !has_addr)
		return -EPROTO;
	return ret;
}

int rtnl_parse_neighbor(const uint8_t *p, size_t len, struct rtnl_neighbor *out)
{
	struct rtnl_attrs rest;
	bool has_addr = false;
	struct rtnl_attr a;
	struct ndmsg head;
	int ret;

	if (len < sizeof(head))
		return -EPROTO;
	memcpy(&head, p, sizeof(head));
	if (!is_ip(head.ndm_family)) /* a bridge's forwarding table, say */
		return -ENOMSG;
	if (head.ndm_ifindex < 0)
		return -EPROTO;
	if (head.ndm_ifindex == 0) /* a proxy for all devices */
		return -ENOMSG;
	out->index = head.ndm_ifindex;
	out->family = head.ndm_family;
	out->state = head.ndm_state;
	out->flags = head.ndm_flags;
	rest = (struct rtnl_attrs){ p + sizeof(head), len - sizeof(head) };
	while ((ret = rtnl_attr_next(&rest, &a)) > 0) {
		if (a.type == NDA_DST) {
			if (rtnl_attr_addr(&a, out->family, out->addr) != 0)
				return -EPROTO;
			has_addr = true;
		} else if (a.type == NDA_LLADDR && a.len == sizeof(out->mac)) {
			memcpy(out->mac, a.data, sizeof(out->mac));
			out->has_mac = true;
		}
	}
	return ret == 0 && !has_addr ? -EPROTO : ret;
}
