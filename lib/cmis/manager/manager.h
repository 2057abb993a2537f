/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host side of one module: brings an engine and its ports, or a laser source and its lasers, to
 * where they are wanted and keeps them there. It sees two-wire transactions only, so it drives
 * emulated and real modules alike.
 *
 * cmis_manager_step() does what can be done now and never waits. What to do is decided anew from
 * the registers each time (level-triggered): a reset, a lost write or a second host's write is just
 * another register state. After a transaction that failed nothing is assumed.
 *
 *   Absent → Identify → Park (all lanes of all banks, lasers not wanted) → PowerUp → Ready
 *   any → Hot (over-temperature: lanes down, low power, until it is cool)
 *   any → Fault (ModuleFault; SoftwareReset after a while)
 *   Park, PowerUp, Ready → LowPower (as long as it is wanted)
 *
 * In Ready each port goes by itself: Deactivated → Apply → DPInit → Initialized → TxTurnOn →
 * Activated. A data path that is right already is left alone, and so is everything that does not
 * overlap a new shape. A step longer than the module advertises is "late"; one much longer fails,
 * and is tried again after 1, 2, 4 … 60 s.
 *
 * Times are nanoseconds of the caller's clock. One thread; callbacks run inside step() and must not
 * call back in.
 */
#ifndef CPX_LIB_CMIS_MANAGER_MANAGER_H
#define CPX_LIB_CMIS_MANAGER_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/cmis/cdb.h"
#include "lib/cmis/cmis.h"
#include "lib/cmis/decode.h"

/* Why something is not up: constant, name, text. Names are for programs, texts for people. */
/* clang-format off */
#define CMIS_REASONS(X) \
	X(NONE,               "none",                      "as wanted") \
	X(ABSENT,             "absent",                    "no module answers") \
	X(NACK,               "nack",                      "the module does not acknowledge") \
	X(LINK,               "link",                      "the two-wire link failed") \
	X(READ_ONLY,          "read_only",                 "the way to the module only reads") \
	X(PAGE_LOST,          "page_select_lost",          "the page select does not hold") \
	X(IDENTIFY,           "identify",                  "reading what the module is") \
	X(NO_CMIS,            "no_cmis",                   "does not look like a CMIS module") \
	X(UNSTEADY,           "unsteady",                  "reads differently each time") \
	X(PARK,               "park",                      "parking all lanes") \
	X(POWER_UP,           "power_up",                  "waiting for ModuleReady") \
	X(POWER_UP_TIMEOUT,   "timeout_power_up",          "ModuleReady did not come") \
	X(MODULE_FAULT,       "module_fault",              "the module is in ModuleFault") \
	X(OVER_TEMPERATURE,   "over_temperature",          "shut down until it is cool") \
	X(LOW_POWER,          "low_power",                 "held in low power, as wanted") \
	X(ENGINE,             "engine",                    "waiting for the engine") \
	X(NO_APPLICATION,     "no_application",            "the module offers no such application") \
	X(DEACTIVATE,         "deactivate",                "waiting for DPDeactivated") \
	X(DEACTIVATE_TIMEOUT, "timeout_deactivate",        "DPDeactivated did not come") \
	X(CONFIGURE,          "configure",                 "waiting for ConfigStatus") \
	X(CONFIGURE_TIMEOUT,  "timeout_configure",         "ConfigStatus did not come") \
	X(INIT,               "dp_init",                   "waiting for DPInitialized") \
	X(INIT_TIMEOUT,       "timeout_dp_init",           "DPInitialized did not come") \
	X(TX_TURN_ON,         "tx_turn_on",                "waiting for DPActivated") \
	X(TX_TURN_ON_TIMEOUT, "timeout_tx_turn_on",        "DPActivated did not come") \
	X(REJECTED,           "config_rejected",           "configuration rejected") \
	X(INVALID_APPSEL,     "config_rejected_appsel",    "rejected: invalid AppSel") \
	X(INVALID_DATA_PATH,  "config_rejected_data_path", "rejected: invalid data path") \
	X(INVALID_SI,         "config_rejected_si",        "rejected: invalid signal integrity") \
	X(LANE_IN_USE,        "config_rejected_lane_in_use", "rejected: lane in use") \
	X(PARTIAL_DATA_PATH,  "config_rejected_partial",   "rejected: part of a data path") \
	X(LASER_ON,           "laser_on",                  "waiting for the laser to be on") \
	X(LASER_ON_TIMEOUT,   "timeout_laser_on",          "the laser did not come on") \
	X(LASER_OFF,          "laser_off",                 "waiting for the laser to be off") \
	X(LASER_OFF_TIMEOUT,  "timeout_laser_off",         "the laser does not go off") \
	X(LASER_FAULT,        "laser_fault",               "the source reports a fault of the laser") \
	X(CDB_TIMEOUT,        "cdb_timeout",               "the CDB command stayed busy") \
	X(CDB_FAILED,         "cdb_failed",                "the CDB command failed") \
	X(FREEZE_TIMEOUT,     "timeout_vdm_freeze",        "FreezeDone did not come")
/* clang-format on */

enum cmis_reason {
#define X(id, name, text) CMIS_REASON_##id,
	CMIS_REASONS(X)
#undef X
		CMIS_REASON_COUNT
};
const char *cmis_reason_name(enum cmis_reason reason);
const char *cmis_reason_text(enum cmis_reason reason);

enum cmis_manager_state {
	CMIS_MANAGER_ABSENT,
	CMIS_MANAGER_IDENTIFY,
	CMIS_MANAGER_PARK,
	CMIS_MANAGER_POWER_UP,
	CMIS_MANAGER_READY,
	CMIS_MANAGER_HOT,
	CMIS_MANAGER_FAULT,
	CMIS_MANAGER_LOW_POWER, /* cmis_manager_want_low_power() */
};

/* A port: lanes first .. first + lanes - 1 (0-based) of a bank, running one application. */
struct cmis_port_wish {
	uint8_t first, lanes; /* 1, 2, 4, 8 lanes */
	uint8_t app;          /* AppDescriptor 1..15; 0: the first that fits */
};

enum cmis_port_state { CMIS_PORT_WAITING, CMIS_PORT_UP, CMIS_PORT_FAILED };

struct cmis_port_seen {
	struct cmis_port_wish wish;
	uint8_t app; /* chosen, 0: none yet */
	enum cmis_port_state state;
	enum cmis_reason reason;
	bool late;         /* takes longer than the module advertises */
	uint64_t since_ns; /* of reason */
	uint64_t retry_ns; /* of a failed one */
	unsigned failures; /* since it was last up */
	unsigned ups;      /* how often it came up */
};

/* Absent values are NaN: never 0. */
struct cmis_lane_seen {
	enum cmis_dp_state state;
	enum cmis_config_status config;
	uint8_t app, first; /* of the active control set */
	bool tx_valid, rx_valid;
	double tx_mw, rx_mw, bias_ma;
};

struct cmis_bank_seen {
	uint64_t when_ns; /* 0: never read */
	struct cmis_lane_seen lane[CMIS_LANES];
	unsigned port_count;
	struct cmis_port_seen port[CMIS_LANES];
};

/*
 * External lasers, 0-based over all banks: laser k is laser k % 8 + 1 of bank k / 8. Each is kept
 * on or off as wanted by LaneEnable alone, and comes back by itself when its source or it recovers.
 */
#define CMIS_MAX_LASERS 64

struct cmis_laser_seen {
	uint64_t when_ns; /* of the rest's reading; 0: not read since the source was last away */
	bool wanted, enabled;
	enum cmis_laser_state state;
	enum cmis_reason reason; /* NONE: on or off, as wanted */
	bool failed;             /* timeout or fault; goes away with it */
	bool late;
	uint64_t since_ns;                 /* of reason */
	unsigned ons;                      /* how often it came on */
	double power_mw, bias_ma, voltage; /* NaN: absent */
	uint8_t fault, warning;            /* codes 1Ah:212-219, 0: none */
};

/* A laser source: the module itself, or in joint mode the one that an engine speaks for. */
struct cmis_els_seen {
	bool joint;
	bool present;            /* and identified */
	enum cmis_reason reason; /* of its absence, else NONE */
	char vendor[17], part[17], serial[17];
	unsigned lasers;     /* 0: not known yet */
	bool constant_power; /* APC; else ACC, constant current */
	double max_power_mw, min_power_mw, max_bias_ma, min_bias_ma;
	double power_threshold_mw[CMIS_LEVELS], bias_threshold_ma[CMIS_LEVELS];
};

/* The module's firmware, by CDB, as of the last identification. Nothing is known where `known` is
 * false, and `reason` says why unless the module simply has no such command. */
struct cmis_firmware_seen {
	bool known;
	bool factory;                  /* a factory image is there */
	struct cmis_firmware image[2]; /* A, B: `valid` is false for one that is not there */
	int running, committed;        /* 0: A, 1: B, -1: neither */
	bool has_features;             /* of firmware management */
	struct cmis_firmware_features features;
	enum cmis_reason reason;    /* NONE, CDB_TIMEOUT, CDB_FAILED: tried again later */
	uint64_t when_ns, retry_ns; /* of the last answer; of the next try */
	unsigned failures;          /* since the last answer */
};

struct cmis_manager_counters {
	uint64_t reads, writes, nacks, link_errors, pages_lost;
	uint64_t insertions, removals, identifications, resets_seen, resets_done;
	uint64_t failures; /* of ports */
};

struct cmis_manager_seen {
	enum cmis_manager_state state;
	enum cmis_reason reason;
	uint64_t since_ns;
	bool late;
	char vendor[17], part[17], serial[17], revision[17];
	struct cmis_support support; /* as of the last identification */
	uint8_t bad_checksums;       /* bit per page 00h, 01h, 02h */
	enum cmis_module_state module_state;
	enum cmis_fault_cause fault_cause;
	double temperature, vcc; /* NaN: absent */
	struct cmis_firmware_seen firmware;
	struct cmis_manager_counters counters;
};

/* A latched flag as its only reader saw it. One that comes back within 500 ms never went away. */
struct cmis_flag_seen {
	bool up;
	uint32_t count;             /* of times it went up */
	uint64_t set_ns, clear_ns;  /* the last ones; 0: never */
	uint64_t last_ns, first_ns; /* inside: last read 1, first read 0 after that */
};

enum cmis_event_kind {
	CMIS_EVENT_ENGINE,
	CMIS_EVENT_PORT,
	CMIS_EVENT_FLAG,
	CMIS_EVENT_NOTE,
	CMIS_EVENT_LASER,
};

struct cmis_event {
	enum cmis_event_kind kind;
	uint64_t when_ns;
	enum cmis_reason reason;
	uint8_t bank, port;      /* PORT: index within the bank's wish; FLAG: bank */
	enum cmis_field_id flag; /* FLAG: CMIS_VDMFlag: slot * 4 + level in `index` */
	unsigned index;          /* LASER: the laser */
	bool up;                 /* FLAG */
	/* FLAG of a monitor or observable: what it read last, and the threshold of the flag's
	 * level. NaN: not known, and for other flags. */
	double value, threshold;
	const char *unit;
	const char *text; /* a sentence that names module, lanes and step; valid in the callback */
};

/*
 * What is known about modules beyond what they say. All lines that match hold; where two say
 * something of the same thing the later one does. 0: says nothing.
 */
struct cmis_quirk {
	const char *vendor, *part; /* beginnings, in any case; NULL: any */
	uint8_t identifier;        /* L:0; 0: any */
	uint16_t patience;         /* a step fails after this times the advertised duration */
	uint16_t settle_ms;        /* between ConfigStatus success and DPInit */
	uint16_t configure_ms;     /* ConfigStatus may be in progress for so long (else 100) */
	bool no_release;           /* refuses AppSel 0, so it is not tried */
	const char *why;           /* for people, told when a module is identified; may be NULL */
};

struct cmis_manager_settings {
	struct cmis_transport bus;
	const char *name; /* in texts; copied, 31 characters */
	void (*event)(void *arg, const struct cmis_event *event);
	void *event_arg;
	uint64_t monitor_ns;             /* between readings of lanes; 0: 1 s */
	uint64_t watch_ns;               /* between readings of lower memory; 0: 100 ms */
	bool joint;                      /* an engine that speaks for its lasers: B1h-B5h */
	bool statistics;                 /* also freeze VDM and read min, max, average */
	unsigned step_transactions;      /* bound of one step; 0: 512, at least 16 */
	unsigned monitor_rate;           /* transactions a second that monitors may take; 0: 1000 */
	const struct cmis_quirk *quirks; /* more lines after the built-in ones; kept */
	unsigned quirk_count;
};

struct cmis_manager;

/* 0, -ENOMEM. *m is freed by destroy, which touches no register. */
int cmis_manager_create(struct cmis_manager **m, const struct cmis_manager_settings *settings);
void cmis_manager_destroy(struct cmis_manager *m);

/*
 * The ports wanted in a bank from now on; lanes of no port are kept down. Ports that stay as they
 * were keep their state; step() is due at once. -EINVAL: no such shape, or lanes overlap (err
 * says); nothing changed.
 */
int cmis_manager_want(struct cmis_manager *m, unsigned bank, const struct cmis_port_wish *ports,
		      unsigned count, struct err *err);

/* The lasers wanted on from now on, bit per laser; before the first call, all. */
void cmis_manager_want_lasers(struct cmis_manager *m, uint64_t lasers);

/* All that can be done at `now`. Returns when it is due again, always later than now. */
uint64_t cmis_manager_step(struct cmis_manager *m, uint64_t now);
/* The presence pin moved, or an operator wants it: look at once, retry at once. */
void cmis_manager_kick(struct cmis_manager *m);
/* The module's interrupt: look at once, but what is waited for after a failure is not retried. */
void cmis_manager_interrupt(struct cmis_manager *m);

/* Observed; valid until the next step. bank < 8, else NULL. */
const struct cmis_manager_seen *cmis_manager_seen(const struct cmis_manager *m);
const struct cmis_bank_seen *cmis_manager_bank(const struct cmis_manager *m, unsigned bank);
/* NULL: neither a laser source nor told to speak for one. */
const struct cmis_els_seen *cmis_manager_els(const struct cmis_manager *m);
/* How many lasers are known, and one of them: NULL where there is no such. */
unsigned cmis_manager_lasers(const struct cmis_manager *m);
const struct cmis_laser_seen *cmis_manager_laser(const struct cmis_manager *m, unsigned laser);
/*
 * Element i of a clear-on-read field of lower memory, 11h, 1Ah or 2Ch. -ENODATA: the module has
 * none.
 */
int cmis_manager_flag(const struct cmis_manager *m, unsigned bank, enum cmis_field_id id,
		      unsigned i, struct cmis_flag_seen *flag);
/* An observable (CMIS_VDM_…) of a lane 1..8. -ENODATA: absent or not read yet. */
int cmis_manager_vdm(const struct cmis_manager *m, unsigned bank, uint8_t code, unsigned lane,
		     double *value);
/* Lanes of a bank, bit per lane, on which an observable's flag of a level is up. */
uint8_t cmis_manager_vdm_flags(const struct cmis_manager *m, unsigned bank, uint8_t code,
			       enum cmis_level level);
/*
 * The four thresholds (enum cmis_level), in the unit of what they are for: of a monitor
 * (CMIS_TempMonitor, CMIS_VccMonitor, CMIS_Aux1Monitor .., CMIS_TxPower, CMIS_TxBias, CMIS_RxPower;
 * page 02h) or of an observable (28h-2Bh). -ENODATA: absent or not read yet.
 */
int cmis_manager_threshold(const struct cmis_manager *m, enum cmis_field_id monitor,
			   double levels[CMIS_LEVELS]);
int cmis_manager_vdm_threshold(const struct cmis_manager *m, unsigned bank, uint8_t code,
			       unsigned lane, double levels[CMIS_LEVELS]);
/*
 * Registers for others, through the owner: bytes of a page (CMIS_LOWER for lower memory) now. Flags
 * that are read that way are counted as always. Pages that have no banks want bank 0. -ENODATA: no
 * such page or bank, -EAGAIN: not identified yet, else as transports say, -EBADE: the page select
 * does not hold. Writing -EPERM: what the manager decides alone (10h, L:26, L:126-127, 1Ah:220,
 * 2Fh:144), -EINVAL: not within 1..8 bytes of one half. At most 16 transactions.
 */
int cmis_manager_read(struct cmis_manager *m, unsigned bank, unsigned page,
		      uint8_t bytes[CMIS_HALF]);
int cmis_manager_write(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t byte,
		       const uint8_t *bytes, unsigned len);

/*
 * Loopback and patterns (13h, 14h), kept until they are wanted otherwise: a module that was reset
 * gets them again. `lanes` has a bit per lane of the module (bit 8: bank 1, lane 1); other lanes
 * stay as they are. step() is due at once. -ENOTSUP: this module cannot (err says why), -EINVAL: no
 * such lane, mode or pattern; then nothing changed. A module that was not identified yet is asked
 * later, and an event says so if it cannot.
 */
enum cmis_prbs_role { CMIS_PRBS_GENERATE = 1, CMIS_PRBS_CHECK = 2 };

/* modes: enum cmis_loopback, 0: none. */
int cmis_manager_want_loopback(struct cmis_manager *m, uint64_t lanes, unsigned modes,
			       struct err *err);
/* roles: enum cmis_prbs_role, both at once if wanted; pattern: cmis_pattern_find(), -1 stops. */
int cmis_manager_want_prbs(struct cmis_manager *m, enum cmis_side side, unsigned roles,
			   uint64_t lanes, int pattern, struct err *err);

/* What the registers of lane 1..8 said last. */
struct cmis_prbs_seen {
	int generates, checks; /* pattern, -1: none */
	bool locked;           /* the checker finds its pattern */
	bool counted;          /* bits and errors are there */
	uint64_t bits, errors; /* since `since_ns` */
	double ber;            /* NaN: no lock, or nothing counted yet */
	double snr_db;         /* NaN: not told */
	uint64_t since_ns;     /* the checker was started, or began to count anew */
	uint64_t when_ns;      /* of the last result, 0: none yet */
};
/* -ENODATA: no such lane or pages, -EAGAIN: not read yet, -ENOTSUP: what is wanted cannot be. */
int cmis_manager_loopback_seen(const struct cmis_manager *m, unsigned bank, unsigned lane,
			       unsigned *modes);
int cmis_manager_prbs_seen(const struct cmis_manager *m, unsigned bank, unsigned lane,
			   enum cmis_side side, struct cmis_prbs_seen *seen);

/*
 * SoftwareReset at the next step. Everything that is wanted comes back. -ENODEV: no module, -EAGAIN
 * not identified yet, -ENOTSUP: flat memory has none.
 */
int cmis_manager_reset(struct cmis_manager *m);
/* All lanes down, then low power, kept there until it is no longer wanted. A wish like a port. */
void cmis_manager_want_low_power(struct cmis_manager *m, bool low);

/* A page that was read and does not change: 00h, 01h, 02h. NULL where there is none. */
const uint8_t *cmis_manager_page(const struct cmis_manager *m, unsigned page);
/* Pages as they were last read, without touching the bus: those, CMIS_LOWER (bytes 0-41, 85-125
 * and 0 between) and 11h of a bank. 0; -ENODATA: never read, or there is no such page. */
int cmis_manager_last(const struct cmis_manager *m, unsigned bank, unsigned page,
		      uint8_t bytes[CMIS_HALF]);

#endif
