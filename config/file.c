/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

int file_too_big(const char *name, struct err *err)
{
	return err_set(err, -EFBIG,
		       "%s: larger than %u MiB, no configuration needs that\n"
		       "is it the right file? load many routes through the control socket instead",
		       name, CONFIG_MAX_FILE_BYTES >> 20);
}

/* What a path names that is no regular file, or NULL. */
static const char *odd_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return NULL;
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

/* All of fd into *text, one byte more than allowed at most. Length or -errno. */
static ssize_t read_all(int fd, char *text, size_t room)
{
	size_t used = 0;

	while (used < room) {
		ssize_t n = read(fd, text + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

/* All of it, or one byte more than CONFIG_MAX_FILE_BYTES, into memory that grows where `size`,
 * which the kernel said, was too little (a file that grows, or one of /proc). */
static int take_all(int fd, size_t size, char **out, size_t *len)
{
	size_t room = size < 65536 ? 65536 : size;
	char *text = NULL;

	*len = 0;
	for (;;) {
		char *grown = realloc(text, room + 1);
		const ssize_t n = grown ? read_all(fd, grown + *len, room + 1 - *len) : -ENOMEM;

		text = grown ? grown : text;
		if (n < 0) {
			free(text);
			return (int)n;
		}
		*len += (size_t)n;
		if (*len <= room || room == CONFIG_MAX_FILE_BYTES)
			break;
		room = room * 2 > CONFIG_MAX_FILE_BYTES ? CONFIG_MAX_FILE_BYTES : room * 2;
	}
	*out = text;
	return 0;
}

static int unreadable(const char *path, int code, struct err *err)
{
	const char *remedy = "check the path and its permissions";

	if (code == -ENOENT)
		remedy = "check the path; `cpx check --schema` shows how to write a file";
	else if (code == -EACCES || code == -EPERM)
		remedy = "let this user read it, or run as its owner";
	return err_set(err, code, "%s: cannot be read: %s\n%s", path, strerror(-code), remedy);
}

int file_read(const char *path, char **out, size_t *out_len, struct err *err)
{
	/* O_NONBLOCK: opening a pipe nobody writes to must not wait */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), ret = 0;
	struct stat st;
	const char *odd;
	char *text = NULL;
	size_t len;

	if (fd < 0)
		return unreadable(path, -errno, err);
	if (fstat(fd, &st) < 0) {
		ret = unreadable(path, -errno, err);
		goto close_file;
	}
	odd = odd_kind(st.st_mode);
	if (odd) {
		ret = err_set(err, -EINVAL, "%s: is %s, not a file\ngive the path of a YAML file",
			      path, odd);
		goto close_file;
	}
	if (st.st_size > (off_t)CONFIG_MAX_FILE_BYTES) {
		ret = file_too_big(path, err);
		goto close_file;
	}
	ret = take_all(fd, (size_t)st.st_size, &text, &len);
	if (ret < 0) {
		ret = ret == -ENOMEM
			      ? err_set(err, -ENOMEM, "%s: out of memory while reading it", path)
			      : unreadable(path, ret, err);
		goto close_file;
	}
	*out = text;
	*out_len = len;
close_file:
	close(fd);
	return ret;
}
