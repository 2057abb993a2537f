/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lent=1 (pmd/cpx_lent.c, cpx_peer_lent.c): frames read where the other process put them. Both ends
 * are ports of this process, over a socket.
 */
#include "pmd/cpx_rxtx.h"
#include "tests/unit/cpx_port.h"

#define LONG 1400

static const struct rte_eth_conf scattered = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
static char path[64];

static void set_up_paths(void)
{
	start_eal();
	snprintf(path, sizeof(path), "/tmp/cpx-lent-%d.sock", (int)getpid());
}

TestSuite(lent, .init = set_up_paths);

static uint16_t end_of_fiber(const char *name, const char *role, const char *more,
			     const struct rte_eth_conf *conf)
{
	char args[160];
	uint16_t id;

	snprintf(args, sizeof(args), "carrier=fiber:%s,role=%s%s", path, role, more);
	id = new_port(name, args);
	set_up_with(id, 1, conf);
	start(id);
	return id;
}

static void wait_for_link(uint16_t port, unsigned status)
{
	for (unsigned i = 0; i < 5000 && link_of(port).link_status != status; i++)
		usleep(1000);
	cr_assert_eq(link_of(port).link_status, status);
}

/* The next frame, which may take a moment. */
static struct rte_mbuf *wait_for_one(uint16_t port)
{
	struct rte_mbuf *m = NULL;

	for (unsigned i = 0; i < 100000 && m == NULL; i++)
		m = receive_one(port, 0);
	cr_assert_not_null(m);
	return m;
}

static struct rte_mbuf *numbered(uint16_t len, uint8_t number)
{
	struct rte_mbuf *m = frame(len, number);

	for (uint16_t i = 0; i < len; i++)
		rte_pktmbuf_mtod(m, uint8_t *)[i] = (uint8_t)(number + i);
	return m;
}

static void check_number(struct rte_mbuf *m, uint16_t len, uint8_t number)
{
	uint8_t whole[9728];
	const uint8_t *at = rte_pktmbuf_read(m, 0, len, whole);

	cr_assert_eq(m->pkt_len, len);
	cr_assert_not_null(at);
	for (uint16_t i = 0; i < len; i++)
		cr_assert_eq(at[i], (uint8_t)(number + i));
}

Test(lent, a_long_frame_is_copied_at_its_start_only)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);
	struct rte_mbuf *m;

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (unsigned round = 0; round < 10000; round++) { /* more than there are frames */
		cr_assert_eq(send_one(a, 0, numbered(LONG, (uint8_t)round)), 1);
		m = wait_for_one(b);
		cr_assert_eq(m->nb_segs, 2);
		cr_assert_eq(m->data_len, 128);
		cr_assert(RTE_MBUF_HAS_EXTBUF(m->next));
		check_number(m, LONG, (uint8_t)round);
		memset(rte_pktmbuf_mtod(m, void *), 0, 128); /* the start is ours */
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(send_one(b, 0, numbered(200, 7)), 1, "and the other way");
	m = wait_for_one(a);
	cr_assert_eq(m->nb_segs, 1, "a short one is copied");
	check_number(m, 200, 7);
	rte_pktmbuf_free(m);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(lent, without_scatter_frames_are_copied)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &(struct rte_eth_conf){ 0 });

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (unsigned round = 0; round < 10000; round++) {
		struct rte_mbuf *m;

		cr_assert_eq(send_one(a, 0, numbered(LONG, (uint8_t)round)), 1);
		m = wait_for_one(b);
		cr_assert_eq(m->nb_segs, 1);
		check_number(m, LONG, (uint8_t)round);
		rte_pktmbuf_free(m);
	}
}

Test(lent, only_where_both_ask_for_it)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", "", &scattered);
	struct rte_mbuf *m;

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	cr_assert_eq(send_one(a, 0, numbered(LONG, 3)), 1);
	m = wait_for_one(b);
	cr_assert_eq(m->nb_segs, 1);
	check_number(m, LONG, 3);
	rte_pktmbuf_free(m);
}

Test(lent, jumbos_and_chains)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);

	cr_assert_eq(rte_eth_dev_set_mtu(a, 9000), 0);
	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (unsigned round = 0; round < 3000; round++) {
		struct rte_mbuf *m = numbered(2000, 0);

		for (unsigned part = 1; part < 4; part++)
			cr_assert_eq(rte_pktmbuf_chain(m, numbered(2000, (uint8_t)(part * 2000))),
				     0);
		cr_assert_eq(send_one(a, 0, m), 1);
		m = wait_for_one(b);
		check_number(m, 8000, 0);
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* One piece or several, what forwarding programs make of frames: lengths of the pieces. */
static const uint16_t shapes[][4] = {
	{ 60 },
	{ LONG },
	{ 300 },
	{ 256 },
	{ 257 },
	{ 1514 },
	{ 64, 1000 },
	{ 128, 1386 },
	{ 100, 1200 },
	{ 128, 20 },
	{ 14, 50 },
	{ 128, 700, 686 },
	{ 20, 20, 20, 1000 },
};

static struct rte_mbuf *shaped(unsigned shape, uint8_t number)
{
	struct rte_mbuf *m = numbered(shapes[shape][0], number);

	for (unsigned part = 1; part < 4 && shapes[shape][part] != 0; part++) {
		number += (uint8_t)shapes[shape][part - 1];
		cr_assert_eq(rte_pktmbuf_chain(m, numbered(shapes[shape][part], number)), 0);
	}
	return m;
}

static uint16_t shape_length(unsigned shape)
{
	return shapes[shape][0] + shapes[shape][1] + shapes[shape][2] + shapes[shape][3];
}

/* As many as were sent, in order; they are left in pkts. */
static void wait_for_all(uint16_t port, struct rte_mbuf **pkts, uint16_t n, unsigned seed)
{
	uint16_t got = 0;

	for (unsigned i = 0; i < 1000000 && got < n; i++)
		got += rte_eth_rx_burst(port, 0, pkts + got, n - got);
	cr_assert_eq(got, n);
	for (unsigned i = 0; i < n; i++)
		check_number(pkts[i], shape_length((seed + i * seed) % RTE_DIM(shapes)),
			     (uint8_t)i);
}

/* How far each end takes the other to be decides which way the bytes take. */
static void pretend(uint16_t port, uint16_t trip)
{
	struct cpx_txq *q = rte_eth_fp_ops[port].txq.data[0];

	q->trip = trip;
	q->far = trip == 0 ? UINT16_MAX : 0;
}

static void send_on(const char *more)
{
	const struct rte_eth_conf fast = {
		.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.txmode.offloads =
			RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
	};
	uint16_t a = end_of_fiber("net_cpx0", "server", more, &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", more, &fast);
	struct rte_mbuf *pkts[100];

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (unsigned seed = 0; seed < 200; seed++) {
		const uint16_t n = (uint16_t)(1 + seed % RTE_DIM(pkts));

		pretend(a, seed % 2);
		pretend(b, seed / 2 % 2);
		for (unsigned i = 0; i < n; i++)
			pkts[i] = shaped((seed + i * seed) % RTE_DIM(shapes), (uint8_t)i);
		cr_assert_eq(rte_eth_tx_burst(a, 0, pkts, n), n);
		wait_for_all(b, pkts, n, seed);
		cr_assert_eq(rte_eth_tx_burst(b, 0, pkts, n), n);
		wait_for_all(a, pkts, n, seed);
		rte_pktmbuf_free_bulk(pkts, n);
	}
	cr_assert_eq(xstat(a, "tx_good_packets"), xstat(a, "rx_good_packets"));
	cr_assert_null(receive_one(b, 0), "gives back what it had");
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(lent, what_was_lent_is_sent_on_in_bursts_of_any_kind)
{
	send_on(",lent=1");
}

Test(lent, so_is_what_was_copied)
{
	send_on("");
}

Test(lent, as_many_as_there_are_slots)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);
	struct rte_mbuf *pkts[100];
	uint16_t sent = 0, n;

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	do {
		for (unsigned i = 0; i < RTE_DIM(pkts); i++)
			pkts[i] = numbered(LONG, (uint8_t)i);
		n = rte_eth_tx_burst(a, 0, pkts, RTE_DIM(pkts));
		rte_pktmbuf_free_bulk(pkts + n, RTE_DIM(pkts) - n);
		sent += n;
	} while (n == RTE_DIM(pkts));
	cr_assert_eq(sent, PORT_RING);
	cr_assert_eq(xstat(a, "tx_good_packets"), sent);
	cr_assert_eq(xstat(a, "tx_good_bytes"), sent * LONG);
	for (unsigned i = 0; i < sent; i++)
		rte_pktmbuf_free(wait_for_one(b));
	cr_assert_eq(xstat(b, "rx_good_bytes"), sent * LONG);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(lent, frames_may_be_kept_and_come_back_in_any_order)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);
	struct rte_mbuf *kept[300], *clone;

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (unsigned i = 0; i < RTE_DIM(kept); i++) {
		cr_assert_eq(send_one(a, 0, numbered(LONG, (uint8_t)i)), 1);
		kept[i] = wait_for_one(b);
	}
	for (unsigned i = 0; i < RTE_DIM(kept); i++)
		check_number(kept[i], LONG, (uint8_t)i);
	for (unsigned i = 1; i < RTE_DIM(kept); i += 2)
		rte_pktmbuf_free(kept[i]);
	/* one that is freed last through a clone */
	clone = rte_pktmbuf_clone(kept[0], pool);
	cr_assert_not_null(clone);
	rte_pktmbuf_free(kept[0]);
	for (unsigned round = 0; round < 10000; round++) {
		cr_assert_eq(send_one(a, 0, numbered(LONG, 1)), 1);
		rte_pktmbuf_free(wait_for_one(b));
	}
	check_number(clone, LONG, 0);
	rte_pktmbuf_free(clone);
	for (unsigned i = 2; i < RTE_DIM(kept); i += 2) {
		check_number(kept[i], LONG, (uint8_t)i);
		rte_pktmbuf_free(kept[i]);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(lent, who_keeps_all_is_sent_no_more)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);
	struct rte_mbuf *kept[2 * POOL_FRAMES], *m;
	unsigned n = 0;

	wait_for_link(a, RTE_ETH_LINK_UP);
	wait_for_link(b, RTE_ETH_LINK_UP);
	for (;;) {
		m = numbered(LONG, (uint8_t)n);
		if (send_one(a, 0, m) == 0)
			break;
		kept[n++] = wait_for_one(b);
		if (pool_level() < 10)
			break;
	}
	cr_assert_gt(n, PORT_RING);
	rte_pktmbuf_free(m);
	for (unsigned i = 0; i < n; i++)
		rte_pktmbuf_free(kept[i]);
	cr_assert_null(receive_one(b, 0), "gives back what it had");
	for (unsigned round = 0; round < 1000; round++) {
		cr_assert_eq(send_one(a, 0, numbered(LONG, 1)), 1);
		rte_pktmbuf_free(wait_for_one(b));
	}
}

Test(lent, frames_outlive_their_peer_and_the_port)
{
	uint16_t a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	uint16_t b = end_of_fiber("net_cpx1", "client", ",lent=1", &scattered);
	struct rte_mbuf *kept[3];

	for (unsigned life = 0; life < RTE_DIM(kept); life++) {
		wait_for_link(a, RTE_ETH_LINK_UP);
		wait_for_link(b, RTE_ETH_LINK_UP);
		cr_assert_eq(send_one(a, 0, numbered(LONG, (uint8_t)life)), 1);
		kept[life] = wait_for_one(b);
		cr_assert_eq(rte_eth_dev_stop(a), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
		wait_for_link(b, RTE_ETH_LINK_DOWN);
		a = end_of_fiber("net_cpx0", "server", ",lent=1", &scattered);
	}
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
	for (unsigned life = 0; life < RTE_DIM(kept); life++) {
		check_number(kept[life], LONG, (uint8_t)life);
		rte_pktmbuf_free(kept[life]);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
