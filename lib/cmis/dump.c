/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints pages. Everything is driven by the field table; only VDM, where a page describes what
 * another one holds, has a way of its own.
 */
#include "lib/cmis/dump.h"

#include <errno.h>
#include <string.h>

#include "lib/cmis/vdm.h"

#define NAME_WIDTH 30

const char *cmis_page_name(unsigned page, unsigned bank, char *text, size_t size)
{
	if (page == CMIS_LOWER)
		snprintf(text, size, "lower memory");
	else if (cmis_page_is_banked(page))
		snprintf(text, size, "page %02Xh bank %u", page, bank);
	else
		snprintf(text, size, "page %02Xh", page);
	return text;
}

/* Sixteen bytes a line, numbered as in the standard: decimal, pages from 128. */
static void dump_hex(FILE *out, const struct cmis_page *p)
{
	unsigned base = p->page == CMIS_LOWER ? 0 : CMIS_HALF;

	for (unsigned i = 0; i < p->len && i < CMIS_HALF; i += 16) {
		fprintf(out, "%3u", base + i);
		for (unsigned b = i; b < i + 16 && b < p->len; b++)
			fprintf(out, "%s %02X", b % 8 ? "" : " ", p->bytes[b]);
		fputc('\n', out);
	}
}

/* Bytes that mean nothing one by one stand together. */
static void dump_bytes(FILE *out, enum cmis_field_id id, const struct cmis_page *p)
{
	uint64_t bits;

	for (unsigned i = 0; i < cmis_field_count(id); i++)
		if (cmis_get(id, i, p->bytes, p->len, &bits) == 0)
			fprintf(out, " %02X", (unsigned)bits);
}

/* Bits and small codes of the lanes stand in lane order, a group per level of a monitor. */
static void dump_row(FILE *out, const struct cmis_support *s, enum cmis_field_id id,
		     const struct cmis_page *p)
{
	struct cmis_value v;
	char text[48];

	for (unsigned i = 0; i < cmis_field_count(id); i++)
		if (cmis_decode(s, id, i, p->bytes, p->len, &v) == 0)
			fprintf(out, "%s%s",
				i % 8 == 0 && i > 0 ? " | "
				: i                 ? " "
						    : "",
				v.name ? v.name : cmis_value_text(id, &v, text, sizeof(text)));
}

static bool is_row(enum cmis_field_id id)
{
	unsigned index = cmis_fields[id].index;

	return index == CMIS_INDEX_LEVEL_LANE || index == CMIS_INDEX_LANE ||
	       index == CMIS_INDEX_LANE_BYTE || index == CMIS_INDEX_LASER32 ||
	       (index == CMIS_INDEX_LEVEL && cmis_fields[id].size == 1);
}

static void dump_field(FILE *out, const struct cmis_support *s, enum cmis_field_id id,
		       const struct cmis_page *p)
{
	const struct cmis_field *f = &cmis_fields[id];
	unsigned count = cmis_field_count(id);
	struct cmis_value v;
	char text[64], label[32];
	bool bytes = f->type == CMIS_TYPE_HEX && count > 4;

	if (cmis_decode(s, id, 0, p->bytes, p->len, &v) != 0)
		return;
	if (bytes || is_row(id)) {
		fprintf(out, "%3u  %-*s ", f->byte, NAME_WIDTH, f->name);
		if (bytes)
			dump_bytes(out, id, p);
		else
			dump_row(out, s, id, p);
		fputc('\n', out);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		if (cmis_decode(s, id, i, p->bytes, p->len, &v) != 0)
			continue;
		cmis_field_label(id, i, label, sizeof(label));
		fprintf(out, "%3u  %-*s %s%s%s\n", f->byte, NAME_WIDTH, f->name, label,
			*label ? ": " : "", cmis_value_text(id, &v, text, sizeof(text)));
	}
}

/* Descriptors, and samples next to them: a line for each slot in use. */
static void dump_vdm(FILE *out, const struct cmis_page *p, bool samples)
{
	const uint8_t *descriptors = samples ? p->descriptors : p->bytes;
	size_t len = samples ? p->descriptors_len : p->len;
	struct cmis_vdm_slot slot;
	uint64_t bits;

	for (unsigned i = 0; i < CMIS_VDM_GROUP; i++) {
		if (cmis_vdm_slot(&slot, i, descriptors, len) != 0)
			continue;
		fprintf(out, "%3u  %-*s lane %u", CMIS_HALF + 2 * i, NAME_WIDTH, slot.type->name,
			slot.lane);
		if (!samples)
			fprintf(out, ", threshold set %u\n", slot.threshold_set);
		else if (cmis_get(CMIS_VDMSample, i, p->bytes, p->len, &bits) == 0)
			fprintf(out, ": %.6g%s%s%s\n", cmis_vdm_decode(slot.type, (uint16_t)bits),
				*slot.type->unit ? " " : "", slot.type->unit,
				slot.type->statistic ? " (frozen)" : "");
		else
			fputc('\n', out);
	}
}

int cmis_dump(FILE *out, const struct cmis_support *s, const struct cmis_page *page, unsigned parts)
{
	unsigned layout = cmis_layout_page(page->page);
	char name[32];

	fprintf(out, "%s\n", cmis_page_name(page->page, page->bank, name, sizeof(name)));
	if (parts & CMIS_DUMP_HEX)
		dump_hex(out, page);
	if (parts & CMIS_DUMP_FIELDS) {
		if (layout == 0x20 || (layout == 0x24 && page->descriptors != NULL)) {
			dump_vdm(out, page, layout == 0x24);
			return ferror(out) ? -EIO : 0;
		}
		for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++)
			if (cmis_fields[id].page == layout)
				dump_field(out, s, id, page);
	}
	return ferror(out) ? -EIO : 0;
}
