/* SPDX-License-Identifier: BSD-3-Clause */
/* Modules that live together (lib/cmis/emulator): on a clock turned by hand, and on sockets. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/order.h"
#include "lib/cmis/emulator/control.h"
#include "lib/cmis/emulator/emulator.h"
#include "lib/cmis/transport/client.h"

static uint64_t now_ns;

static uint64_t by_hand(void *arg)
{
	return load_relaxed(&now_ns);
}

static struct cmis_emulator *make(void)
{
	const struct cmis_clock clock = { by_hand, NULL };
	struct cmis_emulator *em;
	struct err err;

	now_ns = 0;
	cr_assert_eq(cmis_emulator_create(&em, &clock, &err), 0);
	return em;
}

static struct cmis_module *add(struct cmis_emulator *em, const char *profile, const char *socket)
{
	const struct cmis_engine_settings s = { .profile = cmis_profile_find(profile) };
	struct cmis_module *m;
	struct err err;

	cr_assert_eq(cmis_emulator_add(em, &s, socket, &m, &err), 0, "%s", err.text);
	return m;
}

static int read_byte(struct cmis_module *m, uint8_t at, uint8_t *byte)
{
	const struct cmis_transport bus = cmis_module_transport(m);

	return bus.read(bus.module, at, byte, 1);
}

Test(emulator, runs_on_its_clock)
{
	struct cmis_emulator *em = make();
	struct cmis_module *m = add(em, "oif-3.2t", NULL);
	uint64_t next = cmis_emulator_run(em);
	uint8_t byte;

	cr_expect_eq(read_byte(m, 0, &byte), -EREMOTEIO, "MgmtInit");
	cr_expect_eq(next, 20 * CMIS_MS);
	now_ns = next;
	cr_expect_gt(cmis_emulator_run(em), next);
	cr_expect_eq(read_byte(m, 0, &byte), 0);
	cr_expect_eq(byte, CMIS_CPO);
	cmis_emulator_destroy(em);
}

static bool is_ready(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

Test(emulator, a_write_wakes_who_runs_it)
{
	struct cmis_emulator *em = make();
	struct cmis_module *m = add(em, "oif-3.2t", NULL);
	const struct cmis_transport bus = cmis_module_transport(m);
	uint8_t select[2] = { 0, 0x10 }, all = 0xff;

	now_ns = 20 * CMIS_MS;
	cmis_emulator_run(em);
	cr_expect_not(is_ready(cmis_emulator_fd(em)));
	cr_expect_eq(bus.write(bus.module, 126, select, 2), 0);
	cr_expect_not(is_ready(cmis_emulator_fd(em)), "a page select changes nothing");
	cr_expect_eq(bus.write(bus.module, 128, &all, 1), 0);
	cr_expect(is_ready(cmis_emulator_fd(em)));
	cmis_emulator_run(em);
	cr_expect_not(is_ready(cmis_emulator_fd(em)));
	cmis_emulator_destroy(em);
}

/* 64 lanes of 16 lasers, four each. */
Test(emulator, lanes_are_fed_evenly)
{
	struct cmis_emulator *em = make();
	struct cmis_module *els = add(em, "els-16", NULL), *m = add(em, "bailly-6.4t", NULL);

	cr_expect_eq(cmis_emulator_feed(m, els, false), 0);
	cr_expect_eq(cmis_emulator_laser_of(0, 64, 16), 0);
	cr_expect_eq(cmis_emulator_laser_of(3, 64, 16), 0);
	cr_expect_eq(cmis_emulator_laser_of(4, 64, 16), 1);
	cr_expect_eq(cmis_emulator_laser_of(63, 64, 16), 15);
	cmis_emulator_remove(em, m);
	cmis_emulator_remove(em, els);
	cmis_emulator_remove(em, NULL);
	cmis_emulator_destroy(em);
	cmis_emulator_destroy(NULL);
}

static uint32_t stop;

static void *host(void *arg)
{
	struct cmis_module *m = arg;
	unsigned long reads = 0;
	uint8_t byte;

	while (!load_acquire(&stop))
		reads += read_byte(m, 0, &byte) == 0;
	return (void *)reads;
}

Test(emulator, hosts_on_other_threads)
{
	struct cmis_emulator *em = make();
	struct cmis_module *m = add(em, "oif-3.2t", NULL);
	pthread_t thread[2];
	void *reads[2];

	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, host, m), 0);
	for (unsigned i = 0; i < 2000; i++) {
		store_relaxed(&now_ns, now_ns + CMIS_MS);
		cmis_emulator_run(em);
	}
	usleep(1000);
	store_release(&stop, 1);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(thread[i], &reads[i]);
		cr_expect_gt((unsigned long)reads[i], 0);
	}
	cmis_emulator_destroy(em);
}

static void *serve(void *arg)
{
	struct pollfd p = { cmis_emulator_fd(arg), POLLIN, 0 };

	while (!load_acquire(&stop)) {
		cmis_emulator_run(arg);
		poll(&p, 1, 5);
	}
	return NULL;
}

Test(emulator, served_on_a_socket_and_beside_it)
{
	char folder[] = "/tmp/cpx-emulator-XXXXXX", path[64], ctl[80];
	struct cmis_emulator *em = make();
	struct cmis_client *client;
	struct cmis_transport bus;
	struct cmis_module *m;
	pthread_t thread;
	struct stat st;
	struct err err;
	uint8_t byte = 0;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/oe0", folder);
	snprintf(ctl, sizeof(ctl), "%s.ctl", path);
	m = add(em, "oif-3.2t", path);
	now_ns = 20 * CMIS_MS;
	cr_assert_eq(pthread_create(&thread, NULL, serve, em), 0);
	cr_assert_eq(cmis_client_create(&client, path, 2000, &err), 0);
	bus = cmis_client_transport(client);
	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), 0);
	cr_expect_eq(byte, CMIS_CPO);
	cr_expect_eq(cmis_control_ask(path, "inject removed 0 0 0", &err), 0, "%s", err.text);
	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), -ENODEV);
	cr_expect_eq(cmis_control_ask(path, "heal all", &err), 0);
	cr_expect_neq(cmis_control_ask(path, "inject nothing 0 0 0", &err), 0);
	cr_expect(strstr(err.text, "no fault \"nothing\""), "%s", err.text);
	store_release(&stop, 1);
	pthread_join(thread, NULL);
	cmis_client_destroy(client);
	cmis_emulator_remove(em, m);
	cr_expect_neq(stat(path, &st), 0, "its socket is gone");
	cr_expect_neq(stat(ctl, &st), 0, "and the one beside it");
	cmis_emulator_destroy(em);
	rmdir(folder);
}

Test(emulator, a_socket_that_cannot_be_leaves_nothing)
{
	const struct cmis_engine_settings s = { .profile = cmis_profile_find("oif-3.2t") };
	struct cmis_emulator *em = make();
	struct cmis_module *m = NULL;
	struct err err;

	cr_expect_lt(cmis_emulator_add(em, &s, "/nowhere/at/all", &m, &err), 0);
	cr_expect(strstr(err.text, "/nowhere/at/all"), "%s", err.text);
	cr_expect_eq(cmis_emulator_run(em), CMIS_NEVER, "there is no module");
	cmis_emulator_destroy(em);
}

Test(control, says_what_it_does_not_understand)
{
	static const struct {
		const char *request;
		int ret;
		const char *says;
	} cases[] = {
		{ "inject tx-drop 3 f 0", 0, "ok" },
		{ "inject nack 0 0 50", 0, "ok" },
		{ "heal tx-drop", 0, "ok" },
		{ "heal all", 0, "ok" },
		{ "", -EINVAL, "not understood" },
		{ "inject", -EINVAL, "not understood" },
		{ "inject tx-drop 3 f", -EINVAL, "not understood" },
		{ "inject tx-drop 3 f 0 more", -EINVAL, "not understood" },
		{ "inject tx-drop 3 100000000 0", -ERANGE, "lanes 0 to 31" },
		{ "inject nack 0 0 9999999999999", -ERANGE, "too long" },
		{ "inject no-such 0 0 0", -ENOENT, "no fault \"no-such\"" },
		{ "heal no-such", -ENOENT, "no fault \"no-such\"" },
	};
	struct cmis_emulator *em = make();
	struct cmis_engine *e = cmis_module_engine(add(em, "oif-3.2t", NULL));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "ok" };

		cr_expect_eq(cmis_control_obey(e, cases[i].request, &err), cases[i].ret, "%s: %s",
			     cases[i].request, err.text);
		cr_expect(strstr(err.text, cases[i].says), "%s: %s", cases[i].request, err.text);
	}
	cmis_emulator_destroy(em);
}

Test(control, nobody_there)
{
	struct err err;

	cr_expect_lt(cmis_control_ask("/nowhere/oe0", "heal all", &err), 0);
	cr_expect(strstr(err.text, "no emulated engine answers there"), "%s", err.text);
}
