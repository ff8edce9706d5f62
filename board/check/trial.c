#include "board/check/trial.h"
#include "board/check/languages.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MOST 16 /* of 32 agencies whose waiting visitors are counted; of notices there are fewer */

struct trial {
    struct fonts *fonts;
    struct config config; /* a copy, to be varied */
    struct config_screen screen;
    struct hall hall;
    struct announce announce;
    struct picture picture;
    unsigned ndesks, nkinds;
    int16_t desk[DESKS_MAX]; /* of the screen's zones, first one of each kind */
};

struct trial *trial_create(const struct config *config, struct fonts *fonts)
{
    struct trial *trial = calloc(1, sizeof *trial);
    if (!trial)
        return NULL;
    trial->fonts = fonts;
    trial->config = *config;
    return trial;
}

void trial_destroy(struct trial *trial)
{
    free(trial);
}

/* ---- the fullest hall ------------------------------------------------------------------------ */

/* Figures have one width: desks that differ only in them, and in where an arrow points, are of one kind. */
static bool is_same_kind(const struct config_desk *a, const struct config_desk *b)
{
    const char *x = a->label, *y = b->label;
    while (*x && (*x == *y || (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)))) {
        x++;
        y++;
    }
    return *x == *y && (a->arrow == ARROW_NONE) == (b->arrow == ARROW_NONE) && a->kind == b->kind;
}

static bool is_new_kind(const struct trial *trial, int desk)
{
    const struct config *config = &trial->config;
    for (unsigned i = 0; i < trial->nkinds; i++)
        if (is_same_kind(&config->desk[trial->desk[i]], &config->desk[desk]))
            return false;
    return true;
}

static void find_desks(struct trial *trial)
{
    const struct config *config = &trial->config;
    trial->ndesks = trial->nkinds = 0;
    for (int i = 0; i < config->ndesks; i++) {
        if (!config_screen_has_desk(config, &trial->screen, i))
            continue;
        trial->desk[trial->ndesks++] = (int16_t)i;
        if (!is_new_kind(trial, i))
            continue;
        trial->desk[trial->ndesks - 1] = trial->desk[trial->nkinds];
        trial->desk[trial->nkinds++] = (int16_t)i;
    }
}

/* "А", 3, '7' is "А777": figures have one width. */
static void make_ticket(const char *series, unsigned digits, char figure, char out[TICKET_SIZE])
{
    size_t length = strlen(series);
    memcpy(out, series, length);
    memset(out + length, figure, digits);
    out[length + digits] = '\0';
}

static void ticket_of(const struct trial *trial, unsigned series, char figure, char out[TICKET_SIZE])
{
    if (trial->config.tickets.nseries)
        make_ticket(trial->config.tickets.series[series], trial->config.tickets.digits, figure, out);
    else
        make_ticket("Ш", 3, figure, out);
}

/* Two figures, and minutes as well. */
static void count_everyone(struct trial *trial)
{
    for (unsigned i = 0; i < AGENCIES_MAX; i++)
        trial->hall.waiting[i] = (struct hall_waiting){ true, 88, 88 };
    trial->hall.waiting_in_all = trial->hall.waiting[0];
}

/* Each desk has called; `calls` of them, from place `first` of the order of kinds, are featured, and the list is full. */
static void call_everyone(struct trial *trial, unsigned series, unsigned first, unsigned calls)
{
    char ticket[TICKET_SIZE], other[TICKET_SIZE];
    struct hall *hall = &trial->hall;
    ticket_of(trial, series, '0', ticket);
    ticket_of(trial, series, '8', other);
    hall_init(hall, &trial->config);
    hall->standing.ntexts = 0; /* an alert of the hall file would hide the calls */
    count_everyone(trial);
    announce_init(&trial->announce, &trial->config, trial->screen.zones, 1000000);
    trial->announce.most = trial->screen.panels;
    trial->announce.desk = trial->screen.desk;
    for (unsigned i = 0; i < trial->ndesks; i++) {
        int16_t index = trial->desk[(first + i) % trial->ndesks];
        struct hall_desk *desk = &hall->desk[index];
        *desk = (struct hall_desk){ .status = DESK_OPEN,
                                    .phase = PHASE_CALLED,
                                    .lane = LANE_BOOKED,
                                    .is_recall = true,
                                    .booked_at = "10:30",
                                    .from = trial->desk[0],
                                    .seq = i + 1 };
        memcpy(desk->ticket, ticket, sizeof desk->ticket);
        if (i < calls)
            announce_call(&trial->announce, hall, index, i + 1, 0);
    }
    for (; trial->ndesks && hall->nrecent < RECENT_MAX; hall->nrecent++) {
        struct hall_call *call = &hall->recent[hall->nrecent];
        call->desk = trial->desk[hall->nrecent % trial->ndesks];
        memcpy(call->ticket, other, sizeof call->ticket);
    }
}

static void miss_everyone(struct trial *trial)
{
    struct hall *hall = &trial->hall;
    for (; trial->ndesks && hall->nmissed < MISSED_MAX; hall->nmissed++)
        hall->missed[hall->nmissed] = hall->recent[hall->nmissed % hall->nrecent];
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void build(struct trial *trial, enum feed_truth truth, uint32_t page, const struct trial_sizes *sizes)
{
    const struct scene_input input = {
        .config = &trial->config,
        .screen = &trial->screen,
        .hall = &trial->hall,
        .announce = &trial->announce,
        .truth = truth,
        .has_lease = true,
        .clock = { 2026, 9, 23, 2, 9, 5, true }, /* the longest day of the week in the longest month */
        .notice_page = page,
    };
    scene_build(&trial->picture, trial->fonts, &input, sizes->width_px, sizes->height_px);
}

static void measure(struct trial *trial, enum feed_truth truth, uint32_t page, struct trial_sizes *sizes)
{
    build(trial, truth, page, sizes);
    sizes->is_lawful = sizes->is_lawful && languages_hold(&trial->config, &trial->picture, sizes->unlawful,
                                                          sizeof sizes->unlawful);
    for (unsigned i = 0; i < trial->picture.nglyphs; i++) {
        const struct placed *placed = &trial->picture.glyph[i];
        int size_px = glyph_size_px(placed->key);
        int cap_px = size_px ? fonts_metrics(trial->fonts, WEIGHT_BOLD, size_px).cap_px : 0;
        int *least_px = &sizes->cap_px[placed->role];
        if (cap_px && (*least_px == 0 || cap_px < *least_px))
            *least_px = cap_px;
    }
}

/* Lines of the list have a baseline each. */
static unsigned count_rows(const struct picture *picture)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < picture->nglyphs; i++) {
        bool is_first = picture->glyph[i].role == ROLE_ROW;
        for (unsigned j = 0; j < i && is_first; j++)
            is_first = picture->glyph[j].role != ROLE_ROW || picture->glyph[j].y != picture->glyph[i].y;
        rows += is_first;
    }
    return rows;
}

static unsigned count_featured(const struct announce *announce)
{
    unsigned featured = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        featured += announce->slot[i].is_used;
    return featured;
}

static void size_of(const struct screen_config *device, struct trial_sizes *sizes)
{
    int width = device->width ? device->width : 1920;
    int height = device->width ? device->height : 1080;
    bool is_turned = device->rotation % 180 != 0;
    sizes->width_px = is_turned ? height : width;
    sizes->height_px = is_turned ? width : height;
}

/* Every kind of desk with every series of tickets. */
static void measure_calls(struct trial *trial, unsigned calls, struct trial_sizes *sizes)
{
    for (unsigned series = 0; series == 0 || series < trial->config.tickets.nseries; series++)
        for (unsigned first = 0; first == 0 || first < trial->nkinds; first += calls) {
            call_everyone(trial, series, first, calls);
            measure(trial, FEED_FRESH, 0, sizes);
        }
}

/* How many desks of the hall file hold the first `most` of the screen. */
static uint16_t cut_desks(const struct trial *trial, unsigned most)
{
    const struct config *config = &trial->config;
    uint16_t end = 0;
    for (unsigned found = 0; end < config->ndesks && found < most; end++)
        found += config_screen_has_desk(config, &trial->screen, end);
    return end;
}

static void measure_all(struct trial *trial, struct trial_sizes *sizes)
{
    find_desks(trial);
    sizes->desks = trial->ndesks;
    /* Fewer calls are not always larger: two share the wall in another way than four. */
    for (unsigned calls = 1; calls <= trial->screen.panels; calls *= 2)
        measure_calls(trial, calls, sizes);
    sizes->panels = count_featured(&trial->announce);
    sizes->rows = count_rows(&trial->picture);
    bool has_counts = layout_has(&trial->screen.layout, PART_WAITING);
    for (uint32_t page = 1; page < (has_counts ? PAGES_MOST : trial->config.nnotices); page++)
        measure(trial, FEED_FRESH, page, sizes);
    miss_everyone(trial);
    measure(trial, FEED_STALE, 0, sizes);
    measure(trial, FEED_BLANK, 0, sizes);
    hall_init(&trial->hall, &trial->config); /* with the alert of the hall file, if it has one */
    announce_init(&trial->announce, &trial->config, trial->screen.zones, 1000000);
    trial->announce.desk = trial->screen.desk;
    measure(trial, FEED_FRESH, 0, sizes);
}

void trial_measure(struct trial *trial, unsigned index, struct trial_limits limits, struct trial_sizes *sizes)
{
    const uint16_t ndesks = trial->config.ndesks;
    *sizes = (struct trial_sizes){ .is_lawful = true };
    trial->screen = trial->config.screen[index];
    if (limits.panels || !trial->screen.panels)
        trial->screen.panels = limits.panels ? (uint8_t)limits.panels : ANNOUNCE_SLOTS;
    if (limits.rows)
        trial->screen.recent = (int8_t)limits.rows;
    if (limits.desks)
        trial->config.ndesks = cut_desks(trial, limits.desks);
    size_of(&trial->screen.device, sizes);
    measure_all(trial, sizes);
    trial->config.ndesks = ndesks;
}
