/* SPDX-License-Identifier: BSD-3-Clause */
/* The bit map behind sequence.h: bit n % SEQUENCE_WINDOW stands for number n. */
#include "bench/gen/sequence.h"

#include <string.h>

static uint64_t bit(uint64_t number)
{
	return UINT64_C(1) << number % 64;
}

static uint64_t *word(struct sequence *s, uint64_t number)
{
	return &s->seen[number % SEQUENCE_WINDOW / 64];
}

enum sequence_result sequence_receive(struct sequence *s, uint64_t number)
{
	if (number >= s->next) {
		/* the numbers skipped take the places of old ones */
		if (number - s->next >= SEQUENCE_WINDOW)
			memset(s->seen, 0, sizeof(s->seen));
		else
			for (uint64_t n = s->next; n < number; n++)
				*word(s, n) &= ~bit(n);
		*word(s, number) |= bit(number);
		s->next = number + 1;
		s->distinct++;
		return SEQUENCE_NEW;
	}
	if (s->next - number > SEQUENCE_WINDOW) {
		s->stale++;
		return SEQUENCE_STALE;
	}
	if (*word(s, number) & bit(number)) {
		s->duplicate++;
		return SEQUENCE_DUPLICATE;
	}
	*word(s, number) |= bit(number);
	s->distinct++;
	s->reordered++;
	return SEQUENCE_REORDERED;
}
