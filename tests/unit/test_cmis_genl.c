/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/transport/genl.c: what bytes of the kernel are an answer, a refusal with its words, or
 * neither. The socket is tested with the ethtool transport.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/transport/genl.h"
#include "tests/unit/guard.h"

#define FAMILY 0x1C
#define REPLY  42

union message {
	struct nlmsghdr header;
	uint8_t bytes[1024];
};

static const struct nlmsghdr request = {
	.nlmsg_len = 36, .nlmsg_type = FAMILY, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 7
};

static struct nlmsghdr *begin(union message *m, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->bytes);

	h->nlmsg_type = type;
	h->nlmsg_seq = request.nlmsg_seq;
	return h;
}

static struct nlmsghdr *reply(union message *m)
{
	struct nlmsghdr *h = begin(m, FAMILY);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = REPLY;
	mnl_attr_put_u16(h, 1, 0x1234);
	mnl_attr_put(h, 7, 5, "bytes");
	return h;
}

/* more: how much of the request stands behind its header. */
static struct nlmsghdr *error(union message *m, int code, size_t more, const char *words)
{
	struct nlmsghdr *h = begin(m, NLMSG_ERROR);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e) + more);

	e->error = code;
	e->msg = request;
	h->nlmsg_flags = more ? NLM_F_ACK_TLVS : NLM_F_ACK_TLVS | NLM_F_CAPPED;
	if (words)
		mnl_attr_put_strz(h, NLMSGERR_ATTR_MSG, words);
	return h;
}

static int parse(struct genl_answer *a, const struct nlmsghdr *h)
{
	return genl_answer_parse(a, h, h->nlmsg_len, &request, REPLY);
}

Test(genl, answer)
{
	struct genl_answer a;
	union message m;
	const uint8_t *data;
	size_t len;

	cr_assert_eq(parse(&a, reply(&m)), 0);
	cr_expect_eq(a.refused, 0);
	data = genl_attribute(a.message, 7, &len);
	cr_assert_not_null(data);
	cr_expect_eq(len, 5);
	cr_expect_arr_eq(data, "bytes", 5);
	data = genl_attribute(a.message, 1, &len);
	cr_assert_not_null(data);
	cr_expect_eq(len, 2);
	cr_expect_null(genl_attribute(a.message, 3, &len));
}

Test(genl, refusals)
{
	struct genl_answer a;
	union message m;
	char many[300];

	cr_expect_eq(parse(&a, error(&m, -EINVAL, 20, "no such page")), 0);
	cr_expect_eq(a.refused, -EINVAL);
	cr_expect_null(a.message);
	cr_expect_str_eq(a.said, "no such page");
	cr_expect_eq(parse(&a, error(&m, -EIO, 0, "capped")), 0);
	cr_expect_str_eq(a.said, "capped");
	cr_expect_eq(parse(&a, error(&m, -EIO, 20, NULL)), 0);
	cr_expect_str_eq(a.said, "");
	cr_expect_eq(parse(&a, error(&m, -EIO, 20, "a\nb\x1b[2J")), 0);
	cr_expect_str_eq(a.said, "a?b?[2J");
	memset(many, 'x', sizeof(many));
	many[sizeof(many) - 1] = 0;
	cr_expect_eq(parse(&a, error(&m, -EIO, 20, many)), 0);
	cr_expect_eq(strlen(a.said), GENL_SAID_LEN - 1);
}

Test(genl, no_answers)
{
	struct genl_answer a;
	struct nlmsghdr *h;
	union message m;

	h = reply(&m);
	h->nlmsg_seq++;
	cr_expect_eq(parse(&a, h), -EPROTO, "to another request");
	h = reply(&m);
	h->nlmsg_type++;
	cr_expect_eq(parse(&a, h), -EPROTO, "of another family");
	h = reply(&m);
	((struct genlmsghdr *)mnl_nlmsg_get_payload(h))->cmd++;
	cr_expect_eq(parse(&a, h), -EPROTO, "to another command");
	h = reply(&m);
	h->nlmsg_len = 0xFFFFFFF0;
	cr_expect_eq(genl_answer_parse(&a, h, 64, &request, REPLY), -EPROTO, "longer than it is");
	h->nlmsg_len = 41;
	cr_expect_eq(genl_answer_parse(&a, h, 41, &request, REPLY), -EPROTO, "uneven");
	cr_expect_eq(parse(&a, error(&m, 0, 0, NULL)), -EPROTO, "an ACK");
	cr_expect_eq(parse(&a, error(&m, 5, 0, NULL)), -EPROTO);
	cr_expect_eq(parse(&a, error(&m, INT32_MIN, 0, NULL)), -EPROTO);
	h = error(&m, -EIO, 20, "words");
	((struct nlmsgerr *)mnl_nlmsg_get_payload(h))->msg.nlmsg_len = UINT32_MAX;
	cr_expect_eq(parse(&a, h), 0);
	cr_expect_str_eq(a.said, "", "behind a request that does not fit");
}

/* Cut anywhere, at the end of memory: nothing behind it is touched. */
Test(genl, cut)
{
	union message m;

	for (unsigned which = 0; which < 2; which++) {
		struct nlmsghdr *h = which ? error(&m, -EIO, 20, "words") : reply(&m);

		uint32_t whole = h->nlmsg_len;

		for (uint32_t len = 0; len < whole; len += 4) {
			struct genl_answer a;
			size_t got;

			h->nlmsg_len = whole;
			cr_expect_eq(
				genl_answer_parse(&a, guard_copy(&m, len), len, &request, REPLY),
				-EPROTO);
			h->nlmsg_len = len; /* as if it were all */
			if (genl_answer_parse(&a, guard_copy(&m, len), len, &request, REPLY) == 0 &&
			    a.message)
				genl_attribute(a.message, 7, &got);
		}
	}
}
