/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Banks cut anew under a running board: names, interfaces and routes of the pieces, what becomes of
 * packets that waited for a port, other banks that do not notice, nothing left behind, and all that
 * is refused or fails half-way.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/shape.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char yaml[] =
	"workers: {count: 2}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24]}}}\n"
	"  p1: {lanes: oe0/8-15, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/16-19, carrier: loop, addresses: [10.0.2.1/24]}\n"
	"  p3: {lanes: oe0/20-23, carrier: loop, addresses: [10.0.3.1/24],\n"
	"       vlans: {300: {addresses: [10.103.0.1/24]}}}\n"
	"routes:\n"
	"  - {to: 10.50.0.0/16, via: 10.0.0.9}\n"
	"  - {to: 10.53.0.0/16, via: 10.0.3.9}\n"
	"  - {to: 10.0.2.77/32, via: 10.0.3.9}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n"
	"  - {ip: 10.0.3.2, mac: '02:00:00:00:03:02'}\n"
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n";

static const uint8_t host[4][6] = { { 2, 0, 0, 0, 0, 2 },
				    { 2, 0, 0, 0, 1, 2 },
				    { 2, 0, 0, 0, 2, 2 },
				    { 2, 0, 0, 0, 3, 2 } },
		     vlan100[6] = { 2, 0, 0, 0, 0x64, 2 }, learned[6] = { 2, 0, 0, 0, 0, 7 };
static struct bed bed;
static struct board *b;
static struct frame in, want;
static struct err err;

TestSuite(breakout, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 8, 8, 8, 4, 0 });
	b = bed.board;
}

static int cut_on(const char *engine, unsigned bank, const char *text)
{
	struct board_shape shape;

	cr_assert_eq(shape_parse(&shape, text, 106250, &err), 0, "%s", err.text);
	return board_breakout(b, engine, bank, &shape, &err);
}

static void cut(unsigned bank, const char *text)
{
	cr_assert_eq(cut_on("oe0", bank, text), 0, "%s: %s", text, err.text);
}

static void refused(const char *engine, unsigned bank, const char *text, int code, const char *says)
{
	const int ret = cut_on(engine, bank, text);

	cr_assert_eq(ret, code, "%s %u %s: %d", engine, bank, text, ret);
	cr_assert(strstr(err.text, says), "%s: no \"%s\" in: %s", text, says, err.text);
}

/* The ports of a bank by first lane, as "p0 0-3, p0-2 4-7". */
static const char *ports_of(unsigned bank)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned l = 0; l < b->n_lanes; l++) {
		const struct board_lane *lane = &b->lanes[l];
		const struct board_port *p;

		if (lane->number / 8 != bank || lane->port == BOARD_NO_PORT || lane->index)
			continue;
		p = &b->ports[lane->port];
		cr_assert(p->probed && p->started);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %u-%u",
					len ? ", " : "", p->spec.name, p->spec.first_lane,
					p->spec.first_lane + p->spec.n_lanes - 1u);
		for (uint16_t k = 0; k < p->spec.n_lanes; k++) {
			const struct board_lane *other = &b->lanes[p->lanes[k]];

			cr_assert(other->port == lane->port && other->index == k &&
				  other->number == p->spec.first_lane + k);
		}
	}
	return text;
}

static void expect_ports(unsigned bank, const char *wanted)
{
	const char *is = ports_of(bank);

	cr_assert_str_eq(is, wanted, "bank %u: %s", bank, is);
}

static unsigned find_port(const char *name)
{
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && strcmp(b->ports[i].spec.name, name) == 0)
			return i;
	cr_assert_fail("no port %s", name);
	return 0;
}

static const char *lane_text(unsigned lane, unsigned slot, unsigned slots)
{
	static char text[65];

	memset(text, 0, sizeof(text));
	memcpy(text, &telemetry_lane(b->telemetry, lane)->v[slot], slots * 8u);
	return text;
}

static void udp(const uint8_t *to, unsigned from, const char *dst, uint16_t vlan)
{
	char src[16];

	snprintf(src, sizeof(src), vlan ? "10.1%02u.0.2" : "10.0.%u.2", from);
	frame_udp(&in, &(struct udp){ .to = to,
				      .from = host[from],
				      .vlan = vlan,
				      .src = src,
				      .dst = dst,
				      .payload = 30 });
}

/* From the far end `from` to dst: comes out at far end `to` for the station `mac`. */
static void passes(const char *what, unsigned from, const char *dst, unsigned to,
		   const uint8_t *mac, uint16_t vlan)
{
	udp(bed_mac(&bed, from), from, dst, 0);
	frame_forwarded(&want, &in, mac, bed_mac(&bed, to), vlan);
	bed_send(&bed, from, &in);
	bed_settle(&bed);
	bed_expect_frame(&bed, what, to, &want);
	bed_expect_nothing(&bed, what);
	bed_expect_sent(&bed, what, 1, 1);
}

Test(breakout, names_and_lanes)
{
	unsigned lives[24];

	start();
	for (unsigned l = 0; l < 24; l++)
		lives[l] = b->lanes[l].life;
	expect_ports(0, "p0 0-7");
	cut(0, "2x400G");
	expect_ports(0, "p0 0-3, p0-2 4-7");
	cr_expect_str_eq(lane_text(3, LANE_PORT, 4), "p0");
	cr_expect_str_eq(lane_text(4, LANE_PORT, 4), "p0-2");
	cr_expect_str_eq(lane_text(4, LANE_NAME, 4), "oe0/4");
	cr_expect_str_eq(lane_text(4, LANE_CARRIER, 8), "fiber:f0-2");
	cut(0, "8x100G");
	expect_ports(0, "p0 0-0, p0-2 1-1, p0-3 2-2, p0-4 3-3, p0-5 4-4, p0-6 5-5, p0-7 6-6, p0-8 "
			"7-7");
	cut(0, "1x400G+4x100G"); /* the last four stay, names and all */
	expect_ports(0, "p0 0-3, p0-5 4-4, p0-6 5-5, p0-7 6-6, p0-8 7-7");
	cut(0, "2x200G+4x100G");
	expect_ports(0, "p0 0-1, p0-2 2-3, p0-5 4-4, p0-6 5-5, p0-7 6-6, p0-8 7-7");
	cut(0, "1x800G");
	cut(0, "1x400G+4x100G");
	expect_ports(0, "p0 0-3, p0-2 4-4, p0-3 5-5, p0-4 6-6, p0-5 7-7");
	cut(0, "2x200G+4x100G"); /* number 2 is taken */
	expect_ports(0, "p0 0-1, p0-6 2-3, p0-2 4-4, p0-3 5-5, p0-4 6-6, p0-5 7-7");
	cr_expect_str_eq(lane_text(2, LANE_CARRIER, 8), "fiber:f0-6");
	cut(0, "1x200G"); /* the others are free */
	cr_expect_eq(telemetry_lcore(b->telemetry, 0)->v[WORKER_LANES] +
			     telemetry_lcore(b->telemetry, 1)->v[WORKER_LANES],
		     18);
	expect_ports(0, "p0 0-1");
	cr_expect_str_eq(lane_text(5, LANE_PORT, 4), "");
	cr_expect_str_eq(lane_text(5, LANE_CARRIER, 8), "");
	cr_expect_str_eq(lane_text(5, LANE_NAME, 4), "oe0/5");
	cr_expect_eq(telemetry_lane(b->telemetry, 5)->v[LANE_UP], 0);
	cr_expect_eq(telemetry_lane(b->telemetry, 1)->v[LANE_UP], 1);
	cut(0, "1x800G");
	expect_ports(0, "p0 0-7");
	expect_ports(1, "p1 8-15");
	expect_ports(2, "p2 16-19, p3 20-23");
	for (unsigned l = 0; l < 24; l++)
		cr_expect_eq(b->lanes[l].life > lives[l], l < 8, "lane %u", l);
	bed_close(&bed);
}

/* What an operator has configured goes on through the first piece, with address and VLAN. */
Test(breakout, the_first_piece_is_the_port)
{
	static const char *const shapes[] = { "1x800G", "2x400G", "8x100G",
					      "4x200G", "1x100G", "1x800G" };
	uint32_t routes, rows;
	uint8_t mac[6];

	start();
	memcpy(mac, bed_mac(&bed, 0), 6);
	routes = board_fib(b, 0, AF_INET)->n;
	rows = b->nexthops->n_used;
	for (unsigned i = 0; i < RTE_DIM(shapes); i++) {
		cut(0, shapes[i]);
		cr_expect_arr_eq(bed_mac(&bed, 0), mac, 6, "%s: another address", shapes[i]);
		passes(shapes[i], 1, "10.0.0.2", 0, host[0], 0);
		passes("to its VLAN", 1, "10.100.0.2", 0, vlan100, 100);
		passes("from it", 0, "10.0.1.2", 1, host[1], 0);
		udp(mac, 0, "10.0.1.2", 100);
		frame_forwarded(&want, &in, host[1], bed_mac(&bed, 1), 0);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		bed_expect_frame(&bed, "from its VLAN", 1, &want);
		frame_arp(&in, false, NULL, host[0], 0, "10.0.0.2", "10.0.0.1");
		frame_arp(&want, true, host[0], mac, 0, "10.0.0.1", "10.0.0.2");
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		bed_expect_frame(&bed, "asked for its address", 0, &want);
		bed_delta(&bed, "its VLAN, its address");
		cr_expect_eq(board_fib(b, 0, AF_INET)->n, routes, "%s: %u routes", shapes[i],
			     board_fib(b, 0, AF_INET)->n);
		cr_expect_eq(b->nexthops->n_used, rows);
	}
	bed_close(&bed);
}

/* A piece without addresses receives what is sent to it; pieces have interfaces of their own. */
Test(breakout, other_pieces)
{
	unsigned far, piece;

	start();
	far = bed_add_far(&bed, "f0-2", 8);
	cut(0, "2x400G");
	piece = find_port("p0-2");
	cr_expect_eq(iface_of_port(b, piece), 1 + CONFIG_MAX_PORTS + CONFIG_MAX_VLANS);
	udp(b->ports[piece].mac, 0, "10.0.1.2", 0);
	frame_forwarded(&want, &in, host[1], bed_mac(&bed, 1), 0);
	bed_send(&bed, far, &in);
	bed_settle(&bed);
	bed_expect_frame(&bed, "from a piece", 1, &want);
	udp(bed_mac(&bed, 0), 0, "10.0.1.2", 0); /* to the address of the first piece */
	bed_send(&bed, far, &in);
	bed_settle(&bed);
	bed_delta(&bed, "from a piece");
	cr_expect_eq(bed.last.drop[DROP_ETH_NOT_FOR_US], 1);
	frame_arp(&in, false, NULL, host[0], 0, "10.0.0.2", "10.0.0.1");
	bed_send(&bed, far, &in);
	bed_settle(&bed);
	bed_expect_nothing(&bed, "it has no address to answer for");
	bed_expect_drop(&bed, "asked a piece", DROP_ARP_BAD, 1);
	bed_close(&bed);
}

/* The link of a new port is known at once, and is its own. */
Test(breakout, links)
{
	start();
	cut(0, "2x400G");
	cr_expect(b->ports[0].up, "joined to far end f0");
	cr_expect(!b->ports[find_port("p0-2")].up, "nobody is at f0-2");
	bed_add_far(&bed, "f0-2", 4);
	ports_watch(b);
	cr_expect(b->ports[find_port("p0-2")].up);
	bed_close(&bed);
}

static void learn(const char *ip)
{
	frame_arp(&in, true, bed_mac(&bed, 0), learned, 0, ip, "10.0.0.1");
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
}

Test(breakout, held_packets_end)
{
	struct tally d;

	start();
	for (unsigned i = 0; i < 40; i++) {
		udp(bed_mac(&bed, 1), 1, i < 30 ? "10.0.0.7" : "10.50.1.1", 0);
		bed_send(&bed, 1, &in);
	}
	bed_settle(&bed);
	bed_forget(&bed); /* two questions */
	cr_assert_eq(b->held, 40);
	bed_delta(&bed, "held");
	cut(0, "2x400G");
	cr_expect_eq(b->held, 0);
	d = bed_delta(&bed, "cut");
	cr_expect_eq(d.drop[DROP_PORT_REMOVED], 40);
	bed_settle(&bed);
	bed_expect_nothing(&bed, "nobody waits for an answer");
	for (unsigned i = 0; i < 2; i++) { /* both are asked again by what comes now */
		udp(bed_mac(&bed, 1), 1, i ? "10.0.0.7" : "10.50.1.1", 0);
		bed_send(&bed, 1, &in);
		bed_settle(&bed);
		frame_arp(&want, false, NULL, bed_mac(&bed, 0), 0, "10.0.0.1",
			  i ? "10.0.0.7" : "10.0.0.9");
		bed_expect_frame(&bed, "asked", 0, &want);
		frame_forwarded(&want, &in, learned, bed_mac(&bed, 0), 0);
		learn(i ? "10.0.0.7" : "10.0.0.9");
		bed_expect_frame(&bed, "released", 0, &want);
	}
	bed_delta(&bed, "released");
	/* those known go on without a question, and are asked whether they are still there */
	cut(0, "8x100G");
	passes("known", 1, "10.0.0.7", 0, learned, 0);
	passes("gateway", 1, "10.50.1.1", 0, learned, 0);
	bed_tick(&bed, 1);
	frame_arp(&want, false, NULL, bed_mac(&bed, 0), 0, "10.0.0.1", "10.0.0.9");
	memcpy(want.data, learned, 6); /* at its own address */
	bed_expect_frame(&bed, "asked once more", 0, &want);
	bed_forget(&bed);
	bed_delta(&bed, "asked");
	bed_close(&bed);
}

/* Frames in rings between workers, and from the control thread, for a port that goes. */
Test(breakout, packets_in_rings_end)
{
	struct tally d;
	unsigned owner, sender;
	uint64_t before;

	start();
	cut(0, "8x100G"); /* one lane: one worker has it, the other hands over */
	owner = b->lanes[0].worker;
	sender = !owner;
	for (unsigned l = 0; l < 8; l++)
		if (b->lanes[8 + l].worker == sender) {
			udp(bed_mac(&bed, 1), 1, "10.0.0.2", 0);
			for (unsigned i = 0; i < 20; i++)
				bed_send_lane(&bed, 1, l, &in);
		}
	for (unsigned i = 0; i < 20; i++)
		bed_turn(&bed, sender);
	cr_assert_eq(rte_ring_count(b->handoff[sender][owner]), 80);
	udp(bed_mac(&bed, 1), 1, "10.0.0.7", 0); /* and a question for 10.0.0.7 */
	bed_send_lane(&bed, 1, b->lanes[8].worker == sender ? 0 : 1, &in);
	bed_turn(&bed, sender);
	bed_control(&bed);
	cr_assert_eq(rte_ring_count(b->workers[owner]->from_control), 1);
	bed_delta(&bed, "on their way");
	before = bed.last.tx;
	cut(0, "1x800G");
	bed_settle(&bed);
	d = bed_delta(&bed, "cut");
	cr_expect_eq(d.drop[DROP_PORT_REMOVED], 80 + 1 + 1, "%lu ended", d.drop[DROP_PORT_REMOVED]);
	cr_expect_eq(bed.last.tx, before);
	bed_expect_nothing(&bed, "meant for the port that was");
	passes("later ones", 1, "10.0.0.2", 0, host[0], 0);
	bed_close(&bed);
}

/* What was punted but not looked at when the port goes: held for it, and so ended with it. */
Test(breakout, punted_packets_end)
{
	struct tally d;

	start();
	udp(bed_mac(&bed, 1), 1, "10.0.0.7", 0);
	for (unsigned i = 0; i < 10; i++)
		bed_send(&bed, 1, &in);
	bed_turn(&bed, 0);
	bed_turn(&bed, 1);
	cut(0, "4x200G");
	bed_settle(&bed);
	d = bed_delta(&bed, "cut");
	cr_expect_eq(d.rx, 10);
	cr_expect_eq(d.drop[DROP_PORT_REMOVED], 10 + 1, "with the question");
	cr_expect_eq(b->held, 0);
	bed_close(&bed);
}

/* Two ports of the file become one and two again: the second's interfaces go and come back. */
Test(breakout, merged_and_parted)
{
	uint32_t routes, rows, neighbors;

	start();
	udp(bed_mac(&bed, 1), 1, "10.53.1.1", 0); /* its gateway is asked, the packet waits */
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "held");
	routes = board_fib(b, 0, AF_INET)->n;
	rows = b->nexthops->n_used;
	neighbors = neighbors_count(b);
	cut(2, "1x800G");
	expect_ports(2, "p2 16-23");
	bed_expect_drop(&bed, "held for the port that went", DROP_PORT_REMOVED, 1);
	rcu_reap(b->rcu);
	cr_expect_lt(board_fib(b, 0, AF_INET)->n, routes);
	cr_expect_lt(b->nexthops->n_used, rows);
	cr_expect_lt(neighbors_count(b), neighbors);
	passes("the wide one", 1, "10.0.2.2", 2, host[2], 0);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const dst[] = { "10.0.3.2", "10.103.0.2", "10.53.1.1" };

		udp(bed_mac(&bed, 1), 1, dst[i], 0);
		bed_send(&bed, 1, &in);
		bed_settle(&bed);
		frame_icmp_error(&want, &in, host[1], bed_mac(&bed, 1), 0, "10.0.1.1", 3, 0, 0);
		bed_expect_frame(&bed, dst[i], 1, &want);
	}
	bed_delta(&bed, "no routes");
	cut(2, "2x400G");
	expect_ports(2, "p2 16-19, p3 20-23");
	rcu_reap(b->rcu);
	cr_expect_eq(board_fib(b, 0, AF_INET)->n, routes, "%u routes, %u before",
		     board_fib(b, 0, AF_INET)->n, routes);
	cr_expect_eq(b->nexthops->n_used, rows);
	cr_expect_eq(neighbors_count(b), neighbors);
	passes("parted", 1, "10.0.3.2", 3, host[3], 0);
	passes("parted", 1, "10.0.2.2", 2, host[2], 0);
	bed_close(&bed);
}

/* A port that is made again has another DPDK id: rows, neighbours and questions go there. */
Test(breakout, another_dpdk_port)
{
	uint16_t id;

	start();
	cut(2, "1x800G");
	cr_assert_eq(rte_eal_hotplug_add("vdev", "net_null7", "no-rx=1"), 0);
	cut(2, "2x400G");
	id = b->ports[3].id;
	frame_arp(&in, false, NULL, learned, 0, "10.0.3.7", "10.0.3.1");
	bed_send(&bed, 3, &in);
	bed_settle(&bed);
	bed_forget(&bed);
	cr_assert_eq(rte_eal_hotplug_remove("vdev", "net_null7"), 0);
	bed_delta(&bed, "learned");
	cut(2, "1x400G+2x200G");
	cr_assert_neq(b->ports[3].id, id);
	passes("static", 1, "10.0.3.2", 3, host[3], 0);
	passes("learned", 1, "10.0.3.7", 3, learned, 0);
	udp(bed_mac(&bed, 1), 1, "10.0.3.8", 0);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	frame_arp(&want, false, NULL, bed_mac(&bed, 3), 0, "10.0.3.1", "10.0.3.8");
	bed_expect_frame(&bed, "asked", 3, &want);
	frame_arp(&in, true, bed_mac(&bed, 3), learned, 0, "10.0.3.8", "10.0.3.1");
	bed_send(&bed, 3, &in);
	bed_settle(&bed);
	udp(bed_mac(&bed, 1), 1, "10.0.3.8", 0);
	frame_forwarded(&want, &in, learned, bed_mac(&bed, 3), 0);
	bed_expect_frame(&bed, "from the connected subnet", 3, &want);
	bed_delta(&bed, "asked");
	bed_close(&bed);
}

/*
 * The operator's route to one address is on a port that goes; the address is a neighbour's on
 * another port: without that route packets for it go straight there, and not round and round.
 */
Test(breakout, host_routes_of_the_operator)
{
	uint32_t row;

	start();
	frame_arp(&in, false, NULL, learned, 0, "10.0.2.77", "10.0.2.1"); /* it speaks to us */
	bed_send(&bed, 2, &in);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "learned");
	cut(2, "1x800G");
	passes("a neighbour like others", 1, "10.0.2.77", 2, learned, 0);
	cut(2, "2x400G");
	cr_assert_eq(neighbors_row(b, 4, AF_INET, (const uint8_t[]){ 10, 0, 3, 9 }, &row), 0);
	udp(bed_mac(&bed, 1), 1, "10.0.2.77", 0);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	frame_arp(&want, false, NULL, bed_mac(&bed, 3), 0, "10.0.3.1", "10.0.3.9");
	bed_expect_frame(&bed, "the operator's route again", 3, &want);
	bed_delta(&bed, "the operator's route again");
	bed_close(&bed);
}

static const char *states(void)
{
	static char text[4096];
	size_t len = 0;

	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%u/%u ",
						b->ports[i].spec.name, b->ports[i].id,
						b->ports[i].up);
	for (unsigned l = 0; l < b->n_lanes; l++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u.%u.%u ",
					b->lanes[l].port, b->lanes[l].index, b->lanes[l].life);
	return text;
}

Test(breakout, refused)
{
	char before[4096];

	start();
	ports_watch(b);
	snprintf(before, sizeof(before), "%s", states());
	refused("oe1", 0, "1x800G", -ENOENT, "no engine \"oe1\"");
	refused("oe1", 0, "1x800G", -ENOENT, "did you mean \"oe0\"");
	refused("", 0, "1x800G", -ENOENT, "no engine");
	refused("oe0", 4, "1x800G", -ENOENT, "only 0 to 3");
	refused("oe0", 4000000000u, "1x800G", -ENOENT, "no bank");
	refused("oe0", 3, "1x100G", -EINVAL, "lane oe0/24 is in no port of the board's file");
	cr_expect_str_eq(states(), before);
	cut(1, "1x800G"); /* as it is */
	cr_expect_str_eq(states(), before);
	bed_close(&bed);
}

static const char named_yaml[] =
	"devices: {net_null0: no-rx=1}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0-7, carrier: loop}\n"
	"  d0: {lanes: oe0/8-15, carrier: dev:net_null0}\n"
	"  a-name-of-thirty-one-characters: {lanes: oe0/16-19, carrier: loop}\n"
	"  p0-2: {lanes: oe0/20, carrier: loop}\n"
	"  q0: {lanes: oe0/24-31, carrier: 'fiber:/tmp/cpx-unit-breakout.sock', role: client}\n";

Test(breakout, names_and_carriers_that_cannot)
{
	bed_open(&bed, named_yaml, (const unsigned[]){ 8, 0 });
	b = bed.board;
	refused("oe0", 0, "2x400G", -EINVAL, "rename that one");
	refused("oe0", 1, "2x400G", -EINVAL, "device net_null0, which is not divided");
	cut(1, "1x400G"); /* less of it is possible */
	expect_ports(1, "d0 8-11");
	cut(1, "1x800G");
	expect_ports(1, "d0 8-15");
	refused("oe0", 2, "4x100G", -EINVAL, "shorter one in the file");
	cut(3, "2x400G");
	expect_ports(3, "q0 24-27, q0-2 28-31");
	cr_expect_str_eq(b->ports[find_port("q0-2")].spec.carrier_name,
			 "/tmp/cpx-unit-breakout.sock-2");
	cut(3, "1x800G");
	bed_close(&bed);
}

Test(breakout, a_fiber_that_is_named_already)
{
	bed_open(&bed,
		 "ports:\n"
		 "  p0: {lanes: oe0/0-7, carrier: loop}\n"
		 "  p1: {lanes: oe0/8-15, carrier: 'fiber:f0-2'}\n"
		 "  p2: {lanes: oe0/16-23, carrier: 'fiber:f0-2'}\n",
		 (const unsigned[]){ 8, 0 });
	b = bed.board;
	refused("oe0", 0, "2x400G", -EINVAL, "fiber f0-2, which port p1");
	/* two banks that are broken out alike are joined piece by piece */
	cut(1, "2x400G");
	cut(2, "2x400G");
	cr_expect(b->ports[find_port("p1-2")].up && b->ports[find_port("p2-2")].up);
	cr_expect(b->ports[find_port("p1")].up && b->ports[find_port("p2")].up);
	bed_close(&bed);
}

Test(breakout, no_more_ports_than_dpdk_has)
{
	unsigned n;

	bed_open(&bed,
		 "ports:\n"
		 "  p0: {lanes: oe0/0-7, carrier: loop}\n"
		 "  p1: {lanes: oe0/8-15, carrier: loop}\n"
		 "  p2: {lanes: oe0/16-23, carrier: loop}\n"
		 "  p3: {lanes: oe0/24-31, carrier: loop}\n",
		 (const unsigned[]){ 0 });
	b = bed.board;
	for (unsigned bank = 0; bank < 4; bank++)
		cut(bank, "8x100G");
	cr_assert_eq(rte_eth_dev_count_total(), 32);
	expect_ports(3, "p3 24-24, p3-2 25-25, p3-3 26-26, p3-4 27-27, p3-5 28-28, p3-6 29-29, "
			"p3-7 30-30, p3-8 31-31");
	cut(3, "1x800G");
	n = rte_eth_dev_count_total();
	cr_assert_eq(rte_eal_hotplug_add("vdev", "net_null7", ""), 0);
	refused("oe0", 3, "8x100G", -ENOSPC, "room for 32 ports, carriers included");
	cr_expect_eq(rte_eth_dev_count_total(), n + 1);
	expect_ports(3, "p3 24-31");
	cr_assert_eq(rte_eal_hotplug_remove("vdev", "net_null7"), 0);
	cut(3, "8x100G");
	for (unsigned bank = 0; bank < 4; bank++)
		cut(bank, "1x800G");
	bed_close(&bed);
}

/* A port that cannot be made: the others of the shape go again, what was is back and works. */
Test(breakout, failure_half_way)
{
	unsigned a, c;

	start();
	a = bed_add_far(&bed, "f0-3", 1); /* both ends of the third piece's fiber are taken */
	c = bed_add_far(&bed, "f0-3", 1);
	ports_watch(b);
	refused("oe0", 0, "4x200G", -EBUSY, "port p0-3: the driver refused");
	expect_ports(0, "p0 0-7");
	cr_expect_str_eq(lane_text(7, LANE_PORT, 4), "p0");
	passes("as before", 1, "10.0.0.2", 0, host[0], 0);
	passes("as before", 0, "10.0.1.2", 1, host[1], 0);
	cut(0, "2x400G");
	refused("oe0", 0, "4x200G", -EBUSY, "port p0-3: the driver refused");
	expect_ports(0, "p0 0-3, p0-2 4-7");
	passes("as before", 1, "10.0.0.2", 0, host[0], 0);
	cr_assert_eq(rte_eth_dev_stop(bed.far[c].id), 0);
	cr_assert_eq(rte_eth_dev_close(bed.far[c].id), 0);
	bed.n_far = a + 1;
	cut(0, "4x200G");
	bed_close(&bed);
}

/* And what was cannot be had back either: said, lanes free, routes gone; it can be asked for. */
Test(breakout, failure_of_the_way_back)
{
	uint32_t routes;

	start();
	routes = board_fib(b, 0, AF_INET)->n;
	bed_add_far(&bed, "f0-2", 1);
	bed_add_far(&bed, "f0-2", 1);
	b->ports[0].spec.numa = 63; /* no such node: the driver will refuse */
	refused("oe0", 0, "2x400G", -EBUSY, "port p0 could not be had back, its lanes are free");
	expect_ports(0, "");
	cr_expect_str_eq(lane_text(0, LANE_PORT, 4), "");
	udp(bed_mac(&bed, 1), 1, "10.0.0.2", 0);
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	frame_icmp_error(&want, &in, host[1], bed_mac(&bed, 1), 0, "10.0.1.1", 3, 0, 0);
	bed_expect_frame(&bed, "no route", 1, &want);
	bed_delta(&bed, "no route");
	passes("others do not notice", 1, "10.0.2.2", 2, host[2], 0);
	cut(0, "1x800G");
	cr_expect_eq(board_fib(b, 0, AF_INET)->n, routes);
	passes("as before", 1, "10.0.0.2", 0, host[0], 0);
	bed_close(&bed);
}

/* Without memory for another configuration nothing happens; with it again, everything. */
Test(breakout, no_memory)
{
	void *taken[4096];
	unsigned n = 0;

	start();
	for (size_t size = 64u << 20; size >= 512; size /= 2)
		while (n < RTE_DIM(taken) && (taken[n] = rte_malloc(NULL, size, 0)))
			n++;
	cr_assert_lt(n, RTE_DIM(taken));
	refused("oe0", 0, "2x400G", -ENOMEM, "nothing changed");
	expect_ports(0, "p0 0-7");
	cr_expect(b->unpublished);
	passes("as before", 1, "10.0.0.2", 0, host[0], 0);
	passes("as before", 0, "10.0.1.2", 1, host[1], 0);
	while (n > 0)
		rte_free(taken[--n]);
	ports_watch(b);
	cr_expect(!b->unpublished);
	passes("told again", 1, "10.0.0.2", 0, host[0], 0);
	cut(0, "2x400G");
	passes("cut", 1, "10.0.0.2", 0, host[0], 0);
	bed_close(&bed);
}

/* Frames of bank 1 to bank 2, one window after the other, and some to bank 0. Its own thread. */
struct traffic {
	pthread_t thread;
	bool stop;
	uint64_t sent, back, to_cut; /* to_cut: of `sent`, for bank 0 */
	bool lost, astray;
};

#define WINDOW 64

static struct rte_mbuf *packet(const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);

	if (m)
		memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->data, f->len);
	return m;
}

static void put(struct traffic *t, const struct frame *f, uint16_t lane)
{
	struct rte_mbuf *m = packet(f);

	if (!m)
		return;
	m->hash.rss = (uint32_t)t->sent * 2654435761u;
	if (rte_eth_tx_burst(bed.far[1].id, lane, &m, 1) == 1)
		t->sent++;
	else
		rte_pktmbuf_free(m);
}

/* All that came out of a far end, which only frames for `mac` may. */
static unsigned take(struct traffic *t, unsigned far, const uint8_t *mac)
{
	struct rte_mbuf *pkts[32];
	unsigned n = 0;

	for (uint16_t q = 0; q < bed.far[far].lanes; q++) {
		const uint16_t got = rte_eth_rx_burst(bed.far[far].id, q, pkts, 32);

		for (uint16_t i = 0; i < got; i++)
			t->astray |= !mac || memcmp(rte_pktmbuf_mtod(pkts[i], uint8_t *), mac, 6);
		rte_pktmbuf_free_bulk(pkts, got);
		n += got;
	}
	return n;
}

static void *traffic(void *arg)
{
	struct traffic *t = arg;
	static struct frame to2, to0;

	udp(bed_mac(&bed, 1), 1, "10.0.2.2", 0);
	to2 = in;
	udp(bed_mac(&bed, 1), 1, "10.0.0.2", 0);
	to0 = in;
	while (!load_acquire(&t->stop) && !t->lost) {
		const uint64_t sent = t->sent, wanted = t->back + WINDOW;

		for (uint16_t i = 0; i < WINDOW; i++)
			put(t, &to2, i % 8);
		if (t->sent != sent + WINDOW)
			t->lost = true;
		for (uint16_t i = 0; i < 8; i++)
			put(t, &to0, i);
		t->to_cut += t->sent - sent - WINDOW;
		for (unsigned spins = 0; t->back < wanted && spins < 4000000; spins++) {
			t->back += take(t, 2, host[2]);
			bed.got += take(t, 0, host[0]);
			for (unsigned f = 4; f < bed.n_far; f++)
				bed.got += take(t, f, NULL);
			if (spins % 64 == 63)
				usleep(20);
		}
		t->lost |= t->back < wanted;
	}
	return NULL;
}

static unsigned zones;

static void count_zone(const struct rte_memzone *z, void *arg)
{
	(void)z;
	(void)arg;
	zones++;
}

/*
 * Pieces of DPDK memory in use, memory zones, ports: must be the same before and after. Not bytes:
 * a piece keeps a remainder that is too small to be given back.
 */
static void footprint(size_t out[3])
{
	struct rte_malloc_socket_stats heap;

	rcu_reap(b->rcu);
	zones = 0;
	rte_memzone_walk(count_zone, NULL);
	cr_assert_eq(rte_malloc_get_socket_stats(0, &heap), 0);
	out[0] = heap.alloc_count;
	out[1] = zones;
	out[2] = rte_eth_dev_count_total();
}

static unsigned waiting(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->n_ports; i++)
		for (uint16_t q = 0; b->ports[i].probed && q < b->ports[i].spec.n_lanes; q++)
			n += (unsigned)RTE_MAX(0, rte_eth_rx_queue_count(b->ports[i].id, q));
	return n;
}

/* A packet of a known or an unknown host, from one far end to the subnet of another. */
static void any_packet(uint64_t *seed)
{
	static const char *const dst[] = { "10.0.0.2", "10.0.1.2",  "10.0.2.2",  "10.0.3.2",
					   "10.0.0.7", "10.50.1.1", "10.53.1.1", "10.100.0.2",
					   "10.0.3.7", "10.99.0.1" };
	const unsigned from = guard_random(seed) % 3;

	if (waiting() > 200 || rte_eth_rx_queue_count(b->ports[from].id, 0) < 0)
		return;
	udp(bed_mac(&bed, from), from, dst[guard_random(seed) % RTE_DIM(dst)], 0);
	in.data[14 + 20 + 1] = (uint8_t)guard_random(seed); /* another flow, another lane */
	bed_send(&bed, from, &in);
}

/*
 * Packets, turns of the workers, questions, seconds and breakouts of two banks in any order: each
 * packet ends once and is counted, and after it the board is what it was.
 */
Test(breakout, any_order)
{
	static const char *const shapes[] = { "1x800G", "2x400G",        "4x200G",
					      "8x100G", "1x400G+2x200G", "1x100G" };
	uint64_t seed = 99;
	uint32_t routes, rows;
	size_t before[3], after[3];
	struct tally d;

	start();
	cut(0, "8x100G");
	cut(2, "8x100G");
	cut(0, "1x800G");
	cut(2, "2x400G");
	bed_settle(&bed);
	routes = board_fib(b, 0, AF_INET)->n;
	rows = b->nexthops->n_used;
	footprint(before);
	for (unsigned step = 0; step < 20000; step++) {
		const unsigned what = guard_random(&seed) % 100;

		if (what < 60) {
			any_packet(&seed);
		} else if (what < 85) {
			bed_turn(&bed, what % 2);
		} else if (what < 95) {
			bed_control(&bed);
			bed_drain(&bed);
		} else if (what < 97) {
			neighbors_tick(b);
		} else {
			const unsigned left = waiting();

			cut(what % 2 * 2, shapes[guard_random(&seed) % RTE_DIM(shapes)]);
			bed.sent -= left - waiting(); /* what the ports that went had not read */
		}
		if (step % 16 == 0)
			bed_delta(&bed, "any order");
		bed_forget(&bed);
	}
	bed_settle(&bed);
	d = bed_delta(&bed, "any order");
	(void)d;
	cr_expect_gt(bed.last.tx, 2000);
	cr_expect_gt(bed.last.drop[DROP_PORT_REMOVED], 50, "%lu", bed.last.drop[DROP_PORT_REMOVED]);
	cut(0, "1x800G");
	cut(2, "2x400G");
	for (unsigned i = 0; i < 10 && neighbors_count(b) > 7; i++)
		bed_tick(&bed, 1);
	bed_forget(&bed);
	rcu_reap(b->rcu);
	fib_settle(board_fib(b, 0, AF_INET));
	footprint(after);
	cr_expect_eq(board_fib(b, 0, AF_INET)->n, routes, "%u routes, %u before",
		     board_fib(b, 0, AF_INET)->n, routes);
	cr_expect_eq(b->nexthops->n_used, rows, "%u rows, %u before", b->nexthops->n_used, rows);
	cr_expect_eq(after[0], before[0], "%zu pieces of memory, %zu before", after[0], before[0]);
	cr_expect_eq(after[1], before[1]);
	cr_expect_eq(after[2], before[2]);
	bed_delta(&bed, "made whole");
	passes("made whole", 1, "10.0.0.2", 0, host[0], 0);
	passes("made whole", 1, "10.0.3.2", 3, host[3], 0);
	bed_close(&bed);
}

Test(breakout, other_banks_do_not_notice, .timeout = 110)
{
	static const char *const shapes[] = { "2x400G", "8x100G", "1x400G+4x100G", "4x200G",
					      "1x800G" };
	struct traffic t = { 0 };
	size_t before[3], after[3];
	uint64_t rounds_end;
	struct tally d;

	start();
	for (unsigned k = 2; k <= 8; k++) {
		char fiber[8];

		snprintf(fiber, sizeof(fiber), "f0-%u", k);
		bed_add_far(&bed, fiber, 8);
	}
	cut(0, "8x100G"); /* once: what is made once stays */
	cut(0, "1x800G");
	bed_settle(&bed);
	footprint(before);
	for (unsigned w = 0; w < b->n_workers; w++)
		cr_assert_eq(rte_eal_remote_launch(worker_main, b->workers[w], w + 1), 0);
	b->running = true;
	cr_assert_eq(pthread_create(&t.thread, NULL, traffic, &t), 0);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < RTE_DIM(shapes); i++) {
			for (unsigned k = 0; k < 4; k++) {
				bed_control(&bed);
				usleep(1000);
			}
			cut(0, shapes[i]);
		}
		expect_ports(0, "p0 0-7");
	}
	rounds_end = load_relaxed(&t.back);
	while (load_relaxed(&t.back) < rounds_end + 10 * WINDOW && !load_relaxed(&t.lost))
		bed_control(&bed);
	store_release(&t.stop, true);
	pthread_join(t.thread, NULL);
	workers_stop(b);
	bed.sent = t.sent;
	bed.got += t.back;
	bed_settle(&bed);
	cr_expect(!t.lost, "of %lu frames between other banks %lu arrived", t.sent - t.to_cut,
		  t.back);
	cr_expect(!t.astray, "a frame came out where it does not belong");
	cr_expect_eq(t.back, t.sent - t.to_cut);
	d = bed_delta(&bed, "all rounds");
	for (unsigned i = 0; i < DROP_COUNT; i++)
		cr_expect(!d.drop[i] || i == DROP_PORT_DOWN || i == DROP_PORT_REMOVED ||
				  i == DROP_LANE_TX_FULL,
			  "%lu %s", d.drop[i], bed_drop_name(i));
	cr_expect_gt(bed.got - t.back, 100, "%lu of %lu to the bank that is cut", bed.got - t.back,
		     t.to_cut);
	footprint(after);
	cr_expect_eq(after[0], before[0], "%zu pieces of DPDK memory, %zu before", after[0],
		     before[0]);
	cr_expect_eq(after[1], before[1], "%zu memory zones, %zu before", after[1], before[1]);
	cr_expect_eq(after[2], before[2], "%zu ports, %zu before", after[2], before[2]);
	for (unsigned w = 0; w < b->n_workers; w++)
		b->workers[w]->stop = false;
	bed_close(&bed);
}
