/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours as a board makes, asks, believes and forgets them: ARP and neighbour discovery from
 * the first packet that has to wait to the one that is told that nobody answers.
 */
#include "dataplane/ctl/neighbors.h"

#include "tests/unit/board.h"

static const char ports[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64'],\n"
	"       vlans: {200: {addresses: [10.200.0.1/24, '2001:db8:200::1/64']}}}\n"
	"routes:\n"
	"  - {to: 10.50.0.0/16, via: 10.0.1.9}\n"
	"  - {to: '2001:db8:50::/48', via: '2001:db8:1::9'}\n"
	"  - {to: 10.0.1.66/32, type: blackhole}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, mac[6] = { 2, 0, 0, 0, 1, 7 },
		     mac2[6] = { 2, 0, 0, 0, 1, 8 }, zero[6] = { 0 };
static struct bed bed;
static struct frame in, want, held[100];

TestSuite(neighbors, .fini = bed_clean);

static void start(const char *more)
{
	char yaml[4096];

	snprintf(yaml, sizeof(yaml), "%s%s", ports, more);
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

static void udp(const char *src, const char *dst, uint16_t id)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = src,
				      .dst = dst,
				      .id = id,
				      .src_port = (uint16_t)(1 + id),
				      .payload = 30 });
}

static void put(unsigned port)
{
	bed_send(&bed, port, &in);
	bed_settle(&bed);
}

static void expect_arp_request(const char *what, unsigned port, uint16_t vlan, const char *from,
			       const char *target)
{
	frame_arp(&want, false, NULL, bed_mac(&bed, port), vlan, from, target);
	bed_expect_frame(&bed, what, port, &want);
	cr_expect_arr_eq(want.data + (vlan ? 36 : 32), zero, 6);
}

/* Of 10.0.1.7, at its own address (RFC 1122 2.3.2.1). */
static void expect_arp_poll(const char *what)
{
	frame_arp(&want, false, NULL, bed_mac(&bed, 1), 0, "10.0.1.1", "10.0.1.7");
	memcpy(want.data, mac, 6);
	bed_expect_frame(&bed, what, 1, &want);
}

static void expect_solicit(const char *what, unsigned port, uint16_t vlan, const char *from,
			   const char *target)
{
	frame_solicit(&want, bed_mac(&bed, port), vlan, from, target);
	bed_expect_frame(&bed, what, port, &want);
}

/* The neighbour at `who` on port 1 speaks: an answer to what it was asked. */
static void answer(const char *who, const uint8_t from[6], uint16_t vlan)
{
	if (strchr(who, ':'))
		frame_advert(&in, bed_mac(&bed, 1), from, vlan, who,
			     vlan ? "2001:db8:200::1" : "2001:db8:1::1",
			     NET_ND_SOLICITED | NET_ND_OVERRIDE);
	else
		frame_arp(&in, true, bed_mac(&bed, 1), from, vlan, who,
			  vlan ? "10.200.0.1" : "10.0.1.1");
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
}

Test(neighbors, arp_requests_are_answered)
{
	start("");
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.1");
	put(1);
	frame_arp(&want, true, mac, bed_mac(&bed, 1), 0, "10.0.1.1", "10.0.1.7");
	bed_expect_frame(&bed, "reply", 1, &want);
	cr_expect_eq(bed_delta(&bed, "request").host, 1);
	/* and the one who asked is known: nothing is asked, nothing waits */
	udp("10.0.0.9", "10.0.1.7", 1);
	put(0);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "learnt from its request", 1, &want);

	frame_arp(&in, false, NULL, mac, 200, "10.200.0.7", "10.200.0.1");
	put(1);
	frame_arp(&want, true, mac, bed_mac(&bed, 1), 200, "10.200.0.1", "10.200.0.7");
	bed_expect_frame(&bed, "reply in the VLAN", 1, &want);

	frame_arp(&in, false, NULL, mac, 0, "0.0.0.0", "10.0.1.1");
	put(1);
	frame_arp(&want, true, mac, bed_mac(&bed, 1), 0, "10.0.1.1", "0.0.0.0");
	bed_expect_frame(&bed, "a probe is answered", 1, &want);
	bed_delta(&bed, "probe");

	frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.99");
	put(1);
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.0.1"); /* ours, of another port */
	put(1);
	frame_arp(&in, false, NULL, mac, 200, "10.200.0.7", "10.0.1.1");
	put(1);
	bed_expect_nothing(&bed, "not this interface's address");
	cr_expect_eq(bed_delta(&bed, "not ours").host, 3);
	cr_expect_eq(neighbors_count(bed.board), 6, "2 static, 2 gateways, 2 learnt");
	bed_close(&bed);
}

Test(neighbors, untrue_arp_is_dropped)
{
	start("");
	frame_arp(&in, false, NULL, mac, 0, "10.9.9.9", "10.0.1.1");
	put(1);
	bed_expect_drop(&bed, "sender of another subnet", DROP_ARP_BAD, 1);
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.1", "10.0.1.1");
	put(1);
	bed_expect_drop(&bed, "our own address", DROP_ARP_BAD, 1);
	for (unsigned len = 14; len < 42; len++) {
		frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.1");
		in.len = len;
		put(1);
		bed_expect_drop(&bed, "cut", DROP_ARP_BAD, 1);
	}
	for (unsigned byte = 14; byte < 22; byte++) { /* types, lengths, operation */
		frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.1");
		in.data[byte] ^= 0x40;
		put(1);
		bed_expect_drop(&bed, "one header byte off", DROP_ARP_BAD, 1);
	}
	cr_expect_eq(neighbors_count(bed.board), 4, "nothing was learnt");
	bed_close(&bed);
}

Test(neighbors, solicitations_are_answered)
{
	static const uint8_t all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t group[16], group_mac[6], addr[16], own[16];
	char link_local[INET6_ADDRSTRLEN];

	start("");
	frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1::1");
	put(1);
	frame_advert(&want, mac, bed_mac(&bed, 1), 0, "2001:db8:1::1", "2001:db8:1::7",
		     NET_ND_ROUTER | NET_ND_SOLICITED | NET_ND_OVERRIDE);
	bed_expect_frame(&bed, "to the group", 1, &want);
	cr_expect_eq(bed_delta(&bed, "to the group").host, 1);
	udp("2001:db8::9", "2001:db8:1::7", 1);
	put(0);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "learnt from its question", 1, &want);

	/* to our unicast address, as a check that we are still here */
	in.len = (unsigned)nd_build_solicit(in.data, sizeof(in.data), mac, bed_mac(&bed, 1), 0,
					    frame_ip6("2001:db8:1::7", addr),
					    frame_ip6("2001:db8:1::1", own), own);
	put(1);
	frame_advert(&want, mac, bed_mac(&bed, 1), 0, "2001:db8:1::1", "2001:db8:1::7",
		     NET_ND_ROUTER | NET_ND_SOLICITED | NET_ND_OVERRIDE);
	bed_expect_frame(&bed, "unicast", 1, &want);

	frame_solicit(&in, mac, 200, "2001:db8:200::7", "2001:db8:200::1");
	put(1);
	frame_advert(&want, mac, bed_mac(&bed, 1), 200, "2001:db8:200::1", "2001:db8:200::7",
		     NET_ND_ROUTER | NET_ND_SOLICITED | NET_ND_OVERRIDE);
	bed_expect_frame(&bed, "in the VLAN", 1, &want);

	frame_solicit(&in, mac, 0, "::", "2001:db8:1::1");
	put(1);
	frame_advert(&want, all_nodes, bed_mac(&bed, 1), 0, "2001:db8:1::1", "ff02::1",
		     NET_ND_ROUTER | NET_ND_OVERRIDE);
	bed_expect_frame(&bed, "duplicate detection is told to all", 1, &want);

	/* our link-local address, asked from a link-local one */
	ip6_link_local_from_mac(bed_mac(&bed, 1), addr);
	inet_ntop(AF_INET6, addr, link_local, sizeof(link_local));
	frame_solicit(&in, mac, 0, "fe80::7", link_local);
	put(1);
	frame_advert(&want, mac, bed_mac(&bed, 1), 0, link_local, "fe80::7",
		     NET_ND_ROUTER | NET_ND_SOLICITED | NET_ND_OVERRIDE);
	bed_expect_frame(&bed, "link-local", 1, &want);
	bed_delta(&bed, "answered");

	/* the group is ours (same last bytes), the target is not */
	frame_ip6("2001:db8:1::1", addr);
	ip6_solicited_node(addr, group);
	ip6_multicast_mac(group, group_mac);
	frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1:0:9::1");
	cr_assert_arr_eq(in.data, group_mac, 6);
	put(1);
	bed_expect_nothing(&bed, "another target");
	cr_expect_eq(bed_delta(&bed, "another target").host, 1);
	frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1::99");
	put(1);
	bed_expect_drop(&bed, "a group we are not in", DROP_IP6_GROUP, 1);
	bed_close(&bed);
}

Test(neighbors, untrue_discovery_is_dropped)
{
	start("");
	frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1::1");
	in.data[21] = 254;
	put(1);
	bed_expect_drop(&bed, "crossed a router", DROP_ND_BAD, 1);
	frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1::1");
	in.data[60]++;
	put(1);
	bed_expect_drop(&bed, "checksum", DROP_ND_BAD, 1);
	frame_solicit(&in, mac, 0, "2001:db8:1::1", "2001:db8:1::1");
	put(1);
	bed_expect_drop(&bed, "our own address as source", DROP_IP6_SOURCE_OWN, 1);
	for (unsigned option = 0; option < 256; option++) {
		if (option == 1)
			continue;
		frame_solicit(&in, mac, 0, "2001:db8:1::7", "2001:db8:1::1");
		in.data[14 + 40 + 24 + 1] = (uint8_t)option; /* its length */
		frame_fix_icmp6(&in);
		put(1);
		bed_expect_drop(&bed, "option length", DROP_ND_BAD, 1);
	}
	cr_expect_eq(neighbors_count(bed.board), 4, "nothing was learnt");
	/* our address is still ours */
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = host0,
				  .src = "2001:db8::2",
				  .dst = "2001:db8:1::1" },
		   NET_ICMP6_ECHO_REQUEST);
	put(0);
	frame_echo_reply(&want, &in, host0, bed_mac(&bed, 0), 0, NULL);
	bed_expect_frame(&bed, "still ours", 0, &want);
	bed_close(&bed);
}

/* The first packet triggers the question, all wait, the answer lets them go in their order. */
static void resolves(const char *src, const char *dst, const char *who, uint16_t vlan,
		     const char *from)
{
	for (unsigned i = 0; i < 40; i++) {
		udp(src, dst, (uint16_t)i);
		held[i] = in;
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	if (strchr(who, ':'))
		expect_solicit(dst, 1, vlan, from, who);
	else
		expect_arp_request(dst, 1, vlan, from, who);
	bed_expect_nothing(&bed, dst);
	bed_delta(&bed, dst);
	cr_expect_eq(bed.board->held, 40, "%s: %u held", dst, bed.board->held);
	answer(who, mac, vlan);
	cr_expect_eq(bed.board->held, 0);
	for (unsigned i = 0; i < 40; i++) {
		frame_forwarded(&want, &held[i], mac, bed_mac(&bed, 1), vlan);
		bed_expect_frame(&bed, dst, 1, &want);
	}
	bed_expect_nothing(&bed, dst);
	udp(src, dst, 99);
	put(0);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), vlan);
	bed_expect_frame(&bed, "and the next one at once", 1, &want);
	bed_delta(&bed, dst);
}

Test(neighbors, packets_wait_for_the_answer)
{
	start("");
	resolves("10.0.0.9", "10.0.1.7", "10.0.1.7", 0, "10.0.1.1");
	resolves("10.0.0.9", "10.200.0.7", "10.200.0.7", 200, "10.200.0.1");
	resolves("2001:db8::9", "2001:db8:1::7", "2001:db8:1::7", 0, "2001:db8:1::1");
	resolves("2001:db8::9", "2001:db8:200::7", "2001:db8:200::7", 200, "2001:db8:200::1");
	resolves("10.0.0.9", "10.50.3.4", "10.0.1.9", 0, "10.0.1.1");
	resolves("2001:db8::9", "2001:db8:50::4", "2001:db8:1::9", 0, "2001:db8:1::1");
	bed_close(&bed);
}

/* Asked three times, a second apart; then the senders are told. */
static void fails(const char *src, const char *dst, const char *who, const char *from,
		  const char *own)
{
	const bool six = strchr(dst, ':') != NULL;
	const unsigned before = neighbors_count(bed.board);
	struct tally d;

	for (unsigned i = 0; i < 3; i++) {
		udp(src, dst, (uint16_t)i);
		held[i] = in;
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	for (unsigned i = 0; i < NEIGHBORS_PROBES; i++) {
		if (six)
			expect_solicit(dst, 1, 0, from, who);
		else
			expect_arp_request(dst, 1, 0, from, who);
		bed_expect_nothing(&bed, dst);
		cr_expect_eq(bed.board->held, 3);
		bed_tick(&bed, 1);
	}
	cr_expect_eq(bed.board->held, 0);
	for (unsigned i = 0; i < 3; i++) {
		frame_icmp_error(&want, &held[i], host0, bed_mac(&bed, 0), 0, own, six ? 1 : 3,
				 six ? 3 : 1, 0);
		bed_expect_frame(&bed, dst, 0, &want);
	}
	bed_expect_nothing(&bed, dst);
	d = bed_delta(&bed, dst);
	cr_expect_eq(d.errors, 3);
	cr_expect_eq(d.originated, NEIGHBORS_PROBES);
	bed_tick(&bed, 5);
	bed_expect_nothing(&bed, "given up");
	cr_expect_eq(neighbors_count(bed.board), before, "%s: %u neighbours before, %u after", dst,
		     before, neighbors_count(bed.board));
	/* the next packet starts from the beginning */
	udp(src, dst, 9);
	put(0);
	if (six)
		expect_solicit("again", 1, 0, from, who);
	else
		expect_arp_request("again", 1, 0, from, who);
	answer(who, mac, 0);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = src,
				      .dst = dst,
				      .id = 9,
				      .src_port = 10,
				      .payload = 30 });
	frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "answered this time", 1, &want);
	bed_delta(&bed, dst);
}

Test(neighbors, nobody_answers)
{
	start("");
	fails("10.0.0.2", "10.0.1.7", "10.0.1.7", "10.0.1.1", "10.0.0.1");
	fails("2001:db8::2", "2001:db8:1::7", "2001:db8:1::7", "2001:db8:1::1", "2001:db8::1");
	fails("10.0.0.2", "10.50.1.1", "10.0.1.9", "10.0.1.1", "10.0.0.1");
	fails("2001:db8::2", "2001:db8:50::1", "2001:db8:1::9", "2001:db8:1::1", "2001:db8::1");
	bed_close(&bed);
}

Test(neighbors, too_many_wait_for_one)
{
	struct tally d;

	start("");
	for (unsigned i = 0; i < NEIGHBORS_HOLD_MAX + 20; i++) {
		udp("10.0.0.9", "10.0.1.7", (uint16_t)i);
		if (i < RTE_DIM(held))
			held[i] = in;
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	expect_arp_request("asked once", 1, 0, "10.0.1.1", "10.0.1.7");
	d = bed_delta(&bed, "too many");
	cr_expect_eq(d.drop[DROP_HOLD_FULL], 20);
	cr_expect_eq(bed.board->held, NEIGHBORS_HOLD_MAX);
	answer("10.0.1.7", mac, 0);
	for (unsigned i = 0; i < NEIGHBORS_HOLD_MAX; i++) {
		frame_forwarded(&want, &held[i], mac, bed_mac(&bed, 1), 0);
		bed_expect_frame(&bed, "the first ones", 1, &want);
	}
	bed_close(&bed);
}

Test(neighbors, too_many_wait_for_all)
{
	struct tally d;
	unsigned n = 0;

	start("tables: {neighbors: 64, routes4: 256, routes6: 256}\n");
	for (unsigned host = 100; host < 120; host++) {
		for (unsigned i = 0; i < NEIGHBORS_HOLD_MAX; i++, n++) {
			char dst[32];

			snprintf(dst, sizeof(dst), "10.0.1.%u", host);
			udp("10.0.0.9", dst, (uint16_t)i);
			bed_send(&bed, 0, &in);
		}
		bed.tsc += rte_get_tsc_hz(); /* no faster than the rate of their punt class */
		bed_settle(&bed);
	}
	d = bed_delta(&bed, "too many");
	cr_expect_eq(bed.board->held, NEIGHBORS_HOLD_TOTAL_MAX);
	cr_expect_eq(d.drop[DROP_HOLD_FULL], n - NEIGHBORS_HOLD_TOTAL_MAX);
	cr_expect_eq(d.originated, 20, "all were asked, those without a packet too");
	bed_close(&bed); /* what is held ends as "shutdown" */
}

/* A sweep over a subnet: those that are not known yet have half of the table, the oldest of them
 * makes room, and nobody who answers is driven out. */
Test(neighbors, a_sweep_does_not_fill_the_table)
{
	struct tally d;

	start("tables: {neighbors: 16, routes4: 256, routes6: 256}\n");
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.1");
	put(1);
	bed_forget(&bed);
	bed_delta(&bed, "known");
	for (unsigned host = 100; host < 130; host++) {
		char dst[32];

		snprintf(dst, sizeof(dst), "10.0.1.%u", host);
		udp("10.0.0.2", dst, 1);
		put(0);
		cr_expect_leq(neighbors_count(bed.board), 5 + 8);
	}
	d = bed_delta(&bed, "swept");
	cr_expect_eq(d.drop[DROP_NEIGHBOR_TABLE_FULL], 22);
	cr_expect_eq(bed.board->held, 8);
	bed_forget(&bed);
	udp("10.0.0.9", "10.0.1.7", 1);
	put(0);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "who is known stays known", 1, &want);
	/* a neighbour that speaks to us gets its answer all the same */
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.200", "10.0.1.1");
	put(1);
	frame_arp(&want, true, mac, bed_mac(&bed, 1), 0, "10.0.1.1", "10.0.1.200");
	bed_expect_frame(&bed, "answered", 1, &want);
	cr_expect_eq(neighbors_count(bed.board), 6 + 8);
	/* those that do not answer make room again */
	bed_tick(&bed, 4);
	bed_forget(&bed);
	cr_expect_eq(neighbors_count(bed.board), 6);
	udp("10.0.0.2", "10.0.1.99", 1);
	put(0);
	expect_arp_request("room again", 1, 0, "10.0.1.1", "10.0.1.99");
	bed_delta(&bed, "room again");
	bed_close(&bed);
}

/* All that speak to us, as many as there is room for: then nobody new, whatever is asked. */
Test(neighbors, the_table_is_full)
{
	char from[32];

	start("tables: {neighbors: 16, routes4: 256, routes6: 256}\n");
	for (unsigned host = 100; host < 120; host++) {
		snprintf(from, sizeof(from), "10.0.1.%u", host);
		frame_arp(&in, false, NULL, mac, 0, from, "10.0.1.1");
		put(1);
		bed_forget(&bed);
	}
	cr_expect_eq(neighbors_count(bed.board), 16);
	bed_delta(&bed, "full");
	udp("10.0.0.2", "10.0.1.99", 1);
	put(0);
	bed_expect_drop(&bed, "full", DROP_NEIGHBOR_TABLE_FULL, 1);
	bed_close(&bed);
}

/* As many IPv6 addresses as may wait at once, which share nothing; again and again. */
Test(neighbors, the_table_can_be_filled_again_and_again)
{
	uint64_t random = 88172645463325252ull;

	start("tables: {neighbors: 128, routes4: 256, routes6: 256}\n");
	for (unsigned round = 0; round < 30; round++) {
		while (neighbors_count(bed.board) < 4 + 64) {
			udp("2001:db8::2", "2001:db8:1::1", 1);
			for (unsigned i = 0; i < 8; i++) {
				random ^= random << 13;
				random ^= random >> 7;
				random ^= random << 17;
				in.data[14 + 24 + 8 + i] = (uint8_t)(random >> 20) | 2;
			}
			put(0);
		}
		cr_assert_eq(bed_delta(&bed, "filled").drop[DROP_NEIGHBOR_TABLE_FULL], 0,
			     "round %u: %u neighbours", round, neighbors_count(bed.board));
		bed_tick(&bed, 8);
		bed_forget(&bed);
		cr_assert_eq(neighbors_count(bed.board), 4);
	}
	bed_close(&bed);
}

/* Who does not answer is left alone for some seconds; its packets are answered meanwhile. */
Test(neighbors, who_failed_is_not_asked_for_a_while)
{
	start("");
	udp("10.0.0.2", "10.0.1.7", 1);
	put(0);
	bed_tick(&bed, NEIGHBORS_PROBES);
	bed_forget(&bed);
	bed_delta(&bed, "failed");
	for (unsigned i = 0; i < 10; i++) {
		udp("10.0.0.2", "10.0.1.7", (uint16_t)i);
		held[0] = in;
		put(0);
		frame_icmp_error(&want, &held[0], host0, bed_mac(&bed, 0), 0, "10.0.0.1", 3, 1, 0);
		bed_expect_frame(&bed, "told at once", 0, &want);
		bed_expect_nothing(&bed, "nobody is asked");
	}
	bed_tick(&bed, 4);
	udp("10.0.0.2", "10.0.1.7", 1);
	put(0);
	expect_arp_request("asked again", 1, 0, "10.0.1.1", "10.0.1.7");
	bed_close(&bed);
}

/* The board asks a thousand times a second at most; what is left out is made up for. */
Test(neighbors, questions_are_limited)
{
	struct tally d;
	unsigned asked = 0;

	start("tables: {neighbors: 8192, routes4: 256, routes6: 256}\n");
	for (unsigned host = 2; host < 2002; host++) {
		char dst[32];

		snprintf(dst, sizeof(dst), "2001:db8:1::%x", 0x100 + host);
		udp("2001:db8::2", dst, 1);
		bed_send(&bed, 0, &in);
		if (host % 32)
			continue;
		bed_settle(&bed);
		bed.tsc += rte_get_tsc_hz(); /* the punt class does not stand in the way */
	}
	bed_settle(&bed);
	d = bed_delta(&bed, "swept");
	cr_expect_eq(d.originated, 750, "%lu asked", d.originated);
	bed_forget(&bed);
	/* a known one has room */
	frame_arp(&in, false, NULL, mac, 0, "10.0.1.7", "10.0.1.1");
	put(1);
	bed_forget(&bed);
	udp("10.0.0.2", "10.50.1.1", 1); /* by a gateway */
	put(0);
	expect_arp_request("a gateway", 1, 0, "10.0.1.1", "10.0.1.9");
	bed_delta(&bed, "gateway");
	for (unsigned i = 0; i < 12; i++) {
		bed_tick(&bed, 1);
		bed_forget(&bed);
		d = bed_delta(&bed, "a second");
		cr_expect_leq(d.originated, 1000);
		asked += (unsigned)d.originated;
	}
	cr_expect_eq(asked + 750 + 1, 3 * 2000 + 3, "all were asked three times: %u", asked);
	bed_close(&bed);
}

Test(neighbors, a_gateway_changes_its_mac)
{
	start("");
	resolves("10.0.0.9", "10.50.3.4", "10.0.1.9", 0, "10.0.1.1");
	frame_arp(&in, false, NULL, mac2, 0, "10.0.1.9", "10.0.1.9"); /* announces itself */
	put(1);
	udp("10.0.0.9", "10.50.3.4", 1);
	put(0);
	frame_forwarded(&want, &in, mac2, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "the new address", 1, &want);

	resolves("2001:db8::9", "2001:db8:50::4", "2001:db8:1::9", 0, "2001:db8:1::1");
	frame_advert(&in, bed_mac(&bed, 1), mac2, 0, "2001:db8:1::9", "2001:db8:1::1",
		     NET_ND_OVERRIDE);
	put(1);
	udp("2001:db8::9", "2001:db8:50::4", 1);
	put(0);
	frame_forwarded(&want, &in, mac2, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "the new address", 1, &want);
	bed_close(&bed);
}

/* Confirmed while it answers; asked, and gone, when it does not. Traffic goes on while it is asked.
 */
Test(neighbors, ageing)
{
	const uint8_t *own;
	uint8_t src[16], dst[16];

	start("arp: {age: 5}\n");
	own = bed_mac(&bed, 1);
	resolves("10.0.0.9", "10.0.1.7", "10.0.1.7", 0, "10.0.1.1");
	bed_tick(&bed, 4);
	bed_expect_nothing(&bed, "four seconds: still fresh");
	bed_tick(&bed, 1);
	expect_arp_poll("five seconds");
	udp("10.0.0.9", "10.0.1.7", 1);
	put(0);
	frame_forwarded(&want, &in, mac, own, 0);
	bed_expect_frame(&bed, "meanwhile", 1, &want);
	answer("10.0.1.7", mac, 0);
	bed_tick(&bed, 4);
	bed_expect_nothing(&bed, "fresh again");
	bed_tick(&bed, 1);
	for (unsigned i = 0; i < NEIGHBORS_PROBES; i++) {
		if (i < 2)
			expect_arp_poll("no answer");
		else
			expect_arp_request("no answer", 1, 0, "10.0.1.1", "10.0.1.7");
		bed_expect_nothing(&bed, "one a second");
		bed_tick(&bed, 1);
	}
	bed_expect_nothing(&bed, "gone");
	cr_expect_eq(neighbors_count(bed.board), 4);

	resolves("2001:db8::9", "2001:db8:1::7", "2001:db8:1::7", 0, "2001:db8:1::1");
	bed_tick(&bed, 5);
	want.len = (unsigned)nd_build_solicit(want.data, sizeof(want.data), own, mac, 0,
					      frame_ip6("2001:db8:1::1", src),
					      frame_ip6("2001:db8:1::7", dst), dst);
	bed_expect_frame(&bed, "asked at its own address", 1, &want);
	bed_tick(&bed, NEIGHBORS_PROBES);
	bed_forget(&bed);
	cr_expect_eq(neighbors_count(bed.board), 4);
	bed_tick(&bed, 4);
	udp("2001:db8::9", "2001:db8:1::7", 1);
	put(0);
	expect_solicit("unknown again", 1, 0, "2001:db8:1::1", "2001:db8:1::7");
	bed_delta(&bed, "aged");
	bed_close(&bed);
}

/* Nobody moves a static neighbour, and nobody asks it. */
Test(neighbors, static_neighbors_stay)
{
	start("arp: {age: 5}\n");
	frame_arp(&in, false, NULL, mac, 0, "10.0.0.2", "10.0.0.1");
	put(0);
	bed_forget(&bed);
	bed_tick(&bed, 20);
	bed_expect_nothing(&bed, "not asked");
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 1),
				      .src = "10.0.1.9",
				      .dst = "10.0.0.2",
				      .payload = 9 });
	put(1);
	frame_forwarded(&want, &in, host0, bed_mac(&bed, 0), 0);
	bed_expect_frame(&bed, "where the file says", 0, &want);
	bed_close(&bed);
}

/* Who claims the broadcast address, or one that has a route of its own, takes nothing over. */
Test(neighbors, routes_to_one_address_stay)
{
	static const char *const claimed[] = { "10.0.1.255", "10.0.1.0", "10.0.1.66" };
	static const enum drop_reason reason[] = { DROP_IP4_DIRECTED_BROADCAST,
						   DROP_IP4_DIRECTED_BROADCAST, DROP_BLACKHOLE };

	start("arp: {age: 5}\n");
	for (unsigned i = 0; i < RTE_DIM(claimed); i++) {
		for (unsigned round = 0; round < 2; round++) {
			udp("10.0.0.9", claimed[i], 1);
			put(0);
			bed_expect_drop(&bed, claimed[i], reason[i], 1);
			frame_arp(&in, false, NULL, mac, 0, claimed[i], "10.0.1.1");
			put(1);
			bed_forget(&bed);
			bed_delta(&bed, "claims it");
			udp("10.0.0.9", claimed[i], 1);
			put(0);
			bed_expect_drop(&bed, claimed[i], reason[i], 1);
			bed_tick(&bed, 12); /* aged, asked, forgotten */
			bed_forget(&bed);
			bed_delta(&bed, "forgotten");
		}
	}
	bed_close(&bed);
}

/* A reply to a ping and an ICMP error wait for their neighbour as everything else does. */
Test(neighbors, our_own_packets_wait_too)
{
	start("");
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 1),
				  .from = mac,
				  .src = "10.0.1.7",
				  .dst = "10.0.0.1",
				  .payload = 20 },
		   NET_ICMP4_ECHO_REQUEST);
	held[0] = in;
	put(1);
	expect_arp_request("who is that", 1, 0, "10.0.1.1", "10.0.1.7");
	answer("10.0.1.7", mac, 0);
	frame_echo_reply(&want, &held[0], mac, bed_mac(&bed, 1), 0, NULL);
	bed_expect_frame(&bed, "reply", 1, &want);
	bed_delta(&bed, "reply");

	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 1),
				      .from = mac2,
				      .src = "2001:db8:1::8",
				      .dst = "2001:db8::1" });
	held[0] = in;
	put(1);
	expect_solicit("who is that", 1, 0, "2001:db8:1::1", "2001:db8:1::8");
	answer("2001:db8:1::8", mac2, 0);
	frame_icmp_error(&want, &held[0], mac2, bed_mac(&bed, 1), 0, "2001:db8:1::1", 1, 4, 0);
	bed_expect_frame(&bed, "port unreachable", 1, &want);
	bed_delta(&bed, "error");

	/* nobody answers: neither a loop nor an error about an error */
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 1),
				  .from = mac,
				  .src = "10.0.1.77",
				  .dst = "10.0.0.1" },
		   NET_ICMP4_ECHO_REQUEST);
	put(1);
	bed_forget(&bed);
	bed_tick(&bed, 4);
	bed_forget(&bed);
	cr_expect_eq(bed.board->held, 0);
	cr_expect_eq(bed_delta(&bed, "nobody").drop[DROP_NEIGHBOR_FAILED], 1);
	bed_close(&bed);
}
