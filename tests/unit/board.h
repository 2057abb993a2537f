/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bench for pipeline tests: a board whose ports are ends of fibers, driven by hand on the calling
 * thread. The test holds the other ends: it puts frames in with bed_send(), lets everything run
 * with bed_settle() and looks at what came out with bed_next(). Time stands still unless the test
 * moves bed->tsc.
 *
 * After every case bed_delta() says what was counted since the last one and checks that no packet
 * was lost or counted twice. Each Criterion test is a process of its own: one bed a test.
 */
#ifndef CPX_TESTS_UNIT_BOARD_H
#define CPX_TESTS_UNIT_BOARD_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/ctl/board_priv.h"
#include "tests/unit/frame.h"

#define BED_MAX_FAR 16

/* Sums over all telemetry cells: workers and control, all lanes. */
struct tally {
	uint64_t rx, tx, originated, host, errors, echos;
	uint64_t fragmented, fragments;
	uint64_t drop[DROP_COUNT];
};

struct bed_far { /* the test's end of a fiber */
	uint16_t id;
	unsigned lanes;
};

struct bed {
	struct board *board;
	struct config *cfg;
	unsigned n_far;
	struct bed_far far[BED_MAX_FAR]; /* of board port i; behind them those of bed_add_far() */
	uint64_t tsc;                    /* what the workers take for the time */
	bool keep_grace; /* workers stay online between turns: no grace period passes */
	bool no_drain;   /* the far ends take nothing out */

	struct tally last;
	uint64_t sent, got; /* frames in and out at the far ends, ever */
	unsigned n_out, next_out, cap_out;
	struct frame *out; /* what came out and was not looked at */
};

/* EAL alone, for tests of tables: `mb` megabytes without hugepages. */
void bed_eal(unsigned mb);

/*
 * A board from YAML without `instance`, `memory` and `engines`, which the bed adds; the engine is
 * oe0. far_lanes, 0-ended: lanes of the far ends; port i of the file becomes an end of a fiber
 * whose other end, of far_lanes[i] lanes, is the test's.
 */
void bed_open(struct bed *bed, const char *yaml, const unsigned *far_lanes);
/* The same YAML as a configuration, ports named p0, p1 … on the fibers of far[]; for apply.h. The
 * caller frees. */
struct config *bed_config(const struct bed *bed, const char *yaml);
/* Another end for the test, of any fiber; its index in far[]. */
unsigned bed_add_far(struct bed *bed, const char *fiber, unsigned lanes);
/* Everything back: the pool is full, no stream has grown, nothing is left behind. */
void bed_close(struct bed *bed);
/* After a failed assertion: only what would stay on the machine. For .fini; bed_close() does it. */
void bed_clean(void);

const uint8_t *bed_mac(const struct bed *bed, unsigned port);

/* One frame into board port `port`, lane 0; asserts that the fiber takes it. */
void bed_send(struct bed *bed, unsigned port, const struct frame *f);
void bed_send_lane(struct bed *bed, unsigned port, unsigned lane, const struct frame *f);
/* The same bytes in segments that end at cuts[0] < cuts[1] …; n of them. */
void bed_send_cut(struct bed *bed, unsigned port, const struct frame *f, const uint16_t *cuts,
		  unsigned n);
/* An mbuf of the test's own making, from board_pool(). */
void bed_send_mbuf(struct bed *bed, unsigned port, unsigned lane, struct rte_mbuf *m);

void bed_turn(struct bed *bed, unsigned worker);  /* one loop of one worker, no control thread */
void bed_control(struct bed *bed);                /* control thread: rings, grace periods */
void bed_drain(struct bed *bed);                  /* far ends: take what came out */
void bed_settle(struct bed *bed);                 /* all of these until nothing moves */
void bed_tick(struct bed *bed, unsigned seconds); /* neighbours' timer, settled each time */

/* The oldest frame that came out of any port and was not looked at; NULL when there is none. */
const struct frame *bed_next(struct bed *bed);
unsigned bed_waiting(const struct bed *bed); /* how many there are */
void bed_forget(struct bed *bed);            /* and be done with them */

/* Counted since the last call; asserts conservation and that far ends and counters agree. */
struct tally bed_delta(struct bed *bed, const char *what);
/* bed_delta() and exactly this: rx packets in, tx out, n dropped for `reason` and nothing else. */
void bed_expect_drop(struct bed *bed, const char *what, enum drop_reason reason, uint64_t n);
void bed_expect_sent(struct bed *bed, const char *what, uint64_t rx, uint64_t tx);
const char *bed_drop_name(unsigned reason);

/* The next frame is exactly this, on this port; otherwise a dump of both. */
void bed_expect_frame(struct bed *bed, const char *what, unsigned port, const struct frame *want);
void bed_expect_nothing(struct bed *bed, const char *what);

#endif
