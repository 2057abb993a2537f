/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_unmap.c: no memory is taken from under an lcore, and none is kept. */
#include <pthread.h>
#include <signal.h>

#include "tests/unit/cpx_peer_port.h"

TestSuite(peer_unmap, .init = start_peer, .fini = remove_folder);

Test(peer_unmap, waits_for_an_lcore_that_is_inside)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);
	uint32_t *queue0 = &rxq_of(port, 0)->inside, *queue1 = &txq_of(port, 1)->inside;

	far_of(port, (struct fiber_config){ .lanes = 2 });
	cr_assert_eq(mapped(), 2, "the port's and the far end's");
	store_release(queue0, 1);
	far_gone(port);
	usleep(50000);
	cr_assert_eq(mapped(), 1);
	far = new_fiber((struct fiber_config){ .lanes = 2 });
	for (unsigned i = 0; i < 50; i++) {
		pump_far();
		usleep(1000);
	}
	cr_assert_not(is_up(port), "the next peer waits as well");
	/* one that was seen outside may go in again: it will see that nothing is there */
	store_release(queue1, 1);
	store_release(queue0, 0);
	until(status_of(far).state == FIBER_UP && is_up(port));
	cr_assert_eq(mapped(), 2);
	store_release(queue1, 0);
}

Test(peer_unmap, a_stopped_port_needs_nobody_to_leave)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	far_gone(port);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	until(mapped() == 0);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
}

/* ---- peers that are killed under full load ---- */

#define LANES   4
#define KILLS   80 /* or as many as the environment's CPX_KILLS says */
#define THREADS 3

static uint16_t busy;
static uint32_t enough;
static uint64_t received[LANES], sent[LANES];

/* Each drives some lanes, both ways, as fast as it can. */
static void *lcore(void *arg)
{
	const uint16_t first = (uint16_t)(uintptr_t)arg;
	struct rte_mbuf *m[32];

	while (!load_acquire(&enough)) {
		for (uint16_t lane = first; lane < LANES; lane += THREADS) {
			uint16_t n = rte_eth_rx_burst(busy, lane, m, 32), out;

			counter_add(&received[lane], n);
			out = rte_eth_tx_burst(busy, lane, m, n);
			counter_add(&sent[lane], out);
			rte_pktmbuf_free_bulk(m + out, n - out);
		}
	}
	return NULL;
}

/* A process that sends and receives on every lane until it is killed. */
static pid_t victim(void)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct fiber_config c = { .path = socket_path, .lanes = LANES };
		uint8_t bytes[2048] = { 0 };
		struct fiber *f;

		close_inherited();
		if (fiber_create(&f, &c, NULL) < 0)
			_exit(1);
		for (;;) {
			if (fiber_process(f) & FIBER_EVENT_DOWN)
				fiber_quiescent(f);
			for (uint32_t lane = 0; lane < LANES; lane++) {
				for (unsigned i = 0; i < 32; i++)
					fiber_send(fiber_tx_queue(f, lane), bytes, 60 + 16 * i);
				while (fiber_receive(fiber_rx_queue(f, lane), bytes,
						     sizeof(bytes)) > 0)
					continue;
			}
		}
	}
	return pid;
}

static uint64_t sum(const uint64_t *of)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < LANES; i++)
		n += load_relaxed(&of[i]);
	return n;
}

Test(peer_unmap, peers_killed_under_load)
{
	const char *more = getenv("CPX_KILLS");
	const unsigned kills = more != NULL ? (unsigned)atoi(more) : KILLS;
	unsigned seed = 7, fds = 0;
	pthread_t threads[THREADS];
	struct rte_eth_stats s;

	busy = running_peer_port("net_cpx0", "lanes=4,role=server", LANES);
	for (unsigned i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, lcore, (void *)(uintptr_t)i), 0);
	for (unsigned kill_number = 0; kill_number < kills; kill_number++) {
		const uint64_t before = sum(received);
		pid_t pid = victim();

		until(sum(received) > before + 100);
		usleep(rand_r(&seed) % 5000);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		until(!is_up(busy));
		if (kill_number == 20) {
			until(mapped() == 0);
			fds = open_fds();
		}
	}
	until(mapped() == 0);
	cr_expect_eq(open_fds(), fds);
	store_release(&enough, 1);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rte_eth_stats_get(busy, &s);
	cr_expect_eq(s.ipackets, sum(received), "statistics outlive every peer");
	cr_expect_eq(s.opackets, sum(sent));
	cr_assert_eq(rte_eth_dev_stop(busy), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
