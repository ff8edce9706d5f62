/* Dates as CLDR writes them. strftime() has the wrong order and capitals for kk. */
#include "board/scene/scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct calendar {
    const char *lang;
    const char *month[12], *weekday[7];
    int (*format)(char *out, size_t size, const struct calendar *calendar, const struct scene_clock *clock);
};

static int format_kk(char *out, size_t size, const struct calendar *calendar, const struct scene_clock *clock)
{
    return snprintf(out, size, "%d ж. %d %s, %s", clock->year, clock->day, calendar->month[clock->month - 1],
                    calendar->weekday[clock->weekday]);
}

static int format_ru(char *out, size_t size, const struct calendar *calendar, const struct scene_clock *clock)
{
    return snprintf(out, size, "%s, %d %s %d г.", calendar->weekday[clock->weekday], clock->day,
                    calendar->month[clock->month - 1], clock->year);
}

static int format_en(char *out, size_t size, const struct calendar *calendar, const struct scene_clock *clock)
{
    return snprintf(out, size, "%s, %d %s %d", calendar->weekday[clock->weekday], clock->day,
                    calendar->month[clock->month - 1], clock->year);
}

static const struct calendar calendars[] = {
    { "kk",
      { "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан",
        "қараша", "желтоқсан" },
      { "дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі", "жексенбі" },
      format_kk },
    { "ru",
      { "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
        "ноября", "декабря" },
      { "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье" },
      format_ru },
    { "en",
      { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December" },
      { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" },
      format_en },
};

/* "ru-KZ" is Russian; "kk-Latn" is another script, of which we have no calendar. */
static bool is_of(const char *lang, const char *calendar)
{
    size_t length = strlen(calendar);
    return strncmp(lang, calendar, length) == 0 && (lang[length] == '\0' || strlen(lang + length) == 3);
}

int scene_date(char *out, size_t size, const char *lang, const struct scene_clock *clock)
{
    if (clock->month < 1 || clock->month > 12 || clock->weekday < 0 || clock->weekday > 6)
        return -EINVAL;
    for (size_t i = 0; i < sizeof calendars / sizeof *calendars; i++)
        if (is_of(lang, calendars[i].lang)) {
            int length = calendars[i].format(out, size, &calendars[i], clock);
            return length < (int)size ? length : -ENOSPC;
        }
    int length = snprintf(out, size, "%02d.%02d.%d", clock->day, clock->month, clock->year);
    return length < (int)size ? length : -ENOSPC;
}
