/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole program on a fiber, without DPDK: says hello to its peer and prints what it hears, until
 * the peer goes. fiber_example PATH server in one terminal, fiber_example PATH in another.
 */
#include "lib/fiber/fiber.h"

#include <poll.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	const struct fiber_config config = { .path = argc > 1 ? argv[1] : "/tmp/fiber.sock",
					     .server = argc > 2,
					     .features = FIBER_FEATURE_SLEEP };
	uint8_t frame[2048] = "\xff\xff\xff\xff\xff\xff" /* to all */
			      "\x02\x00\x00\x00\x00\x01" /* from me */
			      "\x88\xb5"                 /* an experiment */
			      "hello";
	struct fiber_status status;
	struct fiber *f;
	struct err err;
	int events = 0;

	if (fiber_create(&f, &config, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	while (!(events & FIBER_EVENT_DOWN)) {
		struct fiber_rx *rx = fiber_rx_queue(f, 0);
		struct pollfd control = { .fd = fiber_fd(f), .events = POLLIN };
		int n;

		poll(&control, 1, fiber_rx_bell(rx) < 0 ? 1000 : 0);
		events = fiber_process(f);
		if (events & FIBER_EVENT_UP)
			fiber_send(fiber_tx_queue(f, 0), frame, 60);
		while ((n = fiber_receive(rx, frame, sizeof(frame))) > 0)
			printf("%d bytes: %.40s\n", n, (char *)frame + 14);
		fiber_rx_wait(rx, 100); /* till something comes; returns at once without a peer */
	}
	fiber_status(f, &status);
	puts(status.reason);
	fiber_destroy(f);
	return EXIT_DONE;
}
