/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/mapping.c: files as announced, bytes in reach and none beside them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fiber/mapping.h"

#define BYTES 20480ull
#define PAGE  4096u
#define HUGE  (2u << 20)

static sigjmp_buf back;
static const char *why;

static void fault(int sig)
{
	siglongjmp(back, sig);
}

static bool reads(const volatile uint8_t *at)
{
	if (sigsetjmp(back, 1) != 0)
		return false;
	(void)*at;
	return true;
}

static bool writes(volatile uint8_t *at)
{
	if (sigsetjmp(back, 1) != 0)
		return false;
	*at = 1;
	return true;
}

static void catch_faults(void)
{
	signal(SIGSEGV, fault);
	signal(SIGBUS, fault);
}

TestSuite(mapping, .init = catch_faults);

Test(mapping, every_page_is_there)
{
	struct stat st;
	int fd;

	cr_assert_eq(fiber_file_make(BYTES, false, &fd), 0);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(st.st_size, BYTES);
	cr_expect_eq(st.st_blocks * 512, BYTES);
	close(fd);
	cr_expect_lt(fiber_file_make(UINT64_MAX - PAGE + 1, false, &fd), 0);
	cr_expect_eq(fd, -1);
}

Test(mapping, reaches_so_far_and_no_further)
{
	for (int writable = 0; writable < 2; writable++) {
		struct fiber_mapping m;
		uint8_t *base;
		int fd;

		cr_assert_eq(fiber_file_make(BYTES, false, &fd), 0);
		cr_assert_eq(fiber_map(&m, fd, BYTES, PAGE, writable), 0);
		base = m.base;
		cr_expect(reads(base) && reads(base + BYTES - 1));
		cr_expect_not(reads(base - 1));
		cr_expect_not(reads(base + BYTES));
		cr_expect_not(reads(base - 4096));
		cr_expect_not(reads(base + BYTES + 4095));
		cr_expect_eq(writes(base), writable);
		cr_expect_eq(writes(base + BYTES - 1), writable);
		fiber_unmap(&m);
		cr_expect_null(m.base);
		cr_expect_not(reads(base));
		fiber_unmap(&m);
		close(fd);
	}
}

Test(mapping, what_is_written_here_is_read_there)
{
	struct fiber_mapping a, b;
	int fd;

	cr_assert_eq(fiber_file_make(BYTES, false, &fd), 0);
	cr_assert_eq(fiber_map(&a, fd, BYTES, PAGE, true), 0);
	cr_assert_eq(fiber_map(&b, fd, BYTES, PAGE, false), 0);
	memset(a.base, 7, BYTES);
	cr_expect_eq(b.base[0], 7);
	cr_expect_eq(b.base[BYTES - 1], 7);
	fiber_unmap(&a);
	fiber_unmap(&b);
	close(fd);
}

Test(mapping, no_file_no_mapping)
{
	struct fiber_mapping m;

	cr_expect_eq(fiber_map(&m, -1, BYTES, PAGE, true), -EBADF);
	cr_expect_null(m.base);
	fiber_unmap(&m);
	cr_expect_eq(fiber_map(&m, -1, 1ull << 62, PAGE, true), -ENOMEM);
	cr_expect_null(m.base);
}

Test(mapping, a_file_is_held_to_size_and_seals)
{
	const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	const int seals[] = { F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL };

	for (int set = 0; set < 8; set++) {
		int fd, add = 0;

		cr_assert_eq(fiber_file_make(BYTES, false, &fd), 0);
		for (int i = 0; i < 3; i++)
			add |= set >> i & 1 ? seals[i] : 0;
		cr_assert(add == 0 || fcntl(fd, F_ADD_SEALS, add) == 0);
		for (int i = 0; i < 3; i++)
			cr_expect_eq(fiber_file_check(fd, BYTES, seals[i], &why),
				     set >> i & 1 ? 0 : -EPROTO);
		cr_expect_eq(fiber_file_check(fd, BYTES, all, &why), set == 7 ? 0 : -EPROTO);
		cr_expect_eq(fiber_file_check(fd, BYTES + PAGE, add, &why), -EPROTO);
		cr_expect_not_null(strstr(why, "size"));
		cr_expect_eq(fiber_file_check(fd, BYTES - PAGE, add, &why), -EPROTO);
		close(fd);
	}
	cr_expect_eq(fiber_file_check(-1, BYTES, 0, &why), -EPROTO);
	cr_expect_eq(fiber_file_check(STDIN_FILENO, BYTES, 0, &why), -EPROTO);
}

Test(mapping, plain_memory_takes_the_place_of_what_faults)
{
	for (int writable = 0; writable < 2; writable++) {
		struct fiber_mapping m;
		int fd;

		cr_assert_eq(fiber_file_make(BYTES, false, &fd), 0);
		cr_assert_eq(fiber_map(&m, fd, BYTES, PAGE, writable), 0);
		cr_assert_eq(ftruncate(fd, 0), 0);
		cr_expect_not(reads(m.base));
		cr_expect_not(fiber_map_replace(&m, m.base - 1));
		cr_expect_not(fiber_map_replace(&m, m.base + BYTES));
		cr_expect_not(fiber_map_replace(&m, NULL));
		cr_expect(fiber_map_replace(&m, m.base + BYTES - 1));
		cr_expect(reads(m.base) && reads(m.base + BYTES - 1));
		cr_expect_eq(writes(m.base), writable);
		fiber_unmap(&m);
		cr_expect_not(fiber_map_replace(&m, NULL));
		close(fd);
	}
}

Test(mapping, huge_pages)
{
	struct fiber_mapping m;
	int fd;

	if (fiber_file_make(HUGE, true, &fd) < 0)
		cr_skip_test("no hugepage is free");
	cr_assert_eq(fiber_map(&m, fd, HUGE, HUGE, true), 0);
	cr_expect_eq((uintptr_t)m.base % HUGE, 0);
	cr_expect(writes(m.base + HUGE - 1));
	cr_expect_not(reads(m.base - 1));
	cr_expect_not(reads(m.base + HUGE));
	fiber_unmap(&m);
	close(fd);
}
