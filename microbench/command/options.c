#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "microbench/command/command.h"

REGISTRY_DECLARE(command, command);

size_t command_count(void)
{
    return REGISTRY_COUNT(command);
}

const struct command *command_at(size_t index)
{
    return REGISTRY_BEGIN(command)[index];
}

enum { FIRST_OPTION = 256 };

static int set_option(struct option_rows options, int found, char **argv, void *settings,
                      struct fault *fault)
{
    if (found == '?' || found == ':') {
        const char *written = argv[optind - 1];
        return fail(fault, EINVAL,
                    found == ':' ? "%s needs a value; 'copycost help %s' tells which"
                                 : "no option %s here, or it takes no value; 'copycost help %s' "
                                   "lists them",
                    written, argv[0]);
    }
    const struct option_row *row = &options.rows[found - FIRST_OPTION];
    return row->set(settings, row, optarg, fault);
}

int options_parse(struct option_rows options, int argc, char **argv, void *settings, int *operands,
                  struct fault *fault)
{
    struct option *table = calloc(options.count + 1, sizeof *table);
    if (!table)
        return fail(fault, ENOMEM, "no memory for the options");
    for (size_t i = 0; i < options.count; i++)
        table[i] = (struct option){
            .name = options.rows[i].name,
            .has_arg = options.rows[i].argument ? required_argument : no_argument,
            .val = FIRST_OPTION + (int)i,
        };
    opterr = 0;
    optind = 1;
    int error = 0, found;
    while (!error && (found = getopt_long(argc, argv, ":", table, NULL)) != -1)
        error = set_option(options, found, argv, settings, fault);
    free(table);
    for (*operands = 0; !error && optind < argc; optind++)
        argv[1 + (*operands)++] = argv[optind];
    return error;
}

int command_complain(int error, const struct fault *fault)
{
    fflush(stdout);
    fprintf(stderr, "copycost: %s\n", fault->text);
    switch (-error) {
    case EINVAL:
    case ERANGE:
    case ENOENT:
    case EPERM:
    case EEXIST:
        return EXIT_USAGE;
    default:
        return EXIT_FAILED;
    }
}
