/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a capture file, and every packet found in it through what the demo does with one: a
 * name, a key, and the mini host, whose answers must fit.
 */
#include <stdlib.h>

#include "bench/demo/classify.h"
#include "bench/gen/capture.h"
#include "bench/gen/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = { .mac = { 2, 0, 0x5e, 0, 0, 1 },
			     .ip4 = 0x0101a8c0, /* 192.168.1.1 in memory order */
			     .ip6 = { 0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 1 } };
	struct capture c;
	struct capture_packet p;
	struct err err;

	host_init(&host);
	if (capture_open(&c, data, size, &err) != 0)
		return 0;
	while (capture_next(&c, &p, &err) == 1) {
		char text[CLASSIFY_TEXT];
		uint8_t reply[HOST_MAX_FRAME];
		size_t reply_len;
		uint64_t key;

		if (p.data < data || p.len > size || p.data + p.len > data + size ||
		    p.original < p.len)
			abort();
		classify(p.data, p.len, text);
		classify_key(p.data, p.len, 1, &key);
		classify_vlan(p.data, p.len);
		classify_is_answer(p.data, p.len);
		host_receive(&host, p.data, p.len, reply, &reply_len);
		if (reply_len > HOST_MAX_FRAME)
			abort();
	}
	return 0;
}
