/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_feed: a DPDK device for measuring forwarders. Each receive burst is fresh packets to the
 * routes of feed.h, ready in every field a NIC would fill (packet type, flow hash); what is sent is
 * freed. So any DPDK program can be saturated on one core by the same feed, and the device says
 * how many packets it took in what time.
 *
 *   routes=N   destinations among the first N (1)   ipv6=1     IPv6
 *   flows=N    different flows, a power of two (65536)   imix=1  7 of 64, 4 of 594, 1 of 1518 bytes
 *   idle=1     receives nothing (the way out)       stats=PATH a struct feed_stats in a file
 *
 * Loaded by `-d librte_net_feed.so` or linked. One queue, one lcore.
 */
#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <bus_vdev_driver.h>
#include <fcntl.h>
#include <rte_cycles.h>
#include <rte_kvargs.h>
#include <rte_malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/feed/feed.h"
#include "lib/base/order.h"
#include "lib/net/checksum.h"
#include "lib/net/ether.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

#define FRAME 60 /* 64 with FCS */

struct flow { /* what differs between packets */
	uint8_t dst[16];
	uint32_t hash;
	uint16_t port;
	uint16_t checksum; /* IPv4 header, of a 64-byte frame */
};

struct feed {
	struct rte_mempool *pool;
	struct feed_stats *stats;
	struct flow *flows;
	uint32_t n_flows, next;
	uint32_t n_routes;
	bool ipv6, imix, idle;
	uint16_t port;
	uint8_t head[FRAME]; /* template of a frame */
	struct rte_ether_addr mac;
	uint64_t received, sent;
};

static void count(struct feed *f, uint16_t n)
{
	struct feed_stats *s = f->stats;

	f->received += n;
	if (!s)
		return;
	seq_write_begin(&s->seq);
	s->packets = f->received;
	s->tsc = rte_rdtsc();
	seq_write_end(&s->seq);
}

static uint16_t frame_length(const struct feed *f)
{
	static const uint16_t imix[16] = { 60,  590, 60,  590, 60, 60, 1514, 60,
					   590, 60,  590, 60,  60, 60, 590,  60 };

	return f->imix ? imix[f->next % 12] : FRAME;
}

static void make4(const struct feed *f, struct rte_mbuf *m, const struct flow *w)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip4_header *ip = (struct ip4_header *)(p + NET_ETHER_LEN);
	const uint16_t length = frame_length(f);

	memcpy(p, f->head, FRAME);
	memcpy(&ip->dst, w->dst, 4);
	*(uint16_t *)(ip + 1) = w->port;
	m->data_len = length;
	m->pkt_len = length;
	if (length == FRAME) {
		ip->checksum = w->checksum;
		return;
	}
	ip->total_length = net_swap16((uint16_t)(length - NET_ETHER_LEN));
	ip->checksum = checksum_ip4(ip, 20);
}

static void make6(const struct feed *f, struct rte_mbuf *m, const struct flow *w)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip6_header *ip = (struct ip6_header *)(p + NET_ETHER_LEN);
	uint16_t length = frame_length(f);

	length = length == FRAME ? 62 : length; /* the least with UDP in it */
	memcpy(p, f->head, FRAME);
	memcpy(ip->dst, w->dst, 16);
	*(uint16_t *)(ip + 1) = w->port;
	ip->payload_length = net_swap16((uint16_t)(length - NET_ETHER_LEN - 40));
	m->data_len = length;
	m->pkt_len = length;
}

static uint16_t receive(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct feed *f = queue;

	if (f->idle || rte_pktmbuf_alloc_bulk(f->pool, pkts, n) != 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const struct flow *w = &f->flows[f->next & (f->n_flows - 1)];

		m->port = f->port;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = w->hash;
		m->packet_type =
			RTE_PTYPE_L2_ETHER | (f->ipv6 ? RTE_PTYPE_L3_IPV6 : RTE_PTYPE_L3_IPV4);
		if (f->ipv6)
			make6(f, m, w);
		else
			make4(f, m, w);
		f->next++;
	}
	count(f, n);
	return n;
}

static uint16_t transmit(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct feed *f = queue;

	rte_pktmbuf_free_bulk(pkts, n);
	f->sent += n;
	return n;
}

/* The flows: each to a route of the first n_routes, its hash as any RSS hash: evenly spread. */
static int make_flows(struct feed *f)
{
	uint64_t state = 88172645463325252ull; /* xorshift64: the same flows every time */
	struct ip4_header *ip = (struct ip4_header *)(f->head + NET_ETHER_LEN);

	f->flows = rte_zmalloc("feed", f->n_flows * sizeof(*f->flows), 64);
	if (!f->flows)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->n_flows; i++) {
		struct flow *w = &f->flows[i];

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		const uint32_t which = (uint32_t)((state >> 32) % f->n_routes);
		const struct feed_route r = f->ipv6 ? feed_route6(which) : feed_route4(which);

		memcpy(w->dst, r.addr, 16);
		w->dst[f->ipv6 ? 15 : 3] |= 1;
		w->hash = (uint32_t)(state * 0x9e3779b97f4a7c15ull >> 32);
		w->port = (uint16_t)state;
		if (f->ipv6)
			continue;
		memcpy(&ip->dst, w->dst, 4);
		ip->checksum = 0;
		w->checksum = checksum_ip4(ip, 20);
	}
	return 0;
}

static void make_head(struct feed *f)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 9, 9 };
	struct udp_header *udp;

	memset(f->head, 0, FRAME);
	eth_fill(f->head, f->mac.addr_bytes, source, 0,
		 f->ipv6 ? NET_ETHERTYPE_IP6 : NET_ETHERTYPE_IP4);
	if (f->ipv6) {
		struct ip6_header *ip = (struct ip6_header *)(f->head + NET_ETHER_LEN);

		*(uint8_t *)ip = 0x60;
		ip->next_header = NET_PROTO_UDP;
		ip->hop_limit = 64;
		ip->src[0] = 0x20;
		ip->src[1] = 1;
		ip->src[15] = 9;
		return;
	}
	struct ip4_header *ip = (struct ip4_header *)(f->head + NET_ETHER_LEN);

	udp = (struct udp_header *)(ip + 1);
	ip->version_ihl = 0x45;
	ip->ttl = 64;
	ip->protocol = NET_PROTO_UDP;
	ip->src = NET_BE32(0x0a000002);
	ip->total_length = net_swap16(FRAME - NET_ETHER_LEN);
	udp->dst_port = NET_BE16(2000);
	udp->length = net_swap16(FRAME - NET_ETHER_LEN - 20);
}

static int configure(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int start(struct rte_eth_dev *dev)
{
	struct feed *f = dev->data->dev_private;

	make_head(f);
	return f->flows ? 0 : make_flows(f);
}

static int stop(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int rx_setup(struct rte_eth_dev *dev, uint16_t q, uint16_t n, unsigned socket,
		    const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct feed *f = dev->data->dev_private;

	(void)n, (void)socket, (void)conf;
	f->pool = pool;
	f->port = dev->data->port_id;
	dev->data->rx_queues[q] = f;
	return 0;
}

static int tx_setup(struct rte_eth_dev *dev, uint16_t q, uint16_t n, unsigned socket,
		    const struct rte_eth_txconf *conf)
{
	(void)n, (void)socket, (void)conf;
	dev->data->tx_queues[q] = dev->data->dev_private;
	return 0;
}

static int info(struct rte_eth_dev *dev, struct rte_eth_dev_info *i)
{
	(void)dev;
	i->max_mac_addrs = 1;
	i->max_rx_pktlen = 9728;
	i->max_rx_queues = 1;
	i->max_tx_queues = RTE_MAX_QUEUES_PER_PORT;
	i->max_mtu = 9702;
	i->rx_offload_capa = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH;
	i->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	i->flow_type_rss_offloads = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
	return 0;
}

static const uint32_t *ptypes(struct rte_eth_dev *dev)
{
	static const uint32_t all[] = { RTE_PTYPE_L2_ETHER, RTE_PTYPE_L3_IPV4, RTE_PTYPE_L3_IPV6,
					RTE_PTYPE_UNKNOWN };

	(void)dev;
	return all;
}

static int stats(struct rte_eth_dev *dev, struct rte_eth_stats *s)
{
	const struct feed *f = dev->data->dev_private;

	s->ipackets = f->received;
	s->opackets = f->sent;
	return 0;
}

static int nothing(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int link_update(struct rte_eth_dev *dev, int wait)
{
	(void)dev, (void)wait;
	return 0;
}

static int set_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	(void)dev, (void)mtu;
	return 0;
}

static int set_mac(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct feed *f = dev->data->dev_private;

	f->mac = *mac;
	make_head(f);
	return 0;
}

static int feed_close(struct rte_eth_dev *dev)
{
	struct feed *f = dev->data->dev_private;

	rte_free(f->flows);
	f->flows = NULL;
	if (f->stats)
		munmap(f->stats, sizeof(*f->stats));
	f->stats = NULL;
	dev->data->mac_addrs = NULL; /* part of dev_private */
	return 0;
}

static const struct eth_dev_ops ops = {
	.dev_configure = configure,
	.dev_start = start,
	.dev_stop = stop,
	.dev_close = feed_close,
	.dev_infos_get = info,
	.dev_supported_ptypes_get = ptypes,
	.rx_queue_setup = rx_setup,
	.tx_queue_setup = tx_setup,
	.stats_get = stats,
	.link_update = link_update,
	.mtu_set = set_mtu,
	.mac_addr_set = set_mac,
	.promiscuous_enable = nothing,
	.promiscuous_disable = nothing,
	.allmulticast_enable = nothing,
	.allmulticast_disable = nothing,
};

static int map_stats(struct feed *f, const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = MAP_FAILED;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*f->stats)) == 0)
		p = mmap(NULL, sizeof(*f->stats), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -errno;
	f->stats = p;
	return 0;
}

static int one_arg(const char *key, const char *value, void *arg)
{
	struct feed *f = arg;
	const unsigned long n = strtoul(value, NULL, 0);

	if (strcmp(key, "routes") == 0)
		f->n_routes = (uint32_t)RTE_MAX(n, 1ul);
	else if (strcmp(key, "flows") == 0)
		f->n_flows = rte_align32pow2((uint32_t)RTE_MAX(n, 1ul));
	else if (strcmp(key, "ipv6") == 0)
		f->ipv6 = n;
	else if (strcmp(key, "imix") == 0)
		f->imix = n;
	else if (strcmp(key, "idle") == 0)
		f->idle = n;
	else
		return map_stats(f, value);
	return 0;
}

static int probe(struct rte_vdev_device *vdev)
{
	static const char *const keys[] = {
		"routes", "flows", "ipv6", "imix", "idle", "stats", NULL
	};
	const char *params = rte_vdev_device_args(vdev);
	struct rte_eth_dev *dev = rte_eth_vdev_allocate(vdev, sizeof(struct feed));
	struct rte_kvargs *args;
	struct feed *f;
	int ret;

	if (!dev)
		return -ENOMEM;
	f = dev->data->dev_private;
	*f = (struct feed){ .n_routes = 1, .n_flows = 65536 };
	args = rte_kvargs_parse(params, keys);
	ret = args ? rte_kvargs_process(args, NULL, one_arg, f) : -EINVAL;
	rte_kvargs_free(args);
	if (ret) {
		rte_eth_dev_release_port(dev);
		return ret;
	}
	f->mac = (struct rte_ether_addr){ { 2, 0, 0, 0xfe, 0xed, (uint8_t)dev->data->port_id } };
	dev->data->mac_addrs = &f->mac;
	dev->data->dev_link = (struct rte_eth_link){ .link_speed = RTE_ETH_SPEED_NUM_100G,
						     .link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
						     .link_status = RTE_ETH_LINK_UP };
	dev->data->promiscuous = 1;
	dev->dev_ops = &ops;
	dev->rx_pkt_burst = receive;
	dev->tx_pkt_burst = transmit;
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int probe_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (!dev)
		return 0;
	feed_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver driver = { .probe = probe, .remove = probe_remove };
RTE_PMD_REGISTER_VDEV(net_feed, driver);
RTE_PMD_REGISTER_PARAM_STRING(
	net_feed, "routes=<int> flows=<int> ipv6=<0|1> imix=<0|1> idle=<0|1> stats=<path>");
