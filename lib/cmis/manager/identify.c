/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the module is: lower memory, then pages 00h, 01h and 02h, which are kept. Lower memory has
 * no checksum, so its constant part must read twice the same. A page whose checksum is wrong is
 * read again: the same bytes twice are what the module says (told, and used), other bytes are a bad
 * link. Resumes where it was cut short.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define CONSTANT_FROM 85 /* MediaType, AppDescriptors */
#define CONSTANT_TO   118
#define ALL_PAGES     (1 + LOW_PAGES) /* lower memory counts */

static bool looks_like_cmis(const uint8_t lower[CMIS_HALF])
{
	unsigned major = lower[1] >> 4;

	return lower[0] != 0 && lower[0] != 0xFF && major >= 3 && major <= 9;
}

static int lower_twice(struct cmis_manager *m)
{
	uint8_t again[CMIS_HALF];
	int ret;

	if (m->left < 2)
		return -EAGAIN;
	ret = bus_lower(m, 0, m->lower, CMIS_HALF);
	if (ret != 0)
		return ret;
	flags_seen(m, 0, CMIS_LOWER, 8, m->lower + 8, LOWER_FLAGS / 8, m->flag);
	ret = bus_lower(m, 0, again, CMIS_HALF);
	if (ret != 0)
		return ret;
	flags_seen(m, 0, CMIS_LOWER, 8, again + 8, LOWER_FLAGS / 8, m->flag);
	if (memcmp(m->lower, again, 3) != 0 ||
	    memcmp(m->lower + CONSTANT_FROM, again + CONSTANT_FROM, CONSTANT_TO - CONSTANT_FROM))
		return -EBADMSG;
	return looks_like_cmis(m->lower) ? 0 : -EPROTO;
}

static bool flat(const struct cmis_manager *m)
{
	return m->lower[2] >> 7;
}

static int constant_page(struct cmis_manager *m, unsigned page)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE };
	uint8_t *bytes = m->page[page], sum;
	unsigned at;
	int ret;

	if (flat(m))
		ret = bus_lower(m, CMIS_HALF, bytes, CMIS_HALF);
	else
		ret = bus_read(m, 0, page, CMIS_HALF, bytes, CMIS_HALF);
	if (ret != 0)
		return ret;
	at = cmis_checksum_of(page, bytes, &sum);
	if (at == 0 || bytes[at - CMIS_HALF] == sum)
		goto good;
	if (m->misread++ == 0 || memcmp(m->wrong, bytes, CMIS_HALF) != 0) {
		memcpy(m->wrong, bytes, CMIS_HALF);
		return -EBADMSG;
	}
	m->seen.bad_checksums |= (uint8_t)(1 << page);
	report(m, &event, "page %02Xh has checksum %02Xh, its bytes add up to %02Xh; used as it is",
	       page, bytes[at - CMIS_HALF], sum);
good:
	m->misread = 0;
	return 0;
}

static void understand(struct cmis_manager *m)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE };
	struct cmis_manager_seen *s = &m->seen;
	const uint8_t *page00 = m->page[0];

	cmis_support_read(&s->support, m->lower, CMIS_HALF, flat(m) ? NULL : m->page[1], CMIS_HALF);
	cmis_get_text(CMIS_VendorName, page00, CMIS_HALF, s->vendor, sizeof(s->vendor));
	cmis_get_text(CMIS_VendorPN, page00, CMIS_HALF, s->part, sizeof(s->part));
	cmis_get_text(CMIS_VendorSN, page00, CMIS_HALF, s->serial, sizeof(s->serial));
	cmis_get_text(CMIS_VendorRev, page00, CMIS_HALF, s->revision, sizeof(s->revision));
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		m->bank[b].groups = 0;
		m->bank[b].sampled = 0;
		m->bank[b].freeze = FREEZE_IDLE;
		diagnostics_forget(&m->bank[b]);
	}
	cdb_forget(m);
	quirk_find(m);
	s->counters.identifications++;
	report(m, &event, "%s %s, serial %s, %u banks%s", s->vendor, s->part, s->serial,
	       s->support.banks, s->support.flat ? ", flat memory" : "");
}

int identify(struct cmis_manager *m)
{
	int ret;

	if (m->known == 0) {
		ret = lower_twice(m);
		if (ret != 0)
			return ret;
		m->seen.bad_checksums = 0;
		m->misread = 0;
		m->known = 1;
	}
	while (m->known < ALL_PAGES && !(flat(m) && m->known > 1)) {
		ret = constant_page(m, m->known - 1);
		if (ret != 0)
			return ret;
		m->known++;
	}
	understand(m);
	return 0;
}

/* Vendor to date code are one module's own. */
bool is_same_module(const struct cmis_manager *m, const uint8_t page00[CMIS_HALF])
{
	return memcmp(m->page[0], page00, 190 - CMIS_HALF) == 0;
}

int cmis_manager_last(const struct cmis_manager *m, unsigned bank, unsigned page,
		      uint8_t bytes[CMIS_HALF])
{
	const uint8_t *from = NULL;

	if (page == CMIS_LOWER)
		from = m->known > 0 ? m->lower : NULL;
	else if (page < LOW_PAGES)
		from = cmis_manager_page(m, page);
	else if (page == 0x11 && bank < CMIS_MAX_BANKS && m->bank[bank].seen.when_ns != 0)
		from = m->bank[bank].status;
	if (from == NULL)
		return -ENODATA;
	memcpy(bytes, from, CMIS_HALF);
	return 0;
}

const uint8_t *cmis_manager_page(const struct cmis_manager *m, unsigned page)
{
	bool read = page < LOW_PAGES && m->known > page + 1;

	return read && !(flat(m) && page > 0) ? m->page[page] : NULL;
}
