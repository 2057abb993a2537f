/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/ctl/twin_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/netns.h"

union message {
	struct nlmsghdr header;
	uint8_t bytes[512];
};

static int open_socket(void *arg)
{
	struct mnl_socket **s = arg;
	int ret;

	*s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!*s)
		return -errno;
	if (mnl_socket_bind(*s, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	ret = -errno;
	mnl_socket_close(*s);
	return ret;
}

struct mnl_socket *twin_link_open(int ns)
{
	struct mnl_socket *s = NULL;
	const int ret = netns_run(ns, open_socket, &s);

	errno = -ret;
	return ret ? NULL : s;
}

static int keep_index(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(h) >= sizeof(*link))
		*(int *)arg = link->ifi_index;
	return MNL_CB_OK;
}

/* Sends it and takes what comes until its acknowledgement. *index: of a link that comes. */
static int ask(struct mnl_socket *s, struct nlmsghdr *h, int *index)
{
	static unsigned seq; /* control thread only */
	static uint8_t answer[32768];
	int ret = MNL_CB_OK;

	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	while (ret > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(s, answer, sizeof(answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret = mnl_cb_run(answer, (size_t)n, seq, mnl_socket_get_portid(s), keep_index,
				 index);
	}
	return ret < 0 ? -errno : 0;
}

static struct nlmsghdr *link_request(union message *m, uint16_t type, int index)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->bytes);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));

	h->nlmsg_type = type;
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = index;
	return h;
}

int twin_link_index(struct mnl_socket *s, const char *name)
{
	union message m;
	struct nlmsghdr *h = link_request(&m, RTM_GETLINK, 0);
	int index = 0, ret;

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	ret = ask(s, h, &index);
	if (ret)
		return ret;
	return index > 0 ? index : -ENODEV;
}

int twin_link_eui64(struct mnl_socket *s, int index)
{
	union message m;
	struct nlmsghdr *h = link_request(&m, RTM_NEWLINK, index);
	struct nlattr *spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(h, AF_INET6);
	int none = 0, ret;

	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_EUI64);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	ret = ask(s, h, &none);
	return ret == -EAFNOSUPPORT ? 0 : ret;
}

int twin_link_mac(struct mnl_socket *s, int index, const uint8_t mac[6])
{
	union message m;
	struct nlmsghdr *h = link_request(&m, RTM_NEWLINK, index);
	int none = 0;

	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	return ask(s, h, &none);
}

int twin_link_mtu(struct mnl_socket *s, int index, uint16_t mtu)
{
	union message m;
	struct nlmsghdr *h = link_request(&m, RTM_NEWLINK, index);
	int none = 0;

	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return ask(s, h, &none);
}

int twin_link_up(struct mnl_socket *s, int index)
{
	union message m;
	struct nlmsghdr *h = link_request(&m, RTM_NEWLINK, index);
	struct ifinfomsg *link = mnl_nlmsg_get_payload(h);
	int none = 0;

	link->ifi_flags = link->ifi_change = IFF_UP;
	return ask(s, h, &none);
}

static struct nlmsghdr *address_request(union message *m, uint16_t type, int index, uint8_t family,
					const uint8_t *addr, uint8_t len)
{
	const size_t bytes = family == AF_INET ? 4 : 16;
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->bytes);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	h->nlmsg_type = type;
	a->ifa_family = family;
	a->ifa_prefixlen = len;
	a->ifa_flags = IFA_F_PERMANENT | (family == AF_INET6 ? IFA_F_NODAD : 0);
	a->ifa_scope = family == AF_INET6 && addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80
			       ? RT_SCOPE_LINK
			       : RT_SCOPE_UNIVERSE;
	a->ifa_index = (unsigned)index;
	mnl_attr_put(h, IFA_LOCAL, bytes, addr);
	mnl_attr_put(h, IFA_ADDRESS, bytes, addr);
	return h;
}

int twin_link_address(struct mnl_socket *s, int index, uint8_t family, const uint8_t *addr,
		      uint8_t len)
{
	union message m;
	struct nlmsghdr *h = address_request(&m, RTM_NEWADDR, index, family, addr, len);
	int none = 0, ret;

	h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	if (family == AF_INET && len < 31) {
		uint32_t all;

		memcpy(&all, addr, 4);
		all |= htonl(UINT32_MAX >> len);
		mnl_attr_put(h, IFA_BROADCAST, 4, &all);
	}
	ret = ask(s, h, &none);
	return ret == -EEXIST ? 0 : ret;
}

int twin_link_no_address(struct mnl_socket *s, int index, uint8_t family, const uint8_t *addr,
			 uint8_t len)
{
	union message m;
	int none = 0;
	const int ret = ask(s, address_request(&m, RTM_DELADDR, index, family, addr, len), &none);

	return ret == -EADDRNOTAVAIL || ret == -EAFNOSUPPORT ? 0 : ret;
}
