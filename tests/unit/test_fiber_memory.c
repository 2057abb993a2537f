/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/memory.c: frames that the program still holds outlive their connection, their owner and
 * the fiber itself; the next connection comes up meanwhile; and a peer that comes and goes can not
 * make us pile them up. Owner and borrower are processes that are killed.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>

#include "tests/unit/fiber_pair.h"

#define BYTES 1000

static uint8_t frame[BYTES];

TestSuite(memory, .init = make_folder, .fini = remove_folder, .timeout = 100);

static struct fiber_config lending(bool server)
{
	return (struct fiber_config){ .server = server,
				      .slots = 16,
				      .features = FIBER_FEATURE_LENT };
}

/* A frame that the program keeps, with the pool that it lies in. */
struct kept {
	struct fiber_pool *pool;
	const uint8_t *data;
	uint32_t x;
};

static struct kept keep(struct fiber *f)
{
	struct fiber_rx *rx = fiber_rx_queue(f, 0);
	struct fiber_frame got;

	while (!fiber_rx_poll(rx, 1))
		sched_yield();
	cr_assert(fiber_rx_next(rx, &got));
	fiber_rx_release(rx, 1, got.bytes);
	cr_assert_neq(got.frame[0], FIBER_NO_FRAME);
	return (struct kept){ fiber_pool_ref(fiber_rx_pool(rx)), got.data, got.frame[0] };
}

static bool is_whole(const struct kept *k, uint64_t n)
{
	return frame_is(k->data, n, BYTES);
}

/* The far end sends numbered frames until it is killed or the peer goes. */
static int send_all(struct fiber *f)
{
	for (uint64_t n = 0;; n++) {
		fill_frame(frame, n, BYTES);
		while (fiber_send(fiber_tx_queue(f, 0), frame, BYTES) != 0) {
			if (fiber_process(f) & FIBER_EVENT_DOWN)
				return 0;
			sched_yield();
		}
	}
}

/* … or takes what comes, and keeps half of it. */
static int keep_half(struct fiber *f)
{
	struct fiber_rx *rx = fiber_rx_queue(f, 0);
	struct fiber_frame got;

	for (unsigned n = 0;;) {
		if (fiber_process(f) & FIBER_EVENT_DOWN)
			return 0;
		if (!fiber_rx_poll(rx, 1)) {
			sched_yield();
			continue;
		}
		while (fiber_rx_next(rx, &got))
			if (n++ % 2 == 0 || n > 60)
				fiber_rx_give_back_frame(rx, &got);
		fiber_rx_release(rx, 1, 0);
	}
}

static sigjmp_buf back;

static void fault(int sig)
{
	siglongjmp(back, sig);
}

static bool reads(const volatile uint8_t *at)
{
	signal(SIGSEGV, fault);
	if (sigsetjmp(back, 1) != 0)
		return false;
	(void)*at;
	return true;
}

Test(memory, the_owner_is_killed_while_its_frames_are_held)
{
	struct fiber *f = new_fiber(lending(true));
	struct kept old[3], new;
	pid_t pid;

	for (unsigned i = 0; i < 3; i++) {
		pid = far_end(lending(false), send_all);
		pump_until(f, NULL, FIBER_UP);
		old[i] = keep(f);
		cr_assert(is_whole(&old[i], 0));
		kill(pid, SIGKILL);
		pump_until(f, NULL, FIBER_DOWN);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		cr_expect(is_whole(&old[i], 0), "down");
		cr_expect_null(fiber_peer_pool(f));
		cr_expect_eq(fiber_quiescent(f), 0);
		cr_expect(is_whole(&old[i], 0), "quiescent");
		cr_expect_eq(status_of(f).former_pools, i + 1);
		cr_expect_null(fiber_rx_pool(fiber_rx_queue(f, 0)));
		/* Given back late: to nobody. */
		fiber_rx_give_back(fiber_rx_queue(f, 0), old[i].pool, &old[i].x, 1);
	}
	/* The next one comes up all the same, and its frames are others. */
	pid = far_end(lending(false), send_all);
	pump_until(f, NULL, FIBER_UP);
	cr_expect_not_null(fiber_peer_pool(f));
	new = keep(f);
	cr_expect_eq(new.pool, fiber_peer_pool(f));
	for (unsigned i = 0; i < 3; i++) {
		cr_expect_neq(old[i].pool, new.pool);
		cr_expect(is_whole(&old[i], 0));
		fiber_rx_give_back(fiber_rx_queue(f, 0), old[i].pool, &old[i].x, 1);
		cr_expect_eq(fiber_rx_queue(f, 0)->returned, 0);
		fiber_pool_unref(old[i].pool);
		fiber_process(f);
		cr_expect_eq(status_of(f).former_pools, 2 - i);
		cr_expect_not(reads(old[i].data), "nobody held it any more");
	}
	cr_expect(is_whole(&new, 0));
	fiber_rx_give_back(fiber_rx_queue(f, 0), new.pool, &new.x, 1);
	cr_expect_eq(fiber_rx_queue(f, 0)->returned, 1);
	fiber_pool_unref(new.pool);
	fiber_destroy(f);
	cr_expect_not(reads(new.data));
	reap(pid);
}

Test(memory, the_borrower_is_killed_while_it_holds_frames)
{
	struct fiber *f = new_fiber(lending(true));
	struct fiber_tx *tx = fiber_tx_queue(f, 0);

	for (unsigned i = 0; i < 5; i++) {
		pid_t pid = far_end(lending(false), keep_half);

		pump_until(f, NULL, FIBER_UP);
		cr_assert_eq(tx->free, 64, "all frames are there again");
		for (unsigned n = 0; n < 5000;) {
			fill_frame(frame, n, BYTES);
			if (fiber_send(tx, frame, BYTES) == 0)
				n++;
			else
				sched_yield();
		}
		cr_expect_lt(tx->free, 64);
		kill(pid, SIGKILL);
		pump_until(f, NULL, FIBER_DOWN);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		cr_expect_eq(fiber_quiescent(f), 0);
		cr_expect_eq(status_of(f).former_pools, 0);
	}
	cr_expect_eq(tx->count.bad_returns, 0);
	cr_expect_eq(tx->count.protocol_errors, 0);
	fiber_destroy(f);
}

Test(memory, frames_outlive_the_fiber)
{
	struct pair p = new_pair(lending(true), lending(false));
	struct kept a, b;

	fill_frame(frame, 1, BYTES);
	cr_assert_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, BYTES), 0);
	cr_assert_eq(fiber_send(fiber_tx_queue(p.client, 0), frame, BYTES), 0);
	a = keep(p.server);
	b = keep(p.client);
	free_pair(p);
	cr_expect(is_whole(&a, 1) && is_whole(&b, 1));
	fiber_pool_unref(a.pool);
	fiber_pool_unref(b.pool);
	cr_expect_not(reads(a.data));
	cr_expect_not(reads(b.data));
}

/* A peer comes up, sends a frame that we keep, and leaves. */
static struct kept visit(struct fiber *f, bool lent)
{
	struct fiber *peer = new_fiber(lending(false));
	struct kept k = { 0 };

	pump_until(f, peer, FIBER_UP);
	pump_until(peer, f, FIBER_UP);
	cr_assert_eq(!!(status_of(f).terms.features & FIBER_FEATURE_LENT), lent);
	cr_assert_eq(fiber_peer_pool(f) != NULL, lent);
	cr_assert_eq(fiber_send(fiber_tx_queue(peer, 0), frame, BYTES), 0);
	if (lent)
		k = keep(f);
	else
		cr_assert_eq(fiber_receive(fiber_rx_queue(f, 0), frame, BYTES), BYTES);
	fiber_destroy(peer);
	pump_until(f, NULL, FIBER_DOWN);
	cr_assert_eq(fiber_quiescent(f), 0);
	return k;
}

Test(memory, no_more_than_a_few_former_pools)
{
	struct fiber *f = new_fiber(lending(true));
	struct kept k[FIBER_MAX_FORMER];

	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		k[i] = visit(f, true);
	/* Then frames are copied, as long as the program holds on to the others. */
	visit(f, false);
	visit(f, false);
	cr_expect_eq(status_of(f).former_pools, FIBER_MAX_FORMER);
	fiber_pool_unref(k[2].pool);
	k[2] = visit(f, true);
	visit(f, false);
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		fiber_pool_unref(k[i].pool);
	fiber_process(f);
	cr_expect_eq(status_of(f).former_pools, 0);
	fiber_destroy(f);
}

Test(memory, where_lent_is_required_a_peer_has_to_wait)
{
	for (int turned = 0; turned < 2; turned++) {
		struct fiber_config c = lending(!turned);
		struct kept k[FIBER_MAX_FORMER];
		struct fiber *f, *peer;

		c.required = FIBER_FEATURE_LENT;
		f = new_fiber(c);
		for (unsigned i = 0; i < FIBER_MAX_FORMER; i++) {
			peer = new_fiber(lending(turned));
			pump_until(f, peer, FIBER_UP);
			pump_until(peer, f, FIBER_UP);
			cr_assert_eq(fiber_send(fiber_tx_queue(peer, 0), frame, BYTES), 0);
			k[i] = keep(f);
			fiber_destroy(peer);
			pump_until(f, NULL, FIBER_DOWN);
			cr_assert_eq(fiber_quiescent(f), 0);
		}
		peer = new_fiber(lending(turned));
		for (int i = 0; i < PUMPS && status_of(f).refusals < 2; i++) {
			poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 10);
			fiber_process(f);
			fiber_process(peer);
		}
		cr_expect_geq(status_of(f).refusals, 2);
		cr_expect_not_null(strstr(status_of(f).reason, "still held"), "%s",
				   status_of(f).reason);
		cr_expect_eq(status_of(peer).connections, 0);
		fiber_pool_unref(k[0].pool);
		pump_until(f, peer, FIBER_UP);
		pump_until(peer, f, FIBER_UP);
		for (unsigned i = 1; i < FIBER_MAX_FORMER; i++)
			fiber_pool_unref(k[i].pool);
		fiber_destroy(peer);
		fiber_destroy(f);
	}
}

Test(memory, connections_that_lend_leave_nothing_behind)
{
	struct fiber *f = new_fiber(lending(true));
	unsigned before;

	fiber_process(f);
	before = open_fds();
	for (unsigned i = 0; i < 100; i++) {
		struct kept k = visit(f, true);

		fiber_pool_unref(k.pool);
		cr_assert_eq(open_fds(), before);
	}
	fiber_process(f);
	cr_expect_eq(status_of(f).former_pools, 0);
	fiber_destroy(f);
}

Test(memory, a_pool_that_faults_takes_the_fiber_down)
{
	struct pair p = new_pair(lending(true), lending(false));
	const uint8_t *at = fiber_pool_frames(fiber_peer_pool(p.server), 0);

	cr_expect_not(fiber_fault(p.server, at - 4096));
	cr_expect(fiber_fault(p.server, at));
	cr_expect_eq(*at, 0);
	cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 0), frame, BYTES), -ENOTCONN);
	cr_expect(pump_until(p.server, NULL, FIBER_DOWN) & FIBER_EVENT_DOWN);
	cr_expect_eq(fiber_quiescent(p.server), 0);
	free_pair(p);
}
