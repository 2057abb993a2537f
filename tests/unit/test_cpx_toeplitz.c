/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_toeplitz.c: Microsoft's published verification suite, and DPDK's rte_softrss bit for bit
 * over random keys and tuples, for both implementations.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <rte_thash.h>

#include "pmd/cpx_toeplitz.h"
#include "tests/unit/guard.h"

/* "Verifying the RSS Hash Calculation", Windows driver documentation. */
static const uint8_t key[CPX_TOEPLITZ_KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
	int family;
	const char *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t by_address, by_ports;
} suite[] = {
	{ AF_INET, "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178 },
	{ AF_INET, "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea },
	{ AF_INET, "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
	{ AF_INET, "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176, 0xafc7327f },
	{ AF_INET, "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5, 0x10e828a2 },
	{ AF_INET6, "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5,
	  0x40207d3d },
	{ AF_INET6, "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c,
	  0xdde51bbf },
	{ AF_INET6, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf", 44251, 38024,
	  0x4b61e985, 0x02d1feef },
};

static void expect(const struct cpx_toeplitz *k, const struct cpx_tuple *t, uint32_t hash)
{
	cr_expect_eq(cpx_tuple_toeplitz(k, t), hash);
	cr_expect_eq(cpx_tuple_toeplitz_portable(k, t), hash);
}

Test(toeplitz, verification_suite)
{
	struct cpx_toeplitz k;

	cpx_toeplitz_set(&k, key);
	for (unsigned i = 0; i < sizeof(suite) / sizeof(*suite); i++) {
		const uint8_t n = suite[i].family == AF_INET ? 4 : 16;
		const uint16_t p[2] = { htons(suite[i].source_port),
					htons(suite[i].destination_port) };
		uint8_t addresses[32], ports[4];
		struct cpx_tuple t = { .addresses = addresses, .addresses_len = 2 * n };

		cr_assert_eq(inet_pton(suite[i].family, suite[i].source, addresses), 1);
		cr_assert_eq(inet_pton(suite[i].family, suite[i].destination, addresses + n), 1);
		memcpy(ports, p, sizeof(ports));
		expect(&k, &t, suite[i].by_address);
		t.ports = ports;
		expect(&k, &t, suite[i].by_ports);
	}
}

Test(toeplitz, as_rte_softrss)
{
	uint64_t seed = 5;

	for (unsigned i = 0; i < 20000; i++) {
		uint8_t random_key[CPX_TOEPLITZ_KEY], bytes[37];
		const uint8_t n = i & 1 ? 8 : 32;
		uint32_t words[9];
		/* at an odd address */
		struct cpx_tuple t = { .addresses = bytes + 1, .addresses_len = n };
		struct cpx_toeplitz k;

		for (unsigned j = 0; j < sizeof(random_key); j++)
			random_key[j] = (uint8_t)guard_random(&seed);
		for (unsigned j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)guard_random(&seed);
		for (unsigned j = 0; j < 9; j++) {
			memcpy(&words[j], bytes + 1 + 4 * j, 4);
			words[j] = ntohl(words[j]);
		}
		cpx_toeplitz_set(&k, random_key);
		expect(&k, &t, rte_softrss(words, n / 4, random_key));
		t.ports = bytes + 1 + n;
		expect(&k, &t, rte_softrss(words, n / 4 + 1, random_key));
	}
}
