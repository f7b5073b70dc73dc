#include "harness/record.h"

const char *const verdict_names[VERDICTS + 1] = {"ok", "noisy", "skipped", "failed", NULL};
const char *const stop_names[STOPS + 1] = {"", "precise", "budget", "time", "interrupted", NULL};

bool record_has_figures(const struct record *record)
{
    return record->verdict == VERDICT_OK || record->verdict == VERDICT_NOISY;
}
