"""The machines, a row each, and QEMU's command line for one of them."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple

from lab.boards import Failure
from lab.boards.images import AMD64, ARM64, ARMHF, Image

# Host packages, of Debian and Ubuntu, by the program asked of them.
PACKAGES = {
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-x86_64": "qemu-system-x86",
}
# A kernel in panic says so to the end, instead of starting again. copycost knows by the last one.
PARAMETERS = "loglevel=2 panic=0 random.trust_cpu=on copycost.emulated"


@dataclass(frozen=True)
class Core:
    """A model of CPU as QEMU names it, with what it is to be given there."""

    name: str
    options: str = ""
    libpfm: str = ""  # what LIBPFM_FORCE_PMU has to say where libpfm disables the core


OWN_CORE = Core("the board's own")  # of a board that has one model in one number


@dataclass(frozen=True)
class Node:
    cpus: int  # none: a node of memory only
    memory_mib: int


@dataclass(frozen=True)
class Access:
    """What the firmware's HMAT says of CPUs of node `initiator` using memory of node `target`."""

    initiator: int
    target: int
    latency_ns: int
    bandwidth_mib_per_s: int


@dataclass(frozen=True)
class Machine:
    name: str
    summary: str
    image: Image
    qemu: str
    board: str
    console: str
    nodes: Tuple[Node, ...]
    cores: Tuple[Core, ...] = (OWN_CORE,)  # the first by default
    distances: Tuple[
        Tuple[int, ...], ...
    ] = ()  # from node (row) to node (column), local is 10
    accesses: Tuple[Access, ...] = ()
    device_tree: str = ""  # file name; none: QEMU makes it
    counted: bool = (
        False  # one tick of virtual time an instruction: the PMU counts those
    )

    @property
    def cpus(self) -> int:
        return sum(node.cpus for node in self.nodes)

    @property
    def memory_mib(self) -> int:
        return sum(node.memory_mib for node in self.nodes)

    def core(self, name: str) -> Core:
        """Of that name, or the default where it is empty. Raises Failure."""
        for core in self.cores:
            if name in ("", core.name):
                return core
        names = ", ".join(core.name for core in self.cores)
        raise Failure(f"{self.name} has no core '{name}': there is {names}")


COUNTED_CORES = (
    Core("cortex-a53"),
    Core("cortex-a57"),
    Core("cortex-a72", libpfm="arm_ac57"),
    Core("neoverse-n1"),
    Core("max", options="pauth-impdef=on", libpfm="arm_ac57"),
)

MACHINES = (
    Machine(
        name="cubieboard",
        summary="Allwinner A10: one Cortex-A8, 512 MiB, no caches known, a clock of 24 MHz",
        image=ARMHF,
        qemu="qemu-system-arm",
        board="cubieboard",
        console="ttyS0,115200",
        nodes=(Node(cpus=1, memory_mib=512),),
        device_tree="sun4i-a10-cubieboard.dtb",
    ),
    Machine(
        name="orangepi-pc",
        summary="Allwinner H3: four Cortex-A7, 1 GiB",
        image=ARMHF,
        qemu="qemu-system-arm",
        board="orangepi-pc",
        console="ttyS0,115200",
        nodes=(Node(cpus=4, memory_mib=1024),),
        device_tree="sun8i-h3-orangepi-pc.dtb",
    ),
    Machine(
        name="aarch64-2node",
        summary="AArch64: two nodes of two Cortex-A57 each",
        image=ARM64,
        qemu="qemu-system-aarch64",
        board="virt,gic-version=3",
        console="ttyAMA0",
        nodes=(Node(cpus=2, memory_mib=512), Node(cpus=2, memory_mib=512)),
        cores=(Core("cortex-a57"), Core("max", options="pauth-impdef=on")),
        distances=((10, 25), (25, 10)),
    ),
    Machine(
        name="x86_64-4node",
        summary="x86-64: three nodes of one CPU each, and one of memory only, unequally far apart",
        image=AMD64,
        qemu="qemu-system-x86_64",
        board="q35",
        console="ttyS0",
        nodes=(Node(cpus=1, memory_mib=384),) * 3 + (Node(cpus=0, memory_mib=384),),
        cores=(Core("max"),),
        distances=(
            (10, 16, 22, 28),
            (16, 10, 18, 24),
            (22, 18, 10, 32),
            (28, 24, 32, 10),
        ),
    ),
    Machine(
        name="x86_64-hmat",
        summary="x86-64: a node of two CPUs, a far node of memory only, both described by an HMAT",
        image=AMD64,
        qemu="qemu-system-x86_64",
        board="q35,hmat=on",
        console="ttyS0",
        nodes=(Node(cpus=2, memory_mib=512), Node(cpus=0, memory_mib=512)),
        cores=(Core("max"),),
        distances=((10, 17), (17, 10)),
        accesses=(
            Access(initiator=0, target=0, latency_ns=80, bandwidth_mib_per_s=20480),
            Access(initiator=0, target=1, latency_ns=250, bandwidth_mib_per_s=8192),
        ),
    ),
    Machine(
        name="aarch64-icount",
        summary="AArch64, one CPU whose PMU counts every instruction exactly",
        image=ARM64,
        qemu="qemu-system-aarch64",
        board="virt,gic-version=3",
        console="ttyAMA0",
        nodes=(Node(cpus=1, memory_mib=512),),
        cores=COUNTED_CORES,
        counted=True,
    ),
    Machine(
        name="arm-icount",
        summary="32-bit ARM: an Orange Pi of one Cortex-A7 whose PMU counts every instruction",
        image=ARMHF,
        qemu="qemu-system-arm",
        board="orangepi-pc",
        console="ttyS0,115200",
        nodes=(Node(cpus=1, memory_mib=1024),),
        device_tree="sun8i-h3-orangepi-pc.dtb",
        counted=True,
    ),
)


def machine(name: str) -> Machine:
    """Of that name. Raises Failure."""
    for row in MACHINES:
        if row.name == name:
            return row
    names = ", ".join(row.name for row in MACHINES)
    raise Failure(f"unknown machine '{name}': there are {names}")


def numa_options(row: Machine) -> List[str]:
    options: List[str] = []
    cpu = 0
    for number, node in enumerate(row.nodes):
        memory = f"memory-backend-ram,id=memory{number},size={node.memory_mib}M"
        placed = f"node,nodeid={number},memdev=memory{number}"
        if node.cpus:
            placed += f",cpus={cpu}-{cpu + node.cpus - 1}"
            cpu += node.cpus
        if row.accesses:
            nearest = [a.initiator for a in row.accesses if a.target == number]
            placed += f",initiator={nearest[0]}"
        options += ["-object", memory, "-numa", placed]
    for src, distances in enumerate(row.distances):
        for dst, distance in enumerate(distances):
            options += ["-numa", f"dist,src={src},dst={dst},val={distance}"]
    for access in row.accesses:
        of = f"hmat-lb,initiator={access.initiator},target={access.target},hierarchy=memory"
        latency = f"{of},data-type=access-latency,latency={access.latency_ns}"
        bandwidth = (
            f"{of},data-type=access-bandwidth,bandwidth={access.bandwidth_mib_per_s}M"
        )
        options += ["-numa", latency, "-numa", bandwidth]
    return options


def command_line(
    row: Machine, core: Core, boot: Path, initrd: Path, disk: Path
) -> List[str]:
    """
    QEMU's. `boot` has what images.provide() made, `disk` is the raw image for the guest's output.
    """
    parameters = f"console={row.console} nr_cpus={row.cpus} {PARAMETERS}"
    command = [row.qemu, "-machine", row.board, "-m", str(row.memory_mib)]
    if core is not OWN_CORE:
        command += ["-smp", str(row.cpus)]
        command += ["-cpu", ",".join(filter(None, (core.name, core.options)))]
    if len(row.nodes) > 1:
        command += numa_options(row)
    command += ["-accel", "tcg"]
    if row.counted:
        command += ["-icount", "shift=0"]
    command += ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    command += ["-serial", "stdio", "-kernel", str(boot / "kernel")]
    command += ["-initrd", str(initrd), "-append", parameters]
    if row.device_tree:
        command += ["-dtb", str(boot / row.device_tree)]
        command += ["-drive", f"file={disk},format=raw,if=sd"]
        # The board's own network card; nothing drives it, and without a peer QEMU complains.
        command += ["-nic", "user,restrict=on"]
    else:
        command += ["-drive", f"file={disk},format=raw,if=none,id=output"]
        command += ["-device", "virtio-blk-pci,drive=output"]
    return command


def find_qemu(row: Machine) -> str:
    """The program's path. Raises Failure, which names the package."""
    found = shutil.which(row.qemu)
    if not found:
        raise Failure(
            f"{row.name} needs {row.qemu}, which is not on the PATH: "
            f"install {PACKAGES[row.qemu]}"
        )
    return found
