/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about memory. What a configuration needs is asked of cpx-run, which knows the sum. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/cli/doctor.h"

#define HUGE       "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define NODE_HUGE  "/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/"
#define DEMO_MB    512
#define PAGE_BYTES (2u << 20)

/* MB that `cpx-run -c FILE --memory` prints, from beside this program; 0 unknown. */
static long needed_mb(const struct doctor *d)
{
	char text[32];
	ssize_t got;
	int fds[2];
	pid_t pid;

	if (!d->config || pipe(fds) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr) || dup2(fds[1], STDOUT_FILENO) < 0)
			_exit(127);
		close(fds[0]);
		close(fds[1]);
		execl(d->run_program, "cpx-run", "-c", d->file, "--memory", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	got = pid > 0 ? read(fds[0], text, sizeof(text) - 1) : 0;
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	text[got > 0 ? got : 0] = '\0';
	return strtol(text, NULL, 10);
}

static long meminfo_mb(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	long kb = -1;
	size_t n = strlen(key);

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			kb = strtol(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb < 0 ? -1 : kb >> 10;
}

void check_memory(const struct doctor *d, struct finding *f)
{
	long mb = meminfo_mb("MemAvailable"), group = file_number(-1, "/sys/fs/cgroup/memory.max");
	bool own_pages = d->config && !d->config->hugepages;
	long need = own_pages ? needed_mb(d) : DEMO_MB;

	if (group > 0 && (mb < 0 || group >> 20 < mb))
		mb = group >> 20;
	if (mb < 0)
		return;
	if (mb >= need) {
		found(f, DOCTOR_OK, "%ld MB available, %ld needed%s", mb, need,
		      own_pages ? " by this configuration" : " by cpx demo");
		return;
	}
	found(f, DOCTOR_BLOCKED, "%ld MB available, %ld needed", mb, need);
	why(f, "packet buffers and route tables are taken at start, whole");
	fix(f, "free memory, raise the container's limit%s",
	    own_pages ? ", or lower tables.* and memory.buffers" : "");
	blocks(f, own_pages ? BLOCKS_RUN : BLOCKS_DEMO);
}

/* Really take one page: the count alone does not say that a container lets us. */
static bool page_works(void)
{
	void *p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, PAGE_BYTES);
	return true;
}

/* "node 0: 512 free, node 1: 0 free", where there are several nodes. */
static void per_node(const struct doctor *d, char *out, size_t room)
{
	size_t n = 0;

	out[0] = '\0';
	for (int node = 0; d->topo.n_nodes > 1 && node < 64 && n < room; node++) {
		long pages = file_number(-1, NODE_HUGE "free_hugepages", node);

		if (pages >= 0)
			n += (size_t)snprintf(out + n, room - n, "%snode %d: %ld", n ? ", " : " (",
					      node, pages);
	}
	if (n > 0 && n < room)
		snprintf(out + n, room - n, ")");
}

void check_hugepages(const struct doctor *d, struct finding *f)
{
	long have = file_number(-1, HUGE "free_hugepages");
	long total = file_number(0, HUGE "nr_hugepages");
	bool wanted = d->config && d->config->hugepages;
	long mb = wanted ? needed_mb(d) : 0, need = wanted ? (mb + 1) / 2 : 256;
	char nodes[128];

	if (d->config && !wanted) {
		found(f, DOCTOR_NOTE, "not used by this configuration");
		why(f, "without them a packet costs several times the cycles (memory.hugepages)");
		return;
	}
	why(f, "packet buffers on 4 KiB pages cost several times the cycles; a board with "
	       "memory.hugepages: true does not start without");
	if (wanted && mb == 0) {
		found(f, DOCTOR_NOTE, "%ld free pages of 2 MiB; how many are needed is not known",
		      have);
		fix(f, "%s -c %s --memory   says why it cannot be computed", d->run_program,
		    d->file);
		return;
	}
	if (have < 0) {
		found(f, DOCTOR_NOTE, "this kernel has none of 2 MiB");
		fix(f, "put `memory: {hugepages: false}` in the configuration");
		blocks(f, wanted ? BLOCKS_HUGEPAGES | BLOCKS_RUN : BLOCKS_HUGEPAGES);
		return;
	}
	per_node(d, nodes, sizeof(nodes));
	if (have >= need && page_works()) {
		found(f, DOCTOR_OK, "%ld free pages of 2 MiB%s, %ld needed%s", have, nodes, need,
		      wanted ? " by this configuration" : " by a small board");
		return;
	}
	if (have >= need) {
		found(f, DOCTOR_WARN, "%ld free pages of 2 MiB, but none may be mapped: %s", have,
		      strerror(errno));
		fix(f, "raise the hugetlb limit of this container (hugetlb.2MB.max)");
		blocks(f, wanted ? BLOCKS_HUGEPAGES | BLOCKS_RUN : BLOCKS_HUGEPAGES);
		return;
	}
	found(f, wanted ? DOCTOR_WARN : DOCTOR_NOTE, "%ld free pages of 2 MiB%s, %ld needed%s",
	      have, nodes, need, wanted ? " by this configuration" : " by a small board");
	fix(f, "echo %ld | %stee " HUGE "nr_hugepages", total + need - have, as_root(d));
	if (wanted)
		blocks(f, BLOCKS_HUGEPAGES | BLOCKS_RUN);
}

void check_memlock(const struct doctor *d, struct finding *f)
{
	enum { CAP_IPC_LOCK_BIT = 14, ENOUGH_MB = 64 };
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY || (capabilities() >> CAP_IPC_LOCK_BIT & 1)) {
		found(f, DOCTOR_OK, "no limit for this user");
		return;
	}
	if (limit.rlim_cur >> 20 >= ENOUGH_MB) {
		found(f, DOCTOR_OK, "%llu MB may be locked",
		      (unsigned long long)limit.rlim_cur >> 20);
		return;
	}
	found(f, DOCTOR_NOTE, "%llu KB may be locked", (unsigned long long)limit.rlim_cur >> 10);
	why(f, "net_af_xdp locks the packet buffers it shares with the kernel");
	fix(f,
	    "%ssetcap cap_ipc_lock+ep PROGRAM, LimitMEMLOCK=infinity in the systemd unit, or "
	    "`ulimit -l unlimited` as root",
	    as_root(d));
	if (uses_driver(d, "net_af_xdp"))
		blocks(f, BLOCKS_AF_XDP | BLOCKS_RUN);
}
