"""What is found of the call experiment, on specimens whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import numpy
import pytest

from results import boundaries, estimate, findings, load
from results.findings import call
from results.test import specimen
from results.test.specimen_cells import BOUNDARY_NS, cost_ns
from results.validate import validate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen with size and call; not to be written to."""
    path = tmp_path_factory.mktemp("call") / "specimen"
    return specimen.write(path, ("size", "call"))


@pytest.fixture
def dataset(folder: Path) -> load.Dataset:
    """The specimen, read afresh, so that a test may break it."""
    return load.dataset(folder)


def find(dataset: load.Dataset, *words: str) -> findings.Finding:
    """The finding whose sentence has all these words."""
    (one,) = [
        each
        for each in findings.of_experiment(dataset, "call")
        if all(word in each.sentence for word in words)
    ]
    return one


def agreements(dataset: load.Dataset) -> List[bool]:
    """Of the cross-checks: fixed, contained, like size."""
    found = [each.agrees for each in call.find(dataset)]
    return [agrees for agrees in found if agrees is not None]


def changed(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    experiment: str,
    boundary: str,
    more: Any,
) -> load.Dataset:
    """A specimen in which cells of the boundary, or of an experiment without, cost more(size)."""

    def cost(cell: Dict[str, Any]) -> float:
        here = "call" if "boundary" in cell else "size"
        wrong = here == experiment and cell.get("boundary", "") == boundary
        return cost_ns(cell) + (more(cell["size"]) if wrong else 0.0)

    monkeypatch.setattr(specimen, "cost_ns", cost)
    return load.dataset(specimen.write(path / "specimen", ("size", "call")))


def test_the_specimen_is_valid(folder: Path) -> None:
    assert validate(folder) == []


@pytest.mark.parametrize(
    "buffer, kind", [("bytes", "Bytes"), ("bigarray", "Bigarrays")]
)
def test_fixed_costs_come_out(dataset: load.Dataset, buffer: str, kind: str) -> None:
    one = find(dataset, "a call from OCaml into C costs", f"(on {kind})")
    truth = BOUNDARY_NS[f"ocaml_plain_{buffer}"]
    assert one.unit == "ns" and one.value == pytest.approx(truth, abs=0.3)
    assert one.low is not None and one.high is not None and one.low < one.high
    cells = boundaries.read(dataset)
    for name, cost in BOUNDARY_NS.items():
        assert cells.fixed(name).value == pytest.approx(cost, abs=0.4), name


def test_costs_within_c_are_found(dataset: load.Dataset) -> None:
    one = find(dataset, "one more call within C costs", "direct", "PLT", "pointer")
    assert one.value == pytest.approx(BOUNDARY_NS["direct"], abs=0.3)


def test_the_size_from_which_a_call_is_little(dataset: load.Dataset) -> None:
    sizes = [0, 8, 64, 256, 1024, 4096]
    costs = {"kernel": "copy_libc_memcpy", "boundary": "inlined", "members": 1}
    costs.update(src_offset_asked=0, dst_offset_asked=0)
    base = [cost_ns({**costs, "size": size}) for size in sizes]
    truth = float(numpy.interp(10 * BOUNDARY_NS["ocaml_plain_bytes"], base, sizes))
    one = find(dataset, "less than 10 % of the copy behind it (copy_libc_memcpy)")
    assert 256 < truth < 4096
    assert one.value == pytest.approx(truth, rel=0.1)
    assert one.low is not None and one.low < truth * 1.1


@pytest.mark.parametrize(
    "fixed, truth", [(1.0, 300.0), (0.05, 0.0), (-1.0, 0.0), (9.0, 400.0), (0.5, 0.0)]
)
def test_crossing(fixed: float, truth: float) -> None:
    figure = call.crossing([0, 200, 400])
    base = [5.0, 5.0, 15.0]
    assert figure(numpy.array([[5.0 + fixed, *base]]))[0] == pytest.approx(truth)


def test_the_last_crossing_counts() -> None:
    """A copy may be slower at a smaller size."""
    figure = call.crossing([0, 64, 128, 256])
    assert figure(numpy.array([[6.0, 5.0, 11.0, 9.0, 11.0]]))[0] == 192


def test_copies_of_ocaml_itself(dataset: load.Dataset) -> None:
    one = find(dataset, "as long by Bytes.blit", "against copy_libc_memcpy")
    cells = boundaries.read(dataset)
    assert one.value is not None and one.unit == "1"
    assert set(cells.cells("ocaml_loop")) <= set(one.cells)


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    assert agreements(dataset) == [True, True, True]


@pytest.mark.parametrize(
    "experiment, boundary, more, expected",
    [
        ("call", "plt", lambda size: 0.01 * size, [False, True, True]),
        ("call", "ocaml_boxed_bytes", lambda size: -11.0, [True, False, True]),
        ("size", "", lambda size: 20.0, [True, True, False]),
    ],
)
def test_cross_checks_can_disagree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    experiment: str,
    boundary: str,
    more: Any,
    expected: List[bool],
) -> None:
    dataset = changed(tmp_path, monkeypatch, experiment, boundary, more)
    assert agreements(dataset) == expected
    for each in call.find(dataset):
        if each.agrees is not None:
            assert each.sentence.startswith("cross-check: ")
            assert each.agrees == each.sentence.endswith(": agrees")


def test_what_is_skipped_is_said(dataset: load.Dataset) -> None:
    table = dataset.experiments["call"]
    ocaml = table["boundary"].str.startswith("ocaml")
    table.loc[ocaml, ["verdict", "reason"]] = ["skipped", "built without OCaml"]
    for kind in ("Bytes", "Bigarrays"):
        one = find(dataset, "can't be said: built without OCaml", kind)
        assert one.value is None
    assert find(dataset, "within C direct").value is not None


def test_few_launches_give_no_interval(
    dataset: load.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = estimate.launches(dataset, "call")
    monkeypatch.setattr(estimate, "launches", lambda *_: whole.iloc[:, :2])
    for each in call.find(dataset):
        assert each.low is None and each.high is None, each.sentence
        assert each.agrees is not False, each.sentence
    assert "(no interval)" in find(dataset, "(on Bytes)").sentence
    assert "(no interval)" in find(dataset, "of the copy behind it").sentence


def test_nothing_measured_is_said(dataset: load.Dataset) -> None:
    table = dataset.experiments["call"]
    table[["verdict", "reason"]] = ["failed", "a wrong byte"]
    found = list(call.find(dataset))
    assert len(found) == 3 and all("a wrong byte" in each.sentence for each in found)


def test_another_kernel_is_used_where_the_usual_one_is_missing(
    dataset: load.Dataset,
) -> None:
    table = dataset.experiments["call"]
    table.loc[table["kernel"] != "", "kernel"] = "copy_avx2"
    assert find(dataset, "behind it (copy_avx2)")
