/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/base/netns.c with namespaces of the test's own, which go with its process. */
#include "lib/base/netns.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;
static char path[64]; /* of the namespace the process began in */

/* The process in a namespace of its own; the one before stays open. */
static int leave(void)
{
	int fd, before;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)getpid());
	cr_assert_eq(netns_open(&before, path, &err), 0, "%s", err.text);
	if (unshare(CLONE_NEWNET) != 0)
		cr_skip_test("network namespaces need CAP_SYS_ADMIN");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert(netns_is(fd, path));
	cr_assert(!netns_is(before, path), "the name leads elsewhere now");
	close(fd);
	return before;
}

static int inode(void *arg)
{
	struct stat st;

	cr_assert_eq(stat("/proc/thread-self/ns/net", &st), 0);
	*(ino_t *)arg = st.st_ino;
	return 42;
}

Test(netns, runs_there_and_stays_here)
{
	const int before = leave();
	struct stat st;
	ino_t there = 0, here = 0;

	cr_assert_eq(fstat(before, &st), 0);
	cr_assert_eq(netns_run(before, inode, &there), 42);
	cr_assert_eq(there, st.st_ino);
	cr_assert_eq(netns_run(NETNS_OWN, inode, &here), 42);
	cr_assert_neq(here, there);
	close(before);
}

static int fails(void *arg)
{
	(void)arg;
	return -EXDEV;
}

Test(netns, results)
{
	const int before = leave(), file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cr_assert_eq(netns_run(before, fails, NULL), -EXDEV);
	cr_assert_eq(netns_run(file, fails, NULL), -EINVAL, "no namespace");
	cr_assert_eq(seteuid(65534), 0);
	cr_assert_eq(netns_run(before, fails, NULL), -EPERM, "no CAP_SYS_ADMIN");
	close(before);
	close(file);
}

Test(netns, refused_names)
{
	static const struct {
		const char *name, *says;
		int code;
	} cases[] = {
		{ "no-such-namespace-here", "`ip netns add no-such-namespace-here`", -ENOENT },
		{ "/no/such/file", "there is no /no/such/file", -ENOENT },
		{ "/dev/null", "is no network namespace", -EINVAL },
		{ "/proc/self/ns/uts", "is no network namespace", -EINVAL },
	};
	int fd = -7;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(netns_open(&fd, cases[i].name, &err), cases[i].code);
		cr_expect_not_null(strstr(err.text, cases[i].says), "%s", err.text);
		cr_expect_eq(fd, -7);
		cr_expect(!netns_is(STDIN_FILENO, cases[i].name));
	}
}
