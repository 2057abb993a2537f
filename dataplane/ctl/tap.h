/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TAP devices: a network interface of the kernel whose wire is a file of ours. Each frame is read
 * and written behind a struct vnet_header (lib/net/vnet.h). The interface lives as long as its
 * file is open. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_TAP_H
#define CPX_DATAPLANE_CTL_TAP_H

#include <stdbool.h>

#include "lib/base/err.h"

/*
 * A new interface of this name in namespace ns (NETNS_OWN: our own), its carrier off. Its file, to
 * be read and written by io_uring. -EPERM, -ENOENT: no /dev/net/tun, -EBUSY: the name is taken.
 */
int tap_open(int *fd, int ns, const char *name, struct err *err);
/* Not deleted by somebody else. A reader is not always told: the kernel wakes it just before. */
bool tap_is_there(int fd);
/* -EBADFD: the interface was deleted. */
int tap_set_carrier(int fd, bool up);

#endif
