/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Alarms of the board's engines: each engine's thread tells what its manager sees after a step, and
 * from all of that follows one alarm for each trouble (lib/cmis/manager/alarms.h), which goes to
 * the log when it comes and when it goes. One lock around all of it; nobody else waits for it but
 * who asks for the list.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/engine_verbs.h"
#include "lib/base/log.h"
#include "lib/cmis/emulator/emulator.h"
#include "lib/cmis/manager/alarms.h"

struct engine_alarms {
	pthread_mutex_t lock;
	struct cmis_alarms *alarms;
	unsigned n;
	struct {                           /* [number in alarms] */
		struct cpx_engine *engine; /* whose manager sees it */
		char name[CPX_NAME_LEN];
	} device[2 * CPX_MAX_MODULES];
	struct cpx_engine_view view;
};

static void told(void *arg, enum cmis_alarm_news news, const struct cmis_alarm *alarm)
{
	const char *what =
		news == CMIS_ALARM_CLEARED ? "over" : cmis_severity_name(alarm->severity);
	const enum log_level level = news == CMIS_ALARM_CLEARED                  ? LOG_LEVEL_INFO
				     : alarm->severity == CMIS_SEVERITY_CRITICAL ? LOG_LEVEL_ERROR
										 : LOG_LEVEL_WARN;

	log_line(level, "alarm %s (%s): %s", cmis_alarm_name(alarm->kind), what, alarm->text);
}

/* On the engine's thread. */
static void stepped(void *arg, struct cpx_engine *e, const struct cmis_manager *m, uint64_t now)
{
	struct engine_alarms *a = arg;

	pthread_mutex_lock(&a->lock);
	for (unsigned i = 0; i < a->n; i++)
		if (a->device[i].engine == e)
			cmis_alarms_look(a->alarms, i, m, now);
	pthread_mutex_unlock(&a->lock);
}

static int number_of(const struct engine_alarms *a, const char *name)
{
	for (unsigned i = 0; i < a->n; i++)
		if (strcmp(a->device[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Two ports on one fiber, or a port and itself on a loop. */
static void join_ports(struct board *b, const struct board_port *one, const struct board_port *two)
{
	const struct config_port *p = &one->spec, *q = &two->spec;
	const int near = number_of(b->alarms, b->cfg->engines[p->engine].name);
	const int far = number_of(b->alarms, b->cfg->engines[q->engine].name);

	if (!one->probed || !two->probed || near < 0 || far < 0)
		return;
	if (one == two ? p->carrier != CONFIG_CARRIER_LOOP
		       : p->carrier != CONFIG_CARRIER_FIBER || q->carrier != CONFIG_CARRIER_FIBER ||
				 strcmp(p->carrier_name, q->carrier_name) != 0)
		return;
	for (unsigned l = 0; l < p->n_lanes && l < q->n_lanes; l++)
		cmis_alarms_join(b->alarms->alarms, (unsigned)near, p->first_lane + l,
				 (unsigned)far, q->first_lane + l);
}

/* Of the laser source of an engine: the file's, or the one that it has for itself. */
static const char *lasers_name(const struct config *cfg, const struct config_engine *e,
			       char own[CPX_NAME_LEN])
{
	if (e->laser >= 0)
		return cfg->lasers[e->laser].name;
	snprintf(own, CPX_NAME_LEN, "%.24s-lasers", e->name);
	return own;
}

static int add(struct engine_alarms *a, struct cpx_engine *e, const char *name, bool lasers)
{
	const int ret = cmis_alarms_add(a->alarms, name, lasers);

	if (ret < 0)
		return ret;
	a->device[a->n].engine = e;
	snprintf(a->device[a->n++].name, CPX_NAME_LEN, "%s", name);
	return 0;
}

/* Lanes evenly from all lasers, as they are fed (cmis_emulator_feed). */
static int map_lasers(struct board *b, struct engine_alarms *a, const struct config_engine *e)
{
	const struct config_laser *l = e->laser >= 0 ? &b->cfg->lasers[e->laser] : NULL;
	const struct cmis_profile *p = cmis_profile_find(l ? l->profile : "els-8");
	int engine = number_of(a, e->name), source, ret = 0;
	char own[CPX_NAME_LEN];

	source = number_of(a, lasers_name(b->cfg, e, own));
	if (engine < 0 || source < 0 || !p)
		return 0;
	for (unsigned lane = 0; lane < e->lanes && !ret; lane++)
		ret = cmis_alarms_feed(
			a->alarms, (unsigned)engine, lane, (unsigned)source,
			cmis_emulator_laser_of(lane, e->lanes, p->banks * CMIS_LANES));
	return ret;
}

/* The lanes at both ends of the board's own fibers. Again whenever ports came or went. */
void engine_alarms_join(struct board *b)
{
	struct engine_alarms *a = b->alarms;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	cmis_alarms_unjoin(a->alarms);
	for (unsigned i = 0; i < b->n_ports; i++)
		for (unsigned k = 0; k <= i; k++)
			join_ports(b, &b->ports[i], &b->ports[k]);
	pthread_mutex_unlock(&a->lock);
}

int engine_alarms_create(struct board *b, struct err *err)
{
	const struct cmis_alarms_settings settings = { .told = told };
	struct engine_alarms *a = calloc(1, sizeof(*a));
	struct cpx_engine *list[CPX_MAX_MODULES];
	unsigned n = cpx_engine_list(list);
	char own[CPX_NAME_LEN];
	int ret = a ? cmis_alarms_create(&a->alarms, &settings) : -ENOMEM;

	if (ret) {
		free(a);
		return err_set(err, ret, "no memory for alarms");
	}
	pthread_mutex_init(&a->lock, NULL);
	while (n-- > 0 && ret >= 0) {
		cpx_engine_look(list[n], &a->view);
		ret = add(a, list[n], cpx_engine_name(list[n]), a->view.is_source);
	}
	for (unsigned i = 0; i < b->cfg->n_engines && ret >= 0; i++)
		if (b->cfg->engines[i].joint && b->engines[i])
			ret = add(a, b->engines[i], lasers_name(b->cfg, &b->cfg->engines[i], own),
				  true);
	for (unsigned i = 0; i < b->cfg->n_engines && ret >= 0; i++)
		ret = map_lasers(b, a, &b->cfg->engines[i]);
	b->alarms = a;
	cpx_engine_steps(stepped, a);
	return ret < 0 ? err_set(err, ret, "engines: alarms cannot be kept: %s", strerror(-ret))
		       : 0;
}

void engine_alarms_destroy(struct board *b)
{
	if (!b->alarms)
		return;
	cpx_engine_steps(NULL, NULL);
	cmis_alarms_destroy(b->alarms->alarms);
	pthread_mutex_destroy(&b->alarms->lock);
	free(b->alarms);
	b->alarms = NULL;
}

/* Of each engine that the alarm takes lanes from: {"engine": "oe0", "lanes": [4, 5]}. */
static json_t *lanes_json(const struct engine_alarms *a, const struct cmis_alarm *alarm)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->n; i++) {
		const uint64_t bits = cmis_alarms_lanes(a->alarms, alarm, i);
		json_t *lanes;

		if (!bits)
			continue;
		lanes = json_array();
		for (unsigned l = 0; l < 64; l++)
			if (bits >> l & 1)
				json_array_append_new(lanes, json_integer(l));
		json_array_append_new(
			list, json_pack("{s:s, s:o}", "engine", a->device[i].name, "lanes", lanes));
	}
	return list;
}

int engine_verb_alarms(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const struct board *b = arg;
	struct engine_alarms *a = b->alarms;
	struct cmis_alarm alarm = { 0 };
	json_t *list = json_array();

	pthread_mutex_lock(&a->lock);
	while (json_array_size(list) < 40 && cmis_alarms_next(a->alarms, &alarm))
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:s}", "severity",
					cmis_severity_name(alarm.severity), "alarm",
					cmis_alarm_name(alarm.kind), "device",
					a->device[alarm.device].name, "laser",
					alarm.laser < 0 ? json_null() : json_integer(alarm.laser),
					"count", (json_int_t)alarm.count, "since_ns",
					(json_int_t)alarm.since_ns, "lanes", lanes_json(a, &alarm),
					"text", alarm.text));
	pthread_mutex_unlock(&a->lock);
	return json_object_set_new(reply, "alarms", list) ? -ENOMEM : 0;
}
