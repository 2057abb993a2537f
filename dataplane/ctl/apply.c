/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making a configuration the running one; see apply.h. Each change is a step that can be undone by
 * the same function with the two configurations exchanged. What belongs to a port that comes or
 * goes is no step of its own: it comes and goes with the port. Control thread.
 */
#include "dataplane/ctl/apply.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/layout.h"
#include "config/prefix.h"
#include "dataplane/ctl/apply_ports.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"

unsigned apply_fail_at;

/*
 * The groups of steps, one behind the other. New objects and other routes are shown first; what
 * goes goes when no route leads there any more: a gateway that loses its subnet is forgotten at
 * once.
 */
enum stage {
	STAGE_MTU,
	STAGE_VLAN,
	STAGE_ADDRESS,
	STAGE_NEIGHBOR,
	STAGE_ROUTE,
	STAGE_SHOWN, /* up to here */
	STAGE_ROUTE_GONE = STAGE_SHOWN,
	STAGE_NEIGHBOR_GONE,
	STAGE_ADDRESS_GONE,
	STAGE_ADDRESS_LATE, /* there was no room before others went */
	STAGES
};

/* The address is on the same interface of the other configuration, with another length: that one.
 */
static const struct config_prefix *same_address(const struct config *c, const struct config *other,
						uint32_t iface, uint16_t address)
{
	const struct config_prefix *p = &c->ifaces[iface].addrs[address];
	const struct config_iface *f = &other->ifaces[iface];

	if (iface >= other->n_ifaces || f->port == CONFIG_NO_PORT ||
	    f->vlan != c->ifaces[iface].vlan ||
	    strcmp(other->ports[f->port].name, c->ports[c->ifaces[iface].port].name) != 0)
		return NULL;
	for (unsigned i = 0; i < f->n_addrs; i++)
		if (f->addrs[i].family == p->family && memcmp(f->addrs[i].addr, p->addr, 16) == 0)
			return &f->addrs[i];
	return NULL;
}

static int stage_of_address(const struct apply *a, const struct config_change *ch)
{
	const uint32_t i = ch->after;

	if (ch->sign == CONFIG_REMOVED)
		return same_address(a->before, a->after, i, ch->address) ? -1 : STAGE_ADDRESS_GONE;
	if (same_address(a->after, a->before, i, ch->address))
		return STAGE_ADDRESS; /* it gets another length in its place */
	return i < a->before->n_ifaces &&
			       a->before->ifaces[i].n_addrs + a->after->ifaces[i].n_addrs >
				       CONFIG_MAX_ADDRS
		       ? STAGE_ADDRESS_LATE
		       : STAGE_ADDRESS;
}

static int stage_of(const struct apply *a, const struct config_change *ch)
{
	const bool gone = ch->sign == CONFIG_REMOVED;

	switch (ch->kind) {
	case CONFIG_PORT:
		return ch->sign == CONFIG_CHANGED && apply_is_mtu(ch) ? STAGE_MTU : -1;
	case CONFIG_VLAN:
		return gone ? -1 : STAGE_VLAN; /* they go last, when nothing leads there */
	case CONFIG_ADDRESS:
		return stage_of_address(a, ch);
	case CONFIG_NEIGHBOR:
		return gone ? STAGE_NEIGHBOR_GONE : STAGE_NEIGHBOR;
	case CONFIG_ROUTE:
		return gone ? STAGE_ROUTE_GONE : STAGE_ROUTE;
	default:
		return -1;
	}
}

static int put_in_order(struct apply *a)
{
	a->order = malloc((a->diff.n + 1) * sizeof(*a->order));
	if (!a->order)
		return -ENOMEM;
	for (int stage = 0; stage < STAGES; stage++) {
		if (stage == STAGE_ROUTE)
			a->n_routes = a->n_order;
		if (stage == STAGE_SHOWN)
			a->n_first = a->n_order;
		for (size_t i = 0; i < a->diff.n; i++)
			if (stage_of(a, &a->diff.changes[i]) == stage)
				a->order[a->n_order++] = (uint32_t)i;
	}
	return 0;
}

int apply_prepare(struct apply *a, struct config *before, const struct config *parsed,
		  struct err *err)
{
	int ret;

	*a = (struct apply){ .before = before };
	ret = config_layout(&a->after, parsed, before);
	if (!ret)
		ret = config_diff(&a->diff, before, a->after);
	if (!ret)
		ret = put_in_order(a);
	if (ret)
		return err_set(err, ret,
			       "configuration: no memory to compare it with the running one");
	/* what is left to the board stays as it is */
	a->after->max_routes4 = before->max_routes4;
	a->after->max_routes6 = before->max_routes6;
	for (unsigned i = 1; i < a->after->n_vrfs; i++) {
		a->after->vrfs[i].max_routes4 = before->vrfs[i].max_routes4;
		a->after->vrfs[i].max_routes6 = before->vrfs[i].max_routes6;
	}
	a->after->max_nexthops = before->max_nexthops;
	a->after->max_neighbors = before->max_neighbors;
	return 0;
}

void apply_end(struct apply *a)
{
	config_diff_free(&a->diff);
	config_free(a->before);
	config_free(a->after);
	free(a->order);
	free(a->swap);
	*a = (struct apply){ 0 };
}

/* The interface's port is there, and is this configuration's. */
static bool stands(const struct board *b, const struct config *c, uint32_t iface)
{
	const uint16_t port = c->ifaces[iface].port;

	return port != CONFIG_NO_PORT && b->ports[port].probed && b->ifaces[iface + 1].mtu &&
	       strcmp(b->ports[port].spec.name, c->ports[port].name) == 0;
}

/* One step and its opposite. from: the configuration that is left. */
struct step {
	uint64_t *remake; /* NULL while undoing */
	const struct config *from, *to;
	const struct config_change *ch;
	enum config_sign sign;
	uint32_t at_from, at_to;
};

static int do_mtu(struct board *b, const struct step *s, struct err *err)
{
	const uint32_t i = s->at_to;
	const uint16_t mtu = s->to->ports[i].mtu, was = b->ports[i].spec.mtu;
	int ret;

	if (apply_is_remade(s->from, s->to, i))
		return 0; /* it comes with the new MTU */
	ret = ifaces_change(b, err);
	if (ret)
		return ret;
	if (mtu < was) {
		b->ports[i].spec.mtu = mtu;
		ifaces_set_mtu(b, i); /* before the driver drops what is larger */
	}
	ret = port_set_mtu(b, i, mtu);
	if (ret)
		b->ports[i].spec.mtu = was;
	ifaces_set_mtu(b, i);
	if ((ret == -EBUSY || ret == -ENOTSUP) && s->remake) {
		*s->remake |= UINT64_C(1) << i;
		return 0;
	}
	return ret ? err_set(err, ret, "port %s: MTU %u refused by the driver or its carrier (%s)",
			     b->ports[i].spec.name, mtu, strerror(-ret))
		   : 0;
}

static int do_vlan(struct board *b, const struct step *s, struct err *err)
{
	const uint16_t port = s->to->ifaces[s->at_to].port;
	int ret;

	if (s->sign == CONFIG_REMOVED)
		return 0; /* close_vlans() */
	if (!b->ports[port].probed ||
	    strcmp(b->ports[port].spec.name, s->to->ports[port].name) != 0)
		return 0; /* it comes with its port */
	ret = ifaces_change(b, err);
	if (!ret)
		iface_open(b, s->to, s->at_to);
	return ret;
}

static int do_address(struct board *b, const struct step *s, struct err *err)
{
	const struct config *c = s->sign == CONFIG_ADDED ? s->to : s->from;
	const uint32_t iface = s->sign == CONFIG_ADDED ? s->at_to : s->at_from;
	const struct config_prefix *p = &c->ifaces[iface].addrs[s->ch->address];

	const struct config_prefix *was =
		same_address(c, c == s->to ? s->from : s->to, iface, s->ch->address);
	int ret;

	if (!stands(b, c, iface))
		return 0;
	if (was && s->sign == CONFIG_ADDED)
		return addr_set_len(b, (uint16_t)(iface + 1), p->family, p->addr, was->len, p->len,
				    err);
	if (was) /* the step undone: the other length again */
		return addr_set_len(b, (uint16_t)(iface + 1), p->family, p->addr, p->len, was->len,
				    err);
	ret = (s->sign == CONFIG_ADDED ? addr_add : addr_del)(b, (uint16_t)(iface + 1), p->family,
							      p->addr, p->len, err);
	/* back it comes or goes with its port */
	return !s->remake && (ret == -EEXIST || ret == -ENOENT) ? 0 : ret;
}

static int do_neighbor(struct board *b, const struct step *s, struct err *err)
{
	const struct config *c = s->sign == CONFIG_REMOVED ? s->from : s->to;
	const struct config_neighbor *n =
		&c->neighbors[s->sign == CONFIG_REMOVED ? s->at_from : s->at_to];

	if (!stands(b, c, n->iface))
		return 0;
	if (s->sign == CONFIG_REMOVED) { /* it may have gone with its subnet */
		neighbors_remove_static(b, (uint16_t)(n->iface + 1), n->family, n->addr, NULL);
		return 0;
	}
	return neighbors_add_static(b, (uint16_t)(n->iface + 1), n->family, n->addr, n->mac, err);
}

/* By a port that is there; by others it goes once they have come. */
static bool leads_somewhere(const struct board *b, const struct config *c,
			    const struct config_route *r)
{
	for (uint16_t i = 0; i < r->n_paths; i++)
		if (stands(b, c, c->paths[r->first_path + i].iface))
			return true;
	return !r->n_paths && stands(b, c, r->iface);
}

static int do_route(struct board *b, const struct step *s, struct err *err)
{
	const struct config_route *r;
	int ret;

	if (s->sign == CONFIG_REMOVED) {
		ret = route_del(b, &s->from->routes[s->at_from], err);
		return ret == -ENOENT ? 0 : ret; /* it was not made: its port was to come */
	}
	r = &s->to->routes[s->at_to];
	if (r->kind == CONFIG_ROUTE_VIA && !leads_somewhere(b, s->to, r))
		return 0;
	return route_add(b, s->to, r, err);
}

static int do_step(struct board *b, struct apply *a, size_t at, bool undo, struct err *err)
{
	const struct config_change *ch = &a->diff.changes[a->order[at]];
	struct step s = { &a->remake, a->before, a->after, ch, ch->sign, ch->before, ch->after };

	if (undo) {
		s = (struct step){ NULL, a->after, a->before, ch, ch->sign, ch->after, ch->before };
		s.sign = ch->sign == CONFIG_ADDED     ? CONFIG_REMOVED
			 : ch->sign == CONFIG_REMOVED ? CONFIG_ADDED
						      : CONFIG_CHANGED;
	}
	switch (ch->kind) {
	case CONFIG_PORT:
		return do_mtu(b, &s, err);
	case CONFIG_VLAN:
		return do_vlan(b, &s, err);
	case CONFIG_ADDRESS:
		return do_address(b, &s, err);
	case CONFIG_NEIGHBOR:
		return do_neighbor(b, &s, err);
	default:
		return do_route(b, &s, err);
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* Until the budget is used up; the clock is looked at now and then. */
static bool is_late_at(uint64_t until, size_t steps)
{
	return steps % 64 == 63 && now_ns() >= until;
}

static bool fails_here(size_t step, struct err *err)
{
	if (!apply_fail_at || step + 1 != apply_fail_at)
		return false;
	err_set(err, -EIO, "step %zu: made to fail by a test", step + 1);
	return true;
}

static int forward(struct board *b, struct apply *a, size_t end, uint64_t until, struct err *err)
{
	for (size_t steps = 0; a->done < end; steps++) {
		int ret;

		if (is_late_at(until, steps))
			return -EAGAIN;
		ret = fails_here(a->done, err) ? -EIO : do_step(b, a, a->done, false, err);
		if (ret)
			return ret;
		a->done++;
	}
	return 0;
}

static void commit(struct board *b)
{
	struct err err;

	b->staging = false;
	if (addrs_commit(b, &err) != 0)
		log_error("another configuration: %s", err.text);
}

/* The ports that came make room for those that went. */
static void swap_back(struct board *b, struct apply *a)
{
	struct port_swap *s = calloc(1, sizeof(*s));
	struct err err;
	int ret = s ? 0 : err_set(&err, -ENOMEM, "no memory");

	commit(b);
	if (s) {
		s->n_go = a->swap->n_come;
		s->n_come = a->swap->n_go;
		for (unsigned i = 0; i < s->n_go; i++)
			s->go[i] = port_piece_of(b, a->swap->come[i].port);
		memcpy(s->come, a->swap->go, s->n_come * sizeof(s->come[0]));
		ret = ports_swap(b, s, &err);
	}
	if (ret)
		log_error("going back to the old configuration: %s", err.text);
	free(s);
	free(a->swap);
	a->swap = NULL;
	b->staging = true;
}

static int back(struct board *b, struct apply *a, uint64_t until)
{
	for (size_t steps = 0; a->done > 0 || a->swap; steps++) {
		struct err err;

		if (is_late_at(until, steps))
			return -EAGAIN;
		if (a->swap && a->done == a->n_first)
			swap_back(b, a);
		if (a->shown &&
		    a->done == a->n_routes) { /* the old routes, before new gateways go */
			commit(b);
			b->staging = true;
		}
		if (a->done == 0)
			break;
		if (do_step(b, a, --a->done, true, &err) != 0)
			log_error("going back to the old configuration: %s", err.text);
	}
	return 0;
}

/* VLANs that are no more, when nothing of ours leads there. */
static void close_vlans(struct board *b, const struct apply *a, enum config_sign sign)
{
	struct err err;

	for (size_t i = 0; i < a->diff.n; i++) {
		const struct config_change *ch = &a->diff.changes[i];

		if (ch->kind == CONFIG_VLAN && ch->sign == sign && b->ifaces[ch->before + 1].mtu &&
		    ifaces_change(b, &err) == 0)
			iface_close(b, ch->before);
	}
	workers_republish(b);
}

static int tag_ports(struct board *b, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < BOARD_FIRST_PIECE && i < b->n_ports; i++)
		if (b->ports[i].probed)
			ret = ifaces_tag(b, i, err);
	return ret;
}

/* The board is of this configuration; the next commit shows it. */
static int adopt(struct board *b, const struct config *c, struct err *err)
{
	const struct config *from = b->cfg;
	int ret;

	board_adopt(b, c);
	b->staging = false;
	ret = tag_ports(b, err);
	if (!ret)
		ret = ifaces_filter(b, from, err);
	return ret ? ret : apply_period(b, err);
}

/* Everything is staged: show it, and let ports come and go. */
static int show(struct board *b, struct apply *a, struct err *err)
{
	struct port_swap *swap = apply_swap(b, a, err);
	int ret = swap ? 0 : -ENOMEM;

	a->was = b->cfg;
	if (!ret)
		ret = adopt(b, a->after, err);
	if (!ret)
		ret = fails_here(a->n_order, err) ? -EIO : apply_devices_come(b, a, err);
	if (!ret)
		ret = fails_here(a->n_order + 1, err) ? -EIO : addrs_commit(b, err);
	a->shown = !ret;
	if (!ret && swap->n_go + swap->n_come) {
		ret = fails_here(a->n_order + 2, err) ? -EIO : ports_swap(b, swap, err);
		if (!ret) {
			a->swap = swap;
			return 0;
		}
	}
	free(swap);
	return ret;
}

static void finish(struct board *b, struct apply *a)
{
	commit(b);
	close_vlans(b, a, CONFIG_REMOVED);
	apply_devices_go(b, a->was, a->after);
	apply_settle_ports(b);
	twins_readdress(b, a->was);
	config_free((struct config *)a->was); /* the board's until now */
	a->was = NULL;
	a->after = NULL;
}

/* All steps are taken back: workers have seen the old configuration only, or see it again. */
static void finish_undoing(struct board *b, struct apply *a)
{
	commit(b);
	close_vlans(b, a, CONFIG_ADDED);
	apply_devices_go(b, a->after, a->was ? a->was : b->cfg);
}

static int make(struct board *b, struct apply *a, uint64_t until, struct err *err)
{
	int ret = 0;

	b->staging = true;
	if (!a->shown) {
		ret = forward(b, a, a->n_first, until, err);
		if (!ret)
			ret = show(b, a, err);
		b->staging = true;
	}
	if (!ret)
		ret = forward(b, a, a->n_order, until, err);
	if (ret)
		return ret;
	/* the last that can fail, and itself all or nothing: it is never undone */
	return fails_here(a->n_order + 3, err) ? -EIO
					       : workers_resize(b, workers_wanted(b, b->cfg), err);
}

int apply_run(struct board *b, struct apply *a, uint64_t budget_ns, struct err *err)
{
	const uint64_t until = budget_ns ? now_ns() + budget_ns : UINT64_MAX;
	int ret;

	if (!a->undoing) {
		ret = make(b, a, until, err);
		if (ret == -EAGAIN)
			return ret;
		if (!ret) {
			finish(b, a);
			return 0;
		}
		a->undoing = true;
		a->code = ret;
		a->why = *err;
		if (a->was && b->cfg != a->was && adopt(b, a->was, &a->again) != 0)
			log_error("going back to the old configuration: %s", a->again.text);
		b->staging = true;
	}
	if (back(b, a, until) == -EAGAIN)
		return -EAGAIN;
	finish_undoing(b, a);
	*err = a->why;
	return a->code;
}
