/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said on the control socket of a board (control.h): a request is one JSON object with the
 * key "verb" and what the verb asks for, the answer
 *   {"ok": true, …}                                    what the verb found or did, or
 *   {"ok": false, "error": "what and what to do", "code": positive errno}.
 * Here a request becomes its answer; who asks and over what is control.c's business. Control
 * thread.
 */
#ifndef CPX_DATAPLANE_CTL_CONTROL_REQUEST_H
#define CPX_DATAPLANE_CTL_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define CONTROL_MESSAGE_MAX 65536 /* bytes of a request and of an answer */
#define CONTROL_DEPTH_MAX   16    /* objects and arrays inside each other */

struct control_verb {
	const char *name;
	const char *help; /* one line: its keys and what it does */
	/*
	 * request: the whole object, checked by the handler (control_text, …). reply: an object
	 * with "ok" to add to. 0, or a negative errno and err; the reply is dropped then. Answers
	 * at once: whatever takes longer than milliseconds is only begun.
	 */
	int (*handler)(void *arg, const json_t *request, json_t *reply, struct err *err);
};

/* The answer to len bytes, as text of *out_len bytes, to be freed; NULL without memory. "help" is
 * answered here: every verb and its line. */
char *control_answer(const struct control_verb *verbs, size_t n_verbs, void *arg, const char *text,
		     size_t len, size_t *out_len);
/* An answer that says no. */
char *control_refusal(int code, const char *text, size_t *out_len);

/* For handlers: a key's value, -EINVAL with what is missing. The text is the request's. */
int control_text(const json_t *request, const char *key, const char **out, struct err *err);
int control_number(const json_t *request, const char *key, unsigned low, unsigned high,
		   unsigned *out, struct err *err);

#endif
