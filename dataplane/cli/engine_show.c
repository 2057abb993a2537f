/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine show: one engine as its registers tell it, at once, for people or as JSON. It reads no
 * flag and changes nothing but the page select, so an engine's manager loses nothing by it; of a
 * board's engine it is the manager who reads.
 */
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/cli/engine.h"
#include "dataplane/cli/table.h"
#include "lib/cmis/vdm.h"

static const char usage[] =
	"usage: cpx engine show ENGINE [-i INSTANCE] [--json] [--color=WHEN]\n"
	"\n"
	"  -i, --instance NAME  of this board, if several have one of the name\n"
	"  -j, --json           one JSON object; null is what the engine does not have\n"
	"      --color=WHEN     auto, always or never; NO_COLOR is obeyed\n"
	"  -h, --help           this text\n"
	"\n"
	"\"-\" is what an engine does not have: copper has no light, flat memory no lanes.\n"
	"A manager of the engine misses no flag by it. Dark is -40 dBm.\n"
	"\n"
	"Exit: 0 shown, 1 the engine does not answer, 2 wrong usage.\n";

#define LANES_MAX (CMIS_MAX_BANKS * CMIS_LANES)
#define DARK_DBM  (-40.0)

/* NaN and NULL: the engine does not have it. */
struct lane {
	const char *state;
	int app, output_rx, output_tx; /* -1: absent */
	double tx_dbm, rx_dbm, bias_ma, ber;
};

struct laser {
	const char *state;
	int enabled;
	double dbm, bias_ma, volt;
};

struct seen {
	struct engine_bus *b;
	uint8_t page00[CMIS_HALF], page11[CMIS_HALF], page1a[CMIS_HALF], page1b[CMIS_HALF];
	unsigned lanes, lasers;
	struct lane lane[LANES_MAX];
	struct laser laser[LANES_MAX];
};

static double number(const struct seen *s, enum cmis_field_id id, unsigned i, const uint8_t *half)
{
	struct cmis_value v;

	return cmis_decode(&s->b->support, id, i, half, CMIS_HALF, &v) == 0 ? v.number : NAN;
}

static const char *code(const struct seen *s, enum cmis_field_id id, unsigned i,
			const uint8_t *half)
{
	struct cmis_value v;

	if (cmis_decode(&s->b->support, id, i, half, CMIS_HALF, &v) != 0)
		return NULL;
	return v.name ? v.name : "reserved";
}

static int small(double v)
{
	return isnan(v) ? -1 : (int)v;
}

static double dbm(double mw)
{
	if (isnan(mw))
		return NAN;
	return mw > 1e-4 ? 10 * log10(mw) : DARK_DBM;
}

static void lane_of(struct seen *s, unsigned i, struct lane *l)
{
	const uint8_t *half = s->page11;

	l->state = code(s, CMIS_DPState, i, half);
	l->app = small(number(s, CMIS_ACS_AppSel, i, half));
	l->output_rx = small(number(s, CMIS_OutputStatusRx, i, half));
	l->output_tx = small(number(s, CMIS_OutputStatusTx, i, half));
	l->tx_dbm = dbm(number(s, CMIS_TxPower, i, half));
	l->rx_dbm = dbm(number(s, CMIS_RxPower, i, half));
	l->bias_ma = number(s, CMIS_TxBias, i, half);
}

static int group_ber(struct seen *s, unsigned bank, unsigned group, struct err *err)
{
	uint8_t descriptors[CMIS_HALF], samples[CMIS_HALF];
	struct cmis_vdm_slot slot;
	uint64_t bits;
	int ret = engine_bus_read(s->b, 0x20 + group, bank, CMIS_HALF, CMIS_HALF, descriptors, err);

	if (ret == 0)
		ret = engine_bus_read(s->b, 0x24 + group, bank, CMIS_HALF, CMIS_HALF, samples, err);
	for (unsigned i = 0; ret == 0 && i < CMIS_VDM_GROUP; i++)
		if (cmis_vdm_slot(&slot, i, descriptors, CMIS_HALF) == 0 &&
		    slot.type->code == CMIS_VDM_PreFECBERMedia && slot.lane >= 1 &&
		    slot.lane <= CMIS_LANES &&
		    cmis_get(CMIS_VDMSample, i, samples, CMIS_HALF, &bits) == 0)
			s->lane[bank * CMIS_LANES + slot.lane - 1].ber =
				cmis_vdm_decode(slot.type, (uint16_t)bits);
	return ret;
}

/* BER of the media inputs of a bank, where an observable of it is offered. */
static int read_ber(struct seen *s, unsigned bank, struct err *err)
{
	uint8_t half[CMIS_HALF] = { 0 };
	int ret;

	if (!cmis_has_page(&s->b->support, 0x20))
		return 0;
	ret = engine_bus_read(s->b, 0x2F, bank, CMIS_HALF, 1, half, err);
	for (unsigned group = 0; ret == 0 && group <= (half[0] & 3u); group++)
		ret = group_ber(s, bank, group, err);
	return ret;
}

/* 11h without its flags (134-153). */
static int read_lanes(struct seen *s, unsigned bank, struct err *err)
{
	int ret = engine_bus_read(s->b, 0x11, bank, 128, 6, s->page11, err);

	if (ret == 0)
		ret = engine_bus_read(s->b, 0x11, bank, 154, 102, s->page11, err);
	if (ret != 0)
		return ret;
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		s->lane[s->lanes].ber = NAN;
		lane_of(s, i, &s->lane[s->lanes++]);
	}
	return read_ber(s, bank, err);
}

/* 1Ah without its flags (166-193), and 1Bh from its monitors on. */
static int read_lasers(struct seen *s, unsigned bank, struct err *err)
{
	unsigned count;
	int ret = engine_bus_read(s->b, 0x1A, bank, 128, 38, s->page1a, err);

	if (ret == 0)
		ret = engine_bus_read(s->b, 0x1A, bank, 212, 44, s->page1a, err);
	if (ret == 0)
		ret = engine_bus_read(s->b, 0x1B, bank, 184, 72, s->page1b, err);
	if (ret != 0)
		return ret;
	count = (unsigned)number(s, CMIS_ElsLaneCount, 0, s->page1a);
	for (unsigned i = 0; i < CMIS_LANES && s->lasers < count && s->lasers < LANES_MAX; i++)
		s->laser[s->lasers++] = (struct laser){
			.state = code(s, CMIS_ElsLaneState, i, s->page1a),
			.enabled = small(number(s, CMIS_ElsLaneEnable, i, s->page1a)),
			.dbm = dbm(number(s, CMIS_ElsPower, i, s->page1b)),
			.bias_ma = number(s, CMIS_ElsBias, i, s->page1b),
			.volt = number(s, CMIS_ElsVoltage, i, s->page1b),
		};
	return 0;
}

static int read_all(struct seen *s, struct err *err)
{
	bool els = s->b->support.identifier == CMIS_ELSFP;
	int ret = engine_bus_read(s->b, 0x00, 0, CMIS_HALF, CMIS_HALF, s->page00, err);

	for (unsigned bank = 0; ret == 0 && !s->b->support.flat && bank < s->b->support.banks;
	     bank++)
		ret = els ? read_lasers(s, bank, err) : read_lanes(s, bank, err);
	return ret;
}

static const char *text(const struct seen *s, enum cmis_field_id id, const uint8_t *half,
			char buf[64])
{
	struct cmis_value v;

	if (cmis_decode(&s->b->support, id, 0, half, CMIS_HALF, &v) != 0)
		return strcpy(buf, "-");
	return cmis_value_text(id, &v, buf, 64);
}

static void print_number(struct table *t, const char *format, double v)
{
	char buf[32] = "-";

	if (!isnan(v))
		snprintf(buf, sizeof(buf), format, v);
	table_cell(t, buf);
}

/* Name of a code, else the number. */
static const char *name_of(const struct seen *s, enum cmis_field_id id, const uint8_t *half,
			   char buf[64])
{
	struct cmis_value v;

	if (cmis_decode(&s->b->support, id, 0, half, CMIS_HALF, &v) == 0 && v.name)
		return v.name;
	return text(s, id, half, buf);
}

static void print_head(const struct seen *s)
{
	const uint8_t *lower = s->b->lower, *id = s->page00;
	double temperature = number(s, CMIS_TempMonitor, 0, lower);
	double vcc = number(s, CMIS_VccMonitor, 0, lower);
	char a[64], b[64], c[64], d[64];

	printf("%s: %s %s, revision %s, serial %s\n", s->b->name, text(s, CMIS_VendorName, id, a),
	       text(s, CMIS_VendorPN, id, b), text(s, CMIS_VendorRev, id, c),
	       text(s, CMIS_VendorSN, id, d));
	printf("%s, CMIS %s, %s", name_of(s, CMIS_SFF8024Identifier, lower, a),
	       text(s, CMIS_CmisRevision, lower, b), name_of(s, CMIS_MediaType, lower, c));
	if (s->b->support.flat)
		printf(", flat memory\n");
	else if (s->lasers)
		printf(", %u lasers\n", s->lasers);
	else
		printf(", %u lanes in %u banks\n", s->lanes, s->b->support.banks);
	printf("module %s", s->b->support.flat ? "-" : name_of(s, CMIS_ModuleState, lower, a));
	if (number(s, CMIS_ModuleFaultCause, 0, lower) > 0)
		printf(" (%s)", name_of(s, CMIS_ModuleFaultCause, lower, b));
	snprintf(c, sizeof(c), isnan(temperature) ? "-" : "%.1f °C", temperature);
	snprintf(d, sizeof(d), isnan(vcc) ? "-" : "%.3f V", vcc);
	printf(", temperature %s, Vcc %s\n", c, d);
}

static enum table_color mood(const char *state, const char *good)
{
	return state && strcmp(state, good) == 0 ? TABLE_GOOD : TABLE_PLAIN;
}

static struct table *lanes_table(const struct seen *s)
{
	static const char *const headings[] = { "LANE",     "BANK/LANE",    "STATE",
						">APP",     ">TX dBm",      ">RX dBm",
						">BIAS mA", ">PRE-FEC BER", NULL };
	struct table *t = table_new(headings);
	char name[96];

	for (unsigned i = 0; i < s->lanes; i++) {
		const struct lane *l = &s->lane[i];

		snprintf(name, sizeof(name), "%.64s/%u", s->b->name, i);
		table_cell(t, name);
		snprintf(name, sizeof(name), "%u/%u", i / CMIS_LANES, i % CMIS_LANES + 1);
		table_cell(t, name);
		table_color(t, l->state ? l->state : "-", mood(l->state, "Activated"));
		print_number(t, "%.0f", l->app > 0 ? l->app : NAN);
		print_number(t, "%.2f", l->tx_dbm);
		print_number(t, "%.2f", l->rx_dbm);
		print_number(t, "%.1f", l->bias_ma);
		print_number(t, "%.1e", l->ber);
	}
	return t;
}

static struct table *lasers_table(const struct seen *s)
{
	static const char *const headings[] = { "LASER",    "ENABLED", "STATE", ">POWER dBm",
						">BIAS mA", ">VOLT",   NULL };
	struct table *t = table_new(headings);
	char name[96];

	for (unsigned i = 0; i < s->lasers; i++) {
		const struct laser *l = &s->laser[i];

		snprintf(name, sizeof(name), "%.64s/%u", s->b->name, i);
		table_cell(t, name);
		table_cell(t, l->enabled < 0 ? "-" : l->enabled ? "yes" : "no");
		table_color(t, l->state ? l->state : "-", mood(l->state, "on"));
		print_number(t, "%.2f", l->dbm);
		print_number(t, "%.1f", l->bias_ma);
		print_number(t, "%.2f", l->volt);
	}
	return t;
}

static int print_tables(const struct seen *s, bool color)
{
	struct table *t;
	int ret = 0;

	print_head(s);
	if (s->lanes || s->lasers) {
		t = s->lasers ? lasers_table(s) : lanes_table(s);
		ret = table_print(t, stdout, color);
		table_free(t);
	}
	return ret;
}

static json_t *real(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *word(const char *v)
{
	return v ? json_string(v) : json_null();
}

static json_t *truth(int v)
{
	return v < 0 ? json_null() : json_boolean(v);
}

static json_t *field_text(const struct seen *s, enum cmis_field_id id, const uint8_t *half)
{
	struct cmis_value v;
	char buf[64];

	if (cmis_decode(&s->b->support, id, 0, half, CMIS_HALF, &v) != 0)
		return json_null();
	return json_string(v.name ? v.name : cmis_value_text(id, &v, buf, sizeof(buf)));
}

static json_t *lanes_json(const struct seen *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->lanes; i++) {
		const struct lane *l = &s->lane[i];

		json_array_append_new(
			list,
			json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "lane",
				  (int)i, "bank", (int)(i / CMIS_LANES), "bank_lane",
				  (int)(i % CMIS_LANES + 1), "state", word(l->state), "application",
				  l->app > 0 ? json_integer(l->app) : json_null(), "output_rx",
				  truth(l->output_rx), "output_tx", truth(l->output_tx), "tx_dbm",
				  real(l->tx_dbm), "rx_dbm", real(l->rx_dbm), "bias_ma",
				  real(l->bias_ma), "pre_fec_ber", real(l->ber)));
	}
	return list;
}

static json_t *lasers_json(const struct seen *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->lasers; i++) {
		const struct laser *l = &s->laser[i];

		json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "laser",
						      (int)i, "enabled", truth(l->enabled), "state",
						      word(l->state), "power_dbm", real(l->dbm),
						      "bias_ma", real(l->bias_ma), "voltage",
						      real(l->volt)));
	}
	return list;
}

static int print_json(const struct seen *s)
{
	const uint8_t *lower = s->b->lower, *id = s->page00;
	json_t *o = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
		"engine", s->b->name, "identifier", field_text(s, CMIS_SFF8024Identifier, lower),
		"cmis_revision", field_text(s, CMIS_CmisRevision, lower), "vendor",
		field_text(s, CMIS_VendorName, id), "part", field_text(s, CMIS_VendorPN, id),
		"revision", field_text(s, CMIS_VendorRev, id), "serial",
		field_text(s, CMIS_VendorSN, id), "media", field_text(s, CMIS_MediaType, lower),
		"flat_memory", s->b->support.flat, "module_state",
		s->b->support.flat ? json_null() : field_text(s, CMIS_ModuleState, lower),
		"fault_cause",
		number(s, CMIS_ModuleFaultCause, 0, lower) > 0
			? field_text(s, CMIS_ModuleFaultCause, lower)
			: json_null(),
		"temperature", real(number(s, CMIS_TempMonitor, 0, lower)), "vcc",
		real(number(s, CMIS_VccMonitor, 0, lower)), "lanes", lanes_json(s), "lasers",
		lasers_json(s));
	int ret = o ? json_dumpf(o, stdout, JSON_INDENT(1)) : -1;

	putchar('\n');
	json_decref(o);
	return ret;
}

int engine_show(int argc, char **argv)
{
	static const struct option longs[] = { { "instance", required_argument, NULL, 'i' },
					       { "json", no_argument, NULL, 'j' },
					       { "color", required_argument, NULL, 'c' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	const char *color = NULL, *instance = NULL;
	struct engine_bus b;
	struct seen *s;
	struct err err;
	bool json = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "i:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			instance = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'c':
			color = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1)
		return engine_usage("show", "%s",
				    optind < argc ? "one engine at a time" : "which engine?");
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		fprintf(stderr, "cpx engine show: no memory for an engine\n");
		return EXIT_FAILED;
	}
	s->b = &b;
	ret = engine_bus_open(&b, argv[optind], instance, &err);
	if (ret == 0)
		ret = read_all(s, &err);
	if (ret != 0)
		fprintf(stderr, "cpx engine show: %s\n", err.text);
	else
		ret = json ? print_json(s) : print_tables(s, table_wants_color(color, stdout));
	engine_bus_close(&b);
	free(s);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
