/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/offer.c: servers and clients that lie about what they hand over: sizes, seals, layouts,
 * the number and kind of descriptors, at the wrong time or twice. The liar is a bare socket in this
 * test; the fiber is pumped by hand.
 */
#include "tests/unit/fiber_bare.h"

TestSuite(offer, .init = make_folder, .fini = remove_folder);

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

Test(offer, a_lying_server)
{
	listen_bare();
	for (enum lie lie = NO_LIE; lie < COPIED_LIES; lie++)
		hear_a_lie(lie, false);
	for (enum lie lie = NO_LIE; lie < LENT_LIES; lie++)
		hear_a_lie(lie, true);
	close(bare_listener);
}

Test(offer, a_server_that_does_not_take_the_pool)
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

Test(offer, a_lying_client)
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

Test(offer, a_server_lends_only_to_those_who_know_it)
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

Test(offer, a_region_before_it_is_time)
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
