/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/example.c: two of them say hello to each other, and one notices that the other went. */
#include <signal.h>

#include "tests/unit/fiber_pair.h"

int example_main(int argc, char **argv);
#define main example_main
#include "lib/fiber/example.c"
#undef main

static pid_t start(int argc, FILE **output)
{
	char *argv[] = { "example", socket_path, "server", NULL };
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		setlinebuf(stdout);
		_exit(example_main(argc, argv));
	}
	close(ends[1]);
	*output = fdopen(ends[0], "r");
	return pid;
}

static void expect_line(FILE *output, const char *words)
{
	char line[400];

	cr_assert_not_null(fgets(line, sizeof(line), output), "no \"%s\"", words);
	cr_assert_not_null(strstr(line, words), "%s", line);
}

Test(example, two_say_hello, .init = make_folder, .fini = remove_folder, .timeout = 60)
{
	FILE *server, *client;
	pid_t one = start(3, &server), other = start(2, &client);

	expect_line(server, "60 bytes: hello");
	expect_line(client, "60 bytes: hello");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	expect_line(server, "is gone");
	reap(one);
	fclose(server);
	fclose(client);
	cr_expect_neq(access(socket_path, F_OK), 0);
}
