/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of next hops in the pipeline: a flow keeps to one member, members get their shares, who
 * leaves moves only its own flows, an unresolved member is asked for while the others forward.
 *
 * p0 is where packets come in; behind p1, p2 and p3 (four lanes) is a gateway each, .2 of static
 * Ethernet address, .9 one that must be asked for.
 */
#include <math.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/tables/group.h"
#include "tests/unit/board.h"

#define FLOWS 2000
#define GATES 3

static const char yaml[] =
	"workers: {count: 1}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop, addresses: [10.0.2.1/24, '2001:db8:2::1/64']}\n"
	"  p3: {lanes: oe0/4-7, carrier: loop, addresses: [10.0.3.1/24, '2001:db8:3::1/64']}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n"
	"  - {ip: 10.0.3.2, mac: '02:00:00:00:03:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8:2::2', mac: '02:00:00:00:02:02'}\n"
	"  - {ip: '2001:db8:3::2', mac: '02:00:00:00:03:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, asked[6] = { 2, 0, 0, 0, 2, 9 };
static struct bed bed;
static struct frame in, want;
static struct err err;
static uint32_t group;

TestSuite(pipeline_groups, .fini = bed_clean);

/* The row of the gateway `host` behind port i. */
static uint32_t gateway(unsigned i, unsigned host, uint8_t family)
{
	char text[32];
	uint8_t addr[16] = { 0 };
	uint32_t row = 0;

	snprintf(text, sizeof(text), family == AF_INET ? "10.0.%u.%u" : "2001:db8:%u::%u", i, host);
	cr_assert_eq(inet_pton(family, text, addr), 1);
	cr_assert_eq(neighbors_hold_gateway(bed.board, (uint16_t)(1 + i), family, addr, &row, &err),
		     0, "%s", err.text);
	return row;
}

static void route(uint8_t family, const char *to, uint8_t len, uint32_t row)
{
	struct fib *fib = board_fib(bed.board, 0, family);
	uint8_t addr[16] = { 0 };

	cr_assert_eq(inet_pton(family, to, addr), 1);
	cr_assert_eq(fib_add(fib, addr, len, row, &err), 0, "%s", err.text);
	fib_commit(fib);
}

static void set(const struct group_member *m, unsigned n)
{
	cr_assert_eq(group_set(bed.board->nexthops, group, m, n, &err), 0, "%s", err.text);
}

/* 99/8 and 2001:4860::/32 lead to the group. */
static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 1, 4, 0 });
	bed.board->nexthops->flow_seed = 1;
	cr_assert_eq(group_create(bed.board->nexthops, NULL, 0, &group, &err), 0, "%s", err.text);
	route(AF_INET, "99.0.0.0", 8, group);
	route(AF_INET6, "2001:4860::", 32, group);
}

static void packet(unsigned flow, uint8_t family)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = family == AF_INET ? "10.0.0.2" : "2001:db8::2",
				      .dst = family == AF_INET ? "99.1.2.3" : "2001:4860::1",
				      .id = (uint16_t)flow,
				      .src_port = (uint16_t)(1000 + flow),
				      .payload = 30 });
}

/* One packet of each flow: to[flow] is the port it came out of, lane[flow] the lane. */
static void one_of_each(uint8_t family, uint8_t *to, uint8_t *lane, const char *what)
{
	const unsigned at = family == AF_INET ? 34 : 54;
	unsigned n = 0;

	memset(to, 0xff, FLOWS);
	for (unsigned i = 0; i < FLOWS; i++) {
		packet(i, family);
		bed_send(&bed, 0, &in);
		if (i % 200 == 199)
			bed_settle(&bed);
	}
	for (const struct frame *f; (f = bed_next(&bed)); n++) {
		const unsigned flow = (unsigned)(f->data[at] << 8 | f->data[at + 1]) - 1000;

		cr_assert_lt(flow, FLOWS);
		cr_assert_eq(to[flow], 0xff, "%s: flow %u twice", what, flow);
		to[flow] = (uint8_t)f->port;
		if (lane)
			lane[flow] = (uint8_t)f->lane;
	}
	cr_assert_eq(n, FLOWS);
	bed_expect_sent(&bed, what, FLOWS, FLOWS);
}

/* About a share of n: five standard deviations of a fair draw. */
static void expect_share(const char *what, unsigned count, unsigned n, double share)
{
	cr_assert(fabs(count - n * share) < 5 * sqrt(n * share * (1 - share)),
		  "%s: %u of %u, about %.0f expected", what, count, n, n * share);
}

static void shares_of(uint8_t family)
{
	static uint8_t first[FLOWS], again[FLOWS], lane[FLOWS];
	unsigned count[4] = { 0 }, lanes[4] = { 0 };
	struct group_member m[GATES] = { { 0, 1 }, { 0, 2 }, { 0, 5 } };

	start();
	for (unsigned i = 0; i < GATES; i++)
		m[i].row = gateway(1 + i, 2, family);
	set(m, GATES);
	one_of_each(family, first, lane, "first");
	one_of_each(family, again, lane, "again");
	cr_assert_arr_eq(first, again, FLOWS, "a flow keeps to one member");
	for (unsigned i = 0; i < FLOWS; i++) {
		count[first[i]]++;
		if (first[i] == 3)
			lanes[lane[i]]++;
	}
	cr_expect_eq(count[0], 0);
	expect_share("weight 1", count[1], FLOWS, 1 / 8.0);
	expect_share("weight 2", count[2], FLOWS, 2 / 8.0);
	expect_share("weight 5", count[3], FLOWS, 5 / 8.0);
	for (unsigned i = 0; i < 4; i++) /* the flows of one member still use all its lanes */
		expect_share("a lane of it", lanes[i], count[3], 1 / 4.0);
	bed_close(&bed);
}

Test(pipeline_groups, four_flows_and_shares)
{
	shares_of(AF_INET);
}

Test(pipeline_groups, six_flows_and_shares)
{
	shares_of(AF_INET6);
}

Test(pipeline_groups, who_leaves_moves_only_its_flows)
{
	static uint8_t all[FLOWS], two[FLOWS], back[FLOWS];
	struct group_member m[GATES];
	unsigned came = 0;

	start();
	for (unsigned i = 0; i < GATES; i++)
		m[i] = (struct group_member){ gateway(1 + i, 2, AF_INET), 1 };
	set(m, GATES);
	one_of_each(AF_INET, all, NULL, "three");
	set(m, 2);
	one_of_each(AF_INET, two, NULL, "two");
	for (unsigned i = 0; i < FLOWS; i++) {
		cr_assert_neq(two[i], 3);
		cr_assert(all[i] == 3 || all[i] == two[i], "flow %u moved from %u to %u", i, all[i],
			  two[i]);
	}
	set(m, GATES);
	one_of_each(AF_INET, back, NULL, "three again");
	for (unsigned i = 0; i < FLOWS; i++) {
		came += back[i] == 3;
		cr_assert(back[i] == 3 || back[i] == two[i], "flow %u moved from %u to %u", i,
			  two[i], back[i]);
	}
	expect_share("who came back", came, FLOWS, 1 / 3.0);
	bed_close(&bed);
}

/* Packets for a member that is not resolved wait for it; flows of the others do not. */
Test(pipeline_groups, an_unresolved_member)
{
	static uint8_t which[FLOWS];
	struct group_member m[2];
	unsigned held = 0;

	start();
	m[0] = (struct group_member){ gateway(1, 2, AF_INET), 1 };
	m[1] = (struct group_member){ gateway(2, 2, AF_INET), 1 };
	set(m, 2);
	one_of_each(AF_INET, which, NULL, "both known");
	m[1].row = gateway(2, 9, AF_INET); /* in its place: another that nobody knows */
	set(m, 2);
	for (unsigned i = 0; i < 40; i++) {
		packet(i, AF_INET);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		if (which[i] == 1) {
			frame_forwarded(&want, &in, (uint8_t[]){ 2, 0, 0, 0, 1, 2 },
					bed_mac(&bed, 1), 0);
			bed_expect_frame(&bed, "a known member", 1, &want);
		} else if (held++ == 0) {
			frame_arp(&want, false, NULL, bed_mac(&bed, 2), 0, "10.0.2.1", "10.0.2.9");
			bed_expect_frame(&bed, "asked for once", 2, &want);
		}
		bed_expect_nothing(&bed, "held");
	}
	cr_expect_gt(held, 5);
	cr_expect_eq(bed.board->held, held);
	frame_arp(&in, true, bed_mac(&bed, 2), asked, 0, "10.0.2.9", "10.0.2.1");
	bed_send(&bed, 2, &in);
	bed_settle(&bed);
	for (unsigned i = 0; i < 40; i++) {
		if (which[i] == 1)
			continue;
		packet(i, AF_INET);
		frame_forwarded(&want, &in, asked, bed_mac(&bed, 2), 0);
		bed_expect_frame(&bed, "answered", 2, &want);
	}
	bed_expect_nothing(&bed, "all of them, once");
	cr_expect_eq(bed.board->held, 0);
	bed_delta(&bed, "held and released");

	/* one that leaves while its packets wait: they go to who is left */
	m[1].row = gateway(3, 9, AF_INET);
	set(m, 2);
	for (unsigned i = 0; i < 40; i++) {
		packet(i, AF_INET);
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	cr_expect_eq(bed.board->held, held);
	bed_forget(&bed);
	set(m, 1);
	frame_arp(&in, true, bed_mac(&bed, 3), asked, 0, "10.0.3.9", "10.0.3.1");
	bed_send(&bed, 3, &in);
	bed_settle(&bed);
	cr_expect_eq(bed_waiting(&bed), held);
	for (const struct frame *f; (f = bed_next(&bed));)
		cr_expect_eq(f->port, 1);
	bed_close(&bed);
}

/* A connected subnet may be a member: the destination itself is on the link. */
Test(pipeline_groups, a_connected_member)
{
	struct group_member m = { .weight = 1 };

	start();
	cr_assert_eq(iface_link_row(bed.board, 1 + 2, &m.row, &err), 0, "%s", err.text);
	set(&m, 1);
	packet(0, AF_INET);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_arp(&want, false, NULL, bed_mac(&bed, 2), 0, "10.0.2.1", "99.1.2.3");
	bed_expect_frame(&bed, "the destination is asked for", 2, &want);
	bed_close(&bed);
}

Test(pipeline_groups, nobody_left)
{
	struct group_member m = { .weight = 1 };

	start();
	packet(0, AF_INET);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "10.0.0.1", 3, 1, 0);
	bed_expect_frame(&bed, "host unreachable", 0, &want);
	packet(0, AF_INET6);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "2001:db8::1", 1, 3, 0);
	bed_expect_frame(&bed, "address unreachable", 0, &want);
	m.row = NEXTHOP_ROW_BLACKHOLE;
	set(&m, 1);
	bed_delta(&bed, "errors");
	packet(0, AF_INET);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "a member that drops", DROP_BLACKHOLE, 1);
	bed_close(&bed);
}

/* What the board itself answers takes the group, too. */
Test(pipeline_groups, answers)
{
	struct group_member m = { .weight = 1 };

	start();
	m.row = gateway(1, 2, AF_INET);
	set(&m, 1);
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = host0,
				  .src = "99.1.2.3",
				  .dst = "10.0.0.1",
				  .payload = 20 },
		   8);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert_eq(bed_waiting(&bed), 1);
	cr_expect_eq(bed_next(&bed)->port, 1, "an echo reply");
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = "99.1.2.3",
				      .dst = "10.0.2.2",
				      .ttl = 1,
				      .payload = 20 });
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert_eq(bed_waiting(&bed), 1);
	cr_expect_eq(bed_next(&bed)->port, 1, "time exceeded");
	bed_close(&bed);
}
