#include "arch/trap.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

static const struct {
    int number;
    const char *name;
} signals[] = {
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"},
    {SIGILL, "SIGILL"},
    {SIGTRAP, "SIGTRAP"},
};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static sigjmp_buf origin;
static const void *volatile origin_address;

static void signal_catch(int signal, siginfo_t *info, void *context)
{
    (void)context;
    origin_address = info->si_addr;
    siglongjmp(origin, signal);
}

/* Apart from trap_run(), so that no local variable there lives across the jump. */
static int body_run(void (*body)(void *argument), void *argument)
{
    int signal = sigsetjmp(origin, 1);
    if (signal == 0) {
        body(argument);
    }
    return signal;
}

int trap_run(void (*body)(void *argument), void *argument, const void **address)
{
    /* The crash may have taken the stack with it. Large enough for any vector state. */
    static unsigned char stack[1 << 17];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    stack_t before;
    sigaltstack(&alternate, &before);

    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction actions_before[SIGNALS];
    action.sa_sigaction = signal_catch;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i].number, &action, &actions_before[i]);
    }

    int signal = body_run(body, argument);
    *address = signal ? origin_address : NULL;

    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i].number, &actions_before[i], NULL);
    }
    sigaltstack(&before, NULL);
    return signal;
}

const char *trap_name(int signal)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        if (signals[i].number == signal) {
            return signals[i].name;
        }
    }
    return "unknown signal";
}
