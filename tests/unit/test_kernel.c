/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel as a source of addresses, routes, next-hop objects and neighbours: ip(8) at work on
 * the twins of a board that is driven by hand, in a network namespace of the test's own.
 */
#include "dataplane/ctl/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/ctl/kernel_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "tests/unit/board.h"

static const char ports[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop}\n"
	"host: {twins: true}\n"
	"tables: {routes4: 70000, routes6: 1024, nexthops: 4096}\n";

static struct bed bed;
static struct board *b;

TestSuite(kernel, .fini = bed_clean);

static void run(const char *command)
{
	const int status = system(command);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
}

/* All that the kernel has said is done, and what it does not say is asked for. */
static void settle(void)
{
	for (unsigned quiet = 0; quiet < 2;) {
		struct pollfd p = { rtnl_fd(b->kernel->socket), POLLIN, 0 };

		kernel_tick(b);
		while (kernel_work(b))
			;
		quiet = poll(&p, 1, 20) == 0 && !b->kernel->ask ? quiet + 1 : 0;
	}
}

static void start(void)
{
	if (system("ip -V > /dev/null 2>&1") != 0)
		cr_skip_test("ip is missing: apt-get install iproute2");
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: needs root");
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		cr_skip_test("/dev/net/tun: %s", strerror(errno));
	run("ip link set lo up");
	bed_open(&bed, ports, (const unsigned[]){ 1, 1, 1, 0 });
	b = bed.board;
	twins_follow(b);
	settle();
}

static struct rib_prefix prefix(const char *text)
{
	struct rib_prefix p = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char addr[64];

	snprintf(addr, sizeof(addr), "%.*s", (int)(strchr(text, '/') - text), text);
	cr_assert_eq(inet_pton(p.family, addr, p.addr), 1, "%s", text);
	p.len = (uint8_t)atoi(strchr(text, '/') + 1);
	return p;
}

/* What the kernel's routes say of it: "p0 10.0.0.2 1, p1 10.0.1.2 3"; "" if there is none. */
static const char *way(const char *to, uint32_t metric)
{
	static char text[512];
	const struct rib_prefix p = prefix(to);
	struct rib_hop hops[RIB_MAX_HOPS];
	struct rib_route_view v;
	char addr[64] = "-";
	size_t n = 0;

	text[0] = 0;
	if (rib_get(b, RIB_KERNEL, &p, metric, hops, &v) != 0)
		return text;
	if (v.kind >= RIB_BLACKHOLE)
		return v.kind == RIB_BLACKHOLE     ? "blackhole"
		       : v.kind == RIB_UNREACHABLE ? "unreachable"
						   : "prohibit";
	for (unsigned i = 0; i < v.n_hops; i++) {
		strcpy(addr, "-");
		if (hops[i].family)
			inet_ntop(hops[i].family, hops[i].addr, addr, sizeof(addr));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%sp%u %s %u", i ? ", " : "",
				      hops[i].iface - 1u, addr, hops[i].weight);
	}
	return text;
}

Test(kernel, routes)
{
	start();
	cr_expect_eq(rib_count(b, RIB_KERNEL), 0, "connected routes are not the kernel's");
	run("ip route add 10.1.0.0/16 via 10.0.0.2");
	run("ip route add 10.2.0.0/16 via 10.0.0.2 metric 7");
	run("ip route add 10.3.0.0/16 dev p1");
	run("ip route add 10.4.0.0/16 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.1.2 weight 3");
	run("ip route add 10.5.0.0/16 via inet6 fe80::2 dev p1");
	run("ip route add blackhole 10.6.0.0/16; ip route add unreachable 10.7.0.0/16;"
	    "ip route add prohibit 10.8.0.0/16");
	run("ip route add 10.9.0.0/16 via 10.0.0.2 table 99");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p0 10.0.0.2 1");
	cr_expect_str_eq(way("10.2.0.0/16", 7), "p0 10.0.0.2 1");
	cr_expect_str_eq(way("10.3.0.0/16", 0), "p1 - 1");
	cr_expect_str_eq(way("10.4.0.0/16", 0), "p0 10.0.0.2 1, p1 10.0.1.2 3");
	cr_expect_str_eq(way("10.5.0.0/16", 0), "p1 fe80::2 1");
	cr_expect_str_eq(way("10.6.0.0/16", 0), "blackhole");
	cr_expect_str_eq(way("10.7.0.0/16", 0), "unreachable");
	cr_expect_str_eq(way("10.8.0.0/16", 0), "prohibit");
	cr_expect_str_eq(way("10.9.0.0/16", 0), "", "another table");
	run("ip route replace 10.1.0.0/16 via 10.0.1.2; ip route del 10.2.0.0/16");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.2 1");
	cr_expect_str_eq(way("10.2.0.0/16", 7), "");
	run("ip route flush root 0/0 proto boot");
	settle();
	cr_expect_eq(rib_count(b, RIB_KERNEL), 0);
	bed_close(&bed);
}

/* Told by the kernel or not: what goes with a device, an address, an object. */
Test(kernel, what_goes_without_a_word)
{
	start();
	run("ip route add 10.1.0.0/16 via 10.0.0.2; ip route add 10.2.0.0/16 via 10.0.1.2");
	settle();
	cr_expect_eq(rib_count(b, RIB_KERNEL), 2);
	run("ip link set p1 down");
	settle();
	cr_expect_str_eq(way("10.2.0.0/16", 0), "");
	run("ip link set p1 up; ip route add 10.2.0.0/16 via 10.0.1.2");
	settle();
	cr_expect_str_eq(way("10.2.0.0/16", 0), "p1 10.0.1.2 1");
	run("ip addr add 10.8.0.1/24 dev p2; ip route add 10.3.0.0/16 via 10.0.1.2 src 10.8.0.1");
	settle();
	cr_expect_str_eq(way("10.3.0.0/16", 0), "p1 10.0.1.2 1");
	run("ip addr del 10.8.0.1/24 dev p2");
	settle();
	cr_expect_str_eq(way("10.3.0.0/16", 0), "");
	run("ip nexthop add id 5 via 10.0.0.2 dev p0; ip route add 10.4.0.0/16 nhid 5");
	settle();
	cr_expect_str_eq(way("10.4.0.0/16", 0), "p0 10.0.0.2 1");
	run("ip nexthop del id 5");
	settle();
	cr_expect_str_eq(way("10.4.0.0/16", 0), "");
	cr_expect_eq(rib_count(b, RIB_KERNEL), 2);
	bed_close(&bed);
}

/* Several routes of one prefix and metric: the kernel follows the first. */
Test(kernel, routes_behind_another)
{
	start();
	run("ip route add 10.1.0.0/16 via 10.0.0.2; ip route append 10.1.0.0/16 via 10.0.1.2");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p0 10.0.0.2 1");
	rtnl_resync(b->kernel->socket);
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p0 10.0.0.2 1", "read as a whole, too");
	run("ip route del 10.1.0.0/16 via 10.0.0.2");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.2 1", "the other one is there still");
	run("ip route prepend 10.1.0.0/16 via 10.0.0.3");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p0 10.0.0.3 1");
	run("ip route del 10.1.0.0/16 via 10.0.0.3");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.2 1");
	bed_close(&bed);
}

/* IPv6 multipath comes and goes a hop at a time. */
Test(kernel, ip6_hops_one_at_a_time)
{
	start();
	run("ip -6 route add 2001:db8:5::/48 via 2001:db8::2");
	settle();
	cr_expect_str_eq(way("2001:db8:5::/48", 1024), "p0 2001:db8::2 1");
	run("ip -6 route append 2001:db8:5::/48 via 2001:db8:1::2");
	settle();
	cr_expect_str_eq(way("2001:db8:5::/48", 1024), "p0 2001:db8::2 1, p1 2001:db8:1::2 1");
	run("ip -6 route append 2001:db8:5::/48 via 2001:db8:1::3");
	settle();
	run("ip -6 route del 2001:db8:5::/48 via 2001:db8:1::2");
	settle();
	cr_expect_str_eq(way("2001:db8:5::/48", 1024), "p0 2001:db8::2 1, p1 2001:db8:1::3 1");
	run("ip -6 route del 2001:db8:5::/48");
	settle();
	cr_expect_str_eq(way("2001:db8:5::/48", 1024), "");
	bed_close(&bed);
}

Test(kernel, next_hop_objects)
{
	start();
	run("ip nexthop add id 1 via 10.0.0.2 dev p0; ip nexthop add id 2 via 10.0.1.2 dev p1;"
	    "ip nexthop add id 3 via 10.0.1.3 dev p1; ip nexthop add id 9 blackhole;"
	    "ip nexthop add id 10 group 1/2,3; ip route add 10.1.0.0/16 nhid 10;"
	    "ip route add 10.2.0.0/16 nhid 1; ip route add 10.3.0.0/16 nhid 9");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p0 10.0.0.2 1, p1 10.0.1.2 3");
	cr_expect_str_eq(way("10.2.0.0/16", 0), "p0 10.0.0.2 1");
	run("ip nexthop replace id 1 via 10.0.0.7 dev p0");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.2 3, p0 10.0.0.7 1", "its groups, too");
	cr_expect_str_eq(way("10.2.0.0/16", 0), "p0 10.0.0.7 1");
	run("ip nexthop replace id 10 group 2/3");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.2 1, p1 10.0.1.3 1");
	run("ip nexthop del id 2");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "p1 10.0.1.3 1");
	run("ip nexthop del id 10");
	settle();
	cr_expect_str_eq(way("10.1.0.0/16", 0), "");
	/* objects by other devices are not ours until they lead to ours */
	run("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr "
	    "add 10.99.0.1/24 "
	    "dev v0;"
	    "ip nexthop add id 20 via 10.99.0.2 dev v0; ip route add 10.4.0.0/16 nhid 20");
	settle();
	cr_expect_str_eq(way("10.4.0.0/16", 0), "");
	run("ip nexthop replace id 20 via 10.0.0.2 dev p0");
	settle();
	cr_expect_str_eq(way("10.4.0.0/16", 0), "p0 10.0.0.2 1");
	bed_close(&bed);
}

/* Among what came out, the twins' own frames (neighbour discovery) too. */
static bool came_out(const struct frame *want, unsigned port)
{
	const struct frame *f;
	bool found = false;

	while ((f = bed_next(&bed)))
		found |= f->port == port && f->len == want->len &&
			 memcmp(f->data, want->data, f->len) == 0;
	return found;
}

/* Frames go where the kernel says, to a neighbour it says. */
Test(kernel, traffic_follows)
{
	static const uint8_t host[6] = { 2, 0, 0, 0, 1, 2 }, from[6] = { 2, 0, 0, 0, 0, 9 };
	struct frame in, want;

	start();
	run("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1 nud permanent;"
	    "ip route add 10.7.0.0/16 via 10.0.1.2");
	settle();
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = from,
				      .src = "10.0.0.9",
				      .dst = "10.7.1.1",
				      .payload = 9 });
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_forwarded(&want, &in, host, bed_mac(&bed, 1), 0);
	cr_expect(came_out(&want, 1), "by the kernel's route");
	run("ip route del 10.7.0.0/16");
	settle();
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_expect_not(came_out(&want, 1), "no route");
	bed_close(&bed);
}

Test(kernel, addresses)
{
	static uint8_t addr[4] = { 10, 8, 0, 1 };
	const struct rib_prefix net = prefix("10.8.0.0/24"), own = prefix("10.0.0.1/32");
	struct rib_hop hops[RIB_MAX_HOPS];
	struct rib_route_view v;
	struct err err;

	start();
	run("ip addr add 10.8.0.1/24 dev p2");
	settle();
	cr_expect_eq(rib_get(b, RIB_OWN, &net, 3, hops, &v), 0);
	cr_expect_eq(addr_add(b, 3, AF_INET, addr, 24, &err), -EEXIST);
	run("ip addr del 10.8.0.1/24 dev p2");
	settle();
	cr_expect_eq(rib_get(b, RIB_OWN, &net, 3, hops, &v), -ENOENT);
	run("ip addr del 10.0.0.1/24 dev p0");
	settle();
	cr_expect_eq(rib_get(b, RIB_OWN, &own, 1, hops, &v), 0, "the file's stays");
	run("ip addr add 10.8.0.1/24 dev lo");
	settle();
	cr_expect_eq(rib_get(b, RIB_OWN, &net, 3, hops, &v), -ENOENT, "no device of ours");
	bed_close(&bed);
}

/* 50 k routes at once, of which the table holds fewer: what does not fit is counted, once logged,
 * and there as soon as there is room. */
Test(kernel, more_than_fits, .timeout = 110)
{
	struct kernel_counts c;
	FILE *f;

	start();
	f = popen("ip -batch -", "w");
	for (unsigned i = 0; i < 80000; i++)
		fprintf(f, "route add 20.%u.%u.%u via 10.0.0.2\n", i >> 16, i >> 8 & 255, i & 255);
	cr_assert_eq(pclose(f), 0);
	settle();
	cr_assert(kernel_count(b, &c));
	cr_expect_gt(c.routes, 60000);
	cr_expect_lt(c.routes, 80000);
	cr_expect_gt(c.refused, 0);
	f = popen("ip -batch -", "w");
	for (unsigned i = 0; i < 40000; i++)
		fprintf(f, "route del 20.%u.%u.%u via 10.0.0.2\n", i >> 16, i >> 8 & 255, i & 255);
	cr_assert_eq(pclose(f), 0);
	settle();
	cr_expect_eq(rib_count(b, RIB_KERNEL), 40000);
	run("ip route flush root 20.0.0.0/8");
	settle();
	cr_expect_eq(rib_count(b, RIB_KERNEL), 0);
	bed_close(&bed);
}
