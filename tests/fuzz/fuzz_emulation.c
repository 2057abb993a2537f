/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a file of cpx engine emulate: accepted, and then it says only what an emulator can
 * do, or refused with a place and a remedy. The first device of each kind is made of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/emulation.h"
#include "lib/cmis/engine/engine.h"

/* libfyaml 0.7.12 loses a kilobyte when a quoted text with many escapes ends too early. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

static uint64_t now;

static uint64_t clock_now(void *arg)
{
	return now;
}

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_duration(uint32_t ms)
{
	check(ms <= 3600000);
}

static void check_device(const struct emulation *e, const struct emulation_device *d, bool lasers)
{
	const struct cmis_durations *t = &d->durations;

	check(d->name[0] && memchr(d->name, 0, sizeof(d->name)) && d->line > 0);
	check(memchr(d->socket, 0, sizeof(d->socket) - 4)); /* room for ".ctl" */
	check(memchr(d->serial, 0, sizeof(d->serial)) != NULL);
	check(d->profile && (d->profile->kind == CMIS_KIND_ELS) == lasers);
	check(d->lasers == -1 || (!lasers && d->lasers < (int)e->n_lasers));
	check(d->lasers == -1 || d->profile->external_lasers);
	check(!d->joint || d->lasers >= 0);
	check(d->identifier == 0 || d->identifier == CMIS_CPO || d->identifier == CMIS_QSFP_DD ||
	      d->identifier == CMIS_OSFP);
	check_duration(t->mgmt_init);
	check_duration(t->pwr_up);
	check_duration(t->dp_init);
	check_duration(t->cdb);
	check_duration(t->laser_ramp);
}

/* Two devices, which may be of both kinds. */
static void check_apart(const struct emulation_device *a, const struct emulation_device *b)
{
	check(strcmp(a->name, b->name) != 0);
	check(!a->socket[0] || strcmp(a->socket, b->socket) != 0);
}

static void check_all(const struct emulation *e)
{
	check(e->n_engines >= 1 && e->n_engines <= EMULATION_MAX_DEVICES);
	check(e->n_lasers <= EMULATION_MAX_DEVICES);
	for (unsigned i = 0; i < e->n_engines; i++) {
		check_device(e, &e->engines[i], false);
		for (unsigned k = 0; k < i; k++)
			check_apart(&e->engines[i], &e->engines[k]);
	}
	for (unsigned i = 0; i < e->n_lasers; i++) {
		check_device(e, &e->lasers[i], true);
		for (unsigned k = 0; k < i; k++)
			check_apart(&e->lasers[i], &e->lasers[k]);
		for (unsigned k = 0; k < e->n_engines; k++)
			check_apart(&e->lasers[i], &e->engines[k]);
	}
}

static void make(const struct emulation_device *d)
{
	struct cmis_engine_settings settings = {
		.profile = d->profile,
		.clock = { clock_now, NULL },
		.seed = d->seed,
		.identifier = d->identifier,
		.serial = d->serial[0] ? d->serial : NULL,
		.durations = &d->durations,
	};
	struct cmis_transport bus;
	struct cmis_engine *engine;
	struct err err;
	uint8_t type;

	now = 0;
	if (cmis_engine_create(&engine, &settings, &err) != 0)
		abort();
	now = d->durations.mgmt_init * CMIS_MS;
	bus = cmis_engine_transport(engine);
	check(bus.read(bus.module, 0, &type, 1) == 0);
	check(type == (d->identifier ? d->identifier : d->profile->identifier));
	cmis_engine_destroy(engine);
}

/* "in:LINE:COL: what", the line, a caret, a remedy. */
static void check_refused(const struct err *err)
{
	unsigned line, column;
	int end = 0, lines = 1;

	check(sscanf(err->text, "in:%u:%u: %n", &line, &column, &end) == 2 && end && line &&
	      column);
	for (const char *p = err->text; *p; p++)
		lines += *p == '\n';
	check(lines == 4 && strstr(err->text, "      | ") && strchr(err->text, '^'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { "" };
	struct emulation *e;
	int ret = emulation_parse(&e, "in", (const char *)data, size, &err);

	if (ret != 0) {
		check(ret == -EINVAL);
		check_refused(&err);
		return 0;
	}
	check_all(e);
	make(&e->engines[0]);
	if (e->n_lasers > 0)
		make(&e->lasers[0]);
	free(e);
	return 0;
}
