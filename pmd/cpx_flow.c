/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_flow's operations on a port; see cpx_flow.h. A change makes a new table, gives it to every rx
 * queue by one store each, and frees what only the old one used as soon as no queue can hold it.
 * Control thread. It must leave rules and table as they were whenever it says no.
 */
#include "pmd/cpx_flow.h"

#include <rte_malloc.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "pmd/cpx_flow_parse.h"
#include "pmd/cpx_logs.h"

static_assert(CPX_FLOW_MAX_QUEUES >= CPX_MAX_LANES, "a rx queue a lane");

static void *take_piece(size_t bytes)
{
	return rte_malloc("cpx_flow", bytes, CPX_LINE);
}

/* The port's rules; made when first asked for. NULL: no memory. */
static struct cpx_flow *flow_of(struct cpx_port *p)
{
	struct cpx_flow *f = p->flow;

	if (f != NULL)
		return f;
	f = rte_zmalloc_socket("cpx_flow", sizeof(*f), CPX_LINE, p->args.numa);
	if (f == NULL)
		return NULL;
	TAILQ_INIT(&f->rules);
	cpx_flow_slab_init(&f->slab, take_piece, rte_free);
	for (unsigned i = 0; i < CPX_FLOW_MAX_QUEUES; i++) {
		f->turn[i] = &f->rx[i].turn;
		f->rx[i].rss = &p->look.rss;
	}
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		store_release(&p->rx[i].flow, &f->rx[i]);
	p->flow = f;
	return f;
}

static int no_memory(struct rte_flow_error *error)
{
	return cpx_flow_error(error, ENOMEM, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
			      "no memory for it; give EAL more (-m, --socket-mem, hugepages)");
}

/* Can what a change leaves be kept, if it must? */
static int check_room(struct cpx_flow *f, struct rte_flow_error *error)
{
	if (cpx_flow_reclaim(&f->retire, &f->slab.memory, f->turn))
		return 0;
	return cpx_flow_error(
		error, EBUSY, RTE_FLOW_ERROR_TYPE_STATE, NULL,
		"the lcore of rx queue %u was stopped amid a burst and may still read "
		"what %u changes replaced; let it go on, or stop the port",
		cpx_flow_holder(&f->retire, f->turn), CPX_FLOW_RETIRED);
}

static void publish(struct cpx_port *p, const struct cpx_flow_change *change)
{
	struct cpx_flow *f = p->flow;

	f->table = change->table;
	for (unsigned i = 0; i < CPX_FLOW_MAX_QUEUES; i++)
		store_release(&f->rx[i].table, change->table);
	if (cpx_flow_active(p) != f->active) { /* seldom: it asks the processor what it is */
		f->active = !f->active;
		cpx_burst_select(p->dev);
	}
	cpx_flow_retire(&f->retire, &f->slab.memory, f->turn, change->garbage);
	if (f->slab.live == 0)
		cpx_flow_slab_free(&f->slab);
}

static int parse(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
		 const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
		 struct cpx_flow_request *request, struct rte_flow_error *error)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const struct cpx_flow_limits limits = { .n_queues = dev->data->nb_rx_queues,
						.rss_types = cpx_rss_known(),
						.rss_keyed = p->look.rss.keyed != 0 };

	return cpx_flow_parse(&limits, attr, pattern, actions, request, error);
}

static int flow_validate(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
			 const struct rte_flow_item pattern[],
			 const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct cpx_flow_request request;

	return parse(dev, attr, pattern, actions, &request, error);
}

static struct cpx_flow_rule *make_rule(const struct cpx_port *p,
				       const struct cpx_flow_request *request)
{
	struct cpx_flow_rule *r = cpx_flow_rule_create(&p->flow->slab.memory, &request->pattern,
						       request->counts ? p->args.n_lanes : 0,
						       request->fate == CPX_FLOW_RSS);

	if (r == NULL)
		return NULL;
	r->order = (uint64_t)request->priority << 32 | (p->flow->made + 1);
	r->fate = (uint8_t)request->fate;
	r->marks = request->marks;
	r->mark = request->mark;
	r->queue = request->queue;
	if (r->rss != NULL) {
		r->rss->types = cpx_rss_types(request->rss_types);
		r->rss->keyed = request->rss_key != NULL;
		if (r->rss->keyed)
			cpx_toeplitz_set(&r->rss->toeplitz, request->rss_key);
		memcpy(r->rss->queue, request->rss_queue, sizeof(r->rss->queue));
	}
	return r;
}

static struct rte_flow *flow_create(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
				    const struct rte_flow_item pattern[],
				    const struct rte_flow_action actions[],
				    struct rte_flow_error *error)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_flow_request request;
	struct cpx_flow_change change;
	struct cpx_flow_rule *rule = NULL;
	struct rte_flow *flow = NULL;
	struct cpx_flow *f;

	if (parse(dev, attr, pattern, actions, &request, error) != 0)
		return NULL;
	f = flow_of(p);
	if (f == NULL)
		goto no_memory;
	if (check_room(f, error) != 0)
		return NULL;
	if (f->made == UINT32_MAX) {
		cpx_flow_error(error, ENOSPC, RTE_FLOW_ERROR_TYPE_STATE, NULL,
			       "%u rules were made since there was none; flush them first",
			       f->made);
		return NULL;
	}
	if ((request.fate == CPX_FLOW_QUEUE || request.fate == CPX_FLOW_RSS) &&
	    cpx_steer_create(p) != 0)
		goto no_memory;
	flow = calloc(1, sizeof(*flow));
	rule = make_rule(p, &request);
	if (flow == NULL || rule == NULL ||
	    cpx_flow_table_add(&f->slab.memory, f->table, &request.pattern.shape, rule, &change) !=
		    0)
		goto no_memory;
	f->made++;
	flow->rule = rule;
	flow->shape = request.pattern.shape;
	TAILQ_INSERT_TAIL(&f->rules, flow, link);
	publish(p, &change);
	return flow;

no_memory:
	if (rule != NULL)
		f->slab.memory.put(&f->slab.memory, &rule->block);
	free(flow);
	no_memory(error);
	return NULL;
}

static int flow_destroy(struct rte_eth_dev *dev, struct rte_flow *flow,
			struct rte_flow_error *error)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_flow *f = p->flow;
	struct cpx_flow_change change;
	int rc;

	if (f == NULL || flow == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
				      "the port has no such rule");
	rc = check_room(f, error);
	if (rc != 0)
		return rc;
	if (cpx_flow_table_remove(&f->slab.memory, f->table, &flow->shape, flow->rule, &change) !=
	    0)
		return no_memory(error);
	TAILQ_REMOVE(&f->rules, flow, link);
	free(flow);
	if (TAILQ_EMPTY(&f->rules))
		f->made = 0;
	publish(p, &change);
	return 0;
}

static int flow_flush(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_flow *f = p->flow;
	struct cpx_flow_table *old = f != NULL ? f->table : NULL;
	struct cpx_flow_change change;
	struct rte_flow *flow;
	int rc;

	if (old == NULL || TAILQ_EMPTY(&f->rules))
		return 0;
	rc = check_room(f, error);
	if (rc != 0)
		return rc;
	if (cpx_flow_table_isolate(&f->slab.memory, NULL, old->isolated, &change) != 0)
		return no_memory(error);
	change.garbage = cpx_flow_table_blocks(old);
	publish(p, &change);
	while ((flow = TAILQ_FIRST(&f->rules)) != NULL) {
		TAILQ_REMOVE(&f->rules, flow, link);
		free(flow);
	}
	f->made = 0;
	return 0;
}

static int flow_query(struct rte_eth_dev *dev, struct rte_flow *flow,
		      const struct rte_flow_action *action, void *data,
		      struct rte_flow_error *error)
{
	const struct cpx_port *p = cpx_port_of(dev);
	struct rte_flow_query_count *count = data;
	uint64_t hits = 0, bytes = 0;

	for (; action->type == RTE_FLOW_ACTION_TYPE_VOID; action++)
		continue;
	if (action->type != RTE_FLOW_ACTION_TYPE_COUNT)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
				      "only action count can be queried");
	if (flow->rule->cell == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
				      "the rule was made without action count");
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		hits += load_relaxed(&flow->rule->cell[i].hits);
		bytes += load_relaxed(&flow->rule->cell[i].bytes);
	}
	count->hits_set = count->bytes_set = 1;
	count->hits = hits - flow->base_hits;
	count->bytes = bytes - flow->base_bytes;
	if (count->reset) {
		flow->base_hits = hits;
		flow->base_bytes = bytes;
	}
	return 0;
}

static int flow_isolate(struct rte_eth_dev *dev, int set, struct rte_flow_error *error)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_flow *f = flow_of(p);
	struct cpx_flow_change change;
	int rc;

	if (f == NULL)
		return no_memory(error);
	if (cpx_flow_isolated(p) == (set != 0))
		return 0;
	rc = check_room(f, error);
	if (rc != 0)
		return rc;
	if (cpx_flow_table_isolate(&f->slab.memory, f->table, set != 0, &change) != 0)
		return no_memory(error);
	publish(p, &change);
	cpx_rxmode_apply(p); /* filters end, or hold again */
	return 0;
}

static int flow_dump(struct rte_eth_dev *dev, struct rte_flow *flow, FILE *out,
		     struct rte_flow_error *error)
{
	const struct cpx_flow *f = cpx_port_of(dev)->flow;
	const struct cpx_flow_table *t = f != NULL ? f->table : NULL;

	fprintf(out, "%s: %u rules of %u shapes%s; %u changes that queues still hold\n",
		cpx_port_name(cpx_port_of(dev)), t != NULL ? t->n_rules : 0,
		t != NULL ? t->n_groups : 0, t != NULL && t->isolated ? ", isolated" : "",
		f != NULL ? f->retire.n : 0);
	for (uint32_t i = 0; t != NULL && i < t->n_groups; i++)
		fprintf(out, "  headers 0x%x of 0x%x, %u words: %u rules in %u buckets\n",
			t->of[i].group->shape.want, t->of[i].group->shape.care,
			t->of[i].group->shape.n_words, t->of[i].group->n_rules,
			t->of[i].group->mask + 1);
	return 0;
}

static const struct rte_flow_ops flow_ops = {
	.validate = flow_validate,
	.create = flow_create,
	.destroy = flow_destroy,
	.flush = flow_flush,
	.query = flow_query,
	.isolate = flow_isolate,
	.dev_dump = flow_dump,
};

int cpx_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops)
{
	*ops = &flow_ops;
	return 0;
}

bool cpx_flow_active(const struct cpx_port *p)
{
	return p->flow != NULL && (p->flow->table != NULL || p->flow->rx[0].steers);
}

bool cpx_flow_isolated(const struct cpx_port *p)
{
	return p->flow != NULL && p->flow->table != NULL && p->flow->table->isolated;
}

static bool names(const struct cpx_flow_rule *r, unsigned from)
{
	for (unsigned i = 0; r->fate == CPX_FLOW_RSS && i < CPX_FLOW_RETA; i++)
		if (r->rss->queue[i] >= from)
			return true;
	return r->fate == CPX_FLOW_QUEUE && r->queue >= from;
}

int cpx_flow_configure(struct cpx_port *p)
{
	const unsigned n = p->data->nb_rx_queues;
	const struct rte_flow *flow;

	if (p->flow == NULL)
		return 0;
	TAILQ_FOREACH(flow, &p->flow->rules, link)
	if (names(flow->rule, n)) {
		PMD_DRV_LOG(ERR,
			    "%s: a flow rule of priority %u sends frames to an rx queue beyond the "
			    "%u that are asked for; destroy it first",
			    cpx_port_name(p), (unsigned)(flow->rule->order >> 32), n);
		return -EBUSY;
	}
	return 0;
}

void cpx_flow_start(struct cpx_port *p)
{
	for (unsigned i = 0; p->flow != NULL && i < p->args.n_lanes; i++)
		cpx_steer_flush(p, i);
}

void cpx_flow_stop(struct cpx_port *p)
{
	struct cpx_flow *f = p->flow;

	if (f == NULL)
		return;
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		cpx_steer_flush(p, i);
		/* whoever was amid a burst is gone */
		if (f->rx[i].turn & 1)
			cpx_flow_turn_end(&f->rx[i].turn);
	}
	cpx_flow_retire_all(&f->retire, &f->slab.memory);
}

void cpx_flow_close(struct cpx_port *p)
{
	struct cpx_flow *f = p->flow;
	struct rte_flow *flow;

	if (f == NULL)
		return;
	cpx_flow_stop(p);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		p->rx[i].flow = NULL;
	while ((flow = TAILQ_FIRST(&f->rules)) != NULL) {
		TAILQ_REMOVE(&f->rules, flow, link);
		free(flow);
	}
	cpx_flow_slab_free(&f->slab); /* with tables and rules */
	cpx_steer_free(f);
	rte_free(f);
	p->flow = NULL;
}
