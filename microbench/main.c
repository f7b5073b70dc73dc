/*
 * copycost: what copying memory costs, on this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/version.h"
#include "microbench/command/command.h"

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count(); i++)
        if (strcmp(command_at(i)->name, name) == 0)
            return command_at(i);
    return NULL;
}

static int run_help(const char *operand)
{
    char *argv[] = {"help", (char *)operand, NULL};
    return command_find("help")->run(operand ? 2 : 1, argv);
}

/* `copycost run --help` is what most people type first. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return run_help(NULL);
    if (strcmp(argv[1], "--version") == 0) {
        printf("copycost %s\n", COPYCOST_VERSION);
        return EXIT_FINE;
    }
    const struct command *command = command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "copycost: no command '%s'; there are:", argv[1]);
        for (size_t i = 0; i < command_count(); i++)
            fprintf(stderr, "%s %s", i ? "," : "", command_at(i)->name);
        fputs(" ('copycost help' tells more)\n", stderr);
        return EXIT_USAGE;
    }
    if (asks_for_help(argc - 1, argv + 1))
        return run_help(command->name);
    return command->run(argc - 1, argv + 1);
}

/*
 * A file that is opened gets the lowest number that is free. Were standard output or error closed,
 * a dataset's table would get theirs, and what is printed would end up in it.
 */
static void hold_standard_files(void)
{
    int file;
    do
        file = open("/dev/null", O_RDONLY);
    while (file >= STDIN_FILENO && file <= STDERR_FILENO);
    if (file > STDERR_FILENO)
        close(file);
}

/* What was printed may still be in memory, and may be lost when it is written. */
static int check_output(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (!errno) { /* It failed earlier, and fails again. */
        clearerr(stdout);
        putchar('\n');
        fflush(stdout);
    }
    fprintf(stderr, "copycost: can't write to standard output: %s; give it another place\n",
            strerror(errno ? errno : EIO));
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    /* Ignored by who began this (trap '' CHLD), no child's end would be told. */
    signal(SIGCHLD, SIG_DFL);
    hold_standard_files();
    return check_output(run_command(argc, argv));
}
