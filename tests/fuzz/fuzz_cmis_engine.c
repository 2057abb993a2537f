/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any transactions, faults, lights and times on an emulated engine and its laser source. After each
 * step what must hold of a module holds. Input: profile, then steps: an operation and its
 * arguments, read as long as there are bytes.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/cmis/engine/private.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

static uint64_t now;

static uint64_t clock_now(void *arg)
{
	return now;
}

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t byte(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

static bool checksums_hold(const struct cmis_engine *e)
{
	for (unsigned page = 0; page <= 2; page++) {
		const uint8_t *bytes = reg_page(e, 0, page);
		uint8_t sum;

		if (bytes != NULL && bytes[cmis_checksum_of(page, bytes, &sum) % CMIS_HALF] != sum)
			return false;
	}
	return true;
}

static void lane_holds(const struct cmis_engine *e, unsigned b, unsigned l)
{
	const struct datapath *dp = datapath_of(e, b, l);
	uint64_t state = reg_get(e, b, CMIS_DPState, l);
	uint64_t config = reg_get(e, b, CMIS_ConfigStatus, l);
	bool tx = reg_lanes(e, b, CMIS_OutputStatusTx) >> l & 1;

	CHECK(state >= 1 && state <= 7);
	CHECK(state == (dp != NULL ? dp->state : CMIS_DP_DEACTIVATED));
	CHECK((reg_get(e, b, CMIS_ACS_AppSel, l) != 0) == (dp != NULL));
	CHECK(config <= 7 || config == CMIS_CONFIG_IN_PROGRESS);
	CHECK(!tx || state == CMIS_DP_ACTIVATED);
	CHECK(state != CMIS_DP_ACTIVATED || module_state(e) == CMIS_MODULE_READY);
}

static void holds(const struct cmis_engine *e)
{
	uint64_t state = module_state(e);

	CHECK(state >= CMIS_MODULE_LOW_PWR && state <= CMIS_MODULE_FAULT);
	CHECK(e->now == now);
	CHECK(reg_get(e, 0, CMIS_InterruptDeasserted, 0) == !e->interrupt);
	CHECK(faulty(e, CMIS_INJECT_CHECKSUM) || checksums_hold(e));
	if (!e->present || is_flat(e) || is_els(e))
		return;
	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++)
			lane_holds(e, b, l);
}

static void transact(struct cmis_engine *e, struct input *in, bool write)
{
	struct cmis_transport bus = cmis_engine_transport(e);
	uint8_t bytes[2 * CMIS_HALF] = { 0 }, addr = byte(in);
	unsigned len = byte(in);
	int ret;

	if (!write) {
		ret = bus.read(bus.module, addr, bytes, len);
	} else {
		for (unsigned i = 0; i < len; i++)
			bytes[i] = byte(in);
		ret = bus.write(bus.module, addr, bytes, len);
	}
	CHECK(ret == 0 || ret == -EREMOTEIO || ret == -ENODEV);
}

/* A page and one byte of it, as hosts do most. */
static void poke(struct cmis_engine *e, struct input *in)
{
	struct cmis_transport bus = cmis_engine_transport(e);
	uint8_t select[2] = { byte(in), byte(in) }, addr = byte(in), value = byte(in);

	bus.write(bus.module, 126, select, 2);
	bus.write(bus.module, addr, &value, 1);
}

static void disturb(struct cmis_engine *e, struct input *in)
{
	struct cmis_injection what = { .fault = (enum cmis_fault)(byte(in) % CMIS_INJECT_COUNT),
				       .value = byte(in),
				       .lanes = byte(in),
				       .duration_ns = byte(in) * CMIS_MS };

	if (byte(in) & 1)
		cmis_engine_heal(e, what.fault);
	else
		cmis_engine_inject(e, &what, NULL);
}

static void light(struct cmis_engine *e, struct input *in)
{
	unsigned lane = byte(in);
	struct cmis_lane_output out;
	struct cmis_lane_input to = { .rx_dbm = (int8_t)byte(in),
				      .host_signal = byte(in) & 1,
				      .media_pattern = (int8_t)byte(in),
				      .host_pattern = (int8_t)byte(in) };

	cmis_engine_set_input(e, lane, &to);
	if (cmis_engine_lane(e, lane, &out) == 0)
		CHECK(out.ber >= 0 && out.ber <= 0.5 && out.path_lanes <= CMIS_LANES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const profiles[] = { "oif-3.2t", "cpx-6.4t", "bailly-6.4t",
						"cpc-passive", "cpc-active" };
	struct input in = { data, size < 512 ? size : 512 };
	struct cmis_engine_settings s = { .clock = { clock_now, NULL } };
	struct cmis_engine *e, *els;

	now = 0;
	s.profile = cmis_profile_find("els-16");
	CHECK(cmis_engine_create(&els, &s, NULL) == 0);
	s.profile = cmis_profile_find(profiles[byte(&in) % 5]);
	CHECK(cmis_engine_create(&e, &s, NULL) == 0);
	for (unsigned lane = 0; lane < cmis_engine_lanes(e); lane++)
		cmis_engine_feed(e, lane, els, lane / 4);
	if (byte(&in) & 1)
		cmis_engine_join(e, els);
	while (in.size > 0) {
		uint8_t op = byte(&in);
		struct cmis_engine *at = op & 0x10 ? els : e;

		switch (op % 8) {
		case 0:
			transact(at, &in, false);
			break;
		case 1:
			transact(at, &in, true);
			break;
		case 2:
		case 3:
			poke(at, &in);
			break;
		case 4:
			now += byte(&in) * CMIS_MS;
			break;
		case 5:
			disturb(at, &in);
			break;
		case 6:
			light(at, &in);
			break;
		default:
			cmis_engine_set_pin(at, byte(&in) & 2 ? CMIS_PIN_RESET : CMIS_PIN_LOW_PWR,
					    byte(&in) & 1);
		}
		cmis_engine_advance(els);
		cmis_engine_advance(e);
		CHECK(cmis_engine_next(e) > now);
		holds(e);
		holds(els);
	}
	cmis_engine_destroy(e);
	cmis_engine_destroy(els);
	return 0;
}
