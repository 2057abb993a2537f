/* SPDX-License-Identifier: BSD-3-Clause */
/* Sleeping and waking; see sleep.h. Worker threads, but for what says otherwise. */
#include "dataplane/run/sleep.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "dataplane/run/worker.h"

#define NAPS_LOOKED_AT 32 /* their mean cost is taken over so many */
#define NAP_PER_COST   24 /* a nap of so many times its cost takes 4 % of the CPU */

int sleeper_open(struct sleeper *s, unsigned worker, struct err *err)
{
	*s = (struct sleeper){ .epoll = -1,
			       .nap_ns = SLEEP_NAP_NS,
			       .longest_ns = SLEEP_LONGEST_NS };
	s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return s->bell >= 0 ? 0
			    : err_set(err, -errno,
				      "worker %u: no eventfd (%s); raise the limit of open files",
				      worker, strerror(errno));
}

void sleeper_close(struct sleeper *s)
{
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->bell >= 0)
		close(s->bell);
	s->epoll = s->bell = -1;
}

void sleeper_prepare(void)
{
	prctl(PR_SET_TIMERSLACK, 1000ul); /* ns; the usual 50 us are as long as a nap */
}

void sleeper_wake(struct sleeper *s)
{
	const uint64_t one = 1;

	fence_full(); /* pairs with sleeper_sleep() */
	if (!load_relaxed(&s->asleep))
		return;
	store_relaxed(&s->asleep, 0);
	/* an eventfd that is full is one that is rung */
	if (write(s->bell, &one, sizeof(one)) < 0)
		return;
}

static int watch(const struct sleeper *s, int fd, uint32_t how)
{
	struct epoll_event e = { .events = EPOLLIN | how, .data.fd = fd };

	return fd >= 0 ? epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) : -1;
}

/* The lanes of this configuration, once. The number is older than the configuration or its own: at
 * worst it is done again. */
static void watch_lanes(struct worker *w, uint64_t published)
{
	struct sleeper *s = &w->sleeper;

	if (s->epoll >= 0 && s->published == published)
		return;
	if (s->epoll >= 0)
		close(s->epoll);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->published = published;
	s->wakes = s->epoll >= 0 && watch(s, s->bell, 0) == 0;
	for (uint16_t i = 0; s->wakes && i < w->cfg->n_rx; i++) {
		const struct lane_rx *rx = &w->cfg->rx[i];

		s->wakes = w->cfg->ports[rx->port].wakes &&
			   watch(s, rte_eth_dev_rx_intr_ctl_q_get_fd(rx->port, rx->queue),
				 EPOLLET) == 0;
	}
}

static void disarm(const struct worker_cfg *cfg)
{
	for (uint16_t i = 0; i < cfg->n_rx; i++)
		if (cfg->ports[cfg->rx[i].port].wakes)
			rte_eth_dev_rx_intr_disable(cfg->rx[i].port, cfg->rx[i].queue);
}

/* A lane that cannot wake us today makes this configuration one of naps. */
static bool arm(struct worker *w)
{
	for (uint16_t i = 0; w->sleeper.wakes && i < w->cfg->n_rx; i++)
		w->sleeper.wakes =
			rte_eth_dev_rx_intr_enable(w->cfg->rx[i].port, w->cfg->rx[i].queue) == 0;
	if (!w->sleeper.wakes)
		disarm(w->cfg);
	return w->sleeper.wakes;
}

static bool has_work(const struct worker *w)
{
	if (load_acquire(&w->stop) || load_acquire(&w->next_cfg) != w->cfg ||
	    !rte_ring_empty(w->from_control))
		return true;
	for (uint16_t i = 0; i < w->cfg->n_handoff; i++)
		if (!rte_ring_empty(w->cfg->handoff[i]))
			return true;
	return false;
}

static uint64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Naps as long as makes their cost, with the polls between them, a small part of the time. */
static void adapt_nap(struct sleeper *s)
{
	uint64_t now, nap;

	if (s->naps++ % NAPS_LOOKED_AT)
		return;
	now = cpu_time();
	nap = (now - s->cpu_ns) / NAPS_LOOKED_AT * NAP_PER_COST;
	s->cpu_ns = now;
	if (s->naps > 1)
		s->nap_ns = nap < SLEEP_NAP_NS       ? SLEEP_NAP_NS
			    : nap > SLEEP_NAP_MAX_NS ? SLEEP_NAP_MAX_NS
						     : nap;
}

static void wait_for_bell(struct sleeper *s, uint64_t ns)
{
	const struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
				    .tv_nsec = (long)(ns % 1000000000u) };
	struct epoll_event e;
	uint64_t rung;

	if (epoll_pwait2(s->epoll, &e, 1, &t, NULL) < 0 && errno != EINTR)
		nanosleep(&t, NULL); /* an old kernel's, or a sandbox's */
	if (read(s->bell, &rung, sizeof(rung)) < 0)
		return; /* it was not the bell */
}

void sleeper_sleep(struct worker *w)
{
	struct sleeper *s = &w->sleeper;
	bool armed;

	watch_lanes(w, w->seen);
	armed = arm(w);
	if (!armed)
		adapt_nap(s);
	store_relaxed(&s->asleep, 1);
	fence_full(); /* pairs with sleeper_wake() */
	if (!has_work(w)) {
		/* off the grace period: a sleeping worker holds nothing up */
		rte_rcu_qsbr_thread_offline(w->qsbr, w->index);
		wait_for_bell(s, armed ? s->longest_ns : s->nap_ns);
		rte_rcu_qsbr_thread_online(w->qsbr, w->index);
	}
	store_relaxed(&s->asleep, 0);
	worker_load(w);
	if (armed) /* also what was armed before these lanes were given to us */
		disarm(w->cfg);
}
