/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_remake.c: net_af_packet over one end of a veth pair, in a network namespace of the
 * test's own; the pair is deleted and made again. Frames go from and to a socket on the other end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <rte_dev.h>
#include <rte_lcore.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

#define ETHERTYPE 0x88b5 /* local experimental */
#define LEN       60
#define DEVICE    "net_af_packet0,iface=c0,blocksz=4096,framecnt=32"
#define MADE      "carrier=dev:[" DEVICE "]"

TestSuite(dev_remake, .timeout = 60);

static int far_end = -1;

static void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static void make_pair(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE) };

	run("ip link add c0 type veth peer name c1 && ip link set c0 up && ip link set c1 up");
	far_end = socket(AF_PACKET, SOCK_RAW, htons(ETHERTYPE));
	at.sll_ifindex = (int)if_nametoindex("c1");
	cr_assert_eq(bind(far_end, (struct sockaddr *)&at, sizeof(at)), 0);
}

static void delete_pair(void)
{
	close(far_end);
	run("ip link del c0");
}

/* EAL whose threads are all in a namespace without IPv6's chatter, with the pair. */
static void begin(void)
{
	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: %s", strerror(errno));
	if (system("ip link add c0 type veth peer name c1 2>/dev/null && ip link del c0") != 0)
		cr_skip_test("no veth devices here, or no ip (apt-get install iproute2)");
	start_eal();
	make_pair();
}

static void wait_for_link(uint16_t port, uint16_t status)
{
	for (unsigned i = 0; i < 20000 && link_of(port).link_status != status; i++)
		usleep(1000);
	cr_assert_eq(link_of(port).link_status, status, "link stays %s", status ? "down" : "up");
}

static uint16_t device_id(void)
{
	uint16_t id;

	return rte_eth_dev_get_port_by_name("net_af_packet0", &id) == 0 ? id : RTE_MAX_ETHPORTS;
}

static bool is_ours(const struct rte_mbuf *m)
{
	return m->pkt_len == LEN && rte_pktmbuf_mtod(m, uint8_t *)[12] == ETHERTYPE >> 8;
}

static const uint8_t wire_frame[LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, ETHERTYPE >> 8, ETHERTYPE & 0xff
};

/* From the far end to queue 0. */
static void receive_from_far(uint16_t port)
{
	unsigned tries = 20000;
	struct rte_mbuf *m;
	bool ours = false;

	cr_assert_eq(send(far_end, wire_frame, LEN, 0), LEN);
	while (!ours && tries-- != 0) {
		m = receive_one(port, 0);
		if (m == NULL) {
			usleep(1000);
			continue;
		}
		ours = is_ours(m);
		rte_pktmbuf_free(m);
	}
	cr_assert(ours, "nothing comes from the far end");
}

static void send_to_far(uint16_t port)
{
	struct pollfd ready = { .fd = far_end, .events = POLLIN };
	struct rte_mbuf *m = frame(LEN, 0);
	uint8_t got[LEN];

	memcpy(rte_pktmbuf_mtod(m, void *), wire_frame, LEN);
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(poll(&ready, 1, 20000), 1, "nothing gets to the far end");
	cr_assert_eq(recv(far_end, got, sizeof(got), 0), LEN);
}

static void passes(uint16_t port)
{
	receive_from_far(port);
	send_to_far(port);
}

static void end(uint16_t port)
{
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(device_id(), RTE_MAX_ETHPORTS, "what it made goes with the port");
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev_remake, twenty_times)
{
	struct rte_eth_stats stats;
	struct rte_ether_addr mac, now;
	uint16_t port, id;

	begin();
	port = running_port("net_cpx0", MADE, 1);
	rte_eth_macaddr_get(port, &mac);
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
	for (unsigned life = 1; life <= 20; life++) {
		struct rte_mbuf *m = frame(LEN, 0);

		delete_pair();
		wait_for_link(port, RTE_ETH_LINK_DOWN);
		while (device_id() != RTE_MAX_ETHPORTS)
			usleep(1000);
		cr_assert_eq(send_one(port, 0, m), 0);
		rte_pktmbuf_free(m);
		make_pair();
		wait_for_link(port, RTE_ETH_LINK_UP);
		RTE_ETH_FOREACH_DEV (id)
			cr_expect_eq(id, port, "an application sees ours only");
		passes(port);
		cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
		cr_assert_geq(stats.ipackets, 1 + life);
		cr_assert_eq(stats.opackets, 1 + life);
	}
	rte_eth_macaddr_get(device_id(), &now);
	cr_expect(rte_is_same_ether_addr(&now, &mac), "the new interface has the port's address");
	end(port);
}

static struct {
	uint16_t port;
	uint32_t stop;
} poller;

static void *poll_port(void *arg)
{
	struct rte_mbuf *m[32];

	cr_assert_eq(rte_thread_register(), 0);
	while (!load_acquire(&poller.stop)) {
		uint16_t n = rte_eth_rx_burst(poller.port, 0, m, 32), sent;

		if (n < 16 && rte_pktmbuf_alloc_bulk(pool, m + n, 16) == 0) {
			for (unsigned i = 0; i < 16; i++)
				rte_pktmbuf_append(m[n + i], LEN);
			n += 16;
		}
		sent = rte_eth_tx_burst(poller.port, 0, m, n);
		rte_pktmbuf_free_bulk(m + sent, n - sent);
		sched_yield();
	}
	rte_thread_unregister();
	return NULL;
}

/* The lcore polls and sends all the while. */
Test(dev_remake, under_a_polling_lcore)
{
	struct rte_eth_stats last = { 0 }, now;
	pthread_t thread;

	begin();
	poller.port = running_port("net_cpx0", MADE, 1);
	cr_assert_eq(pthread_create(&thread, NULL, poll_port, NULL), 0);
	for (unsigned life = 0; life < 20; life++) {
		wait_for_link(poller.port, RTE_ETH_LINK_UP);
		do {
			usleep(1000);
			cr_assert_eq(rte_eth_stats_get(poller.port, &now), 0);
		} while (now.opackets < last.opackets + 16);
		last = now;
		delete_pair();
		wait_for_link(poller.port, RTE_ETH_LINK_DOWN);
		make_pair();
	}
	wait_for_link(poller.port, RTE_ETH_LINK_UP);
	store_release(&poller.stop, 1);
	pthread_join(thread, NULL);
	cr_assert_eq(rte_eth_stats_get(poller.port, &now), 0);
	cr_assert_geq(now.opackets, last.opackets);
	end(poller.port);
}

/* Made again for a port that is stopped, and one whose settings changed meanwhile. */
Test(dev_remake, for_a_port_that_is_stopped)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 8 } }, now;
	uint16_t port;

	begin();
	port = running_port("net_cpx0", MADE, 1);
	wait_for_link(port, RTE_ETH_LINK_UP);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	delete_pair();
	while (device_id() != RTE_MAX_ETHPORTS)
		usleep(1000);
	set_up(port, 1);
	cr_assert_eq(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	start(port);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	make_pair();
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
	rte_eth_macaddr_get(device_id(), &now);
	cr_expect(rte_is_same_ether_addr(&now, &mac));
	end(port);
}

/* Not before it is set up: whoever makes it may not be through. */
Test(dev_remake, waits_for_the_interface_to_be_up)
{
	uint16_t port;

	begin();
	port = running_port("net_cpx0", MADE, 1);
	wait_for_link(port, RTE_ETH_LINK_UP);
	delete_pair();
	while (device_id() != RTE_MAX_ETHPORTS)
		usleep(1000);
	run("ip link add name c0 type veth peer name c1");
	usleep(250000); /* a chance to be wrong */
	cr_expect_eq(device_id(), RTE_MAX_ETHPORTS);
	run("ip link del c0");
	make_pair();
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
	end(port);
}

/* A port that was removed without a close cannot wait for what is left of it. */
static uint16_t new_port_soon(void)
{
	for (unsigned i = 0; i < 10000 && rte_vdev_init("net_cpx0", MADE) != 0; i++)
		usleep(1000);
	return rte_eth_dev_count_avail() == 1 ? rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER)
					      : RTE_MAX_ETHPORTS;
}

/* Closed at any moment of it, nothing is left behind. */
Test(dev_remake, closed_meanwhile)
{
	begin();
	for (unsigned life = 0; life < 40; life++) {
		uint16_t port = new_port_soon();
		char command[64];

		set_up(port, 1);
		start(port);

		wait_for_link(port, RTE_ETH_LINK_UP);
		delete_pair();
		snprintf(command, sizeof(command), "sleep 0.%03u", life % 2 ? life * 5 : life);
		run(command);
		make_pair();
		run(command);
		if (life % 4 < 2) {
			cr_assert_eq(rte_eth_dev_stop(port), 0);
			cr_assert_eq(rte_eth_dev_close(port), 0);
		}
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
		for (unsigned i = 0; i < 10000 && device_id() != RTE_MAX_ETHPORTS; i++)
			usleep(1000);
		cr_assert_eq(device_id(), RTE_MAX_ETHPORTS);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* What somebody else made is theirs to make again. */
Test(dev_remake, not_of_somebody_elses)
{
	uint16_t port;

	begin();
	cr_assert_eq(rte_dev_probe(DEVICE), 0);
	port = running_port("net_cpx0", "carrier=dev:net_af_packet0", 1);
	wait_for_link(port, RTE_ETH_LINK_UP);
	delete_pair();
	wait_for_link(port, RTE_ETH_LINK_DOWN);
	make_pair();
	usleep(250000); /* a chance to be wrong */
	cr_expect_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(rte_vdev_uninit("net_af_packet0"), 0);
	cr_assert_eq(rte_dev_probe(DEVICE), 0);
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
}

static uint64_t resets;

static int on_reset(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	counter_add(&resets, 1);
	return 0;
}

/* lcores are in its functions without a mark: the application is asked to stop the port. */
Test(dev_remake, one_that_is_passed_through)
{
	uint16_t port, device;

	begin();
	port = new_port("net_cpx0", "passthrough=1," MADE);
	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RESET, on_reset, NULL),
		     0);
	set_up(port, 1);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
	device = device_id();
	delete_pair();
	for (unsigned i = 0; i < 20000 && load_acquire(&resets) == 0; i++)
		usleep(1000);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	/* its queues are still there, perhaps with a frame of the kernel's own */
	rte_pktmbuf_free(receive_one(port, 0));
	make_pair();
	usleep(250000); /* a chance to be wrong */
	cr_assert_eq(device_id(), device);
	cr_assert_eq(load_acquire(&resets), 1);
	cr_assert_eq(rte_eth_dev_reset(port), 0);
	set_up(port, 1);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	passes(port);
	cr_assert_eq(load_acquire(&resets), 1);
	end(port);
}
