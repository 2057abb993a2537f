/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the registers say after a reset: identity, advertising, thresholds, default controls. From
 * the profile; by field name, so that a place is known to the table only.
 */
#include <stdio.h>
#include <string.h>

#include "lib/cmis/engine/private.h"
#include "lib/cmis/fec.h"

#define AUX2_PER_DEGREE 256

static void put(struct cmis_engine *e, enum cmis_field_id id, uint64_t bits)
{
	reg_put(e, 0, id, 0, bits);
}

static void text(struct cmis_engine *e, enum cmis_field_id id, const char *s)
{
	cmis_put_text(id, reg_page(e, 0, cmis_fields[id].page), s);
}

static void lower(struct cmis_engine *e)
{
	const struct cmis_profile *p = e->profile;
	bool flat = is_flat(e);

	put(e, CMIS_SFF8024Identifier, e->identifier);
	put(e, CMIS_CmisRevision, 0x52);
	put(e, CMIS_MemoryModel, flat);
	put(e, CMIS_SteppedConfigOnly, !flat);
	put(e, CMIS_MciMaxSpeed, 1);
	put(e, CMIS_ModuleState, flat ? CMIS_MODULE_READY : CMIS_MODULE_LOW_PWR);
	put(e, CMIS_InterruptDeasserted, 1);
	put(e, CMIS_MediaType, p->media_type);
	for (unsigned i = 0; i < CMIS_PROFILE_APPS; i++) {
		const uint8_t end[4] = { 0xFF };
		const uint8_t *app = p->apps[i][0] ? p->apps[i] : end;

		reg_put(e, 0, CMIS_HostInterfaceID, i, app[0]);
		reg_put(e, 0, CMIS_MediaInterfaceID, i, app[1]);
		reg_put(e, 0, CMIS_HostLaneCount, i, app[2] >> 4);
		reg_put(e, 0, CMIS_MediaLaneCount, i, app[2] & 15);
		reg_put(e, 0, CMIS_HostLaneAssignmentOptions, i, app[3]);
	}
	if (flat)
		return;
	put(e, CMIS_LowPwrAllowRequestHW, 1);
	put(e, CMIS_ActiveFirmwareMajor, 1);
	put(e, CMIS_ActiveFirmwareMinor, 2);
	put(e, CMIS_ModuleFunctionType, is_els(e));
	if (e->identifier == CMIS_CPO)
		put(e, CMIS_NumberOfBanks, e->banks);
}

static void identity(struct cmis_engine *e)
{
	const struct cmis_profile *p = e->profile;
	/* power classes 1..7 end at these quarter watts; 8 is "see MaxPower" */
	static const uint8_t classes[] = { 6, 14, 28, 32, 40, 48, 56 };
	unsigned quarters = p->max_power * 4u, class = 0;

	while (class < sizeof(classes) && quarters > classes[class])
		class ++;
	put(e, CMIS_SFF8024IdentifierCopy, e->identifier);
	text(e, CMIS_VendorName, p->vendor);
	put(e, CMIS_VendorOUI, 0x020000);
	text(e, CMIS_VendorPN, p->part);
	text(e, CMIS_VendorRev, "1A");
	text(e, CMIS_VendorSN, e->serial);
	text(e, CMIS_DateCode, "260312");
	text(e, CMIS_CLEICode, "");
	put(e, CMIS_ModulePowerClass, class);
	put(e, CMIS_MaxPower, quarters > 255 ? 255 : quarters);
	put(e, CMIS_ConnectorType, p->connector);
	put(e, CMIS_MediaInterfaceTechnology, p->technology);
	if (!is_optical(e) && !is_els(e)) {
		put(e, CMIS_CableLength, is_flat(e) ? 0x40 | 1 : 0x40 | 3); /* x 1 m */
		for (unsigned i = 0; i < 5; i++)
			reg_put(e, 0, CMIS_CopperAttenuation, i,
				(const uint64_t[]){ 3, 4, 6, 9, 14 }[i]);
	}
}

static void advertising(struct cmis_engine *e)
{
	const struct cmis_advertised *a = &e->advertised;
	bool optical = is_optical(e);

	put(e, CMIS_InactiveFirmware, 1);
	put(e, CMIS_HardwareRevision, 1);
	put(e, CMIS_BanksSupported, e->banks == 8 ? 3 : e->banks == 4 ? 2 : e->banks - 1u);
	put(e, CMIS_MaxDurationDPDeinit, a->dp_deinit);
	put(e, CMIS_MaxDurationDPInit, a->dp_init);
	put(e, CMIS_MaxDurationModulePwrDn, a->pwr_dn);
	put(e, CMIS_MaxDurationModulePwrUp, a->pwr_up);
	put(e, CMIS_MaxDurationDPTxTurnOff, a->tx_turn_off);
	put(e, CMIS_MaxDurationDPTxTurnOn, a->tx_turn_on);
	put(e, CMIS_ModuleTempMax, 85);
	put(e, CMIS_TempMonSupported, 1);
	put(e, CMIS_VccMonSupported, 1);
	if (is_els(e))
		return;
	put(e, CMIS_OutputDisableTxSupported, 1);
	put(e, CMIS_OutputDisableRxSupported, 1);
	put(e, CMIS_CDRLOLFlagTxSupported, 1);
	put(e, CMIS_LOSFlagTxSupported, 1);
	put(e, CMIS_EqFailFlagTxSupported, 1);
	put(e, CMIS_CDRLOLFlagRxSupported, 1);
	put(e, CMIS_LOSFlagRxSupported, 1);
	put(e, CMIS_TxInputEqMax, 9);
	put(e, CMIS_RxOutputEqPreCursorMax, 7);
	put(e, CMIS_RxOutputEqPostCursorMax, 7);
	put(e, CMIS_AdaptiveInputEqTxSupported, 1);
	put(e, CMIS_FixedInputEqTxSupported, 1);
	put(e, CMIS_CDRTxSupported, 1);
	put(e, CMIS_CDRRxSupported, 1);
	put(e, CMIS_OutputEqRxControl, 3);
	if (!optical)
		return;
	put(e, CMIS_VDMPagesSupported, 1);
	put(e, CMIS_DiagPagesSupported, 1);
	put(e, CMIS_LengthSMF, 0x0A); /* 10 x 0.1 km */
	put(e, CMIS_NominalWavelength, 26220);
	put(e, CMIS_WavelengthTolerance, 1300);
	put(e, CMIS_RxPowerMeasurementType, 1);
	put(e, CMIS_SquelchMethodTx, 1);
	put(e, CMIS_FailureFlagTxSupported, 1);
	put(e, CMIS_RxPowerMonSupported, 1);
	put(e, CMIS_TxPowerMonSupported, 1);
	/* the bias and temperature of lasers that are elsewhere are told there */
	put(e, CMIS_TxBiasMonSupported, !e->profile->external_lasers);
	put(e, CMIS_Aux2MonSupported, !e->profile->external_lasers);
	put(e, CMIS_CdbInstances, 1);
	put(e, CMIS_CdbBackgroundSupported, 1);
	put(e, CMIS_CdbReadWriteLengthExtension, 15);
	put(e, CMIS_CdbCommandTriggerMethod, 1);
	for (unsigned i = 0; i < CMIS_PROFILE_APPS; i++)
		reg_put(e, 0, CMIS_MediaLaneAssignmentOptions, i, e->profile->apps[i][3]);
}

static void levels(struct cmis_engine *e, enum cmis_field_id id, double ha, double la, double hw,
		   double lw)
{
	const double v[CMIS_LEVELS] = { ha, la, hw, lw };

	for (unsigned i = 0; i < CMIS_LEVELS; i++)
		reg_put_value(e, 0, id, i, v[i]);
}

static void thresholds(struct cmis_engine *e)
{
	const struct cmis_light *l = &e->profile->light;
	double t = l->tx_dbm, r = l->rx_dbm;

	levels(e, CMIS_TempThreshold, 80, -5, 75, 0);
	levels(e, CMIS_VccThreshold, 3.63, 2.97, 3.465, 3.135);
	if (!is_optical(e))
		return;
	/* Aux2 is a laser temperature: its scale is not in the table but in what 01h says. */
	for (unsigned i = 0; i < CMIS_LEVELS; i++)
		reg_put(e, 0, CMIS_Aux2Threshold, i,
			(uint64_t)((const int[]){ 90, -5, 85, 0 }[i] * AUX2_PER_DEGREE));
	levels(e, CMIS_TxPowerThreshold, power_mw(t + 4), power_mw(t - 4), power_mw(t + 3),
	       power_mw(t - 3));
	levels(e, CMIS_TxBiasThreshold, l->bias_ma * 2, l->bias_ma / 4, l->bias_ma * 1.75,
	       l->bias_ma / 3);
	levels(e, CMIS_RxPowerThreshold, power_mw(r + 7), power_mw(r - 6), power_mw(r + 6),
	       power_mw(r - 5));
}

/* Controls and the active set: every lane runs the first application, as if it had been applied. */
static void lanes(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks; b++) {
		reg_put_lanes(e, b, CMIS_SCS0_CDREnableTx, 0xFF);
		reg_put_lanes(e, b, CMIS_SCS0_CDREnableRx, 0xFF);
		reg_put_lanes(e, b, CMIS_SCS0_AdaptiveInputEqEnableTx, 0xFF);
		reg_put_lanes(e, b, CMIS_ACS_CDREnableTx, 0xFF);
		reg_put_lanes(e, b, CMIS_ACS_CDREnableRx, 0xFF);
		reg_put_lanes(e, b, CMIS_ACS_AdaptiveInputEqEnableTx, 0xFF);
		for (unsigned l = 0; l < CMIS_LANES; l++) {
			unsigned count = e->profile->apps[0][2] >> 4;

			reg_put(e, b, CMIS_SCS0_AppSel, l, 1);
			reg_put(e, b, CMIS_SCS0_DataPathID, l, l / count * count);
			reg_put(e, b, CMIS_ACS_AppSel, l, 1);
			reg_put(e, b, CMIS_ACS_DataPathID, l, l / count * count);
			reg_put(e, b, CMIS_DPState, l, CMIS_DP_DEACTIVATED);
			reg_put(e, b, CMIS_MediaFiberTx, l, l + 1);
			reg_put(e, b, CMIS_MediaFiberRx, l, l + 1);
		}
	}
}

void image_checksums(struct cmis_engine *e)
{
	const struct fault *f = &e->fault[CMIS_INJECT_CHECKSUM];

	for (unsigned page = 0; page <= 2; page++) {
		uint8_t *bytes = reg_page(e, 0, page), sum;
		unsigned at = cmis_checksum_of(page, bytes != NULL ? bytes : e->lower.bytes, &sum);

		if (bytes != NULL)
			bytes[at % CMIS_HALF] = (uint8_t)(sum + (f->on && f->value == page));
	}
}

void image_write(struct cmis_engine *e)
{
	memset(e->lower.bytes, 0, CMIS_HALF);
	for (unsigned page = 0; page < 256; page++)
		if (e->page[page].bytes != NULL)
			memset(e->page[page].bytes, 0, e->page[page].banks * (size_t)CMIS_HALF);
	lower(e);
	identity(e);
	if (!is_flat(e)) {
		advertising(e);
		thresholds(e);
	}
	if (is_els(e))
		laser_image(e);
	else if (!is_flat(e))
		lanes(e);
	if (is_optical(e)) {
		vdm_image(e);
		diagnostics_image(e);
	}
	image_checksums(e);
	e->mapped_bank = 0;
	e->mapped_page = 0;
}
