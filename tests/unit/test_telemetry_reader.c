/* SPDX-License-Identifier: BSD-3-Clause */
/* The C reader against good, foreign and damaged files (reader.c, check.c). */
#include "lib/telemetry/reader.h"

#include "lib/telemetry/check.h"
#include "tests/unit/telemetry_damage.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

Test(telemetry_reader, values_of_every_kind)
{
	struct telemetry_reader *r;
	struct sample s;
	char text[32];
	double n = 0;

	sample_create(&s);
	sample_fill(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_eq(telemetry_reader_state(r), TELEMETRY_STATE_RUNNING);
	cr_assert(telemetry_string(r, telemetry_series(r, "lane_name"), 69, text, sizeof(text)));
	cr_assert_str_eq(text, "oe0/69");
	cr_assert(telemetry_string(r, telemetry_series(r, "lane_name"), 9, text, sizeof(text)));
	cr_assert_str_eq(text, "v\xc3\xa4g??9", "controls and bad bytes must not reach a terminal");
	cr_assert(telemetry_string(r, telemetry_series(r, "lane_name"), 69, text, 4));
	cr_assert_str_eq(text, "oe0");
	cr_assert(telemetry_string(r, telemetry_series(r, "lane_up"), 1, text, sizeof(text)));
	cr_assert_str_eq(text, "up");
	cr_assert(telemetry_string(r, telemetry_series(r, "lane_up"), 2, text, sizeof(text)));
	cr_assert_str_eq(text, "2", "an enum value without a name is its number");
	cr_assert_not(
		telemetry_string(r, telemetry_series(r, "board_routes"), 0, text, sizeof(text)));
	cr_assert(telemetry_number(r, telemetry_series(r, "engine_temperature"), 0, 0, &n));
	cr_assert(fabs(n + 12.5) < 1e-9);
	cr_assert(telemetry_number(r, telemetry_series(r, "lane_pre_fec_ber"), 2, 0, &n));
	cr_assert(n == 1.5e-9 * 2);
	cr_assert_not(telemetry_number(r, telemetry_series(r, "lane_name"), 0, 0, &n));

	const struct telemetry_series *drops = telemetry_series(r, "lane_drop_packets");

	cr_assert(drops->n_values == 3 && drops->slots == 3);
	cr_assert_str_eq(drops->label, "reason");
	cr_assert_str_eq(drops->values[1], "no route \"x\"");
	cr_assert_str_eq(telemetry_series(r, "lane_receive_bytes")->unit, "bytes");
	telemetry_reader_close(r);
	sample_remove(&s);
}

Test(telemetry_reader, absent_is_absent)
{
	struct telemetry_reader *r;
	struct sample s;
	char text[8] = "x";
	uint64_t v = 77;
	double n = 77;

	sample_create(&s);
	sample_fill(s.t);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_null(telemetry_series(r, "no_such_metric"));
	cr_assert_not(telemetry_value(r, NULL, 0, 0, &v));
	cr_assert_not(telemetry_value(r, telemetry_series(r, "lane_up"), SAMPLE_LANES, 0, &v));
	cr_assert_not(telemetry_value(r, telemetry_series(r, "lane_up"), 0, 1, &v));
	cr_assert_not(telemetry_value(r, telemetry_series(r, "lane_up"), SAMPLE_DARK, 0, &v));
	cr_assert_not(telemetry_string(r, telemetry_series(r, "lane_up"), SAMPLE_DARK, text,
				       sizeof(text)));
	cr_assert_str_eq(text, "");
	cr_assert_not(
		telemetry_number(r, telemetry_series(r, "lane_pre_fec_ber"), SAMPLE_DARK, 0, &n));
	cr_assert_eq(v, 77);
	cr_assert_not(telemetry_string(r, NULL, 0, text, sizeof(text)));
	cr_assert_str_eq(text, "");
	telemetry_reader_close(r);
	sample_remove(&s);
}

Test(telemetry_reader, not_a_segment)
{
	static const char *const paths[] = { "/etc/passwd", "/dev/null", "/dev/zero", "/tmp",
					     "/proc/self/mem" };
	struct telemetry_reader *r;
	struct err err;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		cr_assert_lt(telemetry_reader_open(&r, paths[i], &err), 0, "%s", paths[i]);
		cr_assert_not_null(strstr(err.text, paths[i]), "%s", err.text);
	}
	cr_assert_eq(telemetry_reader_open(&r, "/tmp/no/such/file", &err), -ENOENT);
}

/* Every field of the superblock at its boundaries: refused with the file's name, or readable. */
Test(telemetry_reader, damaged_superblock)
{
	static const struct {
		uint16_t offset, bytes;
		bool refused; /* any other value makes the file unreadable */
	} fields[] = {
		{ 0, 8, true },    { 8, 4, true },    { 12, 2, true },   { 14, 2, false },
		{ 16, 4, false },  { 20, 4, false },  { 24, 8, true },   { 32, 8, false },
		{ 40, 8, false },  { 48, 8, false },  { 56, 8, false },  { 64, 4, false },
		{ 68, 4, false },  { 72, 8, false },  { 80, 8, false },  { 88, 8, false },
		{ 96, 4, false },  { 100, 4, false }, { 104, 8, false }, { 112, 8, false },
		{ 120, 8, false }, { 128, 8, false }, { 136, 8, false }, { 144, 4, false },
		{ 148, 4, false }, { 152, 8, false }, { 160, 8, false }, { 168, 8, false },
		{ 176, 8, false }, { 184, 4, false }, { 188, 4, false }, { 192, 8, false },
	};
	struct damage d;
	unsigned refused = 0, readable = 0;

	damage_begin(&d);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t now = 0;

		memcpy(&now, d.whole + fields[i].offset, fields[i].bytes);
		const uint64_t values[] = { 0,
					    1,
					    2,
					    7,
					    8,
					    63,
					    64,
					    127,
					    128,
					    255,
					    256,
					    4096,
					    4097,
					    65535,
					    65536,
					    65537,
					    now - 1,
					    now + 1,
					    now - 8,
					    now + 8,
					    now - 64,
					    now + 64,
					    now * 2,
					    d.size,
					    d.size - 1,
					    d.size + 1,
					    d.size - 64,
					    1u << 20,
					    (1u << 20) + 1,
					    16u << 20,
					    (16u << 20) + 1,
					    64u << 20,
					    1u << 30,
					    INT32_MAX,
					    1ull << 31,
					    UINT32_MAX,
					    1ull << 32,
					    INT64_MAX,
					    1ull << 63,
					    UINT64_MAX,
					    UINT64_MAX - 63,
					    UINT64_MAX - d.size,
					    UINT64_MAX - 127 };

		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			struct telemetry_reader *r;
			struct err err = { 0 };
			uint64_t was = 0;
			int ret;

			memcpy(d.bytes + fields[i].offset, &values[k], fields[i].bytes);
			memcpy(&was, d.bytes + fields[i].offset, fields[i].bytes);
			damage_write(&d, d.size);
			ret = telemetry_reader_open(&r, d.path, &err);
			if (ret == 0) {
				damage_visit(r);
				telemetry_reader_close(r);
				readable++;
				cr_assert(!fields[i].refused || was == now, "offset %u value %llx",
					  fields[i].offset, (unsigned long long)was);
			} else {
				cr_assert_eq(ret, -EBADMSG, "%s", err.text);
				cr_assert_not_null(strstr(err.text, d.path));
				refused++;
			}
		}
	}
	cr_assert(refused > 200 && readable > 200, "%u refused, %u readable", refused, readable);
	damage_end(&d);
}

/* Every field of a directory entry: the entry is skipped or readable, the others stay. */
Test(telemetry_reader, damaged_directory)
{
	static const uint8_t fields[][2] = { { 0, 1 },   { 47, 1 },  { 63, 1 },  { 64, 2 },
					     { 66, 2 },  { 68, 4 },  { 72, 8 },  { 80, 4 },
					     { 84, 4 },  { 88, 8 },  { 96, 4 },  { 100, 4 },
					     { 104, 8 }, { 112, 4 }, { 116, 4 }, { 120, 4 } };
	struct damage d;

	damage_begin(&d);
	const struct telemetry_superblock *sb = (const void *)d.whole;

	for (unsigned entry = 0; entry < sb->directory_count; entry++)
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			uint8_t *field =
				d.bytes + sb->directory_offset + entry * 128 + fields[i][0];
			uint64_t now = 0;

			memcpy(&now, field, fields[i][1]);
			const uint64_t values[] = { 0,
						    1,
						    7,
						    8,
						    9,
						    16,
						    64,
						    255,
						    65535,
						    65536,
						    now - 1,
						    now + 1,
						    now - 8,
						    now + 8,
						    1u << 20,
						    (1u << 20) + 8,
						    sb->published_bytes,
						    sb->published_bytes - 8,
						    sb->published_bytes - 7,
						    INT32_MAX,
						    UINT32_MAX,
						    UINT32_MAX - 7,
						    1ull << 32,
						    INT64_MAX,
						    UINT64_MAX,
						    UINT64_MAX - 7 };

			for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
				struct telemetry_reader *r;

				memcpy(field, &values[k], fields[i][1]);
				damage_write(&d, d.size);
				cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), 0);
				damage_visit(r);
				cr_assert_geq(telemetry_series_count(r), sb->directory_count - 1);
				telemetry_reader_close(r);
			}
		}
	damage_end(&d);
}

/* Bytes changed at random anywhere but in the payload; a fixed seed. */
Test(telemetry_reader, damaged_at_random)
{
	struct damage d;

	damage_begin(&d);
	const struct telemetry_superblock *sb = (const void *)d.whole;
	size_t reach = sb->catalogue_offset + 2048;

	srand(1);
	for (int i = 0; i < 3000; i++) {
		struct telemetry_reader *r;

		for (int n = rand() % 4; n >= 0; n--)
			d.bytes[(size_t)rand() % (i % 2 != 0 ? reach : 256)] = (uint8_t)rand();
		damage_write(&d, d.size);
		if (telemetry_reader_open(&r, d.path, NULL) != 0)
			continue;
		damage_visit(r);
		telemetry_reader_close(r);
	}
	damage_end(&d);
}

/* Short files are refused; a file that becomes short under the reader is an error, no SIGBUS. */
Test(telemetry_reader, truncated)
{
	struct telemetry_reader *r;
	struct damage d;
	struct err err;

	damage_begin(&d);
	for (size_t size = 0; size < d.size; size += size < 512 ? 1 : 1024) {
		damage_write(&d, size);
		cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), -EBADMSG);
	}
	damage_write(&d, d.size);
	cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	for (size_t size = d.size - 4096; size > 4096; size -= 4096) {
		cr_assert_eq(truncate(d.path, (off_t)size), 0);
		int ret = telemetry_reader_snapshot(r, &err);

		cr_assert(ret == 0 || ret == -EBADMSG);
	}
	cr_assert_eq(truncate(d.path, 0), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, &err), -EBADMSG);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_DEAD);
	uint64_t v;

	cr_assert(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v) && v == 200000,
		  "the copy stays");
	telemetry_reader_close(r);
	damage_end(&d);
}

/* A buffer that stays odd, or that is of another generation, ends in "try again", not in a loop. */
Test(telemetry_reader, published_never_at_rest)
{
	struct telemetry_reader *r;
	struct telemetry_superblock *sb;
	struct telemetry_published *now;
	struct damage d;

	damage_begin(&d);
	sb = (void *)d.bytes;
	now = (void *)(d.bytes + sb->published_offset[sb->generation % 2]);
	now->seq++;
	damage_write(&d, d.size);
	cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), -EAGAIN);
	telemetry_reader_close(r);
	now->generation++;
	damage_write(&d, d.size);
	cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), 0);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), -EAGAIN);
	telemetry_reader_close(r);
	damage_end(&d);
}

/* A later minor: larger entries, unknown kinds and scopes. What is known stays readable. */
Test(telemetry_reader, later_minor)
{
	struct telemetry_reader *r;
	struct telemetry_superblock *sb;
	struct damage d;
	uint64_t v = 0;

	damage_begin(&d);
	sb = (void *)d.bytes;
	uint64_t at = d.size;

	for (unsigned i = 0; i < sb->directory_count; i++) {
		struct telemetry_entry *e = (void *)(d.bytes + sb->directory_offset + i * 128);

		if (i == SAMPLE_UP)
			e->kind = 99;
		if (i == SAMPLE_BER)
			e->scope = 99;
		memset(d.bytes + at + i * 192, 0xee, 192);
		memcpy(d.bytes + at + i * 192, e, 128);
	}
	sb->minor = 9;
	sb->entry_bytes = 192;
	sb->directory_offset = at;
	sb->directory_capacity = sb->directory_count;
	sb->file_size = at + sb->directory_count * 192;
	damage_write(&d, sb->file_size);
	struct err err;

	cr_assert_eq(telemetry_reader_open(&r, d.path, &err), 0, "%s", err.text);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_null(telemetry_series(r, "lane_up"));
	cr_assert_null(telemetry_series(r, "lane_pre_fec_ber"));
	cr_assert(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v) && v == 200000);
	telemetry_reader_close(r);
	damage_end(&d);
}

/* A catalogue that is no JSON, or other JSON than promised. */
Test(telemetry_reader, damaged_catalogue)
{
	static const struct {
		const char *text;
		int ret;
	} cases[] = {
		{ "", -EBADMSG },
		{ "{", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{\"metrics\":{}}", -EBADMSG },
		{ "{\"metrics\":[]}", 0 },
		{ "{\"metrics\":[1,null,{},{\"name\":1},{\"name\":\"x\"},{\"name\":\"lane_up\"}]}",
		  0 },
		{ "{\"metrics\":[{\"name\":\"lane_up\",\"values\":[1,2],\"help\":3}]}", 0 },
		{ "{\"metrics\":[{\"name\":\"lane_up\",\"values\":{}},{\"name\":\"lane_up\","
		  "\"label\":"
		  "\"a\\u001b\"},{\"name\":\"lane_up\",\"values\":[\"a\"]}]}",
		  0 },
	};
	struct damage d;

	damage_begin(&d);
	struct telemetry_superblock *sb = (void *)d.bytes;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct telemetry_reader *r;

		memset(d.bytes + sb->catalogue_offset, ' ', sb->catalogue_bytes);
		memcpy(d.bytes + sb->catalogue_offset, cases[i].text, strlen(cases[i].text));
		damage_write(&d, d.size);
		cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), cases[i].ret, "%s",
			     cases[i].text);
		if (cases[i].ret != 0)
			continue;
		damage_visit(r);
		telemetry_reader_close(r);
	}
	/* nested deeper than anyone needs */
	memset(d.bytes + sb->catalogue_offset, '[', sb->catalogue_bytes);
	damage_write(&d, d.size);
	struct telemetry_reader *r;

	cr_assert_eq(telemetry_reader_open(&r, d.path, NULL), -EBADMSG);
	damage_end(&d);
}

/* The heartbeat tells a stuck owner from a healthy one. */
Test(telemetry_reader, stalled_owner)
{
	struct telemetry_reader *r;
	struct telemetry_superblock sb;
	struct sample s;
	int fd;

	sample_create(&s);
	cr_assert_eq(telemetry_reader_open(&r, s.path, NULL), 0);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	fd = open(s.path, O_RDWR);
	cr_assert_eq(pread(fd, &sb, sizeof(sb), 0), sizeof(sb));
	sb.heartbeat_monotonic_ns -= TELEMETRY_DEAD_NS + 1000000;
	cr_assert_eq(pwrite(fd, &sb, sizeof(sb), 0), sizeof(sb));
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_STALLED);
	telemetry_heartbeat(s.t);
	cr_assert_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	close(fd);
	telemetry_reader_close(r);
	sample_remove(&s);
}

Test(telemetry_reader, text_is_made_printable)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\033[2J\r\n\t\x7f", "?[2J????" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "??" },                /* C1 control */
		{ "\xc0\x80\xe0\x80\x80", "?????" }, /* overlong */
		{ "\xed\xa0\x80", "???" },           /* surrogate */
		{ "\xf4\x90\x80\x80", "????" },      /* beyond U+10FFFF */
		{ "\xe2\x82", "??" },                /* cut */
		{ "a\xff"
		  "b",
		  "a?b" },
	};
	char out[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_text(out, sizeof(out), cases[i].in, strlen(cases[i].in) + 1);
		cr_assert_str_eq(out, cases[i].out, "case %zu", i);
	}
	check_text(out, 3, "a\xe2\x82\xac", 4);
	cr_assert_str_eq(out, "a", "never half a character");
	check_text(out, 1, "abc", 3);
	cr_assert_str_eq(out, "");
	check_text(out, sizeof(out), "abcdef", 3);
	cr_assert_str_eq(out, "abc", "no NUL within its bytes");
}

/* Bucket bounds of the histogram: contiguous, at most 1/16 wide, capped at 2^36. */
Test(telemetry_reader, histogram_buckets)
{
	unsigned last = 0;

	cr_assert_eq(telemetry_histogram_bucket(0), 0);
	cr_assert_eq(telemetry_histogram_bucket(15), 15);
	cr_assert_eq(telemetry_histogram_bucket(16), 16);
	for (uint64_t v = 1; v < 1u << 20; v++) {
		unsigned b = telemetry_histogram_bucket(v);

		cr_assert(b == last || b == last + 1);
		cr_assert(b == last || v < 32 || telemetry_histogram_bucket(v + v / 32 - 1) == b);
		last = b;
	}
	cr_assert_eq(telemetry_histogram_bucket((1ull << 36) - 1), TELEMETRY_HISTOGRAM_BUCKETS - 1);
	cr_assert_eq(telemetry_histogram_bucket(1ull << 36), TELEMETRY_HISTOGRAM_BUCKETS - 1);
	cr_assert_eq(telemetry_histogram_bucket(UINT64_MAX), TELEMETRY_HISTOGRAM_BUCKETS - 1);
}
