/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx apply FILE: make a configuration what a running board runs, or say what would change. Reads
 * and checks the file itself first; the board reads it again.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "dataplane/cli/job.h"

static const char usage[] =
	"usage: cpx apply FILE [--check] [--diff] [-i INSTANCE] [--json]\n"
	"\n"
	"Makes FILE what a running board runs, while packets flow: all of it, or nothing.\n"
	"\n"
	"  -c, --check          change nothing, say whether the board could\n"
	"  -d, --diff           change nothing, print what would change, a line each:\n"
	"                       + added, ~ changed, - removed\n"
	"  -i, --instance NAME  the board to ask (or $CPX_INSTANCE, or the file's own)\n"
	"  -j, --json           one JSON object\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 done, 1 the board cannot or failed and runs as before, 2 a bad file or\n"
	"wrong usage.\n";

struct options {
	const char *file, *instance;
	bool check, diff, json;
};

static void print_lines(const char *text)
{
	fputs(text ? text : "", stdout);
}

static int report(const struct options *o, const struct job_outcome *out)
{
	if (o->json) {
		json_t *j = json_pack(
			"{s:s, s:b, s:b, s:I, s:s}", "file", o->file, "ok", out->error[0] == '\0',
			"changed", !o->check && !o->diff && !out->error[0] && out->changes,
			"changes", (json_int_t)out->changes, "diff", out->text ? out->text : "");

		if (j && out->error[0])
			json_object_set_new(j, "error", json_string(out->error));
		json_dumpf(j, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(j);
		return out->error[0] && (o->check || !o->diff) ? EXIT_FAILED : EXIT_DONE;
	}
	if (o->diff)
		print_lines(out->text);
	if (out->error[0] && (o->check || !o->diff)) {
		fprintf(stderr, "cpx apply: %s: %s\n", o->file, out->error);
		return EXIT_FAILED;
	}
	if (o->diff && !o->check)
		return EXIT_DONE;
	if (out->changes == 0)
		printf("%s: nothing to do, the board runs it\n", o->file);
	else
		printf("%s: %s, %zu change%s\n", o->file, o->check ? "can be applied" : "applied",
		       out->changes, out->changes == 1 ? "" : "s");
	return EXIT_DONE;
}

static int apply(const struct options *o, const char *instance)
{
	struct job_outcome out = { 0 };
	char path[PATH_MAX];
	json_t *request;
	struct err err;
	int ret;

	if (!realpath(o->file, path)) {
		fprintf(stderr, "cpx apply: %s: %s\n", o->file, strerror(errno));
		return EXIT_USAGE;
	}
	request = json_pack("{s:s, s:s, s:b, s:b}", "verb", "apply", "file", path, "check",
			    o->check || o->diff, "diff", o->diff || o->json);
	if (!request) {
		fprintf(stderr, "cpx apply: the path %s is no UTF-8; rename it\n", o->file);
		return EXIT_USAGE;
	}
	ret = job_do(instance, request, &out, &err);
	json_decref(request);
	if (ret)
		fprintf(stderr, "cpx apply: %s: %s\n", o->file, err.text);
	ret = ret ? EXIT_FAILED : report(o, &out);
	free(out.text);
	return ret;
}

/* 0, or what to exit with plus 1. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'c' },          { "diff", no_argument, NULL, 'd' },
		{ "instance", required_argument, NULL, 'i' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },           { 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "cdi:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->check = true;
			break;
		case 'd':
			o->diff = true;
			break;
		case 'i':
			o->instance = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE + 1;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE + 1;
		}
	}
	if (argc - optind != 1) {
		fprintf(stderr, "cpx apply: %s\n%s",
			argc > optind ? "one file at a time" : "which file?", usage);
		return EXIT_USAGE + 1;
	}
	o->file = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .instance = getenv("CPX_INSTANCE") };
	struct config *c;
	struct err err;
	int ret = parse(argc, argv, &o);

	if (ret)
		return ret - 1;
	if (config_load(&c, o.file, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	ret = apply(&o, o.instance && o.instance[0] ? o.instance : c->instance);
	config_free(c);
	return ret;
}
