/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss by bit errors; see cpx_loss.h. */
#include "pmd/cpx_loss.h"

#include <math.h>
#include <string.h>

#include "lib/cmis/fec.h"
#include "pmd/cpx_ethdev.h"

/* Codewords interleaved, by what the data path carries (802.3: 4 from 800G on). */
static unsigned interleave(const struct cpx_port *p)
{
	const uint32_t mbps = p->args.n_lanes * p->args.lane_mbps;

	return mbps >= 850000 ? 4 : mbps >= 212500 ? 2 : 1;
}

static void store_ber(struct cpx_port *p, unsigned lane, double ber)
{
	uint64_t bits;

	memcpy(&bits, &ber, sizeof(bits));
	store_relaxed(&p->lane_ber[lane], bits);
}

void cpx_loss_init(struct cpx_port *p)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		store_ber(p, i, NAN);
	for (unsigned s = 0; s < CPX_MAX_SOURCES; s++)
		fec_loss_init(&p->rx[s].loss, p->args.seed, p->args.first_lane + s);
}

double cpx_lane_ber(const struct cpx_port *p, unsigned lane)
{
	const uint64_t bits = load_relaxed(&p->lane_ber[lane]);
	double ber;

	memcpy(&ber, &bits, sizeof(ber));
	return ber;
}

void cpx_loss_set(struct cpx_port *p, const double ber[CPX_MAX_LANES])
{
	const uint32_t up = load_relaxed(&p->engine_lanes);
	double cer[CPX_MAX_LANES];
	uint32_t lossy = 0;

	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		if (ber[i] != cpx_lane_ber(p, i))
			p->lane_cer[i] = isnan(ber[i]) ? 0 : fec_cer(ber[i]);
		cer[i] = p->lane_cer[i];
		store_ber(p, i, ber[i]);
	}
	for (unsigned s = 0; s < p->sources.n; s++) {
		fec_loss_set(&p->rx[s].loss,
			     cer[cpx_lane_over(up, p->args.n_lanes, s % p->args.n_lanes)]);
		if (load_relaxed(&p->rx[s].loss.rate) != 0)
			lossy |= 1u << s;
		store_relaxed(&p->rx[s].interleaved_bits,
			      fec_frame_bits(interleave(p), RTE_ETHER_CRC_LEN));
	}
	if (lossy == load_relaxed(&p->sources.lossy))
		return;
	store_relaxed(&p->sources.lossy, lossy);
	cpx_lanes_changed(p); /* other burst functions */
}
