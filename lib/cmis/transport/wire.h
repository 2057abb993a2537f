/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-wire transactions on a unix stream socket: the public contract of `cpx engine emulate`.
 *
 *   request   op u8 'R' or 'W' | addr u8 | len u16 big endian | len bytes of data, of a 'W' only
 *   answer    status u8        | len u16 big endian           | len bytes, of an acknowledged 'R'
 *
 * status: 0 acknowledged, 1 not acknowledged, 2 nobody is there. A host that knows two states takes
 * 2 for "not acknowledged". One answer a request, in their order. Each transaction is atomic; the
 * module has one bank and page select, whoever writes it.
 *
 * len is 1..256 in a request. A module takes less (transactions end inside 0..127 or 128..255) and
 * does not acknowledge the rest. Another len or op is no transaction: the server closes.
 *
 * Pure functions of bytes and length, any thread.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_WIRE_H
#define CPX_LIB_CMIS_TRANSPORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_REQUEST_HEAD 4
#define WIRE_ANSWER_HEAD  3
#define WIRE_DATA_MAX     256

enum wire_status { WIRE_ACK, WIRE_NACK, WIRE_ABSENT };

struct wire_request {
	bool write;
	uint8_t addr;
	uint16_t len;
	const uint8_t *data; /* inside of bytes; NULL for a read */
};

/* Bytes that the request at the beginning of `bytes` takes; 0: not all of it is there yet; -EPROTO:
 * it is none. */
int wire_request_parse(struct wire_request *r, const uint8_t *bytes, size_t len);
/* Into bytes[WIRE_REQUEST_HEAD + WIRE_DATA_MAX]; how many. */
size_t wire_request_put(uint8_t *bytes, const struct wire_request *r);

struct wire_answer {
	enum wire_status status;
	uint16_t len;
	const uint8_t *data;
};

/* The same of an answer to request r: -EPROTO also where it does not fit that. */
int wire_answer_parse(struct wire_answer *a, const struct wire_request *r, const uint8_t *bytes,
		      size_t len);
size_t wire_answer_put(uint8_t *bytes, const struct wire_answer *a);

#endif
