/* What a process of the network, or of sound files, gives up before it reads its first byte of them, for good: so that whoever takes it over
 * through a defect of a library has bytes on sockets, and nothing else. Works without privileges, too.
 *
 *   user          started as root, link and voice become the user `kezek`, or 65534 (nobody) where there is none. The console
 *                 stays who it is, since the control socket is the board's: but without any capability.
 *   privileges    none are gained by exec; no capability is left; no core file; no other process reads its memory.
 *   memory        SANDBOX_MEMORY.
 *   life          it dies with its parent.
 *   files         Landlock (Linux 5.13): only what a name look-up and TLS read, below the folders in files.c; no devices, and
 *                 nothing to write. From 6.12 on also no signal to and no abstract socket of others.
 *   system calls  seccomp, on x86_64 and arm64: those in calls.c. Another one ends the process with SIGSYS, after a line that
 *                 names it (unless the caller has blocked signals, as fork() does: then the board's line alone tells).
 *                 Sockets of other families, files to write and memory to execute are refused with an error instead,
 *                 since libraries try them and can do without.
 *
 * What the kernel does not have is said once in the log, and the rest holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_MEMORY (192 << 20) /* bytes of address space on top of what the process has at its start */
#define SANDBOX_USER   "kezek"

enum sandbox_kind {
    SANDBOX_LINK,    /* calls out: TCP, UDP, the kernel's table of addresses */
    SANDBOX_CONSOLE, /* is called: TCP; and local sockets */
    SANDBOX_VOICE /* no socket but the board's; memory files; reads what sandbox_enter() names, and espeak-ng's data */
};

/* Reads a file of secrets or certificates into memory while that is still allowed, and writes a path into `path` by which any
 * code here can open it again and again. Its descriptor stays open. Empty paths, and files that cannot be read or are over
 * 1 MiB, stay as they are, so that whoever opens them says why. */
void sandbox_take_file(char *path, size_t size);

/* Confines the calling process, which must have one thread (see sandbox_hide()), and logs what could not be done. `name` is for the line of a
 * refused call; `also` (NULL: none) are files and folders that may be read besides, NULL at their end. */
void sandbox_enter(const char *name, enum sandbox_kind kind, const char *const *also);
/* The same in two steps, for a library that starts a thread: it may do so between them, and its thread is confined as well. The first
 * step takes everything but system calls. */
void sandbox_hide(enum sandbox_kind kind, const char *const *also);
void sandbox_filter(const char *name, enum sandbox_kind kind);
