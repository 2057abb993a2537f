/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers that sleep: each thing that can happen wakes them. Here they would sleep for a minute if
 * it did not, so that a wake-up that is lost is a test that does not end.
 */
#include "tests/unit/board.h"

#include <pthread.h>
#include <unistd.h>

#include <rte_cycles.h>

#define MINUTE 60000000000ull

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 };
static struct bed bed;
static struct frame transit;
static pthread_t threads[2];

TestSuite(sleep, .fini = bed_clean, .timeout = 50);

static void *run(void *w)
{
	worker_main(w);
	return NULL;
}

static void start(const char *workers, uint64_t longest_ns)
{
	static char yaml[1024];

	snprintf(yaml, sizeof(yaml),
		 "workers: {%s}\n"
		 "ports:\n"
		 "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"
		 "  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24]}\n"
		 "neighbors:\n"
		 "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
		 "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n",
		 workers);
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	frame_udp(&transit, &(struct udp){ .to = bed_mac(&bed, 0),
					   .from = host0,
					   .src = "10.0.0.9",
					   .dst = "10.0.1.2",
					   .payload = 30 });
	for (unsigned w = 0; w < bed.board->n_workers; w++) {
		bed.board->workers[w]->sleeper.longest_ns = longest_ns;
		cr_assert_eq(pthread_create(&threads[w], NULL, run, bed.board->workers[w]), 0);
	}
}

static void stop(void)
{
	for (unsigned w = 0; w < bed.board->n_workers; w++) {
		worker_stop(bed.board->workers[w]);
		cr_assert_eq(pthread_join(threads[w], NULL), 0);
	}
	bed_close(&bed);
}

static void until_asleep(unsigned w)
{
	while (!load_acquire(&bed.board->workers[w]->sleeper.asleep))
		usleep(100);
}

static void until_out(void)
{
	while (bed_waiting(&bed) == 0) {
		bed_drain(&bed);
		usleep(10);
	}
	bed_next(&bed);
	bed_forget(&bed);
}

Test(sleep, a_packet_wakes)
{
	start("count: 1", MINUTE);
	for (unsigned i = 0; i < 50; i++) {
		if (i % 2 == 0)
			until_asleep(0); /* else while it falls asleep, or is awake */
		bed_send(&bed, 0, &transit);
		until_out();
	}
	cr_expect(bed.board->workers[0]->sleeper.wakes);
	until_asleep(0);
	stop();
}

Test(sleep, the_control_thread_wakes)
{
	struct board *b;

	start("count: 1", MINUTE);
	b = bed.board;
	for (unsigned i = 0; i < 50; i++) {
		static const uint8_t frame[60];

		until_asleep(0);
		punt_send(b, &b->ifaces[1], frame, sizeof(frame));
		until_out();
	}
	stop();
}

/* The new configuration is seen, and its lanes wake, too. */
Test(sleep, a_configuration_wakes)
{
	const struct worker *w;

	start("count: 1", MINUTE);
	w = bed.board->workers[0];
	for (unsigned i = 0; i < 20; i++) {
		until_asleep(0);
		cr_assert_eq(workers_republish(bed.board), 0);
		while (load_acquire(&w->cfg) != load_acquire(&w->next_cfg))
			usleep(10);
		rcu_reap(bed.board->rcu);
		until_asleep(0);
		bed_send(&bed, 0, &transit);
		until_out();
	}
	stop();
}

/* From worker to worker, both asleep before. */
Test(sleep, a_packet_that_is_handed_over_wakes)
{
	const struct board *b;

	start("count: 2", MINUTE);
	b = bed.board;
	cr_assert_neq(b->lanes[0].worker, b->lanes[1].worker);
	for (unsigned i = 0; i < 50; i++) {
		until_asleep(0);
		until_asleep(1);
		bed_send(&bed, 0, &transit);
		until_out();
	}
	stop();
}

Test(sleep, who_is_awake_gets_no_bell)
{
	struct sleeper s;
	struct err err;
	uint64_t rung;

	cr_assert_eq(sleeper_open(&s, 0, &err), 0);
	sleeper_wake(&s);
	cr_expect_lt(read(s.bell, &rung, sizeof(rung)), 0);
	store_relaxed(&s.asleep, 1);
	sleeper_wake(&s);
	cr_expect_eq(load_relaxed(&s.asleep), 0);
	sleeper_wake(&s);
	cr_assert_eq(read(s.bell, &rung, sizeof(rung)), (ssize_t)sizeof(rung));
	cr_expect_eq(rung, 1);
	sleeper_close(&s);
}

static void expect_mostly_asleep(void)
{
	const uint64_t *v = bed.board->workers[0]->block->v;
	uint64_t all = 0, asleep = 0;

	while (all < rte_get_tsc_hz() / 2) {
		usleep(10000);
		asleep = load_relaxed(&v[WORKER_ASLEEP]);
		all = load_relaxed(&v[WORKER_BUSY]) + load_relaxed(&v[WORKER_IDLE]) + asleep;
	}
	cr_expect_gt((double)asleep / (double)all, 0.5, "asleep %.1f %% of its time",
		     100.0 * (double)asleep / (double)all);
}

Test(sleep, an_idle_worker_is_asleep)
{
	start("count: 1", SLEEP_LONGEST_NS);
	expect_mostly_asleep();
	stop();
}

/* Lanes without interrupts: naps, never below and never far above what they may be. */
Test(sleep, an_idle_worker_naps_without_interrupts)
{
	const struct sleeper *s;

	start("count: 1", MINUTE);
	until_asleep(0);
	for (unsigned i = 0; i < bed.board->n_ports; i++)
		bed.board->ports[i].wakes = false;
	cr_assert_eq(workers_republish(bed.board), 0);
	expect_mostly_asleep();
	s = &bed.board->workers[0]->sleeper;
	cr_expect_not(s->wakes);
	cr_expect(s->nap_ns >= SLEEP_NAP_NS && s->nap_ns <= SLEEP_NAP_MAX_NS, "%lu", s->nap_ns);
	bed_send(&bed, 0, &transit);
	until_out();
	stop();
}
