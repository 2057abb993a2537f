/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx demo: one minute to see cpx work, without root, NIC or hugepages. Traffic for --seconds, then
 * the generator stops, what is on its way arrives, and the books are compared.
 */
#include "bench/demo/demo.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>

#include "dataplane/cli/table.h"
#include "lib/base/log.h"
#include "lib/base/order.h"

#define TICK_NS   50000000ull
#define DRAIN_S   5.0 /* longer than the generator waits before it writes packets off */
#define PICTURE_S 0.25

static const char usage[] =
	"usage: cpx demo [--seconds N] [--workers N] [--plain] [--color=WHEN]\n"
	"       cpx demo --pcap FILE\n"
	"       cpx demo --show-config\n"
	"\n"
	"A virtual board of one 32-lane engine and two 8-lane ports forwards a mix of\n"
	"IPv4 and IPv6 between two generator ports. No root, NIC or hugepages needed.\n"
	"\n"
	"  -s, --seconds N     how long, 1 to 86400 (10)\n"
	"  -w, --workers N     forwarding threads, 1 to 16 (1)\n"
	"      --pcap FILE     forward a capture (pcap or pcapng) instead, and say what\n"
	"                      became of each kind of packet in it\n"
	"      --show-config   print the board's configuration; `cpx run` takes it, too\n"
	"      --plain         a line a second even on a terminal\n"
	"      --color=WHEN    auto, always or never (auto; NO_COLOR is obeyed)\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit codes: 0 everything sent arrived with the right content, 1 it did not,\n"
	"2 bad usage or file, 3 this machine cannot (cpx doctor says why).\n";

struct demo {
	struct demo_options options;
	struct demo_setup setup;
	struct traffic traffic;
	struct screen *screen;
	struct loop *loop;
	struct timespec began;
	double drawn, stopped; /* seconds since began; stopped < 0: still sending */
	bool interrupted;
};

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static void stop_sending(struct demo *d, double now)
{
	if (d->stopped < 0)
		d->stopped = now;
	store_release(&d->traffic.sending, false);
}

static void draw(struct demo *d, double now)
{
	double period = screen_is_plain(d->screen) ? 1.0 : PICTURE_S;

	screen_look(d->screen);
	if (d->stopped < 0 && now >= d->drawn + period) {
		d->drawn += period;
		screen_draw(d->screen, &d->traffic, now);
	}
}

static void tick(void *arg)
{
	struct demo *d = arg;
	double now = seconds_since(&d->began);

	draw(d, now);
	if (d->stopped < 0 && now >= d->options.seconds)
		stop_sending(d, now);
	/* a published pass is newer than the last packet only some periods later */
	if (d->stopped >= 0 && ((traffic_drained(&d->traffic) && now - d->stopped > 0.3) ||
				now - d->stopped > DRAIN_S)) {
		loop_stop(d->loop);
		return;
	}
}

static void on_signal(void *arg, int signo)
{
	struct demo *d = arg;

	if (d->interrupted)
		loop_stop(d->loop); /* a second time: do not wait for packets */
	d->interrupted = true;
	stop_sending(d, seconds_since(&d->began));
}

static int exit_code(int ret)
{
	switch (ret) {
	case -ENOMEM:
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
	case -ENOSPC:
		return EXIT_MACHINE;
	default:
		return EXIT_FAILED;
	}
}

/* Sends until the time is up; 0, or a negative errno. */
static int run(struct demo *d, struct err *err)
{
	int ret = setup_start(&d->setup, err);

	if (ret)
		return ret;
	ret = board_attach(d->setup.board, d->loop);
	if (ret || !loop_timer(d->loop, TICK_NS, tick, d))
		return err_set(err, -ENOMEM, "timers: no memory");
	clock_gettime(CLOCK_MONOTONIC, &d->began);
	d->stopped = -1;
	d->traffic.sending = true;
	ret = traffic_start(&d->traffic, err);
	if (ret)
		return ret;
	ret = loop_run(d->loop);
	if (ret)
		err_set(err, ret, "control loop: %s", strerror(-ret));
	traffic_stop(&d->traffic);
	return ret;
}

static int demo(const struct demo_options *o)
{
	struct demo d = { .options = *o };
	struct err err;
	sigset_t set;
	bool good = false;
	int ret = loop_create(&d.loop, &err);

	if (ret)
		goto no_loop;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!loop_signals(d.loop, &set, on_signal, &d)) {
		ret = err_set(&err, -ENOMEM, "signals: no memory");
		goto no_setup;
	}
	ret = setup_create(&d.setup, demo_yaml, o, &err);
	if (ret)
		goto no_setup;
	ret = traffic_create(&d.traffic, &d.setup, &err);
	if (ret)
		goto no_traffic;
	ret = screen_create(&d.screen, board_telemetry_path(d.setup.board), o, &err);
	if (ret)
		goto no_screen;
	ret = run(&d, &err);
	setup_stop(&d.setup);
	if (!ret)
		good = summary_print(stdout, &d.traffic, board_telemetry_path(d.setup.board),
				     d.stopped, d.interrupted, table_wants_color(o->color, stdout));
	screen_destroy(d.screen);
no_screen:
	traffic_destroy(&d.traffic);
no_traffic:
	setup_destroy(&d.setup);
	rte_eal_cleanup();
no_setup:
	loop_destroy(d.loop);
no_loop:
	if (ret) {
		fprintf(stderr, "cpx demo: %s\n", err.text);
		return exit_code(ret);
	}
	return good ? EXIT_DONE : EXIT_FAILED;
}

/* A whole number in a range, or usage. */
static unsigned number(const char *option, const char *text, unsigned most)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*text && !*end && v >= 1 && v <= (long)most)
		return (unsigned)v;
	fprintf(stderr, "cpx demo: %s %s: a number from 1 to %u is needed\n", option, text, most);
	exit(EXIT_USAGE);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seconds", required_argument, NULL, 's' },
						 { "workers", required_argument, NULL, 'w' },
						 { "pcap", required_argument, NULL, 'r' },
						 { "show-config", no_argument, NULL, 'S' },
						 { "plain", no_argument, NULL, 'p' },
						 { "color", required_argument, NULL, 'C' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	struct demo_options o = { .seconds = 10 };
	int c;

	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, "s:w:h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			o.seconds = number("--seconds", optarg, 86400);
			break;
		case 'w':
			o.workers = number("--workers", optarg, 16);
			break;
		case 'r':
			o.pcap = optarg;
			break;
		case 'S':
			fputs(demo_yaml, stdout);
			return EXIT_DONE;
		case 'p':
			o.plain = true;
			break;
		case 'C':
			o.color = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "cpx demo: what is `%s`?\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	return o.pcap ? demo_pcap(&o) : demo(&o);
}
