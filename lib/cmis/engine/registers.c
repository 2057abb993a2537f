/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The register file: which pages the module has, their bytes, and what a transaction may do to each
 * bit. The rules come from the field table, and from what the module itself advertises: a control
 * that it does not have cannot be written.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/engine/private.h"

/* How many banks a page has in this module; 0: it has no such page. */
static unsigned banks_of(const struct cmis_engine *e, unsigned page)
{
	bool optical = is_optical(e);

	if (page == 0x00)
		return 1;
	if (is_flat(e))
		return 0;
	switch (page) {
	case 0x01:
	case 0x02:
		return 1;
	case 0x1A:
	case 0x1B:
		return is_els(e) ? e->banks : 0;
	case 0x10:
	case 0x11:
		return is_els(e) ? 0 : e->banks;
	case 0x13:
	case 0x14:
	case 0x20 ... 0x21: /* two groups of observables */
	case 0x24 ... 0x25:
	case 0x28 ... 0x29:
	case 0x2C:
	case 0x2D:
	case 0x2F:
		return optical ? e->banks : 0;
	case 0x9F:
		return 1;
	default:
		return 0;
	}
}

/* The bits of a field's elements, byte by byte, for an access mask. */
static void mark(uint8_t mask[CMIS_HALF], enum cmis_field_id id)
{
	for (unsigned i = 0; i < cmis_field_count(id); i++) {
		uint8_t one[CMIS_HALF] = { 0 };

		cmis_put(id, i, one, UINT64_MAX);
		for (unsigned b = 0; b < CMIS_HALF; b++)
			mask[b] |= one[b];
	}
}

static void access_of(const struct cmis_engine *e, unsigned page, struct access *a)
{
	memset(a, 0, sizeof(*a));
	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		if (cmis_fields[id].page != cmis_layout_page(page) || !cmis_has(&e->support, id))
			continue;
		switch (cmis_fields[id].access) {
		case CMIS_ACCESS_WO:
			mark(a->hidden, id);
			/* fall through */
		case CMIS_ACCESS_RW:
		case CMIS_ACCESS_SC:
			mark(a->writable, id);
			break;
		case CMIS_ACCESS_COR:
			mark(a->clears, id);
			break;
		default:
			break;
		}
	}
}

static int page_create(struct page *p, unsigned banks)
{
	p->banks = (uint8_t)banks;
	p->bytes = banks != 0 ? calloc(banks, CMIS_HALF) : NULL;
	return banks != 0 && p->bytes == NULL ? -ENOMEM : 0;
}

int registers_create(struct cmis_engine *e)
{
	int ret = page_create(&e->lower, 1);

	for (unsigned page = 0; page < 256 && ret == 0; page++)
		ret = page_create(&e->page[page], banks_of(e, page));
	if (ret != 0)
		return ret;
	/* What it advertises stands in the image; the rules of access follow from it. */
	image_write(e);
	cmis_support_read(&e->support, e->lower.bytes, CMIS_HALF, e->page[1].bytes, CMIS_HALF);
	access_of(e, CMIS_LOWER, &e->lower.access);
	for (unsigned page = 0; page < 256; page++)
		if (e->page[page].bytes != NULL)
			access_of(e, page, &e->page[page].access);
	return 0;
}

void registers_destroy(struct cmis_engine *e)
{
	free(e->lower.bytes);
	for (unsigned page = 0; page < 256; page++)
		free(e->page[page].bytes);
}

uint8_t *reg_page(const struct cmis_engine *e, unsigned bank, unsigned page)
{
	const struct page *p = page == CMIS_LOWER ? &e->lower : &e->page[page % 256];

	if (p->banks <= 1)
		bank = 0;
	return p->bytes != NULL && bank < p->banks ? p->bytes + bank * CMIS_HALF : NULL;
}

uint64_t reg_get(const struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i)
{
	const uint8_t *bytes = reg_page(e, bank, cmis_fields[id].page);
	uint64_t bits = 0;

	if (bytes != NULL)
		cmis_get(id, i, bytes, CMIS_HALF, &bits);
	return bits;
}

void reg_put(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i, uint64_t bits)
{
	uint8_t *bytes = reg_page(e, bank, cmis_fields[id].page);

	if (bytes != NULL)
		cmis_put(id, i, bytes, bits);
}

/* A field with a bit per lane fills one byte, and its table line says which. */
uint8_t reg_lanes(const struct cmis_engine *e, unsigned bank, enum cmis_field_id id)
{
	const uint8_t *bytes = reg_page(e, bank, cmis_fields[id].page);

	return bytes != NULL ? bytes[cmis_fields[id].byte % CMIS_HALF] : 0;
}

void reg_put_lanes(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, uint8_t lanes)
{
	uint8_t *bytes = reg_page(e, bank, cmis_fields[id].page);

	if (bytes != NULL)
		bytes[cmis_fields[id].byte % CMIS_HALF] = lanes;
}

void reg_put_value(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i,
		   double value)
{
	const struct cmis_field *f = &cmis_fields[id];
	double v = round(value / f->scale), top = ldexp(1, f->size) - 1, bottom = 0;

	if (f->type == CMIS_TYPE_F16) {
		reg_put(e, bank, id, i, cmis_f16_encode(value));
		return;
	}
	if (f->type == CMIS_TYPE_SINT) {
		top = ldexp(1, f->size - 1) - 1;
		bottom = -ldexp(1, f->size - 1);
	}
	reg_put(e, bank, id, i, (uint64_t)(int64_t)fmax(bottom, fmin(top, v)));
}

void reg_flag(struct cmis_engine *e, unsigned bank, enum cmis_field_id id, unsigned i, bool up)
{
	if (up && cmis_has(&e->support, id))
		reg_put(e, bank, id, i, 1);
}
