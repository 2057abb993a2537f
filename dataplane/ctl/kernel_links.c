/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of the kernel that are interfaces of the board, and the addresses it gives them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "dataplane/ctl/kernel.h"
#include "dataplane/ctl/kernel_priv.h"
#include "dataplane/ctl/twin.h"

static struct kernel_link *find(const struct kernel *k, int32_t index)
{
	for (unsigned i = 0; i < k->n_links; i++)
		if (k->links[i].index == index)
			return (struct kernel_link *)&k->links[i];
	return NULL;
}

uint16_t kernel_iface(const struct board *b, int32_t index)
{
	const struct kernel_link *l;
	int port = twin_port(b, index);

	if (port >= 0)
		return iface_of_port(b, (unsigned)port);
	l = b->kernel ? find(b->kernel, index) : NULL;
	port = l && l->vlan ? twin_port(b, l->parent) : -1;
	return port >= 0 && b->ports[port].vlan_iface ? b->ports[port].vlan_iface[l->vlan]
						      : IFACE_NONE;
}

/* The board has it no more; it was one of ours. */
static void take_back(struct kernel *k, unsigned i)
{
	const struct kernel_address *a = &k->addresses[i];

	addr_del(k->board, a->iface, a->family, a->addr, a->len, NULL);
	k->addresses[i] = k->addresses[--k->n_addresses];
	k->addresses_changed = true;
}

static void forget(struct kernel *k, struct kernel_link *l)
{
	for (unsigned i = k->n_addresses; i-- > 0;)
		if (k->addresses[i].index == l->index)
			take_back(k, i);
	*l = k->links[--k->n_links];
	k->ask = true; /* routes by it went without a word */
}

static bool ours(const struct board *b, const struct rtnl_link *l)
{
	return twin_port(b, l->index) >= 0 || (l->vlan && twin_port(b, l->parent) >= 0);
}

void kernel_link(struct kernel *k, const struct rtnl_message *m)
{
	const struct rtnl_link *from = &m->link;
	struct kernel_link *l = find(k, from->index);
	const bool up = from->flags & IFF_UP;
	const bool dump = m->flags & NLM_F_MULTI;

	if (m->del || !ours(k->board, from)) {
		if (l)
			forget(k, l);
		return;
	}
	if (!l) {
		if (k->n_links == KERNEL_LINKS) {
			struct err err;

			err_set(&err, -ENOSPC, "device %s: more than %d of them", from->name,
				KERNEL_LINKS);
			kernel_refuse(k, &err);
			return;
		}
		l = &k->links[k->n_links++];
		*l = (struct kernel_link){ .index = from->index, .up = up };
		k->ask |= !dump; /* addresses and routes may have been told before it was known */
	}
	k->ask |= l->up != up && !dump;
	l->parent = from->vlan ? from->parent : 0;
	l->vlan = from->vlan;
	l->up = up;
	l->stale = false;
}

static bool same(const struct kernel_address *a, const struct rtnl_address *from)
{
	return a->index == from->index && a->family == from->family && a->len == from->len &&
	       memcmp(a->addr, from->addr, from->family == AF_INET ? 4 : 16) == 0;
}

static void give(struct kernel *k, uint16_t iface, const struct rtnl_address *from)
{
	struct kernel_address *a = &k->addresses[k->n_addresses];
	struct err err;
	int ret = -ENOSPC;

	if (k->n_addresses == KERNEL_ADDRESSES)
		err_set(&err, ret, "more than %d addresses", KERNEL_ADDRESSES);
	else
		ret = addr_add(k->board, iface, from->family, from->addr, from->len, &err);
	if (ret == -EEXIST) /* the file's own */
		return;
	if (ret) {
		kernel_refuse(k, &err);
		return;
	}
	*a = (struct kernel_address){
		.index = from->index, .iface = iface, .family = from->family, .len = from->len
	};
	memcpy(a->addr, from->addr, sizeof(a->addr));
	k->n_addresses++;
	k->addresses_changed = true;
}

void kernel_address(struct kernel *k, const struct rtnl_message *m)
{
	const struct rtnl_address *from = &m->address;
	const uint16_t iface = kernel_iface(k->board, from->index);
	/* not ours before nobody else has claimed it (RFC 4862 5.4) */
	const bool claimed = from->flags & IFA_F_DADFAILED ||
			     (from->flags & IFA_F_TENTATIVE && !(from->flags & IFA_F_OPTIMISTIC));
	const bool gone = m->del || claimed;
	unsigned i = 0;

	if (iface == IFACE_NONE || from->scope == RT_SCOPE_HOST)
		return;
	while (i < k->n_addresses && !same(&k->addresses[i], from))
		i++;
	if (m->del && from->family == AF_INET)
		k->ask = true; /* routes with it as source went without a word */
	if (i < k->n_addresses && gone)
		take_back(k, i);
	else if (i < k->n_addresses)
		k->addresses[i].stale = false;
	else if (!gone)
		give(k, iface, from);
}

void kernel_mark(struct kernel *k)
{
	for (unsigned i = 0; i < k->n_links; i++)
		k->links[i].stale = true;
	for (unsigned i = 0; i < k->n_addresses; i++)
		k->addresses[i].stale = true;
}

void kernel_sweep(struct kernel *k)
{
	const bool ask = k->ask; /* routes were told behind what goes here */

	for (unsigned i = k->n_links; i-- > 0;)
		if (k->links[i].stale)
			forget(k, &k->links[i]);
	for (unsigned i = k->n_addresses; i-- > 0;)
		if (k->addresses[i].stale)
			take_back(k, i);
	k->ask = ask;
}
