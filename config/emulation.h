/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of `cpx engine emulate`: engines and external laser sources to emulate, each with its
 * socket. Its keys stand in one table (emulation.c) as those of a board do in schema.c. Plain data,
 * any thread, one owner.
 */
#ifndef CPX_CONFIG_EMULATION_H
#define CPX_CONFIG_EMULATION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "lib/base/err.h"
#include "lib/cmis/engine/profile.h"

#define EMULATION_MAX_DEVICES 64  /* of each kind */
#define EMULATION_SOCKET_LEN  108 /* sun_path */
#define EMULATION_SERIAL_LEN  17  /* VendorSN */

struct emulation_device {
	char name[CONFIG_NAME_LEN];
	char socket[EMULATION_SOCKET_LEN]; /* "": by its name, where engines are looked for */
	char serial[EMULATION_SERIAL_LEN]; /* "": from the seed */
	const struct cmis_profile *profile;
	struct cmis_durations durations; /* the profile's, where the file does not say */
	uint64_t seed;
	uint8_t identifier; /* 0: the profile's */
	int16_t lasers;     /* of an engine: index of the source that feeds it, -1: none */
	bool joint;         /* and whose registers it shows */
	unsigned line;      /* in the file, for messages */
};

struct emulation {
	unsigned n_lasers, n_engines;
	struct emulation_device lasers[EMULATION_MAX_DEVICES];
	struct emulation_device engines[EMULATION_MAX_DEVICES];
};

/* 0, or a negative errno and err->text ready to print, as config_load(). Free *out with free(). */
int emulation_load(struct emulation **out, const char *path, struct err *err);
int emulation_parse(struct emulation **out, const char *name, const char *text, size_t len,
		    struct err *err);
/* The keys and what they mean, for --help. */
void emulation_print_keys(FILE *out);

#endif
