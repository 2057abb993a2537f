/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys, and the tree that they make to struct emulation. What takes more than one place to judge
 * (profiles, sockets used twice, which lasers feed an engine) is judged here.
 */
#include "config/emulation.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config/file.h"
#include "config/nearest.h"
#include "config/tree.h"
#include "lib/cmis/cmis.h"

#define NAME_MAX_CHARS (CONFIG_NAME_LEN - 1)
#define DURATION_MAX   3600000

/* What takes how long: key, member of struct cmis_durations, help. */
/* clang-format off */
#define DURATIONS(X) \
	X("mgmt-init",   mgmt_init,   "After reset or insertion, answering nothing.") \
	X("power-up",    pwr_up,      "From low power to Ready.") \
	X("power-down",  pwr_dn,      "From Ready to low power.") \
	X("dp-init",     dp_init,     "DPInit.") \
	X("dp-deinit",   dp_deinit,   "DPDeinit.") \
	X("tx-turn-on",  tx_turn_on,  "DPTxTurnOn.") \
	X("tx-turn-off", tx_turn_off, "DPTxTurnOff.") \
	X("configure",   configure,   "ConfigStatus in progress.") \
	X("vdm-freeze",  vdm_freeze,  "From FreezeRequest to FreezeDone.") \
	X("cdb",         cdb,         "A CDB command.") \
	X("laser-ramp",  laser_ramp,  "A laser from off to on.")

static const char *const identifier_names[] = { "profile", "cpo", "qsfp-dd", "osfp", NULL };
static const uint8_t identifiers[] = { 0, CMIS_CPO, CMIS_QSFP_DD, CMIS_OSFP };

#define DEVICE(kind, a_profile) \
{ kind ".*.profile", SCHEMA_TEXT, 1, 31, .required = true, .example = a_profile, \
  .help = "What it is; `cpx engine emulate --profiles` lists them." }, \
{ kind ".*.socket", SCHEMA_TEXT, 1, EMULATION_SOCKET_LEN - 5, .preset = "", \
  .example = "/tmp/oe0.sock", \
  .help = "Path of its unix socket. Without it the device is found by its name." }, \
{ kind ".*.seed", SCHEMA_NUMBER, 0, UINT32_MAX, .example = "1", \
  .help = "Of the noise of its monitors, and of its serial number. Default: its place in the file, " \
  "laser sources first." }, \
{ kind ".*.serial", SCHEMA_TEXT, 1, EMULATION_SERIAL_LEN - 1, .preset = "", .example = "CPX0001", \
  .help = "Its serial number. Default: made from the seed." }, \
{ kind ".*.durations", SCHEMA_MAP, .help = "How long things really take. Default: the profile's." },

#define ENGINE_DURATION(key, member, text) \
{ "engines.*.durations." key, SCHEMA_NUMBER, 0, DURATION_MAX, .example = "100", .unit = "ms", \
  .help = text },
#define LASER_DURATION(key, member, text) \
{ "lasers.*.durations." key, SCHEMA_NUMBER, 0, DURATION_MAX, .example = "100", .unit = "ms", \
  .help = text },

static const struct schema_key keys[] = {
{ "", SCHEMA_MAP, .help = "Engines and laser sources to emulate.",
  .example = "begin with `engines:`; `cpx engine emulate --keys` shows all keys" },
{ "engines", SCHEMA_NAMED, 1, EMULATION_MAX_DEVICES, .required = true,
  .help = "Engines, by name.", .example = "{oe0: {profile: oif-3.2t}}" },
{ "engines.*", SCHEMA_MAP, .help = "One engine." },
DEVICE("engines", "oif-3.2t")
DURATIONS(ENGINE_DURATION)
{ "engines.*.identifier", SCHEMA_CHOICE, .preset = "profile", .choices = identifier_names,
  .help = "SFF8024Identifier, for hosts that know pluggable modules only." },
{ "engines.*.lasers", SCHEMA_NAME, 1, NAME_MAX_CHARS, .example = "els0",
  .help = "The laser source that feeds it: its lanes evenly from all lasers. Without it, lanes of "
  "a profile with external lasers stay dark." },
{ "engines.*.joint", SCHEMA_BOOL, .preset = "false",
  .help = "The engine also answers for its laser source, on pages B1h-B5h." },
{ "lasers", SCHEMA_NAMED, 0, EMULATION_MAX_DEVICES, .help = "External laser sources, by name.",
  .example = "{els0: {profile: els-8}}" },
{ "lasers.*", SCHEMA_MAP, .help = "One laser source." },
DEVICE("lasers", "els-8")
DURATIONS(LASER_DURATION)
{ NULL },
};

static const struct duration { const char *key; size_t at; } durations[] = {
#define X(key, member, text) { key, offsetof(struct cmis_durations, member) },
	DURATIONS(X)
#undef X
};
/* clang-format on */

struct reading {
	struct emulation *e;
	const struct tree *tree;
	struct err *err;
};

#define fail(r, node, ...) source_fail(&(r)->tree->src, (r)->err, (node)->pos, __VA_ARGS__)

static int read_profile(struct reading *r, const struct node *n, bool lasers,
			const struct cmis_profile **out)
{
	struct nearest near = { .typed = n->v.text };
	char path[128], all[200] = "";
	size_t used = 0;

	*out = cmis_profile_find(n->v.text);
	if (*out && ((*out)->kind == CMIS_KIND_ELS) == lasers)
		return 0;
	for (const struct cmis_profile *const *p = cmis_profiles; *p; p++) {
		if (((*p)->kind == CMIS_KIND_ELS) != lasers)
			continue;
		nearest_offer(&near, (*p)->name);
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 used ? ", " : "", (*p)->name);
	}
	node_path(n, path, sizeof(path));
	if (*out)
		return fail(r, n, "%s: %s is %s\nit may be one of %s", path, (*out)->name,
			    lasers ? "an engine, not a laser source"
				   : "a laser source, which belongs under `lasers:`",
			    all);
	return fail(r, n, "%s: no profile \"%s\"\n%s%s%sthere are %s", path,
		    shown(n->v.text, strlen(n->v.text)).text, near.word ? "did you mean \"" : "",
		    near.word ? near.word : "", near.word ? "\"? " : "", all);
}

/* Two devices on one socket: the later one is at fault. */
static int check_socket(struct reading *r, const struct node *n,
			const struct emulation_device *devices, unsigned count)
{
	char path[128];

	for (unsigned i = 0; i < count; i++)
		if (strcmp(devices[i].socket, n->v.text) == 0)
			return fail(r, n,
				    "%s: %s has this socket already\ngive each device its own path",
				    node_path(n, path, sizeof(path)), devices[i].name);
	return 0;
}

static int read_device(struct reading *r, const struct node *map, bool lasers,
		       struct emulation_device *d)
{
	const struct node *socket = node_child(map, "socket"), *seed = node_child(map, "seed");
	const struct node *list = node_child(map, "durations");
	int ret = read_profile(r, node_child(map, "profile"), lasers, &d->profile);

	if (ret == 0 && socket)
		ret = check_socket(r, socket, r->e->lasers, r->e->n_lasers);
	if (ret == 0 && socket)
		ret = check_socket(r, socket, r->e->engines, r->e->n_engines);
	if (ret < 0)
		return ret;
	snprintf(d->name, sizeof(d->name), "%s", map->name);
	snprintf(d->socket, sizeof(d->socket), "%s", node_text(map, "socket"));
	snprintf(d->serial, sizeof(d->serial), "%s", node_text(map, "serial"));
	d->seed = seed ? seed->v.number : 1 + r->e->n_lasers + r->e->n_engines;
	d->lasers = -1;
	d->line = map->line;
	d->durations = d->profile->durations;
	for (size_t i = 0; list && i < sizeof(durations) / sizeof(durations[0]); i++) {
		const struct node *n = node_child(list, durations[i].key);

		if (n)
			memcpy((char *)&d->durations + durations[i].at, &n->v.number,
			       sizeof(uint32_t));
	}
	return 0;
}

static int read_lasers(struct reading *r, const struct node *list)
{
	for (const struct node *n = list ? list->child : NULL; n; n = n->next) {
		int ret = read_device(r, n, true, &r->e->lasers[r->e->n_lasers]);

		if (ret < 0)
			return ret;
		r->e->n_lasers++;
	}
	return 0;
}

/* Which source feeds an engine. */
static int read_feed(struct reading *r, const struct node *map, struct emulation_device *d)
{
	const struct node *n = node_child(map, "lasers"), *joint = node_child(map, "joint");
	struct nearest near = { 0 };
	char path[128];

	d->joint = node_number(map, "joint") != 0;
	if (!n && d->joint)
		return fail(r, joint, "%s: no laser source to answer for\nadd lasers: NAME",
			    node_path(joint, path, sizeof(path)));
	if (!n)
		return 0;
	near.typed = n->v.text;
	for (unsigned i = 0; i < r->e->n_lasers; i++) {
		nearest_offer(&near, r->e->lasers[i].name);
		if (strcmp(r->e->lasers[i].name, n->v.text) == 0)
			d->lasers = (int16_t)i;
	}
	node_path(n, path, sizeof(path));
	if (d->lasers < 0)
		return fail(r, n, "%s: no laser source \"%s\"\n%s%s%s", path, n->v.text,
			    near.word ? "did you mean \"" : "add it under `lasers:`",
			    near.word ? near.word : "", near.word ? "\"?" : "");
	if (!d->profile->external_lasers)
		return fail(r, n, "%s: %s takes no light from outside\nremove the key, or take %s",
			    path, d->profile->name, "a profile with external lasers");
	return 0;
}

static int read_engines(struct reading *r, const struct node *list)
{
	for (const struct node *n = list->child; n; n = n->next) {
		struct emulation_device *d = &r->e->engines[r->e->n_engines];
		char path[128];
		int ret = read_device(r, n, false, d);

		for (unsigned i = 0; ret == 0 && i < r->e->n_lasers; i++)
			if (strcmp(r->e->lasers[i].name, d->name) == 0)
				ret = source_fail(&r->tree->src, r->err, n->name_pos,
						  "%s: a laser source has this name too\n"
						  "give each device its own",
						  node_path(n, path, sizeof(path)));
		if (ret == 0)
			ret = read_feed(r, n, d);
		if (ret < 0)
			return ret;
		d->identifier = identifiers[node_number(n, "identifier")];
		r->e->n_engines++;
	}
	return 0;
}

int emulation_parse(struct emulation **out, const char *name, const char *text, size_t len,
		    struct err *err)
{
	struct tree tree = { .src = { name, text, len }, .schema = keys };
	struct reading r = { .tree = &tree, .err = err };
	int ret;

	*out = NULL;
	if (len > CONFIG_MAX_FILE_BYTES)
		return file_too_big(name, err);
	ret = tree_read(&tree, err);
	if (ret < 0)
		return ret;
	r.e = calloc(1, sizeof(*r.e));
	ret = r.e ? 0 : err_set(err, -ENOMEM, "%s: out of memory while reading it", name);
	if (ret == 0)
		ret = read_lasers(&r, node_child(tree.root, "lasers"));
	if (ret == 0)
		ret = read_engines(&r, node_child(tree.root, "engines"));
	tree_free(&tree);
	if (ret < 0) {
		free(r.e);
		return ret;
	}
	*out = r.e;
	return 0;
}

int emulation_load(struct emulation **out, const char *path, struct err *err)
{
	char *text;
	size_t len;
	int ret = file_read(path, &text, &len, err);

	*out = NULL;
	if (ret < 0)
		return ret;
	ret = emulation_parse(out, path, text, len, err);
	free(text);
	return ret;
}

void emulation_print_keys(FILE *out)
{
	char takes[160];

	for (const struct schema_key *key = keys + 1; key->path; key++) {
		schema_describe(key, takes, sizeof(takes));
		fprintf(out, "%s: %s%s%s%s\n    %s\n", key->path, takes,
			key->preset && key->preset[0] ? ", default " : "",
			key->preset ? key->preset : "", key->required ? ", required" : "",
			key->help);
	}
}
