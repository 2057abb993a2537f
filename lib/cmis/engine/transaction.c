/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-wire transactions on the register file, as strict as a module can be:
 *
 *   - a transaction that crosses 127/128 or ends beyond 255 is not acknowledged, nor is a write of
 *     more than 8 bytes (in CDB pages 8 * (1 + 01h:164));
 *   - BankSelect takes effect when PageSelect is written; a page or bank that does not exist sets
 *     PageSelect to 0;
 *   - what is read clears the clear-on-read bits that were read;
 *   - ApplyDPInit and ApplyImmediate count only as single-byte writes.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/cdb.h"
#include "lib/cmis/engine/private.h"

#define BANK_SELECT 126
#define PAGE_SELECT 127
#define WRITE_MAX   8

/* Whether bytes 128..255 are the laser source's: joint mode, and it is there. */
static bool is_joint(const struct cmis_engine *e)
{
	return e->joined != NULL && e->joined->present && e->joined->answering &&
	       e->mapped_page >= 0xB1 && e->mapped_page <= 0xB5;
}

/* What bytes 128..255 are right now: this module's page, or in joint mode its laser source's. */
static struct page *mapped(struct cmis_engine *e, unsigned *bank)
{
	struct page *p = &e->page[e->mapped_page];

	*bank = e->mapped_bank;
	if (is_joint(e))
		p = &e->joined->page[cmis_layout_page(e->mapped_page)];
	if (p->banks <= 1)
		*bank = 0;
	return p;
}

static void select_page(struct cmis_engine *e, uint8_t bank, uint8_t page)
{
	unsigned real;
	struct page *p;

	e->mapped_bank = bank;
	e->mapped_page = page;
	p = mapped(e, &real);
	if (p->bytes == NULL || real >= p->banks) {
		e->mapped_page = 0;
		reg_put(e, 0, CMIS_PageSelect, 0, 0);
	}
}

/* Faults of the bus and of the module's presence. 0 or what the transaction ends with. */
static int reachable(struct cmis_engine *e)
{
	catch_up(e);
	if (e->joined != NULL)
		run_until(e->joined, e->now);
	if (faulty(e, CMIS_INJECT_TORN)) {
		cmis_engine_heal(e, CMIS_INJECT_TORN);
		cmis_engine_inject(e, &(struct cmis_injection){ CMIS_INJECT_REMOVED }, NULL);
	}
	if (!e->present)
		return -ENODEV;
	if (!e->answering || faulty(e, CMIS_INJECT_NACK) ||
	    (faulty(e, CMIS_INJECT_CDB_NACK) && e->cdb_until != CMIS_NEVER))
		return -EREMOTEIO;
	if (e->joined != NULL) /* the laser source may have gone, and its pages with it */
		select_page(e, e->mapped_bank, e->mapped_page);
	return 0;
}

static bool within_a_half(uint8_t addr, unsigned len)
{
	unsigned end = addr < CMIS_HALF ? CMIS_HALF : 2 * CMIS_HALF;

	return len >= 1 && len <= CMIS_HALF && addr + len <= end;
}

static void bus_errors(struct cmis_engine *e, uint8_t *bytes, unsigned len)
{
	struct fault *f = &e->fault[CMIS_INJECT_BUS_ERRORS];

	for (unsigned i = 0; f->on && i < len; i++)
		if (++f->count % (uint64_t)f->value == 0)
			bytes[i] ^= (uint8_t)(1 << f->count / (uint64_t)f->value % 8);
}

int transaction_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct cmis_engine *e = module;
	struct fault *clear = &e->fault[CMIS_INJECT_PAGE_CLEAR];
	unsigned bank = 0, at = addr % CMIS_HALF;
	bool cleared = false;
	struct page *p;
	int ret = reachable(e);

	if (ret != 0)
		return ret;
	if (!within_a_half(addr, len))
		return -EREMOTEIO;
	if (clear->on && ++clear->count % (uint64_t)clear->value == 0) {
		reg_put(e, 0, CMIS_PageSelect, 0, 0);
		select_page(e, e->mapped_bank, 0);
	}
	p = addr < CMIS_HALF ? &e->lower : mapped(e, &bank);
	for (unsigned i = 0; i < len; i++) {
		uint8_t *reg = &p->bytes[bank * CMIS_HALF + at + i];
		uint8_t gone = *reg & p->access.clears[at + i];

		bytes[i] = *reg & (uint8_t)~p->access.hidden[at + i];
		*reg &= (uint8_t)~gone;
		cleared |= gone != 0;
	}
	if (cleared)
		flags_update(e);
	bus_errors(e, bytes, len);
	return 0;
}

/* What a write sets off, once its bytes are in place. Bytes 128..255 are of `page`. */
static void trigger(struct cmis_engine *e, unsigned bank, unsigned page, unsigned first,
		    unsigned last)
{
	bool single = first == last;

	switch (page) {
	case CMIS_LOWER:
		if (last >= PAGE_SELECT)
			select_page(e, (uint8_t)reg_get(e, 0, CMIS_BankSelect, 0),
				    (uint8_t)reg_get(e, 0, CMIS_PageSelect, 0));
		if (reg_get(e, 0, CMIS_SoftwareReset, 0))
			module_reset(e);
		break;
	case 0x10:
		if (single && (first == 143 || first == 144))
			configure_apply(e, bank,
					reg_lanes(e, bank,
						  first == 143 ? CMIS_SCS0_ApplyDPInit
							       : CMIS_SCS0_ApplyImmediate),
					first == 143);
		reg_put_lanes(e, bank, CMIS_SCS0_ApplyDPInit, 0);
		reg_put_lanes(e, bank, CMIS_SCS0_ApplyImmediate, 0);
		break;
	case 0x13:
	case 0x14:
		diagnostics_written(e, bank, page, first, last);
		break;
	case 0x1A:
	case 0x1B:
		laser_written(e, bank, page, first, last);
		break;
	case 0x2F:
		if (first <= 144 && last >= 144)
			vdm_freeze_written(e, bank);
		break;
	case 0x9F:
		if (first <= 129 && last >= 129)
			cdb_triggered(e);
		break;
	}
}

static unsigned write_max(const struct cmis_engine *e, uint8_t addr)
{
	if (addr >= CMIS_HALF && e->mapped_page >= 0x9F && e->mapped_page <= 0xAF)
		return 8 * (1 + (unsigned)reg_get(e, 0, CMIS_CdbReadWriteLengthExtension, 0));
	return WRITE_MAX;
}

int transaction_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct cmis_engine *e = module;
	unsigned bank = 0, at = addr % CMIS_HALF;
	struct page *p;
	int ret = reachable(e);

	if (ret != 0)
		return ret;
	if (!within_a_half(addr, len) || len > write_max(e, addr))
		return -EREMOTEIO;
	p = addr < CMIS_HALF ? &e->lower : mapped(e, &bank);
	for (unsigned i = 0; i < len; i++) {
		uint8_t *reg = &p->bytes[bank * CMIS_HALF + at + i];
		uint8_t mask = p->access.writable[at + i];

		*reg = (uint8_t)((*reg & ~mask) | (bytes[i] & mask));
	}
	if (addr >= CMIS_HALF && is_joint(e)) {
		trigger(e->joined, bank, cmis_layout_page(e->mapped_page), addr, addr + len - 1);
		settle(e->joined);
	} else {
		trigger(e, bank, addr < CMIS_HALF ? CMIS_LOWER : e->mapped_page, addr,
			addr + len - 1);
	}
	if (addr < BANK_SELECT || addr >= CMIS_HALF) { /* selecting a page moves nothing */
		settle(e);
		if (e->joined != NULL)
			settle(e->joined);
	}
	return 0;
}
