/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time that stands still: preloaded, CLOCK_MONOTONIC does not go on as long as the file $CPX_STILL
 * is there. An emulated engine's monitors move ten times a second; with this, several readers see
 * the same values.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static struct timespec at;
	static bool still;
	const char *file = getenv("CPX_STILL");
	int ret = ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(clock, t);

	if (clock != CLOCK_MONOTONIC || ret != 0)
		return ret;
	if (file == NULL || access(file, F_OK) != 0) {
		still = false;
		return 0;
	}
	if (!still)
		at = *t;
	still = true;
	*t = at;
	return 0;
}
