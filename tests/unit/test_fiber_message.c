/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/message.c: well-formed or not, and what two HELLOs lead to. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fiber/message.h"

static struct fiber_hello hello(void)
{
	return (struct fiber_hello){
		.head = { FIBER_MESSAGE_MAGIC, FIBER_HELLO, sizeof(struct fiber_hello) },
		.min_version = 0x10000,
		.max_version = 0x10000,
		.features = FIBER_FEATURES,
		.lanes = 4,
		.log2_slots = 10,
		.slot_bytes = 2048,
		.max_segs = 8,
		.log2_frames = 12,
	};
}

/* On a heap buffer of exactly that size, so that a sanitizer sees a step too far. */
static int type_of(const void *data, size_t bytes)
{
	void *copy = malloc(bytes != 0 ? bytes : 1);
	int type;

	memcpy(copy, data, bytes);
	type = fiber_message_type(copy, bytes);
	free(copy);
	return type;
}

Test(message, every_truncation_is_malformed)
{
	static const size_t least[] = {
		[FIBER_HELLO] = 48,  [FIBER_REGION] = 48, [FIBER_READY] = 8,
		[FIBER_REFUSE] = 16, [FIBER_NAK] = 16,    [FIBER_LANES] = 16
	};
	uint8_t data[FIBER_MESSAGE_MAX + 8] = { 0 };

	for (uint16_t type = FIBER_HELLO; type <= FIBER_LANES; type++)
		for (size_t n = 0; n <= sizeof(data); n++) {
			struct fiber_message head = { FIBER_MESSAGE_MAGIC, type, (uint16_t)n };

			memcpy(data, &head, sizeof(head));
			cr_expect_eq(type_of(data, n),
				     n >= least[type] && n <= FIBER_MESSAGE_MAX ? type : -EBADMSG,
				     "type %u, %zu bytes", type, n);
			if (n > 8)
				cr_expect_eq(type_of(data, n - 1), -EBADMSG, "half a message");
		}
}

Test(message, unknown_types_are_no_error)
{
	for (uint32_t type = 0; type <= UINT16_MAX; type += type < 16 ? 1 : 251) {
		struct fiber_message m = { FIBER_MESSAGE_MAGIC, (uint16_t)type, sizeof(m) };

		if (type == 0 || type > FIBER_LANES)
			cr_expect_eq(type_of(&m, sizeof(m)), (int)type);
		m.magic ^= 1u << type % 32;
		cr_expect_eq(type_of(&m, sizeof(m)), -EBADMSG);
	}
}

Test(message, every_number_of_a_hello_is_bounded)
{
	static const uint32_t values[] = { 0,       1,          3,          15,        33,
					   65,      255,        16385,      16448,     0x10000,
					   0x10001, 0x7fffffff, 0x80000000, 0xffffffff };

	for (unsigned field = 0; field < 4; field++)
		for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct fiber_hello h = hello();
			uint32_t *const fields[] = { &h.lanes, &h.log2_slots, &h.slot_bytes,
						     &h.max_segs };
			const uint32_t v = values[i];
			bool ok = (field == 0 && v >= 1 && v <= 64) ||
				  (field == 1 && v >= 4 && v <= 12) ||
				  (field == 3 && v >= 1 && v <= 32);

			*fields[field] = v;
			cr_expect_eq(fiber_hello_check(&h), ok ? 0 : -EBADMSG, "field %u = %u",
				     field, v);
		}
	for (uint32_t v = 0; v < 70; v++) {
		struct fiber_hello h = hello();
		const uint32_t frames = v < 64 ? v : 0xffffffff << (v - 64) * 6;

		h.log2_frames = frames;
		cr_expect_eq(fiber_hello_check(&h), frames >= 10 && frames <= 16 ? 0 : -EBADMSG);
		h.features &= ~FIBER_FEATURE_LENT;
		cr_expect_eq(fiber_hello_check(&h), 0, "counts with LENT only");
	}
	struct fiber_hello h = hello();

	h.required = 1ull << 63;
	cr_expect_eq(fiber_hello_check(&h), -EBADMSG, "required but not offered");
	h = hello();
	h.min_version = h.max_version + 1;
	cr_expect_eq(fiber_hello_check(&h), -EBADMSG);
}

Test(message, versions)
{
	static const struct {
		uint32_t min, max;
		int want;
	} theirs[] = {
		{ 0x10000, 0x10000, 0 },
		{ 0x10000, 0x10007, 0 },                /* a later minor speaks ours too */
		{ 0x10001, 0x10007, -EPROTONOSUPPORT }, /* … or no more */
		{ 0x20000, 0x20000, -EPROTONOSUPPORT },
		{ 0x10000, 0x20000, -EPROTONOSUPPORT }, /* another major */
		{ 0x00001, 0x0ffff, -EPROTONOSUPPORT },
		{ 0, 0xffffffff, -EPROTONOSUPPORT },
	};

	for (unsigned i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		struct fiber_hello a = hello(), b = hello();
		struct fiber_terms t;

		b.min_version = theirs[i].min;
		b.max_version = theirs[i].max;
		cr_expect_eq(fiber_agree(&a, &b, &t), theirs[i].want, "%u", i);
		cr_expect_eq(fiber_agree(&b, &a, &t), theirs[i].want, "%u", i);
	}
}

Test(message, features_are_those_of_both)
{
	for (uint64_t mine = 0; mine < 32; mine += 3)
		for (uint64_t needed = 0; needed < 32; needed += 3)
			for (uint64_t theirs = 0; theirs < 64; theirs += 7) {
				struct fiber_hello a = hello(), b = hello();
				struct fiber_terms t;
				int want = needed & mine & ~theirs ? -EOPNOTSUPP : 0;

				a.features = mine;
				a.required = needed & mine;
				b.features = theirs | 1ull << 60; /* of a later version */
				cr_expect_eq(fiber_agree(&a, &b, &t), want);
				cr_expect_eq(fiber_agree(&b, &a, &t), want);
				cr_expect_eq(t.features, mine & theirs & FIBER_FEATURES);
				cr_expect_eq(t.log2_frames, 0);
			}
}

Test(message, lent_and_stamp_exclude_each_other)
{
	const uint64_t lent = FIBER_FEATURE_LENT, stamp = FIBER_FEATURE_STAMP;
	static const struct {
		uint64_t mine, needed, theirs, theirs_needed;
		int want;
		uint64_t agreed;
	} t[] = {
		{ 32 | 8, 0, 32 | 8, 0, 0, 32 },
		{ 32 | 8, 8, 32 | 8, 0, 0, 8 },
		{ 32 | 8, 32, 32 | 8, 0, 0, 32 },
		{ 32 | 8, 32, 32 | 8, 8, -EOPNOTSUPP, 8 },
		{ 32 | 8, 32 | 8, 32 | 8, 0, -EOPNOTSUPP, 8 },
		{ 32 | 8, 0, 8, 0, 0, 8 },
		{ 32 | 8, 0, 32, 0, 0, 32 },
		{ 32 | 8, 0, 32, 32, 0, 32 },
		{ 32 | 8, 8, 32, 0, -EOPNOTSUPP, 32 },
	};

	cr_assert(lent == 32 && stamp == 8);
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct fiber_hello a = hello(), b = hello();
		struct fiber_terms terms, back;

		a.features = t[i].mine;
		a.required = t[i].needed;
		b.features = t[i].theirs;
		b.required = t[i].theirs_needed;
		b.log2_frames = 11;
		cr_expect_eq(fiber_agree(&a, &b, &terms), t[i].want, "%u", i);
		cr_expect_eq(fiber_agree(&b, &a, &back), t[i].want, "%u", i);
		cr_expect_eq(terms.features, t[i].agreed, "%u", i);
		cr_expect_eq(terms.log2_frames, t[i].agreed & lent ? 11 : 0, "%u", i);
		cr_expect_eq(memcmp(&terms, &back, sizeof(terms)), 0, "%u", i);
	}
}

Test(message, what_a_peer_leaves_out_is_zero)
{
	struct fiber_hello h = hello(), copy;
	uint8_t *data = malloc(48);

	memcpy(data, &h, 48);
	memset(&copy, 0xff, sizeof(copy));
	fiber_message_copy(&copy, sizeof(copy), data, 48);
	cr_expect_eq(memcmp(&copy, &h, 48), 0);
	cr_expect_eq(copy.log2_frames, 0);
	cr_expect_eq(fiber_hello_check(&copy), -EBADMSG, "LENT without frames");
	copy.features = FIBER_FEATURES & ~FIBER_FEATURE_LENT;
	cr_expect_eq(fiber_hello_check(&copy), 0, "a peer from before LENT");
	free(data);
	data = malloc(200);
	memset(data, 0xff, 200);
	memcpy(data, &h, sizeof(h));
	fiber_message_copy(&copy, sizeof(copy), data, 200);
	cr_expect_eq(memcmp(&copy, &h, sizeof(h)), 0, "what is more is ignored");
	free(data);
}

Test(message, the_smaller_of_both)
{
	struct fiber_hello a = hello(), b = hello();
	struct fiber_terms t, back;

	b.lanes = 2;
	b.log2_slots = 4;
	b.slot_bytes = 4096;
	b.max_segs = 32;
	a.max_segs = 20;
	cr_assert_eq(fiber_agree(&a, &b, &t), 0);
	cr_expect_eq(t.lanes, 2);
	cr_expect_eq(t.log2_slots, 4);
	cr_expect_eq(t.slot_bytes, 2048);
	cr_expect_eq(t.max_segs, 16, "no chain is longer than the ring");
	t.page_bytes = FIBER_PAGE_SMALL;
	cr_expect_eq(fiber_terms_check(&t), 0);
	cr_assert_eq(fiber_agree(&b, &a, &back), 0);
	back.page_bytes = FIBER_PAGE_SMALL;
	cr_expect_eq(memcmp(&t, &back, sizeof(t)), 0, "both sides come to the same");
}

Test(message, a_region_must_be_what_was_agreed)
{
	struct fiber_hello a = hello();
	struct fiber_terms t;
	struct fiber_region_message good = {
		.head = { FIBER_MESSAGE_MAGIC, FIBER_REGION, sizeof(good) },
		.version = FIBER_VERSION,
		.page_bytes = FIBER_PAGE_HUGE,
		.features = FIBER_FEATURES & ~FIBER_FEATURE_STAMP,
		.lanes = 4,
		.log2_slots = 10,
		.slot_bytes = 2048,
		.max_segs = 8,
		.log2_frames = 12,
	};

	cr_assert_eq(fiber_agree(&a, &a, &t), 0);
	cr_expect_eq(fiber_region_message_check(&good, &t), 0);
	cr_expect_eq(t.page_bytes, FIBER_PAGE_HUGE);
	/* What is said of the pool is held against its file: test_fiber_pool.c. */
	for (size_t at = sizeof(struct fiber_message);
	     at < offsetof(struct fiber_region_message, pool_page_bytes); at++) {
		struct fiber_region_message bad = good;

		if (at >= offsetof(struct fiber_region_message, region_bytes) &&
		    at < offsetof(struct fiber_region_message, lanes))
			continue; /* held against the file: test_fiber_region.c */
		for (unsigned bit = 0; bit < 8; bit++) {
			((uint8_t *)&bad)[at] = (uint8_t)(((uint8_t *)&good)[at] ^ 1u << bit);
			cr_expect_eq(fiber_region_message_check(&bad, &t), -EPROTO,
				     "byte %zu bit %u", at, bit);
		}
	}
}
