/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control-plane protection: each punt class passes at its rate and no faster, whatever the others
 * do; a flood of one costs no packet of another, and none in transit. Time is the test's.
 */
#include "tests/unit/board.h"

#include <rte_cycles.h>

#include "dataplane/run/punt_rates.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"neighbors:\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 };
static struct bed bed;
static struct frame arp, solicit, transit, unresolved;

TestSuite(pipeline_punt, .fini = bed_clean);

static void start(const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text), "%s%s", yaml, more);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 0 });
	frame_arp(&arp, false, NULL, host0, 0, "10.0.0.2", "10.0.0.1");
	frame_solicit(&solicit, host0, 0, "2001:db8::2", "2001:db8::1");
	frame_udp(&transit, &(struct udp){ .to = bed_mac(&bed, 0),
					   .from = host0,
					   .src = "10.0.0.9",
					   .dst = "10.0.1.2",
					   .payload = 30 });
	frame_udp(&unresolved, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .src = "10.0.0.9",
					      .dst = "10.0.1.77",
					      .payload = 30 });
}

struct punted {
	uint64_t passed, policed, full;
};

static struct punted punted(enum punt_class c)
{
	struct punted p = { 0 };

	for (unsigned w = 0; w < bed.board->n_workers; w++) {
		const uint64_t *v = bed.board->workers[w]->block->v;

		p.passed += v[WORKER_PUNT + c];
		p.policed += v[WORKER_PUNT_POLICED + c];
		p.full += v[WORKER_PUNT_FULL + c];
	}
	return p;
}

static unsigned passed_ms;

/* One millisecond with n frames of each of these; the control thread runs as it does then. */
static void millisecond(unsigned n, const struct frame *const *frames)
{
	bed.tsc += rte_get_tsc_hz() / 1000;
	for (; *frames; frames++)
		for (unsigned i = 0; i < n; i++)
			bed_send(&bed, 0, *frames);
	for (unsigned w = 0; w < bed.board->n_workers; w++)
		for (unsigned i = 0; i < 8; i++)
			bed_turn(&bed, w);
	bed_control(&bed);
	if (++passed_ms % 100 == 0)
		punt_share(bed.board);
	bed_drain(&bed);
	bed_forget(&bed);
}

/* seconds of it, once the burst is gone; then what passed a second is the class's rate, +-5 %. */
static void expect_rate(enum punt_class c, const struct frame *frame, unsigned seconds)
{
	const struct frame *const frames[] = { frame, NULL };
	const double rate = bed.cfg->punt[c].pps;
	const unsigned each = bed.cfg->punt[c].pps / 1000 + 2;
	struct punted before, after;
	double passed;

	while (punted(c).policed == 0)
		millisecond(64, frames);
	before = punted(c);
	for (unsigned ms = 0; ms < seconds * 1000; ms++)
		millisecond(each, frames);
	after = punted(c);
	passed = (double)(after.passed - before.passed) / seconds;
	cr_expect(passed >= 0.95 * rate && passed <= 1.05 * rate, "%s: %.1f a second, not %.0f",
		  punt_info[c].name, passed, rate);
	cr_expect_eq(after.full, before.full, "%s: its queue was full", punt_info[c].name);
	cr_expect_eq(after.passed + after.policed - before.passed - before.policed,
		     (uint64_t)each * seconds * 1000);
}

Test(pipeline_punt, each_class_passes_at_its_rate)
{
	start("punt: {nd: {pps: 2500, burst: 40}}\n");
	expect_rate(PUNT_ARP, &arp, 3);
	expect_rate(PUNT_ND, &solicit, 3);
	expect_rate(PUNT_RESOLVE, &unresolved, 3);
	bed_settle(&bed);
	bed_close(&bed);
}

/* Packets for the host, a kind each; its twins are not there, so all that passes ends by name. */
static const struct {
	enum punt_class class;
	const char *dst; /* NULL: a frame of another type */
	uint8_t ttl, protocol;
	uint16_t src_port, dst_port; /* dst_port: the type of the frame */
} hosts[] = {
	{ PUNT_BFD, "10.0.0.1", 255, 0, 49152, 3784 },
	{ PUNT_LACP, NULL, 0, 0, 0, 0x8809 },
	{ PUNT_BGP, "10.0.0.1", 1, 6, 40000, 179 },
	{ PUNT_BGP, "2001:db8::1", 1, 6, 179, 40000 },
	{ PUNT_OSPF, "224.0.0.5", 1, 89, 0, 0 },
	{ PUNT_OSPF, "ff02::5", 1, 89, 0, 0 },
	{ PUNT_ISIS, NULL, 0, 0, 0, 60 },
	{ PUNT_LDP, "224.0.0.2", 1, 0, 646, 646 },
	{ PUNT_PIM, "224.0.0.13", 1, 103, 0, 0 },
	{ PUNT_RIP, "224.0.0.9", 1, 0, 520, 520 },
	{ PUNT_VRRP, "224.0.0.18", 255, 112, 0, 0 },
	{ PUNT_DHCP, "10.0.0.1", 64, 0, 67, 67 },
	{ PUNT_LLDP, NULL, 0, 0, 0, 0x88cc },
	{ PUNT_LINK, NULL, 0, 0, 0, 0x888e },
	{ PUNT_IGMP, "224.0.0.1", 1, 2, 0, 0 },
	{ PUNT_IP2ME, "10.0.0.1", 254, 0, 49152, 3784 },
	{ PUNT_MULTICAST, "224.0.0.251", 255, 0, 5353, 5353 },
	{ PUNT_MULTICAST, "ff02::fb", 255, 0, 5353, 5353 },
};

static struct frame host_frame[RTE_DIM(hosts)];

static void make_host_frame(unsigned i)
{
	static const uint8_t slow[6] = { 1, 0x80, 0xc2, 0, 0, 2 };
	struct frame *f = &host_frame[i];
	uint8_t group[6] = { 1, 0, 0x5e };

	if (!hosts[i].dst) {
		*f = (struct frame){ .len = 74 };
		memcpy(f->data, slow, 6);
		memcpy(f->data + 6, host0, 6);
		frame_put16(f->data + 12, hosts[i].dst_port);
		memset(f->data + 14, 0xfe, 2); /* OSI, where it is 802.2 */
		return;
	}
	frame_udp(f, &(struct udp){ .to = bed_mac(&bed, 0),
				    .from = host0,
				    .src = strchr(hosts[i].dst, ':') ? "2001:db8::2" : "10.0.0.2",
				    .dst = hosts[i].dst,
				    .ttl = hosts[i].ttl,
				    .protocol = hosts[i].protocol,
				    .src_port = hosts[i].src_port,
				    .dst_port = hosts[i].dst_port,
				    .payload = 30 });
	if (hosts[i].dst[0] == 'f')
		ip6_multicast_mac(f->data + 14 + 24, f->data);
	else if (strncmp(hosts[i].dst, "224", 3) == 0)
		memcpy(f->data, group, 6);
}

static void start_with_host(const char *more)
{
	start(more);
	for (unsigned i = 1; i <= bed.board->n_ifaces; i++)
		bed.board->ifaces[i].host = true;
	cr_assert_eq(workers_republish(bed.board), 0);
	for (unsigned i = 0; i < RTE_DIM(hosts); i++)
		make_host_frame(i);
}

Test(pipeline_punt, the_host_gets_each_class_at_its_rate, .timeout = 60)
{
	struct tally d;
	uint64_t passed = 0;

	start_with_host("");
	for (unsigned i = 0; i < RTE_DIM(hosts); i++)
		expect_rate(hosts[i].class, &host_frame[i], 1);
	bed_settle(&bed);
	d = bed_delta(&bed, "every class");
	for (unsigned c = 0; c < PUNT_COUNT; c++)
		passed += punted(c).passed;
	cr_expect_eq(d.drop[DROP_PORT_REMOVED], passed);
	cr_expect_eq(d.drop[DROP_CONTROL_FULL], 0);
	cr_expect_eq(d.rx, d.drop[DROP_POLICED] + passed);
	bed_close(&bed);
}

/* Ten times what ip2me, ARP, groups and link protocols may have; sessions beside them. */
Test(pipeline_punt, sessions_survive_a_flood_for_the_host)
{
	const struct frame *flood[] = { NULL, NULL, &arp, NULL }, *sessions[4] = { NULL };
	static const struct frame *const through[] = { &transit, NULL };
	unsigned n = 0;
	struct tally d;

	start_with_host("punt: {ip2me: {pps: 1000, burst: 100}}\n");
	for (unsigned i = 0; i < RTE_DIM(hosts); i++) {
		if (hosts[i].class == PUNT_IP2ME)
			flood[0] = &host_frame[i];
		if (hosts[i].class == PUNT_MULTICAST && hosts[i].dst[0] != 'f')
			flood[1] = &host_frame[i];
		if (hosts[i].class == PUNT_BFD || hosts[i].class == PUNT_OSPF ||
		    (hosts[i].class == PUNT_BGP && hosts[i].dst[0] != '2'))
			sessions[n < 3 ? n++ : 2] = &host_frame[i];
	}
	for (unsigned ms = 0; ms < 1000; ms++) {
		millisecond(10, flood);
		millisecond(2, sessions);
		millisecond(4, through);
		if (ms % 10 == 0)
			millisecond(1, (const struct frame *const[]){ &solicit, NULL });
	}
	bed_settle(&bed);
	for (unsigned c = 0; c < PUNT_COUNT; c++) {
		const bool flooded = c == PUNT_IP2ME || c == PUNT_MULTICAST || c == PUNT_ARP;

		cr_expect_eq(punted(c).full, 0, "%s", punt_info[c].name);
		cr_expect_eq(punted(c).policed > 0, flooded, "%s: %lu policed", punt_info[c].name,
			     punted(c).policed);
	}
	cr_expect_eq(punted(PUNT_BFD).passed, 2000);
	cr_expect_eq(punted(PUNT_BGP).passed, 2000);
	cr_expect_eq(punted(PUNT_OSPF).passed, 2000);
	cr_expect_eq(punted(PUNT_ND).passed, 100);
	d = bed_delta(&bed, "a flood for the host");
	cr_expect_eq(d.tx - d.originated, 4000, "transit lost");
	cr_expect_eq(d.drop[DROP_POLICED], punted(PUNT_IP2ME).policed +
						   punted(PUNT_MULTICAST).policed +
						   punted(PUNT_ARP).policed);
	bed_close(&bed);
}

/* All of it comes to one of two workers, which has the board's rate after a moment. */
Test(pipeline_punt, a_rate_goes_where_the_packets_are)
{
	start("workers: {count: 2}\n");
	cr_assert_eq(bed.board->n_workers, 2);
	for (unsigned ms = 0; ms < 500; ms++)
		millisecond(3, (const struct frame *const[]){ &arp, NULL });
	expect_rate(PUNT_ARP, &arp, 3);
	bed_settle(&bed);
	bed_close(&bed);
}

Test(pipeline_punt, what_is_policed_has_a_name)
{
	struct tally d;
	unsigned n = 0;

	start("punt: {arp: {pps: 10, burst: 25}}\n");
	for (; n < 100; n++)
		bed_send(&bed, 0, &arp);
	bed_settle(&bed);
	d = bed_delta(&bed, "a burst of ARP");
	cr_expect_eq(d.host, 25);
	cr_expect_eq(d.drop[DROP_POLICED], 75);
	cr_expect_eq(punted(PUNT_ARP).passed, 25);
	cr_expect_eq(punted(PUNT_ARP).policed, 75);
	bed_forget(&bed);
	bed_close(&bed);
}

Test(pipeline_punt, none_of_a_class)
{
	struct tally d;

	start("punt: {arp: {pps: 0}}\n");
	bed_send(&bed, 0, &arp);
	bed_settle(&bed);
	d = bed_delta(&bed, "an ARP request");
	cr_expect_eq(d.drop[DROP_POLICED], 1);
	bed_close(&bed);
}

/* A flood of ARP and of packets without a neighbour, each tenfold its rate, with solicitations at
 * their own and transit beside them. */
Test(pipeline_punt, a_flood_costs_nobody_else)
{
	static const struct frame *const flood[] = { &arp, &unresolved, NULL },
					 *const quiet[] = { &solicit, NULL },
					 *const through[] = { &transit, NULL };
	struct punted nd;
	struct tally d;
	uint64_t tx = 0;

	start("");
	for (unsigned ms = 0; ms < 2000; ms++) {
		millisecond(6, flood);
		if (ms % 4 == 0)
			millisecond(1, quiet);
		millisecond(8, through);
		tx += 8;
	}
	bed_settle(&bed);
	nd = punted(PUNT_ND);
	cr_expect_eq(nd.passed, 500);
	cr_expect_eq(nd.policed + nd.full, 0, "solicitations lost");
	cr_expect_gt(punted(PUNT_ARP).policed, 5000);
	cr_expect_gt(punted(PUNT_RESOLVE).policed, 5000);
	d = bed_delta(&bed, "the flood");
	cr_expect_eq(d.drop[DROP_POLICED], punted(PUNT_ARP).policed + punted(PUNT_RESOLVE).policed);
	cr_expect_eq(d.tx, tx + d.originated, "transit lost: %lu of %lu sent", d.tx - d.originated,
		     tx);
	cr_expect_eq(d.drop[DROP_CONTROL_FULL], 0);
	bed_close(&bed);
}

/* Whatever waits in the last queue, the first ones are emptied first, each its share a turn. */
Test(pipeline_punt, queues_are_taken_by_priority_and_bounded)
{
	struct rte_ring *const *rings;
	unsigned waiting;

	start("");
	rings = bed.board->workers[0]->to_control;
	for (unsigned i = 0; i < 400; i++) {
		bed_send(&bed, 0, &unresolved);
		if (i % 8 == 0)
			bed_turn(&bed, 0);
	}
	for (unsigned i = 0; i < 100; i++)
		bed_send(&bed, 0, &arp);
	for (unsigned i = 0; i < 8; i++)
		bed_turn(&bed, 0);
	waiting = rte_ring_count(rings[PUNT_QUEUE_REST]);
	cr_assert_eq(waiting, 400);
	cr_assert_eq(rte_ring_count(rings[PUNT_QUEUE_RESOLUTION]), 100);
	punt_poll(bed.board);
	cr_expect_eq(rte_ring_count(rings[PUNT_QUEUE_RESOLUTION]),
		     100u - punt_queue_take[PUNT_QUEUE_RESOLUTION]);
	cr_expect_eq(rte_ring_count(rings[PUNT_QUEUE_REST]),
		     400u - punt_queue_take[PUNT_QUEUE_REST]);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_close(&bed);
}

/* All bursts of a queue at once, and the control thread away: they fit. */
Test(pipeline_punt, a_ring_is_never_full_of_one_class)
{
	start("punt: {resolve: {burst: 40}, multicast_local: {burst: 20}}\n");
	for (unsigned i = 0; i < 60; i++)
		bed_send(&bed, 0, &unresolved);
	bed_turn(&bed, 0);
	bed_turn(&bed, 0);
	cr_expect_eq(rte_ring_count(bed.board->workers[0]->to_control[PUNT_QUEUE_REST]), 40);
	cr_expect_eq(rte_ring_get_size(bed.board->workers[0]->to_control[PUNT_QUEUE_REST]), 64);
	cr_expect_eq(punted(PUNT_RESOLVE).policed, 20);
	bed_settle(&bed);
	bed_close(&bed);
}

/* A full ring is counted by class and named. Only a clock far ahead of the control thread does it.
 */
Test(pipeline_punt, a_full_queue_has_a_name)
{
	struct tally d;

	start("punt: {resolve: {burst: 40}, multicast_local: {burst: 20}}\n");
	for (unsigned i = 0; i < 100; i++) {
		bed.tsc += rte_get_tsc_hz();
		bed_send(&bed, 0, &unresolved);
		bed_turn(&bed, 0);
	}
	cr_expect_eq(punted(PUNT_RESOLVE).passed, 63);
	cr_expect_eq(punted(PUNT_RESOLVE).full, 37);
	d = bed_delta(&bed, "a full queue");
	cr_expect_eq(d.drop[DROP_CONTROL_FULL], 37);
	bed_settle(&bed);
	bed_close(&bed);
}

/* What cannot go on is answered by the worker: the punt path does not see it. */
Test(pipeline_punt, a_flood_of_expired_packets_is_not_punted)
{
	struct frame expired;
	struct tally d;

	start("icmp: {errors_pps: 100}\n");
	frame_udp(&expired, &(struct udp){ .to = bed_mac(&bed, 0),
					   .from = host0,
					   .src = "10.0.0.2",
					   .dst = "10.0.1.2",
					   .ttl = 1,
					   .payload = 30 });
	bed_send(&bed, 0, &arp); /* the board learns the sender */
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "ARP");
	for (unsigned ms = 0; ms < 1000; ms++)
		millisecond(4, (const struct frame *const[]){ &expired, NULL });
	d = bed_delta(&bed, "expired packets");
	cr_expect_eq(d.errors + d.drop[DROP_ICMP_RATE], 4000);
	cr_expect(d.errors >= 100 && d.errors <= 112, "%lu errors", d.errors);
	for (unsigned c = 0; c < PUNT_COUNT; c++)
		cr_expect_eq(punted(c).passed + punted(c).policed, c == PUNT_ARP, "%s",
			     punt_info[c].name);
	bed_close(&bed);
}
