/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a fiber costs between two processes on two cores, without DPDK: a sender that copies frames
 * in, a receiver that copies them out, both from and to pools of buffers as a driver has them; the
 * same with lent frames, where the receiver copies the first 128 bytes only (what it has to before
 * it may believe a header), keeps the frame for a burst and gives it back; and with lent frames
 * that a sender makes where they lie, here by writing their first line. Figures are TSC cycles per
 * frame, both sides at work at once: the median over many short windows and the smallest. Sizes and
 * kinds alternate window by window. The round trip of one cache line between the two cores is
 * measured before and after: without it the figures say nothing on a shared machine.
 *
 *   bench_fiber [CORE CORE]     default 0 1; hugepages where there are any
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#include "lib/fiber/fiber.h"

#define WINDOWS 101   /* per size */
#define FRAMES  8192u /* per window */
#define BUFFERS 512u
#define BUFFER  2176u /* an mbuf's distance */
#define TRIPS   20000u

static const struct size {
	uint32_t bytes, burst;
} sizes[] = {
	{ 60, 32 },  { 60, 8 },   { 60, 1 },    { 64, 32 },  { 128, 32 },
	{ 256, 32 }, { 512, 32 }, { 1514, 32 }, { 1514, 1 },
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

enum kind { COPIED, LENT, IN_PLACE, KINDS };
#define TURNS (WINDOWS * SIZES * KINDS)
#define LINE  64u
#define BURST 32u

/* Both processes see it. */
static struct board {
	alignas(128) uint32_t ping;
	alignas(128) uint32_t pong;
	alignas(128) uint32_t turn; /* the window that the receiver waits for */
} * board;

static uint8_t *pool;

static uint64_t cycles(void)
{
	return __builtin_ia32_rdtsc();
}

static void pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		fprintf(stderr, "bench fiber: no core %d here\n", core);
		exit(EXIT_MACHINE);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double ping_pong(void)
{
	double best = 1e9;

	for (unsigned round = 0; round < 20; round++) {
		uint64_t t = cycles();

		for (unsigned i = 0; i < TRIPS / 20; i++) {
			uint32_t n = load_relaxed(&board->ping) + 1;

			store_release(&board->ping, n);
			while (load_acquire(&board->pong) != n)
				;
		}
		t = cycles() - t;
		if ((double)t / (TRIPS / 20) < best)
			best = (double)t / (TRIPS / 20);
	}
	return best;
}

static void answer_pings(void)
{
	uint32_t end = load_relaxed(&board->pong) + TRIPS / 20 * 20;

	for (uint32_t n = load_relaxed(&board->pong); n != end; n++) {
		while (load_acquire(&board->ping) == n)
			;
		store_release(&board->pong, n + 1);
	}
}

static void send_window(struct fiber_tx *q, struct size s)
{
	static uint32_t at;

	for (uint32_t left = FRAMES; left > 0;) {
		uint32_t n = fiber_tx_reserve(q, left < s.burst ? left : s.burst);

		if (n == 0)
			continue;
		for (uint32_t i = 0; i < n; i++)
			fiber_tx_fetch(q, i, s.bytes);
		for (uint32_t i = 0; i < n; i++) {
			const uint8_t *from = pool + at++ % BUFFERS * BUFFER;

			memcpy(fiber_tx_place(q, i), from, s.bytes);
			fiber_tx_describe(q, i, (struct fiber_desc){ .len = (uint16_t)s.bytes });
		}
		fiber_tx_submit(q, n, n, (uint64_t)n * s.bytes);
		left -= n;
	}
}

/* Of each frame `bytes` are copied into place, the others lie there. */
static void lend_window(struct fiber_tx *q, struct size s, uint32_t bytes)
{
	uint32_t frame[BURST];
	static uint32_t at;

	for (uint32_t left = FRAMES; left > 0;) {
		uint32_t n = fiber_tx_reserve(q, left < s.burst ? left : s.burst);

		n = fiber_tx_take(q, frame, n);
		if (n == 0)
			continue;
		for (uint32_t i = 0; i < n; i++)
			fiber_tx_fetch_frame(q, frame[i], bytes);
		for (uint32_t i = 0; i < n; i++) {
			const uint8_t *from = pool + at++ % BUFFERS * BUFFER;

			fiber_tx_write(q, frame[i], from, bytes);
			fiber_tx_describe_lent(q, i, frame[i],
					       (struct fiber_desc){ .len = (uint16_t)s.bytes });
		}
		fiber_tx_submit(q, n, n, (uint64_t)n * s.bytes);
		left -= n;
	}
}

static double borrow_window(struct fiber_rx *q, struct size s)
{
	uint32_t held[BURST], n_held = 0;
	static uint32_t at;
	struct fiber_frame f;
	uint64_t t = 0;

	for (uint32_t got = 0; got < FRAMES;) {
		uint64_t bytes = 0;
		uint32_t n = 0;

		if (!fiber_rx_poll(q, s.burst))
			continue;
		if (got == 0)
			t = cycles();
		fiber_rx_give_back(q, fiber_rx_pool(q), held, n_held);
		while (n < s.burst && fiber_rx_next(q, &f)) {
			memcpy(pool + at++ % BUFFERS * BUFFER, f.data,
			       f.bytes < FIBER_HEAD ? f.bytes : FIBER_HEAD);
			held[n] = f.frame[0];
			bytes += f.bytes;
			n++;
		}
		n_held = n;
		fiber_rx_release(q, n, bytes);
		got += n;
	}
	t = cycles() - t;
	fiber_rx_give_back(q, fiber_rx_pool(q), held, n_held);
	return (double)t / FRAMES;
}

static double receive_window(struct fiber_rx *q, struct size s)
{
	static uint32_t at;
	struct fiber_frame f;
	uint64_t t = 0;

	for (uint32_t got = 0; got < FRAMES;) {
		uint64_t bytes = 0;
		uint32_t n = 0;

		if (!fiber_rx_poll(q, s.burst))
			continue;
		if (got == 0)
			t = cycles();
		while (n < s.burst && fiber_rx_next(q, &f)) {
			memcpy(pool + at++ % BUFFERS * BUFFER, f.data, f.bytes);
			bytes += f.bytes;
			n++;
		}
		fiber_rx_release(q, n, bytes);
		got += n;
	}
	return (double)(cycles() - t) / FRAMES;
}

static struct fiber *new_end(const char *folder, enum kind kind, bool server)
{
	char path[100];
	struct fiber_config c = { .path = path,
				  .server = server,
				  .hugepages = true,
				  .features = kind == COPIED ? 0 : FIBER_FEATURE_LENT };
	struct fiber *f;
	struct err err;

	snprintf(path, sizeof(path), "%s/%d.sock", folder, kind);
	if (fiber_create(&f, &c, &err) < 0) {
		fprintf(stderr, "bench fiber: %s\n", err.text);
		exit(EXIT_FAILED);
	}
	while (!(fiber_process(f) & FIBER_EVENT_UP))
		poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 100);
	return f;
}

/* Turn n of the benchmark: which kind, which size. */
static struct size size_of(uint32_t turn)
{
	return sizes[turn / KINDS % SIZES];
}

static void open_all(struct fiber *f[KINDS], const char *folder, bool server)
{
	for (enum kind k = COPIED; k < KINDS; k++)
		f[k] = new_end(folder, k, server);
}

static void close_all(struct fiber *f[KINDS])
{
	for (enum kind k = COPIED; k < KINDS; k++)
		fiber_destroy(f[k]);
}

static void sender(const char *folder)
{
	struct fiber *f[KINDS];
	uint32_t turn = 0;

	open_all(f, folder, true);
	answer_pings();
	for (; turn < TURNS; turn++) {
		const enum kind kind = turn % KINDS;
		const struct size s = size_of(turn);
		struct fiber_tx *q = fiber_tx_queue(f[kind], 0);

		while (load_acquire(&board->turn) == turn)
			;
		if (kind == COPIED)
			send_window(q, s);
		else
			lend_window(q, s, kind == LENT || s.bytes < LINE ? s.bytes : LINE);
	}
	answer_pings();
	while (load_acquire(&board->turn) == turn)
		;
	close_all(f);
}

static void receiver(const char *folder)
{
	static double all[SIZES][KINDS][WINDOWS];
	struct fiber *f[KINDS];
	struct fiber_status status;
	uint32_t turn = 0;

	open_all(f, folder, false);
	fiber_status(f[COPIED], &status);
	printf("pages of %u KiB; round trip of a line before: %.0f cycles\n",
	       status.terms.page_bytes / 1024, ping_pong());
	while (turn < TURNS) {
		const enum kind kind = turn % KINDS;
		const struct size s = size_of(turn);
		double *to = &all[turn / KINDS % SIZES][kind][turn / KINDS / SIZES];
		struct fiber_rx *q = fiber_rx_queue(f[kind], 0);

		store_release(&board->turn, ++turn);
		*to = kind == COPIED ? receive_window(q, s) : borrow_window(q, s);
	}
	puts("cycles per frame          copied              lent    lent, made there");
	printf("%6s %6s", "bytes", "burst");
	for (enum kind k = COPIED; k < KINDS; k++)
		printf(" %8s %8s", "median", "smallest");
	for (unsigned i = 0; i < SIZES; i++) {
		printf("\n%6u %6u", sizes[i].bytes, sizes[i].burst);
		for (enum kind k = COPIED; k < KINDS; k++) {
			qsort(all[i][k], WINDOWS, sizeof(double), by_size);
			printf(" %8.1f %8.1f", all[i][k][WINDOWS / 2], all[i][k][0]);
		}
	}
	printf("\nround trip after: %.0f cycles\n", ping_pong());
	store_release(&board->turn, turn + 1);
	close_all(f);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/cpx-bench-fiber-XXXXXX";
	int cores[2] = { argc > 2 ? atoi(argv[1]) : 0, argc > 2 ? atoi(argv[2]) : 1 }, st = 0;
	pid_t pid;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	pool = mmap(NULL, (size_t)BUFFERS * BUFFER, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || pool == MAP_FAILED || mkdtemp(folder) == NULL)
		return EXIT_MACHINE;
	madvise(pool, (size_t)BUFFERS * BUFFER, MADV_HUGEPAGE);
	pid = fork();
	memset(pool, 1, (size_t)BUFFERS * BUFFER);
	pin(cores[pid == 0]);
	if (pid == 0) {
		sender(folder);
		_exit(0);
	}
	receiver(folder);
	waitpid(pid, &st, 0);
	rmdir(folder);
	return st == 0 ? EXIT_DONE : EXIT_FAILED;
}
