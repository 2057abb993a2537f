/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Twins of a board's ports in a network namespace of the test's own: what arrives for the host
 * comes out of the twin as it came, what the host sends comes out of the port as it was sent, both
 * counted; twins follow their ports. The host is a packet socket on the twin. Without IPv6 in the
 * kernel but where addresses are looked at, so that nothing is said that the test did not say.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/ctl/shape.h"
#include "dataplane/ctl/tap.h"
#include "dataplane/ctl/twin_priv.h"
#include "lib/base/netns.h"
#include "tests/unit/board.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24]}}}\n"
	"  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24], mtu: 1400}\n"
	"  p2: {lanes: oe0/9, carrier: loop, addresses: [10.0.2.1/24], twin: false}\n"
	"host: {twins: true}\n";

static const uint8_t host[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static struct bed bed;
static struct board *b;
static struct frame in, want, heard;
static struct err err;

TestSuite(twin, .fini = bed_clean);

/* A namespace without the machine's interfaces; ip6: whether its kernel speaks IPv6. */
static void own_namespace(bool ip6)
{
	FILE *f;

	if (access("/dev/net/tun", R_OK | W_OK) != 0 || unshare(CLONE_NEWNET) != 0)
		cr_skip_test("twins need CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun");
	f = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w");
	if (f) {
		fputs(ip6 ? "0" : "1", f);
		fclose(f);
	}
}

static short flags_of(const char *name)
{
	const int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	cr_assert_eq(ioctl(s, SIOCGIFFLAGS, &r), 0, "%s: %s", name, strerror(errno));
	close(s);
	return r.ifr_flags;
}

/* The kernel tells itself of a carrier up to a second later, and sends nothing before. */
static void wait_carrier(const char *name, bool carrier)
{
	for (unsigned i = 0; i < 5000 && !(flags_of(name) & IFF_RUNNING) == carrier; i++)
		usleep(1000);
	cr_assert_eq((flags_of(name) & IFF_RUNNING) != 0, carrier, "carrier of %s", name);
}

/* quiet: the kernel has no address, so it answers nothing by itself. */
static void start(bool quiet)
{
	own_namespace(!quiet);
	bed_open(&bed, yaml, (const unsigned[]){ 8, 1, 1, 0 });
	b = bed.board;
	twins_follow(b); /* the ports are up now */
	wait_carrier("p0", true);
	if (quiet)
		cr_assert_eq(system("ip addr flush dev p0"), 0);
}

/* Everything that a twin's host gets or, by this socket, sends. */
static int host_of(const char *port, bool with_header)
{
	const int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(port) };

	cr_assert_geq(s, 0);
	cr_assert_eq(setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)), 0);
	if (with_header)
		cr_assert_eq(setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)), 0);
	cr_assert_eq(bind(s, (struct sockaddr *)&to, sizeof(to)), 0, "%s: %s", port,
		     strerror(errno));
	return s;
}

/* The tag of a frame is beside it: the kernel has taken it off. */
static bool hear(int s, int ms)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} aux;
	const int one = 1;
	struct iovec iov = { heard.data, sizeof(heard.data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &aux, .msg_controllen = sizeof(aux)
	};
	struct pollfd p = { .fd = s, .events = POLLIN };
	const struct tpacket_auxdata *a;
	ssize_t n;

	setsockopt(s, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	if (poll(&p, 1, ms) != 1)
		return false;
	n = recvmsg(s, &msg, 0);
	cr_assert_gt(n, 14);
	heard.len = (unsigned)n;
	if (!CMSG_FIRSTHDR(&msg))
		return true;
	a = (const struct tpacket_auxdata *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	if (!(a->tp_status & TP_STATUS_VLAN_VALID))
		return true;
	memmove(heard.data + 16, heard.data + 12, heard.len - 12);
	frame_put16(heard.data + 12, 0x8100);
	frame_put16(heard.data + 14, a->tp_vlan_tci);
	heard.len += 4;
	return true;
}

static void is_heard(const char *what, int s)
{
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert(hear(s, 1000), "%s: the host does not get it", what);
	cr_assert_eq(heard.len, in.len, "%s: %u bytes became %u", what, in.len, heard.len);
	cr_assert_arr_eq(heard.data, in.data, in.len, "%s: other bytes", what);
	bed_expect_nothing(&bed, what);
	const struct tally d = bed_delta(&bed, what);

	cr_assert_eq(d.rx, 1, "%s", what);
	cr_assert_eq(d.host, 1, "%s: counted %lu for the host", what, d.host);
}

static void udp(const uint8_t *to, const char *src, const char *dst, uint16_t vlan)
{
	frame_udp(&in, &(struct udp){ .to = to ? to : bed_mac(&bed, 0),
				      .from = host,
				      .vlan = vlan,
				      .src = src,
				      .dst = dst,
				      .payload = 30 });
}

static void to_host(void)
{
	static const uint8_t ospf[6] = { 1, 0, 0x5e, 0, 0, 5 };
	static const uint8_t lldp[6] = { 1, 0x80, 0xc2, 0, 0, 0x0e };
	static const uint8_t routers[6] = { 0x33, 0x33, 0, 0, 0, 2 };
	static const uint8_t group[6] = { 1, 0, 0x5e, 1, 1, 1 };
	int s;

	start(true);
	s = host_of("p0", false);
	udp(NULL, "10.0.0.2", "10.0.0.1", 0);
	is_heard("UDP", s);
	udp(NULL, "10.0.0.2", "10.0.1.1", 0);
	is_heard("UDP to the address of another port", s);
	in.data[23] = NET_PROTO_TCP;
	frame_fix_ip4(&in);
	is_heard("TCP", s);
	in.data[23] = 132;
	frame_fix_ip4(&in);
	is_heard("SCTP", s);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host,
				      .src = "10.0.0.2",
				      .dst = "10.0.0.1",
				      .payload = 64,
				      .fragment = NET_IP4_MF | 100 });
	is_heard("fragment", s);
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = host,
				  .src = "10.0.0.2",
				  .dst = "10.0.0.1",
				  .payload = 64 },
		   3);
	is_heard("ICMP unreachable", s);
	udp(NULL, "10.100.0.2", "10.100.0.1", 100);
	is_heard("tagged", s);
	udp(ospf, "10.0.0.2", "224.0.0.5", 0);
	is_heard("link-local group", s);
	udp(broadcast, "10.0.0.2", "255.255.255.255", 0);
	is_heard("broadcast", s);
	udp(broadcast, "10.0.0.2", "10.0.0.255", 0);
	is_heard("broadcast of the subnet", s);
	udp(NULL, "2001:db8::2", "2001:db8::1", 0);
	is_heard("UDP over IPv6", s);
	frame_echo(&in,
		   &(struct udp){ .to = routers, .from = host, .src = "fe80::2", .dst = "ff02::2" },
		   133);
	is_heard("router solicitation", s);
	udp(lldp, "10.0.0.2", "10.0.0.1", 0);
	frame_put16(in.data + 12, NET_ETHERTYPE_LLDP);
	is_heard("LLDP", s);

	udp(group, "10.0.0.2", "239.1.1.1", 0);
	bed_send(&bed, 0, &in);
	udp(broadcast, "10.0.0.2", "10.0.1.255", 0); /* of another subnet */
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert(!hear(s, 0), "a group or broadcast of elsewhere");
	const struct tally d = bed_delta(&bed, "not for the host");

	cr_assert_eq(d.drop[DROP_IP4_GROUP], 1);
	cr_assert_eq(d.drop[DROP_ETH_UNICAST_IP_IN_GROUP], 1);
	close(s);
	bed_close(&bed);
}

Test(twin, to_host)
{
	to_host();
}

Test(twin, answered_by_the_board)
{
	int s;

	start(true);
	s = host_of("p0", false);
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = host,
				  .src = "10.0.0.2",
				  .dst = "10.0.0.1",
				  .payload = 10 },
		   8);
	frame_arp(&want, false, broadcast, host, 0, "10.0.0.2", "10.0.0.1");
	bed_send(&bed, 0, &want);
	bed_settle(&bed);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert_eq(bed_waiting(&bed), 2, "an ARP and an echo reply");
	cr_assert(!hear(s, 0), "the host got a question that was not for it");
	bed_forget(&bed);
	bed_delta(&bed, "questions");

	frame_arp(&in, true, bed_mac(&bed, 0), host, 0, "10.0.0.2", "10.0.0.1");
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert(hear(s, 1000), "the host does not hear of the answer");
	cr_assert_arr_eq(heard.data, in.data, in.len);
	frame_advert(&in, bed_mac(&bed, 0), host, 0, "2001:db8::2", "2001:db8::1",
		     NET_ND_SOLICITED);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	cr_assert(hear(s, 1000), "the host does not hear of the advert");
	cr_assert_arr_eq(heard.data, in.data, in.len);
	cr_assert_eq(bed_delta(&bed, "answers").host, 2, "a copy is not counted again");
	close(s);
	bed_close(&bed);
}

/* The frame comes out of the port's far end; the kernel takes its time. */
static void comes_out(const char *what, const void *p, size_t len, int s)
{
	cr_assert_eq(send(s, p, len, 0), (ssize_t)len, "%s: %s", what, strerror(errno));
	for (unsigned i = 0; i < 1000 && !bed_waiting(&bed); i++) {
		bed_settle(&bed);
		usleep(i ? 1000 : 0);
	}
}

static void from_host(void)
{
	const struct tally *d;
	struct tally t;
	int s;

	start(true);
	s = host_of("p0", false);
	bed_settle(&bed);
	udp(host, "10.0.0.1", "10.0.0.2", 0);
	for (unsigned round = 0; round < 3; round++) { /* a read begins anew after each */
		comes_out("a frame of the host", in.data, in.len, s);
		bed_expect_frame(&bed, "a frame of the host", 0, &in);
	}
	udp(host, "10.100.0.1", "10.100.0.2", 100);
	comes_out("tagged by the host", in.data, in.len, s);
	bed_expect_frame(&bed, "tagged by the host", 0, &in);
	frame_udp(&in, &(struct udp){ .to = host,
				      .from = bed_mac(&bed, 0),
				      .src = "10.0.0.1",
				      .dst = "10.0.0.2",
				      .payload = 1472 });
	comes_out("as large as the MTU", in.data, in.len, s);
	bed_expect_frame(&bed, "as large as the MTU", 0, &in);
	t = bed_delta(&bed, "from the host");
	d = &t;
	cr_assert_eq(d->originated, 5);
	cr_assert_eq(d->tx, 5);
	close(s);
	bed_close(&bed);
}

Test(twin, from_host)
{
	from_host();
}

/* Kernels before 6.7 */
Test(twin, from_host_by_plain_reads)
{
	twin_io_plain = true;
	from_host();
}

Test(twin, multishot_is_used_where_it_is)
{
	start(true);
	struct io_uring_probe *probe = io_uring_get_probe_ring(&b->twins->ring);

	cr_assert_eq(b->twins->multishot, io_uring_opcode_supported(probe, 49) != 0);
	io_uring_free_probe(probe);
	bed_close(&bed);
}

Test(twin, flows_of_the_host_spread_over_lanes)
{
	unsigned lanes = 0;
	int s;

	start(true);
	s = host_of("p0", false);
	for (uint16_t i = 0; i < 64; i++) {
		frame_udp(&in, &(struct udp){ .to = host,
					      .src = "10.0.0.1",
					      .dst = "10.0.0.2",
					      .payload = 10,
					      .src_port = (uint16_t)(1000 + 7 * i) });
		comes_out("one flow of many", in.data, in.len, s);
		lanes |= 1u << bed_next(&bed)->lane;
	}
	cr_assert_eq(lanes, 0xff, "lanes %x of 8", lanes);
	close(s);
	bed_close(&bed);
}

/* What a TAP hands over when the kernel leaves checksums and segments to it. */
static void segments(void)
{
	const unsigned payload = 5000, size = 1000;
	struct {
		struct vnet_header h;
		uint8_t frame[FRAME_MAX];
	} __attribute__((packed)) m = { .h = { .flags = VNET_NEEDS_CSUM,
					       .gso_type = VNET_GSO_TCP4,
					       .header_len = 54,
					       .gso_size = (uint16_t)size,
					       .csum_start = 34,
					       .csum_offset = 16 } };
	int s;

	start(true);
	s = host_of("p0", true);
	frame_udp(&in, &(struct udp){ .to = host,
				      .from = bed_mac(&bed, 0),
				      .src = "10.0.0.1",
				      .dst = "10.0.0.2",
				      .protocol = NET_PROTO_TCP,
				      .payload = (uint16_t)(payload + 12) });
	in.data[34 + 12] = 0x50;
	in.data[34 + 13] = 0x18;
	memcpy(m.frame, in.data, in.len);
	comes_out("five segments", &m, sizeof(m.h) + in.len, s);
	for (unsigned i = 0; i < payload / size; i++) {
		const struct frame *f = bed_next(&bed);
		uint32_t sum;

		cr_assert_not_null(f, "segment %u", i);
		cr_assert_eq(f->len, 54 + size);
		sum = frame_sum(NET_PROTO_TCP + 20 + size, f->data + 26, 8);
		cr_assert_eq(frame_sum(sum, f->data + 34, 20 + size), 0xffff, "TCP checksum");
		cr_assert_eq(frame_sum(0, f->data + 14, 20), 0xffff, "IPv4 checksum");
		cr_assert_arr_eq(f->data + 54, in.data + 54 + i * size, size);
	}
	bed_expect_nothing(&bed, "segments");
	cr_assert_eq(bed_delta(&bed, "segments").originated, payload / size);

	/* larger than the port's MTU: counted, once */
	m.h.gso_size = 1461;
	comes_out("segments too large", &m, sizeof(m.h) + in.len, s);
	bed_expect_drop(&bed, "segments too large", DROP_HOST_TOO_BIG, 1);
	close(s);
	bed_close(&bed);
}

Test(twin, segments)
{
	segments();
}

Test(twin, segments_by_plain_reads)
{
	twin_io_plain = true;
	segments();
}

static int set_flags(const char *name, short flags)
{
	struct ifreq r = { .ifr_flags = flags };
	const int s = socket(AF_INET, SOCK_DGRAM, 0);
	int ret;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	ret = ioctl(s, SIOCSIFFLAGS, &r);
	close(s);
	return ret;
}

Test(twin, down_is_a_reason)
{
	start(true);
	cr_assert_eq(set_flags("p0", 0), 0);
	udp(NULL, "10.0.0.2", "10.0.0.1", 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "the twin is down", DROP_TWIN_DOWN, 1);
	bed_close(&bed);
}

/* Without a twin it is as if there were no host. */
Test(twin, port_without)
{
	start(true);
	cr_assert_eq(if_nametoindex("p2"), 0);
	cr_assert_eq(twin_ifindex(b, 2), 0);
	cr_assert(!twin_has(b, iface_of_port(b, 2)));
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 2),
				      .from = host,
				      .src = "10.0.2.2",
				      .dst = "10.0.2.1",
				      .protocol = 132,
				      .payload = 10 });
	bed_send(&bed, 2, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "no host", DROP_IP4_LOCAL_PROTOCOL, 1);
	bed_close(&bed);
}

static void has_address(const char *port, const char *text, unsigned wanted)
{
	struct ifaddrs *all, *a;
	unsigned n = 0;

	cr_assert_eq(getifaddrs(&all), 0);
	for (a = all; a; a = a->ifa_next) {
		char is[INET6_ADDRSTRLEN] = "";

		if (!a->ifa_addr || strcmp(a->ifa_name, port) != 0)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, is,
				  sizeof(is));
		else if (a->ifa_addr->sa_family == AF_INET6)
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr, is,
				  sizeof(is));
		n += strcmp(is, text) == 0;
	}
	freeifaddrs(all);
	cr_assert_eq(n, wanted, "%s has %s %u times", port, text, n);
}

static void looks_as(unsigned port, const char *name, int mtu, bool carrier)
{
	const int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	cr_assert_eq(ioctl(s, SIOCGIFHWADDR, &r), 0, "%s: %s", name, strerror(errno));
	cr_assert_arr_eq(r.ifr_hwaddr.sa_data, b->ports[port].mac, 6, "MAC of %s", name);
	cr_assert_eq(ioctl(s, SIOCGIFMTU, &r), 0);
	cr_assert_eq(r.ifr_mtu, mtu, "MTU of %s: %d", name, r.ifr_mtu);
	close(s);
	cr_assert(flags_of(name) & IFF_UP);
	wait_carrier(name, carrier);
	cr_assert_eq(twin_ifindex(b, port), (int)if_nametoindex(name));
	cr_assert_eq(twin_port(b, twin_ifindex(b, port)), (int)port);
	cr_assert(twin_has(b, iface_of_port(b, port)));
}

Test(twin, as_its_port)
{
	char near[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	start(false);
	looks_as(0, "p0", 1500, true);
	looks_as(1, "p1", 1400, true);
	has_address("p0", "10.0.0.1", 1);
	has_address("p0", "2001:db8::1", 1);
	has_address("p1", "10.0.1.1", 1);
	for (unsigned i = 0; i < 2; i++) {
		ip6_link_local_from_mac(b->ports[i].mac, addr);
		inet_ntop(AF_INET6, addr, near, sizeof(near));
		has_address(i ? "p1" : "p0", near, 1);
	}
	cr_assert_eq(twins_netns(b), NETNS_OWN);

	b->ports[1].up = false;
	b->ports[1].spec.mtu = 1300;
	b->ports[1].mac[5] ^= 1;
	twins_follow(b);
	looks_as(1, "p1", 1300, false);
	b->ports[1].up = true;
	twins_follow(b);
	looks_as(1, "p1", 1300, true);
	bed_settle(&bed); /* what its kernel says of all this */
	bed_close(&bed);
}

/* The addresses of p0, as another file has them: these last bytes of 10.0.0.x, then 2001:db8::1. */
static struct config *readdressed(const struct config *c, uint8_t first, uint8_t second)
{
	struct config *other = malloc(sizeof(*other));
	struct config_iface *f;

	cr_assert(other);
	*other = *c;
	f = &other->ifaces[0];
	f->addrs[2] = f->addrs[1];
	f->addrs[1] = f->addrs[0];
	f->addrs[0].addr[3] = first;
	f->addrs[1].addr[3] = second;
	f->n_addrs = 3;
	return other;
}

/* With the first of a subnet the kernel takes the others away: 8 stays. */
Test(twin, follows_addresses)
{
	const struct config *file;
	struct config *other, *third;

	start(false);
	file = b->cfg;
	other = readdressed(file, 9, 8);
	third = readdressed(file, 8, 7);
	b->cfg = other;
	twins_readdress(b, file);
	has_address("p0", "10.0.0.1", 0);
	has_address("p0", "10.0.0.9", 1);
	has_address("p0", "10.0.0.8", 1);
	b->cfg = third;
	twins_readdress(b, other);
	has_address("p0", "10.0.0.9", 0);
	has_address("p0", "10.0.0.8", 1);
	has_address("p0", "10.0.0.7", 1);
	has_address("p0", "2001:db8::1", 1);
	has_address("p1", "10.0.1.1", 1);
	b->cfg = file;
	bed_close(&bed);
	free(other);
	free(third);
}

Test(twin, follows_breakouts)
{
	struct board_shape shape;
	const int was = (start(true), twin_ifindex(b, 0));

	cr_assert_eq(shape_parse(&shape, "2x400G", 106250, &err), 0);
	cr_assert_eq(board_breakout(b, "oe0", 0, &shape, &err), 0, "%s", err.text);
	cr_assert_eq(twin_ifindex(b, 0), was, "what keeps its name keeps its twin");
	cr_assert_gt(twin_port(b, (int)if_nametoindex("p0-2")), 2);
	cr_assert_eq(shape_parse(&shape, "1x800G", 106250, &err), 0);
	cr_assert_eq(board_breakout(b, "oe0", 0, &shape, &err), 0, "%s", err.text);
	cr_assert_eq(if_nametoindex("p0-2"), 0);
	cr_assert_eq(twin_ifindex(b, 0), was);
	looks_as(0, "p0", 1500, b->ports[0].up);
	bed_close(&bed);
}

Test(twin, deleted_and_made_again)
{
	uint64_t there, remade;
	int was, s;

	start(true);
	was = twin_ifindex(b, 0);
	cr_assert_eq(system("ip link del p0"), 0);
	twins_look(b);
	cr_assert_neq(twin_ifindex(b, 0), was);
	looks_as(0, "p0", 1500, true);
	has_address("p0", "10.0.0.1", 1);
	cr_assert_eq(system("ip addr flush dev p0"), 0);
	twins_count(b, &there, &remade);
	cr_assert_eq(there, 2);
	cr_assert_eq(remade, 1);
	s = host_of("p0", false);
	udp(NULL, "10.0.0.2", "10.0.0.1", 0);
	is_heard("by its successor", s);
	udp(host, "10.0.0.1", "10.0.0.2", 0);
	comes_out("from its successor", in.data, in.len, s);
	bed_expect_frame(&bed, "from its successor", 0, &in);
	close(s);
	bed_close(&bed);
}

/* Refusals name what is wrong and what to do. */
Test(twin, refusals)
{
	int fd = -1, other = -1;

	own_namespace(false);
	cr_assert_eq(tap_open(&other, NETNS_OWN, "p0", &err), 0, "%s", err.text);
	cr_assert_eq(tap_open(&fd, NETNS_OWN, "p0", &err), -EBUSY);
	cr_assert(strstr(err.text, "twin p0: another interface"), "%s", err.text);
	cr_assert(tap_is_there(other));
	cr_assert_eq(system("ip link del p0"), 0);
	cr_assert(!tap_is_there(other));
	cr_assert_eq(tap_set_carrier(other, true), -EBADFD);
	close(other);
	cr_assert_eq(seteuid(65534), 0);
	cr_assert_eq(tap_open(&fd, NETNS_OWN, "p0", &err), -EPERM);
	cr_assert(strstr(err.text, "CAP_NET_ADMIN"), "%s", err.text);
	cr_assert_eq(fd, -1);
}
