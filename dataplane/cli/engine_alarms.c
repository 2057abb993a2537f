/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine alarms: what is wrong with the engines of a running board, one line for each trouble.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/cli/control.h"
#include "dataplane/cli/engine.h"
#include "dataplane/cli/table.h"

static const char usage[] =
	"usage: cpx engine alarms [-i INSTANCE] [--json] [--color=WHEN]\n"
	"\n"
	"What is wrong now, one line a trouble: LANES are those that suffer, FOR is how\n"
	"long it has been so.\n"
	"\n"
	"  -i, --instance NAME  the board to ask (or $CPX_INSTANCE, or the only one)\n"
	"  -j, --json           one JSON object\n"
	"      --color=WHEN     auto, always or never; NO_COLOR is obeyed\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 asked, alarms or not; 1 no board answers, 2 wrong usage.\n";

/* Puts "age_s" into each alarm: seconds since "since_ns" of the board's clock, which is ours. */
static void add_ages(json_t *reply)
{
	struct timespec t;
	json_t *alarm;
	size_t i;

	clock_gettime(CLOCK_MONOTONIC, &t);
	json_array_foreach(json_object_get(reply, "alarms"), i, alarm)
	{
		const json_int_t since = json_integer_value(json_object_get(alarm, "since_ns"));
		const double age = (double)t.tv_sec + (double)t.tv_nsec / 1e9 - (double)since / 1e9;

		json_object_set_new(alarm, "age_s",
				    since > 0 && age >= 0 ? json_real(age) : json_null());
	}
}

static void print_age(struct table *t, const json_t *age)
{
	const long s = (long)json_number_value(age);
	char buf[32] = "-";

	if (json_is_number(age) && s < 60)
		snprintf(buf, sizeof(buf), "%ld s", s);
	else if (json_is_number(age) && s < 3600)
		snprintf(buf, sizeof(buf), "%ld min", s / 60);
	else if (json_is_number(age))
		snprintf(buf, sizeof(buf), "%ld h %02ld", s / 3600, s / 60 % 60);
	table_cell(t, buf);
}

/* "oe0/4-7 oe1/0" */
static void print_lanes(struct table *t, const json_t *list)
{
	char text[128] = "", lanes[48];
	const json_t *of, *lane;
	size_t i, k;

	json_array_foreach(list, i, of)
	{
		const char *engine = json_string_value(json_object_get(of, "engine"));
		const size_t used = strlen(text);
		uint64_t bits = 0;

		json_array_foreach(json_object_get(of, "lanes"), k, lane)
		{
			const json_int_t n = json_integer_value(lane);

			if (n >= 0 && n < 64)
				bits |= UINT64_C(1) << n;
		}
		snprintf(text + used, sizeof(text) - used, "%s%s/%s", used ? " " : "",
			 engine ? engine : "-", engine_lanes_text(lanes, sizeof(lanes), bits));
	}
	table_cell(t, text[0] ? text : "-");
}

static void word(struct table *t, const json_t *alarm, const char *key)
{
	const char *text = json_string_value(json_object_get(alarm, key));

	table_cell(t, text ? text : "-");
}

static int print_table(const json_t *list, bool color)
{
	static const char *const headings[] = {
		"SEVERITY", "DEVICE", "LANES", ">FOR", "WHAT", NULL
	};
	struct table *t = table_new(headings);
	const json_t *alarm;
	size_t i;
	int ret;

	json_array_foreach(list, i, alarm)
	{
		const char *severity = json_string_value(json_object_get(alarm, "severity"));

		table_color(t, severity ? severity : "-",
			    severity && strcmp(severity, "critical") == 0 ? TABLE_BAD
									  : TABLE_PLAIN);
		word(t, alarm, "device");
		print_lanes(t, json_object_get(alarm, "lanes"));
		print_age(t, json_object_get(alarm, "age_s"));
		word(t, alarm, "text");
	}
	if (json_array_size(list) == 0)
		puts("no alarms");
	ret = json_array_size(list) ? table_print(t, stdout, color) : 0;
	table_free(t);
	return ret;
}

int engine_alarms(int argc, char **argv)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "json", no_argument, NULL, 'j' },
					       { "color", required_argument, NULL, 'c' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	const char *instance = getenv("CPX_INSTANCE"), *color = NULL;
	json_t *request, *reply;
	bool json = false;
	struct err err;
	int c, ret;

	while ((c = getopt_long(argc, argv, "i:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			instance = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'c':
			color = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc)
		return engine_usage("alarms", "'%.40s' is one word too many", argv[optind]);
	request = json_pack("{s:s}", "verb", "alarms");
	ret = control_ask(instance, request, &reply, &err);
	json_decref(request);
	if (ret) {
		fprintf(stderr, "cpx engine alarms: %s\n", err.text);
		return EXIT_FAILED;
	}
	add_ages(reply);
	if (json) {
		ret = json_dumpf(reply, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		ret = print_table(json_object_get(reply, "alarms"),
				  table_wants_color(color, stdout));
	}
	json_decref(reply);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
