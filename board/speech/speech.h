/* kezek-voice at work: answers requests of the board one after the other (wire.h), and gives up what it does not need (sandbox.h): no
 * network, no devices, and of all files only the packs and what espeak-ng reads. */
#pragma once

#include "board/config/config.h"

/* Until the other end of `fd` closes. An exit status. */
int speech_run(int fd, const struct config *config);
