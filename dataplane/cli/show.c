/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx show SUBJECT: what a running board says of itself. Reads the telemetry segment: no DPDK, no
 * effect on forwarding, and it works on what a dead board left. Routes and neighbours, which are
 * not in it, are asked for (show_routes.c).
 */
#include "dataplane/cli/show.h"

#include "dataplane/cli/show_routes.h"
#include "lib/telemetry/path.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_FIRST_MS 1000 /* for the first pass of a board that is starting */

static const struct subject {
	const char *name;
	const char *help;
	struct table *(*table)(const struct show *s);
	json_t *(*json)(const struct show *s);
	bool moment; /* says what the last second was like: two looks, a second apart */
} subjects[] = {
	{ "lanes", "each lane: link, speed, traffic, its workers", show_lanes_table,
	  show_lanes_json },
	{ "ports", "each port: link, width, traffic", show_ports_table, show_ports_json },
	{ "engines", "each engine and laser source: state, what is up, why something is not",
	  show_engines_table, show_engines_json },
	{ "optics", "each lane: data path, light, signal, bit errors", show_optics_table,
	  show_optics_json },
	{ "workers", "each worker: load in the last second, CPU, lanes, and why there",
	  show_workers_table, show_workers_json, true },
	{ "drops", "packets that ended here: port, lane, node, reason", show_drops_table,
	  show_drops_json },
	{ "punt", "packets to this box, by class: rate, passed, policed", show_punt_table,
	  show_punt_json },
	{ "board", "figures of the whole board", show_board_table, show_board_json },
	{ "routes", "routes of all sources; of one ADDRESS, or all within PREFIX" },
	{ "nexthops", "where routes lead, and what of it is up" },
	{ "neighbors", "who is where on our subnets" },
};
#define N_SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

struct options {
	const struct subject *subject;
	const char *instance; /* NULL: the one that is running */
	const char *file;     /* NULL: by instance */
	const char *color;
	const char *by; /* NULL: lane */
	bool json, all;
	double watch; /* seconds; 0 once */
	struct show_asked asked;
};

static void usage(FILE *to)
{
	fputs("usage: cpx show SUBJECT [-i INSTANCE] [--json] [--watch[=SECONDS]]\n"
	      "       cpx show routes [ADDRESS | PREFIX] [--source=SOURCE] [-4 | -6] [--json]\n\n",
	      to);
	for (size_t i = 0; i < N_SUBJECTS; i++)
		fprintf(to, "  %-9s %s\n", subjects[i].name, subjects[i].help);
	fputs("\n"
	      "  -i, --instance NAME   which running cpx (default: $CPX_INSTANCE, else the only "
	      "one)\n"
	      "  -f, --file PATH       a telemetry file instead of an instance\n"
	      "  -j, --json            one JSON object, keys stable, numbers exact\n"
	      "  -w, --watch[=SECONDS] again every second (0.1 to 3600), with rates for totals\n"
	      "  -a, --all             drops: reasons that never happened too\n"
	      "  -b, --by=WHAT         drops: a row a lane (default), or a reason\n"
	      "  -4, -6                routes: of this family\n"
	      "  -s, --source=SOURCE   routes: own, static, asked, fpm, kernel or neighbor\n"
	      "      --color=WHEN      auto, always or never; NO_COLOR is obeyed\n\n"
	      "Exit: 0 shown, 1 no such board is running (last values are still shown if there "
	      "are\n"
	      "any), 2 wrong usage.\n",
	      to);
}

static int wrong(const char *what, const char *value, const char *allowed)
{
	fprintf(stderr, "cpx show: %s '%s' does not go; %s. Try: cpx show --help\n", what, value,
		allowed);
	return EXIT_USAGE;
}

static int subject_of(const char *name, struct options *o)
{
	char allowed[200] = "it may be one of";

	for (size_t i = 0; i < N_SUBJECTS; i++) {
		size_t used = strlen(allowed);

		if (strcmp(name, subjects[i].name) == 0) {
			o->subject = &subjects[i];
			return EXIT_DONE;
		}
		snprintf(allowed + used, sizeof(allowed) - used, " %s", subjects[i].name);
	}
	return wrong("subject", name, allowed);
}

/* Options that a subject takes no notice of are not silently ignored. */
static int fits_asked(const struct options *o)
{
	const bool routes = strcmp(o->asked.subject, "routes") == 0;

	if (o->watch > 0 || o->file)
		return wrong("option", o->file ? "--file" : "--watch",
			     "routes, nexthops and neighbors are asked of a running board, once");
	if (o->by)
		return wrong("option", "--by", "only drops takes it");
	if (!routes && (o->asked.source || o->asked.family))
		return wrong("option", o->asked.source ? "--source" : "-4 or -6",
			     "only routes takes it");
	return EXIT_DONE;
}

static int fits(const char *subject, struct options *o)
{
	const int ret = subject_of(subject, o);

	if (ret != EXIT_DONE)
		return ret;
	if (o->asked.source || o->asked.family)
		return wrong("option", o->asked.source ? "--source" : "-4 or -6",
			     "only routes takes it");
	if (o->by && strcmp(subject, "drops") != 0)
		return wrong("option", "--by", "only drops takes it");
	return EXIT_DONE;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "instance", required_argument, NULL, 'i' },
		{ "file", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "watch", optional_argument, NULL, 'w' },
		{ "all", no_argument, NULL, 'a' },
		{ "by", required_argument, NULL, 'b' },
		{ "color", required_argument, NULL, 'c' },
		{ "source", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	char *end;
	int c;

	o->instance = getenv("CPX_INSTANCE");
	if (o->instance != NULL && o->instance[0] == '\0')
		o->instance = NULL;
	while ((c = getopt_long(argc, argv, "i:f:jw::ab:hs:46", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			o->instance = optarg;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'a':
			o->all = true;
			break;
		case 'b':
			o->by = optarg;
			if (strcmp(optarg, "reason") != 0 && strcmp(optarg, "lane") != 0)
				return wrong("--by", optarg, "it may be lane or reason");
			break;
		case 'w':
			o->watch = optarg != NULL ? strtod(optarg, &end) : 1;
			if (optarg != NULL && (end == optarg || *end != '\0' ||
					       !(o->watch >= 0.1 && o->watch <= 3600)))
				return wrong("--watch", optarg, "it takes 0.1 to 3600 seconds");
			break;
		case 'c':
			o->color = optarg;
			if (strcmp(optarg, "auto") != 0 && strcmp(optarg, "always") != 0 &&
			    strcmp(optarg, "never") != 0)
				return wrong("--color", optarg, "it may be auto, always or never");
			break;
		case 's':
			o->asked.source = optarg;
			break;
		case '4':
		case '6':
			o->asked.family = (unsigned)(c - '0');
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_DONE);
		default:
			fputs("Try: cpx show --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (show_asks(argv[optind])) {
		o->asked.subject = argv[optind];
		o->asked.prefix = optind + 1 < argc ? argv[++optind] : NULL;
		if (o->asked.prefix && strcmp(o->asked.subject, "routes") != 0)
			return wrong("argument", o->asked.prefix, "only routes take a prefix");
		o->asked.instance = o->instance;
		o->asked.color = o->color;
		o->asked.json = o->json;
	}
	if (optind + 1 != argc)
		return wrong("argument", argv[optind + 1], "one subject at a time");
	return o->asked.subject ? fits_asked(o) : fits(argv[optind], o);
}

static void pause_for(double seconds)
{
	struct timespec ts = { .tv_sec = (time_t)seconds,
			       .tv_nsec = (long)((seconds - floor(seconds)) * 1e9) };

	nanosleep(&ts, NULL);
}

static const char *life_name(enum telemetry_life life)
{
	static const char *const names[] = { "running", "stalled", "stopped", "dead", "replaced" };

	return names[life];
}

static int print_json(const struct options *o, const struct show *s)
{
	const struct telemetry_superblock *sb = telemetry_reader_superblock(s->r);
	json_t *root = json_pack("{s:s, s:i, s:I, s:I}", "life", life_name(s->v->life), "pid",
				 (int)sb->pid, "generation", (json_int_t)s->v->generation,
				 "realtime_ns", (json_int_t)s->v->realtime_ns);
	int ret;

	json_object_set_new(root, "board", show_board_json(s));
	if (o->subject->json != show_board_json)
		json_object_set_new(root, o->subject->name, o->subject->json(s));
	ret = json_dumpf(root, stdout,
			 (o->watch > 0 ? JSON_COMPACT : JSON_INDENT(1)) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(root);
	return ret == 0 ? 0 : -ENOMEM;
}

static int print_table(const struct options *o, const struct show *s)
{
	struct table *t = o->subject->table(s);
	bool empty;
	int ret;

	if (o->watch > 0 && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	empty = table_rows(t) == 0;
	ret = empty && o->subject->table == show_drops_table
		      ? 0
		      : table_print(t, stdout, table_wants_color(o->color, stdout));
	table_free(t);
	if (ret == 0 && o->subject->table == show_workers_table) {
		puts("BUSY: turns with packets. IDLE: turns without. SINCE START:\n"
		     "busy/idle/asleep in %.\n");
		t = show_placement_table(s);
		ret = table_print(t, stdout, table_wants_color(o->color, stdout));
		table_free(t);
	}
	if (o->subject->table == show_drops_table && s->v->n_drops != 0 && empty)
		puts("no packet was dropped");
	if (ret == 0 &&
	    (o->subject->table == show_drops_table || o->subject->table == show_board_table))
		show_balance(s, stdout);
	for (unsigned i = 0; o->subject->table == show_lanes_table && i < s->v->n_lanes; i++)
		if (s->v->lanes[i].stale) {
			puts("* its worker was in the middle of a burst; values of the pass "
			     "before");
			break;
		}
	if (o->subject->table == show_optics_table && !empty)
		puts("LOST: codewords that FEC could not correct. MARGIN: how often the bit errors "
		     "fit\ninto what it corrects, a ratio (BER) of 2.4e-4.");
	return ret;
}

/* The note a person needs when these are not the values of a healthy, running board. */
static void note_life(const struct view *v)
{
	struct timespec now;
	double age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (double)now.tv_sec - (double)v->realtime_ns / 1e9;
	if (v->life == TELEMETRY_LIFE_STALLED)
		fprintf(stderr,
			"cpx show: the control thread of this board has not moved for more than 3 "
			"s; "
			"values are %.0f s old\n",
			age);
	else if (v->life != TELEMETRY_LIFE_RUNNING)
		fprintf(stderr,
			"cpx show: this board is not running (%s); these are its last values, %.0f "
			"s "
			"old. Start it with: cpx run -c FILE\n",
			v->life == TELEMETRY_LIFE_STOPPED ? "stopped cleanly" : "it was killed",
			age);
}

static int snapshot(struct telemetry_reader *r, struct err *err)
{
	int ret = telemetry_reader_snapshot(r, err);

	for (int ms = 0; ret == -ENODATA && ms < WAIT_FIRST_MS; ms += 50) {
		if (telemetry_reader_life(r) != TELEMETRY_LIFE_RUNNING)
			return err_set(
				err, -ENODATA,
				"that cpx ended before it published anything. Start it with: "
				"cpx run -c FILE");
		pause_for(0.05);
		ret = telemetry_reader_snapshot(r, err);
	}
	return ret;
}

static int look(struct view **v, struct telemetry_reader *r, struct err *err)
{
	int ret;

	telemetry_reader_follow(r);
	ret = snapshot(r, err);
	return ret == 0 ? view_make(v, r, err) : ret;
}

static int run(const struct options *o, struct telemetry_reader *r, struct err *err)
{
	struct show s = { .r = r,
			  .all = o->all,
			  .by_reason = o->by && strcmp(o->by, "reason") == 0 };
	struct view *v = NULL, *older = NULL;
	bool live = false;
	int ret;

	if (o->subject->moment && look(&v, r, err) == 0 && v->life == TELEMETRY_LIFE_RUNNING)
		pause_for(1);
	do {
		view_free(older);
		older = v;
		v = NULL;
		ret = look(&v, r, err);
		if (ret < 0)
			break;
		s.v = v;
		s.older = older;
		ret = o->json ? print_json(o, &s) : print_table(o, &s);
		if (ret < 0) {
			err_set(err, ret, "out of memory");
			break;
		}
		note_life(v);
		live = v->life == TELEMETRY_LIFE_RUNNING || v->life == TELEMETRY_LIFE_STALLED;
		if (fflush(stdout) != 0) {
			ret = err_set(err, -errno, "the output can not be written: %s",
				      strerror(errno));
			break;
		}
		if (o->watch > 0)
			pause_for(o->watch);
	} while (o->watch > 0);
	view_free(older);
	view_free(v);
	return ret < 0 ? ret : live ? 0 : -ESRCH;
}

int main(int argc, char **argv)
{
	char found[TELEMETRY_PATH_LEN];
	const char *path = found;
	struct options o = { 0 };
	struct telemetry_reader *r;
	struct err err = { 0 };
	int ret = parse(argc, argv, &o);

	if (ret != EXIT_DONE)
		return ret;
	if (o.asked.subject)
		return show_ask(&o.asked);
	if (o.file != NULL)
		path = o.file;
	else if ((ret = telemetry_find(found, sizeof(found), o.instance, &err)) < 0)
		goto failed;
	ret = telemetry_reader_open(&r, path, &err);
	if (ret < 0)
		goto failed;
	ret = run(&o, r, &err);
	telemetry_reader_close(r);
	if (ret == 0)
		return EXIT_DONE;
	if (ret == -ESRCH) /* said already */
		return EXIT_FAILED;
failed:
	fprintf(stderr, "cpx show: %s\n", err.text);
	return ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}
