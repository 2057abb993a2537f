/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers for others: dumps, pattern generators, loopback. They go through the owner of the
 * module, so that pages and flags are not lost between two.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define ALLOWANCE 16

/* What the manager decides alone: lane controls, power, resets, page select. */
static bool is_own(unsigned page, uint8_t byte, unsigned len)
{
	unsigned last = byte + len - 1;

	return page == 0x10 || (cmis_layout_page(page) == 0x1A && byte <= 220 && last >= 220) ||
	       (page == CMIS_LOWER && ((byte <= 26 && last >= 26) || last >= 126)) ||
	       (page == 0x2F && byte <= 144 && last >= 144);
}

static int allowed(const struct cmis_manager *m, unsigned bank, unsigned page)
{
	const struct cmis_support *s = &m->seen.support;

	if (m->seen.state < CMIS_MANAGER_PARK)
		return m->seen.state == CMIS_MANAGER_ABSENT ? -ENODEV : -EAGAIN;
	if (els_has_page(m, bank, page))
		return 0;
	if (page >= CMIS_PAGE_COUNT || !cmis_has_page(s, page) ||
	    (cmis_page_is_banked(page) && page != CMIS_LOWER ? bank >= s->banks : bank != 0))
		return -ENODATA;
	return 0;
}

int cmis_manager_read(struct cmis_manager *m, unsigned bank, unsigned page,
		      uint8_t bytes[CMIS_HALF])
{
	int ret = allowed(m, bank, page);

	if (ret != 0)
		return ret;
	m->left = ALLOWANCE;
	if (page == CMIS_LOWER)
		ret = bus_lower(m, 0, bytes, CMIS_HALF);
	else if (m->seen.support.flat)
		ret = bus_lower(m, CMIS_HALF, bytes, CMIS_HALF);
	else
		ret = bus_read(m, bank, page, CMIS_HALF, bytes, CMIS_HALF);
	if (ret != 0)
		return ret;
	if (page == CMIS_LOWER)
		flags_seen(m, 0, CMIS_LOWER, 8, bytes + 8, LOWER_FLAGS / 8, m->flag);
	else if (page == 0x11)
		flags_seen(m, bank, 0x11, 134, bytes + 6, LANE_FLAGS / 8, m->bank[bank].flag);
	else if (cmis_layout_page(page) == 0x1A)
		flags_seen(m, bank, 0x1A, ELS_FLAGS_AT, bytes + (ELS_FLAGS_AT - CMIS_HALF),
			   ELS_FLAGS / 8, m->els.bank[bank].flag);
	else if (page == 0x14)
		flags_seen(m, bank, 0x14, 132, bytes + 4, DIAG_FLAGS / 8, m->bank[bank].diag.flag);
	else if (page == 0x2C)
		flags_seen(m, bank, 0x2C, CMIS_HALF, bytes, CMIS_HALF, m->bank[bank].vdm_flag);
	return 0;
}

int cmis_manager_write(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t byte,
		       const uint8_t *bytes, unsigned len)
{
	int ret = allowed(m, bank, page);

	if (ret != 0)
		return ret;
	if (len == 0 || len > 8 || (page == CMIS_LOWER) != (byte < CMIS_HALF) ||
	    byte + len > (page == CMIS_LOWER ? CMIS_HALF : 2u * CMIS_HALF))
		return -EINVAL;
	if (is_own(page, byte, len))
		return -EPERM;
	m->left = ALLOWANCE;
	for (unsigned i = 0; page == CMIS_LOWER && i < len && ret == 0; i++)
		ret = bus_write_lower(m, (uint8_t)(byte + i), bytes[i]);
	return page == CMIS_LOWER ? ret : bus_write(m, bank, page, byte, bytes, len);
}
