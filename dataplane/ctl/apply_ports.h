/* SPDX-License-Identifier: BSD-3-Clause */
/* What apply.c does about ports, devices and timers. Only for apply*.c. Control thread. */
#ifndef CPX_DATAPLANE_CTL_APPLY_PORTS_H
#define CPX_DATAPLANE_CTL_APPLY_PORTS_H

#include "dataplane/ctl/apply.h"

struct port_swap;

bool apply_is_mtu(const struct config_change *ch);
/* Port i is in both, but as another ethdev. */
bool apply_is_remade(const struct config *from, const struct config *to, unsigned i);
/* Which ports go and come; while the board still has its old configuration. The caller's to free;
 * NULL: no memory. */
struct port_swap *apply_swap(const struct board *b, const struct apply *a, struct err *err);
/* Ports that stay are as their configuration says. */
void apply_settle_ports(struct board *b);
/* Devices of the new configuration that are not open; those of `from` that `to` has not. */
int apply_devices_come(struct board *b, const struct apply *a, struct err *err);
void apply_devices_go(struct board *b, const struct config *from, const struct config *to);
/* The timer of the telemetry runs as the board's configuration says. -ENOMEM. */
int apply_period(struct board *b, struct err *err);

#endif
