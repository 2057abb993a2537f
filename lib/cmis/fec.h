/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From light to lost frames: received power → SNR → bit error ratio → codeword error ratio of
 * RS(544,514) ("KP4", 10-bit symbols, corrects 15) → frame loss ratio. Random errors; bursts and
 * inner codes are not modelled. Pure functions, any thread.
 */
#ifndef CPX_LIB_CMIS_FEC_H
#define CPX_LIB_CMIS_FEC_H

#include <stdint.h>

#define FEC_KP4_SYMBOLS  544
#define FEC_KP4_CORRECTS 15
#define FEC_KP4_BITS     5440
#define FEC_BINS         (FEC_KP4_CORRECTS + 2) /* S0..S15, then uncorrectable */
#define FEC_KP4_BER      2.4e-4                 /* the limit commonly used: CER 8e-13 */

/* mW of dBm and back; 0 mW is -40 dBm, the floor that hosts print. */
double power_mw(double dbm);
double power_dbm(double mw);

/*
 * Electrical SNR in dB of a PAM4 receiver that has `snr_db` at `dbm` of light: where heat limits
 * it, a dB of light is two of SNR. Ends at 0 dB (dark) and at `max_db` (the transmitter's own).
 */
double pam4_snr_db(double rx_dbm, double dbm, double snr_db, double max_db);

/* Gray-coded PAM4: 0.375 erfc(sqrt(SNR / 10)). */
double pam4_ber(double snr_db);

/* Ratio of codewords with 16 or more wrong symbols, given the ratio of wrong bits before FEC. */
double fec_cer(double ber);
/* The BER (0..0.5) at which fec_cer() is `cer`. */
double fec_ber_of_cer(double cer);
/* Ratio of codewords in each bin: [n] has n wrong symbols, the last one is uncorrectable. */
void fec_bins(double ber, double bins[FEC_BINS]);

/* Ratio of 64-byte frames lost where `interleave` (1, 2, 4) codewords are interleaved. At most 1.
 */
double fec_flr(double cer, unsigned interleave);

/* Codewords in a second at a line rate of bits/s; frames of `len` bytes with FCS at a MAC rate. */
double fec_codewords_per_second(double line_rate);
double fec_frames_per_second(double mac_rate, unsigned len);
/* Line rate of a MAC rate: 257/256 (transcoding) * 544/514 (FEC). */
double fec_line_rate(double mac_rate);

#endif
