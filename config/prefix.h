/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arithmetic on struct config_prefix, family by family (IPv4 uses the first 4 bytes of addr, the
 * rest is 0). Pure functions, any thread.
 */
#ifndef CPX_CONFIG_PREFIX_H
#define CPX_CONFIG_PREFIX_H

#include <stdbool.h>

#include "config/config.h"

/* Clear the bits behind p->len: an interface's address becomes its subnet. */
void prefix_mask(struct config_prefix *p);
/* Set them: the last address of the subnet (IPv4: its broadcast address). */
void prefix_last(struct config_prefix *p);
/* `inner` has net's family, is at least as long, and begins with net's bits. Host bits don't
 * matter. */
bool prefix_contains(const struct config_prefix *net, const struct config_prefix *inner);
/* Order by family, address bytes, length: a net sorts before everything inside it. */
int prefix_compare(const struct config_prefix *a, const struct config_prefix *b);
/* fe80::/10 */
bool prefix_is_link_local(const struct config_prefix *p);
/* 224.0.0.0/4, ff00::/8 */
bool prefix_is_multicast(const struct config_prefix *p);

#endif
