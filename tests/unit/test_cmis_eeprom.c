/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/transport/eeprom.c: pages and banks of a file. The file is an emulated engine's memory,
 * written down.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cmis/transport/eeprom.h"
#include "tests/unit/cmis_managed.h"

struct file {
	char path[32];
	int fd;
	struct cmis_eeprom *eeprom;
	struct cmis_transport bus;
};

static void start(struct file *f, unsigned stride)
{
	strcpy(f->path, "/tmp/eeprom-XXXXXX");
	f->fd = mkstemp(f->path);
	cr_assert_geq(f->fd, 0);
	cr_assert_eq(cmis_eeprom_create(&f->eeprom, f->path, stride, NULL), 0);
	f->bus = cmis_eeprom_transport(f->eeprom);
}

static void end(struct file *f)
{
	cmis_eeprom_destroy(f->eeprom);
	close(f->fd);
	unlink(f->path);
}

static void put(struct file *f, unsigned at, uint8_t byte)
{
	cr_assert_eq(pwrite(f->fd, &byte, 1, at), 1);
}

Test(eeprom, places)
{
	struct file f;
	uint8_t bytes[4], select[2] = { 3, 0x11 };

	start(&f, 0);
	cr_assert_eq(ftruncate(f.fd, 8 * 256 * 128 + 128), 0);
	put(&f, 14, 0x30);
	put(&f, 128, 0x80);
	put(&f, (3 * 256 + 0x11) * 128 + 130, 0x44);
	cr_expect_eq(f.bus.read(f.bus.module, 14, bytes, 1), 0);
	cr_expect_eq(bytes[0], 0x30);
	cr_expect_eq(f.bus.read(f.bus.module, 128, bytes, 1), 0);
	cr_expect_eq(bytes[0], 0x80, "page 00h");
	cr_expect_eq(f.bus.write(f.bus.module, 126, select, 2), 0);
	cr_expect_eq(f.bus.read(f.bus.module, 130, bytes, 1), 0);
	cr_expect_eq(bytes[0], 0x44);
	cr_expect_eq(f.bus.read(f.bus.module, 124, bytes, 4), 0);
	cr_expect_arr_eq(bytes, ((uint8_t[]){ 0, 0, 3, 0x11 }), 4, "as selected");
	bytes[0] = 0x77;
	cr_expect_eq(f.bus.write(f.bus.module, 255, bytes, 1), 0);
	cr_expect_eq(pread(f.fd, bytes, 1, (3 * 256 + 0x11) * 128 + 255), 1);
	cr_expect_eq(bytes[0], 0x77);
	cr_expect_eq(f.bus.read(f.bus.module, 126, bytes, 4), -EREMOTEIO, "crosses 127");
	cr_expect_eq(f.bus.read(f.bus.module, 255, bytes, 2), -EREMOTEIO);
	end(&f);
}

Test(eeprom, narrow_banks)
{
	struct file f;
	uint8_t byte, select[2] = { 1, 0x10 };

	start(&f, 240);
	put(&f, (240 + 0x10) * 128 + 128, 0x55);
	f.bus.write(f.bus.module, 126, select, 2);
	cr_expect_eq(f.bus.read(f.bus.module, 128, &byte, 1), 0);
	cr_expect_eq(byte, 0x55);
	cr_expect_eq(f.bus.read(f.bus.module, 200, &byte, 1), -EREMOTEIO, "the file ends before");
	end(&f);
}

Test(eeprom, comes_and_goes)
{
	struct cmis_eeprom *other;
	struct file f;
	uint8_t byte;

	start(&f, 0);
	unlink(f.path);
	cr_expect_eq(f.bus.read(f.bus.module, 0, &byte, 1), -ENODEV);
	close(f.fd);
	f.fd = open(f.path, O_RDWR | O_CREAT, 0600);
	put(&f, 0, 0x19);
	cr_expect_eq(f.bus.read(f.bus.module, 0, &byte, 1), 0);
	cr_expect_eq(byte, 0x19);
	cr_expect_eq(cmis_eeprom_create(&other, f.path, 8, NULL), -EINVAL);
	end(&f);
}

/* Many drivers let nobody write. It is read all the same, by any page. */
Test(eeprom, only_read)
{
	const uint8_t select[2] = { 1, 0x11 };
	struct file f;
	uint8_t byte = 0x44;

	start(&f, 0);
	put(&f, (256 + 0x11) * 128 + 130, 0x44);
	cr_assert_eq(fchmod(f.fd, 0444), 0);
	if (geteuid() == 0) /* whom modes do not stop */
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(f.bus.write(f.bus.module, 126, select, 2), 0);
	cr_expect_eq(f.bus.read(f.bus.module, 130, &byte, 1), 0);
	cr_expect_eq(byte, 0x44);
	cr_expect_eq(f.bus.write(f.bus.module, 130, &byte, 1), -EROFS);
	cr_expect_eq(f.bus.read(f.bus.module, 130, &byte, 1), 0, "and again");
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	end(&f);
}

/* The manager knows a module by its file. */
Test(eeprom, identified)
{
	struct cmis_manager_settings set = { .monitor_ns = 0 };
	struct host h = host_start("oif-3.2t");
	uint8_t half[CMIS_HALF];
	struct managed g = { .host = h };
	struct file f;

	start(&f, 0);
	cr_assert_eq(ftruncate(f.fd, 8 * 256 * 128 + 128), 0);
	host_page(&h, 0, CMIS_LOWER, half);
	cr_assert_eq(pwrite(f.fd, half, CMIS_HALF, 0), CMIS_HALF);
	for (unsigned page = 0; page < 3; page++) {
		host_page(&h, 0, page, half);
		cr_assert_eq(pwrite(f.fd, half, CMIS_HALF, page * 128 + 128), CMIS_HALF);
	}
	managed_settings(&g, &set);
	set.bus = f.bus;
	cr_assert_eq(cmis_manager_create(&g.manager, &set), 0);
	managed_run(&g, 1000);
	cr_expect_str_eq(managed_seen(&g)->part, "OIF-3.2T-DR8");
	cr_expect_eq(managed_seen(&g)->support.banks, 4);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_POWER_UP, "a file powers nothing up");
	managed_end(&g);
	end(&f);
}
