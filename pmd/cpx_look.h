/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a port does with the frames it received before the application sees them: filters, flow
 * hash, VLAN strip, checksums, packet types, time stamps. Only what was asked for and the carrier
 * does not do itself; each stage walks over the burst once, and not at all if nobody wants it.
 *
 * Called by the rx queue's lcore with frames that belong to it alone. The control thread changes
 * the settings meanwhile by relaxed stores; each frame is treated by one setting of each stage.
 */
#ifndef CPX_PMD_CPX_LOOK_H
#define CPX_PMD_CPX_LOOK_H

#include <stdint.h>

#include "pmd/cpx_filter.h"
#include "pmd/cpx_rss.h"

struct rte_mbuf;

/* The stages, in the order in which they are gone through. */
enum cpx_want {
	CPX_WANT_MAC = 1 << 0,    /* drop frames to others */
	CPX_WANT_VLAN = 1 << 1,   /* drop frames of other VLANs */
	CPX_WANT_HASH = 1 << 2,   /* hash frames that have none */
	CPX_WANT_REHASH = 1 << 3, /* … and those that have one: it is not of our key */
	/* flow rules come between the two parts: they see the hash, and the tag in its place */
	CPX_WANT_STRIP = 1 << 4,     /* take the VLAN tag out */
	CPX_WANT_CHECKSUMS = 1 << 5, /* IP and L4 checksum flags */
	CPX_WANT_PTYPES = 1 << 6,    /* packet types */
	CPX_WANT_STAMP = 1 << 7,     /* the time the burst was received */
};

#define CPX_WANTS_FIRST (CPX_WANT_MAC | CPX_WANT_VLAN | CPX_WANT_HASH | CPX_WANT_REHASH)

/* Settings of a port. */
struct cpx_look {
	struct cpx_filter filter;
	struct cpx_rss rss;
	uint32_t ptypes;     /* any time: layers of packet type to tell */
	uint32_t checks;     /* any time: enum cpx_check set */
	int stamp_field;     /* offset of the dynamic mbuf field; set before anybody wants it */
	uint64_t stamp_flag; /* of the dynamic mbuf flag */
};

/* What became of the frames that are missing: freed. */
struct cpx_looked {
	uint16_t filtered_mac, filtered_vlan;
};

/*
 * First part, up to the hash: frames that a filter drops are freed, the others move together in
 * their order: how many there are. Counts in `looked`, which starts as zeros.
 */
uint16_t cpx_look_admit(const struct cpx_look *look, uint32_t wants, struct rte_mbuf **pkts,
			uint16_t n, struct cpx_looked *looked);

/* Second part, the rest; `now` is the time stamp. */
void cpx_look_finish(const struct cpx_look *look, uint32_t wants, struct rte_mbuf **pkts,
		     uint16_t n, uint64_t now);

#endif
