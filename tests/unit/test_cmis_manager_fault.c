/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager with modules that misbehave: each failure has its reason, tries are bounded,
 * neighbours stay up, and it comes back by itself.
 */
#include "tests/unit/cmis_managed.h"

/* A managed engine with a port of eight lanes in each of its four banks, all up. */
static void start_up(struct managed *g)
{
	managed_start(g, "oif-3.2t");
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	cr_assert_eq(managed_up(g), 4);
}

static void heals(struct managed *g, enum cmis_fault fault, unsigned ms)
{
	cmis_engine_heal(g->host.engine, fault);
	managed_until_up(g, 4, ms);
	cr_expect_eq(managed_up(g), 4);
	managed_run(g, 1000);
	cr_expect_eq(managed_seen(g)->reason, CMIS_REASON_NONE);
}

Test(manager_fault, nack_storm)
{
	struct managed g;
	uint64_t before;

	start_up(&g);
	before = managed_transactions(&g);
	managed_inject(&g, CMIS_INJECT_NACK, 0, 0, 0);
	managed_run(&g, 10000);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NACK);
	cr_expect_leq(managed_transactions(&g) - before, 60, "tries are bounded");
	cr_expect_eq(managed_up(&g), 4, "nothing says that they are down");
	heals(&g, CMIS_INJECT_NACK, 1000);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1, "and they were not touched");
	managed_end(&g);
}

Test(manager_fault, nack_in_every_step)
{
	/* the storm begins at each millisecond of a bring-up */
	for (unsigned at = 0; at < 400; at += 7) {
		struct managed g;

		managed_start(&g, "oif-3.2t");
		for (unsigned b = 0; b < 4; b++)
			managed_want(&g, b, b % 2 ? 8 : 4);
		managed_run(&g, at);
		managed_inject(&g, CMIS_INJECT_NACK, 0, 0, 50);
		managed_run(&g, 3000);
		cr_expect_eq(managed_seen(&g)->counters.failures, 0, "at %u ms", at);
		for (unsigned b = 0; b < 4; b++)
			cr_assert_eq(managed_port(&g, b, 0)->state, CMIS_PORT_UP, "at %u ms: %s",
				     at, cmis_reason_text(managed_port(&g, b, 0)->reason));
		managed_end(&g);
	}
}

Test(manager_fault, config_stuck)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_CONFIG_STUCK, 0, 0xFF00, 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_run(&g, 3000);
	cr_expect_eq(managed_up(&g), 3, "neighbours do not wait");
	cr_expect_eq(managed_port(&g, 1, 0)->reason, CMIS_REASON_CONFIGURE_TIMEOUT);
	managed_run(&g, 100000);
	cr_expect_leq(managed_port(&g, 1, 0)->failures, 10);
	heals(&g, CMIS_INJECT_CONFIG_STUCK, 70000);
	managed_end(&g);
}

Test(manager_fault, init_stuck)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_INIT_STUCK, 0, 1ull << 8, 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_run(&g, 1000);
	cr_expect_eq(managed_up(&g), 3);
	cr_expect_eq(managed_port(&g, 1, 0)->reason, CMIS_REASON_INIT);
	cr_expect(managed_port(&g, 1, 0)->late);
	managed_run(&g, 5000);
	cr_expect_eq(managed_port(&g, 1, 0)->state, CMIS_PORT_FAILED);
	cr_expect_eq(managed_port(&g, 1, 0)->reason, CMIS_REASON_INIT_TIMEOUT);
	heals(&g, CMIS_INJECT_INIT_STUCK, 10000);
	managed_end(&g);
}

/* Ten times as long as it says: late, but it comes up, and nothing is torn down meanwhile. */
Test(manager_fault, lying_durations)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_SLOW_INIT, 40, 0, 0);
	managed_want(&g, 0, 8);
	cr_expect_lt(managed_until_up(&g, 1, 60000), 5000);
	cr_expect_eq(managed_up(&g), 1);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	cr_expect_eq(g.late, 1);
	managed_end(&g);
}

Test(manager_fault, early_success)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_EARLY_SUCCESS, 500, 0, 0);
	managed_want(&g, 0, 4);
	managed_until_up(&g, 2, 10000);
	cr_expect_eq(managed_up(&g), 2);
	cr_expect_eq(managed_lane(&g, 0).path_lanes, 4);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_end(&g);
}

Test(manager_fault, no_init_pending_and_reserved_bits)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_NO_INIT_PENDING, 0, 0, 0);
	managed_inject(&g, CMIS_INJECT_RESERVED_BITS, 0, 0, 0);
	managed_want(&g, 0, 8);
	cr_expect_lt(managed_until_up(&g, 1, 10000), 1000);
	managed_end(&g);
}

Test(manager_fault, appsel_0_refused)
{
	struct managed g;

	start_up(&g);
	managed_inject(&g, CMIS_INJECT_REJECT_RELEASE, 0, 0, 0);
	managed_want(&g, 1, 4);
	managed_until_up(&g, 5, 5000);
	cr_expect_eq(managed_up(&g), 5);
	managed_end(&g);
}

/* A module that takes a new shape only where the old one was released. */
struct fussy {
	struct cmis_transport inside;
	uint8_t staged;
	bool released, never;
	unsigned applies;
};

static int fussy_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	const struct fussy *f = arg;

	return f->inside.read(f->inside.module, addr, bytes, len);
}

static int fussy_write(void *arg, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct fussy *f = arg;
	uint8_t partial = bytes[0] & (uint8_t)-bytes[0];

	if (addr >= 145 && addr <= 152)
		f->staged = bytes[0];
	if (addr == 143) {
		f->applies++;
		f->released |= f->staged == 0 && !f->never;
		if (f->staged != 0 && !f->released)
			bytes = &partial; /* which it must refuse */
	}
	return f->inside.write(f->inside.module, addr, bytes, len);
}

Test(manager_fault, releases_once_where_it_must)
{
	struct fussy fussy = { .released = false };
	struct managed g;

	managed_start(&g, "oif-3.2t");
	fussy.inside = g.plugged;
	g.plugged = (struct cmis_transport){ fussy_read, fussy_write, &fussy };
	managed_want(&g, 1, 8);
	managed_until_up(&g, 1, 5000);
	cr_expect_eq(managed_up(&g), 1);
	cr_expect_eq(fussy.applies, 3, "refused, released, taken");
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	fussy.released = false;
	fussy.never = true;
	managed_want(&g, 1, 4);
	managed_run(&g, 900);
	cr_expect_eq(managed_port(&g, 1, 0)->reason, CMIS_REASON_PARTIAL_DATA_PATH);
	cr_expect_eq(managed_port(&g, 1, 0)->state, CMIS_PORT_FAILED);
	cr_expect_eq(fussy.applies, 3 + 2 * 3, "one try");
	managed_end(&g);
}

Test(manager_fault, bad_checksums)
{
	for (unsigned page = 0; page < 3; page++) {
		struct managed g;

		managed_start(&g, "oif-3.2t");
		managed_inject(&g, CMIS_INJECT_CHECKSUM, page, 0, 0);
		managed_want(&g, 0, 8);
		managed_until_up(&g, 1, 5000);
		cr_expect_eq(managed_up(&g), 1, "the module works nevertheless");
		cr_expect_eq(managed_seen(&g)->bad_checksums, 1 << page);
		cr_expect_eq(g.notes, 2, "told once, and who it is");
		managed_end(&g);
	}
}

Test(manager_fault, page_select_lost)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_PAGE_CLEAR, 7, 0, 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_until_up(&g, 4, 10000);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_gt(managed_seen(&g)->counters.pages_lost, 10);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_inject(&g, CMIS_INJECT_PAGE_CLEAR, 1, 0, 0);
	managed_run(&g, 3000);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_PAGE_LOST);
	heals(&g, CMIS_INJECT_PAGE_CLEAR, 2000);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1);
	managed_end(&g);
}

/* Wrong bits on the bus take no data path down. */
Test(manager_fault, bus_errors)
{
	static const unsigned one_in[] = { 97, 211, 340, 701 };
	struct managed g;

	start_up(&g);
	for (unsigned k = 0; k < 4; k++) {
		managed_inject(&g, CMIS_INJECT_BUS_ERRORS, one_in[k], 0, 0);
		for (unsigned i = 0; i < 20000; i++) {
			managed_run(&g, 1);
			for (unsigned l = 0; l < 32; l += 8)
				cr_assert_eq(managed_lane(&g, l).state, CMIS_DP_ACTIVATED,
					     "one wrong byte in %u, after %u ms", one_in[k], i);
		}
	}
	heals(&g, CMIS_INJECT_BUS_ERRORS, 15000);
	managed_end(&g);
}

Test(manager_fault, removed_and_inserted)
{
	struct managed g;

	start_up(&g);
	for (unsigned i = 0; i < 100; i++) {
		managed_inject(&g, i % 2 ? CMIS_INJECT_TORN : CMIS_INJECT_REMOVED, 0, 0, 0);
		managed_run(&g, 300 + i);
		cr_assert_eq(managed_seen(&g)->state, CMIS_MANAGER_ABSENT);
		cr_assert_eq(managed_port(&g, 2, 0)->reason, CMIS_REASON_ABSENT);
		cmis_engine_heal(g.host.engine, CMIS_INJECT_REMOVED);
		managed_until_up(&g, 4, 2000);
		cr_assert_eq(managed_up(&g), 4);
	}
	cr_expect_eq(managed_seen(&g)->counters.removals, 100);
	cr_expect_eq(managed_seen(&g)->counters.insertions, 101);
	managed_end(&g);
}

Test(manager_fault, torn_out_at_each_transaction)
{
	for (unsigned at = 1; at < 400; at += 3) {
		struct managed g;

		managed_start(&g, "oif-3.2t");
		managed_want(&g, 0, 4);
		managed_run(&g, at);
		managed_inject(&g, CMIS_INJECT_TORN, 0, 0, 0);
		managed_run(&g, 500);
		cr_assert_eq(managed_seen(&g)->state, CMIS_MANAGER_ABSENT, "at %u ms", at);
		cmis_engine_heal(g.host.engine, CMIS_INJECT_REMOVED);
		managed_run(&g, 1500);
		cr_assert_eq(managed_up(&g), 2, "at %u ms", at);
		managed_end(&g);
	}
}

Test(manager_fault, reset_under_us)
{
	for (unsigned at = 0; at < 600; at += 11) {
		struct managed g;

		managed_start(&g, "oif-3.2t");
		for (unsigned b = 0; b < 4; b++)
			managed_want(&g, b, b == 3 ? 0 : 8);
		managed_run(&g, at);
		managed_inject(&g, CMIS_INJECT_RESET, 0, 0, 0);
		managed_run(&g, 2000);
		cr_assert_eq(managed_up(&g), 3, "at %u ms", at);
		cr_assert_eq(managed_lane(&g, 31).state, CMIS_DP_DEACTIVATED, "parked again");
		managed_end(&g);
	}
}

Test(manager_fault, module_fault)
{
	struct managed g;

	start_up(&g);
	managed_inject(&g, CMIS_INJECT_MODULE_FAULT, CMIS_FAULT_TRANSMITTER, 0, 0);
	managed_run(&g, 1000);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_MODULE_FAULT);
	cr_expect_eq(managed_seen(&g)->fault_cause, CMIS_FAULT_TRANSMITTER);
	cr_expect_eq(managed_up(&g), 0);
	managed_run(&g, 60000);
	cr_expect_leq(managed_seen(&g)->counters.resets_done, 5, "resets are bounded");
	cr_expect_geq(managed_seen(&g)->counters.resets_done, 2);
	heals(&g, CMIS_INJECT_MODULE_FAULT, 300000);
	managed_end(&g);
}

/* Lanes go down, in order, before the module faults; and up again when it is cool. */
Test(manager_fault, over_temperature)
{
	struct managed g;

	start_up(&g);
	managed_inject(&g, CMIS_INJECT_TEMP_RAMP, 5, 0, 0);
	managed_run(&g, 8000);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_HOT);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_OVER_TEMPERATURE);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	for (unsigned l = 0; l < 32; l++)
		cr_expect_eq(managed_lane(&g, l).state, CMIS_DP_DEACTIVATED);
	heals(&g, CMIS_INJECT_TEMP_RAMP, 10000);
	cr_expect_eq(managed_seen(&g)->counters.resets_done, 0, "there was no fault");
	managed_end(&g);
}

/* Another host that writes what it likes: it is put right, and the others do not notice. */
Test(manager_fault, naive_second_writer)
{
	struct managed g;

	start_up(&g);
	host_write1(&g.host, 1, 0x10, 128, 0xFF); /* DPDeinit */
	managed_until_up(&g, 3, 3000);
	cr_expect_eq(managed_up(&g), 3, "seen");
	managed_until_up(&g, 4, 3000);
	cr_expect_eq(managed_up(&g), 4);
	host_write1(&g.host, 1, 0x10, 130, 0x10); /* OutputDisableTx */
	managed_run(&g, 2000);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_lane(&g, 8).state, CMIS_DP_ACTIVATED);
	host_write1(&g.host, 0, CMIS_LOWER, 26, 0x10); /* low power */
	managed_run(&g, 3000);
	cr_expect_eq(managed_up(&g), 4);
	host_write1(&g.host, 2, 0x10, 128, 0xFF); /* another shape */
	host_wait(100);
	for (unsigned l = 0; l < 4; l++)
		host_write1(&g.host, 2, 0x10, (uint8_t)(145 + l), 2 << 4);
	host_write1(&g.host, 2, 0x10, 143, 0x0F);
	host_wait(10);
	managed_run(&g, 3000);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_lane(&g, 16).path_lanes, 8);
	managed_want(&g, 3, 0); /* a lane that nobody wants is started by another */
	managed_run(&g, 1000);
	host_write1(&g.host, 3, 0x10, 128, 0x00);
	host_write1(&g.host, 3, 0x10, 130, 0x00);
	managed_run(&g, 3000);
	cr_expect_eq(managed_lane(&g, 24).state, CMIS_DP_DEACTIVATED);
	managed_end(&g);
}

/* In the middle of a bring-up: what it configured away is configured again, without a failure. */
Test(manager_fault, second_writer_during_init)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_want(&g, 0, 8);
	for (unsigned i = 0; i < 1000 && managed_lane(&g, 0).state != CMIS_DP_INIT; i++)
		managed_run(&g, 1);
	managed_run(&g, 20);
	host_write1(&g.host, 0, 0x10, 128, 0xFF);
	host_wait(30);
	for (unsigned l = 0; l < 4; l++)
		host_write1(&g.host, 0, 0x10, (uint8_t)(145 + l), 2 << 4);
	host_write1(&g.host, 0, 0x10, 143, 0x0F);
	host_wait(10);
	cr_expect_lt(managed_until_up(&g, 1, 10000), 1000);
	cr_expect_eq(managed_lane(&g, 0).path_lanes, 8);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_end(&g);
}

/* And one that selects pages in between. */
Test(manager_fault, a_second_host_selects_pages)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	for (unsigned i = 0; i < 1000; i++) {
		const uint8_t select[2] = { (uint8_t)(i % 4), (uint8_t)(0x10 + i % 3) };

		managed_run(&g, 1);
		g.host.bus.write(g.host.bus.module, 126, select, 2);
	}
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_end(&g);
}

/* Swapped between two looks: the socket is the same, the module is not. */
Test(manager_fault, another_module)
{
	struct cmis_engine *other = host_make("bailly-6.4t", 2);
	struct managed g;

	start_up(&g);
	host_wait(50);
	g.plugged = cmis_engine_transport(other);
	managed_run(&g, 3000);
	cr_expect_str_eq(managed_seen(&g)->part, "BAILLY-6.4T-FR4");
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_geq(managed_seen(&g)->counters.identifications, 2);
	cmis_engine_destroy(other);
	managed_end(&g);
}

/* The operator does not want to wait for the next try. */
Test(manager_fault, kick)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_INIT_STUCK, 0, 0, 0);
	managed_want(&g, 0, 8);
	managed_run(&g, 60000);
	cr_expect_gt(managed_port(&g, 0, 0)->failures, 2u);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_INIT_STUCK);
	cmis_manager_kick(g.manager);
	cr_expect_lt(managed_until_up(&g, 1, 60000), 1000);
	managed_end(&g);
}
