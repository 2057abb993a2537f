/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/pool.c: only its owner writes to a pool, it lasts as long as somebody holds it, and a
 * peer's pool that is not what was agreed on, or could change under us, is refused.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fiber/format.h"
#include "lib/fiber/pool.h"

#define SMALL FIBER_PAGE_SMALL
#define SEALS (F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static const struct fiber_terms terms = { FIBER_FEATURE_LENT, 2, 4, 512, 8, SMALL, 5 };
#define FRAMES 32u

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

TestSuite(pool, .init = catch_faults);

static struct fiber_pool *own(int *fd)
{
	struct fiber_pool *pool;
	uint32_t page;

	cr_assert_eq(fiber_pool_create(&pool, &terms, false, &page, fd), 0);
	cr_assert_eq(page, SMALL);
	return pool;
}

static struct fiber_pool *borrow(const struct fiber_pool *owner, int fd)
{
	struct fiber_pool *pool;

	cr_assert_eq(fiber_pool_adopt(&pool, &terms, SMALL, fiber_pool_bytes(owner), fd, &why), 0,
		     "%s", why);
	return pool;
}

Test(pool, the_borrower_sees_what_the_owner_writes)
{
	struct fiber_pool *ours, *theirs;
	int fd;

	ours = own(&fd);
	theirs = borrow(ours, fd);
	close(fd);
	cr_expect_eq(fiber_pool_stride(ours), 576);
	for (uint32_t lane = 0; lane < 2; lane++)
		for (uint32_t x = 0; x < FRAMES; x++) {
			uint8_t *to = fiber_pool_frames(ours, lane) + x * fiber_pool_stride(ours);
			const uint8_t *at =
				fiber_pool_frames(theirs, lane) + x * fiber_pool_stride(theirs);

			memset(to, (int)(x + lane), 512);
			cr_assert_eq(at[0], x + lane);
			cr_assert_eq(at[511], x + lane);
			cr_assert_not(writes((uint8_t *)at));
			cr_assert_not(writes((uint8_t *)at + 511));
		}
	/* The last frame ends at the guard, on both sides. */
	cr_expect_not(reads(fiber_pool_frames(ours, 1) + 31 * 576 + 512));
	cr_expect_not(reads(fiber_pool_frames(theirs, 1) + 31 * 576 + 512));
	cr_expect(reads(fiber_pool_frames(theirs, 1) + 31 * 576 + 511));
	fiber_pool_unref(ours);
	fiber_pool_unref(theirs);
}

Test(pool, nobody_but_the_owner_can_write)
{
	struct fiber_pool *ours;
	uint64_t bytes;
	char path[64];
	int fd, again;
	void *at;

	ours = own(&fd);
	bytes = fiber_pool_bytes(ours);
	cr_expect_eq(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(at, MAP_FAILED);
	cr_expect_neq(mprotect(at, bytes, PROT_READ | PROT_WRITE), 0);
	munmap(at, bytes);
	cr_expect_eq(pwrite(fd, "x", 1, 0), -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	cr_expect(again < 0 || pwrite(again, "x", 1, 0) == -1);
	if (again >= 0)
		close(again);
	cr_expect_neq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
	cr_expect_neq(ftruncate(fd, 0), 0);
	cr_expect_neq(ftruncate(fd, (off_t)bytes * 2), 0);
	cr_expect_neq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	cr_expect(writes(fiber_pool_frames(ours, 0)), "the owner still can");
	close(fd);
	fiber_pool_unref(ours);
}

Test(pool, lasts_as_long_as_it_is_held)
{
	struct fiber_pool *ours, *theirs;
	const uint8_t *at;
	int fd;

	ours = own(&fd);
	theirs = borrow(ours, fd);
	close(fd);
	*fiber_pool_frames(ours, 0) = 42;
	at = fiber_pool_frames(theirs, 0);
	cr_expect(fiber_pool_is_last(theirs));
	cr_expect_eq(fiber_pool_ref(theirs), theirs);
	cr_expect_not(fiber_pool_is_last(theirs));
	fiber_pool_unref(ours); /* the owner is gone */
	cr_expect_eq(*at, 42);
	fiber_pool_unref(theirs);
	cr_expect(fiber_pool_is_last(theirs));
	cr_expect(reads(at));
	cr_expect_eq(*at, 42);
	fiber_pool_unref(theirs);
	cr_expect_not(reads(at));
	cr_expect_null(fiber_pool_ref(NULL));
	fiber_pool_unref(NULL);
}

static void *hold_and_let_go(void *arg)
{
	struct fiber_pool *pool = arg;

	for (unsigned i = 0; i < 100000; i++)
		fiber_pool_unref(fiber_pool_ref(pool));
	fiber_pool_unref(pool);
	return NULL;
}

Test(pool, holders_on_many_threads)
{
	struct fiber_pool *pool;
	pthread_t thread[4];
	int fd;

	pool = own(&fd);
	close(fd);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(
			pthread_create(&thread[i], NULL, hold_and_let_go, fiber_pool_ref(pool)), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	cr_expect(fiber_pool_is_last(pool));
	fiber_pool_unref(pool);
}

/* A file as a peer might make it. */
static int file(uint64_t bytes, int seals, bool holes)
{
	int fd = memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)bytes), 0);
	if (!holes)
		cr_assert_eq(posix_fallocate(fd, 0, (off_t)bytes), 0);
	cr_assert(seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static int adopt(uint32_t page, uint64_t bytes, int fd)
{
	struct fiber_pool *pool;
	int ret = fiber_pool_adopt(&pool, &terms, page, bytes, fd, &why);

	cr_expect_eq(pool != NULL, ret == 0);
	fiber_pool_unref(pool);
	return ret;
}

static uint64_t size(void)
{
	struct fiber_pool_layout l;

	cr_assert_eq(fiber_pool_layout_of(&terms, SMALL, &l), 0);
	return l.pool_bytes;
}

Test(pool, a_missing_seal)
{
	static const int seals[] = { F_SEAL_FUTURE_WRITE, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL };

	for (unsigned set = 0; set < 16; set++) {
		int add = 0, fd;

		for (unsigned i = 0; i < 4; i++)
			add |= set >> i & 1 ? seals[i] : 0;
		fd = file(size(), add, false);
		cr_expect_eq(adopt(SMALL, size(), fd), set == 15 ? 0 : -EPROTO, "seals %#x", add);
		cr_expect(set == 15 || strstr(why, "seal") != NULL, "%s", why);
		close(fd);
	}
}

Test(pool, a_file_of_another_size)
{
	static const int64_t by[] = { -4096, -8192, 4096, 1 << 21 };

	for (unsigned i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		int fd = file(size() + (uint64_t)by[i], SEALS, false);

		cr_expect_eq(adopt(SMALL, size(), fd), -EPROTO);
		cr_expect_not_null(strstr(why, "size"), "%s", why);
		cr_expect_eq(adopt(SMALL, size() + (uint64_t)by[i], fd), -EPROTO,
			     "announced, but not agreed");
		close(fd);
	}
	int fd = file(size(), SEALS, false);

	for (unsigned shift = 0; shift < 64; shift++) {
		cr_expect_eq(adopt(SMALL, size() ^ 1ull << shift, fd), -EPROTO);
		cr_expect_eq(adopt(SMALL, 1ull << shift, fd), -EPROTO);
	}
	cr_expect_eq(adopt(SMALL, UINT64_MAX, fd), -EPROTO);
	cr_expect_eq(adopt(SMALL, 0, fd), -EPROTO);
	cr_expect_eq(adopt(SMALL, size(), fd), 0);
	close(fd);
}

Test(pool, pages_of_another_size)
{
	int fd = file(size(), SEALS, false);

	for (unsigned bit = 0; bit < 32; bit++)
		cr_expect_eq(adopt(1u << bit, size(), fd), bit == 12 ? 0 : -EPROTO, "page 2^%u",
			     bit);
	cr_expect_eq(adopt(0, size(), fd), -EPROTO);
	cr_expect_eq(adopt(UINT32_MAX, size(), fd), -EPROTO);
	close(fd);
}

Test(pool, a_file_with_holes)
{
	int fd = file(size(), SEALS, true);

	cr_expect_eq(adopt(SMALL, size(), fd), -EPROTO);
	cr_expect_not_null(strstr(why, "holes"), "%s", why);
	close(fd);
}

Test(pool, what_is_no_memory_file)
{
	char path[] = "/tmp/cpx-fiber-XXXXXX";
	int plain = mkstemp(path), ends[2];

	cr_assert_geq(plain, 0);
	unlink(path);
	cr_assert_eq(posix_fallocate(plain, 0, (off_t)size()), 0);
	cr_expect_eq(adopt(SMALL, size(), plain), -EPROTO);
	close(plain);
	cr_assert_eq(pipe(ends), 0);
	cr_expect_eq(adopt(SMALL, size(), ends[0]), -EPROTO);
	close(ends[0]);
	close(ends[1]);
	cr_expect_eq(adopt(SMALL, size(), -1), -EPROTO);
}

Test(pool, a_faulting_pool_is_replaced_read_only)
{
	struct fiber_pool *ours, *theirs;
	int fd;

	ours = own(&fd);
	theirs = borrow(ours, fd);
	close(fd);
	memset(fiber_pool_frames(ours, 0), 7, 512);
	cr_expect_not(fiber_pool_replace(NULL, &fd));
	cr_expect_not(fiber_pool_replace(theirs, &fd));
	cr_expect(fiber_pool_replace(theirs, fiber_pool_frames(theirs, 1)));
	cr_expect_eq(fiber_pool_frames(theirs, 0)[0], 0);
	cr_expect_not(writes(fiber_pool_frames(theirs, 0)));
	cr_expect_eq(fiber_pool_frames(ours, 0)[0], 7);
	fiber_pool_unref(ours);
	fiber_pool_unref(theirs);
}

Test(pool, huge_pages_are_sealed_as_well)
{
	struct fiber_terms t = { FIBER_FEATURE_LENT, 1, 8, 2048, 8, SMALL, 10 };
	struct fiber_pool *ours, *theirs;
	uint32_t page;
	int fd;

	cr_assert_eq(fiber_pool_create(&ours, &t, true, &page, &fd), 0,
		     "falls back to small pages");
	cr_assert_eq(fiber_pool_adopt(&theirs, &t, page, fiber_pool_bytes(ours), fd, &why), 0, "%s",
		     why);
	memset(fiber_pool_frames(ours, 0) + 1023 * 2112, 9, 2048);
	cr_expect_eq(fiber_pool_frames(theirs, 0)[1023 * 2112 + 2047], 9);
	cr_expect_not(reads(fiber_pool_frames(theirs, 0) + 1023 * 2112 + 2048));
	cr_expect_not(writes(fiber_pool_frames(theirs, 0)));
	cr_expect_eq(mmap(NULL, fiber_pool_bytes(ours), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
		     MAP_FAILED);
	cr_expect_neq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page), 0);
	cr_expect_neq(ftruncate(fd, 0), 0);
	close(fd);
	fiber_pool_unref(ours);
	fiber_pool_unref(theirs);
	if (page != FIBER_PAGE_HUGE)
		cr_skip_test("no hugepages free: tried the way back to small pages");
}
