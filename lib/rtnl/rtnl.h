/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of rtnetlink (rtnetlink(7)): links, addresses, routes, neighbours, next-hop objects, as
 * the kernel sends them to a socket (socket.h) and zebra to an FPM server (fpm.h). Pure functions
 * of (pointer, length), any alignment, any bytes; nothing here knows a socket.
 *
 * A message that is no message of its kind is -EPROTO. One that is, but of a sort nobody here can
 * follow, is RTNL_OTHER. Next hops beyond RTNL_MAX_HOPS are left out and counted in `left_out`.
 */
#ifndef CPX_LIB_RTNL_RTNL_H
#define CPX_LIB_RTNL_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTNL_MAX_HOPS 64
#define RTNL_NAME_LEN 16 /* with its end; IFNAMSIZ */

enum rtnl_kind {
	RTNL_OTHER, /* nothing we follow */
	RTNL_DONE,  /* end of a dump */
	RTNL_ERROR, /* answer to a request: `error` */
	RTNL_LINK,
	RTNL_ADDRESS,
	RTNL_ROUTE,
	RTNL_NEIGHBOR,
	RTNL_NEXTHOP,
};

struct rtnl_link {
	int32_t index;
	uint32_t flags; /* IFF_UP … */
	uint32_t mtu;   /* 0: not said */
	char name[RTNL_NAME_LEN];
	char kind[RTNL_NAME_LEN]; /* vlan, vrf, tun …; empty: a device of its own */
	uint8_t mac[6];
	bool has_mac;
	int8_t carrier;     /* 0, 1; -1: not said */
	uint16_t vlan;      /* of kind vlan, 802.1Q: 1..4094; else 0 */
	int32_t parent;     /* device it stands on, in the same namespace; 0: none */
	uint32_t vrf_table; /* of kind vrf; else 0 */
};

struct rtnl_address {
	int32_t index;
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t len;
	uint8_t scope;  /* RT_SCOPE_* */
	uint32_t flags; /* IFA_F_* */
	uint8_t addr[16];
};

struct rtnl_hop {
	int32_t index;   /* 0: not said */
	uint16_t weight; /* from 1 */
	uint8_t family;  /* of addr; 0: the destination is on the link */
	uint8_t flags;   /* RTNH_F_* */
	bool encap;      /* wants a tunnel or labels */
	uint8_t addr[16];
};

struct rtnl_route {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t len;    /* of dst; bits beyond are 0 */
	uint8_t src_len, tos;
	uint8_t protocol, scope, type; /* RTPROT_*, RT_SCOPE_*, RTN_* */
	uint8_t dst[16];
	uint32_t table;
	uint32_t priority;
	uint32_t flags; /* RTM_F_*, RTNH_F_* of its only hop */
	uint32_t nh_id; /* next-hop object; 0: the hops below */
	uint16_t n_hops, left_out;
	struct rtnl_hop hops[RTNL_MAX_HOPS];
};

struct rtnl_neighbor {
	int32_t index;
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t flags;  /* NTF_* */
	uint16_t state; /* NUD_* */
	bool has_mac;
	uint8_t mac[6];
	uint8_t addr[16];
};

struct rtnl_member {
	uint32_t id;
	uint16_t weight;
};

struct rtnl_nexthop {
	uint32_t id;
	uint8_t protocol;
	bool blackhole;
	bool fdb;            /* of a bridge, not of routes */
	bool group;          /* members[n_members], else hop */
	struct rtnl_hop hop; /* weight 1 */
	uint16_t n_members, left_out;
	struct rtnl_member members[RTNL_MAX_HOPS];
};

struct rtnl_message {
	enum rtnl_kind kind;
	bool del;       /* RTM_DEL… */
	uint16_t flags; /* NLM_F_* */
	uint32_t seq, pid;
	int error; /* RTNL_ERROR, RTNL_DONE: 0 or a negative errno */
	union {
		struct rtnl_link link;
		struct rtnl_address address;
		struct rtnl_route route;
		struct rtnl_neighbor neighbor;
		struct rtnl_nexthop nexthop;
	};
};

/* Length of the first message of a buffer with several, padding included, at most `len`; 0: there
 * is none. *message_len: without padding. */
size_t rtnl_first(const void *bytes, size_t len, size_t *message_len);

/* One message of just this length. 0 or -EPROTO. */
int rtnl_parse(const void *bytes, size_t len, struct rtnl_message *out);

#endif
