/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy of the sample segment in memory that a test damages and writes to a file, and a visit of
 * everything a reader offers. For the tests that hold readers against damaged files.
 */
#ifndef CPX_TESTS_UNIT_TELEMETRY_DAMAGE_H
#define CPX_TESTS_UNIT_TELEMETRY_DAMAGE_H

#include "lib/telemetry/reader.h"
#include "tests/unit/telemetry_sample.h"

#include <fcntl.h>

struct damage {
	struct sample sample;
	char path[160]; /* the damaged copy */
	uint8_t *whole; /* an intact segment */
	uint8_t *bytes; /* what will be written */
	size_t size;
};

static inline void damage_begin(struct damage *d)
{
	struct telemetry_superblock sb;
	int fd;

	sample_create(&d->sample);
	sample_fill(d->sample.t);
	telemetry_publish(d->sample.t); /* both buffers hold a pass */
	snprintf(d->path, sizeof(d->path), "%s/copy", d->sample.dir);
	fd = open(d->sample.path, O_RDONLY);
	cr_assert_eq(read(fd, &sb, sizeof(sb)), sizeof(sb));
	d->size = sb.file_size;
	d->whole = malloc(d->size);
	d->bytes = malloc(2 * d->size);
	cr_assert_eq(pread(fd, d->whole, d->size, 0), (ssize_t)d->size);
	memcpy(d->bytes, d->whole, d->size);
	close(fd);
}

/* Writes `size` bytes of the damaged copy, and mends it for the next time. */
static inline void damage_write(struct damage *d, size_t size)
{
	int fd = open(d->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, d->bytes, size), (ssize_t)size);
	close(fd);
	memcpy(d->bytes, d->whole, d->size);
}

static inline void damage_end(struct damage *d)
{
	unlink(d->path);
	free(d->whole);
	free(d->bytes);
	sample_remove(&d->sample);
}

/* Everything a reader offers of everything there is; returns a sum so that nothing is left out. */
static inline uint64_t damage_visit(struct telemetry_reader *r)
{
	uint64_t sum = telemetry_reader_life(r) + telemetry_reader_state(r);
	char text[64];
	double number;

	if (telemetry_reader_snapshot(r, NULL) != 0)
		return sum;
	for (unsigned i = 0; i < telemetry_series_count(r); i++) {
		const struct telemetry_series *s = telemetry_series_at(r, i);

		for (unsigned k = 0; k < s->instances && k < 100000; k++) {
			for (unsigned slot = 0; slot < s->slots; slot++) {
				uint64_t v = 0;
				bool there = telemetry_value(r, s, k, slot, &v); /* not absent */

				cr_assert(there || v == 0);
				sum += v + telemetry_number(r, s, k, slot, &number);
			}
			sum += telemetry_string(r, s, k, text, sizeof(text));
		}
	}
	for (unsigned bit = 0; bit < 200; bit++)
		sum += telemetry_reader_kept(r, bit);
	return sum + telemetry_reader_kept(r, UINT32_MAX);
}

#endif
