/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Observables of VDM and the words that describe and carry them.
 */
#include "lib/cmis/vdm.h"

#include <errno.h>
#include <math.h>

#include "lib/cmis/decode.h"

static const struct cmis_vdm_type types[] = {
#define X(number, text, kind, factor, what, stat) \
	{ number, #text, CMIS_VDM_##kind, factor, what, stat },
	CMIS_VDM_TYPES(X)
#undef X
};

const struct cmis_vdm_type *cmis_vdm_type(uint8_t code)
{
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].code == code)
			return &types[i];
	return NULL;
}

double cmis_vdm_decode(const struct cmis_vdm_type *t, uint16_t bits)
{
	switch (t->format) {
	case CMIS_VDM_F16:
		return cmis_f16_decode(bits) * t->scale;
	case CMIS_VDM_S16:
		return (int16_t)bits * t->scale;
	default:
		return bits * t->scale;
	}
}

uint16_t cmis_vdm_encode(const struct cmis_vdm_type *t, double value)
{
	double v = round(value / t->scale);

	switch (t->format) {
	case CMIS_VDM_F16:
		return cmis_f16_encode(value / t->scale);
	case CMIS_VDM_S16:
		return (uint16_t)(int16_t)fmax(INT16_MIN, fmin(INT16_MAX, v));
	default:
		return (uint16_t)fmax(0, fmin(UINT16_MAX, v));
	}
}

int cmis_vdm_slot(struct cmis_vdm_slot *slot, unsigned word, const uint8_t *descriptors, size_t len)
{
	uint64_t code, lane, set;
	int ret = cmis_get(CMIS_VDMObservable, word, descriptors, len, &code);

	if (ret != 0)
		return ret;
	cmis_get(CMIS_VDMLane, word, descriptors, len, &lane);
	cmis_get(CMIS_VDMThresholdSet, word, descriptors, len, &set);
	*slot = (struct cmis_vdm_slot){ cmis_vdm_type((uint8_t)code), (uint8_t)(lane + 1),
					(uint8_t)set };
	return slot->type != NULL ? 0 : -ENODATA;
}
