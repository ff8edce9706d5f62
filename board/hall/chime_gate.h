/* When the chimes of a hall may sound. Pure.
 *
 * A chime is heard in its zones, and nobody is to hear two within CHIME_GAP_US, or one into the melody of another. So a chime
 * sounds when all of its zones have been silent for so long; calls that come meanwhile merge into its next sound. Chimes that begin
 * at the same moment are one sound, also where they share a zone.
 *
 * Whoever asked first is first: a chime waits for one that shares a zone with it and whose oldest request is older, unless
 * that one is sounding. Else a chime of many zones would wait for ever between busy neighbours.
 */
#pragma once

#include "board/config/config.h"

#define CHIME_GAP_US    4000000
#define CHIME_MERGE_MAX 16

enum chime_kind { CHIME_CALL, CHIME_RECALL, CHIME_BOOKED, CHIME_KINDS };

struct chime_gate { /* of one chime */
    uint32_t zones;
    bool is_sounding;
    uint16_t nwaiting; /* calls that its next sound speaks for */
    struct {
        uint64_t token;
        int64_t asked_us, expires_us;
        uint8_t kind; /* enum chime_kind */
    } waiting[CHIME_MERGE_MAX];
};
struct chime_gates {
    unsigned count;
    struct chime_gate gate[CHIMES_MAX];
    int64_t begun_us[ZONES_MAX], free_us[ZONES_MAX]; /* of the last sound of each zone */
};

/* The chimes of the hall file, all silent. */
void chime_gates_init(struct chime_gates *gates, const struct config *config);
/* Asks for sound at now_us; a request older than expires_us when its turn comes is given back as late. False: so many
 * wait already that this one is not noted; the next sound is for it all the same, but does not name its token. */
bool chime_gate_ask(struct chime_gates *gates, unsigned chime, uint64_t token, enum chime_kind kind,
                    int64_t expires_us, int64_t now_us);
/* What is to be done at now_us, one thing after the other until it is false: either the requests of one chime that have become
 * too late, or a chime that is to sound now, with the tokens that it speaks for, in order. It sounds from chime_gate_begin() to
 * chime_gate_end(); if it cannot, its requests are answered for all the same. */
struct chime_turn {
    unsigned chime;
    uint16_t ntokens, nlate; /* one of them is 0 */
    uint8_t kind;            /* of all that it speaks for; CHIME_CALL if they are of several kinds */
    uint64_t token[CHIME_MERGE_MAX], late[CHIME_MERGE_MAX];
};
bool chime_gates_turn(struct chime_gates *gates, int64_t now_us, struct chime_turn *turn);
/* It begins to sound, for length_us as far as is known; also if nobody asked (a technician's test). */
void chime_gate_begin(struct chime_gates *gates, unsigned chime, int64_t length_us, int64_t now_us);
/* It goes on until then, by a voice (voice_gate.h): its zones are not free before. */
void chime_gate_prolong(struct chime_gates *gates, unsigned chime, int64_t until_us);
/* It has ended, or failed; not heard: its zones are as silent as if it had not begun, so that another chime can sound
 * in its place. */
void chime_gate_end(struct chime_gates *gates, unsigned chime, bool was_heard);
/* When there may be something to do; INT64_MAX: not before one ends or is asked for. */
int64_t chime_gates_deadline_us(const struct chime_gates *gates);
