/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct visit {
	int ns;
	int (*fn)(void *arg);
	void *arg;
	int ret;
};

static const char *path_of(char *out, size_t room, const char *name)
{
	snprintf(out, room, "%s%s", name[0] == '/' ? "" : "/run/netns/", name);
	return out;
}

/* A file of `ip netns add` whose namespace is not mounted on it (any more) is an empty file. */
static bool is_network_namespace(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == NSFS_MAGIC &&
	       ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

int netns_open(int *ns, const char *name, struct err *err)
{
	char path[PATH_MAX];
	const int fd = open(path_of(path, sizeof(path), name), O_RDONLY | O_CLOEXEC);
	const int code = errno;

	if (fd < 0 && (code == ENOENT || code == ENOTDIR))
		return err_set(err, -ENOENT,
			       "network namespace %s: there is no %s; make it with `ip netns add "
			       "%s`, or name one that `ip netns list` shows",
			       name, path, name[0] == '/' ? "NAME" : name);
	if (fd < 0)
		return err_set(err, -code,
			       "network namespace %s: cannot open %s (%s); run as root, or let "
			       "this user read it",
			       name, path, strerror(code));
	if (!is_network_namespace(fd)) {
		close(fd);
		return err_set(err, -EINVAL,
			       "network namespace %s: %s is no network namespace; make one with "
			       "`ip netns add NAME`",
			       name, path);
	}
	*ns = fd;
	return 0;
}

bool netns_is(int ns, const char *name)
{
	char path[PATH_MAX];
	struct stat is, was;

	return stat(path_of(path, sizeof(path), name), &is) == 0 && fstat(ns, &was) == 0 &&
	       is.st_dev == was.st_dev && is.st_ino == was.st_ino;
}

static void *visit(void *arg)
{
	struct visit *v = arg;

	v->ret = setns(v->ns, CLONE_NEWNET) == 0 ? v->fn(v->arg) : -errno;
	return NULL;
}

int netns_run(int ns, int (*fn)(void *arg), void *arg)
{
	struct visit v = { .ns = ns, .fn = fn, .arg = arg };
	pthread_t thread;
	int ret;

	if (ns == NETNS_OWN)
		return fn(arg);
	ret = pthread_create(&thread, NULL, visit, &v);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return v.ret;
}
