/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an idle board costs and what it costs the first packet: starts `cpx run` with two ports on
 * fibers to this process, leaves it alone for some seconds and reads the CPU time of its threads,
 * then sends packets through it, each after a second of silence, and compares them with packets
 * that find it awake. No root, no hugepages.
 *
 *   bench_idle CPX [ROUNDS [poll]]     CPX: build/dataplane/cli/cpx; poll: workers that never sleep
 */
#include "lib/fiber/fiber.h"
#include "lib/net/checksum.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IDLE_SECONDS 5
#define BUSY_ROUNDS  2000
#define MAX_THREADS  64

static char folder[] = "/tmp/bench_idle.XXXXXX";
static struct fiber *in, *out;
static pid_t board;

static void clean(void)
{
	static const char *const files[] = { "a", "b", "board.yaml" };
	char path[64];

	if (board > 0 && kill(board, SIGTERM) == 0)
		waitpid(board, NULL, 0);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void fail(const char *what)
{
	fprintf(stderr, "bench_idle: %s\n", what);
	exit(EXIT_FAILED); /* clean() runs */
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pause_ms(unsigned ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void start_board(const char *cpx, const char *idle)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/board.yaml", folder);
	f = fopen(path, "we");
	if (!f)
		fail("cannot write its configuration");
	fprintf(f,
		"instance: bench-idle-%d\n"
		"memory: {hugepages: false}\n"
		"workers: {count: 1, idle: %s}\n"
		"engines: {oe0: {profile: oif-3.2t, mgmt: none}}\n"
		"ports:\n"
		"  p0: {lanes: oe0/0, carrier: 'fiber:%s/a', mac: '02:00:00:00:00:01',\n"
		"       addresses: [10.0.0.1/24]}\n"
		"  p1: {lanes: oe0/8, carrier: 'fiber:%s/b', addresses: [10.0.1.1/24]}\n"
		"neighbors:\n"
		"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
		"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n",
		(int)getpid(), idle, folder, folder);
	fclose(f);
	board = fork();
	if (board < 0)
		fail("cannot fork");
	if (board == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(cpx, cpx, "run", "-c", path, (char *)NULL);
		perror(cpx);
		_exit(127);
	}
}

static struct fiber *connect_to(const char *name)
{
	char path[64];
	const struct fiber_config config = { .path = path, .features = FIBER_FEATURE_SLEEP };
	struct fiber *f;
	struct err err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (fiber_create(&f, &config, &err) < 0)
		fail(err.text);
	for (unsigned i = 0; i < 1000 && !(fiber_process(f) & FIBER_EVENT_UP); i++)
		pause_ms(10);
	return f;
}

static void make_packet(uint8_t frame[64])
{
	static const uint8_t header[] = { 2, 0, 0,    0, 0, 1,  2,  0, 0,    0, 0,  2,
					  8, 0, 0x45, 0, 0, 46, 0,  0, 0x40, 0, 64, 17,
					  0, 0, 10,   0, 0, 2,  10, 0, 1,    2 };
	uint16_t sum;

	memset(frame, 0, 64);
	memcpy(frame, header, sizeof(header));
	sum = checksum_ip4(frame + 14, 20);
	memcpy(frame + 24, &sum, 2);
	frame[39] = 9; /* UDP to port 9, 26 bytes */
	frame[37] = 9;
}

/* How long one packet takes; 0: it did not come within a second. */
static uint64_t packet(uint8_t *frame)
{
	static uint32_t number; /* at the end of its payload */
	const uint64_t begin = now_ns();
	uint8_t got[2048];

	number++;
	memcpy(frame + 56, &number, 4);
	if (fiber_send(fiber_tx_queue(in, 0), frame, 60) != 0)
		fail("the board takes no packet");
	do {
		if (fiber_receive(fiber_rx_queue(out, 0), got, sizeof(got)) == 60 &&
		    memcmp(got + 56, &number, 4) == 0)
			return now_ns() - begin;
	} while (now_ns() - begin < 1000000000u);
	return 0;
}

struct thread_time {
	char name[32];
	uint64_t ns;
};

static unsigned read_threads(struct thread_time *t)
{
	char path[300];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)board);
	dir = opendir(path);
	while (dir && n < MAX_THREADS && (e = readdir(dir))) {
		unsigned long long ns = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)board, e->d_name);
		f = e->d_name[0] != '.' ? fopen(path, "re") : NULL;
		if (!f)
			continue;
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)board, e->d_name);
		f = fopen(path, "re");
		t[n].name[0] = '\0';
		if (f && fscanf(f, "%31s", t[n].name) != 1)
			t[n].name[0] = '\0';
		if (f)
			fclose(f);
		t[n++].ns = ns;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void measure_cpu(void)
{
	static struct thread_time before[MAX_THREADS], after[MAX_THREADS];
	const unsigned n = read_threads(before);
	double all = 0;

	if (n == 0)
		fail("no CPU times of its threads in /proc");
	pause_ms(IDLE_SECONDS * 1000);
	if (read_threads(after) != n)
		fail("its threads came or went");
	printf("CPU time over %d s of silence:\n", IDLE_SECONDS);
	for (unsigned i = 0; i < n; i++) {
		const double share = (double)(after[i].ns - before[i].ns) / (1e7 * IDLE_SECONDS);

		all += share;
		printf("  %-16s %6.2f %% of a CPU\n", after[i].name, share);
	}
	printf("  all              %6.2f %%\n", all);
}

static int by_time(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t measure(const char *what, unsigned rounds, unsigned silence_ms)
{
	uint64_t *t = calloc(rounds, sizeof(*t)), median;
	uint8_t frame[64];

	make_packet(frame);
	for (unsigned i = 0; t && i < rounds; i++) {
		if (silence_ms)
			pause_ms(silence_ms);
		t[i] = packet(frame);
		if (t[i] == 0)
			fail("a packet was lost");
	}
	if (!t)
		fail("no memory");
	qsort(t, rounds, sizeof(*t), by_time);
	median = t[rounds / 2];
	printf("%-24s median %6.1f us, 90 %% %6.1f us, worst %6.1f us\n", what,
	       (double)median / 1e3, (double)t[rounds * 9 / 10] / 1e3, (double)t[rounds - 1] / 1e3);
	free(t);
	return median;
}

int main(int argc, char **argv)
{
	const unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
	uint64_t busy, idle;

	if (argc < 2 || rounds == 0) {
		fputs("usage: bench_idle CPX [ROUNDS [poll]]\n", stderr);
		return EXIT_USAGE;
	}
	if (!mkdtemp(folder))
		fail("no folder in /tmp");
	atexit(clean);
	start_board(argv[1], argc > 3 ? argv[3] : "sleep");
	in = connect_to("a");
	out = connect_to("b");
	pause_ms(1500); /* links come up */
	measure_cpu();
	busy = measure("while it is awake:", BUSY_ROUNDS, 0);
	idle = measure("after a second of silence:", rounds, 1000);
	printf("the first packet takes %.1f us more\n",
	       idle > busy ? (double)(idle - busy) / 1e3 : 0.0);
	fiber_destroy(in);
	fiber_destroy(out);
	return EXIT_DONE;
}
