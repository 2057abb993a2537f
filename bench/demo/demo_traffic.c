/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The demo's traffic: an IMIX of IPv4 and IPv6 both ways, from one thread that sends, receives and
 * judges for both ports.
 */
#include "bench/demo/demo.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "lib/base/order.h"

#define FLOWS 64 /* of a stream: eight a lane */

int traffic_create(struct traffic *t, struct demo_setup *s, struct err *err)
{
	static const uint8_t families[2] = { AF_INET, AF_INET6 };

	*t = (struct traffic){ .setup = s };
	for (unsigned i = 0; i < DEMO_PORTS * 2; i++) {
		unsigned side = i / 2, other = !side;
		bool v4 = families[i % 2] == AF_INET;
		struct stream_params p = {
			.id = (uint16_t)i, .family = families[i % 2], .ttl = 64, .n_flows = FLOWS
		};

		memcpy(p.src, v4 ? demo_sides[side].flows4 : demo_sides[side].flows6, v4 ? 4 : 16);
		memcpy(p.dst, v4 ? demo_sides[other].flows4 : demo_sides[other].flows6,
		       v4 ? 4 : 16);
		stream_imix(&p);
		int ret = stream_create(&t->streams[i], &p, s->gen[side]->host.mac, err);

		if (!ret)
			ret = gen_port_add_stream(s->gen[side], s->gen[other], t->streams[i], err);
		if (ret) {
			traffic_destroy(t);
			return ret;
		}
	}
	return 0;
}

/* Thread body. Where nothing moves the CPU is offered to whoever shares it: on a machine with one
 * or two CPUs that is the worker whose packets it waits for. */
static int generate(void *arg)
{
	struct traffic *t = arg;

	while (!load_acquire(&t->quit)) {
		bool sending = load_acquire(&t->sending);
		unsigned moved = 0;

		for (unsigned i = 0; i < DEMO_PORTS; i++)
			moved += gen_port_turn(t->setup->gen[i], sending);
		counter_add(&t->turns, 1);
		if (!moved) {
			counter_add(&t->idle_turns, 1);
			sched_yield();
		}
	}
	return 0;
}

int traffic_start(struct traffic *t, struct err *err)
{
	int ret = rte_eal_remote_launch(generate, t, t->setup->lcore);

	if (ret)
		return err_set(err, ret, "generator: its thread (lcore %u) is not free",
			       t->setup->lcore);
	return 0;
}

bool traffic_drained(const struct traffic *t)
{
	for (unsigned i = 0; i < DEMO_PORTS; i++)
		if (gen_port_outstanding(t->setup->gen[i]))
			return false;
	return true;
}

void traffic_stop(struct traffic *t)
{
	store_release(&t->quit, true);
	rte_eal_wait_lcore(t->setup->lcore);
}

void traffic_destroy(struct traffic *t)
{
	for (unsigned i = 0; i < DEMO_PORTS * 2; i++) {
		stream_destroy(t->streams[i]);
		t->streams[i] = NULL;
	}
}
