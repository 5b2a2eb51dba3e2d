"""Which placement of the model fits this machine, decided before anything loads. Pure: values in, a ranked list out.

Once there are runs, `scale` carries what they really took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.errors import EngineUnavailable, InputError
from engine.qwen.plan_cost import CONTEXT, MARGIN, TOO_SLOW, memory_of, step_flops, times_of
from engine.qwen.plan_types import GB, KINDS, Ask, Gpu, Kind, Machine, Plan
from engine.qwen.plan_words import advice, duration, gigabytes, sentence
from engine.qwen.weights import Weights

__all__ = [
    "GB",
    "KINDS",
    "TOO_SLOW",
    "Ask",
    "Gpu",
    "Kind",
    "Machine",
    "Plan",
    "advice",
    "best",
    "compare",
    "duration",
    "gigabytes",
    "next_smaller",
    "rank",
    "sentence",
    "step_flops",
]


def rank(
    machine: Machine,
    ask: Ask,
    weights: Weights,
    *,
    device: str = "auto",
    wanted: str = "auto",
    avoid: frozenset[str] = frozenset(),
    scale: Mapping[str, float] | None = None,
) -> list[Plan]:
    """Every plan for that weights and machine, the best that fits first, those that do not fit last.

    An inexact plan goes before an exact one only where it is 1.6 times as fast. `avoid` are plan ids that ran out of
    memory here before; `scale` is measured over predicted seconds by plan id. Raises InputError for an unknown
    `wanted` or `device`.
    """
    if wanted != "auto" and wanted not in KINDS:
        raise InputError(f"There is no memory plan called {wanted}; choose auto, {', '.join(KINDS)}.")
    plans = [
        _plan(kind, gpu, machine, ask, weights, (scale or {}).get(kind.id, 1.0))
        for kind in KINDS.values()
        if kind.gguf == (weights.gguf is not None)
        for gpu in _devices(machine, device, kind)
    ]
    if wanted != "auto":
        plans = [p for p in plans if p.id == wanted]
        if not plans:
            raise InputError(_unsuitable(wanted, weights, device))
    plans = [replace(p, short=p.short or "it ran out of memory here before") if p.id in avoid else p for p in plans]
    return sorted(plans, key=lambda p: (not p.fits, p.seconds * (1.0 if p.kind.exact else 1.6)))


def best(plans: list[Plan]) -> Plan:
    """The first plan that fits. Raises EngineUnavailable, with what is short, where none does."""
    if plans and plans[0].fits:
        return plans[0]
    if not plans:
        raise EngineUnavailable("No device here can run Qwen-Image-Layered; use the built-in engine.")
    near = min(plans, key=lambda p: p.peak + p.host)
    raise EngineUnavailable(
        f"Qwen-Image-Layered does not fit this computer now: {near.short}. "
        "Close other programs, choose 640 px, use a GGUF file, or use the built-in engine."
    )


def next_smaller(plans: list[Plan], failed: Plan) -> Plan | None:
    """The best plan that fits and needs less of what ran out, or None."""
    smaller = [p for p in plans if p.fits and p.id != failed.id and p.peak < 0.95 * failed.peak]
    on_cpu = failed.device == "cpu"
    if on_cpu:
        smaller = [p for p in plans if p.fits and p.id != failed.id and p.host < failed.host]
    return smaller[0] if smaller else None


def compare(machine: Machine, ask: Ask, weights: Weights, **how: object) -> list[tuple[Ask, Plan]]:
    """The best plan for 640 and for 1024 px, to be shown side by side."""
    asks = [replace(ask, resolution=640), replace(ask, resolution=1024)]
    return [(a, rank(machine, a, weights, **how)[0]) for a in asks]  # type: ignore[arg-type]


def _devices(machine: Machine, device: str, kind: Kind) -> list[Gpu | None]:
    """Best GPU first (most free memory); None stands for the CPU."""
    if kind.on == "cpu":
        return [None] if device in ("auto", "cpu") else []
    gpus = sorted(machine.gpus, key=lambda g: -g.free)
    if device in ("auto", "cuda"):
        return list(gpus[:1])
    if device == "cpu":
        return []
    named = [g for g in gpus if g.device == device or (device == "cuda:0" and g.device == "cuda")]
    if not named:
        have = ", ".join(g.device for g in gpus) or "none"
        raise InputError(f"There is no device {device} here (found: {have}); choose auto or cpu.")
    return list(named)


def _plan(kind: Kind, gpu: Gpu | None, machine: Machine, ask: Ask, weights: Weights, scale: float) -> Plan:
    free = int((gpu.free if gpu else machine.host_free) * (1 - MARGIN))
    host_free = int(machine.host_free * (1 - MARGIN)) - 2 * GB
    memory = memory_of(kind, ask, weights, free)
    encoder_need = int(weights.encoder_bytes + CONTEXT + GB)
    encoder_fits = gpu is not None and encoder_need <= free
    most = max(memory.denoise, memory.decode)
    together = encoder_fits and most + weights.encoder_bytes <= free
    on_host = memory.stored if kind.place == "streamed" else 0
    if weights.lora is not None:
        on_host += weights.transformer_bytes
    host = max(on_host, 0 if encoder_fits else weights.encoder_bytes)
    peak = most + weights.encoder_bytes if together else max(most, encoder_need if encoder_fits else 0)
    if gpu is None:
        host, peak = max(most + on_host, encoder_need), 0
    step, phases = times_of(kind, gpu, machine, ask, weights, memory, encoder_fits, scale)
    return Plan(
        kind=kind,
        device=gpu.device if gpu else "cpu",
        encoder=gpu.device if gpu is not None and encoder_fits else "cpu",
        together=together,
        park=not together and on_host + weights.encoder_bytes <= host_free,
        tile=memory.tile,
        drop=memory.drop,
        peak=peak,
        denoise_peak=memory.denoise,
        decode_peak=memory.decode,
        host=host,
        step_seconds=step,
        phases=phases,
        short=_shortfall(gpu, most, free, host, host_free),
    )


def _shortfall(gpu: Gpu | None, need: int, free: int, host: int, host_free: int) -> str:
    if gpu is not None and need > free:
        return f"it needs {gigabytes(need)} of graphics memory and {gigabytes(max(free, 0))} can be used"
    if gpu is not None and gpu.kind == "cuda" and gpu.capability < (8, 0):
        return f"{gpu.name} cannot calculate in bfloat16"
    if host > host_free:
        return f"it needs {gigabytes(host)} of main memory and {gigabytes(max(host_free, 0))} can be used"
    return ""


def _unsuitable(wanted: str, weights: Weights, device: str) -> str:
    if KINDS[wanted].gguf:
        return f"The memory plan {wanted} needs a GGUF file; give one as --gguf, or choose auto."
    if weights.gguf is not None:
        return f"The memory plan {wanted} is not for a GGUF file; choose gguf, gguf-streamed, cpu-gguf or auto."
    return f"The memory plan {wanted} cannot run on {device} here; choose auto."
