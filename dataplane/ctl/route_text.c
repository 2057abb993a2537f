/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes as JSON; see route_text.h. Control thread. */
#include "dataplane/ctl/route_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool route_parse_prefix(const char *text, struct rib_prefix *p)
{
	const char *slash = strchr(text, '/');
	const size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char addr[INET6_ADDRSTRLEN], *end;
	unsigned long bits;

	*p = (struct rib_prefix){ .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(p->family, addr, p->addr) != 1)
		return false;
	p->len = p->family == AF_INET ? 32 : 128;
	if (!slash)
		return true;
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || bits > p->len)
		return false;
	p->len = (uint8_t)bits;
	return true;
}

/* Untagged, or the VLAN of it. */
static int find_iface(const struct board *b, const char *port, unsigned vlan, uint16_t *iface,
		      struct err *err)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		const struct board_port *p = &b->ports[i];

		if (!p->probed || strcmp(p->spec.name, port) != 0)
			continue;
		*iface = !vlan ? iface_of_port(b, i) : p->vlan_iface ? p->vlan_iface[vlan] : 0;
		if (*iface)
			return 0;
		return err_set(err, -ENOENT, "port %.32s has no VLAN %u; its file gives it some",
			       port, vlan);
	}
	return err_set(err, -ENOENT, "there is no port %.32s; `cpx show ports` lists them", port);
}

/* The interface with a subnet that has the gateway in it. */
static uint16_t subnet_of(const struct board *b, const struct rib_hop *hop)
{
	for (unsigned i = 1; i <= b->n_ifaces; i++)
		if (b->ifaces[i].mtu && addr_on_link(&b->ifaces[i], hop->family, hop->addr))
			return (uint16_t)i;
	return IFACE_NONE;
}

static bool number(const json_t *o, const char *key, json_int_t low, json_int_t high,
		   json_int_t preset, json_int_t *out)
{
	const json_t *v = json_object_get(o, key);

	*out = v ? json_integer_value(v) : preset;
	return !v || (json_is_integer(v) && *out >= low && *out <= high);
}

int route_parse_hop(const struct board *b, const json_t *o, struct rib_hop *hop, struct err *err)
{
	const char *via = json_string_value(json_object_get(o, "via"));
	const char *port = json_string_value(json_object_get(o, "port"));
	struct rib_prefix host = { 0 };
	json_int_t vlan, weight;

	*hop = (struct rib_hop){ 0 };
	if (!number(o, "vlan", 1, 4094, 0, &vlan) || !number(o, "weight", 1, 255, 1, &weight))
		return err_set(err, -EINVAL,
			       "next hop: \"vlan\" is 1 to 4094, \"weight\" 1 to 255");
	if (!via && !port)
		return err_set(err, -EINVAL,
			       "next hop: give \"via\": ADDRESS, \"port\": NAME or "
			       "both");
	if (via && (strchr(via, '/') || !route_parse_prefix(via, &host)))
		return err_set(err, -EINVAL, "next hop: \"%.64s\" is no address", via);
	hop->weight = (uint8_t)weight;
	hop->family = via ? host.family : 0;
	memcpy(hop->addr, host.addr, sizeof(hop->addr));
	if (port)
		return find_iface(b, port, (unsigned)vlan, &hop->iface, err);
	hop->iface = subnet_of(b, hop);
	if (hop->iface == IFACE_NONE)
		return err_set(err, -EINVAL,
			       "next hop: %s is in no connected subnet; give \"port\", too", via);
	return 0;
}

json_t *route_address_json(uint8_t family, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, addr, text, sizeof(text));
	return json_string(text);
}

json_t *route_prefix_json(const struct rib_prefix *p)
{
	char addr[INET6_ADDRSTRLEN] = "?", text[INET6_ADDRSTRLEN + 5];

	inet_ntop(p->family, p->addr, addr, sizeof(addr));
	snprintf(text, sizeof(text), "%s/%u", addr, p->len);
	return json_string(text);
}

void route_put_iface(json_t *o, const struct board *b, uint16_t iface)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		const struct board_port *p = &b->ports[i];

		if (!p->probed || p->id != b->ifaces[iface].port)
			continue;
		json_object_set_new(o, "port", json_string(p->spec.name));
		if (b->ifaces[iface].vlan)
			json_object_set_new(o, "vlan", json_integer(b->ifaces[iface].vlan));
		return;
	}
}

json_t *route_hop_json(const struct board *b, const struct rib_hop *hop)
{
	json_t *o = json_object();

	if (hop->family)
		json_object_set_new(o, "via", route_address_json(hop->family, hop->addr));
	route_put_iface(o, b, hop->iface);
	json_object_set_new(o, "weight", json_integer(hop->weight));
	return o;
}
