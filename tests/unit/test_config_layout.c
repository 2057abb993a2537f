/* SPDX-License-Identifier: BSD-3-Clause */
/* Places for objects: who stays keeps its index, who comes takes a free one, who goes leaves one.
 */
#include "config/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/emit.h"
#include "tests/unit/random_config.h"
#include "tests/unit/test_config.h"

#define ENGINES "engines: {a: {profile: oif-3.2t}, b: {profile: oif-3.2t}}\n"

static struct config *laid_out(const char *text, const struct config *base)
{
	struct config *c = accepted(text), *out;

	cr_assert_eq(config_layout(&out, c, base), 0);
	config_free(c);
	return out;
}

static int place(const struct config *c, const char *port)
{
	for (unsigned i = 0; i < c->n_ports; i++)
		if (strcmp(c->ports[i].name, port) == 0)
			return (int)i;
	return -1;
}

static int vlan_place(const struct config *c, const char *port, unsigned vlan)
{
	for (unsigned i = CONFIG_MAX_PORTS; i < c->n_ifaces; i++)
		if (c->ifaces[i].vlan == vlan && c->ifaces[i].port == place(c, port))
			return (int)i;
	return -1;
}

Test(config_layout, alone)
{
	struct config *c = laid_out(ENGINES "ports:\n"
					    "  p0: {lanes: a/0, carrier: loop, vlans: {5: {}}}\n"
					    "  p1: {lanes: b/1, carrier: loop, vlans: {6: {}}}\n",
				    NULL);

	cr_expect_eq(c->n_ports, 2);
	cr_expect_eq(c->n_ifaces, CONFIG_MAX_PORTS + 2);
	cr_expect_eq(vlan_place(c, "p0", 5), CONFIG_MAX_PORTS);
	cr_expect_eq(vlan_place(c, "p1", 6), CONFIG_MAX_PORTS + 1);
	cr_expect_eq(c->ifaces[1].port, 1);
	for (unsigned i = 2; i < CONFIG_MAX_PORTS; i++)
		cr_expect_eq(c->ifaces[i].port, CONFIG_NO_PORT);
	config_free(c);
}

Test(config_layout, who_stays_keeps_its_place)
{
	struct config *base =
		laid_out(ENGINES "ports:\n"
				 "  p0: {lanes: a/0, carrier: loop, vlans: {5: {}}}\n"
				 "  p1: {lanes: a/1, carrier: loop, vlans: {6: {}, 7: {}}}\n"
				 "  p2: {lanes: a/2, carrier: loop, addresses: [10.2.0.1/24]}\n",
			 NULL);
	struct config *c = laid_out(
		"engines: {b: {profile: oif-3.2t}, a: {profile: oif-3.2t}}\nports:\n"
		"  new: {lanes: b/0, carrier: loop, vlans: {5: {addresses: [10.9.0.1/24]}}}\n"
		"  p2: {lanes: a/7, carrier: loop, addresses: [10.2.0.1/24]}\n"
		"  p1: {lanes: a/1, carrier: loop, vlans: {7: {}}}\n"
		"routes: [{to: 10.50.0.0/16, via: 10.2.0.9}, {to: 10.51.0.0/16, via: 10.9.0.2}]\n"
		"neighbors: [{ip: 10.9.0.3, mac: '02:00:00:00:00:03'}]\n",
		base);
	struct config *last;

	cr_expect_eq(place(c, "p1"), 1);
	cr_expect_eq(place(c, "p2"), 2);
	cr_expect_eq(place(c, "new"), 3, "not at once where p0 was");
	cr_expect_str_eq(c->ports[0].name, "");
	cr_expect_eq(c->ifaces[0].port, CONFIG_NO_PORT);
	cr_expect_str_eq(c->engines[0].name, "a");
	cr_expect_eq(c->ports[3].engine, 1);
	cr_expect_eq(vlan_place(c, "p1", 7), CONFIG_MAX_PORTS + 2);
	cr_expect_eq(vlan_place(c, "new", 5), CONFIG_MAX_PORTS + 3);
	cr_expect_eq(c->routes[0].iface, 2);
	cr_expect_eq(c->routes[1].iface, CONFIG_MAX_PORTS + 3);
	cr_expect_eq(c->neighbors[0].iface, CONFIG_MAX_PORTS + 3);
	last = laid_out(ENGINES "ports: {x: {lanes: a/0, carrier: loop}}\n", c);
	cr_expect_eq(place(last, "x"), 0, "the free place");
	config_free(base);
	config_free(c);
	config_free(last);
}

/* All places taken: those of ports that go are used. */
Test(config_layout, full)
{
	char text[2][8192];
	struct config *a, *b;

	for (unsigned t = 0; t < 2; t++) {
		size_t n = (size_t)snprintf(text[t], sizeof(text[t]), ENGINES "ports:\n");

		for (unsigned i = 0; i < CONFIG_MAX_PORTS; i++)
			n += (size_t)snprintf(text[t] + n, sizeof(text[t]) - n,
					      "  %c%u: {lanes: a/%u, carrier: loop, vlans: "
					      "{1: {}, 2: {}, 3: {}, 4: {}, 5: {}, 6: {}, 7: {}, "
					      "8: {}}}\n",
					      t && i % 2 ? 'n' : 'p', i, i);
	}
	a = laid_out(text[0], NULL);
	b = laid_out(text[1], a);
	cr_expect_eq(b->n_ports, CONFIG_MAX_PORTS);
	cr_expect_eq(b->n_ifaces, CONFIG_MAX_PORTS + CONFIG_MAX_VLANS);
	for (unsigned i = 0; i < CONFIG_MAX_PORTS; i++)
		cr_expect_eq(b->ports[i].name[0], i % 2 ? 'n' : 'p');
	for (unsigned i = CONFIG_MAX_PORTS; i < b->n_ifaces; i++)
		cr_expect_neq(b->ifaces[i].port, CONFIG_NO_PORT);
	config_free(a);
	config_free(b);
}

/* Whatever it is laid out on, it says the same. */
Test(config_layout, says_the_same)
{
	struct config *base = NULL;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		char *text = random_config(seed), *is;
		struct config *out = laid_out(text, base), *alone, *again;
		size_t len;

		/* in another order, so by way of a layout of its own */
		cr_assert_eq(config_emit(out, &is, &len), 0);
		alone = accepted(is);
		cr_expect_eq(alone->n_routes, out->n_routes);
		again = laid_out(is, out);
		for (unsigned i = 0; i < out->n_ports; i++)
			cr_expect_str_eq(out->ports[i].name, again->ports[i].name);
		cr_expect_eq(memcmp(out->ifaces, again->ifaces, sizeof(out->ifaces)), 0, "seed %u",
			     (unsigned)seed);
		config_free(alone);
		config_free(again);
		config_free(base);
		base = out;
		free(is);
		free(text);
	}
	config_free(base);
}
