/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared half of ip4_error and ip6_error; see error.h. Worker threads. */
#include "dataplane/nodes/error.h"

#include "dataplane/nodes/chain.h"

enum drop_reason error_reason(enum icmp_cause_code code)
{
	switch (code) {
	case ICMP_CAUSE_TTL:
		return DROP_TTL_EXPIRED;
	case ICMP_CAUSE_NO_ROUTE:
		return DROP_NO_ROUTE;
	case ICMP_CAUSE_TOO_BIG:
		return DROP_TOO_BIG;
	case ICMP_CAUSE_NEIGHBOR:
		return DROP_NEIGHBOR_FAILED;
	case ICMP_CAUSE_HOST:
	case ICMP_CAUSE_PROHIBITED:
	case ICMP_CAUSE_PORT:
		break;
	}
	return DROP_UNREACHABLE;
}

bool error_may_send(struct worker *w)
{
	const uint32_t pps = w->cfg->icmp_errors_pps;

	return bucket_take(&w->icmp, w->tsc, w->tsc_hz, pps, pps / 10 + 1);
}

uint8_t *error_make_room(struct rte_mbuf *m, uint16_t quote, uint16_t headers, uint16_t type)
{
	uint8_t *p;

	chain_trim(m, PKT_L3 + quote);
	p = (uint8_t *)rte_pktmbuf_prepend(m, headers);
	if (!p)
		return NULL;
	m->data_len = PKT_L3 + headers + quote;
	m->pkt_len = m->data_len;
	((struct eth_header *)p)->type = net_swap16(type);
	return p + PKT_L3;
}

void error_count(struct worker *w, struct rte_mbuf *m, unsigned slot)
{
	struct telemetry_block *cell = w->cfg->cells[*pkt_lane(m)];

	telemetry_block_begin(cell);
	counter_add(&cell->v[slot], 1);
	telemetry_block_end(cell, w->tsc);
}
