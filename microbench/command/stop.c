#include "microbench/command/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void note_signal(int signal)
{
    (void)signal;
    asked = 1;
}

void stop_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool stop_asked(void *context)
{
    (void)context;
    return asked;
}
