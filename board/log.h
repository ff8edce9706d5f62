/* One line a change of state, to stderr (journald adds time and unit). "subject: what; remedy". */
#pragma once

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
/* Prefix such as "board" or "link"; lines below `level` are dropped. With JOURNAL_STREAM set, lines carry <N>
 * priorities. */
void log_open(const char *process, enum log_level level);
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
