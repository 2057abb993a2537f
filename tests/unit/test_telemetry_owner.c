/* SPDX-License-Identifier: BSD-3-Clause */
/* Who owns a telemetry path: a second start, a dead owner, a full file system, modes (owner.c). */
#include "lib/telemetry/reader.h"
#include "tests/unit/telemetry_sample.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static unsigned files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;
	struct dirent *e;

	cr_assert_not_null(d);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static enum telemetry_life life_of(const char *path)
{
	struct telemetry_reader *r;
	enum telemetry_life life;

	cr_assert_eq(telemetry_reader_open(&r, path, NULL), 0);
	life = telemetry_reader_life(r);
	telemetry_reader_close(r);
	return life;
}

Test(telemetry_owner, modes_and_missing_folders)
{
	struct sample s;
	struct stat st;
	char path[128], folder[128];

	umask(0);
	sample_folder(&s);
	snprintf(folder, sizeof(folder), "%s/a", s.dir);
	snprintf(path, sizeof(path), "%s/a/b/telemetry", s.dir);
	s.params.path = path;
	cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
	cr_assert(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);
	cr_assert(stat(folder, &st) == 0 && (st.st_mode & 07777) == 0750);
	telemetry_destroy(s.t);
	s.t = NULL;
	unlink(path);
	snprintf(path, sizeof(path), "%s/a/b", s.dir);
	cr_assert_eq(files_in(path), 0, "a temporary file was left");
	rmdir(path);
	rmdir(folder);
	sample_remove(&s);
}

/* Every page is really there: a sparse file on a full tmpfs kills its writer. */
Test(telemetry_owner, file_is_not_sparse)
{
	struct sample s;
	struct stat st;

	sample_create(&s);
	cr_assert_eq(stat(s.path, &st), 0);
	cr_assert(st.st_blocks * 512 >= st.st_size);
	sample_remove(&s);
}

Test(telemetry_owner, second_owner_is_refused_with_the_pid)
{
	struct sample s;
	struct telemetry *second = NULL;
	struct err err;
	char pid[32];

	sample_create(&s);
	snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
	cr_assert_eq(telemetry_create(&second, &s.params, &err), -EEXIST);
	cr_assert_not_null(strstr(err.text, pid), "%s", err.text);
	cr_assert_not_null(strstr(err.text, s.path), "%s", err.text);
	cr_assert_eq(files_in(s.dir), 1);
	cr_assert_eq(life_of(s.path), TELEMETRY_LIFE_RUNNING, "the first must not suffer");
	sample_remove(&s);
}

/* A reader may take a lock too; it must not keep a board from starting. */
Test(telemetry_owner, readers_lock_does_not_count)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct sample s;
	int fd;

	sample_create(&s);
	telemetry_destroy(s.t);
	fd = open(s.path, O_RDONLY);
	cr_assert_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
	close(fd);
	sample_remove(&s);
}

/* A child that makes the segment, tells, and then waits to be killed in the middle of an update. */
static pid_t start_owner(const struct sample *s)
{
	int ready[2];
	char c;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct telemetry *t;

		if (telemetry_create(&t, &s->params, NULL) != 0)
			_exit(1);
		sample_fill(t);
		telemetry_block_begin(telemetry_lcore_lane(t, 0, 0));
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

Test(telemetry_owner, dead_owner_is_taken_over)
{
	struct telemetry_reader *r;
	struct telemetry_superblock before;
	struct sample s;
	struct err err = { 0 };
	uint64_t v = 0;
	pid_t pid;

	sample_folder(&s);
	pid = start_owner(&s);
	cr_assert_eq(telemetry_reader_open(&r, s.path, &err), 0, "%s", err.text);
	before = *telemetry_reader_superblock(r);
	cr_assert_eq(before.pid, (uint32_t)pid);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -EEXIST);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_DEAD);
	cr_assert_eq(telemetry_reader_follow(r), 0, "nobody has come yet");
	cr_assert_eq(telemetry_reader_snapshot(r, &err), 0, "last values stay: %s", err.text);
	cr_assert(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v) && v == 200000);
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), 0, "%s", err.text);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_REPLACED);
	cr_assert_eq(telemetry_reader_snapshot(r, &err), 0, "the old file stays readable");
	cr_assert_eq(telemetry_reader_follow(r), 1);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	cr_assert_neq(memcmp(telemetry_reader_superblock(r)->incarnation, before.incarnation, 16),
		      0);
	telemetry_publish(s.t);
	cr_assert_eq(telemetry_reader_snapshot(r, &err), 0);
	cr_assert(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v) && v == 0);
	telemetry_reader_close(r);
	sample_remove(&s);
}

Test(telemetry_owner, clean_end_and_deleted_file)
{
	struct telemetry_reader *r;
	struct sample s;

	sample_create(&s);
	sample_fill(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	telemetry_destroy(s.t);
	s.t = NULL;
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_STOPPED);
	cr_assert_eq(telemetry_reader_state(r), TELEMETRY_STATE_STOPPED);
	unlink(s.path);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_REPLACED);
	cr_assert_eq(telemetry_reader_follow(r), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	telemetry_reader_close(r);
	sample_remove(&s);
}

/* File deleted, then the folder too, while the board runs: the published values are back within a
 * second's heartbeats, of the same incarnation, and counters go on; nobody else can take the path.
 */
Test(telemetry_owner, deleted_while_running)
{
	static const struct telemetry_metric late = { .name = "late",
						      .unit = "x",
						      .help = "late",
						      .kind = TELEMETRY_COUNTER,
						      .scope = TELEMETRY_SCOPE_LCORE_LANE,
						      .slots = 1 };
	struct telemetry *second = NULL;
	struct telemetry_reader *r;
	struct telemetry_block *b;
	uint8_t incarnation[16];
	struct sample s;
	uint64_t before, v = 0;
	int slot = -1;

	sample_create(&s);
	sample_fill(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert(telemetry_value(r, telemetry_series(r, "lane_receive_packets"), 7, 0, &before));
	memcpy(incarnation, telemetry_reader_superblock(r)->incarnation, 16);
	for (int round = 1; round <= 3; round++) {
		cr_assert_eq(unlink(s.path), 0);
		if (round == 2)
			cr_assert_eq(rmdir(s.dir), 0);
		cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_REPLACED);
		for (int beat = 0; beat < 10; beat++) {
			sample_move(s.t, 0, 7, 1);
			telemetry_heartbeat(s.t);
		}
		if (round == 2) {
			slot = telemetry_register(s.t, &late, NULL);
			cr_assert_geq(slot, 0);
		}
		if (slot >= 0) {
			b = telemetry_lcore_lane(s.t, 2, 3);
			telemetry_block_begin(b);
			counter_add(&b->v[slot], 1);
			telemetry_block_end(b, 1);
		}
		cr_assert_eq(telemetry_reader_follow(r), 1, "round %d: no new file", round);
		cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
		cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0, "the last pass came along");
		cr_assert(
			telemetry_value(r, telemetry_series(r, "lane_receive_packets"), 7, 0, &v));
		cr_assert_eq(v, before + 10 * (round - 1));
		telemetry_publish(s.t);
		cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
		cr_assert(
			telemetry_value(r, telemetry_series(r, "lane_receive_packets"), 7, 0, &v));
		cr_assert_eq(v, before + 10 * round);
		cr_assert_eq(memcmp(telemetry_reader_superblock(r)->incarnation, incarnation, 16),
			     0);
		cr_assert_eq(telemetry_create(&second, &s.params, NULL), -EEXIST);
	}
	cr_assert(telemetry_value(r, telemetry_series(r, "late"), 3, 0, &v) && v == 2);
	telemetry_reader_close(r);
	sample_remove(&s);
}

/* A file of somebody else at our path is not replaced. */
Test(telemetry_owner, path_taken_by_another_file)
{
	struct sample s;
	struct stat before, after;
	char other[128];

	sample_create(&s);
	snprintf(other, sizeof(other), "%s/moved", s.dir);
	cr_assert_eq(rename(s.path, other), 0);
	close(open(s.path, O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(stat(s.path, &before), 0);
	for (int beat = 0; beat < 10; beat++)
		telemetry_heartbeat(s.t);
	cr_assert(stat(s.path, &after) == 0 && after.st_ino == before.st_ino && after.st_size == 0);
	unlink(other);
	sample_remove(&s);
}

/* What a start killed half-way left is removed by the next; files of others are not touched. */
Test(telemetry_owner, leftovers_are_removed)
{
	struct sample s;
	char left[128], other[128];

	sample_folder(&s);
	snprintf(left, sizeof(left), "%s/.telemetry.12345", s.dir);
	snprintf(other, sizeof(other), "%s/cpx.sock", s.dir);
	close(open(left, O_CREAT | O_WRONLY, 0640));
	close(open(other, O_CREAT | O_WRONLY, 0640));
	cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
	cr_assert_eq(access(left, F_OK), -1);
	cr_assert_eq(access(other, F_OK), 0);
	unlink(other);
	sample_remove(&s);
}

Test(telemetry_owner, not_a_regular_file)
{
	struct sample s;
	struct err err;

	sample_folder(&s);
	cr_assert_eq(mkdir(s.path, 0700), 0);
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -EEXIST);
	rmdir(s.path);
	cr_assert_eq(symlink("/etc/passwd", s.path), 0);
	cr_assert_lt(telemetry_create(&s.t, &s.params, &err), 0);
	unlink(s.path);
	cr_assert_eq(mkfifo(s.path, 0600), 0);
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -EEXIST);
	unlink(s.path);
	s.params.path = "/proc/nowhere/telemetry";
	cr_assert_lt(telemetry_create(&s.t, &s.params, &err), 0);
	sample_remove(&s);
}

/* Of many that start at once, exactly one owns the path. */
Test(telemetry_owner, one_of_many_starts)
{
	struct sample s;
	pid_t pids[8];
	int go[2], end[2], owners = 0, refused = 0;

	sample_folder(&s);
	cr_assert(pipe(go) == 0 && pipe(end) == 0);
	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct telemetry *t;
			char c;
			int ret;

			close(go[1]);
			close(end[1]);
			ret = (int)read(go[0], &c, 1); /* until the parent closes it */
			ret = telemetry_create(&t, &s.params, NULL);
			if (ret == 0)
				ret = (int)read(end[0], &c, 1); /* own it until all have tried */
			_exit(ret == 0 ? 0 : ret == -EEXIST ? 1 : 2);
		}
	}
	close(go[0]);
	close(go[1]);
	for (int n = 0; n < 7; n++) { /* the refused ones end first */
		int status;

		cr_assert(wait(&status) > 0 && WIFEXITED(status));
		cr_assert_eq(WEXITSTATUS(status), 1);
		refused++;
	}
	close(end[1]);
	for (int status; wait(&status) > 0;)
		owners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	cr_assert(owners == 1 && refused == 7);
	cr_assert_eq(files_in(s.dir), 1);
	sample_remove(&s);
}

/* A file system that is too small: a clear -ENOSPC, nothing left, no signal. */
Test(telemetry_owner, full_file_system)
{
	struct sample s;
	struct err err = { 0 };

	sample_folder(&s);
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", s.dir, "tmpfs", 0, "size=64k") != 0) {
		rmdir(s.dir);
		cr_skip_test("mounting a tmpfs needs root");
	}
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -ENOSPC);
	cr_assert_not_null(strstr(err.text, s.path), "%s", err.text);
	cr_assert_not_null(strstr(err.text, "df"), "%s", err.text);
	cr_assert_eq(files_in(s.dir), 0);
	s.params.n_lanes = 4;
	s.params.spare_entries = 0;
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), 0, "a small one fits: %s", err.text);
	telemetry_publish(s.t);
	telemetry_destroy(s.t);
	s.t = NULL;
	umount(s.dir);
	sample_remove(&s);
}
