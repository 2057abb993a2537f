/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/transport/wire.c: requests and answers, whole, in parts, and wrong.
 */
#include <stdbool.h>

#include "lib/cmis/transport/wire.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(wire, requests)
{
	static const uint8_t data[3] = { 1, 2, 3 };
	struct wire_request w = { true, 126, 3, data }, r = { false, 0, 128, NULL }, got;
	uint8_t bytes[WIRE_REQUEST_HEAD + WIRE_DATA_MAX];
	size_t len = wire_request_put(bytes, &w);

	cr_expect_eq(len, 7);
	cr_expect_arr_eq(bytes, ((uint8_t[]){ 'W', 126, 0, 3, 1, 2, 3 }), 7);
	for (size_t part = 0; part < len; part++)
		cr_expect_eq(wire_request_parse(&got, bytes, part), 0, "%zu bytes", part);
	cr_expect_eq(wire_request_parse(&got, bytes, len + 9), 7);
	cr_expect(got.write && got.addr == 126 && got.len == 3 && got.data == bytes + 4);
	len = wire_request_put(bytes, &r);
	cr_expect_eq(len, 4);
	cr_expect_eq(wire_request_parse(&got, bytes, len), 4);
	cr_expect(!got.write && got.addr == 0 && got.len == 128);
}

Test(wire, no_requests)
{
	struct wire_request got;

	cr_expect_eq(wire_request_parse(&got, (uint8_t[]){ 'r' }, 1), -EPROTO);
	cr_expect_eq(wire_request_parse(&got, (uint8_t[]){ 'R', 0, 0, 0 }, 4), -EPROTO);
	cr_expect_eq(wire_request_parse(&got, (uint8_t[]){ 'W', 0, 1, 1 }, 4), -EPROTO);
	cr_expect_eq(wire_request_parse(&got, (uint8_t[]){ 'W', 0, 1, 0 }, 4), 0);
}

Test(wire, answers)
{
	static const uint8_t data[2] = { 9, 8 };
	struct wire_request r = { false, 14, 2, NULL }, w = { true, 26, 1, data };
	struct wire_answer ack = { WIRE_ACK, 2, data }, nack = { WIRE_NACK, 0, NULL }, got;
	uint8_t bytes[WIRE_ANSWER_HEAD + WIRE_DATA_MAX];
	size_t len = wire_answer_put(bytes, &ack);

	cr_expect_eq(len, 5);
	for (size_t part = 0; part < len; part++)
		cr_expect_eq(wire_answer_parse(&got, &r, bytes, part), 0, "%zu bytes", part);
	cr_expect_eq(wire_answer_parse(&got, &r, bytes, len), 5);
	cr_expect_arr_eq(got.data, data, 2);
	cr_expect_eq(wire_answer_parse(&got, &w, bytes, len), -EPROTO, "a write has no data");
	len = wire_answer_put(bytes, &nack);
	cr_expect_eq(wire_answer_parse(&got, &r, bytes, len), 3);
	cr_expect_eq(got.status, WIRE_NACK);
	cr_expect_eq(wire_answer_parse(&got, &r, (uint8_t[]){ 3 }, 1), -EPROTO);
	cr_expect_eq(wire_answer_parse(&got, &r, (uint8_t[]){ 0, 0, 1 }, 3), -EPROTO, "too short");
}
