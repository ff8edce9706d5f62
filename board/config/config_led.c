#include "board/config/config_read.h"
#include "protocol/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- brightness ------------------------------------------------------------------------------ */

static const struct field step_fields[] = {
    { "from", FIELD_CUSTOM, true, IN(struct dimming_step, from_min), .read = read_from },
    { "percent", FIELD_INTEGER, true, IN(struct dimming_step, percent), .min = 0, .max = 100 },
};

static void read_step(struct reader *reader, const struct json_at *at, const cJSON *item,
                      struct dimming *dimming)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct dimming_step *step = &dimming->step[dimming->nsteps];
    unsigned before = at->report->count;
    if (!cJSON_IsObject(item)) {
        json_complain(at->report, at->path, "%s is not an object of from and percent", json_show(item, seen));
        return;
    }
    read_fields(reader, at, item, step_fields, sizeof step_fields / sizeof *step_fields, step);
    if (at->report->count != before)
        return;
    if (dimming->nsteps && step->from_min <= step[-1].from_min)
        json_complain(at->report, json_at_key(at, "from", path).path,
                      "is not later than the step before; write the steps of a day in their order");
    dimming->nsteps++;
}

static void read_brightness(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct dimming *dimming = out;
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    bool is_number = cJSON_IsNumber(value) && value->valuedouble == value->valueint;
    if (is_number && value->valueint >= 0 && value->valueint <= 100)
        *dimming = (struct dimming){ 1, { { 0, (uint8_t)value->valueint } } };
    else if (size < 1 || size > DIMMING_STEPS_MAX)
        json_complain(at->report, at->path,
                      "%s is neither 0 to 100 per cent nor a list of 1 to %d steps like {\"from\": "
                      "\"08:00\", \"percent\": 80}",
                      size                   ? "a longer list"
                      : cJSON_IsArray(value) ? "an empty list"
                                             : json_show(value, seen),
                      DIMMING_STEPS_MAX);
    for (int i = 0; i < size && i < DIMMING_STEPS_MAX; i++) {
        struct json_at here = json_at_index(at, (unsigned)i, path);
        read_step(reader, &here, cJSON_GetArrayItem(value, i), dimming);
    }
}

/* ---- letters --------------------------------------------------------------------------------- */

/* The one character of `text`, 0 if it has none or more. */
static uint32_t single(const char *text)
{
    const char *end = text + strlen(text);
    uint32_t letter = text < end ? utf8_next(&text, end) : 0;
    return text == end && letter != UTF8_BAD && utf8_is_printable(letter) ? letter : 0;
}

static void read_letter(const struct json_at *at, const cJSON *item, struct led_letters *letters)
{
    char seen[JSON_SHOW_MAX];
    uint32_t letter = single(item->string);
    if (!letter)
        json_complain(at->report, at->path, "%s is not one letter; write it like \"Г\": \"L\"",
                      json_show_text(item->string, seen));
    else if (!cJSON_IsString(item) || (*item->valuestring && !single(item->valuestring)))
        json_complain(at->report, at->path,
                      "%s is neither one character nor \"\", which leaves the letter out",
                      json_show(item, seen));
    else {
        letters->entry[letters->count].letter = letter;
        snprintf(letters->entry[letters->count++].to, sizeof letters->entry[0].to, "%s", item->valuestring);
    }
}

static void read_letters(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    const cJSON *item;
    (void)reader;
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is not an object like {\"Г\": \"L\"}",
                      json_show(value, seen));
        return;
    }
    if (cJSON_GetArraySize(value) > LED_LETTERS_MAX) {
        json_complain(at->report, at->path, "%d letters; at most %d: no alphabet of tickets is longer",
                      cJSON_GetArraySize(value), LED_LETTERS_MAX);
        return;
    }
    cJSON_ArrayForEach(item, value)
    {
        struct json_at here = json_at_key(at, item->string, path);
        read_letter(&here, item, out);
    }
}

/* ---- the sections ---------------------------------------------------------------------------- */

static const char *const zeros[] = { "keep", "drop" };
static const struct field colour_fields[] = {
    { "called", FIELD_CHOICE, false, IN(struct config, led.called), .names = led_colour_names,
      .nnames = LED_COLOURS },
    { "serving", FIELD_CHOICE, false, IN(struct config, led.serving), .names = led_colour_names,
      .nnames = LED_COLOURS },
    { "closed", FIELD_CHOICE, false, IN(struct config, led.closed), .names = led_colour_names,
      .nnames = LED_COLOURS },
};
const struct field led_section_fields[] = {
    { "brightness", FIELD_CUSTOM, false, IN(struct config, led.dimming), .read = read_brightness },
    { "letters", FIELD_CUSTOM, false, IN(struct config, led.letters), .read = read_letters },
    { "zeros", FIELD_CHOICE, false, IN(struct config, led.letters.is_dropping_zeros), NAMES(zeros) },
    { "colours", FIELD_OBJECT, false, FIELDS(colour_fields) },
};
_Static_assert(sizeof led_section_fields / sizeof *led_section_fields == LED_SECTION_FIELDS, "as declared");

static void read_one_series(struct reader *reader, const struct json_at *at, const cJSON *item)
{
    char seen[JSON_SHOW_MAX];
    struct config *config = reader->config;
    if (!cJSON_IsString(item) || (*item->valuestring && ticket_defect(item->valuestring)))
        json_complain(
            at->report, at->path,
            "%s is no series; write what stands ahead of the number, like \"А\", or \"\" for nothing",
            json_show(item, seen));
    else
        snprintf(config->tickets.series[config->tickets.nseries++], TICKET_SIZE, "%s", item->valuestring);
}

static void read_series(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    (void)out;
    if (size < 1 || size > SERIES_MAX)
        json_complain(at->report, at->path, "%s is not a list of 1 to %d series like \"А\"",
                      size                   ? "a longer list"
                      : cJSON_IsArray(value) ? "an empty list"
                                             : json_show(value, seen),
                      SERIES_MAX);
    for (int i = 0; i < size && i < SERIES_MAX; i++) {
        struct json_at here = json_at_index(at, (unsigned)i, path);
        read_one_series(reader, &here, cJSON_GetArrayItem(value, i));
    }
}

const struct field ticket_fields[] = {
    { "series", FIELD_CUSTOM, true, .read = read_series },
    { "digits", FIELD_INTEGER, true, IN(struct config, tickets.digits), .min = 1, .max = TICKET_POINTS },
};
_Static_assert(sizeof ticket_fields / sizeof *ticket_fields == TICKET_FIELDS, "as declared");

/* ---- what boards make of the hall's tickets --------------------------------------------------- */

/* A board of the hall, one of each type: the first desk that has it. */
struct trial {
    struct reader *reader;
    const struct led_profile *profile;
    const char *desk;
};

static void ticket_of(const struct config *config, unsigned series, char digit, char last,
                      char out[2 * TICKET_SIZE])
{
    char number[TICKET_POINTS + 1];
    unsigned digits = config->tickets.digits;
    memset(number, digit, digits);
    number[digits - 1] = last;
    number[digits] = '\0';
    snprintf(out, 2 * TICKET_SIZE, "%s%s", config->tickets.series[series], number);
}

/* The first letter of the series that makes it impossible, or "". */
static void culprit(const struct trial *trial, const char *series, char letter[8])
{
    char text[2 * TICKET_SIZE], shown[64], why[128];
    const char *end = series + strlen(series);
    for (const char *at = series; at < end;) {
        const char *from = at;
        utf8_next(&at, end);
        snprintf(letter, 8, "%.*s", (int)(at - from), from);
        snprintf(text, sizeof text, "%s1", letter);
        if (led_fold_letters(trial->profile, &trial->reader->config->led.letters, text, shown, sizeof shown,
                             why, sizeof why) < 0)
            return;
    }
    letter[0] = '\0';
}

static bool is_shown(const struct trial *trial, unsigned series, char digit, char last)
{
    char ticket[2 * TICKET_SIZE], letter[8], shown[64], why[128], remedy[128], path[48], text[512];
    const struct config *config = trial->reader->config;
    ticket_of(config, series, digit, last, ticket);
    if (led_fold_letters(trial->profile, &config->led.letters, ticket, shown, sizeof shown, why,
                         sizeof why) == 0)
        return true;
    culprit(trial, config->tickets.series[series], letter);
    if (letter[0])
        snprintf(remedy, sizeof remedy,
                 "write what it shall show instead into led.letters, like {\"%s\": \"L\"} or {\"%s\": \"\"}",
                 letter, letter);
    else
        snprintf(remedy, sizeof remedy, "%s",
                 digit == '0' ? "set led.zeros to \"drop\""
                              : "take fewer digits, or leave a letter out in led.letters");
    snprintf(path, sizeof path, "tickets.series[%u]", series);
    snprintf(text, sizeof text, "\"%s\" cannot be shown above desk \"%s\" (%s): %s; %s", ticket, trial->desk,
             led_profile_name(trial->profile), why, remedy);
    json_complain(trial->reader->at.report, path, "%s", text);
    return false;
}

static void try_series(const struct trial *trial)
{
    const struct config *config = trial->reader->config;
    for (unsigned i = 0; i < config->tickets.nseries; i++)
        if (is_shown(trial, i, '8', '8'))
            is_shown(trial, i, '0', '1');
}

static void try_apart(const struct trial *trial)
{
    const struct config *config = trial->reader->config;
    const char *series[SERIES_MAX];
    unsigned clash[2];
    char text[400];
    for (unsigned i = 0; i < config->tickets.nseries; i++)
        series[i] = config->tickets.series[i];
    if (!led_series_clash(trial->profile, &config->led.letters, series, config->tickets.nseries, clash))
        return;
    snprintf(text, sizeof text,
             "the series \"%s\" and \"%s\" would look the same above desk \"%s\" (%s); give one of them "
             "another letter in led.letters",
             series[clash[0]], series[clash[1]], trial->desk, led_profile_name(trial->profile));
    json_complain(trial->reader->at.report, "tickets.series", "%s", text);
}

static bool is_first_of_its_type(const struct config *config, unsigned desk,
                                 const struct led_profile *profile)
{
    for (unsigned i = 0; i < desk; i++) {
        const struct config_desk *place = &config->desk[i];
        if (place->bus != NONE && config->bus[place->bus].unit[place->bus_index].profile == profile)
            return false;
    }
    return true;
}

void rule_boards_show_tickets(struct reader *reader)
{
    const struct config *config = reader->config;
    if (!config->tickets.nseries || !config->tickets.digits)
        return;
    for (unsigned i = 0; i < config->ndesks; i++) {
        const struct config_desk *place = &config->desk[i];
        const struct led_profile *profile =
            place->bus == NONE ? NULL : config->bus[place->bus].unit[place->bus_index].profile;
        if (!profile || !is_first_of_its_type(config, i, profile))
            continue;
        const struct trial trial = { reader, profile, place->id };
        try_series(&trial);
        try_apart(&trial);
    }
}

/* A ticket is checked like one of a message. */
void rule_tickets_are_tickets(struct reader *reader)
{
    const struct config *config = reader->config;
    char ticket[2 * TICKET_SIZE], path[48];
    for (unsigned i = 0; config->tickets.digits && i < config->tickets.nseries; i++) {
        ticket_of(config, i, '8', '8', ticket);
        const char *defect = ticket_defect(ticket);
        snprintf(path, sizeof path, "tickets.series[%u]", i);
        if (defect)
            json_complain(reader->at.report, path, "\"%s\" %s; take fewer digits", ticket, defect);
    }
}
