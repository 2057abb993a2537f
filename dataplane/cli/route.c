/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx route add, cpx route del: routes of a running board that no file and no routing protocol
 * says. They last until the board ends; what a file says of the same destination goes before them.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/cli/control.h"

static const char usage[] =
	"usage: cpx route add PREFIX via GATEWAY [port NAME] [vlan N] [weight N]\n"
	"                            [via GATEWAY …] [metric N] [-i INSTANCE]\n"
	"       cpx route add PREFIX port NAME           (what is on its link)\n"
	"       cpx route add PREFIX blackhole | unreachable | prohibit\n"
	"       cpx route del PREFIX [metric N] [-i INSTANCE]\n"
	"\n"
	"Routes of a running board. Several gateways share the flows by their weights. A\n"
	"route of the file to the same destination goes before one that is added here,\n"
	"those of a routing protocol and of the kernel come behind it. `cpx show routes\n"
	"--source asked` lists them.\n"
	"\n"
	"  -i, --instance NAME  the board to ask (or $CPX_INSTANCE, or the only one)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 done, 1 it failed and nothing changed, 2 wrong usage.\n";

static int wrong(const char *what, const char *word)
{
	fprintf(stderr, "cpx route: %s%s%s. Try: cpx route --help\n", what, word ? " " : "",
		word ? word : "");
	return EXIT_USAGE;
}

static bool put_number(json_t *o, const char *key, const char *text)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n > UINT32_MAX)
		return false;
	json_object_set_new(o, key, json_integer((json_int_t)n));
	return true;
}

/* Words behind PREFIX, in pairs but for the ways to drop. */
static int read_words(int n, char **word, json_t *request)
{
	json_t *paths = json_array(), *hop = NULL;

	json_object_set_new(request, "paths", paths);
	for (int i = 0; i < n; i++) {
		const char *key = word[i], *value = i + 1 < n ? word[i + 1] : NULL;

		if (strcmp(key, "blackhole") == 0 || strcmp(key, "unreachable") == 0 ||
		    strcmp(key, "prohibit") == 0) {
			json_object_set_new(request, "type", json_string(key));
			continue;
		}
		if (!value)
			return wrong("nothing behind", key);
		if (strcmp(key, "via") == 0 || (!hop && strcmp(key, "port") == 0)) {
			hop = json_object();
			json_array_append_new(paths, hop);
		}
		if (strcmp(key, "via") == 0 || strcmp(key, "port") == 0)
			json_object_set_new(hop, key, json_string(value));
		else if (strcmp(key, "metric") != 0 &&
			 !(hop && (strcmp(key, "vlan") == 0 || strcmp(key, "weight") == 0)))
			return wrong("here is no place for", key);
		else if (!put_number(strcmp(key, "metric") == 0 ? request : hop, key, value))
			return wrong("not a number:", value);
		i++;
	}
	if (!json_array_size(paths))
		json_object_del(request, "paths");
	return EXIT_DONE;
}

static int ask(const char *instance, json_t *request)
{
	json_t *reply;
	struct err err;

	if (control_ask(instance, request, &reply, &err) != 0) {
		fprintf(stderr, "cpx route: %s\n", err.text);
		return EXIT_FAILED;
	}
	json_decref(reply);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	const char *instance = getenv("CPX_INSTANCE");
	json_t *request;
	bool adds;
	int c, ret;

	while ((c = getopt_long(argc, argv, "i:h", longs, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (c != 'i')
			return wrong("unknown option", NULL);
		instance = optarg;
	}
	if (argc - optind < 2) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	adds = strcmp(argv[optind], "add") == 0;
	if (!adds && strcmp(argv[optind], "del") != 0)
		return wrong("it is add or del, not", argv[optind]);
	request = json_pack("{s:s, s:s}", "verb", adds ? "route-add" : "route-del", "to",
			    argv[optind + 1]);
	ret = request ? read_words(argc - optind - 2, argv + optind + 2, request)
		      : wrong("a prefix of strange letters", NULL);
	if (ret == EXIT_DONE)
		ret = ask(instance && instance[0] ? instance : NULL, request);
	json_decref(request);
	return ret;
}
