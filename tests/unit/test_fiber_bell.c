/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/bell.c: no wake-up is lost, none is needed while awake, and no bell can block us. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/timerfd.h>

#include "tests/unit/fiber_pair.h"

TestSuite(bell, .init = make_folder, .fini = remove_folder, .timeout = 100);

static const struct fiber_config sleepy = { .slots = 16, .features = FIBER_FEATURE_SLEEP };

Test(bell, arm_and_ring)
{
	struct pair p = new_pair(sleepy, sleepy);
	struct fiber_tx *tx = fiber_tx_queue(p.client, 0);
	struct fiber_rx *rx = fiber_rx_queue(p.server, 0);
	struct pollfd bell = { .fd = fiber_rx_bell(rx), .events = POLLIN };
	uint8_t frame[60] = { 0 };

	cr_assert_eq(fiber_send(tx, frame, 60), 0);
	cr_expect_eq(tx->count.wakes, 0, "nobody sleeps");
	cr_expect_eq(fiber_rx_arm(rx), -EAGAIN);
	cr_assert_eq(fiber_receive(rx, frame, 60), 60);
	cr_assert_eq(fiber_rx_arm(rx), 0);
	cr_expect_eq(poll(&bell, 1, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(fiber_send(tx, frame, 60), 0);
	cr_expect_eq(tx->count.wakes, 1, "one bell for all");
	cr_expect_eq(poll(&bell, 1, 0), 1);
	fiber_rx_disarm(rx);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(fiber_receive(rx, frame, 60), 60);
	cr_expect_eq(fiber_rx_arm(rx), 0, "an old bell does not count");
	cr_expect_eq(poll(&bell, 1, 0), 0);
	free_pair(p);
}

Test(bell, without_the_feature)
{
	struct fiber_config c = { 0 };
	struct pair p = new_pair(sleepy, c);
	struct fiber_rx *rx = fiber_rx_queue(p.server, 0);

	cr_expect_eq(fiber_rx_arm(rx), -ENOTSUP);
	cr_expect_eq(fiber_rx_wait(rx, 0), -ENOTSUP);
	cr_expect_eq(fiber_rx_bell(rx), -1);
	free_pair(p);
}

Test(bell, only_a_datagram_socket_is_one)
{
	int pair[2], fd;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	cr_expect(fiber_bell_check(pair[0]));
	close(pair[0]);
	close(pair[1]);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	cr_expect_not(fiber_bell_check(pair[0]));
	close(pair[0]);
	close(pair[1]);
	cr_assert_eq(pipe(pair), 0);
	cr_expect_not(fiber_bell_check(pair[1]));
	close(pair[0]);
	close(pair[1]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	cr_expect_not(fiber_bell_check(fd));
	close(fd);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	cr_expect_not(fiber_bell_check(fd));
	close(fd);
	cr_expect_not(fiber_bell_check(-1));
}

Test(bell, a_full_bell_does_not_block)
{
	struct pair p = new_pair(sleepy, sleepy);
	struct fiber_tx *tx = fiber_tx_queue(p.client, 0);
	struct fiber_rx *rx = fiber_rx_queue(p.server, 0);
	uint8_t frame[60] = { 0 };

	/* A peer that makes the socket blocking, never empties it and always says it sleeps. */
	cr_assert_eq(fcntl(fiber_rx_bell(rx), F_SETFL, 0), 0);
	cr_assert_eq(fcntl(tx->bell, F_SETFL, 0), 0);
	for (unsigned i = 0; i < 20000; i++) {
		rx->ring->sleeping = 1;
		cr_assert_eq(fiber_send(tx, frame, 60), 0);
		cr_assert_eq(fiber_receive(rx, frame, 60), 60);
	}
	cr_expect_eq(tx->count.wakes, 20000);
	cr_expect_eq(fiber_rx_arm(rx), 0, "nor does emptying it");
	free_pair(p);
}

#define ROUNDS 20000

/* Sends one frame at a time and waits, asleep, until it has come back. */
static int answer(struct fiber *f)
{
	struct fiber_rx *rx = fiber_rx_queue(f, 0);
	uint8_t frame[60];

	for (unsigned n = 0; n < ROUNDS;) {
		if (fiber_receive(rx, frame, sizeof(frame)) == 60) {
			if (fiber_send(fiber_tx_queue(f, 0), frame, 60) != 0)
				return 1;
			n++;
		} else if (fiber_rx_wait(rx, 1000) < 0) {
			return 2;
		}
	}
	while (!(fiber_process(f) & FIBER_EVENT_DOWN))
		poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 100);
	return 0;
}

Test(bell, two_sleepers_wake_each_other)
{
	struct fiber_config s = sleepy;
	struct fiber_rx *rx;
	uint8_t frame[60];
	struct fiber *f;
	unsigned slept = 0;
	pid_t pid;

	s.server = true;
	f = new_fiber(s);
	pid = far_end(sleepy, answer);
	pump_until(f, NULL, FIBER_UP);
	rx = fiber_rx_queue(f, 0);
	for (uint64_t n = 0; n < ROUNDS; n++) {
		fill_frame(frame, n, 60);
		cr_assert_eq(fiber_send(fiber_tx_queue(f, 0), frame, 60), 0);
		for (;;) {
			int len = fiber_receive(rx, frame, sizeof(frame));

			if (len == 60)
				break;
			cr_assert_eq(len, -EAGAIN);
			cr_assert_eq(fiber_rx_wait(rx, 1000), 0);
			slept++;
		}
		cr_assert(frame_is(frame, n, 60));
	}
	/* A lost wake-up would cost a second each time: the suite's time limit sees many of them.
	 */
	cr_expect_gt(slept, 0);
	fiber_destroy(f);
	reap(pid);
}

#define RACES 100000

static uint32_t taken, sent;

/* A frame as soon as the one before was taken, a little later each time. */
static void *race(void *arg)
{
	uint8_t frame[60] = { 0 };

	for (uint32_t n = 0; n < RACES; n++) {
		for (unsigned i = 0; load_acquire(&taken) != n; i++)
			if (i % 1000 == 999)
				sched_yield();
		for (unsigned i = 0; i < n % 512; i++)
			load_relaxed(&taken);
		fiber_send(arg, frame, sizeof(frame));
		store_release(&sent, n + 1);
	}
	return NULL;
}

Test(bell, no_frame_slips_past_one_who_goes_to_sleep)
{
	struct pair p = new_pair(sleepy, sleepy);
	struct fiber_rx *rx = fiber_rx_queue(p.server, 0);
	struct pollfd bell = { .fd = fiber_rx_bell(rx), .events = POLLIN };
	uint8_t frame[60];
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, race, fiber_tx_queue(p.client, 0)), 0);
	for (uint32_t n = 0; n < RACES;) {
		if (fiber_receive(rx, frame, sizeof(frame)) == 60) {
			store_release(&taken, ++n);
			continue;
		}
		if (fiber_rx_arm(rx) != 0)
			continue;
		/* Wait in any way for the frame to be sent: then the bell must have rung. */
		while (load_acquire(&sent) != n + 1)
			if (poll(&bell, 1, 1) == 1)
				break;
		cr_assert_eq(poll(&bell, 1, 0), 1, "frame %u came, its bell did not", n);
		fiber_rx_disarm(rx);
	}
	pthread_join(thread, NULL);
	free_pair(p);
}
