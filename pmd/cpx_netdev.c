/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet and net_af_xdp of DPDK 22.11 say "link up" from start to stop, also when their
 * interface is set down, loses its peer or is deleted, and raise no event. So cpx_dev.c asks the
 * kernel itself when it refreshes the link: two ioctls, a few times a second.
 */
#include "pmd/cpx_netdev.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool cpx_netdev_unwatched(const char *driver)
{
	return strcmp(driver, "net_af_packet") == 0 || strcmp(driver, "net_af_xdp") == 0;
}

bool cpx_netdev_up(unsigned index)
{
	const short wanted = IFF_UP | IFF_RUNNING;
	struct ifreq ifr = { .ifr_ifindex = (int)index };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	if (s < 0)
		return true;
	up = ioctl(s, SIOCGIFNAME, &ifr) == 0 && ioctl(s, SIOCGIFFLAGS, &ifr) == 0 &&
	     (ifr.ifr_flags & wanted) == wanted;
	close(s);
	return up;
}
