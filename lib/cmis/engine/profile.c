/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The profiles. AppDescriptors are host interface, media interface, lanes (host, media), where a
 * data path may begin. The names of the interfaces are in names.c.
 */
#include "lib/cmis/engine/profile.h"

#include <string.h>

#include "lib/cmis/cmis.h"

#define DURATIONS                                                                                 \
	{                                                                                         \
		.mgmt_init = 20, .pwr_up = 50, .pwr_dn = 20, .dp_init = 100, .dp_deinit = 20,     \
		.tx_turn_on = 20, .tx_turn_off = 10, .configure = 5, .vdm_freeze = 10, .cdb = 20, \
		.laser_ramp = 50                                                                  \
	}
#define ADVERTISED                                                                       \
	{                                                                                \
		.dp_init = 5, .dp_deinit = 5, .pwr_up = 5, .pwr_dn = 5, .tx_turn_on = 4, \
		.tx_turn_off = 4                                                         \
	}
/* Received power of -2 dBm leaves a pre-FEC BER of 2e-7; 2.4e-4 is reached 1.7 dB below. */
#define LIGHT                                                                              \
	{                                                                                  \
		.tx_dbm = 1, .rx_dbm = -2, .los_dbm = -12, .snr_db = 21, .snr_max_db = 22, \
		.bias_ma = 40, .laser_loss_db = 19                                         \
	}

static const struct cmis_profile oif_3t2 = {
	.name = "oif-3.2t",
	.help = "OIF 3.2T co-packaged optics: 32 lanes of 106.25 Gb/s, lasers inside",
	.kind = CMIS_KIND_CPO,
	.identifier = CMIS_CPO,
	.banks = 4,
	.lane_mbps = 106250,
	.vendor = "CPX EMULATOR",
	.part = "OIF-3.2T-DR8",
	.media_type = CMIS_MEDIA_SMF,
	.technology = 0x06,
	.connector = 0x28,
	.max_power = 32,
	/* 800GAUI-8-S to 800GBASE-DR8, 400GAUI-4 to 400GBASE-DR4, 100GAUI-1 to 100GBASE-DR */
	.apps = { { 0x51, 0x56, 0x88, 0x01 },
		  { 0x4F, 0x1C, 0x44, 0x11 },
		  { 0x4B, 0x14, 0x11, 0xFF } },
	.durations = DURATIONS,
	.advertised = ADVERTISED,
	.light = LIGHT,
};

/* The same module beside the host's package: its electrical lanes are long ones. */
static const struct cmis_profile npo_3t2 = {
	.name = "npo-3.2t",
	.help = "near-package optics, 3.2T: 32 lanes of 106.25 Gb/s, lasers inside",
	.kind = CMIS_KIND_NPO,
	.identifier = CMIS_CPO,
	.banks = 4,
	.lane_mbps = 106250,
	.vendor = "CPX EMULATOR",
	.part = "NPO-3.2T-DR8",
	.media_type = CMIS_MEDIA_SMF,
	.technology = 0x06,
	.connector = 0x28,
	.max_power = 40,
	/* 800GAUI-8-L to 800GBASE-DR8, 400GAUI-4-L to 400GBASE-DR4, 100GAUI-1-L to 100GBASE-DR */
	.apps = { { 82, 0x56, 0x88, 0x01 }, { 80, 0x1C, 0x44, 0x11 }, { 76, 0x14, 0x11, 0xFF } },
	.durations = DURATIONS,
	.advertised = ADVERTISED,
	.light = LIGHT,
};

static const struct cmis_profile cpx_6t4 = {
	.name = "cpx-6.4t",
	.help = "Open CPX socket, 6.4T: 32 lanes of 212.5 Gb/s, external lasers",
	.kind = CMIS_KIND_CPO,
	.identifier = CMIS_CPO,
	.banks = 4,
	.lane_mbps = 212500,
	.vendor = "CPX EMULATOR",
	.part = "CPX-6.4T-DR8",
	.media_type = CMIS_MEDIA_SMF,
	.technology = 0x08,
	.connector = 0x28,
	.max_power = 48,
	/* 1.6TAUI-8 to DR8, 800GAUI-4 to DR4, 400GAUI-2 to DR2, 200GAUI-1 to DR1 */
	.apps = { { 131, 127, 0x88, 0x01 },
		  { 130, 119, 0x44, 0x11 },
		  { 129, 117, 0x22, 0x55 },
		  { 128, 115, 0x11, 0xFF } },
	.external_lasers = true,
	.durations = DURATIONS,
	.advertised = ADVERTISED,
	.light = LIGHT,
};

static const struct cmis_profile bailly_6t4 = {
	.name = "bailly-6.4t",
	.help = "64 lanes of 106.25 Gb/s in 8 banks, external lasers",
	.kind = CMIS_KIND_CPO,
	.identifier = CMIS_CPO,
	.banks = 8,
	.lane_mbps = 106250,
	.vendor = "CPX EMULATOR",
	.part = "BAILLY-6.4T-FR4",
	.media_type = CMIS_MEDIA_SMF,
	.technology = 0x08,
	.connector = 0x28,
	.max_power = 60,
	/* 800GAUI-8-S to 800GBASE-DR8, 400GAUI-4 to 400GBASE-DR4, 100GAUI-1 to 100GBASE-DR */
	.apps = { { 0x51, 0x56, 0x88, 0x01 },
		  { 0x4F, 0x1C, 0x44, 0x11 },
		  { 0x4B, 0x14, 0x11, 0xFF } },
	.external_lasers = true,
	.durations = DURATIONS,
	.advertised = ADVERTISED,
	.light = LIGHT,
};

static const struct cmis_profile cpc_passive = {
	.name = "cpc-passive",
	.help = "co-packaged copper cable, nothing inside: flat memory, 32 lanes",
	.kind = CMIS_KIND_CPC_PASSIVE,
	.identifier = CMIS_CPO,
	.banks = 4,
	.lane_mbps = 212500,
	.vendor = "CPX EMULATOR",
	.part = "CPC-1M",
	.media_type = CMIS_MEDIA_PASSIVE_COPPER,
	.technology = 0x0A,
	.connector = 0x23,
	.max_power = 0,
	/* 1.6TBASE-CR8, 800GBASE-CR4, 400GBASE-CR2, 200GBASE-CR1, over a copper cable */
	.apps = { { 88, 1, 0x88, 0x01 },
		  { 87, 1, 0x44, 0x11 },
		  { 31, 1, 0x22, 0x55 },
		  { 30, 1, 0x11, 0xFF } },
	.durations = DURATIONS,
};

static const struct cmis_profile cpc_active = {
	.name = "cpc-active",
	.help = "co-packaged copper cable with equalisers: paged memory, no light, 32 lanes",
	.kind = CMIS_KIND_CPC_ACTIVE,
	.identifier = CMIS_CPO,
	.banks = 4,
	.lane_mbps = 212500,
	.vendor = "CPX EMULATOR",
	.part = "CPC-A-3M",
	.media_type = CMIS_MEDIA_ACTIVE_CABLE,
	.technology = 0x0F,
	.connector = 0x23,
	.max_power = 6,
	.apps = { { 88, 1, 0x88, 0x01 },
		  { 87, 1, 0x44, 0x11 },
		  { 31, 1, 0x22, 0x55 },
		  { 30, 1, 0x11, 0xFF } },
	.durations = DURATIONS,
	.advertised = ADVERTISED,
};

#define ELS(count, n_banks)                                                                      \
	{                                                                                        \
		.name = "els-" #count, .help = "external laser source with " #count " lasers",   \
		.kind = CMIS_KIND_ELS, .identifier = CMIS_ELSFP, .banks = n_banks,               \
		.vendor = "CPX EMULATOR", .part = "ELSFP-" #count, .media_type = CMIS_MEDIA_SMF, \
		.technology = 0x08, .connector = 0x28, .max_power = 20, .durations = DURATIONS,  \
		.advertised = ADVERTISED, .light = {                                             \
			.tx_dbm = 20,                                                            \
			.bias_ma = 300                                                           \
		}                                                                                \
	}

static const struct cmis_profile els_8 = ELS(8, 1);
static const struct cmis_profile els_16 = ELS(16, 2);
static const struct cmis_profile els_32 = ELS(32, 4);

const struct cmis_profile *const cmis_profiles[] = {
	&oif_3t2,    &npo_3t2, &cpx_6t4, &bailly_6t4, &cpc_passive,
	&cpc_active, &els_8,   &els_16,  &els_32,     NULL,
};

const struct cmis_profile *cmis_profile_find(const char *name)
{
	for (const struct cmis_profile *const *p = cmis_profiles; *p != NULL; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}
