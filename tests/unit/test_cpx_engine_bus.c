/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines elsewhere: behind a socket of two-wire transactions, served by a thread of this test; and
 * light that crosses to the port of another process.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/order.h"
#include "lib/cmis/emulator/emulator.h"
#include "pmd/cpx_engine.h"
#include "tests/unit/cpx_port.h"

#define LANE        106250u
#define PATIENCE_MS 10000

static char folder[] = "/tmp/cpx-engine-XXXXXX", path[64];
static struct cmis_emulator *emulator;
static struct cmis_module *module;
static uint32_t stop;
static pthread_t thread;

static void *serve(void *arg)
{
	struct pollfd p = { cmis_emulator_fd(emulator), POLLIN, 0 };

	while (!load_acquire(&stop)) {
		cmis_emulator_run(emulator);
		poll(&p, 1, 5);
	}
	return NULL;
}

static void start_serving(void)
{
	const struct cmis_engine_settings s = { .profile = cmis_profile_find("oif-3.2t"),
						.serial = "ELSEWHERE" };
	struct err err;

	cr_assert_eq(cmis_emulator_create(&emulator, NULL, &err), 0);
	cr_assert_eq(cmis_emulator_add(emulator, &s, path, &module, &err), 0, "%s", err.text);
	stop = 0;
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void stop_serving(void)
{
	store_release(&stop, 1);
	pthread_join(thread, NULL);
	cmis_emulator_destroy(emulator);
}

static void begin(void)
{
	start_eal();
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/oe0", folder);
}

static void clean_up(void)
{
	rmdir(folder);
}

static bool comes_to(uint16_t port, unsigned lanes)
{
	for (unsigned i = 0; i < PATIENCE_MS; i++, usleep(1000)) {
		const struct rte_eth_link link = link_of(port);

		if (lanes == 0 ? !link.link_status : link.link_speed == lanes * LANE)
			return true;
	}
	return false;
}

static struct cpx_engine_view look(const char *engine)
{
	static struct cpx_engine_view view;

	cpx_engine_look(cpx_engine_find(engine), &view);
	return view;
}

static uint16_t managed_port(void)
{
	char args[160];

	snprintf(args, sizeof(args), "engine=oe0,lanes=0-3,mgmt=unix:%s", path);
	return running_port("net_cpx0", args, 4);
}

static void finish(uint16_t port)
{
	rte_eth_dev_stop(port);
	cr_expect_eq(rte_eth_dev_close(port), 0);
}

TestSuite(cpx_engine_bus, .init = begin, .fini = clean_up, .timeout = 60);

Test(cpx_engine_bus, module_behind_a_socket_comes_and_goes)
{
	const uint16_t port = managed_port();

	cr_expect(comes_to(port, 0));
	start_serving();
	cr_expect(comes_to(port, 4));
	cr_expect_str_eq(look("oe0").seen.serial, "ELSEWHERE");
	stop_serving();
	cr_expect(comes_to(port, 0));
	start_serving();
	cr_expect(comes_to(port, 4));
	finish(port);
	stop_serving();
}

Test(cpx_engine_bus, bus_that_hangs_for_two_seconds)
{
	const uint16_t port = managed_port();
	const uint16_t other = running_port("net_cpx1", "engine=well,lanes=0-3,mgmt=emulated", 4);
	unsigned ups;

	start_serving();
	cr_assert(comes_to(port, 4));
	cr_assert(comes_to(other, 4));
	ups = look("oe0").bank[0].port[0].ups;
	cmis_emulator_lock(emulator);
	sleep(2);
	cr_expect_eq(look("oe0").seen.reason, CMIS_REASON_LINK, "%s",
		     cmis_reason_text(look("oe0").seen.reason));
	cr_expect_lt(look("oe0").seen.counters.link_errors, 100, "its tries are bounded");
	cr_expect_eq(link_of(port).link_speed, 4 * LANE, "its light does not need the bus");
	cmis_emulator_unlock(emulator);
	for (unsigned i = 0; i < PATIENCE_MS; i++, usleep(1000))
		if (look("oe0").seen.reason == CMIS_REASON_NONE)
			break;
	cr_expect_eq(look("oe0").seen.reason, CMIS_REASON_NONE);
	cr_expect_eq(look("oe0").bank[0].port[0].ups, ups, "its port never fell");
	cr_expect_eq(look("well").bank[0].port[0].ups, 1);
	finish(port);
	finish(other);
	stop_serving();
}

static void inject(const char *engine, const char *request)
{
	struct err err;

	cr_assert_eq(cpx_engine_inject(cpx_engine_find(engine), request, &err), 0, "%s", err.text);
}

/* Over shared memory, as between processes: light is there or not, and lanes that send back. */
Test(cpx_engine_bus, light_crosses_to_another_process)
{
	char args[2][160];
	uint16_t a, b;

	for (unsigned i = 0; i < 2; i++)
		snprintf(args[i], sizeof(args[i]),
			 "engine=oe%u,lanes=0-3,mgmt=emulated,carrier=fiber:%s,role=%s", i, path,
			 i == 0 ? "server" : "client");
	a = running_port("net_cpx0", args[0], 4);
	for (unsigned i = 0; i < 1000; i++, usleep(1000))
		if (look("oe0").lane[0].state == CMIS_DP_ACTIVATED)
			break;
	cr_expect(comes_to(a, 0));
	cr_expect_eq(look("oe0").lane[0].rx_dbm, -40, "nobody at the other end");
	b = running_port("net_cpx1", args[1], 4);
	cr_expect(comes_to(a, 4));
	cr_expect(comes_to(b, 4));
	inject("oe0", "inject laser-fail 0 4 0"); /* lane 2 */
	cr_expect(comes_to(b, 3));
	cr_expect(comes_to(a, 3));
	cr_expect_eq(look("oe1").lane[2].rx_dbm, -40);
	inject("oe0", "heal all");
	cr_expect(comes_to(a, 4));
	cr_expect(comes_to(b, 4));
	finish(b);
	cr_expect(comes_to(a, 0));
	finish(a);
	unlink(path);
}
