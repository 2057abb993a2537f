/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lent frames over the life of a connection: each lane gets its mbufs (cpx_lent.h) when a peer that
 * lends comes up, and loses them when that peer is gone. Those whose frames the application still
 * holds are looked after here, for the whole process, until the last one is freed: the port may be
 * closed by then.
 *
 * The port's control thread and DPDK's interrupt thread, under the carrier's lock; the list of
 * former ones has its own.
 */
#include "pmd/cpx_peer.h"

#include <rte_alarm.h>

#include "pmd/cpx_lent.h"
#include "pmd/cpx_logs.h"

#define LOOK_US 100000 /* between two looks whether frames came home */

static struct cpx_lent *former;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void look(void *arg)
{
	pthread_mutex_lock(&lock);
	for (struct cpx_lent **at = &former; *at != NULL;) {
		struct cpx_lent *l = *at;

		if (!cpx_lent_is_home(l)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		cpx_lent_free(l);
	}
	/* without an alarm they stay until the next one retires */
	if (former != NULL)
		rte_eal_alarm_set(LOOK_US, look, NULL);
	pthread_mutex_unlock(&lock);
}

static void retire(struct cpx_lent *l)
{
	pthread_mutex_lock(&lock);
	if (cpx_lent_is_home(l)) {
		cpx_lent_free(l);
	} else {
		if (former == NULL)
			rte_eal_alarm_set(LOOK_US, look, NULL);
		l->next = former;
		former = l;
	}
	pthread_mutex_unlock(&lock);
}

void cpx_peer_lent_up(struct cpx_peer *c)
{
	static unsigned born; /* pools need names */
	struct cpx_port *p = c->port;
	struct fiber_status s;
	char name[RTE_MEMPOOL_NAMESIZE];

	fiber_status(c->fiber, &s);
	if (!(s.terms.features & FIBER_FEATURE_LENT))
		return;
	for (unsigned i = 0; i < p->args.n_lanes && i < s.terms.lanes; i++) {
		struct cpx_lent *l;

		pthread_mutex_lock(&lock);
		snprintf(name, sizeof(name), "cpx_lent_%u", born++);
		pthread_mutex_unlock(&lock);
		l = cpx_lent_create(p->rx[i].fiber, name, p->args.numa);
		if (l == NULL)
			PMD_DRV_LOG(NOTICE,
				    "%s lane %u: no memory for mbufs of lent frames; they are "
				    "copied",
				    cpx_port_name(p), i);
		store_release(&p->rx[i].lent, l);
	}
}

void cpx_peer_lent_down(struct cpx_peer *c)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		struct cpx_lent *l = c->port->rx[i].lent;

		store_release(&c->port->rx[i].lent, NULL);
		if (l != NULL)
			retire(l);
	}
}
