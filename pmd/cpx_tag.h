/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLAN tags put into a frame and taken out of it. Called by a queue's lcore on frames that belong
 * to it alone: every segment direct, with one reference.
 */
#ifndef CPX_PMD_CPX_TAG_H
#define CPX_PMD_CPX_TAG_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

enum {
	CPX_TAG_AT = 12, /* where tags lie in a frame: after its addresses */
	CPX_TAG_LEN = 4,
	CPX_TAGS_MAX = 2,
};

/* A tag of the type (0x8100, 0x88a8) as it lies in a frame. */
static inline void cpx_tag_write(uint8_t tag[CPX_TAG_LEN], uint16_t type, uint16_t tci)
{
	tag[0] = (uint8_t)(type >> 8);
	tag[1] = (uint8_t)type;
	tag[2] = (uint8_t)(tci >> 8);
	tag[3] = (uint8_t)tci;
}

/*
 * Put n tags, outermost first, after the addresses. Takes room before the addresses, else after
 * the segment's data, else a segment from its pool: it fails only with -EINVAL for a frame that is
 * not that long and -ENOMEM when that pool is empty; the frame is as it was then.
 */
int cpx_tag_insert(struct rte_mbuf *m, const uint8_t *tags, unsigned n);

/*
 * Take the outermost tag out, if it is one of type 0x8100, and tell it in vlan_tci and the flags
 * RX_VLAN and RX_VLAN_STRIPPED. A header that is not whole in the first segment stays as it is.
 */
bool cpx_tag_strip(struct rte_mbuf *m);

#endif
