/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers come and go and lanes move between them (ctl/workers_change.c): by hand, without memory,
 * with packets that do not get out, and fifty times over under load with real threads.
 *
 * Loaded: flows enter on the four lanes of p0 and on p1 and p2; where order is looked at, they
 * leave on ports of one lane, so that it is the order in which they were put there.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "dataplane/ctl/control.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define WORKERS 3
#define PORTS   3
#define FLOWS   48

static const char yaml[] = "workers: {count: 3}\n"
			   "ports:\n"
			   "  p0: {lanes: oe0/0-3, carrier: loop, addresses: [10.0.0.1/24]}\n"
			   "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24]}\n"
			   "  p2: {lanes: oe0/9, carrier: loop, addresses: [10.0.2.1/24]}\n"
			   "neighbors:\n"
			   "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
			   "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
			   "  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n";

static const uint8_t host[PORTS][6] = { { 2, 0, 0, 0, 0, 2 },
					{ 2, 0, 0, 0, 1, 2 },
					{ 2, 0, 0, 0, 2, 2 } };
static struct bed bed;
static struct board *b;
static struct frame in;
static struct err err;

TestSuite(workers_change, .fini = bed_clean);

static void start(const char *text)
{
	bed_open(&bed, text, (const unsigned[]){ 4, 1, 1, 0 });
	b = bed.board;
}

static void resize(unsigned n)
{
	cr_assert_eq(workers_resize(b, n, &err), 0, "%u: %s", n, err.text);
	cr_assert_eq(b->n_workers, n);
	cr_assert_eq(b->placement.n_workers, n);
}

static void packet(unsigned from, unsigned to, unsigned flow)
{
	char src[16], dst[16];

	snprintf(src, sizeof(src), "10.0.%u.2", from);
	snprintf(dst, sizeof(dst), "10.0.%u.2", to);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, from),
				      .from = host[from],
				      .src = src,
				      .dst = dst,
				      .src_port = (uint16_t)(1000 + flow),
				      .payload = 30 });
}

/* From everywhere to everywhere else. */
static void all_pass(const char *what)
{
	unsigned n = 0;

	for (unsigned from = 0; from < PORTS; from++) {
		for (unsigned to = 0; to < PORTS; to++) {
			for (unsigned i = 0; i < 8 && from != to; i++, n++) {
				packet(from, to, i);
				bed_send_lane(&bed, from, from ? 0 : i % 4, &in);
			}
		}
	}
	bed_settle(&bed);
	for (const struct frame *f; (f = bed_next(&bed));)
		cr_assert_arr_eq(f->data, host[f->port], 6, "%s: astray", what);
	bed_expect_sent(&bed, what, n, n);
}

static unsigned zones;

static void count_zone(const struct rte_memzone *z, void *arg)
{
	(void)z;
	(void)arg;
	zones++;
}

/* Pieces of DPDK memory and memory zones in use. */
static void footprint(size_t out[2])
{
	struct rte_malloc_socket_stats heap;

	rcu_reap(b->rcu);
	zones = 0;
	rte_memzone_walk(count_zone, NULL);
	cr_assert_eq(rte_malloc_get_socket_stats(0, &heap), 0);
	out[0] = heap.alloc_count;
	out[1] = zones;
}

static void expect_layout(unsigned workers)
{
	unsigned lanes[WORKERS] = { 0 };

	for (unsigned l = 0; l < b->n_lanes; l++) {
		cr_assert_lt(b->lanes[l].worker, workers);
		lanes[b->lanes[l].worker]++;
	}
	for (unsigned w = 0; w < WORKERS; w++) {
		const struct telemetry_block *block = telemetry_lcore(b->telemetry, w);

		cr_expect_eq(lanes[w] != 0, w < workers);
		cr_expect_eq(block->v[WORKER_ROLE], w < workers ? ROLE_WORKER : ROLE_NONE);
		cr_expect_eq(block->v[WORKER_LANES], lanes[w]);
	}
}

Test(workers_change, by_hand)
{
	size_t before[2], after[2];

	start(yaml);
	cr_assert_eq(b->max_workers, WORKERS, "more CPUs than two make more places");
	all_pass("three");
	footprint(before);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned n = 1; n <= WORKERS; n++) {
			resize(n);
			expect_layout(n);
			all_pass("some");
		}
		resize(2);
		resize(1);
		resize(3);
	}
	bed_control(&bed);
	footprint(after);
	cr_expect_eq(after[0], before[0], "%zu pieces of memory, %zu before", after[0], before[0]);
	cr_expect_eq(after[1], before[1], "%zu memory zones, %zu before", after[1], before[1]);
	bed_close(&bed);
}

Test(workers_change, refused)
{
	start(yaml);
	cr_expect_eq(workers_resize(b, 0, &err), -EINVAL);
	cr_expect_eq(workers_resize(b, b->max_workers + 1, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "can have 1 to"), "%s", err.text);
	cr_expect_eq(lane_move(b, 6, 0, &err), -EINVAL);
	cr_expect_eq(lane_move(b, 0, 3, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "lanes 0 to 5 and workers 0 to 2"), "%s", err.text);
	resize(3);
	expect_layout(3);
	all_pass("as before");
	bed_close(&bed);
}

static int ask(unsigned count, json_t *reply)
{
	json_t *request = json_pack("{s:s, s:i}", "verb", "workers", "count", (int)count);
	int ret = -ENOENT;

	for (size_t i = 0; i < board_n_verbs; i++)
		if (strcmp(board_verbs[i].name, "workers") == 0)
			ret = board_verbs[i].handler(b, request, reply, &err);
	json_decref(request);
	return ret;
}

Test(workers_change, asked_for)
{
	json_t *reply = json_object();

	start(yaml);
	cr_assert_eq(ask(2, reply), 0, "%s", err.text);
	expect_layout(2);
	cr_expect_eq(json_integer_value(json_object_get(reply, "workers")), 2);
	cr_expect_eq(json_integer_value(json_object_get(reply, "most")), b->max_workers);
	cr_expect_neq(ask(0, reply), 0);
	cr_expect_eq(ask(b->max_workers + 1, reply), -EINVAL);
	expect_layout(2);
	json_decref(reply);
	all_pass("two");
	bed_close(&bed);
}

Test(workers_change, lanes_move)
{
	start(yaml);
	for (unsigned l = 0; l < b->n_lanes; l++) {
		for (unsigned w = 0; w < WORKERS; w++) {
			cr_assert_eq(lane_move(b, l, w, &err), 0, "%s", err.text);
			cr_expect_eq(b->lanes[l].worker, w);
			cr_expect_eq(telemetry_lane(b->telemetry, l)->v[LANE_RX_WORKER], w);
			all_pass("moved");
		}
	}
	for (unsigned w = 0; w < 2; w++) { /* all are worker 2's now: the others help it */
		cr_expect_eq(b->placement.workers[w].helps, 2);
		cr_expect_not_null(b->spread[2][w]);
	}
	bed_close(&bed);
}

/* Who does not take what waits for it keeps everything as it is. */
Test(workers_change, no_rest)
{
	unsigned owner, sender;

	start(yaml);
	owner = b->lanes[4].worker;
	sender = b->lanes[5].worker;
	cr_assert_neq(owner, sender);
	packet(2, 1, 0);
	bed_send(&bed, 2, &in);
	bed_turn(&bed, sender);
	cr_assert_eq(rte_ring_count(b->handoff[sender][owner]), 1);
	cr_expect_eq(workers_resize(b, 1, &err), -EBUSY);
	cr_expect_not_null(strstr(err.text, "did not get out"), "%s", err.text);
	expect_layout(3);
	cr_expect_eq(lane_move(b, 4, sender, &err), -EBUSY);
	expect_layout(3);
	cr_assert_eq(rte_ring_count(b->handoff[sender][owner]), 1);
	bed_settle(&bed);
	bed_expect_sent(&bed, "waited", 1, 1);
	bed_forget(&bed);
	all_pass("as before");
	resize(1);
	packet(1, 0, 0);
	all_pass("one");
	bed_close(&bed);
}

/* What a worker that goes has punted is answered for all that. */
Test(workers_change, punted_packets_stay)
{
	start(yaml);
	for (unsigned l = 0; l < 4; l++) {
		frame_arp(&in, false, NULL, host[0], 0, "10.0.0.2", "10.0.0.1");
		bed_send_lane(&bed, 0, l, &in);
	}
	for (unsigned w = 0; w < WORKERS; w++)
		bed_turn(&bed, w);
	resize(1);
	bed_settle(&bed);
	cr_expect_eq(bed_waiting(&bed), 4);
	bed_forget(&bed);
	cr_expect_eq(bed_delta(&bed, "answered").host, 4);
	bed_close(&bed);
}

Test(workers_change, no_memory)
{
	void *taken[4096];
	unsigned n = 0;

	start(yaml);
	resize(2);
	for (size_t size = 64u << 20; size >= 64; size /= 2)
		while (n < RTE_DIM(taken) && (taken[n] = rte_malloc(NULL, size, 0)))
			n++;
	cr_assert_lt(n, RTE_DIM(taken));
	cr_expect_eq(workers_resize(b, 3, &err), -ENOMEM, "%s", err.text);
	cr_expect_eq(workers_resize(b, 1, &err), -ENOMEM, "%s", err.text);
	cr_expect_eq(lane_move(b, 0, !b->lanes[0].worker, &err), -ENOMEM, "%s", err.text);
	cr_assert_eq(b->n_workers, 2);
	expect_layout(2);
	all_pass("as before");
	while (n > 0)
		rte_free(taken[--n]);
	resize(3);
	expect_layout(3);
	all_pass("with memory");
	bed_close(&bed);
}

/*
 * The load, on a thread of its own: so many packets are on their way and no more, those of each
 * flow numbered. What leaves on p1 and p2 must be the next of its flow.
 */
struct load {
	pthread_t thread;
	bool stop;
	bool stuck;
	uint64_t sent, back, wrong;
	unsigned wrong_flow, wrong_id, wrong_wanted;
	uint16_t next[FLOWS], seen[FLOWS];
};

#define WINDOW 192 /* less than any ring holds */

static struct frame flows[FLOWS];

/* A third from p0, by its lanes, to each of the others; the rest between p1, p2 and p0. */
static void make_flows(void)
{
	static const uint8_t way[6][2] = { { 0, 1 }, { 0, 2 }, { 0, 1 },
					   { 1, 2 }, { 2, 1 }, { 1, 0 } };

	for (unsigned f = 0; f < FLOWS; f++) {
		packet(way[f % 6][0], way[f % 6][1], f);
		flows[f] = in;
		flows[f].port = way[f % 6][0];
		flows[f].lane = way[f % 6][0] ? 0 : f / 6 % 4;
	}
}

static void load_send(struct load *l)
{
	const unsigned flow = l->sent * 7 % FLOWS;
	const struct frame *f = &flows[flow];
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);
	uint8_t *p;

	if (!m)
		return;
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)f->len);
	memcpy(p, f->data, f->len);
	p[14 + 28] = (uint8_t)(l->next[flow] >> 8); /* payload; checksums are not looked at */
	p[14 + 29] = (uint8_t)l->next[flow];
	if (rte_eth_tx_burst(bed.far[f->port].id, (uint16_t)f->lane, &m, 1) != 1) {
		rte_pktmbuf_free(m);
		return;
	}
	l->next[flow]++;
	l->sent++;
}

static void load_look(struct load *l, unsigned port, const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const unsigned flow = frame_get16(p + 14 + 20) - 1000u, id = frame_get16(p + 14 + 28);

	l->back++;
	if (port == 0)
		return;
	if (flow >= FLOWS || id != l->seen[flow]) {
		l->wrong_flow = flow;
		l->wrong_id = id;
		l->wrong_wanted = flow < FLOWS ? l->seen[flow] : 0;
		l->wrong++;
		return;
	}
	l->seen[flow]++;
}

static void load_take(struct load *l)
{
	struct rte_mbuf *pkts[32];

	for (unsigned i = 0; i < PORTS; i++) {
		for (uint16_t q = 0; q < bed.far[i].lanes; q++) {
			const uint16_t n = rte_eth_rx_burst(bed.far[i].id, q, pkts, 32);

			for (uint16_t k = 0; k < n; k++)
				load_look(l, i, pkts[k]);
			rte_pktmbuf_free_bulk(pkts, n);
		}
	}
}

static void *load_run(void *arg)
{
	struct load *l = arg;
	unsigned idle = 0;

	while (!load_acquire(&l->stop) && !l->wrong) {
		const uint64_t back = l->back;

		for (unsigned i = 0; i < 32 && l->sent - l->back < WINDOW; i++)
			load_send(l);
		load_take(l);
		idle = l->back == back ? idle + 1 : 0;
		if (idle > 16)
			usleep(20);
	}
	for (idle = 0; l->back < l->sent && idle < 200000 && !l->wrong; idle++) {
		load_take(l);
		usleep(20);
	}
	l->stuck = l->back < l->sent;
	return NULL;
}

/* Workers write their blocks' sequences, and nobody else does. */
Test(workers_change, described_while_they_run)
{
	uint64_t seq[WORKERS];

	start(yaml);
	all_pass("so that they are written");
	for (unsigned w = 0; w < WORKERS; w++)
		seq[w] = telemetry_lcore(b->telemetry, w)->seq;
	stats_describe(b);
	for (unsigned w = 0; w < WORKERS; w++)
		cr_expect_eq(telemetry_lcore(b->telemetry, w)->seq, seq[w], "worker %u", w);
	cr_assert_eq(workers_start(b, &err), 0, "%s", err.text);
	for (unsigned i = 0; i < 10000; i++) {
		stats_describe(b);
		if (i % 100 == 0)
			telemetry_publish(b->telemetry);
	}
	workers_stop(b);
	for (unsigned w = 0; w < WORKERS; w++) {
		const uint64_t now = telemetry_lcore(b->telemetry, w)->seq;

		cr_expect_eq(now % 2, 0, "worker %u: its block is as if being written", w);
		cr_expect_gt(now, seq[w], "worker %u has not run", w);
	}
	expect_layout(WORKERS);
	bed_close(&bed);
}

static struct load load;
static uint64_t sums[4]; /* rx, tx, drops, packets of workers: as last seen */

static void look_at_sums(void)
{
	uint64_t now[4] = { 0 };

	for (unsigned w = 0; w <= b->max_workers; w++) {
		for (unsigned lane = 0; lane < b->n_lanes; lane++) {
			const struct telemetry_block *c =
				telemetry_lcore_lane(b->telemetry, w, lane);

			now[0] += load_relaxed(&c->v[CELL_RX_PACKETS]);
			now[1] += load_relaxed(&c->v[CELL_TX_PACKETS]);
			for (unsigned d = 0; d < DROP_COUNT; d++)
				now[2] += load_relaxed(&c->v[CELL_DROP + d]);
		}
		now[3] += load_relaxed(&telemetry_lcore(b->telemetry, w)->v[WORKER_PACKETS]);
	}
	for (unsigned i = 0; i < RTE_DIM(sums); i++) {
		cr_assert_geq(now[i], sums[i], "sum %u went down", i);
		sums[i] = now[i];
	}
}

static void load_start(const char *text)
{
	start(text);
	make_flows();
	for (unsigned w = 0; w < b->n_workers; w++)
		cr_assert_eq(rte_eal_remote_launch(worker_main, b->workers[w], w + 1), 0);
	b->running = true;
	cr_assert_eq(pthread_create(&load.thread, NULL, load_run, &load), 0);
}

/* Until `more` packets have come back since. */
static void load_wait(uint64_t more)
{
	const uint64_t wanted = load_relaxed(&load.back) + more;

	while (load_relaxed(&load.back) < wanted && !load_relaxed(&load.wrong)) {
		bed_control(&bed);
		look_at_sums();
		usleep(100);
	}
}

static void load_end(void)
{
	struct tally d;

	load_wait(20 * WINDOW);
	store_release(&load.stop, true);
	pthread_join(load.thread, NULL);
	workers_stop(b);
	cr_expect_eq(load.wrong, 0, "flow %u: %u came where %u was due", load.wrong_flow,
		     load.wrong_id, load.wrong_wanted);
	cr_expect_not(load.stuck, "%lu of %lu came back", load.back, load.sent);
	bed.sent = load.sent;
	bed.got = load.back;
	bed_settle(&bed);
	d = bed_delta(&bed, "all rounds");
	for (unsigned i = 0; i < DROP_COUNT; i++)
		cr_expect(!d.drop[i], "%lu %s", d.drop[i], bed_drop_name(i));
	cr_expect_eq(d.rx, load.sent);
	cr_expect_eq(d.tx, load.sent);
	for (unsigned w = 0; w < b->n_workers; w++)
		b->workers[w]->stop = false;
	bed_close(&bed);
}

/* -EBUSY is no failure where the CPUs are shared: nothing has changed, one asks again. */
static void again(int ret)
{
	static unsigned busy;

	cr_assert(!ret || (ret == -EBUSY && ++busy < 100), "%s", err.text);
}

Test(workers_change, come_and_go_under_load, .timeout = 110)
{
	static const uint8_t to[] = { 1, 3, 2, 3, 1, 2, 1, 3 };
	unsigned most = 0;

	load_start(yaml);
	for (unsigned round = 0; round < 50; round++) {
		again(workers_resize(b, 1, &err));
		load_wait(4 * WINDOW);
		again(workers_resize(b, 3, &err));
		most += b->n_workers == 3;
		load_wait(4 * WINDOW);
	}
	for (unsigned i = 0; i < RTE_DIM(to); i++) {
		again(workers_resize(b, to[i], &err));
		load_wait(4 * WINDOW);
	}
	cr_expect_geq(most, 25, "%u of 50 times three", most);
	load_end();
}

Test(workers_change, lanes_move_under_load, .timeout = 110)
{
	uint64_t seed = 11;

	load_start(yaml);
	for (unsigned i = 0; i < 200; i++) {
		again(lane_move(b, (unsigned)(guard_random(&seed) % b->n_lanes),
				(unsigned)(guard_random(&seed) % WORKERS), &err));
		if (i % 4 == 0)
			load_wait(WINDOW / 2);
	}
	load_end();
}

/* One lane for three workers, of which two help: each flow keeps its order. */
Test(workers_change, helpers_under_load, .timeout = 110)
{
	load_start(yaml);
	for (unsigned workers = 3; workers >= 2; workers--) {
		for (unsigned w = 0; w < workers; w++) {
			const uint64_t packets = sums[3];

			for (unsigned l = 0; l < b->n_lanes; l++)
				again(lane_move(b, l, w, &err));
			load_wait(20 * WINDOW);
			cr_expect_gt(sums[3], packets);
		}
		for (unsigned w = 0; w < workers; w++)
			cr_expect_neq(b->placement.workers[w].helps == PLACEMENT_NOBODY,
				      w != workers - 1);
		again(workers_resize(b, 2, &err));
	}
	load_end();
}
