/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transactions of the manager. Bank and page go out in one write before each access, and 126-127
 * are read back: before a write, so that it never lands elsewhere; after a read, so that what was
 * read is of the page that was meant. A page that does not hold is tried again, three times.
 */
#include <errno.h>

#include "lib/cmis/manager/private.h"

#define TRIES  3
#define SELECT 126

static int count(struct cmis_manager *m, int ret)
{
	if (ret > 0)
		ret = -EIO;
	if (ret == -EREMOTEIO)
		m->seen.counters.nacks++;
	else if (ret < 0 && ret != -ENODEV)
		m->seen.counters.link_errors++;
	if (m->left > 0)
		m->left--;
	if (ret == -EAGAIN) /* a transport's word for "not now"; here it means something else */
		ret = -EIO;
	return ret;
}

static int get(struct cmis_manager *m, uint8_t addr, uint8_t *bytes, unsigned len)
{
	m->seen.counters.reads++;
	return count(m, m->set.bus.read(m->set.bus.module, addr, bytes, len));
}

static int put(struct cmis_manager *m, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	m->seen.counters.writes++;
	return count(m, m->set.bus.write(m->set.bus.module, addr, bytes, len));
}

int bus_lower(struct cmis_manager *m, uint8_t addr, uint8_t *bytes, unsigned len)
{
	return m->left < 1 ? -EAGAIN : get(m, addr, bytes, len);
}

int bus_write_lower(struct cmis_manager *m, uint8_t addr, uint8_t value)
{
	return m->left < 1 ? -EAGAIN : put(m, addr, &value, 1);
}

static int select_page(struct cmis_manager *m, unsigned bank, unsigned page)
{
	const uint8_t to[2] = { (uint8_t)bank, (uint8_t)page };

	return put(m, SELECT, to, 2);
}

/* 0, 1 where another page is selected, or an error. Pages below 10h may ignore the bank. */
static int selected(struct cmis_manager *m, unsigned bank, unsigned page)
{
	uint8_t is[2];
	int ret = get(m, SELECT, is, 2);

	if (ret != 0)
		return ret;
	if (is[1] == page && (is[0] == bank || !cmis_page_is_banked(page)))
		return 0;
	m->seen.counters.pages_lost++;
	return 1;
}

int bus_read(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t addr, uint8_t *bytes,
	     unsigned len)
{
	int ret = -EBADE;

	if (m->left < 3 * TRIES)
		return -EAGAIN;
	for (unsigned i = 0; i < TRIES; i++) {
		ret = select_page(m, bank, page);
		if (ret == 0)
			ret = get(m, addr, bytes, len);
		if (ret == 0)
			ret = selected(m, bank, page);
		if (ret <= 0)
			return ret;
	}
	return -EBADE;
}

int bus_write(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t addr,
	      const uint8_t *bytes, unsigned len)
{
	int ret;

	if (m->left < 3 * TRIES)
		return -EAGAIN;
	for (unsigned i = 0; i < TRIES; i++) {
		ret = select_page(m, bank, page);
		if (ret == 0)
			ret = selected(m, bank, page);
		if (ret == 0)
			return put(m, addr, bytes, len);
		if (ret < 0)
			return ret;
	}
	return -EBADE;
}

bool bus_allows(struct cmis_manager *m, unsigned transactions)
{
	uint64_t rate = m->set.monitor_rate,
		 earned = (m->now - m->tokens_ns) / 1000 * rate / 1000000;

	if (earned > 0) {
		m->tokens = m->tokens + earned > rate ? rate : m->tokens + earned;
		m->tokens_ns = m->now;
	}
	m->limited |= m->tokens < transactions;
	if (m->tokens < transactions)
		return false;
	m->tokens -= transactions;
	return true;
}
