/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ip4_error and ip6_error share: the rate limit, the reason of a drop where no error may be
 * sent, making room in front of the quoted packet. Both nodes have these edges. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_ERROR_H
#define CPX_DATAPLANE_NODES_ERROR_H

#include "dataplane/nodes/send.h"
#include "dataplane/tables/iface.h"

enum error_edge { ERROR_LOOKUP, ERROR_DROP, ERROR_EDGES };

static inline uint16_t error_drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return ERROR_DROP;
}

static inline enum icmp_cause_code error_code(uint32_t arg)
{
	return (enum icmp_cause_code)(arg >> 16);
}

static inline uint16_t error_mtu(uint32_t arg)
{
	return (uint16_t)arg;
}

/* The reason under which a packet is counted when no ICMP error may be sent about it. */
enum drop_reason error_reason(enum icmp_cause_code code);

/* One token for one error; icmp_errors_pps a second, a burst of a tenth of a second's worth. */
bool error_may_send(struct worker *w);

/*
 * Cut the packet behind L3 to `quote` bytes (one segment) and put `headers` bytes and a new
 * Ethernet header in front. Pointer to the room for the headers, NULL without headroom. type: host
 * order.
 */
uint8_t *error_make_room(struct rte_mbuf *m, uint16_t quote, uint16_t headers, uint16_t type);

/* Count an error sent, on the lane the offending packet came from. */
void error_count(struct worker *w, struct rte_mbuf *m, unsigned slot);

#endif
