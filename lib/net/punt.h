/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which control protocol a packet for this box belongs to: its punt class. One line a class gives
 * the enum, the configuration keys `punt.NAME.pps` and `.burst` with their defaults, the label of
 * the counters and what `cpx show punt` prints. Each class is policed by itself; classes of a queue
 * share a ring to the control thread, which takes the queues in this order.
 *
 * Rates are those of SONiC's CoPP (copp_cfg.j2: BGP, LACP and ip2me 6000 a second, ARP and ND 600,
 * IGMP 300, LLDP, DHCP and UDLD 100), with BFD, the other routing protocols and packets that wait
 * for a neighbour set beside them. Bursts are smaller than SONiC's, one second's worth: all bursts
 * of a queue fit into its ring at once, so no class fills a ring against another.
 *
 * Pure, any thread. What a packet claims to be is not proven: a class bounds what it can cost.
 */
#ifndef CPX_LIB_NET_PUNT_H
#define CPX_LIB_NET_PUNT_H

#include <stddef.h>
#include <stdint.h>

/* clang-format off */
/* _(symbol, name, packets taken a turn of the control thread, help); by priority */
#define PUNT_QUEUES(_) \
_(ROUTING, "routing", 128, "keeps sessions and links up") \
_(RESOLUTION, "resolution", 64, "keeps neighbours") \
_(MANAGEMENT, "management", 64, "for services of this box") \
_(REST, "rest", 32, "everything else")

/* _(symbol, name, packets a second, burst, queue, help) */
#define PUNT_CLASSES(_) \
_(BFD, "bfd", 6000, 256, ROUTING, "BFD: UDP 3784, 3785 and 6784 with TTL 255, UDP 4784") \
_(LACP, "lacp", 6000, 128, ROUTING, "slow protocols: LACP, OAM (802.3 annex 57A)") \
_(BGP, "bgp", 6000, 512, ROUTING, "BGP: TCP 179") \
_(OSPF, "ospf", 6000, 256, ROUTING, "OSPF: IP protocol 89") \
_(ISIS, "isis", 6000, 256, ROUTING, "IS-IS: 802.2 frames of OSI") \
_(LDP, "ldp", 600, 128, ROUTING, "LDP: UDP and TCP 646") \
_(PIM, "pim", 600, 128, ROUTING, "PIM: IP protocol 103") \
_(RIP, "rip", 600, 128, ROUTING, "RIP and RIPng: UDP 520, 521") \
_(VRRP, "vrrp", 600, 128, ROUTING, "VRRP: IP protocol 112") \
_(ARP, "arp", 600, 300, RESOLUTION, "ARP") \
_(ND, "nd", 600, 300, RESOLUTION, "neighbour and router discovery (RFC 4861)") \
_(DHCP, "dhcp", 100, 100, MANAGEMENT, "DHCP and DHCPv6") \
_(LLDP, "lldp", 100, 100, MANAGEMENT, "LLDP") \
_(LINK, "link", 100, 100, MANAGEMENT, "other link protocols: EAPOL, STP, UDLD") \
_(IGMP, "igmp", 300, 100, MANAGEMENT, "IGMP and MLD") \
_(IP2ME, "ip2me", 6000, 600, MANAGEMENT, "the rest to addresses of this box") \
_(MULTICAST, "multicast_local", 600, 300, REST, "the rest to groups this box hears") \
_(RESOLVE, "resolve", 600, 512, REST, "packets that wait for a neighbour's answer")
/* clang-format on */

enum punt_queue {
#define _(sym, name, take, help) PUNT_QUEUE_##sym,
	PUNT_QUEUES(_)
#undef _
		PUNT_QUEUE_COUNT
};

enum punt_class {
#define _(sym, name, pps, burst, queue, help) PUNT_##sym,
	PUNT_CLASSES(_)
#undef _
		PUNT_COUNT
};

#define PUNT_MAX_PPS   1000000u
#define PUNT_MAX_BURST 8192u
#define PUNT_TAKE_MAX  128 /* the most any queue gives a turn */

struct punt_rate {
	uint32_t pps;   /* 0: none is let through */
	uint32_t burst; /* packets, at least 1 */
};

struct punt_info {
	const char *name, *help;
	enum punt_queue queue;
};

extern const struct punt_info punt_info[PUNT_COUNT];
extern const char *const punt_queue_names[PUNT_QUEUE_COUNT];
extern const uint16_t punt_queue_take[PUNT_QUEUE_COUNT];

/*
 * The class of a frame without VLAN tag, of which len bytes may be read; more may follow elsewhere.
 * Fields are read only where they lie inside, and ports never in a later fragment: what cannot be
 * told falls into the class of its destination, ip2me or multicast_local.
 */
enum punt_class punt_classify(const void *frame, size_t len);

#endif
