/* Packs of espeak-ng's for the three languages that are shipped: they have every word, and real words join well. */
#include "board/speech/build.h"
#include "board/speech/pack.h"
#include "board/speech/render.h"
#include "board/voice/grammar_load.h"

#include "tests/unit/speech_tools.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/kezek-build-XXXXXX";
static const char *const langs[] = { "kk", "ru", "en" };
static struct grammar grammar;
static struct pack *pack;
static int16_t samples[SOUND_MAX];

static void complain(void *data, const char *line)
{
    (void)data;
    fail_msg("%s", line);
}

static const char *pack_folder(const char *lang)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, lang);
    return path;
}

/* A process of its own for each: espeak-ng starts once (board/speech/synth.h). */
static int build_in_a_child(const char *path, const char *into)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(build_pack(path, into));
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void load(const char *lang)
{
    char path[64];
    struct json_report report = { .line = complain };
    snprintf(path, sizeof path, "board/voices/%s.json", lang);
    cJSON *root = pack_read_json(path, &report);
    assert_non_null(root);
    assert_true(grammar_load(&grammar, lang, root, &report));
    cJSON_Delete(root);
    pack = pack_load(pack_folder(lang), &report);
    assert_non_null(pack);
}

static void expect_words(const struct said_call *call)
{
    struct sentence sentence;
    assert_int_equal(grammar_say(&grammar, call, &sentence), 0);
    for (unsigned i = 0; i < sentence.nwords; i++)
        if (!pack_find(pack, sentence.word[i]))
            fail_msg("%s: no \"%s\"", grammar.lang, sentence.word[i]);
}

static void a_pack_has_every_word_of_its_language(void **state)
{
    (void)state;
    char ticket[16];
    for (unsigned l = 0; l < 3; l++) {
        load(langs[l]);
        for (unsigned value = 0; value < 1000; value++) {
            snprintf(ticket, sizeof ticket, "Д%u", value);
            expect_words(&(struct said_call){ (enum saying)(value % SAYINGS), (enum desk_kind)(value % KINDS),
                                              ticket, ticket + strlen("Д") });
        }
        pack_destroy(pack);
    }
}

/* In a phrase no silence is longer than 60 ms; a comma makes one, and its pause is added to what words end with. */
static void measure(struct render *render, struct sentence *sentence)
{
    char why[WIRE_WHY_SIZE] = "", word[WORD_SIZE];
    bool has_comma = false;
    for (unsigned i = 0; i + 1U < sentence->nwords; i++)
        has_comma = has_comma || pack_word(sentence->word[i], word) > 0;
    int count = render_sentences(render, sentence, 1, samples, why, sizeof why);
    assert_string_equal(why, "");
    assert_in_range(count, SOUND_HZ, 10 * SOUND_HZ);
    assert_true(has_comma || longest_gap_ms(samples, (size_t)count) <= 60);
    assert_true(longest_gap_ms(samples, (size_t)count) <= 360);
    assert_true(abs(samples[0]) < 1000 && abs(samples[count - 1]) < 1000);
    for (unsigned i = 0; i < sentence->nwords; i++) {
        pack_word(sentence->word[i], word);
        snprintf(sentence->word[i], WORD_SIZE, "%s", word); /* without pauses: one phrase */
    }
    count = render_sentences(render, sentence, 1, samples, why, sizeof why);
    unsigned gap_ms = longest_gap_ms(samples, (size_t)count);
    if (gap_ms > 60)
        fail_msg("%s: silence of %u ms", sentence->lang, gap_ms);
}

static void real_calls_have_no_long_gap_within_a_phrase(void **state)
{
    (void)state;
    static struct config config;
    config.nlangs = 3;
    for (unsigned l = 0; l < 3; l++) {
        snprintf(config.lang[l], LANG_SIZE, "%s", langs[l]);
        snprintf(config.voice.pack[l], VOICE_PATH_SIZE, "%s", pack_folder(langs[l]));
    }
    struct render *render = render_create(&config);
    for (unsigned l = 0; l < 3; l++) {
        load(langs[l]);
        for (unsigned value = 1; value < 1000; value += 37) {
            char ticket[16];
            struct sentence sentence;
            snprintf(ticket, sizeof ticket, "А%03u", value);
            struct said_call call = { SAY_CALL, (enum desk_kind)(value % KINDS), ticket, "17" };
            assert_int_equal(grammar_say(&grammar, &call, &sentence), 0);
            measure(render, &sentence);
        }
        pack_destroy(pack);
    }
    render_destroy(render);
}

static void what_cannot_be_built_ends_with_a_status(void **state)
{
    (void)state;
    char path[160];
    int null = open("/dev/null", O_WRONLY), stderr_fd = dup(STDERR_FILENO);
    dup2(null, STDERR_FILENO);
    assert_int_not_equal(build_in_a_child("board/voices/none.json", pack_folder("none")), 0);
    assert_int_not_equal(build_in_a_child("board/voices/schema.json", pack_folder("none")), 0);
    assert_int_not_equal(build_in_a_child("board/voices/kk.json", "/proc/none"), 0);
    snprintf(path, sizeof path, "%s/" PACK_MANIFEST, pack_folder("none"));
    assert_int_not_equal(access(path, F_OK), 0);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    close(null);
}

static int build_all(void **state)
{
    (void)state;
    char path[64];
    if (!mkdtemp(folder))
        return -1;
    for (unsigned l = 0; l < 3; l++) {
        snprintf(path, sizeof path, "board/voices/%s.json", langs[l]);
        if (build_in_a_child(path, pack_folder(langs[l])) != 0)
            return -1;
    }
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    char path[512];
    for (unsigned l = 0; l < 3; l++) {
        DIR *dir = opendir(pack_folder(langs[l]));
        for (const struct dirent *entry; dir && (entry = readdir(dir));)
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof path, "%s/%s", pack_folder(langs[l]), entry->d_name);
                unlink(path);
            }
        if (dir)
            closedir(dir);
        rmdir(pack_folder(langs[l]));
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_has_every_word_of_its_language),
        cmocka_unit_test(real_calls_have_no_long_gap_within_a_phrase),
        cmocka_unit_test(what_cannot_be_built_ends_with_a_status),
    };
    return cmocka_run_group_tests(tests, build_all, remove_all);
}
