/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a configuration: accepted with references that hold, or refused with a place and a
 * remedy. Seeds: the samples of config/samples and files that once failed.
 */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

/* libfyaml 0.7.12 loses a kilobyte when a quoted text with many escapes ends too early. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

static void check_accepted(const struct config *c)
{
	bool good = c->n_ports >= 1 && c->n_ports <= CONFIG_MAX_PORTS && c->n_engines >= 1 &&
		    c->n_ifaces >= c->n_ports && c->instance[0] &&
		    c->n_ports + c->n_devices <= CONFIG_MAX_PORTS;

	for (unsigned i = 0; good && i < c->n_ports; i++) {
		const struct config_port *p = &c->ports[i];

		good = p->engine < c->n_engines && c->ifaces[i].port == i &&
		       c->ifaces[i].vlan == 0 &&
		       p->first_lane + p->n_lanes <= c->engines[p->engine].lanes &&
		       p->first_lane / 8 == (p->first_lane + p->n_lanes - 1) / 8 && p->mtu >= 68;
	}
	for (unsigned i = 0; good && i < c->n_ifaces; i++)
		good = c->ifaces[i].port < c->n_ports && c->ifaces[i].n_addrs <= CONFIG_MAX_ADDRS;
	for (size_t i = 0; good && i < c->n_routes; i++)
		good = c->routes[i].iface < c->n_ifaces && c->routes[i].line > 0;
	for (size_t i = 0; good && i < c->n_neighbors; i++)
		good = c->neighbors[i].iface < c->n_ifaces;
	if (!good)
		abort();
}

/* "in:LINE:COL: what", the line, a caret, a remedy. */
static void check_refused(const struct err *err)
{
	unsigned line, column;
	int end = 0, lines = 1;

	if (sscanf(err->text, "in:%u:%u: %n", &line, &column, &end) != 2 || !end || !line ||
	    !column)
		abort();
	for (const char *p = err->text; *p; p++)
		lines += *p == '\n';
	if (lines != 4 || !strstr(err->text, "      | ") || !strchr(err->text, '^'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { "" };
	struct config *c;
	int ret = config_parse(&c, "in", (const char *)data, size, &err);

	if (ret == 0)
		check_accepted(c);
	else if (ret == -EINVAL)
		check_refused(&err);
	else
		abort();
	config_free(c);
	return 0;
}
