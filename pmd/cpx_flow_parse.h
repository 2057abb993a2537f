/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what an application hands to rte_flow to what the matcher works with, or a struct
 * rte_flow_error that names the object at fault. A pure function of its arguments; any thread.
 *
 * Taken: ingress rules of group 0 at any priority; a stack of eth, vlan (at most two), ipv4 or
 * ipv6, udp or tcp, from any layer up, void anywhere; every field of their headers under any mask,
 * and has_vlan, has_more_vlan and the has_*_ext bits; `last` only where it asks for no range.
 * Exactly one of queue, rss, drop and passthru, and at most one each of mark and count.
 */
#ifndef CPX_PMD_CPX_FLOW_PARSE_H
#define CPX_PMD_CPX_FLOW_PARSE_H

#include <rte_flow.h>

#include "pmd/cpx_flow_match.h"

/* What the port has to offer. */
struct cpx_flow_limits {
	uint16_t n_queues;  /* rx queues configured */
	uint64_t rss_types; /* RTE_ETH_RSS_* it knows */
	bool rss_keyed;     /* the port hashes with a key of the application's, Toeplitz */
};

struct cpx_flow_request {
	uint32_t priority;
	struct cpx_flow_pattern pattern;
	enum cpx_flow_fate fate;
	uint16_t queue;
	bool marks, counts;
	uint32_t mark;
	uint64_t rss_types;               /* CPX_FLOW_RSS: never 0 */
	const uint8_t *rss_key;           /* CPX_RSS_KEY bytes; NULL: as the port hashes */
	uint8_t rss_queue[CPX_FLOW_RETA]; /* queue of each value of the hash's lowest bits */
};

/* 0, or a negative errno and *error (which may be NULL) filled in. */
int cpx_flow_parse(const struct cpx_flow_limits *limits, const struct rte_flow_attr *attr,
		   const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
		   struct cpx_flow_request *request, struct rte_flow_error *error);

/* The half of it about the pattern; *pattern is zeroed. */
int cpx_flow_read_pattern(const struct rte_flow_item *item, struct cpx_flow_pattern *pattern,
			  struct rte_flow_error *error);

/* rte_flow_error_set() with a text put together here; it lasts until the next of this thread. */
__rte_format_printf(5, 6) int cpx_flow_error(struct rte_flow_error *error, int code,
					     enum rte_flow_error_type type, const void *cause,
					     const char *format, ...);

#endif
