/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody deleted the telemetry file or its folder while the board runs. Control thread, from
 * telemetry_heartbeat. Workers hold pointers into the deleted file's mapping and are not to be
 * disturbed, and the kernel gives a deleted file no new name; so the live blocks stay where they
 * are and everything readers of published values need moves to a new file: the same incarnation,
 * counters that go on. A reader sees another inode at the path and opens it. Fails silently and is
 * tried again at the next look; forwarding never depends on it.
 */
#include "lib/telemetry/segment.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void repair_if_deleted(struct telemetry *t)
{
	uint64_t size = t->layout.file_size;
	struct telemetry_entry *directory;
	struct owner owner;
	struct stat st;
	uint8_t *file;

	if (stat(t->path, &st) == 0 || errno != ENOENT)
		return; /* there, perhaps another's: leave it alone */
	if (owner_claim(&owner, t->path, size, NULL) < 0)
		return;
	file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, owner.fd, 0);
	if (file == MAP_FAILED) {
		owner_abandon(&owner);
		return;
	}
	memcpy(file, t->file, t->layout.area[TELEMETRY_SCOPE_PROCESS].live);
	memcpy(file + t->layout.published[0], t->file + t->layout.published[0],
	       2 * t->layout.published_bytes);
	directory = (void *)(file + t->layout.directory);
	for (unsigned i = 0; i < t->n_metrics; i++) {
		directory[i].instances = 0;
		directory[i].offset = 0;
		directory[i].stride = 0;
		directory[i].seq_offset = 0;
	}
	if (owner_commit(&owner, t->path, NULL) < 0) {
		munmap(file, size);
		return;
	}
	if (t->file != t->live)
		munmap(t->file, size);
	close(t->fd);
	t->fd = owner.fd;
	t->file = file;
	t->sb = (void *)file;
	t->directory = directory;
}
