/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jobs of a running board (dataplane/ctl/jobs.h): begun by one request, asked for until they are
 * done. One thread.
 */
#ifndef CPX_DATAPLANE_CLI_JOB_H
#define CPX_DATAPLANE_CLI_JOB_H

#include <jansson.h>
#include <stddef.h>

#include "lib/base/err.h"

struct job_outcome {
	char error[1024]; /* "": it went well */
	size_t changes;
	char *text; /* lines of the difference, the caller's to free; NULL none */
	char file[512];
};

/* Begins it, after a job of somebody else if need be, and waits for its end. 0: see the outcome,
 * which may be that it failed; a negative errno with err: the board did not answer or would not. */
int job_do(const char *instance, json_t *request, struct job_outcome *out, struct err *err);

#endif
