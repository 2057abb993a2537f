/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-wire transactions as reads and writes at offsets of a file.
 */
#include "lib/cmis/transport/eeprom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HALF   128
#define SELECT 126
#define STRIDE 256

struct cmis_eeprom {
	char *path;
	unsigned stride;
	int fd;            /* -1: not open */
	uint8_t select[2]; /* bank, page */
};

static void shut(struct cmis_eeprom *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

static int meaning(struct cmis_eeprom *e, int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENOTDIR:
		shut(e);
		return -ENODEV;
	case EIO:
	case ENXIO:
	case EAGAIN:
	case EREMOTEIO:
	case ETIMEDOUT:
	case EINTR:
		return -EREMOTEIO;
	case EBADF: /* opened for reading */
		return -EROFS;
	default:
		shut(e);
		return -error;
	}
}

static int ready(struct cmis_eeprom *e, uint8_t addr, unsigned len)
{
	if (len == 0 || (addr < HALF ? addr + len > HALF : addr + len > 2 * HALF))
		return -EREMOTEIO;
	if (e->fd < 0)
		e->fd = open(e->path, O_RDWR | O_CLOEXEC);
	if (e->fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		e->fd = open(e->path, O_RDONLY | O_CLOEXEC);
	return e->fd >= 0 ? 0 : meaning(e, errno);
}

static off_t offset(const struct cmis_eeprom *e, uint8_t addr)
{
	off_t page = (off_t)e->select[0] * e->stride + e->select[1];

	return addr < HALF ? addr : page * HALF + addr;
}

static int eeprom_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct cmis_eeprom *e = module;
	int ret = ready(e, addr, len);
	ssize_t n;

	if (ret != 0)
		return ret;
	n = pread(e->fd, bytes, len, offset(e, addr));
	if (n < 0)
		return meaning(e, errno);
	if ((unsigned)n != len)
		return -EREMOTEIO;
	/* what the driver selected for its own sake is not what this host selected */
	for (unsigned i = 0; i < len; i++)
		if (addr + i == SELECT || addr + i == SELECT + 1)
			bytes[i] = e->select[addr + i - SELECT];
	return 0;
}

static int eeprom_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct cmis_eeprom *e = module;
	int ret = ready(e, addr, len);
	unsigned below = len;
	ssize_t n;

	if (ret != 0)
		return ret;
	if (addr < HALF && addr + len > SELECT)
		below = addr < SELECT ? (unsigned)(SELECT - addr) : 0;
	if (below > 0) {
		n = pwrite(e->fd, bytes, below, offset(e, addr));
		if (n < 0)
			return meaning(e, errno);
		if ((unsigned)n != below)
			return -EREMOTEIO;
	}
	for (unsigned i = below; i < len; i++)
		e->select[addr + i - SELECT] = bytes[i];
	return 0;
}

struct cmis_transport cmis_eeprom_transport(struct cmis_eeprom *e)
{
	return (struct cmis_transport){ eeprom_read, eeprom_write, e };
}

int cmis_eeprom_create(struct cmis_eeprom **out, const char *path, unsigned page_stride,
		       struct err *err)
{
	struct cmis_eeprom *e;

	if (page_stride != 0 && (page_stride < 0xB0 || page_stride > STRIDE))
		return err_set(err, -EINVAL, "%s: %u pages a bank: a driver has 176 to 256", path,
			       page_stride);
	e = calloc(1, sizeof(*e));
	if (e != NULL)
		e->path = strdup(path);
	if (e == NULL || e->path == NULL) {
		free(e);
		return err_set(err, -ENOMEM, "%s: no memory for a transport", path);
	}
	e->stride = page_stride ? page_stride : STRIDE;
	e->fd = -1;
	*out = e;
	return 0;
}

void cmis_eeprom_destroy(struct cmis_eeprom *e)
{
	if (e == NULL)
		return;
	shut(e);
	free(e->path);
	free(e);
}
