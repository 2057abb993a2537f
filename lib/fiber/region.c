/* SPDX-License-Identifier: BSD-3-Clause */
/* region.h. Both sides write here, so there is no seal against that. */
#include "lib/fiber/region.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int make(struct fiber_region *r, const struct fiber_terms *terms, int *fd)
{
	int ret = fiber_layout_of(terms, &r->layout);

	if (ret == 0)
		ret = fiber_file_make(r->layout.region_bytes, terms->page_bytes == FIBER_PAGE_HUGE,
				      fd);
	if (ret < 0)
		return ret;
	if (fcntl(*fd, F_ADD_SEALS, SEALS) != 0)
		ret = -errno;
	if (ret == 0)
		ret = fiber_map(&r->map, *fd, r->layout.region_bytes, terms->page_bytes, true);
	if (ret == 0)
		return 0;
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
	terms->page_bytes = hugepages ? FIBER_PAGE_HUGE : FIBER_PAGE_SMALL;
	ret = make(r, terms, fd);
	if (ret < 0 && hugepages) {
		terms->page_bytes = FIBER_PAGE_SMALL;
		ret = make(r, terms, fd);
	}
	if (ret < 0)
		return ret;
	r->base = r->map.base;
	header = fiber_header_of(terms, &r->layout);
	memcpy(r->base, &header, sizeof(header));
	return 0;
}

int fiber_region_adopt(struct fiber_region *r, const struct fiber_terms *terms, uint64_t bytes,
		       int fd, const char **why)
{
	struct fiber_header want, got;
	int ret;

	*r = (struct fiber_region){ 0 };
	*why = "it can not be mapped";
	ret = fiber_terms_check(terms);
	if (ret == 0)
		ret = fiber_layout_of(terms, &r->layout);
	if (ret < 0 || bytes != r->layout.region_bytes) {
		*why = "its announced size does not follow from the terms";
		return -EPROTO;
	}
	ret = fiber_file_check(fd, bytes, F_SEAL_SHRINK, why);
	if (ret == 0)
		ret = fiber_map(&r->map, fd, bytes, terms->page_bytes, true);
	if (ret < 0)
		return ret;
	r->base = r->map.base;
	want = fiber_header_of(terms, &r->layout);
	memcpy(&got, r->base, sizeof(got));
	if (memcmp(&want, &got, sizeof(want)) != 0) {
		*why = "its header says another layout";
		fiber_region_unmap(r);
		return -EPROTO;
	}
	return 0;
}

void fiber_region_unmap(struct fiber_region *r)
{
	fiber_unmap(&r->map);
	*r = (struct fiber_region){ 0 };
}
