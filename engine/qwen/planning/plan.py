"""Which placement of the model fits this machine, decided before anything loads. Pure: values in, a ranked list out.

Once there are runs, `scale` carries what they really took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import EngineUnavailable, InputError
from engine.qwen.planning.cards import balanced
from engine.qwen.planning.cost import (
    MARGIN,
    RESERVE,
    TOO_SLOW,
    Memory,
    memory_of,
    phase_seconds,
    sizes_of,
    step_flops,
    step_seconds,
)
from engine.qwen.planning.records import GB, KINDS, Ask, Gpu, Kind, Machine, Plan
from engine.qwen.planning.sentences import advice, host_shortfall, sentence, shortfall
from engine.qwen.planning.weights import Weights
from engine.words import Message, note
from engine.words.amounts import duration

__all__ = [
    "GB",
    "KINDS",
    "TOO_SLOW",
    "Ask",
    "Gpu",
    "Kind",
    "Machine",
    "Plan",
    "Scale",
    "advice",
    "best",
    "chosen_gpu",
    "compare",
    "next_smaller",
    "rank",
    "sentence",
    "step_flops",
]
INEXACT, ROUNDED = 1.6, 2.5
"""Times as fast as an exact plan that one has to be to go before it: with 8-bit weights; with 8-bit inputs too."""
AGAIN = 0.5
"""How often a run is followed by another one, for which a denoiser that was let go of is loaded again."""

Scale = Mapping[str, Mapping[str, float]]
"""Measured over predicted seconds by plan id and phase; under "peak", the same of the bytes on the device."""


def rank(
    machine: Machine,
    ask: Ask,
    weights: Weights,
    *,
    device: str = "auto",
    wanted: str = "auto",
    avoid: frozenset[str] = frozenset(),
    scale: Scale | None = None,
) -> list[Plan]:
    """Every plan for these weights and that machine, the best that fits first, those that do not fit last.

    `avoid` are plan ids that ran out of memory here before; `scale` corrects seconds, and memory upwards only. Plans
    that take hours count as not fitting unless a device or a plan was asked for. Raises InputError for an unknown
    `wanted` or `device`.
    """
    if wanted != "auto" and wanted not in KINDS:
        raise InputError("qwen.plan-unknown", plan=wanted, known=", ".join(KINDS))
    plans = [
        plan
        for kind in KINDS.values()
        if kind.gguf == (weights.gguf is not None)
        for plan in _plans(kind, device, machine, ask, weights, (scale or {}).get(kind.id, {}))
    ]
    if wanted != "auto":
        plans = [p for p in plans if p.id == wanted]
        if not plans:
            raise InputError.of(_unsuitable(wanted, weights, device))
    plans = [replace(p, short=p.short or note("qwen.ran-out-before")) if p.id in avoid else p for p in plans]
    if wanted == "auto" and device == "auto":
        plans = [_too_slow(p) for p in plans]
    return sorted(plans, key=_order)


def best(plans: list[Plan]) -> Plan:
    """The first plan that fits. Raises EngineUnavailable, with what is short, where none does."""
    if plans and plans[0].fits:
        return plans[0]
    if not plans:
        raise EngineUnavailable("qwen.no-device")
    near = plans[0]
    if near.slow:
        raise EngineUnavailable("qwen.too-slow", time=duration(near.seconds), device=near.device)
    raise EngineUnavailable("qwen.too-large", why=near.short or "")


def next_smaller(plans: list[Plan], failed: Plan, phase: str = "") -> Plan | None:
    """The best plan that fits and needs less of what ran out in that phase (a `Meter`'s name), or None."""
    others = [p for p in plans if p.fits and p.id != failed.id]
    if failed.device == "cpu":
        return next((p for p in others if p.host < failed.host), None)
    limit = 0.95 * failed.need(phase)
    return next((p for p in others if p.need(phase) < limit), None)


def compare(machine: Machine, ask: Ask, weights: Weights, **how: object) -> list[tuple[Ask, Plan]]:
    """The best plan for 640 and for 1024 px, to be shown side by side."""
    asks = [replace(ask, resolution=640), replace(ask, resolution=1024)]
    return [(a, rank(machine, a, weights, **how)[0]) for a in asks]  # type: ignore[arg-type]


def chosen_gpu(machine: Machine, device: str) -> Gpu | None:
    """The GPU that a run on `device` uses first, or None for the CPU; records of runs are kept by its name.

    Raises InputError for a device that is not there.
    """
    gpus = sorted(machine.gpus, key=lambda g: -g.free)
    if device == "cpu":
        return None
    if device == "auto" or (device == "cuda" and gpus):
        return gpus[0] if gpus else None
    named = [g for g in gpus if g.device == device]
    if not named:
        if not gpus:
            raise InputError("qwen.device-unknown-none", device=device)
        raise InputError("qwen.device-unknown", device=device, found=", ".join(g.device for g in gpus))
    return named[0]


def _order(plan: Plan) -> tuple[bool, int, float]:
    """Those that fit by time; then cards by how near they are to fitting, then processors that are only slow, then the
    others: that a processor lacks memory too is no news to who would wait for days."""
    if plan.fits:
        again = 0.0 if plan.keeps else AGAIN * plan.phases["load-denoiser"]
        worth = 1.0 if plan.kind.exact else ROUNDED if plan.kind.products else INEXACT
        return False, 0, (plan.seconds + again) * worth
    if plan.slow:
        return True, 1, plan.seconds
    return True, 2 if plan.device == "cpu" else 0, float(plan.peak + plan.host)


def _too_slow(plan: Plan) -> Plan:
    if not plan.fits or plan.seconds <= TOO_SLOW:
        return plan
    return replace(plan, short=note("qwen.would-take", time=duration(plan.seconds)), slow=True)


def _plans(
    kind: Kind, device: str, machine: Machine, ask: Ask, weights: Weights, factors: Mapping[str, float]
) -> list[Plan]:
    """That kind on the device, or nothing where it is for another sort of device."""
    gpu = chosen_gpu(machine, device)
    if kind.on == "cpu":
        return [_plan(kind, None, machine, ask, weights, factors)] if device in ("auto", "cpu") else []
    if gpu is None:
        return []
    if kind.place == "balanced":
        return [balanced(kind, machine, ask, weights, factors)] if device in ("auto", "cuda") else []
    return [_plan(kind, gpu, machine, ask, weights, factors)]


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the text encoder works (`device`), whether it stays, and the bytes that the host has to hold."""

    device: str
    together: bool
    park: bool
    host: int


def _plan(
    kind: Kind, gpu: Gpu | None, machine: Machine, ask: Ask, weights: Weights, factors: Mapping[str, float]
) -> Plan:
    host_free = int(machine.host_free * (1 - MARGIN)) - RESERVE
    free = int(gpu.free * (1 - MARGIN)) if gpu else host_free
    sizes = sizes_of(ask, weights)
    memory = memory_of(kind, ask, weights, free)
    more = max(1.0, factors.get("peak", 1.0)) if gpu else 1.0
    most = int(more * max(memory.denoise, memory.decode))
    beside = memory.alone + GB
    room = _room(kind, gpu, ask, weights, memory, (most, int(more * (sizes.encoder + beside)), free, host_free))
    raw_encoder = 0
    if gpu is not None and room.device == gpu.device:
        raw_encoder = sizes.encoder + (memory.held + GB if room.together else beside)
    raw_most = max(memory.denoise, memory.decode) + (sizes.encoder if room.together else 0)
    raw_peak = max(raw_most, raw_encoder) if gpu else 0
    step = step_seconds(kind, gpu, machine, ask, weights, memory)
    on_gpu = gpu if gpu is not None and room.device == gpu.device else None
    raw = phase_seconds(gpu, machine, ask, weights, on_gpu) | {"denoise": step * ask.steps}
    return Plan(
        kind=kind,
        device=gpu.device if gpu else "cpu",
        encoder=room.device,
        together=room.together,
        park=room.park,
        tile=memory.tile,
        drop=memory.drop,
        peak=int(more * raw_peak),
        denoise_peak=int(more * memory.denoise),
        decode_peak=int(more * memory.decode),
        encoder_peak=int(more * raw_encoder),
        host=room.host,
        step_seconds=step * factors.get("denoise", 1.0),
        phases={name: seconds * factors.get(name, 1.0) for name, seconds in raw.items()},
        raw_phases=raw,
        raw_peak=raw_peak,
        short=shortfall(kind, gpu, ask, most, free) or host_shortfall(room.host, host_free),
    )


def _room(
    kind: Kind, gpu: Gpu | None, ask: Ask, weights: Weights, memory: Memory, limits: tuple[int, int, int, int]
) -> _Room:
    """`limits`: the device's need without and with only the encoder, what is free there, and on the host."""
    most, encoder_need, free, host_free = limits
    sizes = sizes_of(ask, weights)
    # A GGUF file and a model with a LoRA in it are whole in host memory before they are placed.
    through = sizes.denoiser if kind.gguf or weights.lora is not None else 0
    if gpu is None:
        own = max(most, through)
        park = own + sizes.encoder <= host_free
        return _Room("cpu", False, park, own + sizes.encoder if park else max(own, encoder_need))
    stays = {"streamed": memory.stored, "offload": memory.stored + sizes.vae}.get(kind.place, 0)
    stays += sizes.table if kind.table and weights.lora is not None else 0  # what the table is made from
    own = max(stays, through)
    fits = encoder_need <= free
    together = fits and kind.place != "offload" and max(most, memory.held + GB) + sizes.encoder <= free
    park = not together and own + sizes.encoder <= host_free
    host = own + sizes.encoder if park else own
    if not fits:
        host = max(host, sizes.encoder)
    return _Room(gpu.device if fits else "cpu", together, park, host)


def _unsuitable(wanted: str, weights: Weights, device: str) -> Message:
    if KINDS[wanted].gguf:
        return note("qwen.plan-needs-gguf", plan=wanted)
    if weights.gguf is not None:
        return note("qwen.plan-not-for-gguf", plan=wanted)
    if KINDS[wanted].place == "balanced" and device.startswith("cuda"):
        return note("qwen.plan-needs-cards", plan=wanted, device=device)
    if KINDS[wanted].on == "gpu":
        return note("qwen.plan-needs-card", plan=wanted)
    return note("qwen.plan-for-processor", plan=wanted, device=device)
