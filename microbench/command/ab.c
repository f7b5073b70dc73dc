/* copycost ab: is the new build of a copy function slower than the old one? */
#include "microbench/command/ab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/pairs_file.h"
#include "microbench/command/progress.h"
#include "microbench/command/stop.h"

static void show_progress(void *context, const struct run_progress *now)
{
    progress_show(context, now);
}

/* The functions first, because cells are planned for those that are there. */
static int open_all(struct ab *ab, int argc, char **argv, const struct launch_circumstances *found,
                    struct fault *fault)
{
    int error = ab_parse(ab, argc, argv, fault);
    if (!error)
        error = pairs_open(&ab->pairs, ab->old_path, ab->new_path, ab->functions,
                           ab->function_count, fault);
    if (error)
        return error;
    ab->session.experiments[ab->session.experiment_count++] = &ab->pairs.benchmark;
    return session_open_machine(&ab->session, found, fault);
}

static int write_pairs(const struct ab *ab, const struct pairs_run *run,
                       const struct pairs_outcome *outcome, const char *path, struct fault *fault)
{
    struct machine_sources sources = session_sources(&ab->session);
    json_t *machine = machine_describe(&sources);
    if (!machine)
        return fail(fault, ENOMEM, "no memory to describe the machine");
    const struct pairs_facts facts = {run, outcome, machine};
    int error = pairs_file_write(path, "--pairs", &facts, fault);
    json_decref(machine);
    return error;
}

static int measure(struct ab *ab, const char *path, struct fault *fault)
{
    const struct session *session = &ab->session;
    bool quiet = session->settings.quiet;
    char *command[session->argc + 2];
    command[0] = (char *)"copycost";
    memcpy(command + 1, session->argv, (size_t)session->argc * sizeof *command);
    command[session->argc + 1] = NULL;
    struct progress progress;
    struct pairs_outcome outcome;
    struct pairs_run run = {
        .pairs = &ab->pairs,
        .proving = &ab->pairs,
        .cells = session->cells.cells,
        .count = session->cells.count,
        .environment = &session->environment,
        .plan = &ab->plan,
        .command = command,
        .context = &progress,
        .progress = show_progress,
        .interrupted = stop_asked,
    };
    if (!quiet)
        fprintf(stderr, "comparing %s with %s: %zu cells, %u launches, seed %llu\n", ab->old_path,
                ab->new_path, run.count, ab->plan.launches, (unsigned long long)ab->plan.seed);
    stop_catch();
    progress_begin(&progress, quiet);
    int error = pairs_run(&run, &outcome, fault);
    progress_end(&progress);
    if (!error)
        error = write_pairs(ab, &run, &outcome, path, fault);
    pairs_outcome_free(&outcome);
    return error;
}

/* Where the pairs go until they are judged, unless the user wants to keep them. */
static int make_temporary(char path[PATH_MAX], struct fault *fault)
{
    static const char end[] = ".json.gz";
    const char *folder = getenv("TMPDIR");
    snprintf(path, PATH_MAX, "%s/copycost-pairs-XXXXXX%s", folder && folder[0] ? folder : "/tmp",
             end);
    int file = mkstemps(path, sizeof end - 1);
    if (file < 0)
        return fail(fault, errno, "can't make '%s': %s; name a place by --pairs", path,
                    strerror(errno));
    close(file);
    return 0;
}

/* Says before anything is measured if the pairs could not be kept. */
static int try_kept(const char *path, struct fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return fail(fault, errno, "--pairs: can't write '%s': %s", path, strerror(errno));
    close(file);
    return 0;
}

static int measure_and_judge(struct ab *ab, struct fault *fault, int *status)
{
    struct ab_judge judge;
    char path[PATH_MAX];
    bool keeps = ab->pairs_path;
    ab_judge_find(&judge);
    if (judge.missing[0] && !ab->session.settings.quiet)
        fprintf(stderr, "%s: measuring only\n", judge.missing);
    if (keeps)
        snprintf(path, sizeof path, "%s", ab->pairs_path);
    int error = keeps ? try_kept(path, fault) : make_temporary(path, fault);
    if (error)
        return error;
    error = measure(ab, path, fault);
    if (!error && judge.missing[0]) {
        printf("no verdict: %s\npairs: %s\nto judge them elsewhere: python3 -m results.ab %s\n",
               judge.missing, path, path);
        *status = EXIT_NO_VERDICT;
        keeps = true;
    } else if (!error) {
        *status = ab_judge_run(&judge, path, ab->outputs);
    }
    if (!keeps)
        unlink(path);
    return error;
}

/* This process is a launch of another one's comparison. */
static int serve_ab(int argc, char **argv)
{
    struct ab ab = {.symbol_count = 0};
    struct launch_circumstances found;
    struct fault fault;
    int error = launch_receive(&found, &fault);
    if (error)
        return command_complain(error, &fault);
    error = open_all(&ab, argc, argv, &found, &fault);
    const struct session *session = &ab.session;
    int status = launch_serve(error, &fault, session->cells.cells, session->cells.count,
                              &session->environment);
    ab_free(&ab);
    return status;
}

/* A function that does not copy as it should fails the comparison; what else prevents a verdict is
 * none. */
static int complain(int error, const struct fault *fault)
{
    int status = command_complain(error, fault);
    bool wrong = error == -EILSEQ || error == -EFAULT || error == -ETIMEDOUT;
    return status == EXIT_USAGE || wrong ? status : EXIT_NO_VERDICT;
}

static int run_ab(int argc, char **argv)
{
    if (launch_is_served())
        return serve_ab(argc, argv);
    struct ab ab = {.symbol_count = 0};
    struct fault fault;
    int status = EXIT_FINE, error = open_all(&ab, argc, argv, NULL, &fault);
    if (!error)
        error = measure_and_judge(&ab, &fault, &status);
    if (error)
        status = complain(error, &fault);
    ab_free(&ab);
    return status;
}

static const struct command ab_command = {
    "ab", "OLD.so[:FUNCTION] NEW.so[:FUNCTION]",
    "compares two builds of a copy function; exit status 0: not slower, 1: slower, or wrong, 2: "
    "usage, 3: no verdict",
    ab_options, run_ab};
COMMAND(&ab_command);
