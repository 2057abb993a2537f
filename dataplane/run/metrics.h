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
#include "lib/cmis/fec.h"
#include "lib/net/punt.h"
#include "lib/telemetry/writer.h"

/* scope lcore x lane: _(symbol, name, unit, help); all counters */
#define CELL_METRICS(_)                                                                          \
	_(RX_PACKETS, "lane_receive_packets", "packets", "packets taken from the lane")          \
	_(RX_BYTES, "lane_receive_bytes", "bytes", "bytes of those, Ethernet header to payload") \
	_(TX_PACKETS, "lane_transmit_packets", "packets", "packets put on the lane")             \
	_(TX_BYTES, "lane_transmit_bytes", "bytes", "bytes of those")                            \
	_(HOST_PACKETS, "lane_host_packets", "packets",                                          \
	  "received packets the control plane used up (ARP, neighbour discovery, the host)")     \
	_(ORIGINATED, "lane_originated_packets", "packets",                                      \
	  "packets that began here (ARP, neighbour discovery, the host)")                        \
	_(FRAGMENTED, "lane_fragmented_packets", "packets",                                      \
	  "received packets cut into fragments for the MTU of their way out")                    \
	_(FRAGMENTS, "lane_fragment_packets", "packets", "fragments made of those")              \
	_(ICMP_ERRORS, "lane_icmp_errors", "packets",                                            \
	  "received packets answered with an ICMP error")                                        \
	_(ICMP_ECHOS, "lane_icmp_echo_replies", "packets", "received echo requests answered")

/*
 * scope lane: _(symbol, name, unit, kind, slots, values, help); values: which names of metrics.c,
 * for an enum and for the slots of an array. From DP_STATE on it is what the manager of the lane's
 * engine has seen, absent where there is none or it does not know (copper has no light).
 */
#define LANE_METRICS(_)                                                                         \
	_(NAME, "lane_name", "", TELEMETRY_TEXT, 4, none, "engine and lane, as in oe0/3")       \
	_(PORT, "lane_port", "", TELEMETRY_TEXT, 4, none,                                       \
	  "port the lane belongs to; empty: to none, now")                                      \
	_(CARRIER, "lane_carrier", "", TELEMETRY_TEXT, 8, none, "what moves the lane's frames") \
	_(UP, "lane_up", "", TELEMETRY_ENUM, 1, up, "whether the lane carries frames")          \
	_(SPEED, "lane_speed", "bits_per_second", TELEMETRY_GAUGE_U64, 1, none,                 \
	  "line rate of the lane")                                                              \
	_(RX_WORKER, "lane_receive_worker", "", TELEMETRY_GAUGE_U64, 1, none,                   \
	  "worker that polls the lane")                                                         \
	_(TX_WORKER, "lane_transmit_worker", "", TELEMETRY_GAUGE_U64, 1, none,                  \
	  "worker that fills the lane")                                                         \
	_(DP_STATE, "lane_dp_state", "", TELEMETRY_ENUM, 1, dp_state,                           \
	  "state of the lane's data path in the engine (CMIS DPState)")                         \
	_(PATH, "lane_path", "", TELEMETRY_ENUM, 1, path,                                       \
	  "how far its port's data path is from what is wanted")                                \
	_(REASON, "lane_reason", "", TELEMETRY_ENUM, 1, reason,                                 \
	  "why its port's data path is not up")                                                 \
	_(TX_POWER, "lane_tx_power_dbm", "dBm", TELEMETRY_GAUGE_F64, 1, none,                   \
	  "optical power sent; -40 is dark")                                                    \
	_(RX_POWER, "lane_rx_power_dbm", "dBm", TELEMETRY_GAUGE_F64, 1, none,                   \
	  "optical power received; -40 is dark")                                                \
	_(TX_BIAS, "lane_tx_bias_ma", "mA", TELEMETRY_GAUGE_F64, 1, none,                       \
	  "bias current of the lane's laser")                                                   \
	_(SNR, "lane_snr_db", "dB", TELEMETRY_GAUGE_F64, 1, none,                               \
	  "electrical signal to noise ratio of the media input")                                \
	_(BER, "lane_pre_fec_ber", "", TELEMETRY_GAUGE_F64, 1, none,                            \
	  "ratio of wrong bits of the media input, before FEC")                                 \
	_(CODEWORDS, "lane_fec_codewords", "codewords", TELEMETRY_COUNTER, FEC_BINS, symbols,   \
	  "received FEC codewords, by wrong symbols that were corrected")

/* scope engine: the engines of the file in its order, then the laser sources that feed them. */
#define ENGINE_METRICS(_)                                                                        \
	_(NAME, "engine_name", "", TELEMETRY_TEXT, 4, none, "engine, or laser source")           \
	_(KIND, "engine_kind", "", TELEMETRY_TEXT, 2, none, "profile, as in oif-3.2t")           \
	_(SOURCE, "engine_source", "", TELEMETRY_TEXT, 4, none, "laser source that feeds it")    \
	_(MANAGEMENT, "engine_management", "", TELEMETRY_ENUM, 1, management,                    \
	  "how its registers are reached")                                                       \
	_(STATE, "engine_state", "", TELEMETRY_ENUM, 1, manager_state,                           \
	  "how far its manager has come with it")                                                \
	_(REASON, "engine_reason", "", TELEMETRY_ENUM, 1, reason, "why it is not ready")         \
	_(MODULE_STATE, "engine_module_state", "", TELEMETRY_ENUM, 1, module_state,              \
	  "state that it reports of itself (CMIS ModuleState)")                                  \
	_(FAULT_CAUSE, "engine_fault_cause", "", TELEMETRY_ENUM, 1, fault_cause,                 \
	  "cause of its last ModuleFault")                                                       \
	_(VENDOR, "engine_vendor", "", TELEMETRY_TEXT, 2, none, "vendor's name")                 \
	_(PART, "engine_part", "", TELEMETRY_TEXT, 2, none, "vendor's part number")              \
	_(SERIAL, "engine_serial", "", TELEMETRY_TEXT, 2, none, "vendor's serial number")        \
	_(FIRMWARE, "engine_firmware", "", TELEMETRY_TEXT, 2, none, "firmware that runs in it")  \
	_(TEMPERATURE, "engine_temperature_celsius", "celsius", TELEMETRY_GAUGE_F64, 1, none,    \
	  "temperature of its case")                                                             \
	_(VCC, "engine_vcc_volts", "volts", TELEMETRY_GAUGE_F64, 1, none, "supply voltage")      \
	_(LASERS, "engine_lasers", "lasers", TELEMETRY_GAUGE_U64, 1, none, "lasers of a source") \
	_(LASERS_ON, "engine_lasers_on", "lasers", TELEMETRY_GAUGE_U64, 1, none,                 \
	  "lasers of a source that shine")                                                       \
	_(STEPS, "engine_steps", "steps", TELEMETRY_COUNTER, 1, none, "steps of its manager")    \
	_(READS, "engine_reads", "transactions", TELEMETRY_COUNTER, 1, none,                     \
	  "two-wire transactions that read")                                                     \
	_(WRITES, "engine_writes", "transactions", TELEMETRY_COUNTER, 1, none,                   \
	  "two-wire transactions that write")                                                    \
	_(NACKS, "engine_nacks", "transactions", TELEMETRY_COUNTER, 1, none,                     \
	  "transactions that it did not acknowledge")                                            \
	_(LINK_ERRORS, "engine_link_errors", "transactions", TELEMETRY_COUNTER, 1, none,         \
	  "transactions that the two-wire link lost")                                            \
	_(REMOVALS, "engine_removals", "removals", TELEMETRY_COUNTER, 1, none,                   \
	  "times that it was there and answered no more")                                        \
	_(RESETS, "engine_resets", "resets", TELEMETRY_COUNTER, 1, none,                         \
	  "times that it was found reset by others")                                             \
	_(RESETS_DONE, "engine_resets_done", "resets", TELEMETRY_COUNTER, 1, none,               \
	  "times that its manager reset it")                                                     \
	_(FAILURES, "engine_failures", "failures", TELEMETRY_COUNTER, 1, none,                   \
	  "times that a port's data path did not come up")

/* scope lcore: as those of lanes */
#define WORKER_METRICS(_)                                                                         \
	_(ROLE, "worker_role", "", TELEMETRY_ENUM, 1, role,                                       \
	  "worker, control thread, or none: not running")                                         \
	_(CPU, "worker_cpu", "", TELEMETRY_GAUGE_U64, 1, none, "CPU the thread is pinned to")     \
	_(NODE, "worker_numa_node", "", TELEMETRY_GAUGE_U64, 1, none, "NUMA node of that CPU")    \
	_(LANES, "worker_lanes", "lanes", TELEMETRY_GAUGE_U64, 1, none, "lanes the worker polls") \
	_(PLACEMENT, "worker_placement", "", TELEMETRY_TEXT, 16, none,                            \
	  "why this CPU and these lanes")                                                         \
	_(LOOPS, "worker_loops", "loops", TELEMETRY_COUNTER, 1, none,                             \
	  "turns of the worker's loop")                                                           \
	_(PACKETS, "worker_packets", "packets", TELEMETRY_COUNTER, 1, none,                       \
	  "packets received in them")                                                             \
	_(BUSY, "worker_busy_cycles", "cycles", TELEMETRY_COUNTER, 1, none,                       \
	  "TSC cycles of turns with packets")                                                     \
	_(IDLE, "worker_idle_cycles", "cycles", TELEMETRY_COUNTER, 1, none,                       \
	  "TSC cycles of empty turns")                                                            \
	_(ASLEEP, "worker_asleep_cycles", "cycles", TELEMETRY_COUNTER, 1, none,                   \
	  "TSC cycles asleep for want of packets")                                                \
	_(PUNT, "punt_packets", "packets", TELEMETRY_COUNTER, PUNT_COUNT, punt_class,             \
	  "packets given to the control thread, by class")                                        \
	_(PUNT_POLICED, "punt_policed_packets", "packets", TELEMETRY_COUNTER, PUNT_COUNT,         \
	  punt_class, "packets to this box over the rate of their class")                         \
	_(PUNT_FULL, "punt_queue_full_packets", "packets", TELEMETRY_COUNTER, PUNT_COUNT,         \
	  punt_class, "packets to this box that found their queue full")

/* scope process; its arrays are by punt class */
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
	_(TWINS, "board_twins", "twins", TELEMETRY_GAUGE_U64, 1,                                  \
	  "ports that have their twin in the kernel")                                             \
	_(TWINS_REMADE, "board_twins_remade", "twins", TELEMETRY_COUNTER, 1,                      \
	  "twins that were deleted by others and made again")                                     \
	_(KERNEL_ROUTES, "kernel_routes", "routes", TELEMETRY_GAUGE_U64, 1,                       \
	  "routes that the kernel has told us")                                                   \
	_(KERNEL_RESYNCS, "kernel_resyncs", "resyncs", TELEMETRY_COUNTER, 1,                      \
	  "times that all the kernel has was read")                                               \
	_(KERNEL_OVERRUNS, "kernel_overruns", "overruns", TELEMETRY_COUNTER, 1,                   \
	  "times that the kernel dropped messages for us")                                        \
	_(KERNEL_REFUSED, "kernel_refused", "messages", TELEMETRY_COUNTER, 1,                     \
	  "messages of the kernel that cannot be followed, or do not fit")                        \
	_(FPM_CONNECTED, "fpm_connected", "connections", TELEMETRY_GAUGE_U64, 1,                  \
	  "whether zebra is connected by FPM")                                                    \
	_(FPM_ROUTES, "fpm_routes", "routes", TELEMETRY_GAUGE_U64, 1,                             \
	  "routes that zebra has told us by FPM")                                                 \
	_(FPM_CONNECTIONS, "fpm_connections", "connections", TELEMETRY_COUNTER, 1,                \
	  "times that zebra has connected")                                                       \
	_(FPM_MESSAGES, "fpm_messages", "messages", TELEMETRY_COUNTER, 1, "messages of zebra's")  \
	_(FPM_REFUSED, "fpm_refused", "messages", TELEMETRY_COUNTER, 1,                           \
	  "messages of zebra's that cannot be followed or do not fit, and wrong connections")     \
	_(PUNT_RATE, "punt_rate", "pps", TELEMETRY_GAUGE_U64, PUNT_COUNT,                         \
	  "packets to this box that pass in a second, by class")                                  \
	_(CONTROL_REQUESTS, "board_control_requests", "requests", TELEMETRY_COUNTER, 1,           \
	  "requests answered on the control socket")                                              \
	_(CONTROL_DROPPED, "board_control_dropped", "clients", TELEMETRY_COUNTER, 1,              \
	  "clients of it dropped: slow, not allowed, or too many")

enum worker_role { ROLE_WORKER, ROLE_CONTROL, ROLE_NONE }; /* values of worker_role */

enum cell_slot {
#define _(sym, ...) CELL_##sym,
	CELL_METRICS(_)
#undef _
		CELL_DROP, /* one slot a reason follows: CELL_DROP + enum drop_reason */
	CELL_SLOTS = CELL_DROP + DROP_COUNT, /* slots of the block */
};

/* Slot enums of the other scopes; texts take several slots. */
#define METRICS_TEXT(prefix, sym) (prefix##_##sym##_LAST - prefix##_##sym + 1) /* slots of it */
#define METRICS_SLOT(prefix, sym, slots) \
	prefix##_##sym, prefix##_##sym##_LAST = prefix##_##sym + (slots)-1,
enum lane_slot {
#define _(sym, name, unit, kind, slots, values, help) METRICS_SLOT(LANE, sym, slots)
	LANE_METRICS(_)
#undef _
};
enum engine_slot {
#define _(sym, name, unit, kind, slots, values, help) METRICS_SLOT(ENGINE, sym, slots)
	ENGINE_METRICS(_)
#undef _
};
enum worker_slot {
#define _(sym, name, unit, kind, slots, values, help) METRICS_SLOT(WORKER, sym, slots)
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
