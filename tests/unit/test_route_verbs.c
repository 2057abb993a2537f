/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes, next hops and neighbours as asked over the control socket: what is said of them, pages of
 * many, changes that are whole or have not happened.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "dataplane/ctl/control.h"
#include "dataplane/ctl/rib.h"
#include "tests/unit/board.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24],\n"
	"       vlans: {200: {addresses: [10.200.0.1/24]}}}\n"
	"routes:\n"
	"  - {to: 10.50.0.0/16, paths: [{via: 10.0.0.2}, {via: 10.200.0.9, weight: 3}]}\n"
	"  - {to: 10.50.0.0/16, type: blackhole, metric: 100}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"tables: {routes4: 3000, routes6: 256, nexthops: 512, neighbors: 64}\n";

static struct bed bed;
static json_t *reply;

static void finish(void)
{
	json_decref(reply);
	bed_close(&bed);
}

TestSuite(route_verbs, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

static const json_t *ask(const char *request)
{
	size_t len;
	char *text = control_answer(board_verbs, board_n_verbs, bed.board, request, strlen(request),
				    &len);

	cr_assert_leq(len, CONTROL_MESSAGE_MAX);
	json_decref(reply);
	reply = json_loadb(text, len, 0, NULL);
	cr_assert_not_null(reply);
	free(text);
	return reply;
}

static const json_t *good(const char *request)
{
	ask(request);
	cr_assert(json_is_true(json_object_get(reply, "ok")), "%s: %s", request,
		  json_string_value(json_object_get(reply, "error")));
	return reply;
}

static void refused(const char *request, int code, const char *says)
{
	const char *error;

	ask(request);
	error = json_string_value(json_object_get(reply, "error"));
	cr_assert_not_null(error, "%s was not refused", request);
	cr_expect_eq(json_integer_value(json_object_get(reply, "code")), code, "%s: %s", request,
		     error);
	cr_expect(strstr(error, says), "%s: no \"%s\" in: %s", request, says, error);
}

/* "to source metric via…", of each route of the answer, one a line */
static const char *routes(const char *request)
{
	static char text[16384];
	const json_t *r, *hop;
	size_t i, k, len = 0;

	good(request);
	text[0] = '\0';
	json_array_foreach(json_object_get(reply, "routes"), i, r)
	{
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %lld %s%s",
					json_string_value(json_object_get(r, "to")),
					json_string_value(json_object_get(r, "source")),
					(long long)json_integer_value(json_object_get(r, "metric")),
					json_string_value(json_object_get(r, "kind")),
					json_is_true(json_object_get(r, "best")) ? "*" : "");
		json_array_foreach(json_object_get(r, "hops"), k, hop)
		{
			const json_t *via = json_object_get(hop, "via");

			len += (size_t)snprintf(
				text + len, sizeof(text) - len, " %s@%s/%lldx%lld",
				via ? json_string_value(via) : "link",
				json_string_value(json_object_get(hop, "port")),
				(long long)json_integer_value(json_object_get(hop, "vlan")),
				(long long)json_integer_value(json_object_get(hop, "weight")));
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
	}
	return text;
}

#define expect_routes(request, want)                                \
	do {                                                        \
		const char *is = routes(request);                   \
		cr_expect_str_eq(is, want, "%s:\n%s", request, is); \
	} while (0)

Test(route_verbs, what_is_said)
{
	start();
	expect_routes("{\"verb\": \"routes\", \"match\": \"10.50.1.1\"}",
		      "10.50.0.0/16 static 0 via* 10.0.0.2@p0/0x1 10.200.0.9@p1/200x3\n"
		      "10.50.0.0/16 static 100 blackhole\n");
	expect_routes("{\"verb\": \"routes\", \"match\": \"10.0.0.2\"}",
		      "10.0.0.2/32 neighbor 1 via* link@p0/0x1\n");
	expect_routes("{\"verb\": \"routes\", \"match\": \"99.1.1.1\"}", "");
	expect_routes("{\"verb\": \"routes\", \"within\": \"10.0.1.0/24\"}",
		      "10.0.1.0/24 own 2 via* link@p1/0x1\n"
		      "10.0.1.0/32 own 65538 multicast*\n"
		      "10.0.1.1/32 own 2 local*\n"
		      "10.0.1.255/32 own 65538 multicast*\n");
	expect_routes("{\"verb\": \"routes\", \"family\": 6, \"within\": \"2001::/16\"}",
		      "2001:db8::/64 own 1 via* link@p0/0x1\n2001:db8::1/128 own 1 local*\n");
	expect_routes("{\"verb\": \"routes\", \"source\": \"neighbor\"}",
		      "10.0.0.2/32 neighbor 1 via* link@p0/0x1\n");
	refused("{\"verb\": \"routes\", \"source\": \"bgp\"}", EINVAL, "fpm");
	refused("{\"verb\": \"routes\", \"match\": \"10.1\"}", EINVAL, "no prefix");
	refused("{\"verb\": \"routes\", \"cursor\": \"7\"}", EINVAL, "cursor");
	good("{\"verb\": \"nexthops\"}");
	cr_expect_eq(json_array_size(json_object_get(reply, "nexthops")), 4,
		     "three links and a group");
	good("{\"verb\": \"neighbors\"}");
	cr_expect_eq(json_array_size(json_object_get(reply, "neighbors")), 2);
	finish();
}

Test(route_verbs, changes)
{
	start();
	good("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\", \"via\": \"10.0.1.9\"}");
	good("{\"verb\": \"route-add\", \"to\": \"10.8.0.0/16\", \"port\": \"p1\", \"vlan\": 200}");
	good("{\"verb\": \"route-add\", \"to\": \"10.9.0.0/16\", \"type\": \"prohibit\"}");
	good("{\"verb\": \"route-add\", \"to\": \"2001:db8:9::/48\", \"via\": \"fe80::1\", "
	     "\"port\": \"p0\", \"metric\": 7}");
	expect_routes("{\"verb\": \"routes\", \"source\": \"asked\"}",
		      "10.7.0.0/16 asked 0 via* 10.0.1.9@p1/0x1\n"
		      "10.8.0.0/16 asked 0 via* link@p1/200x1\n"
		      "10.9.0.0/16 asked 0 prohibit*\n"
		      "2001:db8:9::/48 asked 7 via* fe80::1@p0/0x1\n");
	/* the file goes first */
	good("{\"verb\": \"route-add\", \"to\": \"10.50.0.0/16\", \"via\": \"10.0.1.9\"}");
	expect_routes("{\"verb\": \"routes\", \"match\": \"10.50.1.1\"}",
		      "10.50.0.0/16 static 0 via* 10.0.0.2@p0/0x1 10.200.0.9@p1/200x3\n"
		      "10.50.0.0/16 static 100 blackhole\n"
		      "10.50.0.0/16 asked 0 via 10.0.1.9@p1/0x1\n");
	good("{\"verb\": \"route-del\", \"to\": \"2001:db8:9::/48\"}");
	refused("{\"verb\": \"route-del\", \"to\": \"2001:db8:9::/48\"}", ENOENT, "asked");
	refused("{\"verb\": \"route-del\", \"to\": \"10.0.1.0/24\"}", ENOENT, "asked");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\"}", EINVAL, "via");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/33\", \"via\": \"10.0.1.9\"}", EINVAL,
		"10.7.0.0/33");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\", \"via\": \"99.0.0.1\"}", EINVAL,
		"no connected subnet");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\", \"port\": \"p9\"}", ENOENT,
		"p9");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\", \"port\": \"p0\", \"vlan\": 5}",
		ENOENT, "VLAN 5");
	refused("{\"verb\": \"route-add\", \"to\": \"10.7.0.0/16\", \"paths\": []}", EINVAL, "64");
	refused("{\"verb\": \"route-add\", \"routes\": []}", EINVAL, "list");
	refused("{\"verb\": \"route-add\", \"routes\": [5]}", EINVAL, "to");
	finish();
}

Test(route_verbs, all_or_nothing)
{
	static const char was[] = "10.7.0.0/16 asked 0 via* 10.0.1.9@p1/0x1\n"
				  "10.8.0.0/16 asked 5 blackhole*\n";

	start();
	good("{\"verb\": \"route-add\", \"routes\": ["
	     "{\"to\": \"10.7.0.0/16\", \"via\": \"10.0.1.9\"},"
	     "{\"to\": \"10.8.0.0/16\", \"type\": \"blackhole\", \"metric\": 5}]}");
	expect_routes("{\"verb\": \"routes\", \"source\": \"asked\"}", was);
	refused("{\"verb\": \"route-add\", \"routes\": ["
		"{\"to\": \"10.7.0.0/16\", \"paths\": [{\"via\": \"10.0.1.8\"}, {\"via\": "
		"\"10.0.0.8\"}]}, {\"to\": \"10.7.0.0/16\", \"via\": \"10.0.0.7\"},"
		"{\"to\": \"10.9.0.0/16\", \"via\": \"10.0.0.9\"},"
		"{\"to\": \"10.10.0.0/16\", \"via\": \"99.0.0.9\"}]}",
		EINVAL, "99.0.0.9");
	expect_routes("{\"verb\": \"routes\", \"source\": \"asked\"}", was);
	refused("{\"verb\": \"route-del\", \"routes\": [{\"to\": \"10.7.0.0/16\"}, {\"to\": "
		"\"10.8.0.0/16\"}, {\"to\": \"10.9.0.0/16\"}]}",
		ENOENT, "no such route");
	expect_routes("{\"verb\": \"routes\", \"source\": \"asked\"}", was);
	good("{\"verb\": \"route-del\", \"routes\": [{\"to\": \"10.7.0.0/16\"}, {\"to\": "
	     "\"10.8.0.0/16\"}]}");
	expect_routes("{\"verb\": \"routes\", \"source\": \"asked\"}", "");
	finish();
}

/* Page after page while routes come and go: each that was there all the time is given once. */
Test(route_verbs, pages)
{
	const struct rib_target drop = { .kind = RIB_BLACKHOLE };
	unsigned char seen[2000] = { 0 };
	char request[256] = "{\"verb\": \"routes\", \"source\": \"fpm\", \"limit\": 77}";
	unsigned pages = 0;

	start();
	for (unsigned i = 0; i < 2000; i++) {
		const struct rib_prefix to = { .family = AF_INET,
					       .len = 32,
					       .addr = { 77, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		cr_assert_eq(rib_add(bed.board, RIB_FPM, &to, 0, &drop, NULL), 0);
	}
	for (bool more = true; more; pages++) {
		const struct rib_prefix gone = { .family = AF_INET,
						 .len = 32,
						 .addr = { 77, 0, 7, (uint8_t)(pages * 9) } };
		const json_t *r, *cursor;
		size_t i;

		good(request);
		json_array_foreach(json_object_get(reply, "routes"), i, r)
		{
			unsigned high, low;

			cr_assert_eq(sscanf(json_string_value(json_object_get(r, "to")),
					    "77.0.%u.%u/32", &high, &low),
				     2);
			cr_expect_eq(seen[high << 8 | low]++, 0, "%u.%u twice", high, low);
		}
		cursor = json_object_get(reply, "cursor");
		more = cursor;
		if (more)
			snprintf(request, sizeof(request),
				 "{\"verb\": \"routes\", \"source\": \"fpm\", \"limit\": 77, "
				 "\"cursor\": \"%s\"}",
				 json_string_value(cursor));
		rib_del(bed.board, RIB_FPM, &gone, 0, NULL);
	}
	cr_expect_geq(pages, 25);
	for (unsigned i = 0; i < 2000; i++)
		cr_expect(seen[i] || i >> 8 == 7, "%u is missing", i);
	finish();
}
