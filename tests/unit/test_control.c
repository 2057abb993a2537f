/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: requests become answers whatever they are, and a server that goes on with
 * clients that are slow, silent, many, garbled or gone. No board behind it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/ctl/control.h"

static char folder[] = "/tmp/cpx-unit-XXXXXX", path[64];
static struct loop *loop;
static struct control *control;
static unsigned calls;

static int add(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	unsigned a, b;
	int ret = control_number(request, "a", 0, 100, &a, err);

	if (!ret)
		ret = control_number(request, "b", 0, 100, &b, err);
	++*(unsigned *)arg;
	return ret ? ret : json_object_set_new(reply, "sum", json_integer(a + b));
}

static int say(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const char *text;
	int ret = control_text(request, "text", &text, err);

	++*(unsigned *)arg;
	return ret ? ret : json_object_set_new(reply, "text", json_string(text));
}

static int much(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	unsigned n;
	int ret = control_number(request, "bytes", 0, 1000000, &n, err);
	char *text = ret ? NULL : calloc(1, n + 1);

	++*(unsigned *)arg;
	if (!text)
		return ret;
	memset(text, 'x', n);
	json_object_set_new(reply, "text", json_string(text));
	free(text);
	return 0;
}

static int fail(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	(void)request;
	++*(unsigned *)arg;
	json_object_set_new(reply, "half", json_true());
	return err_set(err, -ENOSPC, "table is full; raise it");
}

static const struct control_verb verbs[] = {
	{ "add", "a, b: their sum", add },
	{ "say", "text: the same", say },
	{ "much", "bytes: so many", much },
	{ "fail", "fails", fail },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* The answer to a text as JSON; ok and code as wanted. */
static json_t *answer(const char *text, size_t len, bool ok, int code)
{
	size_t n;
	char *out = control_answer(verbs, N_VERBS, &calls, text, len, &n);
	json_t *o = out ? json_loadb(out, n, 0, NULL) : NULL;

	cr_assert_not_null(o, "to %.60s: %.200s", text, out ? out : "nothing");
	cr_assert_leq(n, CONTROL_MESSAGE_MAX);
	cr_assert_eq(json_is_true(json_object_get(o, "ok")), ok, "to %.60s: %.200s", text, out);
	cr_assert_eq(json_integer_value(json_object_get(o, "code")), code, "to %.60s: %.200s", text,
		     out);
	cr_assert_eq(json_is_string(json_object_get(o, "error")), !ok);
	free(out);
	return o;
}

static void yes(const char *text, const char *key, const char *wanted)
{
	json_t *o = answer(text, strlen(text), true, 0);
	char *value = json_dumps(json_object_get(o, key), JSON_ENCODE_ANY | JSON_COMPACT);

	cr_assert(value && strcmp(value, wanted) == 0, "to %s: %s", text, value);
	free(value);
	json_decref(o);
}

static void no(const char *text, int code, const char *says)
{
	json_t *o = answer(text, strlen(text), false, code);
	const char *error = json_string_value(json_object_get(o, "error"));

	cr_assert(strstr(error, says), "to %s: %s", text, error);
	cr_assert_null(json_object_get(o, "half"));
	json_decref(o);
}

Test(control, requests)
{
	yes("{\"verb\":\"add\",\"a\":40,\"b\":2}", "sum", "42");
	yes(" {\"b\": 0, \"verb\": \"add\", \"a\": 100, \"more\": [1, {}]}\n", "sum", "100");
	yes("{\"verb\":\"say\",\"text\":\"\\u00e4\\n\\\"[[[[[[[[[[[[[[[[[[[[[[[[\"}", "text",
	    "\"\xc3\xa4\\n\\\"[[[[[[[[[[[[[[[[[[[[[[[[\"");
	cr_assert_eq(calls, 3);
	json_decref(answer("{\"verb\":\"help\"}", 15, true, 0));
	no("", EINVAL, "byte");
	no("{", EINVAL, "byte");
	no("{\"verb\":\"add\",\"a\":40,\"b\":2", EINVAL, "byte");
	no("{\"verb\":\"add\",\"a\":40,\"b\":2}{}", EINVAL, "byte");
	no("{\"verb\":\"add\",\"verb\":\"say\"}", EINVAL, "duplicate");
	no("[]", EINVAL, "no object");
	no("{}", EINVAL, "\"verb\" is missing");
	no("{\"verb\":7}", EINVAL, "\"verb\" is missing or no text");
	no("{\"verb\":\"sai\"}", ENOENT, "did you mean \"say\"");
	no("{\"verb\":\"\"}", ENOENT, "lists them");
	no("{\"verb\":\"add\",\"a\":101,\"b\":2}", EINVAL, "from 0 to 100");
	no("{\"verb\":\"add\",\"a\":-1,\"b\":2}", EINVAL, "\"a\"");
	no("{\"verb\":\"add\",\"a\":1,\"b\":2.0}", EINVAL, "\"b\"");
	no("{\"verb\":\"add\",\"a\":1,\"b\":\"2\"}", EINVAL, "\"b\"");
	no("{\"verb\":\"add\",\"a\":9223372036854775807,\"b\":2}", EINVAL, "\"a\"");
	no("{\"verb\":\"add\",\"a\":99999999999999999999,\"b\":2}", EINVAL, "byte");
	no("{\"verb\":\"say\",\"text\":null}", EINVAL, "\"text\"");
	no("{\"verb\":\"fail\"}", ENOSPC, "raise it");
	no("{\"verb\":\"\xff\"}", EINVAL, "decode byte 0xff");
	json_decref(answer("{\"verb\":\"say\",\"text\":\"a\0b\"}", 27, false, EINVAL));
	no("{\"verb\":\"1234567890123456789012345678901234567\xc3\xa4\xc3\xa4\"}", ENOENT, "");
	yes("{\"verb\":\"much\",\"bytes\":10}", "text", "\"xxxxxxxxxx\"");
	no("{\"verb\":\"much\",\"bytes\":65536}", EMSGSIZE, "less at a time");
}

Test(control, depth_and_size)
{
	static char text[CONTROL_MESSAGE_MAX + 2];
	size_t len;

	for (unsigned depth = 0; depth < 40; depth++) {
		len = (size_t)sprintf(text, "{\"verb\":\"add\",\"a\":1,\"b\":1,\"x\":");
		for (unsigned i = 0; i < depth; i++)
			text[len++] = '[';
		text[len++] = '1';
		for (unsigned i = 0; i < depth; i++)
			text[len++] = ']';
		text[len++] = '}';
		json_decref(answer(text, len, depth < CONTROL_DEPTH_MAX,
				   depth < CONTROL_DEPTH_MAX ? 0 : EINVAL));
	}
	memset(text, '[', CONTROL_MESSAGE_MAX);
	json_decref(answer(text, CONTROL_MESSAGE_MAX, false, EINVAL));
	memset(text, ' ', sizeof(text));
	len = (size_t)sprintf(text, "{\"verb\":\"add\",\"a\":1,\"b\":1}");
	text[len] = ' ';
	json_decref(answer(text, CONTROL_MESSAGE_MAX, true, 0));
	json_decref(answer(text, CONTROL_MESSAGE_MAX + 1, false, EMSGSIZE));
}

/* A served socket. The loop runs on the test's thread, in turns of a few milliseconds. */
static void stop(void *arg)
{
	loop_stop(arg);
}

static void turn(void)
{
	struct loop_watch *w = loop_timer(loop, 5000000, stop, loop);

	cr_assert_eq(loop_run(loop), 0);
	loop_remove(loop, w);
}

static void serve(void)
{
	struct err err;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control", folder);
	cr_assert_eq(loop_create(&loop, &err), 0, "%s", err.text);
	cr_assert_eq(control_create(&control, path, loop, verbs, N_VERBS, &calls, &err), 0, "%s",
		     err.text);
}

static void leave(void)
{
	if (!path[0])
		return;
	unlink(path);
	rmdir(folder);
}

static void close_all(void)
{
	control_destroy(control);
	loop_destroy(loop);
	cr_expect_neq(access(path, F_OK), 0, "the socket is left");
	cr_expect_eq(rmdir(folder), 0);
}

static int client(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0, "%s", strerror(errno));
	return fd;
}

static const char sum[] = "{\"verb\":\"add\",\"a\":1,\"b\":2}";

/* Sends a request and gets 3 for it. */
static bool served(int fd)
{
	char buf[256];
	ssize_t n;

	if (send(fd, sum, strlen(sum), MSG_NOSIGNAL) < 0)
		return false;
	turn();
	n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 && strstr(buf, "\"sum\":3") && strstr(buf, "\"ok\":true");
}

TestSuite(control_socket, .fini = leave);

Test(control_socket, served)
{
	struct stat st;
	int a, b;

	serve();
	cr_expect_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600, "mode %o", st.st_mode & 0777);
	a = client();
	b = client();
	for (unsigned i = 0; i < 20; i++) {
		cr_assert(served(a));
		cr_assert(served(b));
	}
	cr_expect_eq(control_requests(control), 40);
	close(a);
	cr_assert(served(b));
	close(b);
	turn();
	cr_expect_eq(control_dropped(control), 0);
	close_all();
}

/* Bytes that are no request get an answer; who asks too much at once goes; others go on. */
Test(control_socket, garbage)
{
	static char big[CONTROL_MESSAGE_MAX * 2];
	char buf[512];
	int bad, good;

	serve();
	good = client();
	bad = client();
	srand(5);
	for (unsigned i = 0; i < 200; i++) {
		const size_t len = 1 + (size_t)rand() % sizeof(buf);

		for (size_t k = 0; k < len; k++)
			buf[k] = (char)rand();
		cr_assert_eq(send(bad, buf, len, MSG_NOSIGNAL), (ssize_t)len);
		turn();
		cr_assert_gt(recv(bad, buf, sizeof(buf), MSG_DONTWAIT), 0, "message %u", i);
	}
	cr_assert(served(bad), "half messages do not stick together");
	cr_assert(served(good));
	memset(big, ' ', sizeof(big));
	memset(buf, 0, sizeof(buf));
	cr_assert_eq(send(bad, big, sizeof(big), MSG_NOSIGNAL), (ssize_t)sizeof(big));
	turn();
	cr_assert_gt(recv(bad, buf, sizeof(buf), MSG_DONTWAIT), 0, "%s", strerror(errno));
	cr_expect(strstr(buf, "64 KiB") != NULL);
	cr_expect_eq(recv(bad, buf, sizeof(buf), MSG_DONTWAIT), 0, "hung up on");
	cr_expect_eq(control_dropped(control), 1);
	close(bad);
	cr_assert(served(good));
	close(good);
	close_all();
}

/* A client that asks and never listens is dropped; it holds nobody up. */
Test(control_socket, slow)
{
	static const char want[] = "{\"verb\":\"much\",\"bytes\":60000}";
	int slow, good, small = 1;
	unsigned i;

	serve();
	good = client();
	slow = client();
	setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (i = 0; i < 1000; i++) {
		if (send(slow, want, strlen(want), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		turn();
		cr_assert(served(good), "request %u", i);
	}
	cr_expect_lt(i, 1000);
	cr_expect_eq(control_dropped(control), 1);
	close(slow);
	close(good);
	close_all();
}

Test(control_socket, many)
{
	int fd[CONTROL_CLIENTS_MAX], more;
	char buf[256];

	serve();
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fd[i] = client();
		turn();
	}
	for (unsigned i = 0; i < 20; i++) {
		more = client();
		turn();
		cr_assert_gt(recv(more, buf, sizeof(buf), MSG_DONTWAIT), 0);
		cr_assert_eq(recv(more, buf, sizeof(buf), MSG_DONTWAIT), 0);
		close(more);
	}
	cr_expect_eq(control_dropped(control), 20);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		cr_assert(served(fd[i]));
	close(fd[3]);
	turn();
	more = client();
	cr_assert(served(more), "the place of one that went");
	close(more);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (i != 3)
			close(fd[i]);
	turn();
	close_all();
}

/* Clients that come and go in any order, some with requests that they do not wait for. */
Test(control_socket, coming_and_going)
{
	int fd[10];

	serve();
	memset(fd, -1, sizeof(fd));
	srand(11);
	for (unsigned i = 0; i < 300; i++) {
		const unsigned k = (unsigned)rand() % 10;

		if (fd[k] < 0)
			fd[k] = client();
		if (rand() % 2)
			send(fd[k], sum, strlen(sum), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (rand() % 2) {
			close(fd[k]);
			fd[k] = -1;
		}
		if (rand() % 4 == 0)
			turn();
	}
	for (unsigned k = 0; k < 10; k++)
		if (fd[k] >= 0)
			close(fd[k]);
	turn();
	fd[0] = client();
	cr_assert(served(fd[0]));
	close(fd[0]); /* control_destroy finds it open */
	close_all();
}

Test(control_socket, what_is_there_already)
{
	struct control *second;
	struct err err;
	int fd;

	serve();
	control_destroy(control);
	cr_assert_neq(access(path, F_OK), 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0); /* as a board leaves it that was killed */
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(at.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	cr_assert_eq(control_create(&control, path, loop, verbs, N_VERBS, &calls, &err), 0, "%s",
		     err.text);
	fd = client();
	cr_assert(served(fd));
	close(fd);
	control_destroy(control);
	fd = creat(path, 0600); /* no socket: somebody's file */
	close(fd);
	cr_expect_eq(control_create(&second, path, loop, verbs, N_VERBS, &calls, &err),
		     -EADDRINUSE);
	cr_expect(strstr(err.text, "remove what is there"), "%s", err.text);
	cr_expect_null(second);
	cr_expect_eq(access(path, F_OK), 0, "a file was removed");
	unlink(path);
	cr_expect_eq(control_create(&second,
				    "/tmp/a-path-of-more-than-one-hundred-and-seven-characters/"
				    "which-is-what-an-address-of-a-socket-has-room-for/control",
				    loop, verbs, N_VERBS, &calls, &err),
		     -ENAMETOOLONG);
	cr_expect_eq(control_create(&second, "/nowhere/at/all/control", loop, verbs, N_VERBS,
				    &calls, &err),
		     -ENOENT);
	control = NULL;
	close_all();
}
