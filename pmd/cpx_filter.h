/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive filters of a port: destination addresses and VLANs, for lanes that pass everything. A
 * port begins promiscuous and without a VLAN filter, that is, passes everything too.
 *
 * One thread, the control thread, changes a filter; lcores ask it about frames meanwhile. A change
 * takes effect frame by frame; an address or VLAN that is wanted before and after a change is not
 * missed during it. The questions are pure functions of (filter, pointer, length).
 */
#ifndef CPX_PMD_CPX_FILTER_H
#define CPX_PMD_CPX_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/order.h"

#define CPX_FILTER_MACS       16 /* index 0: the port's own address */
#define CPX_FILTER_MULTICASTS 64
#define CPX_FILTER_NO_MAC     UINT64_MAX /* an unused entry: no address has more than 48 bits */

struct cpx_filter {
	uint32_t promiscuous;  /* any time */
	uint32_t allmulticast; /* any time */
	uint32_t vlan_on;      /* any time: only tagged frames of `vlan` pass, and untagged ones */
	uint32_t n_macs;       /* any time: entries of `mac` up to the last one used */
	uint64_t mac[CPX_FILTER_MACS]; /* any time: as cpx_filter_address reads them */
	uint64_t vlan[4096 / 64];      /* any time: bit a VLAN id */
	uint64_t multicast_seq;        /* of the following two; see lib/base/order.h */
	uint64_t multicast[CPX_FILTER_MULTICASTS];
	uint32_t n_multicasts;
};

/* ---- control thread ---- */

/* Promiscuous, `mac` (6 bytes) at index 0, nothing else. */
void cpx_filter_init(struct cpx_filter *f, const uint8_t *mac);
/* Entry `index` < CPX_FILTER_MACS is `mac` from now on; NULL: unused. */
void cpx_filter_mac_set(struct cpx_filter *f, unsigned index, const uint8_t *mac);
/* The group addresses that pass: n times 6 bytes. -ENOSPC with err filled: too many. */
int cpx_filter_multicast_set(struct cpx_filter *f, const uint8_t *macs, uint32_t n,
			     struct err *err);
/* id < 4096 */
void cpx_filter_vlan_set(struct cpx_filter *f, uint16_t id, bool on);

/* ---- lcores ---- */

/* The first six bytes at p, of which eight can be read. */
static inline uint64_t cpx_filter_address(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v & 0xffffffffffff;
}

/* The rest of cpx_filter_mac_pass: not the port's own address. */
bool cpx_filter_other_mac(const struct cpx_filter *f, uint64_t address);

/*
 * Is the frame for us: to one of the port's addresses, broadcast, a group that was asked for? A
 * frame too short for an Ethernet header is for nobody. Does not look at `promiscuous`.
 */
static inline bool cpx_filter_mac_pass(const struct cpx_filter *f, const uint8_t *frame, size_t len)
{
	uint64_t address;

	if (len < 14)
		return false;
	address = cpx_filter_address(frame);
	return address == load_relaxed(&f->mac[0]) || cpx_filter_other_mac(f, address);
}

/* Is the id < 4096 in the list? */
static inline bool cpx_filter_vlan_listed(const struct cpx_filter *f, unsigned id)
{
	return load_relaxed(&f->vlan[id / 64]) >> (id % 64) & 1;
}

/* Does a tag with this id pass? Id 0 is no VLAN, only a priority. Does not look at `vlan_on`. */
static inline bool cpx_filter_vlan_id_pass(const struct cpx_filter *f, uint16_t tci)
{
	const unsigned id = tci & 0xfff;

	return id == 0 || cpx_filter_vlan_listed(f, id);
}

/* The same of the frame's outermost tag, of type 0x8100; frames without one pass. */
static inline bool cpx_filter_vlan_pass(const struct cpx_filter *f, const uint8_t *frame,
					size_t len)
{
	if (len < 14 || frame[12] != 0x81 || frame[13] != 0)
		return true;
	return len >= 16 && cpx_filter_vlan_id_pass(f, (uint16_t)(frame[14] << 8 | frame[15]));
}

/* All of it. */
static inline bool cpx_filter_pass(const struct cpx_filter *f, const uint8_t *frame, size_t len)
{
	return (load_relaxed(&f->promiscuous) || cpx_filter_mac_pass(f, frame, len)) &&
	       (!load_relaxed(&f->vlan_on) || cpx_filter_vlan_pass(f, frame, len));
}

#endif
