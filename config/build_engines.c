/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines and the laser sources that feed them: what they are and how they are managed.
 */
#include <stdio.h>
#include <string.h>

#include "config/build.h"
#include "config/nearest.h"

/* As an argument of the driver takes it. */
static bool is_path(const char *text)
{
	return text[0] == '/' && strlen(text) < CONFIG_PATH_LEN && !strpbrk(text, ",[]@");
}

/* emulated | none | unix:/SOCKET | optoe:/FILE, of those that may be. */
static int mgmt(struct build *b, const struct node *map, bool laser, enum config_mgmt *how,
		char path[CONFIG_PATH_LEN])
{
	const struct node *n = node_child(map, "mgmt");
	const char *text = n ? n->v.text : "", *behind = strchr(text, ':');
	char place[128];

	*how = CONFIG_MGMT_USUAL;
	if (!n)
		return 0;
	if (strcmp(text, "emulated") == 0)
		*how = CONFIG_MGMT_EMULATED;
	else if (!laser && strcmp(text, "none") == 0)
		*how = CONFIG_MGMT_NONE;
	else if (strncmp(text, "unix:/", 6) == 0)
		*how = CONFIG_MGMT_UNIX;
	else if (!laser && strncmp(text, "optoe:/", 7) == 0)
		*how = CONFIG_MGMT_OPTOE;
	else
		return build_fail(b, n, "%s: \"%s\" is no way to manage it\nwrite emulated, %s",
				  node_path(n, place, sizeof(place)),
				  shown(text, strlen(text)).text,
				  laser ? "or unix:/SOCKET" : "unix:/SOCKET, optoe:/FILE or none");
	if (behind && !is_path(behind + 1))
		return build_fail(b, n,
				  "%s: \"%s\" is no path here\nat most %d characters, without "
				  "comma, bracket and @",
				  node_path(n, place, sizeof(place)),
				  shown(behind + 1, strlen(behind + 1)).text, CONFIG_PATH_LEN - 1);
	if (behind)
		snprintf(path, CONFIG_PATH_LEN, "%s", behind + 1);
	return 0;
}

static int lasers(struct build *b)
{
	const struct node *list = node_child(b->tree->root, "lasers");

	for (const struct node *n = list ? list->child : NULL; n; n = n->next) {
		struct config_laser *l = &b->c->lasers[b->c->n_lasers++];
		const char *const *names = schema_child(n->key, "profile")->choices;
		int ret = mgmt(b, n, true, &l->mgmt, l->path);

		if (ret)
			return ret;
		if (l->mgmt == CONFIG_MGMT_USUAL)
			l->mgmt = CONFIG_MGMT_EMULATED;
		snprintf(l->name, sizeof(l->name), "%s", n->name);
		snprintf(l->profile, sizeof(l->profile), "%s", names[node_number(n, "profile")]);
	}
	return 0;
}

static int fed_by(struct build *b, const struct node *map, struct config_engine *e)
{
	const struct node *n = node_child(map, "lasers");
	struct nearest near = { .typed = n ? n->v.text : "" };

	e->laser = -1;
	for (unsigned i = 0; n && i < b->c->n_lasers; i++) {
		nearest_offer(&near, b->c->lasers[i].name);
		if (strcmp(b->c->lasers[i].name, n->v.text) == 0)
			e->laser = (int16_t)i;
	}
	if (!n || e->laser >= 0)
		return 0;
	return build_fail(b, n, "engines.%s: no laser source \"%s\"\n%s%s%sadd it to `lasers:`",
			  e->name, n->v.text, near.word ? "did you mean \"" : "",
			  near.word ? near.word : "", near.word ? "\"? else " : "");
}

static int serve(struct build *b, const struct node *map, struct config_engine *e)
{
	const struct node *n = node_child(map, "serve");

	if (!n)
		return 0;
	if (!is_path(n->v.text))
		return build_fail(b, n,
				  "engines.%s: \"%s\" is no path of a socket\nwrite it from "
				  "the root, without comma, bracket and @, as /run/cpx/engines/%s",
				  e->name, shown(n->v.text, strlen(n->v.text)).text, e->name);
	if (e->mgmt != CONFIG_MGMT_EMULATED && e->mgmt != CONFIG_MGMT_USUAL)
		return build_fail(b, n,
				  "engines.%s: only emulated engines are served\nleave serve "
				  "out, or write mgmt: emulated",
				  e->name);
	snprintf(e->serve, sizeof(e->serve), "%s", n->v.text);
	return 0;
}

int build_engines(struct build *b)
{
	const struct node *engines = node_child(b->tree->root, "engines");
	int ret = lasers(b);

	for (const struct node *n = engines->child; n && !ret; n = n->next) {
		const struct schema_profile *p = &schema_profiles[node_number(n, "profile")];
		struct config_engine *e = &b->c->engines[b->c->n_engines++];

		snprintf(e->name, sizeof(e->name), "%s", n->name);
		snprintf(e->profile, sizeof(e->profile), "%s", p->name);
		e->lanes = p->lanes;
		e->lane_mbps = p->lane_mbps;
		e->numa = node_child(n, "numa") ? (int16_t)node_number(n, "numa") : -1;
		e->seed = (uint32_t)node_number(n, "seed");
		e->joint = node_number(n, "joint") != 0;
		for (unsigned i = 0; i < b->c->n_lasers; i++)
			if (strcmp(b->c->lasers[i].name, e->name) == 0)
				return build_fail_name(b, n,
						       "engines.%s: a laser source has this name "
						       "already\ngive one of them another",
						       e->name);
		ret = mgmt(b, n, false, &e->mgmt, e->path);
		if (!ret)
			ret = fed_by(b, n, e);
		if (!ret)
			ret = serve(b, n, e);
	}
	return ret;
}
