/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a board does for its operator that takes longer than an answer: another configuration from a
 * file, and the running one into a file. One at a time; files are read, compared and written on a
 * thread of the job's own, changes are made on the control thread, a few milliseconds at a time.
 * Who began a job asks for it until it is done; when nobody asks it is done all the same.
 */
#ifndef CPX_DATAPLANE_CTL_JOBS_H
#define CPX_DATAPLANE_CTL_JOBS_H

#include "dataplane/ctl/control_request.h"

struct board;
struct loop;

/* Beside the control socket: what the job of the verb "config" writes. */
#define JOBS_CONFIG_FILE "config"

int jobs_create(struct board *b, struct loop *l);
/* Waits for the thread of a job that runs; what it has begun to change is finished or undone. */
void jobs_destroy(struct board *b);

/* SIGHUP: apply this file, as soon as no other job runs. The outcome goes to the log. */
void jobs_reload(struct board *b, const char *path);

/*
 * Verbs. apply: file (absolute), check (change nothing), diff (keep the lines). config: write the
 * running configuration. Both answer with the job's number, -EBUSY while another one runs.
 * job: id, offset; "state", and once that is "done": "changes", "file" or "error" and "code", and
 * "text" from the offset on, of "total" bytes.
 */
int jobs_verb_apply(void *arg, const json_t *request, json_t *reply, struct err *err);
int jobs_verb_config(void *arg, const json_t *request, json_t *reply, struct err *err);
int jobs_verb_job(void *arg, const json_t *request, json_t *reply, struct err *err);

/* A job changes the board: nobody else may. -EBUSY. */
int jobs_busy(const struct board *b, struct err *err);

#endif
