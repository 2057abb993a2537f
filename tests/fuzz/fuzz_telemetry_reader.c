/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telemetry reader on damaged files: everything it offers of every metric. The input is either
 * a whole file (first byte even), or changes of three bytes each, where (16 bits) and what, to a
 * good segment (first byte odd), which get deeper. A read or claim beyond the file aborts.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/telemetry/reader.h"
#include "lib/telemetry/writer.h"

#define FILE_MAX 65536

static const char *const names[] = { "a", "b", NULL };

static const struct telemetry_metric metrics[] = {
	{ .name = "lane_drop_packets",
	  .unit = "packets",
	  .help = "array",
	  .kind = TELEMETRY_COUNTER,
	  .scope = TELEMETRY_SCOPE_LCORE_LANE,
	  .slots = 2,
	  .values = names,
	  .label = "reason" },
	{ .name = "lane_name",
	  .unit = "",
	  .help = "text",
	  .kind = TELEMETRY_TEXT,
	  .scope = TELEMETRY_SCOPE_LANE,
	  .slots = 2 },
	{ .name = "worker_role",
	  .unit = "",
	  .help = "enum",
	  .kind = TELEMETRY_ENUM,
	  .scope = TELEMETRY_SCOPE_LCORE,
	  .slots = 1,
	  .values = names },
	{ .name = "board_ratio",
	  .unit = "",
	  .help = "real",
	  .kind = TELEMETRY_GAUGE_F64,
	  .scope = TELEMETRY_SCOPE_PROCESS,
	  .slots = 1 },
};

static uint8_t good[FILE_MAX];
static size_t good_size;

/* A small segment, made once. */
static void make_good(void)
{
	char dir[] = "/tmp/cpx-fuzz-XXXXXX", path[64];
	struct telemetry_params p = { .metrics = metrics,
				      .n_metrics = sizeof(metrics) / sizeof(metrics[0]),
				      .n_lcores = 2,
				      .n_lanes = 3,
				      .n_engines = 1,
				      .spare_entries = 1 };
	struct telemetry *t;
	int fd;

	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/telemetry", dir);
	p.path = path;
	if (telemetry_create(&t, &p, NULL) != 0)
		abort();
	telemetry_publish(t);
	telemetry_publish(t);
	fd = open(path, O_RDONLY);
	good_size = (size_t)read(fd, good, sizeof(good));
	close(fd);
	telemetry_destroy(t);
	unlink(path);
	rmdir(dir);
}

static void visit(const char *path)
{
	struct telemetry_reader *r;
	struct err err = { { 0 } };
	char text[40];
	double number;

	if (telemetry_reader_open(&r, path, &err) != 0) {
		if (err.text[0] == '\0')
			abort(); /* a refusal says why */
		return;
	}
	telemetry_reader_life(r);
	telemetry_reader_follow(r);
	if (telemetry_reader_snapshot(r, &err) == 0)
		for (unsigned i = 0; i < telemetry_series_count(r); i++) {
			const struct telemetry_series *s = telemetry_series_at(r, i);

			for (unsigned k = 0; k < s->instances; k++) {
				uint64_t v;

				for (unsigned slot = 0; slot < s->slots; slot++)
					telemetry_value(r, s, k, slot, &v); /* or absent */
				telemetry_number(r, s, k, 0, &number);
				telemetry_string(r, s, k, text, sizeof(text));
			}
		}
	for (unsigned bit = 0; bit < 1000; bit++)
		telemetry_reader_kept(r, bit);
	telemetry_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[FILE_MAX];
	size_t n = good_size;
	char path[64];
	int fd;

	if (good_size == 0) {
		make_good();
		n = good_size;
	}
	if (size == 0 || size > FILE_MAX)
		return 0;
	if (data[0] % 2 == 0) {
		n = size - 1;
		memcpy(bytes, data + 1, n);
	} else {
		memcpy(bytes, good, n);
		for (size_t i = 1; i + 2 < size; i += 3)
			bytes[(size_t)(data[i] | data[i + 1] << 8) % n] = data[i + 2];
	}
	fd = memfd_create("segment", MFD_CLOEXEC);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	visit(path);
	close(fd);
	return 0;
}
