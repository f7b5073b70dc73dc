/* The user's wish to end what is at work: Ctrl-C, SIGTERM, SIGHUP. */
#ifndef COPYCOST_MICROBENCH_STOP_H
#define COPYCOST_MICROBENCH_STOP_H

#include <stdbool.h>

/*
 * From now on the signals are noted instead of ending the program; who began it may have had some
 * ignored (nohup, a shell's background jobs), and they stay so.
 */
void stop_catch(void);

/* Whether one came; the context is not looked at. */
bool stop_asked(void *context);

#endif
