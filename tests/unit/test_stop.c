/* The end of the whole board process while a screen hangs in the kernel, over a double of libdrm: it does not wait for ever, says
 * which screen it is, and leaves nothing behind that would keep the next one from starting. */
#include "board/board.h"
#include "board/log.h"
#include "drivers/screen/vt.h"
#include "tests/doubles/drm/drm_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_S      30 /* of a test: more than anything takes */
#define SERVICE_S    20 /* systemd would wait as long as 90 */
#define MESSAGES_MAX 16384

struct vt *__wrap_vt_open(int fd, bool *is_shown);
int __wrap_child_start(struct child *child, const struct config *config, int fd, int64_t now_us);
void __wrap_child_stop(struct child *child);

struct vt *__wrap_vt_open(int fd, bool *is_shown)
{
    (void)fd;
    *is_shown = true;
    return NULL;
}

int __wrap_child_start(struct child *child, const struct config *config, int fd, int64_t now_us)
{
    (void)child, (void)config, (void)fd, (void)now_us;
    return 0;
}

void __wrap_child_stop(struct child *child)
{
    (void)child;
}

static char folder[] = "/tmp/kezek-stop-XXXXXX", control[64], hall[64], messages[64];

static void print_line(void *data, const char *line)
{
    (void)data;
    fprintf(stderr, "%s\n", line);
}

static const char hall_text[] =
    "{\"hall\": \"stop\", \"board\": \"stop\", \"name\": {\"en\": \"A hall\"}, \"languages\": [\"en\"], "
    "\"timezone\": \"UTC\","
    " \"broker\": {\"urls\": [\"mqtt://127.0.0.1:1\"]}, \"zones\": [{\"id\": \"front\", \"name\": {\"en\": "
    "\"Front\"}}],"
    " \"agencies\": [{\"id\": \"city\", \"name\": {\"en\": \"City\"}}],"
    " \"desks\": [{\"id\": \"1\", \"zone\": \"front\", \"agency\": \"city\"}],"
    " \"screens\": [{\"id\": \"main\", \"driver\": \"kms\", \"output\": \"HDMI-A-1\"}]}";

static void add_card(bool is_atomic, enum double_call call)
{
    drm_double_reset();
    drmModeModeInfo hd = drm_double_mode(1280, 720, 60);
    struct double_card *card = drm_double_add("card0", 1);
    drm_double_plug(drm_double_connector(card, DRM_MODE_CONNECTOR_HDMIA, 1), "TV", 1, &hd);
    card->is_atomic = is_atomic;
    drm_double_stall(card, call);
}

/* In a process of its own, which ends as kezekd does. */
static void serve(bool is_atomic, enum double_call call)
{
    struct config_paths paths = { 0 };
    struct json_report report = { .line = print_line };
    char error[256];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(messages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(fd, STDERR_FILENO);
    add_card(is_atomic, call);
    log_open("board", LOG_LEVEL_INFO);
    struct config *config = config_load(hall, &paths, &report);
    exit(board_run(config, &paths, fonts_create(&font_files_debian, error, sizeof error)));
}

static char text[MESSAGES_MAX];

static bool has_said(const char *what)
{
    int fd = open(messages, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    return strstr(text, what);
}

static void wait_until_said(const char *what)
{
    for (int i = 0; !has_said(what); i++) {
        if (i == GUARD_S * 100)
            fail_msg("it never said \"%s\" but:\n%s", what, text);
        usleep(10000);
    }
}

static void a_board_whose_screen_hangs_ends_in_time_and_says_which(void **unused)
{
    static const struct {
        const char *name, *before;
        bool is_atomic, is_hanging;
        enum double_call call;
    } rows[] = {
        { "nothing", "screen/main: shown", true, false, CALL_DPMS },
        { "while it is closed", "screen/main: shown", true, true, CALL_RM_FB },
        { "since its first frame", "does not answer", false, true, CALL_SET_CRTC },
    };
    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        print_message("hangs: %s\n", rows[i].name);
        unlink(messages);
        pid_t pid = fork();
        if (pid == 0)
            serve(rows[i].is_atomic, rows[i].call);
        wait_until_said(rows[i].before);
        assert_int_equal(access(control, F_OK), 0);
        kill(pid, SIGTERM);
        alarm(SERVICE_S);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        alarm(0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(has_said("outputs: HDMI-A-1: the driver does not let go"), rows[i].is_hanging);
        assert_int_equal(access(control, F_OK), -1);
    }
}

static int make_folder(void **unused)
{
    (void)unused;
    if (!mkdtemp(folder))
        return -1;
    snprintf(control, sizeof control, "%s/control", folder);
    snprintf(messages, sizeof messages, "%s.messages", folder);
    snprintf(hall, sizeof hall, "%s.json", folder);
    int fd = open(hall, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool is_written = write(fd, hall_text, sizeof hall_text - 1) == sizeof hall_text - 1;
    close(fd);
    return is_written ? setenv("KEZEK_RUNDIR", folder, 1) : -1;
}

static int remove_folder(void **unused)
{
    char feed[64];
    (void)unused;
    snprintf(feed, sizeof feed, "%s/feed", folder);
    unlink(feed);
    unlink(messages);
    unlink(hall);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_whose_screen_hangs_ends_in_time_and_says_which),
    };
    return cmocka_run_group_tests_name("stop", tests, make_folder, remove_folder);
}
