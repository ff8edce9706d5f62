#include "drivers/chime/player.h"

#include "drivers/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>

#define PRIORITY      50
#define STACK_BYTES   (256 * 1024)
#define STACK_TOUCHED (32 * 1024)
#define REPORTS_MAX   2 /* of one play; the next one begins when they were taken */

struct player {
    void (*play)(void *data);
    void *data;
    struct mailbox *reports;
    pthread_t thread;
    sem_t wake;
    atomic_bool is_stopping;   /* for good */
    atomic_bool is_cut;        /* what plays now */
    bool is_realtime, is_busy; /* the loop's */
    uint64_t token;            /* written by the loop while the thread sleeps on `wake` */
};

__attribute__((noinline)) static void touch_stack(void)
{
    volatile unsigned char stack[STACK_TOUCHED];
    for (size_t i = 0; i < sizeof stack; i += 1024)
        stack[i] = 0;
}

static void *play_on_demand(void *data)
{
    struct player *player = data;
    touch_stack();
    prctl(PR_SET_NAME, "kezek-chime");
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (;;) {
        while (sem_wait(&player->wake) != 0)
            ;
        if (atomic_load(&player->is_stopping))
            return NULL;
        player->play(player->data);
    }
}

static int start_thread(struct player *player, bool is_realtime)
{
    pthread_attr_t attributes;
    struct sched_param priority = { .sched_priority = PRIORITY };
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (is_realtime) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &priority);
    }
    int error = pthread_create(&player->thread, &attributes, play_on_demand, player);
    pthread_attr_destroy(&attributes);
    player->is_realtime = is_realtime && !error;
    return -error;
}

/* Signals belong to the loop's thread: this one inherits a full mask. */
static int start_silenced(struct player *player)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = start_thread(player, true);
    if (error)
        error = start_thread(player, false);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void free_player(struct player *player)
{
    mailbox_destroy(player->reports);
    sem_destroy(&player->wake);
    free(player);
}

int player_create(struct player **out, void (*play)(void *data), void *data)
{
    struct player *player = calloc(1, sizeof *player);
    if (!player)
        return -ENOMEM;
    player->play = play;
    player->data = data;
    sem_init(&player->wake, 0, 0);
    player->reports = mailbox_create(sizeof(struct chime_report), REPORTS_MAX);
    int error = player->reports ? start_silenced(player) : -ENOMEM;
    if (error)
        free_player(player);
    else
        *out = player;
    return error;
}

void player_destroy(struct player *player)
{
    if (!player)
        return;
    atomic_store(&player->is_stopping, true);
    sem_post(&player->wake);
    pthread_join(player->thread, NULL);
    free_player(player);
}

bool player_is_busy(const struct player *player)
{
    return player->is_busy;
}

void player_begin(struct player *player, uint64_t token)
{
    player->token = token;
    player->is_busy = true;
    atomic_store(&player->is_cut, false);
    sem_post(&player->wake);
}

void player_stop(struct player *player)
{
    atomic_store(&player->is_cut, true);
}

int player_fd(const struct player *player)
{
    return mailbox_fd(player->reports);
}

bool player_take(struct player *player, struct chime_report *report)
{
    if (!mailbox_take(player->reports, report))
        return false;
    if (report->result != CHIME_STARTED)
        player->is_busy = false;
    return true;
}

bool player_is_realtime(const struct player *player)
{
    return player->is_realtime;
}

bool player_is_stopping(const struct player *player)
{
    return atomic_load(&player->is_stopping) || atomic_load(&player->is_cut);
}

void player_post(struct player *player, struct chime_report report)
{
    report.token = player->token;
    mailbox_post(player->reports, &report);
}
