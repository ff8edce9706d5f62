/* The outputs of this machine: graphics cards, their connectors, and what is plugged into them. What the kms screens of a
 * process share; one object a process. Opening it is never an error: a machine without a card has no outputs yet, and a
 * card may come later.
 *
 * Cards are found by having connectors and dumb buffers, never by number (drm-kms(7); a Raspberry Pi 4 has a second one
 * that only renders). A card stays open while it is there; its DRM master is held from the first screen on it to the
 * last; while another program is master its name stands in `output.held_by`.
 *
 * The list is what the kernel knows. It is renewed when the kernel or udev says that something of subsystem "drm" has
 * changed (netlink, uevents; at most ten times a second), and when outputs_probe() is called; asking displays for their EDID
 * takes up to seconds, and a card whose CRTC hangs answers no question until that is over, so each card has a worker for it. Of a card
 * that does not answer the list says what it said last; one whose driver hangs while it is opened is not there yet. A display
 * that is plugged and has no modes or no EDID yet is asked again 2, 4 and 8 s after the event. If this process has a virtual terminal as its standard input, leaving that terminal gives the
 * screens away and coming back takes them again (console_ioctl(2), VT_PROCESS).
 *
 * What the kernel sees by itself it tells at once where the driver has a hot-plug interrupt (vc4 of a Pi 4 and 5, dw-hdmi of
 * Rockchip, i915, amdgpu), and within 10 s where it polls the connector (vc4 of a Pi 3; drm_probe_helper.c, output_poll_execute(),
 * DRM_OUTPUT_POLL_PERIOD). Asking as often as that would find nothing more. What it does not see is that a display went which
 * it polls for coming only (DRM_CONNECTOR_POLL_CONNECT: VGA of older cards, where looking may flicker), a change in an
 * emulated card, and one by hand (/sys/class/drm/…/status) on a card that it does not poll: the next probe finds it.
 *
 * One thread (that of the loop), but for the workers, which are private.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUTS_MAX      16 /* connectors of all cards: a mini PC with three DisplayPorts lists nine */
#define OUTPUT_MODES_MAX 64 /* a 4K television lists about 40; the largest come first */

/* Timings as in struct drm_mode_modeinfo (drm_mode.h): pixels, lines, kHz. */
struct output_mode {
    uint32_t clock_khz;
    uint16_t width, hsync_start, hsync_end, htotal, hskew;
    uint16_t height, vsync_start, vsync_end, vtotal, vscan;
    uint32_t flags;
    uint32_t refresh_mhz; /* thousandths of a hertz: 59940 is not 60000 */
    bool is_preferred;
};

enum output_state {
    OUTPUT_UNPLUGGED,
    OUTPUT_WAKING, /* plugged, but there are no modes yet: a television that starts, or a marginal plug */
    OUTPUT_PLUGGED,
};

struct output {
    char name[32];    /* "HDMI-A-1": unique in a machine, the kernel counts over all cards */
    char card[32];    /* "card1": this boot's number */
    char driver[32];  /* "vc4" */
    char held_by[64]; /* the program that is DRM master and is not ours: "Xorg (pid 812)"; "" none */
    enum output_state state;
    bool has_edid;                /* false: the modes are the kernel's guesses */
    bool is_used;                 /* a screen of ours drives it */
    char monitor[64];             /* maker and model from the EDID, "" unknown */
    uint16_t width_mm, height_mm; /* 0 unknown; televisions often lie */
    uint16_t nmodes;
    struct output_mode mode[OUTPUT_MODES_MAX];
    struct output_mode current; /* on scan-out now; width 0: dark */
    char cec[48];               /* what is wrong over HDMI-CEC: "the TV did not answer"; "" nothing */
};

struct outputs;
struct outputs *outputs_create(void); /* NULL with errno: out of memory or descriptors */
/* For the end: waits up to two seconds for screens that are still being closed. False: these hang, and `names` says which
 * ("HDMI-A-1, HDMI-A-2"). outputs_destroy() does not wait once more. */
bool outputs_settle(struct outputs *outputs, char *names, size_t size);
/* Waits up to two seconds for cards and screens that are still being closed, and for a television that is being told something. What
 * hangs longer is the kernel's: it goes with the process. NULL is fine. */
void outputs_destroy(struct outputs *outputs);
int outputs_fd(const struct outputs *outputs); /* readable: dispatch */
/* True: something has changed. Ask every screen for its status, and try those that are absent. */
bool outputs_dispatch(struct outputs *outputs);
/* Looks for cards and asks all displays again, on the workers. At most once a second; more wishes are one. The end shows on
 * outputs_fd(). For what the kernel does not tell: call it every 10 s while a screen is not shown, else once a minute. */
void outputs_probe(struct outputs *outputs);
unsigned outputs_count(const struct outputs *outputs);
/* Valid until the next dispatch. Index below outputs_count(); NULL from find: there is no such connector. */
const struct output *outputs_at(const struct outputs *outputs, unsigned index);
const struct output *outputs_find(const struct outputs *outputs, const char *name);
/* Why a card could not be opened, and what to do; "" none, or it was opened since. Valid until the next dispatch. */
const char *outputs_trouble(const struct outputs *outputs);
