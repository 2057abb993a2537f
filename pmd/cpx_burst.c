/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which burst functions a port uses: plain or full, and built for which instruction set. The only
 * place that asks the processor. Files whose loops gain by wider registers are built once for each
 * set (meson.build); EAL's --force-max-simd-bitwidth chooses narrower ones. Control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "pmd/cpx_effect.h"
#include "pmd/cpx_flow.h"
#include "pmd/cpx_pace.h"

int cpx_send_time_field;
uint64_t cpx_send_time_flag;

static enum cpx_isa find_isa(void)
{
#if defined(RTE_ARCH_X86_64) && defined(CPX_WIDE)
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();

	if (bits >= RTE_VECT_SIMD_512 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) > 0 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) > 0 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) > 0)
		return CPX_ISA_AVX512;
	if (bits >= RTE_VECT_SIMD_256 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) > 0)
		return CPX_ISA_AVX2;
#endif
	return CPX_ISA_BASE;
}

/* Asked once: CPUID takes a virtual machine tens of microseconds. */
static enum cpx_isa best_isa(void)
{
	static int known = -1;
	int isa = load_relaxed(&known);

	if (isa < 0) {
		isa = find_isa();
		store_relaxed(&known, isa);
	}
	return isa;
}

const struct cpx_bursts *cpx_bursts(const struct cpx_port *p)
{
	const struct cpx_bursts *const *tables = cpx_ops(p)->bursts;

	for (int isa = best_isa(); isa > CPX_ISA_BASE; isa--)
		if (tables[isa] != NULL)
			return tables[isa];
	return tables[CPX_ISA_BASE];
}

/* Are frames to be looked into, or sources to be read that are not the queue's own? */
static bool rx_wants_full(const struct cpx_port *p)
{
	const struct cpx_sources *s = &p->sources;

	for (unsigned i = 0; i < p->data->nb_rx_queues; i++)
		if (p->rx[i].wants != 0)
			return true;
	if (s->lossy != 0 || s->detours != 0 || cpx_flow_active(p) ||
	    (cpx_ops(p)->timed != NULL && rte_eal_process_type() == RTE_PROC_PRIMARY &&
	     cpx_ops(p)->timed(p)))
		return true;
	for (unsigned i = 0; i < s->n; i++) {
		const uint8_t owner = load_relaxed(&s->owner[i]);

		if (owner != CPX_NOBODY && owner != i)
			return true;
		if (load_relaxed(&s->wanted[i]) != owner)
			return true;
	}
	return false;
}

static bool tx_wants_full(const struct cpx_port *p)
{
	for (unsigned i = 0; i < p->data->nb_tx_queues; i++)
		if (p->tx[i].limited || p->tx[i].spread != NULL)
			return true;
	return p->looped_lanes != 0 || p->tx[0].shared || p->tx[0].paced;
}

void cpx_burst_select(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);
	const struct cpx_bursts *b = cpx_bursts(p);
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[dev->data->port_id];

	if (p->passing) {
		cpx_dev_pass_select(p);
		return;
	}
	dev->rx_pkt_burst = rx_wants_full(p) ? b->rx_full : b->rx;
	dev->tx_pkt_burst = tx_wants_full(p) ? b->tx_full : b->tx;
	dev->tx_pkt_prepare =
		cpx_ops(p)->tx_prepare != NULL ? cpx_ops(p)->tx_prepare : cpx_tx_prepare;
	if (!p->started)
		return;
	/* ethdev calls a copy made at start; either function is right for a queue that is used */
	store_relaxed(&fp->rx_pkt_burst, dev->rx_pkt_burst);
	store_relaxed(&fp->tx_pkt_burst, dev->tx_pkt_burst);
}

static int burst_mode(struct rte_eth_dev *dev, struct rte_eth_burst_mode *mode, const char *also)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const char *isa = cpx_bursts(p)->isa;

	mode->flags = 0;
	snprintf(mode->info, sizeof(mode->info), "%s%s%s%s%s%s", cpx_ops(p)->mode,
		 p->args.carrier == CPX_CARRIER_DEV ? " " : "",
		 p->args.carrier == CPX_CARRIER_DEV ? p->args.carrier_name : "",
		 isa != NULL ? ", " : "", isa != NULL ? isa : "", also);
	return 0;
}

int cpx_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_burst_mode *mode)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const bool full = dev->rx_pkt_burst == cpx_bursts(p)->rx_full;

	if (p->passing)
		return cpx_dev_pass_mode(p, false, i, mode);
	return burst_mode(dev, mode, full ? ", Full" : "");
}

int cpx_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_burst_mode *mode)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const bool full = dev->tx_pkt_burst == cpx_bursts(p)->tx_full;

	if (p->passing)
		return cpx_dev_pass_mode(p, true, i, mode);

	return burst_mode(dev, mode,
			  !full                        ? ""
			  : p->tx[i].spread != NULL    ? ", Spread"
			  : p->tx[p->tx[i].lane].paced ? ", Paced"
						       : ", Full");
}
