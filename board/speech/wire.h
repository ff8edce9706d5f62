/* What the board and kezek-voice send each other on their socket (SOCK_SEQPACKET): one request, one answer, in turns. Both
 * ends are of one build (child.h), so these are plain structs. */
#pragma once

#include "board/voice/sentence.h"

#define WIRE_SENTENCES LANGS_MAX
#define WIRE_WHY_SIZE  200

struct speech_request {
    uint64_t token;
    uint32_t nsentences;
    struct sentence sentence[WIRE_SENTENCES];
};
struct speech_answer {
    uint64_t token;
    int32_t error;  /* 0: a memory file comes with it, sealed against writing, growing and shrinking */
    uint32_t count; /* samples in it */
    char why[WIRE_WHY_SIZE];
};

/* `fd` -1: none goes along. 0 or -errno; -EAGAIN: the socket is full. */
int wire_answer(int socket_fd, const struct speech_answer *answer, int fd);
/* 0 and *fd (the caller's; -1: none), -EAGAIN: nothing is there, -EPIPE: the other end is closed, -EPROTO: no answer. */
int wire_take_answer(int socket_fd, struct speech_answer *answer, int *fd);
