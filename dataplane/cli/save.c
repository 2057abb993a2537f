/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx save [FILE]: what a running board runs, as a configuration file.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/file.h"
#include "dataplane/cli/job.h"

static const char usage[] =
	"usage: cpx save [FILE] [-i INSTANCE]\n"
	"\n"
	"Writes what a running board runs as a configuration file, or prints it: run or\n"
	"applied, it gives the same board, its breakouts included. The file is replaced as\n"
	"a whole. Comments and layout of the file the board was started with are not kept;\n"
	"routes and neighbours that others have told the board are theirs, and not in it.\n"
	"\n"
	"  -i, --instance NAME  the board to ask (or $CPX_INSTANCE, or the only one)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit: 0 done, 1 it failed and FILE is as before, 2 wrong usage.\n";

static int save(const char *instance, const char *file)
{
	json_t *request = json_pack("{s:s}", "verb", "config");
	struct job_outcome out = { 0 };
	struct err err;
	char *text = NULL;
	size_t len;
	int ret = job_do(instance, request, &out, &err);

	json_decref(request);
	if (!ret && out.error[0]) {
		fprintf(stderr, "cpx save: %s\n", out.error);
		return EXIT_FAILED;
	}
	if (!ret)
		ret = file_read(out.file, &text, &len, &err);
	if (!ret && file)
		ret = config_write(file, text, len, 0644, &err);
	else if (!ret && (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0))
		ret = err_set(&err, -1, "the output takes no more");
	free(text);
	if (ret)
		fprintf(stderr, "cpx save: %s\n", err.text);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	const char *instance = getenv("CPX_INSTANCE");
	int c;

	while ((c = getopt_long(argc, argv, "i:h", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			instance = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind > 1) {
		fprintf(stderr, "cpx save: one file at a time\n%s", usage);
		return EXIT_USAGE;
	}
	return save(instance, argv[optind]);
}
