/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling of a port: which packets are hashed, by what, and the redirection table
 * that turns a hash into a queue. An application that brings a key gets the Toeplitz hash of that
 * key; without one a hash is CRC-32C, which is cheaper and spreads as well.
 *
 * The control thread changes the state by relaxed stores, field by field, while lcores hash: a
 * frame of that moment may be hashed in the old way or the new, or with a key of both.
 */
#ifndef CPX_PMD_CPX_RSS_H
#define CPX_PMD_CPX_RSS_H

#include <rte_ethdev.h>

#include "lib/base/err.h"
#include "lib/base/order.h"
#include "pmd/cpx_toeplitz.h"

#define CPX_RETA_SIZE   128 /* a power of two, and whole groups of RTE_ETH_RETA_GROUP_SIZE */
#define CPX_RSS_KEY     CPX_TOEPLITZ_KEY
#define CPX_RSS_KEY_MAX 52 /* what some NICs have; the last 12 bytes meet no tuple of ours */

struct cpx_rss {
	uint16_t types;               /* any time: enum cpx_hash_type set */
	uint16_t keyed;               /* any time: Toeplitz */
	struct cpx_toeplitz toeplitz; /* any time */
	uint16_t reta[CPX_RETA_SIZE]; /* any time */
	/* the control thread's */
	uint64_t rss_hf;
	uint16_t n_queues; /* that the table was made for */
	uint8_t key_len;   /* 0: none was given */
	bool reta_given;   /* the application changed the table */
	uint8_t key[CPX_RSS_KEY_MAX];
};

/* The RTE_ETH_RSS_ types that can be asked for. */
uint64_t cpx_rss_known(void);
/* What they stand for: enum cpx_hash_type set. */
uint16_t cpx_rss_types(uint64_t rss_hf);

/*
 * rte_eth_dev_configure: take `conf`, whose key may be NULL for none. The table is spread evenly
 * over the queues when their number changed, else left as it is. 0, or -EINVAL with err filled.
 */
int cpx_rss_configure(struct cpx_rss *rss, const struct rte_eth_rss_conf *conf, uint16_t n_queues,
		      struct err *err);

/* The same at run time; without a key that of before stays. */
int cpx_rss_update(struct cpx_rss *rss, const struct rte_eth_rss_conf *conf, struct err *err);

/* What holds now; the key is copied if conf has room for it, else the room is zeros; its length
 * always. */
void cpx_rss_get(const struct cpx_rss *rss, struct rte_eth_rss_conf *conf);

/* Change, or read, the entries whose mask bit is set. -EINVAL with err filled, nothing changed. */
int cpx_rss_reta_update(struct cpx_rss *rss, const struct rte_eth_rss_reta_entry64 *conf,
			uint16_t size, struct err *err);
int cpx_rss_reta_query(const struct cpx_rss *rss, struct rte_eth_rss_reta_entry64 *conf,
		       uint16_t size, struct err *err);

/* ---- the lcores' ---- */

/* Hash of a frame, of the `types` given; false when it holds nothing of them. */
static inline bool cpx_rss_hash(const struct cpx_rss *rss, const void *frame, size_t len,
				unsigned types, uint32_t *hash)
{
	struct cpx_tuple t;

	if (!cpx_tuple_find(frame, len, types, &t))
		return false;
	*hash = load_relaxed(&rss->keyed) ? cpx_tuple_toeplitz(&rss->toeplitz, &t)
					  : cpx_tuple_crc(&t);
	return true;
}

static inline uint16_t cpx_rss_queue(const struct cpx_rss *rss, uint32_t hash)
{
	return load_relaxed(&rss->reta[hash % CPX_RETA_SIZE]);
}

#endif
