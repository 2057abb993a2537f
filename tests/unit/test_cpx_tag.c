/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_tag.c: tags go in and out at every split of a frame over segments and with every kind of
 * room, as DPDK's own rte_vlan_insert and rte_vlan_strip do where those can.
 */
#include <errno.h>

#include "pmd/cpx_tag.h"
#include "tests/unit/cpx_port.h"
#include "tests/unit/guard.h"

#define LEN 40 /* of the untagged frame */

static const uint8_t two[] = { 0x88, 0xa8, 0x12, 0x34, 0x81, 0x00, 0x0f, 0xff };
static const uint8_t one[] = { 0x81, 0x00, 0x6f, 0xff };
static uint8_t plain[LEN];

static void init(void)
{
	start_eal();
	for (unsigned i = 0; i < LEN; i++)
		plain[i] = (uint8_t)(i + 1);
}

TestSuite(tag, .init = init);

static uint8_t *bytes(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

/* `plain` in two segments cut at `cut`, with so much room before and after the first's data. */
static struct rte_mbuf *split(uint16_t cut, uint16_t head, uint16_t tail)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *next;

	m->data_off = head;
	m->buf_len = (uint16_t)(head + cut + tail);
	memcpy(rte_pktmbuf_append(m, cut), plain, cut);
	if (cut < LEN) {
		next = frame((uint16_t)(LEN - cut), 0);
		next->data_off = 0; /* no room before, so that what is asked of m happens in m */
		memcpy(bytes(next), plain + cut, (size_t)(LEN - cut));
		cr_assert_eq(rte_pktmbuf_chain(m, next), 0);
	}
	return m;
}

/* The frame is `plain` with the tags in; frees it. */
static void expect(struct rte_mbuf *m, const uint8_t *tags, unsigned n, const char *what,
		   unsigned cut)
{
	uint8_t want[LEN + 8], got[LEN + 8];
	const char *why;

	memcpy(want, plain, 12);
	memcpy(want + 12, tags, n * 4);
	memcpy(want + 12 + n * 4, plain + 12, LEN - 12);
	cr_assert_eq(rte_mbuf_check(m, 1, &why), 0, "%s at %u: %s", what, cut, why);
	cr_assert_eq(m->pkt_len, LEN + n * 4, "%s at %u", what, cut);
	for (struct rte_mbuf *s = m; s != NULL; s = s->next)
		cr_assert_leq(s->data_off + s->data_len, s->buf_len, "%s at %u", what, cut);
	const void *p = rte_pktmbuf_read(m, 0, m->pkt_len, got);

	cr_assert_not_null(p);
	cr_expect_arr_eq(p, want, LEN + n * 4, "%s at %u", what, cut);
	for (struct rte_mbuf *s = m; s != NULL; s = s->next)
		s->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
	rte_pktmbuf_free(m);
}

Test(tag, in_at_every_split_with_every_room)
{
	for (uint16_t cut = 0; cut <= LEN; cut++) {
		for (unsigned n = 1; n <= 2; n++) {
			const uint8_t *tags = n == 1 ? one : two;
			struct rte_mbuf *m = split(cut, 100, 0);

			cr_expect_eq(cpx_tag_insert(m, tags, n), 0);
			expect(m, tags, n, "headroom", cut);
			m = split(cut, 3, 100);
			cr_expect_eq(cpx_tag_insert(m, tags, n), 0);
			cr_expect_leq(m->nb_segs, 2);
			expect(m, tags, n, "tailroom", cut);
			m = split(cut, 3, 3);
			cr_expect_eq(cpx_tag_insert(m, tags, n), 0);
			if (cut >= 12)
				cr_expect_eq(m->nb_segs, cut < LEN ? 3 : 2);
			expect(m, tags, n, "no room", cut);
		}
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(tag, in_as_dpdk_does)
{
	struct rte_mbuf *a = split(LEN, 100, 0), *b = split(LEN, 100, 0);

	a->vlan_tci = 0x6fff;
	cr_assert_eq(rte_vlan_insert(&a), 0);
	cr_assert_eq(cpx_tag_insert(b, one, 1), 0);
	cr_expect_eq(a->data_off, b->data_off);
	cr_expect_arr_eq(bytes(a), bytes(b), LEN + 4);
}

Test(tag, room_outside_is_not_written)
{
	struct rte_mbuf m = { .nb_segs = 1, .data_off = 4, .data_len = LEN, .pkt_len = LEN };

	/* tags go up to the forbidden page, and down to the first byte of the buffer */
	m.buf_len = LEN + 12;
	m.buf_addr = guard_copy(plain, LEN);
	m.buf_addr = (uint8_t *)m.buf_addr - 12;
	rte_mbuf_refcnt_set(&m, 1);
	memcpy(bytes(&m), plain, LEN);
	cr_assert_eq(cpx_tag_insert(&m, two, 2), 0);
	cr_expect_eq(m.data_off, 4);
	cr_expect_eq(m.data_len, LEN + 8);
	cr_expect_arr_eq(bytes(&m) + 12, two, 8);
	cr_assert_eq(cpx_tag_insert(&m, one, 1), 0);
	cr_expect_eq(m.data_off, 0);
	cr_expect_arr_eq(bytes(&m) + 12, one, 4);
	cr_expect_arr_eq(bytes(&m) + 16, two, 8);
	cr_expect_arr_eq(bytes(&m) + 24, plain + 12, LEN - 12);
}

Test(tag, not_in)
{
	struct rte_mbuf *m, *all[POOL_FRAMES];
	unsigned n = 0;

	for (uint16_t len = 0; len < 12; len++) {
		m = frame(len, 0);
		cr_expect_eq(cpx_tag_insert(m, one, 1), -EINVAL, "%u", len);
		rte_pktmbuf_free(m);
	}
	m = split(LEN, 0, 0);
	while (n < POOL_FRAMES && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	cr_expect_eq(cpx_tag_insert(m, one, 1), -ENOMEM);
	cr_expect_arr_eq(bytes(m), plain, LEN, "as it was");
	cr_expect_eq(m->pkt_len, LEN);
	rte_pktmbuf_free_bulk(all, n);
	cr_expect_eq(cpx_tag_insert(m, one, 1), 0);
	expect(m, one, 1, "then", LEN);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(tag, out)
{
	struct rte_mbuf *m = split(LEN, 100, 0), *other;

	cpx_tag_insert(m, one, 1);
	other = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
	cr_assert(cpx_tag_strip(m));
	cr_assert_eq(rte_vlan_strip(other), 0);
	cr_expect_eq(m->vlan_tci, 0x6fff);
	cr_expect_eq(m->vlan_tci, other->vlan_tci);
	cr_expect_eq(m->ol_flags, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	cr_expect_eq(m->ol_flags, other->ol_flags);
	cr_expect_eq(m->pkt_len, LEN);
	cr_expect_eq(m->data_len, LEN);
	cr_expect_arr_eq(bytes(m), plain, LEN);
	m->ol_flags = 0;
	cr_expect(!cpx_tag_strip(m), "no tag left");
	cpx_tag_insert(m, two, 1);
	cr_expect(!cpx_tag_strip(m), "a service tag stays");
	cr_expect_eq(m->ol_flags, 0);
}

Test(tag, not_out_of_a_cut_frame)
{
	uint8_t b[18] = { [12] = 0x81, 0, 0, 7, 8, 0 };

	for (uint16_t len = 0; len <= 18; len++) {
		struct rte_mbuf m = { .nb_segs = 1, .data_len = len, .pkt_len = len };

		m.buf_addr = guard_copy(b, len);
		m.buf_len = len;
		cr_expect_eq(cpx_tag_strip(&m), len == 18, "%u", len);
		cr_expect_eq(m.pkt_len, len == 18 ? 14 : len);
	}
}
