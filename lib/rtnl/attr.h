/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attributes of a netlink message, one after the other: type, length, bytes, padded to 4 (struct
 * nlattr). Nothing is taken from a length that was not compared with what is left, and nothing is
 * assumed of alignment: FPM puts messages behind a header of its own.
 */
#ifndef CPX_LIB_RTNL_ATTR_H
#define CPX_LIB_RTNL_ATTR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/netlink.h>
#include <sys/socket.h>

struct rtnl_attrs { /* what is left */
	const uint8_t *at;
	size_t left;
};

struct rtnl_attr {
	uint16_t type; /* without the flags for nesting and byte order */
	uint16_t len;
	const uint8_t *data;
};

/* 1 and the next attribute; 0: there is none; -EPROTO: what is left is no attribute. */
static inline int rtnl_attr_next(struct rtnl_attrs *rest, struct rtnl_attr *a)
{
	struct nlattr head;
	size_t step;

	if (rest->left == 0)
		return 0;
	if (rest->left < sizeof(head))
		return -EPROTO;
	memcpy(&head, rest->at, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > rest->left)
		return -EPROTO;
	a->type = head.nla_type & NLA_TYPE_MASK;
	a->len = (uint16_t)(head.nla_len - sizeof(head));
	a->data = rest->at + sizeof(head);
	step = NLA_ALIGN((size_t)head.nla_len);
	if (step > rest->left) /* the last one's padding may be missing */
		step = rest->left;
	rest->at += step;
	rest->left -= step;
	return 1;
}

static inline struct rtnl_attrs rtnl_attr_nest(const struct rtnl_attr *a)
{
	return (struct rtnl_attrs){ a->data, a->len };
}

/* A number of just this size; -EPROTO. */
static inline int rtnl_attr_u32(const struct rtnl_attr *a, uint32_t *out)
{
	if (a->len != sizeof(*out))
		return -EPROTO;
	memcpy(out, a->data, sizeof(*out));
	return 0;
}

static inline int rtnl_attr_u16(const struct rtnl_attr *a, uint16_t *out)
{
	if (a->len != sizeof(*out))
		return -EPROTO;
	memcpy(out, a->data, sizeof(*out));
	return 0;
}

/* The kernel's number of a device; -EPROTO, also where it is not above 0. */
static inline int rtnl_attr_index(const struct rtnl_attr *a, int32_t *out)
{
	uint32_t index;

	if (rtnl_attr_u32(a, &index) != 0 || index == 0 || index > INT32_MAX)
		return -EPROTO;
	*out = (int32_t)index;
	return 0;
}

/* A text that ends within the attribute and fits; -EPROTO. */
static inline int rtnl_attr_text(const struct rtnl_attr *a, char *out, size_t room)
{
	const size_t n = strnlen((const char *)a->data, a->len);

	if (n == a->len || n >= room)
		return -EPROTO;
	memcpy(out, a->data, n + 1);
	return 0;
}

/* An address of just the family's length; -EPROTO. */
static inline int rtnl_attr_addr(const struct rtnl_attr *a, uint8_t family, uint8_t out[16])
{
	if (a->len != (family == AF_INET ? 4 : 16))
		return -EPROTO;
	memcpy(out, a->data, a->len);
	return 0;
}

#endif
