/*
 * Sub-commands of `copycost`, one file each, and their options as rows: parsing, --help, the man
 * page and the shell's completion are all made from the same rows.
 */
#ifndef COPYCOST_MICROBENCH_COMMAND_H
#define COPYCOST_MICROBENCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/fault.h"
#include "arch/registry.h"

enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_VERDICT = 3, /* of ab: neither slower nor shown to be as fast */
};

struct option_row {
    const char *name;     /* without the dashes */
    const char *argument; /* such as "BYTES"; NULL: a switch */
    const char *help;
    /* Takes the value (NULL for a switch) into the command's settings. */
    int (*set)(void *settings, const struct option_row *row, const char *value,
               struct fault *fault);
};

struct option_rows {
    const struct option_row *rows;
    size_t count;
};

struct command {
    const char *name;
    const char *operands; /* such as "[EXPERIMENT...]"; "" none */
    const char *summary;
    /* Its options; they stay valid until the program ends. */
    struct option_rows (*options)(void);
    /* argv[0] is the command's name. Returns an exit_code. */
    int (*run)(int argc, char **argv);
};

#define COMMAND(entry) REGISTRY_ADD(command, command, entry)

size_t command_count(void);
const struct command *command_at(size_t index);
const struct command *command_find(const char *name);

/*
 * Reads the options of argv into settings and puts the operands into argv[1..]; *operands gets
 * their number. Errors: EINVAL (unknown or ambiguous option, value missing), and what set() says.
 */
int options_parse(struct option_rows options, int argc, char **argv, void *settings, int *operands,
                  struct fault *fault);

/* Prints "copycost: text" to stderr and returns EXIT_USAGE or EXIT_FAILED by the error. */
int command_complain(int error, const struct fault *fault);

#endif
