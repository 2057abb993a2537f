/* SPDX-License-Identifier: BSD-3-Clause */
/* feed_rules 4|6 N PORT: the feed's first N routes as DPDK's l3fwd reads them, all to that port. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/feed/feed.h"

static void rule6(const struct feed_route *r, unsigned port)
{
	putchar('R'); /* l3fwd wants all eight words */
	for (unsigned k = 0; k < 8; k++)
		printf("%s%x", k ? ":" : "", r->addr[2 * k] << 8 | r->addr[2 * k + 1]);
	printf("/%u %u\n", r->len, port);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: feed_rules 4|6 N PORT\n");
		return 2;
	}
	for (uint32_t i = 0; i < (uint32_t)atoi(argv[2]); i++) {
		const struct feed_route r = atoi(argv[1]) == 6 ? feed_route6(i) : feed_route4(i);
		const unsigned port = (unsigned)atoi(argv[3]);
		char text[INET_ADDRSTRLEN];

		if (atoi(argv[1]) == 6)
			rule6(&r, port);
		else
			printf("R%s/%u %u\n", inet_ntop(AF_INET, r.addr, text, sizeof(text)), r.len,
			       port);
	}
	return 0;
}
