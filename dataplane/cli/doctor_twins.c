/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about the twins of ports in the kernel (`host: {twins: true}`). */
#include <unistd.h>

#include "dataplane/cli/doctor.h"
#include "lib/base/netns.h"

#define TUN_FILE "/dev/net/tun"

enum { CAP_NET_ADMIN_BIT = 12, CAP_SYS_ADMIN_BIT = 21 };

static bool has(unsigned bit)
{
	return capabilities() >> bit & 1;
}

void check_twins(const struct doctor *d, struct finding *f)
{
	const char *netns = d->config ? d->config->host_netns : "";
	struct err err = { "" };
	int ns;

	if (!d->config || !d->config->host_twins)
		return;
	why(f, "each port has an interface of its name there, for what is addressed to this host");
	if (access(TUN_FILE, R_OK | W_OK) != 0) {
		found(f, DOCTOR_BLOCKED, "%s is not there, or not for this user", TUN_FILE);
		fix(f, "%smodprobe tun; in a container add the device %s", as_root(d), TUN_FILE);
		blocks(f, BLOCKS_RUN);
		return;
	}
	if (!has(CAP_NET_ADMIN_BIT) || (netns[0] && !has(CAP_SYS_ADMIN_BIT))) {
		found(f, DOCTOR_BLOCKED, "lacks%s%s",
		      has(CAP_NET_ADMIN_BIT) ? "" : " CAP_NET_ADMIN",
		      !netns[0] || has(CAP_SYS_ADMIN_BIT) ? "" : " CAP_SYS_ADMIN");
		fix(f, "%ssetcap cap_net_admin%s+ep %s, or run it as root", as_root(d),
		    netns[0] ? ",cap_sys_admin" : "", d->run_program);
		blocks(f, BLOCKS_RUN);
		return;
	}
	if (netns[0] && netns_open(&ns, netns, &err) != 0) {
		found(f, DOCTOR_BLOCKED, "there is no network namespace %.108s", netns);
		fix(f, "%sip netns add %.108s", as_root(d), netns[0] == '/' ? "NAME" : netns);
		blocks(f, BLOCKS_RUN);
		return;
	}
	if (netns[0])
		close(ns);
	found(f, DOCTOR_OK, "%s%.108s",
	      netns[0] ? "may be made in network namespace " : "may be made", netns);
}
