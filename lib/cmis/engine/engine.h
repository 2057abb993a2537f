/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emulated module: a co-packaged engine of any kind, or an external laser source. To its host it
 * is a struct cmis_transport and nothing else: registers reached by two-wire transactions, with
 * bank and page select, clear-on-read flags, write triggers and the state machines behind them.
 *
 * The other functions are what surrounds a module: pins, presence, the light that arrives, the
 * fibers of its lasers, faults, and what its lanes do, for a data plane that moves their frames.
 *
 * Time is the injected clock. Every function first catches up with it (as many state changes and
 * monitor ticks as have become due, in their order), so what happens depends on the clock and the
 * seed, and not on how often anybody looks. Laser sources must use the same clock as their engines.
 *
 * Threads: an engine, its laser sources and all that they feed belong to one thread. No globals.
 */
#ifndef CPX_LIB_CMIS_ENGINE_ENGINE_H
#define CPX_LIB_CMIS_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/cmis/cmis.h"
#include "lib/cmis/engine/fault.h"
#include "lib/cmis/engine/profile.h"

#define CMIS_ENGINE_LANES 64 /* of the largest engine */
#define CMIS_NEVER        UINT64_MAX

struct cmis_engine;

struct cmis_engine_settings {
	const struct cmis_profile *profile;
	struct cmis_clock clock;
	uint64_t seed;                            /* of the monitors' noise */
	uint8_t identifier;                       /* 0: the profile's */
	const char *serial;                       /* NULL: from the seed */
	const struct cmis_durations *durations;   /* NULL: the profile's */
	const struct cmis_advertised *advertised; /* NULL: the profile's */
};

/* Inserted and in reset's MgmtInit. *e is freed by destroy. 0, -ENOMEM, -EINVAL (err says). */
int cmis_engine_create(struct cmis_engine **e, const struct cmis_engine_settings *settings,
		       struct err *err);
/* Not before the engines that it feeds. NULL is fine. */
void cmis_engine_destroy(struct cmis_engine *e);

/* The way in for a host; valid as long as the engine. */
struct cmis_transport cmis_engine_transport(struct cmis_engine *e);

/* Catch up with the clock, and when something changes next by itself (CMIS_NEVER: nothing does). */
void cmis_engine_advance(struct cmis_engine *e);
uint64_t cmis_engine_next(struct cmis_engine *e);

/* Pins. Interrupt: asserted while a flag is up that no mask covers. */
enum cmis_pin { CMIS_PIN_RESET, CMIS_PIN_LOW_PWR };
void cmis_engine_set_pin(struct cmis_engine *e, enum cmis_pin pin, bool asserted);
bool cmis_engine_interrupt(struct cmis_engine *e);
bool cmis_engine_present(struct cmis_engine *e);

/* The profile it was made from, and its number of lanes (0 for an ELS) or lasers. */
const struct cmis_profile *cmis_engine_profile(const struct cmis_engine *e);
unsigned cmis_engine_lanes(const struct cmis_engine *e);
unsigned cmis_engine_lasers(const struct cmis_engine *e);

/*
 * Light for global lane (0-based): from laser (0-based) of els; els NULL cuts it off. Several lanes
 * of several engines may share a laser. Lanes of a profile with external lasers start unfed.
 * -ERANGE: no such lane or laser.
 */
int cmis_engine_feed(struct cmis_engine *e, unsigned lane, struct cmis_engine *els, unsigned laser);
/*
 * Joint mode: els answers under the engine's pages B1h-B5h while it is there, and leaves low power
 * with the engine; its removal is that of the port.
 */
void cmis_engine_join(struct cmis_engine *e, struct cmis_engine *els);

/* What arrives at a lane from both sides. A fresh lane has a healthy far end and host. */
struct cmis_lane_input {
	double rx_dbm;        /* light at the media input; -40 and less: dark */
	bool host_signal;     /* the host's transmitter is on */
	int8_t media_pattern; /* enum cmis_pattern that the far end generates, -1: traffic */
	int8_t host_pattern;  /* the same of the host */
};
int cmis_engine_get_input(struct cmis_engine *e, unsigned lane, struct cmis_lane_input *in);
int cmis_engine_set_input(struct cmis_engine *e, unsigned lane, const struct cmis_lane_input *in);

/* What a lane does. tx: from the host to the fiber; rx: from the fiber to the host. */
struct cmis_lane_output {
	enum cmis_dp_state state;
	uint8_t path_first, path_lanes; /* bank-relative first lane (0-based); 0 lanes: unused */
	bool tx_valid, rx_valid;        /* OutputStatusTx, OutputStatusRx */
	double tx_dbm, rx_dbm;          /* -40: dark */
	double snr_db, ber;             /* of the media input, before FEC; ber 0.5: no signal */
	uint8_t loopback;               /* enum cmis_loopback */
	int8_t media_pattern, host_pattern; /* generated towards fiber and host, -1: traffic */
};
/* 0, -ERANGE. A flat copper engine's lanes are always Activated and valid while it is present. */
int cmis_engine_lane(struct cmis_engine *e, unsigned lane, struct cmis_lane_output *out);

/* Output of a laser in dBm, -40 when it is dark. */
double cmis_engine_laser_dbm(struct cmis_engine *els, unsigned laser);

#endif
