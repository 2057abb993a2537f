/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the demo says at its end. The generator's figures are exact (bench/gen/sequence.h), the
 * board's come from the last published pass, made when its workers had stopped.
 */
#include <inttypes.h>
#include <string.h>

#include "bench/demo/demo.h"

uint64_t demo_sum(const struct telemetry_reader *r, const char *metric, unsigned slot)
{
	const struct telemetry_series *s = telemetry_series(r, metric);
	uint64_t sum = 0, v;

	for (unsigned i = 0; s && i < s->instances; i++)
		if (telemetry_value(r, s, i, slot, &v))
			sum += v;
	return sum;
}

void demo_books(const struct telemetry_reader *r, struct demo_books *b)
{
	const struct telemetry_series *drops = telemetry_series(r, "lane_drop_packets");

	*b = (struct demo_books){
		.in = demo_sum(r, "lane_receive_packets", 0),
		.out = demo_sum(r, "lane_transmit_packets", 0),
		.originated = demo_sum(r, "lane_originated_packets", 0),
		.host = demo_sum(r, "lane_host_packets", 0),
		.fragmented = demo_sum(r, "lane_fragmented_packets", 0),
		.fragments = demo_sum(r, "lane_fragment_packets", 0),
		.held = demo_sum(r, "board_held_packets", 0),
		.icmp_errors = demo_sum(r, "lane_icmp_errors", 0),
		.echos = demo_sum(r, "lane_icmp_echo_replies", 0),
	};
	for (unsigned i = 0; drops && i < drops->slots; i++)
		b->dropped += demo_sum(r, "lane_drop_packets", i);
}

struct spread { /* packets of the busiest and the quietest lane of a port */
	uint64_t least, most, total;
};

static void print_spread(FILE *to, const struct telemetry_reader *r, const char *port,
			 const char *metric, const char *label)
{
	const struct telemetry_series *s = telemetry_series(r, metric);
	const struct telemetry_series *ports = telemetry_series(r, "lane_port");
	struct spread w = { .least = UINT64_MAX };
	unsigned lanes = 0;
	char name[64];
	uint64_t v;

	for (unsigned i = 0; s && i < s->instances; i++) {
		if (!telemetry_string(r, ports, i, name, sizeof(name)) || strcmp(name, port) ||
		    !telemetry_value(r, s, i, 0, &v))
			continue;
		lanes++;
		w.total += v;
		w.least = v < w.least ? v : w.least;
		w.most = v > w.most ? v : w.most;
	}
	if (w.total)
		fprintf(to, "%s %.1f to %.1f %%", label, 100.0 * (double)w.least / (double)w.total,
			100.0 * (double)w.most / (double)w.total);
	else
		fprintf(to, "%s nothing", label);
}

static void print_lanes(FILE *to, const struct telemetry_reader *r)
{
	fprintf(to, "  lanes      a lane's share of its port's packets (even: %.1f %%)\n",
		100.0 / DEMO_LANES);
	for (unsigned i = 0; i < DEMO_PORTS; i++) {
		fprintf(to, "             %s: ", demo_sides[i].port);
		print_spread(to, r, demo_sides[i].port, "lane_receive_packets", "in");
		print_spread(to, r, demo_sides[i].port, "lane_transmit_packets", ", out");
		fputc('\n', to);
	}
}

static void print_board(FILE *to, const struct telemetry_reader *r, const struct demo_books *b)
{
	const struct telemetry_series *drops = telemetry_series(r, "lane_drop_packets");

	fprintf(to, "  board      %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " dropped\n", b->in,
		b->out, b->dropped);
	fprintf(to, "             of these %" PRIu64 " in and %" PRIu64 " out were ARP and ND\n",
		b->host, b->originated);
	for (unsigned i = 0; drops && i < drops->slots; i++) {
		uint64_t n = demo_sum(r, "lane_drop_packets", i);

		if (n)
			fprintf(to, "             dropped %" PRIu64 ": %s\n", n,
				i < drops->n_values ? drops->values[i] : "reason unknown");
	}
	if (!demo_books_balance(b))
		fprintf(to,
			"             BOOKS DO NOT BALANCE: in + begun - out - dropped - used up - "
			"held - cut "
			"= %" PRId64 "\n",
			(int64_t)(b->in + b->originated + b->fragments - b->out - b->dropped -
				  b->host - b->held - b->fragmented));
}

static void add(struct sink_report *sum, const struct sink_report *r)
{
	sum->sent += r->sent;
	sum->received += r->received;
	sum->lost += r->lost;
	sum->duplicate += r->duplicate;
	sum->reordered += r->reordered;
	sum->stale += r->stale;
	sum->corrupted += r->corrupted;
	sum->unexpected += r->unexpected;
}

static void print_bad_verdicts(FILE *to, const struct traffic *t)
{
	for (unsigned v = SINK_GOOD + 1; v < SINK_VERDICT_COUNT; v++) {
		uint64_t n = 0;

		for (unsigned i = 0; i < DEMO_PORTS; i++)
			n += t->setup->gen[i]->sink.counts[v];
		if (n)
			fprintf(to, "             %" PRIu64 " %s: %s\n", n,
				sink_verdict_label((enum sink_verdict)v),
				sink_verdict_text((enum sink_verdict)v));
	}
}

static const char *verdict(const struct sink_report *r, const struct demo_books *b)
{
	if (!r->sent)
		return "nothing was sent: the generator never learned its gateways' addresses";
	if (r->lost)
		return "packets were lost";
	if (r->corrupted || r->unexpected)
		return "packets arrived that are not what was sent";
	if (r->duplicate || r->stale)
		return "packets arrived more than once";
	if (r->reordered)
		return "packets of one flow overtook each other";
	if (!demo_books_balance(b))
		return "the board's counters do not add up";
	return NULL;
}

bool summary_print(FILE *to, const struct traffic *t, const char *telemetry_path, double seconds,
		   bool interrupted, bool color)
{
	struct telemetry_reader *reader;
	struct sink_report all = { 0 };
	struct demo_books books;
	uint64_t bytes = 0;
	struct err err;
	const char *bad;

	for (unsigned i = 0; i < DEMO_PORTS; i++) {
		const struct sink *k = &t->setup->gen[i]->sink;
		struct sink_report r;

		sink_report(k, &r);
		add(&all, &r);
		for (unsigned s = 0; s < SINK_MAX_STREAMS; s++)
			bytes += k->streams[s].good_bytes;
	}
	if (telemetry_reader_open(&reader, telemetry_path, &err) ||
	    telemetry_reader_snapshot(reader, &err)) {
		fprintf(to, "telemetry: %s\n", err.text);
		return false;
	}
	demo_books(reader, &books);
	fprintf(to, "\n%s%.1f s of IPv4 and IPv6 IMIX, both ways through the pipeline\n",
		interrupted ? "Stopped by hand. " : "", seconds);
	fprintf(to, "  sent       %" PRIu64 " packets (IPv4 %" PRIu64 ", IPv6 %" PRIu64 ")\n",
		all.sent, stream_sent(t->streams[0]) + stream_sent(t->streams[2]),
		stream_sent(t->streams[1]) + stream_sent(t->streams[3]));
	fprintf(to,
		"  received   %" PRIu64 " with the right content\n"
		"             %" PRIu64 " lost, %" PRIu64 " duplicated, %" PRIu64
		" reordered, %" PRIu64 " corrupted, %" PRIu64 " unexpected\n",
		all.received, all.lost, all.duplicate, all.reordered, all.corrupted,
		all.unexpected);
	print_bad_verdicts(to, t);
	print_board(to, reader, &books);
	if (seconds > 0)
		fprintf(to,
			"  rate       %.3f million packets/s, %.2f Gb/s of frames, %u worker%s\n"
			"             (no benchmark: small pages, shared CPUs)\n",
			(double)all.received / seconds / 1e6, (double)bytes * 8 / seconds / 1e9,
			board_workers(t->setup->board),
			board_workers(t->setup->board) == 1 ? "" : "s");
	print_lanes(to, reader);
	telemetry_reader_close(reader);

	bad = verdict(&all, &books);
	if (bad)
		fprintf(to, "%sFAIL%s: %s\n", color ? "\033[1;31m" : "", color ? "\033[0m" : "",
			bad);
	else
		fprintf(to,
			"%sPASS%s: all %" PRIu64 " packets arrived, once, in order, with the right "
			"content\n",
			color ? "\033[1;32m" : "", color ? "\033[0m" : "", all.sent);
	return !bad;
}
