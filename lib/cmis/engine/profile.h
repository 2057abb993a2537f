/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kinds of modules that can be emulated, a row each (profile.c): what they are called, how many
 * lanes they have, what they offer and advertise, how long they take, and how their light behaves.
 * Constant data.
 */
#ifndef CPX_LIB_CMIS_ENGINE_PROFILE_H
#define CPX_LIB_CMIS_ENGINE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#define CMIS_PROFILE_APPS 8

enum cmis_kind {
	CMIS_KIND_CPO,         /* optics on the host's package */
	CMIS_KIND_NPO,         /* optics on its board: the same registers */
	CMIS_KIND_CPC_PASSIVE, /* copper: flat memory, no states, no monitors */
	CMIS_KIND_CPC_ACTIVE,  /* copper with equalisers: paged, no light */
	CMIS_KIND_ELS,         /* external laser source: no lanes, lasers */
};

/* How long things really take, in ms. What page 01h advertises is another matter (advertised). */
struct cmis_durations {
	uint32_t mgmt_init; /* after reset or insertion, not acknowledging anything */
	uint32_t pwr_up, pwr_dn;
	uint32_t dp_init, dp_deinit, tx_turn_on, tx_turn_off;
	uint32_t configure; /* ConfigStatus "in progress" */
	uint32_t vdm_freeze;
	uint32_t cdb;
	uint32_t laser_ramp;
};

/* Duration codes of 01h:144, 167, 168; cmis_duration_ms(). */
struct cmis_advertised {
	uint8_t dp_init, dp_deinit, pwr_up, pwr_dn, tx_turn_on, tx_turn_off;
};

/* An optical lane in good health. Electrical SNR is snr_db at rx_dbm, and never above snr_max_db.
 */
struct cmis_light {
	double tx_dbm, rx_dbm, los_dbm;
	double snr_db, snr_max_db;
	double bias_ma;
	double laser_loss_db; /* from an external laser's output to tx_dbm */
};

struct cmis_profile {
	const char *name, *help;
	enum cmis_kind kind;
	uint8_t identifier;
	uint8_t banks;      /* of 8 lanes, or of 8 lasers */
	uint32_t lane_mbps; /* line rate of a lane, Mb/s: 106250, 212500 */
	const char *vendor, *part;
	uint8_t media_type, technology, connector;
	uint8_t max_power;                  /* W */
	uint8_t apps[CMIS_PROFILE_APPS][4]; /* AppDescriptors; ends before one that is 0 */
	bool external_lasers;               /* wants an ELS */
	struct cmis_durations durations;
	struct cmis_advertised advertised;
	struct cmis_light light;
};

/* NULL-terminated. */
extern const struct cmis_profile *const cmis_profiles[];
const struct cmis_profile *cmis_profile_find(const char *name);

#endif
