/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes as JSON, both ways: what route_list.c says and route_change.c is told. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_ROUTE_TEXT_H
#define CPX_DATAPLANE_CTL_ROUTE_TEXT_H

#include <jansson.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"

/* "10.1.0.0/16"; false: it is none. An address alone is a host. */
bool route_parse_prefix(const char *text, struct rib_prefix *p);
/* {"via": "10.0.0.2", "port": "p0", "vlan": 100, "weight": 2}; port and vlan may be left out where
 * the gateway is in a subnet of ours, via where the destination itself is on the link. */
int route_parse_hop(const struct board *b, const json_t *o, struct rib_hop *hop, struct err *err);

json_t *route_prefix_json(const struct rib_prefix *p);
json_t *route_address_json(uint8_t family, const uint8_t *addr);
/* "port" and "vlan" of an interface into o. */
void route_put_iface(json_t *o, const struct board *b, uint16_t iface);
json_t *route_hop_json(const struct board *b, const struct rib_hop *hop);

#endif
