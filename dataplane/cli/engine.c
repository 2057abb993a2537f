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
	{ "list", "engines of running boards, and those served on sockets", engine_list },
	{ "show", "what an engine is and how its lanes are", engine_show },
	{ "dump", "a page of its registers, in hex and decoded", engine_dump },
	{ "alarms", "what is wrong on a running board, one line a trouble", engine_alarms },
	{ "up", "bring lanes up that were taken down", engine_operate },
	{ "down", "take lanes down, whatever their ports want", engine_operate },
	{ "reset", "reset an engine and bring it up again", engine_operate },
	{ "lowpower", "an engine's lanes down and it in low power, or back", engine_operate },
	{ "loopback", "send signals back, on either side and in either direction", engine_operate },
	{ "prbs", "test patterns: generate, check, count bit errors", engine_operate },
	{ "breakout", "cut a bank of a running board into other ports", engine_breakout },
	{ "inject", "make something go wrong in an emulated engine, or heal it", engine_inject },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *to)
{
	fputs("usage: cpx engine VERB [OPTIONS]\n\n", to);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(to, "  %-9s %s\n", verbs[i].name, verbs[i].help);
	fputs("\n  -h, --help            this text; cpx engine VERB --help for a verb\n\n"
	      "An engine is named as the running board or the emulation that has it names it;\n"
	      "-i INSTANCE chooses one of several boards. Or it is the path of its socket or of\n"
	      "a driver's EEPROM file; ethtool:IFACE is the module in a network interface.\n"
	      "Sockets found by name are in $CPX_ENGINES, else in /run/cpx/engines,\n"
	      "$XDG_RUNTIME_DIR/cpx/engines or /tmp/cpx-UID/engines.\n"
	      "alarms to breakout are for engines of a running board only.\n\n"
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
