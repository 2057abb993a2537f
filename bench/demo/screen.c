/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the demo shows while it runs: every lane with its rates as bars, redrawn in place, or on
 * anything that is no terminal of 80 x 24, a line a second. Board numbers come through the
 * telemetry segment as for any other reader, the generator's from its own counters. Control thread.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/demo/demo.h"
#include "dataplane/cli/table.h"
#include "lib/base/log.h"
#include "lib/base/order.h"

#define COLUMNS 80
#define LINES   24
#define BAR     20

struct screen {
	struct telemetry_reader *reader;
	struct view *before, *view; /* the last two different passes */
	unsigned seconds;
	bool plain, color, utf8;
	unsigned lines;   /* of the picture on screen; 0 none yet */
	uint64_t longest; /* packets a second that fill a bar */
};

static bool fits(void)
{
	struct winsize w;
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= COLUMNS &&
	       w.ws_row >= LINES;
}

int screen_create(struct screen **out, const char *telemetry_path, const struct demo_options *o,
		  struct err *err)
{
	struct screen *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return err_set(err, -ENOMEM, "screen: no memory");
	ret = telemetry_reader_open(&s->reader, telemetry_path, err);
	if (ret) {
		free(s);
		return ret;
	}
	s->seconds = o->seconds;
	s->plain = o->plain || !fits();
	s->color = !s->plain && table_wants_color(o->color, stdout);
	s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	log_set_level(LOG_LEVEL_WARN); /* lines between would tear the picture */
	*out = s;
	return 0;
}

bool screen_is_plain(const struct screen *s)
{
	return s->plain;
}

void screen_destroy(struct screen *s)
{
	if (!s)
		return;
	view_free(s->view);
	view_free(s->before);
	telemetry_reader_close(s->reader);
	free(s);
}

static void look(struct screen *s)
{
	struct view *v;
	struct err err;

	if (telemetry_reader_snapshot(s->reader, &err) || view_make(&v, s->reader, &err))
		return;
	if (s->view && s->view->generation == v->generation) {
		view_free(v);
		return;
	}
	view_free(s->before);
	s->before = s->view;
	s->view = v;
}

static void sum(struct figure *total, struct figure f)
{
	total->v += f.known ? f.v : 0;
	total->known |= f.known;
}

struct totals {
	struct figure in, out, in_bytes, dropped;
	unsigned up;
};

static struct figure rate(const struct screen *s, struct figure then, struct figure now)
{
	return view_rate(s->before, s->view, then, now);
}

static struct totals add_up(const struct screen *s)
{
	static const struct view_lane none;
	struct totals t = { 0 };

	for (unsigned i = 0; i < s->view->n_lanes; i++) {
		const struct view_lane *now = &s->view->lanes[i];
		const struct view_lane *then = view_lane(s->before, now->index);

		if (!then)
			then = &none;
		t.up += now->up.known && now->up.v;
		sum(&t.in, rate(s, then->traffic.rx_packets, now->traffic.rx_packets));
		sum(&t.in_bytes,
		    view_wire(rate(s, then->traffic.rx_packets, now->traffic.rx_packets),
			      rate(s, then->traffic.rx_bytes, now->traffic.rx_bytes)));
		sum(&t.out, rate(s, then->traffic.tx_packets, now->traffic.tx_packets));
		sum(&t.dropped, now->traffic.drops);
	}
	return t;
}

static void generator(const struct traffic *t, uint64_t *sent, uint64_t *good)
{
	*sent = *good = 0;
	for (unsigned i = 0; i < DEMO_PORTS; i++) {
		*sent += load_relaxed(&t->setup->gen[i]->source.sent);
		*good += sink_good(&t->setup->gen[i]->sink);
	}
}

static void draw_line(const struct screen *s, double now)
{
	struct totals sums = add_up(s);
	char in[32], out[32], bits[32];

	printf("%3.0f s: %s packets/s in, %s out, %s; %llu dropped; %u/%u lanes up\n", now,
	       table_short(in, sizeof(in), sums.in), table_short(out, sizeof(out), sums.out),
	       table_unit(bits, sizeof(bits), sums.in_bytes, "b/s"),
	       (unsigned long long)sums.dropped.v, sums.up, s->view->n_lanes);
	fflush(stdout);
}

static const char *paint(const struct screen *s, const char *code)
{
	return s->color ? code : "";
}

/* The end of a line of the picture: colours off, the rest of an older line erased. */
static void end_line(struct screen *s)
{
	printf("%s\033[K\n", paint(s, "\033[0m"));
	s->lines++;
}

static void bar(const struct screen *s, struct figure f, const char *code)
{
	char text[16];
	unsigned eighths = 0;

	printf(" %6s ", table_short(text, sizeof(text), f));
	if (f.known && s->longest)
		eighths = (unsigned)(f.v * BAR * 8 / s->longest);
	if (eighths > BAR * 8)
		eighths = BAR * 8;
	fputs(paint(s, code), stdout);
	for (unsigned i = 0; i < BAR; i++) {
		if (!s->utf8)
			putchar(eighths >= i * 8 + 4 ? '#' : ' ');
		else if (eighths >= (i + 1) * 8)
			fputs("\u2588", stdout);
		else if (eighths > i * 8) /* U+2588 full … U+258F one eighth */
			printf("\xe2\x96%c", (char)(0x90 - (eighths - i * 8)));
		else
			putchar(' ');
	}
	fputs(paint(s, "\033[0m"), stdout);
}

static void draw_lane(struct screen *s, const struct view_lane *lane)
{
	static const struct view_lane none;
	const struct view_lane *then = view_lane(s->before, lane->index);
	bool up = lane->up.known && lane->up.v;

	if (!then)
		then = &none;
	printf("%-7s %-4s %s%-4s%s", lane->name, lane->port, paint(s, up ? "\033[32m" : "\033[31m"),
	       up ? "up" : "down", paint(s, "\033[0m"));
	bar(s, rate(s, then->traffic.rx_packets, lane->traffic.rx_packets), "\033[36m");
	putchar(' ');
	bar(s, rate(s, then->traffic.tx_packets, lane->traffic.tx_packets), "\033[35m");
	end_line(s);
}

static void find_longest(struct screen *s)
{
	static const struct view_lane none;

	for (unsigned i = 0; i < s->view->n_lanes; i++) {
		const struct view_lane *now = &s->view->lanes[i];
		const struct view_lane *then = view_lane(s->before, now->index);
		struct figure in, out;

		if (!then)
			then = &none;
		in = rate(s, then->traffic.rx_packets, now->traffic.rx_packets);
		out = rate(s, then->traffic.tx_packets, now->traffic.tx_packets);
		if (in.known && in.v > s->longest)
			s->longest = in.v;
		if (out.known && out.v > s->longest)
			s->longest = out.v;
	}
}

static void draw_picture(struct screen *s, const struct traffic *t, double now)
{
	struct totals sums = add_up(s);
	char in[32], out[32], bits[32];
	uint64_t sent, good;

	find_longest(s);
	if (s->lines)
		printf("\033[%uA", s->lines);
	s->lines = 0;
	printf("%scpx demo%s  %.1f s of %u s   32-lane engine oe0, ports p0 and p1 of 8 lanes, %u "
	       "up",
	       paint(s, "\033[1m"), paint(s, "\033[0m"), now < s->seconds ? now : s->seconds,
	       s->seconds, sums.up);
	end_line(s);
	printf("%s%-7s %-4s %-4s %6s %-*s  %6s %s", paint(s, "\033[2m"), "lane", "port", "link",
	       "in", BAR, "packets/s", "out", "packets/s");
	end_line(s);
	/* a lane a line, as far as 24 lines go */
	for (unsigned i = 0; i < s->view->n_lanes && i < LINES - 6; i++)
		draw_lane(s, &s->view->lanes[i]);
	printf("board: %s packets/s in, %s out, %s on the wire, %llu dropped",
	       table_short(in, sizeof(in), sums.in), table_short(out, sizeof(out), sums.out),
	       table_unit(bits, sizeof(bits), sums.in_bytes, "b/s"),
	       (unsigned long long)sums.dropped.v);
	end_line(s);
	generator(t, &sent, &good);
	printf("generator: sent %llu, received with right content %llu", (unsigned long long)sent,
	       (unsigned long long)good);
	end_line(s);
	fflush(stdout);
}

void screen_look(struct screen *s)
{
	if (!s->view)
		look(s);
}

void screen_draw(struct screen *s, const struct traffic *t, double now)
{
	look(s);
	if (!s->before) /* one pass gives no rates */
		return;
	if (s->plain)
		draw_line(s, now);
	else
		draw_picture(s, t, now);
}
