/* SPDX-License-Identifier: BSD-3-Clause */
/* dataplane/tables/own.h: no address of a board is ever missing from the set; few others are in it.
 */
#include "dataplane/tables/own.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "dataplane/tables/iface.h"
#include "tests/unit/guard.h"

static struct iface ifaces[20];
static struct own_set set;

Test(own, every_address_and_broadcast)
{
	uint64_t seed = 7;
	unsigned wrong = 0;

	for (unsigned i = 1; i < 20; i++) {
		struct iface *f = &ifaces[i];

		f->n4 = 4;
		f->n6 = 3;
		for (unsigned a = 0; a < 4; a++)
			f->addr4[a] = (struct iface_addr4){ .addr = (uint32_t)guard_random(&seed),
							    .len = (uint8_t)(i + a * 4) };
		for (unsigned a = 0; a < 3; a++)
			for (unsigned k = 0; k < 16; k++)
				f->addr6[a].addr[k] = (uint8_t)guard_random(&seed);
		f->addr6[2].addr[0] = 0xfe;
		f->addr6[2].addr[1] = 0x80;
	}
	own_fill(&set, ifaces, 20);
	for (unsigned i = 1; i < 20; i++) {
		const struct iface *f = &ifaces[i];

		for (unsigned a = 0; a < 4; a++) {
			const uint32_t ip = ntohl(f->addr4[a].addr);
			const uint32_t bits = f->addr4[a].len < 31 ? ~0u >> f->addr4[a].len : 0;

			cr_assert(own_may_be(&set, own_place4(htonl(ip))));
			cr_assert(own_may_be(&set, own_place4(htonl(ip | bits))), "%u/%u", i, a);
			cr_assert(own_may_be(&set, own_place4(htonl(ip & ~bits))));
		}
		cr_assert(own_may_be(&set, own_place6(f->addr6[0].addr)));
		cr_assert(own_may_be(&set, own_place6(f->addr6[1].addr)));
	}
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t six[16];

		for (unsigned k = 0; k < 16; k += 8) {
			const uint64_t r = guard_random(&seed);

			memcpy(six + k, &r, 8);
		}
		wrong += own_may_be(&set, own_place4((uint32_t)guard_random(&seed)));
		wrong += own_may_be(&set, own_place6(six));
	}
	cr_expect_lt(wrong, 200000 / 10, "%u of 200000 strangers", wrong); /* 266 of 4096 bits */
}

Test(own, nothing)
{
	memset(ifaces, 0, sizeof(ifaces));
	memset(&set, 0xff, sizeof(set));
	own_fill(&set, ifaces, 20);
	for (uint32_t i = 0; i < 4096; i++)
		cr_assert_not(own_may_be(&set, i));
}
