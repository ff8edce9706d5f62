#include "board/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    const char *process;
    enum log_level level;
    bool has_priorities;
} logger = { "kezek", LOG_LEVEL_INFO, false };

void log_open(const char *process, enum log_level level)
{
    logger.process = process;
    logger.level = level;
    logger.has_priorities = getenv("JOURNAL_STREAM") != NULL;
}

/* One write() a line, so that lines of several processes do not mix. */
__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *format,
                                                           va_list args)
{
    static const char *const priority[] = { "<7>", "<6>", "<4>", "<3>" };
    if (level < logger.level)
        return;
    char line[1024];
    int head =
        snprintf(line, sizeof line, "%s%s: ", logger.has_priorities ? priority[level] : "", logger.process);
    int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
    size_t length = (size_t)head + (size_t)(body > 0 ? body : 0);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length] = '\n';
    if (write(STDERR_FILENO, line, length + 1) < 0)
        return; /* nowhere left to say it */
}

#define LOG_FUNCTION(name, level)                                                                            \
    void name(const char *format, ...)                                                                       \
    {                                                                                                        \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        log_line(level, format, args);                                                                       \
        va_end(args);                                                                                        \
    }
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
