/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback, pattern generators and checkers (pages 13h, 14h). A checker counts bits at the lane's
 * rate and errors at its bit error ratio from the moment it is enabled or reset; it is locked while
 * the pattern that arrives is the one that it looks for, and else its LOL flag is up and its BER
 * says nothing (0.5). What arrives is the lane's own generator in loopback, else the input's.
 */
#include <math.h>
#include <stddef.h>

#include "lib/cmis/engine/private.h"

#define SELECT_BER    0x01
#define SELECT_COUNTS 0x02 /* .. 05h: host 1-4, host 5-8, media 1-4, media 5-8 */
#define SELECT_SNR    0x06
#define PATTERNS      0x1FFF /* IDs 0..12 */

void diagnostics_image(struct cmis_engine *e)
{
	static const enum cmis_field_id patterns[] = {
		CMIS_HostGeneratorPatterns,
		CMIS_MediaGeneratorPatterns,
		CMIS_HostCheckerPatterns,
		CMIS_MediaCheckerPatterns,
	};

	for (unsigned b = 0; b < e->banks; b++) {
		reg_put(e, b, CMIS_LoopbackCapabilities, 0, 0x7F);
		reg_put(e, b, CMIS_DiagReportingCapabilities, 0, 0x33); /* SNR, counts, BER */
		reg_put(e, b, CMIS_PatternCapabilities, 0, 0x33);
		for (unsigned k = 0; k < sizeof(patterns) / sizeof(patterns[0]); k++) {
			reg_put(e, b, patterns[k], 0, PATTERNS & 0xFF);
			reg_put(e, b, patterns[k], 1, PATTERNS >> 8);
		}
	}
}

uint8_t loopback_of(const struct cmis_engine *e, unsigned bank, unsigned lane)
{
	static const enum cmis_field_id masks[] = {
		CMIS_LoopbackMediaOutput,
		CMIS_LoopbackMediaInput,
		CMIS_LoopbackHostOutput,
		CMIS_LoopbackHostInput,
	};
	uint8_t on = 0;

	for (unsigned k = 0; k < 4; k++) /* in the order of enum cmis_loopback */
		on |= (uint8_t)((reg_lanes(e, bank, masks[k]) >> lane & 1) << k);
	return on;
}

int8_t generated_pattern(const struct cmis_engine *e, unsigned bank, unsigned lane, bool media)
{
	uint8_t on =
		reg_lanes(e, bank, media ? CMIS_MediaGeneratorEnable : CMIS_HostGeneratorEnable);

	if (!(on >> lane & 1))
		return -1;
	return (int8_t)reg_get(
		e, bank, media ? CMIS_MediaGeneratorPattern : CMIS_HostGeneratorPattern, lane);
}

static bool checking(const struct cmis_engine *e, unsigned bank, unsigned lane, bool media)
{
	return reg_lanes(e, bank, media ? CMIS_MediaCheckerEnable : CMIS_HostCheckerEnable) >>
		       lane &
	       1;
}

static bool locked(const struct cmis_engine *e, unsigned bank, unsigned lane, bool media)
{
	const struct lane *l = &e->bank[bank].lane[lane];
	uint8_t loop = loopback_of(e, bank, lane);
	bool looped = loop & (media ? CMIS_LOOPBACK_MEDIA_OUTPUT : CMIS_LOOPBACK_HOST_OUTPUT);
	int8_t arrives = looped  ? generated_pattern(e, bank, lane, media)
			 : media ? l->in.media_pattern
				 : l->in.host_pattern;
	bool signal = media ? !l->rx_lol : looped || l->in.host_signal;
	uint64_t wanted =
		reg_get(e, bank, media ? CMIS_MediaCheckerPattern : CMIS_HostCheckerPattern, lane);

	return checking(e, bank, lane, media) && signal && arrives >= 0 &&
	       (uint64_t)arrives == wanted && PATTERNS >> wanted & 1;
}

static void count(struct counter *c, double bits, double ber)
{
	if (!c->locked)
		return;
	c->bits += bits;
	c->errors += bits * ber;
}

void diagnostics_count(struct cmis_engine *e, uint64_t until)
{
	double bits = e->profile->lane_mbps * 1e-3 * (double)(until - e->now);

	for (unsigned b = 0; b < e->banks && e->present && is_optical(e); b++) {
		uint8_t lanes = reg_lanes(e, b, CMIS_MediaCheckerEnable) |
				reg_lanes(e, b, CMIS_HostCheckerEnable);

		for (unsigned i = 0; i < CMIS_LANES && lanes >> i; i++) {
			struct lane *l = &e->bank[b].lane[i];

			count(&l->media, bits, l->ber);
			count(&l->host, bits, l->host_ber);
		}
	}
}

static double ratio(const struct counter *c)
{
	return !c->locked ? 0.5 : c->bits > 0 ? floor(c->errors) / c->bits : 0;
}

/* What the selector asks for, into bytes 192..255. */
static void report(struct cmis_engine *e, unsigned bank)
{
	uint64_t selector = reg_get(e, bank, CMIS_DiagnosticsSelector, 0);
	uint8_t *bytes = reg_page(e, bank, 0x14);

	for (unsigned at = 192; at < 256; at++)
		bytes[at % CMIS_HALF] = 0;
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		const struct lane *l = &e->bank[bank].lane[i];

		if (selector == SELECT_BER) {
			reg_put_value(e, bank, CMIS_HostBER, i, ratio(&l->host));
			reg_put_value(e, bank, CMIS_MediaBER, i, ratio(&l->media));
		} else if (selector == SELECT_SNR) {
			reg_put_value(e, bank, CMIS_HostSNR, i,
				      l->in.host_signal ? l->host_snr_db : 0);
			reg_put_value(e, bank, CMIS_MediaSNR, i, l->snr_db);
		}
	}
	if (selector < SELECT_COUNTS || selector >= SELECT_SNR)
		return;
	for (unsigned k = 0; k < 4; k++) {
		const struct lane *l = &e->bank[bank].lane[(selector - SELECT_COUNTS) % 2 * 4 + k];
		const struct counter *c = selector < SELECT_COUNTS + 2 ? &l->host : &l->media;

		reg_put(e, bank, CMIS_BitErrorCounts, 2 * k, (uint64_t)c->errors);
		reg_put(e, bank, CMIS_BitErrorCounts, 2 * k + 1, (uint64_t)c->bits);
	}
}

void diagnostics_update(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks && is_optical(e); b++) {
		for (unsigned i = 0; i < CMIS_LANES; i++) {
			struct lane *l = &e->bank[b].lane[i];
			bool media = checking(e, b, i, true), host = checking(e, b, i, false);

			l->media.locked = media && locked(e, b, i, true);
			l->host.locked = host && locked(e, b, i, false);
			reg_flag(e, b, CMIS_CheckerLOLFlagMedia, i, media && !l->media.locked);
			reg_flag(e, b, CMIS_CheckerLOLFlagHost, i, host && !l->host.locked);
			reg_flag(e, b, CMIS_GeneratorLOLFlagMedia, i,
				 generated_pattern(e, b, i, true) > 12);
			reg_flag(e, b, CMIS_GeneratorLOLFlagHost, i,
				 generated_pattern(e, b, i, false) > 12);
		}
		report(e, b);
	}
}

/* Counting begins anew when a checker is written or reset. */
void diagnostics_written(struct cmis_engine *e, unsigned bank, unsigned page, unsigned first,
			 unsigned last)
{
	uint64_t selector = reg_get(e, bank, CMIS_DiagnosticsSelector, 0);
	bool reset = first <= 177 && last >= 177 && reg_get(e, bank, CMIS_ResetErrorInformation, 0);

	if (page == 0x14 && selector > SELECT_SNR)
		reg_put(e, bank, CMIS_DiagnosticsSelector, 0, 0); /* not supported */
	if (page != 0x13)
		return;
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		struct lane *l = &e->bank[bank].lane[i];

		if (reset || (first <= 167 && last >= 160))
			l->host = (struct counter){ 0 };
		if (reset || (first <= 175 && last >= 168))
			l->media = (struct counter){ 0 };
	}
}
