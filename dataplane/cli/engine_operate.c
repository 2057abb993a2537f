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

#define USUAL      "i:jh"
#define ENGINES    "`cpx show engines`"
#define BOTH_ROLES 3 /* 1 generate, 2 check */

struct options {
	struct engine_target target;
	const char *text, *word; /* the target as typed, what stands behind it */
	const char *instance, *side, *pattern;
	unsigned roles; /* 0: not said */
	bool json, done;
};

/* A word behind the target, and what is said when the board took it; word NULL: none is wanted. */
struct choice {
	const char *word, *asked; /* asked NULL: it tells results */
	const char *verb;         /* of the control socket, if it is not the operation's */
};

static const struct choice ups[] = { { NULL, "up where ports want it" }, { 0 } };
static const struct choice downs[] = { { NULL, "down, until `cpx engine up`" }, { 0 } };
static const struct choice resets[] = { { NULL, "reset, then up as it was wanted" }, { 0 } };
static const struct choice powers[] = {
	{ "on", "low power, all lanes down" },
	{ "off", "high power, lanes up where ports want them" },
	{ 0 },
};
static const struct choice modes[] = {
	{ "media-output", "what the host sends returns at the media side" },
	{ "media-input", "what the fiber brings returns at the media side" },
	{ "host-output", "what the fiber brings returns at the host side" },
	{ "host-input", "what the host sends returns at the host side" },
	{ "off", "no loopback" },
	{ 0 },
};
static const struct choice patterns[] = {
	{ "start", "test patterns instead of traffic, until `prbs … stop`" },
	{ "stop", "no test patterns" },
	{ "show", NULL, "engine-prbs-results" },
	{ 0 },
};

static void fill_nothing(json_t *request, const struct options *o)
{
}

static void fill_power(json_t *request, const struct options *o)
{
	json_object_set_new(request, "on", json_boolean(strcmp(o->word, "on") == 0));
}

static void fill_mode(json_t *request, const struct options *o)
{
	json_object_set_new(request, "mode", json_string(o->word));
}

static void fill_pattern(json_t *request, const struct options *o)
{
	const char *pattern = o->pattern ? o->pattern : "PRBS31Q";

	json_object_set_new(request, "side", json_string(o->side ? o->side : "media"));
	if (strcmp(o->word, "show") == 0)
		return;
	json_object_set_new(request, "roles", json_integer(o->roles ? o->roles : BOTH_ROLES));
	json_object_set_new(request, "pattern",
			    json_string(strcmp(o->word, "stop") == 0 ? "off" : pattern));
}

static const struct operation {
	const char *name, *usage;
	bool lanes;          /* TARGET may name lanes */
	const char *options; /* letters */
	const char *verb;    /* of the control socket */
	const struct choice *choices;
	void (*fill)(json_t *request, const struct options *o);
	const char *help, *see;
} operations[] = {
	{ "up", "TARGET", true, USUAL, "engine-up", ups, fill_nothing,
	  "Takes back `down`: lanes are up again where their ports want them.\n", ENGINES },
	{ "down", "TARGET", true, USUAL, "engine-down", downs, fill_nothing,
	  "Lanes go down and stay down, whatever their ports want, until `up`.\n", ENGINES },
	{ "reset", "ENGINE", false, USUAL, "engine-reset", resets, fill_nothing,
	  "SoftwareReset: all lanes lose their links, then come up as they were wanted.\n",
	  ENGINES },
	{ "lowpower", "ENGINE on|off", false, USUAL, "engine-lowpower", powers, fill_power,
	  "on: all lanes down and the engine in low power, until off.\n", ENGINES },
	{ "loopback", "TARGET MODE", true, USUAL, "engine-loopback", modes, fill_mode,
	  "MODE is media-output or host-input (what the host sends comes back to it),\n"
	  "media-input or host-output (what the fiber brings goes back into it), or off.\n"
	  "Engines offer some of them, or only all lanes of a bank at once.\n",
	  ENGINES },
	{ "prbs", "TARGET start|stop|show", true, USUAL "s:p:gc", "engine-prbs", patterns,
	  fill_pattern,
	  "Test patterns instead of traffic, until stop. One end generates, the other\n"
	  "checks; with neither --generate nor --check an end does both.\n",
	  ENGINES " and `cpx engine prbs TARGET show`" },
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
	      "Exit: 0 the board was asked and takes care, 1 it cannot be, 2 wrong usage.\n",
	      stdout);
}

/* NULL: it is none of them, and that is said. */
static const struct choice *choose(const struct operation *op, const char *word)
{
	struct nearest near = { .typed = word ? word : "" };
	const struct choice *c = op->choices;

	if (!c->word && word)
		engine_usage(op->name, "'%.40s' is one word too many", word);
	if (!c->word)
		return word ? NULL : c;
	for (; c->word; c++) {
		if (word && strcmp(c->word, word) == 0)
			return c;
		nearest_offer(&near, c->word);
	}
	if (!word)
		engine_usage(op->name, "a word is missing: %s", op->usage);
	else if (near.word)
		fprintf(stderr,
			"cpx engine %s: no \"%.40s\". Did you mean \"%s\"? Try: cpx engine %s "
			"--help\n",
			op->name, word, near.word, op->name);
	else
		engine_usage(op->name, "no \"%.40s\"", word);
	return NULL;
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
			return engine_usage(op->name, "write %s", op->usage);
		}
	}
	return EXIT_DONE;
}

static int parse(int argc, char **argv, const struct operation *op, struct options *o,
		 const struct choice **choice)
{
	int ret = parse_options(argc, argv, op, o);

	if (ret != EXIT_DONE || o->done)
		return ret;
	if (optind == argc)
		return engine_usage(op->name, "which engine? Write %s", op->usage);
	o->text = argv[optind];
	if (!engine_target_parse(&o->target, o->text))
		return engine_usage(op->name,
				    "'%.60s' is not ENGINE, ENGINE/LANE or ENGINE/FIRST-LAST, as "
				    "oe0/8-15 (lanes 0 to 63)",
				    o->text);
	if (o->target.lanes && !op->lanes)
		return engine_usage(op->name, "it is for whole engines: write %s, without lanes",
				    o->target.engine);
	o->word = argv[optind + 1]; /* argv ends with NULL */
	*choice = choose(op, o->word);
	if (*choice && o->word && argv[optind + 2])
		return engine_usage(op->name, "'%.40s' is one word too many", argv[optind + 2]);
	return *choice ? EXIT_DONE : EXIT_USAGE;
}

static json_t *lanes_json(uint64_t lanes)
{
	json_t *list = lanes ? json_array() : json_null();

	for (unsigned i = 0; i < 64; i++)
		if (lanes >> i & 1)
			json_array_append_new(list, json_integer(i));
	return list;
}

/* The board's answer, with what was asked for put into it; *reply is to be decref'd. */
static int ask(const struct operation *op, const struct choice *choice, const struct options *o,
	       json_t **reply, struct err *err)
{
	json_t *request = json_object();
	struct engine_board e;
	int ret;

	if (o->target.lanes)
		json_object_set_new(request, "lanes", lanes_json(o->target.lanes));
	op->fill(request, o);
	ret = engine_board_need(&e, o->target.engine, o->instance, err);
	if (ret == 0)
		ret = engine_board_ask(&e, choice->verb ? choice->verb : op->verb, request, reply,
				       err);
	if (ret == 0) {
		json_object_update_missing(*reply, request);
		json_object_set_new(*reply, "board", json_string(e.board));
		if (!json_object_get(*reply, "lanes"))
			json_object_set_new(*reply, "lanes", json_null());
		if (!choice->asked)
			prbs_judge(*reply);
	}
	json_decref(request);
	return ret;
}

int engine_operate(int argc, char **argv)
{
	const char *name = strrchr(argv[0], ' ') + 1; /* of "cpx engine VERB" */
	const struct operation *op = operations;
	const struct choice *choice = NULL;
	struct options o = { 0 };
	json_t *reply;
	struct err err;
	int ret;

	while (strcmp(op->name, name) != 0) /* engine.c calls for these only */
		op++;
	ret = parse(argc, argv, op, &o, &choice);
	if (ret != EXIT_DONE || o.done)
		return ret;
	ret = ask(op, choice, &o, &reply, &err);
	if (ret) {
		fprintf(stderr, "cpx engine %s: %s\n", name, err.text);
		return EXIT_FAILED;
	}
	if (o.json) {
		json_dumpf(reply, stdout, JSON_INDENT(1));
		putchar('\n');
	} else if (choice->asked) {
		printf("%s: asked for: %s. See %s\n", o.text, choice->asked, op->see);
	} else {
		ret = prbs_print(reply, o.target.engine);
	}
	json_decref(reply);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
