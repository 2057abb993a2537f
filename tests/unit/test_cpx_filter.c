/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_filter.c: what passes by address and by VLAN, changes, every length, and that a group
 * which is wanted all along is not missed while the list changes.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>

#include "pmd/cpx_filter.h"
#include "tests/unit/guard.h"

static struct cpx_filter f;
static struct err err;

static void init(void)
{
	cpx_filter_init(&f, (const uint8_t *)"\2\0\0\0\0\1");
	f.promiscuous = 0;
}

TestSuite(filter, .init = init);

/* A frame to an address, as short as a header; and the same with a tag of type, TCI. */
static bool passes(const char *to)
{
	uint8_t b[14] = { 0 };

	memcpy(b, to, 6);
	return cpx_filter_pass(&f, guard_copy(b, sizeof(b)), sizeof(b));
}

static bool tag_passes(unsigned type, unsigned tci)
{
	const uint8_t b[16] = { 2,
				0,
				0,
				0,
				0,
				1,
				[12] = (uint8_t)(type >> 8),
				(uint8_t)type,
				(uint8_t)(tci >> 8),
				(uint8_t)tci };

	return cpx_filter_pass(&f, guard_copy(b, sizeof(b)), sizeof(b));
}

Test(filter, by_address)
{
	cr_expect(passes("\2\0\0\0\0\1"), "own");
	cr_expect(!passes("\2\0\0\0\0\2"), "another");
	cr_expect(!passes("\2\0\0\0\1\1"), "last but one byte");
	cr_expect(!passes("\0\0\0\0\0\0"), "zeros, as in unused entries");
	cr_expect(passes("\xff\xff\xff\xff\xff\xff"), "broadcast");
	cr_expect(!passes("\1\0\x5e\0\0\1"), "a group");
	f.promiscuous = 1;
	cr_expect(passes("\2\0\0\0\0\2"));
	cr_expect(passes("\1\0\x5e\0\0\1"));
	f.promiscuous = 0;
	f.allmulticast = 1;
	cr_expect(passes("\1\0\x5e\0\0\1"));
	cr_expect(!passes("\2\0\0\0\0\2"));
}

Test(filter, more_addresses)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 1, 0 };

	for (unsigned i = 1; i < CPX_FILTER_MACS; i++) {
		mac[5] = (uint8_t)i;
		cr_expect(!passes((char *)mac));
		cpx_filter_mac_set(&f, i, mac);
	}
	for (unsigned i = 1; i < CPX_FILTER_MACS; i += 2)
		cpx_filter_mac_set(&f, i, NULL);
	for (unsigned i = 1; i < CPX_FILTER_MACS; i++) {
		mac[5] = (uint8_t)i;
		cr_expect_eq(passes((char *)mac), i % 2 == 0, "entry %u", i);
	}
	cr_expect_eq(f.n_macs, CPX_FILTER_MACS - 1);
	for (unsigned i = 2; i < CPX_FILTER_MACS; i += 2)
		cpx_filter_mac_set(&f, i, NULL);
	cr_expect_eq(f.n_macs, 1);
	cpx_filter_mac_set(&f, 0, (const uint8_t *)"\2\0\0\0\0\7");
	cr_expect(passes("\2\0\0\0\0\7"));
	cr_expect(!passes("\2\0\0\0\0\1"));
}

Test(filter, groups)
{
	uint8_t macs[6 * (CPX_FILTER_MULTICASTS + 1)];

	for (unsigned i = 0; i < sizeof(macs); i += 6)
		memcpy(macs + i, (uint8_t[]){ 1, 0, 0x5e, 0, 0, (uint8_t)(i / 6) }, 6);
	cr_assert_eq(cpx_filter_multicast_set(&f, macs, CPX_FILTER_MULTICASTS, &err), 0);
	cr_expect(passes("\1\0\x5e\0\0\0"));
	cr_expect(passes("\1\0\x5e\0\0\x3f"));
	cr_expect(!passes("\1\0\x5e\0\0\x40"));
	cr_expect_eq(cpx_filter_multicast_set(&f, macs, CPX_FILTER_MULTICASTS + 1, &err), -ENOSPC);
	cr_expect_str_eq(err.text, "65 multicast addresses: there is room for 64; allmulticast "
				   "takes all");
	cr_expect(passes("\1\0\x5e\0\0\0"), "as before");
	cr_assert_eq(cpx_filter_multicast_set(&f, macs + 6, 1, &err), 0);
	cr_expect(!passes("\1\0\x5e\0\0\0"));
	cr_expect(passes("\1\0\x5e\0\0\1"));
	cr_assert_eq(cpx_filter_multicast_set(&f, NULL, 0, &err), 0);
	cr_expect(!passes("\1\0\x5e\0\0\1"));
}

Test(filter, vlans)
{
	cr_expect(tag_passes(0x8100, 7), "off");
	f.vlan_on = 1;
	cr_expect(!tag_passes(0x8100, 7));
	for (unsigned id = 0; id < 4096; id++) {
		cpx_filter_vlan_set(&f, (uint16_t)id, true);
		cr_expect(tag_passes(0x8100, id));
		cr_expect(tag_passes(0x8100, 0xf000 | id), "priority and DEI are not looked at");
		cr_expect(!tag_passes(0x8100, id == 4095 ? 1 : id + 1), "after %u", id);
		cpx_filter_vlan_set(&f, (uint16_t)id, false);
		cr_expect_eq(tag_passes(0x8100, id), id == 0, "a priority tag is no VLAN");
	}
	cr_expect(tag_passes(0x0800, 7), "no tag");
	cr_expect(tag_passes(0x88a8, 7), "a service tag is not filtered");
	f.promiscuous = 1;
	cr_expect(!tag_passes(0x8100, 7), "promiscuous is of addresses");
}

Test(filter, every_length)
{
	const uint8_t b[20] = { 2, 0, 0, 0, 0, 1, [12] = 0x81, 0, 0, 7 };

	for (size_t n = 0; n <= sizeof(b); n++) {
		const uint8_t *p = guard_copy(b, n);

		f.promiscuous = f.vlan_on = 0;
		cr_expect_eq(cpx_filter_pass(&f, p, n), n >= 14, "%zu", n);
		f.promiscuous = 1;
		cr_expect(cpx_filter_pass(&f, p, n), "%zu", n);
		f.vlan_on = 1;
		cr_expect_eq(cpx_filter_pass(&f, p, n), n < 14, "%zu: no tag there, or cut", n);
	}
}

static uint32_t stop;

/* The group wanted all along is now first, now last, now alone. */
static void *change(void *arg)
{
	uint8_t macs[6 * CPX_FILTER_MULTICASTS];

	(void)arg;
	for (unsigned round = 0; !load_relaxed(&stop); round++) {
		uint32_t n = 1 + round % CPX_FILTER_MULTICASTS;

		for (unsigned i = 0; i < n; i++)
			memcpy(macs + 6 * i, (uint8_t[]){ 1, 0, 0x5e, 1, 0, (uint8_t)round }, 6);
		memcpy(macs + 6 * (round % n), "\1\0\x5e\0\0\1", 6);
		cpx_filter_multicast_set(&f, macs, n, NULL);
	}
	return NULL;
}

Test(filter, a_wanted_group_is_not_missed)
{
	uint8_t b[14] = "\1\0\x5e\0\0\1";
	unsigned missed = 0;
	pthread_t thread;

	cr_assert_eq(cpx_filter_multicast_set(&f, b, 1, &err), 0);
	cr_assert_eq(pthread_create(&thread, NULL, change, NULL), 0);
	for (unsigned i = 0; i < 1000000; i++)
		missed += !cpx_filter_pass(&f, b, sizeof(b));
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_eq(missed, 0);
	cr_expect(passes("\1\0\x5e\0\0\1"));
}
