/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_rss.c: keys, types and redirection table, what is refused and what is then left alone. */
#include <criterion/criterion.h>

#include <errno.h>

#include "pmd/cpx_rss.h"

static struct err err;
static uint8_t key[CPX_RSS_KEY_MAX] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2 };

/* A UDP packet of 10.0.0.1 to 10.1.0.9, ports 0x1201 and 80. */
static const uint8_t udp[] = "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
			     "\x45\0\0\x1c\0\1\0\0\x40\x11\0\0\x0a\0\0\1\x0a\1\0\x09"
			     "\x12\1\0\x50\0\x08\0";

static uint32_t hash_of(const struct cpx_rss *rss)
{
	uint32_t hash = 0;

	cr_assert(cpx_rss_hash(rss, udp, sizeof(udp), rss->types, &hash));
	return hash;
}

/* Configured for four queues, without a key. */
static struct cpx_rss *fresh(void)
{
	static struct cpx_rss rss;
	const struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_IP |
							 RTE_ETH_RSS_NONFRAG_IPV4_UDP };

	cr_assert_eq(cpx_rss_configure(&rss, &conf, 4, &err), 0);
	return &rss;
}

Test(rss, without_a_key_crc)
{
	const struct cpx_rss *rss = fresh();
	struct rte_eth_rss_conf conf = { .rss_key = (uint8_t[52]){ 7 }, .rss_key_len = 52 };

	cr_expect_eq(rss->types, CPX_HASH_IP4 | CPX_HASH_IP6 | CPX_HASH_UDP4);
	cr_expect_eq(hash_of(rss), 0xfe14e133, "as test_cpx_hash.c knows it");
	cpx_rss_get(rss, &conf);
	cr_expect_eq(conf.rss_key_len, 0);
	cr_expect_eq(conf.rss_key[0], 0, "none");
	cr_expect_eq(conf.rss_hf, RTE_ETH_RSS_IP | RTE_ETH_RSS_NONFRAG_IPV4_UDP);
}

Test(rss, a_key_until_configured_without)
{
	struct cpx_rss *rss = fresh();
	uint8_t back[CPX_RSS_KEY_MAX] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_UDP,
					 .rss_key = key,
					 .rss_key_len = CPX_RSS_KEY };
	struct cpx_toeplitz toeplitz;
	struct cpx_tuple t;
	uint32_t hash;

	cpx_toeplitz_set(&toeplitz, key);
	cr_assert(cpx_tuple_find(udp, sizeof(udp), CPX_HASH_ALL, &t));
	hash = cpx_tuple_toeplitz(&toeplitz, &t);
	cr_assert_eq(cpx_rss_update(rss, &conf, &err), 0);
	cr_expect_eq(rss->types, CPX_HASH_UDP4 | CPX_HASH_UDP6);
	cr_expect_eq(hash_of(rss), hash);
	conf = (struct rte_eth_rss_conf){ .rss_hf = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP };
	cr_assert_eq(cpx_rss_update(rss, &conf, &err), 0);
	cr_expect_eq(hash_of(rss), hash, "an update without a key keeps it");
	conf = (struct rte_eth_rss_conf){ .rss_key = back, .rss_key_len = sizeof(back) };
	cpx_rss_get(rss, &conf);
	cr_expect_eq(conf.rss_key_len, CPX_RSS_KEY);
	cr_expect_arr_eq(back, key, CPX_RSS_KEY);
	conf = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = CPX_RSS_KEY_MAX };
	key[51] = 9;
	cr_assert_eq(cpx_rss_update(rss, &conf, &err), 0);
	cr_expect_eq(rss->types, 0, "no type is a choice, too");
	conf = (struct rte_eth_rss_conf){ .rss_key = back, .rss_key_len = CPX_RSS_KEY };
	cpx_rss_get(rss, &conf);
	cr_expect_eq(conf.rss_key_len, CPX_RSS_KEY_MAX);
	cr_expect_neq(back[51], 9, "no room, no copy");
	cr_expect_eq(hash_of(fresh()), 0xfe14e133);
}

/* testpmd shows the key it made room for, whatever length it is told. */
Test(rss, leaves_no_byte_of_the_key_as_it_was)
{
	struct cpx_rss rss = { 0 };
	uint8_t room[CPX_RSS_KEY];
	struct rte_eth_rss_conf conf = { .rss_key = room, .rss_key_len = sizeof(room) };

	memset(room, 0xee, sizeof(room));
	cpx_rss_get(&rss, &conf);
	for (unsigned i = 0; i < sizeof(room); i++)
		cr_assert_eq(room[i], 0, "byte %u", i);
	cr_assert_eq(conf.rss_key_len, 0);
}

Test(rss, other_keys_are_refused)
{
	struct cpx_rss *rss = fresh();
	const struct cpx_rss before = *rss;

	for (unsigned len = 0; len < 256; len++) {
		struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = (uint8_t)len };

		if (len == CPX_RSS_KEY || len == CPX_RSS_KEY_MAX)
			continue;
		cr_expect_eq(cpx_rss_update(rss, &conf, &err), -EINVAL, "%u", len);
		cr_expect_eq(cpx_rss_configure(rss, &conf, 2, &err), -EINVAL, "%u", len);
	}
	cr_expect_eq(memcmp(rss, &before, sizeof(before)), 0);
	cr_expect_not_null(strstr(err.text, "255 bytes"));
}

Test(rss, table)
{
	struct cpx_rss *rss = fresh();
	struct rte_eth_rss_reta_entry64 conf[2] = { 0 };
	const struct rte_eth_rss_conf none = { 0 };

	for (unsigned i = 0; i < 300; i++)
		cr_expect_eq(cpx_rss_queue(rss, 0x12345600 + i), i % 4);
	conf[0].mask = 1u << 3;
	conf[0].reta[3] = 1;
	conf[0].reta[4] = 99; /* not meant */
	conf[1].mask = 1ull << 63;
	conf[1].reta[63] = 2;
	cr_assert_eq(cpx_rss_reta_update(rss, conf, CPX_RETA_SIZE, &err), 0);
	cr_expect_eq(cpx_rss_queue(rss, 3), 1);
	cr_expect_eq(cpx_rss_queue(rss, 4), 0);
	cr_expect_eq(cpx_rss_queue(rss, 127), 2);
	memset(conf, 0xff, sizeof(conf));
	conf[1].mask = 1;
	cr_assert_eq(cpx_rss_reta_query(rss, conf, CPX_RETA_SIZE, &err), 0);
	cr_expect_eq(conf[0].reta[3], 1);
	cr_expect_eq(conf[0].reta[7], 3);
	cr_expect_eq(conf[1].reta[0], 0);
	cr_expect_eq(conf[1].reta[63], 0xffff, "not meant");
	cr_assert_eq(cpx_rss_configure(rss, &none, 4, &err), 0);
	cr_expect_eq(cpx_rss_queue(rss, 3), 1, "the same number of queues keeps the table");
	cr_assert_eq(cpx_rss_configure(rss, &none, 3, &err), 0);
	cr_expect_eq(cpx_rss_queue(rss, 3), 0, "another number does not");
	cr_expect_eq(cpx_rss_queue(rss, 127), 127 % 3);
}

Test(rss, bad_tables_change_nothing)
{
	struct cpx_rss *rss = fresh();
	const struct cpx_rss before = *rss;
	struct rte_eth_rss_reta_entry64 conf[4] = { { .mask = 3, .reta = { 3, 4 } } };

	cr_expect_eq(cpx_rss_reta_update(rss, conf, CPX_RETA_SIZE, &err), -EINVAL);
	cr_expect_str_eq(err.text, "redirection table entry 1 is queue 4: the port is configured "
				   "with 4 rx queues");
	conf[0].reta[1] = 0;
	for (unsigned size = 0; size < 256; size += 32)
		if (size != CPX_RETA_SIZE) {
			cr_expect_eq(cpx_rss_reta_update(rss, conf, (uint16_t)size, &err), -EINVAL);
			cr_expect_eq(cpx_rss_reta_query(rss, conf, (uint16_t)size, &err), -EINVAL);
		}
	cr_expect_eq(memcmp(rss, &before, sizeof(before)), 0);
}
