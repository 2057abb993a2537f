/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Did you mean …?": the word of a list nearest to one a person typed. Used for configuration keys,
 * values and names, and for verbs. Pure functions, any thread.
 */
#ifndef CPX_CONFIG_NEAREST_H
#define CPX_CONFIG_NEAREST_H

/* One candidate after the other: start with a zeroed struct (word NULL), read `word` at the end. */
struct nearest {
	const char *typed;
	const char *word; /* best so far; NULL: none is near enough to suggest */
	unsigned distance;
};

/*
 * Offer a candidate. It is kept when it is nearer than the best so far and near enough: at most one
 * edit (insert, delete, replace, swap of neighbours) per three letters typed, at least one. Case
 * does not count. Words over 63 bytes are never suggested.
 */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
