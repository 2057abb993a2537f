/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A module as an EEPROM file, the way Linux drivers like optoe show it: lower memory at 0..127,
 * then pages of 128 bytes, 256 pages a bank; the driver selects bank and page for each access. So a
 * write of bytes 126-127 is kept here, and says where the next access to 128..255 goes.
 *
 * A system call lasts as long as the driver takes for it; nothing here can shorten that.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_EEPROM_H
#define CPX_LIB_CMIS_TRANSPORT_EEPROM_H

#include "lib/base/err.h"
#include "lib/cmis/cmis.h"

struct cmis_eeprom;

/* Opens path with each need, so the file may come and go with the module. page_stride: pages a bank
 * in the driver's map; 0: 256. 0, -EINVAL (err says), -ENOMEM. */
int cmis_eeprom_create(struct cmis_eeprom **e, const char *path, unsigned page_stride,
		       struct err *err);
void cmis_eeprom_destroy(struct cmis_eeprom *e);

/* Valid as long as the file is. -EREMOTEIO where the driver says EIO, ENXIO, EAGAIN, ETIMEDOUT or
 * reads short; -ENODEV where there is no file or no device; -EROFS where it may only be read, which
 * then still selects pages; -EACCES and so on as they are. */
struct cmis_transport cmis_eeprom_transport(struct cmis_eeprom *e);

#endif
