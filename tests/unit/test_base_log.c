/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/base/log.c: what arrives on stderr: a pipe, a terminal, the journal; levels and long text. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/log.h"

static char seen[8192];
static int read_end = -1, saved_stderr = -1;

static void capture_fd(int writer, int reader)
{
	saved_stderr = dup(STDERR_FILENO);
	cr_assert(saved_stderr >= 0 && dup2(writer, STDERR_FILENO) >= 0);
	close(writer);
	read_end = reader;
}

static void capture_pipe(void)
{
	int fds[2];

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	capture_fd(fds[1], fds[0]);
}

static void capture_terminal(void)
{
	struct termios raw = { 0 };
	int master, slave;

	cr_assert_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	cr_assert_eq(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	cr_assert_eq(tcsetattr(slave, TCSANOW, &raw), 0);
	capture_fd(slave, master);
}

/* What was logged since the capture began; stderr is as before. */
static const char *captured(void)
{
	ssize_t n;

	fcntl(read_end, F_SETFL, O_NONBLOCK);
	n = read(read_end, seen, sizeof(seen) - 1);
	seen[n > 0 ? n : 0] = '\0';
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(read_end);
	return seen;
}

static void clean_environment(void)
{
	unsetenv("JOURNAL_STREAM");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
}

Test(log, plain_line_on_a_pipe, .init = clean_environment)
{
	capture_pipe();
	log_warn("port %s has %d lanes\n", "p0", 7);
	cr_assert_str_eq(captured(), "warn: port p0 has 7 lanes\n");
}

Test(log, level_decides, .init = clean_environment)
{
	capture_pipe();
	log_debug("unseen");
	log_info("seen");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("now seen");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("unseen");
	log_error("bad");
	cr_assert_str_eq(captured(), "info: seen\ndebug: now seen\nerror: bad\n");
}

Test(log, colour_on_a_terminal, .init = clean_environment)
{
	capture_terminal();
	log_error("bad");
	cr_assert_str_eq(captured(), "\033[1;31merror\033[0m: bad\n");
}

Test(log, no_color_is_obeyed, .init = clean_environment)
{
	setenv("NO_COLOR", "1", 1);
	capture_terminal();
	log_error("bad");
	cr_assert_str_eq(captured(), "error: bad\n");
}

Test(log, empty_no_color_means_nothing, .init = clean_environment)
{
	setenv("NO_COLOR", "", 1);
	capture_terminal();
	log_error("bad");
	cr_assert_eq(captured()[0], '\033');
}

Test(log, dumb_terminal_gets_no_colour, .init = clean_environment)
{
	setenv("TERM", "dumb", 1);
	capture_terminal();
	log_error("bad");
	cr_assert_str_eq(captured(), "error: bad\n");
}

Test(log, journal_gets_a_priority_on_each_line, .init = clean_environment)
{
	char id[64];
	struct stat st;

	capture_pipe();
	cr_assert_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(id, sizeof(id), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", id, 1);
	log_error("file:3:1\n  key: x\n  ^");
	log_info("up");
	cr_assert_str_eq(captured(), "<3>file:3:1\n<3>  key: x\n<3>  ^\n<6>up\n");
}

Test(log, journal_of_another_process_is_not_ours, .init = clean_environment)
{
	setenv("JOURNAL_STREAM", "1:2", 1);
	capture_pipe();
	log_info("up");
	cr_assert_str_eq(captured(), "info: up\n");
}

Test(log, long_text_is_cut_and_stays_one_line, .init = clean_environment)
{
	static char big[10000];
	size_t n;

	memset(big, 'x', sizeof(big) - 1);
	capture_pipe();
	log_info("%s", big);
	n = strlen(captured());
	cr_assert(n > 1000 && n < 4096, "%zu", n);
	cr_assert_str_eq(seen + n - 4, "...\n");
}

Test(log, many_empty_lines_stay_inside_the_buffer, .init = clean_environment)
{
	static char big[2000];

	memset(big, '\n', sizeof(big) - 1);
	big[0] = 'a';
	big[sizeof(big) - 2] = 'b';
	capture_pipe();
	log_info("%s", big);
	cr_assert(strncmp(captured(), "info: a\n\n", 9) == 0);
}

Test(log, errno_survives, .init = clean_environment)
{
	capture_pipe();
	errno = ENOLINK;
	log_info("x");
	cr_assert_eq(errno, ENOLINK);
	captured();
}
