/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a module advertises, gathered once from lower memory and page 01h: which pages it has, which
 * fields, and which applications. Bytes may be anything.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/cmis.h"
#include "lib/cmis/decode.h"

static bool bit(const struct cmis_support *s, unsigned id)
{
	return s->has[id / 8] >> id % 8 & 1;
}

static void set_bit(struct cmis_support *s, unsigned id)
{
	s->has[id / 8] |= (uint8_t)(1 << id % 8);
}

/* A field of page 01h, 0 where it was not read. */
static uint64_t advertised(enum cmis_field_id id, const uint8_t *page01, size_t len)
{
	uint64_t bits = 0;

	if (page01 != NULL)
		cmis_get(id, 0, page01, len, &bits);
	return bits;
}

static bool condition(const struct cmis_support *s, enum cmis_field_id id, const uint8_t *page01,
		      size_t len)
{
	switch (id) {
	case CMIS_Paged:
		return !s->flat;
	case CMIS_Optical:
		return s->optical;
	case CMIS_Copper:
		return s->copper;
	case CMIS_Cpo:
		return s->identifier == CMIS_CPO && !s->flat;
	default:
		/* The selectors are looked at with the page. */
		return id < CMIS_CONDITIONS || advertised(id, page01, len) != 0;
	}
}

/* What a page needs beyond memory that is not flat. */
static enum cmis_field_id page_needs(unsigned page)
{
	switch (page) {
	case CMIS_LOWER:
	case 0x00:
		return CMIS_Always;
	case 0x12:
		return CMIS_TunableTransmitter;
	case 0x13:
	case 0x14:
		return CMIS_DiagPagesSupported;
	case 0x15:
		return CMIS_TimingPage15hSupported;
	case 0x20 ... 0x2F:
		return CMIS_VDMPagesSupported;
	case 0x9F ... 0xAF:
		return CMIS_CdbInstances;
	default:
		return CMIS_Paged;
	}
}

static uint8_t banks_of(const struct cmis_support *s, const uint8_t *lower, size_t lower_len,
			const uint8_t *page01, size_t len)
{
	uint64_t code = advertised(CMIS_BanksSupported, page01, len), count;

	if (s->identifier == CMIS_CPO &&
	    cmis_get(CMIS_NumberOfBanks, 0, lower, lower_len, &count) == 0 && count >= 1 &&
	    count <= CMIS_MAX_BANKS)
		return (uint8_t)count;
	return (uint8_t)(1 << code);
}

int cmis_support_read(struct cmis_support *s, const uint8_t *lower, size_t lower_len,
		      const uint8_t *page01, size_t len)
{
	uint64_t flat, media, factor;

	memset(s, 0, sizeof(*s));
	if (cmis_get(CMIS_MediaType, 0, lower, lower_len, &media) != 0 ||
	    cmis_get(CMIS_MemoryModel, 0, lower, lower_len, &flat) != 0)
		return -ERANGE;
	s->identifier = lower[0];
	s->revision = lower[1];
	s->flat = flat;
	s->optical = media == CMIS_MEDIA_MMF || media == CMIS_MEDIA_SMF;
	s->copper = media == CMIS_MEDIA_PASSIVE_COPPER || media == CMIS_MEDIA_ACTIVE_CABLE;
	if (s->flat)
		page01 = NULL;
	s->banks = banks_of(s, lower, lower_len, page01, len);
	factor = advertised(CMIS_TxBiasMultiplier, page01, len);
	s->bias_factor = factor > 2 ? 1 : (uint8_t)(1 << factor);
	s->aux = (uint8_t)(advertised(CMIS_Aux1MonObservable, page01, len) |
			   advertised(CMIS_Aux2MonObservable, page01, len) << 1 |
			   advertised(CMIS_Aux3MonObservable, page01, len) << 2);
	for (unsigned id = 0; id < CMIS_FIELD_COUNT; id++) {
		const struct cmis_field *f = &cmis_fields[id];

		if (id < CMIS_CONDITIONS ? condition(s, id, page01, len)
					 : condition(s, f->needs, page01, len) &&
						   condition(s, page_needs(f->page), page01, len))
			set_bit(s, id);
	}
	return 0;
}

bool cmis_has(const struct cmis_support *s, enum cmis_field_id id)
{
	return id < CMIS_FIELD_COUNT && bit(s, id);
}

bool cmis_has_page(const struct cmis_support *s, unsigned page)
{
	bool els = s->identifier == CMIS_ELSFP;

	if (page == CMIS_LOWER || page == 0x00)
		return true;
	if (page == 0x1A || page == 0x1B)
		return els && !s->flat;
	if ((page >= 0x10 && page <= 0x13 && els) || (page >= 0xB1 && page <= 0xB5))
		return false; /* a laser source has no lanes; joint mode is not advertised */
	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++)
		if (cmis_fields[id].page == cmis_layout_page(page) && bit(s, id))
			return true;
	return false;
}

bool cmis_page_is_banked(unsigned page)
{
	return page >= 0x10 && page < 0x9F;
}

int cmis_application(struct cmis_application *a, unsigned n, const uint8_t *lower, size_t lower_len,
		     const uint8_t *page01, size_t page01_len)
{
	bool low = n <= 8;
	enum cmis_field_id first = low ? CMIS_HostInterfaceID : CMIS_HostInterfaceID9;
	const uint8_t *bytes = low ? lower : page01;
	size_t len = low ? lower_len : page01_len;
	uint64_t v[5], media = 0, end;

	if (n < 1 || n > 15 || bytes == NULL)
		return n < 1 || n > 15 ? -ERANGE : -ENODATA;
	/* A list ends at its first FFh; what stands behind it means nothing. */
	for (unsigned i = 1; i < n; i++)
		if (cmis_get(i <= 8 ? CMIS_HostInterfaceID : CMIS_HostInterfaceID9, (i - 1) % 8,
			     i <= 8 ? lower : page01, i <= 8 ? lower_len : page01_len, &end) == 0 &&
		    end == 0xFF)
			return -ENODATA;
	/* The five fields of an AppDescriptor follow each other in the table. */
	for (unsigned i = 0; i < 5; i++)
		if (cmis_get(first + i, (n - 1) % 8, bytes, len, &v[i]) != 0)
			return -ERANGE;
	if (v[0] == 0xFF || v[0] == 0)
		return -ENODATA;
	if (page01 != NULL)
		cmis_get(CMIS_MediaLaneAssignmentOptions, n - 1, page01, page01_len, &media);
	*a = (struct cmis_application){ (uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2],
					(uint8_t)v[3], (uint8_t)v[4], (uint8_t)media };
	return 0;
}
