/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One look at a bank: page 11h is read once and serves all of its ports, its monitors and flags;
 * then the controls that its ports ask for are written. Lanes of no port are kept down.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define STATUS_READS 4
#define DP_DEINIT    128
#define DISABLE_TX   130

/* The part of 11h on which decisions rest: DPState, ConfigStatus, AppSel and DataPathID. */
static bool same_status(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 4) == 0 && memcmp(a + 74, b + 74, 12) == 0;
}

static double value(const struct cmis_manager *m, enum cmis_field_id id, unsigned i,
		    const uint8_t *page)
{
	struct cmis_value v;

	return cmis_decode(&m->seen.support, id, i, page, CMIS_HALF, &v) == 0 ? v.number : NAN;
}

static unsigned code(enum cmis_field_id id, unsigned i, const uint8_t *page)
{
	uint64_t bits = 0;

	cmis_get(id, i, page, CMIS_HALF, &bits);
	return (unsigned)bits;
}

static void lanes_seen(struct cmis_manager *m, struct bank *k)
{
	const uint8_t *p = k->status;

	for (unsigned i = 0; i < CMIS_LANES; i++)
		k->seen.lane[i] = (struct cmis_lane_seen){
			.state = (enum cmis_dp_state)code(CMIS_DPState, i, p),
			.config = (enum cmis_config_status)code(CMIS_ConfigStatus, i, p),
			.app = (uint8_t)code(CMIS_ACS_AppSel, i, p),
			.first = (uint8_t)code(CMIS_ACS_DataPathID, i, p),
			.tx_valid = code(CMIS_OutputStatusTx, i, p),
			.rx_valid = code(CMIS_OutputStatusRx, i, p),
			.tx_mw = value(m, CMIS_TxPower, i, p),
			.rx_mw = value(m, CMIS_RxPower, i, p),
			.bias_ma = value(m, CMIS_TxBias, i, p),
		};
	k->seen.when_ns = m->now;
}

/*
 * News are read twice: 11h has no checksum, and a data path must not go down because of a wrong bit
 * on the way. A module that says something else each time is not believed.
 */
int bank_read_status(struct cmis_manager *m, unsigned bank)
{
	struct bank *k = &m->bank[bank];
	bool fresh = k->fresh;

	for (unsigned i = 0; i < STATUS_READS; i++) {
		uint8_t page[CMIS_HALF];
		int ret = bus_read(m, bank, 0x11, CMIS_HALF, page, CMIS_HALF);
		bool same;

		if (ret != 0)
			return ret;
		same = !fresh && same_status(page, k->status);
		memcpy(k->status, page, CMIS_HALF);
		flags_seen(m, bank, 0x11, 134, page + 6, LANE_FLAGS / 8, k->flag);
		fresh = false;
		if (!same)
			continue;
		lanes_seen(m, k);
		k->fresh = false;
		return 0;
	}
	k->fresh = true;
	return -EBADMSG;
}

void bank_forget(struct cmis_manager *m)
{
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		m->bank[b].fresh = true;
		m->bank[b].due = m->bank[b].monitor = 0;
		m->bank[b].vdm_due = m->now + m->set.monitor_ns; /* ports first */
		m->bank[b].stray_ns = 0;
		m->bank[b].stray_told = false;
		m->bank[b].diag.due = m->now;
		m->bank[b].diag.selector = 0;
	}
}

static int write_lanes(struct cmis_manager *m, unsigned bank, uint8_t at, uint8_t is, uint8_t to)
{
	return is == to ? 0 : bus_write(m, bank, 0x10, at, &to, 1);
}

static int controls(struct cmis_manager *m, unsigned bank, const struct action *a)
{
	uint8_t is[DISABLE_TX - DP_DEINIT + 1];
	int ret;

	if (!(a->raise | a->clear | a->turn_on))
		return 0;
	ret = bus_read(m, bank, 0x10, DP_DEINIT, is, sizeof(is));
	if (ret == 0)
		ret = write_lanes(m, bank, DISABLE_TX, is[2],
				  (uint8_t)((is[2] | a->raise) & ~a->turn_on));
	if (ret == 0)
		ret = write_lanes(m, bank, DP_DEINIT, is[0],
				  (uint8_t)((is[0] | a->raise) & ~a->clear));
	return ret;
}

/* Lanes of no port that are not down; when they began not to be. */
static uint8_t stray_lanes(struct cmis_manager *m, unsigned bank, uint8_t unwanted)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE,
				    .bank = (uint8_t)bank,
				    .reason = CMIS_REASON_DEACTIVATE_TIMEOUT };
	struct bank *k = &m->bank[bank];
	uint8_t stray = 0;

	for (unsigned i = 0; i < CMIS_LANES; i++)
		if (unwanted >> i & 1 && k->seen.lane[i].state != CMIS_DP_DEACTIVATED)
			stray |= (uint8_t)(1 << i);
	if (stray == 0) {
		k->stray_ns = 0;
		k->stray_told = false;
	} else if (k->stray_ns == 0) {
		k->stray_ns = m->now;
	} else if (!k->stray_told &&
		   m->now - k->stray_ns >
			   patience_ms(m, advertised_ms(m, CMIS_MaxDurationDPDeinit)) * CMIS_MS) {
		k->stray_told = true;
		report(m, &event, "bank %u: lanes %02Xh of no port stay up", bank, stray);
	}
	return stray;
}

/* When something that is waited for may have come. */
static uint64_t next_look(const struct cmis_manager *m, const struct bank *k)
{
	uint64_t due = k->stray_ns != 0 ? poll_after(m, k->stray_ns) : NEVER;

	for (unsigned i = 0; i < k->ports; i++) {
		const struct cmis_port_seen *s = &k->port[i].seen;
		uint64_t when = s->state == CMIS_PORT_WAITING  ? poll_after(m, s->since_ns)
				: s->state == CMIS_PORT_FAILED ? s->retry_ns
							       : NEVER;

		if (when < due)
			due = when;
	}
	return due;
}

static int others_run(struct cmis_manager *m, unsigned bank)
{
	int ret = vdm_run(m, bank);

	return ret != 0 ? ret : diagnostics_run(m, bank);
}

int bank_run(struct cmis_manager *m, unsigned bank)
{
	struct action each[CMIS_LANES] = { 0 }, all = { 0 };
	struct bank *k = &m->bank[bank];
	uint8_t unwanted = 0xFF;
	bool fresh = k->fresh;
	int ret;

	if (m->now < k->due && (m->now < k->monitor || !bus_allows(m, 3)))
		return others_run(m, bank);
	ret = bank_read_status(m, bank);
	if (ret != 0)
		return ret;
	for (unsigned i = 0; i < k->ports; i++) {
		port_judge(m, bank, &k->port[i], &each[i]);
		all.raise |= each[i].raise;
		all.clear |= each[i].clear;
		all.turn_on |= each[i].turn_on;
		unwanted &= (uint8_t)~port_lanes(&k->port[i]);
	}
	all.raise |= stray_lanes(m, bank, unwanted);
	if (fresh) /* down or not, they stay */
		all.raise |= unwanted;
	all.raise &= (uint8_t) ~(all.clear | all.turn_on);
	ret = controls(m, bank, &all);
	for (unsigned i = 0; i < k->ports && ret == 0; i++)
		ret = port_apply(m, bank, &k->port[i], &each[i]);
	if (ret != 0) {
		k->fresh = fresh;
		k->due = m->now;
		return ret;
	}
	k->due = next_look(m, k);
	k->monitor = m->now + m->set.monitor_ns;
	return others_run(m, bank);
}

const struct cmis_bank_seen *cmis_manager_bank(const struct cmis_manager *m, unsigned bank)
{
	struct bank *k;

	if (bank >= CMIS_MAX_BANKS)
		return NULL;
	k = (struct bank *)&m->bank[bank]; /* what is shown of the ports is brought up to date */
	k->seen.port_count = k->ports;
	for (unsigned i = 0; i < k->ports; i++)
		k->seen.port[i] = k->port[i].seen;
	return &k->seen;
}
