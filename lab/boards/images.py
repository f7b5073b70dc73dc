"""What a machine boots: kernel, device trees and the modules that it needs, from Debian."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

from lab.boards import Failure, archive

TOP = Path(__file__).resolve().parent.parent.parent
CACHE = TOP / "build" / "boards"
# One release for all hosts: the kernel with which the machines are known to start.
SUITE = "bookworm"
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


@dataclass(frozen=True)
class Image:
    architecture: str  # as Debian says
    build_command: str  # for copycost
    triplet: str
    elf_machine: int
    kernel_package: str
    modules: Tuple[str, ...]
    device_trees: Tuple[str, ...] = ()


VIRTIO = ("virtio_pci", "virtio_blk")
ARMHF = Image(
    architecture="armhf",
    build_command="make ARCH=arm static",
    triplet="arm-linux-gnueabihf",
    elf_machine=40,
    kernel_package="linux-image-armmp",
    modules=(*VIRTIO, "sunxi-mmc"),
    device_trees=("sun4i-a10-cubieboard.dtb", "sun8i-h3-orangepi-pc.dtb"),
)
ARM64 = Image(
    architecture="arm64",
    build_command="make ARCH=aarch64 static",
    triplet="aarch64-linux-gnu",
    elf_machine=183,
    kernel_package="linux-image-arm64",
    modules=VIRTIO,
)
AMD64 = Image(
    architecture="amd64",
    build_command="make static",
    triplet="x86_64-linux-gnu",
    elf_machine=62,
    kernel_package="linux-image-cloud-amd64",
    modules=VIRTIO,
)


def find_file(root: Path, pattern: str) -> Path:
    found = sorted(root.rglob(pattern))
    if not found:
        raise Failure(f"the kernel's package has no file {pattern}")
    return found[0]


def module_files(root: Path, wanted: Tuple[str, ...]) -> List[Path]:
    """Those modules of the tree and all that they depend on, in the order of loading."""
    tree = {file.stem.replace("-", "_"): file for file in root.rglob("*.ko")}
    order: Dict[str, Path] = {}

    def add(name: str) -> None:
        name = name.replace("-", "_")
        if name in order:
            return
        if name not in tree:
            raise Failure(f"the kernel's package has no module {name}.ko")
        depends = DEPENDS.search(tree[name].read_bytes())
        for other in depends.group(1).decode().split(",") if depends else []:
            if other:
                add(other)
        order[name] = tree[name]

    for name in wanted:
        add(name)
    return list(order.values())


def unpack(image: Image, folder: Path) -> None:
    # linux-image-armmp and its like only depend on the package of the current version.
    kernel = f"?reverse-depends(?exact-name({image.kernel_package}))"
    options = [f"--suite={SUITE}", "--no-depends", image.architecture, str(folder)]
    command = [str(TOP / "lab" / "unpack.sh"), *options, kernel, "busybox-static"]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        raise Failure(
            f"the packages of {image.kernel_package} ({SUITE}, {image.architecture}) "
            "can't be had: see above"
        )


def build(image: Image, folder: Path) -> None:
    """Makes in `folder` the files kernel, initrd and the device trees."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        root = Path(temporary)
        unpack(image, root)
        files: archive.Files = {"bin/busybox": find_file(root, "busybox")}
        for number, module in enumerate(module_files(root, image.modules)):
            files[f"modules/{number:02}-{module.name}"] = module
        (folder / "initrd").write_bytes(archive.cpio(files))
        shutil.copyfile(find_file(root, "vmlinuz-*"), folder / "kernel")
        for name in image.device_trees:
            shutil.copyfile(find_file(root, name), folder / name)


def recipe(image: Image) -> str:
    """Changes with all that decides on what build() makes."""
    sources = [Path(file).read_text() for file in (__file__, archive.__file__)]
    return hashlib.sha256("".join([repr(image), *sources]).encode()).hexdigest()


def provide(image: Image) -> Path:
    """The folder with what build() makes, made anew only if the recipe has changed."""
    folder = CACHE / image.architecture
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / "recipe"
        if not built.exists() or built.read_text() != recipe(image):
            built.unlink(missing_ok=True)
            build(image, folder)
            built.write_text(recipe(image))
    return folder


def program(image: Image) -> Path:
    """copycost for these machines. Raises Failure where it has not been built."""
    found = TOP / "build" / f"{image.triplet}-static" / "copycost"
    if not found.exists():
        raise Failure(
            f"{found.relative_to(TOP)} has not been built: {image.build_command}"
        )
    return found
