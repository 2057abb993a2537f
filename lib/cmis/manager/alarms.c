/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of what is so shows as an alarm. At each look all devices are worked out anew, kind by kind
 * from causes to signs: what is so and not hidden shows once it has lasted long enough, and goes
 * when it has not been so for 500 ms, or at once when a cause is found.
 */
#include "lib/cmis/manager/alarms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/manager/alarms_private.h"

#define HOLD        (500 * CMIS_MS) /* as of a flag */
#define SETTLE      (1500 * CMIS_MS)
#define LINGER      (2500 * CMIS_MS)
#define FEEDS_FIRST 64

static unsigned lowest(uint64_t bits)
{
	return (unsigned)__builtin_ctzll(bits);
}

int cmis_alarms_create(struct cmis_alarms **out, const struct cmis_alarms_settings *settings)
{
	struct cmis_alarms *a = calloc(1, sizeof(*a));
	unsigned n = 0;

	if (a == NULL)
		return -ENOMEM;
	a->set = *settings;
	if (a->set.settle_ns == 0)
		a->set.settle_ns = SETTLE;
	if (a->set.linger_ns == 0)
		a->set.linger_ns = LINGER;
	for (unsigned s = 0; s < CMIS_SEVERITY_COUNT; s++)
		for (unsigned kind = 0; kind < CMIS_ALARM_KINDS; kind++)
			if (cmis_alarm_severity(kind) == s)
				a->order[n++] = (uint8_t)kind;
	*out = a;
	return 0;
}

void cmis_alarms_destroy(struct cmis_alarms *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; i < a->devices; i++)
		free(a->device[i]);
	free(a->feed);
	free(a);
}

int cmis_alarms_add(struct cmis_alarms *a, const char *name, bool els)
{
	struct alarm_device *d;

	if (a->devices == CMIS_ALARM_DEVICES)
		return -ENOSPC;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->els = els;
	a->device[a->devices] = d;
	return (int)a->devices++;
}

int cmis_alarms_feed(struct cmis_alarms *a, unsigned engine, unsigned lane, unsigned els,
		     unsigned laser)
{
	if (engine >= a->devices || els >= a->devices || lane >= ALARM_BITS || laser >= ALARM_BITS)
		return -ERANGE;
	if (a->device[engine]->els || !a->device[els]->els)
		return -EINVAL;
	for (unsigned i = 0; i < a->feeds; i++)
		if (a->feed[i].engine == engine && a->feed[i].lane == lane &&
		    a->feed[i].els == els && a->feed[i].laser == laser)
			return 0;
	if (a->feeds == a->feed_room) {
		unsigned room = a->feed_room != 0 ? a->feed_room * 2 : FEEDS_FIRST;
		struct alarm_feed *more = realloc(a->feed, room * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		a->feed = more;
		a->feed_room = room;
	}
	a->feed[a->feeds++] = (struct alarm_feed){ (uint16_t)engine, (uint16_t)els, (uint8_t)lane,
						   (uint8_t)laser };
	a->device[engine]->fed |= 1ull << lane;
	a->device[els]->fed |= 1ull << laser;
	return 0;
}

void cmis_alarms_unfeed(struct cmis_alarms *a)
{
	a->feeds = 0;
	for (unsigned i = 0; i < a->devices; i++)
		a->device[i]->fed = 0;
}

uint64_t cmis_alarms_lanes(const struct cmis_alarms *a, const struct cmis_alarm *alarm,
			   unsigned device)
{
	uint64_t lanes = 0;

	if (device >= a->devices || alarm->device >= a->devices)
		return 0;
	if (!a->device[alarm->device]->els)
		return device == alarm->device ? alarm->lanes : 0;
	if (alarm->laser < 0 && !alarm_sources[alarm->kind].outage)
		return 0; /* a warm laser source still gives light */
	for (unsigned i = 0; i < a->feeds; i++)
		if (a->feed[i].engine == device && a->feed[i].els == alarm->device &&
		    (alarm->laser < 0 || a->feed[i].laser == alarm->laser))
			lanes |= 1ull << a->feed[i].lane;
	return lanes;
}

/* The alarm of a kind of a device, of this bit, with these lanes. */
static void describe(const struct cmis_alarms *a, unsigned device, unsigned kind, unsigned bit,
		     uint64_t lanes, struct cmis_alarm *alarm)
{
	const struct alarm_device *d = a->device[device];
	const struct alarm_source *s = &alarm_sources[kind];

	*alarm = (struct cmis_alarm){
		.severity = cmis_alarm_severity(kind),
		.kind = kind,
		.device = device,
		.laser = s->scope == ALARM_LASER ? (int)bit : -1,
		.lanes = s->scope == ALARM_LANE   ? lanes
			 : s->scope == ALARM_PORT ? d->port_lanes[bit]
			 : s->outage              ? d->lanes
						  : 0,
		.since_ns = d->item[kind][bit].since,
		.count = d->item[kind][bit].count,
	};
	alarm_text(a, alarm, bit);
}

static void tell(const struct cmis_alarms *a, unsigned device, unsigned kind, unsigned bit,
		 uint64_t lanes, enum cmis_alarm_news news)
{
	struct cmis_alarm alarm;

	if (a->set.told == NULL)
		return;
	describe(a, device, kind, bit, lanes, &alarm);
	a->set.told(a->set.told_arg, news, &alarm);
}

/* From one set of bits that show to the next. All lanes of a kind are one alarm. */
static void show(struct cmis_alarms *a, unsigned device, unsigned kind, uint64_t is)
{
	struct alarm_device *d = a->device[device];
	uint64_t was = d->shown[kind], one_was = was, one_is = is;
	bool together = alarm_sources[kind].scope == ALARM_LANE;

	if (is == was)
		return;
	d->shown[kind] = is;
	if (together) {
		one_was = was != 0;
		one_is = is != 0;
	}
	for (uint64_t left = one_was | one_is; left != 0; left &= left - 1) {
		unsigned i = lowest(left);
		struct alarm_item *t = &d->item[kind][i];

		if (!(one_was >> i & 1)) {
			t->since = a->now;
			t->count++;
			tell(a, device, kind, i, is, CMIS_ALARM_RAISED);
		} else if (!(one_is >> i & 1)) {
			tell(a, device, kind, i, was, CMIS_ALARM_CLEARED);
		} else if (together) {
			tell(a, device, kind, i, is, CMIS_ALARM_CHANGED);
		}
	}
}

/* Ports, by first lane, that have one of these lanes. */
static uint64_t ports_of(const struct alarm_device *d, uint64_t lanes)
{
	uint64_t ports = 0;

	for (unsigned i = 0; i < ALARM_BITS; i++)
		if (d->port_lanes[i] & lanes)
			ports |= 1ull << i;
	return ports;
}

/* Whether its module is away, silent or down, in kinds before this one; and whether that shows. */
static bool is_out(const struct alarm_device *d, unsigned kind, bool *shows)
{
	bool out = false;

	*shows = false;
	for (unsigned k = 0; k < kind && alarm_sources[k].outage; k++) {
		out |= (d->level[k] | d->shown[k]) != 0;
		*shows |= d->shown[k] != 0;
	}
	return out;
}

/*
 * What something on the same lane, or a laser, explains of a kind: `may` is so and keeps it from
 * being raised, `does` shows and hides it.
 */
static void explain(struct alarm_device *d, unsigned kind)
{
	const struct alarm_source *s = &alarm_sources[kind];
	bool warning = cmis_alarm_severity(kind) == CMIS_SEVERITY_WARNING;
	uint64_t light = s->fed ? d->dark | (warning ? d->weak : 0) : 0;

	if (s->scope == ALARM_PORT)
		light = ports_of(d, light);
	d->may[kind] = d->does[kind] = light;
	for (uint64_t left = s->under; left != 0; left &= left - 1) {
		unsigned cause = lowest(left);

		d->may[kind] |= d->level[cause] | d->may[cause];
		d->does[kind] |= d->shown[cause] | d->does[cause];
	}
}

static uint64_t wait_of(const struct cmis_alarms *a, const struct alarm_device *d, unsigned kind,
			unsigned bit)
{
	const struct alarm_source *s = &alarm_sources[kind];
	uint64_t wait = s->wait_ms * CMIS_MS;
	uint64_t lanes = s->scope == ALARM_PORT ? d->port_lanes[bit] : 1ull << bit;

	return s->fed && d->fed & lanes && wait < a->set.settle_ns ? a->set.settle_ns : wait;
}

static void work_out(struct cmis_alarms *a, unsigned device, unsigned kind)
{
	struct alarm_device *d = a->device[device];
	bool out_shows, out = is_out(d, kind, &out_shows);
	uint64_t so, is;

	explain(d, kind);
	if (out && !out_shows)
		return; /* one answer missed: what shows stays */
	if (out)
		d->may[kind] = d->does[kind] = UINT64_MAX;
	is = d->shown[kind] & ~d->does[kind];
	so = d->level[kind] & (~d->may[kind] | is);
	d->pending[kind] &= ~d->does[kind];
	for (uint64_t left = so | d->pending[kind]; left != 0; left &= left - 1) {
		unsigned i = lowest(left);
		struct alarm_item *t = &d->item[kind][i];
		uint64_t bit = 1ull << i;

		if (so & bit) {
			if (!(d->pending[kind] & bit))
				t->from = a->now;
			d->pending[kind] |= bit;
			t->last = a->now;
			if (a->now - t->from >= wait_of(a, d, kind, i))
				is |= bit;
		} else if (a->now - t->last >= HOLD) {
			d->pending[kind] &= ~bit;
			is &= ~bit;
		}
	}
	show(a, device, kind, is);
}

static bool recently(const struct cmis_alarms *a, uint64_t *when, bool so)
{
	if (so)
		*when = a->now;
	return so || (*when != 0 && a->now - *when <= a->set.linger_ns);
}

/* Lasers of a source that give no light, or not enough; now or a moment ago. */
static void lasers(struct cmis_alarms *a, struct alarm_device *d, uint64_t *dark, uint64_t *weak)
{
	uint64_t off =
		(d->level[CMIS_ALARM_LASER_FAILED] | d->level[CMIS_ALARM_LASER_OFF]) & ~d->on;

	off |= d->low_alarm;
	for (unsigned kind = 0; kind < CMIS_ALARM_KINDS; kind++)
		if (alarm_sources[kind].outage && d->level[kind] != 0 &&
		    (kind != CMIS_ALARM_NOT_RESPONDING || d->shown[kind] != 0))
			off = UINT64_MAX;
	*dark = *weak = 0;
	for (unsigned k = 0; k < ALARM_BITS; k++) {
		*dark |= (uint64_t)recently(a, &d->dark_ns[k], off >> k & 1) << k;
		*weak |= (uint64_t)recently(a, &d->weak_ns[k], d->low_warning >> k & 1) << k;
	}
}

static void shadows(struct cmis_alarms *a)
{
	uint64_t dark[CMIS_ALARM_DEVICES], weak[CMIS_ALARM_DEVICES];

	for (unsigned i = 0; i < a->devices; i++) {
		struct alarm_device *d = a->device[i];

		d->dark = d->weak = 0;
		if (d->els)
			lasers(a, d, &dark[i], &weak[i]);
	}
	for (unsigned i = 0; i < a->feeds; i++) {
		const struct alarm_feed *f = &a->feed[i];
		struct alarm_device *d = a->device[f->engine];

		d->dark |= (dark[f->els] >> f->laser & 1) << f->lane;
		d->weak |= (weak[f->els] >> f->laser & 1) << f->lane;
	}
}

void cmis_alarms_look(struct cmis_alarms *a, unsigned device, const struct cmis_manager *m,
		      uint64_t now)
{
	struct alarm_device *d;

	if (device >= a->devices)
		return;
	d = a->device[device];
	a->now = now > a->now ? now : a->now;
	alarm_levels(d, d->els ? d->fed : 0, m);
	shadows(a);
	for (unsigned kind = 0; kind < CMIS_ALARM_KINDS; kind++)
		for (unsigned i = 0; i < a->devices; i++)
			work_out(a, i, kind);
}

/* alarm->next numbers (kind by severity, device, bit). */
bool cmis_alarms_next(const struct cmis_alarms *a, struct cmis_alarm *alarm)
{
	unsigned end = CMIS_ALARM_KINDS * CMIS_ALARM_DEVICES * ALARM_BITS;

	for (unsigned n = alarm->next; n < end; n++) {
		unsigned bit = n % ALARM_BITS, device = n / ALARM_BITS % CMIS_ALARM_DEVICES;
		unsigned kind = a->order[n / (ALARM_BITS * CMIS_ALARM_DEVICES)];
		uint64_t shown = device < a->devices ? a->device[device]->shown[kind] : 0;

		if (shown >> bit == 0) {
			n |= ALARM_BITS - 1; /* none in the rest of this device */
			continue;
		}
		if (alarm_sources[kind].scope == ALARM_LANE ? bit != 0 : !(shown >> bit & 1))
			continue;
		describe(a, device, kind, bit, shown, alarm);
		alarm->next = n + 1;
		return true;
	}
	return false;
}
