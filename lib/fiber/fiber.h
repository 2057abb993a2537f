/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fiber joins two processes of one host: up to 64 lanes, each a ring of Ethernet frames in
 * either direction through shared memory. One side is the server (it owns the socket file and
 * makes the memory), the other the client; once up they are equal. No DPDK, no global state, no
 * logging, no threads of its own.
 *
 * Control: one thread per fiber calls fiber_process() whenever fiber_fd() is readable (poll, epoll,
 * io_uring, DPDK's interrupt thread). It never blocks. It answers with events:
 *   FIBER_EVENT_UP    there is a peer; the queues carry frames
 *   FIBER_EVENT_DOWN  the peer is gone; the queues are out of service but memory stays mapped
 *   FIBER_EVENT_LANES the peer opened or closed lanes: fiber_status.peer_lanes
 * After DOWN: once no thread is inside a queue call any more (grace period, stopped lcores; at once
 * in a program of one thread), call fiber_quiescent(). That unmaps and lets the next peer in.
 *
 * Data: queues (fiber_tx_queue, fiber_rx_queue) exist as long as the fiber, are valid before the
 * first and after the last peer (they are then merely empty or full), and keep their counters.
 * Each is driven by one thread at a time, through ring.h, or fiber_send() and fiber_receive().
 *
 * Trust: README.md. In short: the peer can send us any frame, claim good checksums where CSUM was
 * agreed, and stop receiving. It can not make us read or write outside our mapping, loop, block,
 * leak descriptors or disturb another lane or fiber.
 */
#ifndef CPX_LIB_FIBER_FIBER_H
#define CPX_LIB_FIBER_FIBER_H

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/fiber/lent.h"

#define FIBER_EVENT_UP    1
#define FIBER_EVENT_DOWN  2
#define FIBER_EVENT_LANES 4

#define FIBER_STANDARD_SLOTS      1024
#define FIBER_STANDARD_SLOT_BYTES 2048
#define FIBER_STANDARD_SEGS       8
#define FIBER_STANDARD_LOG2_SPARE 2    /* LENT: frames = slots << this */
#define FIBER_STANDARD_PATIENCE   1000 /* ms */
#define FIBER_STANDARD_RETRY      50   /* ms */

enum fiber_state {
	FIBER_WAITING,  /* for a client, or for the next attempt to reach the server */
	FIBER_GREETING, /* connected, HELLOs on their way */
	FIBER_OFFERED,  /* region on its way, or mapped and to be confirmed */
	FIBER_UP,
	FIBER_DOWN, /* peer gone; waits for fiber_quiescent() */
};

/* What one side wants. A number of 0 means the standard; the agreed one is the smaller of both. */
struct fiber_config {
	const char *path; /* of the socket, at most 107 bytes */
	bool server;
	bool hugepages;      /* for what this side makes: 2 MiB pages where there are any */
	uint32_t lanes;      /* standard 1 */
	uint32_t slots;      /* per ring, power of two, 16..16384 */
	uint32_t slot_bytes; /* multiple of 64, 256..16384 */
	uint32_t max_segs;   /* slots of the longest frame, 1..32 */
	uint32_t frames;     /* LENT: that a lane lends; power of two, slots..65536, standard 4 x */
	uint64_t features;   /* FIBER_FEATURE_* we offer */
	uint64_t required;   /* without these no connection; part of features */
	uint32_t patience;   /* ms for a peer to finish the handshake */
	uint32_t retry;      /* client: longest pause between two attempts, ms */
};

struct fiber_status {
	enum fiber_state state;
	struct fiber_terms terms; /* of the last connection that came up */
	uint64_t peer_lanes;      /* bit l: the peer takes frames on lane l. All ones till it says
				     otherwise, and in lanes that were not agreed on */
	uint64_t peer_told;       /* what the peer really gave fiber_lanes_set(): bits of lanes
				     that there are not are the two programs' own */
	pid_t peer_pid;           /* of the last peer; 0: none yet */
	uid_t peer_uid;
	uint64_t connections;  /* that came up */
	uint64_t refusals;     /* handshakes that came to nothing */
	uint64_t naks;         /* messages of ours that a peer did not know */
	uint32_t former_pools; /* LENT: of peers before, mapped because frames are still held */
	char reason[256];      /* last trouble in words: object, cause, remedy; "" none yet */
};

struct fiber;

/*
 * A new fiber, in *out. A server owns `path` from here on: a socket left by a dead server is taken
 * over, one of a live server is refused with -EADDRINUSE naming its pid; the file gets mode 0660.
 * A client begins to connect in fiber_process(). -errno with err filled (err may be NULL): -EINVAL
 * for a number out of range, -ENAMETOOLONG, -EADDRINUSE, -EBUSY, others of the system.
 */
int fiber_create(struct fiber **out, const struct fiber_config *config, struct err *err);

/* Ends everything; no thread is in a queue call. The peer sees us gone. NULL is allowed. */
void fiber_destroy(struct fiber *f);

/* Poll this for reading; belongs to the fiber, never changes. */
int fiber_fd(const struct fiber *f);

/* What is to be done now: accept, connect, messages, deadlines. Bounded work, never blocks. Set of
 * FIBER_EVENT_*. Control thread. */
int fiber_process(struct fiber *f);

/* After FIBER_EVENT_DOWN: no thread is in a queue call. Unmaps, and lets the next peer in. 0, or
 * -EALREADY when the fiber is not down. Control thread. */
int fiber_quiescent(struct fiber *f);

/* Drop the peer, as if it had gone: FIBER_EVENT_DOWN comes from here. To leave a protocol error
 * behind, for instance. Returns the events as fiber_process(). Control thread. */
int fiber_disconnect(struct fiber *f);

/*
 * Which of our lanes take frames (bit l: lane l); at first all. Tells the peer now, or as soon as
 * it can hear, and every peer to come. A hint for the peer and nothing more: a closed lane's queue
 * works as before. Control thread.
 */
void fiber_lanes_set(struct fiber *f, uint64_t lanes);

/* Control thread. */
void fiber_status(const struct fiber *f, struct fiber_status *status);

/* The queues of lane 0..config.lanes-1; NULL beyond. They live as long as the fiber. Lanes that the
 * peer does not have stay out of service. Any thread. */
struct fiber_tx *fiber_tx_queue(struct fiber *f, uint32_t lane);
struct fiber_rx *fiber_rx_queue(struct fiber *f, uint32_t lane);

/* One frame of 14 bytes or more, copied and published at once. 0; -EAGAIN no room; -ENOTCONN no
 * peer; -EPROTO lane in protocol error; -EMSGSIZE, -EINVAL too long, too short. Driving thread. */
int fiber_send(struct fiber_tx *q, const void *frame, uint32_t bytes);

/* The next frame, copied to `to`. Its length; -EAGAIN nothing there; -ENOTCONN, -EPROTO as above;
 * -EMSGSIZE longer than `size`, dropped. Driving thread. */
int fiber_receive(struct fiber_rx *q, void *to, uint32_t size);

/* The pool of the peer's frames while one is up with LENT, else NULL. For fiber_pool_ref() in
 * answer to FIBER_EVENT_UP. Control thread. */
struct fiber_pool *fiber_peer_pool(const struct fiber *f);

/* Copy all segments of a frame to `to`, f->bytes bytes. Driving thread. */
void fiber_frame_copy(const struct fiber_rx *q, const struct fiber_frame *f, void *to);

/*
 * Sleep (feature SLEEP). fiber_rx_arm(): 0 when a frame that comes from now on makes
 * fiber_rx_bell() readable; -EAGAIN when something is there already; -ENOTSUP without SLEEP or
 * peer. After waking, fiber_rx_disarm(). A hostile peer may never ring, so wait for a bounded time.
 * fiber_rx_wait() does all three: returns when there may be something, or after `ms` (at most
 * 1000). Driving thread.
 */
int fiber_rx_arm(struct fiber_rx *q);
void fiber_rx_disarm(struct fiber_rx *q);
int fiber_rx_bell(const struct fiber_rx *q);
int fiber_rx_wait(struct fiber_rx *q, int ms);

/*
 * For the program's own SIGBUS handler: the peer punched a hole into the memory and the machine has
 * no page left to fill it. When `address` (si_addr) lies in this fiber's region, puts plain memory
 * in its place, takes the queues out of service, lets fiber_process() report FIBER_EVENT_DOWN, and
 * says true: return from the handler then, the access succeeds. Any thread, in a signal handler.
 */
bool fiber_fault(struct fiber *f, const void *address);

/* What a control thread remembers of a lane between two looks; all zero at first. */
struct fiber_progress {
	uint64_t connection;
	uint32_t sent, taken;
};

/*
 * Call it every now and then, always with the same `p`: true when the peer took nothing off lane
 * `lane` of ours since the last call though frames lay there at that time. False for a lane that is
 * empty, new, out of service or in protocol error. How long is too long is the caller's to say: the
 * time between two calls. Control thread; the lane's driving thread may go on.
 */
bool fiber_tx_stalled(const struct fiber *f, uint32_t lane, struct fiber_progress *p);

/* Is the lane's direction in protocol error (till the next connection)? Any thread. */
bool fiber_tx_dead(const struct fiber_tx *q);
bool fiber_rx_dead(const struct fiber_rx *q);

#endif
