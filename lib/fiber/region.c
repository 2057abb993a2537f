/* SPDX-License-Identifier: BSD-3-Clause */
/* region.h. The guards stay in production: a bound that fails is a fault here, not a leak. */
#include "lib/fiber/region.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21u << 26)
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int map(struct fiber_region *r, uint32_t page, int fd)
{
	const uint64_t bytes = r->layout.region_bytes;
	uint8_t *at;

	/* At least 4 KiB of guard on each side, and room for alignment. */
	r->reserved_bytes = bytes + 2ull * page;
	r->reserved = mmap(NULL, r->reserved_bytes, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->reserved == MAP_FAILED)
		return -errno;
	at = r->reserved + page - (uintptr_t)r->reserved % page;
	r->base = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd,
		       0);
	if (r->base == MAP_FAILED) {
		int ret = -errno;

		munmap(r->reserved, r->reserved_bytes);
		*r = (struct fiber_region){ 0 };
		return ret;
	}
	return 0;
}

static int make_file(const struct fiber_layout *l, bool huge, int *fd)
{
	int ret;

	*fd = memfd_create("cpx-fiber", MFD_CLOEXEC | MFD_ALLOW_SEALING |
						(huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0));
	if (*fd < 0)
		return -errno;
	if (ftruncate(*fd, (off_t)l->region_bytes) != 0) {
		ret = -errno;
		goto close_file;
	}
	do {
		ret = -posix_fallocate(*fd, 0, (off_t)l->region_bytes);
	} while (ret == -EINTR);
	if (ret == 0 && fcntl(*fd, F_ADD_SEALS, SEALS) != 0)
		ret = -errno;
	if (ret == 0)
		return 0;
close_file:
	close(*fd);
	*fd = -1;
	return ret;
}

int fiber_region_create(struct fiber_region *r, struct fiber_terms *terms, bool hugepages, int *fd)
{
	struct fiber_header header;
	int ret;

	*r = (struct fiber_region){ 0 };
	*fd = -1;
	for (;; hugepages = false) {
		terms->page_bytes = hugepages ? FIBER_PAGE_HUGE : FIBER_PAGE_SMALL;
		ret = fiber_layout_of(terms, &r->layout);
		if (ret == 0)
			ret = make_file(&r->layout, hugepages, fd);
		if (ret == 0)
			ret = map(r, terms->page_bytes, *fd);
		if (ret == 0)
			break;
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		if (!hugepages)
			return ret;
	}
	header = fiber_header_of(terms, &r->layout);
	memcpy(r->base, &header, sizeof(header));
	return 0;
}

int fiber_region_adopt(struct fiber_region *r, const struct fiber_terms *terms, uint64_t bytes,
		       int fd, const char **why)
{
	struct fiber_header want, got;
	struct stat st;
	int seals, ret;

	*r = (struct fiber_region){ 0 };
	*why = "it can not be mapped";
	ret = fiber_terms_check(terms);
	if (ret == 0)
		ret = fiber_layout_of(terms, &r->layout);
	if (ret < 0 || bytes != r->layout.region_bytes) {
		*why = "its announced size does not follow from the terms";
		return -EPROTO;
	}
	/* Seals exist on memory files only, so this also refuses every other kind of file. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK)) {
		*why = "its file is not sealed against shrinking";
		return -EPROTO;
	}
	if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size != bytes) {
		*why = "its file has not the announced size";
		return -EPROTO;
	}
	ret = map(r, terms->page_bytes, fd);
	if (ret < 0)
		return ret;
	want = fiber_header_of(terms, &r->layout);
	memcpy(&got, r->base, sizeof(got));
	if (memcmp(&want, &got, sizeof(want)) != 0) {
		*why = "its header says another layout";
		fiber_region_unmap(r);
		return -EPROTO;
	}
	return 0;
}

bool fiber_region_replace(const struct fiber_region *r, const void *address)
{
	const uintptr_t at = (uintptr_t)address, from = (uintptr_t)r->base;
	const int saved = errno;
	void *plain;

	if (r->base == NULL || at < from || at - from >= r->layout.region_bytes)
		return false;
	plain = mmap(r->base, r->layout.region_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	errno = saved;
	return plain != MAP_FAILED;
}

void fiber_region_unmap(struct fiber_region *r)
{
	if (r->base != NULL)
		munmap(r->reserved, r->reserved_bytes);
	*r = (struct fiber_region){ 0 };
}
