/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the log says of a peer: that it came and is not what we are, went, broke the handshake, or
 * is not there. A hostile peer can come and go thousands of times a second, so there is at most one
 * message a second; the others are counted. DPDK's interrupt thread and the port's control thread,
 * with the carrier's lock.
 */
#include "pmd/cpx_peer.h"

#include <rte_cycles.h>

#include <inttypes.h>
#include <stdarg.h>

#include "pmd/cpx_logs.h"

void cpx_peer_say(struct cpx_peer *c, const char *fmt, ...)
{
	const uint64_t now = rte_get_timer_cycles();
	char text[320], others[64] = "";
	va_list ap;

	if (now < c->quiet_until) {
		c->unsaid++;
		return;
	}
	c->quiet_until = now + rte_get_timer_hz();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->unsaid != 0)
		snprintf(others, sizeof(others), " (and %" PRIu64 " messages before it)",
			 c->unsaid);
	c->unsaid = 0;
	PMD_DRV_LOG(NOTICE, "%s: %s%s", cpx_port_name(c->port), text, others);
}

/* Connections that did not come about, and a server that is not there. */
void cpx_peer_say_why_waiting(struct cpx_peer *c, const struct fiber_status *s)
{
	if (s->refusals != c->refusals ||
	    (!c->searching && s->state == FIBER_WAITING && s->reason[0] != '\0'))
		cpx_peer_say(c, "%s", s->reason);
	c->refusals = s->refusals;
	c->searching = s->state == FIBER_WAITING;
}

void cpx_peer_say_differences(struct cpx_peer *c, const struct fiber_status *s)
{
	const struct cpx_args *a = &c->port->args;

	if (s->terms.lanes < a->n_lanes)
		cpx_peer_say(c,
			     "the other end of fiber %s has %u lanes, we have %u; the others stay "
			     "down",
			     a->path, s->terms.lanes, a->n_lanes);
	if (c->port->interrupts && !(s->terms.features & FIBER_FEATURE_SLEEP))
		cpx_peer_say(c,
			     "the other end of fiber %s wakes no sleepers, so there are no receive "
			     "interrupts; give it wake=1",
			     a->path);
}
