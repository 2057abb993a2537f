/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the twins, for dataplane/ctl/twin*.c only. Control thread. */
#ifndef CPX_DATAPLANE_CTL_TWIN_PRIV_H
#define CPX_DATAPLANE_CTL_TWIN_PRIV_H

#include <liburing.h>
#include <net/if.h>
#include <sys/uio.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/twin.h"
#include "lib/net/vnet.h"

#define TWIN_READS       64 /* buffers of frames from the host, of all twins together */
#define TWIN_WRITES      256
#define TWIN_SEGMENTS    8 /* buffers of one packet for the host */
#define TWIN_BUFFER      (sizeof(struct vnet_header) + NET_ETHER_LEN + NET_VLAN_LEN + 65536)
#define TWIN_LOOK_NS     500000000ull /* twins and their namespace are looked at this often */
#define TWIN_RING_EVENTS 1024

struct twin {
	int fd;            /* of the TAP; -1: there is none */
	int index;         /* kernel's number of the interface */
	unsigned requests; /* that the kernel holds */
	bool reading;      /* one of them reads */
	bool broken;       /* its file fails: somebody deleted the interface */
	bool said;         /* why it could not be made */
	/* what the kernel was told */
	char name[IFNAMSIZ];
	uint8_t mac[6];
	uint16_t mtu;
	bool carrier;
};

struct twin_write {
	struct rte_mbuf *m;
	uint16_t twin;
	bool counted; /* the packet ends here, and is counted; else it is a copy */
	struct iovec part[1 + TWIN_SEGMENTS];
};

struct twins {
	struct twin twin[BOARD_MAX_PORTS]; /* [port] */
	uint64_t remade;                   /* that others had deleted */

	int ns; /* NETNS_OWN without a namespace of the operator's choice */
	bool lost;
	unsigned epoch;
	struct mnl_socket *rtnl; /* of that namespace; NULL: lost */

	struct io_uring ring;
	bool ringing; /* it was made */
	bool multishot;
	struct io_uring_buf_ring *buffers;
	uint8_t *area; /* [TWIN_READS][TWIN_BUFFER] */
	struct twin_write writes[TWIN_WRITES];
	uint16_t free[TWIN_WRITES], n_free; /* writes not in use */

	int event; /* says that there are completions */
	struct loop *loop;
	struct loop_watch *watch, *timer;
};

/* Loop timer: twins that were deleted, a namespace that is gone or back. */
void twins_look(void *board);

/* For tests: read as where the kernel has no multishot reads (before 6.7). */
extern bool twin_io_plain;

/* twin_io.c */
int twin_io_create(struct twins *t, struct err *err);
void twin_io_destroy(struct twins *t);
void twin_io_read(struct twins *t, unsigned port);
/* Takes m. */
void twin_io_write(struct board *b, unsigned port, struct rte_mbuf *m, bool counted);
/* Nothing of this twin is in the kernel any more; then its file may be closed. */
void twin_io_stop(struct board *b, unsigned port);

/* twin_frame.c: a frame of the host behind its virtio header goes to the worker of the port. */
void twin_frame(struct board *b, unsigned port, uint8_t *p, size_t len);

#endif
