/*
 * What the user asked of `copycost ab`, and who judges it.
 */
#ifndef COPYCOST_MICROBENCH_AB_H
#define COPYCOST_MICROBENCH_AB_H

#include <limits.h>

#include "harness/pairs_run.h"
#include "microbench/command/session.h"

enum { AB_SYMBOLS_MAX = 256, AB_OUTPUTS = 4 };
extern const char *const ab_output_names[AB_OUTPUTS]; /* markdown, junit, json, plot */

struct ab {
    struct session session; /* the first member: option rows fill its settings */
    const char *symbols[AB_SYMBOLS_MAX];
    size_t symbol_count;
    unsigned detect;
    double alpha_percent;
    const char *pairs_path;
    const char *outputs[AB_OUTPUTS]; /* the files, as given; NULL: not wanted */
    char *old_path, *new_path;       /* the operands, without their symbols */
    struct pairs_symbols functions[AB_SYMBOLS_MAX];
    size_t function_count;
    struct pairs pairs;
    struct pairs_plan plan;
};

struct option_rows ab_options(void);

/*
 * Reads the command line into symbols, paths and plan, and sets the session's argv, words and
 * settings. Errors: EINVAL (how the two objects and their functions have to be named), ENOMEM, and
 * those of options_parse().
 */
int ab_parse(struct ab *ab, int argc, char **argv, struct fault *fault);
void ab_free(struct ab *ab);

struct ab_judge {
    const char *python;
    char packages[PATH_MAX]; /* the folder of the Python packages */
    char missing[256];       /* why nobody can judge here; "": python can */
};

/*
 * Looks for the Python packages beside the program, in the checkout that it was built in or in
 * PREFIX/share/copycost, and whether $PYTHON or python3 can use them.
 */
void ab_judge_find(struct ab_judge *judge);

/* Has the pairs judged, and drawn where wanted. Returns the exit status. */
int ab_judge_run(const struct ab_judge *judge, const char *pairs_path,
                 const char *const outputs[AB_OUTPUTS]);

#endif
