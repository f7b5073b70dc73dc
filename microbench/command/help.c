/* copycost help: made from the same rows that the parser reads; so are the man page and bash's
 * completion. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/version.h"
#include "microbench/command/command.h"

enum form { FORM_TEXT, FORM_MAN, FORM_BASH };

static int set_man(void *settings, const struct option_row *row, const char *value,
                   struct fault *fault)
{
    (void)row;
    (void)value;
    (void)fault;
    *(enum form *)settings = FORM_MAN;
    return 0;
}

static int set_bash(void *settings, const struct option_row *row, const char *value,
                    struct fault *fault)
{
    (void)row;
    (void)value;
    (void)fault;
    *(enum form *)settings = FORM_BASH;
    return 0;
}

static const struct option_row help_rows[] = {
    {"man", NULL, "the man page, in roff", set_man},
    {"bash-completion", NULL, "completion for bash", set_bash},
};

static struct option_rows help_options(void)
{
    return (struct option_rows){help_rows, sizeof help_rows / sizeof *help_rows};
}

static const char *const about =
    "copycost measures what copying memory costs on this machine, and from how many bytes on it is "
    "worth not copying.";

static const char *const exit_codes =
    "Exit status: 0 fine, 1 something failed, 2 usage; of ab also 1 slower, 3 no verdict.";

static void print_command(const struct command *command)
{
    printf("copycost %s%s%s%s\n  %s\n", command->name, command->operands[0] ? " " : "",
           command->operands, command->options().count ? " [OPTION...]" : "", command->summary);
    struct option_rows options = command->options();
    for (size_t i = 0; i < options.count; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", options.rows[i].name,
                 options.rows[i].argument ? "=" : "",
                 options.rows[i].argument ? options.rows[i].argument : "");
        printf("  %-28s %s\n", left, options.rows[i].help);
    }
}

static void print_overview(void)
{
    printf("%s\n\n", about);
    for (size_t i = 0; i < command_count(); i++)
        printf("  copycost %-10s %s\n", command_at(i)->name, command_at(i)->summary);
    puts("\nSizes are written 1500, 64Ki or 64Mi, in terms of the machine as L1/2, LLC*2 or\n"
         "memory/4, and as ranges: 64..64Mi doubles, 0..63+1 adds, 1Ki..1Mi*4 multiplies.\n"
         "'1500;64,9000' varies one axis at a time: what follows a semicolon is measured only\n"
         "where all other axes stand at what precedes theirs.\n"
         "'copycost help COMMAND' lists a command's options.");
    puts(exit_codes);
}

/* A hyphen is a minus in roff unless escaped, and a line must not begin with a dot. */
static void put_roff(const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void print_man(void)
{
    printf(".TH COPYCOST 1 \"\" \"copycost %s\" \"User commands\"\n.SH NAME\ncopycost \\- what "
           "copying memory costs, on this machine\n.SH SYNOPSIS\n",
           COPYCOST_VERSION);
    for (size_t i = 0; i < command_count(); i++) {
        printf(".B copycost %s\n[OPTION...] ", command_at(i)->name);
        put_roff(command_at(i)->operands);
        puts("\n.br");
    }
    printf(".SH DESCRIPTION\n%s\n", about);
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *command = command_at(i);
        printf(".SH COMMAND %s\n", command->name);
        put_roff(command->summary);
        puts(".");
        struct option_rows options = command->options();
        for (size_t j = 0; j < options.count; j++) {
            fputs(".TP\n.B ", stdout);
            put_roff("--");
            put_roff(options.rows[j].name);
            if (options.rows[j].argument) {
                putchar('=');
                put_roff(options.rows[j].argument);
            }
            putchar('\n');
            put_roff(options.rows[j].help);
            putchar('\n');
        }
    }
    puts(".SH EXPERIMENTS");
    for (size_t i = 0; i < benchmark_count(); i++) {
        printf(".TP\n.B %s\n", benchmark_at(i)->name);
        put_roff(benchmark_at(i)->summary);
        putchar('\n');
    }
    printf(".SH EXIT STATUS\n%s\n", exit_codes);
}

static void print_bash(void)
{
    puts("# bash completion for copycost\n"
         "_copycost() {\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} words=\n"
         "    if ((COMP_CWORD == 1)); then");
    fputs("        words='--help --version", stdout);
    for (size_t i = 0; i < command_count(); i++)
        printf(" %s", command_at(i)->name);
    puts("'\n    else\n        case ${COMP_WORDS[1]} in");
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *command = command_at(i);
        printf("        %s) words='--help", command->name);
        struct option_rows options = command->options();
        for (size_t j = 0; j < options.count; j++)
            printf(" --%s%s", options.rows[j].name, options.rows[j].argument ? "=" : "");
        for (size_t j = 0; strstr(command->operands, "EXPERIMENT") && j < benchmark_count(); j++)
            printf(" %s", benchmark_at(j)->name);
        puts("' ;;");
    }
    puts("        esac\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n"
         "    return 0\n"
         "}\n"
         "complete -F _copycost copycost");
}

static int run_help(int argc, char **argv)
{
    enum form form = FORM_TEXT;
    struct fault fault;
    int operands, error = options_parse(help_options(), argc, argv, &form, &operands, &fault);
    const struct command *command = error || !operands ? NULL : command_find(argv[1]);
    if (!error && operands && !command)
        error =
            fail(&fault, EINVAL, "no command '%s' to tell of; 'copycost help' lists them", argv[1]);
    if (error)
        return command_complain(error, &fault);
    if (form == FORM_MAN)
        print_man();
    else if (form == FORM_BASH)
        print_bash();
    else if (command)
        print_command(command);
    else
        print_overview();
    return EXIT_FINE;
}

static const struct command help = {"help", "[COMMAND]", "this, or a command's options",
                                    help_options, run_help};
COMMAND(&help);
