"""One machine's life: its job goes in, the console is watched, what the job left comes out."""

import os
import re
import select
import shlex
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Dict, List, Optional

from lab.boards import Failure, archive, elf, images, machines

INIT = images.TOP / "lab" / "init"
# A memory card's size has to be a power of two. The file has holes: it takes what is written.
DISK_BYTES = 256 << 20
LAST_LINES = 20
ENDED = re.compile(rb"guest ended with status (\d+)")
PANICKED = b"---[ end Kernel panic"


@dataclass(frozen=True)
class Job:
    program: Path  # statically linked, for the machine's architecture
    words: List[str]
    core: str = ""  # empty: the machine's default
    put: List[Path] = field(default_factory=list)  # found in the guest's folder /put


@dataclass(frozen=True)
class Ending:
    status: int  # of the program
    console: str  # all that QEMU and the machine said
    files: List[Path]  # brought back


class Console:
    """What has been said so far; passes it on as it comes, with plain line ends."""

    def __init__(self, live: Optional[BinaryIO] = None) -> None:
        self.live = live
        self.said = bytearray()
        self.held = b""  # a carriage return whose line feed may still come
        self.line = b""  # not complete yet
        self.status: Optional[int] = None  # the program's, once the guest has said it
        self.panicked = False

    def take(self, chunk: bytes) -> None:
        text = self.held + chunk
        self.held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(self.held)].replace(b"\r\n", b"\n")
        self.said += text
        if self.live:
            self.live.write(text)
            self.live.flush()
        *lines, self.line = (self.line + text).split(b"\n")
        for line in lines:
            ended = ENDED.fullmatch(line)
            if ended:
                self.status = int(ended.group(1))
            self.panicked |= PANICKED in line

    def text(self) -> str:
        return self.said.decode(errors="replace")

    def evidence(self) -> str:
        """The last lines, if nobody has seen them yet."""
        if self.live:
            return "its last lines stand above"
        lines = self.text().rstrip().splitlines()[-LAST_LINES:]
        return "\n".join(["its last lines:", *lines])


def job_files(job: Job, environment: Dict[str, str]) -> archive.Files:
    """What the guest gets beside what its image has."""
    settings = [
        f"export {name}={shlex.quote(environment[name])}" for name in environment
    ]
    script = [
        "#!/bin/sh",
        # The host's time, as some boards start in 1970.
        f"date -s @{int(time.time())} >/dev/null",
        *settings,
        " ".join(["exec", "/job/program", *map(shlex.quote, job.words)]),
    ]
    files: archive.Files = {
        "init": INIT,
        "job/program": job.program,
        "job/run": "\n".join([*script, ""]).encode(),
    }
    files.update({f"put/{path.name}": path for path in job.put})
    return files


def watch(
    process: "subprocess.Popen[bytes]", console: Console, limit_seconds: float
) -> int:
    """
    Waits until the guest says how its program ended; returns that status. Raises Failure where it
    panics, ends without a word, or is not done in time.
    """
    assert process.stdout
    deadline = time.monotonic() + limit_seconds
    while True:
        left = max(0.0, deadline - time.monotonic())
        if not left or not select.select([process.stdout], [], [], left)[0]:
            raise Failure(
                f"the guest was not done within {limit_seconds:g} s and has been ended; "
                f"--limit=SECONDS gives it longer; {console.evidence()}"
            )
        chunk = os.read(process.stdout.fileno(), 1 << 16)
        console.take(chunk or b"\n")
        if console.status is not None:
            return console.status
        if console.panicked:
            raise Failure(f"the guest's kernel panicked; {console.evidence()}")
        if not chunk:
            raise Failure(
                f"QEMU ended (status {process.wait()}) before the guest said how its program "
                f"ended; {console.evidence()}"
            )


def run(command: List[str], console: Console, limit_seconds: float) -> int:
    """Starts QEMU, and sees to its end whatever happens; otherwise as watch()."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            return watch(process, console, limit_seconds)
        finally:
            process.kill()


def boot(
    row: machines.Machine,
    job: Job,
    out: Path,
    limit_seconds: float,
    live: Optional[BinaryIO] = None,
) -> Ending:
    """
    Runs the job on the machine; the files that it leaves in its working folder are copied into
    `out`, the console to `live` as it comes. Raises Failure where the program can't be run there.
    """
    qemu = machines.find_qemu(row)
    elf.check(job.program, row.image.elf_machine, row.image.architecture)
    core = row.core(job.core)
    environment = {"LIBPFM_FORCE_PMU": core.libpfm} if core.libpfm else {}
    folder = images.provide(row.image)
    console = Console(live)
    with tempfile.TemporaryDirectory(prefix="copycost-") as temporary:
        initrd = Path(temporary) / "initrd"
        disk = Path(temporary) / "disk"
        # The kernel unpacks one archive after the other.
        added = archive.cpio(job_files(job, environment))
        initrd.write_bytes((folder / "initrd").read_bytes() + added)
        with open(disk, "wb") as file:
            file.truncate(DISK_BYTES)
        command = machines.command_line(row, core, folder, initrd, disk)
        status = run([qemu, *command[1:]], console, limit_seconds)
        try:
            files = archive.untar(disk, out)
        except tarfile.TarError as error:
            raise Failure(f"what the guest wrote can't be read: {error}") from error
    return Ending(status, console.text(), files)
