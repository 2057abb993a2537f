/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/schema.h"

#include <string.h>

#include "config/config.h"
#include "lib/net/martian.h"
#include "lib/net/punt.h"

#define NAME_MAX_CHARS (CONFIG_NAME_LEN - 1)
#define ROUTES_MAX     (4u << 20)
#define NEXTHOPS_MAX   (1u << 20)

#define PROFILES(X)                  \
	X("oif-3.2t", 32, 106250)    \
	X("cpx-6.4t", 32, 212500)    \
	X("bailly-6.4t", 64, 106250) \
	X("npo-3.2t", 32, 106250)    \
	X("cpc-passive", 32, 212500) \
	X("cpc-active", 32, 212500)

#define PROFILE_ROW(name, lanes, mbps)  { name, lanes, mbps },
#define PROFILE_NAME(name, lanes, mbps) name,

const struct schema_profile schema_profiles[] = { PROFILES(PROFILE_ROW){ NULL, 0, 0 } };
static const char *const profile_names[] = { PROFILES(PROFILE_NAME) NULL };
static const char *const laser_names[] = { "els-8", "els-16", "els-32", NULL };
static const char *const role_names[] = { "server", "client", NULL };
static const char *const idle_names[] = { "sleep", "poll", NULL };
static const char *const spread_names[] = { "auto", "off", NULL };
static const char *const route_names[] = { "via", "blackhole", "unreachable", "prohibit", NULL };
static const char *const urpf_names[] = { "off", "loose", "strict", NULL };
static const char *const period_names[] = { "10", "100", "1000", NULL };

/* A table reads as a table. */
/* clang-format off */
#define PUNT_ROWS(sym, name, pps, burst, queue, help_) \
{ "punt." name, SCHEMA_MAP, .help = help_ ".", .example = "{pps: " #pps "}" }, \
{ "punt." name ".pps", SCHEMA_NUMBER, 0, PUNT_MAX_PPS, #pps, "Packets a second at most; 0: none." }, \
{ "punt." name ".burst", SCHEMA_NUMBER, 1, PUNT_MAX_BURST, #burst, "Packets at once at most." },

#define FILTER_KEY(sym, name, node, help_) \
{ "filters." name, SCHEMA_BOOL, .preset = "true", .help = "Drop packets whose " help_ "." },

const struct schema_key schema_keys[] = {
{ "", SCHEMA_MAP, .help = "A board: its engines, its ports, and how packets go between them.",
  .example = "begin with `engines:` and `ports:`; `cpx check --schema` shows all keys" },

{ "instance", SCHEMA_NAME, 1, NAME_MAX_CHARS, "cpx",
  "Name of this board. Two boards on one machine need two names; `cpx show -i NAME` finds it by "
  "this." },

{ "workers", SCHEMA_MAP, .help = "The threads that forward packets, each alone on its CPU." },
{ "workers.count", SCHEMA_AUTO, 1, CONFIG_MAX_WORKERS, "auto",
  "How many. auto: as many as `cpus` lists, else one less than the CPUs this process may use, at "
  "least one." },
{ "workers.cpus", SCHEMA_LIST, 0, CONFIG_MAX_WORKERS,
  .help = "CPU numbers to pin them to. Without it, placement goes by NUMA node and physical "
  "core.", .example = "[1, 2]" },
{ "workers.cpus[]", SCHEMA_NUMBER, 0, 1023, .help = "A CPU number as in lscpu." },
{ "workers.idle", SCHEMA_CHOICE, .preset = "sleep", .choices = idle_names,
  .help = "What a worker without packets does: sleep gives the CPU back until a packet comes, poll "
  "never does, but where it shares the control thread's CPU." },
{ "workers.spread", SCHEMA_CHOICE, .preset = "auto", .choices = spread_names,
  .help = "What to do with workers beyond the receive queues there are. auto: a worker with a queue "
  "hands them some of its flows, each flow always to the same one; off: they have nothing to do." },

{ "engines", SCHEMA_NAMED, 1, CONFIG_MAX_ENGINES, .required = true,
  .help = "Co-packaged engines, by name.", .example = "{oe0: {profile: oif-3.2t}}" },
{ "engines.*", SCHEMA_MAP, .help = "One engine." },
{ "engines.*.profile", SCHEMA_CHOICE, .choices = profile_names, .required = true,
  .help = "What it is: oif-3.2t has 32 lanes of 106.25 Gb/s, cpx-6.4t 32 of 212.5 Gb/s, "
  "bailly-6.4t 64 of 106.25 Gb/s; npo-3.2t stands beside the package, cpc-passive and cpc-active "
  "are copper, 32 of 212.5 Gb/s.", .example = "oif-3.2t" },
{ "engines.*.mgmt", SCHEMA_TEXT, 4, CONFIG_PATH_LEN + 5,
  .help = "How it is managed: emulated (a module inside this process), unix:/SOCKET (two-wire "
  "transactions on a socket), optoe:/FILE (a driver's EEPROM file), none (nobody does: its lanes "
  "are up). Without it: emulated for ports on loop and fiber, none for ports on devices.",
  .example = "unix:/run/cpx/engines/oe0" },
{ "engines.*.lasers", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "The laser source of `lasers` that feeds it, its lanes evenly from all lasers. Without "
  "it, an emulated engine that needs lasers has its own.", .example = "els0" },
{ "engines.*.joint", SCHEMA_BOOL, .preset = "false",
  .help = "Joint mode: the engine speaks for its lasers, on its own pages; they are no device of "
  "their own." },
{ "engines.*.serve", SCHEMA_TEXT, 2, CONFIG_PATH_LEN - 1,
  .help = "Of an emulated engine: socket on which its registers answer other hosts.",
  .example = "/run/cpx/engines/oe0" },
{ "engines.*.seed", SCHEMA_NUMBER, 0, UINT32_MAX, "0",
  "Of an emulated engine: the same seed makes the same noise and the same losses." },
{ "engines.*.numa", SCHEMA_NUMBER, 0, 63,
  .help = "NUMA node it is attached to. Its lanes are placed on workers of that node first.",
  .example = "0" },

{ "lasers", SCHEMA_NAMED, 0, CONFIG_MAX_LASERS,
  .help = "External laser sources (ELS), by name: devices of their own that feed engines.",
  .example = "{els0: {profile: els-8}}" },
{ "lasers.*", SCHEMA_MAP, .help = "One laser source." },
{ "lasers.*.profile", SCHEMA_CHOICE, .preset = "els-8", .choices = laser_names,
  .help = "What it is, by its number of lasers." },
{ "lasers.*.mgmt", SCHEMA_TEXT, 4, CONFIG_PATH_LEN + 5, .preset = "emulated",
  .help = "emulated, or unix:/SOCKET.", .example = "unix:/run/cpx/engines/els0" },

{ "devices", SCHEMA_NAMED, 0, CONFIG_MAX_DEVICES, .names = SCHEMA_BY_DEVICE,
  .help = "DPDK devices to open, by the name `carrier: dev:NAME` uses: a driver name with a number "
  "(net_af_packet0, net_af_xdp0, net_tap0) or a PCI address.",
  .example = "{net_af_packet0: iface=eth0}" },
{ "devices.*", SCHEMA_TEXT, 0, 255, .preset = "",
  .help = "Arguments of the device as DPDK's --vdev and --allow take them: key=value,key=value.",
  .example = "iface=eth0" },

{ "vrfs", SCHEMA_NAMED, 0, CONFIG_MAX_VRFS - 1,
  .help = "VRFs by name: each has route tables of its own, and addresses that may be another VRF's, "
  "too. What names no VRF is in the default one. A VRF takes 128 MB of memory for its tables, and "
  "more where they are large.", .example = "{blue: {table: 100}}" },
{ "vrfs.*", SCHEMA_MAP, .help = "One VRF." },
{ "vrfs.*.table", SCHEMA_NUMBER, 1, UINT32_MAX, .required = true,
  .help = "The routing table of the kernel that is this VRF's, as in `ip link add NAME type vrf "
  "table N`. Not 253 to 255, which are the kernel's own.", .example = "100" },
{ "vrfs.*.routes4", SCHEMA_AUTO, 1, ROUTES_MAX, "auto",
  "Room for IPv4 routes. auto: twice what this file needs, at least 1024." },
{ "vrfs.*.routes6", SCHEMA_AUTO, 1, ROUTES_MAX, "auto",
  "Room for IPv6 routes. auto: twice what this file needs, at least 1024." },

{ "ports", SCHEMA_NAMED, 1, CONFIG_MAX_PORTS, .required = true,
  .help = "Ports, by name. Ports and devices together: at most 32, the room of a stock DPDK.",
  .example = "{p0: {lanes: oe0/0-7, carrier: loop}}" },
{ "ports.*", SCHEMA_MAP, .help = "One port: some lanes of an engine and what carries them." },
{ "ports.*.lanes", SCHEMA_LANES, .required = true,
  .help = "Its lanes: ENGINE/FIRST-LAST or ENGINE/LANE, counted from 0 through the engine. 1, 2, 4 "
  "or 8 lanes inside one bank of 8, used by no other port.", .example = "oe0/0-7" },
{ "ports.*.carrier", SCHEMA_CARRIER, .required = true,
  .help = "What moves the frames: loop (back to itself), fiber:NAME (to the other port that names "
  "the same fiber), fiber:/PATH (to another process, through a socket of that path), dev:NAME (a "
  "device of `devices`).", .example = "fiber:a" },
{ "ports.*.role", SCHEMA_CHOICE, .choices = role_names,
  .help = "Of a carrier fiber:/PATH: server makes the socket and the memory, client joins it. "
  "Without it: server.", .example = "client" },
{ "ports.*.mtu", SCHEMA_NUMBER, 68, 9702, "1500",
  "Largest IP packet, in bytes, without Ethernet header. At least 1280 where the port or one of its "
  "VLANs has an IPv6 address." },
{ "ports.*.mac", SCHEMA_MAC,
  .help = "Ethernet address. Without it: the carrier's own, or a private one.", .example = "\"02:00:00:00:00:01\"" },
{ "ports.*.promiscuous", SCHEMA_BOOL, .preset = "false",
  .help = "Take frames for any Ethernet address, not only this port's." },
{ "ports.*.numa", SCHEMA_NUMBER, 0, 63,
  .help = "NUMA node its packets are best handled on. Without it: the engine's.", .example = "0" },
{ "ports.*.vrf", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "VRF the port's untagged packets belong to. Without it: the default one.",
  .example = "blue" },
{ "ports.*.addresses", SCHEMA_LIST, 0, CONFIG_MAX_ADDRS,
  .help = "IPv4 and IPv6 addresses of the port, with prefix length.",
  .example = "[10.0.0.1/24, \"2001:db8::1/64\"]" },
{ "ports.*.addresses[]", SCHEMA_OWN, .help = "ADDRESS/LENGTH.", .example = "10.0.0.1/24" },
{ "ports.*.twin", SCHEMA_BOOL, .preset = "true",
  .help = "Where `host: twins` is true: a TAP twin of this port in the kernel, of the same name." },
{ "ports.*.urpf", SCHEMA_CHOICE, .preset = "off", .choices = urpf_names,
  .help = "Reverse path check of sources (RFC 3704), untagged packets: strict drops what has no route "
  "back out of this port, loose what has no route at all. Blackholes and the like are no routes." },
{ "ports.*.vlans", SCHEMA_NAMED, 0, CONFIG_MAX_VLANS, .names = SCHEMA_BY_VLAN,
  .help = "VLANs the port speaks tagged (802.1Q), by their number 1 to 4094. At most 256 on a "
  "board.", .example = "{100: {addresses: [10.0.100.1/24]}}" },
{ "ports.*.vlans.*", SCHEMA_MAP, .help = "One VLAN of the port." },
{ "ports.*.vlans.*.vrf", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "VRF of this VLAN's packets. Without it: the default one, whatever the port's is.",
  .example = "blue" },
{ "ports.*.vlans.*.urpf", SCHEMA_CHOICE, .preset = "off", .choices = urpf_names,
  .help = "Reverse path check of sources in this VLAN." },
{ "ports.*.vlans.*.addresses", SCHEMA_LIST, 0, CONFIG_MAX_ADDRS,
  .help = "IPv4 and IPv6 addresses of the port in this VLAN, with prefix length.",
  .example = "[10.0.100.1/24]" },
{ "ports.*.vlans.*.addresses[]", SCHEMA_OWN, .help = "ADDRESS/LENGTH.",
  .example = "10.0.100.1/24" },

{ "host", SCHEMA_MAP,
  .help = "The kernel beside the board: what is addressed to the board and not answered by it." },
{ "host.twins", SCHEMA_BOOL, .preset = "false",
  .help = "Each port gets a TAP twin in the kernel: same name, MAC, MTU, carrier and addresses. It "
  "gets what arrives for this host, and what the host sends through it leaves by the port. Needs "
  "CAP_NET_ADMIN." },
{ "host.netns", SCHEMA_TEXT, 1, CONFIG_PATH_LEN - 1,
  .help = "Network namespace of the twins: a name under /run/netns, as of `ip netns add`, or an "
  "absolute path. Needs CAP_SYS_ADMIN. Without it: the one cpx runs in.", .example = "routing" },
{ "host.fpm", SCHEMA_TEXT, 3, CONFIG_LISTEN_LEN - 1,
  .help = "Where FRR's zebra gives its routes directly (`zebra -M dplane_fpm_nl`, `fpm address`): "
  "ADDRESS:PORT or [ADDRESS]:PORT in the namespace of the twins, usually 127.0.0.1:2620. Without "
  "it: nowhere, its routes come by way of the kernel.", .example = "127.0.0.1:2620" },
{ "host.fpm_remote", SCHEMA_BOOL, .preset = "false",
  .help = "Let `fpm` be an address that other machines reach. Who reaches it decides where packets "
  "go." },
{ "host.fpm_stale", SCHEMA_NUMBER, 1, 86400, "120",
  "Routes of a zebra that has gone stay this long, and as long after it is back: what it has not "
  "told again by then goes.", .unit = "s" },

{ "routes", SCHEMA_LIST, 0, ROUTES_MAX, .help = "Static routes.",
  .example = "[{to: 0.0.0.0/0, via: 10.0.0.254}]" },
{ "routes[]", SCHEMA_MAP, .help = "One route." },
{ "routes[].to", SCHEMA_PREFIX, .required = true,
  .help = "Destination, ADDRESS/LENGTH. 0.0.0.0/0 and ::/0 are the default routes.",
  .example = "10.1.0.0/16" },
{ "routes[].via", SCHEMA_ADDRESS,
  .help = "Gateway, in a subnet of one of the ports; of the same family as `to`.",
  .example = "10.0.0.254" },
{ "routes[].type", SCHEMA_CHOICE, .preset = "via", .choices = route_names,
  .help = "via: to the gateway. The others drop: blackhole in silence, unreachable and prohibit "
  "with that ICMP answer." },
{ "routes[].port", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "Port the gateway is on. Needed only for a link-local gateway (fe80::/10).",
  .example = "p0" },
{ "routes[].vlan", SCHEMA_NUMBER, 1, 4094, .help = "VLAN of that port.", .example = "100" },
{ "routes[].vrf", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "VRF the route is of; its gateway is in the same. Without it: that of `port`, else the "
  "default one.",
  .example = "blue" },
{ "routes[].paths", SCHEMA_LIST, 1, CONFIG_MAX_PATHS,
  .help = "Instead of `via`: several gateways at once, each flow by one of them. Flows of a gateway "
  "that is not reachable go by the others.",
  .example = "[{via: 10.0.0.254}, {via: 10.0.1.254, weight: 2}]" },
{ "routes[].paths[]", SCHEMA_MAP, .help = "One of the gateways." },
{ "routes[].paths[].via", SCHEMA_ADDRESS, .required = true,
  .help = "Gateway, in a subnet of one of the ports; of the same family as `to`.",
  .example = "10.0.0.254" },
{ "routes[].paths[].port", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "Port the gateway is on. Needed only for a link-local gateway (fe80::/10).",
  .example = "p0" },
{ "routes[].paths[].vlan", SCHEMA_NUMBER, 1, 4094, .help = "VLAN of that port.",
  .example = "100" },
{ "routes[].paths[].weight", SCHEMA_NUMBER, 1, 255, "1",
  "Its share of the flows, beside the other weights." },
{ "routes[].metric", SCHEMA_NUMBER, 0, 4294967294, "0",
  "Of routes to the same destination the one with the lowest metric is used while it can be." },

{ "neighbors", SCHEMA_LIST, 0, NEXTHOPS_MAX,
  .help = "Static neighbours: no ARP or neighbour discovery for these.",
  .example = "[{ip: 10.0.0.2, mac: \"02:00:00:00:01:02\"}]" },
{ "neighbors[]", SCHEMA_MAP, .help = "One neighbour." },
{ "neighbors[].ip", SCHEMA_ADDRESS, .required = true,
  .help = "Its address, in a subnet of one of the ports.", .example = "10.0.0.2" },
{ "neighbors[].mac", SCHEMA_MAC, .required = true, .help = "Its Ethernet address.",
  .example = "\"02:00:00:00:01:02\"" },
{ "neighbors[].port", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "Port it is on. Needed only for a link-local address (fe80::/10).", .example = "p0" },
{ "neighbors[].vlan", SCHEMA_NUMBER, 1, 4094, .help = "VLAN of that port.", .example = "100" },
{ "neighbors[].vrf", SCHEMA_NAME, 1, NAME_MAX_CHARS,
  .help = "VRF it is in. Without it: that of `port`, else the default one.", .example = "blue" },

{ "tables", SCHEMA_MAP,
  .help = "Sizes of the tables, fixed while the process runs. An entry too many is refused with "
  "the table's name and size." },
{ "tables.routes4", SCHEMA_AUTO, 1, ROUTES_MAX, "auto",
  "IPv4 routes of the default VRF. auto: twice what this file needs, at least 1024." },
{ "tables.routes6", SCHEMA_AUTO, 1, ROUTES_MAX, "auto",
  "IPv6 routes of the default VRF. auto: twice what this file needs, at least 1024." },
{ "tables.nexthops", SCHEMA_AUTO, 1, NEXTHOPS_MAX, "auto",
  "Next hops. auto: twice what this file needs, at least 4096." },
{ "tables.neighbors", SCHEMA_AUTO, 1, NEXTHOPS_MAX, "auto",
  "Neighbours, learnt and static. auto: twice the static ones, at least 1024." },

{ "memory", SCHEMA_MAP, .help = "Packet memory." },
{ "memory.buffers", SCHEMA_AUTO, 1024, 16u << 20, "auto",
  "Packet buffers. auto: from lanes, queues and workers." },
{ "memory.hugepages", SCHEMA_BOOL, .preset = "true",
  .help = "Use huge pages. false works anywhere and is slower; fit for trials, not for "
  "measurements." },

{ "arp", SCHEMA_MAP, .help = "Neighbours, IPv4 and IPv6." },
{ "arp.age", SCHEMA_NUMBER, 1, 86400, "300",
  "A neighbour unused and unconfirmed this long is forgotten.", .unit = "s" },

{ "filters", SCHEMA_MAP,
  .help = "Packets dropped for addresses that no packet may carry through a router, each counted "
  "under the name of its filter. false lets them pass.", .example = "{ip4_source_own: false}" },
MARTIANS(FILTER_KEY)

{ "ip", SCHEMA_MAP, .help = "Forwarding of IP packets." },
{ "ip.fragment", SCHEMA_BOOL, .preset = "true",
  .help = "Cut IPv4 packets that are larger than the MTU of their way out and do not forbid it "
  "(RFC 1812 5.3.1.1). false drops them." },
{ "ip.urpf_default", SCHEMA_BOOL, .preset = "false",
  .help = "Whether the default route is a route where `urpf` is loose: then nearly all sources "
  "pass (RFC 3704 2.4)." },

{ "icmp", SCHEMA_MAP, .help = "ICMP and ICMPv6 answers." },
{ "icmp.errors_pps", SCHEMA_NUMBER, 0, 1000000, "1000",
  "Errors (unreachable, time exceeded, too big) a worker sends per second at most; 0 sends none." },

{ "punt", SCHEMA_MAP,
  .help = "What this box lets through to itself, by class; `cpx show punt` counts. What is over a "
  "rate is dropped as \"policed\". Rates are the board's; its workers share them.",
  .example = "{bgp: {pps: 2000}, ip2me: {pps: 500, burst: 100}}" },
PUNT_CLASSES(PUNT_ROWS)

{ "telemetry", SCHEMA_MAP, .help = "What other programs read." },
{ "telemetry.period", SCHEMA_NUMBER, 10, 1000, "100",
  "Time between two publications of the sums.", .choices = period_names, .unit = "ms" },
{ NULL },
};
/* clang-format on */

const size_t schema_n_keys = sizeof(schema_keys) / sizeof(schema_keys[0]) - 1;

const struct schema_key *schema_root(void)
{
	return &schema_keys[0];
}

/* The part of `path` below the parent's, or NULL when it is no direct child. */
static const char *leaf_below(const struct schema_key *parent, const char *path)
{
	size_t n = strlen(parent->path);

	if (strncmp(path, parent->path, n) != 0)
		return NULL;
	path += n;
	if (parent->type == SCHEMA_LIST)
		return strcmp(path, "[]") == 0 ? path : NULL;
	if (n > 0 && *path++ != '.')
		return NULL;
	return *path && !strpbrk(path, ".[") ? path : NULL;
}

const struct schema_key *schema_next(const struct schema_key *parent, const struct schema_key *prev)
{
	const struct schema_key *key = prev ? prev : parent;

	for (key++; key->path; key++)
		if (leaf_below(parent, key->path))
			return key;
	return NULL;
}

const struct schema_key *schema_child(const struct schema_key *parent, const char *leaf)
{
	const struct schema_key *key = NULL;

	while ((key = schema_next(parent, key)))
		if (strcmp(leaf_below(parent, key->path), leaf) == 0)
			return key;
	return NULL;
}

const char *schema_leaf(const struct schema_key *key)
{
	const char *dot = strrchr(key->path, '.');

	return dot ? dot + 1 : key->path;
}

static void describe_choices(const struct schema_key *key, char *out, size_t room)
{
	size_t n = 0;

	out[0] = '\0';
	for (const char *const *c = key->choices; *c && n < room; c++)
		n += (size_t)snprintf(out + n, room - n, "%s%s", n ? " | " : "", *c);
}

void schema_describe(const struct schema_key *key, char *out, size_t room)
{
	static const char *const by[] = { "name", "device name", "VLAN number" };
	size_t n;

	switch (key->type) {
	case SCHEMA_MAP:
		snprintf(out, room, "keys below");
		return;
	case SCHEMA_NAMED:
		snprintf(out, room, "one entry per %s, %u to %u", by[key->names], key->min,
			 key->max);
		return;
	case SCHEMA_LIST:
		snprintf(out, room, "list, at most %u", key->max);
		return;
	case SCHEMA_NUMBER:
		if (key->choices) {
			describe_choices(key, out, room);
			n = strlen(out);
			if (key->unit)
				snprintf(out + n, room - n, " %s", key->unit);
		} else {
			snprintf(out, room, "%u to %u%s%s", key->min, key->max,
				 key->unit ? " " : "", key->unit ? key->unit : "");
		}
		return;
	case SCHEMA_AUTO:
		snprintf(out, room, "auto | %u to %u", key->min, key->max);
		return;
	case SCHEMA_BOOL:
		snprintf(out, room, "true | false");
		return;
	case SCHEMA_CHOICE:
		describe_choices(key, out, room);
		return;
	case SCHEMA_NAME:
		snprintf(out, room, "name, at most %u of a-z 0-9 _ -", key->max);
		return;
	case SCHEMA_TEXT:
		snprintf(out, room, "text without spaces, at most %u bytes", key->max);
		return;
	case SCHEMA_LANES:
		snprintf(out, room, "ENGINE/FIRST-LAST | ENGINE/LANE");
		return;
	case SCHEMA_CARRIER:
		snprintf(out, room, "loop | fiber:NAME | fiber:/PATH | dev:NAME");
		return;
	case SCHEMA_MAC:
		snprintf(out, room, "Ethernet address, unicast");
		return;
	case SCHEMA_OWN:
		snprintf(out, room, "ADDRESS/LENGTH, IPv4 or IPv6");
		return;
	case SCHEMA_PREFIX:
		snprintf(out, room, "NETWORK/LENGTH, IPv4 or IPv6");
		return;
	case SCHEMA_ADDRESS:
		snprintf(out, room, "IPv4 or IPv6 address");
		return;
	}
}
