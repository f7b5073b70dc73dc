"""A machine's life from its start to its end, with a stand-in for QEMU, and `lab/emulate`."""

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest

from lab.boards import Failure, guest, images, machines

EMULATE = Path(__file__).resolve().parent.parent / "emulate"
WAIT = "exec tail -f /dev/null"  # until it is ended
PANIC = "---[ end Kernel panic - not syncing: Attempted to kill init! ]---"
ENDLESS = 1e6


def stand_in(folder: Path, name: str, *lines: str) -> Path:
    """A program that does this in QEMU's place."""
    program = folder / name
    program.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    program.chmod(0o755)
    return program


def run(folder: Path, *lines: str, limit_seconds: float = ENDLESS) -> int:
    qemu = stand_in(folder, "qemu", *lines)
    return guest.run([str(qemu)], guest.Console(), limit_seconds)


def test_status_counts_once_its_line_is_complete() -> None:
    console = guest.Console()
    for part in (b"he", b"llo\r", b"\nguest ended with status 1"):
        console.take(part)
        assert console.status is None
    console.take(b"2\r\n")
    assert console.status == 12
    assert console.text() == "hello\nguest ended with status 12\n"


@pytest.mark.parametrize(
    "line",
    [
        "the guest ended with status 0",
        "guest ended with status",
        "guest ended with status 0 ",
    ],
)
def test_line_that_only_looks_like_the_end_is_none(line: str) -> None:
    console = guest.Console()
    console.take(f"{line}\n".encode())
    assert console.status is None


def test_console_is_passed_on_as_it_comes() -> None:
    live = io.BytesIO()
    console = guest.Console(live)
    console.take(b"no line end yet")
    assert live.getvalue() == b"no line end yet"


def test_machine_is_ended_once_its_program_has(tmp_path: Path) -> None:
    assert run(tmp_path, "echo; echo guest ended with status 7", WAIT) == 7


def test_panic_ends_the_machine(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"(?s)panicked.*CPU: 0 PID: 1.*end Kernel panic"):
        run(tmp_path, "echo CPU: 0 PID: 1", f"echo '{PANIC}'", WAIT)


@pytest.mark.parametrize("behaviour", [WAIT, "exec yes"])
def test_machine_that_hangs_is_ended(tmp_path: Path, behaviour: str) -> None:
    with pytest.raises(Failure, match="not done within 0 s.*--limit=SECONDS"):
        run(tmp_path, behaviour, limit_seconds=0)


def test_last_lines_are_shown_unless_they_have_been() -> None:
    console = guest.Console()
    console.take(b"booting\nstuck here\n")
    assert console.evidence().endswith("booting\nstuck here")
    seen = guest.Console(io.BytesIO())
    seen.take(b"booting\nstuck here\n")
    assert "stuck here" not in seen.evidence()


class Interrupted(io.BytesIO):
    """Somebody presses Ctrl-C as soon as the machine says something."""

    def write(self, content: Any) -> int:
        super().write(content)
        raise KeyboardInterrupt


def test_interrupted_machine_does_not_live_on(tmp_path: Path) -> None:
    qemu = stand_in(tmp_path, "qemu", "echo $$", WAIT)
    live = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        guest.run([str(qemu)], guest.Console(live), ENDLESS)
    with pytest.raises(ProcessLookupError):
        os.kill(int(live.getvalue()), 0)


def test_qemu_that_refuses_is_heard(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"(?s)QEMU ended \(status 3\).*no such board"):
        run(tmp_path, "echo no such board >&2", "exit 3")


def test_words_and_environment_reach_the_program_as_they_are(tmp_path: Path) -> None:
    words = ["run", "it's", "$(false) *", ""]
    job = guest.Job(stand_in(tmp_path, "program"), words, put=[tmp_path / "program"])
    files = guest.job_files(job, {"NAME": "a b"})
    assert {"init", "job/program", "job/run", "put/program"} <= set(files)
    script = files["job/run"]
    assert isinstance(script, bytes)
    (tmp_path / "bin").mkdir()
    shown = stand_in(tmp_path, "shown", 'printf "%s|" "$NAME" "$@"')
    stand_in(tmp_path / "bin", "date")
    done = subprocess.run(
        ["sh", "-c", script.decode().replace("/job/program", shlex.quote(str(shown)))],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    )
    assert done.stdout == "|".join(["a b", *words, ""])


def test_boot_brings_back_what_the_guest_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in writes where the guest would: on the disk of QEMU's command line."""
    image = tmp_path / "image"
    image.mkdir()
    (image / "initrd").write_bytes(b"")
    (tmp_path / "found").write_text("x")
    stand_in(
        tmp_path,
        "qemu-system-arm",
        "for word; do case $word in file=*,if=sd) disk=${word#file=} disk=${disk%%,*};; esac; done",
        f'tar -c -C {shlex.quote(str(tmp_path))} -f "$disk" ./found',
        "echo guest ended with status 5",
        WAIT,
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(images, "provide", lambda _: image)
    row = machines.machine("cubieboard")
    job = guest.Job(tmp_path / "qemu-system-arm", [])
    ending = guest.boot(row, job, tmp_path / "out", ENDLESS)
    assert (ending.status, ending.files) == (5, [tmp_path / "out" / "found"])
    assert ending.console == "guest ended with status 5\n"


def emulate(*words: str, path: str = os.defpath) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(EMULATE), *words],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": path},
    )


def test_list_shows_every_machine() -> None:
    done = emulate("--list")
    assert done.returncode == 0
    for row in machines.MACHINES:
        assert f"{row.name} " in done.stdout and row.summary in done.stdout


@pytest.mark.parametrize(
    "words, answer",
    [
        (["vax"], "there are cubieboard, orangepi-pc"),
        (["aarch64-icount", "--core=8080"], "there is cortex-a53"),
        (["cubieboard", "--program=/nowhere"], "/nowhere: no such file"),
        (["cubieboard", "--put=/nowhere"], "/nowhere: no such file"),
        (
            ["cubieboard", f"--out={EMULATE.parent}"],
            "is there and no empty folder",
        ),
        (
            ["cubieboard", f"--put={__file__}", f"--put={__file__}"],
            "have the same name",
        ),
        (["cubieboard", "--faster"], "--faster"),
        ([], "MACHINE"),
    ],
)
def test_misuse_is_refused(words: List[str], answer: str) -> None:
    done = emulate(*words)
    assert done.returncode == 2
    assert answer in done.stderr


def test_missing_qemu_is_said(tmp_path: Path) -> None:
    script = stand_in(tmp_path, "script")
    done = emulate("cubieboard", f"--program={script}", path=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.endswith("not on the PATH: install qemu-system-arm\n")
