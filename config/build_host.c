/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel beside the board: which ports have twins there, and in which namespace. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool is_loopback(const struct config_listen *l)
{
	static const uint8_t one[16] = { [15] = 1 };

	return l->family == AF_INET ? l->addr[0] == 127 : memcmp(l->addr, one, 16) == 0;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT" */
static bool read_listen(const char *text, struct config_listen *l)
{
	const char *colon = strrchr(text, ':');
	const bool six = text[0] == '[';
	char addr[CONFIG_LISTEN_LEN];
	char *end;
	long port;

	if (!colon || colon == text || !isdigit((unsigned char)colon[1]) ||
	    (six && colon[-1] != ']'))
		return false;
	port = strtol(colon + 1, &end, 10);
	if (*end || port < 1 || port > 65535)
		return false;
	snprintf(addr, sizeof(addr), "%.*s", (int)(colon - text) - 2 * six, text + six);
	l->family = six ? AF_INET6 : AF_INET;
	l->port = (uint16_t)port;
	snprintf(l->text, sizeof(l->text), "%s", text);
	return inet_pton(l->family, addr, l->addr) == 1;
}

static int build_fpm(struct build *b, const struct node *host)
{
	const struct node *fpm = node_child(host, "fpm");
	struct config *c = b->c;

	c->host_fpm_remote = node_number(host, "fpm_remote");
	c->host_fpm_stale_s = (uint32_t)node_number(host, "fpm_stale");
	if (!fpm)
		return 0;
	if (!read_listen(fpm->v.text, &c->host_fpm))
		return build_fail(b, fpm,
				  "host.fpm: \"%s\" is no address with a port\nwrite "
				  "127.0.0.1:2620, or [::1]:2620",
				  fpm->v.text);
	if (!c->host_twins)
		return build_fail(b, fpm,
				  "host.fpm: zebra names kernel interfaces, and there are none\n"
				  "write twins: true, too");
	if (!c->host_fpm_remote && !is_loopback(&c->host_fpm))
		return build_fail(b, fpm,
				  "host.fpm: other machines reach %s, and who does decides where "
				  "packets go\nwrite 127.0.0.1:%u, or fpm_remote: true where "
				  "that is meant",
				  c->host_fpm.text, c->host_fpm.port);
	return 0;
}

int build_host(struct build *b)
{
	const struct node *host = node_child(b->tree->root, "host");
	const struct node *netns = host ? node_child(host, "netns") : NULL;
	struct config *c = b->c;

	c->host_fpm_stale_s = 120;
	if (!host)
		return 0;
	c->host_twins = node_number(host, "twins");
	if (netns) {
		const int ret = check_netns(b, netns);

		if (ret)
			return ret;
		snprintf(c->host_netns, sizeof(c->host_netns), "%s", netns->v.text);
	}
	if (build_fpm(b, host) != 0)
		return -EINVAL;
	for (unsigned i = 0; c->host_twins && i < c->n_ports; i++)
		if (c->ports[i].twin && strlen(c->ports[i].name) > CONFIG_TWIN_NAME_MAX)
			return build_fail_name(
				b, b->ports[i],
				"ports.%s: too long for the name of its twin in the kernel, which "
				"has room for %d characters\nshorten it, or write twin: false",
				c->ports[i].name, CONFIG_TWIN_NAME_MAX);
	return 0;
}
