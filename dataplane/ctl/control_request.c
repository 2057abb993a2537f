/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and answers of the control socket; see control_request.h. */
#include "dataplane/ctl/control_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/nearest.h"

int control_text(const json_t *request, const char *key, const char **out, struct err *err)
{
	*out = json_string_value(json_object_get(request, key));
	if (*out)
		return 0;
	return err_set(err, -EINVAL, "\"%s\" is missing or no text", key);
}

int control_number(const json_t *request, const char *key, unsigned low, unsigned high,
		   unsigned *out, struct err *err)
{
	const json_t *v = json_object_get(request, key);
	const json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < (json_int_t)low || n > (json_int_t)high)
		return err_set(err, -EINVAL, "\"%s\" is missing or no whole number from %u to %u",
			       key, low, high);
	*out = (unsigned)n;
	return 0;
}

/* jansson would go as deep as 2048. Brackets in texts do not count. */
static bool too_deep(const char *text, size_t len)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
		if (depth > CONTROL_DEPTH_MAX)
			return true;
	}
	return false;
}

static int parse(json_t **request, const char *text, size_t len, struct err *err)
{
	json_error_t e;

	*request = NULL;
	if (len > CONTROL_MESSAGE_MAX)
		return err_set(err, -EMSGSIZE, "a request has at most %d bytes",
			       CONTROL_MESSAGE_MAX);
	if (too_deep(text, len))
		return err_set(err, -EINVAL, "a request is at most %d objects and arrays deep",
			       CONTROL_DEPTH_MAX);
	*request = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!*request)
		return err_set(err, -EINVAL,
			       "byte %d of the request: %s; send one JSON object a message, as "
			       "{\"verb\": \"help\"}",
			       e.position, e.text);
	if (!json_is_object(*request))
		return err_set(err, -EINVAL,
			       "the request is no object; send one, as {\"verb\": \"help\"}");
	return 0;
}

static int help(const struct control_verb *verbs, size_t n, json_t *reply)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "verb", verbs[i].name, "help",
						      verbs[i].help));
	return json_object_set_new(reply, "verbs", list);
}

static int obey(const struct control_verb *verbs, size_t n, void *arg, const json_t *request,
		json_t *reply, struct err *err)
{
	const char *name;
	struct nearest near = { 0 };
	int ret = control_text(request, "verb", &name, err);

	if (ret)
		return ret;
	near.typed = name;
	nearest_offer(&near, "help");
	if (strcmp(name, "help") == 0)
		return help(verbs, n, reply);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].handler(arg, request, reply, err);
		nearest_offer(&near, verbs[i].name);
	}
	return err_set(err, -ENOENT, "no verb \"%.40s\"; %s%s%s{\"verb\": \"help\"} lists them",
		       name, near.word ? "did you mean \"" : "", near.word ? near.word : "",
		       near.word ? "\"? " : "");
}

/* The object as text, which it ends with; NULL: no memory, or longer than a message. */
static char *dump(json_t *object, size_t *len)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	*len = text ? strlen(text) : 0;
	if (*len <= CONTROL_MESSAGE_MAX)
		return text;
	free(text);
	return NULL;
}

char *control_refusal(int code, const char *text, size_t *out_len)
{
	json_t *o = json_pack("{s:b, s:s, s:i}", "ok", 0, "error", text, "code", abs(code));

	if (!o) /* it quotes the first part of a character */
		o = json_pack("{s:b, s:s, s:i}", "ok", 0, "error", "a word in it is unknown",
			      "code", abs(code));
	return dump(o, out_len);
}

char *control_answer(const struct control_verb *verbs, size_t n_verbs, void *arg, const char *text,
		     size_t len, size_t *out_len)
{
	struct err err = { "" };
	json_t *request, *reply = json_pack("{s:b}", "ok", 1);
	int ret = parse(&request, text, len, &err);
	char *answer;

	if (!ret)
		ret = obey(verbs, n_verbs, arg, request, reply, &err);
	json_decref(request);
	if (ret) {
		json_decref(reply);
		return control_refusal(ret, err.text, out_len);
	}
	answer = dump(reply, out_len);
	return answer ? answer
		      : control_refusal(-EMSGSIZE,
					"the answer is longer than a message; ask for "
					"less at a time",
					out_len);
}
