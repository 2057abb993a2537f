/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ethdev asks of a port and its engine answers: registers of the module as they were last
 * read, codewords that came on each lane. No question reaches the bus. Control threads of the
 * primary process; to another one the port has no engine.
 */
#include <errno.h>
#include <string.h>

#include "pmd/cpx_engine_priv.h"

/* Lower memory, 00h, 01h, 02h, then 11h of the port's bank: 128 bytes each. */
#define PAGES_PAGED 5
#define PAGES_FLAT  2

static struct cpx_engine *engine_of(const struct cpx_port *p)
{
	return rte_eal_process_type() == RTE_PROC_PRIMARY ? p->engine : NULL;
}

/* How many bytes of it there are; the lock of the view is held. */
static unsigned eeprom_length(const struct cpx_engine *e)
{
	if (e->view.seen.state < CMIS_MANAGER_PARK)
		return 0;
	return (e->view.seen.support.flat ? PAGES_FLAT : PAGES_PAGED) * CMIS_HALF;
}

int cpx_engine_module_info(const struct cpx_port *p, struct rte_eth_dev_module_info *info)
{
	struct cpx_engine *e = engine_of(p);

	if (e == NULL)
		return -ENOTSUP;
	pthread_mutex_lock(&e->view_lock);
	/* ethdev has no name for CMIS; of those it has, this one has pages like it */
	info->type = RTE_ETH_MODULE_SFF_8636;
	info->eeprom_len = eeprom_length(e);
	pthread_mutex_unlock(&e->view_lock);
	return info->eeprom_len != 0 ? 0 : -ENODEV;
}

int cpx_engine_module_eeprom(const struct cpx_port *p, struct rte_dev_eeprom_info *info)
{
	struct cpx_engine *e = engine_of(p);
	const unsigned bank = p->args.first_lane / CMIS_LANES;
	unsigned length;
	int rc = 0;

	if (e == NULL)
		return -ENOTSUP;
	pthread_mutex_lock(&e->view_lock);
	length = eeprom_length(e);
	if (length == 0)
		rc = -ENODEV;
	else if (info->offset > length || info->length > length - info->offset)
		rc = -EINVAL;
	for (unsigned i = 0; rc == 0 && i < info->length; i++) {
		const unsigned at = info->offset + i, page = at / CMIS_HALF;

		((uint8_t *)info->data)[i] =
			(page == 4 ? e->status[bank] : e->constant[page])[at % CMIS_HALF];
	}
	pthread_mutex_unlock(&e->view_lock);
	return rc;
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
	struct cpx_engine *e = engine_of(p);

	memset(values, 0, CPX_ENGINE_STATS * sizeof(*values));
	if (e == NULL)
		return;
	pthread_mutex_lock(&e->view_lock);
	memcpy(values, e->view.lane[p->args.first_lane + lane].codewords,
	       CPX_ENGINE_STATS * sizeof(*values));
	pthread_mutex_unlock(&e->view_lock);
}
