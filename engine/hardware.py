"""What this computer has: graphics cards and memory, as far as it can be seen without torch. Loads nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import psutil

GB = 1_000_000_000

EFFICIENCY = 0.3725
"""Share of a card's 16-bit matrix peak that large matrices get, measured on an H100 with the denoiser of Qwen."""
PEAKS: tuple[tuple[str, int], ...] = (
    ("H100 PCIe", 760),
    ("H100", 989),
    ("H200", 989),
    ("B200", 2250),
    ("A100", 312),
    ("L40S", 362),
    ("L40", 181),
    ("L4", 121),
    ("A10", 125),
    ("A6000", 155),
    ("A40", 150),
    ("6000 Ada", 364),
    ("5880", 277),
    ("5090", 209),
    ("5080", 113),
    ("5070 Ti", 88),
    ("5070", 62),
    ("4090", 165),
    ("4080", 98),
    ("4070 Ti", 80),
    ("4070", 58),
    ("4060 Ti", 44),
    ("4060", 30),
    ("3090", 71),
    ("3080", 60),
    ("3070", 41),
    ("3060", 26),
)
"""Dense 16-bit peak in TFLOP/s of cards by a part of their name (makers' data sheets), the more specific first."""
DEFAULT_PEAK = 60.0
LANE_GBS = {1: 0.25, 2: 0.5, 3: 0.8, 4: 1.7, 5: 3.4, 6: 6.8}
"""GB a second that one PCIe lane really moves to the card, by generation."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card.

    Attributes:
        total, free: bytes. bus: bytes a second to it. kind: "cuda" or "mps".
        tflops: 10^12 operations a second that large 16-bit matrices really get.
    """

    index: int
    name: str
    total: int
    free: int
    capability: tuple[int, int] = (8, 0)
    tflops: float = 60.0
    bus: float = 20e9
    kind: str = "cuda"

    @property
    def device(self) -> str:
        """Its name for torch."""
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer. Attributes: host_free, host_total: bytes of main memory. cores: of the processor."""

    gpus: tuple[Gpu, ...]
    host_free: int
    host_total: int
    cores: int = 8


APPLE = Gpu(0, "Apple GPU", 0, 0, (9, 0), tflops=12.0, bus=100e9, kind="mps")
APPLE_SHARE = 0.7
"""Share of the memory of an Apple computer that its GPU may take."""


def probe() -> Machine:
    """This machine as far as it can be seen without torch; without `nvidia-smi`, no NVIDIA cards."""
    free, total = host_memory()
    gpus = nvidia_cards()
    if not gpus and sys.platform == "darwin" and platform.machine() == "arm64":
        limit = int(APPLE_SHARE * total)
        gpus = [replace(APPLE, total=limit, free=min(limit, free))]
    return Machine(tuple(gpus), free, total, cores=cores())


def cores() -> int:
    """Of the processor; threads that share one are not counted."""
    return psutil.cpu_count(logical=False) or os.cpu_count() or 1


def host_memory() -> tuple[int, int]:
    """(free, total) bytes of main memory."""
    memory = psutil.virtual_memory()
    return int(memory.available), int(memory.total)


def nvidia_cards() -> list[Gpu]:
    """The NVIDIA cards that `nvidia-smi` sees and CUDA may use; none where it is missing or fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    fields = "index,name,memory.total,memory.free,compute_cap,pcie.link.gen.max,pcie.link.width.max,uuid"
    try:
        asked = [tool, f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return visible(done.stdout.splitlines(), os.environ)


def visible(lines: list[str], environment: Mapping[str, str]) -> list[Gpu]:
    """The cards of nvidia-smi's answer that CUDA_VISIBLE_DEVICES leaves, numbered as torch numbers them.

    Numbers in it are taken in the order of nvidia-smi, which is CUDA's own with CUDA_DEVICE_ORDER=PCI_BUS_ID; as in
    CUDA, the list ends at the first entry that names no card.
    """
    found = [(gpu, line.split(",")[-1].strip()) for line in lines if (gpu := parse_smi(line)) is not None]
    allowed = environment.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return [gpu for gpu, _ in found]
    kept: list[Gpu] = []
    for entry in (part.strip() for part in allowed.split(",")):
        named = (g for g, uuid in found if str(g.index) == entry or (entry[:4] == "GPU-" and uuid.startswith(entry)))
        gpu = next(named, None)
        if gpu is None:
            break
        kept.append(replace(gpu, index=len(kept)))
    return kept


def parse_smi(line: str) -> Gpu | None:
    """One line of nvidia-smi's answer; None where it says something else."""
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 8 or not parts[0].isdigit() or not parts[2].isdigit() or not parts[3].isdigit():
        return None
    major, _, minor = parts[4].partition(".")
    generation, lanes = (int(p) if p.isdigit() else 0 for p in parts[5:7])
    return Gpu(
        index=int(parts[0]),
        name=parts[1],
        total=int(parts[2]) << 20,
        free=int(parts[3]) << 20,
        capability=(int(major), int(minor)) if major.isdigit() and minor.isdigit() else (8, 0),
        tflops=tflops_of(parts[1]),
        bus=LANE_GBS.get(generation, 1.25) * (lanes or 16) * 1e9,
    )


def tflops_of(name: str) -> float:
    """TFLOP/s that large 16-bit matrices get on the card of that name."""
    return EFFICIENCY * next((float(peak) for part, peak in PEAKS if part in name), DEFAULT_PEAK)
