/* Counts the instructions that a piece of work takes in user space, exactly: a child does it step by step under ptrace(). The same
 * on every machine of one kind and one libc, whatever else runs there; 2 to 60 us a step. Sanitizers add their own; then
 * COUNTS_INSTRUCTIONS is 0. One test file a program includes this.
 */
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTS_INSTRUCTIONS 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef COUNTS_INSTRUCTIONS
#define COUNTS_INSTRUCTIONS 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef COUNTS_INSTRUCTIONS
#define COUNTS_INSTRUCTIONS 0
#endif

/* Of the second time that work() runs. -1: nobody may trace here (some containers). */
static long instructions_of(void (*work)(void))
{
    pid_t child = fork();
    if (child == 0) {
        work();
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
            _exit(1);
        raise(SIGSTOP);
        work();
        raise(SIGSTOP);
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
        return -1;
    long steps = 0;
    do {
        ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        steps++;
    } while (waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return steps;
}
