(* The loops of call that run in OCaml. C finds each by the name under which it is registered, which
   is the word on call's axis, and calls it with the place of a copy and the number of copies.

   Externals take what a binding to a copy takes: two buffers, an offset into each, a size.

     noalloc  [@@noalloc] with [@untagged] integers: the C function is called as C would call it
     plain    tagged integers, through caml_c_call, which lets C allocate, raise and be collected
     boxed    the same with int64 arguments, each boxed for the call, and a boxed result

   bytes lie in OCaml's heap, bigarrays outside of it. *)

open Bigarray

type bigarray = (int, int8_unsigned_elt, c_layout) Array1.t

type 'buffer place = {
  src : 'buffer;
  src_at : int;
  dst : 'buffer;
  dst_at : int;
  size : int;
}

external noalloc_bytes :
  bytes -> (int[@untagged]) -> bytes -> (int[@untagged]) -> (int[@untagged]) -> unit
  = "ocaml_no_bytecode" "ocaml_noalloc_bytes"
  [@@noalloc]

external noalloc_bigarray :
  bigarray -> (int[@untagged]) -> bigarray -> (int[@untagged]) -> (int[@untagged]) -> unit
  = "ocaml_no_bytecode" "ocaml_noalloc_bigarray"
  [@@noalloc]

external plain_bytes : bytes -> int -> bytes -> int -> int -> unit = "ocaml_plain_bytes"

external plain_bigarray : bigarray -> int -> bigarray -> int -> int -> unit
  = "ocaml_plain_bigarray"

external boxed_bytes : bytes -> int64 -> bytes -> int64 -> int64 -> int64 = "ocaml_boxed_bytes"

external boxed_bigarray : bigarray -> int64 -> bigarray -> int64 -> int64 -> int64
  = "ocaml_boxed_bigarray"

(* An external that is an argument is called through a closure: each loop names its own. *)

let loop_noalloc_bytes { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    noalloc_bytes src src_at dst dst_at size
  done

let loop_noalloc_bigarray { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    noalloc_bigarray src src_at dst dst_at size
  done

let loop_plain_bytes { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    plain_bytes src src_at dst dst_at size
  done

let loop_plain_bigarray { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    plain_bigarray src src_at dst dst_at size
  done

let loop_boxed_bytes { src; src_at; dst; dst_at; size } calls =
  let boxed = Int64.of_int in
  for _ = 1 to calls do
    ignore (boxed_bytes src (boxed src_at) dst (boxed dst_at) (boxed size))
  done

let loop_boxed_bigarray { src; src_at; dst; dst_at; size } calls =
  let boxed = Int64.of_int in
  for _ = 1 to calls do
    ignore (boxed_bigarray src (boxed src_at) dst (boxed dst_at) (boxed size))
  done

(* Checks the bounds, then memmove as a [@@noalloc] external of the standard library's own. *)
let loop_blit { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    Bytes.blit src src_at dst dst_at size
  done

let loop_checked { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    for i = 0 to size - 1 do
      Bytes.set dst (dst_at + i) (Bytes.get src (src_at + i))
    done
  done

let loop_unchecked { src; src_at; dst; dst_at; size } calls =
  for _ = 1 to calls do
    for i = 0 to size - 1 do
      Bytes.unsafe_set dst (dst_at + i) (Bytes.unsafe_get src (src_at + i))
    done
  done

(* Memory that nobody has touched yet would cost a page fault now and then: twice around. *)
let touch_minor_heap () =
  for _ = 1 to (Gc.get ()).Gc.minor_heap_size do
    ignore (Sys.opaque_identity (ref 0))
  done

let () =
  touch_minor_heap ();
  (* No compaction: buffers stay where C found them. *)
  Gc.set { (Gc.get ()) with Gc.max_overhead = 1_000_000 };
  Callback.register "ocaml_bytes" Bytes.create;
  Callback.register "ocaml_noalloc_bytes" loop_noalloc_bytes;
  Callback.register "ocaml_noalloc_bigarray" loop_noalloc_bigarray;
  Callback.register "ocaml_plain_bytes" loop_plain_bytes;
  Callback.register "ocaml_plain_bigarray" loop_plain_bigarray;
  Callback.register "ocaml_boxed_bytes" loop_boxed_bytes;
  Callback.register "ocaml_boxed_bigarray" loop_boxed_bigarray;
  Callback.register "ocaml_blit" loop_blit;
  Callback.register "ocaml_loop" loop_checked;
  Callback.register "ocaml_loop_unchecked" loop_unchecked
