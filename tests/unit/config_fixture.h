/* A hall file without a mistake, and a folder to load it from, changed; for the programs that test its loader. One in a program. */
#pragma once

#include "board/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char good[] =
    "{\"hall\":\"h\",\"board\":\"b\",\"name\":{\"kk\":\"Зал\",\"ru\":\"Зал\"},\"languages\":[\"kk\",\"ru\"],"
    "\"timezone\":\"Asia/Almaty\",\"broker\":{\"urls\":[\"mqtt://127.0.0.1:1883\"]},"
    "\"agencies\":[{\"id\":\"akimat\",\"name\":{\"kk\":\"Әкімдік\",\"ru\":\"Акимат\"}}],"
    "\"zones\":[{\"id\":\"front\",\"name\":{\"kk\":\"Кеңсе\",\"ru\":\"Офис\"}},"
    "{\"id\":\"kids\",\"name\":{\"kk\":\"Балалар\",\"ru\":\"Дети\"}}],"
    "\"buses\":[{\"id\":\"west\",\"device\":\"bus-west\"}],"
    "\"desks\":[{\"id\":\"1\",\"zone\":\"front\",\"agency\":\"akimat\","
    "\"led\":{\"bus\":\"west\",\"unit\":16,\"profile\":\"owen-smi2\"}},"
    "{\"id\":\"2\",\"zone\":\"front\",\"led\":{\"bus\":\"west\",\"unit\":17,\"profile\":\"owen-smi2\"}}],"
    "\"screens\":[{\"id\":\"main\",\"driver\":\"memory\",\"path\":\"main.fb\"}],"
    "\"chimes\":[{\"id\":\"hall\",\"driver\":\"trace\",\"file\":\"chime.txt\"}],"
    "\"notices\":[{\"id\":\"phone\",\"text\":{\"kk\":\"1308\",\"ru\":\"1308\"}}]}";

struct bench {
    char folder[64], file[96];
    char said[16384]; /* complaints without the file, one a line */
    struct json_report report;
};

/* Writes the line without the hall file's name, and its folder as DIR. */
static inline void hear(void *data, const char *line)
{
    struct bench *bench = data;
    size_t used = strlen(bench->said), folder = strlen(bench->folder), file = strlen(bench->file);
    if (strncmp(line, bench->file, file) == 0)
        line += file + 2;
    const char *at = strstr(line, bench->folder);
    int head = at ? (int)(at - line) : (int)strlen(line);
    snprintf(bench->said + used, sizeof bench->said - used, "%s%.*s%s%s", used ? "\n" : "", head, line,
             at ? "DIR" : "", at ? at + folder : "");
}

static inline int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    const char *tmp = getenv("TMPDIR");
    snprintf(bench->folder, sizeof bench->folder, "%.40s/kezek-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->file, sizeof bench->file, "%s/hall.json", bench->folder);
    *state = bench;
    return 0;
}

static inline int tear_down(void **state)
{
    struct bench *bench = *state;
    unlink(bench->file);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static inline struct config *load(struct bench *bench, const char *text, size_t length)
{
    FILE *file = fopen(bench->file, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    bench->said[0] = '\0';
    bench->report = (struct json_report){ .line = hear, .data = bench };
    return config_load(bench->file, NULL, &bench->report);
}

/* The good file with the first `from` replaced. */
static inline struct config *load_with(struct bench *bench, const char *from, const char *to)
{
    static char text[200000];
    const char *at = strstr(good, from);
    assert_non_null(at);
    int length = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    assert_true(length > 0 && (size_t)length < sizeof text);
    return load(bench, text, (size_t)length);
}

static inline void assert_refused(struct bench *bench, const char *from, const char *to, const char *wanted)
{
    struct config *config = load_with(bench, from, to);
    unsigned lines = 0;
    for (const char *at = bench->said; *at; at++)
        lines += *at == '\n';
    if (strcmp(bench->said, wanted) != 0)
        print_error("with %s\n", to);
    assert_string_equal(bench->said, wanted);
    assert_null(config);
    assert_int_equal(bench->report.count, lines + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
