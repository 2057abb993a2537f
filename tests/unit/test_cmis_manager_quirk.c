/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/quirk.c: what is known of modules is honoured, and only of those.
 */
#include "tests/unit/cmis_managed.h"

static char known[256];

static void tell(void *arg, const struct cmis_event *event)
{
	struct managed *g = arg;

	if (strstr(event->text, "known of") != NULL)
		snprintf(known, sizeof(known), "%s", event->text);
	managed_event(g, event);
}

static void start(struct managed *g, const struct cmis_profile *profile,
		  const struct cmis_durations *d, const struct cmis_quirk *quirk)
{
	struct cmis_manager_settings set = { .quirks = quirk, .quirk_count = quirk != NULL };
	struct cmis_engine_settings s = { .profile = profile,
					  .clock = { host_clock, NULL },
					  .durations = d };
	struct cmis_engine *e;

	cr_assert_eq(cmis_engine_create(&e, &s, NULL), 0);
	known[0] = 0;
	managed_init(g, e);
	cmis_manager_destroy(g->manager);
	managed_settings(g, &set);
	set.event = tell;
	cr_assert_eq(cmis_manager_create(&g->manager, &set), 0);
}

/* A module by another maker. */
static struct cmis_profile made_by(const char *vendor, const char *part)
{
	struct cmis_profile p = *cmis_profile_find("oif-3.2t");

	p.vendor = vendor;
	p.part = part;
	return p;
}

/* DPInit takes 15 s where 0.5 s is advertised. */
Test(manager_quirk, patience)
{
	const struct cmis_quirk patient = { "CPX", "OIF", .patience = 50 };
	struct managed g;

	for (unsigned is_known = 0; is_known < 2; is_known++) {
		start(&g, cmis_profile_find("oif-3.2t"), NULL, is_known ? &patient : NULL);
		managed_inject(&g, CMIS_INJECT_SLOW_INIT, 150, 0, 0);
		managed_want(&g, 0, 8);
		managed_until_up(&g, 1, 17000);
		cr_expect_eq(managed_up(&g), is_known);
		cr_expect_eq(managed_seen(&g)->counters.failures > 0, !is_known);
		managed_end(&g);
	}
}

/* "Success" half a second too early, as FBOSS has seen it. */
Test(manager_quirk, settle)
{
	const struct cmis_quirk settle = { .settle_ms = 500 };
	struct managed g;

	start(&g, cmis_profile_find("oif-3.2t"), NULL, &settle);
	managed_inject(&g, CMIS_INJECT_EARLY_SUCCESS, 5, 0, 0);
	managed_want(&g, 0, 4);
	managed_run(&g, 550);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_DPDeinit), 0xFF, "not yet");
	managed_until_up(&g, 2, 1000);
	cr_expect_eq(managed_up(&g), 2);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_end(&g);
}

/* A module that refuses every configuration, and how often it is asked for AppSel 0. */
static struct cmis_transport inside;
static unsigned releases;

static int refusing(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	uint8_t partial = bytes[0] & (uint8_t)-bytes[0];

	releases += addr >= 145 && addr <= 152 && bytes[0] == 0;
	return inside.write(inside.module, addr, addr == 143 ? &partial : bytes, len);
}

Test(manager_quirk, no_release)
{
	static struct cmis_profile bailly;

	bailly = made_by("BROADCOM", "BCM78909");
	for (unsigned is_known = 0; is_known < 2; is_known++) {
		struct managed g;

		start(&g, is_known ? &bailly : cmis_profile_find("oif-3.2t"), NULL, NULL);
		managed_inject(&g, CMIS_INJECT_REJECT_RELEASE, 0, 0, 0);
		inside = g.plugged;
		g.plugged.write = refusing;
		releases = 0;
		managed_want(&g, 0, 8);
		managed_run(&g, 900);
		cr_expect_eq(managed_port(&g, 0, 0)->state, CMIS_PORT_FAILED);
		cr_expect_eq(managed_port(&g, 0, 0)->reason, CMIS_REASON_PARTIAL_DATA_PATH);
		cr_expect_eq(releases, !is_known, "%u", releases);
		cr_expect_eq(strstr(known, "does not know AppSel 0") != NULL, is_known, "%s",
			     known);
		managed_end(&g);
	}
}

/* Slow to configure: known, and so not late. */
Test(manager_quirk, configure)
{
	static struct cmis_profile inno, other;
	struct cmis_durations d = cmis_profile_find("oif-3.2t")->durations;
	struct managed g;

	inno = made_by("InnoLight", "T-OH8CNT");
	other = made_by("SOMEBODY", "T-OH8CNT");
	d.configure = 200;
	start(&g, &inno, &d, NULL);
	managed_want(&g, 0, 8);
	managed_until_up(&g, 1, 5000);
	cr_expect_eq(managed_up(&g), 1);
	cr_expect_eq(g.late, 0u);
	cr_expect_not_null(strstr(known, "InnoLight T-OH8CNT: slow to configure"), "%s", known);
	managed_end(&g);
	start(&g, &other, &d, NULL);
	managed_want(&g, 0, 8);
	managed_until_up(&g, 1, 5000);
	cr_expect_eq(managed_up(&g), 1);
	cr_expect_eq(g.late, 1u);
	cr_expect_eq(known[0], 0);
	managed_end(&g);
}

/* A module in the place of another does not inherit what was known of that one. */
Test(manager_quirk, of_one_module_only)
{
	const struct cmis_quirk lines[] = { { "CPX", NULL, .settle_ms = 300 },
					    { NULL, "OIF", .settle_ms = 200 },
					    { "CPX", NULL, CMIS_QSFP_DD, .settle_ms = 5000 } };
	struct cmis_manager_settings set = { .quirks = lines, .quirk_count = 3 };
	static struct cmis_profile other;
	struct cmis_engine_settings s = { .profile = &other, .clock = { host_clock, NULL } };
	struct managed g;
	struct cmis_engine *e;
	unsigned ms;

	managed_start(&g, "oif-3.2t");
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &set);
	cr_assert_eq(cmis_manager_create(&g.manager, &set), 0);
	managed_want(&g, 0, 8);
	/* the later of two lines: 200 ms and not 300; that of another identifier never */
	ms = managed_until_up(&g, 1, 5000);
	cr_expect(ms >= 430 && ms < 530, "%u", ms);
	other = made_by("SOMEBODY", "ELSE");
	cr_assert_eq(cmis_engine_create(&e, &s, NULL), 0);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 0);
	managed_run(&g, 1000);
	cmis_engine_destroy(g.host.engine);
	g.host.engine = e;
	g.plugged = g.host.bus = cmis_engine_transport(e);
	managed_run(&g, 250);
	cr_expect_lt(managed_until_up(&g, 1, 5000), 200, "without settling");
	cr_expect_eq(managed_up(&g), 1);
	managed_end(&g);
}
