/* Any requests to a board: each verb of board/commands.c and board/jobs.c with any words. Never a crash, one reply for each, and
 * what is published over MQTT for a command is one line of JSON.
 *
 * The board has a hall, devices of memory, and no process of the network. It turns after each request.
 */
#include "board/board.h"
#include "board/walls.h"
#include "tests/fuzz/file.h"
#include "tests/fuzz/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char hall[] =
    "{\"hall\":\"h\",\"board\":\"b\",\"name\":{\"en\":\"H\"},\"languages\":[\"en\"],\"timezone\":\"UTC\","
    "\"broker\":{\"urls\":[\"mqtt://x\"]},\"zones\":[{\"id\":\"z\",\"name\":{\"en\":\"Z\"}}],"
    "\"agencies\":[{\"id\":\"a\",\"name\":{\"en\":\"A\"}}],"
    "\"desks\":[{\"id\":\"1\",\"zone\":\"z\",\"agency\":\"a\",\"led\":{\"bus\":\"w\",\"unit\":16,\"profile\":"
    "\"owen-smi2\"}},"
    "{\"id\":\"2\",\"zone\":\"z\",\"agency\":\"a\"}],\"buses\":[{\"id\":\"w\",\"driver\":\"memory\","
    "\"device\":\"m\"}],"
    "\"screens\":[{\"id\":\"s\",\"driver\":\"memory\",\"size\":\"640x480\",\"zones\":[\"z\"]}],"
    "\"chimes\":[{\"id\":\"c\",\"driver\":\"trace\",\"file\":\"/dev/null\"}]}";

static struct board *board;

static void answer(void *data, struct control_client *from, const cJSON *request)
{
    (void)data;
    uint64_t id = control_client_id(from);
    commands_answer(board, from, request);
    control_watch(board->control, id, false); /* else the connection does not end */
}

static void turn(void *data, int64_t now_us)
{
    (void)data;
    jobs_tick(board, now_us);
    desks_tick(board->desks, &board->hall, FEED_FRESH, now_us);
    speakers_tick(board->speakers, now_us);
    struct receipt receipt;
    while (receipts_take(&board->receipts, now_us, &receipt))
        ;
}

static void start_board(void)
{
    static char path[64];
    char error[160];
    struct json_report report = { .line = hear };
    board = calloc(1, sizeof *board);
    require(board);
    memory_file((const uint8_t *)hall, sizeof hall - 1, path);
    fuzz_open(answer, NULL);
    board->config = config_load(path, NULL, &report);
    board->fonts = fonts_create(&font_files_debian, error, sizeof error);
    board->loop = fuzz.loop;
    board->control = fuzz.control;
    board->link_fd = -1;
    board->turn_timer = loop_timer(fuzz.loop, "turn", turn, NULL);
    require(board->config && board->fonts && board->turn_timer && board_set_up(board) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!board)
        start_board();
    fuzz_say(data, size);
    return 0;
}
