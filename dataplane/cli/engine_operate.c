/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine up, down, reset, lowpower, loopback, prbs: what is wanted of an engine of a running
 * board from now on. Its manager does it and keeps it so; here it is only asked for. A verb is a
 * line of a table.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/nearest.h"
#include "dataplane/cli/engine.h"
#include "dataplane/cli/engine_prbs.h"

#define SEE_ENGINES "See `cpx show engines`"

struct options {
	struct engine_target target;
	const char *instance, *word, *side, *pattern;
	unsigned roles; /* 1 generate, 2 check */
	bool json, done;
};

/* What may stand behind the target, the board's verb for it, and what is said when it took it. */
struct choice {
	const char *word, *verb, *asked, *next;
};

static void fill_nothing(json_t *request, const struct options *o)
{
}

static void fill_on(json_t *request, const struct options *o)
{
	json_object_set_new(request, "on", json_boolean(strcmp(o->word, "on") == 0));
}

static void fill_mode(json_t *request, const struct options *o)
{
	json_object_set_new(request, "mode", json_string(o->word));
}

static void fill_pattern(json_t *request, const struct options *o)
{
	const bool start = strcmp(o->word, "start") == 0;

	json_object_set_new(request, "side", json_string(o->side ? o->side : "media"));
	json_object_set_new(request, "roles", json_integer(o->roles ? o->roles : 3));
	json_object_set_new(request, "pattern",
			    json_string(!start       ? "off"
					: o->pattern ? o->pattern
						     : "PRBS31Q"));
}

static void fill_side(json_t *request, const struct options *o)
{
	json_object_set_new(request, "side", json_string(o->side ? o->side : "media"));
}

#define USUAL_OPTIONS "i:jh"
#define CHOICES_MAX   6

static const struct operation {
	const char *name, *usage, *help;
	const char *options; /* letters */
	bool lanes;          /* TARGET may name lanes */
	struct {
		struct choice is;
		void (*fill)(json_t *request, const struct options *o);
	} choices[CHOICES_MAX]; /* one without a word: nothing stands there */
} operations[] = {
	{ "up",
	  "TARGET",
	  "Takes back `down`: lanes are up again where their ports want them.\n",
	  USUAL_OPTIONS,
	  true,
	  { { { NULL, "engine-up", "up again where ports want it", SEE_ENGINES },
	      fill_nothing } } },
	{ "down",
	  "TARGET",
	  "Lanes go down and stay down, whatever their ports want, until `up`.\n",
	  USUAL_OPTIONS,
	  true,
	  { { { NULL, "engine-down", "down until `cpx engine up`", SEE_ENGINES },
	      fill_nothing } } },
	{ "reset",
	  "ENGINE",
	  "SoftwareReset: all its lanes lose their links, then come up as they were wanted.\n",
	  USUAL_OPTIONS,
	  false,
	  { { { NULL, "engine-reset", "reset, then up as it was wanted", SEE_ENGINES },
	      fill_nothing } } },
	{ "lowpower",
	  "ENGINE on|off",
	  "on: all lanes down and the engine in low power, until off.\n",
	  USUAL_OPTIONS,
	  false,
	  { { { "on", "engine-lowpower", "low power, all lanes down", SEE_ENGINES }, fill_on },
	    { { "off", "engine-lowpower", "high power, lanes up where ports want them",
		SEE_ENGINES },
	      fill_on } } },
	{ "loopback",
	  "TARGET MODE",
	  "MODE is media-output or host-input (what the host sends comes back to it),\n"
	  "media-input or host-output (what the fiber brings goes back into it), or off.\n"
	  "Engines offer some of them, or only all lanes of a bank at once.\n",
	  USUAL_OPTIONS,
	  true,
	  { { { "media-output", "engine-loopback", "the host's signal returns at the media side",
		SEE_ENGINES },
	      fill_mode },
	    { { "media-input", "engine-loopback", "the fiber's signal returns at the media side",
		SEE_ENGINES },
	      fill_mode },
	    { { "host-output", "engine-loopback", "the fiber's signal returns at the host side",
		SEE_ENGINES },
	      fill_mode },
	    { { "host-input", "engine-loopback", "the host's signal returns at the host side",
		SEE_ENGINES },
	      fill_mode },
	    { { "off", "engine-loopback", "no loopback", SEE_ENGINES }, fill_mode } } },
	{ "prbs",
	  "TARGET start|stop|show",
	  "Test patterns instead of traffic: one end generates, the other checks, until stop.\n"
	  "With neither --generate nor --check it is both.\n",
	  USUAL_OPTIONS "s:p:gc",
	  true,
	  { { { "start", "engine-prbs", "test patterns instead of traffic, until stop",
		"See `cpx engine prbs TARGET show` and `cpx show engines`" },
	      fill_pattern },
	    { { "stop", "engine-prbs", "no more test patterns", SEE_ENGINES }, fill_pattern },
	    { { "show", "engine-prbs-results", NULL, NULL }, fill_side } } },
};

static void help(const struct operation *op)
{
	const bool prbs = strchr(op->options, 's') != NULL;

	printf("usage: cpx engine %s %s %s[-i INSTANCE] [--json]\n\n%s", op->name, op->usage,
	       prbs ? "[OPTIONS] " : "", op->help);
	if (op->lanes)
		fputs("\n"
		      "TARGET is ENGINE, ENGINE/LANE or ENGINE/FIRST-LAST, lanes from 0 through "
		      "the\n"
		      "engine: oe0, oe0/3, oe0/8-15.\n",
		      stdout);
	fputs("\n", stdout);
	if (prbs)
		fputs("  -s, --side SIDE      media (the fiber, default) or host\n"
		      "  -p, --pattern NAME   PRBS31Q (default), PRBS13Q, PRBS9Q ... SSPRQ\n"
		      "  -g, --generate       only generate\n"
		      "  -c, --check          only check\n",
		      stdout);
	fputs("  -i, --instance NAME  of this board, if several have an engine of the name\n"
	      "  -j, --json           one JSON object\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "For engines of a running board. Exit: 0 it was asked for, 1 it cannot be, 2 wrong\n"
	      "usage.\n",
	      stdout);
}

/* Number of the choice, -1: it is none, and that is said. */
static int choose(const struct operation *op, const char *word)
{
	struct nearest near = { .typed = word ? word : "" };

	if (!op->choices[0].is.word) {
		if (word)
			engine_usage(op->name, "'%.40s' is one word too many", word);
		return word ? -1 : 0;
	}
	for (int i = 0; i < CHOICES_MAX && op->choices[i].is.word; i++) {
		if (word && strcmp(op->choices[i].is.word, word) == 0)
			return i;
		nearest_offer(&near, op->choices[i].is.word);
	}
	if (!word)
		engine_usage(op->name, "a word is missing, it is %s", op->usage);
	else if (near.word)
		engine_usage(op->name, "no \"%.40s\". Did you mean \"%s\"", word, near.word);
	else
		engine_usage(op->name, "no \"%.40s\", it is %s", word, op->usage);
	return -1;
}

static int parse_options(int argc, char **argv, const struct operation *op, struct options *o)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { "side", required_argument, NULL, 's' },
					       { "pattern", required_argument, NULL, 'p' },
					       { "generate", no_argument, NULL, 'g' },
					       { "check", no_argument, NULL, 'c' },
					       { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, op->options, longs, NULL)) != -1) {
		if (!strchr(op->options, c))
			return engine_usage(op->name, "there is no such option");
		switch (c) {
		case 'i':
			o->instance = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 's':
			o->side = optarg;
			break;
		case 'p':
			o->pattern = optarg;
			break;
		case 'g':
			o->roles |= 1;
			break;
		case 'c':
			o->roles |= 2;
			break;
		case 'h':
			o->done = true;
			help(op);
			return EXIT_DONE;
		default:
			return engine_usage(op->name, "it is %s", op->usage);
		}
	}
	return EXIT_DONE;
}

static int parse(int argc, char **argv, const struct operation *op, struct options *o, int *choice)
{
	int ret = parse_options(argc, argv, op, o);

	if (ret != EXIT_DONE || o->done)
		return ret;
	if (optind == argc)
		return engine_usage(op->name, "which engine? It is %s", op->usage);
	if (!engine_target_parse(&o->target, argv[optind]))
		return engine_usage(op->name,
				    "'%.60s' is not ENGINE, ENGINE/LANE or ENGINE/FIRST-LAST, as "
				    "oe0/8-15 (lanes 0 to 63)",
				    argv[optind]);
	if (o->target.lanes && !op->lanes)
		return engine_usage(op->name, "it is for whole engines: write %s, without lanes",
				    o->target.engine);
	o->word = argv[optind + 1]; /* argv ends with NULL */
	*choice = choose(op, o->word);
	if (*choice >= 0 && o->word && argv[optind + 2])
		return engine_usage(op->name, "'%.40s' is one word too many", argv[optind + 2]);
	return *choice < 0 ? EXIT_USAGE : EXIT_DONE;
}

static json_t *lanes_json(uint64_t lanes)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < 64; i++)
		if (lanes >> i & 1)
			json_array_append_new(list, json_integer(i));
	return list;
}

/* What the board took (its answer has what was asked put in), or what it found. */
static int say(const struct choice *choice, const struct options *o, const char *target,
	       const json_t *reply)
{
	if (o->json) {
		json_dumpf(reply, stdout, JSON_INDENT(1));
		putchar('\n');
	} else if (!choice->asked) {
		return prbs_print(reply, o->target.engine);
	} else {
		printf("%s: asked for %s. %s\n", target, choice->asked, choice->next);
	}
	return 0;
}

int engine_operate(int argc, char **argv)
{
	const char *name = strrchr(argv[0], ' ') + 1; /* of "cpx engine VERB" */
	const struct operation *op = operations;
	struct options o = { 0 };
	struct engine_board e;
	json_t *request, *reply;
	struct err err;
	int choice = 0, ret;

	while (strcmp(op->name, name) != 0) /* engine.c calls for these only */
		op++;
	ret = parse(argc, argv, op, &o, &choice);
	if (ret != EXIT_DONE || o.done)
		return ret;
	request = json_object();
	if (o.target.lanes)
		json_object_set_new(request, "lanes", lanes_json(o.target.lanes));
	op->choices[choice].fill(request, &o);
	ret = engine_board_need(&e, o.target.engine, o.instance, &err);
	if (ret == 0)
		ret = engine_board_ask(&e, op->choices[choice].is.verb, request, &reply, &err);
	if (ret == 0) {
		if (op->choices[choice].is.asked)
			json_object_update_missing(reply, request);
		else
			prbs_judge(reply);
		json_object_set_new(reply, "board", json_string(e.board));
		json_object_set_new(reply, "engine", json_string(e.engine));
		if (!json_object_get(reply, "lanes"))
			json_object_set_new(reply, "lanes", json_null());
		ret = say(&op->choices[choice].is, &o, argv[optind], reply);
		json_decref(reply);
	} else {
		fprintf(stderr, "cpx engine %s: %s\n", name, err.text);
	}
	json_decref(request);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
