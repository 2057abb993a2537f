/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long to wait: what page 01h advertises, and what is known to be untrue about it. Modules
 * under-advertise (SONiC waits ten times as long for DPInit), so a step past its advertised
 * duration is told as late, and has failed only after `patience` times that. And the table of what
 * else is known of modules.
 */
#include <string.h>
#include <strings.h>

#include "lib/cmis/manager/private.h"

#define FLOOR_MS   5      /* of an advertised duration: code 0 is "less than 1 ms" */
#define AT_LEAST   2000   /* ms of patience */
#define AT_MOST    600000 /* unless more is advertised */
#define HALF_A_SEC 500

/*
 * Lines of a vendor hold for what was seen of its modules, not for all. DPInitPending has no field:
 * nothing here waits for it, because some modules never show it (Bailly) and others too shortly to
 * be seen (sonic-platform-daemons #568, #878).
 */
static const struct cmis_quirk quirks[] = {
	/* SONiC takes MaxDurationDPInit for a tenth of the truth (sonic-platform-common #533) */
	{ .patience = 10, .configure_ms = 100 },
	/* 150-200 ms until AppSel 0 succeeds (sonic-buildimage #21603) */
	{ .vendor = "INNOLIGHT", .configure_ms = 500, .why = "slow to configure" },
	{ .part = "MMS4X00", .configure_ms = 500, .why = "slow to configure" },
	/* Bailly: AppSel 0 is missing */
	{ .vendor = "BROADCOM",
	  .identifier = CMIS_CPO,
	  .no_release = true,
	  .why = "does not know AppSel 0" },
};

static bool begins(const char *text, const char *with)
{
	return with == NULL || strncasecmp(text, with, strlen(with)) == 0;
}

static void apply(struct cmis_manager *m, const struct cmis_quirk *q, unsigned count)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE };
	struct cmis_quirk *to = &m->quirk;

	for (; count-- > 0; q++) {
		if (!begins(m->seen.vendor, q->vendor) || !begins(m->seen.part, q->part) ||
		    (q->identifier != 0 && q->identifier != m->seen.support.identifier))
			continue;
		to->patience = q->patience ? q->patience : to->patience;
		to->settle_ms = q->settle_ms ? q->settle_ms : to->settle_ms;
		to->configure_ms = q->configure_ms ? q->configure_ms : to->configure_ms;
		to->no_release |= q->no_release;
		if (q->why != NULL)
			report(m, &event, "known of %s %s: %s", m->seen.vendor, m->seen.part,
			       q->why);
	}
}

void quirk_find(struct cmis_manager *m)
{
	memset(&m->quirk, 0, sizeof(m->quirk));
	apply(m, quirks, sizeof(quirks) / sizeof(quirks[0]));
	apply(m, m->set.quirks, m->set.quirk_count);
}

uint32_t advertised_ms(const struct cmis_manager *m, enum cmis_field_id id)
{
	uint64_t code = 0;
	uint32_t ms;

	if (m->seen.support.flat || cmis_get(id, 0, m->page[1], CMIS_HALF, &code) != 0)
		return HALF_A_SEC;
	ms = cmis_duration_ms((unsigned)code);
	return ms < FLOOR_MS ? FLOOR_MS : ms;
}

uint32_t patience_ms(const struct cmis_manager *m, uint32_t advertised)
{
	uint64_t ms = (uint64_t)advertised * m->quirk.patience;

	if (ms > AT_MOST)
		ms = advertised > AT_MOST ? advertised : AT_MOST;
	return ms < AT_LEAST ? AT_LEAST : (uint32_t)ms;
}

/* The longer it lasts the less often: a quarter of the time that it has taken so far. */
uint64_t poll_after(const struct cmis_manager *m, uint64_t since)
{
	uint64_t wait = (m->now - since) / 4;

	return m->now + (wait < POLL_MIN ? POLL_MIN : wait > POLL_MAX ? POLL_MAX : wait);
}
