/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A socket to the kernel's rtnetlink in one network namespace: all there is at first, then every
 * change. What the kernel had to drop because we were slow is made good by asking for everything
 * again. One thread; nothing here waits, and each call works for a bounded time.
 *
 *   rtnl_open -> rtnl_work whenever rtnl_fd() is readable, and at least once a second -> rtnl_close
 *
 * A resynchronisation is begin(), a message for each thing that is there (links, addresses, next
 * hops, routes, neighbours, in this order, changes among them as they happen), end(). What was not
 * said between the two is there no more. An end() without end is followed by another begin().
 */
#ifndef CPX_LIB_RTNL_SOCKET_H
#define CPX_LIB_RTNL_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/rtnl/rtnl.h"

#define RTNL_BUFFER (64u << 20) /* what the kernel holds for us: some 100 k messages */

struct rtnl_socket;

struct rtnl_handlers {
	void (*begin)(void *arg);
	void (*message)(void *arg, const struct rtnl_message *m);
	void (*end)(void *arg);
};

struct rtnl_counters {
	uint64_t messages;    /* heard, of the kinds we follow */
	uint64_t refused;     /* damaged, cut off, or not from the kernel */
	uint64_t overruns;    /* times that the kernel dropped some */
	uint64_t interrupted; /* dumps that things changed under, taken again */
	uint64_t resyncs;     /* ended; the first one included */
};

/*
 * netns: a namespace's file, or NETNS_OWN (lib/base/netns.h). buffer: bytes to ask the kernel for;
 * without CAP_NET_ADMIN it gives no more than net.core.rmem_max, see rtnl_buffer(). -EPERM: may not
 * enter the namespace.
 */
int rtnl_open(struct rtnl_socket **out, int netns, size_t buffer,
	      const struct rtnl_handlers *handlers, void *arg, struct err *err);
void rtnl_close(struct rtnl_socket *s);

int rtnl_fd(const struct rtnl_socket *s);
/* Bytes that the kernel really holds for us. */
size_t rtnl_buffer(const struct rtnl_socket *s);

/* Handles what waits, for about budget_ns. 0: nothing waits; 1: there is more; negative: the socket
 * is of no more use, open another. */
int rtnl_work(struct rtnl_socket *s, uint64_t budget_ns);
/* Everything again, as soon as what waits is heard. */
void rtnl_resync(struct rtnl_socket *s);

const struct rtnl_counters *rtnl_counters(const struct rtnl_socket *s);

#endif
