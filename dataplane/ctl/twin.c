/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of the twins: made with their ports, following them, made again when somebody deletes
 * them, waiting while their namespace is gone. An open TAP keeps its namespace alive: that the name
 * leads elsewhere now is how we learn of its end.
 */
#include "dataplane/ctl/twin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/ctl/tap.h"
#include "dataplane/ctl/twin_link.h"
#include "dataplane/ctl/twin_priv.h"
#include "dataplane/nodes/send.h"
#include "lib/base/log.h"
#include "lib/base/netns.h"
#include "lib/net/ip6.h"

#define MTU_MIN_IP6 1280

static bool wanted(const struct board *b, unsigned port)
{
	return b->ports[port].probed && b->ports[port].spec.twin;
}

/* One that the kernel may refuse because IPv6 is switched off: *ip6 says so from then on. */
static int give_address(const struct twins *t, const struct twin *twin, uint8_t family,
			const uint8_t *addr, uint8_t len, bool *ip6)
{
	int ret;

	if (family == AF_INET6 && !*ip6)
		return 0;
	ret = twin_link_address(t->rtnl, twin->index, family, addr, len);
	if (family == AF_INET || (ret != -EAFNOSUPPORT && ret != -EACCES && ret != -EPERM))
		return ret;
	log_warn("twin %s: no IPv6 addresses: the kernel has it switched off there", twin->name);
	*ip6 = false;
	return 0;
}

/* The file's addresses: what others change later is in the kernel already. */
static int give_addresses(const struct board *b, unsigned port)
{
	const struct twins *t = b->twins;
	const struct twin *twin = &t->twin[port];
	const struct config_iface *from = port < b->cfg->n_ports ? &b->cfg->ifaces[port] : NULL;
	bool ip6 = twin->mtu >= MTU_MIN_IP6;
	uint8_t near[16];
	int ret;

	ip6_link_local_from_mac(twin->mac, near);
	ret = give_address(t, twin, AF_INET6, near, 64, &ip6);
	for (uint16_t i = 0; !ret && from && i < from->n_addrs; i++)
		ret = give_address(t, twin, from->addrs[i].family, from->addrs[i].addr,
				   from->addrs[i].len, &ip6);
	return ret;
}

/* A new interface as its port is. */
static int set_up(const struct board *b, unsigned port, struct err *err)
{
	const struct board_port *p = &b->ports[port];
	const struct twins *t = b->twins;
	struct twin *twin = &b->twins->twin[port];
	const char *step = "its index";
	int ret = twin_link_index(t->rtnl, twin->name);

	if (ret < 0)
		goto failed;
	twin->index = ret;
	memcpy(twin->mac, p->mac, 6);
	twin->mtu = p->spec.mtu;
	step = "MAC address";
	ret = twin_link_mac(t->rtnl, twin->index, twin->mac);
	if (ret)
		goto failed;
	step = "MTU";
	ret = twin_link_mtu(t->rtnl, twin->index, twin->mtu);
	if (ret)
		goto failed;
	step = "link-local addresses by MAC";
	ret = twin_link_eui64(t->rtnl, twin->index);
	if (ret)
		goto failed;
	step = "addresses";
	ret = give_addresses(b, port);
	if (ret)
		goto failed;
	step = "up";
	ret = twin_link_up(t->rtnl, twin->index);
	if (ret)
		goto failed;
	return 0;

failed:
	return err_set(err, ret,
		       "twin %s: the kernel refused: %s (%s); is CAP_NET_ADMIN there, and nobody "
		       "else at work on the interface?",
		       twin->name, step, strerror(-ret));
}

static void unmake(struct board *b, unsigned port)
{
	struct twin *twin = &b->twins->twin[port];

	if (twin->fd < 0)
		return;
	twin_io_stop(b, port);
	close(twin->fd);
	*twin = (struct twin){ .fd = -1 };
}

static int make(struct board *b, unsigned port, struct err *err)
{
	struct twins *t = b->twins;
	struct twin *twin = &t->twin[port];
	int ret;

	if (strlen(b->ports[port].spec.name) > CONFIG_TWIN_NAME_MAX)
		return err_set(err, -EINVAL,
			       "twin %s: no kernel interface can have a name of more than %d "
			       "characters; give the port in the file a shorter one",
			       b->ports[port].spec.name, CONFIG_TWIN_NAME_MAX);
	memcpy(twin->name, b->ports[port].spec.name, sizeof(twin->name) - 1);
	ret = tap_open(&twin->fd, t->ns, twin->name, err);
	if (ret)
		return ret;
	ret = set_up(b, port, err);
	if (ret) {
		unmake(b, port);
		return ret;
	}
	twin_io_read(t, port);
	return 0;
}

/* Told once, tried again by twins_look(). */
static void make_again(struct board *b, unsigned port)
{
	struct twin *twin = &b->twins->twin[port];
	struct err err;

	if (make(b, port, &err) == 0)
		return;
	if (!twin->said)
		log_warn("%s; tried again until it works", err.text);
	*twin = (struct twin){ .fd = -1, .said = true };
}

static void follow_port(struct board *b, unsigned port)
{
	const struct board_port *p = &b->ports[port];
	struct twins *t = b->twins;
	struct twin *twin = &t->twin[port];
	int ret = 0;

	if (!wanted(b, port) || (twin->fd >= 0 && strcmp(twin->name, p->spec.name) != 0))
		unmake(b, port);
	if (!wanted(b, port))
		return;
	if (twin->fd < 0)
		make_again(b, port);
	if (twin->fd < 0 || twin->broken)
		return;
	if (memcmp(twin->mac, p->mac, 6) != 0) {
		ret = twin_link_mac(t->rtnl, twin->index, p->mac);
		memcpy(twin->mac, p->mac, 6);
	}
	if (!ret && twin->mtu != p->spec.mtu) {
		ret = twin_link_mtu(t->rtnl, twin->index, p->spec.mtu);
		twin->mtu = p->spec.mtu;
	}
	if (!ret && twin->carrier != p->up) {
		ret = tap_set_carrier(twin->fd, p->up);
		twin->carrier = p->up;
	}
	if (ret == -EBADFD || ret == -ENODEV)
		twin->broken = true;
	else if (ret)
		log_warn("twin %s: does not follow its port (%s)", twin->name, strerror(-ret));
}

void twins_follow(struct board *b)
{
	if (!b->twins || b->twins->lost)
		return;
	for (unsigned i = 0; i < b->n_ports; i++)
		follow_port(b, i);
	twins_poll(b);
}

static bool has(const struct config_iface *f, const struct config_prefix *p)
{
	for (uint16_t i = 0; i < f->n_addrs; i++)
		if (f->addrs[i].family == p->family && f->addrs[i].len == p->len &&
		    memcmp(f->addrs[i].addr, p->addr, 16) == 0)
			return true;
	return false;
}

/* All are given, for with the first of a subnet the kernel takes the others away. */
static int readdress_port(const struct board *b, unsigned port, const struct config_iface *was)
{
	const struct twins *t = b->twins;
	int ret = 0;

	for (uint16_t i = 0; !ret && i < was->n_addrs; i++)
		if (!has(&b->cfg->ifaces[port], &was->addrs[i]))
			ret = twin_link_no_address(t->rtnl, t->twin[port].index,
						   was->addrs[i].family, was->addrs[i].addr,
						   was->addrs[i].len);
	return ret ? ret : give_addresses(b, port);
}

void twins_readdress(struct board *b, const struct config *was)
{
	for (unsigned i = 0; b->twins && i < b->cfg->n_ports && i < was->n_ports; i++) {
		const struct twin *twin = &b->twins->twin[i];
		int ret;

		if (twin->fd < 0 || twin->broken)
			continue; /* it gets them when it is made */
		ret = readdress_port(b, i, &was->ifaces[i]);
		if (ret && ret != -ENODEV)
			log_warn("twin %s: has not all addresses of its port (%s)", twin->name,
				 strerror(-ret));
	}
}

static int enter(struct twins *t, const char *netns, struct err *err)
{
	int ret = 0;

	t->ns = NETNS_OWN;
	if (netns[0])
		ret = netns_open(&t->ns, netns, err);
	if (ret)
		return ret;
	t->rtnl = twin_link_open(t->ns);
	if (t->rtnl) {
		t->epoch++;
		return 0;
	}
	ret = errno == EPERM
		      ? err_set(err, -EPERM,
				"twins: may not enter network namespace %s: CAP_SYS_ADMIN is "
				"missing; run cpx as root, or start it inside (`ip netns exec %s "
				"cpx run …`) without `host: netns`",
				netns, netns)
		      : err_set(err, -errno, "twins: no netlink socket (%s)", strerror(errno));
	if (t->ns != NETNS_OWN)
		close(t->ns);
	t->ns = NETNS_OWN;
	return ret;
}

/* Lets go of all that keeps the namespace alive. */
static void leave(struct board *b)
{
	struct twins *t = b->twins;

	for (unsigned i = 0; i < BOARD_MAX_PORTS; i++)
		unmake(b, i);
	if (t->rtnl)
		mnl_socket_close(t->rtnl);
	t->rtnl = NULL;
	if (t->ns != NETNS_OWN)
		close(t->ns);
	t->ns = NETNS_OWN;
}

static void look_for_namespace(struct board *b)
{
	struct twins *t = b->twins;
	const char *name = b->cfg->host_netns;

	if (!t->lost && t->ns != NETNS_OWN && !netns_is(t->ns, name)) {
		log_warn("network namespace %s is gone, and the twins with it; made again when it "
			 "is back",
			 name);
		leave(b);
		t->lost = true;
	}
	if (t->lost && enter(t, name, NULL) == 0) {
		log_info("network namespace %s is back: twins are made again", name);
		t->lost = false;
	}
}

void twins_look(void *arg)
{
	struct board *b = arg;
	struct twins *t = b->twins;

	look_for_namespace(b);
	for (unsigned i = 0; i < b->n_ports; i++) {
		if (t->twin[i].fd < 0 || (!t->twin[i].broken && tap_is_there(t->twin[i].fd)))
			continue;
		log_warn("port %s: its twin was deleted; made again", t->twin[i].name);
		unmake(b, i);
		t->remade++;
	}
	twins_follow(b);
}

static void woken(void *arg, uint32_t events)
{
	struct board *b = arg;
	uint64_t n;

	(void)events;
	if (read(b->twins->event, &n, sizeof(n)) == sizeof(n))
		twins_poll(b);
}

int twins_create(struct board *b, struct err *err)
{
	struct twins *t;
	int ret;

	if (!b->cfg->host_twins)
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return err_set(err, -ENOMEM, "twins: no memory");
	b->twins = t;
	t->event = -1;
	for (unsigned i = 0; i < BOARD_MAX_PORTS; i++)
		t->twin[i].fd = -1;
	ret = enter(t, b->cfg->host_netns, err);
	if (!ret)
		ret = twin_io_create(t, err);
	for (unsigned i = 0; !ret && i < b->n_ports; i++)
		if (wanted(b, i))
			ret = make(b, i, err);
	return ret;
}

int twins_attach(struct board *b, struct loop *l, struct err *err)
{
	struct twins *t = b->twins;

	if (!t)
		return 0;
	t->loop = l;
	t->watch = loop_fd(l, t->event, POLLIN, woken, b);
	t->timer = loop_timer(l, TWIN_LOOK_NS, twins_look, b);
	return t->watch && t->timer ? 0 : err_set(err, -ENOMEM, "twins: no memory for their timer");
}

void twins_destroy(struct board *b)
{
	struct twins *t = b->twins;

	if (!t)
		return;
	if (t->loop) {
		loop_remove(t->loop, t->watch);
		loop_remove(t->loop, t->timer);
	}
	if (t->ringing)
		leave(b);
	twin_io_destroy(t);
	b->twins = NULL;
	free(t);
}

/* The board's port under an interface. */
static unsigned port_of(const struct board *b, uint16_t iface)
{
	const unsigned i = iface - 1u, n = b->cfg->n_ifaces;

	return i < n ? b->cfg->ifaces[i].port : i - n + b->cfg->n_ports;
}

bool twin_has(const struct board *b, uint16_t iface)
{
	return b->twins && b->ifaces[iface].host;
}

/* Puts back what vlan_input took off. */
static void deliver(struct board *b, struct rte_mbuf *m, bool counted)
{
	const uint16_t index = *pkt_iface(m);
	const uint16_t vlan = b->ifaces[index].vlan;
	enum drop_reason reason = DROP_COUNT;

	if (!twin_has(b, index))
		reason = DROP_PORT_REMOVED;
	else if (m->nb_segs > TWIN_SEGMENTS)
		reason = DROP_SPLIT_HEADER;
	else if (vlan && !send_push_vlan(m, vlan))
		reason = DROP_NO_HEADROOM;
	if (reason == DROP_COUNT)
		twin_io_write(b, port_of(b, index), m, counted);
	else if (counted)
		punt_drop(b, m, reason);
	else
		rte_pktmbuf_free(m);
}

void twin_deliver(struct board *b, struct rte_mbuf *m)
{
	deliver(b, m, true);
}

void twin_copy(struct board *b, const struct rte_mbuf *m)
{
	struct rte_mbuf *copy = NULL;

	if (twin_has(b, m->vlan_tci))
		copy = rte_pktmbuf_copy(m, b->pool, 0, UINT32_MAX);
	if (copy)
		deliver(b, copy, false);
}

int twin_ifindex(const struct board *b, unsigned port)
{
	return b->twins && port < BOARD_MAX_PORTS ? b->twins->twin[port].index : 0;
}

int twin_port(const struct board *b, int ifindex)
{
	for (unsigned i = 0; b->twins && ifindex > 0 && i < b->n_ports; i++)
		if (b->twins->twin[i].index == ifindex)
			return (int)i;
	return -1;
}

int twins_netns(const struct board *b)
{
	return !b->twins ? NETNS_OWN : b->twins->lost ? -ENOENT : b->twins->ns;
}

unsigned twins_epoch(const struct board *b)
{
	return b->twins ? b->twins->epoch : 0;
}

void twins_count(const struct board *b, uint64_t *there, uint64_t *remade)
{
	*there = 0;
	*remade = b->twins ? b->twins->remade : 0;
	for (unsigned i = 0; b->twins && i < b->n_ports; i++)
		*there += b->twins->twin[i].fd >= 0;
}
