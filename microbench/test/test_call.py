"""`copycost run call`: every boundary that this program has, and why it has not the others."""

import pandas

from driver import TINY, copycost, dataset_of, machine_facts, output_of, rows_of
from results.findings import of_experiment

ALONE = ["constant", "ocaml_blit", "ocaml_loop", "ocaml_loop_unchecked"]
CALL = ["call", *TINY]


def expect_measured(table: pandas.DataFrame) -> None:
    """All but OCaml where it is not built in, and the PLT where the toolchain has no ifuncs."""
    built_in = machine_facts()["build"]["ocaml"]
    for _, row in table.iterrows():
        if row["boundary"].startswith("ocaml") and not built_in:
            assert (row["verdict"], row["reason"]) == ("skipped", "built without OCaml")
        elif row["boundary"] == "plt" and row["verdict"] == "skipped":
            assert "no ifunc" in row["reason"]
        else:
            assert row["verdict"] in ("ok", "noisy"), row


def test_all_boundaries() -> None:
    dataset = dataset_of(*CALL, "--size=0,64,4Ki")
    table = dataset.table("call")
    expect_measured(table)
    alone = table["boundary"].isin(ALONE)
    assert set(table[alone]["kernel"]) == {""}
    assert set(table[~alone]["kernel"]) == {"copy_libc_memcpy"}
    measured = table["median_ns"].notna()
    assert table[~alone & measured]["loop_ns"].notna().all()
    assert list(table["payload_bytes"]) == list(table["size"])
    sentences = [found.sentence for found in of_experiment(dataset, "call")]
    assert "a call from OCaml into C" in sentences[0]
    assert sum(sentence.startswith("cross-check: ") for sentence in sentences) == 2


def test_offsets_are_those_asked_for_on_either_side() -> None:
    boundaries = "inlined,ocaml_plain_bytes,ocaml_plain_bigarray,ocaml_blit"
    offsets = ["--src-offset=24", "--dst-offset=3"]
    rows = rows_of(*CALL, *offsets, "--size=1500", f"--boundary={boundaries}")
    measured = rows[rows["median_ns"].notna()]
    assert len(measured) in (1, 4)
    assert set(measured["src_offset_got"]) == {24}
    assert set(measured["dst_offset_got"]) == {3}


def test_sizes_that_the_compiler_was_not_given() -> None:
    rows = rows_of(*CALL, "--boundary=constant", "--size=63,64,1Mi")
    assert list(rows["verdict"].isin(["ok", "noisy"])) == [False, True, False]
    assert rows["reason"][0].startswith(
        "not among the sizes that the compiler was given"
    )


def test_another_kernel_is_reached_but_by_those_that_copy_themselves() -> None:
    text = output_of(
        "run", *CALL, "--kernel=copy_byte_forward", "--size=8", "--dry-run"
    )
    assert "boundary=direct" in text and "boundary=constant" not in text
    assert "copy_libc_memcpy" not in text


def test_huge_pages_are_not_to_be_had_in_ocamls_heap() -> None:
    arguments = ["--page=thp", "--size=64", "--boundary=ocaml_blit", "--format=json"]
    done = copycost("run", *CALL, *arguments, "--out=none")
    if machine_facts()["build"]["ocaml"]:
        assert "OCaml's heap can't be placed" in done.stdout
    else:
        assert "built without OCaml" in done.stdout
