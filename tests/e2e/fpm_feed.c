/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fpm_feed PORT GATEWAY IFINDEX N [ROUNDS]: plays a zebra that has N routes through one gateway, as
 * fast as the FPM server at 127.0.0.1:PORT takes them, waits for an answer to each, and prints
 * routes a second. ROUNDS more times it gives all of them the other of two next-hop ids. Routes are
 * 20.x.y.z/32. Ends with 1 when one is refused. The connection stays open until stdin ends.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/fpm_zebra.h"

#define ANSWER_FLAGS (4 + sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_flags))

static unsigned char out[1 << 20], in[1 << 20];
static size_t out_len, in_len;
static unsigned long answers, refused;
static int fd;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void take_answers(void)
{
	const ssize_t n = recv(fd, in + in_len, sizeof(in) - in_len, MSG_DONTWAIT);
	size_t at = 0;

	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		fprintf(stderr, "fpm_feed: the server has hung up\n");
		exit(1);
	}
	in_len += n > 0 ? (size_t)n : 0;
	while (in_len - at >= 4 && in_len - at >= (size_t)(in[at + 2] << 8 | in[at + 3])) {
		unsigned flags;

		memcpy(&flags, in + at + ANSWER_FLAGS, sizeof(flags));
		answers++;
		refused += !(flags & RTM_F_OFFLOAD);
		at += (size_t)(in[at + 2] << 8 | in[at + 3]);
	}
	memmove(in, in + at, in_len - at);
	in_len -= at;
}

static void give(void)
{
	size_t at = 0;

	while (at < out_len) {
		struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
		ssize_t n;

		poll(&p, 1, -1);
		if (p.revents & POLLIN)
			take_answers();
		n = send(fd, out + at, out_len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
	}
	out_len = 0;
}

static void say(struct zebra_frame *f)
{
	zebra_end(f);
	if (out_len + f->len > sizeof(out))
		give();
	memcpy(out + out_len, f->bytes, f->len);
	out_len += f->len;
}

static void say_all(unsigned long n, unsigned object, int update)
{
	const unsigned long before = answers;
	const double start = now();
	struct zebra_frame f;

	for (unsigned long i = 0; i < n; i++) {
		const unsigned char dst[4] = { 20, (unsigned char)(i >> 16),
					       (unsigned char)(i >> 8), (unsigned char)i };

		zebra_begin(&f);
		if (update)
			zebra_route(&f, RTM_DELROUTE, AF_INET, dst, 32, 0);
		zebra_route(&f, RTM_NEWROUTE, AF_INET, dst, 32, object);
		say(&f);
	}
	give();
	while (answers - before < n) {
		struct pollfd p = { fd, POLLIN, 0 };

		poll(&p, 1, -1);
		take_answers();
	}
	printf("%lu routes %s, %.0f a second\n", n, update ? "updated" : "added",
	       (double)n / (now() - start));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *gateway;
	struct zebra_frame f;
	int rounds;
	char byte;

	if (argc < 5) {
		fprintf(stderr, "usage: fpm_feed PORT GATEWAY IFINDEX N [ROUNDS]\n");
		return 2;
	}
	gateway = argv[2];
	rounds = argc > 5 ? atoi(argv[5]) : 0;
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror("fpm_feed: connect");
		return 1;
	}
	zebra_begin(&f);
	zebra_object(&f, 15, gateway, atoi(argv[3]));
	zebra_object(&f, 16, gateway, atoi(argv[3]));
	say(&f);
	say_all(strtoul(argv[4], NULL, 10), 15, 0);
	for (int i = 0; i < rounds; i++)
		say_all(strtoul(argv[4], NULL, 10), i % 2 ? 15 : 16, 1);
	if (refused)
		printf("%lu refused\n", refused);
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return refused ? 1 : 0;
}
