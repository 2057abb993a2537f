/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer can punch holes into the memory of a fiber; touching one when the machine has no page left
 * is a SIGBUS in whoever touches it, an lcore. This handler hands the fault to the fiber it belongs
 * to, which takes its lanes out of service (fiber_fault()); every other fault goes to the handler
 * that was there before. Installed with the first fiber, never taken back: another part of the
 * program may have chained to it since.
 *
 * The handler looks through a fixed table of fibers in its turn; control threads change the table
 * in theirs, a few instructions that cannot fault. So a fiber that is out of the table is in no
 * handler's hands.
 */
#include "pmd/cpx_peer.h"

#include <signal.h>
#include <string.h>

static struct fiber *fibers[RTE_MAX_ETHPORTS];
static uint32_t turn;                                    /* of the table */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* control threads among themselves */
static struct sigaction before;
static bool installed;

static void take_turn(void)
{
	while (!turn_take(&turn))
		continue;
}

static bool hand_over(const void *address)
{
	bool ours = false;

	take_turn();
	for (unsigned i = 0; i < RTE_DIM(fibers) && !ours; i++)
		ours = fibers[i] != NULL && fiber_fault(fibers[i], address);
	turn_give(&turn);
	return ours;
}

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
	if (hand_over(info->si_addr))
		return;
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(signal, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(signal);
	} else {
		/* end as the program would have without us: the access happens again */
		struct sigaction end = { .sa_handler = SIG_DFL };

		sigaction(SIGBUS, &end, NULL);
	}
}

static void put_in_place_of(struct fiber *present, struct fiber *f)
{
	take_turn();
	for (unsigned i = 0; i < RTE_DIM(fibers); i++) {
		if (fibers[i] == present) {
			fibers[i] = f;
			break;
		}
	}
	turn_give(&turn);
}

void cpx_peer_faults_watch(struct fiber *f)
{
	struct sigaction sa = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };

	pthread_mutex_lock(&lock);
	if (!installed)
		installed = sigaction(SIGBUS, &sa, &before) == 0;
	put_in_place_of(NULL, f);
	pthread_mutex_unlock(&lock);
}

void cpx_peer_faults_forget(struct fiber *f)
{
	pthread_mutex_lock(&lock);
	put_in_place_of(f, NULL);
	pthread_mutex_unlock(&lock);
}
