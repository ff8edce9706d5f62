#include "board/check/check.h"
#include "board/check/legibility.h"
#include "board/check/trial.h"

#include <math.h>
#include <string.h>

/* A screen as the farthest eyes see it. */
struct sight {
    const struct config_screen *screen;
    unsigned index;
    double pitch_mm, seen_mm; /* of a pixel; as seen from aside */
    double distance_m;
    struct trial_sizes sizes;
};

static const char *const role_names[ROLES] = {
    [ROLE_TICKET] = "called number",
    [ROLE_DESK] = "its desk",
    [ROLE_ROW] = "rows of the list",
    [ROLE_MISSED] = "missed calls",
    [ROLE_LABEL] = "words beside numbers",
    [ROLE_AGENCY] = "agencies",
    [ROLE_NOTICE] = "notices",
    [ROLE_CLOCK] = "clock",
    [ROLE_HEADER] = "name and date",
    [ROLE_MESSAGE] = "walls without calls",
    [ROLE_ALERT] = "alert",
    [ROLE_WAITING] = "waiting counts",
};

static const struct legibility_rule *rule_of(enum text_role role)
{
    return role == ROLE_TICKET || role == ROLE_DESK ? &legibility_called : &legibility_other;
}

static enum verdict verdict_of(const struct sight *sight, enum text_role role, int cap_px)
{
    return legibility_verdict(rule_of(role), sight->seen_mm, sight->distance_m, cap_px);
}

/* Ticket and desk are one message: the smaller of them. 0: the screen shows no calls. */
static int number_px(const struct trial_sizes *sizes)
{
    int ticket_px = sizes->cap_px[ROLE_TICKET], desk_px = sizes->cap_px[ROLE_DESK];
    return desk_px && desk_px < ticket_px ? desk_px : ticket_px;
}

/* False: the hall file does not say enough. */
static bool look(struct trial *trial, const struct config *config, unsigned index, struct sight *sight)
{
    const struct config_screen *screen = &config->screen[index];
    *sight = (struct sight){ .screen = screen, .index = index };
    trial_measure(trial, index, (struct trial_limits){ 0 }, &sight->sizes);
    if (screen->diagonal_in <= 0 || screen->farthest_m <= 0)
        return false;
    sight->pitch_mm = legibility_pitch_mm(screen->diagonal_in, sight->sizes.width_px, sight->sizes.height_px);
    sight->seen_mm = legibility_seen_mm(sight->pitch_mm, screen->off_axis_deg);
    sight->distance_m = legibility_distance_m(screen->farthest_m, screen->height_m);
    return true;
}

/* ---- what would help ------------------------------------------------------------------------- */

/* The most panels at which the number is that large; 0: none. */
static unsigned panels_for(struct trial *trial, const struct sight *sight, int need_px)
{
    for (unsigned panels = ANNOUNCE_SLOTS / 2; panels > 0; panels /= 2) {
        if (panels >= sight->sizes.panels)
            continue;
        struct trial_sizes sizes;
        trial_measure(trial, sight->index, (struct trial_limits){ .panels = panels }, &sizes);
        if (number_px(&sizes) >= need_px)
            return panels;
    }
    return 0;
}

static unsigned rows_for(struct trial *trial, const struct sight *sight, int need_px)
{
    for (unsigned rows = sight->sizes.rows; rows-- > 1;) {
        struct trial_sizes sizes;
        trial_measure(trial, sight->index, (struct trial_limits){ .rows = rows }, &sizes);
        if (sizes.rows == rows && sizes.cap_px[ROLE_ROW] >= need_px)
            return rows;
    }
    return 0;
}

static bool has_cells(const struct sight *sight)
{
    return layout_has(&sight->screen->layout, PART_DESKS);
}

/* The most desks in cells that keep the number that large; 0: even one does not, or it is not the cells that are small. */
static unsigned desks_for(struct trial *trial, const struct sight *sight, int need_px)
{
    unsigned good = 0, bad = has_cells(sight) ? sight->sizes.desks : 1;
    while (bad - good > 1) {
        struct trial_sizes sizes;
        unsigned desks = (good + bad) / 2;
        trial_measure(trial, sight->index, (struct trial_limits){ .desks = desks }, &sizes);
        if (number_px(&sizes) >= need_px)
            good = desks;
        else
            bad = desks;
    }
    return good;
}

/* The same picture on a larger screen: whole inches. */
static int inches_for(const struct sight *sight, int cap_px, int k)
{
    double need_px = 1000 * sight->distance_m / (k * sight->seen_mm);
    return (int)ceil(sight->screen->diagonal_in * need_px / cap_px);
}

static int say_screen(const struct sight *sight, int cap_px, int k, char *out, size_t size)
{
    double seat_m = legibility_seat_m(legibility_reach_m(sight->seen_mm, cap_px, k), sight->screen->height_m);
    return snprintf(out, size,
                    "a screen of %d in, or no seat beyond %.1f m (one more screen for those behind)",
                    inches_for(sight, cap_px, k), floor(seat_m * 10) / 10);
}

static void say_number(struct trial *trial, const struct sight *sight, int k, char *out, size_t size)
{
    int cap_px = number_px(&sight->sizes), length = 0;
    int need_px = legibility_need_px(sight->seen_mm, sight->distance_m, k);
    unsigned panels = panels_for(trial, sight, need_px);
    unsigned desks = panels ? 0 : desks_for(trial, sight, need_px);
    if (panels)
        length = snprintf(out, size, "\"panels\": %u, or ", panels);
    if (desks)
        length = snprintf(out, size, "zones of %u desks (the others on one more screen), or ", desks);
    say_screen(sight, cap_px, k, out + length, size - (size_t)length);
}

static void help_number(struct trial *trial, const struct sight *sight, FILE *out)
{
    char text[256];
    int cap_px = number_px(&sight->sizes);
    if (cap_px && verdict_of(sight, ROLE_TICKET, cap_px) == VERDICT_FAIL) {
        say_number(trial, sight, legibility_called.least_k, text, sizeof text);
        fprintf(out, "  called number: for WARN %s\n", text);
    }
    if (cap_px && verdict_of(sight, ROLE_TICKET, cap_px) != VERDICT_PASS) {
        say_number(trial, sight, legibility_called.good_k, text, sizeof text);
        fprintf(out, "  called number: for PASS %s\n", text);
    }
}

static void help_rows(struct trial *trial, const struct sight *sight, FILE *out)
{
    char text[256];
    int cap_px = sight->sizes.cap_px[ROLE_ROW], k = legibility_other.good_k;
    if (!cap_px || verdict_of(sight, ROLE_ROW, cap_px) == VERDICT_PASS)
        return;
    unsigned rows = rows_for(trial, sight, legibility_need_px(sight->seen_mm, sight->distance_m, k));
    say_screen(sight, cap_px, k, text, sizeof text);
    if (rows)
        fprintf(out, "  rows of the list: for PASS \"recent\": %u, or %s\n", rows, text);
    else
        fprintf(out, "  rows of the list: for PASS %s\n", text);
}

/* One line for all texts that nobody reads from there: what helps the smallest helps the others. */
static void help_others(const struct sight *sight, FILE *out)
{
    char text[256];
    int least_px = 0;
    for (enum text_role role = ROLE_ROW + 1; role < ROLES; role++) {
        int cap_px = sight->sizes.cap_px[role];
        if (cap_px && verdict_of(sight, role, cap_px) == VERDICT_FAIL && (!least_px || cap_px < least_px))
            least_px = cap_px;
    }
    if (!least_px)
        return;
    say_screen(sight, least_px, legibility_other.least_k, text, sizeof text);
    fprintf(out, "  other texts: for WARN %s\n", text);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void print_role(const struct sight *sight, enum text_role role, FILE *out)
{
    int cap_px = sight->sizes.cap_px[role];
    const struct legibility_rule *rule = rule_of(role);
    if (!cap_px)
        return;
    fprintf(out, "  %-20s  %4d px  %5.1f mm  %4.1f'  %6.1f m  %5.1f m  %s\n", role_names[role], cap_px,
            cap_px * sight->pitch_mm, legibility_angle_min(sight->seen_mm, sight->distance_m, cap_px),
            legibility_reach_m(sight->seen_mm, cap_px, rule->good_k),
            legibility_reach_m(sight->seen_mm, cap_px, rule->least_k),
            verdict_names[verdict_of(sight, role, cap_px)]);
}

static void print_aside(const struct sight *sight, FILE *out)
{
    double aside = sight->screen->off_axis_deg;
    if (aside > 0)
        fprintf(
            out,
            "  from %.0f degrees aside letters are narrower by %.0f %%, and count as that much smaller%s\n",
            aside, 100 * (1 - sight->seen_mm / sight->pitch_mm),
            aside > LEGIBILITY_ASIDE ? "  WARN: turn the screen, or hang one more" : "");
}

static void print_table(const struct sight *sight, FILE *out)
{
    fprintf(out, "  %-20s  %7s  %8s  %5s  %8s  %7s\n", "capitals, at least", "", "", "angle", "with ease",
            "at most");
    for (enum text_role role = ROLE_TICKET; role < ROLES; role++)
        print_role(sight, role, out);
    fprintf(out, "  that is when the hall is at its fullest");
    if (sight->sizes.cap_px[ROLE_TICKET])
        fprintf(out, ", %u call%s at once", sight->sizes.panels, sight->sizes.panels == 1 ? "" : "s");
    if (sight->sizes.rows)
        fprintf(out, ", %u row%s in the list", sight->sizes.rows, sight->sizes.rows == 1 ? "" : "s");
    fprintf(out, "; ADA 703.5.5 asks for %d px\n",
            legibility_ada_px(sight->pitch_mm, sight->distance_m, sight->screen->height_m));
    print_aside(sight, out);
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static bool is_illegible(const struct sight *sight)
{
    int cap_px = number_px(&sight->sizes);
    return cap_px && verdict_of(sight, ROLE_TICKET, cap_px) == VERDICT_FAIL;
}

static void refuse(struct trial *trial, const struct sight *sight, char *out, size_t size)
{
    char help[256];
    int cap_px = number_px(&sight->sizes);
    say_number(trial, sight, legibility_called.least_k, help, sizeof help);
    snprintf(out, size,
             "screens[%u]: the called number cannot be read from the farthest seat: capitals of %d px (%.0f "
             "mm), at "
             "least %d px are needed; take %s; or say \"accept_illegible\": true",
             sight->index, cap_px, cap_px * sight->pitch_mm,
             legibility_need_px(sight->seen_mm, sight->distance_m, legibility_called.least_k), help);
}

static int check_screen(struct trial *trial, const struct config *config, unsigned index, FILE *out)
{
    struct sight sight;
    char reason[512];
    bool is_measured = look(trial, config, index, &sight);
    fprintf(out, "screen %s: %s, %dx%d", sight.screen->device.id, sight.screen->view, sight.sizes.width_px,
            sight.sizes.height_px);
    if (!is_measured) {
        fprintf(out, "; not calculated: give diagonal_in and farthest_m\n");
        return 0;
    }
    fprintf(out, ", %.4g in, %.3f mm a pixel, %.1f m from the farthest eyes\n", sight.screen->diagonal_in,
            sight.pitch_mm, sight.distance_m);
    print_table(&sight, out);
    help_number(trial, &sight, out);
    help_rows(trial, &sight, out);
    help_others(&sight, out);
    if (!is_illegible(&sight))
        return 0;
    if (sight.screen->accept_illegible) {
        fprintf(out, "  the called number cannot be read from the farthest seat; \"accept_illegible\" says "
                     "that this is known  WARN\n");
        return 0;
    }
    refuse(trial, &sight, reason, sizeof reason);
    fprintf(out, "%s\n", reason);
    return 1;
}

int check_screens(const struct config *config, struct fonts *fonts, FILE *out)
{
    int errors = 0;
    struct trial *trial = trial_create(config, fonts);
    if (!trial) {
        fprintf(out, "screens: out of memory\n");
        return 1;
    }
    if (!config->tickets.nseries)
        fprintf(out, "screens: calculated with tickets like %s; \"tickets\" in the hall file names yours\n",
                TRIAL_TICKET);
    for (unsigned i = 0; i < config->nscreens; i++)
        errors += check_screen(trial, config, i, out);
    trial_destroy(trial);
    return errors;
}

bool check_legible(const struct config *config, struct fonts *fonts, char *reason, size_t size)
{
    bool is_legible = true;
    struct trial *trial = trial_create(config, fonts);
    if (!trial) {
        snprintf(reason, size, "out of memory");
        return false;
    }
    for (unsigned i = 0; is_legible && i < config->nscreens; i++) {
        struct sight sight;
        is_legible =
            config->screen[i].accept_illegible || !look(trial, config, i, &sight) || !is_illegible(&sight);
        if (!is_legible)
            refuse(trial, &sight, reason, size);
    }
    trial_destroy(trial);
    return is_legible;
}
