/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zebra at the other end of a socketpair, a board driven by hand: routes by next-hop ids, their
 * answers, pieces and garbage, connections that come and go.
 */
#include "dataplane/ctl/fpm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "tests/unit/board.h"
#include "tests/unit/fpm_zebra.h"
#include "tests/unit/guard.h"

static const char ports[] = "ports:\n"
			    "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"
			    "  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24]}\n"
			    "host: {twins: true, fpm: \"127.0.0.1:2620\", fpm_stale: 1}\n"
			    "tables: {routes4: 50000, nexthops: 4096}\n";

static struct bed bed;
static struct board *b;
static struct zebra_frame frame;
static int zebra = -1;

TestSuite(fpm, .fini = bed_clean);

static void connect_zebra(void)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	zebra = pair[0];
	fpm_serve(b, pair[1]);
}

static void start(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: needs root");
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		cr_skip_test("/dev/net/tun: %s", strerror(errno));
	cr_assert_eq(system("ip link set lo up"), 0);
	bed_open(&bed, ports, (const unsigned[]){ 1, 1, 0 });
	b = bed.board;
	connect_zebra();
}

static void stop(void)
{
	close(zebra);
	bed_close(&bed);
}

static struct fpm_counts counts(void)
{
	struct fpm_counts c;

	cr_assert(fpm_count(b, &c));
	return c;
}

static void say(void)
{
	zebra_end(&frame);
	cr_assert_eq(send(zebra, frame.bytes, frame.len, MSG_NOSIGNAL), (ssize_t)frame.len);
	fpm_work(b);
}

/* p0 by 10.0.0.2: 15; p1 by 10.0.1.2: 16; both: 17 */
static void say_objects(void)
{
	zebra_begin(&frame);
	zebra_object(&frame, 15, "10.0.0.2", twin_ifindex(b, 0));
	zebra_object(&frame, 16, "10.0.1.2", twin_ifindex(b, 1));
	zebra_group(&frame, 17, (const uint32_t[]){ 15, 16, 0 });
	say();
}

static void route(uint16_t type, const uint8_t dst[4], unsigned len, uint32_t object)
{
	zebra_begin(&frame);
	zebra_route(&frame, type, AF_INET, dst, len, object);
	say();
}

/* First hop's last two bytes and how many there are: "0.2 1"; "" if there is no route. */
static const char *way(const uint8_t dst[4], unsigned len)
{
	static char text[64];
	struct rib_prefix to = { .family = AF_INET, .len = (uint8_t)len };
	struct rib_hop hops[RIB_MAX_HOPS];
	struct rib_route_view v;

	memcpy(to.addr, dst, 4);
	text[0] = 0;
	if (rib_get(b, RIB_FPM, &to, 20, hops, &v) == 0)
		snprintf(text, sizeof(text), "%u.%u %u%s", hops[0].addr[2], hops[0].addr[3],
			 v.n_hops, v.stale ? " stale" : "");
	return text;
}

/* The next answer: rtm_flags of it; 0: there is none. */
static uint32_t answered(const uint8_t dst[4])
{
	uint8_t bytes[256];
	struct rtmsg r;
	ssize_t n = recv(zebra, bytes, 4, 0);

	if (n < 0)
		return 0;
	cr_assert_eq(n, 4);
	cr_assert(bytes[0] == 1 && bytes[1] == 1);
	n = bytes[2] << 8 | bytes[3];
	cr_assert_eq(recv(zebra, bytes, (size_t)n - 4, 0), n - 4);
	memcpy(&r, bytes + sizeof(struct nlmsghdr), sizeof(r));
	cr_assert_eq(((struct nlmsghdr *)bytes)->nlmsg_type, RTM_NEWROUTE);
	cr_expect_arr_eq(bytes + sizeof(struct nlmsghdr) + sizeof(r) + sizeof(struct nlattr), dst,
			 4);
	return r.rtm_flags;
}

static const uint8_t net1[4] = { 10, 1, 0, 0 }, net2[4] = { 10, 2, 0, 0 },
		     net3[4] = { 10, 3, 0, 0 };

Test(fpm, routes_by_id)
{
	start();
	say_objects();
	route(RTM_NEWROUTE, net1, 16, 17);
	cr_expect_str_eq(way(net1, 16), "0.2 2");
	cr_expect(answered(net1) & RTM_F_OFFLOAD);
	/* another way for the object: no word of the route */
	zebra_begin(&frame);
	zebra_object(&frame, 15, "10.0.0.9", twin_ifindex(b, 0));
	say();
	cr_expect_str_eq(way(net1, 16), "1.2 2");
	cr_expect_eq(answered(net1), 0);
	/* an update is a delete and an add in one */
	zebra_begin(&frame);
	zebra_route(&frame, RTM_DELROUTE, AF_INET, net1, 16, 0);
	zebra_route(&frame, RTM_NEWROUTE, AF_INET, net1, 16, 16);
	say();
	cr_expect_str_eq(way(net1, 16), "1.2 1");
	cr_expect(answered(net1) & RTM_F_OFFLOAD);
	route(RTM_DELROUTE, net1, 16, 0);
	cr_expect_str_eq(way(net1, 16), "");
	cr_expect_eq(answered(net1), 0);
	/* an object that is not there, a gateway that is none */
	route(RTM_NEWROUTE, net2, 16, 99);
	cr_expect_str_eq(way(net2, 16), "");
	cr_expect(answered(net2) & 0x20000000, "RTM_F_OFFLOAD_FAILED");
	zebra_begin(&frame);
	zebra_object(&frame, 20, "224.0.0.1", twin_ifindex(b, 0));
	say();
	cr_expect_eq(counts().refused, 2);
	zebra_begin(&frame);
	zebra_del_object(&frame, 16);
	zebra_route(&frame, RTM_NEWROUTE, AF_INET, net1, 16, 17);
	say();
	cr_expect_str_eq(way(net1, 16), "0.9 1", "the group without what is gone");
	stop();
}

/* Half frames, several at once, a byte at a time: the same comes of it. */
Test(fpm, any_pieces)
{
	uint8_t stream[16384];
	uint64_t random = 42;
	size_t len = 0;

	start();
	say_objects();
	for (unsigned i = 0; i < 200; i++) {
		const uint8_t dst[4] = { 20, 0, (uint8_t)i, 0 };

		zebra_begin(&frame);
		zebra_route(&frame, i < 100 || i % 2 ? RTM_NEWROUTE : RTM_DELROUTE, AF_INET,
			    i < 100 ? dst : (const uint8_t[4]){ 20, 0, (uint8_t)(i - 100), 0 }, 24,
			    i < 100 ? 15
			    : i % 2 ? 16
				    : 0);
		zebra_end(&frame);
		cr_assert_lt(len + frame.len, sizeof(stream));
		memcpy(stream + len, frame.bytes, frame.len);
		len += frame.len;
	}
	for (size_t at = 0; at < len;) {
		size_t n = at < 1000 ? 1 : guard_random(&random) % 300 + 1;

		n = n < len - at ? n : len - at;
		cr_assert_eq(send(zebra, stream + at, n, 0), (ssize_t)n);
		fpm_work(b);
		at += n;
	}
	cr_expect_eq(counts().routes, 50);
	cr_expect_eq(counts().refused, 0);
	for (unsigned i = 0; i < 100; i++)
		cr_expect_str_eq(way((const uint8_t[4]){ 20, 0, (uint8_t)i, 0 }, 24),
				 i % 2 ? "1.2 1" : "");
	cr_expect_eq(counts().connected, 1);
	stop();
}

/* What is no FPM ends its connection, is counted, and changes nothing else. */
Test(fpm, garbage)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
	} bad[] = {
		{ "a browser", "GET / HTTP/1.0\r\n\r\n", 18 },
		{ "another version", "\2\1\0\40", 4 },
		{ "protobuf", "\1\2\0\40", 4 },
		{ "a length of nothing", "\1\1\0\3", 4 },
		{ "no message in it", "\1\1\0\10\377\377\377\377", 8 },
		{ "a message longer than its frame",
		  "\1\1\0\24\377\377\377\177\0\0\0\0\0\0\0\0\0\0\0\0", 20 },
		{ "one byte of nonsense", "\377", 1 },
	};
	uint8_t byte;

	start();
	say_objects();
	route(RTM_NEWROUTE, net1, 16, 15);
	for (unsigned i = 0; i < RTE_DIM(bad); i++) {
		close(zebra);
		fpm_work(b);
		connect_zebra();
		cr_expect_eq(counts().connected, 1);
		cr_assert_eq(send(zebra, bad[i].bytes, bad[i].len, 0), (ssize_t)bad[i].len);
		fpm_work(b);
		cr_expect_eq(counts().connected, 0, "%s", bad[i].what);
		cr_expect_eq(counts().refused, i + 1, "%s", bad[i].what);
		cr_expect_eq(recv(zebra, &byte, 1, 0), 0, "%s: closed", bad[i].what);
		cr_expect_str_eq(way(net1, 16), "0.2 1 stale", "%s", bad[i].what);
	}
	/* a message that is none of its kind, in a frame that is one: counted, and on */
	close(zebra);
	connect_zebra();
	zebra_begin(&frame);
	zebra_route(&frame, RTM_NEWROUTE, AF_INET, net2, 33, 15);
	say();
	cr_expect_eq(counts().connected, 1);
	cr_expect_eq(counts().refused, RTE_DIM(bad) + 1);
	/* the largest frame there can be, of which only some comes: waits, takes no more memory */
	cr_assert_eq(send(zebra, "\1\1\377\377abcdef", 10, 0), 10);
	fpm_work(b);
	cr_expect_eq(counts().connected, 1);
	close(zebra);
	fpm_work(b);
	cr_expect_eq(counts().connected, 0);
	bed_close(&bed);
}

/* Routes stay while zebra is away; what it does not say again goes. Its ids are others then. */
Test(fpm, restart)
{
	start();
	say_objects();
	route(RTM_NEWROUTE, net1, 16, 15);
	route(RTM_NEWROUTE, net2, 16, 15);
	close(zebra);
	fpm_work(b);
	cr_expect_eq(counts().connected, 0);
	cr_expect_str_eq(way(net1, 16), "0.2 1 stale");
	connect_zebra();
	zebra_begin(&frame);
	zebra_object(&frame, 15, "10.0.1.7", twin_ifindex(b, 1));
	zebra_route(&frame, RTM_NEWROUTE, AF_INET, net1, 16, 15);
	say();
	cr_expect_str_eq(way(net1, 16), "1.7 1");
	cr_expect_str_eq(way(net2, 16), "0.2 1 stale", "by the id of before");
	fpm_tick(b);
	cr_expect_eq(counts().routes, 2, "not yet");
	usleep(1100000);
	fpm_tick(b);
	cr_expect_str_eq(way(net1, 16), "1.7 1");
	cr_expect_str_eq(way(net2, 16), "");
	cr_expect_eq(counts().connections, 2);
	stop();
}

Test(fpm, one_at_a_time)
{
	uint8_t byte;
	int first;

	start();
	say_objects();
	first = zebra;
	connect_zebra();
	cr_expect_eq(recv(zebra, &byte, 1, 0), 0, "the second is refused");
	cr_expect_eq(counts().refused, 1);
	close(zebra);
	zebra = first;
	route(RTM_NEWROUTE, net1, 16, 15);
	cr_expect_str_eq(way(net1, 16), "0.2 1", "and the first goes on");
	close(first); /* and nobody has looked yet */
	connect_zebra();
	cr_expect_eq(counts().connected, 1);
	cr_expect_eq(counts().connections, 2, "a dead one is replaced");
	say_objects();
	route(RTM_NEWROUTE, net3, 16, 16);
	cr_expect_str_eq(way(net3, 16), "1.2 1");
	stop();
}

/* A zebra that does not take answers is held back, and loses nothing. */
Test(fpm, back_pressure)
{
	unsigned sent = 0, got = 0;
	uint8_t bytes[4096];
	ssize_t n;

	start();
	say_objects();
	for (unsigned idle = 0; idle < 3;) {
		const uint8_t dst[4] = { 20, (uint8_t)(sent >> 16), (uint8_t)(sent >> 8),
					 (uint8_t)sent };

		zebra_begin(&frame);
		zebra_route(&frame, RTM_NEWROUTE, AF_INET, dst, 32, 15);
		zebra_end(&frame);
		n = send(zebra, frame.bytes, frame.len, MSG_NOSIGNAL);
		if (n == (ssize_t)frame.len) {
			sent++;
			idle = 0;
		} else {
			cr_assert(n < 0 && errno == EAGAIN, "a part of a frame");
			fpm_work(b);
			idle++;
		}
		cr_assert_lt(sent, 50000, "never held back");
	}
	cr_expect_lt(counts().routes, sent);
	for (unsigned idle = 0; idle < 3;) {
		n = recv(zebra, bytes, sizeof(bytes), 0);
		idle = n > 0 ? 0 : idle + 1;
		got += n > 0 ? (unsigned)n : 0;
		fpm_work(b);
	}
	cr_expect_eq(counts().routes, sent);
	cr_expect_eq(got, sent * frame.len, "each has an answer");
	stop();
}
