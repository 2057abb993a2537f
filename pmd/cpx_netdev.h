/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel interface under a carrier whose driver does not watch it. Control threads; no state.
 */
#ifndef CPX_PMD_CPX_NETDEV_H
#define CPX_PMD_CPX_NETDEV_H

#include <stdbool.h>

/* Does a driver of this name leave its link up whatever becomes of its interface? */
bool cpx_netdev_unwatched(const char *driver);

/* Is interface `index` of this process's network namespace there, set up, and with carrier? True
 * where the kernel cannot be asked. */
bool cpx_netdev_up(unsigned index);

#endif
