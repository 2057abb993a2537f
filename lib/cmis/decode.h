/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bits to what they mean: numbers in units, names of codes, and whether a module has the
 * thing at all. A module advertises its abilities in lower memory and on page 01h; cmis_support is
 * what they say, read once, and is needed for every decode. Pure functions, any thread, any bytes.
 */
#ifndef CPX_LIB_CMIS_DECODE_H
#define CPX_LIB_CMIS_DECODE_H

#include "lib/cmis/field.h"

/* What a module says it is able to do. */
struct cmis_support {
	uint8_t identifier;  /* L:0 */
	uint8_t revision;    /* L:1 */
	bool flat;           /* L:2.7: lower memory and page 00h are all there is */
	bool optical;        /* L:85 */
	bool copper;         /* L:85 */
	uint8_t banks;       /* 01h:142.1-0, or L:70 of a co-packaged engine: 1..8 */
	uint8_t bias_factor; /* 01h:160.4-3: 1, 2, 4 */
	uint8_t aux;         /* 01h:145.2-0 */
	uint8_t has[(CMIS_FIELD_COUNT + 7) / 8]; /* bit per field */
};

/*
 * lower: at least 86 bytes of lower memory. page01: bytes 128..255 of page 01h, NULL for a module
 * with flat memory or when it was not read (then everything it would advertise is absent).
 * 0, or -ERANGE when lower is too short.
 */
int cmis_support_read(struct cmis_support *s, const uint8_t *lower, size_t lower_len,
		      const uint8_t *page01, size_t page01_len);

/* Whether the module has this field, and a page (CMIS_LOWER, 00h..FFh) in some bank. */
bool cmis_has(const struct cmis_support *s, enum cmis_field_id id);
bool cmis_has_page(const struct cmis_support *s, unsigned page);
/* Whether a page's contents depend on the bank: 10h..FFh except 9Fh..AFh. */
bool cmis_page_is_banked(unsigned page);

struct cmis_value {
	double number;    /* in unit; of a text, 0 */
	uint64_t bits;    /* as in the registers */
	const char *unit; /* "" where it has none */
	const char *name; /* of a code; NULL where it is a number */
	char text[17];    /* of a CMIS_TYPE_TEXT */
};

/* Element i. 0, -ENODATA where the module does not have it, -ERANGE. */
int cmis_decode(const struct cmis_support *s, enum cmis_field_id id, unsigned i,
		const uint8_t *bytes, size_t len, struct cmis_value *v);

/* The value as a person reads it: "48.5 °C", "3 Ready", "yes". Returns text. */
const char *cmis_value_text(enum cmis_field_id id, const struct cmis_value *v, char *text,
			    size_t size);

/* Name of a code of a type (CMIS_TYPE_IDENT and later), NULL where it is reserved. */
const char *cmis_name(enum cmis_type type, uint64_t code);

/* Pattern ID of a name ("PRBS31Q", in any case), -ENOENT. */
int cmis_pattern_find(const char *name);

/* One application that a module offers: AppDescriptor n, 1..15. */
struct cmis_application {
	uint8_t host_id, media_id;
	uint8_t host_lanes, media_lanes;
	uint8_t host_options;  /* bit i: may begin at host lane i + 1 */
	uint8_t media_options; /* 0 where page 01h was not read */
};

/* 0, -ENODATA where the list ends before AppDescriptor n, -ERANGE. page01 may be NULL. */
int cmis_application(struct cmis_application *a, unsigned n, const uint8_t *lower, size_t lower_len,
		     const uint8_t *page01, size_t page01_len);

/* F16 of page 14h and VDM: an 11-bit mantissa times ten to a 5-bit exponent minus 24. Encoding
 * takes the smallest exponent that holds the value, so small ones keep their digits. */
double cmis_f16_decode(uint16_t f16);
uint16_t cmis_f16_encode(double value);

/* Upper bound of a duration code in ms (01h:144, 167, 168): code 1 is 5; 13 and more: an hour. */
uint32_t cmis_duration_ms(unsigned code);

#endif
