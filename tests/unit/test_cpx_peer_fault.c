/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_fault.c: memory that goes away takes one fiber down, and nothing else. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "tests/unit/cpx_peer_port.h"

TestSuite(peer_fault, .init = start_peer, .fini = remove_folder);

/* What a hole without a page to fill it does to us, an empty file in its place does, too. */
static void take_memory(uint16_t port)
{
	const struct fiber_layout *l = &far->region.layout;
	uint8_t *base = (uint8_t *)rxq_of(port, 0)->fiber->ring - l->ring_offset - l->ring_stride;
	int empty = memfd_create("empty", MFD_CLOEXEC);

	cr_assert_geq(empty, 0);
	cr_assert_neq(mmap(base, l->region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			   empty, 0),
		      MAP_FAILED);
	close(empty);
}

static void expect_traffic(uint16_t port)
{
	uint8_t bytes[2048] = { 0 };

	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_eq(fiber_receive(fiber_rx_queue(far, 0), bytes, sizeof(bytes)), 60);
	cr_assert_eq(fiber_send(fiber_tx_queue(far, 0), bytes, 61), 0);
	rte_pktmbuf_free(take(port, 0));
}

static bool touch_by_send(uint16_t port)
{
	struct rte_mbuf *m = frame(60, 0);

	if (send_one(port, 0, m) == 0)
		rte_pktmbuf_free(m);
	return true;
}

static bool touch_by_receive(uint16_t port)
{
	rte_pktmbuf_free(receive_one(port, 0));
	return true;
}

static bool touch_by_count(uint16_t port)
{
	rte_eth_rx_queue_count(port, 0);
	return true;
}

static void one_goes_down(bool (*touch)(uint16_t port))
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	expect_traffic(port);
	take_memory(port);
	touch(port);
	until(!is_up(port));
	until(is_up(port) && status_of(far).state == FIBER_UP && status_of(far).connections == 2);
	expect_traffic(port);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_fault, in_transmit)
{
	one_goes_down(touch_by_send);
}

Test(peer_fault, in_receive)
{
	one_goes_down(touch_by_receive);
}

Test(peer_fault, in_a_control_call)
{
	one_goes_down(touch_by_count);
}

/* The interrupt thread itself, looking whether a lane is stalled. */
Test(peer_fault, in_the_interrupt_thread)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	take_memory(port);
	until(!is_up(port));
	until(is_up(port));
	until(status_of(far).state == FIBER_UP);
	expect_traffic(port);
}

static uint16_t polled;
static uint32_t enough;

static void *receiver(void *arg)
{
	while (!load_acquire(&enough))
		rte_pktmbuf_free(receive_one(polled, 0));
	return NULL;
}

static void *sender(void *arg)
{
	while (!load_acquire(&enough))
		touch_by_send(polled);
	return NULL;
}

/* Faults of two threads at once, while another port comes and goes. */
Test(peer_fault, under_load_beside_ports_that_come_and_go)
{
	char other[128];
	pthread_t threads[2];

	polled = running_peer_port("net_cpx0", "role=server", 1);
	snprintf(other, sizeof(other), "carrier=fiber:%s.other,role=server", socket_path);
	cr_assert_eq(pthread_create(&threads[0], NULL, receiver, NULL), 0);
	cr_assert_eq(pthread_create(&threads[1], NULL, sender, NULL), 0);
	far = new_fiber((struct fiber_config){ 0 });
	for (uint64_t round = 1; round <= 50; round++) {
		until(status_of(far).state == FIBER_UP && status_of(far).connections == round);
		until(is_up(polled));
		take_memory(polled);
		for (unsigned i = 0; i < 4; i++) {
			running_port("net_cpx1", other, 1);
			cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
		}
		until(status_of(far).state != FIBER_UP);
	}
	store_release(&enough, 1);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	cr_assert_eq(rte_eth_dev_stop(polled), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- faults that are not ours ---- */

static volatile uint8_t *nothing_behind(void)
{
	int empty = memfd_create("empty", MFD_CLOEXEC);
	uint8_t *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, empty, 0);

	cr_assert_neq(at, MAP_FAILED);
	close(empty);
	return at;
}

static sigjmp_buf back;
static void *reported;

static void theirs(int sig, siginfo_t *info, void *context)
{
	reported = info->si_addr;
	siglongjmp(back, 1);
}

Test(peer_fault, of_others_go_to_their_handler)
{
	struct sigaction act = { .sa_sigaction = theirs, .sa_flags = SA_SIGINFO };
	volatile uint8_t *at = nothing_behind();
	uint16_t port;

	cr_assert_eq(sigaction(SIGBUS, &act, NULL), 0);
	port = running_peer_port("net_cpx0", "role=server", 1);
	far_of(port, (struct fiber_config){ 0 });
	if (sigsetjmp(back, 1) == 0)
		*at = 1;
	cr_assert_eq(reported, (void *)(uintptr_t)at);
	cr_assert(is_up(port));
	expect_traffic(port);
}

#if !defined(__SANITIZE_ADDRESS__) /* which handles it, and then there is somebody */
Test(peer_fault, of_nobody_end_the_program, .signal = SIGBUS)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	remove_folder();
	*nothing_behind() = 1;
}
#endif
