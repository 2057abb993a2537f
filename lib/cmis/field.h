/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One field of a CMIS memory map: where it lies (the table is fields.h), its bits, its value.
 *
 * "bytes" is always the 128-byte half that the field's page fills: lower memory, or bytes 128..255
 * under a page and bank; len says how many of them are there. Everything is a pure function of
 * that, whatever the bytes are: a field that reaches past len is -ERANGE, one that the module does
 * not advertise is -ENODATA ("absent", which is not 0). Any thread.
 */
#ifndef CPX_LIB_CMIS_FIELD_H
#define CPX_LIB_CMIS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cmis/fields.h"

#define CMIS_HALF       128   /* bytes of lower memory, and of a page */
#define CMIS_LOWER      0x100 /* "page number" of lower memory */
#define CMIS_PAGE_COUNT 0x101 /* pages 00h..FFh and lower memory */
#define CMIS_MAX_BANKS  8
#define CMIS_LANES      8 /* of a bank */

/* Constants CMIS_<name>. The first ones are no fields but conditions for the column "needs". */
enum cmis_field_id {
	CMIS_Always,
	CMIS_Paged,          /* MemoryModel is not flat */
	CMIS_Optical,        /* MediaType is MMF or SMF */
	CMIS_Copper,         /* MediaType is passive copper or active cable */
	CMIS_Cpo,            /* identifier 80h: bytes that only co-packaged engines fill */
	CMIS_SelectorBER,    /* 14h:128 is 01h or 11h */
	CMIS_SelectorCounts, /* 14h:128 is 02h-05h or 12h-15h */
	CMIS_SelectorSNR,    /* 14h:128 is 06h */
	CMIS_CONDITIONS,
	CMIS_BEFORE_FIELDS = CMIS_CONDITIONS - 1,
#define X(name, ...) CMIS_##name,
	CMIS_FIELDS(X)
#undef X
		CMIS_FIELD_COUNT
};

/* What numbers the elements of a field. LANE_BYTE: lanes a byte apart, whatever their size. */
enum cmis_index {
	CMIS_INDEX_ONE,
	CMIS_INDEX_LANE,       /* lanes 1..8 */
	CMIS_INDEX_LANE_BYTE,  /* lanes 1..8 */
	CMIS_INDEX_LEVEL,      /* enum cmis_level */
	CMIS_INDEX_LEVEL_LANE, /* level * 8 + lane - 1 */
	CMIS_INDEX_BANK,       /* banks 0..3 */
	CMIS_INDEX_PAIR,       /* 1, 2 */
	CMIS_INDEX_APP,        /* AppDescriptors 1..8 */
	CMIS_INDEX_APP9,       /* AppDescriptors 9..15 */
	CMIS_INDEX_APP15,      /* applications 1..15 */
	CMIS_INDEX_FREQUENCY,  /* 5, 7, 12.9, 25.8, 53 GHz */
	CMIS_INDEX_SLOT,       /* 64 words of a page */
	CMIS_INDEX_NIBBLES,    /* 256 nibbles of a page */
	CMIS_INDEX_COUNTS,     /* errors and bits of 4 lanes, in turn */
	CMIS_INDEX_LASER32,    /* lasers 1..32 */
	CMIS_INDEX_BYTES5,
	CMIS_INDEX_BYTES6,
	CMIS_INDEX_BYTES8,
	CMIS_INDEX_BYTES32,
	CMIS_INDEX_BYTES120,
	CMIS_INDEX_BYTES128,
	CMIS_INDICES
};

/* Order of the four thresholds and flags of a monitor everywhere in CMIS. */
enum cmis_level {
	CMIS_HIGH_ALARM,
	CMIS_LOW_ALARM,
	CMIS_HIGH_WARNING,
	CMIS_LOW_WARNING,
	CMIS_LEVELS
};

enum cmis_type {
	CMIS_TYPE_UINT,
	CMIS_TYPE_SINT,
	CMIS_TYPE_LE,  /* unsigned, little endian (page 14h only) */
	CMIS_TYPE_F16, /* cmis_f16_decode() */
	CMIS_TYPE_BOOL,
	CMIS_TYPE_HEX,
	CMIS_TYPE_TEXT,     /* ASCII, padded with spaces; not a number */
	CMIS_TYPE_REVISION, /* high nibble major, low nibble minor */
	CMIS_TYPE_DURATION, /* code 0..15, value is the upper bound in ms */
	CMIS_TYPE_BANKS,    /* code 0..3, value is 1, 2, 4, 8 */
	CMIS_TYPE_CLASS,    /* code 0..7, value is 1..8 */
	CMIS_TYPE_LENGTH,   /* .7-6 multiplier 0.1, 1, 10, 100, .5-0 base */
	CMIS_TYPE_IDENT,    /* from here on: bits with names, cmis_names() */
	CMIS_TYPE_MODULE,
	CMIS_TYPE_FAULT,
	CMIS_TYPE_MEDIA,
	CMIS_TYPE_MEDIATECH,
	CMIS_TYPE_HOSTIF,
	CMIS_TYPE_DPSTATE,
	CMIS_TYPE_CONFIG,
	CMIS_TYPE_PATTERN,
	CMIS_TYPE_CDBCMD,
	CMIS_TYPE_CDBSTATE,
	CMIS_TYPE_VDMTYPE,
	CMIS_TYPE_ELSMODE,
	CMIS_TYPE_ELSLANE,
	CMIS_TYPE_ELSCODE,
};

enum cmis_access {
	CMIS_ACCESS_RO,
	CMIS_ACCESS_RW,
	CMIS_ACCESS_WO,
	CMIS_ACCESS_SC,
	CMIS_ACCESS_COR
};

/* AUX1..3 and BIAS depend on what the module advertises (01h:145, 01h:160). */
enum cmis_unit {
	CMIS_UNIT_NONE,
	CMIS_UNIT_DEGC,
	CMIS_UNIT_VOLT,
	CMIS_UNIT_MW,
	CMIS_UNIT_MA,
	CMIS_UNIT_DB,
	CMIS_UNIT_DBM,
	CMIS_UNIT_PCT,
	CMIS_UNIT_WATT,
	CMIS_UNIT_METRE,
	CMIS_UNIT_NM,
	CMIS_UNIT_GHZ,
	CMIS_UNIT_NS,
	CMIS_UNIT_MS,
	CMIS_UNIT_BIAS,
	CMIS_UNIT_AUX1,
	CMIS_UNIT_AUX2,
	CMIS_UNIT_AUX3,
};

struct cmis_field {
	const char *name;
	uint16_t page;
	uint8_t byte, bit, size; /* size in bits; 255 bits at most */
	uint8_t index, type, access, unit;
	uint16_t needs; /* enum cmis_field_id */
	double scale;
};

/* By enum cmis_field_id; entries below CMIS_CONDITIONS have no name. */
extern const struct cmis_field cmis_fields[CMIS_FIELD_COUNT];

/* How many elements a field has. */
unsigned cmis_field_count(enum cmis_field_id id);

/* Label of element i ("lane 3", "high alarm", …) into text. Empty where there is just one. */
void cmis_field_label(enum cmis_field_id id, unsigned i, char *text, size_t size);

/* Bits of element i, at most 64. 0, -ERANGE outside of bytes or elements, -EINVAL for texts. */
int cmis_get(enum cmis_field_id id, unsigned i, const uint8_t *bytes, size_t len, uint64_t *bits);

/* Sets them in a whole half (128 bytes); what does not fit the field's size is cut. Same errors. */
int cmis_put(enum cmis_field_id id, unsigned i, uint8_t *bytes, uint64_t bits);

/* A text without trailing spaces, with '.' for what is not printable. 0 or as cmis_get(). */
int cmis_get_text(enum cmis_field_id id, const uint8_t *bytes, size_t len, char *text, size_t size);
int cmis_put_text(enum cmis_field_id id, uint8_t *bytes, const char *text);

/*
 * The page whose layout `page` has: 20h for 21h, A0h for A5h, itself for most. Where one controller
 * speaks for an engine and its laser source ("joint mode"), the engine's pages B1h-B5h are the
 * laser source's 00h, 01h, 02h, 1Ah and 1Bh.
 */
unsigned cmis_layout_page(unsigned page);

/* Low byte of the sum of a page's bytes first..last (128..255): 00h:222, 01h:255, 02h:255. */
uint8_t cmis_checksum(const uint8_t page[CMIS_HALF], unsigned first, unsigned last);
/* The checksum of page 00h, 01h or 02h and where it stands; 0 where a page has none. */
unsigned cmis_checksum_of(unsigned page, const uint8_t bytes[CMIS_HALF], uint8_t *sum);

#endif
