/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one table of configuration keys: path, type, range, default, help. The parser refuses what is
 * not in it, takes defaults from it, and `cpx check --schema`, `--reference` and `--json-schema`
 * print it. A key added to schema.c is parsed, checked and documented; only the line that reads it
 * into struct config has to be written. Constant data and pure functions, any thread.
 */
#ifndef CPX_CONFIG_SCHEMA_H
#define CPX_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum schema_type {
	SCHEMA_MAP,     /* fixed keys: the children in the table */
	SCHEMA_NAMED,   /* NAME: value, min..max objects; the value is the child "*" */
	SCHEMA_LIST,    /* min..max entries; the entry is the child "[]" */
	SCHEMA_NUMBER,  /* min..max, decimal; `unit` may be written behind it */
	SCHEMA_AUTO,    /* a number, or the word auto (0) */
	SCHEMA_BOOL,    /* true | false */
	SCHEMA_CHOICE,  /* one of `choices` */
	SCHEMA_NAME,    /* [a-z][a-z0-9_-]*, min..max characters */
	SCHEMA_TEXT,    /* printable ASCII without spaces, min..max bytes */
	SCHEMA_LANES,   /* ENGINE/FIRST-LAST or ENGINE/LANE */
	SCHEMA_CARRIER, /* loop | fiber:NAME | dev:NAME */
	SCHEMA_MAC,     /* 02:00:00:00:00:01, a unicast address */
	SCHEMA_OWN,     /* ADDRESS/LENGTH of an interface: host bits kept */
	SCHEMA_PREFIX,  /* ADDRESS/LENGTH of a destination: no host bits */
	SCHEMA_ADDRESS, /* an IPv4 or IPv6 address */
};

/* What names the objects of a SCHEMA_NAMED. */
enum schema_names { SCHEMA_BY_NAME, SCHEMA_BY_DEVICE, SCHEMA_BY_VLAN };

struct schema_key {
	const char *path; /* "ports.*.mtu"; "" is the file itself */
	enum schema_type type;
	uint32_t min, max;          /* value, characters or entries, by type */
	const char *preset;         /* default as it would be written; NULL none */
	const char *help;           /* one or two sentences */
	const char *example;        /* a good value; NULL where the default is one */
	const char *const *choices; /* SCHEMA_CHOICE; or a SCHEMA_NUMBER limited to these */
	const char *unit;           /* "s", "ms"; NULL none */
	enum schema_names names;
	bool required;
};

/* Profiles of engines: how many lanes, how fast each. */
struct schema_profile {
	const char *name;
	uint16_t lanes;
	uint32_t lane_mbps;
};

/* A table of keys begins with the file itself and ends with a row without a path. This one is the
 * board's; `cpx engine emulate` has its own (emulation.c). */
extern const struct schema_key schema_keys[];
extern const size_t schema_n_keys;
extern const struct schema_profile schema_profiles[];

/* The file itself (a SCHEMA_MAP). */
const struct schema_key *schema_root(void);
/*
 * Child of a map by its key, of a named map by "*", of a list by "[]". NULL: there is none.
 * schema_next() goes through all children of `parent` in table order; start with prev NULL.
 */
const struct schema_key *schema_child(const struct schema_key *parent, const char *leaf);
const struct schema_key *schema_next(const struct schema_key *parent,
				     const struct schema_key *prev);
/* Last part of the path: "mtu". */
const char *schema_leaf(const struct schema_key *key);
/* "number 68..9702", "sleep | poll", "list of addresses, at most 16": for people. */
void schema_describe(const struct schema_key *key, char *out, size_t room);

/* The table as text for a terminal, as a Markdown page, and as a JSON schema (draft 2020-12). */
void schema_print_text(FILE *out);
void schema_print_reference(FILE *out);
int schema_print_json(FILE *out); /* 0 or -ENOMEM */

#endif
