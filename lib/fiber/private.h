/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/fiber share. Control thread, unless said. */
#ifndef CPX_LIB_FIBER_PRIVATE_H
#define CPX_LIB_FIBER_PRIVATE_H

#include <sys/un.h>

#include "lib/fiber/fiber.h"
#include "lib/fiber/message.h"
#include "lib/fiber/region.h"

#define FIBER_MAX_BELLS  (2 * FIBER_MAX_LANES)
#define FIBER_MAX_FORMER 4 /* pools of former peers that stay mapped, for frames still held */

/* A bound socket file: ours as long as the path leads to this inode. */
struct fiber_listener {
	int fd;
	dev_t dev;
	ino_t ino;
};

struct fiber {
	bool server;
	bool hugepages;
	uint32_t lanes;
	uint32_t patience;
	uint32_t retry;
	struct sockaddr_un address;
	struct fiber_hello mine;

	int epoll, timer, conn;
	struct fiber_listener listener; /* server */
	bool listening;                 /* the listener is watched */
	uint32_t backoff;               /* client: next pause, ms */

	struct fiber_status status; /* with the state */
	uint64_t open_lanes;        /* ours */
	bool lanes_untold;          /* the peer has not heard of that yet */
	struct fiber_terms terms;   /* of this handshake */
	struct fiber_hello said;    /* our HELLO of this handshake: `mine`, or less */
	struct fiber_region region;
	struct fiber_pool *ours, *theirs;            /* LENT; each held once */
	struct fiber_pool *former[FIBER_MAX_FORMER]; /* of peers before; held once */
	uint32_t faulted;           /* a signal handler replaced the region; any thread sets */
	int bells[FIBER_MAX_BELLS]; /* our ends, one a ring; -1 */

	struct fiber_tx *tx; /* lanes of them */
	struct fiber_rx *rx;
	uint8_t *frames; /* LENT: what the queues of tx keep of each frame */
};

/* queues.c: put every queue that the terms have on the mapped region, and take all off it. The
 * driving threads are outside. */
void fiber_queues_attach(struct fiber *f);
void fiber_queues_detach(struct fiber *f);
/* Out of service, at any time; the region stays. */
void fiber_queues_stop(struct fiber *f);
/* One queue on ring `r` of a region: used by the above, by tests and fuzz targets. */
void fiber_tx_attach(struct fiber_tx *q, const struct fiber_region *region,
		     const struct fiber_terms *terms, uint32_t r, int bell);
void fiber_rx_attach(struct fiber_rx *q, const struct fiber_region *region,
		     const struct fiber_terms *terms, uint32_t r, int bell);
/* Before these, with LENT: the frames of the ring's lane, ours to lend and theirs to borrow. The
 * queue's stack and lent[] have room for as many. */
void fiber_tx_attach_pool(struct fiber_tx *q, const struct fiber_region *region,
			  const struct fiber_terms *terms, uint32_t r,
			  const struct fiber_pool *ours);
void fiber_rx_attach_pool(struct fiber_rx *q, const struct fiber_region *region,
			  const struct fiber_terms *terms, uint32_t r, struct fiber_pool *theirs);

/* memory.c: give up what the connection mapped. A pool that others hold becomes a former one. */
void fiber_memory_drop(struct fiber *f);
/* Let go of former pools that nobody else holds any more. */
void fiber_memory_sweep(struct fiber *f);
/* May one more peer's pool be mapped? */
bool fiber_memory_may_borrow(struct fiber *f);
/* The fiber ends; what is held by others stays theirs. */
void fiber_memory_forget(struct fiber *f);

/* bell.c: one pair of sockets for each ring; ours in f->bells, the peer's in theirs[]. -errno. */
int fiber_bells_create(struct fiber *f, int theirs[FIBER_MAX_BELLS]);
void fiber_bells_close(struct fiber *f);
/* Is this, from the peer, a socket that a send can not block on? */
bool fiber_bell_check(int fd);

/* socket.c */
int fiber_listen(struct fiber_listener *l, const struct sockaddr_un *address, struct err *err);
void fiber_unlisten(struct fiber_listener *l, const struct sockaddr_un *address);
int fiber_connect(const struct sockaddr_un *address); /* fd or -errno; never blocks */
/* One packet. Its length (0: the peer is gone), -EAGAIN, -EBADMSG when cut, other -errno. fds[]
 * gets what came along, close-on-exec, the caller's to close; none on failure. */
int fiber_socket_receive(int fd, void *to, size_t size, int fds[FIBER_MESSAGE_FDS],
			 unsigned *n_fds);
int fiber_socket_send(int fd, const void *message, size_t bytes, const int *fds, unsigned n_fds);

/* connection.c. First thing of a new fiber: watch the listener, or plan the first attempt. */
int fiber_connection_start(struct fiber *f);
/* A connection that begins now, from accept or connect (or a test). Takes `conn`. Events. */
int fiber_take_connection(struct fiber *f, int conn);
/* Both sides agree. Events. */
int fiber_come_up(struct fiber *f);
/* The connection is over, for a reason said before. A client pauses; _soon: a little longer each
 * time. Events. */
int fiber_leave(struct fiber *f, uint32_t pause);
int fiber_leave_soon(struct fiber *f);
/* Wake fiber_process() in ms milliseconds; 0: at once. */
void fiber_alarm_in(struct fiber *f, uint32_t ms);
/* What fiber_status.reason says, after the fiber's path. */
__attribute__((format(printf, 2, 3))) void fiber_reason(struct fiber *f, const char *fmt, ...);

/* handshake.c. Read and answer what the peer says. Events. */
int fiber_converse(struct fiber *f);
int fiber_greet(struct fiber *f); /* our HELLO; -errno */
void fiber_send_refusal(int conn, enum fiber_refusal why);
int fiber_refuse(struct fiber *f, enum fiber_refusal why); /* … and leave. Events */
/* LANES; once more a little later when the peer's end is full of what it did not read. */
void fiber_tell_lanes(struct fiber *f);

/* offer.c. Events of all three. Server: make the region and the pool of our frames, send both. */
int fiber_offer(struct fiber *f);
/* Client: REGION came. Takes over the bells among fds[] by setting their places to -1. */
int fiber_got_region(struct fiber *f, const void *data, size_t bytes, int *fds, unsigned n_fds);
/* Server: READY came, with LENT the client's pool. */
int fiber_got_ready(struct fiber *f, const void *data, size_t bytes, const int *fds,
		    unsigned n_fds);

#endif
