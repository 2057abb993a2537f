/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is so at this moment, copied from a manager into one set of bits for each kind of alarm;
 * what of it shows is decided elsewhere. Most kinds are latched flags, and their line of the table
 * says all about them. Flags are believed only while the manager reads them.
 */
#include <assert.h>
#include <string.h>

#include "lib/cmis/manager/alarms_private.h"
#include "lib/cmis/vdm.h"

#define BIT(kind) (1ull << CMIS_ALARM_##kind)
static_assert(CMIS_ALARM_KINDS <= 64, "a set of kinds is a word");

/* id, then: what its bits are (MODULE; LANE; LIGHT: lanes whose laser may be the cause; FIBER:
 * lanes whose far end may be), the flag or observable, its level, the kinds that hide it.
 * Observables are read at the rate of monitors: their flags may be old for a while after an outage.
 */
#define OF_MODULE              ALARM_MODULE
#define OF_LANE                ALARM_LANE
#define OF_LIGHT               ALARM_LANE, .fed = true
#define OF_FIBER               ALARM_LANE, .far = true
#define OUTAGE(id, ms)         [CMIS_ALARM_##id] = { ALARM_MODULE, .outage = true, .wait_ms = ms }
#define LASER(id, ms, by)      [CMIS_ALARM_##id] = { ALARM_LASER, .wait_ms = ms, .under = by }
#define FLAG(id, of, flag, by) [CMIS_ALARM_##id] = { OF_##of, .field = CMIS_##flag, .under = by }
#define LEVEL(id, of, flag, at, by) \
	[CMIS_ALARM_##id] = { OF_##of, .field = CMIS_##flag, .level = CMIS_##at, .under = by }
#define VDM(id, of, code, at, by)                                               \
	[CMIS_ALARM_##id] = { OF_##of, .vdm = CMIS_VDM_##code, .wait_ms = 1500, \
			      .level = CMIS_##at, .under = by }

/* clang-format off */
const struct alarm_source alarm_sources[CMIS_ALARM_KINDS] = {
	/* MgmtInit may take 2 s without an answer; lasers ramp, and are measured once a second */
	OUTAGE(ABSENT, 0),
	OUTAGE(NOT_RESPONDING, 2500),
	OUTAGE(MODULE_FAULT, 0),
	OUTAGE(SHUT_DOWN, 0),
	OUTAGE(POWER_UP_FAILED, 0),
	LASER(LASER_FAILED, 0, 0),
	LASER(LASER_OFF, 3000, BIT(LASER_FAILED)),
	LASER(LASER_DEGRADED, 1500, BIT(LASER_FAILED) | BIT(LASER_OFF)),
	LASER(LASER_WARNING, 1500, BIT(LASER_DEGRADED)),
	FLAG(MODULE_FIRMWARE, MODULE, ModuleFirmwareErrorFlag, 0),
	FLAG(DATA_PATH_FIRMWARE, MODULE, DataPathFirmwareErrorFlag, 0),
	LEVEL(TEMP_HIGH_ALARM, MODULE, TempFlag, HIGH_ALARM, 0),
	LEVEL(TEMP_LOW_ALARM, MODULE, TempFlag, LOW_ALARM, 0),
	LEVEL(VCC_HIGH_ALARM, MODULE, VccFlag, HIGH_ALARM, 0),
	LEVEL(VCC_LOW_ALARM, MODULE, VccFlag, LOW_ALARM, 0),
	LEVEL(TEMP_HIGH_WARNING, MODULE, TempFlag, HIGH_WARNING, BIT(TEMP_HIGH_ALARM)),
	LEVEL(TEMP_LOW_WARNING, MODULE, TempFlag, LOW_WARNING, BIT(TEMP_LOW_ALARM)),
	LEVEL(VCC_HIGH_WARNING, MODULE, VccFlag, HIGH_WARNING, BIT(VCC_HIGH_ALARM)),
	LEVEL(VCC_LOW_WARNING, MODULE, VccFlag, LOW_WARNING, BIT(VCC_LOW_ALARM)),
	[CMIS_ALARM_AUX_ALARM] = { ALARM_MODULE }, /* of four flags */
	[CMIS_ALARM_AUX_WARNING] = { ALARM_MODULE, .under = BIT(AUX_ALARM) },
	[CMIS_ALARM_CHECKSUM] = { ALARM_MODULE },
	[CMIS_ALARM_PORT_FAILED] = { ALARM_PORT, .fed = true },
	FLAG(TX_FAULT, LIGHT, FailureFlagTx, 0),
	FLAG(TX_LOS, LANE, LOSFlagTx, 0),
	FLAG(TX_LOL, LANE, CDRLOLFlagTx, BIT(TX_LOS)),
	FLAG(TX_EQ, LANE, AdaptiveInputEqFailFlagTx, BIT(TX_LOL)),
	LEVEL(TX_POWER_HIGH_ALARM, LIGHT, TxPowerFlag, HIGH_ALARM, 0),
	LEVEL(TX_POWER_LOW_ALARM, LIGHT, TxPowerFlag, LOW_ALARM, BIT(TX_FAULT)),
	LEVEL(TX_POWER_HIGH_WARNING, LIGHT, TxPowerFlag, HIGH_WARNING, BIT(TX_POWER_HIGH_ALARM)),
	LEVEL(TX_POWER_LOW_WARNING, LIGHT, TxPowerFlag, LOW_WARNING, BIT(TX_POWER_LOW_ALARM)),
	LEVEL(TX_BIAS_HIGH_ALARM, LANE, TxBiasFlag, HIGH_ALARM, BIT(TX_FAULT)),
	LEVEL(TX_BIAS_LOW_ALARM, LANE, TxBiasFlag, LOW_ALARM, BIT(TX_FAULT)),
	LEVEL(TX_BIAS_HIGH_WARNING, LANE, TxBiasFlag, HIGH_WARNING, BIT(TX_BIAS_HIGH_ALARM)),
	LEVEL(TX_BIAS_LOW_WARNING, LANE, TxBiasFlag, LOW_WARNING, BIT(TX_BIAS_LOW_ALARM)),
	FLAG(RX_LOS, FIBER, LOSFlagRx, 0),
	LEVEL(RX_POWER_HIGH_ALARM, LANE, RxPowerFlag, HIGH_ALARM, 0),
	LEVEL(RX_POWER_LOW_ALARM, FIBER, RxPowerFlag, LOW_ALARM, BIT(RX_LOS)),
	LEVEL(RX_POWER_HIGH_WARNING, LANE, RxPowerFlag, HIGH_WARNING, BIT(RX_POWER_HIGH_ALARM)),
	LEVEL(RX_POWER_LOW_WARNING, FIBER, RxPowerFlag, LOW_WARNING, BIT(RX_POWER_LOW_ALARM)),
	FLAG(RX_LOL, FIBER, CDRLOLFlagRx, BIT(RX_POWER_LOW_ALARM)),
	VDM(BER_ALARM, FIBER, PreFECBERMedia, HIGH_ALARM, BIT(RX_LOL)),
	VDM(FERC_ALARM, FIBER, FERCMedia, HIGH_ALARM, BIT(BER_ALARM)),
	VDM(SNR_ALARM, FIBER, eSNRMedia, LOW_ALARM, BIT(FERC_ALARM)),
	VDM(BER_WARNING, FIBER, PreFECBERMedia, HIGH_WARNING, BIT(SNR_ALARM)),
	VDM(FERC_WARNING, FIBER, FERCMedia, HIGH_WARNING, BIT(BER_WARNING)),
	VDM(SNR_WARNING, FIBER, eSNRMedia, LOW_WARNING, BIT(FERC_WARNING)),
	VDM(HOST_BER_ALARM, LANE, PreFECBERHost, HIGH_ALARM, BIT(TX_LOL)),
	VDM(HOST_SNR_ALARM, LANE, eSNRHost, LOW_ALARM, BIT(HOST_BER_ALARM)),
	VDM(HOST_BER_WARNING, LANE, PreFECBERHost, HIGH_WARNING, BIT(HOST_SNR_ALARM)),
	VDM(HOST_SNR_WARNING, LANE, eSNRHost, LOW_WARNING, BIT(HOST_BER_WARNING)),
	[CMIS_ALARM_LIGHT_ALARM] = { OF_LIGHT, .vdm = CMIS_VDM_ElsInputPower, .wait_ms = 1500,
				     .both = true, .level = CMIS_HIGH_ALARM },
	[CMIS_ALARM_LIGHT_WARNING] = { OF_LIGHT, .vdm = CMIS_VDM_ElsInputPower, .wait_ms = 1500,
				       .both = true, .level = CMIS_HIGH_WARNING,
				       .under = BIT(LIGHT_ALARM) },
};
/* clang-format on */

static bool up(const struct cmis_manager *m, unsigned bank, enum cmis_field_id id, unsigned i)
{
	struct cmis_flag_seen flag;

	return cmis_manager_flag(m, bank, id, i, &flag) == 0 && flag.up;
}

static void set(uint64_t *bits, unsigned i, bool so)
{
	*bits |= (uint64_t)so << i;
}

/* Away, silent, at fault, shut down. What is on its way up again is still what it was. */
static void outages(struct alarm_device *d, bool wanted, const struct cmis_manager_seen *s)
{
	bool bus = s->reason == CMIS_REASON_NACK || s->reason == CMIS_REASON_LINK ||
		   s->reason == CMIS_REASON_PAGE_LOST || s->reason == CMIS_REASON_NO_CMIS ||
		   s->reason == CMIS_REASON_UNSTEADY;
	bool starting = s->state == CMIS_MANAGER_IDENTIFY || s->state == CMIS_MANAGER_PARK ||
			s->state == CMIS_MANAGER_POWER_UP;
	uint64_t *level = d->level, keep = starting ? 1 : 0;

	level[CMIS_ALARM_ABSENT] =
		s->state == CMIS_MANAGER_ABSENT && s->reason == CMIS_REASON_ABSENT && wanted;
	level[CMIS_ALARM_NOT_RESPONDING] = bus;
	level[CMIS_ALARM_MODULE_FAULT] =
		(level[CMIS_ALARM_MODULE_FAULT] & keep) | (s->state == CMIS_MANAGER_FAULT);
	level[CMIS_ALARM_SHUT_DOWN] =
		(level[CMIS_ALARM_SHUT_DOWN] & keep) | (s->state == CMIS_MANAGER_HOT);
	level[CMIS_ALARM_POWER_UP_FAILED] = (level[CMIS_ALARM_POWER_UP_FAILED] & keep) |
					    (s->reason == CMIS_REASON_POWER_UP_TIMEOUT);
	if (bus) {
		d->state = (uint8_t)s->state;
		d->reason = (uint8_t)s->reason;
	}
	if (s->state == CMIS_MANAGER_FAULT)
		d->fault_cause = (uint8_t)s->fault_cause;
	d->temperature = s->temperature;
	d->bad_checksums = s->bad_checksums;
}

static uint64_t of_module(const struct cmis_manager *m, const struct alarm_source *s)
{
	return s->field != 0 && up(m, 0, s->field, s->level);
}

static bool aux(const struct cmis_manager *m, enum cmis_level high)
{
	static const enum cmis_field_id flags[] = { CMIS_Aux1Flag, CMIS_Aux2Flag, CMIS_Aux3Flag,
						    CMIS_CustomFlag };

	for (unsigned k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
		if (up(m, 0, flags[k], high) || up(m, 0, flags[k], high + 1))
			return true;
	return false;
}

static uint64_t of_lanes(const struct cmis_manager *m, const struct alarm_source *s, unsigned banks)
{
	uint64_t lanes = 0;

	for (unsigned b = 0; b < banks && s->vdm != 0; b++) {
		uint64_t some = cmis_manager_vdm_flags(m, b, s->vdm, s->level);

		if (s->both)
			some |= cmis_manager_vdm_flags(m, b, s->vdm, s->level + 1);
		lanes |= some << b * CMIS_LANES;
	}
	for (unsigned l = 0; l < banks * CMIS_LANES && s->field != 0; l++)
		set(&lanes, l,
		    up(m, l / CMIS_LANES, s->field, s->level * CMIS_LANES + l % CMIS_LANES));
	return lanes;
}

/* Kinds that are flags, of the module as a whole and of lanes that a port wants. */
static void flags(struct alarm_device *d, const struct cmis_manager *m)
{
	const struct cmis_manager_seen *seen = cmis_manager_seen(m);
	bool module = seen->state >= CMIS_MANAGER_PARK, lanes = seen->state == CMIS_MANAGER_READY;

	for (unsigned kind = 0; kind < CMIS_ALARM_KINDS; kind++) {
		const struct alarm_source *s = &alarm_sources[kind];

		if (s->outage)
			continue;
		if (s->scope == ALARM_MODULE)
			d->level[kind] = module ? of_module(m, s) : 0;
		else if (s->scope == ALARM_LANE)
			d->level[kind] = lanes ? of_lanes(m, s, seen->support.banks) & d->lanes : 0;
	}
	d->level[CMIS_ALARM_AUX_ALARM] = module && aux(m, CMIS_HIGH_ALARM);
	d->level[CMIS_ALARM_AUX_WARNING] = module && aux(m, CMIS_HIGH_WARNING);
	d->level[CMIS_ALARM_CHECKSUM] = module && seen->bad_checksums != 0;
}

/* A port that failed is one until it is up, also while it is being tried again. */
static void ports(struct alarm_device *d, const struct cmis_manager *m)
{
	bool ready = cmis_manager_seen(m)->state == CMIS_MANAGER_READY;
	uint64_t failed = 0;

	d->lanes = 0;
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		const struct cmis_bank_seen *k = cmis_manager_bank(m, b);

		for (unsigned i = 0; i < k->port_count; i++) {
			const struct cmis_port_seen *p = &k->port[i];
			unsigned first = b * CMIS_LANES + p->wish.first;
			uint64_t lanes = ((1ull << p->wish.lanes) - 1) << first;
			bool is = p->state == CMIS_PORT_FAILED ||
				  p->reason == CMIS_REASON_NO_APPLICATION;

			d->lanes |= lanes;
			if (is || (p->failures > 0 && p->state != CMIS_PORT_UP))
				set(&failed, first, ready);
			if (is) {
				d->port_reason[first] = (uint8_t)p->reason;
				d->port_lanes[first] = lanes;
			}
		}
	}
	d->level[CMIS_ALARM_PORT_FAILED] = failed;
}

static void sends(struct alarm_device *d, const struct cmis_manager *m)
{
	d->sends = 0;
	for (unsigned l = 0; l < ALARM_BITS; l++) {
		const struct cmis_lane_seen *seen =
			&cmis_manager_bank(m, l / CMIS_LANES)->lane[l % CMIS_LANES];

		set(&d->sends, l,
		    cmis_manager_seen(m)->state == CMIS_MANAGER_READY && d->lanes >> l & 1 &&
			    seen->state == CMIS_DP_ACTIVATED && seen->tx_valid);
	}
}

/* Flags of a laser: bits 0-3 bias, 4-7 power, in the order of levels. */
static uint8_t laser_flags(const struct cmis_manager *m, unsigned laser)
{
	unsigned b = laser / CMIS_LANES, l = laser % CMIS_LANES;
	uint8_t flags = 0;

	for (unsigned level = 0; level < CMIS_LEVELS; level++) {
		if (up(m, b, CMIS_ElsBiasFlag, level * CMIS_LANES + l))
			flags |= (uint8_t)(1 << level);
		if (up(m, b, CMIS_ElsPowerFlag, level * CMIS_LANES + l))
			flags |= (uint8_t)(0x10 << level);
	}
	return flags;
}

static void laser(struct alarm_device *d, unsigned k, bool used, const struct cmis_manager *m,
		  const struct cmis_laser_seen *l)
{
	const uint8_t alarms = 0x33, warnings = 0xCC;
	bool on = l != NULL && l->state == CMIS_LASER_ON, alarm, warning;
	uint8_t flags;

	if (used && !on) {
		d->laser[k].wanted = l == NULL || l->wanted;
		d->laser[k].off = (uint8_t)(l != NULL ? l->reason : CMIS_REASON_NONE);
	}
	set(&d->on, k, on);
	set(&d->level[CMIS_ALARM_LASER_FAILED], k, l != NULL && l->failed);
	set(&d->level[CMIS_ALARM_LASER_OFF], k, used && !on);
	if (l == NULL)
		return;
	if (l->failed) {
		d->laser[k].failed = (uint8_t)l->reason;
		d->laser[k].fault = l->fault;
	}
	if (!on || !l->wanted)
		return;
	flags = laser_flags(m, k);
	alarm = flags & alarms || (k < 32 && up(m, 0, CMIS_ElsLaneFaultFlag, k));
	warning = flags & warnings || l->warning != 0 ||
		  (k < 32 && up(m, 0, CMIS_ElsLaneWarningFlag, k));
	if (alarm || warning) {
		d->laser[k].flags = flags;
		d->laser[k].power_mw = l->power_mw;
	}
	set(&d->level[CMIS_ALARM_LASER_DEGRADED], k, alarm);
	set(&d->level[CMIS_ALARM_LASER_WARNING], k, warning);
	set(&d->low_alarm, k, flags >> (4 + CMIS_LOW_ALARM) & 1);
	set(&d->low_warning, k, flags >> (4 + CMIS_LOW_WARNING) & 1);
}

/* A laser that lanes are fed from and of which nothing is known is not on. */
static void lasers(struct alarm_device *d, uint64_t used, const struct cmis_manager *m)
{
	const struct cmis_els_seen *els = cmis_manager_els(m);

	d->on = d->low_alarm = d->low_warning = 0;
	for (unsigned kind = CMIS_ALARM_LASER_FAILED; kind <= CMIS_ALARM_LASER_WARNING; kind++)
		d->level[kind] = 0;
	for (unsigned k = 0; k < ALARM_BITS; k++)
		if (els == NULL || !els->present ||
		    cmis_manager_seen(m)->state != CMIS_MANAGER_READY)
			laser(d, k, used >> k & 1, m, NULL);
		else
			laser(d, k, used >> k & 1, m, cmis_manager_laser(m, k));
}

static void none(struct alarm_device *d)
{
	memset(d->level, 0, sizeof(d->level));
	d->lanes = 0;
	d->on = d->sends = UINT64_MAX; /* as far as anybody knows */
	d->low_alarm = d->low_warning = 0;
	d->stranger = false;
}

/* The source that an engine speaks for: it can be away, the rest is its engine's. */
static void joint(struct alarm_device *d, uint64_t used, const struct cmis_manager *m,
		  const struct cmis_els_seen *els)
{
	bool ready = cmis_manager_seen(m)->state == CMIS_MANAGER_READY;

	none(d);
	if (ready)
		lasers(d, used, m);
	d->level[CMIS_ALARM_ABSENT] = ready && !els->present && used != 0;
}

void alarm_levels(struct alarm_device *d, uint64_t used, const struct cmis_manager *m)
{
	const struct cmis_els_seen *els;
	const struct cmis_manager_seen *seen;

	if (m == NULL) {
		none(d);
		return;
	}
	els = cmis_manager_els(m);
	seen = cmis_manager_seen(m);
	d->stranger = false;
	if (d->els && els != NULL && els->joint) {
		joint(d, used, m, els);
		return;
	}
	if (!d->els) {
		ports(d, m);
		sends(d, m);
	}
	outages(d, d->els ? used != 0 : d->lanes != 0, seen);
	flags(d, m);
	if (!d->els)
		return;
	d->stranger = seen->state >= CMIS_MANAGER_PARK && els == NULL;
	if (d->stranger && used != 0)
		d->level[CMIS_ALARM_ABSENT] = 1;
	lasers(d, used, m);
}
