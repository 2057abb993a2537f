/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/gen/sequence.c: the worked example of spec/benchmarking.md, and random arrivals against a
 * plain count over the whole record.
 */
#include "bench/gen/sequence.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/guard.h"

static struct sequence s;

Test(sequence, worked_example)
{
	static const uint64_t arrivals[] = { 0, 1, 2, 2, 5, 3, 6, 9, 4, 9, 10 };

	for (unsigned i = 0; i < sizeof(arrivals) / sizeof(*arrivals); i++)
		sequence_receive(&s, arrivals[i]);
	cr_expect_eq(sequence_lost(&s, 12), 3, "7, 8 and 11");
	cr_expect_eq(s.duplicate, 2, "2 and 9");
	cr_expect_eq(s.reordered, 2, "3 and 4");
	cr_expect_eq(s.distinct, 9);
	cr_expect_eq(s.stale, 0);
}

Test(sequence, in_order)
{
	for (uint64_t n = 0; n < 3 * SEQUENCE_WINDOW; n++)
		cr_assert_eq(sequence_receive(&s, n), SEQUENCE_NEW);
	cr_expect_eq(sequence_lost(&s, 3 * SEQUENCE_WINDOW), 0);
	cr_expect_eq(s.duplicate + s.reordered + s.stale, 0);
}

Test(sequence, verdicts)
{
	cr_expect_eq(sequence_receive(&s, 3), SEQUENCE_NEW);
	cr_expect_eq(sequence_receive(&s, 3), SEQUENCE_DUPLICATE);
	cr_expect_eq(sequence_receive(&s, 0), SEQUENCE_REORDERED);
	cr_expect_eq(sequence_receive(&s, 0), SEQUENCE_DUPLICATE);
	cr_expect_eq(sequence_receive(&s, SEQUENCE_WINDOW + 2), SEQUENCE_NEW);
	cr_expect_eq(sequence_receive(&s, 3), SEQUENCE_DUPLICATE, "the oldest number of the map");
	cr_expect_eq(sequence_receive(&s, 2), SEQUENCE_STALE, "one older");
	cr_expect_eq(sequence_receive(&s, 4), SEQUENCE_REORDERED);
}

/* A jump leaves no mark of old numbers that share a bit with new ones. */
Test(sequence, jumps_clear_the_map)
{
	static const uint64_t steps[] = { 1,
					  63,
					  64,
					  65,
					  SEQUENCE_WINDOW - 1,
					  SEQUENCE_WINDOW,
					  SEQUENCE_WINDOW + 1,
					  10 * SEQUENCE_WINDOW + 5 };

	for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		memset(&s, 0, sizeof(s));
		for (uint64_t n = 0; n < SEQUENCE_WINDOW; n++)
			sequence_receive(&s, n);
		uint64_t top = SEQUENCE_WINDOW - 1 + steps[i];

		sequence_receive(&s, top);
		uint64_t first = top - SEQUENCE_WINDOW + 1;

		if (first < SEQUENCE_WINDOW)
			first = SEQUENCE_WINDOW;
		for (uint64_t n = first; n < top; n++)
			cr_assert_eq(sequence_receive(&s, n), SEQUENCE_REORDERED,
				     "step %llu n %llu", (unsigned long long)steps[i],
				     (unsigned long long)n);
	}
}

Test(sequence, random_against_a_full_record)
{
	enum { N = 20000 };
	static uint8_t times[N];
	uint64_t seed = 42, distinct = 0, dup = 0, late = 0, highest = 0, any = 0;

	for (unsigned i = 0; i < N; i++) {
		uint64_t jitter = guard_random(&seed) % 300, n = i + jitter;

		if (n >= N)
			continue;
		sequence_receive(&s, n);
		if (times[n]++)
			dup++;
		else {
			distinct++;
			late += any && n < highest;
		}
		if (!any || n > highest)
			highest = n;
		any = 1;
	}
	cr_expect_eq(s.distinct, distinct);
	cr_expect_eq(s.duplicate, dup);
	cr_expect_eq(s.reordered, late);
	cr_expect_eq(s.stale, 0);
	cr_expect_eq(sequence_lost(&s, N), N - distinct);
}
