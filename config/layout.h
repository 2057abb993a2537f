/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Places for the objects of a configuration. A running board knows its objects by their index, so
 * another configuration for it is laid out on the one it runs: an object of the same name has the
 * same index, others get places that nobody had, and what is gone leaves a place free (an empty
 * name; an interface: port CONFIG_NO_PORT). VLANs begin at ifaces[CONFIG_MAX_PORTS], so that ports
 * may be added in front of them. Pure, any thread.
 */
#ifndef CPX_CONFIG_LAYOUT_H
#define CPX_CONFIG_LAYOUT_H

#include "config/config.h"

/* A copy of c, laid out on `base` (laid out itself), or NULL: as c has them. -ENOMEM. */
int config_layout(struct config **out, const struct config *c, const struct config *base);

#endif
