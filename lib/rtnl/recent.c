/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/rtnl/recent.h"

#include <string.h>

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static uint64_t mix_addr(uint64_t h, const uint8_t addr[16])
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	return mix(mix(h, words[0]), words[1]);
}

uint64_t rtnl_identity(const struct rtnl_message *m)
{
	uint64_t h = mix(1, m->kind);

	switch (m->kind) {
	case RTNL_LINK:
		h = mix(h, (uint32_t)m->link.index);
		break;
	case RTNL_ADDRESS:
		h = mix(h,
			(uint64_t)m->address.index << 32 | m->address.family << 8 | m->address.len);
		h = mix_addr(h, m->address.addr);
		break;
	case RTNL_ROUTE:
		h = mix(h, (uint64_t)m->route.table << 32 | (uint32_t)m->route.tos << 24 |
				   (uint32_t)m->route.family << 16 | m->route.src_len << 8 |
				   m->route.len);
		h = mix(h, m->route.priority);
		h = mix_addr(h, m->route.dst);
		break;
	case RTNL_NEIGHBOR:
		h = mix(h, (uint64_t)m->neighbor.index << 32 | m->neighbor.family);
		h = mix_addr(h, m->neighbor.addr);
		break;
	case RTNL_NEXTHOP:
		h = mix(h, m->nexthop.id);
		break;
	default:
		break;
	}
	return h ? h : 1;
}

void rtnl_recent_clear(struct rtnl_recent *r)
{
	memset(r, 0, sizeof(*r));
}

void rtnl_recent_add(struct rtnl_recent *r, const struct rtnl_message *m)
{
	const uint64_t h = rtnl_identity(m);

	r->told[h % RTNL_RECENT] = h;
}

bool rtnl_recent_has(const struct rtnl_recent *r, const struct rtnl_message *m)
{
	const uint64_t h = rtnl_identity(m);

	return r->told[h % RTNL_RECENT] == h;
}
