/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding the telemetry file of an instance, for its writer and for readers (path.h). */
#include "lib/telemetry/path.h"

#include "lib/telemetry/format.h"
#include "lib/telemetry/reader.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LEN  32 /* CONFIG_NAME_LEN */
#define ROOT_BASE "/run/cpx"

static bool name_ok(const char *s)
{
	return s[0] >= 'a' && s[0] <= 'z' && strlen(s) < NAME_LEN &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static int check_name(const char *instance, struct err *err)
{
	if (name_ok(instance))
		return 0;
	return err_set(err, -EINVAL,
		       "instance '%.64s': a name is 1..%d of a-z, 0-9, _ and -, a letter first",
		       instance, NAME_LEN - 1);
}

/* $XDG_RUNTIME_DIR/cpx if that folder is there and ours. */
static bool runtime_base(char *base, size_t len)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	return xdg != NULL && xdg[0] == '/' && stat(xdg, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 022) == 0 &&
	       (size_t)snprintf(base, len, "%s/cpx", xdg) < len;
}

/* Is this private folder ours and nobody else's? A link put there by another user is not. */
static bool private_ok(const char *base)
{
	struct stat st;

	return lstat(base, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 077) == 0;
}

static int join(char *buf, size_t len, const char *base, const char *instance, struct err *err)
{
	if ((size_t)snprintf(buf, len, "%s/%s/" TELEMETRY_FILE, base, instance) < len)
		return 0;
	return err_set(err, -ENAMETOOLONG,
		       "telemetry folder %.200s…: the path is too long. Set XDG_RUNTIME_DIR to a "
		       "shorter one",
		       base);
}

int telemetry_path(char *buf, size_t len, const char *instance, struct err *err)
{
	char base[TELEMETRY_PATH_LEN] = ROOT_BASE;
	int ret = check_name(instance, err);

	if (ret < 0)
		return ret;
	if (geteuid() != 0 && !runtime_base(base, sizeof(base))) {
		snprintf(base, sizeof(base), "/tmp/cpx-%u", (unsigned)geteuid());
		if (mkdir(base, 0700) != 0 && errno != EEXIST)
			return err_set(
				err, -errno,
				"telemetry folder %s can not be made: %s. Set XDG_RUNTIME_DIR to "
				"a folder of yours",
				base, strerror(errno));
		if (!private_ok(base))
			return err_set(err, -EPERM,
				       "telemetry folder %s belongs to somebody else or is open to "
				       "others. "
				       "Remove it, or set XDG_RUNTIME_DIR to a folder of yours",
				       base);
	}
	return join(buf, len, base, instance, err);
}

/* Folders a reader looks into, in order; returns how many. */
static unsigned reader_bases(char base[3][TELEMETRY_PATH_LEN])
{
	unsigned n = 0;

	if (geteuid() != 0) {
		if (runtime_base(base[n], TELEMETRY_PATH_LEN))
			n++;
		snprintf(base[n], TELEMETRY_PATH_LEN, "/tmp/cpx-%u", (unsigned)geteuid());
		if (private_ok(base[n]))
			n++;
	}
	snprintf(base[n++], TELEMETRY_PATH_LEN, ROOT_BASE);
	return n;
}

/* A folder or file of root's that this user may not read, named with the group that may. */
static int refused(const char *path, struct err *err)
{
	struct stat st;
	struct group *group = NULL;

	if (stat(path, &st) == 0 && st.st_gid != 0)
		group = getgrgid(st.st_gid);
	if (group == NULL)
		return err_set(
			err, -EACCES,
			"no cpx of this user is running, and %s may only be read by root. Use "
			"sudo, or make a group cpx before root's cpx starts and join it",
			path);
	return err_set(
		err, -EACCES,
		"no cpx of this user is running, and %s may only be read by group %s. Join it "
		"(usermod -aG %s USER, then log in again), or use sudo",
		path, group->gr_name, group->gr_name);
}

static int find_named(char *buf, size_t len, const char *instance, struct err *err)
{
	char base[3][TELEMETRY_PATH_LEN];
	unsigned n = reader_bases(base);
	struct stat st;
	int ret = check_name(instance, err);

	for (unsigned i = 0; i < n && ret == 0; i++) {
		ret = join(buf, len, base[i], instance, err);
		if (ret < 0 || stat(buf, &st) == 0)
			return ret;
		if (errno == EACCES)
			return refused(base[i], err);
	}
	if (ret < 0)
		return ret;
	return err_set(
		err, -ENOENT,
		"instance %s: no such cpx is running (no %s). Start it with: cpx run -c FILE, "
		"or try: cpx demo",
		instance, buf);
}

/* What a scan of the folders saw. */
struct scan {
	char live[TELEMETRY_PATH_LEN]; /* path of the first running one */
	char names[512];               /* of the running ones, separated by ", " */
	char left[NAME_LEN];           /* one that is not running */
	unsigned n_live;
	bool denied;
};

static void look_at(struct scan *s, const char *base, const char *name)
{
	char path[TELEMETRY_PATH_LEN];
	struct telemetry_reader *r;
	enum telemetry_life life;
	size_t used = strlen(s->names);

	if (!name_ok(name) || join(path, sizeof(path), base, name, NULL) < 0 ||
	    telemetry_reader_open(&r, path, NULL) < 0)
		return;
	life = telemetry_reader_life(r);
	telemetry_reader_close(r);
	if (life != TELEMETRY_LIFE_RUNNING && life != TELEMETRY_LIFE_STALLED) {
		snprintf(s->left, sizeof(s->left), "%.*s", NAME_LEN - 1, name);
		return;
	}
	if (s->n_live++ == 0)
		snprintf(s->live, sizeof(s->live), "%s", path);
	snprintf(s->names + used, sizeof(s->names) - used, "%s%s", used != 0 ? ", " : "", name);
}

static int find_running(char *buf, size_t len, struct err *err)
{
	char base[3][TELEMETRY_PATH_LEN];
	unsigned n = reader_bases(base);
	struct scan s = { 0 };

	for (unsigned i = 0; i < n; i++) {
		DIR *d = opendir(base[i]);
		struct dirent *e;

		if (d == NULL) {
			s.denied |= errno == EACCES;
			continue;
		}
		while ((e = readdir(d)) != NULL)
			look_at(&s, base[i], e->d_name);
		closedir(d);
	}
	if (s.n_live > 1)
		return err_set(err, -EEXIST,
			       "%u cpx instances are running: %s. Choose one with -i NAME",
			       s.n_live, s.names);
	if (s.n_live == 1) {
		if ((size_t)snprintf(buf, len, "%s", s.live) < len)
			return 0;
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", s.live);
	}
	if (s.denied)
		return refused(ROOT_BASE, err);
	if (s.left[0] != '\0')
		return err_set(err, -ENOENT,
			       "no cpx is running. Instance %s left its last values: read them "
			       "with -i %s, "
			       "or start one with: cpx run -c FILE",
			       s.left, s.left);
	return err_set(err, -ENOENT,
		       "no cpx is running. Start one with: cpx run -c FILE, or try: cpx demo");
}

int telemetry_find(char *buf, size_t len, const char *instance, struct err *err)
{
	return instance != NULL ? find_named(buf, len, instance, err) : find_running(buf, len, err);
}
