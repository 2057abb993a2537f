/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reverse path check of sources (RFC 3704): strict on p0, loose on p1 and on VLAN 100 of p0, off on
 * p2, where the default route leads. Both families, single next hops and groups.
 */
#include "dataplane/ctl/rib.h"
#include "tests/unit/board.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, urpf: strict,\n"
	"       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {urpf: loose, addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, urpf: loose,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop, addresses: [10.0.2.1/24, '2001:db8:2::1/64']}\n"
	"routes:\n"
	"  - {to: 0.0.0.0/0, via: 10.0.2.2}\n"
	"  - {to: 10.10.0.0/16, via: 10.0.0.2}\n"
	"  - {to: 10.11.0.0/16, via: 10.0.1.2}\n"
	"  - {to: 10.12.0.0/16, type: blackhole}\n"
	"  - {to: 10.13.0.0/16, via: 10.0.2.2}\n" /* the next hop of the default route */
	"  - {to: 10.16.0.0/16, type: unreachable}\n"
	"  - {to: '::/0', via: '2001:db8:2::2'}\n"
	"  - {to: '2001:db8:10::/48', via: '2001:db8::2'}\n"
	"  - {to: '2001:db8:11::/48', via: '2001:db8:1::2'}\n"
	"  - {to: '2001:db8:12::/48', type: blackhole}\n"
	"  - {to: '2001:db8:13::/48', via: '2001:db8:2::2'}\n"
	"  - {to: '2001:db8:16::/48', type: unreachable}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8:2::2', mac: '02:00:00:00:02:02'}\n";

static const uint8_t station[6] = { 2, 0, 0, 0, 0, 2 }, host2[6] = { 2, 0, 0, 0, 2, 2 };
static struct bed bed;
static struct frame in, want;
static char what[128];

TestSuite(pipeline_rpf, .fini = bed_clean);

static void start(const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", yaml, more);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 1, 0 });
}

/* Sources and where they may come in: a letter a place, p0 strict, VLAN 100 of p0, p1, p2. */
static const struct {
	const char *four, *six, *places;
} sources[] = {
	{ "10.0.0.2", "2001:db8::2", "0v12" },      /* a neighbour's host route */
	{ "10.0.0.77", "2001:db8::77", "0v12" },    /* the subnet of p0, nobody known */
	{ "10.0.1.77", "2001:db8:1::77", "v12" },   /* of p1 */
	{ "10.100.0.7", "2001:db8:100::7", "v12" }, /* of the VLAN */
	{ "10.10.1.1", "2001:db8:10::1", "0v12" },
	{ "10.11.1.1", "2001:db8:11::1", "v12" },
	{ "10.12.1.1", "2001:db8:12::1", "2" }, /* blackhole: remotely triggered (RFC 5635) */
	{ "10.16.1.1", "2001:db8:16::1", "2" }, /* unreachable */
	{ "10.13.1.1", "2001:db8:13::1", "v12" },
	{ "10.14.1.1", "2001:db8:14::1", "0v12" }, /* a group out of p0 and p1 */
	{ "10.15.1.1", "2001:db8:15::1", "v12" },  /* out of p1 and p2 */
	{ "99.1.1.1", "2620:99::1", "d2" },        /* only the default route, out of p2 */
};

static void group(uint8_t family, const char *to, uint8_t len, const uint16_t iface[2],
		  const char *const via[2])
{
	struct rib_hop hops[2];
	struct rib_target target = { .kind = RIB_VIA, .n_hops = 2, .hops = hops };
	struct rib_prefix prefix = { .family = family, .len = len };
	struct err err;

	inet_pton(family, to, prefix.addr);
	for (unsigned i = 0; i < 2; i++) {
		hops[i] = (struct rib_hop){ .iface = iface[i], .family = family, .weight = 1 };
		inet_pton(family, via[i], hops[i].addr);
	}
	cr_assert_eq(rib_add(bed.board, RIB_ASKED, &prefix, 0, &target, &err), 0, "%s", err.text);
}

static void groups(void)
{
	static const char *const four[] = { "10.0.0.2", "10.0.1.2", "10.0.2.2" };
	static const char *const six[] = { "2001:db8::2", "2001:db8:1::2", "2001:db8:2::2" };
	static const uint16_t ifaces[] = { 1, 2, 3 };

	group(AF_INET, "10.14.0.0", 16, ifaces, four);
	group(AF_INET, "10.15.0.0", 16, ifaces + 1, four + 1);
	group(AF_INET6, "2001:db8:14::", 48, ifaces, six);
	group(AF_INET6, "2001:db8:15::", 48, ifaces + 1, six + 1);
	rib_commit(bed.board);
	bed_settle(&bed);
}

static void come(char place, bool six, const char *src, const char *dst)
{
	const unsigned port = place == 'v' ? 0 : (unsigned)(place - '0');

	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, port),
				      .from = station,
				      .vlan = place == 'v' ? 100 : 0,
				      .src = src,
				      .dst = dst,
				      .payload = 20 });
	bed_send(&bed, port, &in);
	bed_settle(&bed);
}

/* all: the loose places take the default route for one. */
static void try_all(bool all)
{
	for (unsigned i = 0; i < RTE_DIM(sources); i++) {
		for (const char *place = "0v12"; *place; place++) {
			for (unsigned six = 0; six < 2; six++) {
				const char *src = six ? sources[i].six : sources[i].four;
				bool passes = strchr(sources[i].places, *place);

				if (all && strchr(sources[i].places, 'd') && *place != '0')
					passes = true;
				snprintf(what, sizeof(what), "%s at %c", src, *place);
				come(*place, six, src, six ? "2001:db8:2::2" : "10.0.2.2");
				if (!passes) {
					bed_expect_drop(&bed, what,
							six ? DROP_IP6_RPF : DROP_IP4_RPF, 1);
					continue;
				}
				frame_forwarded(&want, &in, host2, bed_mac(&bed, 2), 0);
				bed_expect_frame(&bed, what, 2, &want);
				bed_expect_sent(&bed, what, 1, 1);
			}
		}
	}
}

Test(pipeline_rpf, strict_loose_off)
{
	start("");
	groups();
	try_all(false);
	bed_close(&bed);
}

Test(pipeline_rpf, loose_with_the_default_route)
{
	start("ip: {urpf_default: true}\n");
	groups();
	try_all(true);
	bed_close(&bed);
}

/* What is to us is checked, too; what has no route yet to be checked by is not. */
Test(pipeline_rpf, to_us_and_of_the_link)
{
	start("");
	for (const char *place = "0v1"; *place; place++) {
		come(*place, false, "10.12.1.1", "10.0.0.1");
		bed_expect_drop(&bed, "to us", DROP_IP4_RPF, 1);
		come(*place, true, "2001:db8:12::1", "2001:db8::1");
		bed_expect_drop(&bed, "to us", DROP_IP6_RPF, 1);
		come(*place, true, "fe80::2", "2001:db8:2::2");
		bed_expect_drop(&bed, "link-local", DROP_IP6_LINK_LOCAL, 1);
		come(*place, false, "0.0.0.0", "255.255.255.255");
		bed_expect_drop(&bed, "DHCP", DROP_IP4_GROUP, 1);
	}
	frame_solicit(&in, station, 0, "fe80::2", "2001:db8::1");
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert_eq(bed_delta(&bed, "solicitation").tx, 1, "a solicitation is answered");
	bed_forget(&bed);
	bed_close(&bed);
}

/* A route changes: so does what may come in. A mixed burst ends where it should, one by one. */
Test(pipeline_rpf, follows_the_routes)
{
	const struct rib_target blackhole = { .kind = RIB_BLACKHOLE };
	struct rib_prefix prefix = { .family = AF_INET, .len = 32, .addr = { 10, 10, 6, 6 } };
	struct err err;

	start("");
	groups();
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 60; i++) {
			frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
						      .from = station,
						      .src = i % 3 == 0   ? "10.10.6.6"
							     : i % 3 == 1 ? "10.10.7.7"
									  : "10.11.7.7",
						      .dst = "10.0.2.2",
						      .payload = 20 });
			bed_send(&bed, 0, &in);
		}
		bed_settle(&bed);
		bed_forget(&bed);
		const struct tally d = bed_delta(&bed, "a burst");

		cr_assert_eq(d.drop[DROP_IP4_RPF], round == 1 ? 40 : 20, "round %u: %lu", round,
			     d.drop[DROP_IP4_RPF]);
		cr_assert_eq(d.tx, round == 1 ? 20 : 40);
		if (round == 0)
			cr_assert_eq(rib_add(bed.board, RIB_ASKED, &prefix, 0, &blackhole, &err),
				     0);
		else if (round == 1)
			cr_assert_eq(rib_del(bed.board, RIB_ASKED, &prefix, 0, &err), 0);
		rib_commit(bed.board);
		bed_settle(&bed);
	}
	bed_close(&bed);
}
