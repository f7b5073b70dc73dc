#include <errno.h>

#include "microbench/ocaml/ocaml.h"

const char *const ocaml_missing = "built without OCaml";

int ocaml_take(const char *loop, enum ocaml_buffer buffer, struct pair *pair, struct fault *fault)
{
    (void)buffer;
    (void)pair;
    return fail(fault, ENOTSUP, "no %s: %s; install ocamlfind and ocamlopt, and build anew", loop,
                ocaml_missing);
}

void ocaml_release(void)
{
}

void ocaml_run(struct pair pair, uint64_t calls)
{
    (void)pair;
    (void)calls;
}
