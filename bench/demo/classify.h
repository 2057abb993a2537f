/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kind of packet a frame is, in words for a report, and a key by which a forwarded packet is
 * known again: everything a router must leave as it is, and the TTL it must leave behind. Pure
 * functions of (pointer, length).
 */
#ifndef CPX_BENCH_DEMO_CLASSIFY_H
#define CPX_BENCH_DEMO_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLASSIFY_TEXT 80

/* One or more words: "VLAN 10 IPv4 TCP", "IPv4 bad checksum", "ARP request". */
void classify(const void *frame, size_t len, char text[CLASSIFY_TEXT]);

/* VLAN id of a frame with exactly one 802.1Q tag, 0 of an untagged one, -1 otherwise. */
int classify_vlan(const void *frame, size_t len);

/*
 * Key of the IP packet in a frame as it is to look after `hops` routers; false when it holds no
 * well-formed IP packet, or one with a TTL that does not last.
 */
bool classify_key(const void *frame, size_t len, unsigned hops, uint64_t *key);

/* An ICMP or ICMPv6 message (errors, echo replies) or an ARP reply: what a router answers with. */
bool classify_is_answer(const void *frame, size_t len);

#endif
