/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about CPUs: kind, number, placement, speed, and who else uses them. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/cli/doctor.h"

/* A word among the flags of the first CPU in /proc/cpuinfo. */
static bool cpuinfo_flag(const char *flag)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192];
	bool has = false;
	size_t n = strlen(flag);

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5) != 0)
			continue;
		for (const char *p = line; (p = strstr(p, flag)); p += n)
			if (p[-1] == ' ' && isspace((unsigned char)p[n]))
				has = true;
		break;
	}
	if (f)
		fclose(f);
	return has;
}

void check_cpu_flags(const struct doctor *d __attribute__((unused)), struct finding *f)
{
#ifdef __x86_64__
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse4.2")) {
		found(f, DOCTOR_BLOCKED, "no SSE4.2");
		why(f, "Debian's DPDK is compiled for it and stops at start without");
		fix(f,
		    "give the virtual machine a CPU model with SSE4.2 (host-passthrough), or use "
		    "a machine newer than 2009");
		blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
	} else if (!cpuinfo_flag("nonstop_tsc") && !cpuinfo_flag("constant_tsc")) {
		found(f, DOCTOR_WARN, "SSE4.2; the time stamp counter may change its rate");
		why(f, "load and latency figures are counted in its ticks");
		fix(f, "pass the invariant TSC to the virtual machine, or distrust those figures");
	} else {
		found(f, DOCTOR_OK, "SSE4.2%s, steady time stamp counter",
		      __builtin_cpu_supports("avx2") ? ", AVX2" : "");
	}
#else
	found(f, DOCTOR_NOTE, "not an x86-64 processor");
	why(f, "cpx is tested on x86-64 only");
#endif
}

static bool usable(const struct topo *t, int cpu)
{
	for (unsigned i = 0; i < t->n_cpus; i++)
		if (t->cpu[i] == cpu)
			return true;
	return false;
}

void check_cpus(const struct doctor *d, struct finding *f)
{
	const struct config *c = d->config;
	unsigned n = d->topo.n_cpus, want = c && c->n_workers ? c->n_workers + 1 : 2;
	double limit = cgroup_cpus();

	for (unsigned i = 0; c && i < c->n_worker_cpus; i++)
		if (!usable(&d->topo, c->worker_cpus[i])) {
			found(f, DOCTOR_BLOCKED, "CPU %u of workers.cpus may not be used here",
			      c->worker_cpus[i]);
			why(f,
			    "it does not exist, or the affinity mask or container leaves it out");
			fix(f, "choose among the CPUs `taskset -cp $$` prints, or widen the "
			       "container's "
			       "cpuset");
			blocks(f, BLOCKS_RUN);
			return;
		}
	if (n < want) {
		found(f, DOCTOR_WARN, "%u CPU%s for 1 control thread and %u worker%s", n,
		      n == 1 ? "" : "s", want - 1, want == 2 ? "" : "s");
		why(f, "threads that share a CPU wait for each other: packets are lost at load");
		fix(f, "give this machine or container %u CPUs%s", want,
		    want > 2 ? ", or lower workers.count" : "");
	} else if (limit > 0 && limit < want) {
		found(f, DOCTOR_WARN, "%u CPUs, but only %.1f CPUs' worth of time (cpu.max)", n,
		      limit);
		why(f, "a worker is stopped for the rest of each period: packets are lost");
		fix(f, "raise the container's CPU limit to %u or more", want);
	} else {
		found(f, DOCTOR_OK, "%u usable: 1 for control, up to %u for workers", n, n - 1);
	}
}

void check_siblings(const struct doctor *d, struct finding *f)
{
	unsigned cores = 0;

	for (unsigned i = 0; i < d->topo.n_cpus; i++) {
		bool first = true;

		for (unsigned j = 0; j < i; j++)
			first = first && d->topo.sibling[j] != d->topo.sibling[i];
		cores += first;
	}
	if (cores == d->topo.n_cpus) {
		found(f, DOCTOR_OK, "%u physical, one CPU each", cores);
		return;
	}
	found(f, DOCTOR_NOTE, "%u physical for %u CPUs (hyperthreads)", cores, d->topo.n_cpus);
	why(f, "two busy workers on one core share its speed; placement uses free cores first");
	fix(f, "pin workers to one CPU per core in workers.cpus; `lscpu -e` shows the cores");
}

void check_numa(const struct doctor *d, struct finding *f)
{
	const struct config *c = d->config;

	for (unsigned i = 0; c && i < c->n_engines; i++) {
		bool there = c->engines[i].numa < 0;

		for (unsigned k = 0; k < d->topo.n_cpus; k++)
			there = there || d->topo.node[k] == c->engines[i].numa;
		if (!there) {
			found(f, DOCTOR_WARN, "engine %s says node %d, which has none of our CPUs",
			      c->engines[i].name, c->engines[i].numa);
			why(f, "every packet would cross to another node");
			fix(f, "correct engines.%s.numa, or allow CPUs of that node",
			    c->engines[i].name);
			return;
		}
	}
	if (!d->topo.numa)
		found(f, DOCTOR_OK, "one node (this kernel shows no NUMA)");
	else
		found(f, DOCTOR_OK, "%u node%s with usable CPUs", d->topo.n_nodes,
		      d->topo.n_nodes == 1 ? "" : "s");
}

void check_governor(const struct doctor *d, struct finding *f)
{
	unsigned slow = 0, known = 0;
	char name[32] = "", slow_name[32] = "";

	for (unsigned i = 0; i < d->topo.n_cpus; i++) {
		char path[128];
		FILE *file;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", d->topo.cpu[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%31s", name) == 1) {
			known++;
			if (strcmp(name, "performance") != 0) {
				slow++;
				memcpy(slow_name, name, sizeof(slow_name));
			}
		}
		fclose(file);
	}
	if (known == 0)
		return; /* the host decides */
	if (slow == 0) {
		found(f, DOCTOR_OK, "performance");
		return;
	}
	found(f, DOCTOR_NOTE, "%s on %u of %u CPUs", slow_name, slow, d->topo.n_cpus);
	why(f, "clocks that go up and down make latency and measurements unsteady");
	fix(f, "%scpupower frequency-set -g performance   (package linux-cpupower)", as_root(d));
}

void check_steal(const struct doctor *d, struct finding *f)
{
	if (d->steal_percent < 2) {
		found(f, DOCTOR_OK, "%.0f %% of CPU time taken by the host", d->steal_percent);
		return;
	}
	found(f, DOCTOR_WARN, "%.0f %% of CPU time taken by the host", d->steal_percent);
	why(f, "a worker that is not running receives nothing: rings overflow");
	fix(f, "ask for dedicated CPUs for this virtual machine");
}

void check_busy(const struct doctor *d, struct finding *f)
{
	if (d->busy_pid == 0) {
		found(f, DOCTOR_OK, "no other process keeps a CPU busy");
		return;
	}
	found(f, DOCTOR_WARN, "%s (pid %d) uses %.0f %% of a CPU", d->busy_name, d->busy_pid,
	      d->busy_percent);
	why(f, "a worker on the same CPU gets half of it, and measurements are void");
	fix(f, "stop it, or keep the two apart: workers.cpus, `taskset -cp CPUS %d`", d->busy_pid);
}

struct usage {
	int pid, cpu;
	unsigned long ticks;
	char name[32];
};

/* User and system ticks of every process but ours. Returns how many. */
static unsigned read_usage(struct usage *out, unsigned max)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	while (dir && n < max && (e = readdir(dir))) {
		char path[300], line[512];
		unsigned long user, system;
		const char *open, *close;
		FILE *f;

		if (!isdigit((unsigned char)e->d_name[0]) || atoi(e->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		/* pid (name) state ppid … utime is the 14th field, the CPU the 39th; the name may
		 * hold anything */
		if (fgets(line, sizeof(line), f) && (open = strchr(line, '(')) &&
		    (close = strrchr(line, ')')) &&
		    sscanf(close + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
			   "%*d %*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u "
			   "%*u %*d %d",
			   &user, &system, &out[n].cpu) == 3) {
			out[n].pid = atoi(e->d_name);
			out[n].ticks = user + system;
			snprintf(out[n].name, sizeof(out[n].name), "%.*s", (int)(close - open - 1),
				 open + 1);
			n++;
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void read_cpu_line(unsigned long long *total, unsigned long long *steal)
{
	unsigned long long v[8] = { 0 };
	FILE *f = fopen("/proc/stat", "re");

	if (f && fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
			&v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
		*steal = v[7];
		for (int i = 0; i < 8; i++)
			*total += v[i];
	}
	if (f)
		fclose(f);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void sample_load(struct doctor *d)
{
	enum { MAX = 4096 };
	struct usage *before = calloc(MAX, sizeof(*before)), *after = calloc(MAX, sizeof(*after));
	unsigned long long total0 = 0, steal0 = 0, total1 = 0, steal1 = 0;
	struct timespec pause = { .tv_nsec = 300000000 };
	double t0 = seconds(), hz = (double)sysconf(_SC_CLK_TCK), ticks;
	unsigned n0, n1;

	if (!before || !after)
		goto done;
	n0 = read_usage(before, MAX);
	read_cpu_line(&total0, &steal0);
	nanosleep(&pause, NULL);
	read_cpu_line(&total1, &steal1);
	n1 = read_usage(after, MAX);
	ticks = (seconds() - t0) * hz;
	if (total1 > total0)
		d->steal_percent = 100.0 * (double)(steal1 - steal0) / (double)(total1 - total0);
	for (unsigned i = 0; i < n1; i++)
		for (unsigned k = 0; k < n0; k++) {
			double percent = 100.0 * (double)(after[i].ticks - before[k].ticks) / ticks;

			if (before[k].pid != after[i].pid || percent < 80 ||
			    percent < d->busy_percent)
				continue;
			d->busy_percent = percent;
			d->busy_pid = after[i].pid;
			d->busy_cpu = after[i].cpu;
			memcpy(d->busy_name, after[i].name, sizeof(d->busy_name));
		}
done:
	free(before);
	free(after);
}
