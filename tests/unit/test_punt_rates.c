/* SPDX-License-Identifier: BSD-3-Clause */
/* Punt rates among workers, and rings that hold all bursts. */
#include "dataplane/run/punt_rates.h"

#include <criterion/criterion.h>

#include "tests/unit/guard.h"

static const struct punt_rate defaults[PUNT_COUNT] = {
#define _(sym, name, pps, burst, queue, help) { pps, burst },
	PUNT_CLASSES(_)
#undef _
};

Test(punt_rates, a_worker_alone_has_it_all)
{
	struct punt_rate share[PUNT_COUNT];

	punt_rates_share(share, defaults, 1);
	for (unsigned i = 0; i < PUNT_COUNT; i++) {
		cr_expect_eq(share[i].pps, defaults[i].pps * PUNT_UNITS);
		cr_expect_eq(share[i].burst, defaults[i].burst);
	}
}

Test(punt_rates, bursts_are_shared_out)
{
	struct punt_rate share[PUNT_COUNT];

	for (unsigned n = 1; n <= 32; n++) {
		punt_rates_share(share, defaults, n);
		for (unsigned i = 0; i < PUNT_COUNT; i++) {
			cr_expect_leq(share[i].pps * n, defaults[i].pps * PUNT_UNITS);
			cr_expect_gt((share[i].pps + 1) * n, defaults[i].pps * PUNT_UNITS);
			cr_expect_geq(share[i].burst * n, defaults[i].burst);
			cr_expect_lt((share[i].burst - 1) * n, defaults[i].burst);
		}
	}
}

static void divide(uint32_t *units, const uint64_t *demand, unsigned n, uint32_t pps)
{
	uint64_t sum = 0;

	punt_rates_divide(units, demand, n, pps);
	for (unsigned w = 0; w < n; w++)
		sum += units[w];
	cr_expect_leq(sum, (uint64_t)pps * PUNT_UNITS, "more than there is");
	cr_expect_gt(sum + n, (uint64_t)pps * PUNT_UNITS, "some is left");
}

Test(punt_rates, who_needs_less_gets_it_all)
{
	uint32_t units[PUNT_MAX_WORKERS];

	divide(units, (const uint64_t[]){ 0, 0, 0, 0 }, 4, 6000);
	for (unsigned w = 0; w < 4; w++)
		cr_expect_eq(units[w], 1500 * PUNT_UNITS, "nobody asks: even parts");
	divide(units, (const uint64_t[]){ 5000, 0, 0, 0 }, 4, 6000);
	cr_expect_geq(units[0], 5000 * PUNT_UNITS, "one has all the sessions");
	cr_expect_gt(units[1], 40 * PUNT_UNITS, "another may begin");
	divide(units, (const uint64_t[]){ 10000000, 200, 0, 9000000 }, 4, 6000);
	cr_expect_geq(units[1], 400 * PUNT_UNITS, "a flood elsewhere takes nothing of it");
	cr_expect_eq(units[0], units[3], "two floods share what is left");
	divide(units, (const uint64_t[]){ 7 }, 1, 0);
	cr_expect_eq(units[0], 0);
}

Test(punt_rates, whatever_they_need_all_is_given)
{
	uint64_t demand[PUNT_MAX_WORKERS], seed = 7;
	uint32_t units[PUNT_MAX_WORKERS];

	for (unsigned round = 0; round < 20000; round++) {
		const unsigned n = 1 + (unsigned)(guard_random(&seed) % PUNT_MAX_WORKERS);

		for (unsigned w = 0; w < n; w++)
			demand[w] = guard_random(&seed) >> (20 + guard_random(&seed) % 44);
		divide(units, demand, n, (uint32_t)(guard_random(&seed) % (PUNT_MAX_PPS + 1)));
	}
}

Test(punt_rates, a_ring_holds_all_bursts_of_its_queue)
{
	struct punt_rate rates[PUNT_COUNT];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++) {
			const uint32_t size = punt_rates_ring(round ? rates : defaults, q);
			uint32_t sum = 0;

			for (unsigned i = 0; i < PUNT_COUNT; i++)
				if (punt_info[i].queue == q)
					sum += round ? rates[i].burst : defaults[i].burst;
			cr_expect_geq(size - 1, sum, "queue %s", punt_queue_names[q]);
			cr_expect_eq(size & (size - 1), 0);
		}
		for (unsigned i = 0; i < PUNT_COUNT; i++)
			rates[i] = (struct punt_rate){ PUNT_MAX_PPS, PUNT_MAX_BURST };
	}
}

/* A turn each millisecond must take as many as all classes of a queue may bring in it. */
Test(punt_rates, the_control_thread_keeps_up)
{
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++) {
		uint32_t pps = 0;

		for (unsigned i = 0; i < PUNT_COUNT; i++)
			if (punt_info[i].queue == q)
				pps += defaults[i].pps;
		cr_expect_leq(pps, punt_queue_take[q] * 1000u, "queue %s", punt_queue_names[q]);
	}
}
