#include "tests/scenario/expect.h"

#include "tests/scenario/buses.h"
#include "tests/scenario/eyes.h"
#include "tests/scenario/office.h"
#include "tests/scenario/verdict.h"
#include "tests/scenario/words.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH_BYTES 32768 /* glyphs of a size that was not needed before; one letter on its way is more */

static const struct config *hall;

static const struct panel *panel_of(const struct view *view, const char *ticket, const char *desk)
{
    int index = desk ? desk_of(hall, desk) : NONE;
    for (unsigned i = 0; i < view->npanels; i++)
        if (strcmp(view->panel[i].ticket, ticket) == 0 && (!desk || view->panel[i].desk == index))
            return &view->panel[i];
    return NULL;
}

static bool is_listed(const char list[][TICKET_SIZE], unsigned count, const char *ticket)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i], ticket) == 0)
            return true;
    return false;
}

static void expect_panel(const char *screen, const struct view *view, char **word)
{
    const struct panel *panel = panel_of(view, word[1], is_word(word[2], "desk") ? word[3] : NULL);
    if (is_word(word[0], "not") && panel)
        complain("screen %s shows %s at desk %s", screen, word[1], hall->desk[panel->desk].id);
    if (is_word(word[0], "not"))
        return;
    if (!panel)
        complain("screen %s does not show %s%s%s; its sign is %s", screen, word[1],
                 word[2] ? " at desk " : "", word[2] && word[3] ? word[3] : "", sign_names[view->sign]);
    else if (panel->is_new != is_word(word[0], "features"))
        complain("screen %s shows %s, but %s", screen, word[1], panel->is_new ? "as new" : "not as new");
}

static void expect_screen(char **word)
{
    static const char *const screen_words[] = { "recent", "missed", "sign", "panels", "clock" };
    int screen = screen_of(hall, word[0]);
    if (screen < 0 || !word[1] || !word[2]) {
        complain("expect screen SCREEN features|shows|not|recent|missed TICKET [desk DESK], sign SIGN, "
                 "panels N, clock TIME");
        return;
    }
    const struct view *view = eyes_view((unsigned)screen);
    const char *what = word[1], *value = word[2];
    if (is_word(what, "features") || is_word(what, "shows") || is_word(what, "not"))
        expect_panel(word[0], view, word + 1);
    else if (is_word(what, "recent") && !is_listed(view->recent, view->nrecent, value))
        complain("the list of screen %s has no %s", word[0], value);
    else if (is_word(what, "missed") && !is_listed(view->missed, view->nmissed, value))
        complain("the missed ones of screen %s are without %s", word[0], value);
    else if (is_word(what, "sign") && index_of(value, sign_names, SIGNS) != (int)view->sign)
        complain("the sign of screen %s is %s, not %s", word[0], sign_names[view->sign], value);
    else if (is_word(what, "panels") && view->npanels != strtoul(value, NULL, 10))
        complain("screen %s has %u panels, not %s", word[0], view->npanels, value);
    else if (is_word(what, "clock") && !strstr(view->clock, value))
        complain("the clock of screen %s is %s, not %s", word[0], view->clock, value);
    else if (index_of(what, screen_words, sizeof screen_words / sizeof *screen_words) < 0)
        complain("\"%s\": nothing that a screen can be asked for", what);
}

static void expect_led(char **word)
{
    int desk = desk_of(hall, word[0]);
    bool is_blinking = false;
    const char *glass = desk >= 0 ? buses_glass(hall, desk, &is_blinking) : NULL;
    struct led_unit_status status = { 0 };
    if (!glass || !word[1]) {
        complain("expect led DESK \"TEXT\" [blinking|steady], or trouble");
        return;
    }
    if (eyes_board() && eyes_board()->desks)
        desks_unit_status(eyes_board()->desks, desk, &status);
    if (is_word(word[1], "trouble")) {
        if (!status.is_dead)
            complain("the LED board of desk %s is not told as dead", word[0]);
        return;
    }
    if (strcmp(glass, word[1]) != 0 || (word[2] && is_blinking != is_word(word[2], "blinking")))
        complain("the LED board of desk %s shows \"%s\"%s", word[0], glass, is_blinking ? " blinking" : "");
}

static void expect_chimes(char **word)
{
    unsigned wanted = (unsigned)strtoul(word[0], NULL, 10);
    bool is_bound = is_word(word[1], "at-most");
    if (is_bound ? eyes_chimes() > wanted : eyes_chimes() != wanted)
        complain("the chime has sounded %u times, not %s%u", eyes_chimes(), is_bound ? "at most " : "",
                 wanted);
}

static void expect_receipt(char **word)
{
    const char *result = eyes_receipt_of(word[0]);
    if (!result || !word[1] || strcmp(result, word[1]) != 0)
        complain("the receipt of %s says %s, not %s", word[0], result ? result : "nothing yet",
                 word[1] ? word[1] : "");
}

/* Every desk: what the board believes is what the server knows. */
static void expect_truth(char **word)
{
    (void)word;
    const struct queue_server *server = office_truth();
    for (int i = 0; i < hall->ndesks; i++) {
        const char *ticket = server->desk[i].phase == PHASE_IDLE ? "" : server->desk[i].visit.ticket;
        const char *shown = eyes_board() ? eyes_board()->hall.desk[i].ticket : "(off)";
        if (strcmp(ticket, shown) != 0)
            complain("desk %s has \"%s\", and the board believes \"%s\"", hall->desk[i].id, ticket, shown);
    }
}

/* ---- growth ---------------------------------------------------------------------------------- */

struct growth {
    unsigned long descriptors, heap_bytes;
};

static struct growth measure(void)
{
    struct growth growth = { .heap_bytes = mallinfo2().uordblks };
    for (int fd = 0; fd < 1024; fd++)
        growth.descriptors += fcntl(fd, F_GETFD) >= 0;
    return growth;
}

static struct growth grown;

static void expect_growth(char **word)
{
    (void)word;
    grown = measure();
}

static void expect_no_growth(char **word)
{
    (void)word;
    struct growth now = measure();
    if (now.descriptors != grown.descriptors)
        complain("descriptors: %lu before, %lu now", grown.descriptors, now.descriptors);
    if (now.heap_bytes > grown.heap_bytes + GROWTH_BYTES)
        complain("heap: %lu bytes before, %lu now", grown.heap_bytes, now.heap_bytes);
}

static const struct expectation {
    const char *what;
    void (*fn)(char **word);
    unsigned least;
} expectations[] = {
    { "screen", expect_screen, 3 },       { "led", expect_led, 2 },
    { "chimes", expect_chimes, 1 },       { "receipt", expect_receipt, 2 },
    { "truth", expect_truth, 0 },         { "growth-from-here", expect_growth, 0 },
    { "no-growth", expect_no_growth, 0 },
};

static unsigned count_words(char **word)
{
    unsigned count = 0;
    while (word[count])
        count++;
    return count;
}

void expect(const struct config *config, char **word)
{
    hall = config;
    for (unsigned i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        if (!is_word(word[0], expectations[i].what))
            continue;
        if (count_words(word + 1) < expectations[i].least)
            complain("expect %s: too few words", word[0]);
        else
            expectations[i].fn(word + 1);
        return;
    }
    complain("\"%s\": expect screen, led, chimes, receipt or truth", word[0]);
}
