/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What twins need of rtnetlink: find an interface, set it up, give it addresses. One request at a
 * time, answered before the call returns. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_TWIN_LINK_H
#define CPX_DATAPLANE_CTL_TWIN_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct mnl_socket;

/* A socket of namespace ns, or NULL with errno set. */
struct mnl_socket *twin_link_open(int ns);

/* Kernel index of an interface; -ENODEV. */
int twin_link_index(struct mnl_socket *s, const char *name);
/* IPv6 link-local addresses are made from the MAC (EUI-64). 0 also in a kernel without IPv6. */
int twin_link_eui64(struct mnl_socket *s, int index);
int twin_link_mac(struct mnl_socket *s, int index, const uint8_t mac[6]);
int twin_link_mtu(struct mnl_socket *s, int index, uint16_t mtu);
int twin_link_up(struct mnl_socket *s, int index);
/* Ready at once, without duplicate detection; 0 if it is there already. -EAFNOSUPPORT, -EACCES:
 * the family is switched off. */
int twin_link_address(struct mnl_socket *s, int index, uint8_t family, const uint8_t *addr,
		      uint8_t len);
/* 0 also if it is not there, or its family is switched off. */
int twin_link_no_address(struct mnl_socket *s, int index, uint8_t family, const uint8_t *addr,
			 uint8_t len);

#endif
