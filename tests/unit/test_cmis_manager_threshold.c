/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/threshold.c: limits for readers, and alarms that say how bad it is.
 */
#include <math.h>

#include "lib/cmis/vdm.h"
#include "tests/unit/cmis_managed.h"

/* Flags that were told of: the last one of each, with its level. */
static struct cmis_event told[64];
static char texts[64][128];
static unsigned tolds;

static void tell(void *arg, const struct cmis_event *event)
{
	if (event->kind != CMIS_EVENT_FLAG || tolds >= 64)
		return;
	snprintf(texts[tolds], sizeof(texts[0]), "%s", event->text);
	told[tolds++] = *event;
}

static const struct cmis_event *event_of(enum cmis_field_id flag, unsigned index, bool up)
{
	for (unsigned i = tolds; i-- > 0;)
		if (told[i].flag == flag && told[i].index == index && told[i].up == up)
			return &told[i];
	return NULL;
}

static const char *text_of(const struct cmis_event *e)
{
	return texts[e - told];
}

static void start_up(struct managed *g, const char *profile)
{
	struct cmis_manager_settings s = { .monitor_ns = 0 };

	managed_start(g, profile);
	cmis_manager_destroy(g->manager);
	managed_settings(g, &s);
	s.event = tell;
	cr_assert_eq(cmis_manager_create(&g->manager, &s), 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	managed_run(g, 3000);
	tolds = 0;
}

Test(manager_threshold, of_monitors)
{
	struct managed g;
	double t[CMIS_LEVELS];

	start_up(&g, "oif-3.2t");
	cr_assert_eq(cmis_manager_threshold(g.manager, CMIS_TempMonitor, t), 0);
	cr_expect(t[CMIS_HIGH_ALARM] == 80 && t[CMIS_LOW_ALARM] == -5 &&
		  t[CMIS_HIGH_WARNING] == 75 && t[CMIS_LOW_WARNING] == 0);
	cr_assert_eq(cmis_manager_threshold(g.manager, CMIS_RxPower, t), 0);
	cr_expect_float_eq(t[CMIS_LOW_ALARM], 0.1585, 1e-3);
	cr_assert_eq(cmis_manager_threshold(g.manager, CMIS_TxBias, t), 0);
	cr_expect_float_eq(t[CMIS_HIGH_ALARM], 80, 1e-9);
	cr_expect_eq(cmis_manager_threshold(g.manager, CMIS_Aux1Monitor, t), -ENODATA);
	cr_expect_eq(cmis_manager_threshold(g.manager, CMIS_DPState, t), -ENODATA);
	managed_end(&g);
	managed_start(&g, "oif-3.2t");
	cr_expect_eq(cmis_manager_threshold(g.manager, CMIS_TempMonitor, t), -ENODATA);
	managed_end(&g);
	managed_start(&g, "cpc-passive");
	managed_run(&g, 1000);
	cr_expect_eq(cmis_manager_threshold(g.manager, CMIS_TempMonitor, t), -ENODATA);
	managed_end(&g);
}

Test(manager_threshold, of_observables)
{
	struct managed g;
	double t[CMIS_LEVELS];

	start_up(&g, "oif-3.2t");
	for (unsigned b = 0; b < 4; b++) {
		cr_assert_eq(
			cmis_manager_vdm_threshold(g.manager, b, CMIS_VDM_PreFECBERMedia, 8, t), 0);
		cr_expect_float_eq(t[CMIS_HIGH_ALARM], 2.4e-4, 1e-6);
		cr_expect_float_eq(t[CMIS_HIGH_WARNING], 1e-4, 1e-6);
	}
	/* in the second group of slots, a set of the same number */
	cr_assert_eq(cmis_manager_vdm_threshold(g.manager, 0, CMIS_VDM_FERCTotalMedia, 1, t), 0);
	cr_expect_gt(t[CMIS_HIGH_ALARM], 1e5);
	cr_assert_eq(cmis_manager_vdm_threshold(g.manager, 0, CMIS_VDM_eSNRMedia, 1, t), 0);
	cr_expect_float_eq(t[CMIS_LOW_WARNING], 18, 1e-9);
	cr_expect_eq(cmis_manager_vdm_threshold(g.manager, 0, CMIS_VDM_eSNRMedia, 9, t), -ENODATA);
	cr_expect_eq(cmis_manager_vdm_threshold(g.manager, 8, CMIS_VDM_eSNRMedia, 1, t), -ENODATA);
	cr_expect_eq(cmis_manager_vdm_threshold(g.manager, 0, CMIS_VDM_ElsInputPower, 1, t),
		     -ENODATA);
	managed_end(&g);
}

Test(manager_threshold, alarms_of_lanes)
{
	struct managed g;
	const struct cmis_event *e;
	const unsigned low_alarm_lane_3 = CMIS_LOW_ALARM * 8 + 2;

	start_up(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_RX_DROP, 8, 1ull << 10, 0); /* bank 1 lane 3 */
	managed_run(&g, 2000);
	e = event_of(CMIS_RxPowerFlag, low_alarm_lane_3, true);
	cr_assert_not_null(e);
	cr_expect_eq(e->bank, 1);
	cr_expect_float_eq(e->value, 0.1, 0.01);
	cr_expect_float_eq(e->threshold, 0.1585, 1e-3);
	cr_expect_str_eq(e->unit, "mW");
	cr_expect_not_null(strstr(text_of(e), "oe0: bank 1: RxPower low alarm lane 3 is up: 0."),
			   "%s", text_of(e));
	cr_expect_not_null(strstr(text_of(e), " mW, limit 0.158"), "%s", text_of(e));
	cmis_engine_heal(g.host.engine, CMIS_INJECT_RX_DROP);
	managed_run(&g, 3000);
	e = event_of(CMIS_RxPowerFlag, low_alarm_lane_3, false);
	cr_assert_not_null(e);
	cr_expect_float_eq(e->value, 0.63, 0.05);
	managed_end(&g);
}

/* Of VDM, too: up with value and limit, and gone again when it is. */
Test(manager_threshold, alarms_of_observables)
{
	struct managed g;
	const struct cmis_event *e;
	struct cmis_flag_seen f;
	const unsigned flag = (2 * 8 + 3) * CMIS_LEVELS + CMIS_HIGH_ALARM; /* BER of lane 4 */

	start_up(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_RX_DROP, 2, 1ull << 19, 0); /* bank 2 lane 4 */
	managed_run(&g, 3000);
	e = event_of(CMIS_VDMFlag, flag, true);
	cr_assert_not_null(e);
	cr_expect_eq(e->bank, 2);
	cr_expect_float_eq(e->value, 5.8e-4, 1e-4);
	cr_expect_float_eq(e->threshold, 2.4e-4, 1e-6);
	cr_expect_not_null(strstr(text_of(e), "PreFECBERMedia high alarm lane 4 is up: 0.00"), "%s",
			   text_of(e));
	cmis_engine_heal(g.host.engine, CMIS_INJECT_RX_DROP);
	managed_run(&g, 4000);
	cr_assert_eq(cmis_manager_flag(g.manager, 2, CMIS_VDMFlag, flag, &f), 0);
	cr_expect_not(f.up, "read until it is gone");
	cr_expect_eq(f.count, 1);
	cr_expect_neq(f.clear_ns, 0);
	cr_expect_not_null(event_of(CMIS_VDMFlag, flag, false));
	managed_end(&g);
}

Test(manager_threshold, alarms_of_the_module_and_other_flags)
{
	struct managed g;
	const struct cmis_event *e;

	start_up(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_TEMP_RAMP, 30, 0, 0);
	managed_run(&g, 1200);
	e = event_of(CMIS_TempFlag, CMIS_HIGH_WARNING, true);
	cr_assert_not_null(e);
	cr_expect(e->value > 75 && e->value < 85, "%g", e->value);
	cr_expect_eq(e->threshold, 75);
	cr_expect_not_null(strstr(text_of(e), "TempMonitor high warning is up: 7"), "%s",
			   text_of(e));
	cmis_engine_heal(g.host.engine, CMIS_INJECT_TEMP_RAMP);
	managed_inject(&g, CMIS_INJECT_FW_MODULE, 0, 0, 0);
	managed_run(&g, 1000);
	e = event_of(CMIS_ModuleFirmwareErrorFlag, 0, true);
	cr_assert_not_null(e);
	cr_expect(isnan(e->value) && isnan(e->threshold), "it has neither");
	managed_end(&g);
}
