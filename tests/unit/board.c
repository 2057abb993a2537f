/* SPDX-License-Identifier: BSD-3-Clause */
/* The bench for pipeline tests; see board.h. */
#include "tests/unit/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "dataplane/ctl/neighbors.h"

#define BUFFERS 8191

static char left[TELEMETRY_PATH_LEN]; /* the telemetry file to remove */

static const char *const drop_names[] = {
#define _(sym, label, ...) label,
	DROP_REASONS(_)
#undef _
};

const char *bed_drop_name(unsigned reason)
{
	return reason < DROP_COUNT ? drop_names[reason] : "?";
}

void bed_eal(unsigned mb)
{
	char memory[16];
	char *argv[] = { "unit",     "--no-huge", "--no-shconf",      "--no-pci",
			 "-m",       memory,      "--no-telemetry",   "--iova-mode=va",
			 "--lcores", "0@0",       "--log-level=error" };

	snprintf(memory, sizeof(memory), "%u", mb);
	cr_assert_geq(rte_eal_init(RTE_DIM(argv), argv), 0, "EAL does not start");
}

static struct config *parse(const char *yaml)
{
	const char *tables = strstr(yaml, "tables:")
				     ? ""
				     : "tables: {routes4: 256, routes6: 256, nexthops: 512, "
				       "neighbors: 64}\n";
	struct config *cfg;
	struct err err;
	char *text;
	int len = asprintf(&text,
			   "instance: unit-%d\n"
			   "memory: {hugepages: false, buffers: %u}\n"
			   "engines: {oe0: {profile: oif-3.2t, mgmt: none}}\n"
			   "%s%s",
			   (int)getpid(), BUFFERS, tables, yaml);

	cr_assert_gt(len, 0);
	cr_assert_eq(config_parse(&cfg, "unit", text, (size_t)len, &err), 0, "%s", err.text);
	free(text);
	return cfg;
}

unsigned bed_add_far(struct bed *bed, const char *fiber, unsigned lanes)
{
	const unsigned i = bed->n_far++;
	struct bed_far *far = &bed->far[i];
	struct rte_eth_conf conf = { .rxmode.mtu = 9702 };
	char name[32], args[128];

	snprintf(name, sizeof(name), "net_cpx_far%u", i);
	cr_assert_lt(i, BED_MAX_FAR);
	snprintf(args, sizeof(args), "engine=far%u,lanes=0-%u,rate=106,carrier=fiber:%s,mgmt=none",
		 i, lanes - 1, fiber);
	cr_assert_eq(rte_eal_hotplug_add("vdev", name, args), 0, "%s,%s", name, args);
	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &far->id), 0);
	far->lanes = lanes;
	cr_assert_eq(rte_eth_dev_configure(far->id, (uint16_t)lanes, (uint16_t)lanes, &conf), 0);
	for (uint16_t q = 0; q < lanes; q++) {
		cr_assert_eq(rte_eth_rx_queue_setup(far->id, q, 512, 0, NULL, bed->board->pool), 0);
		cr_assert_eq(rte_eth_tx_queue_setup(far->id, q, 512, 0, NULL), 0);
	}
	cr_assert_eq(rte_eth_dev_start(far->id), 0);
	return i;
}

struct config *bed_config(const struct bed *bed, const char *yaml)
{
	struct config *c = parse(yaml);

	for (unsigned i = 0; i < c->n_ports; i++) {
		struct config_port *p = &c->ports[i];
		unsigned far;

		if (sscanf(p->name, "p%u", &far) != 1 || far >= bed->n_far)
			continue;
		p->carrier = CONFIG_CARRIER_FIBER;
		snprintf(p->carrier_name, sizeof(p->carrier_name), "f%u", far);
	}
	return c;
}

void bed_open(struct bed *bed, const char *yaml, const unsigned *far_lanes)
{
	struct err err;

	*bed = (struct bed){ .cfg = parse(yaml) };
	for (unsigned i = 0; far_lanes[i]; i++) { /* a file must name both ends of a fiber */
		struct config_port *p = &bed->cfg->ports[i];

		p->carrier = CONFIG_CARRIER_FIBER;
		snprintf(p->carrier_name, sizeof(p->carrier_name), "f%u", i);
	}
	cr_assert_eq(board_eal_init(bed->cfg, NULL, &err), 0, "%s", err.text);
	cr_assert_eq(board_create(&bed->board, bed->cfg, &err), 0, "%s", err.text);
	snprintf(left, sizeof(left), "%s", board_telemetry_path(bed->board));
	cr_assert_eq(ports_start(bed->board, &err), 0, "%s", err.text);
	while (far_lanes[bed->n_far]) {
		char fiber[16];

		snprintf(fiber, sizeof(fiber), "f%u", bed->n_far);
		bed_add_far(bed, fiber, far_lanes[bed->n_far]);
	}
	for (unsigned i = 0; i < bed->n_far; i++) {
		struct rte_eth_link link;

		cr_assert_eq(rte_eth_link_get_nowait(bed->board->ports[i].id, &link), 0);
		cr_assert_eq(link.link_status, RTE_ETH_LINK_UP, "port %u is down", i);
		bed->board->ports[i].up = true;
	}
	bed->tsc = rte_get_tsc_hz() * 1000;
}

void bed_close(struct bed *bed)
{
	struct board *b = bed->board;

	bed_settle(bed);
	bed_forget(bed);
	bed_delta(bed, "at the end");
	for (unsigned w = 0; w < b->n_workers; w++)
		rte_rcu_qsbr_thread_offline(b->workers[w]->qsbr, w);
	neighbors_drain(b);
	bed_delta(bed, "hold queues at shutdown");
	cr_assert_eq(rte_mempool_avail_count(b->pool), b->n_buffers, "%u of %u buffers came back",
		     rte_mempool_avail_count(b->pool), b->n_buffers);
	cr_assert_eq(board_realloc_count(b), 0, "a stream of the graph had to grow");
	for (unsigned i = 0; i < bed->n_far; i++)
		cr_assert_eq(rte_eth_dev_stop(bed->far[i].id), 0);
	board_stop(b);
	for (unsigned i = 0; i < bed->n_far; i++)
		cr_assert_eq(rte_eth_dev_close(bed->far[i].id), 0);
	board_destroy(b);
	config_free(bed->cfg);
	free(bed->out);
	bed_clean();
}

void bed_clean(void)
{
	char *slash;

	if (!left[0])
		return;
	unlink(left);
	slash = strrchr(left, '/');
	*slash = '\0';
	rmdir(left);
	left[0] = '\0';
}

const uint8_t *bed_mac(const struct bed *bed, unsigned port)
{
	return bed->board->ports[port].mac;
}

/* bytes [from, to) of the frame in a segment of its own */
static struct rte_mbuf *segment(struct bed *bed, const struct frame *f, unsigned from, unsigned to)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(bed->board->pool);
	unsigned copy;

	cr_assert_not_null(m, "no packet buffer left");
	cr_assert_leq(to - from, rte_pktmbuf_tailroom(m));
	/* What follows a truncated frame in its buffer is the rest of it: a reader that runs over
	 * the end would find what it hopes for. */
	copy = RTE_MIN((unsigned)rte_pktmbuf_tailroom(m), to - from + 128);
	copy = RTE_MIN(copy, (unsigned)sizeof(f->data) - from);
	memcpy(rte_pktmbuf_mtod(m, void *), f->data + from, copy);
	m->data_len = (uint16_t)(to - from);
	m->pkt_len = to - from;
	m->hash.rss = 0;
	return m;
}

void bed_send_mbuf(struct bed *bed, unsigned port, unsigned lane, struct rte_mbuf *m)
{
	cr_assert_eq(rte_eth_tx_burst(bed->far[port].id, (uint16_t)lane, &m, 1), 1,
		     "the fiber of port %u takes no frame", port);
	bed->sent++;
}

static struct rte_mbuf *cut(struct bed *bed, const struct frame *f, const uint16_t *cuts,
			    unsigned n)
{
	struct rte_mbuf *head = NULL, *last = NULL;
	unsigned from = 0;

	for (unsigned i = 0; i <= n; i++) {
		const unsigned to = i < n ? cuts[i] : f->len;
		struct rte_mbuf *m = segment(bed, f, from, to);

		if (!head) {
			head = m;
		} else {
			last->next = m;
			head->nb_segs++;
			head->pkt_len += m->data_len;
		}
		last = m;
		from = to;
	}
	return head;
}

void bed_send_cut(struct bed *bed, unsigned port, const struct frame *f, const uint16_t *cuts,
		  unsigned n)
{
	bed_send_mbuf(bed, port, 0, cut(bed, f, cuts, n));
}

void bed_send_lane(struct bed *bed, unsigned port, unsigned lane, const struct frame *f)
{
	const unsigned room = rte_pktmbuf_data_room_size(bed->board->pool) - RTE_PKTMBUF_HEADROOM;
	uint16_t cuts[8];
	unsigned n = 0;

	while ((n + 1) * room < f->len) {
		cuts[n] = (uint16_t)((n + 1) * room);
		n++;
	}
	bed_send_mbuf(bed, port, lane, cut(bed, f, cuts, n));
}

void bed_send(struct bed *bed, unsigned port, const struct frame *f)
{
	bed_send_lane(bed, port, 0, f);
}

void bed_turn(struct bed *bed, unsigned worker)
{
	struct worker *w = bed->board->workers[worker];

	rte_rcu_qsbr_thread_online(w->qsbr, worker);
	w->tsc = bed->tsc;
	worker_turn(w);
	if (!bed->keep_grace)
		rte_rcu_qsbr_thread_offline(w->qsbr, worker);
}

void bed_control(struct bed *bed)
{
	punt_poll(bed->board);
	rcu_reap(bed->board->rcu);
	vrfs_settle(bed->board);
}

static void take(struct bed *bed, unsigned port, unsigned lane, const struct rte_mbuf *m)
{
	struct frame *f;
	uint8_t *to;

	if (bed->next_out == bed->n_out)
		bed->next_out = bed->n_out = 0;
	if (bed->n_out == bed->cap_out) {
		bed->cap_out = bed->cap_out ? bed->cap_out * 2 : 64;
		bed->out = realloc(bed->out, bed->cap_out * sizeof(*bed->out));
		cr_assert_not_null(bed->out);
	}
	f = &bed->out[bed->n_out++];
	f->port = port;
	f->lane = lane;
	f->len = m->pkt_len;
	cr_assert_leq(f->len, sizeof(f->data));
	to = f->data;
	for (; m; m = m->next) {
		memcpy(to, rte_pktmbuf_mtod(m, void *), m->data_len);
		to += m->data_len;
	}
	cr_assert_eq((unsigned)(to - f->data), f->len, "segments and packet length disagree");
}

void bed_drain(struct bed *bed)
{
	struct rte_mbuf *pkts[32];

	for (unsigned i = 0; i < bed->n_far; i++) {
		for (unsigned q = 0; q < bed->far[i].lanes; q++) {
			uint16_t n;

			while ((n = rte_eth_rx_burst(bed->far[i].id, (uint16_t)q, pkts, 32))) {
				for (uint16_t k = 0; k < n; k++)
					take(bed, i, q, pkts[k]);
				rte_pktmbuf_free_bulk(pkts, n);
				bed->got += n;
			}
		}
	}
}

/* Packets on their way between threads. */
static unsigned in_rings(const struct bed *bed)
{
	const struct board *b = bed->board;
	unsigned n = 0;

	for (unsigned w = 0; w < b->n_workers; w++) {
		for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
			n += rte_ring_count(b->workers[w]->to_control[q]);
		n += rte_ring_count(b->workers[w]->from_control);
		for (unsigned to = 0; to < b->n_workers; to++)
			n += (b->handoff[w][to] ? rte_ring_count(b->handoff[w][to]) : 0) +
			     (b->spread[w][to] ? rte_ring_count(b->spread[w][to]) : 0);
	}
	return n;
}

void bed_settle(struct bed *bed)
{
	unsigned moved = 1;

	for (unsigned round = 0; moved; round++) {
		cr_assert_lt(round, 1000, "the pipeline does not come to rest");
		moved = 0;
		for (unsigned w = 0; w < bed->board->n_workers; w++) {
			bed_turn(bed, w);
			moved += bed->board->workers[w]->rx_this_loop;
		}
		moved += in_rings(bed);
		bed_control(bed);
		moved += in_rings(bed);
		if (!bed->no_drain)
			bed_drain(bed);
	}
}

void bed_tick(struct bed *bed, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		bed->tsc += rte_get_tsc_hz();
		neighbors_tick(bed->board);
		bed_settle(bed);
	}
}

const struct frame *bed_next(struct bed *bed)
{
	return bed->next_out < bed->n_out ? &bed->out[bed->next_out++] : NULL;
}

unsigned bed_waiting(const struct bed *bed)
{
	return bed->n_out - bed->next_out;
}

void bed_forget(struct bed *bed)
{
	bed->next_out = bed->n_out = 0;
}

static struct tally sum(const struct board *b)
{
	struct tally t = { 0 };

	for (unsigned w = 0; w <= b->max_workers; w++) {
		for (unsigned lane = 0; lane < b->n_lanes; lane++) {
			const struct telemetry_block *c =
				telemetry_lcore_lane(b->telemetry, w, lane);

			t.rx += c->v[CELL_RX_PACKETS];
			t.tx += c->v[CELL_TX_PACKETS];
			t.originated += c->v[CELL_ORIGINATED];
			t.host += c->v[CELL_HOST_PACKETS];
			t.fragmented += c->v[CELL_FRAGMENTED];
			t.fragments += c->v[CELL_FRAGMENTS];
			t.errors += c->v[CELL_ICMP_ERRORS];
			t.echos += c->v[CELL_ICMP_ECHOS];
			for (unsigned d = 0; d < DROP_COUNT; d++)
				t.drop[d] += c->v[CELL_DROP + d];
		}
	}
	return t;
}

/* Frames that wait in the rings of the ports: not taken yet by the board, or by the test. */
static void in_fibers(const struct bed *bed, uint64_t *to_board, uint64_t *from_board)
{
	*to_board = *from_board = 0;
	for (unsigned i = 0; i < bed->n_far; i++) { /* a stopped port has no count: negative */
		for (uint16_t q = 0; q < bed->far[i].lanes; q++)
			*from_board +=
				(unsigned)RTE_MAX(0, rte_eth_rx_queue_count(bed->far[i].id, q));
	}
	for (unsigned i = 0; i < bed->board->n_ports; i++) {
		const struct board_port *port = &bed->board->ports[i];

		for (uint16_t q = 0; port->probed && q < port->spec.n_lanes; q++)
			*to_board += (unsigned)RTE_MAX(0, rte_eth_rx_queue_count(port->id, q));
	}
}

struct tally bed_delta(struct bed *bed, const char *what)
{
	const struct tally now = sum(bed->board);
	struct tally d = now;
	uint64_t drops = 0, to_board, from_board;

	for (unsigned i = 0; i < DROP_COUNT; i++) {
		cr_assert_geq(now.drop[i], bed->last.drop[i], "%s: a counter went down", what);
		drops += now.drop[i];
		d.drop[i] -= bed->last.drop[i];
	}
	d.rx -= bed->last.rx;
	d.tx -= bed->last.tx;
	d.originated -= bed->last.originated;
	d.host -= bed->last.host;
	d.fragmented -= bed->last.fragmented;
	d.fragments -= bed->last.fragments;
	d.errors -= bed->last.errors;
	d.echos -= bed->last.echos;
	bed->last = now;
	cr_assert_eq(
		now.rx + now.originated + now.fragments,
		now.tx + drops + now.host + now.fragmented + bed->board->held + in_rings(bed),
		"%s: %lu received + %lu originated + %lu fragments is not %lu sent + %lu dropped + "
		"%lu for the host + %lu cut + %u held + %u in rings",
		what, now.rx, now.originated, now.fragments, now.tx, drops, now.host,
		now.fragmented, bed->board->held, in_rings(bed));
	in_fibers(bed, &to_board, &from_board);
	cr_assert_eq(bed->sent, now.rx + to_board, "%s: %lu frames put in, %lu counted", what,
		     bed->sent, now.rx + to_board);
	cr_assert_eq(bed->got + from_board, now.tx, "%s: %lu frames came out, %lu counted", what,
		     bed->got + from_board, now.tx);
	return d;
}

/* All reasons of a delta as text, for messages. */
static const char *drops_text(const struct tally *d)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < DROP_COUNT && len < sizeof(text) - 64; i++)
		if (d->drop[i])
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %s %lu",
						drop_names[i], d->drop[i]);
	return text[0] ? text : " none";
}

void bed_expect_drop(struct bed *bed, const char *what, enum drop_reason reason, uint64_t n)
{
	const struct tally d = bed_delta(bed, what);
	uint64_t all = 0;

	for (unsigned i = 0; i < DROP_COUNT; i++)
		all += d.drop[i];
	cr_assert_eq(d.drop[reason], n, "%s: %lu %s expected; drops:%s, %lu sent", what, n,
		     drop_names[reason], drops_text(&d), d.tx);
	cr_assert_eq(all, n, "%s: also other drops:%s", what, drops_text(&d));
	cr_assert_eq(d.tx, 0, "%s: dropped, and yet %lu frames went out", what, d.tx);
	cr_assert_eq(bed_waiting(bed), 0);
}

void bed_expect_sent(struct bed *bed, const char *what, uint64_t rx, uint64_t tx)
{
	const struct tally d = bed_delta(bed, what);

	cr_assert_eq(d.rx, rx, "%s: %lu received, %lu expected", what, d.rx, rx);
	cr_assert_eq(d.tx, tx, "%s: %lu sent, %lu expected; drops:%s", what, d.tx, tx,
		     drops_text(&d));
}

/* A frame as hex, for messages; two at a time. */
static const char *hex(const struct frame *f)
{
	static char text[2][800];
	static unsigned turn;
	char *t = text[++turn % 2];
	int len = snprintf(t, sizeof(text[0]), "port %u, %u bytes", f->port, f->len);

	for (unsigned i = 0; i < f->len && i < 200; i++)
		len += snprintf(t + len, sizeof(text[0]) - (size_t)len, "%s%02x",
				i % 32 ? "" : "\n    ", f->data[i]);
	return t;
}

void bed_expect_frame(struct bed *bed, const char *what, unsigned port, const struct frame *want)
{
	const struct frame *f = bed_next(bed);
	struct frame w = *want;

	if (!f) {
		const struct tally d = bed_delta(bed, what);

		cr_assert_fail(
			"%s: nothing came out; %lu received, %lu for the host, %u held, drops:%s",
			what, d.rx, d.host, bed->board->held, drops_text(&d));
	}
	w.port = port;
	if (f->port != port || f->len != w.len || memcmp(f->data, w.data, f->len) != 0)
		cr_assert_fail("%s: another frame:\n  wanted %s\n  got    %s", what, hex(&w),
			       hex(f));
}

void bed_expect_nothing(struct bed *bed, const char *what)
{
	const struct frame *f = bed_next(bed);

	if (f)
		cr_assert_fail("%s: a frame came out: %s", what, hex(f));
}
