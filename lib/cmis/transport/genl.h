/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic netlink, as much as it takes to ask one family of the kernel one thing at a time: a
 * request is one message, and its answer is one, or the kernel's reason to refuse. Requests are
 * written with libmnl. A socket belongs to one thread; the functions below "bytes" are pure.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_GENL_H
#define CPX_LIB_CMIS_TRANSPORT_GENL_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define GENL_SAID_LEN 128

struct genl;

/* A socket to a family, whose answers are waited for so long. 0, -ENOENT: the kernel has no such
 * family, -EPROTONOSUPPORT: it has no generic netlink, -ENOMEM, or as a socket failed. */
int genl_open(struct genl **g, const char *family, unsigned timeout_ms);
void genl_close(struct genl *g); /* NULL is fine */

/* Room for a request, and the beginning of one for the command cmd of the family. */
union genl_request {
	struct nlmsghdr header;
	uint8_t bytes[512];
};
void genl_begin(const struct genl *g, union genl_request *request, uint8_t cmd);

/* What the kernel made of a request. */
struct genl_answer {
	int refused;              /* 0, or a negative errno; then there is no message */
	char said[GENL_SAID_LEN]; /* why, in the kernel's words (extended ACK); "": it gave none */
	const struct nlmsghdr *message;
};

/*
 * Sends a request and takes its answer, a message of the command `cmd`, valid until the next. 0,
 * -ETIMEDOUT, -EPROTO: what came is no answer to it, or as the socket failed. After any of these
 * the socket must be closed: an answer may be under way that belongs to no request.
 */
int genl_ask(struct genl *g, union genl_request *request, uint8_t cmd, struct genl_answer *a);

/* Bytes, aligned as a nlmsghdr, to the answer to a request. 0 or -EPROTO. */
int genl_answer_parse(struct genl_answer *a, const void *bytes, size_t len,
		      const struct nlmsghdr *request, uint8_t cmd);
/* The payload of an attribute of such an answer, and its length; NULL: it is not there. */
const void *genl_attribute(const struct nlmsghdr *message, uint16_t type, size_t *len);

#endif
