/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the tree to struct config: what each part fills and checks. Only inside config/. The parts
 * run in the order they stand here; each may use what the ones before it have filled.
 */
#ifndef CPX_CONFIG_BUILD_H
#define CPX_CONFIG_BUILD_H

#include "config/config.h"
#include "config/tree.h"

/* An address of one of our interfaces, and the subnet it connects to. */
struct own_address {
	struct config_prefix addr, net;
	uint16_t iface, vrf;
	const struct node *node;
};

struct build {
	struct config *c;
	struct tree *tree;
	struct err *err;
	const struct node *ports[CONFIG_MAX_PORTS]; /* node of ports[i] */
	const struct node *vrfs[CONFIG_MAX_VRFS];   /* node of vrfs[i]; NULL of the default one */
	size_t n_own, n_nets;
	struct own_address *own;  /* by VRF and address */
	struct own_address *nets; /* subnets by VRF and address, link-local ones left out */
	/* indices into nets of the outermost subnets: disjoint in a VRF, ascending */
	uint32_t *outer;
	size_t n_outer;
};

/* Complain about the value (or, _name, about the key) of a node; -EINVAL. */
#define build_fail(b, n, ...) source_fail(&(b)->tree->src, (b)->err, (n)->pos, __VA_ARGS__)
#define build_fail_name(b, n, ...) \
	source_fail(&(b)->tree->src, (b)->err, (n)->name_pos, __VA_ARGS__)

int build_engines(struct build *b); /* engines, laser sources */
int build_devices(struct build *b);
int build_vrfs(struct build *b);
int build_ports(struct build *b);   /* lanes, carriers, interfaces with their addresses */
int build_host(struct build *b);    /* the kernel's twins of ports */
int build_subnets(struct build *b); /* own addresses against each other */
int build_routes(struct build *b);
int build_neighbors(struct build *b);
int build_sizes(struct build *b); /* workers, tables, memory and the other plain values */

/* The VRF that a map's `vrf` names, the default one without; -EINVAL: there is none of the name. */
int build_vrf(struct build *b, const struct node *map, uint16_t *vrf);
/* Of a route or a neighbour: the VRF it names, else that of its port, else the default one. */
int build_map_vrf(struct build *b, const struct node *map, uint16_t *vrf);
/*
 * The interface whose subnet in this VRF holds an address of somebody else: the gateway of a
 * route, a neighbour. `n` is the node of the address, `map` the route or neighbour, whose `port`
 * and `vlan` must agree. 0 and *iface, or -EINVAL.
 */
int build_on_link(struct build *b, const struct node *n, const struct node *map, uint16_t vrf,
		  uint16_t *iface);
/* An address of ours in this VRF equal to p's, or NULL. For link-local ones any interface's. */
const struct own_address *build_own(const struct build *b, uint16_t vrf,
				    const struct config_prefix *p);
/* A connected subnet of this VRF equal to p, or NULL. */
const struct own_address *build_net(const struct build *b, uint16_t vrf,
				    const struct config_prefix *p);
/* "p0" or "p0 VLAN 100" */
const char *build_iface_name(const struct build *b, uint16_t iface, char *out, size_t room);

#endif
