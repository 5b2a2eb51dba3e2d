"""Plans in words: what the window, the command line and the messages of a run say about them."""

from __future__ import annotations

from functools import reduce

from engine.qwen.planning.cost import TOO_SLOW
from engine.qwen.planning.geometry import RESOLUTIONS
from engine.qwen.planning.records import Ask, Gpu, Kind, Machine, Plan
from engine.words import Message, note
from engine.words.amounts import apart, duration, gigabytes

FEW_PIXELS = 900
"""px of a picture's longer side up to which the larger resolution shows nothing more."""


def sentence(plan: Plan, machine: Machine, ask: Ask) -> Message:
    """E.g. "1024 px needs 7.7 GB of the 24 GB of your NVIDIA RTX 3090; about 6 min." """
    if not plan.fits and not plan.slow:
        return note("qwen.misfit", resolution=ask.resolution, plan=plan.kind.title, why=plan.short or "")
    which = "qwen.needs-too-long" if plan.seconds > TOO_SLOW else "qwen.needs"
    time, where = duration(plan.seconds), _where(plan, machine)
    return note(which, resolution=ask.resolution, where=where, plan=plan.kind.title, time=time)


def _where(plan: Plan, machine: Machine) -> Message:
    gpu = next((g for g in machine.gpus if g.device == plan.device), None)
    if gpu is None:
        return note("qwen.of-memory", need=gigabytes(plan.host), total=gigabytes(machine.host_total))
    cards = [(g, plan.peaks.get(g.device, plan.peak)) for g in machine.gpus if g.device in plan.devices]
    parts = [
        note("qwen.of-card", need=gigabytes(need), total=gigabytes(card.total), card=card.name)
        for card, need in cards or [(gpu, plan.peak)]
    ]
    return reduce(lambda first, second: note("qwen.and", first=first, second=second), parts)


def advice(resolution: int, long_side: int) -> Message:
    """What that resolution buys for a picture whose longer side has that many px."""
    if resolution == RESOLUTIONS[0]:
        return note("qwen.buys-reliability")
    return note("qwen.buys-nothing" if long_side <= FEW_PIXELS else "qwen.buys-detail")


def shortfall(kind: Kind, gpu: Gpu | None, ask: Ask, need: int, free: int) -> Message | None:
    """Why that card cannot do it, to stand inside a sentence. `need`, `free`: bytes."""
    if gpu is None:
        return None
    if kind.products and (gpu.kind != "cuda" or gpu.capability < (8, 9)):
        return note("qwen.card-no-products", card=gpu.name)
    if kind.products and not _in_bfloat16(ask):
        return note("qwen.products-need-bf16")
    if kind.fp8 and gpu.kind != "cuda":
        return note("qwen.card-no-fp8", card=gpu.name)
    if need > free:
        return _beside("qwen.lacks-graphics-memory", need, free)
    if gpu.kind == "cuda" and gpu.capability < (8, 0) and _in_bfloat16(ask):
        return note("qwen.card-no-bf16", card=gpu.name)
    return None


def host_shortfall(host: int, host_free: int) -> Message | None:
    """Why main memory is too small, to stand inside a sentence."""
    if host > host_free:
        return _beside("qwen.lacks-main-memory", host, host_free)
    return None


def _beside(lacking: str, need: int, free: int) -> Message:
    wanted, have = apart(need, max(free, 0))
    return note(lacking, need=wanted, have=have)


def _in_bfloat16(ask: Ask) -> bool:
    return ask.dtype in ("auto", "bf16")
