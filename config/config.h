/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board's configuration as plain data: what config/parse.c makes of a YAML file and what
 * dataplane/ctl builds a running board from. Pure data, no DPDK. One owner; read-only once parsed.
 * The keys, their types, ranges, defaults and help stand in config/schema.c and nowhere else.
 */
#ifndef CPX_CONFIG_CONFIG_H
#define CPX_CONFIG_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/net/martian.h"
#include "lib/net/punt.h"

#define CONFIG_NAME_LEN         32 /* names of ports, engines, instance: [a-z0-9_-], first a letter */
#define CONFIG_MAX_ENGINES      16
#define CONFIG_MAX_LASERS       16
#define CONFIG_MAX_PORTS        32 /* RTE_MAX_ETHPORTS of a stock DPDK, carriers included */
#define CONFIG_MAX_DEVICES      32
#define CONFIG_MAX_WORKERS      32
#define CONFIG_MAX_ADDRS        16  /* per interface */
#define CONFIG_MAX_PATHS        64  /* per route */
#define CONFIG_MAX_VLANS        256 /* interfaces with a VLAN id, per board */
#define CONFIG_MAX_VRFS         16  /* the default one and 15 of the file */
#define CONFIG_LANES_PER_BANK   8
#define CONFIG_MAX_ENGINE_LANES 64
#define CONFIG_MAX_FILE_BYTES   (64u << 20) /* a million routes are 40 MB */
#define CONFIG_NO_PORT          UINT16_MAX  /* of an interface: this place is free */
#define CONFIG_LISTEN_LEN       64          /* [ADDRESS]:PORT */
#define CONFIG_TWIN_NAME_MAX    15          /* characters of a kernel interface's name */

/* An address with prefix length; family AF_INET or AF_INET6, network byte order. */
struct config_prefix {
	uint8_t family;
	uint8_t len;      /* 0..32 or 0..128 */
	uint8_t addr[16]; /* AF_INET: first 4 bytes; host bits kept as written */
};

/* How a module is managed. */
enum config_mgmt {
	CONFIG_MGMT_USUAL, /* not said: emulated, but none for ports on devices */
	CONFIG_MGMT_NONE,
	CONFIG_MGMT_EMULATED,
	CONFIG_MGMT_UNIX,
	CONFIG_MGMT_OPTOE,
};

#define CONFIG_PATH_LEN 108 /* of a socket, with its NUL */

struct config_laser {
	char name[CONFIG_NAME_LEN];
	char profile[CONFIG_NAME_LEN]; /* els-8, els-16, els-32 */
	enum config_mgmt mgmt;         /* emulated or unix */
	char path[CONFIG_PATH_LEN];
};

struct config_engine {
	char name[CONFIG_NAME_LEN];
	char profile[CONFIG_NAME_LEN]; /* as in schema_profiles */
	enum config_mgmt mgmt;
	char path[CONFIG_PATH_LEN];  /* of unix and optoe */
	char serve[CONFIG_PATH_LEN]; /* socket of an emulated one; "": none */
	int16_t laser;               /* index into lasers, -1: its own, if it needs some */
	bool joint;                  /* it speaks for its lasers */
	uint32_t seed;
	uint16_t lanes;     /* 8 x banks, from the profile */
	uint32_t lane_mbps; /* line rate of a lane, Mb/s, from the profile */
	int16_t numa;       /* node the engine sits on; -1 not said */
};

/* A DPDK device made before the ports, for `carrier: dev:NAME`. */
struct config_device {
	char name[64];  /* net_af_packet0 */
	char args[256]; /* iface=eth0 … as DPDK's --vdev takes them; "" none */
};

enum config_carrier {
	CONFIG_CARRIER_LOOP,
	CONFIG_CARRIER_FIBER, /* to another port of the board */
	CONFIG_CARRIER_PEER,  /* to another process */
	CONFIG_CARRIER_DEV,
};

/*
 * A VRF: route tables of its own. vrfs[0] is the default one, of everything that names none; its
 * sizes are those of the tables below.
 */
struct config_vrf {
	char name[CONFIG_NAME_LEN];          /* "default" of vrfs[0] */
	uint32_t table;                      /* the kernel's routing table; 254 (main) of vrfs[0] */
	uint32_t said_routes4, said_routes6; /* as they stand in the file; 0: auto */
	uint32_t max_routes4, max_routes6;   /* default max(1024, 2 x what the file needs) */
};
/* Reverse path check of sources (RFC 3704). */
enum config_urpf { CONFIG_URPF_OFF, CONFIG_URPF_LOOSE, CONFIG_URPF_STRICT };

/* A layer-3 interface: a port untagged (vlan 0) or one VLAN of it (1..4094). */
struct config_iface {
	uint16_t port; /* index into ports */
	uint16_t vlan;
	uint16_t vrf; /* index into vrfs */
	enum config_urpf urpf;
	uint16_t n_addrs;
	struct config_prefix addrs[CONFIG_MAX_ADDRS];
};

struct config_port {
	char name[CONFIG_NAME_LEN];
	uint16_t engine;     /* index into engines */
	uint16_t first_lane; /* global index within the engine */
	uint16_t n_lanes;    /* 1, 2, 4 or 8; all in one bank */
	enum config_carrier carrier;
	char carrier_name[CONFIG_PATH_LEN]; /* fiber, path of its socket, or device; "" for loop */
	bool server;                        /* of a fiber to another process: its socket is ours */
	uint16_t mtu;                       /* IP MTU, bytes; default 1500 */
	bool has_mac;
	uint8_t mac[6];
	int16_t numa; /* -1: the engine's */
	bool promiscuous;
	bool twin; /* where config.host_twins is true: it has one */
};

enum config_route_kind {
	CONFIG_ROUTE_VIA,         /* to a gateway */
	CONFIG_ROUTE_BLACKHOLE,   /* dropped and counted */
	CONFIG_ROUTE_UNREACHABLE, /* dropped, ICMP host unreachable */
	CONFIG_ROUTE_PROHIBIT,    /* dropped, ICMP administratively prohibited */
};

struct config_path { /* one of several gateways of a route */
	uint8_t family;
	uint8_t via[16];
	uint16_t iface;
	uint8_t weight; /* 1..255 */
};

struct config_route {
	struct config_prefix to;
	enum config_route_kind kind;
	uint8_t via[16];     /* same family as `to`; unused with n_paths */
	uint16_t iface;      /* index into ifaces: where `via` is */
	uint16_t n_paths;    /* 0: only `via` */
	uint32_t first_path; /* index into paths */
	uint32_t metric;     /* the lowest of equal destinations is used */
	uint16_t vrf;        /* index into vrfs: of `to` and of the interfaces */
	unsigned line;       /* in the file, for messages */
};

struct config_neighbor { /* a static neighbour */
	uint8_t family;
	uint8_t addr[16];
	uint8_t mac[6];
	uint16_t iface;
};

/* Entries of the tables. */
struct config_sizes {
	uint32_t routes4, routes6, nexthops, neighbors;
};

struct config_listen {                /* a TCP port */
	char text[CONFIG_LISTEN_LEN]; /* as written */
	uint8_t family;
	uint16_t port;
	uint8_t addr[16];
};

struct config {
	char instance[CONFIG_NAME_LEN]; /* default "cpx" */

	unsigned n_workers; /* 0: auto, one less than the CPUs we may use, at least 1 */
	unsigned n_worker_cpus;
	uint16_t worker_cpus[CONFIG_MAX_WORKERS]; /* pins; empty: chosen by placement */
	bool idle_poll;                           /* true: never sleep when idle */
	bool spread; /* workers without a receive queue get flows of those that have one */

	unsigned n_engines, n_lasers, n_devices, n_ports, n_ifaces, n_vrfs;
	struct config_engine engines[CONFIG_MAX_ENGINES];
	struct config_laser lasers[CONFIG_MAX_LASERS];
	struct config_device devices[CONFIG_MAX_DEVICES];
	struct config_port ports[CONFIG_MAX_PORTS];
	struct config_vrf vrfs[CONFIG_MAX_VRFS];
	/* ifaces[i] for i < n_ports is port i untagged; VLAN interfaces follow */
	struct config_iface ifaces[CONFIG_MAX_PORTS + CONFIG_MAX_VLANS];

	bool host_twins;                  /* ports have TAP twins in the kernel */
	char host_netns[CONFIG_PATH_LEN]; /* name or path; "": the process's own */
	struct config_listen host_fpm;    /* for zebra; family 0: nowhere */
	bool host_fpm_remote;             /* … also where other machines reach it */
	uint32_t host_fpm_stale_s;        /* default 120 */

	size_t n_routes, n_neighbors;
	size_t n_paths;
	struct config_route *routes;
	struct config_path *paths; /* of all routes */
	struct config_neighbor *neighbors;

	/* sizes fixed for the life of the process; 0 in the file means: from the other keys */
	uint32_t max_routes4, max_routes6; /* default max(1024, 2 x what the file needs) */
	uint32_t max_nexthops;             /* default max(4096, 2 x what the file needs) */
	uint32_t max_neighbors;            /* default max(1024, 2 x static ones) */
	struct config_sizes said;          /* as they stand in the file; 0: auto */
	uint32_t buffers;                  /* mbufs; 0: computed from ports and workers */
	bool hugepages;                    /* false: --no-huge */

	bool filters[MARTIAN_NONE]; /* on, by enum martian */
	bool urpf_default;          /* loose checks take the default route for one */
	bool ip4_fragment;          /* cut packets larger than the egress MTU; default true */
	uint32_t arp_age_s; /* a neighbour unused and unconfirmed this long goes; default 300 */
	uint32_t icmp_errors_pps;          /* per worker, default 1000; 0 off */
	struct punt_rate punt[PUNT_COUNT]; /* of the board, by class */
	uint32_t telemetry_period_ms;      /* 10, 100 or 1000; default 100 */
};

/*
 * Parse a file (or `len` bytes of text, named `name` in messages) and check it as a whole: types,
 * ranges, unknown and duplicate keys, references, overlapping lanes, lanes across a bank, routes
 * to nowhere. 0, or -EINVAL (the file is wrong), -ENOENT/-EACCES/… (it cannot be read), -EFBIG.
 * err->text is ready to print: FILE:LINE:COL: what; the line; a caret; what to write instead.
 * On failure *out is NULL. config_free(NULL) is allowed.
 */
int config_load(struct config **out, const char *path, struct err *err);
int config_parse(struct config **out, const char *name, const char *text, size_t len,
		 struct err *err);
void config_free(struct config *c);

/* What its own routes, addresses and neighbours take of the tables. -ENOMEM. */
int config_need(const struct config *c, struct config_sizes *need);
/* The routes alone, of one VRF. */
void config_need_routes(const struct config *c, unsigned vrf, uint32_t *routes4, uint32_t *routes6);

#endif
