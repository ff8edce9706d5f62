/* What the parts of the kms backend say to each other. Private to drivers/screen.
 *
 *   kms.c         class screen over a connector: frames, power, status;   kms_open.c  how it is opened and closed
 *   kms_check.c   may it be opened, and the sentence if not
 *   kms_card.c    one graphics card: its node, DRM master, connectors, page-flip events
 *   kms_pipe.c    the way of a picture through it: connector, CRTC, plane, buffers
 *   kms_atomic.c, kms_legacy.c    how a picture gets on scan-out: two tables of the same operations
 *   outputs.c     the cards of the machine, hot-plug, the workers that ask displays (outputs.h)
 *   worker.c      threads for what may block in the kernel;   reader.c  the one of a card;   errands.c  for HDMI-CEC
 *   modes.c       which mode (pure);   monitor.c  whose display (pure)
 *   uevent.c  netlink;   vt.c  virtual terminal;   cec.c  HDMI-CEC
 */
#pragma once

#include "drivers/screen/outputs.h"
#include "drivers/screen/screen.h"

/* ---- kms_card.c ------------------------------------------------------------------------------ */
struct kms_card;
/* `node` is "/dev/dri/card0". Does not stay DRM master. -ENODEV: no display card (no connectors); -ENOTSUP: no dumb buffers;
 * -EACCES: permissions, `error` names the group. */
int kms_card_open(struct kms_card **card, const char *node, char *error, size_t error_size);
void kms_card_close(
    struct kms_card *card); /* NULL is fine. May block in the kernel while a CRTC of it hangs. Any thread. */
/* Fills list[] with the connectors of the card. is_probe: displays are asked for their EDID, which takes up to seconds; else what the
 * kernel knows, in microseconds, after a probe or mode set that is under way. For a worker. Returns how many, or -errno (-ENODEV:
 * unplugged). */
int kms_card_read(struct kms_card *card, bool is_probe, struct output *list, unsigned max);
/* DRM master. The loop wants it, a worker takes it: 0, or -EBUSY, someone else is, or it was given away meanwhile. For a worker, since
 * the kernel's own text console, when no program is master, sets its mode with the lock of masters held
 * (drm_client_modeset_commit). */
int kms_card_take(struct kms_card *card);
/* As kms_card_reign(), and from now on it is wanted. Loop. */
uint32_t kms_card_want(struct kms_card *card);
/* Wanted no more. A master waits for nobody to give it away. Loop. */
void kms_card_give(struct kms_card *card);
/* Another number each time we became master; 0: we are not. */
uint32_t kms_card_reign(struct kms_card *card);
/* The kernel's number of that connector, as kms_card_read() last saw it; 0: none. */
uint32_t kms_card_connector(const struct kms_card *card, const char *output);
/* "Xorg (pid 812)": who has the node open and is not us; "" nobody, or it may not be known. Looks into all processes: for a worker. */
void kms_card_holder(const struct kms_card *card, char *out, size_t size);

/* ---- outputs.c, for kms.c -------------------------------------------------------------------- */
/* The card of that output, which stays open until it has been left as often. NULL: there is no such output now. The last
 * one to leave a card gives its DRM master away. */
struct kms_card *outputs_enter(struct outputs *outputs, const char *output);
void outputs_leave(struct outputs *outputs, struct kms_card *card, const char *output);
struct workers;
/* The threads of the screens. What has ended there shows on outputs_fd() and is a change (outputs_dispatch). A worker that was let go
 * leaves the card by itself. */
struct workers *outputs_workers(const struct outputs *outputs);
/* The console or another session has the screens (vt.c). */
bool outputs_is_away(const struct outputs *outputs);
/* A screen's display to stand-by or on, over HDMI-CEC, by the worker; nothing happens where there is no CEC adapter. */
void outputs_cec(struct outputs *outputs, const char *output, bool is_on);
/* Another number after each change of the named output's state, modes or EDID, and when its card went; 0: never seen. */
uint32_t outputs_version(const struct outputs *outputs, const char *output);

/* ---- modes.c (pure) -------------------------------------------------------------------------- */
#define MODES_TRIED_MAX 8
/* The modes to try, best first: the mode of the hall file; else, of the same shape, the largest that is not larger, at the
 * nearest refresh; then the preferred one, the largest, and 1024x768 or 640x480 last. The mode that is on scan-out now comes first
 * where it is as good. Without an EDID the wanted mode is tried by its standard timings (CEA-861, VESA DMT) before the
 * kernel's guesses. 0: the display has no modes. */
unsigned modes_choose(const struct output *output, uint16_t width, uint16_t height, uint16_t refresh_hz,
                      struct output_mode tried[MODES_TRIED_MAX]);
/* The same timing; the shape of the picture in the flags, and what is preferred, does not count. */
bool mode_is_same(const struct output_mode *a, const struct output_mode *b);
/* For a screen: nothing that would make it choose another mode. */
bool output_is_same_display(const struct output *a, const struct output *b);
/* "1920x1080 at 59.94 Hz" */
void mode_text(const struct output_mode *mode, char *out, size_t size);
/* From clock, totals and flags, as in struct output_mode; 0 if they say nothing. Interlaced: fields a second. */
uint32_t mode_refresh_mhz(const struct output_mode *mode);

/* ---- monitor.c (pure) ------------------------------------------------------------------------ */
/* "Samsung UE55TU7000", from the base block of an EDID (VESA E-EDID A2, 3.4 and 3.10): maker, then the name, else the product
 * code. "" if it is none: too short, a wrong sum, no maker. Printable ASCII only. */
void monitor_name(const uint8_t *edid, size_t bytes, char *out, size_t size);
