#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "microbench/command/ab.h"
#include "microbench/command/option_values.h"

const char *const ab_output_names[AB_OUTPUTS] = {"markdown", "junit", "json", "plot"};

/* Launches of 15 pairs after which a slowdown by so much is found in 98 to 100 % of cells, with 100
 * cells on a busy virtual machine, and from which median ratio on. */
static const char *const detect_words[] = {"1%", "2%", "5%", NULL};
static const struct pairs_plan detect_plans[] = {
    {.detect = 0.01, .threshold = 0.005, .launches = 140},
    {.detect = 0.02, .threshold = 0.015, .launches = 45},
    {.detect = 0.05, .threshold = 0.015, .launches = 20},
};
enum { DETECT_USUAL = 1, PAIRS = 15 };

static int set_symbol(void *settings, const struct option_row *row, const char *value,
                      struct fault *fault)
{
    struct ab *ab = settings;
    if (ab->symbol_count == AB_SYMBOLS_MAX)
        return fail(fault, EINVAL, "--%s is given more than %d times", row->name, AB_SYMBOLS_MAX);
    ab->symbols[ab->symbol_count++] = value;
    return 0;
}

static int set_detect(void *settings, const struct option_row *row, const char *value,
                      struct fault *fault)
{
    return option_word(row->name, value, detect_words, &((struct ab *)settings)->detect, fault);
}

static int set_alpha(void *settings, const struct option_row *row, const char *value,
                     struct fault *fault)
{
    double *percent = &((struct ab *)settings)->alpha_percent;
    int error = option_real(row->name, value, percent, fault);
    return error || *percent < 50
               ? error
               : fail(fault, EINVAL, "--%s takes a percentage below 50, not '%s'", row->name,
                      value);
}

static int set_pairs(void *settings, const struct option_row *row, const char *value,
                     struct fault *fault)
{
    (void)row;
    (void)fault;
    ((struct ab *)settings)->pairs_path = value;
    return 0;
}

static int set_output(void *settings, const struct option_row *row, const char *value,
                      struct fault *fault)
{
    (void)fault;
    for (size_t i = 0; i < AB_OUTPUTS; i++)
        if (strcmp(ab_output_names[i], row->name) == 0)
            ((struct ab *)settings)->outputs[i] = value;
    return 0;
}

static const struct option_row own_rows[] = {
    {"symbol", "NAME", "the function in both objects, unless given as FILE:NAME; may be repeated",
     set_symbol},
    {"detect", "1%|2%|5%",
     "the slowdown that shall be found; decides how long it takes; default: 2%", set_detect},
    {"alpha", "PERCENT",
     "false alarms in so many of 100 comparisons, all cells together; default: 1", set_alpha},
    {"pairs", "FILE", "keeps the pairs there, compressed if it ends in .gz", set_pairs},
    {"markdown", "FILE", "the verdict as a table for a merge request; -: standard output",
     set_output},
    {"junit", "FILE", "the verdict as a JUnit report", set_output},
    {"json", "FILE", "the verdict with all figures", set_output},
    {"plot", "FILE", "a picture of all ratios, .svg or .png", set_output},
};
static const char *const shared_names[] = {"cpu", "cache", "seed", "quiet"};

enum {
    OWN = sizeof own_rows / sizeof *own_rows,
    SHARED = sizeof shared_names / sizeof *shared_names,
};

struct option_rows ab_options(void)
{
    /* What is asked of the cells; the functions are given otherwise, and all comparisons made. */
    static const enum pairs_axis axes[] = {PAIRS_SIZE, PAIRS_SRC_OFFSET, PAIRS_DST_OFFSET,
                                           PAIRS_PAGE, PAIRS_TEMPERATURE};
    enum { AXES = sizeof axes / sizeof *axes };
    static struct pairs described;
    static struct option_row rows[OWN + SHARED + AXES];
    static char names[AXES][AXIS_OPTION_BYTES];
    size_t count = 0;
    pairs_describe(&described);
    for (size_t i = 0; i < OWN; i++)
        rows[count++] = own_rows[i];
    for (size_t i = 0; i < AXES; i++)
        rows[count++] = axis_row(&described.axes[axes[i]], names[i]);
    for (size_t i = 0; i < SHARED; i++)
        rows[count++] = run_option(shared_names[i]);
    return (struct option_rows){rows, count};
}

/* "path:symbol", of which the symbol may be left out; NULL then. */
static char *split_operand(const char *operand, const char **symbol)
{
    const char *colon = strrchr(operand, ':');
    bool has = colon && !strchr(colon, '/');
    *symbol = has ? colon + 1 : NULL;
    return has ? strndup(operand, (size_t)(colon - operand)) : strdup(operand);
}

static int name_functions(struct ab *ab, const char *old, const char *new, struct fault *fault)
{
    if (!old != !new || !old == !ab->symbol_count)
        return fail(fault, EINVAL,
                    "name the function once: in both objects (OLD.so:memcpy NEW.so:memcpy) or by "
                    "--symbol=memcpy");
    if (old)
        ab->functions[ab->function_count++] = (struct pairs_symbols){old, new};
    for (size_t i = 0; i < ab->symbol_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(ab->symbols[i], ab->symbols[j]) == 0)
                return fail(fault, EINVAL, "--symbol=%s is given twice", ab->symbols[i]);
        ab->functions[ab->function_count++] =
            (struct pairs_symbols){ab->symbols[i], ab->symbols[i]};
    }
    return 0;
}

int ab_parse(struct ab *ab, int argc, char **argv, struct fault *fault)
{
    struct session *session = &ab->session;
    *ab = (struct ab){
        .session = {.argc = argc, .argv = argv}, .detect = DETECT_USUAL, .alpha_percent = 1};
    run_settings_default(&session->settings);
    session->words = calloc((size_t)argc + 1, sizeof *session->words);
    if (!session->words)
        return fail(fault, ENOMEM, "no memory for the command line");
    memcpy(session->words, argv, (size_t)argc * sizeof *argv);
    int operands, error = options_parse(ab_options(), argc, session->words, ab, &operands, fault);
    if (error)
        return error;
    if (operands != 2)
        return fail(fault, EINVAL,
                    "ab takes two shared objects, the old one first, and %d are given", operands);
    const char *old, *new;
    ab->old_path = split_operand(session->words[1], &old);
    ab->new_path = split_operand(session->words[2], &new);
    if (!ab->old_path || !ab->new_path)
        return fail(fault, ENOMEM, "no memory for the command line");
    ab->plan = detect_plans[ab->detect];
    ab->plan.alpha = ab->alpha_percent / 100;
    ab->plan.pairs = PAIRS;
    ab->plan.seed = session->settings.seed;
    return name_functions(ab, old, new, fault);
}

void ab_free(struct ab *ab)
{
    session_close(&ab->session);
    pairs_close(&ab->pairs);
    free(ab->old_path);
    free(ab->new_path);
}
