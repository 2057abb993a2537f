/* SPDX-License-Identifier: BSD-3-Clause */
/* VRFs, and which of them something is in. The default one is always there, as number 0. */
#include <stdio.h>
#include <string.h>

#include "config/build.h"
#include "config/nearest.h"

#define KERNEL_TABLE_MAIN 254 /* linux/rtnetlink.h: 253 default, 254 main, 255 local */

static int check_vrf(struct build *b, const struct node *map)
{
	const struct node *table = node_child(map, "table");
	const uint32_t number = table->v.number;

	if (strcmp(map->name, b->c->vrfs[0].name) == 0)
		return build_fail_name(b, map,
				       "vrfs.%s: the default VRF is there without being named\n"
				       "choose another name; its sizes stand under `tables:`",
				       map->name);
	if (number >= 253 && number <= 255)
		return build_fail(b, table,
				  "vrfs.%s: table %u is the kernel's own\nchoose another number, "
				  "as in `ip link add %s type vrf table 100`",
				  map->name, number, map->name);
	for (unsigned i = 1; i < b->c->n_vrfs; i++)
		if (b->c->vrfs[i].table == number)
			return build_fail(b, table,
					  "vrfs.%s: table %u is VRF %s's already\nchoose another "
					  "number",
					  map->name, number, b->c->vrfs[i].name);
	return 0;
}

int build_vrfs(struct build *b)
{
	const struct node *vrfs = node_child(b->tree->root, "vrfs");
	struct config *c = b->c;

	c->vrfs[c->n_vrfs++] = (struct config_vrf){ .name = "default", .table = KERNEL_TABLE_MAIN };
	for (const struct node *n = vrfs ? vrfs->child : NULL; n; n = n->next) {
		struct config_vrf *v = &c->vrfs[c->n_vrfs];
		const int ret = check_vrf(b, n);

		if (ret < 0)
			return ret;
		snprintf(v->name, sizeof(v->name), "%s", n->name);
		v->table = node_child(n, "table")->v.number;
		b->vrfs[c->n_vrfs++] = n;
	}
	return 0;
}

int build_vrf(struct build *b, const struct node *map, uint16_t *vrf)
{
	const struct node *n = node_child(map, "vrf");
	struct nearest near = { .typed = n ? n->v.text : "" };
	char path[128];

	*vrf = 0;
	if (!n)
		return 0;
	for (unsigned i = 1; i < b->c->n_vrfs; i++) {
		if (strcmp(b->c->vrfs[i].name, n->v.text) == 0) {
			*vrf = (uint16_t)i;
			return 0;
		}
		nearest_offer(&near, b->c->vrfs[i].name);
	}
	return build_fail(b, n, "%s: no VRF \"%s\"\n%s%s%sadd it to `vrfs:`, or leave `vrf` out",
			  node_path(map, path, sizeof(path)), n->v.text,
			  near.word ? "did you mean \"" : "", near.word ? near.word : "",
			  near.word ? "\"? else " : "");
}
