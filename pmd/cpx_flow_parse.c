/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_flow attributes and actions made into a request; see cpx_flow_parse.h. Control threads only.
 * It must take nothing for granted of what it is given but that conf is as large as its type says.
 */
#include "pmd/cpx_flow_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pmd/cpx_rss.h"

int cpx_flow_error(struct rte_flow_error *error, int code, enum rte_flow_error_type type,
		   const void *cause, const char *format, ...)
{
	static __thread char text[224];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return rte_flow_error_set(error, code, type, cause, text);
}

static int refuse_queue(struct rte_flow_error *error, const struct rte_flow_action *action,
			const char *name, unsigned queue, unsigned n_queues)
{
	if (n_queues == 0)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action->conf,
				      "action %s: rx queue %u: the port has none yet; configure it "
				      "first",
				      name, queue);
	return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action->conf,
			      "action %s: rx queue %u: the port has queues 0 to %u", name, queue,
			      n_queues - 1);
}

static int refuse_rss(struct rte_flow_error *error, int code, const void *cause, const char *why)
{
	return cpx_flow_error(error, code, RTE_FLOW_ERROR_TYPE_ACTION_CONF, cause, "action rss: %s",
			      why);
}

/* The one of Microsoft's "Verifying the RSS Hash Calculation", as most NICs come with. */
static const uint8_t standard_key[CPX_RSS_KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static int read_rss(const struct cpx_flow_limits *limits, const struct rte_flow_action *action,
		    struct cpx_flow_request *request, struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = action->conf;

	if (rss->func != RTE_ETH_HASH_FUNCTION_DEFAULT &&
	    rss->func != RTE_ETH_HASH_FUNCTION_TOEPLITZ)
		return refuse_rss(error, ENOTSUP, &rss->func,
				  "func: default and toeplitz are supported");
	if (rss->level > 1)
		return refuse_rss(error, ENOTSUP, &rss->level,
				  "level: only the outermost headers are hashed (0 or 1)");
	if (rss->types & ~limits->rss_types)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, &rss->types,
				      "action rss: types: the port cannot hash by 0x%" PRIx64,
				      rss->types & ~limits->rss_types);
	if (rss->key != NULL && rss->key_len != 0) {
		if (rss->key_len != CPX_RSS_KEY && rss->key_len != CPX_RSS_KEY_MAX)
			return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF,
					      &rss->key_len,
					      "action rss: a key of %u bytes; give one of %u or "
					      "%u, or none",
					      rss->key_len, CPX_RSS_KEY, CPX_RSS_KEY_MAX);
		request->rss_key = rss->key;
	} else if (rss->func == RTE_ETH_HASH_FUNCTION_TOEPLITZ && !limits->rss_keyed) {
		request->rss_key = standard_key;
	}
	if (rss->queue_num == 0 || rss->queue == NULL)
		return refuse_rss(error, EINVAL, &rss->queue_num, "no queues; name at least one");
	if (rss->queue_num > CPX_FLOW_RETA)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF,
				      &rss->queue_num, "action rss: %u queues; at most %u",
				      rss->queue_num, CPX_FLOW_RETA);
	for (uint32_t i = 0; i < rss->queue_num; i++)
		if (rss->queue[i] >= limits->n_queues)
			return refuse_queue(error, action, "rss", rss->queue[i], limits->n_queues);
	for (uint32_t i = 0; i < CPX_FLOW_RETA; i++)
		request->rss_queue[i] = (uint8_t)rss->queue[i % rss->queue_num];
	request->rss_types = rss->types != 0 ? rss->types : limits->rss_types;
	return 0;
}

/* What an action is called and does; a fate or not. */
static const char *action_name(enum rte_flow_action_type type, enum cpx_flow_fate *fate)
{
	switch (type) {
	case RTE_FLOW_ACTION_TYPE_QUEUE:
		*fate = CPX_FLOW_QUEUE;
		return "queue";
	case RTE_FLOW_ACTION_TYPE_RSS:
		*fate = CPX_FLOW_RSS;
		return "rss";
	case RTE_FLOW_ACTION_TYPE_DROP:
		*fate = CPX_FLOW_DROP;
		return "drop";
	case RTE_FLOW_ACTION_TYPE_PASSTHRU:
		*fate = CPX_FLOW_PASS;
		return "passthru";
	case RTE_FLOW_ACTION_TYPE_MARK:
		return "mark";
	case RTE_FLOW_ACTION_TYPE_COUNT:
		return "count";
	default:
		return NULL;
	}
}

static int refuse_action(struct rte_flow_error *error, const struct rte_flow_action *action)
{
	const char *name = NULL;

	if (rte_flow_conv(RTE_FLOW_CONV_OP_ACTION_NAME_PTR, &name, sizeof(name),
			  (const void *)(intptr_t)action->type, NULL) <= 0)
		name = NULL;
	return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
			      "action %s (%d): not supported; there are queue, rss, drop, "
			      "passthru, mark, count, void",
			      name != NULL ? name : "of a type", (int)action->type);
}

static int read_action(const struct cpx_flow_limits *limits, const struct rte_flow_action *action,
		       const char *name, struct cpx_flow_request *request,
		       struct rte_flow_error *error)
{
	const bool needs_conf = action->type == RTE_FLOW_ACTION_TYPE_QUEUE ||
				action->type == RTE_FLOW_ACTION_TYPE_RSS ||
				action->type == RTE_FLOW_ACTION_TYPE_MARK;

	if (needs_conf && action->conf == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
				      "action %s: no configuration", name);
	if (action->type == RTE_FLOW_ACTION_TYPE_QUEUE) {
		request->queue = ((const struct rte_flow_action_queue *)action->conf)->index;
		if (request->queue >= limits->n_queues)
			return refuse_queue(error, action, name, request->queue, limits->n_queues);
	} else if (action->type == RTE_FLOW_ACTION_TYPE_RSS) {
		return read_rss(limits, action, request, error);
	} else if (action->type == RTE_FLOW_ACTION_TYPE_MARK) {
		request->marks = true;
		request->mark = ((const struct rte_flow_action_mark *)action->conf)->id;
	} else if (action->type == RTE_FLOW_ACTION_TYPE_COUNT) {
		request->counts = true;
	}
	return 0;
}

static int read_actions(const struct cpx_flow_limits *limits, const struct rte_flow_action *action,
			struct cpx_flow_request *request, struct rte_flow_error *error)
{
	const char *fate_name = NULL;

	if (action == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL,
				      "no actions");
	for (; action->type != RTE_FLOW_ACTION_TYPE_END; action++) {
		const enum cpx_flow_fate none = (enum cpx_flow_fate) - 1;
		enum cpx_flow_fate fate = none;
		const char *name = action_name(action->type, &fate);
		int rc;

		if (action->type == RTE_FLOW_ACTION_TYPE_VOID)
			continue;
		if (name == NULL)
			return refuse_action(error, action);
		if (fate != none && fate_name != NULL)
			return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
					      "action %s: the rule has %s already; it takes one of "
					      "queue, rss, drop, passthru",
					      name, fate_name);
		if ((action->type == RTE_FLOW_ACTION_TYPE_MARK && request->marks) ||
		    (action->type == RTE_FLOW_ACTION_TYPE_COUNT && request->counts))
			return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
					      "action %s: twice in one rule", name);
		rc = read_action(limits, action, name, request, error);
		if (rc != 0)
			return rc;
		if (fate != none) {
			request->fate = fate;
			fate_name = name;
		}
	}
	if (fate_name == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, action,
				      "nothing says where frames go; add one of queue, rss, drop, "
				      "passthru");
	return 0;
}

static int read_attr(const struct rte_flow_attr *attr, struct rte_flow_error *error)
{
	if (attr == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR, NULL,
				      "no attributes");
	if (attr->group != 0)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_GROUP, attr,
				      "group %u: there is group 0 only", attr->group);
	if (attr->transfer)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER, attr,
				      "transfer: rules are about the port's own traffic");
	if (attr->egress)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_EGRESS, attr,
				      "egress: rules are about received frames only");
	if (!attr->ingress)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR_INGRESS, attr,
				      "ingress is not set; rules are about received frames");
	if (attr->reserved)
		return cpx_flow_error(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR, attr,
				      "reserved attributes are set");
	return 0;
}

int cpx_flow_parse(const struct cpx_flow_limits *limits, const struct rte_flow_attr *attr,
		   const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
		   struct cpx_flow_request *request, struct rte_flow_error *error)
{
	int rc = read_attr(attr, error);

	memset(request, 0, sizeof(*request));
	if (rc == 0)
		rc = cpx_flow_read_pattern(pattern, &request->pattern, error);
	if (rc == 0)
		rc = read_actions(limits, actions, request, error);
	if (rc == 0)
		request->priority = attr->priority;
	return rc;
}
