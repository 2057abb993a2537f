/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive-side scaling; see cpx_rss.h. Control thread. */
#include "pmd/cpx_rss.h"

#include <errno.h>
#include <string.h>

static_assert(CPX_RETA_SIZE % RTE_ETH_RETA_GROUP_SIZE == 0, "whole groups");

#define RSS_IP4 (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER)
#define RSS_IP6                                                                      \
	(RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER | \
	 RTE_ETH_RSS_IPV6_EX)

static const struct {
	uint64_t rss;
	uint16_t type;
} hash_types[] = {
	{ RSS_IP4, CPX_HASH_IP4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, CPX_HASH_TCP4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, CPX_HASH_UDP4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_SCTP, CPX_HASH_SCTP4 },
	{ RSS_IP6, CPX_HASH_IP6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_IPV6_TCP_EX, CPX_HASH_TCP6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_IPV6_UDP_EX, CPX_HASH_UDP6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_SCTP, CPX_HASH_SCTP6 },
};

uint64_t cpx_rss_known(void)
{
	uint64_t rss = 0;

	for (unsigned i = 0; i < RTE_DIM(hash_types); i++)
		rss |= hash_types[i].rss;
	return rss;
}

uint16_t cpx_rss_types(uint64_t rss_hf)
{
	uint16_t types = 0;

	for (unsigned i = 0; i < RTE_DIM(hash_types); i++)
		if (rss_hf & hash_types[i].rss)
			types |= hash_types[i].type;
	return types;
}

static void set_types(struct cpx_rss *rss, uint64_t rss_hf)
{
	rss->rss_hf = rss_hf & cpx_rss_known();
	store_relaxed(&rss->types, cpx_rss_types(rss_hf));
}

int cpx_rss_update(struct cpx_rss *rss, const struct rte_eth_rss_conf *conf, struct err *err)
{
	if (conf->rss_key != NULL) {
		if (conf->rss_key_len != CPX_RSS_KEY && conf->rss_key_len != CPX_RSS_KEY_MAX)
			return err_set(err, -EINVAL,
				       "an RSS key of %u bytes: give one of %u or %u, or none",
				       conf->rss_key_len, CPX_RSS_KEY, CPX_RSS_KEY_MAX);
		rss->key_len = conf->rss_key_len;
		memcpy(rss->key, conf->rss_key, rss->key_len);
		cpx_toeplitz_set(&rss->toeplitz, rss->key);
		store_relaxed(&rss->keyed, 1);
	}
	set_types(rss, conf->rss_hf);
	return 0;
}

int cpx_rss_configure(struct cpx_rss *rss, const struct rte_eth_rss_conf *conf, uint16_t n_queues,
		      struct err *err)
{
	int rc = cpx_rss_update(rss, conf, err);

	if (rc != 0)
		return rc;
	if (conf->rss_key == NULL) {
		rss->key_len = 0;
		store_relaxed(&rss->keyed, 0);
	}
	if (n_queues == rss->n_queues)
		return 0;
	for (unsigned i = 0; i < CPX_RETA_SIZE; i++)
		store_relaxed(&rss->reta[i], n_queues != 0 ? (uint16_t)(i % n_queues) : 0);
	rss->n_queues = n_queues;
	rss->reta_given = false;
	return 0;
}

void cpx_rss_get(const struct cpx_rss *rss, struct rte_eth_rss_conf *conf)
{
	/* testpmd shows all it made room for, hash_key_size, whatever length it is told */
	if (conf->rss_key != NULL)
		memset(conf->rss_key, 0, RTE_MIN(conf->rss_key_len, CPX_RSS_KEY));
	if (conf->rss_key != NULL && conf->rss_key_len >= rss->key_len)
		memcpy(conf->rss_key, rss->key, rss->key_len);
	conf->rss_key_len = rss->key_len;
	conf->rss_hf = rss->rss_hf;
}

static int check_size(uint16_t size, struct err *err)
{
	if (size == CPX_RETA_SIZE)
		return 0;
	return err_set(err, -EINVAL, "a redirection table of %u entries: this one has %u", size,
		       CPX_RETA_SIZE);
}

static bool is_meant(const struct rte_eth_rss_reta_entry64 *conf, unsigned i)
{
	return conf[i / RTE_ETH_RETA_GROUP_SIZE].mask >> (i % RTE_ETH_RETA_GROUP_SIZE) & 1;
}

int cpx_rss_reta_update(struct cpx_rss *rss, const struct rte_eth_rss_reta_entry64 *conf,
			uint16_t size, struct err *err)
{
	int rc = check_size(size, err);

	for (unsigned i = 0; rc == 0 && i < CPX_RETA_SIZE; i++) {
		uint16_t queue =
			conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];

		if (is_meant(conf, i) && queue >= rss->n_queues)
			rc = err_set(err, -EINVAL,
				     "redirection table entry %u is queue %u: the port is "
				     "configured with %u rx queues",
				     i, queue, rss->n_queues);
	}
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < CPX_RETA_SIZE; i++)
		if (is_meant(conf, i))
			store_relaxed(&rss->reta[i], conf[i / RTE_ETH_RETA_GROUP_SIZE]
							     .reta[i % RTE_ETH_RETA_GROUP_SIZE]);
	rss->reta_given = true;
	return 0;
}

int cpx_rss_reta_query(const struct cpx_rss *rss, struct rte_eth_rss_reta_entry64 *conf,
		       uint16_t size, struct err *err)
{
	int rc = check_size(size, err);

	for (unsigned i = 0; rc == 0 && i < CPX_RETA_SIZE; i++)
		if (is_meant(conf, i))
			conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
				rss->reta[i];
	return rc;
}
