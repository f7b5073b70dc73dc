/*
 * OCaml's side of call: an OCaml program within this one, which calls back into C. Back ends:
 * ocaml_native.c (the only file that includes OCaml's headers) with copies.ml, or ocaml_none.c
 * where no OCaml compiler for this CPU was found.
 *
 * One thread of a process may use it. OCaml's runtime is started by the first ocaml_take() and
 * stays; it changes no signal but SIGSEGV, whose handler it leaves for the default action where
 * the fault is not a stack overflow of OCaml's.
 */
#ifndef COPYCOST_MICROBENCH_OCAML_OCAML_H
#define COPYCOST_MICROBENCH_OCAML_OCAML_H

#include "microbench/call/boundary.h"

/* Why there is no OCaml in this program; NULL if there is. */
extern const char *const ocaml_missing;

enum ocaml_buffer {
    OCAML_BIGARRAY, /* lies outside of OCaml's heap: the pair's own memory */
    OCAML_BYTES,    /* lies in OCaml's heap: the pair moves there, to the same offsets in a page */
};

/*
 * Hands that pair to the loop of copies.ml that has this name. OCaml keeps it until
 * ocaml_release(). Errors: ENOTSUP (no OCaml, no such loop, or its runtime does not start), ENOMEM.
 */
int ocaml_take(const char *loop, enum ocaml_buffer buffer, struct pair *pair, struct fault *fault);
void ocaml_release(void);

/* So many copies by the loop that was named. */
boundary_loop ocaml_run;

#endif
