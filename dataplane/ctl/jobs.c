/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of a board; see jobs.h. Control thread, but for read_file() and write_file(). */
#include "dataplane/ctl/jobs.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "dataplane/ctl/apply.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/running.h"
#include "lib/base/log.h"

#define TICK_NS   5000000ull
#define BUDGET_NS 4000000ull
#define SLICE     24000 /* of a text, in one answer: each byte may take two there */
#define KEPT      4     /* outcomes that can still be asked for */

struct outcome {
	unsigned id; /* 0: none */
	int ret;
	struct err err;
	size_t changes;
	char *text; /* lines of the difference */
	size_t len;
	char file[PATH_MAX]; /* "config": where it is */
};

struct job {
	bool save, check, diff, reload;
	char path[PATH_MAX];
	struct config *before;
	struct apply apply;
	pthread_t thread;
	bool thread_done; /* the thread stores it last */
	bool making;      /* apply_run() has begun */
};

struct jobs {
	struct loop_watch *timer;
	unsigned n; /* jobs ever */
	bool runs;
	struct job job;
	struct outcome kept[KEPT];
	char reload[PATH_MAX]; /* a file that waits for its turn; "": none */
};

static struct outcome *outcome_of(struct jobs *j)
{
	return &j->kept[j->n % KEPT];
}

static int write_lines(const struct apply *a, struct outcome *o)
{
	FILE *f = open_memstream(&o->text, &o->len);
	char line[CONFIG_CHANGE_TEXT];

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; i < a->diff.n; i++) {
		const struct config_change *ch = &a->diff.changes[i];

		fprintf(f, "%s%s\n",
			config_change_text(ch, a->before, a->after, line, sizeof(line)),
			ch->restart ? "  (needs a restart)" : "");
	}
	return fclose(f) == 0 && o->text ? 0 : -ENOMEM;
}

/* On the job's thread: nothing of the board is looked at. */
static void *read_file(void *arg)
{
	struct jobs *j = arg;
	struct job *job = &j->job;
	struct outcome *o = outcome_of(j);
	struct config *parsed;

	o->ret = config_load(&parsed, job->path, &o->err);
	if (o->ret) {
		job->apply.before = job->before;
	} else {
		o->ret = apply_prepare(&job->apply, job->before, parsed, &o->err);
		config_free(parsed);
	}
	o->changes = job->apply.diff.n;
	if (!o->ret && job->diff && write_lines(&job->apply, o) != 0)
		o->ret = err_set(&o->err, -ENOMEM, "%s: no memory for the lines of the difference",
				 job->path);
	store_release(&job->thread_done, true);
	return NULL;
}

/* The same. What would not be read again is not written: a fiber of which a breakout has made one
 * end only. */
static void *write_file(void *arg)
{
	struct jobs *j = arg;
	struct job *job = &j->job;
	struct outcome *o = outcome_of(j);
	struct config *again;
	struct err why;
	char *text = NULL;
	size_t len;

	job->apply.before = job->before;
	o->ret = config_emit(job->before, &text, &len);
	if (o->ret) {
		err_set(&o->err, o->ret, "running configuration: no memory to write it");
	} else if (config_parse(&again, "running configuration", text, len, &why) != 0) {
		o->ret = err_set(&o->err, -EINVAL,
				 "what runs cannot be written as a file that can be read again, "
				 "make its breakouts whole first: %.700s",
				 why.text);
	} else {
		config_free(again);
		o->ret = config_write(job->path, text, len, 0600, &o->err);
	}
	snprintf(o->file, sizeof(o->file), "%s", job->path);
	free(text);
	store_release(&job->thread_done, true);
	return NULL;
}

static void tell(const struct job *job, const struct outcome *o)
{
	if (job->save || job->check)
		return;
	if (o->ret)
		log_error("%s: not applied, the board runs as before: %s", job->path, o->err.text);
	else
		log_info("%s: applied, %zu changes", job->path, o->changes);
}

static void start_waiting(struct board *b);

static void end(struct board *b)
{
	struct jobs *j = b->jobs;

	tell(&j->job, outcome_of(j));
	apply_end(&j->job.apply);
	loop_remove(b->loop, j->timer);
	j->timer = NULL;
	j->runs = false;
	start_waiting(b);
}

/* The thread is done: what of it can be said, and is anything left to do? */
static bool begins(struct board *b)
{
	struct job *job = &b->jobs->job;
	struct outcome *o = outcome_of(b->jobs);

	pthread_join(job->thread, NULL);
	if (o->ret || job->save)
		return false;
	o->ret = apply_check(b, &job->apply, &o->err);
	return !o->ret && !job->check && job->apply.diff.n > 0;
}

static void tick(void *arg)
{
	struct board *b = arg;
	struct job *job = &b->jobs->job;
	struct outcome *o = outcome_of(b->jobs);

	if (!job->making) {
		if (!load_acquire(&job->thread_done))
			return;
		job->making = begins(b);
		if (!job->making) {
			end(b);
			return;
		}
	}
	o->ret = apply_run(b, &job->apply, BUDGET_NS, &o->err);
	if (o->ret != -EAGAIN)
		end(b);
}

int jobs_busy(const struct board *b, struct err *err)
{
	if (!b->jobs || !b->jobs->runs)
		return 0;
	return err_set(err, -EBUSY,
		       "board %s is at job %u, another configuration is being looked at; try again",
		       b->cfg->instance, b->jobs->n);
}

static int start(struct board *b, const struct job *what, struct err *err)
{
	struct jobs *j = b->jobs;
	struct outcome *o = &j->kept[(j->n + 1) % KEPT];
	int ret = jobs_busy(b, err);

	if (ret)
		return ret;
	j->job = *what;
	ret = running_config(b, &j->job.before, err);
	if (ret)
		return ret;
	j->timer = loop_timer(b->loop, TICK_NS, tick, b);
	if (!j->timer) {
		config_free(j->job.before);
		return err_set(err, -ENOMEM, "no memory for a timer");
	}
	j->n++;
	free(o->text);
	*o = (struct outcome){ .id = j->n };
	ret = pthread_create(&j->job.thread, NULL, what->save ? write_file : read_file, j);
	if (ret) {
		loop_remove(b->loop, j->timer);
		j->timer = NULL;
		config_free(j->job.before);
		o->id = 0;
		return err_set(err, -ret, "no thread to read files on: %s", strerror(ret));
	}
	j->runs = true;
	return 0;
}

static void start_waiting(struct board *b)
{
	struct jobs *j = b->jobs;
	struct job job = { .reload = true };
	struct err err;

	if (j->runs || !j->reload[0])
		return;
	memcpy(job.path, j->reload, sizeof(job.path));
	j->reload[0] = '\0';
	if (start(b, &job, &err) != 0)
		log_error("%s: not applied, the board runs as before: %s", job.path, err.text);
}

void jobs_reload(struct board *b, const char *path)
{
	if (!b->jobs)
		return;
	snprintf(b->jobs->reload, sizeof(b->jobs->reload), "%s", path);
	start_waiting(b);
}

int jobs_create(struct board *b, struct loop *l)
{
	(void)l;
	b->jobs = calloc(1, sizeof(*b->jobs));
	return b->jobs ? 0 : -ENOMEM;
}

void jobs_destroy(struct board *b)
{
	struct jobs *j = b->jobs;
	struct job *job = j ? &j->job : NULL;
	struct err err;

	if (!j)
		return;
	j->reload[0] = '\0';
	if (j->runs) {
		if (!job->making)
			pthread_join(job->thread, NULL);
		else if (apply_run(b, &job->apply, 0, &err) != 0)
			log_error("%s: not applied: %s", job->path, err.text);
		apply_end(&job->apply);
		loop_remove(b->loop, j->timer);
	}
	for (unsigned i = 0; i < KEPT; i++)
		free(j->kept[i].text);
	free(j);
	b->jobs = NULL;
}

int jobs_verb_apply(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct board *b = arg;
	struct job job = { .check = json_is_true(json_object_get(request, "check")),
			   .diff = json_is_true(json_object_get(request, "diff")) };
	const char *path;
	int ret = control_text(request, "file", &path, err);

	if (!ret && (path[0] != '/' || strlen(path) >= sizeof(job.path)))
		ret = err_set(err, -EINVAL, "\"file\" is no absolute path of a file");
	if (ret)
		return ret;
	snprintf(job.path, sizeof(job.path), "%s", path);
	ret = start(b, &job, err);
	return ret ? ret : json_object_set_new(reply, "job", json_integer(b->jobs->n));
}

int jobs_verb_config(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct board *b = arg;
	struct job job = { .save = true };
	int ret;

	(void)request;
	snprintf(job.path, sizeof(job.path), "%s", b->telemetry_path);
	snprintf(strrchr(job.path, '/') + 1, sizeof(JOBS_CONFIG_FILE), "%s", JOBS_CONFIG_FILE);
	ret = start(b, &job, err);
	return ret ? ret : json_object_set_new(reply, "job", json_integer(b->jobs->n));
}

static void say_done(const struct outcome *o, size_t offset, json_t *reply)
{
	const size_t n = o->text && offset < o->len ? RTE_MIN(o->len - offset, (size_t)SLICE) : 0;

	json_object_set_new(reply, "state", json_string("done"));
	json_object_set_new(reply, "changes", json_integer((json_int_t)o->changes));
	json_object_set_new(reply, "total", json_integer((json_int_t)o->len));
	json_object_set_new(reply, "text", n ? json_stringn(o->text + offset, n) : json_string(""));
	if (o->ret) {
		json_object_set_new(reply, "error", json_string(o->err.text));
		json_object_set_new(reply, "code", json_integer(-o->ret));
	} else if (o->file[0]) {
		json_object_set_new(reply, "file", json_string(o->file));
	}
}

int jobs_verb_job(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const struct board *b = arg;
	const struct jobs *j = b->jobs;
	const struct outcome *o;
	unsigned id, offset;
	int ret = control_number(request, "id", 1, UINT32_MAX, &id, err);

	if (!ret)
		ret = control_number(request, "offset", 0, UINT32_MAX, &offset, err);
	if (ret)
		return ret;
	o = &j->kept[id % KEPT];
	if (o->id != id)
		return err_set(err, -ENOENT, "job %u: none, or its outcome is no longer known", id);
	if (j->runs && id == j->n)
		return json_object_set_new(reply, "state", json_string("runs"));
	say_done(o, offset, reply);
	return 0;
}
