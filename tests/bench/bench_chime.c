/* The chime by its trace: how soon the first edge comes after play(), how true the pitch of gong3 is, and how
 * many edges are late. Figures hold for the machine it runs on: read them beside `realtime`.
 */
#include "drivers/chime/chime.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PLAYS 300

static const struct melody tick = { "tick", 1, { { .hz = 1000, .ms = 10 } } };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct chime_report next_report(struct chime *chime)
{
    struct chime_report report;
    struct pollfd wait = { chime_trace.fd(chime), POLLIN, 0 };
    while (!chime_trace.take(chime, &report))
        poll(&wait, 1, -1);
    return report;
}

static struct chime_report play(struct chime *chime, const struct melody *melody, struct chime_report *start)
{
    if (chime_trace.play(chime, melody, 100, 1) != 0)
        abort();
    *start = next_report(chime);
    struct chime_report end = next_report(chime);
    if (end.result != CHIME_FINISHED)
        abort();
    return end;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_start(struct chime *chime)
{
    static double us[PLAYS];
    struct chime_report start;
    for (unsigned i = 0; i < PLAYS; i++) {
        int64_t asked_ns = now_ns();
        play(chime, &tick, &start);
        us[i] = (double)start.at_us - (double)asked_ns / 1000;
    }
    qsort(us, PLAYS, sizeof *us, by_value);
    printf("chime play to first edge: median %.0f us, p99 %.0f us, max %.0f us (%d plays)\n", us[PLAYS / 2],
           us[PLAYS * 99 / 100], us[PLAYS - 1], PLAYS);
}

/* Rises of the last melody in the file; their number. */
static unsigned read_rises(const char *path, int64_t *rise_ns, unsigned capacity)
{
    char text[40];
    unsigned count = 0;
    FILE *file = fopen(path, "re");
    while (file && fgets(text, sizeof text, file)) {
        int64_t at_ns = strtoll(text, NULL, 10);
        if (text[0] == '#')
            count = 0;
        else if (count < capacity && strstr(text, " 1"))
            rise_ns[count++] = at_ns;
    }
    if (file)
        fclose(file);
    return count;
}

/* Pitch of one note by least squares over its rises: each stands at a whole number of periods after the
 * first. */
static double fitted_hz(const int64_t *rise_ns, unsigned count, double nominal_hz)
{
    double sk = 0, st = 0, skk = 0, skt = 0;
    for (unsigned i = 0; i < count; i++) {
        double t = (double)(rise_ns[i] - rise_ns[0]) / 1e9, k = round(t * nominal_hz);
        sk += k;
        st += t;
        skk += k * k;
        skt += k * t;
    }
    return (count * skk - sk * sk) / (count * skt - sk * st);
}

static void bench_pitch(struct chime *chime, const char *path)
{
    static int64_t rise_ns[MELODY_EDGES_MAX / 2];
    const struct melody *gong = melody_find("gong3");
    struct chime_report start, end = play(chime, gong, &start);
    unsigned count = read_rises(path, rise_ns, MELODY_EDGES_MAX / 2), at = 0;
    int64_t begin_ns = rise_ns[0];
    for (unsigned i = 0; i < gong->nnotes; i++) {
        int64_t end_ns = begin_ns + (gong->note[i].ms + gong->note[i].pause_ms / 2) * 1000000LL;
        unsigned first = at;
        while (at < count && rise_ns[at] < end_ns)
            at++;
        double hz = fitted_hz(rise_ns + first, at - first, gong->note[i].hz);
        printf("chime gong3 note %u: %.4f Hz, error %+.4f %%\n", i + 1, hz,
               (hz / gong->note[i].hz - 1) * 100);
        begin_ns += (gong->note[i].ms + gong->note[i].pause_ms) * 1000000LL;
    }
    printf("chime gong3 late edges: %" PRIu32 " of %" PRIu32 " (%.2f %%)\n", end.late_edges, end.edges,
           100.0 * end.late_edges / end.edges);
}

int main(void)
{
    char path[] = "/tmp/kezek-bench-chime-XXXXXX", error[160];
    struct chime_config config = { .id = "bench", .driver = "trace" };
    struct chime *chime;
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    snprintf(config.file, sizeof config.file, "%s", path);
    if (chime_trace.open(&chime, &config, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    printf("chime realtime: %s\n", chime_trace.is_realtime(chime) ? "yes" : "no");
    bench_start(chime);
    bench_pitch(chime, path);
    chime_trace.close(chime);
    unlink(path);
    return 0;
}
