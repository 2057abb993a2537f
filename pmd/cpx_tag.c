/* SPDX-License-Identifier: BSD-3-Clause */
/* VLAN tags in and out; see cpx_tag.h. Runs on a queue's lcore. */
#include "pmd/cpx_tag.h"

#include <rte_mbuf.h>

#include <errno.h>
#include <string.h>

/*
 * Insert at byte `at` of a segment that has no room: as many bytes as go in stay in it, the last
 * `len` of them go into a segment of their own.
 */
static int spill(struct rte_mbuf *m, struct rte_mbuf *s, uint32_t at, const uint8_t *tags,
		 uint16_t len)
{
	uint8_t *gap = rte_pktmbuf_mtod_offset(s, uint8_t *, at), *rest;
	const uint32_t after = s->data_len - at;
	struct rte_mbuf *more;

	if (m->nb_segs == UINT16_MAX)
		return -EINVAL;
	more = rte_pktmbuf_alloc(s->pool);
	if (more == NULL)
		return -ENOMEM;
	rest = (uint8_t *)rte_pktmbuf_append(more, len);
	if (rest == NULL) {
		rte_pktmbuf_free_seg(more);
		return -ENOMEM;
	}
	if (after >= len) {
		memcpy(rest, gap + after - len, len);
		memmove(gap + len, gap, after - len);
		memcpy(gap, tags, len);
	} else {
		memcpy(rest, tags + after, len - after);
		memcpy(rest + len - after, gap, after);
		memcpy(gap, tags, after);
	}
	more->next = s->next;
	s->next = more;
	m->nb_segs++;
	return 0;
}

int cpx_tag_insert(struct rte_mbuf *m, const uint8_t *tags, unsigned n)
{
	const uint16_t len = (uint16_t)(n * CPX_TAG_LEN);
	struct rte_mbuf *s = m;
	uint32_t at = CPX_TAG_AT; /* in segment s */

	for (; s != NULL && at > s->data_len; s = s->next)
		at -= s->data_len;
	if (s == NULL)
		return -EINVAL;
	if (rte_pktmbuf_headroom(s) >= len) {
		uint8_t *p = rte_pktmbuf_mtod(s, uint8_t *) - len;

		memmove(p, p + len, at);
		memcpy(p + at, tags, len);
		s->data_off -= len;
		s->data_len += len;
	} else if (rte_pktmbuf_tailroom(s) >= len) {
		uint8_t *gap = rte_pktmbuf_mtod_offset(s, uint8_t *, at);

		memmove(gap + len, gap, s->data_len - at);
		memcpy(gap, tags, len);
		s->data_len += len;
	} else {
		int rc = spill(m, s, at, tags, len);

		if (rc != 0)
			return rc;
	}
	m->pkt_len += len;
	return 0;
}

bool cpx_tag_strip(struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t addresses[CPX_TAG_AT];

	if (m->data_len < CPX_TAG_AT + CPX_TAG_LEN + 2 || p[CPX_TAG_AT] != 0x81 ||
	    p[CPX_TAG_AT + 1] != 0)
		return false;
	m->vlan_tci = (uint16_t)(p[CPX_TAG_AT + 2] << 8 | p[CPX_TAG_AT + 3]);
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	memcpy(addresses, p, sizeof(addresses));
	memcpy(p + CPX_TAG_LEN, addresses, sizeof(addresses));
	m->data_off += CPX_TAG_LEN;
	m->data_len -= CPX_TAG_LEN;
	m->pkt_len -= CPX_TAG_LEN;
	return true;
}
