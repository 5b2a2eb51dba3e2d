"""What a placement costs: bytes on the device and the host, seconds by phase.

The constants were measured at full size on one H100 80 GB (docs/benchmarks.md, "Qwen"); other cards are scaled by
their arithmetic rate and bus.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.qwen.plan_types import GB, Ask, Gpu, Kind, Machine
from engine.qwen.weights import Weights

MARGIN = 0.06
"""Share of a device's free memory that stays unplanned: fragments, the desktop's own needs."""
CONTEXT = 0.13 * GB
"""Workspace of the libraries beside the tensors."""
REFERENCE = 368.5
"""TFLOP/s that the denoiser's matrices get on the card that the constants below were measured on."""
ATTENTION = 0.615
"""Time of one operation of the attention, in times of one of the matrices."""

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
"""Seconds for each byte (in 16 bit) of the blocks that is widened from 8 bits or a GGUF form, each call."""


def step_flops(ask: Ask, weights: Weights) -> float:
    """Operations of one step in times of a matrix operation: every token through the image stream's matrices (24 d^2
    a block), and attention of all with all (4 n^2 d a block), for one or two denoiser calls."""
    n, d = ask.tokens, weights.width
    one = weights.blocks * (24.0 * n * d * d + ATTENTION * 4.0 * n * n * d)
    return one * (2 if ask.guided else 1)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: what lies packed, one widened block, what stays on the device between calls, and both phases' peaks."""

    blocks: int
    stored: int
    denoise: int
    decode: int
    drop: bool
    tile: bool
    held: int


def memory_of(kind: Kind, ask: Ask, weights: Weights, free: int) -> Memory:
    activation = ACTIVATION * ask.tokens
    blocks = weights.block_bytes - (weights.table_bytes if kind.table else 0)
    table = weights.blocks * 2 * ask.steps * weights.width * 6 * 2 if kind.table else 0
    stored = blocks // 2 if kind.fp8 else blocks
    on_device = 2 * stored // max(1, weights.blocks) if kind.place == "streamed" else stored
    alone = int(weights.vae_bytes + CONTEXT)
    held = on_device + table + weights.transformer_bytes - weights.block_bytes + alone
    wide = blocks // max(1, weights.blocks) if kind.fp8 or kind.gguf else 0
    whole = int(DECODE * ask.pixels)
    drop = held + whole > free and alone + whole < free
    stays = alone if drop else held
    tile = stays + whole > free and ask.pixels > TILE
    decode = stays + (int(DECODE * TILE) if tile else whole)
    return Memory(blocks, stored, held + activation + wide, decode, drop, tile, held)


def times_of(
    kind: Kind,
    gpu: Gpu | None,
    machine: Machine,
    ask: Ask,
    weights: Weights,
    memory: Memory,
    on_gpu: bool,
    scale: float,
) -> tuple[float, dict[str, float]]:
    calls = 2 if ask.guided else 1
    rate = gpu.tflops if gpu else CPU_TFLOPS_PER_CORE * machine.cores
    step = step_flops(ask, weights) / (rate * 1e12)
    if kind.fp8 or kind.gguf:
        step += calls * memory.blocks * WIDEN_SECONDS * (REFERENCE / rate)
    if kind.place == "streamed" and gpu is not None:
        step = max(step * STREAM_OVERHEAD, calls * memory.stored / gpu.bus * STREAM_OVERHEAD)
    step *= scale
    tokens = 1 if ask.described else CAPTION_TOKENS
    per_token = weights.encoder_bytes / HOST_RATE
    if on_gpu and gpu is not None:
        per_token = TOKEN_SECONDS + weights.encoder_bytes / 1e12 * (REFERENCE / gpu.tflops)
    return step, {
        "load": 3.0,
        "encode": 0.3 if gpu else 3.0,
        "load-encoder": weights.encoder_bytes / DISK_RATE + 2.0,
        "describe": 0.5 + tokens * per_token,
        "load-denoiser": weights.transformer_bytes / DISK_RATE + 1.0,
        "denoise": step * ask.steps,
        "decode": ask.layers * ask.pixels * (DECODE_SECONDS * REFERENCE / rate if gpu else CPU_DECODE_SECONDS),
        "name": (1.0 + ask.layers * 8 * per_token) if ask.names else 0.0,
    }
