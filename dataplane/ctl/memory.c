/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of everything a configuration needs: mbufs from rings and workers, table sizes from
 * routes, and the sum, which the preflight compares with the hugepages there are.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/ports.h"
#include "dataplane/run/graph.h"
#include "dataplane/run/punt_rates.h"

/* What waits for the control thread, of one worker. */
static uint32_t punted(const struct config *cfg, unsigned n_workers)
{
	struct punt_rate share[PUNT_COUNT];
	uint32_t n = 0;

	punt_rates_share(share, cfg->punt, n_workers);
	for (unsigned i = 0; i < PUNT_COUNT; i++)
		n += share[i].burst;
	return n;
}

/* Of rte_hash, an entry: key and value 32 bytes, buckets and as many to extend them 32, slot 8. */
#define HASH_BYTES 72
/* Of groups, a next hop: buckets of a member, as if each were one of a small group. */
#define GROUP_BYTES 64

uint32_t memory_buffers(const struct config *cfg, unsigned n_lanes, const struct placement *p)
{
	const uint32_t per_lane = PORTS_RX_DESC + PORTS_TX_DESC + WORKER_RX_BURST;
	const uint32_t per_worker = 2 * WORKER_CTL_RING + PORTS_POOL_CACHE * 2 + GRAPH_BURST;
	const uint32_t n = n_lanes * per_lane + p->n_places * per_worker +
			   p->n_workers * punted(cfg, p->n_workers) +
			   p->n_workers * p->n_workers * WORKER_CTL_RING + NEIGHBORS_HOLD_TOTAL_MAX;

	return cfg->buffers ? cfg->buffers : rte_align32pow2(n + 1) - 1;
}

/*
 * net_af_packet copies what the kernel captured, up to its framesz (default 2048), into the buffer
 * without looking at the buffer's size: the buffer must have room for all of it.
 */
static uint32_t device_frame(const struct config_device *d)
{
	const char *framesz = strstr(d->args, "framesz=");
	const unsigned long n = framesz ? strtoul(framesz + strlen("framesz="), NULL, 10) : 0;

	return strncmp(d->name, "net_af_packet", 13) == 0 && n <= UINT16_MAX / 2 ? (uint32_t)n : 0;
}

uint16_t memory_data_room(const struct config *cfg)
{
	uint32_t room = RTE_MBUF_DEFAULT_DATAROOM;

	for (unsigned i = 0; i < cfg->n_ports; i++) {
		const uint32_t frame =
			cfg->ports[i].mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + 8;

		room = RTE_MAX(room, frame);
	}
	for (unsigned i = 0; i < cfg->n_devices; i++)
		room = RTE_MAX(room, device_frame(&cfg->devices[i]));
	return (uint16_t)(RTE_ALIGN_CEIL(room, 64) + RTE_PKTMBUF_HEADROOM);
}

struct fib_sizes memory_fib_sizes(const struct config *cfg, unsigned vrf, int family)
{
	const struct config_vrf *v = &cfg->vrfs[vrf];
	const uint32_t routes4 = vrf ? v->max_routes4 : cfg->max_routes4;
	const uint32_t routes6 = vrf ? v->max_routes6 : cfg->max_routes6;
	/* the operator's routes, a host route a neighbour, ours for each address, the martians */
	uint32_t ours = cfg->max_neighbors + 16;

	for (unsigned i = 0; i < cfg->n_ifaces; i++)
		ours += cfg->ifaces[i].port != CONFIG_NO_PORT ? 4 * CONFIG_MAX_ADDRS : 0;

	return (struct fib_sizes){
		.routes = (family == AF_INET ? routes4 : routes6) + ours,
		.hosts = family == AF_INET6 ? cfg->max_neighbors : 0,
		.nexthops = cfg->max_nexthops,
		.vrf = vrf ? v->name : NULL,
	};
}

unsigned memory_estimate_mb(const struct config *cfg, unsigned n_lanes, const struct placement *p)
{
	/* of all workers there can be: packets staged by lane and by worker, rings to each other */
	const uint64_t workers =
		(uint64_t)p->n_places * ((n_lanes + p->n_places) * sizeof(struct worker_stage) +
					 3 * p->n_places * WORKER_CTL_RING * sizeof(void *));
	/* without hugepages DPDK gives every mbuf pages of its own (fastpath.md 0.3) */
	const uint64_t raw = sizeof(struct rte_mbuf) + 64 + memory_data_room(cfg);
	const uint64_t mbuf = cfg->hugepages ? raw : RTE_ALIGN_CEIL(raw, 4096ull);
	uint64_t bytes = workers + mbuf * memory_buffers(cfg, n_lanes, p);
	const int families[] = { AF_INET, AF_INET6 };

	for (unsigned i = 0; i < cfg->n_vrfs * RTE_DIM(families); i++) {
		const int family = families[i % RTE_DIM(families)];
		const struct fib_sizes s =
			memory_fib_sizes(cfg, i / (unsigned)RTE_DIM(families), family);

		/* rules of the table, prefixes of the RIB */
		bytes += fib_bytes(family, &s) + 2 * HASH_BYTES * (uint64_t)s.routes;
	}
	bytes += cfg->max_nexthops * (sizeof(struct nexthop) + GROUP_BYTES);
	/* ways and objects of the RIB, objects of the kernel and of zebra */
	bytes += HASH_BYTES * ((uint64_t)cfg->max_neighbors + 4 * (uint64_t)cfg->max_nexthops);
	return (unsigned)(bytes >> 20) + 64;
}
