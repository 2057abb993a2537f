/* SPDX-License-Identifier: BSD-3-Clause */
/* The parsers behind rtnl_parse(), of what follows the netlink header. 0, -EPROTO, or -ENOMSG:
 * nothing we follow. *out is all 0. */
#ifndef CPX_LIB_RTNL_PARSE_H
#define CPX_LIB_RTNL_PARSE_H

#include "lib/rtnl/rtnl.h"

int rtnl_parse_link(const uint8_t *p, size_t len, struct rtnl_link *out);
int rtnl_parse_address(const uint8_t *p, size_t len, struct rtnl_address *out);
int rtnl_parse_neighbor(const uint8_t *p, size_t len, struct rtnl_neighbor *out);
int rtnl_parse_route(const uint8_t *p, size_t len, struct rtnl_route *out);
int rtnl_parse_nexthop(const uint8_t *p, size_t len, struct rtnl_nexthop *out);

#endif
