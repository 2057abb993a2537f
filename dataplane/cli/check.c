/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx check FILE: read a configuration as `cpx run` would and say whether it is good; and print the
 * reference of its keys. Links no DPDK and starts nothing.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"
#include "lib/base/err.h"

static const char usage[] =
	"usage: cpx check [--json] FILE\n"
	"       cpx check --schema | --reference | --json-schema\n"
	"\n"
	"  FILE             a configuration; the first error is shown with its place\n"
	"  -j, --json       one JSON object instead of a line\n"
	"      --schema     every key with type, range, default and meaning\n"
	"      --reference  the same as a Markdown page\n"
	"      --json-schema  the same for editors and other programs\n"
	"  -h, --help       this text\n"
	"\n"
	"Exit codes: 0 the file is good, 2 it is not, or bad usage.\n";

struct count {
	const char *one, *many; /* for people */
	const char *key;        /* in JSON */
	size_t n;
};

enum { N_COUNTS = 8 };

static void count(const struct config *c, struct count out[N_COUNTS])
{
	size_t lanes = 0, addresses = 0;

	for (unsigned i = 0; i < c->n_ports; i++)
		lanes += c->ports[i].n_lanes;
	for (unsigned i = 0; i < c->n_ifaces; i++)
		addresses += c->ifaces[i].n_addrs;
	out[0] = (struct count){ "port", "ports", "ports", c->n_ports };
	out[1] = (struct count){ "lane", "lanes", "lanes", lanes };
	out[2] = (struct count){ "engine", "engines", "engines", c->n_engines };
	out[3] = (struct count){ "device", "devices", "devices", c->n_devices };
	out[4] = (struct count){ "VLAN", "VLANs", "vlans", c->n_ifaces - c->n_ports };
	out[5] = (struct count){ "address", "addresses", "addresses", addresses };
	out[6] = (struct count){ "route", "routes", "routes", c->n_routes };
	out[7] = (struct count){ "neighbor", "neighbors", "neighbors", c->n_neighbors };
}

static void print_good(const char *file, const struct config *c)
{
	struct count counts[N_COUNTS];

	count(c, counts);
	printf("%s: ok: board %s", file, c->instance);
	for (int i = 0; i < N_COUNTS; i++)
		if (counts[i].n > 0)
			printf(", %zu %s", counts[i].n,
			       counts[i].n == 1 ? counts[i].one : counts[i].many);
	printf("\n");
}

static int print_json(json_t *o)
{
	int ret = o ? json_dumpf(o, stdout, JSON_INDENT(2)) : -1;

	printf("\n");
	json_decref(o);
	return ret;
}

static void print_good_json(const char *file, const struct config *c)
{
	struct count counts[N_COUNTS];
	json_t *o = json_pack("{s:s, s:b, s:s}", "file", file, "ok", 1, "instance", c->instance);

	count(c, counts);
	for (int i = 0; i < N_COUNTS; i++)
		json_object_set_new(o, counts[i].key, json_integer((json_int_t)counts[i].n));
	print_json(o);
}

/* err->text is "FILE:LINE:COL: what\n…\nremedy" for what is wrong inside the file. */
static void print_bad_json(const char *file, const struct err *err)
{
	json_t *o = json_pack("{s:s, s:b, s:s}", "file", file, "ok", 0, "error", err->text);
	const char *place = strstr(err->text, ":");
	unsigned line, column;
	int end = 0;

	/* the name may hold colons itself, and a long one is cut at its front */
	for (; place; place = strchr(place + 1, ':'))
		if (sscanf(place, ":%u:%u: %n", &line, &column, &end) == 2 && end > 0)
			break;
	if (o && place && place < err->text + strcspn(err->text, "\n")) {
		const char *what = place + end, *remedy = strrchr(err->text, '\n');

		json_object_set_new(o, "line", json_integer(line));
		json_object_set_new(o, "column", json_integer(column));
		json_object_set_new(o, "message", json_stringn(what, strcspn(what, "\n")));
		json_object_set_new(o, "remedy", json_string(remedy ? remedy + 1 : ""));
	}
	print_json(o);
}

static int check(const char *file, bool json)
{
	struct config *c;
	struct err err;

	if (config_load(&c, file, &err) < 0) {
		if (json)
			print_bad_json(file, &err);
		else
			fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	if (json)
		print_good_json(file, c);
	else
		print_good(file, c);
	config_free(c);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },      { "schema", no_argument, NULL, 's' },
		{ "reference", no_argument, NULL, 'r' }, { "json-schema", no_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },      { 0 }
	};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 's':
			schema_print_text(stdout);
			return EXIT_DONE;
		case 'r':
			schema_print_reference(stdout);
			return EXIT_DONE;
		case 'J':
			return schema_print_json(stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1) {
		fprintf(stderr, "cpx check: %s\n%s",
			argc > optind ? "one file at a time" : "which file?", usage);
		return EXIT_USAGE;
	}
	return check(argv[optind], json);
}
