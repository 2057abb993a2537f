/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/queues.c: peers that come and go under load. A worker thread never stops sending and
 * receiving while this thread plays the control thread, as in a driver; an echoing process at the
 * far end is killed, stopped, replaced. A second fiber to another process must not notice.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "tests/unit/fiber_pair.h"

#define LANES   2
#define LONGEST 1500

TestSuite(queues, .init = make_folder, .fini = remove_folder, .timeout = 100);

/* The far end: sends back what comes, on the lane it came from, until the peer leaves. */
static int echo(struct fiber *f)
{
	uint8_t frame[LONGEST];

	for (;;) {
		bool idle = true;

		for (uint32_t l = 0; l < LANES; l++) {
			int n = fiber_receive(fiber_rx_queue(f, l), frame, sizeof(frame));

			if (n <= 0)
				continue;
			idle = false;
			while (fiber_send(fiber_tx_queue(f, l), frame, (uint32_t)n) == -EAGAIN) {
				if (fiber_process(f) & FIBER_EVENT_DOWN)
					return 0;
				sched_yield();
			}
		}
		if (fiber_process(f) & FIBER_EVENT_DOWN)
			return 0;
		if (idle)
			sched_yield();
	}
}

/* The worker: drives all lanes of some fibers, never waits for anybody. */
struct worker {
	struct fiber *fiber[2];
	unsigned n_fibers;
	uint32_t stop;
	uint64_t loops; /* each is a quiescent point */
	/* of fiber[i], lane l; the worker's */
	uint64_t sent[2][LANES], received[2][LANES], damaged;
	uint32_t restart; /* the control thread: count from 0 again on fiber[0] */
	pthread_t thread;
};

static uint32_t length_of(uint64_t n)
{
	return 14 + (uint32_t)(n * 2654435761u >> 8) % (LONGEST - 13);
}

static void turn(struct worker *w, unsigned i, uint32_t l)
{
	struct fiber_tx *tx = fiber_tx_queue(w->fiber[i], l);
	struct fiber_rx *rx = fiber_rx_queue(w->fiber[i], l);
	uint8_t frame[LONGEST];

	for (unsigned k = 0; k < 8; k++) {
		uint32_t len = length_of(w->sent[i][l]);

		fill_frame(frame, w->sent[i][l], len);
		if (fiber_send(tx, frame, len) != 0)
			break;
		counter_add(&w->sent[i][l], 1);
	}
	for (unsigned k = 0; k < 8; k++) {
		uint64_t want = w->received[i][l];
		int n = fiber_receive(rx, frame, sizeof(frame));

		if (n <= 0)
			break;
		if ((uint32_t)n != length_of(want) || !frame_is(frame, want, (uint32_t)n))
			counter_add(&w->damaged, 1);
		counter_add(&w->received[i][l], 1);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!load_acquire(&w->stop)) {
		uint64_t before = 0, after = 0;

		if (load_acquire(&w->restart)) {
			for (uint32_t l = 0; l < LANES; l++)
				w->sent[0][l] = w->received[0][l] = 0;
			store_release(&w->restart, 0);
		}
		for (unsigned i = 0; i < w->n_fibers; i++)
			for (uint32_t l = 0; l < LANES; l++) {
				before += w->sent[i][l] + w->received[i][l];
				turn(w, i, l);
				after += w->sent[i][l] + w->received[i][l];
			}
		store_release(&w->loops, w->loops + 1);
		if (before == after)
			sched_yield();
	}
	return NULL;
}

/* The worker was outside every queue call at some moment after this began. */
static void grace(struct worker *w)
{
	uint64_t from = load_acquire(&w->loops);

	while (load_acquire(&w->loops) - from < 2)
		sched_yield();
}

static void start_again(struct worker *w)
{
	store_release(&w->restart, 1);
	while (load_acquire(&w->restart))
		sched_yield();
}

static uint64_t features; /* 0 or LENT */

static struct fiber_config wanted(const char *path, bool server)
{
	return (struct fiber_config){ .path = path,
				      .server = server,
				      .lanes = LANES,
				      .slots = 64,
				      .slot_bytes = 512,
				      .features = features };
}

static uint64_t echoed(struct worker *w, unsigned i)
{
	return load_relaxed(&w->received[i][0]) + load_relaxed(&w->received[i][1]);
}

static void until_echoed(struct worker *w, unsigned i, uint64_t frames)
{
	while (echoed(w, i) < frames)
		sched_yield();
}

struct totals {
	uint64_t sent, received;
};

static struct totals totals(struct fiber *f)
{
	struct totals t = { 0 };

	for (uint32_t l = 0; l < LANES; l++) {
		t.sent += load_relaxed(&fiber_tx_queue(f, l)->count.packets);
		t.received += load_relaxed(&fiber_rx_queue(f, l)->count.packets);
	}
	return t;
}

/* A second fiber with its own far end. */
static char other_path[120];

static pid_t start_other(struct worker *w)
{
	char path[sizeof(socket_path)];
	pid_t pid;

	snprintf(other_path, sizeof(other_path), "%s/other.sock", folder);
	w->fiber[1] = new_fiber(wanted(other_path, true));
	strcpy(path, socket_path);
	strcpy(socket_path, other_path);
	pid = far_end(wanted(NULL, false), echo);
	strcpy(socket_path, path);
	pump_until(w->fiber[1], NULL, FIBER_UP);
	return pid;
}

static void end_of(struct worker *w)
{
	store_release(&w->stop, 1);
	pthread_join(w->thread, NULL);
	cr_expect_eq(w->damaged, 0);
}

static void clients_killed(void)
{
	struct worker w = { .n_fibers = 2 };
	struct totals last = { 0 };
	pid_t other;

	w.fiber[0] = new_fiber(wanted(NULL, true));
	other = start_other(&w);
	cr_assert_eq(pthread_create(&w.thread, NULL, work, &w), 0);
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid = far_end(wanted(NULL, false), echo);
		uint64_t quiet;
		struct totals t;

		pump_until(w.fiber[0], NULL, FIBER_UP);
		until_echoed(&w, 0, 1000 + 237 * i);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert(pump_until(w.fiber[0], NULL, FIBER_DOWN) & FIBER_EVENT_DOWN);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		cr_assert_eq(fiber_process(w.fiber[0]), 0, "said once");
		grace(&w);
		t = totals(w.fiber[0]);
		cr_assert_gt(t.sent, last.sent, "counters outlive the peer");
		cr_assert_gt(t.received, last.received);
		last = t;
		cr_assert_eq(fiber_quiescent(w.fiber[0]), 0);
		start_again(&w);
		quiet = echoed(&w, 1);
		until_echoed(&w, 1, quiet + 200); /* the other fiber goes on */
	}
	cr_expect_eq(status_of(w.fiber[0]).connections, 20);
	end_of(&w);
	for (uint32_t l = 0; l < LANES; l++) {
		cr_expect_eq(fiber_tx_queue(w.fiber[0], l)->count.protocol_errors, 0);
		cr_expect_eq(fiber_rx_queue(w.fiber[0], l)->count.protocol_errors, 0);
	}
	/* The other lost nothing: what it has not yet sent back comes now, on any lane. */
	for (bool waiting = true; waiting;) {
		waiting = false;
		for (uint32_t l = 0; l < LANES; l++) {
			uint8_t frame[LONGEST];
			int n;

			if (w.received[1][l] == w.sent[1][l])
				continue;
			waiting = true;
			n = fiber_receive(fiber_rx_queue(w.fiber[1], l), frame, sizeof(frame));
			if (n == -EAGAIN) {
				sched_yield();
				continue;
			}
			cr_assert_gt(n, 0);
			cr_assert(frame_is(frame, w.received[1][l]++, (uint32_t)n));
		}
	}
	fiber_destroy(w.fiber[1]);
	fiber_destroy(w.fiber[0]);
	reap(other);
	unlink(other_path);
}

Test(queues, clients_killed_under_load)
{
	clients_killed();
}

Test(queues, borrowing_clients_killed_under_load)
{
	features = FIBER_FEATURE_LENT;
	clients_killed();
}

static void servers_killed(void)
{
	struct worker w = { .n_fibers = 1 };

	w.fiber[0] = new_fiber(wanted(NULL, false));
	cr_assert_eq(pthread_create(&w.thread, NULL, work, &w), 0);
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid = far_end(wanted(NULL, true), echo);

		pump_until(w.fiber[0], NULL, FIBER_UP);
		until_echoed(&w, 0, 500 + 137 * i);
		kill(pid, SIGKILL);
		pump_until(w.fiber[0], NULL, FIBER_DOWN);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		cr_assert_eq(access(socket_path, F_OK), 0, "a killed server leaves its socket");
		grace(&w);
		cr_assert_eq(fiber_quiescent(w.fiber[0]), 0);
		start_again(&w);
	}
	end_of(&w);
	fiber_destroy(w.fiber[0]);
}

Test(queues, servers_killed_under_load)
{
	servers_killed();
}

Test(queues, lending_servers_killed_under_load)
{
	features = FIBER_FEATURE_LENT;
	servers_killed();
}

Test(queues, a_stopped_peer_stops_only_its_fiber)
{
	struct worker w = { .n_fibers = 2 };
	uint64_t frames, full;
	pid_t pid, other;

	w.fiber[0] = new_fiber(wanted(NULL, true));
	other = start_other(&w);
	pid = far_end(wanted(NULL, false), echo);
	pump_until(w.fiber[0], NULL, FIBER_UP);
	cr_assert_eq(pthread_create(&w.thread, NULL, work, &w), 0);
	until_echoed(&w, 0, 2000);
	cr_assert_eq(kill(pid, SIGSTOP), 0);
	cr_assert_eq(waitpid(pid, NULL, WUNTRACED), pid);
	/* Its rings fill up, then there is back-pressure and nothing else. */
	full = load_relaxed(&fiber_tx_queue(w.fiber[0], 0)->count.full);
	while (load_relaxed(&fiber_tx_queue(w.fiber[0], 0)->count.full) < full + 1000)
		sched_yield();
	frames = echoed(&w, 1);
	until_echoed(&w, 1, frames + 2000);
	cr_expect_eq(fiber_process(w.fiber[0]), 0);
	cr_expect_eq(status_of(w.fiber[0]).state, FIBER_UP);
	struct fiber_progress held = { 0 }, other_one = { 0 };

	cr_expect_not(fiber_tx_stalled(w.fiber[0], 0, &held), "seen once only");
	cr_expect_not(fiber_tx_stalled(w.fiber[1], 0, &other_one));
	frames = echoed(&w, 1);
	until_echoed(&w, 1, frames + 2000);
	cr_expect(fiber_tx_stalled(w.fiber[0], 0, &held));
	cr_expect(fiber_tx_stalled(w.fiber[0], 0, &held), "as long as it lasts");
	cr_expect_not(fiber_tx_stalled(w.fiber[1], 0, &other_one));
	cr_assert_eq(kill(pid, SIGCONT), 0);
	frames = echoed(&w, 0);
	until_echoed(&w, 0, frames + 2000);
	cr_expect_not(fiber_tx_stalled(w.fiber[0], 0, &held));
	end_of(&w); /* nothing was lost, damaged or out of order */
	fiber_destroy(w.fiber[0]);
	fiber_destroy(w.fiber[1]);
	reap(pid);
	reap(other);
	unlink(other_path);
}

Test(queues, a_lane_is_stalled_when_nothing_is_taken_off_it)
{
	struct fiber_config c = { .lanes = 2, .slots = 16 };
	struct pair p = new_pair(c, c);
	struct fiber_progress at = { 0 }, beyond = { 0 };
	uint8_t frame[60] = { 0 };

	cr_expect_not(fiber_tx_stalled(p.server, 0, &at));
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at), "empty");
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at), "it came after the last look");
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	cr_expect(fiber_tx_stalled(p.server, 0, &at), "sending more is no progress");
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), frame, 60), 60);
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at), "one was taken");
	cr_expect(fiber_tx_stalled(p.server, 0, &at), "… and not the other");
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), frame, 60), 60);
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at));
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at));
	cr_expect_not(fiber_tx_stalled(p.server, 2, &beyond));
	cr_expect_not(fiber_tx_stalled(p.server, UINT32_MAX, &beyond));

	/* What was remembered of a peer says nothing of the next. */
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at));
	cr_expect_eq(fiber_disconnect(p.server), FIBER_EVENT_DOWN);
	beyond = at;
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at), "no peer");
	cr_expect_eq(fiber_quiescent(p.server), 0);
	cr_expect_not(fiber_tx_stalled(p.server, 0, &at));
	pump_until(p.client, p.server, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(p.client), 0);
	pump_until(p.client, p.server, FIBER_UP);
	pump_until(p.server, p.client, FIBER_UP);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	p.server->tx[0].ring->cons = beyond.taken;
	cr_expect_not(fiber_tx_stalled(p.server, 0, &beyond), "the same numbers of another peer");

	/* Nor is a lane stalled that a hostile peer stopped, or whose cons jumps about. */
	p.server->tx[0].ring->cons += 0x80000000;
	cr_expect_not(fiber_tx_stalled(p.server, 0, &beyond));
	for (int i = 0; i < 14; i++)
		fiber_send(fiber_tx_queue(p.server, 0), frame, 60);
	cr_expect(fiber_tx_dead(fiber_tx_queue(p.server, 0)));
	cr_expect_not(fiber_tx_stalled(p.server, 0, &beyond));
	free_pair(p);
}

Test(queues, a_lane_in_protocol_error_recovers_by_reconnecting)
{
	struct fiber_config c = wanted(NULL, false);
	uint8_t frame[60] = { 0 };
	struct pair p;

	c.server = true;
	p = new_pair(c, wanted(NULL, false));
	fiber_rx_queue(p.server, 0)->ring->prod += 1000; /* the client would not */
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.server, 0), frame, 60), -EPROTO);
	cr_expect(fiber_rx_dead(fiber_rx_queue(p.server, 0)));
	cr_expect_not(fiber_rx_dead(fiber_rx_queue(p.server, 1)));
	cr_expect_eq(fiber_send(fiber_tx_queue(p.client, 1), frame, 60), 0);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.server, 1), frame, 60), 60);
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0, "the way back is well");
	cr_expect_eq(fiber_disconnect(p.server), FIBER_EVENT_DOWN);
	cr_expect_eq(fiber_quiescent(p.server), 0);
	cr_expect_eq(fiber_disconnect(p.server), 0);
	pump_until(p.client, p.server, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(p.client), 0);
	pump_until(p.client, p.server, FIBER_UP);
	pump_until(p.server, p.client, FIBER_UP);
	cr_expect_not(fiber_rx_dead(fiber_rx_queue(p.server, 0)));
	cr_expect_eq(fiber_send(fiber_tx_queue(p.client, 0), frame, 60), 0);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.server, 0), frame, 60), 60);
	cr_expect_eq(fiber_rx_queue(p.server, 0)->count.protocol_errors, 1);
	free_pair(p);
}

static struct fiber *faulty;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	if (!fiber_fault(faulty, info->si_addr))
		_exit(9);
}

Test(queues, memory_that_goes_away_takes_one_fiber_down)
{
	struct sigaction act = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	struct fiber_config c = wanted(NULL, true);
	struct pair p = new_pair(c, wanted(NULL, false));
	int empty = memfd_create("empty", MFD_CLOEXEC);
	uint8_t frame[60] = { 0 };

	faulty = p.server;
	sigaction(SIGBUS, &act, NULL);
	cr_expect_not(fiber_fault(p.server, frame));
	cr_expect_not(fiber_fault(p.server, p.server->region.base - 1));
	cr_assert_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	/* What a hole without a page to fill it does to us, an empty file does too. */
	cr_assert_neq(mmap(p.server->region.base, p.server->region.layout.region_bytes,
			   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, empty, 0),
		      MAP_FAILED);
	fiber_send(fiber_tx_queue(p.server, 0), frame, 60);
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), -ENOTCONN);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.server, 1), frame, 60), -ENOTCONN);
	cr_expect(pump_until(p.server, NULL, FIBER_DOWN) & FIBER_EVENT_DOWN);
	cr_expect_not_null(strstr(status_of(p.server).reason, "memory"));
	cr_expect_eq(fiber_quiescent(p.server), 0);
	pump_until(p.client, p.server, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(p.client), 0);
	pump_until(p.client, p.server, FIBER_UP);
	pump_until(p.server, p.client, FIBER_UP);
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, 60), 0);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), frame, 60), 60);
	close(empty);
	free_pair(p);
}
