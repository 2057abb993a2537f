/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A module in a network interface, as the kernel shows it to ethtool: pages of its memory by
 * netlink (ETHTOOL_MSG_MODULE_EEPROM_GET, Linux 5.13), read by whatever driver the interface has.
 *
 * It only reads. The kernel selects bank and page for each access, so a write of bytes 126-127 is
 * kept here, as in eeprom.h, and says where the next access to 128..255 goes; any other write is
 * -EROFS. That is no "not acknowledged", since trying again is of no use: who shows and dumps needs
 * no such write, and a manager finds out at its first one, gives that as its reason, and leaves the
 * module, its lanes included, as it is.
 *
 * A driver reads its module inside of our system call: it lasts as long as that takes.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_ETHTOOL_H
#define CPX_LIB_CMIS_TRANSPORT_ETHTOOL_H

#include "lib/base/err.h"
#include "lib/cmis/cmis.h"

struct cmis_ethtool;

/* iface: its name, or another that ip link gives it; it may come and go. timeout_ms: of an answer;
 * 0: 1000. 0, -EINVAL, -ENOMEM, -EOPNOTSUPP: this kernel has no ethtool netlink, -EIO (err says).
 */
int cmis_ethtool_create(struct cmis_ethtool **e, const char *iface, unsigned timeout_ms,
			struct err *err);
void cmis_ethtool_destroy(struct cmis_ethtool *e);

/*
 * Valid as long as the object. -EREMOTEIO: the driver refused, which has as many codes as there are
 * drivers: no such page, busy, no module; -ENODEV: no such interface; -EPERM: this takes
 * CAP_NET_ADMIN; -EOPNOTSUPP: its driver cannot do this; -EROFS, -ETIMEDOUT, -EPROTO, -EIO.
 */
struct cmis_transport cmis_ethtool_transport(struct cmis_ethtool *e);
/* Of the last transaction that failed: cause and remedy; who prints it names the interface. */
const char *cmis_ethtool_complaint(const struct cmis_ethtool *e);

#endif
