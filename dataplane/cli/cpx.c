/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx VERB: one dispatcher. Every verb is a program cpx-VERB that links only what it needs; this
 * one finds it and becomes it. Verbs stand in one table, help and completion come from it and from
 * the verbs' own help; what is not built is not offered. Looks in its own folder (the build tree),
 * ../libexec/cpx (installed) and bench/demo of the build tree.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <build_info.h> /* both made by meson */
#include <revision.h>

#include "config/nearest.h"
#include "lib/base/err.h"

struct verb {
	const char *name;
	const char *help;
	bool files; /* takes the name of a file, for completion */
};

static const struct verb verbs[] = {
	{ "demo", "a virtual board, traffic through the whole pipeline, a verdict; needs nothing",
	  true },
	{ "run", "forward packets as a configuration file says", true },
	{ "check", "check a configuration file; print the reference of its keys", true },
	{ "apply", "make a configuration what a running board runs, or say what would change",
	  true },
	{ "save", "what a running board runs, as a configuration file", true },
	{ "doctor", "what this machine lacks, why it matters, the command that fixes it", true },
	{ "show", "tables of a running board, or --json", false },
	{ "route", "add and delete routes of a running board", false },
	{ "engine", "engines one by one: emulate, show, dump, inject faults", true },
	{ "top", "the lanes of a running board, live", false },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* Where programs of verbs are, relative to this program. */
static const char *const folders[] = { ".", "../libexec/cpx", "../../bench/demo" };

/* Path of a verb's program; false: not there. */
static bool find_program(const char *verb, char *path, size_t room)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, room, "%s/%s/cpx-%s", self, folders[i], verb);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static void help(FILE *out)
{
	char path[640];

	fprintf(out, "usage: cpx VERB [OPTIONS]\n\n"
		     "A data plane for co-packaged ports on DPDK.\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		if (find_program(verbs[i].name, path, sizeof(path)))
			fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].help);
	fprintf(out, "\n  cpx VERB --help       what a verb takes\n"
		     "  cpx --version         version and build\n"
		     "  source <(cpx --completion bash)   completion for this shell\n\n"
		     "Exit codes: 0 done, 1 it failed, 2 bad usage or bad file, 3 this machine\n"
		     "cannot (cpx doctor says why).\n");
}

static void version(void)
{
	printf("cpx %s (%s)\n", CPX_VERSION, CPX_REVISION);
	printf("built with %s, %s; DPDK %s, libfyaml %s, liburing %s\n", CPX_COMPILER,
	       CPX_BUILD_TYPE, CPX_DPDK, CPX_FYAML, CPX_URING);
}

/* What a verb takes is asked of its own --help when TAB is pressed, so it is never out of date. */
static void completion(void)
{
	char path[640];

	printf("# bash completion of cpx, made by cpx --completion bash\n"
	       "_cpx()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\twords=\"");
	for (size_t i = 0; i < N_VERBS; i++)
		if (find_program(verbs[i].name, path, sizeof(path)))
			printf("%s ", verbs[i].name);
	printf("--help --version --completion\"\n"
	       "\telif [ \"$verb\" = --completion ]; then\n"
	       "\t\twords=bash\n"
	       "\telse\n"
	       "\t\twords=$(\"${COMP_WORDS[0]}\" \"$verb\" --help 2>/dev/null |\n"
	       "\t\t\tgrep -oE -e '--[a-z][a-z-]+' -e '^  [a-z]+ ')\n"
	       "\tfi\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	       "\tcase $verb in\n\t");
	for (size_t i = 0, n = 0; i < N_VERBS; i++)
		if (verbs[i].files)
			printf("%s%s", n++ ? "|" : "", verbs[i].name);
	printf(")\n\t\t[ \"$COMP_CWORD\" -eq 1 ] ||\n"
	       "\t\t\tCOMPREPLY+=($(compgen -f -- \"$word\"))\n"
	       "\tesac\n"
	       "}\n"
	       "complete -o filenames -F _cpx cpx\n");
}

static int unknown(const char *name)
{
	struct nearest near = { .typed = name };

	for (size_t i = 0; i < N_VERBS; i++)
		nearest_offer(&near, verbs[i].name);
	fprintf(stderr, "cpx: no verb \"%.40s\"\n", name);
	if (near.word)
		fprintf(stderr, "did you mean \"cpx %s\"? ", near.word);
	fprintf(stderr, "cpx --help lists all verbs\n");
	return EXIT_USAGE;
}

/* Does not return when it works. */
static int become(const char *name, char **argv)
{
	char path[640], program[64];

	if (!find_program(name, path, sizeof(path))) {
		fprintf(stderr,
			"cpx: the program cpx-%s of this verb is not installed\n"
			"build or install cpx again; cpx --help lists the verbs that are here\n",
			name);
		return EXIT_MACHINE;
	}
	snprintf(program, sizeof(program), "cpx-%s", name);
	argv[0] = program;
	execv(path, argv);
	fprintf(stderr, "cpx: cannot start %s: %s\ninstall cpx again\n", path, strerror(errno));
	return EXIT_MACHINE;
}

int main(int argc, char **argv)
{
	static char help_option[] = "--help";
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(word, "help") == 0 && argc > 2 && find_verb(argv[2])) {
		char *help_argv[] = { NULL, help_option, NULL };

		return become(argv[2], help_argv);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		version();
		return EXIT_DONE;
	}
	if (strcmp(word, "--completion") == 0) {
		if (argc != 3 || strcmp(argv[2], "bash") != 0) {
			fprintf(stderr,
				"cpx --completion: which shell? write: cpx --completion bash\n");
			return EXIT_USAGE;
		}
		completion();
		return EXIT_DONE;
	}
	return find_verb(word) ? become(word, argv + 1) : unknown(word);
}
