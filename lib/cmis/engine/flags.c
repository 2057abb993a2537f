/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From flags to the summary in L:4-7 and to the interrupt. The summary counts every flag, masked or
 * not; the interrupt is asserted while a flag is up whose mask is not. Masks lie as their flags do:
 * L:31-36 for L:8-13, 10h:213-232 for 11h:134-153, 13h:206-213 for 14h:132-139, 2Dh for 2Ch,
 * 1Ah:198-205 for 1Ah:186-193.
 */
#include "lib/cmis/engine/private.h"

static const struct flags {
	uint16_t page;
	uint8_t first, count;
	uint16_t mask_page;
	uint8_t mask_first;
	int8_t summary; /* bit in L:4-7 of the bank; -1: none */
} flags[] = {
	{ CMIS_LOWER, 8, 6, CMIS_LOWER, 31, -1 }, { 0x11, 134, 20, 0x10, 213, 0 },
	{ 0x14, 132, 8, 0x13, 206, 2 },           { 0x2C, 128, 128, 0x2D, 128, 3 },
	{ 0x1A, 186, 8, 0x1A, 198, -1 },
};

void flags_update(struct cmis_engine *e)
{
	bool interrupt = false;

	for (unsigned b = 0; b < e->banks; b++) {
		uint64_t summary = 0;

		for (unsigned k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			const struct flags *f = &flags[k];
			const uint8_t *up = reg_page(e, b, f->page);
			const uint8_t *mask = reg_page(e, b, f->mask_page);
			uint8_t any = 0;

			if (up == NULL || mask == NULL || (b > 0 && f->page == CMIS_LOWER))
				continue;
			for (unsigned i = 0; i < f->count; i++) {
				uint8_t flag = up[(f->first + i) % CMIS_HALF];

				any |= flag;
				interrupt |= flag & ~mask[(f->mask_first + i) % CMIS_HALF];
			}
			if (any && f->summary >= 0)
				summary |= 1u << f->summary;
		}
		if (b < 4 && !is_els(e))
			reg_put(e, 0, CMIS_LaneFlagsSummary, b, summary);
	}
	e->interrupt = interrupt;
	reg_put(e, 0, CMIS_InterruptDeasserted, 0, !interrupt);
}
