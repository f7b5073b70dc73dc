"""What goes into a guest, what comes out of it, and when an image is made anew."""

import io
import struct
import tarfile
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from lab.boards import Failure, archive, elf, images


def read_cpio(content: bytes) -> Dict[str, Tuple[int, bytes]]:
    """Mode and content by name, as Linux reads them."""
    found: Dict[str, Tuple[int, bytes]] = {}
    while True:
        assert content.startswith(b"070701")
        fields = [int(content[6 + 8 * i : 14 + 8 * i], 16) for i in range(13)]
        start = (110 + fields[11] + 3) // 4 * 4
        name = content[110 : 110 + fields[11] - 1].decode()
        if name == "TRAILER!!!":
            return found
        found[name] = (fields[1], content[start : start + fields[6]])
        content = content[(start + fields[6] + 3) // 4 * 4 :]


def test_archive_holds_the_files_and_their_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    found = read_cpio(archive.cpio({"a/b/c": b"x", "d": tmp_path / "file", "a/e": b""}))
    assert found == {
        "a": (0o40755, b""),
        "a/b": (0o40755, b""),
        "a/b/c": (0o100755, b"x"),
        "d": (0o100755, b"12345"),
        "a/e": (0o100755, b""),
    }


def write_disk(disk: Path, files: Dict[str, bytes]) -> None:
    with tarfile.open(disk, "w") as tar:
        tar.addfile(tarfile.TarInfo("./link"))
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with open(disk, "ab") as file:
        file.truncate(1 << 20)


def test_files_come_back(tmp_path: Path) -> None:
    write_disk(tmp_path / "disk", {"./a.csv": b"1,2\n", "./samples/a.csv.gz": b"\0\1"})
    out = tmp_path / "new" / "out"
    written = archive.untar(tmp_path / "disk", out)
    assert out / "samples" / "a.csv.gz" in written
    assert (out / "a.csv").read_bytes() == b"1,2\n"
    assert (out / "samples" / "a.csv.gz").read_bytes() == b"\0\1"


@pytest.mark.parametrize("name", ["../out", "{above}/out", "a/../../out"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    write_disk(tmp_path / "disk", {name.format(above=tmp_path): b"x"})
    with pytest.raises(tarfile.TarError, match="lies outside"):
        archive.untar(tmp_path / "disk", tmp_path / "in")
    assert not (tmp_path / "out").exists()


def test_disk_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"garbage " * 1000)
    with pytest.raises(tarfile.TarError):
        archive.untar(tmp_path / "disk", tmp_path)


def module(root: Path, name: str, depends: str) -> None:
    file = root / "kernel" / f"{name}.ko"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0")


def test_modules_follow_those_that_they_depend_on(tmp_path: Path) -> None:
    module(tmp_path, "sunxi-mmc", "mmc_core,clk-x")
    module(tmp_path, "mmc_core", "ring")
    module(tmp_path, "clk_x", "ring")
    module(tmp_path, "ring", "")
    module(tmp_path, "unrelated", "")
    files = images.module_files(tmp_path, ("sunxi_mmc", "ring"))
    assert [file.stem for file in files] == ["ring", "mmc_core", "clk_x", "sunxi-mmc"]


def test_missing_module_is_named(tmp_path: Path) -> None:
    module(tmp_path, "virtio_blk", "virtio")
    with pytest.raises(Failure, match="no module virtio.ko"):
        images.module_files(tmp_path, ("virtio_blk",))


def test_image_is_made_once_for_a_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: List[str] = []
    monkeypatch.setattr(images, "CACHE", tmp_path)
    monkeypatch.setattr(
        images, "build", lambda image, _: made.append(image.architecture)
    )
    assert images.provide(images.ARMHF) == images.provide(images.ARMHF)
    images.provide(images.ARM64)
    assert made == ["armhf", "arm64"]
    monkeypatch.setattr(images, "recipe", lambda _: "another")
    images.provide(images.ARMHF)
    assert made == ["armhf", "arm64", "armhf"]


def test_image_that_failed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: List[str] = []

    def broken(image: images.Image, _: Path) -> None:
        made.append(image.architecture)
        raise Failure("no network")

    monkeypatch.setattr(images, "CACHE", tmp_path)
    monkeypatch.setattr(images, "build", broken)
    for _ in range(2):
        with pytest.raises(Failure):
            images.provide(images.ARMHF)
    assert made == ["armhf", "armhf"]


def test_recipe_changes_with_the_image() -> None:
    recipes = {images.recipe(image) for image in (images.ARMHF, images.ARM64)}
    assert len(recipes) == 2
    assert images.recipe(images.ARMHF) in recipes


def test_missing_copycost_is_said_with_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "TOP", tmp_path)
    with pytest.raises(Failure, match="arm-linux-gnueabihf.*: make ARCH=arm static"):
        images.program(images.ARMHF)


def specimen(folder: Path, bits: int, machine: int, segment: int) -> Path:
    """A program of one segment, whose table follows the header."""
    wide = bits == 64
    size = 64 if wide else 52
    content = bytearray(size + 56)
    content[:5] = b"\x7fELF" + bytes([2 if wide else 1])
    struct.pack_into("<H", content, 18, machine)
    struct.pack_into("<Q" if wide else "<I", content, 32 if wide else 28, size)
    struct.pack_into("<HH", content, 54 if wide else 42, 56 if wide else 32, 1)
    struct.pack_into("<I", content, size, segment)
    (folder / "program").write_bytes(content)
    return folder / "program"


@pytest.mark.parametrize("bits", [32, 64])
def test_program_has_to_be_static_and_of_the_machine(tmp_path: Path, bits: int) -> None:
    elf.check(specimen(tmp_path, bits, machine=40, segment=1), 40, "armhf")
    with pytest.raises(Failure, match="ELF machine 62.*build it for armhf"):
        elf.check(specimen(tmp_path, bits, machine=62, segment=1), 40, "armhf")
    with pytest.raises(Failure, match="link it -static"):
        elf.check(
            specimen(tmp_path, bits, machine=40, segment=elf.PT_INTERP), 40, "armhf"
        )


def test_script_runs_on_any_machine(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    elf.check(tmp_path / "script", 40, "armhf")
