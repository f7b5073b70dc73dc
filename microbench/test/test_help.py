"""--help, the man page and the shell's completion: all say the same, and all of it."""

import re
import shutil
import subprocess
from typing import Callable, List, Set

import pytest

from driver import assert_refused, copycost, output_of

COMMANDS = ["ab", "help", "list", "machine", "run", "selftest"]


def options_of(command: str) -> List[str]:
    """The options that the help of a command lists, with what stands for the value."""
    text = output_of("help", command)
    return re.findall(r"^  (--[^ ]+) +\S", text, re.MULTILINE)


def names(options: List[str]) -> Set[str]:
    return {option.split("=")[0] for option in options}


def experiments() -> List[str]:
    text = output_of("list", "experiments")
    return re.findall(r"^  (\S+)", text, re.MULTILINE)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], []])
def test_overview(arguments: List[str]) -> None:
    text = output_of(*arguments)
    assert re.findall(r"^  copycost (\w+) +\S", text, re.MULTILINE) == COMMANDS
    assert "Exit status: 0 fine, 1 " in text


def test_version() -> None:
    assert re.fullmatch(r"copycost \d+\.\d+\.\d+\n", output_of("--version"))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    text = output_of("help", command)
    assert text.startswith(f"copycost {command}")
    assert output_of(command, "--help") == text
    assert output_of(command, "-h") == text
    assert len(options_of(command)) == text.count("\n") - 2


def test_every_axis_is_an_option() -> None:
    text = output_of("list", "experiments")
    axes = set(re.findall(r"^    (--[^ =]+) ", text, re.MULTILINE))
    assert "--size" in axes and axes <= names(options_of("run"))
    parameters = set(re.findall(r"^    (--\S+=\S+) \S", text, re.MULTILINE))
    assert "--sizes=FILE" in parameters and parameters <= set(options_of("run"))


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nope"], ["'nope'", "list, machine, run", "copycost help"]),
        (["--nope"], ["'--nope'", "run"]),
        (["help", "nope"], ["'nope'", "copycost help"]),
        (["help", "--nope"], ["--nope", "copycost help help"]),
        (["machine", "nope"], ["'nope'"]),
        (["selftest", "nope"], ["'nope'"]),
        (["list", "nonsense"], ["'nonsense'", "kernels, counters, formats"]),
        (["run", "--nope"], ["--nope", "copycost help run"]),
        (["run", "-q"], ["-q", "copycost help run"]),
        (["run", "--quiet=3"], ["--quiet=3", "no value", "copycost help run"]),
        (["run", "--s=3"], ["--s=3", "copycost help run"]),
        (["run", "size", "--format"], ["--format", "a value", "copycost help run"]),
    ],
)
def test_words_that_are_not_known(arguments: List[str], words: List[str]) -> None:
    assert_refused(copycost(*arguments), 2, *words)


def man(page: str) -> str:
    version = subprocess.run(["man", "--version"], capture_output=True, text=True)
    if not version.stdout.startswith("man "):
        pytest.skip("the man here is a stub, or another one")
    command = ["man", "--warnings", "-E", "UTF-8", "-l", "-"]
    done = subprocess.run(command, input=page, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def mandoc(page: str) -> str:
    command = ["mandoc", "-T", "utf8", "-W", "warning"]
    done = subprocess.run(command, input=page, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(".\b", "", done.stdout)


def groff(page: str) -> str:
    command = ["groff", "-ww", "-man", "-T", "utf8", "-P-c"]
    done = subprocess.run(command, input=page, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(".\b", "", done.stdout)


@pytest.mark.parametrize("show", [man, mandoc, groff])
def test_man_page(show: Callable[[str], str]) -> None:
    if not shutil.which(show.__name__):
        pytest.skip(f"no {show.__name__} here")
    page = show(output_of("help", "--man")).replace("\N{HYPHEN}", "-")
    words = set(page.split())
    for command in COMMANDS:
        assert f"copycost {command}" in page
        assert set(options_of(command)) <= words
    assert set(experiments()) <= words


def complete(*words: str) -> Set[str]:
    """What bash would offer for the last of the words."""
    if not shutil.which("bash"):
        pytest.skip("no bash here")
    script = (
        'compopt() { :; }; eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        "$(complete -p copycost | sed 's/.*-F //; s/ .*//'); printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    source = output_of("help", "--bash-completion")
    command = ["bash", "-u", "-c", script, "bash", source, "copycost", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_completion_of_commands() -> None:
    assert complete("ru") == {"run"}
    assert complete("") == {*COMMANDS, "--help", "--version"}


@pytest.mark.parametrize("command", COMMANDS)
def test_completion_of_options(command: str) -> None:
    offered = {word.rstrip("=") for word in complete(command, "--")}
    assert offered == {*names(options_of(command)), "--help"}


def test_completion_of_a_value_and_of_experiments() -> None:
    assert complete("run", "--si") == {"--size=", "--sizes="}
    assert complete("run", "--dry") == {"--dry-run"}
    assert complete("run", "size", "nul") == {"null"}
    assert set(experiments()) <= complete("run", "")
    assert complete("run", "nonsense") == set()
