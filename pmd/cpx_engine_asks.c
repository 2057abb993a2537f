/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ethdev asks of a port and its engine answers: registers of the module as they were last
 * read, codewords that came on each lane. The engine's thread leaves both in the port's memory
 * (struct cpx_module), so no question reaches the bus and other processes may ask. Control threads.
 */
#include <errno.h>
#include <string.h>

#include "pmd/cpx_engine_priv.h"

#define TRIES 100000 /* to find it whole: a primary process may have died in the middle */

/* 0; -ENOTSUP: nobody manages it, -ENODEV: no module answers, -EAGAIN: not to be had whole. */
static int copy(const struct cpx_port *p, struct cpx_module *to)
{
	if (p->args.mgmt == CPX_MGMT_NONE)
		return -ENOTSUP;
	for (unsigned i = 0; i < TRIES; i++) {
		const uint64_t seq = seq_read_begin(&p->module.seq);

		memcpy(to, &p->module, sizeof(*to));
		if (seq_read_ok(&p->module.seq, seq))
			return to->length != 0 ? 0 : -ENODEV;
	}
	return -EAGAIN;
}

int cpx_engine_module_info(const struct cpx_port *p, struct rte_eth_dev_module_info *info)
{
	struct cpx_module m;
	const int rc = copy(p, &m);

	if (rc != 0)
		return rc;
	/* ethdev has no name for CMIS; of those it has, this one has pages like it */
	info->type = RTE_ETH_MODULE_SFF_8636;
	info->eeprom_len = m.length;
	return 0;
}

int cpx_engine_module_eeprom(const struct cpx_port *p, struct rte_dev_eeprom_info *info)
{
	struct cpx_module m;
	const int rc = copy(p, &m);

	if (rc != 0)
		return rc;
	if (info->offset > m.length || info->length > m.length - info->offset)
		return -EINVAL;
	memcpy(info->data, m.pages + info->offset, info->length);
	return 0;
}

/* ---- codewords ---- */

unsigned cpx_engine_stats_count(const struct cpx_port *p)
{
	return p->args.mgmt != CPX_MGMT_NONE ? CPX_ENGINE_STATS : 0;
}

/* fec_s0 … fec_s15: codewords with so many wrong symbols, all of them corrected. */
void cpx_engine_stat_name(char *name, size_t size, unsigned lane, unsigned i)
{
	if (i < FEC_BINS - 1)
		snprintf(name, size, "lane%u_fec_s%u", lane, i);
	else
		snprintf(name, size, "lane%u_fec_uncorrectable", lane);
}

void cpx_engine_stat_values(const struct cpx_port *p, unsigned lane,
			    uint64_t values[CPX_ENGINE_STATS])
{
	for (unsigned k = 0; k < CPX_ENGINE_STATS; k++)
		values[k] = load_relaxed(&p->module.codewords[lane][k]);
}
