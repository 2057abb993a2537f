/* SPDX-License-Identifier: BSD-3-Clause */
/* Filling the set of own.h. Control thread. */
#include "dataplane/tables/own.h"

#include "dataplane/tables/iface.h"
#include "lib/net/ip6.h"

static void put(struct own_set *s, uint32_t place)
{
	s->word[place / 64] |= 1ull << place % 64;
}

static void put4(struct own_set *s, const struct iface_addr4 *a)
{
	const uint32_t host_bits = a->len < 31 ? net_swap32(UINT32_MAX >> a->len) : 0;

	put(s, own_place4(a->addr));
	put(s, own_place4(a->addr | host_bits));
	put(s, own_place4(a->addr & ~host_bits));
}

void own_fill(struct own_set *s, const struct iface *ifaces, unsigned n)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < n; i++) {
		const struct iface *f = &ifaces[i];

		for (uint8_t a = 0; a < f->n4; a++)
			put4(s, &f->addr4[a]);
		for (uint8_t a = 0; a < f->n6; a++)
			if (!ip6_is_link_local(f->addr6[a].addr))
				put(s, own_place6(f->addr6[a].addr));
	}
}
