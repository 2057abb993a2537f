/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Martian addresses (spec/faults.md B 12): each filter drops under its own name, and lets pass, or
 * leaves to the routes, what it would have dropped once it is switched off.
 */
#include "tests/unit/board.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/31]}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"routes:\n"
	"  - {to: 0.0.0.0/0, via: 10.0.1.2}\n"
	"  - {to: '::/0', via: '2001:db8:1::2'}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 };
static struct bed bed;
static struct frame in, want;
static char what[128];

TestSuite(pipeline_martian, .fini = bed_clean);

#define FOUR "10.0.0.2"
#define SIX  "2001:db8::2"

static const struct {
	const char *src, *dst;
	enum martian filter;
} cases[] = {
	{ "0.0.0.0", "10.50.0.9", MARTIAN_IP4_SOURCE_THIS_NETWORK },
	{ "0.1.2.3", "10.50.0.9", MARTIAN_IP4_SOURCE_THIS_NETWORK },
	{ "127.0.0.1", "10.50.0.9", MARTIAN_IP4_SOURCE_LOOPBACK },
	{ "127.255.255.255", "10.50.0.9", MARTIAN_IP4_SOURCE_LOOPBACK },
	{ "224.0.0.1", "10.50.0.9", MARTIAN_IP4_SOURCE_MULTICAST },
	{ "239.255.255.255", "10.50.0.9", MARTIAN_IP4_SOURCE_MULTICAST },
	{ "240.0.0.1", "10.50.0.9", MARTIAN_IP4_SOURCE_RESERVED },
	{ "255.255.255.255", "10.50.0.9", MARTIAN_IP4_SOURCE_RESERVED },
	{ "10.0.0.255", "10.50.0.9", MARTIAN_IP4_SOURCE_BROADCAST },
	{ "10.0.0.0", "10.50.0.9", MARTIAN_IP4_SOURCE_BROADCAST },
	{ "10.0.1.255", "10.50.0.9", MARTIAN_IP4_SOURCE_BROADCAST },
	{ "10.0.0.1", "10.50.0.9", MARTIAN_IP4_SOURCE_OWN },
	{ "10.0.1.1", "10.50.0.9", MARTIAN_IP4_SOURCE_OWN },
	{ "10.100.0.1", "10.50.0.9", MARTIAN_IP4_SOURCE_OWN },
	{ FOUR, "0.0.0.0", MARTIAN_IP4_DESTINATION_THIS_NETWORK },
	{ FOUR, "0.255.0.1", MARTIAN_IP4_DESTINATION_THIS_NETWORK },
	{ FOUR, "127.0.0.1", MARTIAN_IP4_DESTINATION_LOOPBACK },
	{ FOUR, "240.0.0.1", MARTIAN_IP4_DESTINATION_RESERVED },
	{ FOUR, "255.255.255.254", MARTIAN_IP4_DESTINATION_RESERVED },
	{ "::", "2001:db8:50::9", MARTIAN_IP6_SOURCE_UNSPECIFIED },
	{ "::1", "2001:db8:50::9", MARTIAN_IP6_SOURCE_LOOPBACK },
	{ "ff02::1", "2001:db8:50::9", MARTIAN_IP6_SOURCE_MULTICAST },
	{ "::ffff:10.0.0.2", "2001:db8:50::9", MARTIAN_IP6_SOURCE_MAPPED },
	{ "2001:db8::1", "2001:db8:50::9", MARTIAN_IP6_SOURCE_OWN },
	{ "2001:db8:1::1", "2001:db8:50::9", MARTIAN_IP6_SOURCE_OWN },
	{ SIX, "::", MARTIAN_IP6_DESTINATION_UNSPECIFIED },
	{ SIX, "::1", MARTIAN_IP6_DESTINATION_LOOPBACK },
	{ SIX, "::ffff:10.0.0.2", MARTIAN_IP6_DESTINATION_MAPPED },
};

/* Never forwarded, whatever the switches say. */
static const struct {
	const char *src, *dst;
	enum drop_reason reason;
} always[] = {
	{ FOUR, "224.0.0.1", DROP_IP4_GROUP },
	{ FOUR, "239.1.2.3", DROP_IP4_GROUP },
	{ FOUR, "255.255.255.255", DROP_IP4_GROUP },
	{ "0.0.0.0", "255.255.255.255", DROP_IP4_GROUP },
	{ FOUR, "10.0.0.255", DROP_IP4_DIRECTED_BROADCAST },
	{ FOUR, "10.0.1.255", DROP_IP4_DIRECTED_BROADCAST },
	{ FOUR, "10.0.1.0", DROP_IP4_DIRECTED_BROADCAST },
	{ SIX, "ff00::1", DROP_IP6_GROUP_SCOPE },
	{ SIX, "ff01::1", DROP_IP6_GROUP_SCOPE },
	{ SIX, "ff0e::1", DROP_IP6_GROUP },
	{ SIX, "ff05::2", DROP_IP6_GROUP },
	{ SIX, "fe80::1", DROP_IP6_LINK_LOCAL },
	{ "fe80::2", "2001:db8:50::9", DROP_IP6_LINK_LOCAL },
	{ "febf::2", "2001:db8:50::9", DROP_IP6_LINK_LOCAL },
};

/* Nothing to say against these: near the limits, and the other ends of a /31. */
static const char *const good[][2] = {
	{ "1.0.0.0", "10.50.0.9" },
	{ "126.255.255.255", "10.50.0.9" },
	{ "128.0.0.0", "10.50.0.9" },
	{ "223.255.255.255", "10.50.0.9" },
	{ "10.0.0.254", "10.50.0.9" },
	{ "10.100.0.0", "10.50.0.9" },
	{ FOUR, "1.0.0.0" },
	{ FOUR, "126.255.255.255" },
	{ FOUR, "128.0.0.0" },
	{ FOUR, "223.255.255.255" },
	{ "::2", "2001:db8:50::9" },
	{ "feff::1", "2001:db8:50::9" },
	{ "::fffe:1:1", "2001:db8:50::9" },
	{ SIX, "::fffe:1:1" },
	{ "2001:db8::3", "2001:db8:50::9" },
};

static void udp(const char *src, const char *dst)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = src,
				      .dst = dst,
				      .payload = 30 });
	snprintf(what, sizeof(what), "%s to %s", src, dst);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
}

static void passes(void)
{
	frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, what, 1, &want);
	bed_expect_sent(&bed, what, 1, 1);
}

static void the_rest(void)
{
	for (unsigned i = 0; i < RTE_DIM(always); i++) {
		udp(always[i].src, always[i].dst);
		bed_expect_drop(&bed, what, always[i].reason, 1);
	}
	for (unsigned i = 0; i < RTE_DIM(good); i++) {
		udp(good[i][0], good[i][1]);
		passes();
	}
}

Test(pipeline_martian, each_under_its_name)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].src, cases[i].dst);
		bed_expect_drop(&bed, what, DROP_OF_MARTIAN(cases[i].filter), 1);
	}
	the_rest();
	bed_close(&bed);
}

Test(pipeline_martian, all_switched_off)
{
	static const char *const names[] = {
#define _(sym, name, ...) name,
		MARTIANS(_)
#undef _
	};
	char text[2048];
	size_t n = (size_t)snprintf(text, sizeof(text), "%sfilters:\n", yaml);

	for (unsigned i = 0; i < MARTIAN_NONE; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  %s: false\n", names[i]);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 0 });
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].src, cases[i].dst);
		passes();
	}
	the_rest();
	bed_close(&bed);
}

/* One switch is one filter. */
Test(pipeline_martian, one_switched_off)
{
	char text[1024];

	snprintf(text, sizeof(text), "%sfilters: {ip4_source_loopback: false}\n", yaml);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 0 });
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].src, cases[i].dst);
		if (cases[i].filter == MARTIAN_IP4_SOURCE_LOOPBACK)
			passes();
		else
			bed_expect_drop(&bed, what, DROP_OF_MARTIAN(cases[i].filter), 1);
	}
	bed_close(&bed);
}

/* An address that comes and goes while workers run is ours while it is there. */
Test(pipeline_martian, own_addresses_come_and_go)
{
	static const uint8_t four[4] = { 10, 9, 0, 1 };
	struct err err;

	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	udp("10.9.0.1", "10.50.0.9");
	passes();
	cr_assert_eq(addr_add(bed.board, 1, AF_INET, four, 24, &err), 0, "%s", err.text);
	cr_assert_eq(addrs_commit(bed.board, &err), 0, "%s", err.text);
	bed_settle(&bed);
	udp("10.9.0.1", "10.50.0.9");
	bed_expect_drop(&bed, what, DROP_IP4_SOURCE_OWN, 1);
	udp("10.9.0.255", "10.50.0.9");
	bed_expect_drop(&bed, what, DROP_IP4_SOURCE_BROADCAST, 1);
	cr_assert_eq(addr_del(bed.board, 1, AF_INET, four, 24, &err), 0, "%s", err.text);
	cr_assert_eq(addrs_commit(bed.board, &err), 0, "%s", err.text);
	bed_settle(&bed);
	udp("10.9.0.1", "10.50.0.9");
	passes();
	bed_close(&bed);
}
