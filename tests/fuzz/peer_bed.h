/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where fuzz_peer.c plays: EAL in this process, ports of net_cpx on fibers to another process, and
 * the other end of each in our own hands, a fiber of lib/fiber. To the driver that is a process
 * like any other: it sees a socket and memory. DPDK's interrupt thread works for the port, we pump
 * the far end.
 *
 * Each mbuf's buffer ends at a page that nobody may touch, and is full of OURS wherever it holds no
 * frame: so an overrun is a SIGSEGV, and a byte of ours that gets to the peer, or to the
 * application as if it were the peer's, is seen.
 */
#ifndef CPX_TESTS_FUZZ_PEER_BED_H
#define CPX_TESTS_FUZZ_PEER_BED_H

#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fiber/private.h"
#include "pmd/cpx_rxtx.h"

#define CHECK(x)                                                                \
	do {                                                                    \
		if (!(x)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			__builtin_trap();                                       \
		}                                                               \
	} while (0)

#define LANES    2 /* at most */
#define SLOTS    32u
#define MBUFS    255u
#define OURS     0xef  /* a byte that must not leave its mbuf */
#define PATIENCE 20000 /* looks, 1 ms apart, before it is a hang */

/* What is added up of a port's lanes. */
enum sum { RX, TX, TX_DROPS, RX_ERRORS, TX_ERRORS, STATS };

struct bed {
	/* given */
	const char *args; /* devargs but for the carrier */
	bool server;      /* the port is */
	uint16_t lanes, tx_queues, room;
	struct rte_eth_conf conf;
	struct fiber_config theirs;
	/* made once */
	uint16_t port;
	struct rte_mempool *pool;
	char path[96];
	uint64_t ids[STATS * 8 * LANES];
	enum sum kind[STATS * 8 * LANES];
	unsigned n_ids;
	/* of this connection */
	struct fiber *far;
};

static const struct {
	const char *name;
	enum sum kind;
} lane_stats[] = {
	{ "rx_packets", RX },
	{ "tx_packets", TX },
	{ "tx_oversize", TX_DROPS },
	{ "tx_runt", TX_DROPS },
	{ "tx_unfit", TX_DROPS },
	{ "tx_nombuf", TX_DROPS },
	{ "tx_dropped", TX_DROPS },
	{ "rx_protocol_errors", RX_ERRORS },
	{ "tx_protocol_errors", TX_ERRORS },
};

static char folder[64];

static inline void remove_one_folder(const char *name)
{
	DIR *d = opendir(name);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(name);
}

static inline void remove_folder(void)
{
	remove_one_folder(folder);
}

/* One for our sockets; those of targets that crashed go away. */
static inline void make_folder(void)
{
	DIR *tmp = opendir("/tmp");
	struct dirent *e;
	char name[300];
	int pid;

	while (tmp != NULL && (e = readdir(tmp)) != NULL) {
		if (sscanf(e->d_name, "cpx-fuzz-peer-%d", &pid) != 1 || kill(pid, 0) == 0)
			continue;
		snprintf(name, sizeof(name), "/tmp/%s", e->d_name);
		remove_one_folder(name);
	}
	if (tmp != NULL)
		closedir(tmp);
	snprintf(folder, sizeof(folder), "/tmp/cpx-fuzz-peer-%d", (int)getpid());
	remove_folder();
	CHECK(mkdir(folder, 0700) == 0);
	atexit(remove_folder);
}

static inline void start_eal(void)
{
	static char *argv[] = { "fuzz", "--no-huge",    "--no-pci",    "--no-telemetry",
				"-m",   "64",           "--no-shconf", "-l",
				"0",    "--log-level=1" };

	CHECK(rte_eal_init(RTE_DIM(argv), argv) >= 0);
}

/* ---- mbufs ---- */

static inline void give_guarded_buffer(struct rte_mempool *mp, void *opaque, void *object,
				       unsigned i)
{
	const size_t page = 4096;
	struct rte_mbuf *m = object;
	const size_t bytes = RTE_ALIGN_CEIL((size_t)m->buf_len, page);
	uint8_t *at = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	CHECK(at != MAP_FAILED && mprotect(at + bytes, page, PROT_NONE) == 0);
	m->buf_addr = at + bytes - m->buf_len;
	memset(m->buf_addr, OURS, m->buf_len);
}

static inline void free_frame(struct rte_mbuf *m)
{
	for (struct rte_mbuf *seg = m; seg != NULL; seg = seg->next)
		if (RTE_MBUF_DIRECT(seg))
			memset(seg->buf_addr, OURS, seg->buf_len);
	rte_pktmbuf_free(m);
}

/* ---- the port ---- */

static inline void find_stats(struct bed *b)
{
	for (unsigned lane = 0; lane < b->lanes; lane++) {
		for (unsigned i = 0; i < RTE_DIM(lane_stats); i++) {
			char name[64];

			snprintf(name, sizeof(name), "lane%u_%s", lane, lane_stats[i].name);
			b->kind[b->n_ids] = lane_stats[i].kind;
			CHECK(rte_eth_xstats_get_id_by_name(b->port, name, &b->ids[b->n_ids++]) ==
			      0);
		}
	}
}

static inline void read_stats(const struct bed *b, uint64_t sums[STATS])
{
	uint64_t values[RTE_DIM(b->ids)];

	memset(sums, 0, STATS * sizeof(*sums));
	CHECK(rte_eth_xstats_get_by_id(b->port, b->ids, values, b->n_ids) == (int)b->n_ids);
	for (unsigned i = 0; i < b->n_ids; i++)
		sums[b->kind[i]] += values[i];
}

static inline void make_bed(struct bed *b, unsigned number)
{
	char name[32], args[256];

	snprintf(name, sizeof(name), "frames%u", number);
	b->pool = rte_pktmbuf_pool_create(
		name, MBUFS, 0, 0, (uint16_t)(RTE_PKTMBUF_HEADROOM + b->room), SOCKET_ID_ANY);
	CHECK(b->pool != NULL);
	rte_mempool_obj_iter(b->pool, give_guarded_buffer, NULL);
	snprintf(name, sizeof(name), "net_cpx%u", number);
	snprintf(b->path, sizeof(b->path), "%s/%u", folder, number);
	snprintf(args, sizeof(args), "carrier=fiber:%s,role=%s,mgmt=none,%s", b->path,
		 b->server ? "server" : "client", b->args);
	CHECK(rte_vdev_init(name, args) == 0);
	CHECK(rte_eth_dev_get_port_by_name(name, &b->port) == 0);
	CHECK(rte_eth_dev_configure(b->port, b->lanes, b->tx_queues, &b->conf) == 0);
	for (uint16_t i = 0; i < b->lanes; i++)
		CHECK(rte_eth_rx_queue_setup(b->port, i, SLOTS, SOCKET_ID_ANY, NULL, b->pool) == 0);
	for (uint16_t i = 0; i < b->tx_queues; i++)
		CHECK(rte_eth_tx_queue_setup(b->port, i, SLOTS, SOCKET_ID_ANY, NULL) == 0);
	CHECK(rte_eth_dev_start(b->port) == 0);
	CHECK(rte_eth_promiscuous_enable(b->port) == 0);
	find_stats(b);
	b->theirs.path = b->path;
	b->theirs.server = !b->server;
	b->theirs.lanes = b->lanes;
	b->theirs.slots = SLOTS;
}

static inline struct rte_eth_link link_of(const struct bed *b)
{
	struct rte_eth_link link;

	CHECK(rte_eth_link_get_nowait(b->port, &link) == 0);
	return link;
}

static inline bool is_up(const struct bed *b)
{
	return link_of(b).link_status == RTE_ETH_LINK_UP;
}

/* The driver's own ends of a lane, to look at. */
static inline const struct fiber_rx *port_rx(const struct bed *b, unsigned lane)
{
	const struct cpx_rxq *q = rte_eth_fp_ops[b->port].rxq.data[lane];

	return q->fiber;
}

static inline const struct fiber_tx *port_tx(const struct bed *b, unsigned lane)
{
	const struct cpx_txq *q = rte_eth_fp_ops[b->port].txq.data[lane];

	return q->fiber;
}

/* ---- the peer comes and goes ---- */

static inline bool agreed(const struct bed *b)
{
	struct fiber_status s;

	fiber_status(b->far, &s);
	return s.state == FIBER_UP;
}

static inline bool is_dead(const struct bed *b)
{
	for (unsigned lane = 0; lane < b->lanes; lane++)
		if (fiber_rx_dead(port_rx(b, lane)) || fiber_tx_dead(port_tx(b, lane)))
			return true;
	return false;
}

#define UNTIL(condition, meanwhile)                                  \
	do {                                                         \
		for (unsigned looks_ = 0; !(condition); looks_++) {  \
			CHECK(looks_ < 20 * PATIENCE && #condition); \
			meanwhile;                                   \
			usleep(50);                                  \
		}                                                    \
	} while (0)

static inline void disconnect(struct bed *b)
{
	fiber_destroy(b->far);
	b->far = NULL;
	UNTIL(!is_up(b), (void)0);
}

/* A fresh connection, whatever happened on the one before. While frames of four peers before are
 * held there is no lending, so a bed that lends waits for the driver to find them free. */
static inline void connect_far(struct bed *b)
{
	for (unsigned tries = 0;; tries++) {
		struct err err;

		UNTIL(fiber_create(&b->far, &b->theirs, &err) == 0, (void)0);
		UNTIL(agreed(b), fiber_process(b->far));
		UNTIL(is_up(b), fiber_process(b->far));
		if (!(b->theirs.features & FIBER_FEATURE_LENT) ||
		    fiber_tx_lends(fiber_tx_queue(b->far, 0)))
			return;
		CHECK(tries < 1000);
		disconnect(b);
		usleep(10000);
	}
}

#endif
