"""What is put into a specimen of send comes out of it again, and what is broken is found."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from results import findings, load, sends
from results.findings import Finding, send
from results.test import specimen, specimen_send
from results.validate import validate

CARD, SOCKET, STREAM = sends.ENDS


@pytest.fixture(scope="module", name="folder")
def specimen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen with size and send; not to be written to."""
    path = tmp_path_factory.mktemp("send") / "specimen"
    return specimen.write(path, ("size", "send"))


@pytest.fixture(name="dataset")
def specimen_dataset(folder: Path) -> load.Dataset:
    """Read afresh, so that a test may break it."""
    return load.dataset(folder)


def the_one(dataset: load.Dataset, *words: str) -> Finding:
    """The finding that has all these words."""
    (found,) = (
        each
        for each in send.find(dataset)
        if all(word in each.sentence for word in words)
    )
    return found


def sentences(dataset: load.Dataset) -> List[str]:
    """All that is said."""
    return [each.sentence for each in findings.of_experiment(dataset, "send")]


def change(dataset: load.Dataset, query: str, **to: object) -> None:
    """Sets columns of these rows of the table."""
    table = dataset.experiments["send"]
    for column, value in to.items():
        table.loc[table.query(query).index, column] = value


def crossover(dataset: load.Dataset, sending: str, end: sends.End) -> Finding:
    """Of that way."""
    words = f"{sends.SENDINGS[sending]} of {end.words} is "
    return the_one(dataset, "in the sender's CPU time", words)


def test_it_is_valid_and_agrees(folder: Path, dataset: load.Dataset) -> None:
    assert validate(folder) == []
    checks = [each for each in send.find(dataset) if each.agrees is not None]
    assert len(checks) == 6 + 4
    assert all(each.agrees for each in checks), checks


@pytest.mark.parametrize("sending", sends.SENDINGS)
def test_where_zero_copy_begins_to_win(dataset: load.Dataset, sending: str) -> None:
    found = crossover(dataset, sending, CARD)
    truth = specimen_send.truth(sending, CARD)
    assert (found.unit, found.agrees) == ("bytes", None)
    assert found.value == pytest.approx(truth, rel=0.15)
    assert found.low is not None and found.high is not None
    assert found.low < (found.value or 0) < found.high < 1.6 * found.low
    assert "times the 10 KB of the kernel's documentation" in found.sentence
    assert "the kernel copied nothing" in found.sentence


@pytest.mark.parametrize("sending", sends.SENDINGS)
@pytest.mark.parametrize("end", [SOCKET, STREAM], ids=["udp", "tcp"])
def test_where_it_never_wins(
    dataset: load.Dataset, sending: str, end: sends.End
) -> None:
    found = crossover(dataset, sending, end)
    last = "1 MiB" if end == STREAM else "60 KiB"
    assert f"at no size up to {last} cheaper than a copy" in found.sentence
    assert "the kernel copied all the same" in found.sentence
    assert found.unit == "1" and found.value is not None and found.value > 1


@pytest.mark.parametrize("end, percent", [(CARD, 0), (SOCKET, 100), (STREAM, 100)])
def test_what_notices_say(
    dataset: load.Dataset, end: sends.End, percent: float
) -> None:
    start = f"of MSG_ZEROCOPY of {end.words}, "
    found = the_one(dataset, start, "% of the notices")
    assert (found.value, found.unit) == (percent, "%")


def test_some_that_were_copied(dataset: load.Dataset) -> None:
    change(dataset, "receiver == 'discard' and sending == 'zerocopy'", copied_share=0.3)
    found = crossover(dataset, "zerocopy", CARD)
    assert "the kernel copied 30 % all the same" in found.sentence


def test_costs(dataset: load.Dataset) -> None:
    found = the_one(dataset, f"a copy of {CARD.words} costs the sender ")
    cost = specimen_send.cost_ns("copy", CARD, 60 << 10) / (60 << 10)
    assert found.value == pytest.approx(cost, rel=0.02) and found.unit == "ns"
    assert "for a message of 1 KiB" in found.sentence and "Gb/s" in found.sentence


def test_a_notice(dataset: load.Dataset) -> None:
    found = the_one(dataset, f"of {CARD.words}, a notice of MSG_ZEROCOPY costs ")
    assert found.value == pytest.approx(specimen_send.READING_NS / 64)
    assert "up to 64 messages of 1 KiB" in found.sentence
    assert "125 ns where up to 8 of 60 KiB are" in found.sentence


def test_what_was_skipped(dataset: load.Dataset) -> None:
    why = "this kernel has none"
    change(dataset, "sending == 'send_zc'", verdict="skipped", reason=why)
    found = the_one(dataset, "of send_zc nothing can be said: ")
    assert why in found.sentence and found.value is None
    assert not any("io_uring" in sentence for sentence in sentences(dataset))


def test_an_end_that_was_skipped(dataset: load.Dataset) -> None:
    why = "CPU 0 is alone"
    change(dataset, "receiver == 'socket'", verdict="skipped", reason=why)
    for end in (SOCKET, STREAM):
        assert why in the_one(dataset, f"of {end.words} nothing can be").sentence
    assert crossover(dataset, "zerocopy", CARD).value is not None


def test_everything_skipped(dataset: load.Dataset) -> None:
    change(dataset, "size > 0", verdict="skipped", reason="no namespace")
    said = sentences(dataset)
    assert len(said) == 3 + 3
    assert all("nothing can be said: no namespace" in sentence for sentence in said)


@pytest.mark.parametrize(
    "query, column, value, words",
    [
        ("cell == 3", "left_share", 0.2, "the veth interface counted 0.2"),
        ("cell == 9", "notices", 0.5, "there were 0.5 notices"),
        # All said to be copied, though cost hardly rises; and the other way round.
        (
            "receiver == 'discard' and sending == 'zerocopy'",
            *("copied_share", 1.0, f"MSG_ZEROCOPY of {CARD.words} grows"),
        ),
        (
            "protocol == 'tcp' and sending == 'send_zc'",
            *("copied_share", 0.0, f"send_zc of {STREAM.words} grows"),
        ),
    ],
)
def test_a_broken_column_is_found(
    dataset: load.Dataset, query: str, column: str, value: float, words: str
) -> None:
    assert the_one(dataset, "cross-check", words.split(" 0.")[0]).agrees
    change(dataset, query, **{column: value})
    assert the_one(dataset, "cross-check", words).agrees is False


def broken(
    monkeypatch: pytest.MonkeyPatch, path: Path, **ways: specimen_send.Way
) -> load.Dataset:
    """A specimen whose discarded messages cost something else."""
    every = {**specimen_send.WAYS[CARD], **ways}
    monkeypatch.setitem(specimen_send.WAYS, CARD, every)
    return load.dataset(specimen.write(path / "broken", ("size", "send")))


def test_zero_copy_that_copies_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    way = specimen_send.Way(2900, 0.05)
    dataset = broken(monkeypatch, tmp_path, zerocopy=way)
    words = f"MSG_ZEROCOPY of {CARD.words} grows"
    assert the_one(dataset, "cross-check", words).agrees is False
    assert "at no size" in crossover(dataset, "zerocopy", CARD).sentence


def test_a_copy_that_does_not_copy_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dataset = broken(monkeypatch, tmp_path, copy=specimen_send.Way(2500, 0.002))
    assert the_one(dataset, "cross-check", "what size says").agrees is False


def test_time_that_is_counted_elsewhere_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As by a kernel that takes soft interrupts out of CPU time."""
    monkeypatch.setitem(
        specimen_send.CPU_TIMES,
        "send",
        lambda cell: [0.6 * ns for ns in specimen_send.cpu_ns(cell)],
    )
    dataset = load.dataset(specimen.write(tmp_path / "broken", ("send",)))
    found = the_one(dataset, "cross-check", "the sender's CPU time is at worst")
    assert found.agrees is False and found.value == pytest.approx(60, abs=3)


def test_few_launches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    dataset = load.dataset(specimen.write(tmp_path / "specimen", ("send",)))
    assert "(no interval)" in crossover(dataset, "zerocopy", CARD).sentence
    assert not any("grows" in sentence for sentence in sentences(dataset))
