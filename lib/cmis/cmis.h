/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vocabulary of CMIS: states, statuses, units and the two-wire transaction by which a host
 * reaches a module. Register places are in fields.h, so that a value is defined once.
 */
#ifndef CPX_LIB_CMIS_CMIS_H
#define CPX_LIB_CMIS_CMIS_H

#include <stdint.h>

/* SFF8024Identifier, lower memory byte 0. */
enum cmis_identifier {
	CMIS_QSFP_DD = 0x18,
	CMIS_OSFP = 0x19,
	CMIS_ELSFP = 0x22,
	CMIS_CPO = 0x80, /* vendor range: what SONiC and FBOSS use, not assigned by SFF-8024 */
};

/* ModuleState, lower memory 3.3-1. */
enum cmis_module_state {
	CMIS_MODULE_LOW_PWR = 1,
	CMIS_MODULE_PWR_UP = 2,
	CMIS_MODULE_READY = 3,
	CMIS_MODULE_PWR_DN = 4,
	CMIS_MODULE_FAULT = 5,
};

/* DPState, 11h:128-131. 0 is no state. */
enum cmis_dp_state {
	CMIS_DP_DEACTIVATED = 1,
	CMIS_DP_INIT = 2,
	CMIS_DP_DEINIT = 3,
	CMIS_DP_ACTIVATED = 4,
	CMIS_DP_TX_TURN_ON = 5,
	CMIS_DP_TX_TURN_OFF = 6,
	CMIS_DP_INITIALIZED = 7,
};

/* ConfigStatus, 11h:202-205. */
enum cmis_config_status {
	CMIS_CONFIG_UNDEFINED = 0,
	CMIS_CONFIG_SUCCESS = 1,
	CMIS_CONFIG_REJECTED = 2,
	CMIS_CONFIG_INVALID_APPSEL = 3,
	CMIS_CONFIG_INVALID_DATA_PATH = 4,
	CMIS_CONFIG_INVALID_SI = 5,
	CMIS_CONFIG_LANE_IN_USE = 6,
	CMIS_CONFIG_PARTIAL_DATA_PATH = 7,
	CMIS_CONFIG_IN_PROGRESS = 12,
};

/* ModuleFaultCause, lower memory 41. */
enum cmis_fault_cause {
	CMIS_FAULT_NONE,
	CMIS_FAULT_TEC_RUNAWAY,
	CMIS_FAULT_DATA_MEMORY,
	CMIS_FAULT_PROGRAM_MEMORY,
	CMIS_FAULT_TRANSMITTER,
	CMIS_FAULT_RECEIVER,
	CMIS_FAULT_TEMPERATURE,
};

/* MediaType, lower memory 85. */
enum cmis_media_type {
	CMIS_MEDIA_MMF = 1,
	CMIS_MEDIA_SMF = 2,
	CMIS_MEDIA_PASSIVE_COPPER = 3,
	CMIS_MEDIA_ACTIVE_CABLE = 4,
	CMIS_MEDIA_BASE_T = 5,
};

/* ElsLaneState, 1Ah:221-222. */
enum cmis_laser_state { CMIS_LASER_OFF, CMIS_LASER_RAMPING, CMIS_LASER_ON };

/* Pattern IDs of page 13h are bit positions of its capability words. */
enum cmis_pattern {
	CMIS_PRBS31Q = 0,
	CMIS_PRBS13Q = 6,
	CMIS_SSPRQ = 12,
};

/* Loopbacks of a lane, bits: several may be on. In the order of 13h:180-183 and of 13h:128.3-0. */
enum cmis_loopback {
	CMIS_LOOPBACK_MEDIA_OUTPUT = 1, /* host → through the module → host */
	CMIS_LOOPBACK_MEDIA_INPUT = 2,  /* fiber → fiber */
	CMIS_LOOPBACK_HOST_OUTPUT = 4,  /* fiber → through the module → fiber */
	CMIS_LOOPBACK_HOST_INPUT = 8,   /* host → host */
};

/* The two sides of a lane. */
enum cmis_side { CMIS_SIDE_HOST, CMIS_SIDE_MEDIA };

/*
 * One module as its host sees it: two-wire transactions and nothing else. addr is the byte address
 * (0..255) and the transaction covers addr .. addr + len - 1, 1 <= len, within 0..127 or 128..255.
 * Bank and page of 128..255 are whatever bytes 126 and 127 last selected.
 *
 *   0           acknowledged; all of bytes are read or written
 *   -EREMOTEIO  not acknowledged (busy, or the module refuses this): nothing was read, and nothing
 *               of a write may be relied upon, the page select included
 *   -ENODEV     nobody is there
 *   -EROFS      this way to the module only reads: no write but of the page select will ever do
 *   -EIO        the link itself failed; other negative codes belong to a transport
 *
 * Called by one thread at a time: the owner of the module.
 */
struct cmis_transport {
	int (*read)(void *module, uint8_t addr, uint8_t *bytes, unsigned len);
	int (*write)(void *module, uint8_t addr, const uint8_t *bytes, unsigned len);
	void *module;
};

/* Where time comes from: nanoseconds that never go back. Tests turn it by hand. */
struct cmis_clock {
	uint64_t (*now)(void *arg);
	void *arg;
};

#define CMIS_MS 1000000ull /* nanoseconds of a millisecond */

#endif
