/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/gen/capture.c: the captures of tests/captures, every truncation of small files at a guard
 * page, both byte orders, every wrong length.
 */
#include "bench/gen/capture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/guard.h"

static uint8_t file[4096];
static size_t size;
static bool swapped;

static void put16(uint16_t v)
{
	v = swapped ? __builtin_bswap16(v) : v;
	memcpy(file + size, &v, 2);
	size += 2;
}

static void put32(uint32_t v)
{
	v = swapped ? __builtin_bswap32(v) : v;
	memcpy(file + size, &v, 4);
	size += 4;
}

static void put(const void *p, size_t len)
{
	memcpy(file + size, p, len);
	size += len;
}

static void start_pcap(uint32_t magic, uint32_t link)
{
	size = 0;
	put32(magic);
	put32(0x00040002);
	put32(0);
	put32(0);
	put32(65535);
	put32(link);
}

static void pcap_packet(const char *text, uint32_t original)
{
	put32(1);
	put32(2);
	put32((uint32_t)strlen(text));
	put32(original);
	put(text, strlen(text));
}

static void section(void)
{
	put32(0x0a0d0d0a);
	put32(28);
	put32(0x1a2b3c4d);
	put16(1);
	put16(0);
	put32(0xffffffff);
	put32(0xffffffff);
	put32(28);
}

static void interface(uint16_t link, uint32_t snap)
{
	put32(1);
	put32(20);
	put16(link);
	put16(0);
	put32(snap);
	put32(20);
}

static void enhanced(uint32_t where, const char *text)
{
	uint32_t len = (uint32_t)strlen(text), padded = (len + 3) & ~3u;

	put32(6);
	put32(32 + padded);
	put32(where);
	put32(0);
	put32(0);
	put32(len);
	put32(len);
	put("\0\0\0", 0);
	memset(file + size, 0, padded);
	memcpy(file + size, text, len);
	size += padded;
	put32(32 + padded);
}

static void simple(uint32_t original, const char *text)
{
	uint32_t padded = ((uint32_t)strlen(text) + 3) & ~3u;

	put32(3);
	put32(16 + padded);
	put32(original);
	memset(file + size, 0, padded);
	memcpy(file + size, text, strlen(text));
	size += padded;
	put32(16 + padded);
}

/* Reads all; the number of packets or the error. Texts of the packets are strung together. */
static int read_all(const void *data, size_t len, char *texts)
{
	struct capture c;
	struct capture_packet p;
	struct err err = { "" };
	int n = 0, ret = capture_open(&c, data, len, &err);

	if (texts)
		*texts = '\0';
	while (!ret && (ret = capture_next(&c, &p, &err)) > 0) {
		if (texts)
			strncat(texts, (const char *)p.data, p.len);
		n++;
		ret = 0;
	}
	cr_assert_eq(ret < 0, err.text[0] != '\0');
	return ret < 0 ? ret : n;
}

Test(capture, classic_in_both_orders_and_resolutions)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
	char texts[64];

	for (unsigned i = 0; i < 4; i++) {
		swapped = i & 1;
		start_pcap(magics[i / 2], CAPTURE_ETHERNET);
		pcap_packet("one", 3);
		pcap_packet("", 0);
		pcap_packet("three", 1500);
		cr_expect_eq(read_all(guard_copy(file, size), size, texts), 3);
		cr_expect_str_eq(texts, "onethree");
	}
}

Test(capture, cut_packets_say_so)
{
	struct capture c;
	struct capture_packet p;

	start_pcap(0xa1b2c3d4, CAPTURE_ETHERNET);
	pcap_packet("abc", 1500);
	cr_assert_eq(capture_open(&c, file, size, NULL), 0);
	cr_assert_eq(capture_next(&c, &p, NULL), 1);
	cr_expect_eq(p.len, 3);
	cr_expect_eq(p.original, 1500);
}

Test(capture, next_generation_in_both_orders)
{
	char texts[64];

	for (unsigned i = 0; i < 2; i++) {
		swapped = i;
		size = 0;
		section();
		interface(CAPTURE_ETHERNET, 0);
		interface(CAPTURE_ETHERNET, 4);
		enhanced(0, "one");
		put32(0x12345678); /* a block nobody knows */
		put32(16);
		put32(0);
		put32(16);
		enhanced(1, "two");
		simple(5, "three");
		swapped = !swapped; /* another section, other order, interfaces anew */
		section();
		interface(CAPTURE_ETHERNET, 3);
		simple(1500, "fou");
		cr_expect_eq(read_all(guard_copy(file, size), size, texts), 4);
		cr_expect_str_eq(texts, "onetwothreefou");
	}
}

Test(capture, every_truncation_of_classic)
{
	start_pcap(0xa1b2c3d4, CAPTURE_ETHERNET);
	size_t first = size;

	pcap_packet("abc", 3);
	size_t second = size;

	pcap_packet("defg", 4);
	for (size_t len = 0; len < size; len++) {
		int want = len < 24 ? -EINVAL : len == first ? 0 : len == second ? 1 : -EBADMSG;

		cr_assert_eq(read_all(guard_copy(file, len), len, NULL), want, "length %zu", len);
	}
}

Test(capture, every_truncation_of_next_generation)
{
	section();
	size_t whole[4] = { 0, size };

	interface(CAPTURE_ETHERNET, 0);
	whole[2] = size;
	enhanced(0, "abc");
	whole[3] = size;
	simple(4, "defg");
	for (size_t len = 4; len < size; len++) {
		int want = len == whole[1] || len == whole[2] ? 0 : len == whole[3] ? 1 : -EBADMSG;

		cr_assert_eq(read_all(guard_copy(file, len), len, NULL), want, "length %zu", len);
	}
}

/* Each 32-bit word of a good file replaced by values that break sums: an error or fewer packets,
 * never a read past the end. */
Test(capture, wild_words)
{
	static const uint32_t wild[] = { 0,          1,          3,          8,          11,
					 12,         13,         27,         0x7fffffff, 0x80000000,
					 0xfffffff0, 0xfffffffc, 0xfffffffe, 0xffffffff };

	for (unsigned ng = 0; ng < 2; ng++) {
		if (ng) {
			size = 0;
			section();
			interface(CAPTURE_ETHERNET, 96);
			enhanced(0, "abc");
			simple(4, "defg");
		} else {
			start_pcap(0xa1b2c3d4, CAPTURE_ETHERNET);
			pcap_packet("abcd", 4);
			pcap_packet("efgh", 4);
		}
		for (size_t at = 0; at + 4 <= size; at += 4) {
			for (unsigned i = 0; i < sizeof(wild) / 4; i++) {
				uint8_t changed[sizeof(file)];

				memcpy(changed, file, size);
				memcpy(changed + at, &wild[i], 4);
				cr_assert_leq(read_all(guard_copy(changed, size), size, NULL), 2);
			}
		}
	}
}

Test(capture, refusals_name_the_reason)
{
	struct capture c;
	struct capture_packet p;
	struct err err;

	cr_expect_eq(capture_open(&c, "hello world", 11, &err), -EINVAL);
	cr_expect(strstr(err.text, "pcapng"));
	start_pcap(0xa1b2c3d4, 113);
	cr_expect_eq(capture_open(&c, file, size, &err), -EINVAL);
	cr_expect(strstr(err.text, "113"), "the link type: %s", err.text);
	size = 0;
	section();
	interface(101, 0);
	enhanced(0, "abc");
	cr_expect_eq(capture_open(&c, file, size, &err), 0);
	cr_expect_eq(capture_next(&c, &p, &err), -EINVAL);
	size = 0;
	section();
	enhanced(0, "abc");
	cr_expect_eq(capture_open(&c, file, size, &err), 0);
	cr_expect_eq(capture_next(&c, &p, &err), -EBADMSG);
	cr_expect(strstr(err.text, "interface"));
	cr_expect_eq(capture_next(&c, &p, &err), -EBADMSG, "and again");
}

static int count_file(const char *name)
{
	char path[512];
	uint8_t *data = malloc(1 << 20);
	FILE *f;
	size_t len;
	int n;

	snprintf(path, sizeof(path), "%s/tests/captures/%s", getenv("SRC") ? getenv("SRC") : ".",
		 name);
	f = fopen(path, "rb");
	cr_assert(f, "%s", path);
	len = fread(data, 1, 1 << 20, f);
	fclose(f);
	n = read_all(data, len, NULL);
	free(data);
	return n;
}

/* As many as capinfos counts. */
Test(capture, files_of_the_tree)
{
	cr_expect_eq(count_file("lan.pcap"), 117);
	cr_expect_eq(count_file("odd.pcapng"), 88);
}
