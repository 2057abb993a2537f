/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking a board: with one that answers, and with all that can be in its place: nobody, somebody
 * who says nothing, hangs up, answers nonsense or something for a terminal to choke on. Every
 * message names the instance and what to do.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/cli/control.h"
#include "dataplane/ctl/control.h"
#include "lib/telemetry/path.h"

static char folder[TELEMETRY_PATH_LEN], path[TELEMETRY_PATH_LEN + 16], name[32];
static struct err err;

/* The instance's folder with a telemetry file, as if a board had run. */
static void set_up(void)
{
	FILE *f;
	char *slash;

	snprintf(name, sizeof(name), "ask-%d", (int)getpid());
	cr_assert_eq(telemetry_path(folder, sizeof(folder), name, &err), 0, "%s", err.text);
	for (char *p = folder + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(folder, 0755);
		*p = '/';
	}
	f = fopen(folder, "w");
	cr_assert_not_null(f, "%s", folder);
	fclose(f);
	slash = strrchr(folder, '/');
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/control", folder);
}

static void tear_down(void)
{
	char file[sizeof(path)];

	if (!folder[0])
		return;
	unlink(path);
	snprintf(file, sizeof(file), "%s/telemetry", folder);
	unlink(file);
	rmdir(folder);
}

TestSuite(control_ask, .init = set_up, .fini = tear_down);

static int ask(unsigned ms, json_t **reply)
{
	json_t *request = json_pack("{s:s}", "verb", "echo");
	const int ret = control_ask_within(name, request, ms, reply, &err);

	json_decref(request);
	return ret;
}

static void fails(const char *what, int code, const char *says)
{
	json_t *reply;
	const int ret = ask(200, &reply);

	cr_assert_eq(ret, code, "%s: %d, %s", what, ret, err.text);
	cr_assert_null(reply);
	cr_assert(strstr(err.text, says), "%s: %s", what, err.text);
}

static int echo(void *arg, const json_t *request, json_t *reply, struct err *e)
{
	(void)e;
	(void)arg;
	return json_object_set(reply, "request", (json_t *)(uintptr_t)request);
}

static int listening(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	cr_assert_lt(strlen(path), sizeof(at.sun_path));
	strcpy(at.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

/* Takes callers in turn: a text each to answer with; NULL: hang up. */
struct odd {
	int fd;
	unsigned n;
	const char *const *texts;
};

static void *answer_oddly(void *arg)
{
	const struct odd *o = arg;
	char buf[1024];

	for (unsigned i = 0; i < o->n; i++) {
		const int fd = accept(o->fd, NULL, NULL);

		if (recv(fd, buf, sizeof(buf), 0) > 0 && o->texts[i])
			send(fd, o->texts[i], strlen(o->texts[i]), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void *serve(void *loop)
{
	loop_run(loop);
	return NULL;
}

static int end(void *loop, const json_t *request, json_t *reply, struct err *e)
{
	(void)request;
	(void)reply;
	(void)e;
	loop_stop(loop);
	return 0;
}

Test(control_ask, a_board)
{
	static const struct control_verb verbs[] = { { "echo", "says it again", echo },
						     { "end", "ends", end } };
	json_t *reply, *request;
	struct control *c;
	struct loop *l;
	pthread_t t;

	cr_assert_eq(loop_create(&l, &err), 0, "%s", err.text);
	cr_assert_eq(control_create(&c, path, l, verbs, 2, l, &err), 0, "%s", err.text);
	pthread_create(&t, NULL, serve, l);
	for (unsigned i = 0; i < 50; i++) {
		cr_assert_eq(ask(20000, &reply), 0, "%s", err.text);
		cr_expect_str_eq(json_string_value(json_object_get(
					 json_object_get(reply, "request"), "verb")),
				 "echo");
		json_decref(reply);
	}
	request = json_pack("{s:s}", "verb", "ecko");
	cr_expect_eq(control_ask(name, request, &reply, &err), -ENOENT);
	cr_expect(strstr(err.text, "did you mean \"echo\""), "%s", err.text);
	cr_expect_null(reply);
	json_object_set_new(request, "verb", json_string("end"));
	cr_expect_eq(control_ask(name, request, &reply, &err), 0, "%s", err.text);
	json_decref(reply);
	json_decref(request);
	pthread_join(t, NULL);
	control_destroy(c);
	loop_destroy(l);
	fails("it ended", -ECONNREFUSED, name);
}

Test(control_ask, nobody)
{
	int fd;

	fails("no socket", -ECONNREFUSED, "`cpx run -c FILE` starts one");
	fd = listening();
	close(fd);
	fails("left by a dead one", -ECONNREFUSED, name);
	snprintf(name, sizeof(name), "no-such-one");
	fails("no such instance", -ENOENT, "no-such-one");
	snprintf(name, sizeof(name), "../x");
	fails("no name", -EINVAL, "letter first");
}

Test(control_ask, somebody_else)
{
	static char much[70000];
	const char *const texts[] = {
		NULL,
		"",
		"nonsense",
		"[]",
		"{\"ok\":1}",
		"{\"ok\":false}",
		much,
		"{\"ok\":false,\"error\":\"full\",\"code\":28}",
		"{\"ok\":false,\"error\":\"full\",\"code\":-28}",
		"{\"ok\":false,\"error\":\"a\\u001b[2Jb\\u0007\",\"code\":5}"
	};
	struct odd o = { listening(), 10, texts };
	pthread_t t;

	memset(much, ' ', sizeof(much) - 1);
	pthread_create(&t, NULL, answer_oddly, &o);
	fails("hangs up", -ECONNRESET, "did it end?");
	fails("hangs up, too", -ECONNRESET, name);
	for (unsigned i = 0; i < 5; i++)
		fails("nonsense", -EPROTO, "of one version?");
	fails("its error", -ENOSPC, "full");
	fails("its error without a code", -EPROTO, "full");
	fails("for a terminal", -EIO, "a?[2Jb?");
	pthread_join(t, NULL);
	fails("nobody accepts", -ETIMEDOUT, "no answer within 200 ms");
	close(o.fd);
}
