/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/ctl/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/netns.h"

#define TUN_FILE    "/dev/net/tun"
#define OFFLOAD_UDP 0x60 /* TUN_F_USO4, TUN_F_USO6: newer than Debian 12's headers */

static int open_tun(void *arg)
{
	const int fd = open(TUN_FILE, O_RDWR | O_CLOEXEC);

	(void)arg;
	return fd < 0 ? -errno : fd;
}

static int explain_open(int code, const char *name, struct err *err)
{
	switch (code) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return err_set(err, -ENOENT,
			       "twin %s: this machine has no %s; load the driver with `modprobe "
			       "tun`, in a container add the device, or write `host: {twins: "
			       "false}`",
			       name, TUN_FILE);
	case -EPERM:
	case -EACCES:
		return err_set(err, -EPERM,
			       "twin %s: may not open %s in that namespace; run cpx as root, or "
			       "with CAP_NET_ADMIN and, for `host: netns`, CAP_SYS_ADMIN",
			       name, TUN_FILE);
	default:
		return err_set(err, code, "twin %s: cannot open %s (%s)", name, TUN_FILE,
			       strerror(-code));
	}
}

static int explain_make(int code, const char *name, struct err *err)
{
	switch (code) {
	case -EPERM:
		return err_set(err, code,
			       "twin %s: the kernel refuses a TAP interface: CAP_NET_ADMIN is "
			       "missing; run cpx as root, or `setcap cap_net_admin+ep` its "
			       "executable",
			       name);
	case -EBUSY:
		return err_set(
			err, code,
			"twin %s: another interface of that namespace has the name; rename "
			"the port or that interface, or let the twins live in a namespace of "
			"their own (`host: {netns: NAME}`)",
			name);
	default:
		return err_set(err, code, "twin %s: the kernel makes no TAP interface (%s)", name,
			       strerror(-code));
	}
}

/* The kernel may leave checksums and the cutting of TCP to us, and where it can (6.2) of UDP. */
static int offer(int fd)
{
	const unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (ioctl(fd, TUNSETOFFLOAD, tcp | OFFLOAD_UDP) == 0 || ioctl(fd, TUNSETOFFLOAD, tcp) == 0)
		return 0;
	return -errno;
}

int tap_open(int *out, int ns, const char *name, struct err *err)
{
	/* EXCL: never join a TAP interface that somebody else has left there */
	struct ifreq request = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
						      IFF_TUN_EXCL) };
	const int fd = netns_run(ns, open_tun, NULL);
	int ret;

	if (fd < 0)
		return explain_open(fd, name, err);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ret = ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
	if (!ret)
		ret = offer(fd);
	if (!ret)
		ret = tap_set_carrier(fd, false);
	if (ret) {
		close(fd);
		return explain_make(ret, name, err);
	}
	*out = fd;
	return 0;
}

bool tap_is_there(int fd)
{
	struct ifreq ifr;

	return ioctl(fd, TUNGETIFF, &ifr) == 0;
}

int tap_set_carrier(int fd, bool up)
{
	int value = up;

	return ioctl(fd, TUNSETCARRIER, &value) < 0 ? -errno : 0;
}
