/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of a running board; see job.h. */
#include "dataplane/cli/job.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/cli/control.h"

#define PAUSE_MS   10
#define TRIES_BUSY 3000 /* pauses that a job of somebody else is waited for */

static void pause_a_little(void)
{
	const struct timespec t = { .tv_nsec = PAUSE_MS * 1000000L };

	nanosleep(&t, NULL);
}

static int begin(const char *instance, json_t *request, json_int_t *id, struct err *err)
{
	json_t *reply;
	int ret = -EBUSY;

	for (unsigned i = 0; ret == -EBUSY && i < TRIES_BUSY; i++) {
		if (i)
			pause_a_little();
		ret = control_ask(instance, request, &reply, err);
	}
	if (ret)
		return ret;
	*id = json_integer_value(json_object_get(reply, "job"));
	json_decref(reply);
	return 0;
}

static void copy(char *out, size_t room, const json_t *reply, const char *key)
{
	const char *text = json_string_value(json_object_get(reply, key));

	snprintf(out, room, "%s", text ? text : "");
}

/* A slice of the text; *offset goes on. True: that was the last one. */
static int take(const json_t *reply, struct job_outcome *out, size_t *offset, struct err *err)
{
	const char *slice = json_string_value(json_object_get(reply, "text"));
	const size_t total = (size_t)json_integer_value(json_object_get(reply, "total"));
	const size_t n = slice ? strlen(slice) : 0;
	char *more;

	if (n == 0)
		return *offset < total ? err_set(err, -EPROTO,
						 "the lines of the difference end "
						 "too early")
				       : 1;
	more = realloc(out->text, *offset + n + 1);
	if (!more)
		return err_set(err, -ENOMEM, "no memory for the lines of the difference");
	out->text = more;
	memcpy(out->text + *offset, slice, n + 1);
	*offset += n;
	return *offset >= total;
}

int job_do(const char *instance, json_t *request, struct job_outcome *out, struct err *err)
{
	json_t *reply, *ask;
	size_t offset = 0;
	json_int_t id;
	int ret = begin(instance, request, &id, err);

	*out = (struct job_outcome){ 0 };
	while (ret == 0) {
		const char *state;

		ask = json_pack("{s:s, s:I, s:I}", "verb", "job", "id", id, "offset",
				(json_int_t)offset);
		ret = control_ask(instance, ask, &reply, err);
		json_decref(ask);
		if (ret)
			break;
		state = json_string_value(json_object_get(reply, "state"));
		if (state && strcmp(state, "done") == 0) {
			copy(out->error, sizeof(out->error), reply, "error");
			copy(out->file, sizeof(out->file), reply, "file");
			out->changes =
				(size_t)json_integer_value(json_object_get(reply, "changes"));
			ret = take(reply, out, &offset, err);
		} else {
			pause_a_little();
		}
		json_decref(reply);
	}
	return ret < 0 ? ret : 0;
}
