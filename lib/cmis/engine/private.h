/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of an emulated module. The register file is the only place where what a host may see is
 * kept; this struct holds what it may not: timers, the model of the light, accumulated statistics.
 *
 * Every way in does the same: run_until() the clock, change something, settle(). settle() lets the
 * state machines go as far as they get at this moment, then derives outputs, monitors, flags and
 * the interrupt from where they stand. A timer is a time in `until`, looked at by the state machine
 * that it belongs to.
 */
#ifndef CPX_LIB_CMIS_ENGINE_PRIVATE_H
#define CPX_LIB_CMIS_ENGINE_PRIVATE_H

#include "lib/cmis/decode.h"
#include "lib/cmis/engine/engine.h"

#define TICK_NS        (100 * CMIS_MS) /* monitors are sampled this often */
#define CATCH_UP_TICKS 36000           /* a clock that jumps further skips monitor ticks */
#define STATS          2               /* statistics of VDM: BER, FERC */

/* What transactions may do with each byte of a page. */
struct access {
	uint8_t writable[CMIS_HALF]; /* bits that a write changes */
	uint8_t hidden[CMIS_HALF];   /* bits that read 0 */
	uint8_t clears[CMIS_HALF];   /* bits that a read clears */
};

/* One page of all its banks. */
struct page {
	uint8_t *bytes; /* banks * CMIS_HALF; NULL: not supported */
	uint8_t banks;  /* 1 where the bank does not matter */
	struct access access;
};

/* A data path: the lanes of one bank that run an application together (datapath.c). */
struct datapath {
	uint8_t lanes; /* 0: none begins at this lane */
	enum cmis_dp_state state;
	uint64_t until; /* end of a transient state */
};

/* An Apply that is on its way, by the lowest of its lanes (configure.c). */
struct command {
	uint8_t lanes; /* 0: none */
	bool dp_init;  /* ApplyDPInit: DPInitPending follows */
	bool shown;    /* ConfigStatus says success already (CMIS_INJECT_EARLY_SUCCESS) */
	uint64_t until;
	uint8_t staged[CMIS_HALF]; /* page 10h when it was triggered */
};

struct stat { /* since the last unfreeze */
	double min, max, sum;
	uint64_t n;
};

struct counter { /* of a pattern checker */
	double bits, errors;
	bool locked;
};

struct lane {
	struct cmis_lane_input in;
	struct cmis_engine *els; /* NULL: its own laser, or unfed */
	unsigned laser;
	double laser_dbm;      /* of els, when it was last looked at */
	uint8_t output_rx;     /* to see it change */
	double tx_dbm, rx_dbm; /* now, noise included */
	double snr_db, ber, cer, host_snr_db, host_ber;
	bool rx_los, rx_lol;
	struct stat stats[STATS];
	struct counter host, media;
};

struct bank {
	uint64_t freeze_until; /* VDM: end of a freeze or unfreeze */
	struct datapath path[CMIS_LANES];
	struct command command[CMIS_LANES];
	struct lane lane[CMIS_LANES];
};

struct laser {
	uint64_t until; /* end of its ramp */
	double dbm, bias_ma;
};

struct fault {
	bool on;
	double value;
	uint64_t lanes;
	uint64_t until; /* heals then */
	uint64_t since;
	uint64_t count; /* of what it counts: reads, bytes */
};

struct cmis_engine {
	const struct cmis_profile *profile;
	struct cmis_clock clock;
	struct cmis_durations durations;
	struct cmis_advertised advertised;
	uint8_t identifier;
	uint64_t seed;
	char serial[17];
	uint64_t now; /* how far everything below has come */

	/* registers.c */
	struct page lower, page[256];
	struct cmis_support support;
	uint8_t mapped_bank, mapped_page; /* what 128..255 shows now */

	/* module.c */
	bool present, answering; /* answering: MgmtInit is over */
	bool pin_reset, pin_low_pwr;
	bool interrupt;
	uint64_t module_until;
	uint64_t inserted_at;

	/* monitor.c, vdm.c, cdb.c */
	uint64_t tick, tick_at;
	bool sampled; /* VDM has had its first samples since the reset */
	double temperature;
	uint64_t cdb_until;
	bool password; /* accepted */
	uint8_t banks; /* of lanes or of lasers */
	struct bank bank[CMIS_MAX_BANKS];
	struct laser laser[CMIS_ENGINE_LANES];
	struct cmis_engine *joined;   /* the laser source that this engine speaks for */
	struct cmis_engine *governor; /* of a laser source: the engine that speaks for it */
	struct fault fault[CMIS_INJECT_COUNT];
};

/* engine.c */
void run_until(struct cmis_engine *e, uint64_t now); /* all that is due */
void settle(struct cmis_engine *e);
void catch_up(struct cmis_engine *e); /* run_until() the clock's now, lasers included */
static inline bool is_els(const struct cmis_engine *e)
{
	return e->profile->kind == CMIS_KIND_ELS;
}
static inline bool is_flat(const struct cmis_engine *e)
{
	return e->profile->kind == CMIS_KIND_CPC_PASSIVE;
}
static inline bool is_optical(const struct cmis_engine *e)
{
	return e->profile->kind == CMIS_KIND_CPO || e->profile->kind == CMIS_KIND_NPO;
}
/* now + ms; earliest() is for next-event searches. */
static inline uint64_t after_ms(const struct cmis_engine *e, double ms)
{
	return e->now + (uint64_t)(ms * (double)CMIS_MS);
}
static inline void earliest(uint64_t *when, uint64_t candidate)
{
	if (candidate < *when)
		*when = candidate;
}

/* registers.c: the module's own view of its registers; pages that are not there read 0. */
int registers_create(struct cmis_engine *e);
void registers_destroy(struct cmis_engine *e);
uint64_t reg_get(const struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i);
void reg_put(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i,
	     uint64_t bits);
/* The bits of all eight lanes of a field with a bit per lane. */
uint8_t reg_lanes(const struct cmis_engine *e, unsigned bank, enum cmis_field_id id);
void reg_put_lanes(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, uint8_t lanes);
/* value / scale, held inside of what the field can say. */
void reg_put_value(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i,
		   double value);
/* A latched flag: goes up if the module has it, and comes down by being read. */
void reg_flag(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i, bool up);
uint8_t *reg_page(const struct cmis_engine *e, unsigned bank, unsigned page); /* NULL: none */

/* image.c: what registers say after a reset. */
void image_write(struct cmis_engine *e);
void image_checksums(struct cmis_engine *e);

/* transaction.c */
int transaction_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len);
int transaction_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len);

/* module.c */
void module_reset(struct cmis_engine *e);
bool module_step(struct cmis_engine *e); /* true: something changed */
bool module_low_pwr(const struct cmis_engine *e);
enum cmis_module_state module_state(const struct cmis_engine *e);
void module_next(const struct cmis_engine *e, uint64_t *when);

/* datapath.c */
bool datapath_step(struct cmis_engine *e);
void datapath_regroup(struct cmis_engine *e, unsigned bank); /* after the ACS changed */
bool datapath_all_deactivated(const struct cmis_engine *e);
const struct datapath *datapath_of(const struct cmis_engine *e, unsigned bank, unsigned lane);
void datapath_next(const struct cmis_engine *e, uint64_t *when);

/* configure.c */
void configure_apply(struct cmis_engine *e, unsigned bank, uint8_t lanes, bool dp_init);
bool configure_step(struct cmis_engine *e);
void configure_next(const struct cmis_engine *e, uint64_t *when);

/* lane.c: outputs and light */
void lanes_update(struct cmis_engine *e);
bool lasers_moved(struct cmis_engine *e); /* external ones changed since lanes_update() */
double noise(const struct cmis_engine *e, unsigned what, unsigned lane); /* -1..1 of this tick */

/* monitor.c */
void monitors_update(struct cmis_engine *e); /* registers, threshold flags */
void monitors_tick(struct cmis_engine *e);   /* what happens at each tick only */

/* flags.c */
void flags_update(struct cmis_engine *e); /* summary, interrupt */

/* vdm.c */
void vdm_image(struct cmis_engine *e);
void vdm_tick(struct cmis_engine *e); /* samples, statistics, flags */
void vdm_freeze_written(struct cmis_engine *e, unsigned bank);
bool vdm_step(struct cmis_engine *e);
void vdm_next(const struct cmis_engine *e, uint64_t *when);

/* diagnostics.c */
void diagnostics_image(struct cmis_engine *e);
void diagnostics_count(struct cmis_engine *e, uint64_t until); /* from now on to then */
void diagnostics_written(struct cmis_engine *e, unsigned bank, unsigned page, unsigned first,
			 unsigned last);
void diagnostics_update(struct cmis_engine *e);
int8_t generated_pattern(const struct cmis_engine *e, unsigned bank, unsigned lane, bool media);
uint8_t loopback_of(const struct cmis_engine *e, unsigned bank, unsigned lane);

/* cdb.c */
void cdb_triggered(struct cmis_engine *e);
bool cdb_step(struct cmis_engine *e);
void cdb_next(const struct cmis_engine *e, uint64_t *when);

/* laser.c */
void laser_image(struct cmis_engine *e);
bool laser_step(struct cmis_engine *e);
void laser_update(struct cmis_engine *e);
void laser_written(struct cmis_engine *e, unsigned bank, unsigned page, unsigned first,
		   unsigned last);
void laser_next(const struct cmis_engine *e, uint64_t *when);
double laser_dbm(const struct cmis_engine *els, unsigned laser);

/* fault.c */
static inline bool faulty(const struct cmis_engine *e, enum cmis_fault fault)
{
	return e->fault[fault].on;
}
static inline bool faulty_lane(const struct cmis_engine *e, enum cmis_fault fault, unsigned lane)
{
	const struct fault *f = &e->fault[fault];

	return f->on && (f->lanes == 0 || f->lanes >> lane & 1);
}
bool fault_step(struct cmis_engine *e); /* heals what has lasted long enough */
void fault_next(const struct cmis_engine *e, uint64_t *when);

#endif
