/* SPDX-License-Identifier: BSD-3-Clause */
/* Good configurations by the seed; see random_config.h. */
#include "tests/unit/random_config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t dice_below(struct dice *d, uint32_t n)
{
	uint64_t z = (d->state += 0x9e3779b97f4a7c15ull); /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ (z >> 31)) % n);
}

static const char *const iface_vrf[] = { "", "vrf: blue, ", "vrf: red, " };
static const char *const in_vrf[] = { "", ", vrf: blue", ", vrf: red" };

struct writer {
	FILE *f;
	struct dice d;
	bool vrfs;
	unsigned n_nets; /* subnets of ours: 10.I.J.0/24, I the port, J the interface of it */
	struct {
		unsigned i, j, vrf;
		bool v6;
	} net[64];
};

static bool now_and_then(struct writer *w)
{
	return dice_below(&w->d, 3) == 0;
}

static void top(struct writer *w)
{
	static const char *const names[] = { "null", "true", "edge-1", "a_b", "yes" };

	if (now_and_then(w))
		fprintf(w->f, "instance: \"%s\"\n", names[dice_below(&w->d, 5)]);
	if (now_and_then(w))
		fprintf(w->f, "workers: {count: %u}\n", 1 + dice_below(&w->d, 8));
	else if (now_and_then(w))
		fputs("workers: {cpus: [3, 1, 2], idle: poll}\n", w->f);
	if (now_and_then(w))
		fprintf(w->f, "tables: {routes4: %u, nexthops: %u}\n",
			1000 + dice_below(&w->d, 1000), 1000 + dice_below(&w->d, 5000));
	if (now_and_then(w))
		fprintf(w->f, "memory: {hugepages: false, buffers: %u}\n",
			2000 + dice_below(&w->d, 1000));
	if (now_and_then(w))
		fprintf(w->f, "arp: {age: %us}\n", 1 + dice_below(&w->d, 900));
	if (now_and_then(w))
		fprintf(w->f, "icmp: {errors_pps: %u}\n", dice_below(&w->d, 9000));
	if (now_and_then(w))
		fputs("telemetry: {period: 10ms}\n", w->f);
}

static void engines(struct writer *w)
{
	static const char *const profiles[] = { "oif-3.2t", "bailly-6.4t", "cpx-6.4t" };
	static const char *const mgmts[] = { "mgmt: none", "mgmt: \"optoe:/sys/x_1\"",
					     "mgmt: \"unix:/run/x:#y.sock\"", "seed: 7, numa: 1",
					     "serve: /run/oe, joint: true" };

	fputs("lasers: {els0: {}, \"null\": {profile: els-16, mgmt: "
	      "\"unix:/run/e:1\"}}\nengines:\n",
	      w->f);
	for (unsigned e = 0; e < 4; e++)
		fprintf(w->f, "  oe%u: {profile: %s%s%s%s}\n", e, profiles[dice_below(&w->d, 3)],
			now_and_then(w) ? ", lasers: els0" : "", e % 2 ? ", " : "",
			e % 2 ? mgmts[dice_below(&w->d, 5)] : "");
	fputs("devices: {net_null0: , net_null1: \"size=64,copy=1\", \"0000:01:00.0\": }\n", w->f);
}

static void addresses(struct writer *w, unsigned i, unsigned j)
{
	const bool v6 = now_and_then(w);
	const unsigned vrf = w->vrfs ? dice_below(&w->d, 3) : 0;

	fputs(iface_vrf[vrf], w->f);
	if (w->n_nets == 64 || dice_below(&w->d, 5) == 0)
		return;
	fprintf(w->f, "addresses: [10.%u.%u.1/24", i, j);
	if (now_and_then(w))
		fprintf(w->f, ", 10.%u.%u.129/25", i, j);
	if (v6)
		fprintf(w->f, ", \"2001:db8:%x:%x::1/64\", \"fe80::1/64\"", i, j);
	fputs("], ", w->f);
	w->net[w->n_nets].i = i;
	w->net[w->n_nets].j = j;
	w->net[w->n_nets].vrf = vrf;
	w->net[w->n_nets++].v6 = v6;
}

static void port(struct writer *w, unsigned i)
{
	static const unsigned sizes[] = { 1, 2, 4, 8 };
	const unsigned first = i / 4 * 8, n = sizes[dice_below(&w->d, 4)];

	fprintf(w->f, "  p%u: {lanes: oe%u/%u-%u, ", i, i % 4, first, first + n - 1);
	if (i == 5 || i == 6)
		fputs("carrier: fiber:a, ", w->f);
	else if (i < 2)
		fprintf(w->f, "carrier: dev:net_null%u, ", i);
	else if (now_and_then(w))
		fprintf(w->f, "carrier: \"fiber:/run/p%u.sock\", role: %s, ", i,
			now_and_then(w) ? "client" : "server");
	else
		fputs("carrier: loop, ", w->f);
	if (now_and_then(w))
		fprintf(w->f, "mtu: %u, ", 1280 + dice_below(&w->d, 8000));
	if (now_and_then(w))
		fprintf(w->f, "mac: \"02:00:00:00:%02x:01\", ", i);
	if (now_and_then(w))
		fputs("promiscuous: true, numa: 0, ", w->f);
	addresses(w, i, 0);
	if (now_and_then(w)) {
		fputs("vlans: {", w->f);
		for (unsigned v = 1 + dice_below(&w->d, 3); v > 0; v--) {
			fprintf(w->f, "%u: {", v * 100 + i);
			addresses(w, i, v);
			fputs("}, ", w->f);
		}
		fputs("}", w->f);
	}
	fputs("}\n", w->f);
}

static void routes(struct writer *w)
{
	static const char *const kinds[] = { "blackhole", "unreachable", "prohibit" };

	fputs("routes:\n  - {to: 192.0.2.0/24, type: blackhole}\n", w->f);
	for (unsigned r = dice_below(&w->d, 40); r > 0; r--) {
		const unsigned k = w->n_nets ? dice_below(&w->d, w->n_nets) : 0;

		if (!w->n_nets || dice_below(&w->d, 8) == 0)
			fprintf(w->f, "  - {to: 172.16.%u.0/24, type: %s}\n", r,
				kinds[dice_below(&w->d, 3)]);
		else if (w->net[k].v6 && now_and_then(w))
			fprintf(w->f,
				"  - {to: \"2001:db8:f%02x::/48\", via: "
				"\"2001:db8:%x:%x::%x\"%s}\n",
				r, w->net[k].i, w->net[k].j, 2 + dice_below(&w->d, 9),
				in_vrf[w->net[k].vrf]);
		else if (w->net[k].v6 && w->net[k].j == 0)
			fprintf(w->f,
				"  - {to: \"2001:db8:e%02x::/48\", via: \"fe80::9\", port: p%u}\n",
				r, w->net[k].i);
		else if (w->n_nets > 1 && w->net[k].vrf == w->net[!k].vrf && now_and_then(w))
			fprintf(w->f,
				"  - {to: 172.21.%u.0/24, metric: %u, paths: [{via: 10.%u.%u.9}, "
				"{via: 10.%u.%u.9, weight: %u}]%s}\n",
				r, r % 3, w->net[k].i, w->net[k].j, w->net[!k].i, w->net[!k].j,
				1 + r % 3, in_vrf[w->net[k].vrf]);
		else
			fprintf(w->f, "  - {to: 172.20.%u.0/24, via: 10.%u.%u.%u%s}\n", r,
				w->net[k].i, w->net[k].j, 2 + dice_below(&w->d, 9),
				in_vrf[w->net[k].vrf]);
	}
	fputs("neighbors:\n", w->f);
	for (unsigned k = 0; k < w->n_nets; k++)
		if (now_and_then(w))
			fprintf(w->f, "  - {ip: 10.%u.%u.7, mac: \"02:00:00:01:%02x:%02x\"%s}\n",
				w->net[k].i, w->net[k].j, w->net[k].i, dice_below(&w->d, 250),
				in_vrf[w->net[k].vrf]);
}

char *random_config(uint64_t seed)
{
	struct writer w = { .d = { seed } };
	char *text = NULL;
	size_t len;

	w.f = open_memstream(&text, &len);
	top(&w);
	engines(&w);
	w.vrfs = now_and_then(&w);
	if (w.vrfs)
		fprintf(w.f, "vrfs: {red: {table: 7, routes6: 3000}, blue: {table: %u}}\n",
			100 + dice_below(&w.d, 9));
	fputs("ports:\n", w.f);
	for (unsigned i = 0; i < 12; i++)
		if (i == 0 || i == 5 || i == 6 || dice_below(&w.d, 4))
			port(&w, i);
	routes(&w);
	fclose(w.f);
	return text;
}
