"""What there is to measure and with what; the machine's facts; the test of the measurer."""

import json
import re
from typing import Dict, List

import jsonschema

from driver import machine_facts, output_of
from results import schema

LISTS = ["experiments", "kernels", "counters", "formats"]


def entries(name: str) -> Dict[str, str]:
    """Name and text of each line of a list."""
    text = output_of("list", name)
    assert text.startswith(name)
    return dict(re.findall(r"^  (\S+) +(\S.*)$", text, re.MULTILINE))


def test_all_lists_and_several() -> None:
    parts = [output_of("list", name) for name in LISTS]
    assert output_of("list") == "".join(parts)
    assert output_of("list", "formats", "kernels") == parts[3] + parts[1]


def test_formats() -> None:
    assert set(entries("formats")) == {"table", "csv", "json"}


def test_kernels_say_what_they_miss() -> None:
    listed = entries("kernels")
    known = {kernel["name"]: kernel for kernel in machine_facts()["kernels"]}
    assert set(listed) == set(known) and "copy_libc_memcpy" in listed
    for name, text in listed.items():
        missing = known[name]["missing"]
        assert ("not here" in text) == (missing is not None)
        assert missing is None or f"this CPU lacks {missing}" in text


def test_experiments_have_axes_with_ranges() -> None:
    text = output_of("list", "experiments")
    assert list(entries("experiments"))
    # What has no ranges is no axis.
    text = re.sub(r"^    --.*\n(?!      )", "", text, flags=re.MULTILINE)
    axes = re.split(r"^    (--\S+) +\S.*\n", text, flags=re.MULTILINE)[1:]
    assert "--kernel" in axes and "--temperature" in axes
    for ranges in axes[1::2]:
        assert re.match(r" +quick +\S+\n +full +\S+\n", ranges)


def planned(*options: str) -> List[str]:
    """The cells; the last line tells their number and an expected time."""
    return output_of("run", "size", "--dry-run", "--quiet", *options).splitlines()[:-1]


def test_default_ranges_are_what_the_option_takes() -> None:
    """An axis without a choice and one with its default spelt out are the same cells."""
    text = output_of("list", "experiments")
    section = re.search(r"^  size .*\n((?:    .*\n)+)", text, re.MULTILINE)
    assert section
    found = re.findall(r"(--\S+) .*\n +quick +(\S+)", section[1])
    assert len(found) == 3
    assert planned(*(f"{axis}={text}" for axis, text in found)) == planned()


def test_counters_have_an_event_or_a_reason() -> None:
    listed = entries("counters")
    assert list(listed)[:2] == ["cycles", "instructions"] and all(listed.values())


def test_machine_as_json() -> None:
    facts = machine_facts()
    jsonschema.validate(facts, schema.machine_schema())
    assert "run" not in facts


def test_machine_for_people() -> None:
    text = output_of("machine")
    facts = machine_facts()
    assert re.search(rf"^name +{re.escape(facts['name'])}$", text, re.MULTILINE)
    assert ("will spoil a measurement, and how" in text) == bool(facts["doctor"])
    for finding in facts["doctor"]:
        assert f"    remedy: {finding['remedy']}\n" in text


def test_selftest_of_what_is_no_matter_of_time() -> None:
    text = output_of("selftest", "--functional")
    words = re.findall(r"^(\S+) ", text, re.MULTILINE)
    assert words and set(words) == {"ok"}
