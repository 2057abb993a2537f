/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is different between two configurations of one board: a list of changes by kind and object,
 * each of which a running board can make, or cannot and why. Pure, any thread.
 */
#ifndef CPX_CONFIG_DIFF_H
#define CPX_CONFIG_DIFF_H

#include "config/config.h"

enum config_kind {
	CONFIG_KEY, /* a key that belongs to no object */
	CONFIG_ENGINE,
	CONFIG_LASER,
	CONFIG_DEVICE,
	CONFIG_VRF,
	CONFIG_PORT,
	CONFIG_VLAN,
	CONFIG_ADDRESS,
	CONFIG_NEIGHBOR,
	CONFIG_ROUTE,
	CONFIG_KINDS
};

enum config_sign { CONFIG_ADDED = '+', CONFIG_CHANGED = '~', CONFIG_REMOVED = '-' };

struct field;

struct config_change {
	enum config_kind kind;
	enum config_sign sign;
	/* index of the object: of before and after in `engines`, `ports`, `routes` …; of a VLAN and
	 * an address in `ifaces` */
	uint32_t before, after;
	uint16_t address;          /* CONFIG_ADDRESS: index into the interface's addresses */
	const struct field *field; /* CONFIG_CHANGED of keys and objects: which key; else NULL */
	const char *restart;       /* why a running board cannot; NULL: it can */
};

struct config_diff {
	size_t n, room;
	struct config_change *changes; /* in the order of enum config_kind; removed ones first */
	size_t n_restart;              /* those a running board cannot make */
};

/* `after` is laid out on `before` (layout.h). The caller frees with config_diff_free(), also after
 * -ENOMEM. */
int config_diff(struct config_diff *out, const struct config *before, const struct config *after);
void config_diff_free(struct config_diff *d);

/* One change as a line without its end: "~ port p0 mtu 1500 -> 9000". Returns out. */
const char *config_change_text(const struct config_change *ch, const struct config *before,
			       const struct config *after, char *out, size_t room);

#define CONFIG_CHANGE_TEXT 1024

#endif
