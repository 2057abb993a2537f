/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that can go wrong in an engine, one by one, while another engine of the process
 * carries traffic: that one loses nothing and changes no state; the faulty one says what is wrong,
 * and is back by itself when it is over.
 */
#include <fcntl.h>

#include "pmd/cpx_engine.h"
#include "tests/unit/cpx_port.h"

#define LANE        106250u
#define PATIENCE_MS 15000
#define LANES       4
/* of pulling and putting back: a third of a second each; sanitizers see it all in a few */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROUNDS 15
#endif
#endif
#ifndef ROUNDS
#define ROUNDS 100
#endif

static uint16_t sick, well;
static uint64_t sent, received;

/* A frame on each lane of the well port, and all that came back. */
static void traffic(void)
{
	for (uint16_t q = 0; q < LANES; q++) {
		struct rte_mbuf *m = frame(64, 1);

		if (send_one(well, q, m) == 1)
			sent++;
		else
			rte_pktmbuf_free(m);
	}
	for (uint16_t q = 0; q < LANES; q++)
		for (struct rte_mbuf *m; (m = receive_one(well, q)) != NULL; received++)
			rte_pktmbuf_free(m);
}

static bool has_lanes(uint16_t port, unsigned lanes)
{
	const struct rte_eth_link link = link_of(port);

	return lanes == 0 ? !link.link_status : link.link_status && link.link_speed == lanes * LANE;
}

/* Traffic goes on meanwhile. */
static bool comes_to(unsigned lanes)
{
	for (unsigned i = 0; i < PATIENCE_MS * 2; i++) {
		if (has_lanes(sick, lanes))
			return true;
		traffic();
		usleep(500);
	}
	return false;
}

static void go_on(unsigned ms)
{
	for (unsigned i = 0; i < ms * 2; i++) {
		traffic();
		usleep(500);
	}
}

static void inject(const char *request)
{
	struct err err;

	cr_assert_eq(cpx_engine_inject(cpx_engine_find("sick"), request, &err), 0, "%s: %s",
		     request, err.text);
}

static struct cpx_engine_view look(const char *engine)
{
	static struct cpx_engine_view view;

	cpx_engine_look(cpx_engine_find(engine), &view);
	return view;
}

static void start_both(void)
{
	start_eal();
	sick = running_port("net_cpx0", "engine=sick,lanes=0-3,mgmt=emulated", LANES);
	well = running_port("net_cpx1", "engine=well,lanes=0-3,mgmt=emulated", LANES);
	for (unsigned i = 0; i < PATIENCE_MS && !has_lanes(well, LANES); i++)
		usleep(1000);
	cr_assert(comes_to(LANES));
}

/* Whatever happened to the sick one. */
static void expect_well(const char *fault)
{
	go_on(5);
	for (unsigned i = 0; i < 100 && received < sent; i++)
		for (uint16_t q = 0; q < LANES; q++)
			for (struct rte_mbuf *m; (m = receive_one(well, q)) != NULL; received++)
				rte_pktmbuf_free(m);
	cr_expect_eq(received, sent, "%s: the other engine lost %lld frames", fault,
		     (long long)(sent - received));
	cr_expect_eq(look("well").bank[0].port[0].ups, 1, "%s: the other engine's port fell",
		     fault);
	cr_expect_eq(look("well").seen.counters.failures, 0, "%s", fault);
}

TestSuite(cpx_engine_faults, .init = start_both, .timeout = 150);

/* What is injected, for how long it is looked at, and what becomes of the link meanwhile. */
static const struct {
	const char *request;
	unsigned ms;
	int lanes; /* -1: whatever */
} faults[] = {
	{ "nack 0 0 0", 300, LANES }, /* management is lost, light is not */
	{ "config-stuck 0 0 0", 100, LANES },
	{ "reject-appsel0 0 0 0", 50, LANES },
	{ "slow-init 5 0 0", 50, LANES },
	{ "no-dpinitpending 0 0 0", 50, LANES },
	{ "init-stuck 0 0 0", 50, LANES },
	{ "flag-storm 0 0 0", 400, LANES },
	{ "tx-drop 2 0 0", 200, LANES },
	{ "rx-drop 2 0 0", 200, LANES },
	{ "rx-drop 20 2 0", 300, LANES - 1 },
	{ "laser-drop 2 0 0", 200, LANES },
	{ "laser-fail 0 6 0", 300, LANES - 2 },
	{ "removed 0 0 0", 300, 0 },
	{ "fw-module 0 0 0", 200, LANES },
	{ "fw-datapath 0 0 0", 200, LANES },
	{ "reset 0 0 0", 100, -1 },
	{ "freeze-stuck 0 0 0", 200, LANES },
	{ "cdb-stuck 0 0 0", 100, LANES },
	{ "cdb-nack 0 0 0", 100, LANES },
	{ "checksum 1 0 0", 100, LANES },
	{ "page-clear 3 0 0", 400, -1 },
	{ "bus-errors 200 0 0", 400, -1 },
	{ "torn 0 0 0", 300, -1 },
	{ "reserved-bits 0 0 0", 200, LANES },
	{ "early-success 20 0 0", 50, LANES },
};

Test(cpx_engine_faults, each_is_survived_and_harms_nobody_else)
{
	for (unsigned i = 0; i < RTE_DIM(faults); i++) {
		char request[64];

		snprintf(request, sizeof(request), "inject %s", faults[i].request);
		inject(request);
		go_on(faults[i].ms);
		if (faults[i].lanes >= 0)
			cr_expect(comes_to((unsigned)faults[i].lanes), "%s", request);
		inject("heal all");
		cr_expect(comes_to(LANES), "%s: it does not come back: %s", request,
			  cmis_reason_text(look("sick").seen.reason));
		expect_well(request);
	}
}

/* ModuleFault is left by reset only, which the manager does after 5 s. */
Test(cpx_engine_faults, a_module_fault_is_reset)
{
	inject("inject module-fault 1 0 0");
	cr_expect(comes_to(0));
	go_on(300);
	cr_expect_eq(look("sick").seen.state, CMIS_MANAGER_FAULT);
	cr_expect_eq(look("sick").seen.fault_cause, CMIS_FAULT_TEC_RUNAWAY);
	inject("heal all");
	cr_expect(comes_to(LANES));
	cr_expect_eq(look("sick").seen.counters.resets_done, 1);
	expect_well("module-fault");
}

/* Its lanes go down in order before the module would fault. */
Test(cpx_engine_faults, heat_shuts_it_down_in_order)
{
	inject("inject temp-ramp 50 0 0");
	cr_expect(comes_to(0));
	cr_expect_eq(look("sick").seen.state, CMIS_MANAGER_HOT);
	inject("heal all");
	for (unsigned i = 0; i < 20000 && !has_lanes(sick, LANES); i++) {
		traffic();
		usleep(500);
	}
	cr_expect(comes_to(LANES), "%s", cmis_reason_text(look("sick").seen.reason));
	cr_expect_neq(look("sick").seen.fault_cause, CMIS_FAULT_TEMPERATURE, "before it faulted");
	expect_well("temp-ramp");
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(cpx_engine_faults, pulled_and_put_back_a_hundred_times)
{
	const unsigned files = open_files();

	for (unsigned i = 0; i < ROUNDS; i++) {
		inject("inject removed 0 0 0");
		cr_expect(comes_to(0));
		inject("heal removed");
		cr_assert(comes_to(LANES), "after %u times", i);
	}
	cr_expect_str_eq(look("sick").seen.serial, "sick", "the same one");
	cr_expect_geq(look("sick").seen.counters.insertions, ROUNDS);
	cr_expect_eq(open_files(), files);
	expect_well("removed");
	rte_eth_dev_stop(sick);
	rte_eth_dev_stop(well);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
