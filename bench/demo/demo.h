/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx demo: a board and a generator in one process. The main thread is the board's control thread
 * and draws the screen; one more thread is the generator; the workers forward.
 *
 *   demo.c      options, phases, exit code      demo_traffic.c  streams, the generator's thread
 *   setup.c     EAL, board, generator ports     demo_pcap.c     a capture instead of streams
 *   screen.c    live lanes                      summary.c       what happened, the verdict
 */
#ifndef CPX_BENCH_DEMO_DEMO_H
#define CPX_BENCH_DEMO_DEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/gen/port.h"
#include "config/config.h"
#include "dataplane/cli/view.h"
#include "dataplane/ctl/board.h"
#include "lib/base/err.h"
#include "lib/base/loop.h"

#define DEMO_PORTS 2
#define DEMO_LANES 8
#define DEMO_WINDOW                                                                  \
	512 /* packets of a port on their way: a receive ring of one lane holds them \
	     */

struct demo_options {
	unsigned seconds;
	unsigned workers;  /* 0: as the configuration says */
	bool plain;        /* lines even on a terminal */
	const char *color; /* --color */
	const char *pcap;  /* NULL: streams */
};

/* What one side of the board is to the generator. Addresses of the port's subnets: .1 is the board,
 * .2 the generator; behind it the networks its flows come from. */
struct demo_side {
	const char *port, *device; /* p0, net_cpx_g0 */
	uint8_t host4[4], gateway4[4], flows4[4];
	uint8_t host6[16], gateway6[16], flows6[16];
};
extern const struct demo_side demo_sides[DEMO_PORTS];

/* Board and generator ports, made and undone together. Control thread. */
struct demo_setup {
	struct config *cfg;
	struct config_port gen_ports[DEMO_PORTS]; /* the configuration's last ports */
	struct board *board;
	struct gen_port *gen[DEMO_PORTS];
	uint16_t port_id[DEMO_PORTS];
	bool probed[DEMO_PORTS], started[DEMO_PORTS];
	unsigned lcore; /* the generator's */
};

/* The configuration that `cpx demo --show-config` prints. */
extern const char demo_yaml[];

/* text: the configuration, demo_yaml or made for a capture. 0, or a negative errno and err. On
 * failure nothing is left but EAL. */
int setup_create(struct demo_setup *s, const char *text, const struct demo_options *o,
		 struct err *err);
int setup_start(struct demo_setup *s, struct err *err);
void setup_stop(struct demo_setup *s);
void setup_destroy(struct demo_setup *s);

/* The generator's thread. Control thread calls all but the thread body. */
struct traffic {
	struct demo_setup *setup;
	struct stream *streams[DEMO_PORTS * 2]; /* port x family */
	bool sending;                           /* control thread sets, generator reads */
	bool quit;                              /* the same */
	uint64_t turns, idle_turns;             /* generator */
};

int traffic_create(struct traffic *t, struct demo_setup *s, struct err *err);
int traffic_start(struct traffic *t, struct err *err);
/* Everything sent has been seen, or is written off. */
bool traffic_drained(const struct traffic *t);
void traffic_stop(struct traffic *t);
void traffic_destroy(struct traffic *t);

/* The screen. now: seconds since the traffic began. */
struct screen;
int screen_create(struct screen **out, const char *telemetry_path, const struct demo_options *o,
		  struct err *err);
/* Rates need two passes: look takes the first as soon as there is one, draw the newest each time.
 */
void screen_look(struct screen *s);
void screen_draw(struct screen *s, const struct traffic *t, double now);
void screen_destroy(struct screen *s);
/* A line every second instead of a picture. */
bool screen_is_plain(const struct screen *s);

/* Prints what happened; true when everything that was sent arrived as it should. */
bool summary_print(FILE *to, const struct traffic *t, const char *telemetry_path, double seconds,
		   bool interrupted, bool color);

/* Sum over lanes of a published counter; slot for labelled arrays. Unknown metric: 0. */
uint64_t demo_sum(const struct telemetry_reader *r, const char *metric, unsigned slot);
/* Packets in = out + dropped + kept, by the board's own books. in/out also count what it began
 * itself and used up itself. */
struct demo_books {
	uint64_t in, out, originated, host, dropped, held, icmp_errors, echos, fragmented,
		fragments;
};
void demo_books(const struct telemetry_reader *r, struct demo_books *b);
static inline bool demo_books_balance(const struct demo_books *b)
{
	return b->in + b->originated + b->fragments ==
	       b->out + b->dropped + b->host + b->held + b->fragmented;
}

/* cpx demo --pcap FILE: exit code. */
int demo_pcap(const struct demo_options *o);

#endif
