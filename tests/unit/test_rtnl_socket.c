/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/rtnl/socket.c against the kernel, in a network namespace of the test's own: what is there,
 * what changes, and that all is well again after the kernel had to drop messages. A mirror keeps
 * what the handlers are told; it has to say in the end what `ip route` says.
 */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/rtnl/socket.h"

#define SLOTS (1u << 19)

/* IPv4 routes of the main table through gateways, by prefix. */
struct mirror {
	struct route {
		uint32_t dst, gateway;
		uint8_t len;
		bool used, stale, gone;
	} * routes;
	unsigned n, begins, ends, kinds[RTNL_NEXTHOP + 1];
	enum rtnl_kind last;
	bool syncing, in_order;
};

static struct mirror mirror = { .in_order = true };
static struct rtnl_socket *sock;

static struct route *find(uint32_t dst, uint8_t len)
{
	uint32_t i = (dst * 2654435761u ^ len) % SLOTS;

	while (mirror.routes[i].used &&
	       (mirror.routes[i].dst != dst || mirror.routes[i].len != len))
		i = (i + 1) % SLOTS;
	return &mirror.routes[i];
}

static void on_begin(void *arg)
{
	cr_assert_eq(arg, &mirror);
	mirror.begins++;
	mirror.syncing = true;
	mirror.last = RTNL_OTHER;
	for (unsigned i = 0; i < SLOTS; i++)
		mirror.routes[i].stale = true;
}

static void on_end(void *arg)
{
	(void)arg;
	cr_assert(mirror.syncing);
	mirror.ends++;
	mirror.syncing = false;
	for (unsigned i = 0; i < SLOTS; i++) {
		struct route *r = &mirror.routes[i];

		if (r->used && !r->gone && r->stale) {
			r->gone = true;
			mirror.n--;
		}
	}
}

static void on_route(const struct rtnl_message *m)
{
	const struct rtnl_route *r = &m->route;
	uint32_t dst;
	struct route *at;

	if (r->family != AF_INET || r->table != RT_TABLE_MAIN || r->nh_id || r->n_hops != 1 ||
	    r->hops[0].family != AF_INET)
		return;
	memcpy(&dst, r->dst, sizeof(dst));
	at = find(dst, r->len);
	if (m->del) {
		mirror.n -= at->used && !at->gone;
		at->gone = true;
		return;
	}
	mirror.n += !at->used || at->gone;
	*at = (struct route){ .dst = dst, .len = r->len, .used = true };
	memcpy(&at->gateway, r->hops[0].addr, sizeof(at->gateway));
}

static void on_message(void *arg, const struct rtnl_message *m)
{
	/* position of each kind in a resynchronisation */
	static const unsigned order[] = { [RTNL_LINK] = 1,
					  [RTNL_ADDRESS] = 2,
					  [RTNL_NEXTHOP] = 3,
					  [RTNL_ROUTE] = 4,
					  [RTNL_NEIGHBOR] = 5 };

	(void)arg;
	mirror.kinds[m->kind]++;
	if (mirror.syncing && m->flags & NLM_F_MULTI) {
		mirror.in_order &= order[m->kind] >= order[mirror.last];
		mirror.last = m->kind;
	}
	if (m->kind == RTNL_ROUTE)
		on_route(m);
}

static const struct rtnl_handlers handlers = { on_begin, on_message, on_end };

static void run(const char *command)
{
	const int status = system(command);

	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
}

/* Until nothing waits and no resynchronisation is under way. */
static void settle(void)
{
	do {
		struct pollfd p = { rtnl_fd(sock), POLLIN, 0 };
		const int ret = rtnl_work(sock, 1000000);

		cr_assert_geq(ret, 0, "%s", strerror(-ret));
		if (ret == 0)
			poll(&p, 1, mirror.syncing ? 100 : 0);
		if (ret == 0 && !mirror.syncing && !(p.revents & POLLIN))
			return;
	} while (1);
}

/* A namespace with a device p0, 10.0.0.1/24. */
static void start(size_t buffer)
{
	struct err err;

	if (system("ip -V > /dev/null 2>&1") != 0)
		cr_skip_test("ip is missing: apt-get install iproute2");
	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: %s", strerror(errno));
	run("ip link set lo up && ip link add p0 type veth peer name p1 && ip link set p1 up && "
	    "ip link set p0 up && ip addr add 10.0.0.1/24 dev p0");
	mirror.routes = calloc(SLOTS, sizeof(*mirror.routes));
	cr_assert_eq(rtnl_open(&sock, -1, buffer, &handlers, &mirror, &err), 0, "%s", err.text);
}

static void stop(void)
{
	rtnl_close(sock);
	free(mirror.routes);
}

/* The mirror says what ip(8) says. */
static void expect_equal(void)
{
	FILE *f = popen("ip -4 route show table main", "r");
	unsigned n = 0, len;
	char dst[32], via[32], line[256];

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct in_addr to, gateway;
		struct route *r;

		if (sscanf(line, "%31[0-9.]/%u via %31[0-9.]", dst, &len, via) != 3) {
			len = 32;
			if (sscanf(line, "%31[0-9.] via %31[0-9.]", dst, via) != 2)
				continue;
		}
		cr_assert(inet_aton(dst, &to) && inet_aton(via, &gateway));
		r = find(to.s_addr, (uint8_t)len);
		cr_assert(r->used && !r->gone, "missing: %s", line);
		cr_assert_eq(r->gateway, gateway.s_addr, "another gateway: %s", line);
		n++;
	}
	cr_expect_eq(pclose(f), 0);
	cr_expect_eq(mirror.n, n, "%u routes here, %u in the kernel", mirror.n, n);
}

/* ip -batch of n routes /32, from 20.0.0.0 on; to be closed. */
static FILE *batch(void)
{
	FILE *f = popen("ip -batch -", "w");

	cr_assert_not_null(f);
	return f;
}

static void routes(FILE *f, const char *verb, unsigned first, unsigned n, unsigned gateway)
{
	for (unsigned i = first; i < first + n; i++)
		fprintf(f, "route %s 20.%u.%u.%u via 10.0.0.%u\n", verb, i >> 16, i >> 8 & 255,
			i & 255, gateway);
}

Test(rtnl_socket, what_is_there)
{
	start(RTNL_BUFFER);
	run("ip nexthop add id 5 via 10.0.0.3 dev p0 && ip route add 10.1.0.0/16 via 10.0.0.2 && "
	    "ip route add 10.2.0.0/16 nhid 5 && ip -6 addr add 2001:db8::1/64 dev p0 nodad && "
	    "ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev p0 nud permanent");
	settle();
	cr_expect_eq(mirror.begins, 1);
	cr_expect_eq(mirror.ends, 1);
	cr_expect(mirror.in_order);
	cr_expect_eq(rtnl_counters(sock)->resyncs, 1);
	cr_expect_eq(rtnl_counters(sock)->refused, 0);
	cr_expect_geq(mirror.kinds[RTNL_LINK], 3);
	cr_expect_geq(mirror.kinds[RTNL_ADDRESS], 4);
	cr_expect_geq(mirror.kinds[RTNL_NEXTHOP], 1);
	cr_expect_geq(mirror.kinds[RTNL_NEIGHBOR], 1);
	cr_expect_eq(mirror.n, 1);
	expect_equal();
	if (geteuid() == 0)
		cr_expect_geq(rtnl_buffer(sock), RTNL_BUFFER);
	stop();
}

Test(rtnl_socket, what_changes)
{
	unsigned before;

	start(RTNL_BUFFER);
	settle();
	run("ip route add 10.1.0.0/16 via 10.0.0.2");
	settle();
	cr_expect_eq(mirror.n, 1);
	run("ip route replace 10.1.0.0/16 via 10.0.0.3");
	settle();
	expect_equal();
	before = mirror.kinds[RTNL_NEXTHOP];
	run("ip nexthop add id 5 via 10.0.0.3 dev p0");
	settle();
	cr_expect_eq(mirror.kinds[RTNL_NEXTHOP], before + 1);
	before = mirror.kinds[RTNL_NEIGHBOR];
	run("ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:02 dev p0 nud permanent");
	settle();
	cr_expect_gt(mirror.kinds[RTNL_NEIGHBOR], before);
	before = mirror.kinds[RTNL_ADDRESS];
	run("ip addr add 10.5.0.1/24 dev p0");
	settle();
	cr_expect_eq(mirror.kinds[RTNL_ADDRESS], before + 1);
	before = mirror.kinds[RTNL_LINK];
	run("ip link set p0 mtu 1400");
	settle();
	cr_expect_gt(mirror.kinds[RTNL_LINK], before);
	run("ip route del 10.1.0.0/16");
	settle();
	cr_expect_eq(mirror.n, 0);
	cr_expect_eq(mirror.begins, 1, "told, not asked for");

	/* addresses that go take routes with them, and the kernel does not say so */
	run("ip route add 10.6.0.0/16 via 10.0.0.2 && ip addr flush dev p0");
	settle();
	rtnl_resync(sock);
	settle();
	cr_expect_eq(mirror.ends, 2);
	expect_equal();
	cr_expect_eq(mirror.n, 0);
	stop();
}

/* What does not fit is dropped by the kernel; in the end we have it all the same. */
Test(rtnl_socket, overrun, .timeout = 110)
{
	FILE *f;

	start(8192);
	settle();
	f = batch();
	routes(f, "add", 0, 100000, 2);
	cr_assert_eq(pclose(f), 0);
	cr_expect_eq(mirror.n, 0, "nothing was read yet");
	settle();
	cr_expect_geq(rtnl_counters(sock)->overruns, 1);
	cr_expect_geq(mirror.ends, 2);
	cr_expect_eq(mirror.n, 100000);
	expect_equal();
	f = batch();
	routes(f, "del", 0, 50000, 2);
	routes(f, "replace", 50000, 10000, 3);
	cr_assert_eq(pclose(f), 0);
	settle();
	cr_expect_eq(mirror.n, 50000);
	expect_equal();
	stop();
}

/* The same while we read: changes, dumps and drops at once. */
Test(rtnl_socket, overruns_and_changes_at_once, .timeout = 110)
{
	pid_t writer;
	int status;

	start(16384);
	settle();
	fflush(NULL);
	writer = fork();
	cr_assert_geq(writer, 0);
	if (writer == 0) {
		FILE *f = popen("ip -batch -", "w");

		routes(f, "add", 0, 20000, 2);
		for (unsigned round = 0; round < 5; round++) {
			routes(f, "del", 0, 5000, 2);
			routes(f, "replace", 5000, 3000, 3 + round);
			routes(f, "add", 0, 5000, 2);
		}
		_exit(pclose(f) == 0 ? 0 : 1);
	}
	while (waitpid(writer, &status, WNOHANG) == 0) {
		struct pollfd p = { rtnl_fd(sock), POLLIN, 0 };

		poll(&p, 1, 10);
		cr_assert_geq(rtnl_work(sock, 500000), 0);
	}
	cr_expect_eq(status, 0);
	settle();
	cr_expect_eq(mirror.n, 20000);
	expect_equal();
	stop();
}

/* One turn of the control loop is not held up by all that waits. */
Test(rtnl_socket, bounded_work)
{
	unsigned turns = 0;
	FILE *f;

	start(RTNL_BUFFER);
	settle();
	f = batch();
	routes(f, "add", 0, 500, 2);
	cr_assert_eq(pclose(f), 0);
	while (rtnl_work(sock, 0) == 1)
		turns++;
	cr_expect_geq(turns, 500, "one message a turn");
	cr_expect_eq(mirror.n, 500);
	stop();
}

Test(rtnl_socket, of_another_namespace)
{
	const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct rtnl_socket *s;
	struct err err;
	int there;

	if (geteuid() != 0)
		cr_skip_test("only root enters namespaces");
	start(RTNL_BUFFER);
	run("ip route add 10.1.0.0/16 via 10.0.0.2");
	there = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	cr_assert(home >= 0 && there >= 0);
	cr_assert_eq(setns(home, CLONE_NEWNET), 0);
	rtnl_close(sock);
	cr_assert_eq(rtnl_open(&sock, there, RTNL_BUFFER, &handlers, &mirror, &err), 0);
	settle();
	cr_expect_eq(mirror.n, 1);
	cr_expect_eq(
		rtnl_open(&s, open("/dev/null", O_RDONLY), RTNL_BUFFER, &handlers, &mirror, &err),
		-EINVAL, "no namespace");
	cr_expect_null(s);
	close(home);
	close(there);
	stop();
}

/* Only the kernel is believed. */
Test(rtnl_socket, other_programs)
{
	struct sockaddr_nl to;
	socklen_t len = sizeof(to);
	struct {
		struct nlmsghdr h;
		struct rtmsg r;
	} lie = { { .nlmsg_len = sizeof(lie), .nlmsg_type = RTM_NEWROUTE },
		  { .rtm_family = AF_INET } };
	unsigned before;
	int liar;

	if (geteuid() != 0)
		cr_skip_test("only root speaks to other sockets");
	start(RTNL_BUFFER);
	settle();
	before = mirror.kinds[RTNL_ROUTE];
	cr_assert_eq(getsockname(rtnl_fd(sock), (struct sockaddr *)&to, &len), 0);
	liar = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE); /* of this namespace */
	cr_assert_eq(sendto(liar, &lie, sizeof(lie), 0, (struct sockaddr *)&to, len),
		     (ssize_t)sizeof(lie), "%s", strerror(errno));
	close(liar);
	settle();
	cr_expect_eq(mirror.kinds[RTNL_ROUTE], before);
	cr_expect_eq(rtnl_counters(sock)->refused, 1);
	stop();
}
