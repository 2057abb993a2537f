/* SPDX-License-Identifier: BSD-3-Clause */
/* dataplane/run/placement.c: which CPU each worker gets and which worker each lane gets. */
#include "dataplane/run/placement.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/guard.h"

static struct placement out;
static struct err err;

/* n CPUs spread evenly over nodes; two threads a core where `siblings`, half the node apart. */
static struct topo machine(unsigned n, unsigned nodes, bool siblings)
{
	const unsigned per_node = n / nodes;
	struct topo t = { .n_cpus = n, .n_nodes = nodes, .numa = nodes > 1 };

	for (unsigned i = 0; i < n; i++) {
		const unsigned first = i / per_node * per_node;

		t.cpu[i] = (short)i;
		t.node[i] = (short)(i / per_node);
		t.sibling[i] = siblings ? (short)(first + (i - first) % (per_node / 2)) : (short)i;
	}
	return t;
}

static void fill_lanes(struct placement_lane *lanes, unsigned n, int node)
{
	for (unsigned i = 0; i < n; i++)
		lanes[i] = (struct placement_lane){ .node = node, .port = i / 4, .group = i % 4 };
}

Test(placement, one_cpu_is_shared)
{
	const struct topo t = machine(1, 1, false);
	struct placement_lane lanes[2];

	fill_lanes(lanes, 2, -1);
	cr_assert_eq(placement_cpus(&out, &t,
				    &(struct placement_wish){ .n_lanes = 2, .lanes = lanes }, &err),
		     0);
	cr_expect_eq(out.n_workers, 1);
	cr_expect_eq(out.control_cpu, 0);
	cr_expect_eq(out.workers[0].cpu, 0);
	cr_expect(out.workers[0].shared);
	cr_expect_eq(out.n_spare, 0);
	cr_expect_not_null(strstr(out.workers[0].why, "shares"), "%s", out.workers[0].why);
	placement_lanes(&out, lanes, 2);
	cr_expect_eq(out.workers[0].n_lanes, 2);
	cr_expect_not_null(strstr(out.workers[0].why, "2 lanes"), "%s", out.workers[0].why);
}

Test(placement, two_cpus)
{
	const struct topo t = machine(2, 1, false);
	struct placement_lane lanes[8];
	struct placement_wish wish = { .n_lanes = 8, .lanes = lanes };

	fill_lanes(lanes, 8, 0);
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_workers, 1, "one less than the CPUs");
	cr_expect_eq(out.control_cpu, 0);
	cr_expect_eq(out.workers[0].cpu, 1);
	cr_expect(!out.workers[0].shared);

	wish.n_workers = 2;
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.workers[0].cpu, 1);
	cr_expect_eq(out.workers[1].cpu, 0);
	cr_expect(!out.workers[0].shared);
	cr_expect(out.workers[1].shared, "the second one has no CPU of its own");

	wish.n_workers = 0;
	wish.n_spare = 1;
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_workers, 1, "at least one, though nothing is to spare");
}

Test(placement, workers_go_where_the_lanes_are_a_core_each)
{
	/* node 0: 0-3, node 1: 4-7; cores {0,2} {1,3} {4,6} {5,7} */
	const struct topo t = machine(8, 2, true);
	struct placement_lane lanes[8];
	struct placement_wish wish = { .n_workers = 3, .n_lanes = 8, .lanes = lanes };

	fill_lanes(lanes, 8, 1);
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.control_cpu, 0);
	cr_expect_eq(out.workers[0].cpu, 4);
	cr_expect_eq(out.workers[1].cpu, 5, "a core of its own before a sibling");
	cr_expect_eq(out.workers[2].cpu, 6, "then a sibling there before the other node");
	for (unsigned w = 0; w < 3; w++)
		cr_expect_eq(out.workers[w].node, 1);
	placement_lanes(&out, lanes, 8);
	for (unsigned w = 0; w < 3; w++)
		cr_expect_not_null(strstr(out.workers[w].why, "all near node 1"), "%s",
				   out.workers[w].why);
}

Test(placement, both_nodes_get_workers_and_their_own_lanes)
{
	const struct topo t = machine(8, 2, true);
	struct placement_lane lanes[16];
	struct placement_wish wish = { .n_workers = 4, .n_lanes = 16, .lanes = lanes };
	unsigned on_node[2] = { 0 };

	fill_lanes(lanes, 8, 0);
	fill_lanes(lanes + 8, 8, 1);
	for (unsigned i = 8; i < 16; i++)
		lanes[i].port += 2;
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	for (unsigned w = 0; w < 4; w++) {
		cr_expect_neq(out.workers[w].cpu, out.control_cpu);
		on_node[out.workers[w].node]++;
	}
	cr_expect_eq(on_node[0], 2);
	cr_expect_eq(on_node[1], 2);
	placement_lanes(&out, lanes, 16);
	for (unsigned i = 0; i < 16; i++)
		cr_expect_eq(out.workers[lanes[i].worker].node, lanes[i].node, "lane %u", i);
	for (unsigned w = 0; w < 4; w++)
		cr_expect_eq(out.workers[w].n_lanes, 4);
	cr_expect_eq(out.n_spare, 3, "what is left over is named");
}

Test(placement, no_more_workers_than_lanes_and_some_cpus_left)
{
	const struct topo t = machine(8, 1, false);
	struct placement_lane lanes[8];
	struct placement_wish wish = { .n_lanes = 2, .lanes = lanes };

	fill_lanes(lanes, 8, -1);
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_workers, 2);
	cr_expect_eq(out.n_spare, 5);
	wish.n_lanes = 8;
	wish.n_spare = 3;
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_workers, 4);
	cr_expect_eq(out.n_spare, 3);
	for (unsigned i = 0; i < out.n_spare; i++)
		for (unsigned w = 0; w < out.n_workers; w++)
			cr_expect_neq(out.spare[i], out.workers[w].cpu);
}

Test(placement, pins_are_kept)
{
	const struct topo t = machine(4, 1, false);
	const uint16_t pins[] = { 0, 2 };
	const uint16_t all[] = { 0, 1, 2, 3 };
	struct placement_wish wish = { .n_pins = 2, .pins = pins, .n_lanes = 8 };

	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_workers, 2);
	cr_expect_eq(out.workers[0].cpu, 0);
	cr_expect_eq(out.workers[1].cpu, 2);
	cr_expect_eq(out.control_cpu, 1, "the first CPU nobody is pinned to");
	cr_expect_not_null(strstr(out.workers[0].why, "named"), "%s", out.workers[0].why);
	cr_expect(!out.workers[0].shared && !out.workers[1].shared);

	wish.pins = all;
	wish.n_pins = 4;
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.control_cpu, 0, "no CPU left for it alone");
	cr_expect(out.workers[0].shared);
	cr_expect(!out.workers[3].shared);
}

Test(placement, bad_pins_are_refused)
{
	const struct topo t = machine(4, 1, false);
	static const struct {
		const char *what;
		uint16_t pins[2];
		unsigned n_pins, n_workers;
		const char *says;
	} bad[] = {
		{ "a CPU not ours", { 1, 9 }, 2, 0, "CPU 9" },
		{ "named twice", { 1, 1 }, 2, 0, "twice" },
		{ "fewer pins than workers", { 1, 2 }, 2, 3, "3 wanted, 2 CPUs named" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct placement_wish wish = { .n_pins = bad[i].n_pins,
						     .pins = bad[i].pins,
						     .n_workers = bad[i].n_workers,
						     .n_lanes = 8 };

		memset(&err, 0, sizeof(err));
		cr_expect_eq(placement_cpus(&out, &t, &wish, &err), -EINVAL, "%s", bad[i].what);
		cr_expect_not_null(strstr(err.text, bad[i].says), "%s: %s", bad[i].what, err.text);
	}
}

Test(placement, far_lanes_are_said)
{
	const struct topo t = machine(4, 2, false);
	const uint16_t pins[] = { 1 };
	const struct placement_wish wish = { .n_pins = 1, .pins = pins, .n_lanes = 3 };
	struct placement_lane lanes[3] = { { .node = 0 },
					   { .node = 1, .group = 1 },
					   { .node = 1, .group = 2 } };

	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	placement_lanes(&out, lanes, 3);
	cr_expect_eq(out.workers[0].n_lanes, 3);
	cr_expect_not_null(strstr(out.workers[0].why, "1 lanes of node 0, 2 of other nodes"), "%s",
			   out.workers[0].why);
}

Test(placement, lanes_of_one_carrier_queue_stay_together)
{
	const struct topo t = machine(4, 1, false);
	struct placement_lane lanes[16];
	const struct placement_wish wish = { .n_workers = 3, .n_lanes = 16, .lanes = lanes };

	for (unsigned i = 0; i < 16; i++) /* ports of 8 lanes on carriers of 2 queues */
		lanes[i] = (struct placement_lane){ .node = -1, .port = i / 8, .group = i % 2 };
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	placement_lanes(&out, lanes, 16);
	for (unsigned i = 0; i < 16; i++)
		cr_expect_eq(lanes[i].worker, lanes[i / 8 * 8 + i % 2].worker, "lane %u", i);
	cr_expect_neq(lanes[0].worker, lanes[1].worker);
	cr_expect_neq(lanes[8].worker, lanes[9].worker);
}

/* What is shared out is receive queues, however many lanes are in them. */
Test(placement, queues_are_balanced)
{
	const struct topo t = machine(3, 1, false);
	struct placement_lane lanes[12];
	const struct placement_wish wish = { .n_workers = 2, .n_lanes = 12, .lanes = lanes };

	for (unsigned i = 0; i < 12; i++) /* eight lanes in one queue, then four of their own */
		lanes[i] = (struct placement_lane){ .node = -1,
						    .port = i < 8 ? 0 : (uint16_t)(i - 7),
						    .group = 0 };
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	placement_lanes(&out, lanes, 12);
	cr_expect_eq(out.workers[0].n_queues, 3);
	cr_expect_eq(out.workers[0].n_lanes, 10);
	cr_expect_eq(out.workers[1].n_queues, 2);
	cr_expect_not_null(strstr(out.workers[0].why, "10 lanes in 3 receive queues"), "%s",
			   out.workers[0].why);
	lanes[9].worker = 1; /* chosen by others */
	placement_share(&out, lanes, 12);
	cr_expect_eq(out.workers[0].n_queues, 2);
	cr_expect_eq(out.workers[1].n_queues, 3);
}

/* Workers without a queue help those with the most, near ones first, and say so. */
Test(placement, who_helps_whom)
{
	const struct topo t = machine(12, 2, false);
	struct placement_lane lanes[3] = { { .node = 0, .port = 0 },
					   { .node = 1, .port = 1 },
					   { .node = 1, .port = 2, .unused = true } };
	struct placement_wish wish = {
		.n_workers = 8, .n_lanes = 3, .lanes = lanes, .spread = true
	};
	unsigned helped[PLACEMENT_MAX_WORKERS] = { 0 };

	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	cr_expect_eq(out.n_places, 12, "a CPU for each that may come");
	placement_lanes(&out, lanes, 3);
	for (unsigned w = 0; w < 8; w++) {
		const struct placement_worker *worker = &out.workers[w];

		cr_expect_neq(worker->n_queues != 0, worker->helps != PLACEMENT_NOBODY);
		if (worker->n_queues)
			continue;
		cr_expect_eq(out.workers[worker->helps].node, worker->node, "worker %u", w);
		cr_expect_not_null(strstr(worker->why, "part of the flows of worker"), "%s",
				   worker->why);
		helped[worker->helps]++;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct placement_worker *worker = &out.workers[lanes[i].worker];

		cr_expect_eq(worker->n_helpers, helped[lanes[i].worker]);
		cr_expect_geq(worker->n_helpers, 2);
		cr_expect_not_null(strstr(worker->why, "others get part of its flows"), "%s",
				   worker->why);
	}
	cr_expect_eq(helped[lanes[0].worker] + helped[lanes[1].worker], 6);
	for (unsigned w = 8; w < 12; w++)
		cr_expect_not_null(strstr(out.workers[w].why, "not running"), "%s",
				   out.workers[w].why);
	out.spread = false;
	placement_lanes(&out, lanes, 3);
	for (unsigned w = 0; w < 8; w++)
		cr_expect_eq(out.workers[w].helps, PLACEMENT_NOBODY);
}

Test(placement, each_port_is_spread_over_the_workers)
{
	const struct topo t = machine(5, 1, false);
	struct placement_lane lanes[24];
	const struct placement_wish wish = { .n_workers = 4, .n_lanes = 24, .lanes = lanes };
	unsigned of[3][4] = { { 0 } };

	for (unsigned i = 0; i < 24; i++)
		lanes[i] = (struct placement_lane){ .node = -1, .port = i / 8, .group = i % 8 };
	cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
	placement_lanes(&out, lanes, 24);
	for (unsigned i = 0; i < 24; i++)
		of[lanes[i].port][lanes[i].worker]++;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned w = 0; w < 4; w++)
			cr_expect_eq(of[p][w], 2, "port %u worker %u", p, w);
}

/* Any machine, any wish: nobody is left out, nobody is counted twice. */
Test(placement, random_machines)
{
	uint64_t seed = 20260101;

	for (unsigned round = 0; round < 20000; round++) {
		static struct topo t;
		struct placement_lane lanes[64];
		struct placement_wish wish = { .lanes = lanes };
		unsigned sum = 0;

		t = (struct topo){ .n_cpus = 1 + guard_random(&seed) % 40 };
		for (unsigned i = 0; i < t.n_cpus; i++) {
			t.cpu[i] = (short)(3 * i);
			t.node[i] = (short)(guard_random(&seed) % 3);
			t.sibling[i] = t.cpu[guard_random(&seed) % (i + 1)];
		}
		wish.n_workers = guard_random(&seed) % 36;
		wish.n_spare = guard_random(&seed) % 3;
		wish.n_lanes = 1 + guard_random(&seed) % 64;
		for (unsigned i = 0; i < wish.n_lanes; i++)
			lanes[i] =
				(struct placement_lane){ .node = (int)(guard_random(&seed) % 4) - 1,
							 .port = guard_random(&seed) % 6,
							 .group = guard_random(&seed) % 8 };
		cr_assert_eq(placement_cpus(&out, &t, &wish, &err), 0);
		cr_assert(out.n_workers >= 1 && out.n_workers <= PLACEMENT_MAX_WORKERS);
		for (unsigned w = 0; w < out.n_workers; w++)
			for (unsigned v = 0; v < w; v++)
				cr_assert(out.workers[w].cpu != out.workers[v].cpu ||
						  out.workers[w].shared,
					  "round %u: CPU %d twice", round, out.workers[w].cpu);
		placement_lanes(&out, lanes, wish.n_lanes);
		for (unsigned i = 0; i < wish.n_lanes; i++) {
			cr_assert_lt(lanes[i].worker, out.n_workers);
			for (unsigned j = 0; j < i; j++)
				if (lanes[i].port == lanes[j].port &&
				    lanes[i].group == lanes[j].group)
					cr_assert_eq(lanes[i].worker, lanes[j].worker);
		}
		for (unsigned w = 0; w < out.n_workers; w++) {
			sum += out.workers[w].n_lanes;
			cr_assert_not_null(strstr(out.workers[w].why, "lanes"));
		}
		cr_assert_eq(sum, wish.n_lanes);
	}
}
