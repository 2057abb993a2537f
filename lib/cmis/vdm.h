/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Versatile diagnostics monitoring, pages 20h-2Fh of a bank: a list of up to 256 slots, each with a
 * descriptor (20h-23h: observable, lane, threshold set), a sample (24h-27h), four thresholds
 * (28h-2Bh, 16 sets a page) and a nibble of flags (2Ch). Slot n is word n % 64 of page n / 64.
 * Statistics (`statistic`) hold still only between FreezeDone and unfreeze; the others always read.
 * Pure functions, any thread, any bytes.
 */
#ifndef CPX_LIB_CMIS_VDM_H
#define CPX_LIB_CMIS_VDM_H

#include "lib/cmis/field.h"

#define CMIS_VDM_SLOTS      256
#define CMIS_VDM_GROUP      64 /* slots of a page */
#define CMIS_VDM_THRESHOLDS 16 /* threshold sets of a page */

enum cmis_vdm_format { CMIS_VDM_U16, CMIS_VDM_S16, CMIS_VDM_F16 };

/* code, name, format, scale, unit, statistic */
/* clang-format off */
#define CMIS_VDM_TYPES(X) \
	X(1,   LaserAge,           U16, 1,       "%",   0) \
	X(2,   TecCurrent,         S16, 100 / 32767.0, "%", 0) \
	X(3,   LaserFrequencyError,S16, 10,      "MHz", 0) \
	X(4,   LaserTemp,          S16, 1 / 256.0, "°C", 0) \
	X(5,   eSNRMedia,          U16, 1 / 256.0, "dB", 0) \
	X(6,   eSNRHost,           U16, 1 / 256.0, "dB", 0) \
	X(7,   PAM4LTPMedia,       U16, 1 / 256.0, "dB", 0) \
	X(8,   PAM4LTPHost,        U16, 1 / 256.0, "dB", 0) \
	X(9,   PreFECBERMinMedia,  F16, 1,       "",    1) \
	X(10,  PreFECBERMinHost,   F16, 1,       "",    1) \
	X(11,  PreFECBERMaxMedia,  F16, 1,       "",    1) \
	X(12,  PreFECBERMaxHost,   F16, 1,       "",    1) \
	X(13,  PreFECBERAvgMedia,  F16, 1,       "",    1) \
	X(14,  PreFECBERAvgHost,   F16, 1,       "",    1) \
	X(15,  PreFECBERMedia,     F16, 1,       "",    0) \
	X(16,  PreFECBERHost,      F16, 1,       "",    0) \
	X(17,  FERCMinMedia,       F16, 1,       "",    1) \
	X(18,  FERCMinHost,        F16, 1,       "",    1) \
	X(19,  FERCMaxMedia,       F16, 1,       "",    1) \
	X(20,  FERCMaxHost,        F16, 1,       "",    1) \
	X(21,  FERCAvgMedia,       F16, 1,       "",    1) \
	X(22,  FERCAvgHost,        F16, 1,       "",    1) \
	X(23,  FERCMedia,          F16, 1,       "",    0) \
	X(24,  FERCHost,           F16, 1,       "",    0) \
	X(25,  FERCTotalMedia,     F16, 1,       "",    1) \
	X(26,  FERCTotalHost,      F16, 1,       "",    1) \
	X(27,  SEWMinMedia,        U16, 1,       "",    1) \
	X(28,  SEWMinHost,         U16, 1,       "",    1) \
	X(29,  SEWMaxMedia,        U16, 1,       "",    1) \
	X(30,  SEWMaxHost,         U16, 1,       "",    1) \
	X(31,  SEWAvgMedia,        U16, 1,       "",    1) \
	X(32,  SEWAvgHost,         U16, 1,       "",    1) \
	X(33,  SEWMedia,           U16, 1,       "",    0) \
	X(34,  SEWHost,            U16, 1,       "",    0) \
	X(77,  Vcc2V6,             U16, 100e-6,  "V",   0) \
	X(78,  Vcc1V8,             U16, 100e-6,  "V",   0) \
	X(79,  Vcc1V2,             U16, 100e-6,  "V",   0) \
	X(80,  Vcc0V9,             U16, 100e-6,  "V",   0) \
	X(81,  Vcc0V7A,            U16, 100e-6,  "V",   0) \
	X(82,  Vcc0V7B,            U16, 100e-6,  "V",   0) \
	X(83,  Vcc12V,             U16, 250e-6,  "V",   0) \
	X(84,  ElsInputPower,      S16, 0.01,    "dBm", 0)
/* clang-format on */

/* CMIS_VDM_eSNRMedia and so on. */
enum cmis_vdm_code {
#define X(code, name, ...) CMIS_VDM_##name = code,
	CMIS_VDM_TYPES(X)
#undef X
};

struct cmis_vdm_type {
	uint8_t code;
	const char *name;
	enum cmis_vdm_format format;
	double scale;
	const char *unit;
	bool statistic;
};

/* NULL for an unused (0) or unknown observable. */
const struct cmis_vdm_type *cmis_vdm_type(uint8_t code);

/* Between a value in the observable's unit and its 16 bits; encode holds it inside the range. */
double cmis_vdm_decode(const struct cmis_vdm_type *t, uint16_t bits);
uint16_t cmis_vdm_encode(const struct cmis_vdm_type *t, double value);

/* What slot word (0..63) of a group watches. */
struct cmis_vdm_slot {
	const struct cmis_vdm_type *type;
	uint8_t lane;          /* 1..16 as described; meaningless for observables of a module */
	uint8_t threshold_set; /* 0..15 */
};

/* descriptors: bytes of a page 20h-23h. 0, -ENODATA unused or unknown, -ERANGE. */
int cmis_vdm_slot(struct cmis_vdm_slot *slot, unsigned word, const uint8_t *descriptors,
		  size_t len);

#endif
