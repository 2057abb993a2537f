/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/socket.c: who owns a path, and packets with descriptors. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/unit/fiber_pair.h"

TestSuite(fiber_socket, .init = make_folder, .fini = remove_folder);

static int try_server(struct fiber **f, struct err *err)
{
	*f = NULL;
	err->text[0] = '\0';
	return fiber_create(f, &(struct fiber_config){ .path = socket_path, .server = true }, err);
}

Test(fiber_socket, a_live_server_is_refused_with_its_pid)
{
	struct fiber *f, *second;
	struct err err;
	char pid[32];

	cr_assert_eq(try_server(&f, &err), 0);
	snprintf(pid, sizeof(pid), "pid %d", getpid());
	for (int i = 0; i < 30; i++) { /* more than its backlog holds */
		cr_expect_eq(try_server(&second, &err), -EADDRINUSE);
		cr_expect_null(second);
		cr_expect(strstr(err.text, pid) != NULL || i > 7, "%s", err.text);
		cr_expect_not_null(strstr(err.text, socket_path));
	}
	/* It was not disturbed. */
	struct fiber *client = new_fiber((struct fiber_config){ 0 });

	pump_until(client, f, FIBER_UP);
	fiber_destroy(client);
	fiber_destroy(f);
	cr_expect_neq(access(socket_path, F_OK), 0, "gone with its server");
}

static int sleep_forever(struct fiber *f)
{
	pause();
	return 0;
}

Test(fiber_socket, a_dead_servers_socket_is_taken_over)
{
	struct fiber *f, *client = new_fiber((struct fiber_config){ 0 });
	struct err err;
	pid_t pid = far_end((struct fiber_config){ .server = true }, sleep_forever);

	pump_until(client, NULL, FIBER_UP);
	cr_expect_eq(try_server(&f, &err), -EADDRINUSE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_expect_eq(access(socket_path, F_OK), 0);
	cr_assert_eq(try_server(&f, &err), 0, "%s", err.text);
	pump_until(client, f, FIBER_DOWN);
	fiber_quiescent(client);
	pump_until(client, f, FIBER_UP);
	fiber_destroy(client);
	fiber_destroy(f);
}

Test(fiber_socket, mode_is_0660_whatever_the_umask)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };

	for (unsigned i = 0; i < 4; i++) {
		struct fiber *f;
		struct err err;
		struct stat st;

		umask(masks[i]);
		cr_assert_eq(try_server(&f, &err), 0, "%s", err.text);
		cr_assert_eq(lstat(socket_path, &st), 0);
		cr_expect(S_ISSOCK(st.st_mode));
		cr_expect_eq(st.st_mode & 07777, 0660);
		fiber_destroy(f);
	}
}

Test(fiber_socket, what_is_no_socket_stays)
{
	struct fiber *f;
	struct err err;
	int fd = open(socket_path, O_CREAT | O_WRONLY, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
	cr_expect_eq(try_server(&f, &err), -EEXIST);
	cr_expect_eq(access(socket_path, F_OK), 0);
	unlink(socket_path);
	cr_assert_eq(symlink("/nowhere", socket_path), 0);
	cr_expect_eq(try_server(&f, &err), -EEXIST);
	unlink(socket_path);
	/* A live server of another kind. */
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_expect_eq(try_server(&f, &err), -EADDRINUSE);
	cr_expect_eq(access(socket_path, F_OK), 0);
	close(fd);
}

Test(fiber_socket, no_folder)
{
	struct fiber *f;
	struct err err;

	strcat(socket_path, "/deeper/fiber.sock");
	cr_expect_eq(try_server(&f, &err), -ENOENT);
	cr_expect_not_null(strstr(err.text, "folder"), "%s", err.text);
	snprintf(socket_path, sizeof(socket_path), "%s/fiber.sock", folder);
}

Test(fiber_socket, a_server_removes_only_its_own_socket)
{
	struct fiber *first, *second;
	struct err err;

	cr_assert_eq(try_server(&first, &err), 0);
	unlink(socket_path); /* somebody did */
	cr_assert_eq(try_server(&second, &err), 0);
	fiber_destroy(first);
	cr_expect_eq(access(socket_path, F_OK), 0);
	fiber_destroy(second);
	cr_expect_neq(access(socket_path, F_OK), 0);
}

Test(fiber_socket, packets_and_descriptors)
{
	int pair[2], fds[FIBER_MESSAGE_FDS], many[FIBER_MESSAGE_FDS];
	char data[64];
	unsigned before, n;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	before = open_fds();
	for (unsigned i = 0; i < FIBER_MESSAGE_FDS; i++)
		many[i] = pair[0];
	cr_expect_eq(fiber_socket_receive(pair[1], data, sizeof(data), fds, &n), -EAGAIN);
	cr_assert_eq(fiber_socket_send(pair[0], "abc", 3, many, FIBER_MESSAGE_FDS), 0);
	cr_expect_eq(fiber_socket_receive(pair[1], data, sizeof(data), fds, &n), 3);
	cr_expect_eq(n, FIBER_MESSAGE_FDS);
	for (unsigned i = 0; i < n; i++) {
		cr_expect(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		close(fds[i]);
	}
	/* Longer than the buffer: refused, with all it brought. */
	cr_assert_eq(fiber_socket_send(pair[0], folder, sizeof(folder), many, 5), 0);
	cr_expect_eq(fiber_socket_receive(pair[1], data, 8, fds, &n), -EBADMSG);
	cr_expect_eq(n, 0);
	cr_expect_eq(open_fds(), before);
	close(pair[0]);
	cr_expect_eq(fiber_socket_receive(pair[1], data, 8, fds, &n), 0);
	close(pair[1]);
}
