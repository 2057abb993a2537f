/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of kernel*.c. Control thread. */
#ifndef CPX_DATAPLANE_CTL_KERNEL_PRIV_H
#define CPX_DATAPLANE_CTL_KERNEL_PRIV_H

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/feed.h"
#include "lib/rtnl/socket.h"

#define KERNEL_LINKS     1024 /* twins and VLANs on them */
#define KERNEL_ADDRESSES 4096

struct kernel_link {
	int32_t index, parent; /* parent: of a VLAN, else 0 */
	uint16_t vlan;
	bool up, stale;
};

struct kernel_address {
	int32_t index;
	uint16_t iface;
	uint8_t family, len;
	bool stale;
	uint8_t addr[16];
};

struct kernel {
	struct board *board;
	struct rtnl_socket *socket; /* NULL: there is no namespace now */
	unsigned epoch;             /* of the twins' namespace it is in */
	struct feed *feed;
	struct rtnl_counters before; /* of sockets closed by now */
	uint64_t refused;
	bool said, said_buffer; /* something was refused, and logged */
	bool ask;               /* something went that was not told */
	bool addresses_changed;
	unsigned n_links, n_addresses;
	struct kernel_link links[KERNEL_LINKS];
	struct kernel_address addresses[KERNEL_ADDRESSES]; /* that we gave the board */
	struct loop *loop;
	struct loop_watch *watch, *timer;
};

/* kernel.c: counted, the first one logged */
void kernel_refuse(struct kernel *k, const struct err *err);

/* kernel_links.c */
void kernel_link(struct kernel *k, const struct rtnl_message *m);
void kernel_address(struct kernel *k, const struct rtnl_message *m);
void kernel_mark(struct kernel *k);
void kernel_sweep(struct kernel *k);

#endif
