/* What the parts of a scene share: units, boxes, and text set into boxes. Internal to
 * board/scene/.
 *
 * A unit is 1/1080 of the short side of the picture (of the height of a 16:9 screen), so a size is written as
 * it is at 1080p. Text is centred in its box by the height of its capitals, never by ascenders, so that lines
 * of different languages stand alike. Nothing here allocates; what costs is shaping, and that is cached by
 * fonts/text.
 */
#pragma once

#include "board/scene/scene.h"

struct stage {
    struct picture *picture;
    struct fonts *fonts;
    const struct scene_input *in;
    const struct theme *theme;
    struct rect safe;  /* what every television shows: the picture without overscan */
    int unit_permille; /* pixels of 1000 units */
    int cap_permille;  /* height of capitals of 1000 px type */
    bool is_portrait;
};
void stage_init(struct stage *stage, struct picture *picture, struct fonts *fonts,
                const struct scene_input *input);
/* Pixels of n units, at least 1. */
int stage_px(const struct stage *stage, int n);
/* The phrase in language `lang` (index of config.lang); "" if the catalogue has none. */
const char *stage_phrase(const struct stage *stage, enum phrase phrase, int lang);
/* The phrase in the first nlangs languages: "Шақырылды · Вызваны". Equal words stand once. */
#define JOINED_SIZE (LANGS_MAX * (LABEL_SIZE + 4))
void stage_join(const struct stage *stage, enum phrase phrase, int nlangs, char out[JOINED_SIZE]);
/* Minute of the week on the wall, HOURS_UNKNOWN if it is not known. */
int stage_minute(const struct stage *stage);
/* Outside the hours of the hall; false while the time is not known. */
bool stage_is_closed(const struct stage *stage);
/* Is the desk in a zone of this screen? */
bool stage_has_desk(const struct stage *stage, int desk);

/* Does the wall have to say that it may be out of date? */
static inline bool stage_is_stale(const struct stage *stage)
{
    return stage->in->truth == FEED_STALE && stage->in->has_lease;
}

/* ---- boxes: a cut returns the piece and leaves the rest --------------------------------------------------
 */
struct rect box_of(int x, int y, int w, int h);
struct rect box_cut_top(struct rect *box, int h);
struct rect box_cut_bottom(struct rect *box, int h);
struct rect box_cut_left(struct rect *box, int w);
struct rect box_cut_right(struct rect *box, int w);
struct rect box_inset(struct rect box, int dx, int dy);
/* Cell `i` of a grid, row by row, with `gap` between cells. */
struct rect box_cell(struct rect box, int columns, int rows, int i, int gap);
void box_fill(const struct stage *stage, struct rect box, color fill, int radius_px);

/* ---- images ---------------------------------------------------------------------------------- */
/* The largest place of its shape, in the middle of the box. */
struct rect stage_fit(const struct image *image, struct rect box);
/* Fills a place of stage_fit(). Nothing where no images are shown (scene_input.images). */
void stage_image(const struct stage *stage, struct image *image, struct rect place);

/* ---- one line of text ------------------------------------------------------------------------------------
 */
enum align { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT, ALIGN_START /* where lines of the language begin */ };
struct type {
    enum weight weight;
    int size_px;
    bool is_number; /* tabular figures, slashed zero */
    bool is_joined; /* words of several languages: stage_join() */
    uint8_t lang;   /* index of config.lang */
    uint8_t role;   /* enum text_role */
    color ink;
};
const struct text_line *type_shape(const struct stage *stage, const struct type *type, const char *text);
int type_width(const struct stage *stage, const struct type *type, const char *text);
int type_cap(const struct stage *stage, const struct type *type);
/* The type size at which capitals are cap_px high. */
int type_size_of_cap(const struct stage *stage, int cap_px);
/* Reduces type->size_px, at most to min_px, until the text fits; true if it does. */
bool type_fit(const struct stage *stage, struct type *type, const char *text, int width_px, int min_px);
/* Sets the text into the box; what does not fit in width ends in an ellipsis. Left and right edges are those
 * of the ink. */
void type_put(const struct stage *stage, const struct type *type, struct rect box, enum align align,
              const char *text);
/* The same from a pen position on the baseline, uncut. */
void type_put_at(const struct stage *stage, const struct type *type, int x, int baseline_y, const char *text);

/* ---- passages: text of several lines ---------------------------------------------------------------------
 */
/* Height of a line in percent of the type size: 122 is the least at which Й under қ does not touch. */
#define LEADING_TIGHT 122
#define LEADING_TEXT  128
/* The largest size in [min_px, max_px] at which the text, broken at spaces, fits the box; min_px if none
 * does. */
int passage_fit(const struct stage *stage, const struct type *type, const char *text, struct rect box,
                int leading, int min_px, int max_px);
/* Height of the text at type->size_px, as passage_put() would set it into the box; more than the box if it
 * does not fit. */
int passage_height(const struct stage *stage, const struct type *type, const char *text, struct rect box,
                   int leading);
/* Sets it from the top of the box, lines beginning at its left, or right in a language that runs to the left; what does not fit in height is cut with an ellipsis. Returns
 * the height. */
int passage_put(const struct stage *stage, const struct type *type, struct rect box, int leading,
                const char *text);

/* The same text in several languages, in their order. */
struct texts {
    int count;
    const char *text[LANGS_MAX];
    uint8_t lang[LANGS_MAX];
};
/* Empty ones are left out. */
void texts_add(struct texts *texts, int lang, const char *text);
/* The one size in [min_px, max_px] at which each fits its share of the height; min_px if there is none. */
int texts_fit(const struct stage *stage, const struct type *type, const struct texts *texts, struct rect box,
              int leading, int min_px, int max_px);
/* One under the other, as a group in the middle of the height. */
void texts_put(const struct stage *stage, const struct type *type, const struct texts *texts, struct rect box,
               int leading);

/* ---- tickets --------------------------------------------------------------------------------- */
/* "А042" is a prefix and figures, set apart by a narrow space; any other ticket is one piece (prefix ""). */
struct ticket {
    char prefix[TICKET_SIZE], figures[TICKET_SIZE];
};
struct ticket ticket_split(const char *text);
int ticket_gap(const struct type *type);
int ticket_width(const struct stage *stage, const struct type *type, const struct ticket *ticket);
/* The ink starts at x. */
void ticket_put(const struct stage *stage, const struct type *type, const struct ticket *ticket, int x,
                int baseline_y);
/* Does a letter stand above the capitals (Й)? Then it needs a fifth of the size more. */
bool ticket_is_tall(const char *text);
/* May a letter hang below the baseline (Д, Қ, р)? */
bool ticket_has_tail(const char *text);
/* Arrow towards the desk; false if it has none. */
bool direction_icon(int direction, enum icon *icon);

/* ---- a desk now ------------------------------------------------------------------------------ */
struct present {
    struct announce_slot call; /* ticket "" if there is none; is_new: within its dwell */
    bool is_called;            /* else its visitor is there */
    enum phrase word;          /* what it does if there is no ticket: free, break, closed */
    enum icon icon;            /* the same as a sign */
};
struct present desk_present(const struct stage *stage, int desk);

/* ---- parts of a scene ------------------------------------------------------------------------------------
 */
/* The logo of the theme, on the side of the header that the layout names; it cuts its own place from the box. */
void scene_cut_logo(const struct stage *stage, struct rect *box);
void scene_put_header(const struct stage *stage, struct rect box);
void scene_put_featured(const struct stage *stage, struct rect box);
void scene_put_desk(const struct stage *stage, struct rect box);
/* The words over a list: of all languages if they fit. */
void scene_put_heading(const struct stage *stage, struct rect box, enum phrase phrase);
/* Who waits: how high that is with the air above it, 0 if nothing is known; and how many pages it has. */
int scene_waiting_height(const struct stage *stage);
int scene_waiting_pages(const struct stage *stage);
void scene_put_waiting_counts(const struct stage *stage, struct rect box);
void scene_put_lists(const struct stage *stage, struct rect box);
bool scene_has_lists(const struct stage *stage);
bool scene_has_featured(const struct stage *stage);
/* All desks of the screen's zones. */
void scene_put_desks(const struct stage *stage, struct rect box);
/* The foot reaches to the edges of the picture: `bleed`; text stays in `box`. */
void scene_put_footer(const struct stage *stage, struct rect box, struct rect bleed);
void scene_put_message(const struct stage *stage, struct rect box, enum phrase headline, enum phrase sentence,
                       bool is_warning);
/* Nobody is called: please wait; or the hall is closed, and when it opens. */
void scene_put_waiting(const struct stage *stage, struct rect box);
void scene_put_alert(const struct stage *stage, const struct notice *alert);
/* The sign that the truth is not known: the ground `bleed` and the words in `box`. */
void scene_put_warning(const struct stage *stage, struct rect box, struct rect bleed);
void scene_put_notice(const struct stage *stage, struct rect box);
void scene_put_clock(const struct stage *stage, struct rect box);
/* The notice whose page it is, in the hall's languages; none if there is none. */
void notice_texts(const struct stage *stage, struct texts *texts);
/* Its picture, or NULL. */
struct image *notice_picture(const struct stage *stage);
/* The text of a notice in language `lang`, "" if it has none. */
const char *notice_in(const struct stage *stage, const struct notice *notice, int lang);
