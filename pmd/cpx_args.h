/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devargs of a net_cpx port as plain data. Parsing knows no EAL state: it takes the text after
 * the first comma of --vdev and either fills the struct or says which key, which value, what is
 * allowed. Keys, value forms and defaults stand in one table in cpx_args.c. Commas within square
 * brackets belong to the value.
 */
#ifndef CPX_PMD_CPX_ARGS_H
#define CPX_PMD_CPX_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

#define CPX_MAX_LANES    8   /* of one port: a bank */
#define CPX_ENGINE_LANES 64  /* of one engine: 8 banks */
#define CPX_NAME_LEN     32  /* engine and fiber names with their NUL */
#define CPX_DEV_NAME_LEN 64  /* an ethdev's name with its NUL */
#define CPX_PATH_LEN     108 /* of a socket, with its NUL */
#define CPX_KIND_LEN     12
#define CPX_PROFILE_LEN  16
#define CPX_DEV_ARGS_LEN 256

enum cpx_carrier_kind {
	CPX_CARRIER_LOOP,
	CPX_CARRIER_FIBER, /* within the process */
	CPX_CARRIER_PEER,  /* to another process */
	CPX_CARRIER_DEV,
};

/* What manages the port's engine. */
enum cpx_mgmt {
	CPX_MGMT_NONE,     /* nothing does: all lanes are up */
	CPX_MGMT_EMULATED, /* a module inside this process */
	CPX_MGMT_UNIX,     /* one behind a socket of two-wire transactions */
	CPX_MGMT_OPTOE,    /* one behind a driver's EEPROM file */
};

struct cpx_args {
	char engine[CPX_NAME_LEN]; /* "" not said */
	uint16_t first_lane;       /* 0-based index within the engine */
	uint16_t n_lanes;          /* 1..CPX_MAX_LANES, all in one bank */
	uint32_t lane_mbps;        /* line rate of a lane, Mb/s */
	char kind[CPX_KIND_LEN];   /* cpo, npo, cpc-passive, cpc-active */
	bool has_mgmt;             /* said, and not by the carrier's default */
	enum cpx_mgmt mgmt;
	char mgmt_path[CPX_PATH_LEN];  /* of unix and optoe */
	char profile[CPX_PROFILE_LEN]; /* of an emulated engine; always one */
	char lasers[CPX_NAME_LEN]; /* laser source that feeds it; "": its own, if it needs one */
	char lasers_profile[CPX_PROFILE_LEN];
	char lasers_mgmt[CPX_PATH_LEN]; /* socket of that source; "": emulated */
	bool joint;                     /* the engine speaks for its lasers */
	uint32_t seed;                  /* of an emulated engine's noise, and of losses */
	char serve[CPX_PATH_LEN];       /* socket that an emulated engine answers on; "": none */
	enum cpx_carrier_kind carrier;
	char carrier_name[CPX_DEV_NAME_LEN];    /* fiber or ethdev; "" for loop */
	char carrier_devargs[CPX_DEV_ARGS_LEN]; /* of dev:[…]: the device to make; else "" */
	char path[CPX_PATH_LEN];                /* of a fiber to another process; else "" */
	bool has_role;
	bool server;      /* we own its socket */
	bool trust;       /* believe the peer's "checksum is good" */
	bool lent;        /* lend frames, take lent ones */
	bool wake;        /* offer to wake a sleeping peer */
	uint32_t dark;    /* set of lanes that carry nothing */
	bool passthrough; /* a device's own burst functions */
	bool spread;      /* a flow's hash chooses its lane, not the queue */
	int16_t numa;     /* -1 not said */
	bool pace;        /* hold each lane to its line rate */
	bool has_mac;
	uint8_t mac[6];
};

/* What RTE_PMD_REGISTER_PARAM_STRING shows. */
#define CPX_ARGS_HELP                                                                \
	"engine=<name> "                                                             \
	"lanes=<n>|<a>-<b> "                                                         \
	"rate=53|106|212 "                                                           \
	"kind=cpo|npo|cpc-passive|cpc-active "                                       \
	"carrier=loop|fiber:<name>|fiber:<path>|dev:<ethdev>|dev:[<device>,<args>] " \
	"role=server|client "                                                        \
	"trust=0|1 "                                                                 \
	"lent=0|1 "                                                                  \
	"wake=0|1 "                                                                  \
	"dark=<n>|<a>-<b> "                                                          \
	"passthrough=0|1 "                                                           \
	"spread=queue|hash "                                                         \
	"mac=<xx:xx:xx:xx:xx:xx> "                                                   \
	"mgmt=emulated|unix:<path>|optoe:<path>|none "                               \
	"profile=<name> "                                                            \
	"lasers=<name>[:<profile>][@<path>] "                                        \
	"joint=0|1 "                                                                 \
	"serve=<path> "                                                              \
	"seed=<n> "                                                                  \
	"pace=0|1 "                                                                  \
	"numa=<node>"

/*
 * Fill *a from `text` ("lanes=8,carrier=loop"; NULL or "" gives the defaults: one lane of
 * 106 Gb/s, loop, on an emulated engine). Unknown, repeated, empty and out-of-range keys are
 * refused with -EINVAL; a value the design knows but this version does not do yet with -ENOTSUP;
 * -ENOMEM. Any thread.
 */
int cpx_args_parse(struct cpx_args *a, const char *text, struct err *err);

#endif
