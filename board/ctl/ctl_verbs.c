#include "board/ctl/ctl.h"

#define CALL_HELP                                                                                            \
    "For the time in which no queue server is there. The board refuses it while a server of the\n"           \
    "full profile is in charge.\n"                                                                           \
    "  --lane walkin|booked   how the visitor came\n"                                                        \
    "  --booked-at HH:MM      time of the appointment\n"                                                     \
    "  --lang LANG            the visitor's language\n"                                                      \
    "  --from DESK            the desk that passed the visit on"
#define CALL_OPTIONS                                                                                         \
    {                                                                                                        \
        "--lane", "--booked-at", "--lang", "--from"                                                          \
    }
#define WORDS(min, max) .min_words = min, .max_words = max

/* clang-format off */
const struct ctl_verb ctl_verbs[] = {
    { .name = "status", .synopsis = "", .run = ctl_status,
      .summary = "the hall at a glance: link, feed, screens, LED boards, chimes",
      .help = "What needs a hand is listed first. SURE says how certain it is that a board shows SHOWN:\n"
              "sent, acked (the board took it), verified (read back and equal), lit (the board says that\n"
              "the segments are lit). A star after WANTED: it blinks." },
    { .name = "watch", .synopsis = "[--count N]", .run = ctl_watch, .options = { "--count" },
      .summary = "events, receipts, frames and changes as they happen",
      .help = "  --count N   end after N lines" },
    { .name = "check", .synopsis = "FILE", WORDS(1, 1), .run = ctl_check,
      .summary = "errors of a hall file; needs no running service",
      .help = "Prints every error with its place in the file and what would be right. Ends with 0 or 78." },
    { .name = "call", .synopsis = "TICKET DESK [OPTIONS]", WORDS(2, 2), .run = ctl_call, .options = CALL_OPTIONS,
      .summary = "call a ticket by hand", .help = CALL_HELP },
    { .name = "recall", .synopsis = "TICKET DESK [OPTIONS]", WORDS(2, 2), .run = ctl_call, .options = CALL_OPTIONS,
      .summary = "call it again", .help = CALL_HELP },
    { .name = "serve", .synopsis = "TICKET DESK", WORDS(2, 2), .run = ctl_serve,
      .summary = "the visitor has come to the desk" },
    { .name = "clear", .synopsis = "TICKET DESK [REASON] [--to DESK]", WORDS(2, 3), .run = ctl_clear,
      .options = { "--to" }, .summary = "the visit ends",
      .help = "REASON: done (when left out), no_show, transferred, parked.\n"
              "  --to DESK   where a transferred visit goes" },
    { .name = "desk", .synopsis = "DESK open|paused|closed", WORDS(2, 2), .run = ctl_desk,
      .summary = "open or close a desk" },
    { .name = "notice", .synopsis = "ID [--level info|alert] [LANG=TEXT …]", WORDS(1, 5), .run = ctl_notice,
      .options = { "--level" }, .summary = "put a notice up, or remove it",
      .help = "Without a text the notice ID is removed. An alert takes the whole wall.\n"
              "  kezekctl notice fire --level alert kk='Ғимараттан шығыңыз' ru='Покиньте здание'" },
    { .name = "screen list", .synopsis = "[--modes]", .run = ctl_screen_list, .flag = "--modes",
      .summary = "screens: what they show and on which display; outputs that no screen uses",
      .help = "  --modes   also what each display can do" },
    { .name = "screen test", .synopsis = "SCREEN PATTERN [--seconds N]", WORDS(2, 2), .run = ctl_screen_test,
      .options = { "--seconds" }, .summary = "put a test picture on a screen for a while",
      .help = "PATTERN: grid (edges, scaling), bars (colours), gradient (banding), text (sizes), motion (tearing);\n"
              "off ends it. Calls are not shown on that screen meanwhile; an alert ends it.\n"
              "  --seconds N   1 to 600, 30 when left out" },
    { .name = "screen snapshot", .synopsis = "SCREEN [-o FILE]", WORDS(1, 1), .run = ctl_screen_snapshot,
      .options = { "-o" }, .summary = "the picture on scan-out as PNG",
      .help = "  -o FILE   where to write it; SCREEN.png when left out, - for the standard output" },
    { .name = "led list", .synopsis = "", .run = ctl_led_list,
      .summary = "every LED board: shown, how sure, since when; what is wrong, and what to do" },
    { .name = "led show", .synopsis = "DESK TEXT [--seconds N]", WORDS(2, 2), .run = ctl_led_show,
      .options = { "--seconds" }, .summary = "show a text on one board for a while",
      .help = "  --seconds N   1 to 600, 10 when left out; then the board shows its ticket again" },
    { .name = "led identify", .synopsis = "DESK|all [--seconds N]", WORDS(1, 1), .run = ctl_led_identify,
      .options = { "--seconds" }, .summary = "make one board, or all, show their unit number",
      .help = "  --seconds N   1 to 600, 10 when left out" },
    { .name = "led scan", .synopsis = "BUS [--profile P,…] [--from N] [--to N] [--all]", WORDS(1, 1),
      .run = ctl_led_scan, .options = { "--profile", "--from", "--to" }, .flag = "--all",
      .summary = "look for boards on a bus: who they are, whose desk, two with one address",
      .help = "Asks at the settings of the bus and at those that new boards have. Calls go ahead of it.\n"
              "Ctrl-C ends it.\n"
              "  --profile P,…  types of boards to look for; those of the hall file when left out\n"
              "  --from, --to   units, 1 to 247\n"
              "  --all          every installed type of board" },
    { .name = "led address", .synopsis = "BUS NEW --profile P [--at UNIT] [--yes]", WORDS(2, 2),
      .run = ctl_led_address, .options = { "--profile", "--at" }, .flag = "--yes",
      .summary = "give one new board its address and the settings of the bus",
      .help = "Connect one new board at a time: those of a type come with the same address.\n"
              "  --profile P   the type of the board\n"
              "  --at UNIT     where it listens; the type's factory address when left out\n"
              "  --yes         do not ask" },
    { .name = "led walk", .synopsis = "[ZONE]", WORDS(0, 1), .run = ctl_led_walk,
      .summary = "desk after desk: its board blinks with the desk's number until you have looked",
      .help = "Enter: right; n: wrong or dark; b: back; q: quit. A script writes these lines to the standard\n"
              "input. Ends with 0 when all boards are right, else with 1." },
    { .name = "chime list", .synopsis = "", .run = ctl_chime_list, .summary = "speakers and melodies" },
    { .name = "chime play", .synopsis = "CHIME [MELODY]", WORDS(1, 2), .run = ctl_chime_play,
      .summary = "sound a chime now", .help = "MELODY: the chime's call melody when left out." },
    { .name = "reload", .synopsis = "", .run = ctl_reload,
      .summary = "read the hall file again; a wrong one is refused whole" },
};
/* clang-format on */
const unsigned ctl_nverbs = sizeof ctl_verbs / sizeof *ctl_verbs;
