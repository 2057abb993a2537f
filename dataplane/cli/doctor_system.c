/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about the kernel and the file system. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dataplane/cli/doctor.h"
#include "lib/telemetry/path.h"

void check_io_uring(const struct doctor *d, struct finding *f)
{
	struct io_uring ring;
	struct utsname name;
	int ret = io_uring_queue_init(64, &ring, 0);

	if (uname(&name) < 0)
		name.release[0] = '\0';
	if (ret == 0) {
		io_uring_queue_exit(&ring);
		found(f, DOCTOR_OK, "a ring could be set up (Linux %.60s)", name.release);
		return;
	}
	found(f, DOCTOR_BLOCKED, "no ring: %s (Linux %.60s)", strerror(-ret), name.release);
	why(f, "the control thread does all its timers, signals and sockets through one");
	if (ret == -ENOSYS)
		fix(f, "use a kernel with io_uring (5.10 or newer, CONFIG_IO_URING)");
	else if (file_number(0, "/proc/sys/kernel/io_uring_disabled") > 0)
		fix(f, "%ssysctl -w kernel.io_uring_disabled=0", as_root(d));
	else if (ret == -ENOMEM)
		fix(f, "ulimit -l 8192   (memory that may be locked; kernels before 5.12 count the "
		       "ring)");
	else
		fix(f, "allow io_uring_setup, io_uring_enter, io_uring_register in the container's "
		       "seccomp profile");
	blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
}

/* The deepest folder of path that exists; path is shortened to it. */
static void existing_folder(char *path)
{
	while (access(path, F_OK) != 0) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path) {
			strcpy(path, "/");
			return;
		}
		*slash = '\0';
	}
}

void check_runtime_folder(const struct doctor *d, struct finding *f)
{
	enum { ENOUGH_KB = 4096 };
	char path[TELEMETRY_PATH_LEN], folder[TELEMETRY_PATH_LEN];
	struct err err = { "" };
	struct statvfs fs;
	unsigned long long free_kb;

	why(f, "the telemetry of a board is a file there; without it a board does not start");
	if (telemetry_path(path, sizeof(path), d->config ? d->config->instance : "cpx", &err) < 0) {
		found(f, DOCTOR_BLOCKED, "%.*s", (int)strcspn(err.text, "\n"), err.text);
		fix(f, "export XDG_RUNTIME_DIR=/run/user/$(id -u)");
		blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
		return;
	}
	*strrchr(path, '/') = '\0';
	memcpy(folder, path, sizeof(folder));
	existing_folder(folder);
	if (access(folder, W_OK | X_OK) != 0) {
		found(f, DOCTOR_BLOCKED, "%.120s: %.120s cannot be written", path, folder);
		fix(f, "%sinstall -d -m 0750 -o %u %.120s", as_root(d), geteuid(), path);
		blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
		return;
	}
	if (statvfs(folder, &fs) == 0) {
		free_kb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 10;
		if (free_kb < ENOUGH_KB) {
			found(f, DOCTOR_BLOCKED, "%.120s has %llu KB free, %d needed", folder,
			      free_kb, ENOUGH_KB);
			fix(f, "df -h %.120s; remove what fills it", folder);
			blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
			return;
		}
	}
	found(f, DOCTOR_OK, "%.200s", path);
}

/* A running board holds a write lock on the first byte of its telemetry file. */
void check_instance(const struct doctor *d, struct finding *f)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	char path[TELEMETRY_PATH_LEN];
	struct err err;
	int fd;

	if (!d->config || telemetry_path(path, sizeof(path), d->config->instance, &err) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		found(f, DOCTOR_OK, "%s is free", d->config->instance);
		return;
	}
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
		found(f, DOCTOR_BLOCKED, "%s is running already", d->config->instance);
		why(f, "two boards on one machine need two names");
		fix(f, "stop it, or put another `instance:` in the file; `cpx show board -i %s`",
		    d->config->instance);
		blocks(f, BLOCKS_RUN);
	} else {
		found(f, DOCTOR_OK, "%s is free", d->config->instance);
	}
	close(fd);
}
