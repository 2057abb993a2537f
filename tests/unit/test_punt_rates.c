/* SPDX-License-Identifier: BSD-3-Clause */
/* Punt rates among workers, and rings that hold all bursts. */
#include "dataplane/run/punt_rates.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct punt_rate defaults[PUNT_COUNT] = {
#define _(sym, name, pps, burst, queue, help) { pps, burst },
	PUNT_CLASSES(_)
#undef _
};

Test(punt_rates, a_worker_alone_has_it_all)
{
	struct punt_rate share[PUNT_COUNT];

	punt_rates_share(share, defaults, 1);
	cr_expect_eq(memcmp(share, defaults, sizeof(share)), 0);
}

Test(punt_rates, bursts_are_shared_out)
{
	struct punt_rate share[PUNT_COUNT];

	for (unsigned n = 1; n <= 32; n++) {
		punt_rates_share(share, defaults, n);
		for (unsigned i = 0; i < PUNT_COUNT; i++) {
			cr_expect_eq(share[i].pps, defaults[i].pps);
			cr_expect_geq(share[i].burst * n, defaults[i].burst);
			cr_expect_lt((share[i].burst - 1) * n, defaults[i].burst);
		}
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
