"""What a placement costs: bytes on the device and the host, seconds by phase.

The constants were measured at full size on one H100 80 GB (docs/benchmarks.md, "Qwen"); other cards are scaled by
their arithmetic rate and bus.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.qwen.planning.records import GB, Ask, Gpu, Kind, Machine
from engine.qwen.planning.weights import Weights

MARGIN = 0.06
"""Share of a device's free memory that stays unplanned: fragments, the desktop's own needs."""
RESERVE = 2 * GB
"""Host memory that stays unplanned: this process itself and the desktop."""
CONTEXT = 0.13 * GB
"""Workspace of the libraries beside the tensors."""
REFERENCE = 368.5
"""TFLOP/s that the denoiser's matrices get on the card that the constants below were measured on."""
ATTENTION = 0.615
"""Time of one operation of the attention, in times of one of the matrices."""
WIDE_SLOWER = 8.0
"""Times that matrices of 32-bit floats take, of those of 16 bits; makers' data sheets say 2 to 15."""

ACTIVATION = 94_200
"""Bytes of working memory for each token of one denoiser call in 16 bit."""
DECODE = 4_260
"""Bytes of working memory for each px of one layer while it is decoded in 16 bit."""
DECODE_SECONDS = 1.1e-7
CPU_DECODE_SECONDS = 5e-5
"""Seconds for each px of one layer."""
TILE = 256 * 256
CAPTION_TOKENS = 200
"""A usual length of the model's own description."""
TOKEN_SECONDS = 0.05
"""Seconds for each token of a description beside reading the weights once."""
DISK_RATE = 1.5 * GB
HOST_RATE = 20 * GB
"""Bytes a second that a CPU reads weights at."""
CPU_TFLOPS_PER_CORE = 0.03
TOO_SLOW = 4 * 3600.0
STREAM_OVERHEAD = 1.03
WIDEN_SECONDS = 2.7e-12
"""Seconds for each byte (in 16 bit) of the blocks that is widened from 8 bits, each call."""
UNPACK_SECONDS = 1.65e-11
"""Seconds for each number of the blocks that is unpacked from a GGUF form, each call (measured with Q4_0)."""
PRODUCTS = 0.92
"""Time of the image stream's matrices multiplied in 8 bits, rounding included, in times of 16 bits."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the parts in the number format that is calculated in; a GGUF denoiser stays as it is stored."""

    blocks: int
    table: int
    rest: int
    denoiser: int
    encoder: int
    vae: int


def sizes_of(ask: Ask, weights: Weights) -> Sizes:
    """Of these weights, in the format that is asked for."""
    wider = ask.itemsize / weights.itemsize
    own = 1.0 if weights.gguf is not None else wider
    blocks, denoiser = int(weights.block_bytes * own), int(weights.transformer_bytes * own)
    return Sizes(
        blocks=blocks,
        table=int(weights.table_bytes * own),
        rest=denoiser - blocks,
        denoiser=denoiser,
        encoder=int(weights.encoder_bytes * wider),
        vae=int(weights.vae_bytes * wider),
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: the denoiser's `blocks` wide and `stored` as they lie packed, `held` on the device between calls with all
    that stays there, `alone` there without the denoiser, the peaks of both phases; `drop`, `tile` as in a Plan."""

    blocks: int
    stored: int
    denoise: int
    decode: int
    drop: bool
    tile: bool
    held: int
    alone: int


def memory_of(kind: Kind, ask: Ask, weights: Weights, free: int) -> Memory:
    """What that placement takes; `free`: bytes that may be planned with on the device."""
    sizes = sizes_of(ask, weights)
    blocks = sizes.blocks - (sizes.table if kind.table else 0)
    stored = blocks // ask.itemsize if kind.fp8 else blocks
    if kind.products:
        stored -= image_numbers(weights) * (ask.itemsize - 1)
    on_device = 2 * stored // max(1, weights.blocks) if kind.place == "streamed" else stored
    alone = int(sizes.vae + CONTEXT)
    small = table_rows(kind, ask, weights) + sizes.rest
    held = on_device + small + alone
    if kind.place == "offload":
        held -= sizes.vae
        alone += small
    wide = blocks // max(1, weights.blocks) if kind.fp8 or kind.gguf else 0
    denoise = held + wide + activation(ask)
    decode, drop, tile = decoding(ask, held, alone, free, kind.place == "offload")
    return Memory(blocks, stored, denoise, decode, drop, tile, held, alone)


def image_numbers(weights: Weights) -> int:
    """Numbers in the image stream's matrices: queries, keys, values and output (4 d^2), and two of 4 d^2. The text's
    matrices have as many, and the modulation too."""
    return weights.blocks * 12 * weights.width**2


def activation(ask: Ask) -> int:
    """Working memory of one denoiser call."""
    return ACTIVATION * ask.tokens * ask.itemsize // 2


def step_flops(ask: Ask, weights: Weights, matrices: float = 1.0) -> float:
    """Operations of one step in times of a matrix operation: every token through the image stream's matrices (24 d^2
    a block, `matrices` times), and attention of all with all (4 n^2 d a block), for one or two denoiser calls."""
    n, d = ask.tokens, weights.width
    one = weights.blocks * (matrices * 24.0 * n * d * d + ATTENTION * 4.0 * n * n * d)
    return one * (2 if ask.guided else 1)


def step_seconds(kind: Kind, gpu: Gpu | None, machine: Machine, ask: Ask, weights: Weights, memory: Memory) -> float:
    """Of one step, one or two denoiser calls."""
    calls = 2 if ask.guided else 1
    rate = rate_of(gpu, machine, ask)
    step = step_flops(ask, weights, PRODUCTS if kind.products else 1.0) / (rate * 1e12)
    if kind.fp8:
        step += calls * memory.blocks * WIDEN_SECONDS * (REFERENCE / rate)
    elif kind.gguf:
        step += calls * 3 * image_numbers(weights) * UNPACK_SECONDS * (REFERENCE / rate)
    if kind.place == "streamed" and gpu is not None:
        step = max(step * STREAM_OVERHEAD, calls * memory.stored / gpu.bus * STREAM_OVERHEAD)
    return step


def phase_seconds(
    gpu: Gpu | None, machine: Machine, ask: Ask, weights: Weights, encoder: Gpu | None
) -> dict[str, float]:
    """Seconds by phase but for "denoise" (0 here). `gpu` has the denoiser and the VAE, `encoder` the text encoder."""
    sizes = sizes_of(ask, weights)
    tokens = 1 if ask.described else CAPTION_TOKENS
    per_token = sizes.encoder / HOST_RATE
    if encoder is not None:
        per_token = TOKEN_SECONDS + sizes.encoder / 1e12 * (REFERENCE / encoder.tflops)
    rate = rate_of(gpu, machine, ask)
    return {
        "load": 3.0,
        "encode": 0.3 if gpu else 3.0,
        "load-encoder": weights.encoder_bytes / DISK_RATE + 2.0,
        "describe": 0.5 + tokens * per_token,
        "load-denoiser": weights.transformer_bytes / DISK_RATE + 1.0,
        "denoise": 0.0,
        "decode": ask.layers * ask.pixels * (DECODE_SECONDS * REFERENCE / rate if gpu else CPU_DECODE_SECONDS),
        "name": (1.0 + ask.layers * 8 * per_token) if ask.names else 0.0,
    }


def rate_of(gpu: Gpu | None, machine: Machine, ask: Ask) -> float:
    """TFLOP/s of the denoiser's matrices."""
    if gpu is None:
        return CPU_TFLOPS_PER_CORE * machine.cores
    return gpu.tflops / (WIDE_SLOWER if ask.itemsize == 4 else 1.0)


def table_rows(kind: Kind, ask: Ask, weights: Weights) -> int:
    """Bytes of a modulation table: two layers of 6 d numbers for each block and step."""
    return weights.blocks * 2 * ask.steps * weights.width * 6 * ask.itemsize if kind.table else 0


def decoding(ask: Ask, held: int, alone: int, free: int, leave: bool = False) -> tuple[int, bool, bool]:
    """(peak of the decoding, the denoiser goes first, in tiles); `alone` is held without the denoiser. `leave`: it goes
    in any case."""
    narrow = ask.itemsize / 2
    whole = int(DECODE * ask.pixels * narrow)
    drop = leave or (held + whole > free and alone + whole < free)
    stays = alone if drop else held
    tile = stays + whole > free and ask.pixels > TILE
    return stays + (int(DECODE * TILE * narrow) if tile else whole), drop, tile
