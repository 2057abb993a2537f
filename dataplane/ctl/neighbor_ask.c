/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking neighbours, and when (RFC 1122 2.3.2.1, RFC 4861 7.2.2, 7.3.3): one request a neighbour
 * and second, three without an answer and it has failed. Who is known is asked at its own address
 * first. A board sends a limited number a second; the last quarter is for those that were known.
 * Control thread.
 */
#include <netinet/in.h>
#include <string.h>

#include "dataplane/ctl/neighbors_priv.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/arp.h"
#include "lib/net/nd.h"

#define ASKS_PER_SECOND 1000
#define ASKS_KEPT       (ASKS_PER_SECOND / 4)
#define UNICAST_PROBES  2
#define FAILED_S        4 /* a neighbour that failed is not asked for so long */
#define BACKOFF_S       8 /* a gateway that failed is asked again after that, then twice that … */
#define BACKOFF_MAX     4 /* … so often doubled */

static uint32_t *head_of(struct neighbors *t, const struct neighbor *n)
{
	return &t->wheel[n->due == t->now ? NEIGHBORS_WHEEL : n->due % NEIGHBORS_WHEEL];
}

void neighbor_unschedule(struct neighbors *t, struct neighbor *n)
{
	if (!n->timed)
		return;
	if (n->wheel.prev)
		t->all[n->wheel.prev - 1].wheel.next = n->wheel.next;
	else
		*head_of(t, n) = n->wheel.next;
	if (n->wheel.next)
		t->all[n->wheel.next - 1].wheel.prev = n->wheel.prev;
	n->timed = false;
}

static void link_in(struct neighbors *t, struct neighbor *n)
{
	uint32_t *head = head_of(t, n);
	const uint32_t me = (uint32_t)(n - t->all) + 1;

	n->wheel = (struct links){ .next = *head };
	if (*head)
		t->all[*head - 1].wheel.prev = me;
	*head = me;
	n->timed = true;
}

void neighbor_schedule(struct neighbors *t, struct neighbor *n, uint32_t seconds)
{
	neighbor_unschedule(t, n);
	n->due = t->now + seconds;
	link_in(t, n);
}

static bool may_ask(struct neighbors *t, const struct neighbor *n)
{
	const bool known = n->state == NEIGHBOR_PROBING || n->gateway;

	if (t->asks <= (known ? 0 : ASKS_KEPT))
		return false;
	t->asks--;
	return true;
}

static int build(const struct iface *iface, const struct neighbor *n, uint8_t *frame, size_t room)
{
	const bool direct = n->state == NEIGHBOR_PROBING && n->probes < UNICAST_PROBES;
	const uint32_t *src4;
	const uint8_t *src6;
	uint32_t addr;
	int len;

	if (n->key.family == AF_INET6) {
		src6 = iface_source6(iface, n->key.addr);
		return src6 ? nd_build_solicit(frame, room, iface->mac, direct ? n->mac : NULL,
					       iface->vlan, src6, direct ? n->key.addr : NULL,
					       n->key.addr)
			    : 0;
	}
	memcpy(&addr, n->key.addr, 4);
	src4 = iface_source4(iface, addr);
	len = arp_build_request(frame, room, iface->mac, iface->vlan, src4 ? *src4 : 0, addr);
	if (direct)
		memcpy(frame, n->mac, 6);
	return len;
}

void neighbor_ask(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;
	const struct iface *iface = &b->ifaces[n->key.iface];
	uint8_t frame[128];

	neighbor_schedule(t, n, 1);
	if (!may_ask(t, n))
		return;
	punt_send(b, iface, frame, build(iface, n, frame, sizeof(frame)));
	n->probes++;
}

static void set_failed(struct board *b, struct neighbor *n, bool failed)
{
	if (n->failed != failed && n->gateway)
		rib_neighbor_changed(b);
	n->failed = failed;
}

void neighbor_answered(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;

	neighbor_set_state(b, n, NEIGHBOR_REACHABLE);
	set_failed(b, n, false);
	n->probes = n->backoff = 0;
	n->confirmed = t->now;
	neighbor_schedule(t, n, b->cfg->arp_age_s);
}

static void unanswered(struct board *b, struct neighbor *n)
{
	nexthop_set_type(b->nexthops, n->row, NEXTHOP_RESOLVE);
	neighbor_unroute(b, n);
	neighbor_set_state(b, n, NEIGHBOR_FAILED);
	set_failed(b, n, true);
	neighbor_return_held(b, n, PKT_TO_WORKER_FAILED);
	neighbor_schedule(b->neighbors, n, FAILED_S);
}

/* Nobody sends to a gateway that groups leave out: it is asked without a packet. */
static void failed_long_enough(struct board *b, struct neighbor *n)
{
	if (!n->gateway) {
		neighbor_forget(b, n);
		return;
	}
	neighbor_set_state(b, n, NEIGHBOR_IDLE);
	neighbor_schedule(b->neighbors, n, (uint32_t)BACKOFF_S << n->backoff);
	if (n->backoff < BACKOFF_MAX)
		n->backoff++;
}

static void due(struct board *b, struct neighbor *n)
{
	switch ((enum neighbor_state)n->state) {
	case NEIGHBOR_INCOMPLETE:
	case NEIGHBOR_PROBING:
		if (n->probes < NEIGHBORS_PROBES)
			neighbor_ask(b, n);
		else
			unanswered(b, n);
		break;
	case NEIGHBOR_REACHABLE:
		neighbor_set_state(b, n, NEIGHBOR_PROBING);
		n->probes = 0;
		neighbor_ask(b, n);
		break;
	case NEIGHBOR_FAILED:
		failed_long_enough(b, n);
		break;
	case NEIGHBOR_IDLE:
		neighbor_set_state(b, n, NEIGHBOR_INCOMPLETE);
		n->probes = 0;
		neighbor_ask(b, n);
		break;
	default:
		break;
	}
}

/* Those of this second's list: what is due now is collected before anything is done about it. */
void neighbors_tick(void *arg)
{
	struct board *b = arg;
	struct neighbors *t = b->neighbors;
	uint32_t i = t->wheel[(t->now + 1) % NEIGHBORS_WHEEL];

	t->wheel[(t->now + 1) % NEIGHBORS_WHEEL] = 0;
	t->now++;
	t->asks = ASKS_PER_SECOND;
	while (i) {
		struct neighbor *n = &t->all[i - 1];

		i = n->wheel.next;
		link_in(t, n);
	}
	while (t->wheel[NEIGHBORS_WHEEL]) {
		struct neighbor *n = &t->all[t->wheel[NEIGHBORS_WHEEL] - 1];

		neighbor_unschedule(t, n);
		due(b, n);
	}
	rib_commit(b);
}
