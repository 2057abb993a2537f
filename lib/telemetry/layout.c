/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where things are in a segment (format.h): a pure function from the metric table and the numbers
 * of lcores, lanes and engines to offsets. Live blocks take an odd number of cache lines, so their
 * stride is never a multiple of 4096 and blocks spread over all sets of a cache: page-aligned
 * counters were measured five times slower.
 */
#include "lib/telemetry/segment.h"

#include <errno.h>
#include <string.h>

#define LINE 64u

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

static bool name_ok(const char *s)
{
	return s != NULL && s[0] != '\0' && strlen(s) < TELEMETRY_NAME_LEN &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

int layout_check(const struct telemetry_metric *m, struct err *err)
{
	bool summed = m->scope == TELEMETRY_SCOPE_LCORE_LANE;

	if (!name_ok(m->name))
		return err_set(err, -EINVAL,
			       "metric '%s': the name must be 1..%d of a-z, 0-9 and _",
			       m->name != NULL ? m->name : "", TELEMETRY_NAME_LEN - 1);
	if (m->unit == NULL || strlen(m->unit) >= TELEMETRY_UNIT_LEN)
		return err_set(err, -EINVAL, "metric %s: the unit must be at most %d bytes",
			       m->name, TELEMETRY_UNIT_LEN - 1);
	if (m->scope < TELEMETRY_SCOPE_PROCESS || m->scope > TELEMETRY_SCOPE_LCORE_LANE)
		return err_set(err, -EINVAL, "metric %s: scope %u has no blocks in this version",
			       m->name, m->scope);
	if (m->slots == 0)
		return err_set(err, -EINVAL, "metric %s: takes no slots; at least 1 is needed",
			       m->name);
	switch (m->kind) {
	case TELEMETRY_COUNTER:
	case TELEMETRY_GAUGE_U64:
		return 0;
	case TELEMETRY_GAUGE_I64:
		break;
	case TELEMETRY_GAUGE_F64:
	case TELEMETRY_ENUM:
		if (summed)
			return err_set(
				err, -EINVAL,
				"metric %s: kind %u can not be summed over lcores; give it scope "
				"lane or lcore",
				m->name, m->kind);
		break;
	case TELEMETRY_TEXT:
		if (summed)
			return err_set(
				err, -EINVAL,
				"metric %s: a text can not be summed over lcores; give it scope "
				"lane or lcore",
				m->name);
		return 0;
	default:
		return err_set(err, -EINVAL, "metric %s: kind %u has no writer in this version",
			       m->name, m->kind);
	}
	if (m->slots != 1)
		return err_set(err, -EINVAL, "metric %s: kind %u takes 1 slot, not %u", m->name,
			       m->kind, m->slots);
	return 0;
}

/* Live and published places of one scope; `at` and `in` move behind them. */
static void place(struct area *a, uint32_t instances, uint32_t rows, uint64_t *at, uint64_t *in)
{
	uint64_t lines = round_up(sizeof(struct telemetry_block) + 8ull * a->capacity, LINE) / LINE;

	a->stride = (uint32_t)((lines | 1) * LINE);
	a->instances = instances;
	a->live = *at;
	*at += (uint64_t)a->stride * instances;
	a->row = a->capacity * 8;
	a->rows = rows;
	if (rows == 0 || a->capacity == 0)
		return;
	a->published = *in;
	*in = round_up(*in + (uint64_t)a->row * rows, LINE);
}

int layout_make(struct layout *l, const struct telemetry_params *p, unsigned n_metrics,
		uint64_t catalogue_bytes, struct err *err)
{
	struct area *a = l->area;
	uint64_t at = sizeof(struct telemetry_superblock);
	uint64_t in = sizeof(struct telemetry_published);
	uint64_t cells = (uint64_t)p->n_lcores * p->n_lanes;

	if (p->n_lcores == 0 || p->n_lcores > TELEMETRY_MAX_INSTANCES ||
	    p->n_lanes > TELEMETRY_MAX_INSTANCES || p->n_engines > TELEMETRY_MAX_INSTANCES ||
	    cells > TELEMETRY_MAX_INSTANCES)
		return err_set(
			err, -E2BIG,
			"telemetry: %u lcores, %u lanes, %u engines; at least 1 lcore and at most "
			"%u lcores x lanes are possible",
			p->n_lcores, p->n_lanes, p->n_engines, TELEMETRY_MAX_INSTANCES);
	if (n_metrics > TELEMETRY_MAX_ENTRIES ||
	    p->spare_entries > TELEMETRY_MAX_ENTRIES - n_metrics)
		return err_set(err, -E2BIG, "telemetry: %u + %u metrics; at most %u are possible",
			       n_metrics, p->spare_entries, TELEMETRY_MAX_ENTRIES);
	l->lcores = p->n_lcores;
	l->lanes = p->n_lanes;
	l->engines = p->n_engines;
	l->entries = n_metrics + p->spare_entries;
	l->directory = at;
	at = round_up(at + l->entries * sizeof(struct telemetry_entry), LINE);
	l->catalogue_bytes = round_up(catalogue_bytes, LINE);
	l->catalogue[0] = at;
	l->catalogue[1] = at + l->catalogue_bytes;
	at += 2 * l->catalogue_bytes;
	for (unsigned s = TELEMETRY_SCOPE_PROCESS; s <= TELEMETRY_SCOPE_LCORE_LANE; s++)
		a[s].capacity = a[s].slots + p->spare_entries;
	place(&a[TELEMETRY_SCOPE_PROCESS], 1, 1, &at, &in);
	place(&a[TELEMETRY_SCOPE_ENGINE], l->engines, l->engines, &at, &in);
	place(&a[TELEMETRY_SCOPE_LANE], l->lanes, l->lanes, &at, &in);
	place(&a[TELEMETRY_SCOPE_LCORE], l->lcores, l->lcores, &at, &in);
	place(&a[TELEMETRY_SCOPE_LCORE_LANE], (uint32_t)cells, l->lanes, &at, &in);
	l->kept = in;
	l->kept_words = (l->lanes + l->lcores + 63) / 64;
	l->published_bytes = round_up(in + 8ull * l->kept_words, LINE);
	l->published[0] = at;
	l->published[1] = at + l->published_bytes;
	l->file_size = round_up(at + 2 * l->published_bytes, 4096);
	if (l->published_bytes > TELEMETRY_MAX_PUBLISHED || l->file_size > TELEMETRY_MAX_FILE)
		return err_set(
			err, -E2BIG,
			"telemetry: the segment would take %llu bytes, %llu of them published; at "
			"most %llu and %llu are possible. Use fewer lanes or workers",
			(unsigned long long)l->file_size, (unsigned long long)l->published_bytes,
			TELEMETRY_MAX_FILE, TELEMETRY_MAX_PUBLISHED);
	return 0;
}
