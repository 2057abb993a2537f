/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine inject: faults of an emulated engine, on and off while it runs: of one inside a
 * running board through the board, of any other through the socket beside its own.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/nearest.h"
#include "dataplane/cli/engine.h"
#include "lib/cmis/emulator/control.h"

static const char usage[] =
	"usage: cpx engine inject ENGINE FAULT [--value V] [--lane N[-M]]... [--for MS]\n"
	"                         [-i INSTANCE]\n"
	"       cpx engine inject ENGINE FAULT --off\n"
	"       cpx engine inject ENGINE --off        all faults\n"
	"       cpx engine inject --list\n"
	"\n"
	"  -v, --value V        how much, for faults that say `value`\n"
	"  -l, --lane N[-M]     lanes or lasers it hits, from 0 through the engine\n"
	"      --for MS         heals itself after so many milliseconds\n"
	"      --off            heal it\n"
	"      --list           every fault and what it does\n"
	"  -i, --instance NAME  of this board, if several have one of the name\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 done, 1 no emulated engine answers or it refuses, 2 wrong usage.\n";

struct options {
	const char *target, *instance, *fault; /* fault NULL: all, with off */
	double value;
	uint64_t lanes, ms;
	bool off;
};

/* N or N-M to bits. */
static bool add_lanes(const char *text, uint64_t *lanes)
{
	unsigned long first, last;
	char copy[16], *dash;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	dash = strchr(copy, '-');
	if (dash)
		*dash = '\0';
	if (!engine_number(copy, 0, CMIS_ENGINE_LANES - 1, &first) ||
	    !engine_number(dash ? dash + 1 : copy, first, CMIS_ENGINE_LANES - 1, &last))
		return false;
	for (unsigned long i = first; i <= last; i++)
		*lanes |= UINT64_C(1) << i;
	return true;
}

static int list(void)
{
	for (int i = 0; i < CMIS_INJECT_COUNT; i++)
		printf("%-16s %s\n", cmis_fault_name((enum cmis_fault)i),
		       cmis_fault_help((enum cmis_fault)i));
	return EXIT_DONE;
}

static int unknown(const char *name)
{
	struct nearest near = { .typed = name };

	for (int i = 0; i < CMIS_INJECT_COUNT; i++)
		nearest_offer(&near, cmis_fault_name((enum cmis_fault)i));
	fprintf(stderr, "cpx engine inject: no fault \"%.40s\". ", name);
	if (near.word)
		fprintf(stderr, "Did you mean \"%s\"? ", near.word);
	fputs("Try: cpx engine inject --list\n", stderr);
	return EXIT_USAGE;
}

/* EXIT_DONE with a target to go on, or with target NULL when all is said. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "value", required_argument, NULL, 'v' },
					       { "lane", required_argument, NULL, 'l' },
					       { "for", required_argument, NULL, 'f' },
					       { "instance", required_argument, NULL, 'i' },
					       { "off", no_argument, NULL, 'o' },
					       { "list", no_argument, NULL, 'L' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	unsigned long v;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "v:l:i:h", longs, NULL)) != -1) {
		switch (c) {
		case 'v':
			o->value = strtod(optarg, &end);
			if (end == optarg || *end)
				return engine_usage("inject", "--value '%.20s' is not a number",
						    optarg);
			break;
		case 'l':
			if (!add_lanes(optarg, &o->lanes))
				return engine_usage("inject",
						    "--lane '%.20s' is not N or N-M, 0 to "
						    "%d",
						    optarg, CMIS_ENGINE_LANES - 1);
			break;
		case 'f':
			if (!engine_number(optarg, 1, 86400000, &v))
				return engine_usage("inject",
						    "--for '%.20s' is not 1 to 86400000 "
						    "ms",
						    optarg);
			o->ms = v;
			break;
		case 'i':
			o->instance = optarg;
			break;
		case 'o':
			o->off = true;
			break;
		case 'L':
			return list();
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind > 2)
		return engine_usage("inject", "'%.40s' is one word too many", argv[optind + 2]);
	if (argc - optind < (o->off ? 1 : 2))
		return engine_usage("inject", "%s",
				    optind < argc ? "which fault?" : "which engine?");
	if (o->off && (o->lanes || o->ms))
		return engine_usage("inject", "--off heals a fault on all lanes, now");
	o->fault = argv[optind + 1]; /* argv ends with NULL */
	if (o->fault && cmis_fault_find(o->fault) < 0)
		return unknown(o->fault);
	o->target = argv[optind];
	return EXIT_DONE;
}

/* A board that manages an engine in another process cannot break it: who serves it can. */
static int inject(const struct options *o, const char *request, struct err *err)
{
	struct engine_board e = { 0 };
	char path[ENGINE_PATH_LEN];
	struct err why;
	int ret = 0;

	if (!strchr(o->target, '/'))
		ret = engine_board_find(&e, o->target, o->instance, err);
	if (ret)
		return ret;
	if (e.board[0] && e.emulated) {
		json_t *ask = json_pack("{s:s}", "request", request);

		ret = engine_board_ask(&e, "engine-inject", ask, NULL, err);
		json_decref(ask);
		return ret;
	}
	ret = engine_path_find(path, o->target, err);
	if (ret)
		return ret;
	ret = cmis_control_ask(path, request, &why);
	return ret ? err_set(err, ret, "%s: %s", o->target, why.text) : 0;
}

int engine_inject(int argc, char **argv)
{
	struct options o = { 0 };
	char request[160];
	struct err err;
	int ret = parse(argc, argv, &o);

	if (ret != EXIT_DONE || !o.target)
		return ret;
	if (o.off)
		snprintf(request, sizeof(request), "heal %s", o.fault ? o.fault : "all");
	else
		snprintf(request, sizeof(request), "inject %s %g %" PRIx64 " %" PRIu64, o.fault,
			 o.value, o.lanes, o.ms);
	ret = inject(&o, request, &err);
	if (ret != 0)
		fprintf(stderr, "cpx engine inject: %s\n", err.text);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
