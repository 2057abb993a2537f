/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The station a generator port pretends to be: it answers ARP requests, neighbour solicitations and
 * pings for its addresses, and finds its gateway's MAC as a host does. Pure functions over frames
 * plus this small state; the receiving thread owns it. No DPDK.
 */
#ifndef CPX_BENCH_GEN_HOST_H
#define CPX_BENCH_GEN_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_MAX_FRAME 1518

struct host {
	uint8_t mac[6];
	uint32_t ip4; /* network order; 0 none */
	uint32_t gateway4;
	uint8_t ip6[16]; /* :: none */
	uint8_t gateway6[16];
	uint8_t link_local[16]; /* made from mac by host_init */

	bool resolved4, resolved6;
	uint8_t gateway4_mac[6], gateway6_mac[6];
	uint64_t arp_answered, nd_answered, pings_answered;
};

/* mac, ip4, gateway4, ip6 and gateway6 are set by the caller before. */
void host_init(struct host *h);

/*
 * Looks at a received frame of len bytes. True: it was for the host (ARP, neighbour discovery,
 * ping) and is dealt with; *reply_len bytes at reply (HOST_MAX_FRAME of room) are to be sent when
 * that is not 0. False: it is no business of the host's.
 */
bool host_receive(struct host *h, const void *frame, size_t len, void *reply, size_t *reply_len);

/*
 * Frames asking for gateways not yet known: call with which = 0, 1 and send what is returned
 * (length, 0 nothing to ask). Repeat every 100 ms or so until host_ready().
 */
size_t host_ask(const struct host *h, unsigned which, void *frame);

/* Every gateway it has is known. */
static inline bool host_ready(const struct host *h)
{
	return (!h->gateway4 || h->resolved4) && (!h->gateway6[0] || h->resolved6);
}

#endif
