/* The user's wish to end what is at work: Ctrl-C, SIGTERM, SIGHUP. */
#ifndef COPYCOST_MICROBENCH_STOP_H
#define COPYCOST_MICROBENCH_STOP_H

#include <stdbool.h>

/* From now on the signals are noted instead of ending the program. */
void stop_catch(void);

/* Whether one came; the context is not looked at. */
bool stop_asked(void *context);

#endif
