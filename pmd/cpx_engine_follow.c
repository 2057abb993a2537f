/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From ports to wishes and back: which data paths a bank is to run, and which lanes of each port
 * carry once they do. On the engine's thread, or with its lock.
 */
#include <math.h>
#include <string.h>

#include "lib/cmis/fec.h"
#include "lib/cmis/vdm.h"
#include "pmd/cpx_engine_priv.h"
#include "pmd/cpx_logs.h"
#include "pmd/cpx_loss.h"

#define FEC_DRAW_NS 100000000ull /* between two draws of codewords */

/* ---- wishes ---- */

static bool is_down(const struct cpx_engine *e, const struct cpx_port *p)
{
	const uint64_t lanes = ((1ull << p->args.n_lanes) - 1) << p->args.first_lane;

	return p->admin_down || (e->down & lanes) == lanes;
}

/* A port is one data path if there are such: 1, 2, 4 or 8 lanes from a multiple of their number. */
static bool is_one_path(const struct cpx_seat *s)
{
	const unsigned n = s->port->args.n_lanes;

	return (n & (n - 1)) == 0 && s->port->args.first_lane % n == 0 && !s->split;
}

void cpx_engine_wish(struct cpx_engine *e, unsigned bank)
{
	struct cmis_port_wish wish[CMIS_LANES];
	struct err err;
	unsigned n = 0;

	for (unsigned first = 0; first < CMIS_LANES; first++) {
		const struct cpx_seat *s = &e->seat[bank][first];
		const unsigned step = s->port != NULL && is_one_path(s) ? s->port->args.n_lanes : 1;

		if (s->port == NULL || is_down(e, s->port))
			continue;
		for (unsigned l = 0; l < s->port->args.n_lanes; l += step)
			wish[n++] = (struct cmis_port_wish){ .first = (uint8_t)(first + l),
							     .lanes = (uint8_t)step };
	}
	if (cmis_manager_want(e->manager, bank, wish, n, &err) != 0)
		PMD_DRV_LOG(ERR, "%s", err.text);
}

/* The module offers nothing so wide: the lanes one by one. */
static void split_if_none(struct cpx_engine *e, struct cpx_seat *s, unsigned bank,
			  const struct cmis_bank_seen *seen)
{
	for (unsigned i = 0; i < seen->port_count; i++) {
		const struct cmis_port_seen *port = &seen->port[i];

		if (port->wish.first != s->port->args.first_lane % CMIS_LANES ||
		    port->reason != CMIS_REASON_NO_APPLICATION || s->port->args.n_lanes == 1 ||
		    s->split)
			continue;
		PMD_DRV_LOG(INFO,
			    "%s: engine %s has no application of %u lanes from lane %u; it runs "
			    "%u data paths of one lane",
			    cpx_port_name(s->port), e->name, port->wish.lanes,
			    s->port->args.first_lane, port->wish.lanes);
		s->split = true;
		cpx_engine_wish(e, bank);
		cpx_engine_wake(e);
	}
}

/* ---- lanes ---- */

static uint32_t lanes_up(const struct cpx_engine *e, const struct cpx_port *p,
			 const struct cmis_manager_seen *seen, const struct cmis_bank_seen *bank)
{
	uint32_t lanes = 0;

	if (seen->state != CMIS_MANAGER_READY || is_down(e, p))
		return 0;
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const struct cmis_lane_seen *l = &bank->lane[p->args.first_lane % CMIS_LANES + i];

		if (l->state == CMIS_DP_ACTIVATED && l->tx_valid && l->rx_valid &&
		    !(e->down >> (p->args.first_lane + i) & 1))
			lanes |= 1u << i;
	}
	return lanes & ~load_relaxed(&p->diverted_lanes);
}

/* ---- what was seen, for others ---- */

static double observable(const struct cmis_manager *m, unsigned bank, unsigned lane, uint8_t code)
{
	double value;

	return cmis_manager_vdm(m, bank, code, lane + 1, &value) == 0 ? value : NAN;
}

static double dbm(double mw)
{
	return isnan(mw) ? NAN : power_dbm(mw);
}

/* Is there anything known of a bank's lanes now, and not as they once were? Flat memory has no
 * banks: the manager says of it what ports want. */
static bool knows_bank(const struct cpx_engine_view *v, unsigned b)
{
	const struct cmis_support *s = &v->seen.support;

	return v->seen.state == CMIS_MANAGER_READY &&
	       (s->flat || (b < s->banks && v->bank[b].when_ns != 0));
}

static void see_lane(struct cpx_engine *e, unsigned bank, unsigned i)
{
	const struct cmis_lane_seen *seen = &e->view.bank[bank].lane[i];
	struct cpx_lane_view *v = &e->view.lane[bank * CMIS_LANES + i];

	if (!knows_bank(&e->view, bank) || seen->state == 0) {
		v->state = (enum cmis_dp_state)0;
		v->tx_dbm = v->rx_dbm = v->bias_ma = v->ber = v->snr_db = NAN;
		return;
	}
	v->state = seen->state;
	v->tx_dbm = dbm(seen->tx_mw);
	v->rx_dbm = dbm(seen->rx_mw);
	v->bias_ma = seen->bias_ma;
	v->ber = observable(e->manager, bank, i, CMIS_VDM_PreFECBERMedia);
	v->snr_db = observable(e->manager, bank, i, CMIS_VDM_eSNRMedia);
}

static void see_lasers(struct cpx_engine *e)
{
	struct cpx_engine_view *v = &e->view;

	v->lasers = cmis_manager_lasers(e->manager);
	v->on = 0;
	for (unsigned i = 0; i < v->lasers; i++) {
		const struct cmis_laser_seen *l = cmis_manager_laser(e->manager, i);

		v->on += l != NULL && l->when_ns != 0 && l->state == CMIS_LASER_ON;
	}
}

/* By CDB, else what lower memory says, where 0.0 is none. */
static void see_firmware(struct cpx_engine *e)
{
	struct cpx_engine_view *v = &e->view;
	const struct cmis_firmware_seen *f = &v->seen.firmware;
	struct cmis_value major, minor;
	uint8_t lower[CMIS_HALF];

	v->firmware[0] = '\0';
	if (f->known && f->running >= 0 && f->image[f->running].valid)
		snprintf(v->firmware, sizeof(v->firmware), "%u.%u.%u", f->image[f->running].major,
			 f->image[f->running].minor, f->image[f->running].build);
	else if (cmis_manager_last(e->manager, 0, CMIS_LOWER, lower) == 0 &&
		 cmis_decode(&v->seen.support, CMIS_ActiveFirmwareMajor, 0, lower, CMIS_HALF,
			     &major) == 0 &&
		 cmis_decode(&v->seen.support, CMIS_ActiveFirmwareMinor, 0, lower, CMIS_HALF,
			     &minor) == 0 &&
		 major.bits + minor.bits != 0)
		snprintf(v->firmware, sizeof(v->firmware), "%u.%u", (uint8_t)major.bits,
			 (uint8_t)minor.bits);
}

static void see(struct cpx_engine *e, uint64_t now)
{
	struct cpx_engine_view *v = &e->view;

	pthread_mutex_lock(&e->view_lock);
	v->when_ns = now;
	v->steps = e->steps + 1;
	v->cpu_ns = e->cpu_ns;
	v->seen = *cmis_manager_seen(e->manager);
	see_lasers(e);
	see_firmware(e);
	for (unsigned b = 0; b < CPX_ENGINE_BANKS; b++) {
		v->bank[b] = *cmis_manager_bank(e->manager, b);
		for (unsigned i = 0; i < CMIS_LANES; i++)
			see_lane(e, b, i);
	}
	pthread_mutex_unlock(&e->view_lock);
}

/*
 * Codewords that came since the last draw, by wrong symbols, for the lanes that run. What an
 * emulated lane really has is its bit error ratio; of another one it is what the module says.
 */
static void draw(struct cpx_engine *e, const struct cpx_port *p, uint64_t ns)
{
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const unsigned lane = p->args.first_lane + i;
		struct cpx_lane_view *v = &e->view.lane[lane];
		const double physical = cpx_lane_ber(p, i);
		const double ber = isnan(physical) ? v->ber : physical;
		const double rate = fec_codewords_per_second(p->args.lane_mbps * 1e6);
		uint64_t bins[FEC_BINS];

		v->carries = (load_relaxed(&p->engine_lanes) >> i & 1) != 0;
		if (v->state != CMIS_DP_ACTIVATED || isnan(ber) || ns == 0)
			continue;
		fec_draw_codewords(&e->random[lane], ber, (uint64_t)(rate * (double)ns * 1e-9),
				   bins);
		for (unsigned k = 0; k < FEC_BINS; k++)
			v->codewords[k] += bins[k];
	}
}

/* For ethdev's questions. Flat memory has its first two pages only. */
static void tell(struct cpx_engine *e, struct cpx_port *p, unsigned bank)
{
	static const unsigned pages[CPX_MODULE_PAGES] = { CMIS_LOWER, 0x00, 0x01, 0x02, 0x11 };
	const struct cmis_manager_seen *seen = cmis_manager_seen(e->manager);
	struct cpx_module *m = &p->module;

	seq_write_begin(&m->seq);
	m->length = seen->state < CMIS_MANAGER_PARK ? 0
		    : seen->support.flat            ? 2 * CMIS_HALF
						    : CPX_MODULE_PAGES * CMIS_HALF;
	for (unsigned i = 0; i < CPX_MODULE_PAGES; i++)
		cmis_manager_last(e->manager, bank, pages[i], m->pages + i * CMIS_HALF);
	for (unsigned i = 0; i < p->args.n_lanes; i++)
		memcpy(m->codewords[i], e->view.lane[p->args.first_lane + i].codewords,
		       sizeof(m->codewords[i]));
	seq_write_end(&m->seq);
}

void cpx_engine_follow(struct cpx_engine *e, uint64_t now)
{
	const struct cmis_manager_seen *seen = cmis_manager_seen(e->manager);
	uint64_t ns = now - e->fec_ns, seated = 0;

	see(e, now);
	if (e->fec_ns == 0 || ns >= FEC_DRAW_NS) {
		ns = e->fec_ns == 0 ? 0 : ns;
		e->fec_ns = now;
	} else {
		ns = 0;
	}
	for (unsigned b = 0; b < CPX_ENGINE_BANKS; b++) {
		const struct cmis_bank_seen *bank = cmis_manager_bank(e->manager, b);

		for (unsigned first = 0; first < CMIS_LANES; first++) {
			struct cpx_seat *s = &e->seat[b][first];

			if (s->port == NULL)
				continue;
			seated |= ((1ull << s->port->args.n_lanes) - 1) << (b * CMIS_LANES + first);
			split_if_none(e, s, b, bank);
			cpx_lanes_engine(s->port, lanes_up(e, s->port, seen, bank));
			pthread_mutex_lock(&e->view_lock);
			draw(e, s->port, ns);
			tell(e, s->port, b);
			pthread_mutex_unlock(&e->view_lock);
		}
	}
	pthread_mutex_lock(&e->view_lock);
	for (unsigned i = 0; i < CPX_ENGINE_BANKS * CMIS_LANES; i++)
		e->view.lane[i].carries &= (seated >> i & 1) != 0; /* its port is gone */
	pthread_mutex_unlock(&e->view_lock);
}
