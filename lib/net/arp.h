/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP for IPv4 over Ethernet (RFC 826, RFC 5227): a checked view of a packet, and frames to send.
 * Pure functions of (pointer, length), any thread. IPv4 addresses are in network order.
 */
#ifndef CPX_LIB_NET_ARP_H
#define CPX_LIB_NET_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/ether.h"

enum arp_operation { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2 };

enum arp_result {
	ARP_OK,
	ARP_TRUNCATED,      /* fewer than 28 bytes */
	ARP_BAD_HTYPE,      /* not Ethernet */
	ARP_BAD_PTYPE,      /* not IPv4 */
	ARP_BAD_LENGTHS,    /* address lengths not 6 and 4 */
	ARP_BAD_OP,         /* neither request nor reply */
	ARP_BAD_SENDER_MAC, /* group or all-zero hardware address */
	ARP_BAD_SENDER_IP, /* multicast, broadcast, reserved, loopback or 0/8; 0.0.0.0 in a reply */
	ARP_RESULTS
};

struct arp_info {
	enum arp_operation op;
	uint8_t sender_mac[6];
	uint8_t target_mac[6]; /* as in the packet, not checked */
	uint32_t sender_ip;    /* 0 exactly when probe */
	uint32_t target_ip;
	bool probe;        /* request from 0.0.0.0: duplicate detection, learn nothing from it */
	bool announcement; /* sender and target address are the same ("gratuitous") */
};

/* Checks an ARP packet (what follows the EtherType). *out is filled on ARP_OK only. */
enum arp_result arp_parse(const void *p, size_t len, struct arp_info *out);

/*
 * Whole Ethernet frames, padded to 60 bytes (64 with a tag; vlan 0 is untagged). Both return the
 * frame length, or -ENOSPC when cap is less. The request is broadcast; src_ip 0 makes it a probe.
 */
int arp_build_request(void *buf, size_t cap, const uint8_t src_mac[6], uint16_t vlan,
		      uint32_t src_ip, uint32_t target_ip);
int arp_build_reply(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		    uint16_t vlan, uint32_t src_ip, uint32_t dst_ip);

#endif
