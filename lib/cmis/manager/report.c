/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of reasons, and the sentences of events.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/cmis/manager/private.h"

static const struct {
	const char *name, *text;
} reasons[CMIS_REASON_COUNT] = {
#define X(id, word, sentence) [CMIS_REASON_##id] = { word, sentence },
	CMIS_REASONS(X)
#undef X
};

const char *cmis_reason_name(enum cmis_reason reason)
{
	return reason < CMIS_REASON_COUNT ? reasons[reason].name : "?";
}

const char *cmis_reason_text(enum cmis_reason reason)
{
	return reason < CMIS_REASON_COUNT ? reasons[reason].text : "?";
}

void report(struct cmis_manager *m, struct cmis_event *event, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	if (m->set.event == NULL)
		return;
	n = snprintf(text, sizeof(text), "%s: ", m->name);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	if (event->kind != CMIS_EVENT_FLAG) {
		event->value = event->threshold = NAN;
		event->unit = "";
	}
	event->when_ns = m->now;
	event->text = text;
	m->set.event(m->set.event_arg, event);
}

void engine_reason(struct cmis_manager *m, enum cmis_manager_state state, enum cmis_reason reason)
{
	struct cmis_event event = { .kind = CMIS_EVENT_ENGINE, .reason = reason };
	bool same = m->seen.state == state && m->seen.reason == reason;

	if (same)
		return;
	m->seen.state = state;
	m->seen.reason = reason;
	m->seen.since_ns = m->now;
	m->seen.late = false;
	if (reason == CMIS_REASON_MODULE_FAULT)
		report(m, &event, "%s, cause %d", cmis_reason_text(reason),
		       (int)m->seen.fault_cause);
	else
		report(m, &event, "%s", cmis_reason_text(reason));
}
