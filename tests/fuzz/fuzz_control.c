/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a request on the control socket: the answer is one JSON object that fits into a
 * message and says yes, or no with a reason and a code; a verb sees only whole requests. The shape
 * of a breakout is read as the board would. Seeds: requests as clients send them, and broken ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/control_request.h"
#include "dataplane/ctl/shape.h"

static int ports(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	(void)arg;
	(void)request;
	(void)err;
	return json_object_set_new(reply, "ports", json_array());
}

static int breakout(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	static const uint32_t rates[] = { 53125, 106250, 212500 };
	const char *engine, *text;
	struct board_shape shape;
	unsigned bank, next = 0;
	int ret = control_text(request, "engine", &engine, err);

	(void)arg;
	if (!ret)
		ret = control_number(request, "bank", 0, 7, &bank, err);
	if (!ret)
		ret = control_text(request, "shape", &text, err);
	if (!ret)
		ret = shape_parse(&shape, text, rates[bank % 3], err);
	if (ret)
		return ret;
	for (unsigned i = 0; i < shape.n; i++) {
		if (shape.port[i].first != next || next % shape.port[i].lanes)
			abort();
		next += shape.port[i].lanes;
	}
	if (shape.n < 1 || next > 8)
		abort();
	return json_object_set_new(reply, "shape", json_string(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct control_verb verbs[] = {
		{ "ports", "every port", ports },
		{ "breakout", "engine, bank, shape", breakout },
	};
	size_t len;
	char *answer = control_answer(verbs, 2, NULL, (const char *)data, size, &len);
	json_t *o = answer ? json_loadb(answer, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const json_t *ok = json_object_get(o, "ok");

	if (!o || len > CONTROL_MESSAGE_MAX || !json_is_boolean(ok))
		abort();
	if (json_is_false(ok) && (!json_string_length(json_object_get(o, "error")) ||
				  json_integer_value(json_object_get(o, "code")) <= 0))
		abort();
	json_decref(o);
	free(answer);
	return 0;
}
