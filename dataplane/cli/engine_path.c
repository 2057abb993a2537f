/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the socket of an engine is. The folders are those of the telemetry segment, which are
 * checked to be ours there; "engines" stands where an instance's name would.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/cli/engine.h"
#include "lib/telemetry/path.h"

#define FOLDER "engines"

static int join(char path[ENGINE_PATH_LEN], const char *folder, const char *name, struct err *err)
{
	if ((size_t)snprintf(path, ENGINE_PATH_LEN, "%s/%s", folder, name) < ENGINE_PATH_LEN)
		return 0;
	return err_set(err, -ENAMETOOLONG,
		       "%s/%s: a socket's path has at most %d characters. Give it one with socket:",
		       folder, name, ENGINE_PATH_LEN - 1);
}

/* A folder that somebody chose, else NULL. */
static const char *chosen(void)
{
	const char *folder = getenv("CPX_ENGINES");

	return folder && folder[0] == '/' ? folder : NULL;
}

/* This user's folder for sockets. */
static int folder_of_ours(char folder[TELEMETRY_PATH_LEN], struct err *err)
{
	char *slash;
	int ret;

	if (chosen()) {
		snprintf(folder, TELEMETRY_PATH_LEN, "%s", chosen());
		return 0;
	}
	ret = telemetry_path(folder, TELEMETRY_PATH_LEN, FOLDER, err);
	slash = strrchr(folder, '/');
	if (ret == 0 && slash)
		*slash = '\0';
	return ret;
}

/* As the telemetry segment's folders are made: a new one goes to group cpx where we may. */
static int make(const char *folder, struct err *err)
{
	struct group *group = geteuid() == 0 ? getgrnam("cpx") : NULL;

	if (mkdir(folder, 0750) == 0) {
		if (chmod(folder, 0750) == 0 &&
		    (group == NULL || chown(folder, (uid_t)-1, group->gr_gid) == 0))
			return 0;
	} else if (errno == EEXIST) {
		return 0;
	}
	return err_set(err, -errno,
		       "folder %s cannot be made: %s. Make it, or give the socket's path with "
		       "socket:",
		       folder, strerror(errno));
}

int engine_path_new(char path[ENGINE_PATH_LEN], const char *name, struct err *err)
{
	char folder[TELEMETRY_PATH_LEN];
	int ret = folder_of_ours(folder, err);
	char *slash;

	if (ret != 0)
		return ret;
	slash = strrchr(folder, '/');
	if (slash > folder) {
		*slash = '\0';
		ret = make(folder, err);
		*slash = '/';
	}
	if (ret == 0)
		ret = make(folder, err);
	return ret ? ret : join(path, folder, name, err);
}

unsigned engine_path_folders(char folder[2][ENGINE_FOLDER_LEN])
{
	unsigned n = folder_of_ours(folder[0], NULL) == 0 ? 1 : 0;

	if (chosen())
		return n;
	snprintf(folder[n++], ENGINE_FOLDER_LEN, "/run/cpx/" FOLDER);
	return n == 2 && strcmp(folder[0], folder[1]) == 0 ? 1 : n;
}

int engine_path_find(char path[ENGINE_PATH_LEN], const char *target, struct err *err)
{
	char folder[2][ENGINE_FOLDER_LEN];
	unsigned n = engine_path_folders(folder);
	int ret;

	struct stat st;

	if (strchr(target, '/')) {
		if (strlen(target) >= ENGINE_PATH_LEN)
			return err_set(err, -ENAMETOOLONG,
				       "%.60s…: a socket's path has at most %d characters. Use a "
				       "shorter one",
				       target, ENGINE_PATH_LEN - 1);
		strcpy(path, target);
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		ret = join(path, folder[i], target, err);
		if (ret != 0 || lstat(path, &st) == 0)
			return ret;
	}
	return err_set(
		err, -ENOENT,
		"engine %.64s: no running board manages one of this name, and nobody serves it "
		"(no %s). Start it with cpx engine emulate -c FILE, or give the path of its "
		"socket",
		target, path);
}
