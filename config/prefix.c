/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/prefix.h"

#include <string.h>
#include <sys/socket.h>

static unsigned addr_bytes(const struct config_prefix *p)
{
	return p->family == AF_INET ? 4 : 16;
}

/* Mask of the bits of byte i that belong to the network. */
static uint8_t net_bits(const struct config_prefix *p, unsigned i)
{
	if (p->len >= 8 * (i + 1))
		return 0xff;
	return p->len <= 8 * i ? 0 : (uint8_t)(0xff << (8 - (p->len - 8 * i)));
}

void prefix_mask(struct config_prefix *p)
{
	for (unsigned i = 0; i < addr_bytes(p); i++)
		p->addr[i] &= net_bits(p, i);
}

void prefix_last(struct config_prefix *p)
{
	for (unsigned i = 0; i < addr_bytes(p); i++)
		p->addr[i] |= (uint8_t)~net_bits(p, i);
}

bool prefix_contains(const struct config_prefix *net, const struct config_prefix *inner)
{
	if (net->family != inner->family || inner->len < net->len)
		return false;
	for (unsigned i = 0; i < addr_bytes(net); i++)
		if ((net->addr[i] ^ inner->addr[i]) & net_bits(net, i))
			return false;
	return true;
}

int prefix_compare(const struct config_prefix *a, const struct config_prefix *b)
{
	int d;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	d = memcmp(a->addr, b->addr, sizeof(a->addr));
	return d ? d : (int)a->len - (int)b->len;
}

bool prefix_is_link_local(const struct config_prefix *p)
{
	return p->family == AF_INET6 && p->addr[0] == 0xfe && (p->addr[1] & 0xc0) == 0x80;
}

bool prefix_is_multicast(const struct config_prefix *p)
{
	return p->family == AF_INET ? (p->addr[0] & 0xf0) == 0xe0 : p->addr[0] == 0xff;
}
