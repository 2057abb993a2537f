/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine breakout: cut a bank of a running board's engine into other ports.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/cli/control.h"
#include "dataplane/cli/engine.h"

static const char usage[] =
	"usage: cpx engine breakout ENGINE/BANK SHAPE [-i INSTANCE] [--json]\n"
	"\n"
	"Cuts a bank (8 lanes) into other ports while `cpx run` runs: 1x800G, 2x400G,\n"
	"8x100G, 1x400G+4x100G. Ports that are as wanted are left alone, other banks do\n"
	"not notice. The first piece of a port keeps its name, addresses and routes, the\n"
	"others are NAME-2, NAME-3 ... without addresses; made whole again, the port is\n"
	"what its file says.\n"
	"\n"
	"  -i, --instance NAME  the board to ask (or $CPX_INSTANCE, or the only one)\n"
	"  -j, --json           its answer as it is: removed, made, kept\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 done, 1 it failed and the bank is as before, 2 wrong usage.\n";

struct options {
	const char *instance, *shape;
	char engine[32];
	unsigned long bank;
	bool json, done;
};

/* ENGINE/BANK */
static bool split(const char *text, struct options *o)
{
	const char *slash = strchr(text, '/');

	if (!slash || slash == text || (size_t)(slash - text) >= sizeof(o->engine))
		return false;
	snprintf(o->engine, sizeof(o->engine), "%.*s", (int)(slash - text), text);
	return engine_number(slash + 1, 0, UINT16_MAX, &o->bank);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	int c;

	o->instance = getenv("CPX_INSTANCE");
	while ((c = getopt_long(argc, argv, "i:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			o->instance = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			o->done = true;
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return engine_usage("breakout", "which bank? Write ENGINE/BANK, as oe0/1");
	if (!split(argv[optind], o))
		return engine_usage("breakout", "'%.40s' is not ENGINE/BANK, as oe0/1",
				    argv[optind]);
	if (optind + 1 == argc)
		return engine_usage("breakout", "into what? Write a shape, as 2x400G");
	if (optind + 2 != argc)
		return engine_usage("breakout", "'%.40s' is one word too many", argv[optind + 2]);
	o->shape = argv[optind + 1];
	return EXIT_DONE;
}

/* "removed p0 oe0/0-7"; how many. */
static size_t print_ports(const json_t *reply, const char *what)
{
	const json_t *list = json_object_get(reply, what), *port;
	size_t i;

	json_array_foreach(list, i, port)
	{
		const char *name = json_string_value(json_object_get(port, "port"));
		const char *lanes = json_string_value(json_object_get(port, "lanes"));

		printf("%-8s %-12s %s\n", what, name ? name : "-", lanes ? lanes : "-");
	}
	return json_array_size(list);
}

int engine_breakout(int argc, char **argv)
{
	struct options o = { 0 };
	json_t *request, *reply;
	struct err err;
	int ret = parse(argc, argv, &o);

	if (ret != EXIT_DONE || o.done)
		return ret;
	request = json_pack("{s:s, s:s, s:i, s:s}", "verb", "breakout", "engine", o.engine, "bank",
			    (int)o.bank, "shape", o.shape);
	if (!request)
		return engine_usage("breakout", "these words are no UTF-8");
	ret = control_ask(o.instance, request, &reply, &err);
	json_decref(request);
	if (ret) {
		fprintf(stderr, "cpx engine breakout: %s/%lu %s: %s\n", o.engine, o.bank, o.shape,
			err.text);
		return EXIT_FAILED;
	}
	if (o.json) {
		json_dumpf(reply, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		const size_t removed = print_ports(reply, "removed"),
			     made = print_ports(reply, "made");

		print_ports(reply, "kept");
		if (removed + made == 0)
			puts("nothing to do: the bank has this shape");
	}
	json_decref(reply);
	return EXIT_DONE;
}
