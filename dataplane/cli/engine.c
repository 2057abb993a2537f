/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine VERB: engines one by one, without a board: emulate them, read them, break them; and of
 * a running board, which is asked over its control socket. Links no DPDK.
 */
#include "dataplane/cli/engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/nearest.h"

static const struct verb {
	const char *name, *help;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "emulate", "serve emulated engines and laser sources on sockets", engine_emulate },
	{ "list", "engines that are served here by name", engine_list },
	{ "show", "what an engine is and how its lanes are", engine_show },
	{ "dump", "a page of its registers, in hex and decoded", engine_dump },
	{ "breakout", "cut a bank of a running board into other ports", engine_breakout },
	{ "inject", "make something go wrong in an emulated engine, or heal it", engine_inject },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *to)
{
	fputs("usage: cpx engine VERB [OPTIONS]\n\n", to);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].help);
	fputs("\n  -h, --help            this text; cpx engine VERB --help for a verb\n\n"
	      "An engine is named as its emulation names it, or by the path of its socket, or of\n"
	      "the EEPROM file of a driver. Sockets found by name are in $CPX_ENGINES, else in\n"
	      "/run/cpx/engines, $XDG_RUNTIME_DIR/cpx/engines or /tmp/cpx-UID/engines.\n"
	      "ethtool:IFACE is the module in a network interface, to be shown and dumped.\n\n"
	      "Exit: 0 done, 1 it failed, 2 wrong usage or a bad file.\n",
	      to);
}

int engine_usage(const char *verb, const char *what, ...)
{
	va_list ap;

	fprintf(stderr, "cpx engine %s: ", verb);
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fprintf(stderr, ". Try: cpx engine %s --help\n", verb);
	return EXIT_USAGE;
}

bool engine_number(const char *text, unsigned long low, unsigned long high, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out >= low &&
	       *out <= high;
}

int main(int argc, char **argv)
{
	struct nearest near = { .typed = argc > 1 ? argv[1] : "" };
	char program[32];

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0) {
			snprintf(program, sizeof(program), "cpx engine %s", verbs[i].name);
			argv[1] = program;
			return verbs[i].run(argc - 1, argv + 1);
		}
		nearest_offer(&near, verbs[i].name);
	}
	fprintf(stderr, "cpx engine: no verb \"%.40s\". ", argv[1]);
	if (near.word)
		fprintf(stderr, "Did you mean \"cpx engine %s\"? ", near.word);
	fputs("Try: cpx engine --help\n", stderr);
	return EXIT_USAGE;
}
