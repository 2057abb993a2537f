/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life of a segment on its writer's side: create, register a late metric, heartbeat, state,
 * destroy. Control thread only. Places come from layout.c, the file from owner.c, the pass over all
 * blocks is publish.c. After telemetry_create nothing here allocates except telemetry_register, and
 * a failure there leaves the segment as it was.
 */
#include "lib/telemetry/writer.h"

#include "lib/telemetry/segment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SPARE_TEXT 512 /* catalogue bytes kept for each spare entry */
#define LOOK_EVERY 5   /* heartbeats between two looks at the path */

static const struct telemetry_metric refused_metric = {
	.name = "telemetry_metrics_refused",
	.unit = "metrics",
	.help = "metrics that could not be registered because the segment was full or they were "
		"bad",
	.kind = TELEMETRY_COUNTER,
	.scope = TELEMETRY_SCOPE_PROCESS,
	.slots = 1,
};

/* Takes room for metric i in the area of its scope. */
static void take_slots(struct telemetry *t, unsigned i)
{
	struct area *a = &t->layout.area[t->metrics[i].scope];

	t->slot[i] = a->slots;
	a->slots += t->metrics[i].slots;
}

static int check_table(const struct telemetry *t, struct err *err)
{
	for (unsigned i = 0; i < t->n_metrics; i++) {
		int ret = layout_check(&t->metrics[i], err);

		if (ret < 0)
			return ret;
		for (unsigned j = 0; j < i; j++)
			if (strcmp(t->metrics[i].name, t->metrics[j].name) == 0)
				return err_set(err, -EINVAL, "metric %s is in the table twice",
					       t->metrics[i].name);
	}
	return 0;
}

static void write_entry(struct telemetry *t, unsigned i)
{
	const struct telemetry_metric *m = &t->metrics[i];
	const struct area *a = &t->layout.area[m->scope];
	struct telemetry_entry *e = &t->directory[i];

	memcpy(e->name, m->name, strlen(m->name));
	memcpy(e->unit, m->unit, strlen(m->unit));
	e->kind = m->kind;
	e->scope = m->scope;
	if (t->live == t->file) {
		e->instances = a->instances;
		e->seq_offset = a->live;
		e->offset = a->live + sizeof(struct telemetry_block) + 8ull * t->slot[i];
		e->stride = a->stride;
	}
	e->element_bytes = m->slots * 8u;
	e->scale = m->scale;
	if (a->published != 0) {
		e->published_offset = a->published + 8ull * t->slot[i];
		e->published_stride = a->row;
		e->published_instances = a->rows;
	}
}

static struct telemetry_block *block_at(struct telemetry *t, unsigned scope, unsigned instance)
{
	const struct area *a = &t->layout.area[scope];

	return (void *)(t->live + a->live + (uint64_t)a->stride * instance);
}

static void write_blocks(struct telemetry *t, unsigned scope)
{
	const struct area *a = &t->layout.area[scope];
	unsigned control = t->layout.lcores - 1;

	for (unsigned i = 0; i < a->instances; i++) {
		struct telemetry_block *b = block_at(t, scope, i);

		b->bytes = sizeof(*b) + 8ull * a->capacity;
		b->lcore = control;
		b->lane = i;
		if (scope == TELEMETRY_SCOPE_PROCESS)
			b->lane = TELEMETRY_NO_LANE;
		if (scope == TELEMETRY_SCOPE_LCORE) {
			b->lcore = i;
			b->lane = TELEMETRY_NO_LANE;
		}
		if (scope == TELEMETRY_SCOPE_LCORE_LANE) {
			b->lcore = i / t->layout.lanes;
			b->lane = i % t->layout.lanes;
		}
	}
}

static void write_catalogue(struct telemetry *t, unsigned area, const char *text)
{
	char *to = (char *)t->file + t->layout.catalogue[area];
	size_t len = strlen(text);

	memcpy(to, text, len);
	memset(to + len, ' ', t->layout.catalogue_bytes - len);
}

static void beat(struct telemetry *t)
{
	store_relaxed(&t->sb->heartbeat_realtime_ns, telemetry_clock(CLOCK_REALTIME));
	store_relaxed(&t->sb->heartbeat_monotonic_ns, telemetry_clock(CLOCK_MONOTONIC));
}

/* Everything that is written before the file gets its name. */
static void fill(struct telemetry *t, const struct telemetry_params *p, const char *catalogue)
{
	const struct layout *l = &t->layout;
	struct telemetry_superblock *sb = t->sb;
	struct stat ns = { 0 };

	memcpy(sb->magic, TELEMETRY_MAGIC, sizeof(sb->magic));
	sb->byte_order = TELEMETRY_BYTE_ORDER;
	sb->major = TELEMETRY_MAJOR;
	sb->minor = TELEMETRY_MINOR;
	sb->superblock_bytes = sizeof(*sb);
	sb->entry_bytes = sizeof(struct telemetry_entry);
	sb->file_size = l->file_size;
	sb->start_realtime_ns = telemetry_clock(CLOCK_REALTIME);
	sb->start_monotonic_ns = telemetry_clock(CLOCK_MONOTONIC);
	sb->pid = (uint32_t)getpid();
	sb->lcores = l->lcores;
	if (stat("/proc/self/ns/pid", &ns) == 0)
		sb->pid_namespace = ns.st_ino;
	sb->tsc_hz = p->tsc_hz;
	sb->directory_offset = l->directory;
	sb->directory_capacity = l->entries;
	sb->directory_count = t->n_metrics;
	sb->catalogue_offset = l->catalogue[0];
	sb->catalogue_bytes = l->catalogue_bytes;
	sb->state = TELEMETRY_STATE_STARTING;
	sb->published_offset[0] = l->published[0];
	sb->published_offset[1] = l->published[1];
	sb->published_bytes = l->published_bytes;
	sb->lanes = l->lanes;
	sb->engines = l->engines;
	for (unsigned i = 0; i < t->n_metrics; i++)
		write_entry(t, i);
	for (unsigned s = TELEMETRY_SCOPE_PROCESS; s <= TELEMETRY_SCOPE_LCORE_LANE; s++)
		write_blocks(t, s);
	write_catalogue(t, 0, catalogue);
	beat(t);
}

/* The file: claimed, mapped, filled, named. */
static int make_file(struct telemetry *t, const struct telemetry_params *p, const char *catalogue,
		     struct err *err)
{
	uint8_t incarnation[16];
	struct owner owner;
	int ret;

	if (getrandom(incarnation, sizeof(incarnation), 0) != sizeof(incarnation))
		return err_set(err, -EIO, "telemetry: no random numbers for the incarnation");
	ret = owner_claim(&owner, p->path, t->layout.file_size, err);
	if (ret < 0)
		return ret;
	t->live = mmap(NULL, t->layout.file_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       owner.fd, 0);
	if (t->live == MAP_FAILED) {
		t->live = NULL;
		ret = err_set(err, -errno, "telemetry file %s can not be mapped: %s", p->path,
			      strerror(errno));
		owner_abandon(&owner);
		return ret;
	}
	t->file = t->live;
	t->sb = (void *)t->file;
	t->directory = (void *)(t->file + t->layout.directory);
	memcpy(t->sb->incarnation, incarnation, sizeof(incarnation));
	fill(t, p, catalogue);
	ret = owner_commit(&owner, p->path, err);
	if (ret == 0)
		t->fd = owner.fd;
	return ret;
}

static void release(struct telemetry *t)
{
	if (t->file != NULL && t->file != t->live)
		munmap(t->file, t->layout.file_size);
	if (t->live != NULL)
		munmap(t->live, t->layout.file_size);
	if (t->fd >= 0)
		close(t->fd);
	free(t->scratch);
	free(t->version);
	free(t->path);
	free(t->slot);
	free(t->metrics);
	free(t);
}

/* The parts of memory: the table with our own metric behind it, room for the spare entries. */
static struct telemetry *allocate(const struct telemetry_params *p)
{
	struct telemetry *t = calloc(1, sizeof(*t));
	size_t room = (size_t)p->n_metrics + 1 + p->spare_entries;

	if (t == NULL)
		return NULL;
	t->fd = -1;
	t->metrics = calloc(room, sizeof(*t->metrics));
	t->slot = calloc(room, sizeof(*t->slot));
	t->version = strdup(p->version != NULL ? p->version : "");
	t->path = strdup(p->path);
	if (t->metrics == NULL || t->slot == NULL || t->version == NULL || t->path == NULL) {
		release(t);
		return NULL;
	}
	if (p->n_metrics != 0)
		memcpy(t->metrics, p->metrics, p->n_metrics * sizeof(*t->metrics));
	t->metrics[p->n_metrics] = refused_metric;
	t->n_metrics = p->n_metrics + 1;
	return t;
}

int telemetry_create(struct telemetry **out, const struct telemetry_params *p, struct err *err)
{
	struct telemetry *t = allocate(p);
	char *catalogue = NULL;
	unsigned widest = 0;
	int ret;

	if (t == NULL)
		return err_set(err, -ENOMEM, "telemetry: out of memory");
	ret = check_table(t, err);
	if (ret < 0)
		goto fail;
	for (unsigned i = 0; i < t->n_metrics; i++)
		take_slots(t, i);
	t->refused = t->slot[p->n_metrics];
	catalogue = catalogue_text(t->metrics, t->n_metrics, t->version);
	if (catalogue == NULL) {
		ret = err_set(
			err, -EINVAL,
			"telemetry: the catalogue can not be made; a help or value text is not "
			"UTF-8, or memory ran out");
		goto fail;
	}
	ret = layout_make(&t->layout, p, t->n_metrics,
			  strlen(catalogue) + (uint64_t)p->spare_entries * SPARE_TEXT, err);
	if (ret < 0)
		goto fail;
	for (unsigned s = 0; s < SCOPES; s++)
		if (t->layout.area[s].capacity > widest)
			widest = t->layout.area[s].capacity;
	t->scratch = calloc((size_t)widest * 2 + 1, sizeof(*t->scratch));
	if (t->scratch == NULL) {
		ret = err_set(err, -ENOMEM, "telemetry: out of memory");
		goto fail;
	}
	ret = make_file(t, p, catalogue, err);
	if (ret < 0)
		goto fail;
	free(catalogue);
	*out = t;
	return 0;
fail:
	free(catalogue);
	release(t);
	return ret;
}

void telemetry_destroy(struct telemetry *t)
{
	if (t == NULL)
		return;
	telemetry_publish(t);
	beat(t);
	telemetry_set_state(t, TELEMETRY_STATE_STOPPED);
	release(t);
}

static int refuse(struct telemetry *t, int code)
{
	struct telemetry_block *b = telemetry_process(t);

	telemetry_block_begin(b);
	counter_add(&b->v[t->refused], 1);
	telemetry_block_end(b, b->tsc);
	return code;
}

int telemetry_register(struct telemetry *t, const struct telemetry_metric *m, struct err *err)
{
	unsigned n = t->n_metrics;
	unsigned area = t->sb->catalogue_offset == t->layout.catalogue[0] ? 1 : 0;
	const struct area *a;
	char *text;
	int ret = layout_check(m, err);

	if (ret < 0)
		return refuse(t, ret);
	for (unsigned i = 0; i < n; i++)
		if (strcmp(t->metrics[i].name, m->name) == 0)
			return refuse(t,
				      err_set(err, -EEXIST, "metric %s is there already", m->name));
	a = &t->layout.area[m->scope];
	if (n == t->layout.entries || m->slots > a->capacity - a->slots)
		return refuse(
			t, err_set(err, -ENOSPC,
				   "metric %s: the telemetry segment is full (%u of %u metrics); "
				   "start with more spare entries",
				   m->name, n, t->layout.entries));
	t->metrics[n] = *m;
	text = catalogue_text(t->metrics, n + 1, t->version);
	if (text == NULL)
		return refuse(t, err_set(err, -EINVAL,
					 "metric %s: a text of it is not UTF-8, or memory ran out",
					 m->name));
	if (strlen(text) > t->layout.catalogue_bytes) {
		free(text);
		return refuse(t,
			      err_set(err, -ENOSPC,
				      "metric %s: the catalogue of the telemetry segment is full; "
				      "start with more spare entries",
				      m->name));
	}
	take_slots(t, n);
	t->n_metrics = n + 1;
	write_entry(t, n);
	fence_release(); /* the last registration's count is seen before its older area changes */
	write_catalogue(t, area, text);
	free(text);
	store_release(&t->sb->catalogue_offset, t->layout.catalogue[area]);
	store_release(&t->sb->directory_count, t->n_metrics);
	return (int)t->slot[n];
}

unsigned telemetry_slot(const struct telemetry *t, unsigned metric)
{
	return t->slot[metric];
}

struct telemetry_block *telemetry_lcore_lane(struct telemetry *t, unsigned lcore, unsigned lane)
{
	return block_at(t, TELEMETRY_SCOPE_LCORE_LANE, lcore * t->layout.lanes + lane);
}

struct telemetry_block *telemetry_lcore(struct telemetry *t, unsigned lcore)
{
	return block_at(t, TELEMETRY_SCOPE_LCORE, lcore);
}

struct telemetry_block *telemetry_lane(struct telemetry *t, unsigned lane)
{
	return block_at(t, TELEMETRY_SCOPE_LANE, lane);
}

struct telemetry_block *telemetry_engine(struct telemetry *t, unsigned engine)
{
	return block_at(t, TELEMETRY_SCOPE_ENGINE, engine);
}

struct telemetry_block *telemetry_process(struct telemetry *t)
{
	return block_at(t, TELEMETRY_SCOPE_PROCESS, 0);
}

void telemetry_real(struct telemetry_block *b, unsigned slot, double value)
{
	uint64_t bits = TELEMETRY_ABSENT;

	if (!isnan(value))
		memcpy(&bits, &value, sizeof(bits));
	store_relaxed(&b->v[slot], bits);
}

void telemetry_text(struct telemetry_block *b, unsigned slot, unsigned slots, const char *text)
{
	size_t left = strlen(text);

	if (left > slots * 8u)
		for (left = slots * 8u; left != 0 && ((uint8_t)text[left] & 0xc0) == 0x80;)
			left--; /* never half a UTF-8 character */
	for (unsigned i = 0; i < slots; i++) {
		size_t n = left < 8 ? left : 8;
		uint64_t word = 0;

		memcpy(&word, text, n);
		text += n;
		left -= n;
		store_relaxed(&b->v[slot + i], word);
	}
}

void telemetry_heartbeat(struct telemetry *t)
{
	if (++t->beats % LOOK_EVERY == 0)
		repair_if_deleted(t);
	beat(t);
}

void telemetry_set_state(struct telemetry *t, enum telemetry_state state)
{
	store_relaxed(&t->sb->state, (uint32_t)state);
}
