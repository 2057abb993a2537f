/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lanes send and receive: laser → transmitted power → output valid; received power → SNR →
 * bit errors → loss of signal and of lock. The outputs follow the data path at once, everything
 * that is measured moves a little at each monitor tick, by a hash of seed, tick and lane.
 */
#include <math.h>

#include "lib/cmis/engine/private.h"
#include "lib/cmis/fec.h"

#define WANDER_DB 0.05 /* of power */
#define LOS_STEP  1.0  /* dB: a signal that was lost must come back by this much more */
#define LOCK_SNR  10.0 /* dB: clock recovery holds */
#define HOST_SNR  24.0 /* dB: the short electrical channel */
#define DARK      (-40.0)

/* splitmix64: any change of an input changes every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

double noise(const struct cmis_engine *e, unsigned what, unsigned lane)
{
	uint64_t h = mix(mix(mix(e->seed) ^ e->tick) ^ (what << 8 | lane));

	return (double)(h >> 11) * 0x1p-52 - 1;
}

/* Light that the lane's modulator has to work with, in dBm of a healthy output. */
static double source_dbm(struct cmis_engine *e, unsigned bank, unsigned i, struct lane *l)
{
	const struct cmis_light *light = &e->profile->light;
	unsigned lane = bank * CMIS_LANES + i;

	if (faulty_lane(e, CMIS_INJECT_LASER_FAIL, lane))
		return DARK;
	if (!e->profile->external_lasers)
		return light->tx_dbm - (faulty_lane(e, CMIS_INJECT_LASER_DROP, lane)
						? e->fault[CMIS_INJECT_LASER_DROP].value
						: 0);
	if (l->els == NULL)
		return DARK;
	run_until(l->els, e->now);
	l->laser_dbm = laser_dbm(l->els, l->laser);
	return l->laser_dbm - light->laser_loss_db;
}

bool lasers_moved(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks && e->profile->external_lasers; b++)
		for (unsigned i = 0; i < CMIS_LANES; i++) {
			struct lane *l = &e->bank[b].lane[i];

			if (l->els == NULL)
				continue;
			run_until(l->els, e->now);
			if (laser_dbm(l->els, l->laser) != l->laser_dbm)
				return true;
		}
	return false;
}

static void transmit(struct cmis_engine *e, unsigned bank, unsigned i, struct lane *l, bool active)
{
	unsigned lane = bank * CMIS_LANES + i;
	double dbm = source_dbm(e, bank, i, l);
	bool dark = dbm <= e->profile->light.tx_dbm - 20;

	if (faulty_lane(e, CMIS_INJECT_TX_DROP, lane))
		dbm -= e->fault[CMIS_INJECT_TX_DROP].value;
	l->tx_dbm = active && !dark ? fmax(DARK, dbm + WANDER_DB * noise(e, 1, lane)) : DARK;
	if (active)
		reg_flag(e, bank, CMIS_FailureFlagTx, i, dark);
}

static void receive(struct cmis_engine *e, unsigned bank, unsigned i, struct lane *l)
{
	const struct cmis_light *light = &e->profile->light;
	unsigned lane = bank * CMIS_LANES + i;
	double dbm = l->in.rx_dbm + WANDER_DB * noise(e, 2, lane), was = l->rx_dbm;

	if (loopback_of(e, bank, i) & CMIS_LOOPBACK_MEDIA_OUTPUT)
		/* inside the module, at the level that the receiver likes best */
		dbm = l->tx_dbm <= DARK ? DARK : light->rx_dbm + l->tx_dbm - light->tx_dbm;
	else if (l->in.rx_dbm <= DARK)
		dbm = DARK;
	if (faulty_lane(e, CMIS_INJECT_RX_DROP, lane))
		dbm -= e->fault[CMIS_INJECT_RX_DROP].value;
	l->rx_dbm = fmax(DARK, dbm);
	l->rx_los = l->rx_dbm < light->los_dbm + (l->rx_los ? LOS_STEP : 0);
	if (l->rx_dbm == was && l->ber > 0)
		return; /* the rest follows from it */
	l->snr_db =
		l->rx_los ? 0
			  : pam4_snr_db(l->rx_dbm, light->rx_dbm, light->snr_db, light->snr_max_db);
	l->rx_lol = l->snr_db < LOCK_SNR;
	l->ber = l->rx_lol ? 0.5 : pam4_ber(l->snr_db);
	l->cer = fec_cer(l->ber);
}

/* Copper: the far end is there or not, and its signal is always good. */
static void receive_copper(struct cmis_engine *e, unsigned bank, unsigned i, struct lane *l)
{
	l->tx_dbm = l->rx_dbm = DARK;
	l->rx_los =
		l->in.rx_dbm <= DARK || faulty_lane(e, CMIS_INJECT_RX_DROP, bank * CMIS_LANES + i);
	l->rx_lol = l->rx_los;
	l->snr_db = 0;
	l->ber = l->rx_los ? 0.5 : 1e-9;
	l->cer = fec_cer(l->ber);
}

static bool initialized(enum cmis_dp_state s)
{
	return s == CMIS_DP_INITIALIZED || s == CMIS_DP_ACTIVATED || s == CMIS_DP_TX_TURN_ON ||
	       s == CMIS_DP_TX_TURN_OFF;
}

/* OutputStatusTx only in Activated and not squelched; OutputStatusRx as soon as Initialized. */
static void outputs(struct cmis_engine *e, unsigned bank, unsigned i, struct lane *l,
		    enum cmis_dp_state state)
{
	uint8_t bit = (uint8_t)(1 << i);
	bool host = l->in.host_signal || loopback_of(e, bank, i) & CMIS_LOOPBACK_HOST_OUTPUT;
	bool squelch_tx = !host && !(reg_lanes(e, bank, CMIS_AutoSquelchDisableTx) & bit) &&
			  generated_pattern(e, bank, i, true) < 0;
	bool squelch_rx = l->rx_los && !(reg_lanes(e, bank, CMIS_AutoSquelchDisableRx) & bit) &&
			  generated_pattern(e, bank, i, false) < 0;
	bool light = !is_optical(e) || l->tx_dbm > DARK;
	bool tx = state == CMIS_DP_ACTIVATED && !squelch_tx && light;
	bool rx = initialized(state) && !squelch_rx &&
		  !(reg_lanes(e, bank, CMIS_OutputDisableRx) & bit);

	reg_put(e, bank, CMIS_OutputStatusTx, i, tx);
	reg_put(e, bank, CMIS_OutputStatusRx, i, rx);
	if (rx != l->output_rx)
		reg_flag(e, bank, CMIS_OutputStatusChangedFlagRx, i, true);
	l->output_rx = rx;
	if (!initialized(state))
		return;
	reg_flag(e, bank, CMIS_LOSFlagTx, i, !host);
	reg_flag(e, bank, CMIS_CDRLOLFlagTx, i, !host);
	reg_flag(e, bank, CMIS_LOSFlagRx, i, l->rx_los);
	reg_flag(e, bank, CMIS_CDRLOLFlagRx, i, l->rx_lol);
}

void lanes_update(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned i = 0; i < CMIS_LANES; i++) {
			const struct datapath *dp = datapath_of(e, b, i);
			enum cmis_dp_state state = dp != NULL ? dp->state : CMIS_DP_DEACTIVATED;
			struct lane *l = &e->bank[b].lane[i];

			if (is_optical(e)) {
				transmit(e, b, i, l, state == CMIS_DP_ACTIVATED);
				receive(e, b, i, l);
			} else {
				receive_copper(e, b, i, l);
			}
			l->host_snr_db = HOST_SNR + noise(e, 3, b * CMIS_LANES + i);
			l->host_ber = l->in.host_signal ? pam4_ber(l->host_snr_db) : 0.5;
			outputs(e, b, i, l, state);
		}
}
