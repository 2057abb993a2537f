/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of codes, as the standards and the hosts of this field write them. A code without a name
 * is reserved or belongs to a vendor.
 */
#include <errno.h>
#include <strings.h>

#include "lib/cmis/cdb.h"
#include "lib/cmis/decode.h"
#include "lib/cmis/vdm.h"

struct name {
	uint16_t code;
	const char *name;
};

static const struct name identifiers[] = {
	{ 0x18, "QSFP-DD" },
	{ 0x19, "OSFP" },
	{ 0x1B, "DSFP" },
	{ 0x1E, "QSFP+ with CMIS" },
	{ 0x1F, "SFP-DD" },
	{ 0x20, "SFP+ with CMIS" },
	{ 0x21, "OSFP-XD" },
	{ 0x22, "ELSFP" },
	{ 0x26, "XPO" },
	{ 0x80, "CPO" },
	{ 0 },
};

static const struct name module_states[] = {
	{ 1, "ModuleLowPwr" }, { 2, "ModulePwrUp" }, { 3, "ModuleReady" },
	{ 4, "ModulePwrDn" },  { 5, "ModuleFault" }, { 0 },
};

static const struct name fault_causes[] = {
	{ 0, "none" },        { 1, "TEC runaway" }, { 2, "data memory" }, { 3, "program memory" },
	{ 4, "transmitter" }, { 5, "receiver" },    { 6, "temperature" }, { 0 },
};

static const struct name media_types[] = {
	{ 1, "MMF" },          { 2, "SMF" },    { 3, "passive or linear copper" },
	{ 4, "active cable" }, { 5, "BASE-T" }, { 0 },
};

static const struct name media_technologies[] = {
	{ 0x00, "850 nm VCSEL" },
	{ 0x06, "1310 nm EML" },
	{ 0x08, "other" },
	{ 0x09, "1490 nm DFB" },
	{ 0x0A, "copper, unequalised" },
	{ 0x0B, "copper, passive equalised" },
	{ 0x0C, "copper, near end limiting" },
	{ 0x0D, "copper, far end limiting" },
	{ 0x0E, "copper, both ends limiting" },
	{ 0x0F, "copper, linear active" },
	{ 0x10, "C-band tunable" },
	{ 0x11, "L-band tunable" },
	{ 0 },
};

static const struct name host_interfaces[] = {
	{ 30, "200GBASE-CR1" },
	{ 31, "400GBASE-CR2" },
	{ 70, "100GBASE-CR1" },
	{ 71, "200GBASE-CR2" },
	{ 72, "400GBASE-CR4" },
	{ 73, "800GBASE-CR8" },
	{ 75, "100GAUI-1-S" },
	{ 76, "100GAUI-1-L" },
	{ 77, "200GAUI-2-S" },
	{ 78, "200GAUI-2-L" },
	{ 79, "400GAUI-4-S" },
	{ 80, "400GAUI-4-L" },
	{ 81, "800GAUI-8-S" },
	{ 82, "800GAUI-8-L" },
	{ 87, "800GBASE-CR4" },
	{ 88, "1.6TBASE-CR8" },
	{ 116, "CEI-112G-LINEAR" },
	{ 128, "200GAUI-1" },
	{ 129, "400GAUI-2" },
	{ 130, "800GAUI-4" },
	{ 131, "1.6TAUI-8" },
	{ 255, "end of list" },
	{ 0 },
};

static const struct name dp_states[] = {
	{ 1, "Deactivated" }, { 2, "Init" },      { 3, "Deinit" },      { 4, "Activated" },
	{ 5, "TxTurnOn" },    { 6, "TxTurnOff" }, { 7, "Initialized" }, { 0 },
};

static const struct name config_statuses[] = {
	{ 0, "undefined" },         { 1, "success" },
	{ 2, "rejected" },          { 3, "invalid AppSel" },
	{ 4, "invalid data path" }, { 5, "invalid SI" },
	{ 6, "lane in use" },       { 7, "partial data path" },
	{ 12, "in progress" },      { 0 },
};

static const struct name patterns[] = {
	{ 0, "PRBS31Q" }, { 1, "PRBS31" },  { 2, "PRBS23Q" }, { 3, "PRBS23" }, { 4, "PRBS15Q" },
	{ 5, "PRBS15" },  { 6, "PRBS13Q" }, { 7, "PRBS13" },  { 8, "PRBS9Q" }, { 9, "PRBS9" },
	{ 10, "PRBS7Q" }, { 11, "PRBS7" },  { 12, "SSPRQ" },  { 0 },
};

static const struct name els_modes[] = { { 0, "ACC" }, { 1, "APC" }, { 0 } };
static const struct name els_lanes[] = { { 0, "off" }, { 1, "ramping" }, { 2, "on" }, { 0 } };
static const struct name els_codes[] = {
	{ 0, "none" }, { 1, "APC loop" }, { 2, "ACC loop" }, { 0 }
};

static const struct name *const names[] = {
	[CMIS_TYPE_IDENT] = identifiers,
	[CMIS_TYPE_MODULE] = module_states,
	[CMIS_TYPE_FAULT] = fault_causes,
	[CMIS_TYPE_MEDIA] = media_types,
	[CMIS_TYPE_MEDIATECH] = media_technologies,
	[CMIS_TYPE_HOSTIF] = host_interfaces,
	[CMIS_TYPE_DPSTATE] = dp_states,
	[CMIS_TYPE_CONFIG] = config_statuses,
	[CMIS_TYPE_PATTERN] = patterns,
	[CMIS_TYPE_ELSMODE] = els_modes,
	[CMIS_TYPE_ELSLANE] = els_lanes,
	[CMIS_TYPE_ELSCODE] = els_codes,
};

const char *cmis_name(enum cmis_type type, uint64_t code)
{
	const struct cmis_vdm_type *vdm;

	if (type == CMIS_TYPE_CDBCMD)
		return cmis_cdb_command_name((uint16_t)code);
	if (type == CMIS_TYPE_CDBSTATE)
		return cmis_cdb_status_name((uint8_t)code);
	if (type == CMIS_TYPE_VDMTYPE) {
		vdm = cmis_vdm_type((uint8_t)code);
		return vdm != NULL ? vdm->name : NULL;
	}
	if (type >= sizeof(names) / sizeof(names[0]) || names[type] == NULL)
		return NULL;
	for (const struct name *n = names[type]; n->name != NULL; n++)
		if (n->code == code)
			return n->name;
	return NULL;
}

int cmis_pattern_find(const char *name)
{
	for (const struct name *n = patterns; n->name != NULL; n++)
		if (strcasecmp(n->name, name) == 0)
			return n->code;
	return -ENOENT;
}
