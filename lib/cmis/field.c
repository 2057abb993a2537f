/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bits of fields: from their line in fields.h to a place in 128 bytes and back. Element i of a
 * field begins i * step bits after the first. Bits are counted from the lowest of a byte upwards,
 * so lane 1 is the low nibble; whole bytes of one element go from the most significant down.
 */
#include "lib/cmis/field.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* X() gets pages as LOWER or as a number; both become a number here. */
enum { LOWER = CMIS_LOWER };

const struct cmis_field cmis_fields[CMIS_FIELD_COUNT] = {
#define X(field, pg, at, low, bits, idx, kind, acc, factor, un, need) \
	[CMIS_##field] = { .name = #field,                            \
			   .page = pg,                                \
			   .byte = at,                                \
			   .bit = low,                                \
			   .size = bits,                              \
			   .index = CMIS_INDEX_##idx,                 \
			   .type = CMIS_TYPE_##kind,                  \
			   .access = CMIS_ACCESS_##acc,               \
			   .scale = factor,                           \
			   .unit = CMIS_UNIT_##un,                    \
			   .needs = CMIS_##need },
	CMIS_FIELDS(X)
#undef X
};

/* step 0: elements follow each other; label: what their number is, from `first` upwards. */
static const struct index {
	uint16_t count;
	uint8_t step;
	uint8_t first;
	const char *label;
} indices[CMIS_INDICES] = {
	[CMIS_INDEX_ONE] = { 1, 0, 0, NULL },         [CMIS_INDEX_LANE] = { 8, 0, 1, "lane" },
	[CMIS_INDEX_LANE_BYTE] = { 8, 8, 1, "lane" }, [CMIS_INDEX_LEVEL] = { 4, 0, 0, NULL },
	[CMIS_INDEX_LEVEL_LANE] = { 32, 0, 0, NULL }, [CMIS_INDEX_BANK] = { 4, 0, 0, "bank" },
	[CMIS_INDEX_PAIR] = { 2, 0, 1, "" },          [CMIS_INDEX_APP] = { 8, 32, 1, "app" },
	[CMIS_INDEX_APP9] = { 7, 32, 9, "app" },      [CMIS_INDEX_APP15] = { 15, 0, 1, "app" },
	[CMIS_INDEX_FREQUENCY] = { 5, 0, 0, NULL },   [CMIS_INDEX_SLOT] = { 64, 16, 0, "slot" },
	[CMIS_INDEX_NIBBLES] = { 256, 0, 0, "slot" }, [CMIS_INDEX_COUNTS] = { 8, 0, 0, NULL },
	[CMIS_INDEX_LASER32] = { 32, 0, 1, "laser" }, [CMIS_INDEX_BYTES5] = { 5, 0, 0, "" },
	[CMIS_INDEX_BYTES6] = { 6, 0, 0, "" },        [CMIS_INDEX_BYTES8] = { 8, 0, 0, "" },
	[CMIS_INDEX_BYTES32] = { 32, 0, 0, "" },      [CMIS_INDEX_BYTES120] = { 120, 0, 0, "" },
	[CMIS_INDEX_BYTES128] = { 128, 0, 0, "" },
};

static const char *const levels[] = { "high alarm", "low alarm", "high warning", "low warning" };
static const char *const frequencies[] = { "5 GHz", "7 GHz", "12.9 GHz", "25.8 GHz", "53 GHz" };

unsigned cmis_field_count(enum cmis_field_id id)
{
	return indices[cmis_fields[id].index].count;
}

void cmis_field_label(enum cmis_field_id id, unsigned i, char *text, size_t size)
{
	const struct index *index = &indices[cmis_fields[id].index];

	text[0] = '\0';
	if (i >= index->count)
		return;
	switch (cmis_fields[id].index) {
	case CMIS_INDEX_ONE:
		return;
	case CMIS_INDEX_LEVEL:
		snprintf(text, size, "%s", levels[i]);
		return;
	case CMIS_INDEX_LEVEL_LANE:
		snprintf(text, size, "%s lane %u", levels[i / 8], i % 8 + 1);
		return;
	case CMIS_INDEX_FREQUENCY:
		snprintf(text, size, "%s", frequencies[i]);
		return;
	case CMIS_INDEX_COUNTS:
		snprintf(text, size, "%s lane %u", i % 2 ? "bits" : "errors", i / 2 + 1);
		return;
	default:
		snprintf(text, size, "%s%s%u", index->label, *index->label ? " " : "",
			 i + index->first);
	}
}

/* First byte (0..127) and lowest bit of element i, and how many bytes it covers. */
struct place {
	unsigned at, bit, bytes;
};

static int place_of(enum cmis_field_id id, unsigned i, size_t len, struct place *p)
{
	const struct cmis_field *f = &cmis_fields[id];
	const struct index *index = &indices[f->index];
	unsigned from;

	if (id < CMIS_CONDITIONS || id >= CMIS_FIELD_COUNT || i >= index->count)
		return -ERANGE;
	from = (f->byte % CMIS_HALF) * 8 + f->bit + i * (index->step ? index->step : f->size);
	*p = (struct place){ from / 8, from % 8, (f->size + 7u) / 8 };
	return p->at + p->bytes > len || p->at + p->bytes > CMIS_HALF ? -ERANGE : 0;
}

int cmis_get(enum cmis_field_id id, unsigned i, const uint8_t *bytes, size_t len, uint64_t *bits)
{
	struct place p;
	uint64_t v = 0;
	int ret = place_of(id, i, len, &p);

	if (ret != 0)
		return ret;
	if (cmis_fields[id].size > 64)
		return -EINVAL;
	for (unsigned b = 0; b < p.bytes; b++)
		v = v << 8 |
		    bytes[p.at + (cmis_fields[id].type == CMIS_TYPE_LE ? p.bytes - 1 - b : b)];
	v >>= p.bit;
	*bits = cmis_fields[id].size == 64 ? v : v & ((1ull << cmis_fields[id].size) - 1);
	return 0;
}

int cmis_put(enum cmis_field_id id, unsigned i, uint8_t *bytes, uint64_t bits)
{
	struct place p;
	int ret = place_of(id, i, CMIS_HALF, &p);
	unsigned size = cmis_fields[id].size;

	if (ret != 0)
		return ret;
	if (size > 64)
		return -EINVAL;
	if (size < 8) {
		uint8_t mask = (uint8_t)(((1u << size) - 1) << p.bit);

		bytes[p.at] = (uint8_t)((bytes[p.at] & ~mask) | ((bits << p.bit) & mask));
		return 0;
	}
	for (unsigned b = 0; b < p.bytes; b++, bits >>= 8)
		bytes[p.at + (cmis_fields[id].type == CMIS_TYPE_LE ? b : p.bytes - 1 - b)] =
			(uint8_t)bits;
	return 0;
}

int cmis_get_text(enum cmis_field_id id, const uint8_t *bytes, size_t len, char *text, size_t size)
{
	struct place p;
	int ret = place_of(id, 0, len, &p);
	unsigned n = 0;

	if (ret != 0)
		return ret;
	if (cmis_fields[id].type != CMIS_TYPE_TEXT || size == 0)
		return -EINVAL;
	for (; n < p.bytes && n + 1 < size; n++)
		text[n] = bytes[p.at + n] >= 0x20 && bytes[p.at + n] < 0x7f ? (char)bytes[p.at + n]
									    : '.';
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return 0;
}

int cmis_put_text(enum cmis_field_id id, uint8_t *bytes, const char *text)
{
	struct place p;
	int ret = place_of(id, 0, CMIS_HALF, &p);
	size_t n = strlen(text);

	if (ret != 0)
		return ret;
	if (cmis_fields[id].type != CMIS_TYPE_TEXT)
		return -EINVAL;
	memset(bytes + p.at, ' ', p.bytes);
	memcpy(bytes + p.at, text, n < p.bytes ? n : p.bytes);
	return 0;
}

unsigned cmis_layout_page(unsigned page)
{
	if (page >= 0x20 && page <= 0x2B)
		return page & ~3u;
	if (page >= 0xA0 && page <= 0xAF)
		return 0xA0;
	if (page >= 0xB1 && page <= 0xB5)
		return (const unsigned[]){ 0x00, 0x01, 0x02, 0x1A, 0x1B }[page - 0xB1];
	return page;
}

uint8_t cmis_checksum(const uint8_t page[CMIS_HALF], unsigned first, unsigned last)
{
	unsigned sum = 0;

	for (unsigned b = first; b <= last; b++)
		sum += page[b % CMIS_HALF];
	return (uint8_t)sum;
}

unsigned cmis_checksum_of(unsigned page, const uint8_t bytes[CMIS_HALF], uint8_t *sum)
{
	switch (page) {
	case 0x00:
		*sum = cmis_checksum(bytes, 128, 221);
		return 222;
	case 0x01: /* firmware revisions 128 and 129 are not in it */
		*sum = cmis_checksum(bytes, 130, 254);
		return 255;
	case 0x02:
		*sum = cmis_checksum(bytes, 128, 254);
		return 255;
	default:
		return 0;
	}
}
