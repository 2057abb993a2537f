/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_feed: a DPDK device for measuring forwarders. Each receive burst is fresh packets to the
 * routes of feed.h, ready in every field a NIC would fill; what is sent is freed. So any DPDK
 * program can be saturated on one core by the same feed, and the device says how many packets it
 * took in what time. Paced, by a number in the statistics file, it is a wire that does not wait:
 * what is not fetched before RING packets have come is lost and counted.
 *
 *   routes=N   destinations among the first N (1)   ipv6=1     IPv6
 *   flows=N    different flows, a power of two (65536)   imix=1  7 of 64, 4 of 594, 1 of 1518 bytes
 *   idle=1     receives nothing (the way out)       stats=PATH a struct feed_stats in a file
 *   check=1    looks where each packet it sends goes
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
#include "bench/feed/frames.h"
#include "lib/base/order.h"

#define RING 4096 /* receive descriptors of a NIC */

struct feed {
	struct frames frames;
	struct rte_mempool *pool;
	struct feed_stats *stats;
	bool idle, check;
	uint16_t port;
	struct rte_ether_addr mac;
	uint64_t received, missed, sent, wrong;
	/* paced */
	uint64_t pps;
	uint64_t per_cycle; /* packets, in 2^-64 */
	uint64_t begun;     /* TSC */
	uint64_t settled;   /* packets handed out or lost since */
};

static void publish(struct feed *f, uint64_t now)
{
	struct feed_stats *s = f->stats;

	seq_write_begin(&s->seq);
	s->received = f->received;
	s->tsc = now;
	s->missed = f->missed;
	s->sent = f->sent;
	s->wrong = f->wrong;
	seq_write_end(&s->seq);
}

/* How many of n packets have come by now. */
static uint16_t arrived(struct feed *f, uint64_t pps, uint16_t n)
{
	const uint64_t now = rte_rdtsc();
	uint64_t waiting;

	if (f->pps != pps) {
		f->pps = pps;
		f->per_cycle = (uint64_t)(((unsigned __int128)pps << 64) / rte_get_tsc_hz());
		f->begun = now;
		f->settled = 0;
	}
	waiting = (uint64_t)((unsigned __int128)(now - f->begun) * f->per_cycle >> 64) - f->settled;
	if (waiting > RING) {
		f->missed += waiting - RING;
		f->settled += waiting - RING;
		waiting = RING;
	}
	n = (uint16_t)RTE_MIN(waiting, (uint64_t)n);
	f->settled += n;
	return n;
}

static uint16_t receive(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct feed *f = queue;
	const uint64_t pps = f->stats ? load_relaxed(&f->stats->pps) : 0;

	if (f->idle)
		return 0;
	if (pps)
		n = arrived(f, pps, n);
	else
		f->pps = 0;
	if (n == 0 || rte_pktmbuf_alloc_bulk(f->pool, pkts, n) != 0) {
		f->missed += pps ? n : 0;
		return 0;
	}
	frames_fill(&f->frames, pkts, n, f->port);
	f->received += n;
	if (f->stats)
		publish(f, rte_rdtsc());
	return n;
}

static uint16_t transmit(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct feed *f = queue;

	if (f->check)
		for (uint16_t i = 0; i < n; i++)
			f->wrong += !frames_right(pkts[i]);
	rte_pktmbuf_free_bulk(pkts, n);
	f->sent += n;
	if (f->stats && f->idle)
		publish(f, rte_rdtsc());
	return n;
}

static int configure(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int start(struct rte_eth_dev *dev)
{
	struct feed *f = dev->data->dev_private;

	frames_head(&f->frames, &f->mac);
	return f->frames.flows ? 0 : frames_make(&f->frames);
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
	s->imissed = f->missed;
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
	frames_head(&f->frames, mac);
	return 0;
}

static int feed_close(struct rte_eth_dev *dev)
{
	struct feed *f = dev->data->dev_private;

	rte_free(f->frames.flows);
	f->frames.flows = NULL;
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
		f->frames.n_routes = (uint32_t)RTE_MAX(n, 1ul);
	else if (strcmp(key, "flows") == 0)
		f->frames.n_flows = rte_align32pow2((uint32_t)RTE_MAX(n, 1ul));
	else if (strcmp(key, "ipv6") == 0)
		f->frames.ipv6 = n;
	else if (strcmp(key, "imix") == 0)
		f->frames.imix = n;
	else if (strcmp(key, "idle") == 0)
		f->idle = n;
	else if (strcmp(key, "check") == 0)
		f->check = n;
	else
		return map_stats(f, value);
	return 0;
}

static int probe(struct rte_vdev_device *vdev)
{
	static const char *const keys[] = { "routes", "flows", "ipv6",  "imix",
					    "idle",   "check", "stats", NULL };
	const char *params = rte_vdev_device_args(vdev);
	struct rte_eth_dev *dev = rte_eth_vdev_allocate(vdev, sizeof(struct feed));
	struct rte_kvargs *args;
	struct feed *f;
	int ret;

	if (!dev)
		return -ENOMEM;
	f = dev->data->dev_private;
	*f = (struct feed){ .frames = { .n_routes = 1, .n_flows = 65536 } };
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
	net_feed,
	"routes=<int> flows=<int> ipv6=<0|1> imix=<0|1> idle=<0|1> check=<0|1> stats=<path>");
