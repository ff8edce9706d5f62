/* Who waits: a row for each agency that has a desk on this screen and whose count is known, or one for the whole hall. Nothing
 * while the truth is not known: a count that is old says the wrong thing to those who count on it. */
#include "board/scene/stage.h"

#include <stdio.h>
#include <string.h>

#define ROWS_MOST        4 /* at once; more take turns with the notices */
#define ROWS_BESIDE      2 /* the same where calls are larger than all else */
#define HEAD_UNITS       58
#define AIR_UNITS        28 /* above, as between cells */
#define GAP_UNITS        10
#define LINE_UNITS       44
#define ROW_PAD_UNITS    16
#define NUMBER_CAP_UNITS 50
#define MINUTES_UNITS    40
#define NAME_UNITS       38
#define NAME_MIN_UNITS   22
#define LANGS_OF_LAW     2
#define FEW              2 /* of so many rows each has room for all languages */

struct waiting {
    int count, most;             /* at once */
    int8_t agency[AGENCIES_MAX]; /* NONE: the whole hall */
};
/* One size and one place for all rows of a page. */
struct columns {
    struct type name, number, minutes;
    int number_px, minutes_px, gap_px;
};

static const struct hall_waiting *told(const struct stage *stage, int agency)
{
    const struct hall *hall = stage->in->hall;
    return agency == NONE ? &hall->waiting_in_all : &hall->waiting[agency];
}

static bool has_desk_of(const struct stage *stage, int agency)
{
    const struct config *config = stage->in->config;
    for (int desk = 0; desk < config->ndesks; desk++)
        if (config->desk[desk].agency == agency && stage_has_desk(stage, desk))
            return true;
    return false;
}

static bool has_calls(const struct stage *stage)
{
    const struct layout *layout = &stage->in->screen->layout;
    return layout_has(layout, PART_FEATURED) || layout_has(layout, PART_DESKS) ||
           layout_has(layout, PART_DESK);
}

static struct waiting collect(const struct stage *stage)
{
    struct waiting waiting = { .most = has_calls(stage) ? ROWS_BESIDE : ROWS_MOST };
    if (stage->in->truth != FEED_FRESH || !stage->in->has_lease)
        return waiting;
    for (int agency = 0; agency < stage->in->config->nagencies; agency++)
        if (told(stage, agency)->is_known && has_desk_of(stage, agency))
            waiting.agency[waiting.count++] = (int8_t)agency;
    if (waiting.count == 0 && told(stage, NONE)->is_known)
        waiting.agency[waiting.count++] = NONE;
    return waiting;
}

static int pages_of(const struct waiting *waiting)
{
    return (waiting->count + waiting->most - 1) / waiting->most;
}

/* Of each page. */
static int rows_of(const struct waiting *waiting)
{
    int pages = pages_of(waiting);
    return pages ? (waiting->count + pages - 1) / pages : 0;
}

int scene_waiting_pages(const struct stage *stage)
{
    const struct waiting waiting = collect(stage);
    return pages_of(&waiting);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static int count_langs(const struct stage *stage, const struct waiting *waiting)
{
    int nlangs = stage->in->config->nlangs;
    bool has_room = waiting->most == ROWS_MOST && (stage->is_portrait || waiting->count <= FEW);
    return has_room || nlangs < LANGS_OF_LAW ? nlangs : LANGS_OF_LAW;
}

static int row_height(const struct stage *stage, const struct waiting *waiting)
{
    return stage_px(stage, count_langs(stage, waiting) * LINE_UNITS + ROW_PAD_UNITS);
}

/* The same on every page: nothing moves when pages turn. */
int scene_waiting_height(const struct stage *stage)
{
    const struct waiting waiting = collect(stage);
    int rows = rows_of(&waiting), gap = stage_px(stage, GAP_UNITS);
    return rows ? stage_px(stage, AIR_UNITS) + stage_px(stage, HEAD_UNITS) +
                      rows * (row_height(stage, &waiting) + gap) - gap
                : 0;
}

/* "≈ 12 мин"; nothing where nobody waits or nothing was told. */
static void write_minutes(const struct stage *stage, const struct hall_waiting *waiting, char *out,
                          size_t size)
{
    char word[JOINED_SIZE];
    out[0] = '\0';
    if (waiting->wait_min < 0 || waiting->count == 0)
        return;
    stage_join(stage, PHRASE_MINUTES, LANGS_OF_LAW, word);
    snprintf(out, size, "≈ %d %s", waiting->wait_min > 0 ? waiting->wait_min : 1, word);
}

static struct columns columns_of(const struct stage *stage, const struct waiting *waiting)
{
    const struct theme *theme = stage->theme;
    struct columns columns = {
        .name = { .weight = WEIGHT_REGULAR,
                  .size_px = stage_px(stage, NAME_UNITS),
                  .role = ROLE_AGENCY,
                  .ink = theme->ink },
        .number = { .weight = WEIGHT_BOLD,
                    .size_px = type_size_of_cap(stage, stage_px(stage, NUMBER_CAP_UNITS)),
                    .is_number = true,
                    .role = ROLE_WAITING,
                    .ink = theme->ink },
        .minutes = { .weight = WEIGHT_REGULAR,
                     .size_px = stage_px(stage, MINUTES_UNITS),
                     .is_number = true,
                     .is_joined = true,
                     .role = ROLE_LABEL,
                     .ink = theme->soft },
        .gap_px = stage_px(stage, 36),
    };
    for (int i = 0; i < waiting->count; i++) {
        const struct hall_waiting *one = told(stage, waiting->agency[i]);
        char number[16], minutes[JOINED_SIZE + 16];
        snprintf(number, sizeof number, "%u", one->count);
        write_minutes(stage, one, minutes, sizeof minutes);
        int number_px = type_width(stage, &columns.number, number);
        int minutes_px = type_width(stage, &columns.minutes, minutes);
        columns.number_px = number_px > columns.number_px ? number_px : columns.number_px;
        columns.minutes_px = minutes_px > columns.minutes_px ? minutes_px : columns.minutes_px;
    }
    return columns;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Equal names stand once. */
static struct texts names_of(const struct stage *stage, int agency, int nlangs)
{
    const struct config *config = stage->in->config;
    const struct label *label = agency == NONE ? &config->name : &config->agency[agency].name;
    struct texts names = { 0 };
    for (int i = 0; i < nlangs; i++) {
        bool is_new = true;
        for (int j = 0; j < names.count; j++)
            is_new = is_new && strcmp(names.text[j], label->text[i]) != 0;
        texts_add(&names, i, is_new ? label->text[i] : "");
    }
    return names;
}

static void fit_names(const struct stage *stage, struct columns *columns, const struct waiting *waiting,
                      int nlangs, int width)
{
    for (int i = 0; i < waiting->count; i++) {
        struct texts names = names_of(stage, waiting->agency[i], nlangs);
        for (int j = 0; j < names.count; j++) {
            columns->name.lang = names.lang[j];
            type_fit(stage, &columns->name, names.text[j], width, stage_px(stage, NAME_MIN_UNITS));
        }
    }
}

static void put_names(const struct stage *stage, struct type type, const struct texts *names, struct rect box)
{
    int line = stage_px(stage, LINE_UNITS);
    box = box_inset(box, 0, (box.h - names->count * line) / 2);
    for (int i = 0; i < names->count; i++) {
        type.lang = names->lang[i];
        type_put(stage, &type, box_cut_top(&box, line), ALIGN_START, names->text[i]);
    }
}

static void put_row(const struct stage *stage, const struct columns *columns, struct rect box, int agency,
                    int nlangs)
{
    const struct hall_waiting *waiting = told(stage, agency);
    const struct texts names = names_of(stage, agency, nlangs);
    char number[16], minutes[JOINED_SIZE + 16];
    snprintf(number, sizeof number, "%u", waiting->count);
    write_minutes(stage, waiting, minutes, sizeof minutes);
    struct rect last = box_cut_right(&box, columns->minutes_px);
    if (columns->minutes_px > 0)
        box_cut_right(&box, columns->gap_px);
    struct rect middle = box_cut_right(&box, columns->number_px);
    box_cut_right(&box, columns->gap_px);
    put_names(stage, columns->name, &names, box);
    /* By the pen, not the ink: a 1 stands under an 8. */
    type_put_at(stage, &columns->number, middle.x + middle.w - type_width(stage, &columns->number, number),
                middle.y + (middle.h + type_cap(stage, &columns->number)) / 2, number);
    if (minutes[0])
        type_put(stage, &columns->minutes, last, ALIGN_RIGHT, minutes);
}

void scene_put_waiting_counts(const struct stage *stage, struct rect box)
{
    const struct waiting waiting = collect(stage);
    const int pages = pages_of(&waiting);
    if (pages == 0)
        return;
    int pad = stage_px(stage, 28), gap = stage_px(stage, GAP_UNITS), nlangs = count_langs(stage, &waiting);
    int rows = rows_of(&waiting), page = (int)(stage->in->notice_page % (uint32_t)pages);
    struct columns columns = columns_of(stage, &waiting);
    fit_names(stage, &columns, &waiting, nlangs,
              box.w - 2 * pad - columns.number_px - columns.minutes_px -
                  (columns.minutes_px > 0 ? 2 : 1) * columns.gap_px);
    box_cut_top(&box, stage_px(stage, AIR_UNITS));
    scene_put_heading(stage, box_inset(box_cut_top(&box, stage_px(stage, HEAD_UNITS)), pad, 0),
                      PHRASE_WAITING);
    for (int i = page * rows; i < (page + 1) * rows; i++) {
        struct rect row = box_cut_top(&box, row_height(stage, &waiting));
        box_fill(stage, row, stage->theme->row, stage_px(stage, 14));
        if (i < waiting.count)
            put_row(stage, &columns, box_inset(row, pad, 0), waiting.agency[i], nlangs);
        box_cut_top(&box, gap);
    }
}
