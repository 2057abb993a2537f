/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who owns a telemetry path. Control thread, at start only. The owner holds an OFD write lock on
 * byte 0 of the file for its whole life; the kernel drops it when the process dies in any way, so a
 * file left by a dead owner never needs cleaning up by hand and a live one is never replaced. The
 * test asks for a read lock: a reader may take one itself, and must not look like an owner.
 *
 * Two starts at the same time are kept apart by flock() on the folder, held only while starting.
 */
#include "lib/telemetry/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <dirent.h>
#include <grp.h>

#define TEMP_PREFIX ".telemetry."

/* Does another open file of this file hold the owner's lock? */
static bool owned(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Every missing folder of `dir`, 0750; a new one goes to group cpx where we may. */
static int make_folders(const char *dir, struct err *err)
{
	struct group *group = geteuid() == 0 ? getgrnam("cpx") : NULL;
	char part[4096];
	size_t len = strlen(dir);

	if (len >= sizeof(part))
		return err_set(err, -ENAMETOOLONG, "telemetry folder: the path is %zu bytes long",
			       len);
	for (size_t i = 1; i <= len; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		memcpy(part, dir, i);
		part[i] = '\0';
		if (mkdir(part, 0750) == 0) {
			if (chmod(part, 0750) != 0 ||
			    (group != NULL && chown(part, (uid_t)-1, group->gr_gid) != 0))
				return err_set(err, -errno, "telemetry folder %s: %s", part,
					       strerror(errno));
		} else if (errno != EEXIST && errno != EROFS && errno != EACCES) {
			return err_set(
				err, -errno,
				"telemetry folder %s can not be made: %s. Make it, or choose "
				"another place",
				part, strerror(errno));
		}
	}
	return 0;
}

static int open_folder(struct owner *o, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096] = ".";
	int ret;

	if ((size_t)snprintf(o->name, sizeof(o->name), "%s", slash != NULL ? slash + 1 : path) >=
		    sizeof(o->name) ||
	    o->name[0] == '\0')
		return err_set(err, -EINVAL, "telemetry file %s: the last part is no file name",
			       path);
	if (slash != NULL) {
		if ((size_t)(slash - path) >= sizeof(dir))
			return err_set(err, -ENAMETOOLONG, "telemetry file: the path is too long");
		snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
		ret = make_folders(dir, err);
		if (ret < 0)
			return ret;
	}
	o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir < 0)
		return err_set(
			err, -errno,
			"telemetry folder %s can not be opened: %s. Make it writable for this "
			"user, or set XDG_RUNTIME_DIR to a folder that is",
			dir, strerror(errno));
	for (int tries = 0; flock(o->dir, LOCK_EX | LOCK_NB) != 0; tries++) {
		struct timespec pause = { .tv_nsec = 10000000 };

		if (errno != EWOULDBLOCK || tries == 200)
			return err_set(
				err, -EBUSY,
				"telemetry folder %s: another cpx has been starting here for 2 s. "
				"Wait for it, or choose another instance name",
				dir);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* -EEXIST when a live process owns the name; a dead one's file will simply be replaced. */
static int refuse_live_owner(const struct owner *o, const char *path, struct err *err)
{
	int fd = openat(o->dir, o->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct telemetry_superblock sb = { 0 };
	struct stat st;
	int ret = 0;

	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : err_set(err, -errno,
					 "telemetry file %s is there but can not be opened: %s. "
					 "Remove it, or choose another instance name",
					 path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		ret = err_set(err, -EEXIST, "telemetry file %s is not a regular file. Remove it",
			      path);
	else if (owned(fd)) {
		bool known = pread(fd, &sb, sizeof(sb), 0) == sizeof(sb) && sb.pid != 0;
		bool same = stat("/proc/self/ns/pid", &st) == 0 && sb.pid_namespace == st.st_ino;

		ret = err_set(err, -EEXIST,
			      "telemetry file %s belongs to a running cpx, pid %u%s. Stop it first "
			      "(kill %u), or choose another instance name",
			      path, known ? sb.pid : 0, same ? "" : " of another container",
			      known ? sb.pid : 0);
	}
	close(fd);
	return ret;
}

/* New files that a start killed in the middle left behind: ours to remove, we hold the folder. */
static void remove_leftovers(const struct owner *o)
{
	int copy = dup(o->dir);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (copy >= 0)
			close(copy);
		return;
	}
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		int fd;

		if (strncmp(e->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0)
			continue;
		fd = openat(o->dir, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!owned(fd))
			unlinkat(o->dir, e->d_name, 0);
		close(fd);
	}
	closedir(d);
}

static int allocate(struct owner *o, const char *path, uint64_t size, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
	struct group *group = geteuid() == 0 ? getgrnam("cpx") : NULL;
	int ret;

	o->fd = openat(o->dir, o->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (o->fd < 0) {
		ret = -errno;
		o->temp[0] = '\0';
		return err_set(err, ret, "telemetry file %s can not be made: %s. %s", path,
			       strerror(-ret),
			       ret == -ENOSPC ? "Free space on that file system (df shows it)"
					      : "Make its folder writable for this user");
	}
	if (fchmod(o->fd, 0640) != 0 ||
	    (group != NULL && fchown(o->fd, (uid_t)-1, group->gr_gid) != 0) ||
	    fcntl(o->fd, F_OFD_SETLK, &lock) != 0)
		return err_set(err, -errno, "telemetry file %s can not be set up: %s", path,
			       strerror(errno));
	/* Reserve every page now: a sparse file on a full tmpfs kills its writer by SIGBUS. */
	do {
		ret = -posix_fallocate(o->fd, 0, (off_t)size);
	} while (ret == -EINTR);
	if (ret < 0)
		return err_set(
			err, ret,
			"telemetry file %s: %llu KiB can not be reserved: %s. Free space on that "
			"file system (df shows it), or configure fewer lanes or workers",
			path, (unsigned long long)size / 1024, strerror(-ret));
	return 0;
}

int owner_claim(struct owner *o, const char *path, uint64_t size, struct err *err)
{
	int ret;

	*o = (struct owner){ .dir = -1, .fd = -1 };
	ret = open_folder(o, path, err);
	if (ret == 0)
		ret = refuse_live_owner(o, path, err);
	if (ret < 0)
		goto abandon;
	remove_leftovers(o);
	snprintf(o->temp, sizeof(o->temp), TEMP_PREFIX "%d", (int)getpid());
	ret = allocate(o, path, size, err);
	if (ret == 0)
		return 0;
abandon:
	owner_abandon(o);
	return ret;
}

int owner_commit(struct owner *o, const char *path, struct err *err)
{
	if (renameat(o->dir, o->temp, o->dir, o->name) != 0) {
		int ret = err_set(err, -errno, "telemetry file %s can not be put in place: %s",
				  path, strerror(errno));

		owner_abandon(o);
		return ret;
	}
	close(o->dir); /* and with it the folder's lock */
	return 0;
}

void owner_abandon(struct owner *o)
{
	if (o->temp[0] != '\0' && o->dir >= 0)
		unlinkat(o->dir, o->temp, 0);
	if (o->fd >= 0)
		close(o->fd);
	if (o->dir >= 0)
		close(o->dir);
}
