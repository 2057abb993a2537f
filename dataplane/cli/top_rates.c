/* SPDX-License-Identifier: BSD-3-Clause */
/* From two views to the figures that cpx top shows (top.h). Pure but for memory. */
#include "dataplane/cli/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct figure *sum, struct figure f)
{
	sum->v += f.v;
	sum->known &= f.known;
}

static struct figure use(struct figure bps, struct figure speed)
{
	if (!bps.known || !speed.known || speed.v == 0)
		return (struct figure){ 0 };
	return (struct figure){ (uint64_t)((double)bps.v * 1000 / (double)speed.v + 0.5), true };
}

static void lane_rates(struct top_lane *t, const struct view *v, const struct view *older,
		       const struct view_lane *l)
{
	static const struct view_lane none;
	const struct view_lane *then = view_lane(older, l->index);
	const struct view_traffic *a = then != NULL ? &then->traffic : &none.traffic;
	const struct view_traffic *b = &l->traffic;

	t->lane = l;
	t->rx_pps = view_rate(older, v, a->rx_packets, b->rx_packets);
	t->tx_pps = view_rate(older, v, a->tx_packets, b->tx_packets);
	t->rx_bps = view_wire(t->rx_pps, view_rate(older, v, a->rx_bytes, b->rx_bytes));
	t->tx_bps = view_wire(t->tx_pps, view_rate(older, v, a->tx_bytes, b->tx_bytes));
	t->drops_pps = view_rate(older, v, a->drops, b->drops);
	t->rx_use = use(t->rx_bps, l->speed);
	t->tx_use = use(t->tx_bps, l->speed);
}

static int more(struct figure a, struct figure b)
{
	return a.v == b.v ? 0 : a.v > b.v ? -1 : 1;
}

static int by_index(const struct top_lane *a, const struct top_lane *b)
{
	return a->lane->index < b->lane->index ? -1 : 1;
}

static int by_rx(const void *a, const void *b)
{
	const struct top_lane *x = a, *y = b;
	int c = more(x->rx_bps, y->rx_bps);

	return c != 0 ? c : by_index(x, y);
}

static int by_tx(const void *a, const void *b)
{
	const struct top_lane *x = a, *y = b;
	int c = more(x->tx_bps, y->tx_bps);

	return c != 0 ? c : by_index(x, y);
}

static int by_drops(const void *a, const void *b)
{
	const struct top_lane *x = a, *y = b;
	int c = more(x->drops_pps, y->drops_pps);

	if (c == 0)
		c = more(x->lane->traffic.drops, y->lane->traffic.drops);
	return c != 0 ? c : by_index(x, y);
}

static int by_drop_rate(const void *a, const void *b)
{
	const struct top_drop *x = a, *y = b;
	int c = more(x->pps, y->pps);

	if (c == 0)
		c = more(x->drop->packets, y->drop->packets);
	return c != 0 ? c : (x->drop < y->drop ? -1 : 1);
}

static void read_drops(struct top *t)
{
	for (unsigned i = 0; i < t->v->n_drops; i++) {
		const struct view_drop *d = &t->v->drops[i];
		struct figure then = { 0 };

		if (!d->packets.known || d->packets.v == 0)
			continue;
		if (t->older != NULL && i < t->older->n_drops)
			then = t->older->drops[i].packets;
		t->drops[t->n_drops++] =
			(struct top_drop){ d, view_rate(t->older, t->v, then, d->packets) };
	}
	qsort(t->drops, t->n_drops, sizeof(*t->drops), by_drop_rate);
}

static void read_uptime(struct top *t, const struct telemetry_reader *r)
{
	uint64_t start = telemetry_reader_superblock(r)->start_monotonic_ns;
	uint64_t s = t->v->monotonic_ns > start ? (t->v->monotonic_ns - start) / 1000000000u : 0;
	char days[16] = "";

	if (s >= 86400)
		snprintf(days, sizeof(days), "%llud ", (unsigned long long)(s / 86400));
	snprintf(t->uptime, sizeof(t->uptime), "%s%02u:%02u:%02u", days, (unsigned)(s / 3600 % 24),
		 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

int top_make(struct top *t, const struct telemetry_reader *r, const struct view *v,
	     const struct view *older, enum top_sort sort, struct err *err)
{
	static int (*const order[])(const void *, const void *) = {
		[TOP_SORT_RX] = by_rx, [TOP_SORT_TX] = by_tx, [TOP_SORT_DROPS] = by_drops
	};

	*t = (struct top){ .v = v, .older = older };
	t->lanes = calloc(v->n_lanes + 1, sizeof(*t->lanes));
	t->drops = calloc(v->n_drops + 1, sizeof(*t->drops));
	if (t->lanes == NULL || t->drops == NULL) {
		top_free(t);
		return err_set(err, -ENOMEM, "out of memory");
	}
	t->sum.rx_pps.known = t->sum.rx_bps.known = t->sum.tx_pps.known = t->sum.tx_bps.known =
		t->sum.drops_pps.known = true;
	for (unsigned i = 0; i < v->n_lanes; i++) {
		struct top_lane *l = &t->lanes[i];

		lane_rates(l, v, older, &v->lanes[i]);
		add(&t->sum.rx_pps, l->rx_pps);
		add(&t->sum.rx_bps, l->rx_bps);
		add(&t->sum.tx_pps, l->tx_pps);
		add(&t->sum.tx_bps, l->tx_bps);
		add(&t->sum.drops_pps, l->drops_pps);
		t->down += v->lanes[i].up.known && v->lanes[i].up.v == 0;
	}
	if (sort != TOP_SORT_LANE)
		qsort(t->lanes, v->n_lanes, sizeof(*t->lanes), order[sort]);
	read_drops(t);
	read_uptime(t, r);
	telemetry_string(r, telemetry_series(r, "board_instance"), 0, t->instance,
			 sizeof(t->instance));
	return 0;
}

void top_free(struct top *t)
{
	free(t->lanes);
	free(t->drops);
	t->lanes = NULL;
	t->drops = NULL;
}

const char *top_trouble(const struct view *v)
{
	switch (v->life) {
	case TELEMETRY_LIFE_RUNNING:
		return NULL;
	case TELEMETRY_LIFE_STALLED:
		return "its control thread is stuck: values are old";
	case TELEMETRY_LIFE_STOPPED:
		return "stopped: these are its last values";
	default:
		return "not running: these are its last values";
	}
}
