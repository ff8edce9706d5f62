/* Tells a television over HDMI-CEC to wake up and show us, or to sleep. Blocks: up to seconds, on a worker. Private to
 * drivers/screen.
 *
 * CEC 1.4 (HDMI 1.4, supplement 1): One Touch Play, 13.1: <Image View On> to the TV, then <Active Source> to all;
 * System Standby, 13.3: <Standby> to the TV alone, so that other devices on it are not switched off. The kernel's side:
 * Documentation/userspace-api/media/cec.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By the adapter of that connector (KMS object `connector` of /dev/dri/card`card`); or, if an adapter does not know its connector
 * (a USB one), by that if it is the only one. Becomes a playback device if the adapter is nothing yet. `result`:
 * what is wrong, in less than 48 bytes; "" done, or there is no adapter. */
void cec_tell(unsigned card, uint32_t connector, bool is_on, char *result, size_t size);
