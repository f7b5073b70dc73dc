#include <errno.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "microbench/command/ab.h"

/* The first argument is the folder of the packages, which comes before the current one. */
#define BEGIN "import runpy, sys; sys.path[0] = sys.argv.pop(1); "
static const char *const probe_script = BEGIN "\ntry:\n    import results.ab.__main__\n"
                                              "except ImportError as error:\n"
                                              "    sys.exit(f'copycost: {error}')\n";
static const char *const judge_script =
    BEGIN "runpy.run_module('results.ab', run_name='__main__', alter_sys=True)";
static const char *const plot_script =
    BEGIN "runpy.run_module('plots.ab', run_name='__main__', alter_sys=True)";

extern char **environ;

/* Returns the exit status of python, 127 where there is none, or -1 if it was ended. */
static int run_python(const struct ab_judge *judge, const char *script, char *const *arguments,
                      size_t count)
{
    char *command[count + 5];
    pid_t process;
    int status;
    command[0] = (char *)judge->python;
    command[1] = (char *)"-c";
    command[2] = (char *)script;
    command[3] = (char *)judge->packages;
    for (size_t i = 0; i < count; i++)
        command[4 + i] = arguments[i];
    command[4 + count] = NULL;
    fflush(stdout);
    if (posix_spawnp(&process, judge->python, NULL, NULL, command, environ))
        return 127;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The program is build/<triplet>/copycost of a checkout, or PREFIX/bin/copycost. */
static bool find_packages(char packages[PATH_MAX])
{
    static const char *const beside[] = {"/../..", "/../share/copycost"};
    char program[PATH_MAX], place[2 * PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *folder = dirname(program);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(place, sizeof place, "%s%s/results/ab/__main__.py", folder, beside[i]);
        if (access(place, R_OK) != 0)
            continue;
        snprintf(place, sizeof place, "%s%s", folder, beside[i]);
        return realpath(place, packages) != NULL;
    }
    return false;
}

void ab_judge_find(struct ab_judge *judge)
{
    const char *python = getenv("PYTHON");
    *judge = (struct ab_judge){.python = python && python[0] ? python : "python3"};
    if (!find_packages(judge->packages)) {
        snprintf(judge->missing, sizeof judge->missing,
                 "the Python package 'results' is not beside this program");
        return;
    }
    int status = run_python(judge, probe_script, NULL, 0);
    if (status == 127)
        snprintf(judge->missing, sizeof judge->missing, "there is no %.200s", judge->python);
    else if (status)
        snprintf(judge->missing, sizeof judge->missing, "%.200s lacks what the judge needs",
                 judge->python);
}

int ab_judge_run(const struct ab_judge *judge, const char *pairs_path,
                 const char *const outputs[AB_OUTPUTS])
{
    char *arguments[1 + 2 * AB_OUTPUTS], names[AB_OUTPUTS][16];
    size_t count = 0;
    const char *plot = NULL;
    arguments[count++] = (char *)pairs_path;
    for (size_t i = 0; i < AB_OUTPUTS; i++) {
        if (!outputs[i])
            continue;
        if (strcmp(ab_output_names[i], "plot") == 0) {
            plot = outputs[i];
            continue;
        }
        snprintf(names[i], sizeof names[i], "--%s", ab_output_names[i]);
        arguments[count++] = names[i];
        arguments[count++] = (char *)outputs[i];
    }
    int status = run_python(judge, judge_script, arguments, count);
    if (plot) {
        char *drawn[] = {(char *)pairs_path, (char *)"--out", (char *)plot};
        if (run_python(judge, plot_script, drawn, 3) != 0)
            fprintf(stderr, "copycost: '%s' could not be drawn\n", plot);
    }
    return status == EXIT_FINE || status == EXIT_FAILED || status == EXIT_USAGE ? status
                                                                                : EXIT_NO_VERDICT;
}
