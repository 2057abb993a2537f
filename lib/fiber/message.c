/* SPDX-License-Identifier: BSD-3-Clause */
/* message.h: checks and agreement. No state, no system calls. */
#include "lib/fiber/message.h"

#include <errno.h>
#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

int fiber_message_type(const void *data, size_t bytes)
{
	static const uint16_t least[] = {
		[FIBER_HELLO] = FIBER_HELLO_LEAST,
		[FIBER_REGION] = FIBER_REGION_LEAST,
		[FIBER_READY] = sizeof(struct fiber_message),
		[FIBER_REFUSE] = sizeof(struct fiber_refuse),
		[FIBER_NAK] = sizeof(struct fiber_nak),
		[FIBER_LANES] = sizeof(struct fiber_lanes),
	};
	struct fiber_message head;

	if (bytes < sizeof(head) || bytes > FIBER_MESSAGE_MAX)
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.magic != FIBER_MESSAGE_MAGIC || head.bytes != bytes)
		return -EBADMSG;
	if (head.type < sizeof(least) / sizeof(least[0]) && bytes < least[head.type])
		return -EBADMSG;
	return head.type;
}

void fiber_message_copy(void *to, size_t size, const void *data, size_t bytes)
{
	memset(to, 0, size);
	memcpy(to, data, bytes < size ? bytes : size);
}

int fiber_hello_check(const struct fiber_hello *h)
{
	if (h->min_version > h->max_version || h->lanes < 1 || h->lanes > FIBER_MAX_LANES ||
	    h->log2_slots < FIBER_MIN_LOG2_SLOTS || h->log2_slots > FIBER_MAX_LOG2_SLOTS ||
	    h->slot_bytes < FIBER_MIN_SLOT_BYTES || h->slot_bytes > FIBER_MAX_SLOT_BYTES ||
	    h->slot_bytes % 64 != 0 || h->max_segs < 1 || h->max_segs > FIBER_MAX_SEGS ||
	    (h->required & ~h->features) != 0)
		return -EBADMSG;
	if (h->features & FIBER_FEATURE_LENT &&
	    (h->log2_frames < h->log2_slots || h->log2_frames > FIBER_MAX_LOG2_FRAMES))
		return -EBADMSG;
	return 0;
}

int fiber_agree(const struct fiber_hello *a, const struct fiber_hello *b, struct fiber_terms *t)
{
	const uint32_t version = smaller(a->max_version, b->max_version);
	const uint64_t required = a->required | b->required;
	const uint64_t either = FIBER_FEATURE_LENT | FIBER_FEATURE_STAMP;

	*t = (struct fiber_terms){
		.features = a->features & b->features & FIBER_FEATURES,
		.lanes = smaller(a->lanes, b->lanes),
		.log2_slots = smaller(a->log2_slots, b->log2_slots),
		.slot_bytes = smaller(a->slot_bytes, b->slot_bytes),
		.max_segs = smaller(a->max_segs, b->max_segs),
	};
	t->max_segs = smaller(t->max_segs, 1u << t->log2_slots);
	if ((t->features & either) == either)
		t->features &= ~(required & FIBER_FEATURE_STAMP ? FIBER_FEATURE_LENT
								: FIBER_FEATURE_STAMP);
	if (t->features & FIBER_FEATURE_LENT)
		t->log2_frames = smaller(a->log2_frames, b->log2_frames);
	if (version < a->min_version || version < b->min_version || version >> 16 != FIBER_MAJOR ||
	    a->max_version >> 16 != b->max_version >> 16)
		return -EPROTONOSUPPORT;
	if ((required & ~t->features) != 0)
		return -EOPNOTSUPP;
	return 0;
}

int fiber_region_message_check(const struct fiber_region_message *m, struct fiber_terms *t)
{
	if (m->version >> 16 != FIBER_MAJOR || m->version > FIBER_VERSION ||
	    m->features != t->features || m->lanes != t->lanes || m->log2_slots != t->log2_slots ||
	    m->slot_bytes != t->slot_bytes || m->max_segs != t->max_segs)
		return -EPROTO;
	if (t->features & FIBER_FEATURE_LENT && m->log2_frames != t->log2_frames)
		return -EPROTO;
	t->page_bytes = m->page_bytes;
	return fiber_terms_check(t) == 0 ? 0 : -EPROTO;
}
