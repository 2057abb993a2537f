/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the manager. Functions that talk to the module return 0 or what went wrong, and their
 * callers return at once: cmis_manager_step() decides what an error means. -EAGAIN is none, but the
 * end of this step's allowance.
 */
#ifndef CPX_LIB_CMIS_MANAGER_PRIVATE_H
#define CPX_LIB_CMIS_MANAGER_PRIVATE_H

#include "lib/cmis/manager/manager.h"
#include "lib/cmis/vdm.h"

#define NEVER         UINT64_MAX
#define POLL_MIN      (5 * CMIS_MS) /* of something that is waited for */
#define POLL_MAX      (100 * CMIS_MS)
#define PROBE         (200 * CMIS_MS) /* of an empty socket */
#define POWER         26              /* L: LowPwrAllowRequestHW, LowPwrRequestSW, SoftwareReset */
#define ALLOW_HW      0x40
#define REQUEST_SW    0x10
#define RESET         0x08
#define SUMMARIES     4        /* banks that have one in L:4-7 */
#define LOW_PAGES     3        /* 00h, 01h, 02h are kept */
#define LANE_FLAGS    (20 * 8) /* bits of 11h:134-153 */
#define LOWER_FLAGS   (6 * 8)  /* bits of L:8-13 */
#define DIAG_FLAGS    (8 * 8)  /* bits of 14h:132-139 */
#define DIAG_ABLE     12       /* bytes of 13h:128-139 */
#define DIAG_CONTROLS 40       /* bytes of 13h:144-183 */
#define ELS_FLAGS     (28 * 8) /* bits of 1Ah:166-193 */
#define ELS_FLAGS_AT  166
#define ELS_STATUS    0x1A
#define ELS_MONITORS  0x1B

struct port {
	struct cmis_port_seen seen;
	bool applied;  /* our Apply was sent, and nothing happened since that may have undone it */
	bool released; /* AppSel 0 was tried */
	bool restart;  /* after a failure: from Deactivated again */
	uint64_t applied_ns, success_ns;
};

/* diagnostics.c, checker.c: generators and checkers in the order of 13h:144-175, eight bytes each
 */
enum { UNIT_HOST_GENERATOR, UNIT_MEDIA_GENERATOR, UNIT_HOST_CHECKER, UNIT_MEDIA_CHECKER, UNITS };
#define LOOPS 4

/* What is wanted of a generator or checker. */
struct unit {
	uint8_t asked; /* lanes that were ever wanted to be on or off; others are not touched */
	uint8_t on;
	uint8_t pattern[CMIS_LANES];
};

/* What a checker said. */
struct checker {
	uint64_t bits, errors, since_ns, when_ns;
	bool counted;
	double ber, snr_db;
};

struct diagnostics {
	struct unit unit[UNITS];
	uint8_t loop_asked, loop[LOOPS]; /* wanted, in the order of enum cmis_loopback */

	bool known, read, refused;
	uint8_t able[DIAG_ABLE], is[DIAG_CONTROLS]; /* 13h:128.., 13h:144.., as last read */
	uint64_t due;                               /* next look at 13h */

	struct checker checker[2][CMIS_LANES]; /* by side */
	uint8_t selector, unsupported;         /* what 14h shows; bit per selector it cannot */
	uint64_t shown;                        /* since when: it takes a while */
	uint64_t results;                      /* next round of selectors */
	bool flags_due;
	struct cmis_flag_seen flag[DIAG_FLAGS];
};

/* cdb.c: a conversation of several commands, one at a time */
struct cdb {
	unsigned step;      /* of the conversation; CDB_DONE */
	bool busy;          /* a command was sent, its status is waited for */
	bool foreground;    /* and the module may answer nothing meanwhile */
	uint64_t sent, due; /* when; when to look next */
	unsigned bad_replies;
};

enum freeze { FREEZE_IDLE, FREEZE_WAIT, FREEZE_READ, FREEZE_UNDO };

struct bank {
	struct cmis_bank_seen seen; /* ports are copied from port[] */
	struct port port[CMIS_LANES];
	unsigned ports;
	uint64_t due;      /* next look at 11h for the ports' sake */
	uint64_t monitor;  /* next one for the monitors' */
	uint64_t stray_ns; /* since when lanes of no port are not down; 0: they are */
	bool stray_told;
	bool fresh;                /* nothing was read since it was forgotten */
	uint8_t status[CMIS_HALF]; /* 11h as last read */
	struct cmis_flag_seen flag[LANE_FLAGS];

	/* vdm.c */
	unsigned groups; /* 0: not read */
	bool flags_due;
	uint64_t vdm_due, freeze_ns;
	enum freeze freeze;
	uint8_t descriptors[4][CMIS_HALF], samples[4][CMIS_HALF], thresholds[4][CMIS_HALF];
	uint8_t sampled; /* bit per group */
	struct cmis_flag_seen vdm_flag[CMIS_VDM_SLOTS * CMIS_LEVELS];

	struct diagnostics diag;
};

/* laser.c: a bank of eight lasers. */
struct els_bank {
	uint64_t due, monitor; /* next look at 1Ah for the lasers' sake, and for the monitors' */
	bool fresh;            /* nothing was read since it was forgotten */
	uint8_t status[CMIS_HALF]; /* 1Ah as last read */
	struct cmis_flag_seen flag[ELS_FLAGS];
};

struct els {
	struct cmis_els_seen seen;
	uint64_t wish;
	unsigned banks;   /* 0: not described yet */
	unsigned parked;  /* banks, in Park */
	uint64_t watch;   /* next reading of the summary */
	uint8_t summary;  /* 1Ah:165 as last read */
	uint64_t retry;   /* joint: its pages are not asked for before */
	unsigned strikes; /* joint: failed tries in a row */
	struct els_bank bank[CMIS_MAX_BANKS];
	struct cmis_laser_seen laser[CMIS_MAX_LASERS];
};

struct cmis_manager {
	struct cmis_manager_settings set;
	char name[32];
	uint64_t now;
	struct cmis_manager_seen seen;
	struct cmis_quirk quirk; /* what holds for this module */

	/* bus.c */
	unsigned left; /* transactions of this step */
	uint64_t tokens, tokens_ns;
	bool limited; /* the allowance of this step's monitors is used up */

	/* manager.c, states.c */
	uint64_t retry;   /* nothing before this time */
	unsigned strikes; /* failed steps in a row */
	bool recheck;     /* something failed: assume nothing */
	bool kicked;
	uint64_t watch;  /* next reading of lower memory */
	unsigned parked; /* banks, in Park and Hot */
	unsigned hot_readings, attempts;
	bool dark;     /* Hot: low power was requested */
	uint64_t due;  /* of Park, PowerUp, Hot, Fault */
	unsigned turn; /* bank that comes first, so that none is starved */

	/* power.c: wanted */
	bool reset, low_power;

	/* identify.c */
	uint8_t lower[CMIS_HALF], page[LOW_PAGES][CMIS_HALF];
	unsigned known; /* pages read so far */
	unsigned misread;
	uint8_t wrong[CMIS_HALF]; /* a page with a bad checksum, to see it again */

	struct cdb cdb;
	struct cmis_flag_seen flag[LOWER_FLAGS];
	struct bank bank[CMIS_MAX_BANKS];
	struct els els;
};

/* bus.c: page and bank are sent with every access and read back after it. */
int bus_lower(struct cmis_manager *m, uint8_t addr, uint8_t *bytes, unsigned len);
int bus_write_lower(struct cmis_manager *m, uint8_t addr, uint8_t value);
int bus_read(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t addr, uint8_t *bytes,
	     unsigned len);
int bus_write(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t addr,
	      const uint8_t *bytes, unsigned len);
/* Whether monitors may take so many transactions now. */
bool bus_allows(struct cmis_manager *m, unsigned transactions);

/* report.c */
void report(struct cmis_manager *m, struct cmis_event *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void engine_reason(struct cmis_manager *m, enum cmis_manager_state state, enum cmis_reason reason);

/* quirk.c */
void quirk_find(struct cmis_manager *m);
/* Advertised duration in ms, at least 5; how long a step may take before it counts as failed. */
uint32_t advertised_ms(const struct cmis_manager *m, enum cmis_field_id id);
uint32_t patience_ms(const struct cmis_manager *m, uint32_t advertised);
/* When to look again for something that is waited for since a time. */
uint64_t poll_after(const struct cmis_manager *m, uint64_t since);

/* states.c: run what the state asks for; what it waits for while nothing is wrong; banks that have
 * lanes to manage. */
int state_run(struct cmis_manager *m);
void state_enter(struct cmis_manager *m, enum cmis_manager_state state);
enum cmis_reason state_reason(enum cmis_manager_state state);
unsigned state_banks(const struct cmis_manager *m);
/* first_ms doubled with each try, not beyond most_ms; in ns. */
uint64_t backoff(unsigned tries, uint32_t first_ms, uint32_t most_ms);

/* All lanes down, then low power: m->dark once that was written. */
int state_darken(struct cmis_manager *m);

/* power.c: what an operator wants of the whole module. */
int power_reset(struct cmis_manager *m);
void power_divert(struct cmis_manager *m); /* into LowPower, where it is wanted */
int run_low_power(struct cmis_manager *m);

/* identify.c: lower memory, then pages 00h-02h. -EPROTO: no CMIS, -EBADMSG: reads differ. */
int identify(struct cmis_manager *m);
bool is_same_module(const struct cmis_manager *m, const uint8_t page00[CMIS_HALF]);

/* lower.c: reads L:0-41 and what it says. */
int lower_read(struct cmis_manager *m);
bool lower_hot(struct cmis_manager *m);
bool lower_cool(const struct cmis_manager *m);

/* bank.c, port.c */
int bank_run(struct cmis_manager *m, unsigned bank);
int bank_read_status(struct cmis_manager *m, unsigned bank);
void bank_forget(struct cmis_manager *m); /* nothing is known of any bank any more */

/* What a port wants done in its bank. */
struct action {
	uint8_t raise, clear;   /* DPDeinit and OutputDisableTx both up; DPDeinit down */
	uint8_t turn_on;        /* OutputDisableTx down */
	uint8_t apply, release; /* lanes */
};
void port_judge(struct cmis_manager *m, unsigned bank, struct port *p, struct action *a);
int port_apply(struct cmis_manager *m, unsigned bank, struct port *p, const struct action *a);
void port_hold(struct cmis_manager *m, unsigned bank, struct port *p, enum cmis_reason reason);
void ports_hold(struct cmis_manager *m, enum cmis_reason reason);
void ports_rearm(struct cmis_manager *m); /* deadlines begin anew, no Apply is believed in */
uint8_t port_lanes(const struct port *p);
/* AppDescriptor that serves a wish; 0 where the module has none. */
uint8_t port_application(const struct cmis_manager *m, const struct cmis_port_wish *w);

/* flags.c: `bytes` of flags read at once, the first is that of field `first`. Whether one is up. */
bool flags_seen(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t at,
		const uint8_t *bytes, unsigned count, struct cmis_flag_seen *flags);

/* els.c */
void els_init(struct cmis_manager *m);
int els_run(struct cmis_manager *m);
int els_park(struct cmis_manager *m);    /* LaneEnable as wanted, before any laser has power */
void els_forget(struct cmis_manager *m); /* nothing is known of any laser any more */
void els_hold(struct cmis_manager *m, enum cmis_reason reason);
uint64_t els_next(const struct cmis_manager *m);
bool els_has_page(const struct cmis_manager *m, unsigned bank, unsigned page);
/* threshold.c: what of a monitor or observable a flag tells: into event's value, threshold, unit,
 * and its name with lane and level into `text`. false: the flag is of something else. */
bool threshold_of_flag(const struct cmis_manager *m, struct cmis_event *event, char *text,
		       size_t size);

/* Where a page of the source lies; bits and value of a field of it. */
unsigned els_page(const struct cmis_manager *m, unsigned page);
unsigned els_code(enum cmis_field_id id, unsigned i, const uint8_t *page);
double els_value(const struct cmis_manager *m, enum cmis_field_id id, unsigned i,
		 const uint8_t *page);

/* laser.c: a bank of lasers. 1Ah into `status`; LaneEnable as wanted where it `is` not; all. */
int lasers_read_status(struct cmis_manager *m, unsigned bank);
int lasers_enable(struct cmis_manager *m, unsigned bank, uint8_t is);
int lasers_look(struct cmis_manager *m, unsigned bank);

/* vdm.c */
int vdm_run(struct cmis_manager *m, unsigned bank);

/* cdb.c */
int cdb_run(struct cmis_manager *m);
uint64_t cdb_due(const struct cmis_manager *m);
void cdb_forget(struct cmis_manager *m);
bool cdb_excuses(struct cmis_manager *m); /* a NACK, because of the command that runs */
/* A foreground command runs: whoever reads now is not answered. */
static inline bool cdb_owns(const struct cmis_manager *m)
{
	return m->cdb.busy && m->cdb.foreground;
}

/* diagnostics.c, checker.c */
int diagnostics_run(struct cmis_manager *m, unsigned bank);
uint64_t diagnostics_next(const struct bank *k);
void diagnostics_forget(struct bank *k); /* another module: its abilities and what it counted */
/* Whether a bank cannot what is wanted of it, and why. Its abilities must be known. */
bool diagnostics_refused(const struct diagnostics *d, char *why, size_t size);
static inline bool diagnostics_pages(const struct cmis_manager *m)
{
	return cmis_has(&m->seen.support, CMIS_LoopbackMediaOutput);
}
int checker_run(struct cmis_manager *m, unsigned bank);
uint64_t checker_next(const struct diagnostics *d);
void checker_started(struct cmis_manager *m, struct diagnostics *d, unsigned side, uint8_t lanes);
static inline bool checkers_on(const struct diagnostics *d)
{
	return d->read && (d->unit[UNIT_HOST_CHECKER].on | d->unit[UNIT_MEDIA_CHECKER].on);
}

#endif
