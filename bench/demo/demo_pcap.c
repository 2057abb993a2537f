/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx demo --pcap FILE: a capture enters at p0, everything routable leaves at p1, and the report
 * says what became of each kind of packet.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>

#include "bench/demo/replay.h"
#include "dataplane/cli/table.h"
#include "lib/base/log.h"
#include "lib/base/order.h"

#define MAX_FILE  (256l << 20)
#define MAX_VLANS 64
#define TICK_NS   10000000ull

struct pcap_demo {
	struct demo_setup setup;
	struct replay replay;
	struct loop *loop;
	bool interrupted;
};

/* The whole file in memory, so that nobody can change it under the reader. */
static int read_file(const char *path, uint8_t **data, size_t *len, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		ret = err_set(err, -EINVAL, "not a regular file; save the capture first");
	else if (st.st_size > MAX_FILE)
		ret = err_set(err, -EFBIG,
			      "%lld MB; up to %ld MB are read, cut it with `editcap -c`",
			      (long long)(st.st_size >> 20), MAX_FILE >> 20);
	else if (!(*data = malloc((size_t)st.st_size + 1)))
		ret = err_set(err, -ENOMEM, "no memory for it");
	while (!ret && *len < (size_t)st.st_size) {
		ssize_t n = read(fd, *data + *len, (size_t)st.st_size - *len);

		if (n < 0 && errno != EINTR)
			ret = err_set(err, -errno, "%s", strerror(errno));
		else if (n == 0)
			break;
		else if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	return ret;
}

/* The demo's board with default routes to p1's side and an interface for each VLAN of the capture.
 */
static char *make_config(const uint16_t *vlans, unsigned n_vlans)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs("instance: demo\n"
	      "workers: {count: 1}\n"
	      "memory: {hugepages: false, buffers: 8191}\n"
	      "telemetry: {period: 10ms}\n"
	      "icmp: {errors_pps: 1000000}\n"
	      "engines: {oe0: {profile: oif-3.2t}}\n"
	      "ports:\n"
	      "  p0:\n"
	      "    lanes: oe0/0-7\n"
	      "    carrier: fiber:a\n"
	      "    addresses: [198.18.1.1/24, \"2001:2:0:1::1/64\"]\n",
	      f);
	if (n_vlans)
		fputs("    vlans:\n", f);
	for (unsigned i = 0; i < n_vlans; i++)
		fprintf(f, "      %u: {addresses: [198.18.%u.1/24, \"2001:2:0:1%02x::1/64\"]}\n",
			vlans[i], 100 + i, i);
	fputs("  p1:\n"
	      "    lanes: oe0/8-15\n"
	      "    carrier: fiber:b\n"
	      "    addresses: [198.19.1.1/24, \"2001:2:0:2::1/64\"]\n"
	      "  g0: {lanes: oe0/16-23, carrier: fiber:a}\n"
	      "  g1: {lanes: oe0/24-31, carrier: fiber:b}\n"
	      "routes:\n"
	      "  - {to: 0.0.0.0/0, via: 198.19.1.2}\n"
	      "  - {to: \"::/0\", via: \"2001:2:0:2::2\"}\n",
	      f);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void tick(void *arg)
{
	struct pcap_demo *d = arg;

	if (load_acquire(&d->replay.done))
		loop_stop(d->loop);
}

static void on_signal(void *arg, int signo)
{
	struct pcap_demo *d = arg;

	d->interrupted = true;
	store_release(&d->replay.quit, true);
}

static int run(struct pcap_demo *d, struct err *err)
{
	int ret = setup_start(&d->setup, err);

	if (ret)
		return ret;
	ret = board_attach(d->setup.board, d->loop);
	if (ret || !loop_timer(d->loop, TICK_NS, tick, d))
		return err_set(err, -ENOMEM, "timers: no memory");
	ret = rte_eal_remote_launch(replay_run, &d->replay, d->setup.lcore);
	if (ret)
		return err_set(err, ret, "generator: its thread is not free");
	ret = loop_run(d->loop);
	if (ret)
		err_set(err, ret, "control loop: %s", strerror(-ret));
	store_release(&d->replay.quit, true);
	rte_eal_wait_lcore(d->setup.lcore);
	if (!ret && d->interrupted)
		ret = err_set(err, -EINTR, "stopped by hand");
	if (!ret && d->replay.result) {
		ret = d->replay.result;
		*err = d->replay.err;
	}
	return ret;
}

/* "3 ip4_checksum, 1 no_route" */
static void print_reasons(char *text, size_t size, const struct replay_kind *k)
{
	static const char *const labels[] = {
#define _(sym, label, ...) label,
		DROP_REASONS(_)
#undef _
	};
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < DROP_COUNT && at < size; i++)
		if (k->reason[i])
			at += (size_t)snprintf(text + at, size - at, "%s%" PRIu64 " %s",
					       at ? ", " : "", k->reason[i], labels[i]);
}

static void cell(struct table *t, uint64_t n, bool bad)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	table_color(t, n ? text : "-", n && bad ? TABLE_BAD : TABLE_PLAIN);
}

/* True when every packet of the kind is accounted for and none was altered. */
static bool report_kind(struct table *t, const struct replay_kind *k)
{
	bool right = k->in == k->forwarded + k->answered + k->used + k->dropped && !k->altered;
	char text[256];

	table_color(t, k->text, right ? TABLE_PLAIN : TABLE_BAD);
	cell(t, k->in, false);
	cell(t, k->forwarded, false);
	cell(t, k->answered, false);
	cell(t, k->used, false);
	cell(t, k->altered, true);
	print_reasons(text, sizeof(text), k);
	table_cell(t, text);
	return right;
}

static bool report(const struct replay *r, const char *file, bool color)
{
	static const char *const headings[] = { "packets", ">in",      ">forwarded", ">answered",
						">used",   ">altered", "dropped",    NULL };
	struct table *t = table_new(headings);
	struct replay_kind all = { .text = "all" };
	bool right = true;

	if (!t)
		return false;
	for (unsigned i = 0; i < r->n_kinds; i++) {
		const struct replay_kind *k = &r->kinds[i];

		right &= report_kind(t, k);
		all.in += k->in;
		all.forwarded += k->forwarded;
		all.answered += k->answered;
		all.used += k->used;
		all.altered += k->altered;
		all.dropped += k->dropped;
	}
	printf("%s: in at port p0, default routes to p1\n\n", file);
	table_print(t, stdout, color);
	table_free(t);
	printf("\n%" PRIu64 " packets: %" PRIu64 " forwarded, %" PRIu64
	       " answered with ICMP, %" PRIu64 " used up (ARP, neighbour discovery), %" PRIu64
	       " dropped\n",
	       all.in, all.forwarded, all.answered, all.used, all.dropped);
	if (r->cut)
		printf("not sent: %" PRIu64 " that the capture cut short (capture with -s 0)\n",
		       r->cut);
	if (r->too_long)
		printf("not sent: %" PRIu64 " longer than %u bytes (the port's MTU is 1500)\n",
		       r->too_long, REPLAY_MAX_FRAME);
	if (!right)
		printf("%sFAIL%s: packets are not accounted for, or came out altered\n",
		       color ? "\033[1;31m" : "", color ? "\033[0m" : "");
	else if (!all.in)
		printf("%sFAIL%s: the capture holds no packet that can be sent\n",
		       color ? "\033[1;31m" : "", color ? "\033[0m" : "");
	else
		printf("%sPASS%s: every packet is accounted for; what was forwarded is intact\n",
		       color ? "\033[1;32m" : "", color ? "\033[0m" : "");
	return right && all.in;
}

static int play(struct pcap_demo *d, const char *text, const struct demo_options *o,
		struct err *err)
{
	sigset_t set;
	int ret = loop_create(&d->loop, err);

	if (ret)
		return ret;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!loop_signals(d->loop, &set, on_signal, d)) {
		ret = err_set(err, -ENOMEM, "signals: no memory");
		goto no_setup;
	}
	ret = setup_create(&d->setup, text, o, err);
	if (ret)
		goto no_setup;
	d->replay.setup = &d->setup;
	d->replay.telemetry_path = board_telemetry_path(d->setup.board);
	ret = run(d, err);
	setup_destroy(&d->setup);
	rte_eal_cleanup();
no_setup:
	loop_destroy(d->loop);
	return ret;
}

int demo_pcap(const struct demo_options *o)
{
	static struct pcap_demo d; /* the table of kinds is large */
	uint16_t vlans[MAX_VLANS];
	unsigned n_vlans;
	uint8_t *data = NULL;
	char *text = NULL;
	struct err err;
	size_t len;
	int code = EXIT_USAGE;

	if (read_file(o->pcap, &data, &len, &err) ||
	    replay_load(&d.replay, data, len, vlans, MAX_VLANS, &n_vlans, &err)) {
		fprintf(stderr, "cpx demo: %s: %s\n", o->pcap, err.text);
		goto out;
	}
	text = make_config(vlans, n_vlans);
	code = EXIT_FAILED;
	if (!text)
		fprintf(stderr, "cpx demo: no memory\n");
	else if (play(&d, text, o, &err))
		fprintf(stderr, "cpx demo: %s\n", err.text);
	else if (report(&d.replay, o->pcap, table_wants_color(o->color, stdout)))
		code = EXIT_DONE;
out:
	replay_free(&d.replay);
	free(text);
	free(data);
	return code;
}
