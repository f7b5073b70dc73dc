/* Runs code that may crash and comes back. */
#ifndef COPYCOST_ARCH_TRAP_H
#define COPYCOST_ARCH_TRAP_H

/*
 * Calls body(argument). Returns 0 if it returned, else the signal (SIGSEGV, SIGBUS, SIGILL or
 * SIGTRAP) that ended it, and sets *address to what the signal was about: the data for SIGSEGV and
 * SIGBUS, the instruction for the others. Signal handlers and alternate stack are as before when
 * this returns. Not thread safe, not reentrant.
 */
int trap_run(void (*body)(void *argument), void *argument, const void **address);

/* "SIGSEGV" for SIGSEGV and so on. */
const char *trap_name(int signal);

#endif
