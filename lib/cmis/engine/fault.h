/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be made to go wrong in an emulated module, a line each: the rows of spec §7, and the
 * quirks that real modules have. Injected and healed at run time by the module's owner.
 */
#ifndef CPX_LIB_CMIS_ENGINE_FAULT_H
#define CPX_LIB_CMIS_ENGINE_FAULT_H

#include <stdint.h>

#include "lib/base/err.h"

struct cmis_engine;

/* constant, name of the command line, what it does; V: meaning of `value`, lanes: which it hits */
/* clang-format off */
#define CMIS_FAULTS(X) \
	X(NACK,           "nack",             "answers no transaction") \
	X(CONFIG_STUCK,   "config-stuck",     "ConfigStatus stays in progress") \
	X(REJECT_RELEASE, "reject-appsel0",   "refuses AppSel 0") \
	X(SLOW_INIT,      "slow-init",        "DPInit takes `value` times as long") \
	X(NO_INIT_PENDING,"no-dpinitpending", "never sets DPInitPending") \
	X(INIT_STUCK,     "init-stuck",       "lanes stay in DPInit") \
	X(FLAG_STORM,     "flag-storm",       "raises lane flags without reason at each monitor tick") \
	X(TX_DROP,        "tx-drop",          "lanes send `value` dB less") \
	X(RX_DROP,        "rx-drop",          "lanes receive `value` dB less") \
	X(LASER_DROP,     "laser-drop",       "lasers (lanes of an ELS) give `value` dB less") \
	X(LASER_FAIL,     "laser-fail",       "lasers go dark; without an ELS, the lanes' own") \
	X(REMOVED,        "removed",          "the module is pulled out; healing puts it back") \
	X(TEMP_RAMP,      "temp-ramp",        "temperature rises by `value` degrees a second") \
	X(FW_MODULE,      "fw-module",        "ModuleFirmwareErrorFlag") \
	X(FW_DATA_PATH,   "fw-datapath",      "DataPathFirmwareErrorFlag") \
	X(MODULE_FAULT,   "module-fault",     "ModuleFault with cause `value`; left by reset only") \
	X(RESET,          "reset",            "resets once, whatever is going on") \
	X(FREEZE_STUCK,   "freeze-stuck",     "VDM freeze is never done") \
	X(CDB_STUCK,      "cdb-stuck",        "a CDB command stays busy") \
	X(CDB_NACK,       "cdb-nack",         "answers no transaction while a CDB command runs") \
	X(CHECKSUM,       "checksum",         "page `value` (0, 1, 2) has a wrong checksum") \
	X(PAGE_CLEAR,     "page-clear",       "clears PageSelect once before every `value`th read") \
	X(BUS_ERRORS,     "bus-errors",       "one byte read in `value` has a wrong bit") \
	X(TORN,           "torn",             "is pulled out in the next transaction") \
	X(RESERVED_BITS,  "reserved-bits",    "sets the reserved bits of lower memory 3") \
	X(EARLY_SUCCESS,  "early-success",    "ConfigStatus success `value` ms before it is true")
/* clang-format on */

enum cmis_fault {
#define X(id, name, help) CMIS_INJECT_##id,
	CMIS_FAULTS(X)
#undef X
		CMIS_INJECT_COUNT
};

struct cmis_injection {
	enum cmis_fault fault;
	double value;         /* as its line says; 0 where it needs none */
	uint64_t lanes;       /* bit per global lane or laser; 0: all */
	uint64_t duration_ns; /* heals itself after this time; 0: lasts */
};

const char *cmis_fault_name(enum cmis_fault fault);
const char *cmis_fault_help(enum cmis_fault fault);
int cmis_fault_find(const char *name); /* -ENOENT */

/* Injecting again replaces. -EINVAL: no such fault, or a value outside its range (err says). */
int cmis_engine_inject(struct cmis_engine *e, const struct cmis_injection *what, struct err *err);
void cmis_engine_heal(struct cmis_engine *e, enum cmis_fault fault);

#endif
