/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conformance: the stand-alone Python reader (lib/telemetry/cpx_telemetry.py) and the C reader,
 * which share no code, say the same of every file, whole, live or damaged. SRC names the source
 * tree.
 */
#include "tests/unit/telemetry_damage.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#define PYTHON "/usr/bin/python3"

static struct {
	pid_t pid;
	FILE *to, *from;
} python;

static void start_python(void)
{
	const char *src = getenv("SRC") != NULL ? getenv("SRC") : ".";
	char driver[512], folder[512];
	int in[2], out[2];

	if (access(PYTHON, X_OK) != 0)
		cr_skip_test(PYTHON " is missing: apt-get install python3");
	snprintf(driver, sizeof(driver), "%s/tests/unit/telemetry_driver.py", src);
	snprintf(folder, sizeof(folder), "%s/lib/telemetry", src);
	cr_assert_eq(access(driver, R_OK), 0, "%s: set SRC to the source tree", driver);
	cr_assert(pipe(in) == 0 && pipe(out) == 0);
	python.pid = fork();
	if (python.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(PYTHON, PYTHON, driver, folder, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	python.to = fdopen(in[1], "w");
	python.from = fdopen(out[0], "r");
}

static void stop_python(void)
{
	fclose(python.to);
	fclose(python.from);
	waitpid(python.pid, NULL, 0);
}

/* One command's answer without its END line; the caller frees. */
static char *ask(const char *fmt, ...)
{
	char *text = NULL, line[4096];
	size_t size;
	FILE *all = open_memstream(&text, &size);
	va_list ap;

	va_start(ap, fmt);
	vfprintf(python.to, fmt, ap);
	va_end(ap);
	fflush(python.to);
	for (;;) {
		cr_assert_not_null(fgets(line, sizeof(line), python.from),
				   "the Python reader ended");
		if (strcmp(line, "END\n") == 0)
			break;
		fputs(line, all);
	}
	fclose(all);
	return text;
}

static void put_value(FILE *to, const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned i, unsigned slot)
{
	char text[8192];
	uint64_t v = 0;
	double number = 0;

	if (!telemetry_value(r, s, i, slot, &v)) {
		fputs("None\n", to); /* absent */
		return;
	}
	if (telemetry_string(r, s, i, text, sizeof(text))) {
		fputs(text, to);
	} else if (s->kind == TELEMETRY_GAUGE_F64 ||
		   (s->kind == TELEMETRY_GAUGE_I64 && s->scale != 0)) {
		telemetry_number(r, s, i, slot, &number);
		isfinite(number) ? fprintf(to, "%.9g", number) : fputs("None", to);
	} else if (s->kind == TELEMETRY_GAUGE_I64) {
		fprintf(to, "%lld", (long long)v);
	} else {
		fprintf(to, "%llu", (unsigned long long)v);
	}
	fputc('\n', to);
}

static void put_series(FILE *to, const struct telemetry_reader *r, const struct telemetry_series *s)
{
	static const char *const kinds[] = { "",          "counter",   "gauge_u64",
					     "gauge_i64", "gauge_f64", "enum",
					     "text",      "histogram", "events" };
	static const char *const scopes[] = { "",      "process",    "engine",  "lane",
					      "lcore", "lcore_lane", "next_hop" };
	bool array = s->kind != TELEMETRY_TEXT && (s->slots > 1 || s->label != NULL);

	if (telemetry_series(r, s->name) != s)
		return; /* a name twice: the first counts */
	for (unsigned i = 0; i < s->instances; i++)
		for (unsigned slot = 0; slot < (array ? s->slots : 1); slot++) {
			char label[64] = "";

			if (array && slot < s->n_values)
				snprintf(label, sizeof(label), "%s", s->values[slot]);
			else if (array)
				snprintf(label, sizeof(label), "%u", slot);
			fprintf(to, "%s|%s|%s|%s|%u|%s|", s->name, s->unit, kinds[s->kind],
				scopes[s->scope], i, label);
			put_value(to, r, s, i, slot);
		}
}

/* What the C reader says of a file, in the driver's words; the caller frees. */
static char *read_in_c(const char *path)
{
	static const char *const lives[] = { "running", "stalled", "stopped", "dead", "replaced" };
	static const char *const states[] = { "", "starting", "running", "draining", "stopped" };
	struct telemetry_reader *r = NULL;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int ret = telemetry_reader_open(&r, path, NULL);

	if (ret == 0)
		ret = telemetry_reader_snapshot(r, NULL);
	if (ret < 0) {
		fputs(ret == -ENODATA ? "NONE\n" : "ERROR\n", to);
	} else {
		const struct telemetry_superblock *sb = telemetry_reader_superblock(r);
		unsigned state = telemetry_reader_state(r);
		const char *comma = "";

		fprintf(to, "%llu %s ", (unsigned long long)telemetry_reader_pass(r)->generation,
			lives[telemetry_reader_life(r)]);
		state < 5 ? fprintf(to, "%s [", states[state]) : fprintf(to, "%u [", state);
		for (unsigned bit = 0; bit < sb->lanes + sb->lcores; bit++)
			if (telemetry_reader_kept(r, bit)) {
				fprintf(to, "%s%u", comma, bit);
				comma = ", ";
			}
		fputs("]\n", to);
		for (unsigned i = 0; i < telemetry_series_count(r); i++)
			put_series(to, r, telemetry_series_at(r, i));
	}
	telemetry_reader_close(r);
	fclose(to);
	return text;
}

/* Both readers on one file; returns whether it was readable. */
static bool compare(const char *path, const char *what)
{
	char *c = read_in_c(path), *py = ask("read %s\n", path);
	bool readable = strcmp(c, "ERROR\n") != 0;

	cr_assert_str_eq(c, py, "%s: the readers differ", what);
	free(c);
	free(py);
	return readable;
}

Test(telemetry_python, same_values)
{
	struct sample s;

	sample_create(&s);
	start_python();
	cr_assert(compare(s.path, "before the first pass"));
	sample_fill(s.t);
	cr_assert(compare(s.path, "everything filled"));
	telemetry_block_begin(telemetry_lcore_lane(s.t, 0, 66));
	telemetry_block_begin(telemetry_lcore(s.t, 1));
	telemetry_publish(s.t);
	cr_assert(compare(s.path, "two blocks kept"));
	static const struct telemetry_metric late = { .name = "late",
						      .unit = "x",
						      .help = "late",
						      .kind = TELEMETRY_GAUGE_U64,
						      .scope = TELEMETRY_SCOPE_ENGINE,
						      .slots = 1 };

	cr_assert_geq(telemetry_register(s.t, &late, NULL), 0);
	telemetry_publish(s.t);
	cr_assert(compare(s.path, "a late metric"));
	telemetry_destroy(s.t);
	s.t = NULL;
	cr_assert(compare(s.path, "after its end"));
	unlink(s.path);
	cr_assert_not(compare(s.path, "no file"));
	stop_python();
	sample_remove(&s);
}

static struct {
	struct telemetry *t;
	int stop;
} hot;

static void *move_and_publish(void *arg)
{
	(void)arg;
	for (uint64_t n = 0; !load_relaxed(&hot.stop); n++) {
		for (unsigned l = 0; l < SAMPLE_LANES; l++)
			sample_move(hot.t, (unsigned)(n % SAMPLE_LCORES), l, 3);
		telemetry_publish(hot.t);
		telemetry_heartbeat(hot.t);
		usleep(1000);
	}
	return NULL;
}

/* While a writer moves and publishes every millisecond, Python sees no torn and no falling value.
 */
Test(telemetry_python, live)
{
	struct sample s;
	pthread_t thread;
	char *answer;

	sample_create(&s);
	start_python();
	hot.t = s.t;
	pthread_create(&thread, NULL, move_and_publish, NULL);
	answer = ask("live %s 100\n", s.path);
	store_relaxed(&hot.stop, 1);
	pthread_join(thread, NULL);
	cr_assert_str_eq(answer, "OK\n");
	free(answer);
	cr_assert(compare(s.path, "standing still"));
	stop_python();
	sample_remove(&s);
}

/* Every field of the superblock and of one entry at boundary values: both refuse, or both agree. */
Test(telemetry_python, damaged_fields)
{
	static const struct {
		uint16_t offset, bytes;
	} fields[] = { { 0, 8 },   { 8, 4 },   { 12, 2 },  { 14, 2 },  { 16, 4 },  { 20, 4 },
		       { 24, 8 },  { 32, 8 },  { 48, 8 },  { 64, 4 },  { 68, 4 },  { 72, 8 },
		       { 80, 8 },  { 88, 8 },  { 96, 4 },  { 100, 4 }, { 104, 8 }, { 112, 8 },
		       { 136, 8 }, { 144, 4 }, { 152, 8 }, { 160, 8 }, { 168, 8 }, { 176, 8 },
		       { 184, 4 }, { 188, 4 }, { 300, 4 }, { 303, 1 }, { 319, 1 }, { 320, 2 },
		       { 322, 2 }, { 324, 4 }, { 328, 8 }, { 336, 4 }, { 340, 4 }, { 344, 8 },
		       { 352, 4 }, { 360, 8 }, { 368, 4 }, { 372, 4 }, { 376, 4 } };
	unsigned readable = 0, all = 0;
	struct damage d;

	damage_begin(&d);
	start_python();
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t now = 0;

		memcpy(&now, d.whole + fields[i].offset, fields[i].bytes);
		const uint64_t values[] = { 0,
					    1,
					    3,
					    6,
					    64,
					    255,
					    65536,
					    65537,
					    now - 1,
					    now + 1,
					    now - 8,
					    now + 8,
					    now - 64,
					    now + 64,
					    d.size,
					    d.size + 1,
					    1u << 20,
					    INT32_MAX,
					    UINT32_MAX,
					    1ull << 32,
					    1ull << 63,
					    UINT64_MAX,
					    UINT64_MAX - 63 };

		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			char what[80];

			memcpy(d.bytes + fields[i].offset, &values[k], fields[i].bytes);
			snprintf(what, sizeof(what), "byte %u = 0x%llx", fields[i].offset,
				 (unsigned long long)values[k]);
			damage_write(&d, d.size);
			readable += compare(d.path, what);
			all++;
		}
	}
	cr_assert(readable > 200 && all - readable > 200, "%u of %u readable", readable, all);
	stop_python();
	damage_end(&d);
}

/* Bytes changed at random: the readers still agree. A fixed seed. */
Test(telemetry_python, damaged_at_random)
{
	struct damage d;

	damage_begin(&d);
	start_python();
	const struct telemetry_superblock *sb = (const void *)d.whole;
	size_t directory = sb->directory_count * 128;

	srand(2);
	for (int i = 0; i < 400; i++) {
		char what[32];

		for (int n = rand() % 4; n >= 0; n--)
			d.bytes[i % 4 == 0   ? (size_t)rand() % 256
				: i % 4 == 1 ? sb->published_offset[0] +
						       (size_t)rand() % (2 * sb->published_bytes)
					     : 256 + (size_t)rand() % directory] = (uint8_t)rand();
		snprintf(what, sizeof(what), "round %d", i);
		damage_write(&d, d.size);
		compare(d.path, what);
	}
	for (size_t size = 0; size < d.size; size += 1024) {
		damage_write(&d, size);
		cr_assert_not(compare(d.path, "short file"));
	}
	stop_python();
	damage_end(&d);
}

/* Damage that takes more than one field: a buffer at no rest, and entries that each claim all of it
 * (together more values than there are bytes: a reader's work must stay bounded). */
Test(telemetry_python, damaged_together)
{
	struct damage d;

	damage_begin(&d);
	start_python();
	struct telemetry_superblock *sb = (void *)d.bytes;
	struct telemetry_published *now =
		(void *)(d.bytes + sb->published_offset[sb->generation % 2]);
	struct telemetry_entry *e = (void *)(d.bytes + sb->directory_offset);

	now->seq++;
	damage_write(&d, d.size);
	cr_assert_not(compare(d.path, "odd seq"));
	now->generation++;
	damage_write(&d, d.size);
	cr_assert_not(compare(d.path, "another generation"));
	for (unsigned i = 0; i < 3; i++) {
		e[i].published_offset = 64;
		e[i].published_stride = e[i].element_bytes = 8;
		e[i].published_instances = (uint32_t)(sb->published_bytes - 64) / 8;
	}
	damage_write(&d, d.size);
	cr_assert(compare(d.path, "overlapping entries"));
	char *c = read_in_c(d.path);

	cr_assert_not_null(strstr(c, sample_metrics[0].name));
	cr_assert_null(strstr(c, sample_metrics[1].name), "more was published than there is");
	free(c);
	stop_python();
	damage_end(&d);
}
