/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work in another network namespace. A function runs there on a thread of its own that ends with
 * it, so no other thread is ever in a namespace it did not choose; the files and sockets it opens
 * belong to that namespace for good. Any thread; blocks until the function is done.
 */
#ifndef CPX_LIB_BASE_NETNS_H
#define CPX_LIB_BASE_NETNS_H

#include <stdbool.h>

#include "lib/base/err.h"

#define NETNS_OWN (-1) /* for `ns`: the process's own */

/* A name under /run/netns, or an absolute path; the caller closes *ns. An open file keeps the
 * namespace alive after its name is gone. -ENOENT, -EINVAL (the file is no network namespace). */
int netns_open(int *ns, const char *name, struct err *err);
/* Whether the name leads to this namespace (still). */
bool netns_is(int ns, const char *name);
/* What fn returns; or -EPERM: CAP_SYS_ADMIN is missing, -EAGAIN: no thread to be had. */
int netns_run(int ns, int (*fn)(void *arg), void *arg);

#endif
