/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board's engines: found or made before its ports and held until it ends, so that ports may
 * come and go on them; what they tell goes to the log. They live in the driver (pmd/cpx_engine.h),
 * each on a thread of its own. Control thread, but for the callback.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "lib/base/log.h"
#include "pmd/cpx_args.h"

/* The file's word, else emulated unless there is a real device below. */
static enum config_mgmt management(const struct config_engine *e, bool device)
{
	if (e->mgmt != CONFIG_MGMT_USUAL)
		return e->mgmt;
	return device ? CONFIG_MGMT_NONE : CONFIG_MGMT_EMULATED;
}

static int add(char *args, size_t size, int len, const char *key, const char *value)
{
	return len + snprintf(args + len, size - (size_t)len, ",%s=%s", key, value);
}

int engine_args(char *args, size_t size, const struct config *cfg, const struct config_engine *e,
		bool device)
{
	const struct config_laser *l = e->laser >= 0 ? &cfg->lasers[e->laser] : NULL;
	char how[CONFIG_PATH_LEN + 8];
	int len = 0;

	switch (management(e, device)) {
	case CONFIG_MGMT_UNIX:
	case CONFIG_MGMT_OPTOE:
		snprintf(how, sizeof(how), "%s:%s", e->mgmt == CONFIG_MGMT_UNIX ? "unix" : "optoe",
			 e->path);
		len = add(args, size, len, "mgmt", how);
		break;
	case CONFIG_MGMT_EMULATED:
		len = add(args, size, len, "mgmt", "emulated");
		len = add(args, size, len, "profile", e->profile);
		if (e->serve[0])
			len = add(args, size, len, "serve", e->serve);
		break;
	default:
		return add(args, size, len, "mgmt", "none");
	}
	len += snprintf(args + len, size - (size_t)len, ",seed=%u", e->seed);
	if (e->joint)
		len = add(args, size, len, "joint", "1");
	if (l)
		len += snprintf(args + len, size - (size_t)len, ",lasers=%s:%s%s%s", l->name,
				l->profile, l->path[0] ? "@" : "", l->path);
	return len;
}

bool engine_is_managed(const struct config *cfg, unsigned engine)
{
	const struct config_engine *e = &cfg->engines[engine];

	if (e->mgmt != CONFIG_MGMT_USUAL)
		return e->mgmt != CONFIG_MGMT_NONE;
	for (unsigned i = 0; i < cfg->n_ports; i++)
		if (cfg->ports[i].engine == engine && cfg->ports[i].carrier != CONFIG_CARRIER_DEV)
			return true;
	return false;
}

static int open_engine(struct board *b, unsigned i, struct err *err)
{
	const struct config_engine *e = &b->cfg->engines[i];
	struct cpx_args args;
	char text[1024];
	int len = snprintf(text, sizeof(text), "engine=%s,rate=%u", e->name, e->lane_mbps / 1000);
	int ret;

	engine_args(text + len, sizeof(text) - (size_t)len, b->cfg, e, false);
	ret = cpx_args_parse(&args, text, err);
	return ret ? ret : cpx_engine_open(&b->engines[i], &args, err);
}

/* On an engine's thread. */
static void tell(void *arg, struct cpx_engine *e, const struct cmis_event *event)
{
	if (event->kind == CMIS_EVENT_FLAG)
		log_debug("%s", event->text);
	else
		log_info("%s", event->text);
}

int engines_create(struct board *b, struct err *err)
{
	int ret = 0;

	cpx_engine_events(tell, b);
	for (unsigned i = 0; i < b->cfg->n_engines && !ret; i++)
		if (engine_is_managed(b->cfg, i))
			ret = open_engine(b, i, err);
	return ret ? ret : engine_alarms_create(b, err);
}

void engines_destroy(struct board *b)
{
	engine_alarms_destroy(b);
	cpx_engine_events(NULL, NULL);
	for (unsigned i = 0; i < b->cfg->n_engines; i++) {
		cpx_engine_close(b->engines[i]);
		b->engines[i] = NULL;
	}
}
