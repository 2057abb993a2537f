/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx doctor: one question to this machine per function, all of them in one table (doctor.c). A
 * check only looks: it changes nothing, needs no rights, and takes well under a second. It fills a
 * finding; one left untouched is not printed (a question that does not arise here).
 */
#ifndef CPX_DATAPLANE_CLI_DOCTOR_H
#define CPX_DATAPLANE_CLI_DOCTOR_H

#include <stdbool.h>

#include "config/config.h"
#include "lib/base/topo.h"

enum severity {
	DOCTOR_OK,
	DOCTOR_NOTE,    /* good to know */
	DOCTOR_WARN,    /* works, but slower or less surely than it could */
	DOCTOR_BLOCKED, /* something does not work at all: `blocks` says what */
};

/* What a finding can block. */
enum {
	BLOCKS_DEMO = 1 << 0,
	BLOCKS_RUN = 1 << 1, /* the configuration given with -c */
	BLOCKS_AF_PACKET = 1 << 2,
	BLOCKS_AF_XDP = 1 << 3,
	BLOCKS_HUGEPAGES = 1 << 4, /* boards with memory.hugepages: true */
	BLOCKS_PCI = 1 << 5,
};

struct finding {
	enum severity severity;
	unsigned blocks;
	char found[256]; /* what is there; "" the question does not arise */
	char why[256];   /* why it matters */
	char fix[384];   /* the command or step that changes it */
};

struct doctor {
	const struct config *config; /* NULL without -c */
	const char *file;            /* of it */
	struct topo topo;
	bool root;
	char run_program[256]; /* cpx-run beside this program */
	/* the machine during a quarter of a second, taken once before the checks */
	double steal_percent;
	int busy_cpu;        /* where it ran last */
	int busy_pid;        /* a process that uses a whole CPU; 0 none */
	double busy_percent; /* of one CPU */
	char busy_name[32];
};

#define FORMAT(at) __attribute__((format(printf, at, (at) + 1)))

/* Fill a finding; severity and blocks only ever get worse. */
void found(struct finding *f, enum severity s, const char *fmt, ...) FORMAT(3);
void why(struct finding *f, const char *fmt, ...) FORMAT(2);
void fix(struct finding *f, const char *fmt, ...) FORMAT(2);
void blocks(struct finding *f, unsigned what);

/* The configuration has a device of this DPDK driver ("net_af_xdp"). */
bool uses_driver(const struct doctor *d, const char *driver);
/* "sudo " or "" */
const char *as_root(const struct doctor *d);
/* First number of a small file; `missing` where there is none. */
long file_number(long missing, const char *fmt, ...) FORMAT(2);

/* Effective capabilities of this process, a bit each (capabilities(7)). */
unsigned long long capabilities(void);

/* doctor_cpu.c */
void check_cpu_flags(const struct doctor *d, struct finding *f);
void check_cpus(const struct doctor *d, struct finding *f);
void check_siblings(const struct doctor *d, struct finding *f);
void check_numa(const struct doctor *d, struct finding *f);
void check_governor(const struct doctor *d, struct finding *f);
void check_steal(const struct doctor *d, struct finding *f);
void check_busy(const struct doctor *d, struct finding *f);
void sample_load(struct doctor *d);
/* doctor_control.c */
void check_control(const struct doctor *d, struct finding *f);
void check_priority(const struct doctor *d, struct finding *f);
void check_isolated(const struct doctor *d, struct finding *f);
/* CPUs worth of time the control groups grant; 0 no limit. */
double cgroup_cpus(void);
/* doctor_memory.c */
void check_memory(const struct doctor *d, struct finding *f);
void check_hugepages(const struct doctor *d, struct finding *f);
void check_memlock(const struct doctor *d, struct finding *f);
/* doctor_system.c */
void check_io_uring(const struct doctor *d, struct finding *f);
void check_runtime_folder(const struct doctor *d, struct finding *f);
void check_instance(const struct doctor *d, struct finding *f);
/* doctor_twins.c */
void check_twins(const struct doctor *d, struct finding *f);
/* doctor_devices.c */
void check_drivers(const struct doctor *d, struct finding *f);
void check_af_packet(const struct doctor *d, struct finding *f);
void check_af_xdp(const struct doctor *d, struct finding *f);
void check_interfaces(const struct doctor *d, struct finding *f);
void check_pci(const struct doctor *d, struct finding *f);

#endif
