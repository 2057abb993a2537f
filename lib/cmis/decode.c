/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of fields: bits times scale in a unit, codes with names, or "absent". The units that
 * depend on the module (bias, aux monitors) are resolved here.
 */
#include "lib/cmis/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const units[] = {
	[CMIS_UNIT_NONE] = "",   [CMIS_UNIT_DEGC] = "°C", [CMIS_UNIT_VOLT] = "V",
	[CMIS_UNIT_MW] = "mW",   [CMIS_UNIT_MA] = "mA",   [CMIS_UNIT_DB] = "dB",
	[CMIS_UNIT_DBM] = "dBm", [CMIS_UNIT_PCT] = "%",   [CMIS_UNIT_WATT] = "W",
	[CMIS_UNIT_METRE] = "m", [CMIS_UNIT_NM] = "nm",   [CMIS_UNIT_GHZ] = "GHz",
	[CMIS_UNIT_NS] = "ns",   [CMIS_UNIT_MS] = "ms",   [CMIS_UNIT_BIAS] = "mA",
	[CMIS_UNIT_AUX1] = "",   [CMIS_UNIT_AUX2] = "",   [CMIS_UNIT_AUX3] = "",
};

/* 01h:145.2-0: Aux1 custom or TEC, Aux2 laser temperature or TEC, Aux3 laser temperature or Vcc2.
 */
static double aux_scale(unsigned n, uint8_t kinds, const char **unit)
{
	bool second = kinds >> (n - 1) & 1;

	if (n == 1 && !second)
		return 1;
	if (n != 1 && !second) {
		*unit = "°C";
		return 1 / 256.0;
	}
	*unit = n == 3 ? "V" : "%";
	return n == 3 ? 100e-6 : 100 / 32767.0;
}

static double scale_of(const struct cmis_support *s, const struct cmis_field *f, const char **unit)
{
	*unit = units[f->unit];
	switch (f->unit) {
	case CMIS_UNIT_BIAS:
		return f->scale * s->bias_factor;
	case CMIS_UNIT_AUX1:
	case CMIS_UNIT_AUX2:
	case CMIS_UNIT_AUX3:
		return aux_scale(f->unit - CMIS_UNIT_AUX1 + 1u, s->aux, unit);
	default:
		return f->scale;
	}
}

static double number_of(const struct cmis_field *f, uint64_t bits, double scale)
{
	static const double multiplier[] = { 0.1, 1, 10, 100 };

	switch (f->type) {
	case CMIS_TYPE_SINT:
		return (double)((int64_t)(bits << (64 - f->size)) >> (64 - f->size)) * scale;
	case CMIS_TYPE_F16:
		return cmis_f16_decode((uint16_t)bits) * scale;
	case CMIS_TYPE_DURATION:
		return cmis_duration_ms((unsigned)bits);
	case CMIS_TYPE_BANKS:
		return 1u << (bits & 3);
	case CMIS_TYPE_CLASS:
		return (double)bits + 1;
	case CMIS_TYPE_LENGTH:
		return (double)(bits & 63) * multiplier[bits >> 6 & 3] * scale;
	case CMIS_TYPE_REVISION:
		return (double)(bits >> 4) + (double)(bits & 15) / 10;
	default:
		return (double)bits * scale;
	}
}

/* Which of the overlaid meanings of 14h:192-255 holds. */
static bool selected(enum cmis_field_id needs, uint8_t selector)
{
	switch (needs) {
	case CMIS_SelectorBER:
		return selector == 0x01 || selector == 0x11;
	case CMIS_SelectorCounts:
		return (selector >= 0x02 && selector <= 0x05) ||
		       (selector >= 0x12 && selector <= 0x15);
	case CMIS_SelectorSNR:
		return selector == 0x06;
	default:
		return true;
	}
}

int cmis_decode(const struct cmis_support *s, enum cmis_field_id id, unsigned i,
		const uint8_t *bytes, size_t len, struct cmis_value *v)
{
	const struct cmis_field *f = &cmis_fields[id];
	double scale;
	int ret;

	if (id < CMIS_CONDITIONS || id >= CMIS_FIELD_COUNT || i >= cmis_field_count(id))
		return -ERANGE;
	if (!cmis_has(s, id))
		return -ENODATA;
	memset(v, 0, sizeof(*v));
	scale = scale_of(s, f, &v->unit);
	if (f->type == CMIS_TYPE_TEXT)
		return cmis_get_text(id, bytes, len, v->text, sizeof(v->text));
	ret = cmis_get(id, i, bytes, len, &v->bits);
	if (ret != 0)
		return ret;
	if (!selected(f->needs, len > 0 ? bytes[0] : 0))
		return -ENODATA;
	v->number = number_of(f, v->bits, scale);
	if (f->type >= CMIS_TYPE_IDENT)
		v->name = cmis_name(f->type, v->bits);
	return 0;
}

const char *cmis_value_text(enum cmis_field_id id, const struct cmis_value *v, char *text,
			    size_t size)
{
	const struct cmis_field *f = &cmis_fields[id];
	const char *space = *v->unit ? " " : "";

	if (f->type == CMIS_TYPE_TEXT)
		snprintf(text, size, "%s", v->text);
	else if (f->type == CMIS_TYPE_BOOL)
		snprintf(text, size, "%" PRIu64, v->bits);
	else if (f->type == CMIS_TYPE_HEX)
		snprintf(text, size, "%0*" PRIX64 "h", (f->size + 3) / 4, v->bits);
	else if (f->type >= CMIS_TYPE_IDENT)
		snprintf(text, size, "%" PRIu64 " %s", v->bits, v->name ? v->name : "(reserved)");
	else
		snprintf(text, size, "%.6g%s%s", v->number, space, v->unit);
	return text;
}
