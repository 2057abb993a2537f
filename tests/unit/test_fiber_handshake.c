/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/handshake.c: what both sides agree on, and peers that say anything else. The hostile
 * client or server is a bare socket in this test; the fiber is pumped by hand.
 */

#include "tests/unit/fiber_bare.h"

TestSuite(handshake, .init = make_folder, .fini = remove_folder);

Test(handshake, the_result_is_what_both_can)
{
	for (uint64_t theirs = 0; theirs <= FIBER_FEATURES; theirs += 9) {
		struct fiber_config s = {
			.lanes = 8, .slots = 64, .slot_bytes = 1024, .features = FIBER_FEATURES
		};
		struct fiber_config c = { .lanes = 3,
					  .slots = 256,
					  .slot_bytes = 512,
					  .max_segs = 5,
					  .features = theirs };
		struct pair p = new_pair(s, c);
		struct fiber_status a = status_of(p.server), b = status_of(p.client);
		const bool lent = theirs & FIBER_FEATURE_LENT;
		uint8_t frame[60] = { 0 };

		cr_expect_eq(a.terms.features, lent ? theirs & ~FIBER_FEATURE_STAMP : theirs);
		cr_expect_eq(a.terms.log2_frames, lent ? 8 : 0, "4 x 64 and not 4 x 256");
		cr_expect_eq(a.terms.lanes, 3);
		cr_expect_eq(a.terms.log2_slots, 6);
		cr_expect_eq(a.terms.slot_bytes, 512);
		cr_expect_eq(a.terms.max_segs, 5);
		cr_expect_eq(memcmp(&a.terms, &b.terms, sizeof(a.terms)), 0);
		cr_expect_eq(a.peer_pid, getpid());
		cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 2), frame, 60), 0);
		cr_expect_eq(fiber_send(fiber_tx_queue(p.server, 3), frame, 60), -ENOTCONN,
			     "the peer has no such lane");
		cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 2), frame, 60), 60);
		free_pair(p);
	}
}

Test(handshake, a_required_feature_is_required)
{
	for (int turned = 0; turned < 2; turned++) {
		struct fiber_config needs = { .features = FIBER_FEATURE_VLAN,
					      .required = FIBER_FEATURE_VLAN,
					      .server = !turned };
		struct fiber *s =
			new_fiber(turned ? (struct fiber_config){ .server = true } : needs);
		struct fiber *c = new_fiber(turned ? needs : (struct fiber_config){ 0 });

		for (int i = 0; i < PUMPS && status_of(c).refusals == 0; i++) {
			fiber_process(s);
			fiber_process(c);
			usleep(100);
		}
		cr_expect_eq(status_of(c).refusals, 1);
		cr_expect_not_null(strstr(status_of(c).reason, "feature"), "%s",
				   status_of(c).reason);
		cr_expect_eq(status_of(s).connections, 0);
		fiber_destroy(c);
		fiber_destroy(s);
	}
}

Test(handshake, another_major_is_refused_and_named)
{
	struct fiber *f = server();
	struct fiber_hello h = hello();
	struct fiber_refuse no;
	uint8_t data[FIBER_MESSAGE_MAX];
	int fd = bare_client();

	h.min_version = h.max_version = 2u << 16 | 3;
	say(fd, &h, sizeof(h));
	turn(f);
	cr_assert_eq(hear(fd, FIBER_REFUSE, data, sizeof(data), NULL), sizeof(no));
	memcpy(&no, data, sizeof(no));
	cr_expect_eq(no.reason, FIBER_REFUSED_VERSION);
	cr_expect(hung_up(fd));
	cr_expect_not_null(strstr(status_of(f).reason, "2.3"), "%s", status_of(f).reason);
	close(fd);
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(handshake, unknown_and_untimely_messages_get_a_nak)
{
	struct fiber *f = server();
	int fd = bare_up(f);
	const uint16_t types[] = { FIBER_HELLO, FIBER_REGION, FIBER_READY, FIBER_REFUSE,
				   7,           77,           65535,       0 };
	uint8_t data[FIBER_MESSAGE_MAX];

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct fiber_message m = { FIBER_MESSAGE_MAGIC, types[i], 200 };
		struct fiber_nak nak;

		memset(data, 0xa5, sizeof(data));
		memcpy(data, &m, sizeof(m));
		say(fd, data, 200);
		turn(f);
		cr_assert_eq(hear(fd, FIBER_NAK, data, sizeof(data), NULL), sizeof(nak));
		memcpy(&nak, data, sizeof(nak));
		cr_expect_eq(nak.type, types[i]);
		cr_expect_eq(status_of(f).state, FIBER_UP);
	}
	struct fiber_nak nak = { { FIBER_MESSAGE_MAGIC, FIBER_NAK, sizeof(nak) }, 1, 0 };

	say(fd, &nak, sizeof(nak));
	turn(f);
	cr_expect_eq(hear(fd, FIBER_NAK, data, sizeof(data), NULL), -EAGAIN, "no NAK for a NAK");
	cr_expect_eq(status_of(f).naks, 1);
	close(fd);
	fiber_destroy(f);
}

Test(handshake, garbage_and_halves_end_the_connection_only)
{
	struct fiber *f = server();
	uint8_t data[2 * FIBER_MESSAGE_MAX];
	struct fiber_hello h = hello();
	unsigned fds;

	turn(f);
	fds = open_fds();
	for (unsigned i = 0; i < 600; i++) {
		size_t n = 1 + i % 600;
		int fd = bare_client();

		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)(k * i * 31 + i);
		if (i % 2 == 0 && n != sizeof(h)) /* a HELLO cut or drawn out */
			memcpy(data, &h, n < sizeof(h) ? n : sizeof(h));
		say(fd, data, n);
		turn(f);
		cr_expect(hung_up(fd), "%u", i);
		close(fd);
	}
	cr_expect_eq(status_of(f).state, FIBER_WAITING);
	cr_expect_eq(open_fds(), fds);
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(handshake, every_bad_number_in_a_hello)
{
	static const uint32_t values[] = { 0, 3, 17, 65, 100, 16448, 0x7fffffff, 0xffffffff };
	struct fiber *f = server();

	for (size_t at = 32; at < 52; at += 4)
		for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct fiber_hello h = lent_hello();
			int fd = bare_client();
			bool ok;

			memcpy((uint8_t *)&h + at, &values[i], 4);
			ok = fiber_hello_check(&h) == 0;
			say(fd, &h, sizeof(h));
			turn(f);
			cr_expect_eq(status_of(f).state, ok ? FIBER_OFFERED : FIBER_WAITING);
			close(fd);
			turn(f);
			cr_expect_eq(status_of(f).state, FIBER_WAITING);
		}
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(handshake, descriptors_nobody_asked_for_are_closed)
{
	struct fiber_message ready = { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };
	struct fiber *f = server();
	int many[FIBER_MESSAGE_FDS];
	struct fiber_hello h = hello();
	int fd = bare_client();
	unsigned before;

	say(fd, &h, sizeof(h));
	turn(f);
	for (unsigned i = 0; i < FIBER_MESSAGE_FDS; i++)
		many[i] = 0;
	before = open_fds();
	for (unsigned i = 0; i < 50; i++) {
		/* Known, unknown and untimely messages. */
		ready.type = (uint16_t)(i % 5 == 0   ? FIBER_HELLO
					: i % 3 == 0 ? FIBER_NAK
						     : 100 + i);
		uint8_t data[64];

		memset(data, 0, sizeof(data));
		ready.bytes = sizeof(data);
		memcpy(data, &ready, sizeof(ready));
		cr_assert_eq(fiber_socket_send(fd, data, sizeof(data), many,
					       i % 2 == 0 ? FIBER_MESSAGE_FDS : 1 + i),
			     0);
		turn(f);
		cr_assert_eq(open_fds(), before, "message %u", i);
	}
	/* With READY too, which is welcome without them. */
	ready = (struct fiber_message){ FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };
	cr_assert_eq(fiber_socket_send(fd, &ready, sizeof(ready), many, FIBER_MESSAGE_FDS), 0);
	turn(f);
	cr_expect_eq(status_of(f).state, FIBER_UP);
	cr_expect_eq(open_fds(), before);
	close(fd);
	fiber_destroy(f);
}

Test(handshake, the_same_message_a_hundred_thousand_times)
{
	struct fiber *f = server();
	int fd = bare_up(f), copy[1];
	struct fiber_hello h = hello();
	uint8_t data[FIBER_MESSAGE_MAX];
	unsigned before;
	long pages = 0;

	copy[0] = fd;
	before = open_fds();
	for (unsigned i = 0; i < 100000; i++) {
		int ret = fiber_socket_send(fd, &h, sizeof(h), copy, i % 4 == 0);

		if (ret == -EAGAIN || i % 64 == 0) {
			turn(f);
			hear(fd, -1, data, sizeof(data), NULL); /* read the NAKs */
		}
		if (i == 1000)
			pages = resident_pages();
	}
	for (unsigned i = 0; i < 200; i++)
		turn(f);
	cr_expect_eq(open_fds(), before);
	cr_expect_leq(resident_pages(), pages + 64);
	cr_expect_eq(status_of(f).state, FIBER_UP);
	close(fd);
	fiber_destroy(f);
}

static struct fiber_lanes lanes_message(uint64_t open)
{
	return (struct fiber_lanes){ { FIBER_MESSAGE_MAGIC, FIBER_LANES, 16 }, open };
}

Test(handshake, lanes_of_a_peer_of_before_are_forgotten)
{
	struct fiber *f = server();
	struct fiber_lanes m = lanes_message(0);
	int fd = bare_up(f);

	say(fd, &m, sizeof(m));
	cr_expect_eq(fiber_process(f), FIBER_EVENT_LANES);
	cr_expect_eq(status_of(f).peer_lanes, UINT64_MAX << 1, "it has one lane");
	close(fd);
	pump_until(f, NULL, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(f), 0);
	fd = bare_up(f);
	cr_expect_eq(status_of(f).peer_lanes, UINT64_MAX);
	close(fd);
	fiber_destroy(f);
}

Test(handshake, any_set_of_lanes_in_any_state_is_harmless)
{
	struct fiber *f = server();
	struct fiber_lanes m = lanes_message(0);
	uint8_t data[FIBER_MESSAGE_MAX];
	int fd = bare_client();

	say(fd, &m, sizeof(m));
	turn(f);
	cr_expect_eq(hear(fd, FIBER_NAK, data, sizeof(data), NULL), 16, "not before READY");
	cr_expect_eq(status_of(f).peer_lanes, UINT64_MAX);
	close(fd);
	turn(f);
	fd = bare_up(f);
	for (unsigned bit = 0; bit < 64; bit++)
		for (unsigned turned = 0; turned < 2; turned++) {
			uint64_t open = turned ? ~(1ull << bit) : 1ull << bit;

			m = lanes_message(open);
			say(fd, &m, sizeof(m));
			turn(f);
			cr_expect_eq(status_of(f).peer_lanes, open | UINT64_MAX << 1);
		}
	cr_expect_eq(status_of(f).state, FIBER_UP);
	cr_expect_eq(fiber_send(fiber_tx_queue(f, 0), data, 60), 0, "a hint, no lock");
	close(fd);
	fiber_destroy(f);
}
