/* SPDX-License-Identifier: BSD-3-Clause */
/* Own addresses and connected subnets against each other (config/build_subnets.c). */
#include "tests/unit/test_config.h"

#define P1 "  p1: {lanes: oe0/8, carrier: loop, addresses: "

Test(config_subnets, duplicates_and_overlaps)
{
	static const struct bad_case cases[] = {
		{ BOARD P1 "[10.0.0.1/32]}\n", "6:49: p1: address 10.0.0.1 is given twice",
		  "the first is on line 4" },
		{ BOARD P1 "[10.1.0.1/24, 10.1.0.1/24]}\n",
		  "6:62: p1: address 10.1.0.1 is given twice", "the first is on line 6" },
		{ BOARD P1 "[10.0.0.2/24]}\n",
		  "6:49: p1: subnet 10.0.0.0/24 overlaps 10.0.0.0/24 of p0 on line 4",
		  "one port or VLAN" },
		{ BOARD P1 "[10.0.0.200/26]}\n",
		  "6:49: p1: subnet 10.0.0.192/26 overlaps 10.0.0.0/24 of p0", "change one" },
		{ BOARD P1 "[10.200.0.1/8]}\n",
		  "6:49: p1: subnet 10.0.0.0/8 overlaps 10.0.0.0/24 of p0", "change one" },
		{ BOARD P1 "[10.0.100.6/30]}\n",
		  "6:49: p1: subnet 10.0.100.4/30 overlaps 10.0.100.0/24 of p0 VLAN 100 on line 5",
		  "change one" },
		{ BOARD P1 "[\"2001:db8::2:1/48\"]}\n",
		  "6:50: p1: subnet 2001:db8::/48 overlaps 2001:db8::/64 of p0", "change one" },
		{ BOARD P1 "[\"fe80::1/64\", \"fe80::1/64\"]}\n",
		  "6:64: p1: address fe80::1 is given twice", "line 6" },
	};

	check_all_refused(cases);
}

Test(config_subnets, secondary_addresses_of_one_port)
{
	struct config *c =
		accepted(BOARD P1 "[10.1.0.1/24, 10.1.0.2/24, 10.1.0.129/25, 10.1.0.3/32]}\n");

	cr_expect_eq(c->ifaces[1].n_addrs, 4);
	config_free(c);
}

Test(config_subnets, link_local_on_every_port)
{
	config_free(accepted(BOARD P1
			     "[\"fe80::1/64\"]}\n"
			     "  p2: {lanes: oe0/9, carrier: loop, addresses: [\"fe80::1/64\"]}\n"));
}

Test(config_subnets, a_subnet_between_two_others)
{
	/* sorted neighbours that do not overlap: 10.0.0.0/24, 10.0.1.0/24, 10.0.100.0/24 */
	config_free(accepted(
		BOARD P1
		"[10.0.1.1/24, 9.255.255.1/24]}\n"
		"routes: [{to: 1.0.0.0/8, via: 10.0.1.9}, {to: 2.0.0.0/8, via: 9.255.255.9},\n"
		"         {to: 3.0.0.0/8, via: 10.0.100.9}]\n"));
}
