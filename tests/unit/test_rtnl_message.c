/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/message.c: messages in a buffer, which kind each is, errors and the ends of dumps. */
#include "tests/unit/rtnl_message.h"

static struct rtnl_message m;
static union sample s;

Test(rtnl_message, several_in_a_buffer)
{
	uint8_t bytes[256] = { 0 };
	uint32_t len = 21;
	size_t got;

	memcpy(bytes, &len, sizeof(len));
	cr_expect_eq(rtnl_first(guard_copy(bytes, 64), 64, &got), 24, "padded to 4");
	cr_expect_eq(got, 21);
	cr_expect_eq(rtnl_first(guard_copy(bytes, 21), 21, &got), 21, "the last one need not be");
	cr_expect_eq(rtnl_first(guard_copy(bytes, 23), 23, &got), 23);
	for (size_t n = 0; n < 21; n++)
		cr_expect_eq(rtnl_first(guard_copy(bytes, n), n, &got), 0, "%zu of 21", n);
	for (len = 0; len < 16; len++) {
		memcpy(bytes, &len, sizeof(len));
		cr_expect_eq(rtnl_first(bytes, 64, &got), 0, "shorter than its header: %u", len);
	}
	for (unsigned i = 0; i < 4; i++) { /* would be negative, or go round */
		len = UINT32_MAX - i;
		memcpy(bytes, &len, sizeof(len));
		cr_expect_eq(rtnl_first(bytes, 64, &got), 0);
		cr_expect_eq(rtnl_parse(bytes, 64, &m), -EPROTO);
	}
}

Test(rtnl_message, header)
{
	sample_begin(&s, RTM_NEWQDISC, NLM_F_MULTI | NLM_F_DUMP_INTR, 20);
	s.header.nlmsg_seq = 77;
	s.header.nlmsg_pid = 4711;
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_OTHER, "no kind of ours");
	cr_expect_eq(m.flags, NLM_F_MULTI | NLM_F_DUMP_INTR);
	cr_expect_eq(m.seq, 77);
	cr_expect_eq(m.pid, 4711);
	cr_expect_eq(rtnl_parse(&s, s.header.nlmsg_len + 4, &m), -EPROTO, "two lengths");
	cr_expect_eq(rtnl_parse(&s, s.header.nlmsg_len - 4, &m), -EPROTO);
}

Test(rtnl_message, errors_and_ends)
{
	int32_t *code = sample_begin(&s, NLMSG_ERROR, 0, sizeof(struct nlmsgerr));

	*code = -EBUSY;
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_ERROR);
	cr_expect_eq(m.error, -EBUSY);
	sample_torture(&s);
	*code = 5;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	*code = INT32_MIN;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);

	code = sample_begin(&s, NLMSG_DONE, NLM_F_MULTI, sizeof(*code));
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_DONE);
	cr_expect_eq(m.error, 0);
	*code = -ENOBUFS;
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.error, -ENOBUFS);
	sample_begin(&s, NLMSG_DONE, NLM_F_MULTI, 0);
	cr_assert_eq(sample_parse(&s, &m), 0, "an old kernel's");
	cr_expect_eq(m.kind, RTNL_DONE);
	cr_expect_eq(m.error, 0);
}

/* FPM puts messages anywhere. */
Test(rtnl_message, any_alignment)
{
	struct rtmsg *r = sample_begin(&s, RTM_NEWROUTE, 0, sizeof(*r));

	r->rtm_family = AF_INET;
	r->rtm_dst_len = 24;
	sample_addr(&s, RTA_DST, "10.1.2.0");
	for (unsigned i = 0; i < 8; i++) {
		uint8_t bytes[256];

		memcpy(bytes + i, &s, s.header.nlmsg_len);
		cr_assert_eq(rtnl_parse(bytes + i, s.header.nlmsg_len, &m), 0);
		cr_expect_eq(m.kind, RTNL_ROUTE);
		expect_addr(m.route.dst, "10.1.2.0");
	}
}
