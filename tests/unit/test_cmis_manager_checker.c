/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/checker.c: what pattern checkers say, and what they do not.
 */
#include <math.h>

#include "tests/unit/cmis_managed.h"

static void start_up(struct managed *g, const char *profile, unsigned ports)
{
	managed_start(g, profile);
	for (unsigned b = 0; b < ports; b++)
		managed_want(g, b, 8);
	managed_until_up(g, ports, 5000);
	cr_assert_eq(managed_up(g), ports);
	managed_run(g, 1000);
}

static struct cmis_prbs_seen seen(struct managed *g, unsigned bank, unsigned lane,
				  enum cmis_side side)
{
	struct cmis_prbs_seen s;

	cr_assert_eq(cmis_manager_prbs_seen(g->manager, bank, lane, side, &s), 0);
	return s;
}

static void test(struct managed *g, enum cmis_side side, uint64_t lanes)
{
	cmis_manager_want_loopback(g->manager, lanes,
				   side == CMIS_SIDE_MEDIA ? CMIS_LOOPBACK_MEDIA_OUTPUT
							   : CMIS_LOOPBACK_HOST_OUTPUT,
				   NULL);
	cr_assert_eq(cmis_manager_want_prbs(g->manager, side, CMIS_PRBS_GENERATE | CMIS_PRBS_CHECK,
					    lanes, CMIS_PRBS31Q, NULL),
		     0);
}

Test(manager_checker, counts_in_loopback)
{
	struct managed g;
	struct cmis_prbs_seen s, later;
	uint64_t from;

	start_up(&g, "oif-3.2t", 4);
	from = host_now;
	test(&g, CMIS_SIDE_MEDIA, 0xC00); /* bank 1, lanes 3 and 4 */
	managed_run(&g, 10);
	s = seen(&g, 1, 3, CMIS_SIDE_MEDIA);
	cr_expect(s.checks == CMIS_PRBS31Q && s.when_ns == 0 && !s.locked && isnan(s.ber),
		  "no result yet");
	managed_run(&g, 5000);
	s = seen(&g, 1, 3, CMIS_SIDE_MEDIA);
	cr_expect(s.locked && s.counted);
	cr_expect_float_eq(s.ber, 2e-7, 1.5e-7, "%g", s.ber);
	cr_expect_float_eq((double)s.bits, 106.25 * (double)(s.when_ns - s.since_ns), 11e9);
	cr_expect_float_eq((double)s.errors / (double)s.bits, s.ber, 1e-12);
	cr_expect_leq(s.since_ns - from, 20 * CMIS_MS);
	cr_expect_float_eq(s.snr_db, 21, 0.3);
	managed_run(&g, 5000);
	later = seen(&g, 1, 3, CMIS_SIDE_MEDIA);
	cr_expect_gt(later.bits, s.bits);
	cr_expect_eq(later.since_ns, s.since_ns);
	s = seen(&g, 1, 5, CMIS_SIDE_MEDIA);
	cr_expect(s.checks == -1 && s.when_ns == 0 && !s.counted, "a neighbour checks nothing");
	cr_expect_eq(seen(&g, 1, 3, CMIS_SIDE_HOST).checks, -1, "nor does the other side");
	managed_end(&g);
}

Test(manager_checker, both_sides_and_all_lanes)
{
	struct managed g;

	start_up(&g, "bailly-6.4t", 0);
	test(&g, CMIS_SIDE_HOST, UINT64_MAX);
	managed_run(&g, 5000);
	for (unsigned b = 0; b < 8; b++)
		for (unsigned lane = 1; lane <= 8; lane++) {
			struct cmis_prbs_seen s = seen(&g, b, lane, CMIS_SIDE_HOST);

			cr_expect(s.locked && s.counted && s.bits > 0, "bank %u lane %u", b, lane);
			cr_expect_float_eq(s.snr_db, 24, 1.1);
		}
	managed_end(&g);
}

/* No lock: no bit error ratio, and a flag; with the pattern back all of it is. */
Test(manager_checker, lock_is_lost)
{
	struct managed g;
	struct cmis_prbs_seen s;
	struct cmis_flag_seen f;

	start_up(&g, "oif-3.2t", 1);
	test(&g, CMIS_SIDE_MEDIA, 0x0F);
	managed_run(&g, 3000);
	cr_expect(seen(&g, 0, 2, CMIS_SIDE_MEDIA).locked);
	cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, CMIS_PRBS_GENERATE, 0x02, CMIS_SSPRQ,
			       NULL);
	managed_run(&g, 3000);
	s = seen(&g, 0, 2, CMIS_SIDE_MEDIA);
	cr_expect(!s.locked && isnan(s.ber) && s.when_ns != 0);
	cr_assert_eq(cmis_manager_flag(g.manager, 0, CMIS_CheckerLOLFlagMedia, 1, &f), 0);
	cr_expect(f.up && f.count >= 1);
	cr_expect(seen(&g, 0, 1, CMIS_SIDE_MEDIA).locked, "its neighbour");
	cmis_manager_flag(g.manager, 0, CMIS_CheckerLOLFlagMedia, 0, &f);
	cr_expect_not(f.up);
	cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, CMIS_PRBS_GENERATE, 0x02, CMIS_PRBS31Q,
			       NULL);
	managed_run(&g, 3000);
	s = seen(&g, 0, 2, CMIS_SIDE_MEDIA);
	cr_expect(s.locked && s.ber < 1e-6, "%g", s.ber);
	cmis_manager_flag(g.manager, 0, CMIS_CheckerLOLFlagMedia, 1, &f);
	cr_expect_not(f.up);
	managed_end(&g);
}

Test(manager_checker, a_bad_lane_shows)
{
	struct managed g;

	start_up(&g, "oif-3.2t", 1);
	test(&g, CMIS_SIDE_MEDIA, 0xFF);
	managed_inject(&g, CMIS_INJECT_RX_DROP, 1.5, 0x20, 0);
	managed_run(&g, 5000);
	cr_expect_float_eq(seen(&g, 0, 6, CMIS_SIDE_MEDIA).ber, 1.4e-4, 0.4e-4);
	cr_expect_lt(seen(&g, 0, 5, CMIS_SIDE_MEDIA).ber, 1e-6);
	managed_end(&g);
}

/* A reset takes counts away; they begin anew, and say since when. */
Test(manager_checker, survives_a_reset)
{
	struct managed g;
	struct cmis_prbs_seen before, s;

	start_up(&g, "oif-3.2t", 4);
	test(&g, CMIS_SIDE_MEDIA, 0x1);
	managed_run(&g, 20000);
	before = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	managed_inject(&g, CMIS_INJECT_RESET, 0, 0, 0);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 4000);
	s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	cr_expect(s.locked);
	cr_expect_lt(s.bits, before.bits);
	cr_expect_gt(s.since_ns, before.when_ns);
	/* a checker of a neighbour makes this module count anew, too */
	before = s;
	test(&g, CMIS_SIDE_MEDIA, 0x2);
	managed_run(&g, 3000);
	s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	cr_expect_gt(s.since_ns, before.since_ns);
	cr_expect_float_eq((double)s.bits, 106.25 * (double)(s.when_ns - s.since_ns), 250e9);
	managed_end(&g);
}

/* A second host moves the selector: its page is not taken for another one. */
Test(manager_checker, selector_of_somebody_else)
{
	struct managed g;

	start_up(&g, "oif-3.2t", 1);
	test(&g, CMIS_SIDE_MEDIA, 0x1);
	managed_run(&g, 10);
	for (unsigned i = 0; i < 300; i++) {
		struct cmis_prbs_seen s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);

		host_write1(&g.host, 0, 0x14, 128, (uint8_t)(1 + i % 6));
		managed_run(&g, 37);
		if (!isnan(s.ber))
			cr_assert_lt(s.ber, 1e-6, "%g", s.ber);
		cr_assert_lt(s.bits, 1ull << 45);
	}
	managed_end(&g);
}

/* Modules that tell less: what they say that they report, and a selector that they do not know. */
static struct cmis_transport inside;
static uint8_t reports, lacks;
static unsigned asked;

static int less_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = inside.read(module, addr, bytes, len);

	if (ret == 0 && addr == 128 && len == 12) /* only 13h:128-139 is read like that */
		bytes[2] &= reports;
	return ret;
}

static int less_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	const uint8_t none = 0;

	asked += addr == 128 && len == 1 && bytes[0] == lacks;
	return inside.write(module, addr,
			    addr == 128 && len == 1 && bytes[0] == lacks ? &none : bytes, len);
}

static void start_less(struct managed *g)
{
	managed_start(g, "oif-3.2t");
	inside = g->plugged;
	g->plugged.read = less_read;
	g->plugged.write = less_write;
	managed_want(g, 0, 8);
	managed_until_up(g, 1, 5000);
	managed_run(g, 1000);
	asked = 0;
}

Test(manager_checker, a_module_without_counts)
{
	struct cmis_prbs_seen s;
	struct managed g;

	reports = 0x01; /* bit error ratios */
	lacks = 0xFF;
	start_less(&g);
	test(&g, CMIS_SIDE_MEDIA, 0x1);
	managed_run(&g, 3000);
	s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	cr_expect(s.locked && !s.counted && isnan(s.snr_db));
	cr_expect_float_eq(s.ber, 2e-7, 1.5e-7, "%g", s.ber);
	cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, CMIS_PRBS_GENERATE, 0x1, CMIS_SSPRQ,
			       NULL);
	managed_run(&g, 3000);
	s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	cr_expect(!s.locked && isnan(s.ber), "0.5 is no ratio: %g", s.ber);
	managed_end(&g);
}

Test(manager_checker, a_module_that_lacks_a_selector)
{
	struct cmis_prbs_seen s;
	struct managed g;

	reports = 0xFF;
	lacks = 0x06; /* SNR, though it says that it has it */
	start_less(&g);
	test(&g, CMIS_SIDE_MEDIA, 0x1);
	managed_run(&g, 20000);
	s = seen(&g, 0, 1, CMIS_SIDE_MEDIA);
	cr_expect(s.locked && s.counted && isnan(s.snr_db));
	cr_expect_eq(asked, 1u, "asked for once");
	managed_end(&g);
}
