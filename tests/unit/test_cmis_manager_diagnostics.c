/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/diagnostics.c: loopback and patterns as wanted, kept over resets, refused with a
 * reason.
 */
#include "tests/unit/cmis_managed.h"

/* What the module says in 13h:128-139 (only abilities() reads 12 bytes there), where `less`. */
static struct cmis_transport inside;
static uint8_t able[12];
static bool less;

static int less_able(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = inside.read(module, addr, bytes, len);

	if (ret == 0 && less && addr == 128 && len == sizeof(able))
		memcpy(bytes, able, sizeof(able));
	return ret;
}

static void start_up(struct managed *g, const char *profile, unsigned ports)
{
	managed_start(g, profile);
	inside = g->plugged;
	g->plugged.read = less_able;
	memset(able, 0xFF, sizeof(able));
	for (unsigned b = 0; b < ports; b++)
		managed_want(g, b, 8);
	managed_until_up(g, ports, 5000);
	cr_assert_eq(managed_up(g), ports);
	managed_run(g, 1000);
}

static unsigned loops(struct managed *g, unsigned bank, unsigned lane)
{
	unsigned modes = 99;

	cr_assert_eq(cmis_manager_loopback_seen(g->manager, bank, lane, &modes), 0);
	return modes;
}

Test(manager_diagnostics, loopback_of_lanes)
{
	struct managed g;
	struct err err = { "" };

	start_up(&g, "oif-3.2t", 4);
	cr_expect_eq(loops(&g, 1, 1), 0u);
	cr_assert_eq(cmis_manager_want_loopback(g.manager, 0xF00, CMIS_LOOPBACK_HOST_INPUT, &err),
		     0, "%s", err.text);
	managed_run(&g, 200);
	for (unsigned lane = 0; lane < 32; lane++)
		cr_expect_eq(managed_lane(&g, lane).loopback,
			     lane >= 8 && lane < 12 ? CMIS_LOOPBACK_HOST_INPUT : 0, "lane %u",
			     lane);
	cr_expect_eq(loops(&g, 1, 4), (unsigned)CMIS_LOOPBACK_HOST_INPUT);
	cr_expect_eq(loops(&g, 1, 5), 0u);
	/* another mode for some of them, none for others */
	cmis_manager_want_loopback(g.manager, 0x100, CMIS_LOOPBACK_MEDIA_OUTPUT, NULL);
	cmis_manager_want_loopback(g.manager, 0x200, 0, NULL);
	managed_run(&g, 200);
	cr_expect_eq(managed_lane(&g, 8).loopback, CMIS_LOOPBACK_MEDIA_OUTPUT);
	cr_expect_eq(managed_lane(&g, 9).loopback, 0);
	cr_expect_eq(managed_lane(&g, 10).loopback, CMIS_LOOPBACK_HOST_INPUT);
	cr_expect_eq(managed_up(&g), 4, "no port minds");
	managed_end(&g);
}

/* Level-triggered: whoever takes it away, it comes back; lanes of others are left alone. */
Test(manager_diagnostics, kept)
{
	struct managed g;

	start_up(&g, "oif-3.2t", 4);
	cmis_manager_want_loopback(g.manager, 0x3, CMIS_LOOPBACK_MEDIA_OUTPUT, NULL);
	managed_run(&g, 200);
	host_write1(&g.host, 0, 0x13, 180, 0xF0); /* a second host: takes two, makes four */
	managed_run(&g, 1500);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_LoopbackMediaOutput), 0xF3);
	managed_inject(&g, CMIS_INJECT_RESET, 0, 0, 0);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 1500);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_LoopbackMediaOutput), 0x03);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 1000);
	managed_run(&g, 1000);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 1500);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_LoopbackMediaOutput), 0x03);
	cmis_manager_want_loopback(g.manager, 0x3, 0, NULL);
	managed_run(&g, 200);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_LoopbackMediaOutput), 0);
	managed_end(&g);
}

Test(manager_diagnostics, patterns)
{
	struct managed g;
	struct cmis_prbs_seen s;

	start_up(&g, "oif-3.2t", 1);
	cr_assert_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, CMIS_PRBS_GENERATE, 0x0E,
					    cmis_pattern_find("PRBS13Q"), NULL),
		     0);
	cr_assert_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_HOST, CMIS_PRBS_CHECK, 0x80,
					    CMIS_SSPRQ, NULL),
		     0);
	managed_run(&g, 200);
	for (unsigned i = 0; i < 8; i++)
		cr_expect_eq(managed_lane(&g, i).media_pattern,
			     i >= 1 && i <= 3 ? CMIS_PRBS13Q : -1);
	cr_expect_eq(managed_lane(&g, 1).host_pattern, -1);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_HostCheckerEnable), 0x80);
	cr_expect_eq(host_get(&g.host, 0, CMIS_HostCheckerPattern, 7), CMIS_SSPRQ);
	cmis_manager_prbs_seen(g.manager, 0, 2, CMIS_SIDE_MEDIA, &s);
	cr_expect(s.generates == CMIS_PRBS13Q && s.checks == -1 && !s.locked);
	cmis_manager_prbs_seen(g.manager, 0, 8, CMIS_SIDE_HOST, &s);
	cr_expect(s.generates == -1 && s.checks == CMIS_SSPRQ);
	cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, 3, 0x04, -1, NULL);
	managed_run(&g, 200);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_MediaGeneratorEnable), 0x0A, "one stopped");
	managed_end(&g);
}

static void refused(struct managed *g, uint64_t lanes, unsigned modes, const char *why)
{
	struct err err = { "" };

	cr_expect_eq(cmis_manager_want_loopback(g->manager, lanes, modes, &err), -ENOTSUP);
	cr_expect_not_null(strstr(err.text, why), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "oe0 bank"), "%s", err.text);
}

Test(manager_diagnostics, refusals)
{
	struct managed g;
	struct err err = { "" };

	less = true;
	start_up(&g, "oif-3.2t", 0);
	able[0] = 0x0D; /* no media input, all lanes or none, one side at a time */
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 100);
	managed_run(&g, 2000);
	refused(&g, 0xFF, CMIS_LOOPBACK_MEDIA_INPUT, "media input");
	refused(&g, 0x0F, CMIS_LOOPBACK_MEDIA_OUTPUT, "all eight");
	refused(&g, 0x01, CMIS_LOOPBACK_HOST_INPUT, "all eight");
	refused(&g, 0xFF, CMIS_LOOPBACK_HOST_INPUT | CMIS_LOOPBACK_MEDIA_OUTPUT, "not both");
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 0xFF, CMIS_LOOPBACK_HOST_INPUT, &err), 0,
		     "%s", err.text);
	refused(&g, 0x0F, CMIS_LOOPBACK_MEDIA_OUTPUT, "all eight");
	managed_run(&g, 200);
	cr_expect_eq(loops(&g, 0, 1), (unsigned)CMIS_LOOPBACK_HOST_INPUT, "nothing else changed");
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 1ull << 32, 1, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "lanes 0-31"), "%s", err.text);
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 0, 1, &err), -EINVAL);
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 1, 16, &err), -EINVAL);
	managed_end(&g);
}

Test(manager_diagnostics, patterns_that_a_module_lacks)
{
	struct managed g;
	struct err err = { "" };
	const unsigned check = CMIS_PRBS_CHECK, generate = CMIS_PRBS_GENERATE;

	less = true;
	start_up(&g, "oif-3.2t", 0);
	memset(able + 4, 0xFF, 8);
	able[10] = 0x01; /* the media checker knows PRBS31Q only */
	able[11] = 0;
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 100);
	managed_run(&g, 2000);
	cr_expect_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, generate | check, 1,
					    CMIS_SSPRQ, &err),
		     -ENOTSUP);
	cr_expect_not_null(strstr(err.text, "SSPRQ"), "%s", err.text);
	managed_run(&g, 200);
	cr_expect_eq(managed_lane(&g, 0).media_pattern, -1, "neither of the two");
	cr_expect_eq(
		cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, check, 1, CMIS_PRBS31Q, &err),
		0);
	cr_expect_eq(
		cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, generate, 1, CMIS_SSPRQ, &err),
		0);
	cr_expect_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, generate, 1, 13, &err),
		     -EINVAL);
	cr_expect_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_MEDIA, 0, 1, 0, &err), -EINVAL);
	cr_expect_eq(cmis_manager_want_prbs(g.manager, 2, check, 1, 0, &err), -EINVAL);
	managed_end(&g);
}

/* Wanted before the module is there: what it cannot is told, and not tried. */
Test(manager_diagnostics, wanted_before_it_is_there)
{
	struct managed g;
	unsigned modes;

	less = true;
	memset(able, 0xFF, sizeof(able));
	able[0] = 0x4F; /* not per lane */
	managed_start(&g, "oif-3.2t");
	inside = g.plugged;
	g.plugged.read = less_able;
	cr_expect_eq(cmis_manager_loopback_seen(g.manager, 0, 1, &modes), -ENODATA);
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 0x1, CMIS_LOOPBACK_HOST_INPUT, NULL), 0);
	cr_expect_eq(cmis_manager_want_loopback(g.manager, 0xFF00, CMIS_LOOPBACK_HOST_INPUT, NULL),
		     0);
	managed_run(&g, 2000);
	cr_expect_not_null(strstr(g.note, "bank 0: loopback and patterns as wanted cannot be"),
			   "%s", g.note);
	cr_expect_eq(cmis_manager_loopback_seen(g.manager, 0, 1, &modes), -ENOTSUP);
	cr_expect_eq(managed_lane(&g, 0).loopback, 0);
	cr_expect_eq(managed_lane(&g, 8).loopback, CMIS_LOOPBACK_HOST_INPUT, "the other bank can");
	managed_end(&g);
}

Test(manager_diagnostics, copper_has_none)
{
	static const char *const profiles[] = { "cpc-passive", "cpc-active" };
	struct err err = { "" };
	unsigned modes;

	for (unsigned i = 0; i < 2; i++) {
		struct managed g;

		start_up(&g, profiles[i], 0);
		cr_expect_eq(cmis_manager_want_loopback(g.manager, 1, 1, &err), -ENOTSUP);
		cr_expect_not_null(strstr(err.text, "no diagnostics pages"), "%s", err.text);
		cr_expect_eq(cmis_manager_want_prbs(g.manager, CMIS_SIDE_HOST, 1, 1, 0, &err),
			     -ENOTSUP);
		cr_expect_eq(cmis_manager_loopback_seen(g.manager, 0, 1, &modes), -ENODATA);
		managed_end(&g);
	}
}

Test(manager_diagnostics, what_it_costs)
{
	struct managed g;
	uint64_t before, idle;

	start_up(&g, "oif-3.2t", 4);
	managed_run(&g, 2000);
	before = managed_transactions(&g);
	managed_run(&g, 10000);
	idle = managed_transactions(&g) - before;
	cmis_manager_want_loopback(g.manager, 0xFFFFFFFF, CMIS_LOOPBACK_HOST_INPUT, NULL);
	managed_run(&g, 2000);
	before = managed_transactions(&g);
	managed_run(&g, 10000);
	cr_expect_leq(managed_transactions(&g) - before, idle + 4 * 3 * 11, "a look a second");
	managed_end(&g);
}
