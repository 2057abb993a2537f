/* SPDX-License-Identifier: BSD-3-Clause */
/* mapping.h. The guards stay in production: a bound that fails is a fault here, not a leak. */
#include "lib/fiber/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21u << 26)
#endif

int fiber_file_make(uint64_t bytes, bool hugepages, int *fd)
{
	int ret;

	*fd = memfd_create("cpx-fiber", MFD_CLOEXEC | MFD_ALLOW_SEALING |
						(hugepages ? MFD_HUGETLB | MFD_HUGE_2MB : 0));
	if (*fd < 0)
		return -errno;
	if (ftruncate(*fd, (off_t)bytes) != 0) {
		ret = -errno;
		goto close_file;
	}
	do {
		ret = -posix_fallocate(*fd, 0, (off_t)bytes);
	} while (ret == -EINTR);
	if (ret == 0)
		return 0;
close_file:
	close(*fd);
	*fd = -1;
	return ret;
}

int fiber_file_check(int fd, uint64_t bytes, int seals, const char **why)
{
	struct stat st;
	int got;

	/* Seals exist on memory files only, so this also refuses every other kind of file. */
	got = fcntl(fd, F_GET_SEALS);
	if (got < 0 || (got & seals & F_SEAL_SHRINK) != (seals & F_SEAL_SHRINK)) {
		*why = "its file is not sealed against shrinking";
		return -EPROTO;
	}
	if ((got & seals) != seals) {
		*why = "its file lacks a seal";
		return -EPROTO;
	}
	if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size != bytes) {
		*why = "its file has not the announced size";
		return -EPROTO;
	}
	return 0;
}

int fiber_map(struct fiber_mapping *m, int fd, uint64_t bytes, uint32_t page, bool writable)
{
	uint8_t *at;

	*m = (struct fiber_mapping){ .bytes = bytes, .writable = writable };
	/* At least 4 KiB of guard on each side, and room for alignment. */
	m->reserved_bytes = bytes + 2ull * page;
	m->reserved = mmap(NULL, m->reserved_bytes, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->reserved == MAP_FAILED) {
		int ret = -errno;

		*m = (struct fiber_mapping){ 0 };
		return ret;
	}
	at = m->reserved + page - (uintptr_t)m->reserved % page;
	m->base = mmap(at, bytes, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0);
	if (m->base == MAP_FAILED) {
		int ret = -errno;

		munmap(m->reserved, m->reserved_bytes);
		*m = (struct fiber_mapping){ 0 };
		return ret;
	}
	return 0;
}

bool fiber_map_replace(const struct fiber_mapping *m, const void *address)
{
	const uintptr_t at = (uintptr_t)address, from = (uintptr_t)m->base;
	const int saved = errno;
	void *plain;

	if (m->base == NULL || at < from || at - from >= m->bytes)
		return false;
	plain = mmap(m->base, m->bytes, PROT_READ | (m->writable ? PROT_WRITE : 0),
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	errno = saved;
	return plain != MAP_FAILED;
}

void fiber_unmap(struct fiber_mapping *m)
{
	if (m->base != NULL)
		munmap(m->reserved, m->reserved_bytes);
	*m = (struct fiber_mapping){ 0 };
}
