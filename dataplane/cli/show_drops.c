/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `cpx show drops`: every loss with its port, lane, node and reason, most of them first; and the
 * law that nothing else was lost. A table, sentences, JSON.
 */
#include "dataplane/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const struct view_lane *lane; /* NULL: all lanes, or none of those in use */
	unsigned drop;
	struct figure packets, then;
};

struct rows {
	struct row *row;
	size_t n;
};

/* Packets of a reason on a lane in the view before; nothing is known of a lane it did not have. */
static struct figure before(const struct view *older, unsigned drop, unsigned index)
{
	for (unsigned k = 0; older != NULL && drop < older->n_drops && k < older->n_lanes; k++)
		if (older->lanes[k].index == index)
			return view_lane_drop(older, drop, k);
	return (struct figure){ 0 };
}

static void add(struct rows *rows, const struct view_lane *lane, unsigned drop,
		struct figure packets, struct figure then)
{
	rows->row[rows->n++] = (struct row){ lane, drop, packets, then };
}

static void add_reason(struct rows *rows, const struct show *s, unsigned i)
{
	const struct view_drop *d = &s->v->drops[i];
	const struct view *older = s->older;
	struct figure then = { 0 };

	if (older != NULL && i < older->n_drops)
		then = older->drops[i].packets;
	if (!s->all && d->packets.known && d->packets.v == 0)
		return;
	if (s->by_reason || !d->packets.known || d->packets.v == 0) {
		add(rows, NULL, i, d->packets, then);
		return;
	}
	for (unsigned k = 0; k < s->v->n_lanes; k++) {
		const struct view_lane *l = &s->v->lanes[k];
		const struct figure f = view_lane_drop(s->v, i, k);

		if (f.v != 0)
			add(rows, l, i, f, before(older, i, l->index));
	}
	if (view_other_drop(s->v, i).v != 0)
		add(rows, NULL, i, view_other_drop(s->v, i),
		    older != NULL && i < older->n_drops ? view_other_drop(older, i)
							: (struct figure){ 0 });
}

/* Most packets first; what has as many stays in the order of reasons and lanes. */
static int by_count(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->packets.v != y->packets.v)
		return x->packets.v < y->packets.v ? 1 : -1;
	if (x->drop != y->drop)
		return x->drop < y->drop ? -1 : 1;
	if (x->lane != NULL && y->lane != NULL)
		return x->lane->index < y->lane->index ? -1 : 1;
	return (x->lane == NULL) - (y->lane == NULL);
}

static void cell_or_dash(struct table *t, const char *text)
{
	table_cell(t, text[0] != '\0' ? text : "-");
}

static struct table *fill(const struct show *s, const struct rows *rows)
{
	static const char *const headings[][8] = {
		{ "PORT", "LANE", "NODE", "REASON", ">PACKETS", "~MEANING", NULL },
		{ "PORT", "LANE", "NODE", "REASON", ">PACKETS", ">RATE", "~MEANING", NULL },
	};
	const bool watching = s->older != NULL;
	struct table *t = table_new(&headings[watching][s->by_reason ? 2 : 0]);

	for (size_t i = 0; i < rows->n; i++) {
		const struct row *r = &rows->row[i];
		const struct view_drop *d = &s->v->drops[r->drop];
		bool said = false;
		char text[40];

		for (size_t k = 0; k < i && !said; k++)
			said = rows->row[k].drop == r->drop;
		if (!s->by_reason) {
			cell_or_dash(t, r->lane != NULL ? r->lane->port : "");
			cell_or_dash(t, r->lane != NULL ? r->lane->name : "");
		}
		cell_or_dash(t, d->node);
		table_cell(t, d->reason);
		table_count(t, r->packets);
		if (watching)
			table_cell(t, table_unit(text, sizeof(text),
						 view_rate(s->older, s->v, r->then, r->packets),
						 "p/s"));
		cell_or_dash(t, said ? "as above" : d->help);
	}
	return t;
}

struct table *show_drops_table(const struct show *s)
{
	const size_t room = (size_t)s->v->n_drops * (s->v->n_lanes + 1) + 1;
	struct rows rows = { .row = calloc(room, sizeof(*rows.row)) };
	struct table *t = NULL;

	if (rows.row == NULL)
		return NULL;
	for (unsigned i = 0; i < s->v->n_drops; i++)
		add_reason(&rows, s, i);
	qsort(rows.row, rows.n, sizeof(*rows.row), by_count);
	t = fill(s, &rows);
	free(rows.row);
	return t;
}

void show_balance(const struct show *s, FILE *to)
{
	const struct view_balance *b = &s->v->balance;

	if (!b->known)
		return;
	fprintf(to,
		"\nIn:  received %" PRIu64 " + begun here %" PRIu64 " + fragments made %" PRIu64
		" = %" PRIu64 "\n",
		b->received, b->originated, b->fragments,
		b->received + b->originated + b->fragments);
	fprintf(to,
		"Out: sent %" PRIu64 " + dropped %" PRIu64 " + used here %" PRIu64
		"\n     + cut up %" PRIu64 " + held %" PRIu64 " = %" PRIu64 "\n",
		b->transmitted, b->dropped, b->host, b->fragmented, b->held,
		b->transmitted + b->dropped + b->host + b->fragmented + b->held);
	if (b->on_their_way > 0)
		fprintf(to, "On their way: %" PRId64 "\n", b->on_their_way);
	else if (b->on_their_way < 0)
		fprintf(to, "Counted out before in, while this was read: %" PRId64 "\n",
			-b->on_their_way);
	else
		fputs("Nothing is missing.\n", to);
}

json_t *show_balance_json(const struct show *s)
{
	const struct view_balance *b = &s->v->balance;

	if (!b->known)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "receive_packets",
			 (json_int_t)b->received, "originated_packets", (json_int_t)b->originated,
			 "fragment_packets", (json_int_t)b->fragments, "transmit_packets",
			 (json_int_t)b->transmitted, "drop_packets", (json_int_t)b->dropped,
			 "host_packets", (json_int_t)b->host, "fragmented_packets",
			 (json_int_t)b->fragmented, "held_packets", (json_int_t)b->held,
			 "on_their_way", (json_int_t)b->on_their_way);
}

json_t *show_drops_json(const struct show *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_drops; i++) {
		const struct view_drop *d = &s->v->drops[i];
		json_t *lanes = json_object(), *where = json_array();

		for (unsigned k = 0; k < s->v->n_lanes; k++) {
			const struct view_lane *l = &s->v->lanes[k];
			const struct figure f = view_lane_drop(s->v, i, k);

			if (!f.known || f.v == 0)
				continue;
			json_object_set_new(lanes, l->name, show_number(f));
			json_array_append_new(where,
					      json_pack("{s:s, s:s, s:o}", "lane", l->name, "port",
							l->port, "packets", show_number(f)));
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "reason",
						      d->reason, "node", d->node, "packets",
						      show_number(d->packets), "help", d->help,
						      "lanes", lanes, "where", where));
	}
	return list;
}
