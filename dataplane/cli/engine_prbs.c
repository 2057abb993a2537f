/* SPDX-License-Identifier: BSD-3-Clause */
/* Results of test patterns; see engine_prbs.h. */
#include "dataplane/cli/engine_prbs.h"

#include <stdbool.h>
#include <stdio.h>

#include "dataplane/cli/table.h"

void prbs_judge(json_t *reply)
{
	json_t *lane;
	size_t i;

	json_array_foreach(json_object_get(reply, "lanes"), i, lane)
	{
		const json_t *errors = json_object_get(lane, "errors");
		const json_int_t bits = json_integer_value(json_object_get(lane, "bits"));
		const bool clean = json_is_integer(errors) && json_integer_value(errors) == 0 &&
				   json_is_true(json_object_get(lane, "locked"));

		json_object_set_new(lane, "ber_limit",
				    clean && bits > 0 ? json_real(3.0 / (double)bits)
						      : json_null());
	}
}

static void word(struct table *t, const json_t *v)
{
	const char *text = json_string_value(v);

	table_cell(t, text ? text : "-");
}

static void lock(struct table *t, const json_t *v)
{
	table_cell(t, json_is_null(v) ? "-" : json_is_true(v) ? "yes" : "no");
}

/* Bits grow to 10^15: four digits of them are enough; errors are exact. */
static void number(struct table *t, const json_t *v, const char *format)
{
	char buf[32] = "-";

	if (json_is_number(v))
		snprintf(buf, sizeof(buf), format, json_number_value(v));
	table_cell(t, buf);
}

int prbs_print(const json_t *reply, const char *engine)
{
	static const char *const headings[] = { "LANE",    "GENERATES", "CHECKS", "LOCK",
						">BITS",   ">ERRORS",   ">BER",   ">BER LIMIT",
						">SNR dB", NULL };
	struct table *t = table_new(headings);
	const json_t *lane;
	char name[64];
	size_t i;
	int ret;

	json_array_foreach(json_object_get(reply, "lanes"), i, lane)
	{
		snprintf(name, sizeof(name), "%s/%d", engine,
			 (int)json_integer_value(json_object_get(lane, "lane")));
		table_cell(t, name);
		word(t, json_object_get(lane, "generates"));
		word(t, json_object_get(lane, "checks"));
		lock(t, json_object_get(lane, "locked"));
		number(t, json_object_get(lane, "bits"), "%.3e");
		number(t, json_object_get(lane, "errors"), "%.0f");
		number(t, json_object_get(lane, "ber"), "%.1e");
		number(t, json_object_get(lane, "ber_limit"), "%.1e");
		number(t, json_object_get(lane, "snr_db"), "%.1f");
	}
	ret = table_print(t, stdout, false);
	table_free(t);
	return ret;
}
