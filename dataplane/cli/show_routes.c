/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx show routes, nexthops, neighbors: lists that a board is asked for over its control socket,
 * page by page (dataplane/ctl/route_list.c has what is said).
 */
#include "dataplane/cli/show_routes.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/cli/control.h"
#include "dataplane/cli/table.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void add_number(struct table *t, const json_t *o, const char *key)
{
	char cell[32] = "-";

	if (json_object_get(o, key))
		snprintf(cell, sizeof(cell), "%lld", (long long)number(o, key));
	table_cell(t, cell);
}

/* "10.0.0.2 p0 x2": gateway, port, weight where it is not 1 */
static void add_hop(char *cell, size_t room, const json_t *hop, bool mark)
{
	const char *via = json_string_value(json_object_get(hop, "via"));
	size_t len = strlen(cell);

	len += (size_t)snprintf(cell + len, room - len, "%s%s%s%s", len ? ", " : "", via ? via : "",
				via ? " " : "", text(hop, "port"));
	if (len < room && json_object_get(hop, "vlan"))
		len += (size_t)snprintf(cell + len, room - len, ".%lld",
					(long long)number(hop, "vlan"));
	if (len < room && number(hop, "weight") > 1)
		len += (size_t)snprintf(cell + len, room - len, " x%lld",
					(long long)number(hop, "weight"));
	if (len < room && mark && !json_is_true(json_object_get(hop, "up")))
		snprintf(cell + len, room - len, " (down)");
}

static void add_hops(struct table *t, const json_t *o, bool mark)
{
	char cell[4096] = "";
	const json_t *hop;
	size_t i;

	if (json_object_get(o, "object"))
		snprintf(cell, sizeof(cell), "object %lld", (long long)number(o, "object"));
	json_array_foreach(json_object_get(o, "hops"), i, hop)
	{
		if (strlen(cell) < sizeof(cell) - 128)
			add_hop(cell, sizeof(cell), hop, mark);
	}
	table_cell(t, cell[0] ? cell : text(o, "kind"));
}

static void add_route(struct table *t, const json_t *o)
{
	char state[32];

	table_cell(t, text(o, "to"));
	table_cell(t, text(o, "source"));
	add_number(t, o, "metric");
	snprintf(state, sizeof(state), "%s%s", text(o, "state"),
		 json_is_true(json_object_get(o, "best")) ? ", used" : "");
	table_cell(t, state);
	add_number(t, o, "age_s");
	add_hops(t, o, false);
}

static void add_nexthop(struct table *t, const json_t *o)
{
	add_number(t, o, "row");
	table_cell(t, json_object_get(o, "object")                ? "object"
		      : json_is_true(json_object_get(o, "group")) ? "group"
								  : "single");
	add_number(t, o, "routes");
	add_hops(t, o, true);
}

static void add_neighbor(struct table *t, const json_t *o)
{
	char port[64];

	table_cell(t, text(o, "address"));
	snprintf(port, sizeof(port), json_object_get(o, "vlan") ? "%s.%lld" : "%s", text(o, "port"),
		 (long long)number(o, "vlan"));
	table_cell(t, port);
	table_cell(t, text(o, "mac"));
	table_cell(t, text(o, "state"));
	add_number(t, o, "age_s");
	add_number(t, o, "held");
}

static const struct list {
	const char *name;
	const char *const headings[7];
	void (*add)(struct table *t, const json_t *o);
} lists[] = {
	{ "routes", { "TO", "SOURCE", ">METRIC", "STATE", ">AGE s", "VIA", NULL }, add_route },
	{ "nexthops", { ">ROW", "KIND", ">ROUTES", "VIA", NULL }, add_nexthop },
	{ "neighbors",
	  { "ADDRESS", "PORT", "MAC", "STATE", ">AGE s", ">HELD", NULL },
	  add_neighbor },
};

static const struct list *find(const char *name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

bool show_asks(const char *subject)
{
	return find(subject);
}

static json_t *request_of(const struct show_asked *a)
{
	json_t *o = json_pack("{s:s, s:i}", "verb", a->subject, "limit", 1000);

	if (a->prefix)
		json_object_set_new(o, strchr(a->prefix, '/') ? "within" : "match",
				    json_string(a->prefix));
	if (a->source)
		json_object_set_new(o, "source", json_string(a->source));
	if (a->family)
		json_object_set_new(o, "family", json_integer(a->family));
	return o;
}

/* A table a page, with the widths of that page; or the pages' entries in one array. */
static int print_page(const struct show_asked *a, const struct list *l, const json_t *entries,
		      bool first, bool last)
{
	struct table *t;
	const json_t *o;
	size_t i;
	int ret;

	if (a->json) {
		if (first)
			printf("{\"%s\": [", a->subject);
		json_array_foreach(entries, i, o)
		{
			fputs(first && i == 0 ? "\n" : ",\n", stdout);
			json_dumpf(o, stdout, JSON_COMPACT);
		}
		fputs(last ? "\n]}\n" : "", stdout);
		return 0;
	}
	t = table_new(l->headings);
	if (!t)
		return -1;
	json_array_foreach(entries, i, o)
	{
		l->add(t, o);
	}
	if (!table_rows(t))
		printf("no such %s\n", a->subject);
	ret = table_rows(t) ? table_print(t, stdout, table_wants_color(a->color, stdout)) : 0;
	table_free(t);
	return ret;
}

int show_ask(const struct show_asked *a)
{
	const struct list *l = find(a->subject);
	json_t *request = request_of(a), *reply, *cursor;
	struct err err;
	int ret = 0;

	for (bool first = true, last = false; !ret && !last; first = false) {
		ret = control_ask(a->instance, request, &reply, &err);
		if (ret) {
			fprintf(stderr, "cpx show: %s\n", err.text);
			break;
		}
		cursor = json_object_get(reply, "cursor");
		last = !cursor;
		ret = print_page(a, l, json_object_get(reply, a->subject), first, last);
		if (cursor)
			json_object_set(request, "cursor", cursor);
		json_decref(reply);
	}
	json_decref(request);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
