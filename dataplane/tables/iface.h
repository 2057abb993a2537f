/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A layer-3 interface: a port untagged, or one VLAN of it, with its addresses. Part of the
 * immutable configuration: the control thread makes the array, workers and control read it.
 */
#ifndef CPX_DATAPLANE_TABLES_IFACE_H
#define CPX_DATAPLANE_TABLES_IFACE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IFACE_MAX_ADDRS 17 /* configured ones and the IPv6 link-local one */

struct iface_addr4 {
	uint32_t addr; /* network byte order */
	uint8_t len;
};

struct iface_addr6 {
	uint8_t addr[16];
	uint8_t len;
};

enum iface_rpf { IFACE_RPF_OFF, IFACE_RPF_LOOSE, IFACE_RPF_STRICT };

struct iface {
	uint16_t port;      /* DPDK port id */
	uint16_t vlan;      /* 0 untagged */
	uint16_t mtu;       /* IP MTU */
	uint16_t vrf;       /* index into worker_cfg.vrfs; kept while the port is away */
	uint16_t host_lane; /* telemetry lane that counts what the control thread sends here */
	uint8_t mac[6];
	bool host;   /* its port has a twin in the kernel, which gets what is for this host */
	uint8_t rpf; /* enum iface_rpf: reverse path check of sources (nodes/rpf.h) */
	uint8_t n4, n6;
	struct iface_addr4 addr4[IFACE_MAX_ADDRS];
	struct iface_addr6 addr6[IFACE_MAX_ADDRS];
};

/* Interface 0 is no interface: a board's interfaces count from 1. */
#define IFACE_NONE 0

static inline bool iface_has4(const struct iface *f, uint32_t addr)
{
	for (uint8_t i = 0; i < f->n4; i++)
		if (f->addr4[i].addr == addr)
			return true;
	return false;
}

static inline bool iface_has6(const struct iface *f, const uint8_t addr[16])
{
	for (uint8_t i = 0; i < f->n6; i++)
		if (memcmp(f->addr6[i].addr, addr, 16) == 0)
			return true;
	return false;
}

/* Whether a packet to this IPv4 address of a group is for the link's stations: 224.0.0/24, the
 * limited broadcast, the broadcast of a subnet here. */
bool iface_hears4(const struct iface *f, uint32_t addr);

/* Our address on the subnet of `peer`, else the first one; NULL without addresses. */
const uint32_t *iface_source4(const struct iface *f, uint32_t peer);
const uint8_t *iface_source6(const struct iface *f, const uint8_t peer[16]);

/* Whether the first len bits agree. */
bool prefix_match(const uint8_t *a, const uint8_t *b, unsigned len);

#endif
