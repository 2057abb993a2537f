/* SPDX-License-Identifier: BSD-3-Clause */
/* Replacing a file as a whole; config_write() in emit.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/emit.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -(n < 0 ? errno : EIO);
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A name is on the disk when its folder is. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) == 0 || errno == EINVAL ? 0 : -errno;
	close(fd);
	return ret;
}

static int fill(int fd, const char *path, const char *text, size_t len, unsigned mode)
{
	struct stat old;
	int ret;

	if (stat(path, &old) == 0) {
		mode = old.st_mode & 0777;
		if (fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM)
			return -errno;
	}
	if (fchmod(fd, mode) != 0)
		return -errno;
	ret = write_all(fd, text, len);
	if (!ret && fsync(fd) != 0)
		ret = -errno;
	return ret;
}

int config_write(const char *path, const char *text, size_t len, unsigned mode, struct err *err)
{
	char real[PATH_MAX], temporary[PATH_MAX + 16];
	struct stat st;
	int fd, ret;

	/* through a link: the file it names is replaced, not the link */
	if (!realpath(path, real))
		snprintf(real, sizeof(real), "%s", path);
	if (stat(real, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: is no file\ngive the path of a file", path);
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", real);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno,
			       "%s: cannot be written: %s\nwrite to a folder of your own", path,
			       strerror(errno));
	ret = fill(fd, real, text, len, mode);
	if (close(fd) != 0 && !ret)
		ret = -errno;
	if (!ret && rename(temporary, real) != 0)
		ret = -errno;
	if (ret) {
		unlink(temporary);
		return err_set(err, ret, "%s: cannot be written: %s\nwhat was there is unchanged",
			       path, strerror(-ret));
	}
	ret = sync_folder(real);
	return ret ? err_set(err, ret,
			     "%s: written, but its folder cannot be synced: %s\nit may be gone "
			     "after a power cut",
			     path, strerror(-ret))
		   : 0;
}
