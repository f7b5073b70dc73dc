"""The layers experiment end to end: its cells, its proofs, what is said of them."""

from typing import List

from driver import TINY, copycost, dataset_of, rows_of
from results.findings import of_experiment

SMALL = ["layers", "--working-set=16Ki", "--size=64;200,1500", "--touch=all", *TINY]


def test_every_way_of_passing_is_proved() -> None:
    """Sizes that are no multiple of a word or line, too; at depth 0 nothing is passed."""
    loaded = dataset_of(*SMALL, "--depth=0,1,3", "--kernel=copy_libc_memcpy")
    table = loaded.table("layers")
    assert table["verdict"].isin(["ok", "noisy"]).all(), table["reason"]
    assert set(table["passing"]) == {
        *["copy", "checksum_two_pass", "checksum_fused", "view"],
        *["handle", "handle_atomic", "grant"],
    }
    assert set(table[table["depth"] == 0]["passing"]) == {"view", "grant"}
    assert (table["payload_bytes"] == table["size"]).all()
    assert len(table) == 3 * (7 * 2 + 2)
    found = list(of_experiment(loaded, "layers"))
    assert any("a copied layer costs" in one.sentence for one in found)
    assert all(set(one.cells) <= set(table["cell"]) for one in found)


def test_only_copying_layers_name_a_kernel() -> None:
    rows = rows_of(*SMALL, "--depth=1", "--kernel=copy_libc_memcpy", "--size=64")
    named = rows[rows["code_mod_64"].notna()]["passing"]
    assert set(named) == {"copy", "checksum_two_pass"}


def test_offsets_and_pages_are_honoured() -> None:
    rows = rows_of(*SMALL, "--depth=2", "--src-offset=3", "--dst-offset=8")
    assert rows["verdict"].isin(["ok", "noisy"]).all()
    assert set(rows["src_offset_got"]) == {3} and set(rows["dst_offset_got"]) == {8}


def reasons(*arguments: str) -> List[str]:
    rows = rows_of("layers", *TINY, "--touch=none", *arguments)
    assert set(rows["verdict"]) == {"skipped"}
    return sorted(set(rows["reason"]))


def test_what_does_not_fit_is_said() -> None:
    (reason,) = reasons("--size=9000", "--working-set=8Ki", "--depth=2")
    assert "a working set of 8 KiB has no room" in reason
    (reason,) = reasons("--size=64", "--working-set=64Ki", "--depth=65")
    assert reason == "a stack has at most 64 layers"
    (reason,) = reasons("--size=0", "--working-set=64Ki", "--depth=1")
    assert "from one byte" in reason


def test_the_quick_profile_is_quick() -> None:
    """One axis at a time is varied."""
    done = copycost("run", "layers", "--dry-run")
    assert done.returncode == 0
    cells = [line for line in done.stdout.splitlines() if line.startswith("layers ")]
    assert 150 <= len(cells) <= 260
