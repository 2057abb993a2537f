/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx run -c FILE: the appliance. Reads the configuration, builds the board, runs the control loop
 * until SIGTERM or SIGINT. The main thread is the control thread.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "config/config.h"
#include "dataplane/ctl/board.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"

static const char usage[] =
	"usage: cpx run -c FILE [--check | --memory] [-v]\n"
	"\n"
	"  -c, --config FILE   the board to run (reference: cpx check --reference)\n"
	"      --check         only check the file, as `cpx check FILE` does\n"
	"      --memory        only print the memory it needs, in MB\n"
	"  -v, --verbose       more lines about what happens\n"
	"  -h, --help          this text\n"
	"\n"
	"Runs until SIGTERM or SIGINT, then drains and exits with 0. SIGHUP reads the file\n"
	"again and applies it, as `cpx apply FILE` does.\n"
	"Exit codes: 0 stopped as asked, 1 failed, 2 bad usage or file, 3 this\n"
	"machine cannot (cpx doctor says why).\n";

struct run {
	struct loop *loop;
	struct board *board; /* NULL: it does not run yet */
	const char *file;
};

static void on_signal(void *arg, int signo)
{
	struct run *r = arg;

	if (signo == SIGHUP) {
		log_info("SIGHUP: reading %s", r->file);
		if (r->board)
			board_reload(r->board, r->file);
		return;
	}
	log_info("%s: stopping", strsignal(signo));
	loop_stop(r->loop);
	/* a second one ends the process at once, also while draining */
	signal(SIGINT, SIG_DFL);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int exit_code(int ret)
{
	switch (ret) {
	case -ENOMEM:
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
	case -ENOSPC: /* no room for the telemetry segment */
		return EXIT_MACHINE;
	case -EINVAL:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

static int run(const struct config *cfg, const char *file, struct err *err)
{
	struct run r = { .file = file };
	struct board *b = NULL;
	sigset_t set;
	int ret = loop_create(&r.loop, err);

	if (ret)
		return ret;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (!loop_signals(r.loop, &set, on_signal, &r)) {
		ret = err_set(err, -ENOMEM, "signals: no memory");
		goto no_loop;
	}
	ret = board_eal_init(cfg, NULL, err);
	if (ret)
		goto no_loop;
	ret = board_create(&b, cfg, err);
	if (ret)
		goto no_board;
	ret = board_start(b, err);
	if (ret)
		goto no_start;
	ret = board_attach(b, r.loop);
	if (ret) {
		err_set(err, ret, "timers: no memory");
		goto no_timers;
	}
	r.board = b;
	log_info("board %s: %u ports, %u workers, running; telemetry in %s", cfg->instance,
		 cfg->n_ports, board_workers(b), board_telemetry_path(b));
	ret = loop_run(r.loop);
	r.board = NULL;
	if (ret)
		err_set(err, ret, "control loop: %s", strerror(-ret));

no_timers:
	board_stop(b);
no_start:
	board_destroy(b);
no_board:
	rte_eal_cleanup();
no_loop:
	loop_destroy(r.loop);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'k' },
		{ "memory", no_argument, NULL, 'm' },       { "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },         { 0 }
	};
	struct config *cfg;
	struct err err;
	const char *file = NULL;
	bool check = false, memory = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'm':
			memory = true;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (!file || optind != argc) {
		fprintf(stderr, "cpx run: %s\n%s",
			file ? "more words than it knows" : "-c FILE is missing", usage);
		return EXIT_USAGE;
	}
	if (config_load(&cfg, file, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	if (check) {
		printf("%s: ok\n", file);
		config_free(cfg);
		return EXIT_DONE;
	}
	ret = memory ? board_memory_mb(cfg, &err) : run(cfg, file, &err);
	if (memory && ret > 0) {
		printf("%d\n", ret);
		ret = 0;
	}
	if (ret)
		fprintf(stderr, "cpx run: %s\n", err.text);
	config_free(cfg);
	return ret ? exit_code(ret) : EXIT_DONE;
}
