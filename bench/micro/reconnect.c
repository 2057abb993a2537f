/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a port of net_cpx is without frames when its peer is killed (SIGKILL) and another takes
 * its place: till the first frame of the new one is received, from the kill and from the moment
 * when the new one begins to connect. The peer is a small program on lib/fiber, so that the start
 * of an EAL is not in the figure; it is forked by a helper that knows no DPDK either. Or it is any
 * program that sends, a testpmd on the driver: then its start is in the figure, and the time from
 * link up is told as well. The port is polled by one lcore, DPDK's interrupt thread shares the
 * peer's CPU.
 *
 *   bench_reconnect SOCKET server|client CPU CPU [PROGRAM ARGUMENT…]
 *                                                    the port's role; the port's CPU, the peer's
 *
 * "ready", then for each line on stdin: kills, and prints microseconds from kill and from connect
 * (of a program: from its start), of a program also those from kill to link down, from link up.
 */
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fiber/fiber.h"

#define BURST   32
#define SECONDS 60 /* without a frame: something is wrong */

/* All processes see it. */
static struct board {
	uint64_t killed; /* nanoseconds; the helper writes */
	uint64_t began;  /* … the peer */
} * board;

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		fprintf(stderr, "bench reconnect: no CPU %d here\n", cpu);
		exit(EXIT_MACHINE);
	}
}

/* Send frames that carry our number, for ever. */
static void peer(const char *path, bool server, uint32_t number)
{
	const struct fiber_config config = { .path = path, .server = server, .hugepages = true };
	uint8_t frame[60] = { 2 };
	struct fiber *f;
	struct err err;

	memcpy(frame + 14, &number, sizeof(number));
	store_relaxed(&board->began, nanoseconds());
	if (fiber_create(&f, &config, &err) < 0) {
		fprintf(stderr, "bench reconnect: %s\n", err.text);
		exit(EXIT_FAILED);
	}
	while (!(fiber_process(f) & FIBER_EVENT_UP))
		poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 1);
	for (;;)
		if (fiber_send(fiber_tx_queue(f, 0), frame, sizeof(frame)) != 0)
			sched_yield();
}

/* Become a program, silent, that waits for a line of input which never comes. */
static void become(char **program)
{
	int input[2], nowhere = open("/dev/null", O_WRONLY);

	if (nowhere < 0 || pipe(input) != 0)
		exit(EXIT_MACHINE);
	dup2(input[0], STDIN_FILENO);
	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	store_relaxed(&board->began, nanoseconds());
	execvp(program[0], program);
	exit(EXIT_MACHINE);
}

/* For each byte on `commands`: another peer in the place of the one before. */
static void helper(const char *path, bool server, int cpu, int commands, char **program)
{
	uint32_t number = 0;
	pid_t pid = 0;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu);
	while (read(commands, &byte, 1) == 1) {
		if (pid != 0) {
			store_relaxed(&board->killed, nanoseconds());
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		number++;
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (program[0] != NULL)
				become(program);
			peer(path, server, number);
		}
	}
	if (pid > 0)
		kill(pid, SIGKILL);
	_exit(EXIT_DONE);
}

static uint16_t new_port(const char *path, const char *role, int cpu)
{
	char core[16], args[256];
	char *eal[] = { "reconnect",      "-l",           core, "--in-memory", "--no-pci",
			"--no-telemetry", "--log-level=1" };
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool;
	uint16_t port;

	snprintf(core, sizeof(core), "%d", cpu);
	snprintf(args, sizeof(args), "carrier=fiber:%s,role=%s,mgmt=none", path, role);
	if (rte_eal_init(sizeof(eal) / sizeof(eal[0]), eal) < 0)
		exit(EXIT_MACHINE);
	pool = rte_pktmbuf_pool_create("frames", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL || rte_vdev_init("net_cpx0", args) != 0 ||
	    rte_eth_dev_get_port_by_name("net_cpx0", &port) != 0 ||
	    rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup(port, 0, 1024, SOCKET_ID_ANY, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup(port, 0, 1024, SOCKET_ID_ANY, NULL) != 0 ||
	    rte_eth_dev_start(port) != 0)
		exit(EXIT_FAILED);
	return port;
}

/* One poll: is there a frame, and does it carry this number? 0: any does. */
static bool poll_port(uint16_t port, uint32_t number)
{
	struct rte_mbuf *m[BURST];
	const uint16_t n = rte_eth_rx_burst(port, 0, m, BURST);
	bool arrived = false;

	for (uint16_t i = 0; i < n; i++)
		arrived |= number == 0 || memcmp(rte_pktmbuf_mtod_offset(m[i], void *, 14), &number,
						 sizeof(number)) == 0;
	rte_pktmbuf_free_bulk(m, n);
	return arrived;
}

static void give_up_at(uint64_t end)
{
	if (nanoseconds() < end)
		return;
	fprintf(stderr, "bench reconnect: no frame for %u seconds\n", SECONDS);
	exit(EXIT_FAILED);
}

static bool is_up(uint16_t port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port, &link) == 0 && link.link_status;
}

/* Until a frame of this small peer arrives. */
static void receive_numbered(uint16_t port, uint32_t number)
{
	const uint64_t end = nanoseconds() + SECONDS * 1000000000ull;

	while (!poll_port(port, number))
		give_up_at(end);
}

/* A program's frames carry no number, but the link is down between it and the one before. */
static void receive_after_link(uint16_t port, uint64_t *down, uint64_t *up)
{
	const uint64_t end = nanoseconds() + SECONDS * 1000000000ull;

	while (is_up(port)) {
		poll_port(port, 0);
		give_up_at(end);
	}
	*down = nanoseconds();
	while (!is_up(port))
		give_up_at(end);
	*up = nanoseconds();
	while (!poll_port(port, 0))
		give_up_at(end);
}

int main(int argc, char **argv)
{
	int commands[2];
	char line[16];
	uint32_t number = 1;
	uint64_t now, down = 0, up = 0;
	uint16_t port;

	if (argc < 5) {
		fprintf(stderr, "usage: bench_reconnect SOCKET server|client CPU CPU "
				"[PROGRAM ARGUMENT…]\n");
		return EXIT_USAGE;
	}
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (board == MAP_FAILED || pipe(commands) != 0)
		return EXIT_MACHINE;
	if (fork() == 0) {
		close(commands[1]);
		helper(argv[1], strcmp(argv[2], "client") == 0, atoi(argv[4]), commands[0],
		       argv + 5);
	}
	close(commands[0]);
	port = new_port(argv[1], argv[2], atoi(argv[3]));
	for (;; number++) {
		if (write(commands[1], "k", 1) != 1)
			return EXIT_FAILED;
		if (argc > 5)
			receive_after_link(port, &down, &up);
		else
			receive_numbered(port, number);
		now = nanoseconds();
		if (number == 1)
			puts("ready");
		else
			printf("us %.1f %.1f %.1f %.1f\n",
			       (double)(now - load_relaxed(&board->killed)) / 1e3,
			       (double)(now - load_relaxed(&board->began)) / 1e3,
			       (double)(down - load_relaxed(&board->killed)) / 1e3,
			       (double)(now - up) / 1e3);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL || strncmp(line, "quit", 4) == 0)
			break;
	}
	close(commands[1]);
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	wait(NULL);
	return EXIT_DONE;
}
