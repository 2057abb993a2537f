/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_rxtx_peer.c: frames into and out of the memory that a peer shares, of every length, in
 * every kind of mbuf, with every instruction set; and nothing of ours but the frames. */
#include <rte_vect.h>

#include "tests/unit/cpx_peer_port.h"

TestSuite(rxtx_peer, .init = start_peer, .fini = remove_folder);

#define JUMBO_MTU (9728 - 22)

static const struct rte_eth_conf plain = { 0 };
static const struct rte_eth_conf jumbo = {
	.rxmode = { .mtu = JUMBO_MTU, .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
	.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
};

static uint16_t port_with(const struct rte_eth_conf *conf, const char *args, uint16_t queues)
{
	uint16_t port = new_peer_port("net_cpx0", args);

	set_up_with(port, queues, conf);
	start(port);
	return port;
}

/* What the far end gets next on a lane is frame number n of this length. */
static void expect_at_far(uint32_t lane, uint64_t n, uint32_t len)
{
	static uint8_t got[16384];

	cr_assert_eq(fiber_receive(fiber_rx_queue(far, lane), got, sizeof(got)), (int)len,
		     "frame %lu of %u bytes", n, len);
	cr_assert(frame_is(got, n, len), "frame %lu of %u bytes arrived changed", n, len);
}

static void far_sends(uint32_t lane, uint64_t n, uint32_t len)
{
	static uint8_t bytes[16384];

	fill_frame(bytes, n, len);
	cr_assert_eq(fiber_send(fiber_tx_queue(far, lane), bytes, len), 0);
}

static void expect_here(uint16_t port, uint16_t queue, uint64_t n, uint32_t len)
{
	struct rte_mbuf *m = receive_one(port, queue);

	cr_assert_not_null(m, "frame %lu of %u bytes", n, len);
	cr_assert(is_numbered(m, n, len), "frame %lu of %u bytes arrived changed", n, len);
	cr_assert_eq(m->port, port);
	rte_mbuf_sanity_check(m, 1);
	rte_pktmbuf_free(m);
}

/* All short ones, all around the bounds of slots and mbufs, some of the others. */
static uint32_t next_length(uint32_t len)
{
	return len < 320 || len % 2048 < 3 || len % 2048 > 2044 || len >= 9720 ? len + 1 : len + 37;
}

static void every_length(void)
{
	uint16_t port = port_with(&jumbo, "role=server", 1);
	uint64_t n = 0;

	far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_HASH });
	for (uint32_t len = 14; len <= 9728; len = next_length(len)) {
		cr_assert_eq(send_one(port, 0, numbered(n, len)), 1);
		expect_at_far(0, n, len);
		far_sends(0, n, len);
		expect_here(port, 0, n, len);
		n++;
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
	cr_assert_eq(xstat(port, "lane0_tx_packets"), n);
	cr_assert_eq(xstat(port, "lane0_rx_packets"), n);
	cr_assert_eq(xstat(port, "lane0_rx_bytes"), xstat(port, "lane0_tx_bytes"));
}

Test(rxtx_peer, every_length_scalar)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_128);
	every_length();
}

Test(rxtx_peer, every_length_avx2)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_256);
	every_length();
}

Test(rxtx_peer, every_length_widest)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_MAX);
	every_length();
}

Test(rxtx_peer, bursts_of_every_size)
{
	const uint16_t slots = 1024;
	uint16_t port = new_peer_port("net_cpx0", "role=server");
	struct rte_mbuf *m[512];
	uint64_t n = 0, back = 0;

	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &plain), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, slots, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, slots, SOCKET_ID_ANY, NULL), 0);
	start(port);
	far_of(port, (struct fiber_config){ 0 });
	for (uint16_t burst = 0; burst <= 512; burst++) {
		for (uint16_t i = 0; i < burst; i++)
			m[i] = numbered(n + i, 14 + (uint32_t)(n + i) % 1400);
		cr_assert_eq(rte_eth_tx_burst(port, 0, m, burst), burst);
		for (uint16_t i = 0; i < burst; i++, n++)
			expect_at_far(0, n, 14 + (uint32_t)n % 1400);
		for (uint16_t i = 0; i < burst; i++)
			far_sends(0, back + i, 14 + (uint32_t)(back + i) % 1400);
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, burst), burst);
		for (uint16_t i = 0; i < burst; i++, back++)
			cr_assert(is_numbered(m[i], back, 14 + (uint32_t)back % 1400));
		rte_pktmbuf_free_bulk(m, burst);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* Both ends are ports: frames of mixed lengths, in order, each lane for itself. */
Test(rxtx_peer, port_to_port)
{
	const unsigned lanes = 8;
	uint64_t sent[2][8] = { 0 }, got[2][8] = { 0 };
	uint16_t ports[2];
	unsigned seed = 1;

	ports[0] = port_with(&jumbo, "lanes=8,role=server", lanes);
	ports[1] = new_peer_port("net_cpx1", "lanes=8,role=client");
	set_up_with(ports[1], lanes, &jumbo);
	start(ports[1]);
	until(is_up(ports[0]) && is_up(ports[1]));
	for (unsigned round = 0; round < 4000; round++) {
		const unsigned side = rand_r(&seed) % 2, lane = rand_r(&seed) % lanes;
		uint64_t *n = &sent[side][lane], *g = &got[!side][lane];
		struct rte_mbuf *m[64];
		uint16_t want = (uint16_t)(rand_r(&seed) % 16), took;

		for (uint16_t i = 0; i < want; i++)
			m[i] = numbered(*n + i, 14 + (uint32_t)((*n + i) * 97) % 9715);
		took = rte_eth_tx_burst(ports[side], (uint16_t)lane, m, want);
		*n += took;
		rte_pktmbuf_free_bulk(m + took, want - took);
		took = rte_eth_rx_burst(ports[!side], (uint16_t)lane, m, 8);
		for (uint16_t i = 0; i < took; i++, (*g)++) {
			cr_assert(is_numbered(m[i], *g, 14 + (uint32_t)(*g * 97) % 9715));
			cr_assert_eq(m[i]->port, ports[!side]);
		}
		rte_pktmbuf_free_bulk(m, took);
	}
	for (unsigned side = 0; side < 2; side++)
		for (unsigned lane = 0; lane < lanes; lane++)
			while (got[!side][lane] < sent[side][lane]) {
				uint64_t *g = &got[!side][lane];

				expect_here(ports[!side], (uint16_t)lane, *g,
					    14 + (uint32_t)(*g * 97) % 9715);
				(*g)++;
			}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, longer_than_an_mbuf_without_scatter)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ .slot_bytes = 4096 });
	far_sends(0, 1, 2049);
	far_sends(0, 2, 60);
	far_sends(0, 3, 8000);
	far_sends(0, 4, 2048);
	expect_here(port, 0, 2, 60);
	expect_here(port, 0, 4, 2048);
	cr_assert_null(receive_one(port, 0));
	cr_expect_eq(xstat(port, "lane0_rx_oversize"), 2);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ierrors, 2);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, slots_larger_and_smaller_than_mbufs)
{
	static const uint32_t slot_bytes[] = { 256, 1024, 1984 };

	for (unsigned i = 0; i < RTE_DIM(slot_bytes); i++) {
		uint16_t port = port_with(&jumbo, "role=server", 1);

		far_of(port, (struct fiber_config){ .slot_bytes = slot_bytes[i] });
		for (uint32_t len = 14; len <= 8 * slot_bytes[i] && len <= 9728; len += 61) {
			cr_assert_eq(send_one(port, 0, numbered(len, len)), 1);
			expect_at_far(0, len, len);
			far_sends(0, len, len);
			expect_here(port, 0, len, len);
		}
		far_gone(port);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, too_long_and_too_short_to_be_sent)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ .max_segs = 2, .slot_bytes = 512 });
	cr_assert_eq(send_one(port, 0, numbered(1, 1523)), 1, "longer than the MTU allows: gone");
	cr_assert_eq(send_one(port, 0, numbered(2, 1025)), 1, "more slots than agreed: gone");
	cr_expect_eq(xstat(port, "lane0_tx_oversize"), 2);
	cr_assert_eq(send_one(port, 0, numbered(3, 13)), 1, "no Ethernet header: gone");
	cr_assert_eq(send_one(port, 0, frame(0, 0)), 1);
	cr_expect_eq(xstat(port, "lane0_tx_runt"), 2);
	cr_assert_eq(send_one(port, 0, numbered(4, 1024)), 1);
	expect_at_far(0, 4, 1024);
	cr_assert_eq(rte_eth_dev_set_mtu(port, 500), 0);
	cr_assert_eq(send_one(port, 0, numbered(5, 523)), 1);
	cr_expect_eq(xstat(port, "lane0_tx_oversize"), 3);
	cr_assert_eq(send_one(port, 0, numbered(6, 522)), 1);
	expect_at_far(0, 6, 522);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.oerrors, 5);
	cr_expect_eq(s.opackets, 2);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- what an mbuf says of its frame ---- */

static void far_describes(struct fiber_desc d)
{
	struct fiber_tx *t = fiber_tx_queue(far, 0);

	cr_assert_eq(fiber_tx_reserve(t, 1), 1);
	memset(fiber_tx_place(t, 0), 1, d.len);
	/* past what the far end may send: a hostile one would */
	t->ring->desc[t->own & t->mask] = d;
	fiber_tx_submit(t, 1, 1, d.len);
}

static uint64_t flags_here(uint16_t port, uint32_t *hash)
{
	struct rte_mbuf *m = receive_one(port, 0);
	uint64_t flags;

	cr_assert_not_null(m);
	flags = m->ol_flags;
	*hash = m->hash.rss;
	cr_expect_eq(m->packet_type, 0);
	cr_expect_eq(m->nb_segs, 1);
	rte_pktmbuf_free(m);
	return flags;
}

#define EVERY_FLAG (0xffffu & ~FIBER_DESC_MORE)

Test(rxtx_peer, metadata_as_agreed_and_no_more)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *m = frame(60, 0);
	struct fiber_frame f;
	uint32_t hash;

	far_of(port, (struct fiber_config){ .features = FIBER_FEATURES & ~FIBER_FEATURE_SLEEP });
	far_describes((struct fiber_desc){ .len = 60, .flags = EVERY_FLAG, .hash = 0x12345678 });
	cr_expect_eq(flags_here(port, &hash), RTE_MBUF_F_RX_RSS_HASH, "CSUM only where trusted");
	cr_expect_eq(hash, 0x12345678);
	far_describes((struct fiber_desc){ .len = 60, .hash = 7 });
	cr_expect_eq(flags_here(port, &hash), 0);

	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	m->hash.rss = 0xabcdef01;
	cr_assert_eq(send_one(port, 0, m), 1);
	m = frame(60, 0);
	m->hash.rss = 0x55;
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert(fiber_rx_poll(fiber_rx_queue(far, 0), 2));
	cr_assert(fiber_rx_next(fiber_rx_queue(far, 0), &f));
	cr_expect_eq(f.flags, FIBER_DESC_HASH);
	cr_expect_eq(f.desc.hash, 0xabcdef01);
	cr_assert(fiber_rx_next(fiber_rx_queue(far, 0), &f));
	cr_expect_eq(f.flags, 0);
	cr_expect_eq(f.desc.hash, 0, "what is not said is not in the memory");
	fiber_rx_release(fiber_rx_queue(far, 0), 2, 0);
}

Test(rxtx_peer, checksums_of_a_trusted_peer)
{
	uint16_t port = port_with(&plain, "role=server,trust=1", 1);
	uint32_t hash;

	far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_CSUM });
	far_describes((struct fiber_desc){ .len = 60, .flags = EVERY_FLAG });
	cr_expect_eq(flags_here(port, &hash),
		     RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD,
		     "HASH is not agreed");
	far_describes((struct fiber_desc){ .len = 60, .flags = FIBER_DESC_L4_GOOD });
	cr_expect_eq(flags_here(port, &hash), RTE_MBUF_F_RX_L4_CKSUM_GOOD);
}

/* ---- kinds of mbufs ---- */

Test(rxtx_peer, shared_mbufs_stay_the_others)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *m[3] = { numbered(0, 60), numbered(1, 61), numbered(2, 62) };

	far_of(port, (struct fiber_config){ 0 });
	rte_mbuf_refcnt_update(m[1], 1);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 3), 3);
	for (uint32_t i = 0; i < 3; i++)
		expect_at_far(0, i, 60 + i);
	cr_assert_eq(rte_mbuf_refcnt_read(m[1]), 1);
	cr_assert(is_numbered(m[1], 1, 61));
	rte_pktmbuf_free(m[1]);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

static unsigned given_back;

static void give(void *addr, void *opaque)
{
	given_back++;
}

Test(rxtx_peer, indirect_and_external_mbufs)
{
	static uint8_t elsewhere[4096];
	static struct rte_mbuf_ext_shared_info shared = { .free_cb = give };
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *direct = numbered(0, 100), *external = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *m[4];

	far_of(port, (struct fiber_config){ 0 });
	m[0] = rte_pktmbuf_clone(direct, pool);
	cr_assert_not_null(m[0]);
	m[1] = external;
	rte_mbuf_ext_refcnt_set(&shared, 1);
	rte_pktmbuf_attach_extbuf(external, elsewhere, RTE_BAD_IOVA, sizeof(elsewhere), &shared);
	fill_frame((uint8_t *)rte_pktmbuf_append(external, 1000), 1, 1000);
	m[2] = direct;
	m[3] = numbered(3, 14);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 4), 4);
	expect_at_far(0, 0, 100);
	expect_at_far(0, 1, 1000);
	expect_at_far(0, 0, 100);
	expect_at_far(0, 3, 14);
	cr_assert_eq(given_back, 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* A frame in pieces of these lengths, 0 among them, repeated until `len`. */
static struct rte_mbuf *in_pieces(uint64_t n, uint32_t len, const uint16_t *pieces, unsigned count)
{
	static uint8_t bytes[16384];
	struct rte_mbuf *m = NULL, *last = NULL;

	fill_frame(bytes, n, len);
	for (uint32_t at = 0, i = 0; at < len; i++) {
		const uint16_t step = (uint16_t)RTE_MIN(len - at, (uint32_t)pieces[i % count]);
		struct rte_mbuf *seg = rte_pktmbuf_alloc(pool);

		cr_assert_not_null(seg);
		memcpy(rte_pktmbuf_append(seg, step), bytes + at, step);
		at += step;
		if (m == NULL) {
			m = seg;
		} else {
			last->next = seg;
			m->nb_segs++;
			m->pkt_len += step;
		}
		last = seg;
	}
	return m;
}

Test(rxtx_peer, segments_split_anywhere)
{
	static const uint16_t splits[][4] = {
		{ 1, 1, 1, 1 },    { 13, 1, 0, 2 },      { 14, 2048, 1, 7 },
		{ 0, 0, 60, 900 }, { 2047, 1, 2048, 1 }, { 63, 64, 65, 128 },
	};
	uint16_t port = port_with(&jumbo, "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < RTE_DIM(splits); i++) {
		for (uint32_t len = 14; len <= (i < 2 ? 1000 : 9728); len = next_length(len)) {
			cr_assert_eq(send_one(port, 0, in_pieces(len, len, splits[i], 4)), 1);
			expect_at_far(0, len, len);
		}
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, plain_and_special_frames_keep_their_order)
{
	static const uint16_t halves[] = { 30, 30 };
	uint16_t port = port_with(&jumbo, "role=server", 1);
	struct rte_mbuf *m[48];

	far_of(port, (struct fiber_config){ 0 });
	for (uint32_t i = 0; i < 48; i++)
		m[i] = i % 5 == 2   ? numbered(i, 3000 + i)
		       : i % 7 == 3 ? in_pieces(i, 60 + i, halves, 2)
				    : numbered(i, 60 + i);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 48), 48);
	for (uint32_t i = 0; i < 48; i++)
		expect_at_far(0, i, (i % 5 == 2 ? 3000 : 60) + i);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, fast_free)
{
	static const struct rte_eth_conf fast = {
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE }
	};
	uint16_t port = port_with(&fast, "role=server", 1);
	struct rte_mbuf *m[32];

	far_of(port, (struct fiber_config){ 0 });
	for (uint32_t i = 0; i < 32; i++)
		m[i] = numbered(i, 60 + i);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 32), 32);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	for (uint32_t i = 0; i < 32; i++)
		expect_at_far(0, i, 60 + i);
}

/* Frames of another pool come back to that one. */
Test(rxtx_peer, mbufs_of_two_pools)
{
	struct rte_mempool *other =
		rte_pktmbuf_pool_create("others", 63, 0, 0, 2176, SOCKET_ID_ANY);
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *m[9];

	cr_assert_not_null(other);
	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < 9; i++) {
		m[i] = rte_pktmbuf_alloc(i % 3 == 1 ? other : pool);
		rte_pktmbuf_append(m[i], 60);
	}
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 9), 9);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	cr_assert_eq(rte_mempool_avail_count(other), 63);
}

/* ---- no room here, no room there ---- */

Test(rxtx_peer, an_empty_pool_loses_nothing)
{
	uint16_t port = port_with(&jumbo, "role=server", 1);
	struct rte_mbuf *m[POOL_FRAMES], *got[32];
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ 0 });
	for (uint32_t i = 0; i < 8; i++)
		far_sends(0, i, i == 2 ? 9000 : 60);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, m, POOL_FRAMES), 0);
	cr_assert_eq(rte_eth_rx_burst(port, 0, got, 32), 0);
	cr_expect_eq(xstat(port, "lane0_rx_nombuf"), 1);
	rte_pktmbuf_free_bulk(m, 3); /* two frames, and not enough for the third */
	cr_assert_eq(rte_eth_rx_burst(port, 0, got, 32), 2);
	cr_assert(is_numbered(got[0], 0, 60) && is_numbered(got[1], 1, 60));
	cr_expect_gt(xstat(port, "lane0_rx_nombuf"), 1);
	cr_assert_eq(rte_eth_rx_burst(port, 0, got + 2, 30), 0, "the long one waits");
	rte_pktmbuf_free_bulk(m + 3, 4); /* five for the long one: one is free still */
	cr_assert_eq(rte_eth_rx_burst(port, 0, got + 2, 30), 1);
	cr_assert(is_numbered(got[2], 2, 9000));
	rte_pktmbuf_free_bulk(m + 7, POOL_FRAMES - 7);
	cr_assert_eq(rte_eth_rx_burst(port, 0, got + 3, 29), 5);
	for (uint32_t i = 3; i < 8; i++)
		cr_assert(is_numbered(got[i], i, 60));
	rte_pktmbuf_free_bulk(got, 8);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ipackets, 8);
	cr_expect_eq(s.ierrors, 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* A pool smaller than a burst still gives what it has. */
Test(rxtx_peer, a_pool_smaller_than_a_burst)
{
	struct rte_mempool *few = rte_pktmbuf_pool_create("few", 7, 0, 0, 2176, SOCKET_ID_ANY);
	uint16_t port = new_peer_port("net_cpx0", "role=server");
	struct rte_mbuf *got[32];
	unsigned n = 0;

	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &plain), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, few), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	start(port);
	far_of(port, (struct fiber_config){ 0 });
	for (uint32_t i = 0; i < 32; i++)
		far_sends(0, i, 60);
	while (n < 32) {
		uint16_t took = rte_eth_rx_burst(port, 0, got, 32);

		cr_assert_gt(took, 0);
		for (uint16_t i = 0; i < took; i++)
			cr_assert(is_numbered(got[i], n++, 60));
		rte_pktmbuf_free_bulk(got, took);
	}
	cr_assert_eq(rte_mempool_avail_count(few), 7);
}

Test(rxtx_peer, back_pressure_loses_nothing)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *m[PORT_RING + 8];

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < PORT_RING + 8; i++)
		m[i] = numbered(i, 60);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, PORT_RING + 8), PORT_RING);
	cr_assert_eq(xstat(port, "lane0_tx_full"), 8);
	cr_assert_eq(send_one(port, 0, m[PORT_RING]), 0);
	for (unsigned i = 0; i < 3; i++)
		expect_at_far(0, i, 60);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m + PORT_RING, 8), 3);
	rte_pktmbuf_free_bulk(m + PORT_RING + 3, 5);
	for (unsigned i = 3; i < PORT_RING + 3; i++)
		expect_at_far(0, i, 60);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	cr_assert_eq(xstat(port, "lane0_tx_packets"), PORT_RING + 3);
}

/* A chain goes whole or not at all. */
Test(rxtx_peer, a_chain_waits_for_all_its_slots)
{
	uint16_t port = port_with(&jumbo, "role=server", 1);
	struct rte_mbuf *m = numbered(1, 9000);

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < PORT_RING - 4; i++)
		cr_assert_eq(send_one(port, 0, numbered(i, 60)), 1);
	cr_assert_eq(send_one(port, 0, m), 0, "five slots, four are free");
	expect_at_far(0, 0, 60);
	cr_assert_eq(send_one(port, 0, m), 1);
	for (unsigned i = 1; i < PORT_RING - 4; i++)
		expect_at_far(0, i, 60);
	expect_at_far(0, 1, 9000);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- nothing but frames ---- */

#define MARK 0xa5

static void mark_pool(void)
{
	struct rte_mbuf *m[POOL_FRAMES];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, m, POOL_FRAMES), 0);
	for (unsigned i = 0; i < POOL_FRAMES; i++)
		memset(m[i]->buf_addr, MARK, m[i]->buf_len);
	rte_pktmbuf_free_bulk(m, POOL_FRAMES);
}

static struct rte_mbuf *unmarked(uint32_t len, unsigned segs)
{
	struct rte_mbuf *m = NULL, *last = NULL;

	for (unsigned i = 0; i < segs; i++) {
		struct rte_mbuf *seg = rte_pktmbuf_alloc(pool);
		const uint16_t part =
			(uint16_t)(i + 1 < segs ? len / segs : len - i * (len / segs));

		memset(rte_pktmbuf_append(seg, part), 0x11, part);
		if (m == NULL) {
			m = seg;
		} else {
			last->next = seg;
			m->nb_segs++;
			m->pkt_len += part;
		}
		last = seg;
	}
	return m;
}

static void nothing_but_frames(void)
{
	uint16_t port = port_with(&jumbo, "role=server", 1);
	const struct fiber_region *r;
	uint8_t bytes[16384];
	uint64_t leaked = 0;

	mark_pool();
	far_of(port, (struct fiber_config){ 0 });
	/* each slot in turn, so that no later frame covers what an earlier one left behind it */
	for (uint32_t len = 14; len <= 9728; len += len < 400 ? 1 : 211) {
		for (unsigned segs = 1; segs <= 3; segs++) {
			if (len > 2000 * segs)
				continue;
			cr_assert_eq(send_one(port, 0, unmarked(len, segs)), 1);
			cr_assert_eq(fiber_receive(fiber_rx_queue(far, 0), bytes, sizeof(bytes)),
				     (int)len);
		}
		r = &far->region;
		for (uint64_t at = r->layout.buffer_offset; at < r->layout.region_bytes; at++)
			leaked += r->base[at] == MARK;
		cr_assert_eq(leaked, 0,
			     "%lu bytes of the pool are in shared memory after a frame of "
			     "%u bytes",
			     leaked, len);
	}
	for (uint64_t at = 0; at + 3 < r->layout.buffer_offset; at++)
		cr_assert(r->base[at] != MARK || r->base[at + 1] != MARK ||
			  r->base[at + 2] != MARK);
}

Test(rxtx_peer, nothing_but_frames_scalar)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_128);
	nothing_but_frames();
}

Test(rxtx_peer, nothing_but_frames_avx2)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_256);
	nothing_but_frames();
}

Test(rxtx_peer, nothing_but_frames_widest)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_MAX);
	nothing_but_frames();
}

/* ---- past the caches, as to a core that is far away ---- */

/* Bursts that begin anywhere in a line of descriptors, and end anywhere. */
static void far_away(void)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct rte_mbuf *m[64];
	struct fiber_frame f;

	mark_pool();
	far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_HASH });
	txq_of(port, 0)->far = 0;
	for (uint32_t len = 14; len <= 1522; len += len < 200 ? 1 : 13) {
		const uint16_t n = (uint16_t)(37 + len % 4);

		for (uint16_t i = 0; i < n; i++) {
			m[i] = numbered(i, len);
			m[i]->ol_flags = i % 3 == 0 ? RTE_MBUF_F_RX_RSS_HASH : 0;
			m[i]->hash.rss = i + len;
		}
		cr_assert_eq(rte_eth_tx_burst(port, 0, m, n), n);
		cr_assert(fiber_rx_poll(fiber_rx_queue(far, 0), n));
		for (uint16_t i = 0; i < n; i++) {
			cr_assert(fiber_rx_next(fiber_rx_queue(far, 0), &f));
			cr_assert_eq(f.bytes, len);
			cr_assert(frame_is(f.data, i, len), "frame %u of %u bytes", i, len);
			cr_assert_eq(f.flags, i % 3 == 0 ? FIBER_DESC_HASH : 0);
			cr_assert_eq(f.desc.hash, i % 3 == 0 ? i + len : 0);
			for (uint32_t at = len; at % 64 != 0; at++)
				cr_assert_eq(f.data[at], 0, "zeros up to the end of the line");
		}
		fiber_rx_release(fiber_rx_queue(far, 0), n, 0);
	}
	/* those that carry no mark themselves */
	for (uint16_t i = 0; i < 2 * PORT_RING; i++) {
		cr_assert_eq(send_one(port, 0, unmarked(513 + i, 1)), 1);
		fiber_rx_poll(fiber_rx_queue(far, 0), 1);
		cr_assert(fiber_rx_next(fiber_rx_queue(far, 0), &f));
		fiber_rx_release(fiber_rx_queue(far, 0), 1, 0);
		for (uint32_t at = 0; at < (f.bytes + 63u) / 64 * 64; at++)
			cr_assert_neq(f.data[at], MARK, "byte %u of a frame of %u", at, f.bytes);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(rxtx_peer, far_away_scalar)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_128);
	far_away();
}

Test(rxtx_peer, far_away_avx2)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_256);
	far_away();
}

Test(rxtx_peer, far_away_widest)
{
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_MAX);
	far_away();
}

/* How far the peer is gets measured as the ring goes round; less than is possible is far. */
Test(rxtx_peer, trips_are_measured)
{
	uint16_t port = port_with(&plain, "role=server", 1);
	struct cpx_txq *q = txq_of(port, 0);

	far_of(port, (struct fiber_config){ 0 });
	cr_assert_gt(q->far, 0);
	cr_assert_eq(q->trip, 0);
	for (unsigned i = 0; i < 64 * PORT_RING; i++) {
		cr_assert_eq(send_one(port, 0, numbered(i, 60)), 1);
		expect_at_far(0, i, 60);
	}
	cr_expect_gt(q->trip, 0);
	cr_expect_leq(q->trip, 2 * q->far);
}
