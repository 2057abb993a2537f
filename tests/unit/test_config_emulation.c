/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of cpx engine emulate (config/emulation.c): values, defaults, and any bytes at all. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "config/emulation.h"

static const char good[] = "engines:\n"
			   "  oe0: {profile: oif-3.2t, socket: /tmp/a, seed: 9, serial: X1}\n"
			   "  oe1:\n"
			   "    profile: cpx-6.4t\n"
			   "    lasers: els0\n"
			   "    joint: true\n"
			   "    identifier: osfp\n"
			   "    durations: {dp-init: 7, laser-ramp: 8}\n"
			   "lasers: {els0: {profile: els-16}}\n";

Test(config_emulation, values)
{
	const struct emulation_device *d;
	struct emulation *e;
	struct err err;

	cr_assert_eq(emulation_parse(&e, "f", good, strlen(good), &err), 0, "%s", err.text);
	cr_assert_eq(e->n_engines, 2);
	cr_assert_eq(e->n_lasers, 1);
	d = &e->engines[0];
	cr_expect_str_eq(d->name, "oe0");
	cr_expect_str_eq(d->profile->name, "oif-3.2t");
	cr_expect_str_eq(d->socket, "/tmp/a");
	cr_expect_str_eq(d->serial, "X1");
	cr_expect_eq(d->seed, 9);
	cr_expect_eq(d->lasers, -1);
	cr_expect_eq(d->identifier, 0);
	cr_expect_eq(d->line, 2);
	cr_expect_eq(memcmp(&d->durations, &d->profile->durations, sizeof(d->durations)), 0);
	d = &e->engines[1];
	cr_expect_str_eq(d->socket, "");
	cr_expect_eq(d->seed, 3);
	cr_expect_eq(d->lasers, 0);
	cr_expect(d->joint);
	cr_expect_eq(d->identifier, 0x19);
	cr_expect_eq(d->durations.dp_init, 7);
	cr_expect_eq(d->durations.laser_ramp, 8);
	cr_expect_eq(d->durations.pwr_up, d->profile->durations.pwr_up);
	cr_expect_eq(e->lasers[0].seed, 1);
	free(e);
}

Test(config_emulation, sample)
{
	struct emulation *e;
	struct err err;

	cr_assert_eq(emulation_load(&e, CONFIG_SAMPLES "/emulate/bench.yaml", &err), 0, "%s",
		     err.text);
	free(e);
}

/* Whatever stands there, it is a file or an error with a place. */
Test(config_emulation, mutations, .timeout = 60)
{
	static const char bytes[] = ":{}[],'\"\n #-&*!|>%@`\t\xff\x00"
				    "a0.";
	char text[sizeof(good)];
	struct emulation *e;
	struct err err;

	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % sizeof(good);

		memcpy(text, good, sizeof(good));
		for (int n = rand() % 4; n >= 0; n--)
			text[(size_t)rand() % sizeof(good)] =
				bytes[(size_t)rand() % (sizeof(bytes) - 1)];
		err.text[0] = '\0';
		if (emulation_parse(&e, "f", text, i % 2 ? len : sizeof(good) - 1, &err) == 0)
			free(e);
		else
			cr_assert(strncmp(err.text, "f:", 2) == 0 && strchr(err.text, '\n'), "%s",
				  err.text);
	}
}
