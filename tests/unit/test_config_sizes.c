/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers, tables and the plain values (config/build_sizes.c). */
#include "tests/unit/test_config.h"

#include <locale.h>

Test(config_sizes, bad_values)
{
	static const struct bad_case cases[] = {
		{ BOARD "workers: {cpus: [1, 2, 1]}\n", "6:24: workers.cpus: CPU 1 is given twice",
		  "one worker per CPU" },
		{ BOARD "workers: {count: 3, cpus: [1, 2]}\n",
		  "6:18: workers: count is 3, but cpus lists 2", "make them equal" },
		{ BOARD "workers: {count: 33}\n", "6:18: workers.count: 33 is out of range",
		  "auto | 1 to 32" },
		{ BOARD "workers: {count: 0}\n", "6:18: workers.count: 0 is out of range",
		  "auto | 1 to 32" },
		{ BOARD "workers: {idle: spin}\n", "6:17: workers.idle: \"spin\" is no idle",
		  "sleep | poll" },
		{ BOARD "tables: {routes4: 3}\n",
		  "6:19: tables.routes4: 3 is too small, this file alone needs 4",
		  "at least 4, or auto" },
		{ BOARD "tables: {neighbors: 1}\nneighbors:\n"
			"- {ip: 10.0.0.2, mac: \"02:00:00:00:00:01\"}\n"
			"- {ip: 10.0.0.3, mac: \"02:00:00:00:00:02\"}\n",
		  "6:21: tables.neighbors: 1 is too small, this file alone needs 2", "at least 2" },
		{ BOARD "tables: {nexthops: 5}\n", "6:20: tables.nexthops: 5 is too small",
		  "at least 6" },
		{ BOARD "memory: {hugepages: yes}\n",
		  "6:21: memory.hugepages: yes is not true or false", "write true" },
		{ BOARD "memory: {buffers: 1e6}\n",
		  "6:19: memory.buffers: \"1e6\" is not a whole number", "1024 to 16777216" },
		{ BOARD "telemetry: {period: 50}\n",
		  "6:21: telemetry.period: 50 is none of the values", "10 | 100 | 1000 ms" },
		{ BOARD "telemetry: {period: 100s}\n",
		  "6:21: telemetry.period: \"100s\" is not a whole number", "ms" },
		{ BOARD "arp: {age: -5}\n", "6:12: arp.age: \"-5\" is not a whole number",
		  "1 to 86400 s" },
		{ BOARD "icmp: {errors_pps: 1.000}\n",
		  "6:20: icmp.errors_pps: \"1.000\" is not a whole number", "0 to 1000000" },
		{ BOARD "icmp: {errors_pps: 007}\n",
		  "6:20: icmp.errors_pps: 007 starts with a zero", "without leading zeros" },
		{ BOARD "icmp: {errors_pps: \"7\"}\n",
		  "6:21: icmp.errors_pps: \"7\" is text, a number is wanted", "without quotes" },
		{ BOARD "icmp: {errors_pps: 18446744073709551617}\n",
		  "6:20: icmp.errors_pps: 18446744073709551617 is out of range", "0 to 1000000" },
		{ BOARD "punt: {bpg: {pps: 10}}\n", "6:8: punt: unknown key \"bpg\"",
		  "did you mean \"bgp\"?" },
		{ BOARD "punt: {arp: {bust: 10}}\n", "6:14: punt.arp: unknown key \"bust\"",
		  "did you mean \"burst\"?" },
		{ BOARD "punt: {ip2me: {pps: 1000001}}\n",
		  "6:21: punt.ip2me.pps: 1000001 is out of range", "0 to 1000000" },
		{ BOARD "punt: {ip2me: {burst: 0}}\n", "6:23: punt.ip2me.burst: 0 is out of range",
		  "1 to 8192" },
		{ BOARD "instance: Edge\n", "6:11: instance: \"Edge\" is not a name",
		  "first a letter" },
		{ BOARD "instance: a23456789012345678901234567890_2\n",
		  "6:11: instance: \"a23456789012345678901234567890_2\" is not a name",
		  "at most 31 characters" },
	};

	check_all_refused(cases);
}

Test(config_sizes, defaults)
{
	struct config *c = accepted(BOARD);

	cr_expect_str_eq(c->instance, "cpx");
	cr_expect_eq(c->n_workers, 0);
	cr_expect_eq(c->n_worker_cpus, 0);
	cr_expect_not(c->idle_poll);
	cr_expect_eq(c->max_routes4, 1024);
	cr_expect_eq(c->max_routes6, 1024);
	cr_expect_eq(c->max_nexthops, 4096);
	cr_expect_eq(c->max_neighbors, 1024);
	cr_expect_eq(c->buffers, 0);
	cr_expect(c->hugepages);
	cr_expect_eq(c->arp_age_s, 300);
	cr_expect_eq(c->icmp_errors_pps, 1000);
	cr_expect(c->ip4_fragment);
	for (unsigned i = 0; i < MARTIAN_NONE; i++)
		cr_expect(c->filters[i]);
	cr_expect_eq(c->telemetry_period_ms, 100);
	cr_expect_eq(c->punt[PUNT_BGP].pps, 6000);
	cr_expect_eq(c->punt[PUNT_ARP].pps, 600);
	cr_expect_eq(c->punt[PUNT_ARP].burst, 300);
	config_free(c);
}

Test(config_sizes, values)
{
	struct config *c;

	/* a locale with a decimal comma and grouping changes nothing */
	setlocale(LC_ALL, "de_DE.UTF-8");
	c = accepted(BOARD
		     "instance: edge-1_b\n"
		     "workers: {cpus: [3, 0], idle: poll}\n"
		     "tables: {routes4: 200000, routes6: auto, nexthops: 1048576, neighbors: 7}\n"
		     "memory: {buffers: 65536, hugepages: false}\n"
		     "arp: {age: 30s}\nicmp: {errors_pps: 0}\ntelemetry: {period: 1000ms}\n"
		     "punt: {bgp: {pps: 0}, multicast_local: {pps: 7, burst: 8}}\n");
	cr_expect_str_eq(c->instance, "edge-1_b");
	cr_expect_eq(c->n_workers, 2);
	cr_expect_eq(c->n_worker_cpus, 2);
	cr_expect(c->worker_cpus[0] == 3 && c->worker_cpus[1] == 0);
	cr_expect(c->idle_poll);
	cr_expect_eq(c->max_routes4, 200000);
	cr_expect_eq(c->max_routes6, 1024);
	cr_expect_eq(c->max_nexthops, 1048576);
	cr_expect_eq(c->max_neighbors, 7);
	cr_expect_eq(c->buffers, 65536);
	cr_expect_not(c->hugepages);
	cr_expect_eq(c->arp_age_s, 30);
	cr_expect_eq(c->icmp_errors_pps, 0);
	cr_expect_eq(c->telemetry_period_ms, 1000);
	cr_expect_eq(c->punt[PUNT_BGP].pps, 0);
	cr_expect_eq(c->punt[PUNT_BGP].burst, 512);
	cr_expect_eq(c->punt[PUNT_MULTICAST].pps, 7);
	cr_expect_eq(c->punt[PUNT_MULTICAST].burst, 8);
	cr_expect_eq(c->punt[PUNT_ND].pps, 600);
	config_free(c);
}
