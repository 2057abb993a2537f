/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_pace.c: a second of frames on a clock of the test's own, at every rate; and a paced port,
 * where only the sum of what happened to frames is certain.
 */
#include "pmd/cpx_pace.h"
#include "tests/unit/cpx_port.h"
#include "tests/unit/guard.h"

#define START (UINT64_MAX - 12345) /* the clock wraps on the way */

/* Sends bursts of frames of `low` to `high` bytes for a second, waiting `gap` counts at most
 * between two; bits on the line, gaps between frames included. */
static uint64_t a_second_of(uint64_t hz, uint32_t mbps, unsigned low, unsigned high, unsigned gap)
{
	uint64_t seed = 1, passed = 0, bits = 0;
	struct cpx_pace p;

	cpx_pace_start(&p, hz, mbps, START);
	while (passed < hz) {
		passed += 1 + guard_random(&seed) % gap;
		cpx_pace_clock(&p, START + passed);
		while (p.busy <= 0) {
			unsigned len = low + (unsigned)(guard_random(&seed) % (high - low + 1));

			cpx_pace_charge(&p, 1, len);
			bits += (len + 20) * 8;
		}
	}
	return bits;
}

Test(pace, within_a_thousandth_over_a_second)
{
	static const uint32_t rates[] = { 53125, 106250, 212500 };
	static const uint64_t clocks[] = { 1000000000, 2594100000, 5000000000 };

	for (unsigned r = 0; r < 3; r++) {
		for (unsigned c = 0; c < 3; c++) {
			const double line = rates[r] * 1e6;
			const unsigned most = (unsigned)(clocks[c] / 1000000 * 90); /* 90 us */
			double big = (double)a_second_of(clocks[c], rates[r], 9000, 9728, most);
			double mixed = (double)a_second_of(clocks[c], rates[r], 60, 1514, most);

			cr_expect_lt(big / line - 1, 0.001, "%g of %g", big, line);
			cr_expect_gt(big / line - 1, -0.001, "%g of %g", big, line);
			cr_expect_lt(mixed / line - 1, 0.001, "%g of %g", mixed, line);
			cr_expect_gt(mixed / line - 1, -0.001, "%g of %g", mixed, line);
		}
	}
}

Test(pace, idleness_is_made_up_for_as_far_as_the_bucket_is_deep)
{
	const uint64_t hz = 2600000000;
	uint64_t bits = 0, now = 7;
	struct cpx_pace p;

	cpx_pace_start(&p, hz, 106250, now);
	for (unsigned i = 0; i < 3; i++) {
		now += hz * 10 << i * 4; /* 10, 160, 2560 seconds of nothing */
		cpx_pace_clock(&p, now);
		for (bits = 0; p.busy <= 0; bits += 1020 * 8)
			cpx_pace_charge(&p, 1, 1000);
		cr_expect_geq(bits, 10625000 - 2, "100 us of line");
		cr_expect_leq(bits, 10625000 + 2 * 1020 * 8);
	}
	cpx_pace_clock(&p, now - 1000); /* a clock that lags changes nothing */
	cr_expect_gt(p.busy, 0);
	cpx_pace_clock(&p, now);
	cr_expect_gt(p.busy, 0);
}

Test(pace, a_port_gives_back_what_is_too_much, .init = start_eal)
{
	struct rte_mempool *jumbo =
		rte_pktmbuf_pool_create("jumbo", 63, 0, 0, 10240, SOCKET_ID_ANY);
	uint16_t port = new_port("net_cpx0", "pace=1,rate=53");
	uint64_t sent = 0, tried = 0, back = 0;
	struct rte_eth_burst_mode mode;
	struct rte_mbuf *m[32];

	set_up(port, 1);
	cr_assert_eq(rte_eth_dev_set_mtu(port, 9000), 0);
	start(port);
	cr_assert_eq(rte_eth_tx_burst_mode_get(port, 0, &mode), 0);
	cr_expect(strstr(mode.info, ", Paced"), "%s", mode.info);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(jumbo, m, 32), 0);
	for (unsigned i = 0; i < 32; i++)
		cr_assert_not_null(rte_pktmbuf_append(m[i], 9000));
	/* 32 of them are 43 us of line: sooner or later we are faster */
	for (unsigned i = 0; i < 1000000 && back == 0; i++) {
		uint16_t n = rte_eth_tx_burst(port, 0, m, 32);

		tried += 32;
		sent += n;
		back += 32 - n;
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), n, "and they are there");
	}
	cr_expect_gt(back, 0);
	cr_expect_eq(xstat(port, "lane0_tx_paced"), back);
	cr_expect_eq(xstat(port, "lane0_tx_packets"), sent);
	cr_expect_eq(xstat(port, "lane0_tx_full") + xstat(port, "lane0_tx_down"), 0);
	cr_expect_eq(sent + back, tried);
	rte_pktmbuf_free_bulk(m, 32);
	cr_expect_eq(rte_mempool_avail_count(jumbo), 63);
}

Test(pace, frames_that_do_not_go_cost_no_time, .init = start_eal)
{
	uint16_t port = new_port("net_cpx0", "pace=1,rate=53,carrier=fiber:x");
	struct rte_mbuf *m = frame(2000, 0); /* 300 ns of line */

	set_up(port, 1);
	cr_assert_eq(rte_eth_dev_set_mtu(port, 2000), 0);
	start(port);
	for (unsigned i = 0; i < 1000; i++) /* nobody at the other end */
		cr_assert_eq(send_one(port, 0, m), 0);
	cr_expect_eq(xstat(port, "lane0_tx_down"), 1000);
	cr_expect_eq(xstat(port, "lane0_tx_paced"), 0);
	rte_pktmbuf_free(m);
}
