/* SPDX-License-Identifier: BSD-3-Clause */
/* Which message it is; what every message has. */
#include <linux/rtnetlink.h>

#include "lib/rtnl/attr.h"
#include "lib/rtnl/parse.h"

size_t rtnl_first(const void *bytes, size_t len, size_t *message_len)
{
	struct nlmsghdr h;
	size_t step;

	if (len < sizeof(h))
		return 0;
	memcpy(&h, bytes, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len)
		return 0;
	*message_len = h.nlmsg_len;
	step = NLMSG_ALIGN((size_t)h.nlmsg_len);
	return step < len ? step : len;
}

/* An errno, first of what follows the header of an error and of the end of a dump. */
static int parse_error(const uint8_t *p, size_t len, int *error)
{
	int32_t code;

	if (len < sizeof(code))
		return -EPROTO;
	memcpy(&code, p, sizeof(code));
	if (code > 0 || code < -4095)
		return -EPROTO;
	*error = code;
	return 0;
}

int rtnl_parse(const void *bytes, size_t len, struct rtnl_message *out)
{
	const uint8_t *p = (const uint8_t *)bytes + sizeof(struct nlmsghdr);
	struct nlmsghdr h;
	int ret;

	out->kind = RTNL_OTHER;
	if (len < sizeof(h))
		return -EPROTO;
	memcpy(&h, bytes, sizeof(h));
	if (h.nlmsg_len != len)
		return -EPROTO;
	memset(out, 0, sizeof(*out));
	out->flags = h.nlmsg_flags;
	out->seq = h.nlmsg_seq;
	out->pid = h.nlmsg_pid;
	len -= sizeof(h);
	switch (h.nlmsg_type) {
	case NLMSG_ERROR:
		out->kind = RTNL_ERROR;
		ret = parse_error(p, len, &out->error);
		break;
	case NLMSG_DONE:
		out->kind = RTNL_DONE;
		/* old kernels end some dumps without a word */
		ret = len ? parse_error(p, len, &out->error) : 0;
		break;
	case RTM_DELLINK:
		out->del = true;
		/* fall through */
	case RTM_NEWLINK:
		out->kind = RTNL_LINK;
		ret = rtnl_parse_link(p, len, &out->link);
		break;
	case RTM_DELADDR:
		out->del = true;
		/* fall through */
	case RTM_NEWADDR:
		out->kind = RTNL_ADDRESS;
		ret = rtnl_parse_address(p, len, &out->address);
		break;
	case RTM_DELROUTE:
		out->del = true;
		/* fall through */
	case RTM_NEWROUTE:
		out->kind = RTNL_ROUTE;
		ret = rtnl_parse_route(p, len, &out->route);
		break;
	case RTM_DELNEIGH:
		out->del = true;
		/* fall through */
	case RTM_NEWNEIGH:
		out->kind = RTNL_NEIGHBOR;
		ret = rtnl_parse_neighbor(p, len, &out->neighbor);
		break;
	case RTM_DELNEXTHOP:
		out->del = true;
		/* fall through */
	case RTM_NEWNEXTHOP:
		out->kind = RTNL_NEXTHOP;
		ret = rtnl_parse_nexthop(p, len, &out->nexthop);
		break;
	default:
		return 0;
	}
	if (ret != 0)
		out->kind = RTNL_OTHER;
	return ret == -ENOMSG ? 0 : ret;
}
