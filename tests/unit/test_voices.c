/* The board's side of the voice: with the real process, and with processes that die, hang or answer nonsense. */
#include "board/voices.h"

#include "board/child.h"
#include "board/log.h"
#include "board/speech/sound.h"
#include "board/speech/wire.h"
#include "tests/heap_count.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum child_kind { GOOD, REAL, DIES, HANGS, LIES_ABOUT_SIZE, DOES_NOT_SEAL, REFUSES };

static enum child_kind next_child;
static struct loop *loop;
static struct voices *voices;
static struct config *config;
static struct loop_timer *watch;
static unsigned wanted;
static int64_t give_up_us;

static struct {
    uint64_t token;
    int error;
    size_t count;
    char why[WIRE_WHY_SIZE];
    const int16_t *samples;
} heard[16];
static unsigned nheard;

/* ---- children -------------------------------------------------------------------------------- */

int __real_child_start(struct child *child, const struct config *for_config, int fd, int64_t now_us);
int __wrap_child_start(struct child *child, const struct config *for_config, int fd, int64_t now_us);

static int samples_file(size_t count, bool is_sealed)
{
    static int16_t samples[4800];
    for (size_t i = 0; i < 4800; i++)
        samples[i] = (int16_t)i;
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    if (write(fd, samples, count * sizeof *samples) < 0)
        _exit(1);
    if (is_sealed)
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
}

static _Noreturn void be_child(int fd, enum child_kind kind)
{
    static struct speech_request request;
    while (recv(fd, &request, sizeof request, 0) == (ssize_t)sizeof request) {
        struct speech_answer answer = { .token = request.token, .count = 4800 };
        if (kind == DIES)
            _exit(3);
        if (kind == HANGS)
            for (;;)
                pause();
        int file = samples_file(kind == LIES_ABOUT_SIZE ? 100 : 4800, kind != DOES_NOT_SEAL);
        if (kind == REFUSES) {
            answer.error = -ENOENT;
            strcpy(answer.why, "the pack has no \"x\"");
            close(file);
            file = -1;
        }
        wire_answer(fd, &answer, file);
        close(file);
    }
    _exit(0);
}

/* A child is looked for beside its parent's program (child.c): BUILD/tests/unit. */
static void lay_program_beside(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    assert_true(length > 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, "kezek-voice");
    if (symlink("../../kezek-voice", path) < 0)
        assert_int_equal(errno, EEXIST);
}

int __wrap_child_start(struct child *child, const struct config *for_config, int fd, int64_t now_us)
{
    if (next_child == REAL)
        lay_program_beside();
    if (next_child == REAL)
        return __real_child_start(child, for_config, fd, now_us);
    pid_t pid = fork();
    if (pid == 0) {
        for (int other = 3; other < 64;
             other++) /* as exec() does: the other end of the socket is not the child's */
            if (other != fd)
                close(other);
        be_child(fd, next_child);
    }
    child->pid = pid;
    child->started_us = now_us;
    return 0;
}

/* ---- the board ------------------------------------------------------------------------------- */

static void on_ready(void *data, uint64_t token, int error, const char *why, const int16_t *samples,
                     size_t count)
{
    (void)data;
    heard[nheard].token = token;
    heard[nheard].error = error;
    heard[nheard].samples = samples;
    heard[nheard].count = count;
    snprintf(heard[nheard++].why, WIRE_WHY_SIZE, "%s", why);
}

static void look(void *data, int64_t now_us)
{
    (void)data;
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid > 0)
        assert_true(voices_died(voices, pid, status, now_us));
    if (nheard >= wanted || now_us > give_up_us)
        loop_quit(loop, 0);
    else
        loop_timer_at(watch, now_us + 2000);
}

/* Runs until there were so many answers, ever. */
static void hear(unsigned count)
{
    wanted = count;
    give_up_us = clock_us() + 20000000;
    loop_timer_at(watch, clock_us());
    loop_run(loop);
    assert_int_equal(nheard, count);
}

static void wait_ms(unsigned ms)
{
    wanted = 1000;
    give_up_us = clock_us() + ms * INT64_C(1000);
    loop_timer_at(watch, clock_us());
    loop_run(loop);
}

static struct sentence say(const char *lang, const char *word)
{
    struct sentence sentence = { .nwords = 1 };
    snprintf(sentence.lang, sizeof sentence.lang, "%s", lang);
    snprintf(sentence.word[0], WORD_SIZE, "%s", word);
    return sentence;
}

static int ask(uint64_t token)
{
    struct sentence sentence = say("kk", "бес");
    return voices_render(voices, &sentence, 1, token);
}

static void start_with(enum child_kind kind)
{
    next_child = kind;
    voices = voices_create(loop, config, on_ready, NULL);
    assert_non_null(voices);
}

static int set_up(void **state)
{
    (void)state;
    nheard = 0;
    config = calloc(1, sizeof *config);
    config->nlangs = 2;
    strcpy(config->lang[0], "kk");
    strcpy(config->lang[1], "ru");
    config->voice.is_on = config->voice.is_espeak = true;
    loop = loop_create();
    watch = loop_timer(loop, "test", look, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    voices_destroy(voices);
    voices = NULL;
    loop_timer_remove(watch);
    loop_destroy(loop);
    free(config);
    return waitpid(-1, NULL, WNOHANG) < 0 ? 0 : 1; /* no child is left */
}

static void samples_come_as_they_were_made(void **state)
{
    (void)state;
    start_with(GOOD);
    assert_int_equal(ask(7), 0);
    assert_int_equal(nheard, 0);
    hear(1);
    assert_int_equal(heard[0].token, 7);
    assert_int_equal(heard[0].error, 0);
    assert_int_equal(heard[0].count, 4800);
    for (int i = 0; i < 4800; i++)
        assert_int_equal(heard[0].samples[i], i);
    assert_int_equal(ask(7), -EEXIST);
    voices_release(voices, 7);
    assert_int_equal(ask(7), 0);
    hear(2);
}

static void requests_are_answered_in_their_order_and_bounded(void **state)
{
    (void)state;
    start_with(GOOD);
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++)
        assert_int_equal(ask(100 - i), 0);
    assert_int_equal(ask(1), -EBUSY);
    hear(VOICES_REQUESTS_MAX);
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++)
        assert_int_equal(heard[i].token, 100 - i);
    assert_int_equal(ask(1), -EBUSY); /* held until they are released */
    voices_release(voices, 100);
    assert_int_equal(ask(1), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    start_with(GOOD);
    struct sentence sentence = { .lang = "kk" };
    assert_int_equal(voices_render(voices, &sentence, 1, 1), -EINVAL);
    sentence = say("kk", "бес");
    assert_int_equal(voices_render(voices, &sentence, 0, 1), -EINVAL);
    assert_int_equal(voices_render(voices, &sentence, VOICES_SENTENCES + 1, 1), -EINVAL);
    voices_release(voices, 99);
}

static void a_request_that_is_released_is_never_answered(void **state)
{
    (void)state;
    start_with(GOOD);
    assert_int_equal(ask(1), 0);
    assert_int_equal(ask(2), 0);
    voices_release(voices, 1);
    hear(1);
    assert_int_equal(heard[0].token, 2);
}

static void what_cannot_be_said_is_told_and_the_next_one_is_asked(void **state)
{
    (void)state;
    start_with(REFUSES);
    assert_int_equal(ask(1), 0);
    assert_int_equal(ask(2), 0);
    hear(2);
    assert_int_equal(heard[0].error, -ENOENT);
    assert_string_equal(heard[0].why, "the pack has no \"x\"");
    assert_int_equal(ask(1), 0); /* forgotten */
}

static void a_process_that_dies_costs_what_waits_and_is_started_again(void **state)
{
    (void)state;
    start_with(DIES);
    assert_int_equal(ask(1), 0);
    assert_int_equal(ask(2), 0);
    next_child = GOOD;
    hear(2);
    assert_int_equal(heard[0].error, -EIO);
    assert_string_equal(heard[1].why, "the voice process ended");
    assert_int_equal(ask(3), -EAGAIN);
    wait_ms(400); /* back-off: 0.2 s */
    assert_int_equal(ask(3), 0);
    hear(3);
    assert_int_equal(heard[2].error, 0);
}

static void a_process_that_hangs_is_killed_and_started_again(void **state)
{
    (void)state;
    start_with(HANGS);
    int64_t before_us = clock_us();
    assert_int_equal(ask(1), 0);
    next_child = GOOD;
    hear(1);
    assert_int_equal(heard[0].error, -ETIMEDOUT);
    assert_true(clock_us() - before_us >= VOICES_PATIENCE_US);
    wait_ms(500);
    assert_int_equal(ask(2), 0);
    hear(2);
    assert_int_equal(heard[1].error, 0);
}

static void nonsense_is_not_mapped(void **state)
{
    for (enum child_kind kind = LIES_ABOUT_SIZE; kind <= DOES_NOT_SEAL; kind++) {
        start_with(kind);
        assert_int_equal(ask(1), 0);
        hear(1);
        assert_int_equal(heard[0].error, -EIO);
        assert_string_equal(heard[0].why, "the voice process answered nonsense");
        tear_down(state);
        set_up(state);
    }
    start_with(GOOD);
}

static void asking_and_releasing_allocates_nothing(void **state)
{
    (void)state;
    start_with(GOOD);
    assert_int_equal(ask(1), 0);
    hear(1);
    voices_release(voices, 1);
    unsigned before = allocations;
    assert_int_equal(ask(2), 0);
    hear(2);
    voices_release(voices, 2);
    assert_int_equal(allocations, before);
}

/* Through exec(), the sandbox and espeak-ng. */
static void the_real_process_speaks_in_its_sandbox(void **state)
{
    (void)state;
    start_with(REAL);
    struct sentence both[2] = { say("kk", "жетінші"), say("ru", "пять") };
    assert_int_equal(voices_render(voices, both, 2, 1), 0);
    hear(1);
    assert_string_equal(heard[0].why, "");
    assert_int_equal(heard[0].error, 0);
    assert_in_range(heard[0].count, SOUND_HZ, 4 * SOUND_HZ);
    int loudest = 0;
    for (size_t i = 0; i < heard[0].count; i++)
        loudest = abs(heard[0].samples[i]) > loudest ? abs(heard[0].samples[i]) : loudest;
    assert_in_range(loudest, 6000, 29200);
    struct sentence unknown = say("xx", "a");
    assert_int_equal(voices_render(voices, &unknown, 1, 2), 0);
    hear(2);
    assert_int_equal(heard[1].error, -ENOENT);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(samples_come_as_they_were_made),
        EACH(requests_are_answered_in_their_order_and_bounded),
        EACH(what_makes_no_sense_is_refused),
        EACH(a_request_that_is_released_is_never_answered),
        EACH(what_cannot_be_said_is_told_and_the_next_one_is_asked),
        EACH(a_process_that_dies_costs_what_waits_and_is_started_again),
        EACH(a_process_that_hangs_is_killed_and_started_again),
        EACH(nonsense_is_not_mapped),
        EACH(asking_and_releasing_allocates_nothing),
        EACH(the_real_process_speaks_in_its_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
