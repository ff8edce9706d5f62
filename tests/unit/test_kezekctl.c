/* kezekctl against a board made of the real control socket and written replies. */
#include "board/control.h"
#include "board/ctl/ctl.h"
#include "tests/unit/fake_board.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char fake_screens[] =
    "{\"ok\":true,\"screens\":[{\"id\":\"main\",\"driver\":\"kms\",\"state\":\"shown\",\"detail\":\"\","
    "\"shows\":\"test grid\",\"output\":\"HDMI-A-1\",\"card\":\"card1\",\"monitor\":\"Dell Inc. DELL "
    "U2412M\",\"width_mm\":518,\"height_mm\":324,\"diagonal_in\":32,\"size\":\"1920x1200\",\"refresh_hz\":59."
    "95,\"rotati"
    "on\":90,\"format\":\"xrgb8888\",\"frames\":812,\"late_flips\":0,\"last_flip_ms\":1200,"
    "\"picture\":\"5f0c91d2a77be630\",\"pixels\":"
    "1},{\"id\":\"children\",\"driver\":\"kms\",\"state\":\"unplugged\",\"detail\":\"HDMI-A-2: no dis"
    "play is plugged in\",\"shows\":\"nothing\",\"output\":\"HDMI-A-2\",\"card\":\"card1\",\"monitor\":"
    "\"\",\"width_mm\":0,\"height_mm\":0,\"size\":\"\",\"refresh_hz\":60,\"rotation\":0,\"format\":\"x"
    "rgb8888\",\"frames\":0,\"late_flips\":1,\"last_flip_ms\":-1,\"pixels\":0}],\"outputs\":[{\"outpu"
    "t\":\"HDMI-A-1\",\"card\":\"card1\",\"driver\":\"vc4\",\"state\":\"plugged\",\"screen\":\"main\","
    "\"held_by\":\"\",\"monitor\":\"Dell Inc. DELL U2412M\",\"edid\":true,\"width_mm\":518,\"height_m"
    "m\":324,\"size\":\"1920x1200\",\"refresh_hz\":59.95,\"cec\":\"\",\"modes\":[{\"size\":\"1920x120"
    "0\",\"refresh_hz\":59.95,\"preferred\":true},{\"size\":\"1920x1080\",\"refresh_hz\":60},{\"size\":"
    "\"1920x1080\",\"refresh_hz\":50}]},{\"output\":\"HDMI-A-2\",\"card\":\"card1\",\"driver\":\"vc4\","
    "\"state\":\"unplugged\",\"screen\":\"children\",\"held_by\":\"\",\"monitor\":\"\",\"edid\":false"
    ",\"width_mm\":0,\"height_mm\":0,\"size\":\"\",\"refresh_hz\":0,\"cec\":\"\",\"modes\":[]},{\"out"
    "put\":\"DP-1\",\"card\":\"card0\",\"driver\":\"i915\",\"state\":\"plugged\",\"screen\":\"\",\"he"
    "ld_by\":\"Xorg (pid 812)\",\"monitor\":\"SAM \\u001b[31mTV\",\"edid\":true,\"width_mm\":1210,\"h"
    "eight_mm\":680,\"size\":\"1280x720\",\"refresh_hz\":50,\"cec\":\"\",\"modes\":[{\"size\":\"1280x"
    "720\",\"refresh_hz\":50}]}],\"trouble\":\"/dev/dri/card2: permission denied; add the service to "
    "group video\"}";

#define LINE "\"baud\":9600,\"parity\":\"N\",\"stop_bits\":1,"
static const char fake_scan[] =
    "{\"ok\":true,\"job\":{\"kind\":\"scan\",\"running\":false,\"done\":50,\"total\":50,\"unit\":247," LINE
    "\"error\":0,\"detail\":\"5 found\",\"steps\":[],\"found\":["
    "{\"unit\":16," LINE
    "\"collision\":true,\"profile\":\"\",\"identity\":\"\",\"round_trip_ms\":60,\"desk\":\"1\"},"
    "{\"unit\":17," LINE "\"collision\":false,\"profile\":\"owen-smi2\",\"identity\":\"SMI2 V1.02\","
    "\"round_trip_ms\":61.8,\"desk\":\"2\"},"
    "{\"unit\":40," LINE
    "\"collision\":false,\"profile\":\"\",\"identity\":\"\",\"round_trip_ms\":9,\"desk\":\"\"},"
    "{\"unit\":41," LINE
    "\"collision\":false,\"profile\":\"dm56a04\",\"identity\":\"\",\"round_trip_ms\":9,\"desk\":\"\"},"
    "{\"unit\":42,\"baud\":19200,\"parity\":\"E\",\"stop_bits\":1,\"foreign_line\":true,\"collision\":false,"
    "\"profile\":\"owen-smi2\",\"identity\":\"\",\"round_trip_ms\":9,\"desk\":\"\"}]}}";

static const struct {
    const char *command, *reply;
} replies[] = {
    { "led-scan", "{\"ok\":true,\"skipped\":2}" },
    { "led-job", fake_scan },
    { "led-address", "{\"ok\":false,\"error\":\"bus west has a job already; led-stop ends it\"}" },
    { "status", FAKE_STATUS },
    { "screens", fake_screens },
    { "screen-test", "{\"ok\":true}" },
    { "leds", FAKE_STATUS },
    { "chimes", "{\"ok\":true,\"chimes\":[],\"melodies\":[\"gong3\",\"gong1\"]}" },
    { "reload", "{\"ok\":false,\"error\":\"hall.json: desks[3].led.unit: 0 is no unit; 1 to 247\"}" },
    { "event", "{\"ok\":true}" },
    { "led-show", "{\"ok\":true}" },
    { "led-identify", "{\"ok\":true}" },
    { "chime", "{\"ok\":true}" },
};

struct board {
    char folder[32], path[64];
    struct loop *loop;
    struct control *control;
    pthread_t thread;
    char asked[4096]; /* the last request; read after its reply came */
    char *out, *err;
};

static void watch_lines(struct control *control, uint64_t id)
{
    control_watch(control, id, true);
    control_reply(control, id, "{\"ok\":true}");
    control_tell(
        control,
        "{\"watch\":\"event\",\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"А042\",\"sound\":\"live\"}");
    control_tell(
        control,
        "{\"watch\":\"receipt\",\"ticket\":\"А042\",\"desk\":\"3\",\"result\":\"shown\",\"outlets\":["
        "{\"outlet\":\"screen/main\",\"result\":\"shown\",\"latency_ms\":21.44},"
        "{\"outlet\":\"led/3\",\"result\":\"verified\",\"latency_ms\":48}]}");
    control_tell(control, "{\"watch\":\"link\",\"connected\":false,\"why\":\"refused\"}");
    control_tell(control, "{\"watch\":\"frame\",\"screen\":\"main\",\"frame\":12}");
    control_tell(control, "{\"watch\":\"led\",\"desk\":\"3\",\"shown\":\"A042\",\"certainty\":\"acked\"}");
    control_tell(control, "{\"watch\":\"truth\",\"truth\":\"stale\"}");
    control_tell(control, "{\"watch\":\"screen\",\"screen\":\"main\",\"state\":\"unplugged\",\"detail\":"
                          "\"HDMI-A-1: no display is plugged in\"}");
    control_tell(control, "{\"watch\":\"news\",\"n\":1}");
}

static void on_request(void *data, struct control_client *client, const cJSON *request)
{
    struct board *board = data;
    uint64_t id = control_client_id(client);
    const char *command = ctl_text(request, "cmd");
    cJSON_PrintPreallocated((cJSON *)request, board->asked, sizeof board->asked, false);
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        if (!strcmp(replies[i].command, command)) {
            control_reply(board->control, id, replies[i].reply);
            return;
        }
    if (!strcmp(command, "quit"))
        loop_quit(board->loop, 0);
    if (!strcmp(command, "watch"))
        watch_lines(board->control, id);
    else if (!strcmp(command, "snapshot") && !strcmp(ctl_text(request, "screen"), "main"))
        control_reply_bytes(board->control, id,
                            "{\"ok\":true,\"format\":\"png\",\"bytes\":9,\"picture\":\"5f0c91d2a77be630\"}",
                            strdup("\x89PNG\n123"), 9);
    else
        control_error(board->control, id, "no screen \"%s\"", ctl_text(request, "screen"));
}

static void *board_thread(void *data)
{
    struct board *board = data;
    loop_run(board->loop);
    return NULL;
}

static int start(void **state)
{
    struct board *board = calloc(1, sizeof *board);
    strcpy(board->folder, "/tmp/kezekctl.XXXXXX");
    assert_non_null(mkdtemp(board->folder));
    snprintf(board->path, sizeof board->path, "%s/control", board->folder);
    board->loop = loop_create();
    board->control = control_create(board->loop, board->path, on_request, board);
    assert_non_null(board->control);
    assert_int_equal(pthread_create(&board->thread, NULL, board_thread, board), 0);
    *state = board;
    return 0;
}

/* Runs one command line; words are separated by spaces, '~' stands for a space within a word. */
static int run(struct board *board, const char *line)
{
    char copy[512], *argv[32], *save = NULL;
    int argc = 0;
    snprintf(copy, sizeof copy, "kezekctl -s %s %s", board->path, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        for (char *at = word; (at = strchr(at, '~'));)
            *at = ' ';
        argv[argc++] = word;
    }
    size_t size;
    free(board->out);
    free(board->err);
    FILE *out = open_memstream(&board->out, &size), *err = open_memstream(&board->err, &size);
    int status = ctl_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return status;
}

static int stop(void **state)
{
    struct board *board = *state;
    struct ctl ctl = { .socket = board->path, .fd = -1, .out = stdout, .err = stderr };
    cJSON *reply;
    char *line = NULL;
    size_t size;
    ctl.err = open_memstream(&line, &size); /* "quit" is answered by an error */
    ctl_ask(&ctl, ctl_request("quit"), &reply);
    pthread_join(board->thread, NULL);
    ctl_close(&ctl);
    fclose(ctl.err);
    free(line);
    control_destroy(board->control);
    loop_destroy(board->loop);
    rmdir(board->folder);
    free(board->out);
    free(board->err);
    free(board);
    return 0;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void status_says_first_what_needs_a_hand(void **state)
{
    struct board *board = *state;
    assert_int_equal(run(board, "status"), 0);
    has(board->out,
        "board hall-1 of hall open-almaty, kezekd 0.1.0, up 2 h\n"
        "link  connected to mqtt://127.0.0.1:1883 (MQTT 5)\n"
        "feed  stale, full profile: 10 events, 1 duplicates, 0 muted, 2 gaps, 0 invalid, 4 for "
        "unknown desks\n"
        "      epoch 7f3c9a12, number 12\n"
        "\nLook at:\n"
        "  feed: no sign of the queue server for 15 s; the walls say \"no connection\"\n"
        "  notice fire: ru: the fonts have no glyph for U+1F525\n"
        "  screen children: unplugged: no ?[31mmemory\n"
        "  led west/17 above desk 2: no reply since the start; check its power, its address (17),\n"
        "    and A against B\n"
        "  led west/18 above desk 3: answers as \"SMI2 V1.02\", not as dm56a04, and is left alone;\n"
        "    correct its profile or its address\n");
    assert_string_equal(board->err, "");
}

static void tables_are_aligned_by_what_a_terminal_shows(void **state)
{
    struct board *board = *state;
    assert_int_equal(run(board, "led list"), 0);
    assert_string_equal(
        board->out,
        "DESK  BOARD    STATE     CONFIRMED  SHOWN  WANTED  PROFILE    ERRORS  REQUESTS  ROUND TRIP\n"
        "1     west/16  verified     65.0 s  A042   A042 *  owen-smi2   0/0/0      1240     31.2 ms\n"
        "2     west/17  no reply          –  –      b7      dm56a04    40/0/0        40      0.0 ms\n"
        "3     west/18  other             –  –      –       dm56a04     0/0/1         9     12.5 ms\n"
        "\nbus west  open, 1.2 % of its time used, 3 boards, 16 ms for the adapter, 7 group frames\n"
        "  /dev/west\n"
        "\nNot confirmed on hardware by this project, so compare the glass with SHOWN:\n"
        "  owen-smi2: documented\n"
        "  dm56a04: tested by others\n"
        "\nLook at:\n"
        "  led west/17 above desk 2: no reply since the start; check its power, its address (17),\n"
        "    and A against B\n"
        "  led west/18 above desk 3: answers as \"SMI2 V1.02\", not as dm56a04, and is left alone;\n"
        "    correct its profile or its address\n");
}

static void screens_are_listed_in_lines_that_fit_a_telephone(void **state)
{
    struct board *board = *state;
    assert_int_equal(run(board, "screen list"), 0);
    assert_string_equal(board->out, "main  shown\n"
                                    "  HDMI-A-1 of card1\n"
                                    "  Dell Inc. DELL U2412M, 518 x 324 mm\n"
                                    "  the display tells 24 in, the hall file 32 in: measure it\n"
                                    "  1920x1200 at 59.95 Hz, turned by 90\n"
                                    "  shows test grid\n"
                                    "  812 frames, the last one 1.2 s ago\n"
                                    "  picture 5f0c91d2a77be630\n"
                                    "children  unplugged\n"
                                    "  HDMI-A-2: no display is plugged in\n"
                                    "  HDMI-A-2 of card1\n"
                                    "  shows nothing\n"
                                    "  1 frame did not flip in time\n"
                                    "/dev/dri/card2: permission denied; add the service to group video\n"
                                    "\nNot used by a screen of the hall file:\n"
                                    "DP-1  plugged\n"
                                    "  card0 (i915)\n"
                                    "  held by Xorg (pid 812)\n"
                                    "  SAM ?[31mTV, 1210 x 680 mm\n"
                                    "  1280x720 at 50 Hz\n"
                                    "  modes: 1, --modes lists them\n");
    assert_int_equal(run(board, "screen list --modes"), 0);
    has(board->out, "  picture 5f0c91d2a77be630\n"
                    "    1920x1200  59.95*\n"
                    "    1920x1080  60 50\n");
    has(board->out, "  1280x720 at 50 Hz\n"
                    "    1280x720   50\n");
}

static void json_prints_the_reply_as_it_came(void **state)
{
    struct board *board = *state;
    assert_int_equal(run(board, "--json status"), 0);
    assert_string_equal(board->out, FAKE_STATUS "\n");
    assert_int_equal(run(board, "reload --json"), 1);
    has(board->out, "{\"ok\":false,\"error\":");
    has(board->err, "kezekctl: hall.json: desks[3].led.unit: 0 is no unit; 1 to 247\n");
}

static void commands_become_requests(void **state)
{
    static const struct {
        const char *line, *request, *out;
    } rows[] = {
        { "call А042 3", "{\"cmd\":\"event\",\"type\":\"call\",\"ticket\":\"А042\",\"desk\":\"3\"}",
          "called А042 to desk 3\n" },
        { "recall А042 3 --lane=booked --booked-at 10:30",
          "{\"cmd\":\"event\",\"type\":\"recall\",\"ticket\":\"А042\",\"desk\":\"3\",\"lane\":\"booked\","
          "\"booked_at\":\"10:"
          "30\"}",
          "recalled А042 to desk 3\n" },
        { "serve А042 3", "{\"cmd\":\"event\",\"type\":\"serve\",\"ticket\":\"А042\",\"desk\":\"3\"}",
          "А042 is served at desk 3\n" },
        { "clear А042 3",
          "{\"cmd\":\"event\",\"type\":\"clear\",\"ticket\":\"А042\",\"desk\":\"3\",\"reason\":\"done\"}",
          "cleared А042 at desk 3: done\n" },
        { "clear А042 3 transferred --to 5",
          "{\"cmd\":\"event\",\"type\":\"clear\",\"ticket\":\"А042\",\"desk\":\"3\",\"reason\":"
          "\"transferred\",\"to\":\"5\"}",
          "cleared А042 at desk 3: transferred\n" },
        { "desk 3 paused", "{\"cmd\":\"event\",\"type\":\"desk\",\"desk\":\"3\",\"status\":\"paused\"}",
          "desk 3 is paused\n" },
        { "notice fire --level alert ru=Покиньте~здание kk=Шығыңыз",
          "{\"cmd\":\"event\",\"type\":\"notice\",\"id\":\"fire\",\"level\":\"alert\",\"text\":{\"ru\":"
          "\"Покиньте "
          "здание\",\"kk\":\"Шығыңыз\"}}",
          "notice fire is up\n" },
        { "notice fire",
          "{\"cmd\":\"event\",\"type\":\"notice\",\"id\":\"fire\",\"level\":\"info\",\"text\":{}}",
          "notice fire is removed\n" },
        { "led show 3 -- -12-", "{\"cmd\":\"led-show\",\"text\":\"-12-\",\"desk\":\"3\",\"seconds\":10}",
          "the board above desk 3 shows -12- for 10 s\n" },
        { "led identify 3 --seconds 60", "{\"cmd\":\"led-identify\",\"desk\":\"3\",\"seconds\":60}",
          "the board above desk 3 shows its unit number for 60 s\n" },
        { "screen test main grid",
          "{\"cmd\":\"screen-test\",\"screen\":\"main\",\"pattern\":\"grid\",\"seconds\":30}",
          "screen main shows grid for 30 s\n" },
        { "screen test main off",
          "{\"cmd\":\"screen-test\",\"screen\":\"main\",\"pattern\":\"off\",\"seconds\":30}",
          "screen main shows the hall\n" },
        { "chime play hall gong1", "{\"cmd\":\"chime\",\"chime\":\"hall\",\"melody\":\"gong1\"}",
          "chime hall plays\n" },
        { "chime list", "{\"cmd\":\"chimes\"}", "melodies: gong3 gong1\n" },
    };
    struct board *board = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(run(board, rows[i].line), 0);
        assert_string_equal(board->asked, rows[i].request);
        assert_string_equal(board->out, rows[i].out);
    }
}

static void a_scan_says_what_to_do_next(void **state)
{
    static const char *const lines[] = {
        "the gateway has its own line settings: 2 others are left out\n",
        "16  9600 8N1   unknown    –           1        60.0 ms  two boards answer at once\n",
        "17  9600 8N1   owen-smi2  SMI2 V1.02  2        61.8 ms",
        "unit 16: unplug all of these boards but one, give it its own address (kezekctl led address west NEW "
        "--profile P --at 16), and scan again\n",
        "unit 42 listens at 19200 8E1, not as the bus does: kezekctl led address west NEW --profile "
        "owen-smi2 --at 42 "
        "gives it an address and the settings of the bus\n",
        "unit 40 is of no desk and no type that was asked for: try --all\n",
        "unit 41 is of no desk: kezekctl led address west NEW --profile dm56a04 --at 41, or write it into",
        "desk 2: the hall file says dm56a04, it answers as owen-smi2: correct one of them\n",
        "\n5 found\n",
    };
    struct board *board = *state;
    assert_int_equal(run(board, "led scan west --profile owen-smi2,dm56a04 --from 16"), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        has(board->out, lines[i]);
    assert_int_equal(run(board, "--json led scan west"), 0);
    assert_int_equal(strlen(board->out), sizeof fake_scan);
    assert_int_equal(run(board, "led address west 30 --profile owen-smi2 --yes"), 1);
    has(board->err, "bus west has a job already");
    assert_string_equal(
        board->asked, "{\"cmd\":\"led-address\",\"bus\":\"west\",\"address\":30,\"profile\":\"owen-smi2\"}");
}

static void wrong_command_lines_are_explained_and_send_nothing(void **state)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        { "stauts", "unknown command \"stauts\"; did you mean \"status\"?" },
        { "led sho 3 A", "unknown command \"led sho\"; did you mean \"led show\"?" },
        { "led", "led identify DESK" },
        { "xyzzy", "see kezekctl --help" },
        { "--jsn status", "unknown option --jsn" },
        { "status now", "\"now\" is too much" },
        { "call А042", "usage: kezekctl call TICKET DESK" },
        { "call А042 3 --lain booked", "did you mean --lane?" },
        { "call А042 3 --lane", "--lane needs a value" },
        { "led identify 3 --seconds 1h", "--seconds \"1h\" is not a whole number from 1 to 600" },
        { "led identify 3 --seconds 601", "is not a whole number from 1 to 600" },
        { "led scan west --from 0", "--from \"0\" is not a whole number from 1 to 247" },
        { "led scan", "usage: kezekctl led scan BUS" },
        { "led address west 248 --profile x", "\"248\" is no address; 1 to 247" },
        { "led address west x --profile x", "\"x\" is no address; 1 to 247" },
        { "led address west 5", "--profile is missing" },
        { "led address west 5 --profile x --at 0", "--at \"0\" is not a whole number" },
        { "led walk front back", "\"back\" is too much" },
        { "notice fire Покиньте", "write LANG=TEXT" },
        { "screen snapshot ../x", "is no screen id" },
        { "screen test main", "usage: kezekctl screen test SCREEN PATTERN" },
        { "screen test main grid --seconds 0", "is not a whole number from 1 to 600" },
        { "screen list --mode", "unknown option --mode" },
        { "screen tets main grid", "did you mean \"screen test\"?" },
    };
    struct board *board = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(run(board, rows[i].line), 64);
        has(board->err, rows[i].error);
        assert_string_equal(board->out, "");
    }
    assert_string_equal(board->asked, "");
}

static void every_verb_has_help(void **state)
{
    struct board *board = *state;
    char line[64];
    for (unsigned i = 0; i < ctl_nverbs; i++) {
        snprintf(line, sizeof line, "%s --help", ctl_verbs[i].name);
        assert_int_equal(run(board, line), 0);
        has(board->out, ctl_verbs[i].summary);
        assert_int_equal(run(board, "--help"), 0);
        has(board->out, ctl_verbs[i].name);
    }
}

static void a_snapshot_is_written_whole_or_not_at_all(void **state)
{
    struct board *board = *state;
    char line[128], path[64], bytes[16];
    snprintf(path, sizeof path, "%s/a.png", board->folder);
    snprintf(line, sizeof line, "screen snapshot main -o %s", path);
    assert_int_equal(run(board, line), 0);
    has(board->out, "/a.png: picture 5f0c91d2a77be630\n");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), 9);
    fclose(file);
    assert_memory_equal(bytes, "\x89PNG\n123", 9);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(run(board, "screen snapshot main -o -"), 0);
    assert_memory_equal(board->out, "\x89PNG\n123", 9);
    snprintf(line, sizeof line, "screen snapshot side -o %s", path);
    assert_int_equal(run(board, line), 1);
    has(board->err, "no screen \"side\"");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(run(board, "screen snapshot main -o /nonexistent/a.png"), 73);
}

static void check_prints_every_error_and_needs_no_board(void **state)
{
    struct board *board = *state;
    char line[128], path[64];
    assert_int_equal(run(board, "check board/halls/open-almaty.json"), 0);
    has(board->out, "no errors; 12 desks, 12 LED boards on 2 buses, 2 screens");
    has(board->out, "screen main: calls, 1920x1080, 55 in, ");
    has(board->out, "bus west: ");
    assert_int_equal(run(board, "--json check board/halls/open-almaty.json"), 0);
    has(board->out, "{\"ok\":true,\"errors\":[],\"report\":[\"glyphs: ");
    snprintf(path, sizeof path, "%s/hall.json", board->folder);
    FILE *file = fopen(path, "w");
    fputs("{\"hall\":5,\"colour\":1}", file);
    fclose(file);
    snprintf(line, sizeof line, "check %s", path);
    assert_int_equal(run(board, line), 78);
    has(board->out, "hall.json: hall: ");
    has(board->out, "colour");
    has(board->err, " errors\n");
    snprintf(line, sizeof line, "--json check %s", path);
    assert_int_equal(run(board, line), 78);
    has(board->out, "{\"ok\":false,\"errors\":[\"");
    assert_string_equal(board->err, "");
    assert_int_equal(run(board, "check /nonexistent.json"), 78);
    unlink(path);
}

static void watch_reads_like_a_log(void **state)
{
    static const char *const lines[] = {
        "event    call А042 at desk 3, live\n",
        "receipt  А042 at desk 3 shown: screen/main shown 21.4 ms, led/3 verified 48.0 ms\n",
        "link     not connected: refused\n",
        "frame    screen main frame 12\n",
        "led      desk 3 shows \"A042\", acked\n",
        "truth    stale\n",
        "screen   main unplugged: HDMI-A-1: no display is plugged in\n",
        "{\"watch\":\"news\",\"n\":1}\n",
    };
    struct board *board = *state;
    assert_int_equal(run(board, "watch --count 8"), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        has(board->out, lines[i]);
    assert_int_equal(run(board, "--json watch --count 1"), 0);
    has(board->out, "{\"ok\":true}\n{\"watch\":\"event\"");
}

static void a_board_that_is_not_there_is_69_with_a_remedy(void **state)
{
    (void)state;
    struct board nobody = { .path = "/nonexistent/kezek/control" };
    assert_int_equal(run(&nobody, "status"), 69);
    has(nobody.err, "/nonexistent/kezek/control: there is no such socket: is kezekd running?");
    free(nobody.out);
    free(nobody.err);
}

static void widths_follow_unicode(void **state)
{
    (void)state;
    assert_int_equal(ctl_width("Қ042"), 4);
    assert_int_equal(ctl_width("е\u0301"), 1);
    assert_int_equal(ctl_width("番号"), 4);
}

static void durations_are_short(void **state)
{
    (void)state;
    static const struct {
        double ms;
        const char *text;
    } rows[] = { { -1, "–" },         { 0, "0 ms" },       { 999.4, "999 ms" }, { 1200, "1.2 s" },
                 { 119999, "2 min" }, { 3.6e6, "60 min" }, { 7.5e6, "2 h" },    { 86400e3 * 3, "3 d" } };
    char buffer[24];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(ctl_duration(rows[i].ms, buffer), rows[i].text);
}

#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOARD(status_says_first_what_needs_a_hand),
        WITH_BOARD(tables_are_aligned_by_what_a_terminal_shows),
        WITH_BOARD(screens_are_listed_in_lines_that_fit_a_telephone),
        WITH_BOARD(json_prints_the_reply_as_it_came),
        WITH_BOARD(commands_become_requests),
        WITH_BOARD(a_scan_says_what_to_do_next),
        WITH_BOARD(wrong_command_lines_are_explained_and_send_nothing),
        WITH_BOARD(every_verb_has_help),
        WITH_BOARD(a_snapshot_is_written_whole_or_not_at_all),
        WITH_BOARD(check_prints_every_error_and_needs_no_board),
        WITH_BOARD(watch_reads_like_a_log),
        cmocka_unit_test(a_board_that_is_not_there_is_69_with_a_remedy),
        cmocka_unit_test(widths_follow_unicode),
        cmocka_unit_test(durations_are_short),
    };
    return cmocka_run_group_tests_name("kezekctl", tests, NULL, NULL);
}
