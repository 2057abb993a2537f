/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit distance with transpositions (optimal string alignment), three rows at a time. */
#include "config/nearest.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 63

static unsigned lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 'a') : (unsigned char)c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *prev = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		prev[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned differ = lower(a[i - 1]) != lower(b[j - 1]);
			unsigned d =
				least(least(prev[j] + 1, row[j - 1] + 1), prev[j - 1] + differ);

			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				d = least(d, before[j - 2] + 1);
			row[j] = d;
		}
		unsigned *free_row = before;

		before = prev;
		prev = row;
		row = free_row;
	}
	return prev[nb];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t typed_len = strlen(n->typed), len = strlen(candidate);

	if (typed_len == 0 || typed_len > WORD_MAX || len > WORD_MAX)
		return;
	unsigned d = distance(n->typed, typed_len, candidate, len);
	unsigned allowed = typed_len < 6 ? 1 : (unsigned)typed_len / 3;

	/* a whole word cut short is what people type most: "neigh" for "neighbors" */
	if (typed_len >= 3 && len > typed_len && !strncasecmp(n->typed, candidate, typed_len))
		d = 1;
	if (d <= allowed && (!n->word || d < n->distance)) {
		n->word = candidate;
		n->distance = d;
	}
}
