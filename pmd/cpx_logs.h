/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines of the driver, type pmd.net.cpx.driver, from NOTICE up unless --log-level says more.
 * Control paths only, never a burst function. A line names the port it is about.
 */
#ifndef CPX_PMD_CPX_LOGS_H
#define CPX_PMD_CPX_LOGS_H

#include <rte_log.h>

extern int cpx_logtype_driver;

#define PMD_DRV_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, cpx_logtype_driver, "net_cpx: " fmt "\n", ##__VA_ARGS__)

#endif
