/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine dump: registers as they are. It reads what it is asked for, flags included, and
 * reading a flag clears it; of a board's engine its manager has counted it then.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/cli/engine.h"
#include "lib/cmis/dump.h"

static const char usage[] =
	"usage: cpx engine dump ENGINE [--page PAGE] [--bank N] [-i INSTANCE] [--json]\n"
	"\n"
	"  -p, --page PAGE      lower, or 00h to ffh (lower and 00h if none is given)\n"
	"  -b, --bank N         0 to 7, of pages that have banks (default 0)\n"
	"      --hex            only the bytes\n"
	"      --fields         only what they mean\n"
	"  -i, --instance NAME  of this board, if several have one of the name\n"
	"  -j, --json           one JSON object: bytes as hex, fields with value and unit\n"
	"  -h, --help           this text\n"
	"\n"
	"Flags in a page are cleared by reading them: a manager elsewhere does not see\n"
	"them then. Of a board's engine the manager itself reads, and counts them.\n"
	"\n"
	"Exit: 0 shown, 1 the engine does not answer or lacks the page, 2 wrong usage.\n";

#define MAX_PAGES 16

struct options {
	const char *target, *instance;
	unsigned page[MAX_PAGES], pages, bank, parts;
	bool json;
};

static bool parse_page(const char *text, unsigned *page)
{
	char *end;
	unsigned long v;

	if (strcmp(text, "lower") == 0) {
		*page = CMIS_LOWER;
		return true;
	}
	if (!text[0] || strspn(text, "0123456789abcdefABCDEF") == 0)
		return false;
	v = strtoul(text, &end, 16);
	*page = (unsigned)v;
	return v <= 0xff && (*end == '\0' || ((*end == 'h' || *end == 'H') && end[1] == '\0'));
}

struct dumped {
	uint8_t bytes[CMIS_HALF], descriptors[CMIS_HALF];
	struct cmis_page page;
};

static int check(const struct engine_bus *b, unsigned page, unsigned bank, struct err *err)
{
	char name[32];

	cmis_page_name(page, bank, name, sizeof(name));
	if (b->support.flat && page != CMIS_LOWER && page != 0)
		return err_set(err, -ENODATA,
			       "%s: no %s. It has flat memory: lower and 00h are all there is",
			       b->name, name);
	if (page != CMIS_LOWER && cmis_page_is_banked(page) && bank >= b->support.banks)
		return err_set(err, -ENODATA, "%s: no %s. It has banks 0 to %u", b->name, name,
			       b->support.banks - 1);
	return 0;
}

static int read_page(struct engine_bus *b, unsigned page, unsigned bank, struct dumped *d,
		     struct err *err)
{
	unsigned first = page == CMIS_LOWER ? 0 : CMIS_HALF;
	int ret = check(b, page, bank, err);

	d->page = (struct cmis_page){ page, bank, d->bytes, sizeof(d->bytes), NULL, 0 };
	if (ret == 0)
		ret = engine_bus_read(b, page, bank, first, CMIS_HALF, d->bytes, err);
	if (ret == 0 && page >= 0x24 && page <= 0x27) {
		ret = engine_bus_read(b, page - 4, bank, first, CMIS_HALF, d->descriptors, err);
		d->page.descriptors = d->descriptors;
		d->page.descriptors_len = sizeof(d->descriptors);
	}
	return ret;
}

static json_t *field_json(const struct cmis_support *s, enum cmis_field_id id, unsigned i,
			  const struct cmis_page *p)
{
	struct cmis_value v;
	char label[32], text[64];
	json_t *o;

	if (cmis_decode(s, id, i, p->bytes, p->len, &v) != 0)
		return NULL;
	cmis_field_label(id, i, label, sizeof(label));
	o = json_pack("{s:s, s:i, s:s, s:s}", "name", cmis_fields[id].name, "byte",
		      (int)cmis_fields[id].byte, "element", label, "text",
		      cmis_value_text(id, &v, text, sizeof(text)));
	if (o && cmis_fields[id].type != CMIS_TYPE_TEXT)
		json_object_set_new(o, "value", json_real(v.number));
	if (o && *v.unit)
		json_object_set_new(o, "unit", json_string(v.unit));
	return o;
}

static json_t *page_json(const struct cmis_support *s, const struct cmis_page *p)
{
	unsigned layout = cmis_layout_page(p->page);
	char hex[2 * CMIS_HALF + 1], name[32];
	json_t *fields = json_array();

	for (unsigned i = 0; i < CMIS_HALF; i++)
		snprintf(hex + 2 * i, 3, "%02x", p->bytes[i]);
	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		for (unsigned i = 0; cmis_fields[id].page == layout && i < cmis_field_count(id);
		     i++) {
			json_t *o = field_json(s, id, i, p);

			if (o)
				json_array_append_new(fields, o);
		}
	}
	return json_pack("{s:s, s:i, s:s, s:o}", "page",
			 cmis_page_name(p->page, p->bank, name, sizeof(name)), "bank", (int)p->bank,
			 "bytes", hex, "fields", fields);
}

static int dump_all(struct engine_bus *b, const struct options *o, struct err *err)
{
	json_t *list = json_array();
	struct dumped d = { 0 };
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < o->pages; i++) {
		ret = read_page(b, o->page[i], o->bank, &d, err);
		if (ret == 0 && o->json)
			json_array_append_new(list, page_json(&b->support, &d.page));
		else if (ret == 0)
			cmis_dump(stdout, &b->support, &d.page, o->parts);
	}
	if (o->json && ret == 0) {
		json_t *doc = json_pack("{s:s, s:O}", "engine", b->name, "pages", list);

		json_dumpf(doc, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(doc);
	}
	json_decref(list);
	return ret;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "page", required_argument, NULL, 'p' },
					       { "bank", required_argument, NULL, 'b' },
					       { "instance", required_argument, NULL, 'i' },
					       { "hex", no_argument, NULL, 'x' },
					       { "fields", no_argument, NULL, 'f' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	unsigned long v;
	int c;

	while ((c = getopt_long(argc, argv, "p:b:i:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			if (o->pages == MAX_PAGES)
				return engine_usage("dump", "more than %d pages", MAX_PAGES);
			if (!parse_page(optarg, &o->page[o->pages++]))
				return engine_usage("dump",
						    "--page '%.20s' is not lower or 00h to "
						    "ffh",
						    optarg);
			break;
		case 'b':
			if (!engine_number(optarg, 0, CMIS_MAX_BANKS - 1, &v))
				return engine_usage("dump", "--bank '%.20s' is not 0 to %d", optarg,
						    CMIS_MAX_BANKS - 1);
			o->bank = (unsigned)v;
			break;
		case 'i':
			o->instance = optarg;
			break;
		case 'x':
			o->parts |= CMIS_DUMP_HEX;
			break;
		case 'f':
			o->parts |= CMIS_DUMP_FIELDS;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_DONE);
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1)
		return engine_usage("dump", "%s",
				    optind < argc ? "one engine at a time" : "which engine?");
	o->target = argv[optind];
	return EXIT_DONE;
}

int engine_dump(int argc, char **argv)
{
	struct options o = { 0 };
	struct engine_bus b;
	struct err err;
	int ret = parse(argc, argv, &o);

	if (ret != EXIT_DONE)
		return ret;
	if (o.pages == 0) {
		o.page[o.pages++] = CMIS_LOWER;
		o.page[o.pages++] = 0x00;
	}
	if (o.parts == 0)
		o.parts = CMIS_DUMP_HEX | CMIS_DUMP_FIELDS;
	ret = engine_bus_open(&b, o.target, o.instance, &err);
	if (ret == 0)
		ret = dump_all(&b, &o, &err);
	if (ret != 0)
		fprintf(stderr, "cpx engine dump: %s\n", err.text);
	engine_bus_close(&b);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
