/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel beside the board: which ports have twins there, and in which namespace. */
#include <stdio.h>
#include <string.h>

#include "config/build.h"

static int check_netns(struct build *b, const struct node *n)
{
	const char *text = n->v.text;
	const bool dots = strcmp(text, ".") == 0 || strcmp(text, "..") == 0;

	if (text[0] == '/' || (!strchr(text, '/') && !dots))
		return 0;
	return build_fail(b, n,
			  "host.netns: \"%s\" is neither a name nor an absolute path\nwrite a name "
			  "as `ip netns list` shows it, or a path as /proc/1/ns/net",
			  text);
}

int build_host(struct build *b)
{
	const struct node *host = node_child(b->tree->root, "host");
	const struct node *netns = host ? node_child(host, "netns") : NULL;
	struct config *c = b->c;

	if (!host)
		return 0;
	c->host_twins = node_number(host, "twins");
	if (netns) {
		const int ret = check_netns(b, netns);

		if (ret)
			return ret;
		snprintf(c->host_netns, sizeof(c->host_netns), "%s", netns->v.text);
	}
	for (unsigned i = 0; c->host_twins && i < c->n_ports; i++)
		if (c->ports[i].twin && strlen(c->ports[i].name) > CONFIG_TWIN_NAME_MAX)
			return build_fail_name(
				b, b->ports[i],
				"ports.%s: too long for the name of its twin in the kernel, which "
				"has room for %d characters\nshorten it, or write twin: false",
				c->ports[i].name, CONFIG_TWIN_NAME_MAX);
	return 0;
}
