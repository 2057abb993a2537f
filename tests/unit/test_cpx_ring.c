/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_ring.h, cpx_ring.c: order, room, wrap of slots and of the 32-bit indices, two threads. */
#include <pthread.h>
#include <stdlib.h>

#include "pmd/cpx_ring.h"
#include "tests/unit/cpx_port.h"

#define SIZE 64

/* A ring in plain memory whose indices start at `from`; no EAL. */
static struct cpx_ring *ring_at(uint32_t from)
{
	struct cpx_ring *r = aligned_alloc(CPX_LINE, sizeof(*r) + SIZE * sizeof(r->slot[0]));

	memset(r, 0, sizeof(*r));
	r->size = SIZE;
	r->mask = SIZE - 1;
	r->prod = r->cons = from;
	return r;
}

static struct rte_mbuf *number(uintptr_t n)
{
	return (struct rte_mbuf *)(n + 1);
}

/* Put n numbered pointers in as far as there is room. */
static uint32_t put(struct cpx_ring_end *e, uintptr_t first, uint32_t n)
{
	struct rte_mbuf *in[SIZE];
	uint32_t room = cpx_ring_room(e, n);

	for (uint32_t i = 0; i < room; i++)
		in[i] = number(first + i);
	cpx_ring_fill(e, in, room);
	cpx_ring_submit(e, room);
	return room;
}

static uint32_t take(struct cpx_ring_end *e, uintptr_t first, uint32_t n)
{
	struct rte_mbuf *out[SIZE];

	n = cpx_ring_peek(e, n);
	cpx_ring_read(e, out, n);
	cpx_ring_release(e, n);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(out[i], number(first + i));
	return n;
}

Test(ring, keeps_order_over_every_wrap)
{
	static const uint32_t starts[] = { 0, 1, SIZE - 3, UINT32_MAX - 5, UINT32_MAX - SIZE };

	for (unsigned k = 0; k < RTE_DIM(starts); k++) {
		struct cpx_ring *r = ring_at(starts[k]);
		struct cpx_ring_end tx, rx;
		uintptr_t in = 0, out = 0;

		cpx_ring_produce(&tx, r);
		cpx_ring_consume(&rx, r);
		for (unsigned i = 0; i < 4000; i++) {
			in += put(&tx, in, i % 37);
			cr_assert_eq(cpx_ring_count(r), in - out);
			out += take(&rx, out, i % 41);
		}
		cr_assert_gt(out, 10 * SIZE);
		free(r);
	}
}

Test(ring, takes_as_many_as_it_has_slots)
{
	struct cpx_ring *r = ring_at(7);
	struct cpx_ring_end tx, rx;

	cpx_ring_produce(&tx, r);
	cpx_ring_consume(&rx, r);
	cr_expect_eq(cpx_ring_peek(&rx, 5), 0);
	cr_expect_eq(put(&tx, 0, 40), 40);
	cr_expect_eq(put(&tx, 40, 40), SIZE - 40);
	cr_expect_eq(cpx_ring_room(&tx, 1), 0);
	cr_expect_eq(cpx_ring_count(r), SIZE);
	cr_expect_eq(take(&rx, 0, 1), 1);
	cr_expect_eq(cpx_ring_room(&tx, 5), 1);
	free(r);
}

#define THROUGH 500000

static struct cpx_ring *shared;

static void *producer(void *arg)
{
	struct cpx_ring_end tx;
	uintptr_t in = 0;

	cpx_ring_produce(&tx, shared);
	while (in < THROUGH)
		in += put(&tx, in, (uint32_t)RTE_MIN((uintptr_t)1 + in % 32, THROUGH - in));
	return NULL;
}

Test(ring, two_threads)
{
	struct cpx_ring_end rx;
	uintptr_t out = 0;
	pthread_t thread;

	shared = ring_at(UINT32_MAX - 1000);
	cpx_ring_consume(&rx, shared);
	cr_assert_eq(pthread_create(&thread, NULL, producer, NULL), 0);
	while (out < THROUGH)
		out += take(&rx, out, 1 + out % 29);
	pthread_join(thread, NULL);
	cr_assert_eq(cpx_ring_count(shared), 0);
	free(shared);
}

Test(ring, flush_and_free_give_every_frame_back)
{
	struct cpx_ring_end tx;
	struct rte_mbuf *m[10];
	struct cpx_ring *r;

	start_eal();
	r = cpx_ring_create(SIZE, SOCKET_ID_ANY);
	cr_assert_not_null(r);
	cpx_ring_produce(&tx, r);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 10; i++)
			m[i] = frame(60, 0);
		cr_assert_eq(cpx_ring_room(&tx, 10), 10);
		cpx_ring_fill(&tx, m, 10);
		cpx_ring_submit(&tx, 10);
		cr_assert_eq(pool_level(), POOL_FRAMES - 10);
		if (round == 0)
			cr_assert_eq(cpx_ring_flush(r), 10);
		else
			cpx_ring_free(r);
		cr_assert_eq(pool_level(), POOL_FRAMES);
	}
	cpx_ring_free(NULL);
}
