/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_cpx ports on a fiber to another process, for unit tests. The far end is a fiber of lib/fiber
 * in the test's own hands, a process that holds one, or another port: to the driver all are the
 * same, it sees a socket and memory. DPDK's interrupt thread works for the port by itself; the
 * test pumps the far end.
 */
#ifndef CPX_TESTS_UNIT_CPX_PEER_PORT_H
#define CPX_TESTS_UNIT_CPX_PEER_PORT_H

#include <rte_log.h>

#include "pmd/cpx_rxtx.h"
#include "tests/unit/cpx_port.h"
#include "tests/unit/fiber_pair.h"

#define PATIENCE 20000 /* looks, 1 ms apart, before a test gives up: a bound, not a measurement */

/* The far end that until() pumps; NULL: none. */
static struct fiber *far;

static inline void start_peer(void)
{
	make_folder();
	start_eal();
}

/* What the driver says from here on. */
static char *said;
static size_t said_bytes;
static FILE *log_stream;

static inline void listen_to_log(void)
{
	log_stream = open_memstream(&said, &said_bytes);
	cr_assert_not_null(log_stream);
	rte_openlog_stream(log_stream);
	rte_log_set_global_level(RTE_LOG_DEBUG);
	rte_log_set_level_pattern("pmd.net.cpx*", RTE_LOG_NOTICE);
}

static inline unsigned times_said(const char *text)
{
	unsigned n = 0;

	fflush(log_stream);
	for (const char *at = said; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* A process that shall be killed must hold nothing of ours: every descriptor but stderr. */
static inline void close_inherited(void)
{
	close_range(3, ~0u, 0);
}

static inline uint16_t new_peer_port(const char *name, const char *args)
{
	char all[256];

	snprintf(all, sizeof(all), "carrier=fiber:%s,%s", socket_path, args);
	return new_port(name, all);
}

static inline uint16_t running_peer_port(const char *name, const char *args, uint16_t queues)
{
	uint16_t port = new_peer_port(name, args);

	set_up(port, queues);
	start(port);
	return port;
}

static inline int pump_far(void)
{
	int events = far != NULL ? fiber_process(far) : 0;

	if (far != NULL && (events & FIBER_EVENT_DOWN))
		fiber_quiescent(far);
	return events;
}

#define until(condition)                                                       \
	do {                                                                   \
		int looks = 0;                                                 \
                                                                               \
		for (; looks < PATIENCE && !(condition); looks++) {            \
			pump_far();                                            \
			usleep(1000);                                          \
		}                                                              \
		cr_assert_lt(looks, PATIENCE, "this never came: " #condition); \
	} while (0)

static inline bool is_up(uint16_t port)
{
	return link_of(port).link_status == RTE_ETH_LINK_UP;
}

/* A far end in the test's hands, connected to the port. */
static inline struct fiber *far_of(uint16_t port, struct fiber_config c)
{
	far = new_fiber(c);
	until(status_of(far).state == FIBER_UP);
	until(is_up(port));
	return far;
}

/* Fibers whose memory this process has mapped. */
static inline unsigned mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	cr_assert_not_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		n += strstr(line, "cpx-fiber") != NULL;
	fclose(maps);
	return n;
}

static inline void far_gone(uint16_t port)
{
	fiber_destroy(far);
	far = NULL;
	until(!is_up(port));
}

/* Nothing is left of peers of before: so many pages this process uses. */
static inline unsigned long pages_at_rest(void)
{
	unsigned long size, resident = 0;
	FILE *s = fopen("/proc/self/statm", "r");

	until(mapped() == 0);
	cr_assert_not_null(s);
	cr_assert_eq(fscanf(s, "%lu %lu", &size, &resident), 2);
	fclose(s);
#if defined(__SANITIZE_ADDRESS__)
	resident = 0; /* it keeps what was freed for a while */
#endif
	return resident;
}

static inline struct cpx_rxq *rxq_of(uint16_t port, uint16_t i)
{
	return rte_eth_fp_ops[port].rxq.data[i];
}

static inline struct cpx_txq *txq_of(uint16_t port, uint16_t i)
{
	return rte_eth_fp_ops[port].txq.data[i];
}

/* The next frame of a queue; polls until it is there. */
static inline struct rte_mbuf *take(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *m = NULL;

	until((m = receive_one(port, queue)) != NULL);
	return m;
}

/* Frame number n of length len in one mbuf or, where it is longer, in a chain. */
static inline struct rte_mbuf *numbered(uint64_t n, uint32_t len)
{
	static uint8_t bytes[FIBER_MAX_SEGS * 1024];
	struct rte_mbuf *m = NULL, *last = NULL;

	fill_frame(bytes, n, len);
	for (uint32_t at = 0, step; at < len || m == NULL; at += step) {
		struct rte_mbuf *seg = rte_pktmbuf_alloc(pool);

		cr_assert_not_null(seg);
		step = RTE_MIN(len - at, (uint32_t)rte_pktmbuf_tailroom(seg));
		memcpy(rte_pktmbuf_append(seg, (uint16_t)step), bytes + at, step);
		if (m == NULL) {
			m = seg;
		} else {
			last->next = seg;
			m->nb_segs++;
			m->pkt_len += step;
		}
		last = seg;
	}
	return m;
}

static inline bool is_numbered(const struct rte_mbuf *m, uint64_t n, uint32_t len)
{
	static uint8_t bytes[FIBER_MAX_SEGS * 1024];
	uint32_t at = 0;

	for (const struct rte_mbuf *seg = m; seg != NULL; seg = seg->next) {
		memcpy(bytes + at, rte_pktmbuf_mtod(seg, void *), seg->data_len);
		at += seg->data_len;
	}
	return m->pkt_len == len && at == len && frame_is(bytes, n, len);
}

#endif
