/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/handshake.c: what both sides agree on, and peers that say anything else. The hostile
 * client or server is a bare socket in this test; the fiber is pumped by hand.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

/* The client under test, against a bare server that sends `m` with `fds`. */
static int bare_listener;

static struct fiber *client_of_bare(int *conn)
{
	struct fiber *c = new_fiber((struct fiber_config){ .slots = 16,
							   .slot_bytes = 256,
							   .max_segs = 1,
							   .features = FIBER_FEATURES,
							   .patience = 60000 });

	for (int i = 0; i < PUMPS; i++) {
		poll(&(struct pollfd){ .fd = fiber_fd(c), .events = POLLIN }, 1, 10);
		fiber_process(c);
		*conn = accept4(bare_listener, NULL, NULL, SOCK_NONBLOCK);
		if (*conn >= 0)
			break;
	}
	cr_assert_geq(*conn, 0);
	return c;
}

static void listen_bare(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, socket_path);
	bare_listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	cr_assert_eq(bind(bare_listener, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(bare_listener, 8), 0);
}

/* What both agree on, with LENT or not. */
static struct fiber_terms agreed(bool lent)
{
	if (lent)
		return (struct fiber_terms){ LENT, 1, 4, 256, 1, FIBER_PAGE_SMALL, 4 };
	return (struct fiber_terms){ COPIED, 1, 4, 256, 1, FIBER_PAGE_SMALL };
}

static struct fiber_region_message good_region(bool lent, const struct fiber_layout *l)
{
	const struct fiber_terms t = agreed(lent);

	return (struct fiber_region_message){
		.head = { FIBER_MESSAGE_MAGIC, FIBER_REGION, sizeof(struct fiber_region_message) },
		.version = FIBER_VERSION,
		.page_bytes = FIBER_PAGE_SMALL,
		.features = t.features,
		.region_bytes = l->region_bytes,
		.lanes = 1,
		.log2_slots = 4,
		.slot_bytes = 256,
		.max_segs = 1,
		.log2_frames = t.log2_frames,
		.pool_page_bytes = lent ? FIBER_PAGE_SMALL : 0,
		.pool_bytes = lent ? pool_bytes(&t) : 0,
	};
}

enum lie {
	NO_LIE,
	NO_SEAL,
	SHORT_FILE,
	WRONG_SIZE,
	WRONG_HEADER,
	NO_FDS,
	ONE_FD_LESS,
	ONE_FD_MORE,
	ALL_FDS,
	NO_BELLS,
	OTHER_TERMS,
	HUGE_TERMS,
	COPIED_LIES,
	NO_POOL_SEAL = COPIED_LIES,
	WRITABLE_POOL,
	SHORT_POOL,
	WRONG_POOL_SIZE,
	OTHER_PAGES,
	POOL_WITH_HOLES,
	POOL_IS_REGION,
	OTHER_FRAMES,
	SHORT_MESSAGE,
	LENT_LIES
};

static int lying_pool(enum lie lie, const struct fiber_terms *t)
{
	const int seals = lie == NO_POOL_SEAL    ? 0
			  : lie == WRITABLE_POOL ? POOL_SEALS & ~F_SEAL_FUTURE_WRITE
						 : POOL_SEALS;

	return pool_file(pool_bytes(t) - (lie == SHORT_POOL ? 4096 : 0), seals,
			 lie == POOL_WITH_HOLES);
}

static void tell(enum lie lie, bool lent, int conn)
{
	const struct fiber_terms t = agreed(lent);
	const unsigned right = lent ? 4 : 3;
	const unsigned n = lie == NO_FDS        ? 0
			   : lie == ONE_FD_LESS ? right - 1
			   : lie == ONE_FD_MORE ? right + 1
			   : lie == ALL_FDS     ? FIBER_MESSAGE_FDS
						: right;
	int fds[FIBER_MESSAGE_FDS], bells[2], pool = -1;
	struct fiber_region_message m;
	struct fiber_header header;
	struct fiber_layout l;

	cr_assert_eq(fiber_layout_of(&t, &l), 0);
	m = good_region(lent, &l);
	header = fiber_header_of(&t, &l);
	fds[0] = memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	cr_assert_eq(ftruncate(fds[0], (off_t)l.region_bytes - (lie == SHORT_FILE ? 4096 : 0)), 0);
	header.slot_stride += lie == WRONG_HEADER;
	cr_assert_eq(pwrite(fds[0], &header, sizeof(header), 0), sizeof(header));
	if (lie != NO_SEAL)
		cr_assert_eq(fcntl(fds[0], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	cr_assert_eq(socketpair(AF_UNIX, lie == NO_BELLS ? SOCK_STREAM : SOCK_DGRAM, 0, bells), 0);
	for (unsigned i = 1; i < FIBER_MESSAGE_FDS; i++)
		fds[i] = bells[i % 2];
	if (lent) {
		pool = lying_pool(lie, &t);
		fds[1] = lie == POOL_IS_REGION ? fds[0] : pool;
	}
	m.region_bytes += lie == WRONG_SIZE ? 4096 : 0;
	m.lanes += lie == OTHER_TERMS;
	m.log2_slots = lie == HUGE_TERMS ? 63 : m.log2_slots;
	m.pool_bytes += lie == WRONG_POOL_SIZE ? 4096 : 0;
	m.pool_page_bytes = lie == OTHER_PAGES ? FIBER_PAGE_HUGE : m.pool_page_bytes;
	m.log2_frames += lie == OTHER_FRAMES;
	m.head.bytes = lie == SHORT_MESSAGE ? FIBER_REGION_LEAST : m.head.bytes;
	cr_assert_eq(fiber_socket_send(conn, &m, m.head.bytes, fds, n), 0);
	close(fds[0]);
	close(bells[0]);
	close(bells[1]);
	if (pool >= 0)
		close(pool);
}

static void expect_ready(bool lent, int conn)
{
	uint8_t data[FIBER_MESSAGE_MAX];
	struct fiber_ready m;
	int pool = -1;

	cr_expect_eq(hear(conn, FIBER_READY, data, sizeof(data), &pool), lent ? 24 : 8);
	memcpy(&m, data, sizeof(m));
	cr_expect_eq(pool >= 0, lent);
	if (!lent)
		return;
	cr_expect_eq(fcntl(pool, F_GET_SEALS), POOL_SEALS);
	cr_expect_eq(m.pool_page_bytes, FIBER_PAGE_SMALL);
	close(pool);
}

static void hear_a_lie(enum lie lie, bool lent)
{
	const struct fiber_message ready = { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };
	unsigned before = open_fds(), after;
	uint8_t data[FIBER_MESSAGE_MAX];
	struct fiber_hello h = lent ? lent_hello() : hello();
	struct fiber *c;
	int conn;

	c = client_of_bare(&conn);
	say(conn, &h, sizeof(h));
	turn(c);
	cr_assert_eq(status_of(c).state, FIBER_OFFERED);
	after = open_fds();
	tell(lie, lent, conn);
	turn(c);
	if (lie == NO_LIE) {
		expect_ready(lent, conn);
		cr_expect_eq(status_of(c).state, lent ? FIBER_OFFERED : FIBER_UP);
		if (lent)
			say(conn, &ready, sizeof(ready));
		turn(c);
		cr_assert_eq(status_of(c).state, FIBER_UP, "%s", status_of(c).reason);
		cr_expect_eq(open_fds(), after + 2, "two bells");
	} else {
		cr_expect_eq(status_of(c).state, FIBER_WAITING, "lie %d", lie);
		cr_expect_not_null(strstr(status_of(c).reason, "refused"), "%s",
				   status_of(c).reason);
		cr_expect_eq(hear(conn, FIBER_REFUSE, data, sizeof(data), NULL), 16);
		cr_expect_eq(open_fds(), after - 1, "only the connection went");
	}
	fiber_destroy(c);
	close(conn);
	cr_expect_eq(open_fds(), before);
}

Test(handshake, a_lying_server)
{
	listen_bare();
	for (enum lie lie = NO_LIE; lie < COPIED_LIES; lie++)
		hear_a_lie(lie, false);
	for (enum lie lie = NO_LIE; lie < LENT_LIES; lie++)
		hear_a_lie(lie, true);
	close(bare_listener);
}

Test(handshake, a_server_that_does_not_take_the_pool)
{
	const struct fiber_refuse no = { { FIBER_MESSAGE_MAGIC, FIBER_REFUSE, sizeof(no) },
					 .reason = FIBER_REFUSED_POOL };
	struct fiber_hello h = lent_hello();
	uint8_t data[FIBER_MESSAGE_MAX];
	unsigned before;
	struct fiber *c;
	int conn;

	listen_bare();
	c = client_of_bare(&conn);
	before = open_fds();
	say(conn, &h, sizeof(h));
	turn(c);
	tell(NO_LIE, true, conn);
	tell(NO_LIE, true, conn); /* once more: too late */
	turn(c);
	expect_ready(true, conn);
	cr_expect_eq(hear(conn, FIBER_NAK, data, sizeof(data), NULL), 16);
	cr_expect_eq(status_of(c).state, FIBER_OFFERED);
	say(conn, &no, sizeof(no));
	turn(c);
	cr_expect_eq(status_of(c).state, FIBER_WAITING);
	cr_expect_eq(status_of(c).connections, 0, "it was never up");
	cr_expect_not_null(strstr(status_of(c).reason, "pool"), "%s", status_of(c).reason);
	cr_expect_eq(open_fds(), before - 1, "region, pools and bells are closed");
	fiber_destroy(c);
	close(conn);
	close(bare_listener);
}

/* READY of a client with LENT, and what may be wrong with it. */
static void answer(enum lie lie, int conn)
{
	const struct fiber_terms t = agreed(true);
	struct fiber_ready m = { { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(m) },
				 .pool_page_bytes =
					 lie == OTHER_PAGES ? FIBER_PAGE_HUGE : FIBER_PAGE_SMALL,
				 .pool_bytes =
					 pool_bytes(&t) + (lie == WRONG_POOL_SIZE ? 4096 : 0) };
	int fds[FIBER_MESSAGE_FDS];

	for (unsigned i = 0; i < FIBER_MESSAGE_FDS; i++)
		fds[i] = 0;
	fds[0] = lying_pool(lie, &t);
	m.head.bytes = lie == SHORT_MESSAGE ? sizeof(m.head) : m.head.bytes;
	cr_assert_eq(fiber_socket_send(conn, &m, m.head.bytes, fds,
				       lie == NO_FDS        ? 0
				       : lie == ONE_FD_MORE ? 2
				       : lie == ALL_FDS     ? FIBER_MESSAGE_FDS
							    : 1),
		     0);
	close(fds[0]);
}

Test(handshake, a_lying_client)
{
	static const enum lie lies[] = { NO_LIE,          NO_FDS,          ONE_FD_MORE,
					 ALL_FDS,         NO_POOL_SEAL,    WRITABLE_POOL,
					 SHORT_POOL,      WRONG_POOL_SIZE, OTHER_PAGES,
					 POOL_WITH_HOLES, SHORT_MESSAGE };
	struct fiber *f = server();

	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint8_t data[FIBER_MESSAGE_MAX];
		struct fiber_hello h = lent_hello();
		int fd = bare_client(), memory = -1;
		struct fiber_refuse no;
		unsigned before;

		say(fd, &h, sizeof(h));
		turn(f);
		cr_assert_eq(hear(fd, FIBER_REGION, data, sizeof(data), &memory), 64);
		close(memory);
		before = open_fds();
		answer(lies[i], fd);
		turn(f);
		if (lies[i] == NO_LIE) {
			cr_expect_eq(hear(fd, FIBER_READY, data, sizeof(data), NULL), 8);
			cr_expect_eq(status_of(f).state, FIBER_UP);
			cr_expect_eq(open_fds(), before);
			close(fd);
			turn(f);
			cr_assert_eq(fiber_quiescent(f), 0);
			continue;
		}
		cr_expect_eq(status_of(f).state, FIBER_WAITING, "lie %d", lies[i]);
		cr_expect_not_null(strstr(status_of(f).reason, "pool"), "%s", status_of(f).reason);
		cr_assert_eq(hear(fd, FIBER_REFUSE, data, sizeof(data), NULL), 16);
		memcpy(&no, data, sizeof(no));
		cr_expect_eq(no.reason, FIBER_REFUSED_POOL);
		cr_expect(hung_up(fd));
		cr_expect_lt(open_fds(), before, "bells and connection are closed");
		close(fd);
	}
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(handshake, a_server_lends_only_to_those_who_know_it)
{
	struct fiber *f = server();
	struct fiber_region_message m;
	struct fiber_hello h = hello();
	uint8_t data[FIBER_MESSAGE_MAX], frame[256] = { 0 };
	int fd = bare_client(), memory = -1;
	struct fiber_message ready = { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };

	/* A peer from before LENT: a shorter HELLO, and REGION as it was. */
	h.head.bytes = FIBER_HELLO_LEAST;
	say(fd, &h, FIBER_HELLO_LEAST);
	turn(f);
	cr_assert_eq(hear(fd, FIBER_REGION, data, sizeof(data), &memory), FIBER_REGION_LEAST);
	memcpy(&m, data, FIBER_REGION_LEAST);
	cr_expect_eq(m.features, COPIED);
	close(memory);
	say(fd, &ready, sizeof(ready));
	turn(f);
	cr_expect_eq(status_of(f).state, FIBER_UP);
	cr_expect_null(fiber_peer_pool(f));
	cr_expect_not(fiber_tx_lends(fiber_tx_queue(f, 0)));
	cr_expect_eq(fiber_send(fiber_tx_queue(f, 0), frame, 256), 0);
	close(fd);
	turn(f);
	cr_expect_eq(fiber_quiescent(f), 0);
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(handshake, a_region_before_it_is_time)
{
	uint8_t data[FIBER_MESSAGE_MAX];
	struct fiber *c;
	int conn;

	listen_bare();
	c = client_of_bare(&conn);
	tell(NO_LIE, false, conn);
	turn(c);
	cr_expect_eq(status_of(c).state, FIBER_GREETING);
	cr_expect_eq(hear(conn, FIBER_NAK, data, sizeof(data), NULL), 16);
	fiber_destroy(c);
	close(conn);
	close(bare_listener);
}
