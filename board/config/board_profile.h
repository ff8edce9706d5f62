/* What a kind of computer has: outputs, pixel formats and GPIO chips. A plain value, from board/profiles/NAME.json; the hall
 * file names it as board_profile. Only what a hall file can be held against is here; the file has the rest for people.
 */
#pragma once

#include "protocol/message.h"

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_OUTPUTS_MAX 8 /* the sockets of a mini PC */
#define PROFILE_CHIPS_MAX   8 /* banks of a system on a chip */
#define PROFILE_MODES_MAX   4

/* A mode as the hall file writes it: "3840x2160@60". */
struct profile_mode {
    uint16_t width, height, hz; /* width 0: not known */
};
struct profile_output {
    char name[32]; /* "HDMI-A-1"; "DP-*" for any number */
    struct profile_mode max;
};
struct profile_chip {
    char label[64];
    uint16_t lines;
};
struct board_profile {
    char name[ID_SIZE]; /* "" none */
    uint16_t noutputs, nchips, ntogether;
    struct profile_output output[PROFILE_OUTPUTS_MAX];
    struct profile_chip chip[PROFILE_CHIPS_MAX];
    struct profile_mode
        together[PROFILE_MODES_MAX]; /* what all outputs can show at once; none: each its own */
    uint8_t formats;                 /* bit per enum pixel_format */
};

/* The output of that name, or NULL. */
const struct profile_output *profile_output(const struct board_profile *profile, const char *name);
/* The GPIO chip of that label, or NULL. */
const struct profile_chip *profile_chip(const struct board_profile *profile, const char *label);
/* Pixels a second: what output, cable and memory have to carry, but for the blanking. */
uint64_t profile_rate(const struct profile_mode *mode);
