/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests and answers from and to bytes.
 */
#include "lib/cmis/transport/wire.h"

#include <errno.h>
#include <string.h>

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

int wire_request_parse(struct wire_request *r, const uint8_t *bytes, size_t len)
{
	size_t whole;

	if (len >= 1 && bytes[0] != 'R' && bytes[0] != 'W')
		return -EPROTO;
	if (len < WIRE_REQUEST_HEAD)
		return 0;
	r->write = bytes[0] == 'W';
	r->addr = bytes[1];
	r->len = get16(bytes + 2);
	if (r->len == 0 || r->len > WIRE_DATA_MAX)
		return -EPROTO;
	whole = WIRE_REQUEST_HEAD + (r->write ? r->len : 0u);
	r->data = r->write ? bytes + WIRE_REQUEST_HEAD : NULL;
	return len < whole ? 0 : (int)whole;
}

size_t wire_request_put(uint8_t *bytes, const struct wire_request *r)
{
	bytes[0] = r->write ? 'W' : 'R';
	bytes[1] = r->addr;
	put16(bytes + 2, r->len);
	if (!r->write)
		return WIRE_REQUEST_HEAD;
	memcpy(bytes + WIRE_REQUEST_HEAD, r->data, r->len);
	return WIRE_REQUEST_HEAD + r->len;
}

int wire_answer_parse(struct wire_answer *a, const struct wire_request *r, const uint8_t *bytes,
		      size_t len)
{
	unsigned expected;

	if (len >= 1 && bytes[0] > WIRE_ABSENT)
		return -EPROTO;
	if (len < WIRE_ANSWER_HEAD)
		return 0;
	a->status = (enum wire_status)bytes[0];
	a->len = get16(bytes + 1);
	a->data = bytes + WIRE_ANSWER_HEAD;
	expected = a->status == WIRE_ACK && !r->write ? r->len : 0;
	if (a->len != expected)
		return -EPROTO;
	return len < WIRE_ANSWER_HEAD + expected ? 0 : (int)(WIRE_ANSWER_HEAD + expected);
}

size_t wire_answer_put(uint8_t *bytes, const struct wire_answer *a)
{
	bytes[0] = (uint8_t)a->status;
	put16(bytes + 1, a->len);
	if (a->len != 0)
		memmove(bytes + WIRE_ANSWER_HEAD, a->data, a->len);
	return WIRE_ANSWER_HEAD + (size_t)a->len;
}
