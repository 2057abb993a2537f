/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_netdev.c: an interface that is there and up, down, or not there, in a namespace of its
 * own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pmd/cpx_netdev.h"

static void set_up(const char *name, bool up)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, name);
	cr_assert_eq(ioctl(s, SIOCGIFFLAGS, &ifr), 0);
	if (up)
		ifr.ifr_flags |= IFF_UP;
	else
		ifr.ifr_flags &= ~IFF_UP;
	cr_assert_eq(ioctl(s, SIOCSIFFLAGS, &ifr), 0);
	close(s);
}

Test(netdev, follows_the_interface)
{
	unsigned lo;

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: %s", strerror(errno));
	lo = if_nametoindex("lo");
	cr_assert_neq(lo, 0);
	cr_assert(!cpx_netdev_up(lo), "a new namespace's lo is down");
	set_up("lo", true);
	cr_assert(cpx_netdev_up(lo));
	set_up("lo", false);
	cr_assert(!cpx_netdev_up(lo));
}

Test(netdev, no_such_interface_is_not_up)
{
	cr_assert(!cpx_netdev_up(1u << 30));
}

Test(netdev, knows_the_drivers_that_do_not_watch)
{
	cr_assert(cpx_netdev_unwatched("net_af_packet"));
	cr_assert(cpx_netdev_unwatched("net_af_xdp"));
	cr_assert(!cpx_netdev_unwatched("net_tap"));
	cr_assert(!cpx_netdev_unwatched("mlx5_pci"));
}

Test(netdev, knows_names_and_what_is_gone)
{
	char name[IF_NAMESIZE];
	unsigned lo;

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
		cr_skip_test("no network namespace to be had: %s", strerror(errno));
	lo = if_nametoindex("lo");
	cr_assert(cpx_netdev_name(lo, name));
	cr_assert_str_eq(name, "lo");
	cr_assert(!cpx_netdev_vanished(lo));
	cr_assert(!cpx_netdev_name(1u << 30, name));
	cr_assert_str_empty(name);
	cr_assert(cpx_netdev_vanished(1u << 30));
	cr_assert(!cpx_netdev_ready("lo"), "a new namespace's lo is down");
	set_up("lo", true);
	cr_assert(cpx_netdev_ready("lo"));
	cr_assert(!cpx_netdev_ready("no-such"));
}
