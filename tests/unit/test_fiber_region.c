/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/region.c: what is made is sealed and guarded; what is not right is refused. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/order.h"
#include "lib/fiber/region.h"

static struct fiber_terms terms = { FIBER_FEATURE_HASH, 2, 5, 512, 8, FIBER_PAGE_SMALL };
static sigjmp_buf back;

static void fault(int sig)
{
	siglongjmp(back, sig);
}

/* Can this byte be touched? */
static bool touches(volatile uint8_t *at)
{
	if (sigsetjmp(back, 1) != 0)
		return false;
	*at = *at;
	return true;
}

static void catch_faults(void)
{
	signal(SIGSEGV, fault);
	signal(SIGBUS, fault);
}

Test(region, guarded_on_both_sides_to_the_byte)
{
	struct fiber_region r;
	int fd;

	catch_faults();
	cr_assert_eq(fiber_region_create(&r, &terms, false, &fd), 0);
	cr_expect(touches(r.base));
	cr_expect_not(touches(r.base - 1));
	cr_expect(touches(r.base + r.layout.region_bytes - 1));
	cr_expect_not(touches(r.base + r.layout.region_bytes));
	cr_expect_not(touches(r.base + r.layout.region_bytes + 4095));
	uint8_t *old = r.base;

	fiber_region_unmap(&r);
	cr_expect_null(r.base);
	cr_expect_not(touches(old));
	fiber_region_unmap(&r);
	close(fd);
}

Test(region, sealed)
{
	struct fiber_region r;
	int fd;

	cr_assert_eq(fiber_region_create(&r, &terms, false, &fd), 0);
	cr_expect_eq(ftruncate(fd, 0), -1);
	cr_expect_eq(ftruncate(fd, (off_t)r.layout.region_bytes * 2), -1);
	cr_expect_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	fiber_region_unmap(&r);
	close(fd);
}

static const char *why;

static int adopt(const struct fiber_terms *t, uint64_t bytes, int fd)
{
	struct fiber_region r;
	int ret = fiber_region_adopt(&r, t, bytes, fd, &why);

	cr_expect_eq(r.base != NULL, ret == 0);
	fiber_region_unmap(&r);
	return ret;
}

Test(region, the_receiver_takes_only_what_it_worked_out)
{
	struct fiber_region r;
	uint64_t bytes;
	int fd;

	cr_assert_eq(fiber_region_create(&r, &terms, false, &fd), 0);
	bytes = r.layout.region_bytes;
	cr_expect_eq(adopt(&terms, bytes, fd), 0);
	for (unsigned shift = 0; shift < 64; shift++) {
		cr_expect_eq(adopt(&terms, bytes ^ 1ull << shift, fd), -EPROTO);
		cr_expect_eq(adopt(&terms, 1ull << shift, fd), -EPROTO);
	}
	cr_expect_eq(adopt(&terms, UINT64_MAX, fd), -EPROTO);
	cr_expect_eq(adopt(&terms, bytes, -1), -EPROTO);
	for (size_t at = 0; at < sizeof(struct fiber_header); at++) {
		r.base[at] ^= 0x10;
		cr_expect_eq(adopt(&terms, bytes, fd), -EPROTO, "byte %zu of the header", at);
		r.base[at] ^= 0x10;
	}
	cr_expect_eq(adopt(&terms, bytes, fd), 0);
	fiber_region_unmap(&r);
	close(fd);
}

Test(region, files_without_the_right_seal_or_size_are_refused)
{
	struct fiber_layout l;
	char path[] = "/tmp/cpx-fiber-XXXXXX";
	int fd, plain, ends[2];

	cr_assert_eq(fiber_layout_of(&terms, &l), 0);
	fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	cr_assert_eq(ftruncate(fd, (off_t)l.region_bytes), 0);
	cr_expect_eq(adopt(&terms, l.region_bytes, fd), -EPROTO);
	cr_expect_not_null(strstr(why, "sealed"));
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	cr_expect_eq(adopt(&terms, l.region_bytes, fd), -EPROTO);
	cr_expect_not_null(strstr(why, "sealed"));
	cr_assert_eq(ftruncate(fd, (off_t)l.region_bytes - 4096), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	cr_expect_eq(adopt(&terms, l.region_bytes, fd), -EPROTO);
	cr_expect_not_null(strstr(why, "size"), "%s", why);
	close(fd);

	fd = memfd_create("read-only", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	cr_assert_eq(ftruncate(fd, (off_t)l.region_bytes), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE), 0);
	cr_expect_lt(adopt(&terms, l.region_bytes, fd), 0);
	close(fd);

	plain = mkstemp(path);
	cr_assert_geq(plain, 0);
	unlink(path);
	cr_assert_eq(ftruncate(plain, (off_t)l.region_bytes), 0);
	cr_expect_lt(adopt(&terms, l.region_bytes, plain), 0);
	close(plain);
	cr_assert_eq(pipe(ends), 0);
	cr_expect_eq(adopt(&terms, l.region_bytes, ends[0]), -EPROTO);
	close(ends[0]);
	close(ends[1]);
}

Test(region, huge_pages_where_there_are_some)
{
	struct fiber_terms t = { FIBER_FEATURE_HASH, 1, 8, 2048, 8, 0 };
	struct fiber_region r;
	uint64_t bytes;
	int fd;

	cr_assert_eq(fiber_region_create(&r, &t, true, &fd), 0, "falls back to small pages");
	bytes = r.layout.region_bytes;
	cr_expect_eq(adopt(&t, bytes, fd), 0);
	if (t.page_bytes == FIBER_PAGE_HUGE) {
		catch_faults();
		cr_expect_eq((uintptr_t)r.base % FIBER_PAGE_HUGE, 0);
		cr_expect_eq(ftruncate(fd, 0), -1);
		cr_expect(touches(r.base + bytes - 1));
		cr_expect_not(touches(r.base + bytes));
		cr_expect_not(touches(r.base - 1));
	}
	fiber_region_unmap(&r);
	close(fd);
	if (t.page_bytes != FIBER_PAGE_HUGE)
		cr_skip_test("no hugepages free: tried the way back to small pages");
}
