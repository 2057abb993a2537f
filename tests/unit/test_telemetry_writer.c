/* SPDX-License-Identifier: BSD-3-Clause */
/* Layout, catalogue, blocks and late registration of a segment (writer.c, layout.c, catalogue.c).
 */
#include "lib/telemetry/writer.h"

#include "lib/telemetry/reader.h"
#include "tests/unit/telemetry_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <jansson.h>

/* The file as a reader may map it. */
static const uint8_t *map(const struct sample *s, size_t *size)
{
	int fd = open(s->path, O_RDONLY);
	struct stat st;
	void *p;

	cr_assert(fd >= 0 && fstat(fd, &st) == 0);
	*size = (size_t)st.st_size;
	p = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(p, MAP_FAILED);
	close(fd);
	return p;
}

Test(telemetry_writer, superblock_says_what_is_where)
{
	struct sample s;
	size_t size;

	sample_create(&s);
	const uint8_t *file = map(&s, &size);
	const struct telemetry_superblock *sb = (const void *)file;

	cr_assert_eq(memcmp(file, "CPXTLM\0\1", 8), 0);
	cr_assert_eq(*(const uint32_t *)(file + 8), 0x01020304);
	cr_assert_eq(*(const uint16_t *)(file + 12), 1);
	cr_assert_eq(*(const uint32_t *)(file + 16), 256);
	cr_assert_eq(*(const uint32_t *)(file + 20), 128);
	cr_assert_eq(*(const uint64_t *)(file + 24), size);
	cr_assert_eq(*(const uint32_t *)(file + 64), (uint32_t)getpid());
	cr_assert_eq(*(const uint32_t *)(file + 68), SAMPLE_LCORES);
	cr_assert_eq(*(const uint64_t *)(file + 80), 2000000000);
	cr_assert_eq(*(const uint32_t *)(file + 96), SAMPLE_METRICS + 1 + 4);
	cr_assert_eq(*(const uint32_t *)(file + 100), SAMPLE_METRICS + 1);
	cr_assert_eq(*(const uint32_t *)(file + 144), TELEMETRY_STATE_STARTING);
	cr_assert_eq(*(const uint64_t *)(file + 152), 0, "nothing is published yet");
	cr_assert(sb->heartbeat_monotonic_ns >= sb->start_monotonic_ns);
	cr_assert_neq(sb->pid_namespace, 0);
	telemetry_set_state(s.t, TELEMETRY_STATE_DRAINING);
	cr_assert_eq(*(const uint32_t *)(file + 144), TELEMETRY_STATE_DRAINING);
	sample_remove(&s);
	cr_assert_eq(*(const uint32_t *)(file + 144), TELEMETRY_STATE_STOPPED);
	munmap((void *)file, size);
}

/* Every block has its own cache lines, says whose it is, and no stride is a multiple of 4096. */
Test(telemetry_writer, blocks_are_apart)
{
	static const unsigned spare[] = { 0, 1, 7, 8, 48, 56, 57, 500 };
	struct sample s;

	for (size_t i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		sample_folder(&s);
		s.params.spare_entries = spare[i];
		cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
		size_t stride =
			(size_t)((char *)telemetry_lane(s.t, 1) - (char *)telemetry_lane(s.t, 0));

		cr_assert_eq(stride % 64, 0);
		cr_assert_neq(stride % 4096, 0);
		for (unsigned c = 0; c < SAMPLE_LCORES; c++)
			for (unsigned l = 0; l < SAMPLE_LANES; l++) {
				struct telemetry_block *b = telemetry_lcore_lane(s.t, c, l);

				cr_assert_eq((uintptr_t)b % 64, 0);
				cr_assert(b->lcore == c && b->lane == l && b->seq == 0);
				cr_assert_eq(b->bytes, 64 + 8 * (5 + spare[i]));
				memset(b->v, 0xff, b->bytes - 64); /* nobody else's */
			}
		for (unsigned c = 0; c < SAMPLE_LCORES; c++) {
			cr_assert_eq(telemetry_lcore(s.t, c)->lcore, c);
			cr_assert_eq(telemetry_lcore(s.t, c)->lane, TELEMETRY_NO_LANE);
			cr_assert_eq(telemetry_lcore(s.t, c)->v[0], 0);
		}
		for (unsigned l = 0; l < SAMPLE_LANES; l++)
			cr_assert(telemetry_lane(s.t, l)->lane == l &&
				  telemetry_lane(s.t, l)->v[0] == 0);
		cr_assert_eq(telemetry_process(s.t)->v[0], 0);
		cr_assert_eq(telemetry_engine(s.t, 1)->lane, 1);
		sample_remove(&s);
	}
}

/* Slots follow the table's order inside each scope: programs have enums for them. */
Test(telemetry_writer, slots_follow_the_table)
{
	struct sample s;

	sample_create(&s);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_PACKETS), 0);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_BYTES), 1);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_DROPS), 2);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_NAME), 0);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_UP), 2);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_BER), 3);
	cr_assert_eq(telemetry_slot(s.t, SAMPLE_BOARD), 0);
	sample_remove(&s);
}

Test(telemetry_writer, text_is_padded_and_cut_at_a_character)
{
	struct sample s;
	struct telemetry_block *b;

	sample_create(&s);
	b = telemetry_lane(s.t, 0);
	telemetry_text(b, 0, 2, "0123456789abcdefXYZ");
	cr_assert_eq(memcmp(b->v, "0123456789abcdef", 16), 0);
	cr_assert_eq(b->v[2], 0);
	telemetry_text(b, 0, 2, "0123456789abcde\xc3\xa9");
	cr_assert_eq(memcmp(b->v, "0123456789abcde\0", 16), 0);
	telemetry_text(b, 0, 2, "x");
	cr_assert(b->v[0] == 'x' && b->v[1] == 0, "the rest of a longer text must go");
	telemetry_text(b, 0, 2, "");
	cr_assert(b->v[0] == 0);
	sample_remove(&s);
}

static json_t *catalogue(const struct sample *s)
{
	size_t size;
	const uint8_t *file = map(s, &size);
	const struct telemetry_superblock *sb = (const void *)file;
	json_t *root =
		json_loadb((const char *)file + sb->catalogue_offset, sb->catalogue_bytes, 0, NULL);

	cr_assert_not_null(root, "the catalogue is not JSON");
	munmap((void *)file, size);
	return root;
}

Test(telemetry_writer, catalogue_explains_every_metric)
{
	struct sample s;

	sample_create(&s);
	json_t *root = catalogue(&s), *list = json_object_get(root, "metrics");

	cr_assert_str_eq(json_string_value(json_object_get(root, "version")), "1.2.3");
	cr_assert_eq(json_array_size(list), SAMPLE_METRICS + 1);
	for (unsigned i = 0; i < SAMPLE_METRICS; i++) {
		json_t *m = json_array_get(list, i);

		cr_assert_str_eq(json_string_value(json_object_get(m, "name")),
				 sample_metrics[i].name);
		cr_assert_str_eq(json_string_value(json_object_get(m, "unit")),
				 sample_metrics[i].unit);
		cr_assert_str_eq(json_string_value(json_object_get(m, "help")),
				 sample_metrics[i].help);
	}
	json_t *drops = json_array_get(list, SAMPLE_DROPS);

	cr_assert_str_eq(json_string_value(json_object_get(drops, "kind")), "counter");
	cr_assert_str_eq(json_string_value(json_object_get(drops, "scope")), "lcore_lane");
	cr_assert_str_eq(json_string_value(json_object_get(drops, "label")), "reason");
	cr_assert_eq(json_array_size(json_object_get(drops, "values")), 3);
	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(drops, "values"), 1)),
			 "no route \"x\"");
	json_decref(root);
	sample_remove(&s);
}

static uint64_t refused(struct sample *s)
{
	struct telemetry_reader *r;
	uint64_t n = 0;

	telemetry_publish(s->t);
	cr_assert_eq(telemetry_reader_open(&r, s->path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert(telemetry_value(r, telemetry_series(r, "telemetry_metrics_refused"), 0, 0, &n));
	telemetry_reader_close(r);
	return n;
}

/* What fits is there at once; what does not is refused, counted, and changes nothing else. */
Test(telemetry_writer, registration_while_running)
{
	static const char *const names[] = { "late_a", "late_b", "late_c", "late_d", "late_e" };
	struct telemetry_metric m = { .unit = "x",
				      .help = "late",
				      .kind = TELEMETRY_COUNTER,
				      .scope = TELEMETRY_SCOPE_LCORE_LANE,
				      .slots = 1 };
	struct telemetry_reader *r;
	struct err err = { 0 };
	struct sample s;
	uint64_t v = 0;
	int slot;

	sample_create(&s);
	sample_fill(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	m.name = "lane_receive_packets";
	cr_assert_eq(telemetry_register(s.t, &m, &err), -EEXIST);
	m.name = "Bad Name";
	cr_assert_eq(telemetry_register(s.t, &m, &err), -EINVAL);
	m.name = "too_wide";
	m.slots = 5;
	cr_assert_eq(telemetry_register(s.t, &m, &err), -ENOSPC);
	m.slots = 1;
	cr_assert_eq(refused(&s), 3);
	for (int i = 0; i < 4; i++) {
		m.name = names[i];
		slot = telemetry_register(s.t, &m, &err);
		cr_assert(slot >= 0, "%s", err.text);
		telemetry_block_begin(telemetry_lcore_lane(s.t, 1, 69));
		counter_add(&telemetry_lcore_lane(s.t, 1, 69)->v[slot], 7);
		telemetry_block_end(telemetry_lcore_lane(s.t, 1, 69), 1);
		telemetry_publish(s.t);
		cr_assert_eq(telemetry_reader_snapshot(r, &err), 0, "%s", err.text);
		cr_assert(telemetry_value(r, telemetry_series(r, names[i]), 69, 0, &v) && v == 7);
		cr_assert_str_eq(telemetry_series(r, names[i])->help, "late");
	}
	m.name = names[4];
	cr_assert_eq(telemetry_register(s.t, &m, &err), -ENOSPC);
	cr_assert_not_null(strstr(err.text, "late_e"));
	cr_assert_eq(refused(&s), 4);
	cr_assert_eq(telemetry_reader_snapshot(r, &err), 0);
	cr_assert_null(telemetry_series(r, "late_e"));
	cr_assert(telemetry_value(r, telemetry_series(r, "lane_receive_packets"), 69, 0, &v));
	cr_assert_eq(v, 3000 + 3 * 69);
	telemetry_reader_close(r);
	json_t *root = catalogue(&s);

	cr_assert_eq(json_array_size(json_object_get(root, "metrics")), SAMPLE_METRICS + 1 + 4);
	json_decref(root);
	sample_remove(&s);
}

/* A table that makes no sense is refused with the metric's name, and no file is left. */
Test(telemetry_writer, bad_tables_are_refused)
{
	static const struct telemetry_metric good = { .name = "x",
						      .unit = "",
						      .help = "",
						      .kind = TELEMETRY_COUNTER,
						      .scope = TELEMETRY_SCOPE_LANE,
						      .slots = 1 };
	struct telemetry_metric bad[12];
	struct err err;
	struct sample s;

	for (int i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].name = "";
	bad[1].name = "a23456789012345678901234567890123456789012345678";
	bad[2].unit = "1234567890123456";
	bad[3].kind = 0;
	bad[4].kind = TELEMETRY_EVENTS;
	bad[5].scope = 0;
	bad[6].scope = TELEMETRY_SCOPE_NEXT_HOP;
	bad[7].slots = 0;
	bad[8].kind = TELEMETRY_ENUM;
	bad[8].slots = 2;
	bad[9].kind = TELEMETRY_TEXT;
	bad[9].scope = TELEMETRY_SCOPE_LCORE_LANE;
	bad[10].kind = TELEMETRY_GAUGE_F64;
	bad[10].scope = TELEMETRY_SCOPE_LCORE_LANE;
	bad[11].help = "\xff";
	for (int i = 0; i < 12; i++) {
		sample_folder(&s);
		s.params.metrics = &bad[i];
		s.params.n_metrics = 1;
		cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -EINVAL, "table %d", i);
		cr_assert_eq(access(s.path, F_OK), -1);
		sample_remove(&s);
	}
	bad[0] = bad[1] = good;
	sample_folder(&s);
	s.params.metrics = bad;
	s.params.n_metrics = 2;
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -EINVAL);
	cr_assert_not_null(strstr(err.text, "twice"));
	s.params.n_metrics = 1;
	s.params.n_lanes = TELEMETRY_MAX_INSTANCES + 1;
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -E2BIG);
	s.params.n_lanes = 65536;
	s.params.n_lcores = 65536;
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -E2BIG);
	s.params.n_lcores = 0;
	cr_assert_eq(telemetry_create(&s.t, &s.params, &err), -E2BIG);
	sample_remove(&s);
}

/* No lanes and no engines is a board too. */
Test(telemetry_writer, empty_board)
{
	struct telemetry_reader *r;
	struct sample s;
	uint64_t v;

	sample_folder(&s);
	s.params.n_lanes = s.params.n_engines = 0;
	cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
	telemetry_publish(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_not(telemetry_value(r, telemetry_series(r, "lane_receive_packets"), 0, 0, &v));
	cr_assert(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v));
	telemetry_reader_close(r);
	sample_remove(&s);
}
