/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer can punch holes into the memory of a fiber; touching one when the machine has no page left
 * is a SIGBUS in whoever touches it, an lcore. This handler hands the fault to the fiber it belongs
 * to, which takes its lanes out of service (fiber_fault()); every other fault goes to the handler
 * that was there before. Installed with the first fiber, never taken back: another part of the
 * program may have chained to it since.
 *
 * The handler reads a fixed table of pointers; control threads write them one at a time, under a
 * lock, and destroy a fiber only after it is out of the table and no lcore is in its queues.
 */
#include "pmd/cpx_peer.h"

#include <signal.h>
#include <string.h>

static struct cpx_peer *peers[RTE_MAX_ETHPORTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static bool installed;

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++) {
		struct cpx_peer *c = load_acquire(&peers[i]);

		if (c != NULL && c->fiber != NULL && fiber_fault(c->fiber, info->si_addr))
			return;
	}
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

void cpx_peer_faults_watch(struct cpx_peer *c)
{
	struct sigaction sa = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };

	pthread_mutex_lock(&lock);
	if (!installed)
		installed = sigaction(SIGBUS, &sa, &before) == 0;
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (peers[i] == NULL) {
			store_release(&peers[i], c);
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

void cpx_peer_faults_forget(struct cpx_peer *c)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++)
		if (peers[i] == c)
			store_release(&peers[i], NULL);
	pthread_mutex_unlock(&lock);
}
