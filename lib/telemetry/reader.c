/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reader of published values (reader.h, format.h). pread(2) instead of a mapping: a file that is
 * truncated behind our back gives a short read where a mapping would give SIGBUS, and what was
 * copied can not change between check and use. The kernel's copy is ordinary loads of this CPU, so
 * an acquire fence between two preads orders them as it would loads of our own.
 */
#include "lib/telemetry/reader.h"

#include "lib/base/order.h"
#include "lib/telemetry/check.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

struct telemetry_reader {
	int fd;
	dev_t dev;
	ino_t ino;
	char *path;
	struct telemetry_superblock sb; /* checked copy */
	struct telemetry_series **series;
	unsigned n_series;
	unsigned n_seen; /* directory entries looked at, skipped ones included */
	uint8_t *copy;   /* last whole published buffer */
	uint8_t *next;   /* the one being copied */
	bool whole;      /* copy holds a pass */
	uint64_t room;   /* element bytes that entries may still publish (E6) */
};

static int corrupt(const struct telemetry_reader *r, const char *what, struct err *err)
{
	return err_set(err, -EBADMSG,
		       "telemetry file %s: %s. It was damaged or not made by cpx; restart its cpx",
		       r->path, what);
}

/* Exactly n bytes, or false: the file shrank, or can not be read. */
static bool read_at(const struct telemetry_reader *r, void *to, uint64_t n, uint64_t offset)
{
	uint8_t *at = to;

	while (n != 0) {
		ssize_t got = pread(r->fd, at, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return true;
}

static void series_free(struct telemetry_series *s)
{
	for (unsigned i = 0; i < s->n_values; i++)
		free(s->values[i]);
	free(s->values);
	free(s->label);
	free(s->help);
	free(s);
}

/* Entries [n_seen, count): rule-breaking and unknown ones are skipped. */
static int read_directory(struct telemetry_reader *r, uint32_t count, struct err *err)
{
	struct telemetry_series **grown;
	struct telemetry_entry e;

	if (count < r->n_seen || count > r->sb.directory_capacity)
		return corrupt(r, "its directory shrank or outgrew itself", err);
	grown = reallocarray(r->series, (size_t)count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(err, -ENOMEM, "telemetry file %s: out of memory", r->path);
	r->series = grown;
	for (; r->n_seen < count; r->n_seen++) {
		uint64_t at = r->sb.directory_offset + (uint64_t)r->n_seen * r->sb.entry_bytes;
		uint64_t published;
		struct telemetry_series *s;

		if (!read_at(r, &e, sizeof(e), at))
			return corrupt(r, "it ends inside its directory", err);
		if (!check_entry(&e, &r->sb))
			continue;
		published = e.published_offset != 0
				    ? (uint64_t)e.published_instances * e.element_bytes
				    : 0;
		if (published > r->room)
			continue;
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return err_set(err, -ENOMEM, "telemetry file %s: out of memory", r->path);
		r->room -= published;
		memcpy(s->name, e.name, sizeof(s->name));
		check_text(s->unit, sizeof(s->unit), e.unit, sizeof(e.unit));
		s->kind = e.kind;
		s->scope = e.scope;
		s->slots = e.element_bytes / 8;
		s->scale = e.scale;
		s->offset = e.published_offset;
		s->stride = e.published_stride;
		s->instances = e.published_offset != 0 ? e.published_instances : 0;
		r->series[r->n_series++] = s;
	}
	return 0;
}

/* A catalogue string, safe to print; NULL for anything else. */
static char *printable(const json_t *string)
{
	size_t n = json_string_length(string);
	char *text = json_is_string(string) ? malloc(n + 1) : NULL;

	if (text != NULL)
		check_text(text, n + 1, json_string_value(string), n);
	return text;
}

static void describe(struct telemetry_series *s, const json_t *metric)
{
	const json_t *values = json_object_get(metric, "values");
	size_t n = json_array_size(values);

	if (s->help != NULL || s->label != NULL || s->values != NULL)
		return; /* an entry never changes once counted */
	s->help = printable(json_object_get(metric, "help"));
	s->label = printable(json_object_get(metric, "label"));
	s->values = n != 0 ? calloc(n, sizeof(*s->values)) : NULL;
	while (s->values != NULL && s->n_values < n) {
		s->values[s->n_values] = printable(json_array_get(values, s->n_values));
		if (s->values[s->n_values] == NULL)
			break;
		s->n_values++;
	}
}

static const struct telemetry_series *find(const struct telemetry_reader *r, const char *name)
{
	for (unsigned i = 0; i < r->n_series; i++)
		if (strcmp(r->series[i]->name, name) == 0)
			return r->series[i];
	return NULL;
}

/* Directory and catalogue as of one registration (format.h, reader's algorithm 2 and 7). */
static int read_metrics(struct telemetry_reader *r, struct err *err)
{
	char *text = malloc(r->sb.catalogue_bytes + 1);
	json_t *root = NULL, *metric, *list;
	json_error_t error;
	size_t i;
	int ret = -EAGAIN;

	if (text == NULL)
		return err_set(err, -ENOMEM, "telemetry file %s: out of memory", r->path);
	for (int tries = 0; ret == -EAGAIN && tries < TELEMETRY_READ_TRIES; tries++) {
		struct telemetry_superblock before, after;
		bool ok = read_at(r, &before, sizeof(before), 0);

		fence_acquire();
		ok = ok && before.catalogue_offset <= r->sb.file_size &&
		     r->sb.catalogue_bytes <= r->sb.file_size - before.catalogue_offset &&
		     read_at(r, text, r->sb.catalogue_bytes, before.catalogue_offset);
		fence_acquire();
		ok = ok && read_at(r, &after, sizeof(after), 0);
		if (!ok) {
			ret = corrupt(r, "its catalogue is out of range", err);
		} else if (before.directory_count == after.directory_count) {
			ret = read_directory(r, before.directory_count, err);
			break;
		}
	}
	if (ret == -EAGAIN)
		err_set(err, ret, "telemetry file %s: its directory keeps changing. Try again",
			r->path);
	if (ret < 0)
		goto out;
	root = json_loadb(text, r->sb.catalogue_bytes, 0, &error);
	list = json_object_get(root, "metrics");
	if (!json_is_array(list)) {
		ret = corrupt(r, "its catalogue is not the JSON it should be", err);
		goto out;
	}
	json_array_foreach(list, i, metric)
	{
		const char *name = json_string_value(json_object_get(metric, "name"));
		const struct telemetry_series *s = name != NULL ? find(r, name) : NULL;

		if (s != NULL)
			describe((struct telemetry_series *)s, metric);
	}
out:
	json_decref(root);
	free(text);
	return ret;
}

int telemetry_reader_open(struct telemetry_reader **out, const char *path, struct err *err)
{
	struct telemetry_reader *r = calloc(1, sizeof(*r));
	struct err why;
	struct stat st;
	int ret;

	if (r == NULL || (r->path = strdup(path)) == NULL) {
		free(r);
		return err_set(err, -ENOMEM, "telemetry file %s: out of memory", path);
	}
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->fd < 0) {
		ret = err_set(err, -errno, "telemetry file %s can not be opened: %s. %s", path,
			      strerror(errno),
			      errno == EACCES ? "Become a member of its group, or use sudo"
					      : "Is its cpx running?");
		goto fail;
	}
	if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(r->sb) ||
	    !read_at(r, &r->sb, sizeof(r->sb), 0)) {
		ret = corrupt(r, "it is not a whole telemetry segment (V1)", err);
		goto fail;
	}
	ret = check_superblock(&r->sb, (uint64_t)st.st_size, &why);
	if (ret < 0) {
		corrupt(r, why.text, err);
		goto fail;
	}
	r->room = r->sb.published_bytes;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	r->copy = malloc(r->sb.published_bytes);
	r->next = malloc(r->sb.published_bytes);
	if (r->copy == NULL || r->next == NULL) {
		ret = err_set(err, -ENOMEM, "telemetry file %s: out of memory", path);
		goto fail;
	}
	ret = read_metrics(r, err);
	if (ret < 0)
		goto fail;
	*out = r;
	return 0;
fail:
	telemetry_reader_close(r);
	return ret;
}

void telemetry_reader_close(struct telemetry_reader *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->n_series; i++)
		series_free(r->series[i]);
	free(r->series);
	free(r->copy);
	free(r->next);
	free(r->path);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

const struct telemetry_superblock *telemetry_reader_superblock(const struct telemetry_reader *r)
{
	return &r->sb;
}

static bool heart_beats(const struct telemetry_superblock *sb)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	return now < sb->heartbeat_monotonic_ns ||
	       now - sb->heartbeat_monotonic_ns <= TELEMETRY_DEAD_NS;
}

enum telemetry_life telemetry_reader_life(const struct telemetry_reader *r)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
	struct telemetry_superblock now;
	struct stat st;

	if (stat(r->path, &st) != 0 ? errno == ENOENT : st.st_dev != r->dev || st.st_ino != r->ino)
		return TELEMETRY_LIFE_REPLACED;
	if (!read_at(r, &now, sizeof(now), 0))
		return TELEMETRY_LIFE_DEAD;
	if (now.state == TELEMETRY_STATE_STOPPED)
		return TELEMETRY_LIFE_STOPPED;
	if (fcntl(r->fd, F_OFD_GETLK, &lock) != 0)
		return heart_beats(&now) ? TELEMETRY_LIFE_RUNNING : TELEMETRY_LIFE_DEAD;
	if (lock.l_type == F_UNLCK)
		return TELEMETRY_LIFE_DEAD;
	return heart_beats(&now) ? TELEMETRY_LIFE_RUNNING : TELEMETRY_LIFE_STALLED;
}

unsigned telemetry_reader_state(const struct telemetry_reader *r)
{
	struct telemetry_superblock now;

	return read_at(r, &now, sizeof(now), 0) ? now.state : 0;
}

int telemetry_reader_follow(struct telemetry_reader *r)
{
	struct telemetry_reader *successor, old;

	if (telemetry_reader_life(r) != TELEMETRY_LIFE_REPLACED ||
	    telemetry_reader_open(&successor, r->path, NULL) < 0)
		return 0;
	old = *r;
	*r = *successor;
	*successor = old;
	telemetry_reader_close(successor);
	return 1;
}

/* One look (format.h, reader's algorithm 3 and 4): 0, -EAGAIN, -ENODATA or -EBADMSG. */
static int look(struct telemetry_reader *r)
{
	struct telemetry_superblock now;
	struct telemetry_published before, after;
	const struct telemetry_published *copied = (const void *)r->next;
	uint64_t at;

	if (!read_at(r, &now, sizeof(now), 0))
		return -EBADMSG;
	fence_acquire();
	if (now.generation == 0)
		return -ENODATA;
	at = r->sb.published_offset[now.generation % 2];
	if (!read_at(r, &before, sizeof(before), at))
		return -EBADMSG;
	if (before.seq & 1)
		return -EAGAIN;
	fence_acquire();
	if (!read_at(r, r->next, r->sb.published_bytes, at))
		return -EBADMSG;
	fence_acquire();
	if (!read_at(r, &after, sizeof(after), at))
		return -EBADMSG;
	if (after.seq != before.seq || copied->generation != now.generation)
		return -EAGAIN;
	return now.directory_count != r->n_seen ? 1 : 0;
}

int telemetry_reader_snapshot(struct telemetry_reader *r, struct err *err)
{
	uint8_t *whole = r->next;
	int ret = -EAGAIN;

	for (int tries = 0; ret == -EAGAIN && tries < TELEMETRY_READ_TRIES; tries++)
		ret = look(r);
	if (ret == -EBADMSG)
		return corrupt(r, "it became shorter than it was", err);
	if (ret == -ENODATA)
		return err_set(
			err, ret,
			"telemetry file %s: its cpx is starting and has published nothing yet. "
			"Try again in a second",
			r->path);
	if (ret < 0)
		return err_set(err, ret, "telemetry file %s: no whole copy in %d tries. Try again",
			       r->path, TELEMETRY_READ_TRIES);
	r->next = r->copy;
	r->copy = whole;
	r->whole = true;
	return ret == 1 ? read_metrics(r, err) : 0;
}

const struct telemetry_published *telemetry_reader_pass(const struct telemetry_reader *r)
{
	return r->whole ? (const void *)r->copy : NULL;
}

bool telemetry_reader_kept(const struct telemetry_reader *r, unsigned bit)
{
	const struct telemetry_published *p = telemetry_reader_pass(r);
	uint64_t byte = bit / 64 * 8ull;
	uint64_t word;

	if (p == NULL || p->kept_offset < sizeof(*p) || p->kept_offset % 8 != 0 ||
	    p->kept_offset > r->sb.published_bytes ||
	    r->sb.published_bytes - p->kept_offset < byte + 8)
		return false;
	memcpy(&word, r->copy + p->kept_offset + byte, sizeof(word));
	return word >> bit % 64 & 1;
}

const struct telemetry_series *telemetry_series(const struct telemetry_reader *r, const char *name)
{
	return find(r, name);
}

const struct telemetry_series *telemetry_series_at(const struct telemetry_reader *r, unsigned i)
{
	return i < r->n_series ? r->series[i] : NULL;
}

unsigned telemetry_series_count(const struct telemetry_reader *r)
{
	return r->n_series;
}

static bool is_absent(enum telemetry_kind kind, uint64_t bits)
{
	double number;

	switch (kind) {
	case TELEMETRY_COUNTER:
	case TELEMETRY_GAUGE_U64:
	case TELEMETRY_ENUM:
		return bits == TELEMETRY_ABSENT;
	case TELEMETRY_GAUGE_F64:
		memcpy(&number, &bits, sizeof(number));
		return isnan(number);
	default:
		return false;
	}
}

bool telemetry_value(const struct telemetry_reader *r, const struct telemetry_series *s,
		     unsigned instance, unsigned slot, uint64_t *value)
{
	uint64_t bits;

	if (s == NULL || !r->whole || instance >= s->instances || slot >= s->slots)
		return false;
	memcpy(&bits, r->copy + s->offset + (uint64_t)instance * s->stride + 8ull * slot,
	       sizeof(bits));
	if (is_absent(s->kind, bits))
		return false;
	*value = bits;
	return true;
}

bool telemetry_number(const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned instance, unsigned slot, double *value)
{
	uint64_t bits;

	if (s == NULL || s->kind == TELEMETRY_TEXT || !telemetry_value(r, s, instance, slot, &bits))
		return false;
	if (s->kind == TELEMETRY_GAUGE_F64) {
		memcpy(value, &bits, sizeof(*value));
	} else if (s->kind == TELEMETRY_GAUGE_I64) {
		*value = (double)(int64_t)bits;
		for (int i = 0; i < s->scale && i < 30; i++)
			*value *= 10;
		for (int i = 0; i > s->scale && i > -30; i--)
			*value /= 10;
	} else {
		*value = (double)bits;
	}
	return true;
}

bool telemetry_string(const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned instance, char *buf, size_t len)
{
	uint64_t value;

	buf[0] = '\0';
	if (s == NULL || !telemetry_value(r, s, instance, 0, &value))
		return false;
	if (s->kind == TELEMETRY_TEXT) {
		check_text(buf, len, r->copy + s->offset + (uint64_t)instance * s->stride,
			   s->slots * 8ull);
		return true;
	}
	if (s->kind != TELEMETRY_ENUM)
		return false;
	if (value < s->n_values)
		snprintf(buf, len, "%s", s->values[value]);
	else
		snprintf(buf, len, "%llu", (unsigned long long)value);
	return true;
}
