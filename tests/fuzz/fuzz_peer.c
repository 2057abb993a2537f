/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver against a peer whose every store into the shared memory comes from the fuzzer: ports
 * of net_cpx on a fiber to another process, whose burst functions, statistics and control calls
 * come between the peer's stores. (fuzz_fiber_ring does the same to lib/fiber alone.)
 *
 * Each input is one connection: a peer comes, a whole frame goes each way, then steps of one byte
 * and their operands, then it goes. The first byte says which port, and whether frames are still
 * held when the peer goes. What must hold:
 *   - a received frame is one: lengths and segments agree, of 14 bytes to 9728, nothing in it that
 *     the peer did not write; a poll gives no more than was asked and empties no more than a ring
 *   - what was received and what was taken for sending is what the statistics say
 *   - no byte of an mbuf gets into shared memory but those of the frames sent (not looked for
 *     where sending makes bytes of its own)
 *   - a protocol error is one, for good, and the link goes down; the next connection is whole
 *   - every mbuf is back when its holder let go of it, and so is every descriptor
 */
#include "tests/fuzz/peer_bed.h"

#define HELD     96u
#define HOSTAGES MBUFS
#define BURST    64

#define SEND_OFFLOADS                                                     \
	(RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT | \
	 RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |   \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
#define RECEIVE_OFFLOADS (RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP)

static struct bed beds[] = {
	{ /* copied, one segment */
	  .args = "lanes=1",
	  .server = true,
	  .lanes = 1,
	  .tx_queues = 1,
	  .room = 2048 },
	{ /* chains, in slots and mbufs that do not match */
	  .args = "lanes=2",
	  .server = true,
	  .lanes = 2,
	  .tx_queues = 2,
	  .room = 328,
	  .conf = { .rxmode = { .mtu = 9000, .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
		    .txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS } },
	  .theirs = { .features = FIBER_FEATURE_HASH, .slot_bytes = 320, .max_segs = 4 } },
	{ /* lent frames, the port lends and borrows */
	  .args = "lanes=1,lent=1",
	  .server = false,
	  .lanes = 1,
	  .tx_queues = 1,
	  .room = 128,
	  .conf = { .rxmode = { .mtu = 9000, .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
		    .txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS } },
	  .theirs = { .features = FIBER_FEATURE_LENT | FIBER_FEATURE_HASH, .slot_bytes = 1024 } },
	{ /* everything that looks into frames, lent ones too; queues take turns on lanes */
	  .args = "lanes=2,lent=1,trust=1,wake=1,spread=hash",
	  .server = true,
	  .lanes = 2,
	  .tx_queues = 3,
	  .room = 512,
	  .conf = { .rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS,
				.mtu = 9000,
				.offloads = RECEIVE_OFFLOADS | RTE_ETH_RX_OFFLOAD_RSS_HASH |
					    RTE_ETH_RX_OFFLOAD_SCATTER },
		    .rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP,
		    .txmode = { .offloads = SEND_OFFLOADS } },
	  .theirs = { .features = FIBER_FEATURES & ~FIBER_FEATURE_STAMP, .slot_bytes = 2048 } },
	{ /* a sleeping receiver, no scatter */
	  .args = "lanes=1,trust=1,wake=1",
	  .server = false,
	  .lanes = 1,
	  .tx_queues = 1,
	  .room = 1528,
	  .conf = { .rxmode = { .offloads = RECEIVE_OFFLOADS },
		    .txmode = { .offloads = SEND_OFFLOADS },
		    .intr_conf.rxq = 1 },
	  .theirs = { .features = FIBER_FEATURE_SLEEP | FIBER_FEATURE_CSUM } },
};

struct input {
	const uint8_t *at;
	size_t left;
};

/* What this input did. */
struct game {
	struct bed *bed;
	struct input in;
	uint64_t got, taken; /* frames received; frames that tx_burst took */
	uint64_t before[STATS];
	struct rte_mbuf *held[HELD], *hostages[HOSTAGES];
	unsigned n_held, n_hostages, restarts;
};

static void take(struct input *in, void *to, size_t bytes)
{
	size_t n = bytes < in->left ? bytes : in->left;

	memset(to, 0, bytes);
	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
}

/* ---- what the application sees ---- */

static void check_frame(const struct bed *b, const struct rte_mbuf *m)
{
	const char *why = "";
	uint32_t bytes = 0, segs = 0;

	if (rte_mbuf_check(m, 1, &why) != 0) {
		fprintf(stderr, "mbuf: %s\n", why);
		__builtin_trap();
	}
	CHECK(m->pkt_len >= FIBER_MIN_FRAME && m->pkt_len <= CPX_MAX_FRAME);
	CHECK(m->port == b->port);
	for (const struct rte_mbuf *seg = m; seg != NULL; seg = seg->next, segs++) {
		CHECK(rte_mbuf_refcnt_read(seg) == 1);
		CHECK((uint32_t)seg->data_off + seg->data_len <= seg->buf_len || seg != m);
		/* (reads all of it) */
		CHECK(memchr(rte_pktmbuf_mtod(seg, void *), OURS, seg->data_len) == NULL);
		bytes += seg->data_len;
	}
	CHECK(bytes == m->pkt_len && segs == m->nb_segs);
}

/* A queue may read the source of another lane, that of a stopped queue. */
static void receive(struct game *g, uint16_t lane, uint16_t want)
{
	const struct bed *b = g->bed;
	uint32_t from[LANES];
	struct rte_mbuf *m[BURST];
	bool may = false;
	uint16_t n;

	for (unsigned i = 0; i < b->lanes; i++) {
		const struct fiber_rx *r = port_rx(b, i);

		from[i] = r->own;
		may |= load_acquire(&r->running) && !fiber_rx_dead(r);
	}
	n = rte_eth_rx_burst(b->port, lane, m, want);
	CHECK(n <= want && (n == 0 || may));
	for (unsigned i = 0; i < b->lanes; i++) {
		const struct fiber_rx *r = port_rx(b, i);

		CHECK(r->own == r->next && r->own - from[i] <= SLOTS && r->seen - r->own <= SLOTS);
	}
	for (uint16_t i = 0; i < n; i++) {
		check_frame(b, m[i]);
		if (m[i]->nb_segs > 1 && g->n_held < HELD && m[i]->data_len % 2 == 0)
			g->held[g->n_held++] = m[i];
		else
			free_frame(m[i]);
	}
	g->got += n;
}

static void let_go(struct game *g, unsigned n)
{
	/* not in the order in which they came */
	for (; n > 0 && g->n_held > 0; n--) {
		const unsigned i = n % g->n_held;

		free_frame(g->held[i]);
		g->held[i] = g->held[--g->n_held];
	}
}

/* A frame of so many bytes in segments of at most `most`; NULL: too few mbufs are left. */
static struct rte_mbuf *new_frame(const struct bed *b, uint32_t bytes, uint16_t most, int fill)
{
	struct rte_mbuf *m = NULL, *seg;

	do {
		uint16_t n;

		seg = rte_pktmbuf_alloc(b->pool);
		if (seg == NULL) {
			rte_pktmbuf_free(m);
			return NULL;
		}
		n = RTE_MIN(most, rte_pktmbuf_tailroom(seg));
		n = (uint16_t)RTE_MIN(bytes, (uint32_t)n);
		if (n != 0)
			memset(rte_pktmbuf_append(seg, n), fill, n);
		bytes -= n;
		if (m == NULL)
			m = seg;
		else
			CHECK(rte_pktmbuf_chain(m, seg) == 0);
	} while (bytes != 0);
	return m;
}

static const uint64_t asks[] = {
	0,
	RTE_MBUF_F_TX_VLAN,
	RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM,
	RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM,
	RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM,
	RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_VLAN,
	RTE_MBUF_F_RX_RSS_HASH,
	RTE_MBUF_F_TX_TCP_SEG,
};

static bool makes_bytes(const struct bed *b)
{
	return (b->conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
}

static void transmit(struct game *g, uint8_t step, uint16_t bytes, uint8_t how)
{
	const struct bed *b = g->bed;
	struct rte_mbuf *m[BURST];
	const uint16_t most = how & 0x80 ? 100 : UINT16_MAX;
	uint16_t n = 0, sent;

	for (; n < 1 + (how & 31); n++) {
		m[n] = new_frame(b, (bytes + n) % 9800, most, 0xaa);
		if (m[n] == NULL)
			break;
		if (how & 0x40) {
			const uint64_t flags = asks[(step + n) % RTE_DIM(asks)];

			if (makes_bytes(b) || flags == RTE_MBUF_F_RX_RSS_HASH)
				m[n]->ol_flags |= flags;
			m[n]->l2_len = RTE_ETHER_HDR_LEN;
			m[n]->l3_len = flags & RTE_MBUF_F_TX_IPV6 ? 40 : 20;
			m[n]->hash.rss = bytes;
			m[n]->vlan_tci = bytes;
		}
	}
	sent = rte_eth_tx_burst(b->port, step % b->tx_queues, m, n);
	CHECK(sent <= n);
	g->taken += sent;
	for (uint16_t i = sent; i < n; i++)
		free_frame(m[i]);
}

/* Calls that look at the rings, or put queues and ports out of service. */
static void control(struct game *g, uint8_t step)
{
	const struct bed *b = g->bed;
	uint64_t sums[STATS];
	FILE *nowhere;

	switch (step % 8) {
	case 0:
		CHECK(rte_eth_rx_queue_count(b->port, 0) <= (int)SLOTS);
		break;
	case 1:
		rte_eth_rx_descriptor_status(b->port, 0, step);
		rte_eth_tx_descriptor_status(b->port, 0, step);
		break;
	case 2:
		nowhere = fopen("/dev/null", "w");
		rte_eth_dev_priv_dump(b->port, nowhere);
		fclose(nowhere);
		break;
	case 3:
		read_stats(b, sums);
		for (unsigned i = 0; i < STATS; i++)
			CHECK(sums[i] >= g->before[i]);
		break;
	case 4: /* the application sleeps, and is awake at once */
		if (b->conf.intr_conf.rxq && rte_eth_dev_rx_intr_enable(b->port, 0) == 0)
			rte_eth_dev_rx_intr_disable(b->port, 0);
		break;
	case 5:
		if (rte_eth_dev_rx_queue_stop(b->port, step / 8 % b->lanes) == 0) {
			receive(g, 0, BURST / 2);
			CHECK(rte_eth_dev_rx_queue_start(b->port, step / 8 % b->lanes) == 0);
		}
		break;
	case 6:
		if (g->restarts++ != 0) /* slow */
			break;
		CHECK(rte_eth_dev_stop(b->port) == 0);
		CHECK(rte_eth_dev_start(b->port) == 0);
		break;
	case 7:
		fiber_lanes_set(b->far, step / 8);
		break;
	}
	fiber_process(b->far);
}

/* ---- what the peer does ---- */

/* Into the memory that the peer owns; never what only an mbuf holds. */
static void store(struct input *in, uint8_t *to, uint32_t bytes)
{
	take(in, to, bytes);
	for (uint32_t i = 0; i < bytes; i++)
		if (to[i] == OURS)
			to[i] = 0;
}

static void lend(struct game *g, struct fiber_tx *t, uint32_t next, uint8_t step)
{
	const uint32_t x = (step >> 2) % 72;
	uint16_t len = 0;

	take(&g->in, &len, 2);
	if (t->frames != 0 && x < t->frames)
		store(&g->in, fiber_tx_frame(t, x), len % 64);
	t->ring->desc[next & t->mask] =
		(struct fiber_desc){ .len = len % 1100,
				     .flags = FIBER_DESC_LENT | (step & FIBER_DESC_MORE),
				     .stamp_low = x };
	t->ring->prod++;
}

static void step_peer(struct game *g, uint8_t step, uint8_t how, unsigned lane)
{
	struct fiber_tx *t = fiber_tx_queue(g->bed->far, lane);
	struct fiber_rx *r = fiber_rx_queue(g->bed->far, lane);
	const uint32_t next = port_rx(g->bed, lane)->next; /* that the driver reads next */
	struct input *in = &g->in;
	uint32_t v = 0, slot;
	uint8_t *at;

	switch (step % 12) {
	case 0: /* so many slots are filled */
		t->ring->prod += how % 40;
		break;
	case 1: /* … or something else */
		take(in, &t->ring->prod, 4);
		break;
	case 2: /* so many are taken */
		r->ring->cons += how % 40;
		break;
	case 3:
		take(in, &r->ring->cons, 4);
		break;
	case 4: /* all that was sent is taken, and comes back */
		r->ring->cons = r->ring->prod;
		if (r->returns != NULL)
			r->returns->prod += how % 4;
		break;
	case 5: /* descriptors, from the one to be read next */
		for (v = 0; v <= how >> 6; v++)
			take(in, &t->ring->desc[(next + v) & t->mask], 16);
		break;
	case 6: /* a plain frame, or a part of one */
		slot = t->ring->prod & t->mask;
		take(in, &v, 2);
		t->ring->desc[slot] = (struct fiber_desc){ .len = v % (t->slot_bytes + 2),
							   .flags = how,
							   .hash = v };
		at = (uint8_t *)(uintptr_t)t->buffers + (uint64_t)slot * t->slot_stride;
		store(in, at, how & 0x80 ? 48 : 0);
		store_release(&t->ring->prod, t->ring->prod + 1);
		break;
	case 7:
		lend(g, t, t->ring->prod, how);
		break;
	case 8: /* anything comes back */
		if (r->returns == NULL)
			break;
		take(in, &v, 4);
		r->returns->index[(r->returns->prod + how / 16) & (r->frames - 1)] = v % 80;
		r->returns->prod += how % 16;
		break;
	case 9:
		if (r->returns != NULL)
			take(in, &r->returns->prod, 4);
		break;
	case 10:
		r->ring->sleeping = how;
		t->ring->sleeping = how;
		break;
	case 11: /* holes, or noise where nobody should look */
		if (how < 16)
			madvise(g->bed->far->region.base, g->bed->far->region.layout.region_bytes,
				MADV_REMOVE);
		else
			take(in, g->bed->far->region.base + how * 16, 16);
		break;
	}
}

static void play(struct game *g)
{
	uint8_t what = 0, how = 0;
	uint16_t v = 0;
	unsigned lane;

	take(&g->in, &what, 1);
	take(&g->in, &how, 1);
	lane = what / 128 % g->bed->lanes;
	switch (what % 16) {
	case 0:
	case 1:
		receive(g, (uint16_t)lane, 1 + how % BURST);
		break;
	case 2:
		take(&g->in, &v, 2);
		transmit(g, what / 16, v, how);
		break;
	case 3:
		control(g, how);
		break;
	case 4:
		let_go(g, how);
		if (how & 1) {
			rte_pktmbuf_free_bulk(g->hostages, g->n_hostages);
			g->n_hostages = 0;
		} else {
			/* as an application that keeps what it gets */
			for (unsigned i = 0; i < how && g->n_hostages < HOSTAGES; i++) {
				struct rte_mbuf *m = rte_pktmbuf_alloc(g->bed->pool);

				if (m == NULL)
					break;
				g->hostages[g->n_hostages++] = m;
			}
		}
		break;
	default:
		step_peer(g, what % 16 - 4, how, lane);
		break;
	}
}

/* ---- before and after ---- */

/* On whichever queue. One that was stopped has its lane back when the others were polled once. */
static struct rte_mbuf *next_frame(const struct bed *b)
{
	struct rte_mbuf *m = NULL;

	for (unsigned polls = 0; m == NULL && polls < 4; polls++)
		for (uint16_t lane = 0; m == NULL && lane < b->lanes; lane++)
			if (rte_eth_rx_burst(b->port, lane, &m, 1) == 0)
				m = NULL;
	CHECK(m != NULL);
	return m;
}

/* A peer in order is served, whatever the one before did. */
static void whole_frames(struct game *g)
{
	const struct bed *b = g->bed;
	uint8_t bytes[100];
	struct rte_mbuf *m;
	int found = -1;

	memset(bytes, 0x55, sizeof(bytes));
	for (uint16_t lane = 0; lane < b->lanes; lane++) {
		CHECK(fiber_send(fiber_tx_queue(b->far, lane), bytes, 100) == 0);
		m = next_frame(b);
		CHECK(m->pkt_len == 100 && m->nb_segs == 1 &&
		      memcmp(rte_pktmbuf_mtod(m, void *), bytes, 100) == 0);
		check_frame(b, m);
		free_frame(m);
	}
	m = new_frame(b, 100, UINT16_MAX, 0x55);
	CHECK(rte_eth_tx_burst(b->port, 0, &m, 1) == 1);
	for (uint16_t lane = 0; lane < b->lanes && found < 0; lane++)
		found = fiber_receive(fiber_rx_queue(b->far, lane), bytes, sizeof(bytes));
	CHECK(found == 100 && bytes[0] == 0x55 && memcmp(bytes, bytes + 1, 99) == 0);
}

static bool has_ours(const uint8_t *at, uint64_t bytes)
{
	return memchr(at, OURS, bytes) != NULL;
}

/* All that the driver wrote where the peer can read. */
static void check_secrets(const struct bed *b)
{
	for (unsigned lane = 0; lane < b->lanes; lane++) {
		const struct fiber_rx *r = fiber_rx_queue(b->far, lane);

		CHECK(!has_ours(r->buffers, (uint64_t)(r->mask) * r->slot_stride + r->slot_bytes));
		if (r->frames != 0)
			CHECK(!has_ours(r->pool, (uint64_t)(r->frames - 1) * r->frame_stride +
							 r->frame_bytes));
	}
}

/* Lanes in protocol error are counted once, carry nothing, and take the link's speed with them. */
static void check_dead(struct game *g, const uint64_t after[STATS])
{
	const struct bed *b = g->bed;
	static unsigned times;
	unsigned rx = 0, tx = 0, both = 0;

	for (unsigned lane = 0; lane < b->lanes; lane++) {
		const bool dead_rx = fiber_rx_dead(port_rx(b, lane));
		const bool dead_tx = fiber_tx_dead(port_tx(b, lane));

		rx += dead_rx;
		tx += dead_tx;
		both += dead_rx || dead_tx;
	}
	CHECK(after[RX_ERRORS] - g->before[RX_ERRORS] == rx);
	CHECK(after[TX_ERRORS] - g->before[TX_ERRORS] == tx);
	/* an alarm looks four times a second: not after each input */
	if (both == 0 || times++ % 256 != 0)
		return;
	if (both == b->lanes)
		UNTIL(!is_up(b), (void)0);
	else
		UNTIL(link_of(b).link_speed == 106250 || !is_up(b), (void)0);
}

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void begin(struct game *g)
{
	connect_far(g->bed);
	read_stats(g->bed, g->before);
	whole_frames(g);
	g->got += g->bed->lanes;
	g->taken++;
}

static void end(struct game *g, bool held)
{
	struct bed *b = g->bed;
	uint64_t after[STATS];

	rte_pktmbuf_free_bulk(g->hostages, g->n_hostages);
	for (unsigned i = 0; i < 3; i++)
		for (uint16_t lane = 0; lane < b->lanes; lane++)
			receive(g, lane, BURST / 2);
	read_stats(b, after);
	CHECK(after[RX] - g->before[RX] == g->got);
	CHECK(after[TX] + after[TX_DROPS] - g->before[TX] - g->before[TX_DROPS] == g->taken);
	if (g->restarts == 0)
		check_dead(g, after);
	if (!makes_bytes(b))
		check_secrets(b);
	if (held)
		disconnect(b);
	while (g->n_held > 0)
		let_go(g, HELD);
	CHECK(rte_mempool_avail_count(b->pool) == MBUFS);
	if (!held)
		disconnect(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned inputs, descriptors;
	struct game g = { .in = { data, size } };
	uint8_t which;

	if (inputs++ == 0) {
		make_folder();
		start_eal();
		for (unsigned i = 0; i < RTE_DIM(beds); i++)
			make_bed(&beds[i], i);
	}
	take(&g.in, &which, 1);
	g.bed = &beds[which % 8 % RTE_DIM(beds)];
	begin(&g);
	for (unsigned steps = 0; g.in.left > 0 && steps < 2000; steps++)
		play(&g);
	end(&g, which >= 0xe0);
	if (inputs == 64)
		descriptors = open_descriptors();
	if (inputs % 64 == 0)
		CHECK(open_descriptors() <= descriptors + 32);
	return 0;
}
