/*
 * Starts OCaml's runtime, gives its loops their buffers, and is what their externals call.
 *
 * Assumes: a runtime that has caml_startup_exn (4.13 has).
 */
#define CAML_NAME_SPACE /* no macros for names without caml_ */
#include <caml/alloc.h>
#include <caml/bigarray.h>
#include <caml/callback.h>
#include <caml/domain_state.h>
#include <caml/memory.h>
#include <caml/mlvalues.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "microbench/ocaml/ocaml.h"

enum {
    PAGE = 4096,
    PLACE_SRC = 0,
    PLACE_SRC_AT,
    PLACE_DST,
    PLACE_DST_AT,
    PLACE_SIZE,
    PLACE_FIELDS
};

const char *const ocaml_missing = NULL;

static struct {
    bool started;
    value place; /* a root */
    const value *loop;
} self;

static int start(struct fault *fault)
{
    char *arguments[] = {"copycost", NULL};
    if (self.started)
        return 0;
    if (Is_exception_result(caml_startup_exn(arguments)))
        return fail(fault, ENOTSUP, "OCaml's part of this program ends with an exception");
    self.place = Val_unit;
    caml_register_generational_global_root(&self.place);
    self.started = true;
    return 0;
}

/* Its argument has been made by then: making it may have moved what `place` points to. */
static void set(int field, value content)
{
    caml_modify(&Field(self.place, field), content);
}

static value wrap(unsigned char *bytes, size_t count)
{
    intnat dimension = (intnat)count;
    return caml_ba_alloc(CAML_BA_UINT8 | CAML_BA_C_LAYOUT | CAML_BA_EXTERNAL, 1, bytes, &dimension);
}

static int set_bytes(int field, size_t count, struct fault *fault)
{
    value made = caml_callback_exn(*caml_named_value("ocaml_bytes"), Val_long((intnat)count));
    if (Is_exception_result(made))
        return fail(fault, ENOMEM, "OCaml can't make Bytes of %zu B", count);
    set(field, made);
    return 0;
}

/* The first offset into those Bytes that is as far past a page as `like` is. */
static size_t offset_like(int field, const unsigned char *like)
{
    return ((uintptr_t)like - (uintptr_t)Bytes_val(Field(self.place, field))) % PAGE;
}

static int move_into_heap(struct pair *pair, struct fault *fault)
{
    int error = set_bytes(PLACE_SRC, pair->bytes + PAGE, fault);
    if (!error)
        error = set_bytes(PLACE_DST, pair->bytes + PAGE, fault);
    if (error)
        return error;
    size_t src_at = offset_like(PLACE_SRC, pair->src);
    size_t dst_at = offset_like(PLACE_DST, pair->dst);
    unsigned char *src = Bytes_val(Field(self.place, PLACE_SRC)) + src_at;
    memcpy(src, pair->src, pair->bytes);
    pair->src = src;
    pair->dst = Bytes_val(Field(self.place, PLACE_DST)) + dst_at;
    set(PLACE_SRC_AT, Val_long((intnat)src_at));
    set(PLACE_DST_AT, Val_long((intnat)dst_at));
    return 0;
}

/*
 * Writes to each page of the heap in which OCaml allocates. After a fork (other experiments have
 * members that are processes) the first write to a page faults, and a visit that allocates would
 * go on meeting such pages: 20 ns a call.
 */
static void own_minor_heap(void)
{
    volatile char *end = (volatile char *)Caml_state->young_end;
    for (volatile char *at = (volatile char *)Caml_state->young_start; at < end; at += PAGE) {
        char same = *at;
        *at = same;
    }
}

int ocaml_take(const char *loop, enum ocaml_buffer buffer, struct pair *pair, struct fault *fault)
{
    int error = start(fault);
    if (error)
        return error;
    self.loop = caml_named_value(loop);
    if (!self.loop)
        return fail(fault, ENOTSUP, "OCaml's part of this program has no loop called %s", loop);
    own_minor_heap();
    caml_modify_generational_global_root(&self.place, caml_alloc(PLACE_FIELDS, 0)); /* zeros */
    set(PLACE_SIZE, Val_long((intnat)pair->bytes));
    if (buffer == OCAML_BYTES)
        return move_into_heap(pair, fault);
    set(PLACE_SRC, wrap(pair->src, pair->bytes));
    set(PLACE_DST, wrap(pair->dst, pair->bytes));
    return 0;
}

void ocaml_release(void)
{
    if (self.started)
        caml_modify_generational_global_root(&self.place, Val_unit);
}

void ocaml_run(struct pair pair, uint64_t calls)
{
    (void)pair; /* OCaml has it */
    caml_callback2_exn(*self.loop, self.place, Val_long((intnat)calls));
}

static void copy_at(unsigned char *dst, intnat dst_at, const unsigned char *src, intnat src_at,
                    intnat count)
{
    boundary_copy(dst + dst_at, src + src_at, (size_t)count);
}

/* What the externals of copies.ml are, by their names there. */
value ocaml_noalloc_bytes(value src, intnat src_at, value dst, intnat dst_at, intnat count);
value ocaml_noalloc_bigarray(value src, intnat src_at, value dst, intnat dst_at, intnat count);
value ocaml_plain_bytes(value src, value src_at, value dst, value dst_at, value count);
value ocaml_plain_bigarray(value src, value src_at, value dst, value dst_at, value count);
value ocaml_boxed_bytes(value src, value src_at, value dst, value dst_at, value count);
value ocaml_boxed_bigarray(value src, value src_at, value dst, value dst_at, value count);

value ocaml_noalloc_bytes(value src, intnat src_at, value dst, intnat dst_at, intnat count)
{
    copy_at(Bytes_val(dst), dst_at, Bytes_val(src), src_at, count);
    return Val_unit;
}

value ocaml_noalloc_bigarray(value src, intnat src_at, value dst, intnat dst_at, intnat count)
{
    copy_at(Caml_ba_data_val(dst), dst_at, Caml_ba_data_val(src), src_at, count);
    return Val_unit;
}

value ocaml_plain_bytes(value src, value src_at, value dst, value dst_at, value count)
{
    CAMLparam5(src, src_at, dst, dst_at, count);
    copy_at(Bytes_val(dst), Long_val(dst_at), Bytes_val(src), Long_val(src_at), Long_val(count));
    CAMLreturn(Val_unit);
}

value ocaml_plain_bigarray(value src, value src_at, value dst, value dst_at, value count)
{
    CAMLparam5(src, src_at, dst, dst_at, count);
    copy_at(Caml_ba_data_val(dst), Long_val(dst_at), Caml_ba_data_val(src), Long_val(src_at),
            Long_val(count));
    CAMLreturn(Val_unit);
}

value ocaml_boxed_bytes(value src, value src_at, value dst, value dst_at, value count)
{
    CAMLparam5(src, src_at, dst, dst_at, count);
    copy_at(Bytes_val(dst), (intnat)Int64_val(dst_at), Bytes_val(src), (intnat)Int64_val(src_at),
            (intnat)Int64_val(count));
    CAMLreturn(caml_copy_int64(Int64_val(count)));
}

value ocaml_boxed_bigarray(value src, value src_at, value dst, value dst_at, value count)
{
    CAMLparam5(src, src_at, dst, dst_at, count);
    copy_at(Caml_ba_data_val(dst), (intnat)Int64_val(dst_at), Caml_ba_data_val(src),
            (intnat)Int64_val(src_at), (intnat)Int64_val(count));
    CAMLreturn(caml_copy_int64(Int64_val(count)));
}
