/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's loop and its idle ramp; see worker.h. */
#include "dataplane/run/worker.h"

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "dataplane/run/graph.h"
#include "dataplane/run/punt_rates.h"

/* Empty loops before the worker pauses between polls, and before it sleeps between them. */
#define IDLE_PAUSE 64
#define IDLE_SLEEP 4096

static_assert(WORKER_TX_STAGE >= GRAPH_BURST, "a whole burst may be for one lane");

static struct rte_ring *spsc_ring(const char *what, unsigned index, uint32_t size, int numa_node)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u", what, index);
	return rte_ring_create(name, size, numa_node, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static bool make_rings(struct worker *w, int numa_node, const struct punt_rate punt[PUNT_COUNT])
{
	w->from_control = spsc_ring("from_control", w->index, WORKER_CTL_RING, numa_node);
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++) {
		w->to_control[q] = spsc_ring(punt_queue_names[q], w->index,
					     punt_rates_ring(punt, q), numa_node);
		if (!w->to_control[q])
			return false;
	}
	return w->from_control;
}

int worker_create(struct worker **out, unsigned index, int numa_node, unsigned max_tx,
		  const struct punt_rate punt[PUNT_COUNT], struct rcu *rcu,
		  struct telemetry_block *block, struct err *err)
{
	struct worker *w = rte_zmalloc_socket("worker", sizeof(*w), RTE_CACHE_LINE_SIZE, numa_node);

	*out = NULL;
	if (!w)
		goto no_memory;
	w->index = index;
	for (unsigned c = 0; c < PUNT_COUNT; c++)
		w->punt_rate[c] = punt[c].pps;
	w->block = block;
	w->qsbr = rcu_qsbr(rcu);
	if (sleeper_open(&w->sleeper, index, err) != 0) {
		rte_free(w);
		return -EMFILE;
	}
	w->tsc_hz = rte_get_tsc_hz();
	w->stage = rte_zmalloc_socket("tx stage", max_tx * sizeof(*w->stage), RTE_CACHE_LINE_SIZE,
				      numa_node);
	w->dirty = rte_zmalloc_socket("tx dirty", max_tx * sizeof(*w->dirty), RTE_CACHE_LINE_SIZE,
				      numa_node);
	if (!w->stage || !w->dirty || !make_rings(w, numa_node, punt))
		goto no_memory;
	w->graph = graph_create(w, index, numa_node, err);
	if (!w->graph) {
		worker_destroy(w);
		return -EINVAL;
	}
	if (rte_rcu_qsbr_thread_register(w->qsbr, index) != 0) {
		worker_destroy(w);
		return err_set(err, -EINVAL, "worker %u: cannot register with rcu", index);
	}
	*out = w;
	return 0;

no_memory:
	worker_destroy(w);
	return err_set(err, -ENOMEM,
		       "worker %u: no memory on NUMA node %d; reserve more hugepages or lower "
		       "`memory: buffers`",
		       index, numa_node);
}

static void free_ring(struct rte_ring *ring)
{
	void *m;

	while (ring && rte_ring_sc_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

void worker_destroy(struct worker *w)
{
	if (!w)
		return;
	if (w->graph)
		graph_destroy(w->index);
	free_ring(w->from_control);
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
		free_ring(w->to_control[q]);
	sleeper_close(&w->sleeper);
	rte_free(w->dirty);
	rte_free(w->stage);
	rte_free(w);
}

const struct worker_cfg *worker_publish(struct worker *w, const struct worker_cfg *cfg)
{
	const struct worker_cfg *old = w->next_cfg;

	store_release(&w->published, w->published + 1);
	store_release(&w->next_cfg, cfg);
	sleeper_wake(&w->sleeper);
	return old;
}

int worker_give(struct worker *w, struct rte_mbuf *m)
{
	const int ret = rte_ring_sp_enqueue(w->from_control, m);

	if (ret == 0)
		sleeper_wake(&w->sleeper);
	return ret;
}

void worker_stop(struct worker *w)
{
	store_release(&w->stop, true);
	sleeper_wake(&w->sleeper);
}

void worker_drop(struct worker *w, struct rte_mbuf **pkts, uint16_t n, uint16_t lane,
		 enum drop_reason reason)
{
	struct telemetry_block *cell = w->cfg->cells[lane];

	telemetry_block_begin(cell);
	counter_add(&cell->v[CELL_DROP + reason], n);
	telemetry_block_end(cell, w->tsc);
	rte_pktmbuf_free_bulk(pkts, n);
}

void worker_turn(struct worker *w)
{
	worker_load(w);
	w->rx_this_loop = 0;
	walk_quiet(w->graph);
	rte_rcu_qsbr_quiescent(w->qsbr, w->index);
}

/* Those for whom something lies in a ring of ours. Without a fence: the next loop looks again. */
static void wake_others(const struct worker *w)
{
	for (uint16_t i = 0; i < w->cfg->n_out; i++) {
		const struct worker_out *out = &w->cfg->out[i];

		if (unlikely(load_relaxed(&out->to->sleeper.asleep)) && !rte_ring_empty(out->ring))
			sleeper_wake(&out->to->sleeper);
	}
}

struct loop_counts { /* since the last flush into the worker's block */
	uint64_t loops, packets, busy, idle, asleep;
};

static void flush(struct worker *w, struct loop_counts *c)
{
	struct telemetry_block *b = w->block;

	telemetry_block_begin(b);
	counter_add(&b->v[WORKER_LOOPS], c->loops);
	counter_add(&b->v[WORKER_PACKETS], c->packets);
	counter_add(&b->v[WORKER_BUSY], c->busy);
	counter_add(&b->v[WORKER_IDLE], c->idle);
	counter_add(&b->v[WORKER_ASLEEP], c->asleep);
	telemetry_block_end(b, w->tsc);
	*c = (struct loop_counts){ 0 };
}

int worker_main(void *arg)
{
	struct worker *w = arg;
	struct loop_counts c = { 0 };
	uint32_t empty = 0;

	sleeper_prepare();
	rte_rcu_qsbr_thread_online(w->qsbr, w->index);
	w->tsc = rte_rdtsc();
	while (!load_acquire(&w->stop)) {
		uint64_t now;

		worker_load(w);
		w->rx_this_loop = 0;
		if (unlikely(++c.loops % WORKER_TIMED_EVERY == 0)) {
			walk_timed(w->graph);
			flush(w, &c);
		} else {
			walk_quiet(w->graph);
		}
		wake_others(w);
		rte_rcu_qsbr_quiescent(w->qsbr, w->index);
		now = rte_rdtsc();
		if (likely(w->rx_this_loop)) {
			c.packets += w->rx_this_loop;
			c.busy += now - w->tsc;
			w->tsc = now;
			empty = 0;
			continue;
		}
		c.idle += now - w->tsc;
		w->tsc = now;
		if (++empty < IDLE_PAUSE || w->cfg->idle_poll)
			continue;
		if (empty < IDLE_SLEEP) {
			rte_pause();
			continue;
		}
		flush(w, &c);
		sleeper_sleep(w);
		now = rte_rdtsc();
		c.asleep += now - w->tsc;
		w->tsc = now;
	}
	flush(w, &c);
	rte_rcu_qsbr_thread_offline(w->qsbr, w->index);
	return 0;
}
