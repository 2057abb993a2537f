/* SPDX-License-Identifier: BSD-3-Clause */
/* Token buckets: exact over any time, never more than the burst, no overflow. */
#include "dataplane/run/bucket.h"

#include <criterion/criterion.h>

#define HZ 2600000000ull

static unsigned drain(struct bucket *b, uint64_t now, uint64_t cost, uint32_t pps, uint32_t burst)
{
	unsigned n = 0;

	while (bucket_take(b, now, cost, pps, burst))
		n++;
	return n;
}

Test(bucket, starts_full_and_gives_the_burst)
{
	struct bucket b = { 0 };

	cr_expect_eq(drain(&b, 1ull << 50, HZ, 600, 100), 100);
	cr_expect_eq(drain(&b, 1ull << 50, HZ, 600, 100), 0, "time stands still");
	cr_expect_eq(drain(&b, (1ull << 50) + HZ, HZ, 600, 100), 100, "a second gives 600 of 100");
}

/* However time passes, in small steps that give a fraction of a token or in large ones. */
Test(bucket, the_rate_is_exact)
{
	static const uint32_t rates[] = { 1, 3, 600, 6000, 999983 };
	static const uint64_t steps[] = { 17, 4999, 260000, 26000003 };

	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
		for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			struct bucket b = { 0 };
			const uint32_t burst = 16384;
			const uint64_t begin = 1ull << 50, rounds = 100000;
			const uint64_t want = rounds * steps[s] * rates[r] / HZ;
			uint64_t n = 0;

			drain(&b, begin, HZ, rates[r], burst);
			for (uint64_t i = 1; i <= rounds; i++)
				n += drain(&b, begin + i * steps[s], HZ, rates[r], burst);
			cr_expect_leq(n, want, "%u pps by %lu cycles: %lu", rates[r], steps[s], n);
			cr_expect_geq(n + 1, want, "%u pps by %lu cycles: %lu", rates[r], steps[s],
				      n);
		}
}

Test(bucket, a_fraction_of_a_packet_a_second)
{
	struct bucket b = { 0 };

	drain(&b, 1ull << 50, HZ * 64, 32, 8);
	cr_expect_eq(drain(&b, (1ull << 50) + HZ * 2 - 1, HZ * 64, 32, 8), 0);
	cr_expect_eq(drain(&b, (1ull << 50) + HZ * 2, HZ * 64, 32, 8), 1, "one in two seconds");
}

Test(bucket, none_and_limits)
{
	struct bucket b = { 0 };

	cr_expect_eq(drain(&b, 1ull << 50, HZ, 0, 100), 0, "pps 0");
	b = (struct bucket){ 0 };
	cr_expect_eq(drain(&b, UINT64_MAX, HZ * 64, 64000000, 8192), 8192, "all at its largest");
	cr_expect_eq(drain(&b, UINT64_MAX, HZ * 64, 64000000, 8192), 0);
}
