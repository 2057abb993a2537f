/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every metric of a running board, declared once. The slot enums, the telemetry catalogue, `cpx
 * show` and the exporters come from these lists; the order within a scope is the slot order of the
 * block (lib/telemetry/format.h). Writers: a worker its own lcore and lcore x lane blocks; the
 * control thread everything else, and one lcore of its own for what it drops or originates.
 */
#ifndef CPX_DATAPLANE_RUN_METRICS_H
#define CPX_DATAPLANE_RUN_METRICS_H

#include "dataplane/run/drop.h"
#include "lib/telemetry/writer.h"

/* scope lcore x lane: _(symbol, name, unit, help); all counters */
#define CELL_METRICS(_)                                                                          \
	_(RX_PACKETS, "lane_receive_packets", "packets", "packets taken from the lane")          \
	_(RX_BYTES, "lane_receive_bytes", "bytes", "bytes of those, Ethernet header to payload") \
	_(TX_PACKETS, "lane_transmit_packets", "packets", "packets put on the lane")             \
	_(TX_BYTES, "lane_transmit_bytes", "bytes", "bytes of those")                            \
	_(HOST_PACKETS, "lane_host_packets", "packets",                                          \
	  "received packets the control plane used up (ARP, neighbour discovery)")               \
	_(ORIGINATED, "lane_originated_packets", "packets",                                      \
	  "transmitted packets that began here (ARP, neighbour discovery)")                      \
	_(ICMP_ERRORS, "lane_icmp_errors", "packets",                                            \
	  "received packets answered with an ICMP error")                                        \
	_(ICMP_ECHOS, "lane_icmp_echo_replies", "packets", "received echo requests answered")

/* scope lane: _(symbol, name, unit, kind, slots, help) */
#define LANE_METRICS(_)                                                                            \
	_(NAME, "lane_name", "", TELEMETRY_TEXT, 4, "engine and lane, as in oe0/3")                \
	_(PORT, "lane_port", "", TELEMETRY_TEXT, 4,                                                \
	  "port the lane belongs to; empty: to none, now")                                         \
	_(CARRIER, "lane_carrier", "", TELEMETRY_TEXT, 8, "what moves the lane's frames")          \
	_(UP, "lane_up", "", TELEMETRY_ENUM, 1, "whether the lane carries frames")                 \
	_(SPEED, "lane_speed", "bits_per_second", TELEMETRY_GAUGE_U64, 1, "line rate of the lane") \
	_(RX_WORKER, "lane_receive_worker", "", TELEMETRY_GAUGE_U64, 1,                            \
	  "worker that polls the lane")                                                            \
	_(TX_WORKER, "lane_transmit_worker", "", TELEMETRY_GAUGE_U64, 1,                           \
	  "worker that fills the lane")

/* scope lcore */
#define WORKER_METRICS(_)                                                                          \
	_(ROLE, "worker_role", "", TELEMETRY_ENUM, 1, "worker or control thread")                  \
	_(CPU, "worker_cpu", "", TELEMETRY_GAUGE_U64, 1, "CPU the thread is pinned to")            \
	_(NODE, "worker_numa_node", "", TELEMETRY_GAUGE_U64, 1, "NUMA node of that CPU")           \
	_(LANES, "worker_lanes", "lanes", TELEMETRY_GAUGE_U64, 1, "lanes the worker polls")        \
	_(PLACEMENT, "worker_placement", "", TELEMETRY_TEXT, 16, "why this CPU and these lanes")   \
	_(LOOPS, "worker_loops", "loops", TELEMETRY_COUNTER, 1, "turns of the worker's loop")      \
	_(PACKETS, "worker_packets", "packets", TELEMETRY_COUNTER, 1, "packets received in them")  \
	_(BUSY, "worker_busy_cycles", "cycles", TELEMETRY_COUNTER, 1,                              \
	  "TSC cycles of turns with packets")                                                      \
	_(IDLE, "worker_idle_cycles", "cycles", TELEMETRY_COUNTER, 1, "TSC cycles of empty turns") \
	_(ASLEEP, "worker_asleep_cycles", "cycles", TELEMETRY_COUNTER, 1,                          \
	  "TSC cycles asleep for want of packets")

/* scope process */
#define BOARD_METRICS(_)                                                                          \
	_(INSTANCE, "board_instance", "", TELEMETRY_TEXT, 4, "name of the running board")         \
	_(HELD, "board_held_packets", "packets", TELEMETRY_GAUGE_U64, 1,                          \
	  "packets waiting for a neighbour")                                                      \
	_(ROUTES4, "board_routes4", "routes", TELEMETRY_GAUGE_U64, 1, "IPv4 routes in the table") \
	_(ROUTES6, "board_routes6", "routes", TELEMETRY_GAUGE_U64, 1, "IPv6 routes in the table") \
	_(NEIGHBORS, "board_neighbors", "neighbors", TELEMETRY_GAUGE_U64, 1,                      \
	  "neighbours known or being resolved")                                                   \
	_(BUFFERS, "board_buffers", "mbufs", TELEMETRY_GAUGE_U64, 1,                              \
	  "packet buffers of the board")                                                          \
	_(BUFFERS_FREE, "board_buffers_free", "mbufs", TELEMETRY_GAUGE_U64, 1,                    \
	  "packet buffers not in use")                                                            \
	_(CONTROL_REQUESTS, "board_control_requests", "requests", TELEMETRY_COUNTER, 1,           \
	  "requests answered on the control socket")                                              \
	_(CONTROL_DROPPED, "board_control_dropped", "clients", TELEMETRY_COUNTER, 1,              \
	  "clients of it dropped: slow, not allowed, or too many")

enum cell_slot {
#define _(sym, ...) CELL_##sym,
	CELL_METRICS(_)
#undef _
		CELL_DROP, /* one slot a reason follows: CELL_DROP + enum drop_reason */
	CELL_SLOTS = CELL_DROP + DROP_COUNT, /* slots of the block */
};

/* Slot enums of the other scopes; texts take several slots. */
#define METRICS_SLOT(prefix, sym, slots) \
	prefix##_##sym, prefix##_##sym##_LAST = prefix##_##sym + (slots)-1,
enum lane_slot {
#define _(sym, name, unit, kind, slots, help) METRICS_SLOT(LANE, sym, slots)
	LANE_METRICS(_)
#undef _
};
enum worker_slot {
#define _(sym, name, unit, kind, slots, help) METRICS_SLOT(WORKER, sym, slots)
	WORKER_METRICS(_)
#undef _
};
enum board_slot {
#define _(sym, name, unit, kind, slots, help) METRICS_SLOT(BOARD, sym, slots)
	BOARD_METRICS(_)
#undef _
};

/* The table for telemetry_create(); *n its length. Static, for the life of the process. */
const struct telemetry_metric *metrics_table(unsigned *n);
/* 0, or -EINVAL if the segment's slots are not those of the enums above (a programming error). */
int metrics_check(const struct telemetry *t);

#endif
