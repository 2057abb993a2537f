/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From struct config back to the words of a file: for each key of the schema, how its value in
 * struct config is written, and whether a running board can take another one. emit.c and diff.c
 * go by these two tables; a key that is missing here fails test_config_emit. Pure functions, any
 * thread.
 */
#ifndef CPX_CONFIG_FIELDS_H
#define CPX_CONFIG_FIELDS_H

#include <stddef.h>

#include "config/config.h"

#define FIELDS_NEW_VRF  "route tables are made when the board starts"
#define FIELDS_TEXT_MAX 320 /* longest value: a device's arguments */

enum field_type { /* of the member at `offset` */
		  FIELD_U32,
		  FIELD_BOOL,
		  FIELD_NODE, /* int16_t; -1: not said */
		  FIELD_TEXT, /* char []; "": not said */
		  FIELD_MADE, /* by text() */
};

/* Writes the value of the object's key into out; false: it is not said. */
typedef bool field_fn(const struct config *c, const void *object, char *out, size_t room);

struct field {
	const char *path; /* of a value in the schema */
	enum field_type type;
	size_t offset;       /* in struct config, or in the object of the collection */
	field_fn *text;      /* FIELD_MADE */
	const char *restart; /* why a running board cannot change it; NULL: it can */
};

/* Objects of a named map, entries of a list. */
struct collection {
	const char *path;
	unsigned (*count)(const struct config *c, const void *parent); /* places, some empty */
	/* NULL: nobody is in this place. Of named ones the name is put into out[FIELDS_TEXT_MAX] */
	const void *(*at)(const struct config *c, const void *parent, unsigned i, char *out);
};

extern const struct field fields[];
extern const size_t n_fields;

/* NULL: there is none. */
const struct field *field_find(const char *path);
const struct collection *collection_find(const char *path);

/* The value as it is written in a file, without quotes; the default where that is what holds.
 * false: the key is not there and has no default. */
bool field_text(const struct field *f, const struct config *c, const void *object, char *out,
		size_t room);

/* "p0" or "p0 VLAN 100" */
const char *field_iface(const struct config *c, uint16_t iface, char *out, size_t room);

#endif
