/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port shown to a person (rte_eth_dev_priv_dump) and to a tool (rte_eth_dev_get_reg_info): its
 * lanes, who reads them, where their rings stand. Control thread; a secondary process, too.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_dev_info.h>

#include <errno.h>

/* Lanes that carry, from what the link says: right in secondary processes, too. */
static unsigned active_lanes(const struct cpx_port *p)
{
	return p->data->dev_link.link_speed / p->args.lane_mbps;
}

static const char *lane_state(const struct cpx_port *p, unsigned lane)
{
	const uint32_t open = load_relaxed(&p->open_lanes);

	if (!(open & 1u << lane))
		return p->args.dark & 1u << lane ? "dark" : "out of service";
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return "in service";
	return cpx_ops(p)->carrying(p) & 1u << lane ? "carries" : "in service, other end is not";
}

int cpx_priv_dump(struct rte_eth_dev *dev, FILE *out)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const struct cpx_args *a = &p->args;

	fprintf(out, "net_cpx %s: engine %s, kind %s, lanes %u-%u at %u Mb/s, link %u Mb/s%s%s\n",
		cpx_port_name(p), a->engine[0] != '\0' ? a->engine : "not named", a->kind,
		a->first_lane, a->first_lane + a->n_lanes - 1u, a->lane_mbps,
		active_lanes(p) * a->lane_mbps, p->admin_down ? ", taken down" : "",
		p->looped ? ", looped" : "");
	if (cpx_ops(p)->dump != NULL && rte_eal_process_type() == RTE_PROC_PRIMARY)
		cpx_ops(p)->dump(p, out);
	for (unsigned i = 0; i < a->n_lanes; i++) {
		const uint8_t reader = load_relaxed(&p->sources.owner[i]);

		fprintf(out, "  lane %u (engine lane %u): %s, rx %" PRIu64 " tx %" PRIu64, i,
			a->first_lane + i, lane_state(p, i), load_relaxed(&p->rx[i].count.packets),
			load_relaxed(&p->tx[i].count.packets));
		if (reader != i && reader != CPX_NOBODY)
			fprintf(out, ", read by queue %u", reader);
		fputc('\n', out);
	}
	return 0;
}

/* Of each lane: state (1 lit, 2 in service), reader, rx and tx frames, ring's prod, cons, size. */
enum { REG_STATE, REG_READER, REG_RX, REG_TX, REG_PROD, REG_CONS, REG_SIZE, REGS_A_LANE };

int cpx_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const uint32_t n = p->args.n_lanes * REGS_A_LANE;
	uint64_t *at = info->data;

	info->version = 1;
	info->width = sizeof(*at);
	if (at == NULL) {
		info->length = n;
		return 0;
	}
	if (info->offset != 0 || (info->length != 0 && info->length != n))
		return -ENOTSUP;
	for (unsigned i = 0; i < p->args.n_lanes; i++, at += REGS_A_LANE) {
		const struct cpx_ring *r = p->rx[i].end.ring;

		at[REG_STATE] = (p->lit_lanes >> i & 1) | (load_relaxed(&p->open_lanes) >> i & 1)
								  << 1;
		at[REG_READER] = load_relaxed(&p->sources.owner[i]);
		at[REG_RX] = load_relaxed(&p->rx[i].count.packets);
		at[REG_TX] = load_relaxed(&p->tx[i].count.packets);
		at[REG_PROD] = r != NULL && p->started ? load_relaxed(&r->prod) : 0;
		at[REG_CONS] = r != NULL && p->started ? load_relaxed(&r->cons) : 0;
		at[REG_SIZE] = r != NULL && p->started ? r->size : 0;
	}
	return 0;
}
