/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that were dropped, lane by lane, and where every packet is (view.h). Reasons are those
 * the segment names; node and meaning are what dataplane/run/drop.h says of a reason of that name.
 */
#include "dataplane/cli/view.h"

#include "dataplane/run/drop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct reason {
	const char *label, *node, *help;
} reasons[] = {
#define _(sym, label, node, help) { label, node, help },
	DROP_REASONS(_)
#undef _
};

static struct reason reason_of(const char *label)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].label, label) == 0)
			return reasons[i];
	return (struct reason){ label, "", "" };
}

struct figure view_lane_drop(const struct view *v, unsigned drop, unsigned lane)
{
	return v->lane_drops[(size_t)drop * v->n_lanes + lane];
}

struct figure view_other_drop(const struct view *v, unsigned drop)
{
	struct figure f = v->drops[drop].packets;

	for (unsigned k = 0; k < v->n_lanes; k++)
		f.v -= view_lane_drop(v, drop, k).v;
	return f;
}

static void read_drop(const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned slot, struct view *v)
{
	const unsigned i = v->n_drops++;
	const struct reason what = reason_of(s->values[slot]);
	struct view_drop *d = &v->drops[i];

	*d = (struct view_drop){ s->values[slot], what.node, what.help, { 0, true } };
	for (unsigned lane = 0, k = 0; lane < s->instances; lane++) {
		struct figure f = { 0 };

		f.known = telemetry_value(r, s, lane, slot, &f.v);
		d->packets.known &= f.known;
		d->packets.v += f.v;
		if (k < v->n_lanes && v->lanes[k].index == lane)
			v->lane_drops[(size_t)i * v->n_lanes + k++] = f;
	}
}

/* Sum over all lanes, all slots. */
static uint64_t sum(const struct telemetry_reader *r, const char *name, bool *known)
{
	const struct telemetry_series *s = telemetry_series(r, name);
	uint64_t all = 0;

	if (s == NULL)
		*known = false;
	for (unsigned i = 0; s != NULL && i < s->instances; i++) {
		for (unsigned slot = 0; slot < s->slots; slot++) {
			uint64_t n = 0;

			*known &= telemetry_value(r, s, i, slot, &n);
			all += n;
		}
	}
	return all;
}

static struct view_balance balance(const struct telemetry_reader *r)
{
	bool known = true;
	struct view_balance b = {
		.received = sum(r, "lane_receive_packets", &known),
		.originated = sum(r, "lane_originated_packets", &known),
		.fragments = sum(r, "lane_fragment_packets", &known),
		.transmitted = sum(r, "lane_transmit_packets", &known),
		.dropped = sum(r, "lane_drop_packets", &known),
		.host = sum(r, "lane_host_packets", &known),
		.fragmented = sum(r, "lane_fragmented_packets", &known),
		.held = sum(r, "board_held_packets", &known),
	};

	b.known = known;
	b.on_their_way = (int64_t)(b.received + b.originated + b.fragments - b.transmitted -
				   b.dropped - b.host - b.fragmented - b.held);
	return b;
}

int view_drops(const struct telemetry_reader *r, struct view *v)
{
	const struct telemetry_series *s = telemetry_series(r, "lane_drop_packets");
	const unsigned n = s == NULL ? 0 : s->slots < s->n_values ? s->slots : s->n_values;

	v->drops = calloc(n + 1, sizeof(*v->drops));
	v->lane_drops = calloc((size_t)n * v->n_lanes + 1, sizeof(*v->lane_drops));
	if (v->drops == NULL || v->lane_drops == NULL)
		return -ENOMEM;
	for (unsigned slot = 0; slot < n; slot++)
		read_drop(r, s, slot, v);
	v->balance = balance(r);
	return 0;
}
