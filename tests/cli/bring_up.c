/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bring_up SOCKET: a host for tests. It powers up what is served, brings all lanes of an engine up,
 * each bank cut into ports in another way, and leaves: what it configured stays.
 */
#include <stdio.h>
#include <time.h>

#include "lib/cmis/manager/manager.h"
#include "lib/cmis/transport/client.h"

#define PATIENCE (20000 * CMIS_MS)

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void tell(void *arg, const struct cmis_event *event)
{
	fprintf(stderr, "%s\n", event->text);
}

/* Banks 0, 1, 2, … as 1 x 8, 2 x 4, 8 x 1 lanes, and so on: what all engines offer. */
static int want(struct cmis_manager *m, struct err *err)
{
	static const uint8_t widths[] = { 8, 4, 1 };

	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		uint8_t lanes = widths[b % 3];
		struct cmis_port_wish ports[CMIS_LANES] = { 0 };

		for (uint8_t first = 0; first < CMIS_LANES; first += lanes)
			ports[first / lanes] = (struct cmis_port_wish){ first, lanes, 0 };
		if (cmis_manager_want(m, b, ports, CMIS_LANES / lanes, err) != 0)
			return -1;
	}
	return 0;
}

static bool up(const struct cmis_manager *m)
{
	const struct cmis_manager_seen *s = cmis_manager_seen(m);
	unsigned banks = s->support.identifier == CMIS_ELSFP ? 0 : s->support.banks;

	for (unsigned b = 0; b < banks; b++) {
		const struct cmis_bank_seen *k = cmis_manager_bank(m, b);

		for (unsigned i = 0; i < k->port_count; i++)
			if (k->port[i].state != CMIS_PORT_UP)
				return false;
	}
	return s->state == CMIS_MANAGER_READY;
}

int main(int argc, char **argv)
{
	struct cmis_manager_settings settings = { .name = "engine", .event = tell };
	struct cmis_client *client = NULL;
	struct cmis_manager *m = NULL;
	struct err err = { "usage: bring_up SOCKET" };
	uint64_t end = now() + PATIENCE;
	int ret = 1;

	if (argc != 2 || cmis_client_create(&client, argv[1], 1000, &err) != 0)
		goto complain;
	settings.bus = cmis_client_transport(client);
	snprintf(err.text, sizeof(err.text), "no memory for a manager");
	if (cmis_manager_create(&m, &settings) != 0 || want(m, &err) != 0)
		goto complain;
	while (!up(m) && now() < end) {
		uint64_t when = cmis_manager_step(m, now()), at = now();
		uint64_t pause = when > at ? when - at : 0;
		struct timespec t = { 0, (long)(pause < 100 * CMIS_MS ? pause : 100 * CMIS_MS) };

		nanosleep(&t, NULL);
	}
	ret = up(m) ? 0 : 1;
	snprintf(err.text, sizeof(err.text), "%s does not come up", argv[1]);
complain:
	if (ret != 0)
		fprintf(stderr, "bring_up: %s\n", err.text);
	cmis_manager_destroy(m);
	cmis_client_destroy(client);
	return ret;
}
