/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions about the control thread's CPU: which it is, who shares it, whether it may go first.
 * Without a configuration: of a board that takes what there is.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "dataplane/cli/doctor.h"
#include "dataplane/run/placement.h"

#define CAP_SYS_NICE_BIT 23
#define NICE_WANTED      (-10) /* as dataplane/ctl/schedule.c */

/* The CPUs that cpx run would take. */
static bool place(const struct doctor *d, struct placement *p)
{
	static struct placement_lane lanes[CONFIG_MAX_PORTS * CONFIG_LANES_PER_BANK];
	const struct config *c = d->config;
	struct placement_wish wish = { .lanes = lanes };
	struct err err;

	for (unsigned i = 0; c && i < c->n_ports; i++)
		for (unsigned k = 0; k < c->ports[i].n_lanes; k++)
			lanes[wish.n_lanes++] = (struct placement_lane){
				.node = c->ports[i].numa >= 0 ? c->ports[i].numa
							      : c->engines[c->ports[i].engine].numa
			};
	if (c) {
		wish.n_workers = c->n_workers;
		wish.n_pins = c->n_worker_cpus;
		wish.pins = c->worker_cpus;
	}
	return placement_cpus(p, &d->topo, &wish, &err) == 0;
}

/* "1, 2 and 3 more" */
static void worker_cpus(const struct placement *p, char *text, size_t room)
{
	size_t used = 0;
	unsigned w = 0;

	for (; w < p->n_workers && w < 8; w++)
		used += (size_t)snprintf(text + used, room - used, "%s%d", w ? ", " : "",
					 p->workers[w].cpu);
	if (w < p->n_workers)
		snprintf(text + used, room - used, " and %u more", p->n_workers - w);
}

void check_control(const struct doctor *d, struct finding *f)
{
	const bool poll = d->config && d->config->idle_poll;
	struct placement p;
	char cpus[64];
	unsigned w = 0;

	if (!place(d, &p))
		return; /* check_cpus says why */
	while (w < p.n_workers && !p.workers[w].shared)
		w++;
	if (w < p.n_workers) {
		found(f, DOCTOR_WARN, "worker %u shares CPU %d with the control thread%s", w,
		      p.control_cpu,
		      poll ? "; it will not poll when idle, whatever workers.idle says" : "");
		why(f, "under load each waits for the other: BGP and BFD sessions, then packets");
		if (d->config && d->config->n_worker_cpus && d->topo.n_cpus > 1)
			fix(f, "leave CPU %d out of workers.cpus, or give cpx %u CPUs",
			    p.control_cpu, p.n_workers + 1);
		else if (d->topo.n_cpus > 1)
			fix(f, "give cpx %u CPUs, or set workers.count to %u", p.n_workers + 1,
			    d->topo.n_cpus - 1);
		else
			fix(f, "give this machine or container %u CPUs", p.n_workers + 1);
		return;
	}
	if (d->busy_pid != 0 && d->busy_cpu == p.control_cpu) {
		found(f, DOCTOR_WARN, "CPU %d, but %s (pid %d) keeps it busy", p.control_cpu,
		      d->busy_name, d->busy_pid);
		why(f, "BGP, BFD and ARP wait while it runs");
		fix(f, "%staskset -acp OTHER-CPUS %d", as_root(d), d->busy_pid);
		return;
	}
	worker_cpus(&p, cpus, sizeof(cpus));
	found(f, DOCTOR_OK, "control thread on CPU %d, workers on %s", p.control_cpu, cpus);
}

void check_priority(const struct doctor *d, struct finding *f)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NICE, &limit); /* 20 - nice */
	if (capabilities() >> CAP_SYS_NICE_BIT & 1 || limit.rlim_cur >= 20 - NICE_WANTED) {
		found(f, DOCTOR_OK, "nice %d for the control thread", NICE_WANTED);
		return;
	}
	found(f, DOCTOR_NOTE, "the control thread stays at nice 0 (no CAP_SYS_NICE)");
	why(f, "other processes on its CPU get as much of it as ARP and routing");
	fix(f, "LimitNICE=%d in its systemd unit, or %ssetcap cap_sys_nice+ep %s", NICE_WANTED,
	    as_root(d), d->run_program);
}

/* A list of CPUs as the kernel writes it, "2-3,8": is one of them this? */
static bool in_list(const char *list, int cpu)
{
	int first, last, n;

	while (sscanf(list, "%d%n", &first, &n) == 1) {
		list += n;
		last = first;
		if (sscanf(list, "-%d%n", &last, &n) == 1)
			list += n;
		if (cpu >= first && cpu <= last)
			return true;
		list += *list == ',';
	}
	return false;
}

void check_isolated(const struct doctor *d, struct finding *f)
{
	FILE *file = fopen("/sys/devices/system/cpu/isolated", "re");
	struct placement p;
	char list[128] = "";
	unsigned usable = 0;

	if (file && !fgets(list, sizeof(list), file))
		list[0] = '\0';
	if (file)
		fclose(file);
	list[strcspn(list, "\n")] = '\0';
	if (!list[0] || !place(d, &p))
		return; /* none are */
	for (unsigned i = 0; i < d->topo.n_cpus; i++)
		usable += in_list(list, d->topo.cpu[i]);
	if (usable == 0) {
		found(f, DOCTOR_NOTE, "CPUs %s are isolated, and cpx may not use them", list);
		why(f, "they are kept free of other work, as workers want it");
		fix(f, "start it with them: taskset -c 0,%s cpx run …; and workers.cpus: [%s]",
		    list, list);
		return;
	}
	for (unsigned w = 0; w < p.n_workers; w++)
		if (!in_list(list, p.workers[w].cpu)) {
			found(f, DOCTOR_NOTE, "worker %u is on CPU %d, isolated are %s", w,
			      p.workers[w].cpu, list);
			why(f, "other processes may run there; on isolated CPUs they do not");
			fix(f, "workers.cpus: CPUs of %s", list);
			return;
		}
	if (in_list(list, p.control_cpu)) {
		found(f, DOCTOR_NOTE, "the control thread is on CPU %d, which is isolated",
		      p.control_cpu);
		why(f, "that is a CPU that one more worker could have");
		fix(f, "let cpx use a CPU that is not: taskset -c 0,%s cpx run …", list);
		return;
	}
	found(f, DOCTOR_OK, "workers on isolated CPUs (%s)", list);
}

/* cpu.max of one group, "max 100000" or "50000 100000". */
static double limit_of(const char *folder)
{
	long max = 0, period = 0;
	char path[512];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "%s/cpu.max", folder);
	f = fopen(path, "re");
	n = f ? fscanf(f, "%ld %ld", &max, &period) : 0;
	if (f)
		fclose(f);
	return n == 2 && period > 0 ? (double)max / (double)period : 0;
}

double cgroup_cpus(void)
{
	static const char root[] = "/sys/fs/cgroup";
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[256], folder[300] = "/sys/fs/cgroup";
	double least = 0;
	char *slash;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "0::/", 4) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(folder, sizeof(folder), "%s%s", root, line + 3);
		}
	if (f)
		fclose(f);
	for (;;) { /* ours and each above it */
		const double limit = limit_of(folder);

		if (limit > 0 && (least == 0 || limit < least))
			least = limit;
		slash = strrchr(folder, '/');
		if (strlen(folder) <= strlen(root) || !slash)
			return least;
		*slash = '\0';
	}
}
