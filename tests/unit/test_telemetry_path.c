/* SPDX-License-Identifier: BSD-3-Clause */
/* Where an instance's telemetry file is, for its writer and its readers (path.c). */
#include "lib/telemetry/path.h"

#include "tests/unit/telemetry_sample.h"

#include <errno.h>
#include <sys/stat.h>

#define NOBODY 65534

/* The rest of the test as an ordinary user; the test is a process of its own. */
static void become_nobody(void)
{
	if (geteuid() == 0)
		cr_assert(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

Test(telemetry_path, names)
{
	static const char *const bad[] = {
		"",   ".",  "..",  "a/b", "../x", "A",        "1a",
		"-a", "_a", "a b", "a\n", "a.b",  "\xc3\xa9", "a2345678901234567890123456789012"
	};
	char path[TELEMETRY_PATH_LEN];
	struct err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(telemetry_path(path, sizeof(path), bad[i], &err), -EINVAL, "%s",
			     bad[i]);
		cr_assert_eq(telemetry_find(path, sizeof(path), bad[i], &err), -EINVAL, "%s",
			     bad[i]);
	}
	cr_assert_eq(telemetry_path(path, sizeof(path), "a-1_b", &err), 0);
	cr_assert_eq(telemetry_path(path, 10, "cpx", &err), -ENAMETOOLONG);
}

Test(telemetry_path, root)
{
	char path[TELEMETRY_PATH_LEN];

	if (geteuid() != 0)
		cr_skip_test("only root writes to /run/cpx");
	setenv("XDG_RUNTIME_DIR", "/tmp", 1);
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", NULL), 0);
	cr_assert_str_eq(path, "/run/cpx/cpx/telemetry");
}

Test(telemetry_path, runtime_folder_of_a_user)
{
	char dir[] = "/tmp/cpx-test-XXXXXX", path[TELEMETRY_PATH_LEN], wanted[TELEMETRY_PATH_LEN];

	become_nobody();
	cr_assert_not_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	snprintf(wanted, sizeof(wanted), "%s/cpx/cpx/telemetry", dir);
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", NULL), 0);
	cr_assert_str_eq(path, wanted);
	chmod(dir, 0777); /* others could put a file there */
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", NULL), 0);
	cr_assert_neq(strncmp(path, dir, strlen(dir)), 0);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", NULL), 0);
	cr_assert_eq(path[0], '/');
	rmdir(dir);
	*strrchr(path, '/') = '\0'; /* the private folder it fell back to */
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* The folder under /tmp must be ours alone, or it is not used. */
Test(telemetry_path, private_folder)
{
	char path[TELEMETRY_PATH_LEN], base[64], wanted[128];
	struct stat st;
	struct err err;

	become_nobody();
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(base, sizeof(base), "/tmp/cpx-%u", (unsigned)geteuid());
	if (access(base, F_OK) == 0)
		cr_skip_test("there is a private folder already");
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", &err), 0);
	snprintf(wanted, sizeof(wanted), "%s/cpx/telemetry", base);
	cr_assert_str_eq(path, wanted);
	cr_assert(stat(base, &st) == 0 && (st.st_mode & 07777) == 0700);
	chmod(base, 0755);
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", &err), -EPERM);
	cr_assert_not_null(strstr(err.text, base));
	rmdir(base);
	cr_assert_eq(symlink("/", base), 0);
	cr_assert_eq(telemetry_path(path, sizeof(path), "cpx", &err), -EPERM);
	unlink(base);
}

/* Without a name: the one that runs; none or several say what to do. */
Test(telemetry_path, find_what_runs)
{
	char dir[] = "/tmp/cpx-test-XXXXXX", found[TELEMETRY_PATH_LEN];
	char path[2][TELEMETRY_PATH_LEN];
	struct telemetry *t[2];
	struct telemetry_params p = { .metrics = sample_metrics, .n_metrics = 1, .n_lcores = 1 };
	struct err err;

	become_nobody();
	cr_assert_not_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	switch (telemetry_find(found, sizeof(found), "nobody-here", &err)) {
	case -ENOENT:
		cr_assert_not_null(strstr(err.text, "cpx run"), "%s", err.text);
		break;
	case -EACCES: /* a board of root's runs on this machine */
		cr_assert_not_null(strstr(err.text, "/run/cpx"), "%s", err.text);
		break;
	default:
		cr_assert(false, "%s", err.text);
	}
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(telemetry_path(path[i], sizeof(path[i]), i != 0 ? "two" : "one", &err),
			     0);
		p.path = path[i];
		cr_assert_eq(telemetry_create(&t[i], &p, &err), 0, "%s", err.text);
	}
	cr_assert_eq(telemetry_find(found, sizeof(found), "one", &err), 0);
	cr_assert_str_eq(found, path[0]);
	cr_assert_eq(telemetry_find(found, sizeof(found), NULL, &err), -EEXIST);
	cr_assert_not_null(strstr(err.text, "-i"), "%s", err.text);
	telemetry_destroy(t[0]);
	if (telemetry_find(found, sizeof(found), NULL, &err) ==
	    0) /* no other board on this machine */
		cr_assert_str_eq(found, path[1]);
	telemetry_destroy(t[1]);
	cr_assert_eq(telemetry_find(found, sizeof(found), "two", &err), 0, "last values stay");
	for (int i = 0; i < 2; i++) {
		unlink(path[i]);
		*strrchr(path[i], '/') = '\0';
		rmdir(path[i]);
	}
	snprintf(found, sizeof(found), "%s/cpx", dir);
	rmdir(found);
	cr_assert_eq(rmdir(dir), 0);
}
