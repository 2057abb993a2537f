/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program tells its operator, on stderr, one line a call. Only verbs and dataplane/ctl log;
 * libraries, the driver's burst path and workers never do. Under systemd (JOURNAL_STREAM set) each
 * line starts with the <N> priority; on a terminal the level is coloured unless NO_COLOR is set.
 */
#ifndef CPX_LIB_BASE_LOG_H
#define CPX_LIB_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped. Set before threads start. Default LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
