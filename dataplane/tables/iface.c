/* SPDX-License-Identifier: BSD-3-Clause */
/* Address selection of an interface. Pure functions; any thread. */
#include "dataplane/tables/iface.h"

#include <stddef.h>

#include "lib/net/ether.h"

bool prefix_match(const uint8_t *a, const uint8_t *b, unsigned len)
{
	const unsigned whole = len / 8, rest = len % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool iface_hears4(const struct iface *f, uint32_t addr)
{
	const uint32_t host = net_swap32(addr);

	if (host >> 8 == 0xe00000 || addr == UINT32_MAX)
		return true;
	for (uint8_t i = 0; i < f->n4; i++)
		if (f->addr4[i].len < 31 &&
		    host == (net_swap32(f->addr4[i].addr) | UINT32_MAX >> f->addr4[i].len))
			return true;
	return false;
}

const uint32_t *iface_source4(const struct iface *f, uint32_t peer)
{
	for (uint8_t i = 0; i < f->n4; i++)
		if (prefix_match((const uint8_t *)&f->addr4[i].addr, (const uint8_t *)&peer,
				 f->addr4[i].len))
			return &f->addr4[i].addr;
	return f->n4 ? &f->addr4[0].addr : NULL;
}

const uint8_t *iface_source6(const struct iface *f, const uint8_t peer[16])
{
	for (uint8_t i = 0; i < f->n6; i++)
		if (prefix_match(f->addr6[i].addr, peer, f->addr6[i].len))
			return f->addr6[i].addr;
	return f->n6 ? f->addr6[0].addr : NULL;
}
