#include "microbench/command/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR = 30 };

void progress_begin(struct progress *progress, bool quiet)
{
    *progress = (struct progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO)};
}

static void draw_bar(struct progress *progress, const struct run_progress *now)
{
    /* Drawing costs time on the machine under measurement, and nobody reads faster. */
    if (now->elapsed_s - progress->drawn_s < 0.5 && now->visits < now->visits_all)
        return;
    progress->drawn_s = now->elapsed_s;
    size_t full = now->visits_all ? BAR * now->visits / now->visits_all : 0;
    fprintf(stderr, "\r[%.*s%.*s] launch %u of %u, %zu of %zu cells open, ", (int)full,
            "##############################", (int)(BAR - full), "..............................",
            now->launch, now->launches, now->open, now->cells);
    fprintf(stderr, "%.0f s, about %.0f s left \033[K", now->elapsed_s, now->left_s);
}

void progress_show(struct progress *progress, const struct run_progress *now)
{
    if (progress->quiet)
        return;
    if (progress->terminal) {
        draw_bar(progress, now);
        return;
    }
    if (now->launch == progress->launch)
        return;
    progress->launch = now->launch;
    fprintf(stderr, "launch %u of %u, %zu cells, %.0f s", now->launch, now->launches, now->open,
            now->elapsed_s);
    if (now->launch > 1)
        fprintf(stderr, ", about %.0f s left", now->left_s);
    fputc('\n', stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->terminal && !progress->quiet)
        fputs("\r\033[K", stderr);
}
