/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive filters; see cpx_filter.h. */
#include "pmd/cpx_filter.h"

#include <assert.h>
#include <errno.h>

#define BROADCAST 0xffffffffffff

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the group bit is bit 0 of an address");

static uint64_t address_of(const uint8_t *mac)
{
	uint64_t v = 0;

	memcpy(&v, mac, 6);
	return v;
}

void cpx_filter_mac_set(struct cpx_filter *f, unsigned index, const uint8_t *mac)
{
	unsigned n = CPX_FILTER_MACS;

	store_relaxed(&f->mac[index], mac != NULL ? address_of(mac) : CPX_FILTER_NO_MAC);
	while (n > 1 && f->mac[n - 1] == CPX_FILTER_NO_MAC)
		n--;
	store_release(&f->n_macs, n);
}

void cpx_filter_init(struct cpx_filter *f, const uint8_t *mac)
{
	memset(f, 0, sizeof(*f));
	f->promiscuous = 1;
	for (unsigned i = 0; i < CPX_FILTER_MACS; i++)
		f->mac[i] = CPX_FILTER_NO_MAC;
	cpx_filter_mac_set(f, 0, mac);
}

int cpx_filter_multicast_set(struct cpx_filter *f, const uint8_t *macs, uint32_t n, struct err *err)
{
	if (n > CPX_FILTER_MULTICASTS)
		return err_set(err, -ENOSPC,
			       "%u multicast addresses: there is room for %u; allmulticast takes "
			       "all",
			       n, CPX_FILTER_MULTICASTS);
	seq_write_begin(&f->multicast_seq);
	for (uint32_t i = 0; i < n; i++)
		store_relaxed(&f->multicast[i], address_of(macs + (size_t)6 * i));
	store_relaxed(&f->n_multicasts, n);
	seq_write_end(&f->multicast_seq);
	return 0;
}

void cpx_filter_vlan_set(struct cpx_filter *f, uint16_t id, bool on)
{
	const uint64_t bit = 1ull << (id % 64);
	uint64_t *word = &f->vlan[id / 64];

	store_relaxed(word, on ? *word | bit : *word & ~bit);
}

/* A miss counts only if the list did not change meanwhile. */
static bool is_wanted_group(const struct cpx_filter *f, uint64_t address)
{
	const uint64_t seq = seq_read_begin(&f->multicast_seq);
	const uint32_t n = load_relaxed(&f->n_multicasts);

	for (uint32_t i = 0; i < n; i++)
		if (load_relaxed(&f->multicast[i]) == address)
			return true;
	return !seq_read_ok(&f->multicast_seq, seq);
}

bool cpx_filter_other_mac(const struct cpx_filter *f, uint64_t address)
{
	const uint32_t n = load_acquire(&f->n_macs);

	if (address & 1)
		return address == BROADCAST || load_relaxed(&f->allmulticast) ||
		       is_wanted_group(f, address);
	for (uint32_t i = 1; i < n; i++)
		if (load_relaxed(&f->mac[i]) == address)
			return true;
	return false;
}
