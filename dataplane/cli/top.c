/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx top: the board live. On a terminal a screen that is redrawn every second (top_screen.c);
 * elsewhere, or with --once, plain lines. Reads the telemetry segment only and follows a board that
 * is restarted. One thread.
 */
#include "dataplane/cli/top.h"

#include "dataplane/cli/table.h"
#include "lib/telemetry/path.h"
#include "lib/telemetry/reader.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
	const char *instance, *file, *color;
	double delay;
	enum top_sort sort;
	bool once;
};

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	stop = signo;
}

static void usage(FILE *to)
{
	fputs("usage: cpx top [-i INSTANCE] [--once]\n\n"
	      "  -i, --instance NAME  which running cpx (default: $CPX_INSTANCE, else the only "
	      "one)\n"
	      "  -f, --file PATH      a telemetry file instead of an instance\n"
	      "  -d, --delay SECONDS  between two looks, 0.1 to 60 (default 1)\n"
	      "  -s, --sort KEY       lane, rx, tx or drops\n"
	      "  -1, --once           one look of that length as plain lines, then end\n"
	      "      --color=WHEN     auto, always or never; NO_COLOR is obeyed\n\n"
	      "On the screen: q quits; l r t d sort by lane, rx, tx, drops; space pauses; arrows "
	      "and\n"
	      "page keys scroll. Without a terminal it prints plain lines until it is stopped.\n"
	      "Exit: 0 done, 1 no such board is running, 2 wrong usage.\n",
	      to);
}

static int wrong(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "cpx top: %s '%s': it takes %s. Try: cpx top --help\n", option, value,
		allowed);
	return EXIT_USAGE;
}

static int parse_sort(const char *key, enum top_sort *sort)
{
	static const char *const keys[] = { "lane", "rx", "tx", "drops" };

	for (int i = 0; i < 4; i++)
		if (strcmp(key, keys[i]) == 0) {
			*sort = (enum top_sort)i;
			return EXIT_DONE;
		}
	return wrong("--sort", key, "lane, rx, tx or drops");
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "instance", required_argument, NULL, 'i' },
		{ "file", required_argument, NULL, 'f' },
		{ "delay", required_argument, NULL, 'd' },
		{ "sort", required_argument, NULL, 's' },
		{ "once", no_argument, NULL, '1' },
		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	char *end;
	int c;

	*o = (struct options){ .delay = 1, .instance = getenv("CPX_INSTANCE") };
	if (o->instance != NULL && o->instance[0] == '\0')
		o->instance = NULL;
	while ((c = getopt_long(argc, argv, "i:f:d:s:1h", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			o->instance = optarg;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'd':
			o->delay = strtod(optarg, &end);
			if (end == optarg || *end != '\0' || !(o->delay >= 0.1 && o->delay <= 60))
				return wrong("--delay", optarg, "0.1 to 60 seconds");
			break;
		case 's':
			if (parse_sort(optarg, &o->sort) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case '1':
			o->once = true;
			break;
		case 'c':
			o->color = optarg;
			if (strcmp(optarg, "auto") != 0 && strcmp(optarg, "always") != 0 &&
			    strcmp(optarg, "never") != 0)
				return wrong("--color", optarg, "auto, always or never");
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_DONE);
		default:
			fputs("Try: cpx top --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "cpx top: argument '%s' is not known. Try: cpx top --help\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* What both ways of showing need: the reader, and the two latest views. */
struct session {
	struct telemetry_reader *r;
	struct view *v, *older;
};

/* A newer view; while nothing new was published (or can be read) the present ones stay. */
static int look(struct session *s, struct err *err)
{
	struct view *v;
	int ret;

	telemetry_reader_follow(s->r);
	ret = telemetry_reader_snapshot(s->r, err);
	if (ret < 0 && (s->v == NULL || (ret != -EAGAIN && ret != -ENODATA)))
		return ret;
	ret = view_make(&v, s->r, err);
	if (ret < 0)
		return ret;
	if (s->v != NULL && v->generation == s->v->generation &&
	    memcmp(v->incarnation, s->v->incarnation, sizeof(v->incarnation)) == 0) {
		s->v->life = v->life;
		view_free(v);
		if (s->v->life != TELEMETRY_LIFE_RUNNING) {
			view_free(s->older); /* what stands still has no rates */
			s->older = NULL;
		}
		return 0;
	}
	view_free(s->older);
	s->older = s->v;
	s->v = v;
	return 0;
}

static void cell_unit(struct table *t, struct figure f, const char *unit)
{
	char text[40];

	table_cell(t, table_unit(text, sizeof(text), f, unit));
}

static void cell_use(struct table *t, struct figure use)
{
	char text[24] = "-";

	if (use.known)
		snprintf(text, sizeof(text), "%llu.%llu %%", (unsigned long long)use.v / 10,
			 (unsigned long long)use.v % 10);
	table_cell(t, text);
}

static struct table *lanes_table(const struct top *t)
{
	static const char *const headings[] = { "LANE",     "PORT",    "LINK",     ">RX RATE",
						">RX WIRE", ">RX USE", ">TX RATE", ">TX WIRE",
						">TX USE",  ">DROPS",  NULL };
	struct table *table = table_new(headings);

	for (unsigned i = 0; i < t->v->n_lanes; i++) {
		const struct top_lane *l = &t->lanes[i];
		bool up = l->lane->up.v != 0;

		table_cell(table, l->lane->name);
		table_cell(table, l->lane->port[0] != '\0' ? l->lane->port : "-");
		table_color(table,
			    !l->lane->up.known ? "-"
			    : up               ? "up"
					       : "down",
			    !l->lane->up.known ? TABLE_PLAIN
			    : up               ? TABLE_GOOD
					       : TABLE_BAD);
		cell_unit(table, l->rx_pps, "p/s");
		cell_unit(table, l->rx_bps, "b/s");
		cell_use(table, l->rx_use);
		cell_unit(table, l->tx_pps, "p/s");
		cell_unit(table, l->tx_bps, "b/s");
		cell_use(table, l->tx_use);
		cell_unit(table, l->drops_pps, "p/s");
	}
	return table;
}

static int print_plain(const struct options *o, const struct top *t)
{
	struct table *table = lanes_table(t);
	const char *trouble = top_trouble(t->v);
	bool color = table_wants_color(o->color, stdout);
	char a[24], b[24], c[24];
	int ret;

	printf("cpx top  %s  up %s  in %s  out %s  dropped %s\n", t->instance, t->uptime,
	       table_unit(a, sizeof(a), t->sum.rx_bps, "b/s"),
	       table_unit(b, sizeof(b), t->sum.tx_bps, "b/s"),
	       table_unit(c, sizeof(c), t->sum.drops_pps, "p/s"));
	if (trouble != NULL)
		printf("! %s\n", trouble);
	if (t->down != 0)
		printf("! %u of %u lanes down\n", t->down, t->v->n_lanes);
	ret = table_print(table, stdout, color);
	table_free(table);
	for (unsigned i = 0; i < t->v->n_workers; i++) {
		const struct view_worker *w = &t->v->workers[i];
		const struct view_worker *then = view_worker(t->older, w->index);
		struct figure busy = view_busy(then, w);
		struct figure pps = { 0 };

		if (then != NULL)
			pps = view_rate(t->older, t->v, then->packets, w->packets);
		printf("%s %u  %s", w->role[0] != '\0' ? w->role : "worker", w->index,
		       table_unit(a, sizeof(a), pps, "p/s"));
		if (busy.known)
			printf("  busy %llu.%llu %%", (unsigned long long)busy.v / 10,
			       (unsigned long long)busy.v % 10);
		putchar('\n');
	}
	for (unsigned i = 0; i < t->n_drops; i++)
		printf("dropped %s  %s  %llu in all\n", t->drops[i].drop->reason,
		       table_unit(a, sizeof(a), t->drops[i].pps, "p/s"),
		       (unsigned long long)t->drops[i].drop->packets.v);
	return ret < 0 || fflush(stdout) != 0 ? -EIO : 0;
}

static int run_plain(const struct options *o, struct session *s, struct err *err)
{
	struct timespec delay = { .tv_sec = (time_t)o->delay,
				  .tv_nsec = (long)((o->delay - (double)(time_t)o->delay) * 1e9) };
	struct top t;
	int ret = look(s, err);

	while (ret == 0 && stop == 0) {
		nanosleep(&delay, NULL);
		if (stop != 0)
			break;
		ret = look(s, err);
		if (ret == 0)
			ret = top_make(&t, s->r, s->v, s->older, o->sort, err);
		if (ret < 0)
			break;
		ret = print_plain(o, &t);
		top_free(&t);
		if (ret < 0)
			return err_set(err, ret, "the output can not be written");
		if (o->once)
			return top_trouble(s->v) == NULL ? 0 : -ESRCH;
	}
	return ret;
}

/* What a key does; false ends the program. */
static bool act(int key, enum top_sort *sort, bool *paused, unsigned *first)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 'l':
		*sort = TOP_SORT_LANE;
		break;
	case 'r':
		*sort = TOP_SORT_RX;
		break;
	case 't':
		*sort = TOP_SORT_TX;
		break;
	case 'd':
		*sort = TOP_SORT_DROPS;
		break;
	case ' ':
		*paused = !*paused;
		break;
	case TOP_KEY_UP:
		*first -= *first > 0;
		break;
	case TOP_KEY_DOWN:
		(*first)++;
		break;
	case TOP_KEY_PAGE_UP:
		*first -= *first > 10 ? 10 : *first;
		break;
	case TOP_KEY_PAGE_DOWN:
		*first += 10;
		break;
	default:
		break;
	}
	return true;
}

static int run_screen(const struct options *o, struct session *s, struct err *err)
{
	enum top_sort sort = o->sort;
	uint64_t next = now_ms();
	bool paused = false;
	unsigned first = 0;
	struct top t;
	int ret = look(s, err);

	while (ret == 0 && stop == 0) {
		uint64_t now = now_ms();

		if (now >= next) {
			if (!paused)
				ret = look(s, err);
			next = now + (uint64_t)(s->older == NULL ? 200 : o->delay * 1000);
		}
		if (ret == 0)
			ret = top_make(&t, s->r, s->v, s->older, sort, err);
		if (ret < 0)
			break;
		top_screen_draw(&t, sort, paused, &first);
		top_free(&t);
		now = now_ms();
		if (!act(top_screen_key(now < next ? (int)(next - now) : 0), &sort, &paused,
			 &first))
			break;
	}
	return ret;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	char found[TELEMETRY_PATH_LEN];
	struct session s = { 0 };
	struct options o;
	struct err err = { 0 };
	const char *path = found;
	int ret = parse(argc, argv, &o);

	if (ret != EXIT_DONE)
		return ret;
	setlocale(LC_CTYPE, "");
	if (o.file != NULL)
		path = o.file;
	else if ((ret = telemetry_find(found, sizeof(found), o.instance, &err)) < 0)
		goto failed;
	ret = telemetry_reader_open(&s.r, path, &err);
	if (ret < 0)
		goto failed;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (!o.once && top_screen_open(table_wants_color(o.color, stdout)) == 0) {
		ret = run_screen(&o, &s, &err);
		top_screen_close();
	} else {
		ret = run_plain(&o, &s, &err);
	}
	view_free(s.v);
	view_free(s.older);
	telemetry_reader_close(s.r);
	if (ret == 0)
		return EXIT_DONE;
	if (ret == -ESRCH) /* said already */
		return EXIT_FAILED;
failed:
	fprintf(stderr, "cpx top: %s\n", err.text);
	return ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}
