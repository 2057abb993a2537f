/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel interface under a carrier whose driver does not watch it. Control threads and the
 * interrupt thread; no state. Interfaces are those of this process's network namespace.
 */
#ifndef CPX_PMD_CPX_NETDEV_H
#define CPX_PMD_CPX_NETDEV_H

#include <net/if.h>
#include <stdbool.h>

/* Does a driver of this name leave its link up whatever becomes of its interface? */
bool cpx_netdev_unwatched(const char *driver);

/* Is interface `index` there, set up, and with carrier? True where the kernel cannot be asked. */
bool cpx_netdev_up(unsigned index);

/* The name of interface `index`; false, and an empty one, where there is none. */
bool cpx_netdev_name(unsigned index, char name[IF_NAMESIZE]);

/* Is there no interface `index` any more? False where the kernel cannot be asked. */
bool cpx_netdev_vanished(unsigned index);

/* Is there an interface of this name, and set up? */
bool cpx_netdev_ready(const char *name);

#endif
