/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping receivers and the bells that wake them. A bell is one end of a pair of datagram sockets:
 * a byte sent to the other end. Sockets and not eventfds, because the peer holds the other
 * reference: of an eventfd it could clear O_NONBLOCK and fill the counter, and our next write
 * would block a worker; a send with MSG_DONTWAIT can not be made to block by anybody.
 */
#include "lib/fiber/private.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONGEST_SLEEP 1000 /* ms: the peer may never ring */

int fiber_bells_create(struct fiber *f, int theirs[FIBER_MAX_BELLS])
{
	const uint32_t n = f->terms.features & FIBER_FEATURE_SLEEP ? 2 * f->terms.lanes : 0;

	for (uint32_t r = 0; r < n; r++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
			int ret = -errno;

			while (r-- != 0)
				close(theirs[r]);
			fiber_bells_close(f);
			return ret;
		}
		f->bells[r] = pair[0];
		theirs[r] = pair[1];
	}
	return (int)n;
}

void fiber_bells_close(struct fiber *f)
{
	for (uint32_t r = 0; r < FIBER_MAX_BELLS; r++) {
		if (f->bells[r] >= 0)
			close(f->bells[r]);
		f->bells[r] = -1;
	}
}

bool fiber_bell_check(int fd)
{
	socklen_t bytes = sizeof(int);
	int domain = 0, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) != 0 || domain != AF_UNIX)
		return false;
	bytes = sizeof(int);
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_DGRAM;
}

/* At most as many as a socket queues in a moment: a hostile peer may ring all the time. */
static void silence(const struct fiber_rx *q)
{
	char c;

	for (unsigned i = 0; i < 16 && recv(q->bell, &c, 1, MSG_DONTWAIT) >= 0; i++)
		continue;
}

int fiber_rx_arm(struct fiber_rx *q)
{
	if (!load_acquire(&q->running) || q->bell < 0)
		return -ENOTSUP;
	if (q->dead)
		return -EPROTO;
	silence(q);
	store_relaxed(&q->ring->sleeping, 1);
	fence_full(); /* pairs with fiber_tx_wake */
	if (q->seen != q->next || load_relaxed(&q->ring->prod) != q->seen) {
		fiber_rx_disarm(q);
		return -EAGAIN;
	}
	return 0;
}

void fiber_rx_disarm(struct fiber_rx *q)
{
	if (load_acquire(&q->running))
		store_relaxed(&q->ring->sleeping, 0);
}

int fiber_rx_bell(const struct fiber_rx *q)
{
	return q->bell;
}

int fiber_rx_wait(struct fiber_rx *q, int ms)
{
	struct pollfd p = { .events = POLLIN };
	int ret = fiber_rx_arm(q);

	if (ret < 0)
		return ret == -EAGAIN ? 0 : ret;
	p.fd = q->bell;
	poll(&p, 1, ms < 0 || ms > LONGEST_SLEEP ? LONGEST_SLEEP : ms);
	fiber_rx_disarm(q);
	return 0;
}
