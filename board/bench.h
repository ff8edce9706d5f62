/* `kezekd bench`: what this machine's screens can do, measured on the screens themselves; one line a figure on standard
 * output. Opens the screens of the hall file as the service does, without network, LED boards and chimes, and shows a
 * made-up day on them, with the service's own scene and painter.
 *
 * The screens are measured one after another, each for about --seconds. A screen that cannot be opened is named with the
 * reason, and the others are measured. It does not run beside the service, which has the screens.
 */
#pragma once

/* `argv` is that of main(); argv[1] is "bench". Starts the program anew to know when its exec was. Exit status: 0 at least
 * one screen was measured; 1 none, or the service runs; EX_USAGE; EX_CONFIG. */
int bench_main(int argc, char **argv);
