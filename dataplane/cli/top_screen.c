/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The screen of cpx top (ncursesw): title, alarms, lanes with a bar of their line rate each way,
 * workers, drops, keys. Fits 80 x 24; wider terminals get longer bars. Draws what top_rates.c made
 * and knows nothing of the segment.
 */
#include "dataplane/cli/top.h"

#include "dataplane/cli/table.h"

#include <curses.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIN_COLUMNS 80
#define MIN_LINES   24
#define MAX_WORKERS 4 /* lines of workers, the rest is said in one */
#define BAR_MIN     9 /* with a gap */
#define BAR_MAX     40
#define FIXED       39 /* columns of a lane's row besides its names and bars */

/* Widths: lane and port names as far as they fit, the rest is for the two bars. */
struct columns {
	int lane, port, bar;
};

enum { PAIR_GOOD = 1, PAIR_WARN, PAIR_BAD, PAIR_HEAD };

static bool colored;
static SCREEN *screen;

int top_screen_open(bool color)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || term == NULL ||
	    strcmp(term, "dumb") == 0)
		return -ENOTTY;
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL)
		return -ENOTTY;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	curs_set(0);
	set_escdelay(25);
	colored = color && has_colors() && start_color() == OK;
	if (colored) {
		use_default_colors();
		init_pair(PAIR_GOOD, COLOR_GREEN, -1);
		init_pair(PAIR_WARN, COLOR_YELLOW, -1);
		init_pair(PAIR_BAD, COLOR_RED, -1);
		init_pair(PAIR_HEAD, COLOR_CYAN, -1);
	}
	return 0;
}

void top_screen_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

int top_screen_key(int ms)
{
	int c;

	timeout(ms);
	c = getch();
	switch (c) {
	case ERR:
		return TOP_KEY_NONE;
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_RESIZE:
		return TOP_KEY_RESIZE;
	default:
		return c;
	}
}

/* Attribute of a colour, or of its stand-in without colours. */
static attr_t look(int pair, attr_t plain)
{
	return colored ? (attr_t)COLOR_PAIR(pair) : plain;
}

static void put(int y, int x, attr_t attr, const char *text)
{
	attron(attr);
	mvaddnstr(y, x, text, COLS - x);
	attroff(attr);
}

/* A bar of `wide` columns with its percentage at the end: "||||   42%". */
static void bar(int y, int x, int wide, struct figure use)
{
	char text[BAR_MAX + 1];
	char percent[8] = "-";
	int full;

	if (wide > BAR_MAX)
		wide = BAR_MAX;
	if (use.known && use.v > 1000)
		use.v = 1000;
	if (use.known)
		snprintf(percent, sizeof(percent), "%llu%%", (unsigned long long)(use.v + 5) / 10);
	full = use.known ? (int)((use.v * (uint64_t)wide + 999) / 1000) : 0;
	memset(text, ' ', (size_t)wide);
	memset(text, '|', (size_t)full);
	text[wide] = '\0';
	memcpy(text + wide - strlen(percent), percent, strlen(percent));
	attron(use.known && use.v >= 900   ? look(PAIR_BAD, A_BOLD)
	       : use.known && use.v >= 700 ? look(PAIR_WARN, A_NORMAL)
					   : look(PAIR_GOOD, A_NORMAL));
	mvaddnstr(y, x, text, full);
	attroff(A_BOLD | A_COLOR);
	mvaddstr(y, x + full, text + full);
}

static void number(int y, int x, int wide, struct figure f, attr_t attr)
{
	char text[24], cell[32];

	snprintf(cell, sizeof(cell), "%*s", wide, table_short(text, sizeof(text), f));
	put(y, x, attr, cell);
}

static void draw_title(const struct top *t)
{
	char rx[24], tx[24], drops[24], text[256];

	snprintf(text, sizeof(text), "cpx top  %s  up %s   in %sb/s  out %sb/s  dropped %sp/s",
		 t->instance, t->uptime, table_unit(rx, sizeof(rx), t->sum.rx_bps, ""),
		 table_unit(tx, sizeof(tx), t->sum.tx_bps, ""),
		 table_unit(drops, sizeof(drops), t->sum.drops_pps, ""));
	put(0, 0, A_BOLD, text);
}

/* What needs a person, in one line; returns whether there was anything. */
static bool draw_alarms(const struct top *t, int y)
{
	const char *trouble = top_trouble(t->v);
	char text[512];
	size_t used;

	if (trouble != NULL) {
		snprintf(text, sizeof(text), "! this cpx is %s%s",
			 t->v->life == TELEMETRY_LIFE_STALLED ? "stalled: " : "", trouble);
		put(y, 0, look(PAIR_BAD, A_REVERSE) | A_BOLD, text);
		return true;
	}
	if (t->down == 0)
		return false;
	snprintf(text, sizeof(text), "! %u of %u lanes down:", t->down, t->v->n_lanes);
	for (unsigned i = 0; i < t->v->n_lanes; i++) {
		const struct view_lane *l = &t->v->lanes[i];

		used = strlen(text);
		if (l->up.known && l->up.v == 0)
			snprintf(text + used, sizeof(text) - used, " %s (%s)", l->name, l->port);
	}
	put(y, 0, look(PAIR_BAD, A_REVERSE) | A_BOLD, text);
	return true;
}

static int at_most(int v, int most)
{
	return v < most ? v : most;
}

static struct columns columns(const struct top *t)
{
	struct columns c = { .lane = 8, .port = 7 };
	int names = COLS - FIXED - 2 * BAR_MIN; /* columns that names may take */

	for (unsigned i = 0; i < t->v->n_lanes; i++) {
		int lane = (int)strlen(t->v->lanes[i].name) + 2;
		int port = (int)strlen(t->v->lanes[i].port) + 1;

		c.lane = lane > c.lane ? lane : c.lane;
		c.port = port > c.port ? port : c.port;
	}
	c.lane = at_most(c.lane, names - 7);
	c.port = at_most(c.port, names - c.lane);
	c.bar = at_most((COLS - FIXED - c.lane - c.port) / 2, BAR_MAX + 1);
	return c;
}

static void draw_heading(int y, const struct columns *c)
{
	char text[256];

	snprintf(text, sizeof(text), "%-*s%-*s%-5s%6s%7s %-*.*s%6s%7s %-*.*s%6s", c->lane, "LANE",
		 c->port, "PORT", "LINK", "RX p/s", "b/s", c->bar, c->bar - 1, "OF LINE RATE",
		 "TX p/s", "b/s", c->bar, c->bar - 1, "OF LINE RATE", "DROPS");
	put(y, 0, look(PAIR_HEAD, A_REVERSE) | A_BOLD, text);
}

/* Packets and bits a second and the bar of one way; returns the column behind them. */
static int draw_way(int y, int x, const struct columns *c, struct figure pps, struct figure bps,
		    struct figure use)
{
	number(y, x, 6, pps, A_NORMAL);
	number(y, x + 6, 7, bps, A_NORMAL);
	bar(y, x + 14, c->bar - 1, use);
	return x + 14 + c->bar;
}

static void draw_lane(const struct top_lane *l, int y, const struct columns *c)
{
	bool up = l->lane->up.known && l->lane->up.v != 0;
	bool dropping = l->drops_pps.known && l->drops_pps.v != 0;
	const char *port = l->lane->port[0] != '\0' ? l->lane->port : "-";
	char text[VIEW_TEXT + 1];
	int x = c->lane + c->port;

	snprintf(text, sizeof(text), "%.*s%s", c->lane - 2, l->lane->name,
		 l->lane->stale ? "*" : "");
	put(y, 0, A_NORMAL, text);
	snprintf(text, sizeof(text), "%.*s", c->port - 1, port);
	put(y, c->lane, A_NORMAL, text);
	put(y, x, up ? look(PAIR_GOOD, A_NORMAL) : look(PAIR_BAD, A_BOLD),
	    !l->lane->up.known ? "-"
	    : up               ? "up"
			       : "down");
	x = draw_way(y, x + 5, c, l->rx_pps, l->rx_bps, l->rx_use);
	x = draw_way(y, x, c, l->tx_pps, l->tx_bps, l->tx_use);
	number(y, x, 6, l->drops_pps, dropping ? look(PAIR_BAD, A_BOLD) : A_NORMAL);
}

static void draw_worker(const struct top *t, unsigned i, int y)
{
	const struct view_worker *w = &t->v->workers[i];
	const struct view_worker *then = view_worker(t->older, w->index);
	struct figure busy = view_busy(then, w);
	struct figure pps = { 0 };
	char name[24], cpu[24], rate[24], text[256];

	if (then != NULL)
		pps = view_rate(t->older, t->v, then->packets, w->packets);
	if (w->role[0] != '\0' && strcmp(w->role, "worker") != 0)
		snprintf(name, sizeof(name), "%.10s", w->role);
	else
		snprintf(name, sizeof(name), "worker %u", w->index);
	snprintf(cpu, sizeof(cpu), "-");
	if (w->cpu.known)
		snprintf(cpu, sizeof(cpu), "%llu", (unsigned long long)w->cpu.v);
	snprintf(text, sizeof(text), "%-10s CPU %-4s%6sp/s  busy", name, cpu,
		 table_short(rate, sizeof(rate), pps));
	put(y, 0, A_NORMAL, text);
	bar(y, 36, 20, busy);
	if (w->placement[0] != '\0')
		put(y, 58, A_DIM, w->placement);
}

static void draw_drops(const struct top *t, int y)
{
	char text[512] = "dropped: nothing";
	char rate[24], count[24];

	for (unsigned i = 0; i < t->n_drops && i < 8; i++) {
		size_t used = i == 0 ? 0 : strlen(text);
		const struct top_drop *d = &t->drops[i];
		int n = snprintf(text + used, sizeof(text) - used, "%s%s %sp/s (%s)",
				 i == 0 ? "dropped: " : ", ", d->drop->reason,
				 table_short(rate, sizeof(rate), d->pps),
				 table_short(count, sizeof(count), d->drop->packets));

		if (i > 0 && used + (size_t)n > (size_t)COLS) {
			text[used] = '\0'; /* whole reasons only */
			break;
		}
	}
	put(y, 0,
	    t->sum.drops_pps.known && t->sum.drops_pps.v != 0 ? look(PAIR_BAD, A_BOLD) : A_NORMAL,
	    text);
}

static void draw_keys(enum top_sort sort, bool paused, unsigned first, int shown, unsigned lanes)
{
	static const char *const names[] = { "l lane", "r rx", "t tx", "d drops" };
	int y = LINES - 1, x = 0;
	char text[64];

	put(y, x, A_NORMAL, "q quit   sort:");
	x = 14;
	for (int i = 0; i < 4; i++) {
		put(y, x + 1, i == (int)sort ? A_REVERSE : A_NORMAL, names[i]);
		x += 2 + (int)strlen(names[i]);
	}
	put(y, x + 1, paused ? A_REVERSE : A_NORMAL, "space pause");
	if ((unsigned)shown < lanes) {
		snprintf(text, sizeof(text), "up/down %u-%u of %u", first + 1,
			 first + (unsigned)shown, lanes);
		put(y, COLS - (int)strlen(text) > x + 14 ? COLS - (int)strlen(text) : x + 14,
		    A_NORMAL, text);
	}
}

void top_screen_draw(const struct top *t, enum top_sort sort, bool paused, unsigned *first)
{
	unsigned workers = t->v->n_workers < MAX_WORKERS ? t->v->n_workers : MAX_WORKERS;
	struct columns c;
	int y = 1, room, bottom;

	erase();
	if (COLS < MIN_COLUMNS || LINES < MIN_LINES) {
		char text[80];

		snprintf(text, sizeof(text), "cpx top needs %dx%d, this is %dx%d. q quits",
			 MIN_COLUMNS, MIN_LINES, COLS, LINES);
		put(0, 0, A_NORMAL, text);
		refresh();
		return;
	}
	c = columns(t);
	draw_title(t);
	y += draw_alarms(t, y);
	draw_heading(y++, &c);
	bottom = LINES - 2 - (int)workers; /* workers, drops and keys from here on */
	room = bottom - y;
	if ((unsigned)room >= t->v->n_lanes)
		*first = 0;
	else if (*first > t->v->n_lanes - (unsigned)room)
		*first = t->v->n_lanes - (unsigned)room;
	for (int i = 0; i < room && *first + (unsigned)i < t->v->n_lanes; i++)
		draw_lane(&t->lanes[*first + (unsigned)i], y + i, &c);
	for (unsigned i = 0; i < workers; i++)
		draw_worker(t, i, bottom + (int)i);
	draw_drops(t, LINES - 2);
	draw_keys(sort, paused, *first, room, t->v->n_lanes);
	refresh();
}
