/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sentence of an alarm: who: what (why); what it takes down; what to do.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/cmis/manager/alarms_private.h"

static const char *const severities[] = {
#define X(id, name) name,
	CMIS_SEVERITIES(X)
#undef X
};

static const struct {
	const char *name, *what, *remedy;
	enum cmis_severity severity;
} kinds[CMIS_ALARM_KINDS] = {
#define X(id, name, severity, what, remedy) { name, what, remedy, CMIS_SEVERITY_##severity },
	CMIS_ALARMS(X)
#undef X
};

const char *cmis_severity_name(enum cmis_severity severity)
{
	return severity < CMIS_SEVERITY_COUNT ? severities[severity] : "?";
}

const char *cmis_alarm_name(enum cmis_alarm_kind kind)
{
	return kind < CMIS_ALARM_KINDS ? kinds[kind].name : "?";
}

enum cmis_severity cmis_alarm_severity(enum cmis_alarm_kind kind)
{
	return kind < CMIS_ALARM_KINDS ? kinds[kind].severity : CMIS_SEVERITY_WARNING;
}

/* A text that grows, and is cut where it gets too long. */
struct text {
	char *at;
	size_t left;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= t->left)
		n = (int)t->left - 1;
	t->at += n;
	t->left -= (size_t)n;
}

/* "oe0/0-3,8" */
static void add_lanes(struct text *t, const char *name, uint64_t lanes)
{
	char before = '/';

	add(t, "%s", name);
	for (unsigned i = 0; i < ALARM_BITS; i++) {
		unsigned first = i;

		if (!(lanes >> i & 1))
			continue;
		while (i + 1 < ALARM_BITS && lanes >> (i + 1) & 1)
			i++;
		add(t, first == i ? "%c%u" : "%c%u-%u", before, first, i);
		before = ',';
	}
}

/* Lanes of all engines that the alarm takes down with it. */
static void add_victims(const struct cmis_alarms *a, const struct cmis_alarm *alarm, struct text *t)
{
	const char *before = a->device[alarm->device]->els ? "; feeds " : "; takes down ";

	for (unsigned i = 0; i < a->devices; i++) {
		uint64_t lanes = cmis_alarms_lanes(a, alarm, i);

		if (lanes == 0)
			continue;
		add(t, "%s", before);
		add_lanes(t, a->device[i]->name, lanes);
		before = ", ";
	}
}

static const char *state_text(unsigned state)
{
	static const char *const texts[] = {
		[CMIS_MANAGER_ABSENT] = "while it is looked for",
		[CMIS_MANAGER_IDENTIFY] = "while it is identified",
		[CMIS_MANAGER_PARK] = "while its lanes are parked",
		[CMIS_MANAGER_POWER_UP] = "while it powers up",
		[CMIS_MANAGER_READY] = "while it runs",
		[CMIS_MANAGER_HOT] = "while it is shut down",
		[CMIS_MANAGER_FAULT] = "while it is in ModuleFault",
	};

	return state < sizeof(texts) / sizeof(texts[0]) ? texts[state] : "?";
}

static void add_code(struct text *t, const char *what, enum cmis_type type, unsigned code)
{
	const char *name = cmis_name(type, code);

	add(t, name != NULL ? "%s%u: %s" : "%s%u", what, code, name);
}

static void add_laser(const struct alarm_device *d, enum cmis_alarm_kind kind, unsigned k,
		      struct text *t)
{
	static const char *const flags[] = {
		"bias high alarm",  "bias low alarm",  "bias high warning",  "bias low warning",
		"power high alarm", "power low alarm", "power high warning", "power low warning",
	};
	enum cmis_reason off = d->laser[k].off;
	const char *before = "";

	if (kind == CMIS_ALARM_LASER_OFF) {
		add(t, "%s",
		    !d->laser[k].wanted       ? "it is not wanted"
		    : off == CMIS_REASON_NONE ? "the source does not have it, or does not run"
					      : cmis_reason_text(off));
		return;
	}
	if (kind == CMIS_ALARM_LASER_FAILED) {
		add(t, "%s", cmis_reason_text(d->laser[k].failed));
		if (d->laser[k].fault != 0)
			add_code(t, ", code ", CMIS_TYPE_ELSCODE, d->laser[k].fault);
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		if (d->laser[k].flags >> i & 1) {
			add(t, "%s%s", before, flags[i]);
			before = ", ";
		}
	if (*before == '\0')
		add(t, "by the source's own judgement");
	if (!isnan(d->laser[k].power_mw))
		add(t, ", %.1f mW", d->laser[k].power_mw);
}

/* Why it is so, where more is known than the kind says. */
static void add_why(const struct alarm_device *d, const struct cmis_alarm *alarm, unsigned bit,
		    struct text *t)
{
	const char *start = t->at;

	add(t, " (");
	switch (alarm->kind) {
	case CMIS_ALARM_ABSENT:
		if (d->stranger)
			add(t, "what is there is no laser source");
		break;
	case CMIS_ALARM_NOT_RESPONDING:
		add(t, "%s %s", cmis_reason_text(d->reason), state_text(d->state));
		break;
	case CMIS_ALARM_MODULE_FAULT:
		add_code(t, "cause ", CMIS_TYPE_FAULT, d->fault_cause);
		break;
	case CMIS_ALARM_SHUT_DOWN:
	case CMIS_ALARM_TEMP_HIGH_ALARM:
	case CMIS_ALARM_TEMP_LOW_ALARM:
	case CMIS_ALARM_TEMP_HIGH_WARNING:
	case CMIS_ALARM_TEMP_LOW_WARNING:
		if (!isnan(d->temperature))
			add(t, "%.1f °C", d->temperature);
		break;
	case CMIS_ALARM_CHECKSUM:
		for (unsigned page = 0; page < 3; page++)
			if (d->bad_checksums >> page & 1)
				add(t, "%s%02Xh", t->at == start + 2 ? "page " : ", ", page);
		break;
	case CMIS_ALARM_PORT_FAILED:
		add(t, "%s", cmis_reason_text(d->port_reason[bit]));
		break;
	default:
		if (alarm_sources[alarm->kind].scope == ALARM_LASER)
			add_laser(d, alarm->kind, bit, t);
	}
	if (t->at == start + 2) {
		t->at -= 2;
		t->left += 2;
		*t->at = '\0';
		return;
	}
	add(t, ")");
}

void alarm_text(const struct cmis_alarms *a, struct cmis_alarm *alarm, unsigned bit)
{
	const struct alarm_device *d = a->device[alarm->device];
	const struct alarm_source *s = &alarm_sources[alarm->kind];
	struct text t = { alarm->text, sizeof(alarm->text) };

	alarm->text[0] = '\0';
	if (s->scope == ALARM_LANE || s->scope == ALARM_PORT)
		add_lanes(&t, d->name, alarm->lanes);
	else
		add(&t, "%s", d->name);
	if (s->scope == ALARM_LASER)
		add(&t, " laser %u", bit);
	add(&t, ": %s", kinds[alarm->kind].what);
	add_why(d, alarm, bit, &t);
	if (s->outage || s->scope == ALARM_LASER)
		add_victims(a, alarm, &t);
	add(&t, "; %s", kinds[alarm->kind].remedy);
}
