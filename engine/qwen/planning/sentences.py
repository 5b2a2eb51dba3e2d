"""Plans in words: what the window, the command line and the messages of a run say about them."""

from __future__ import annotations

from engine.qwen.planning.cost import TOO_SLOW
from engine.qwen.planning.records import Ask, Gpu, Kind, Machine, Plan
from engine.words.amounts import apart, duration, gigabytes

TOO_SLOW_SAID = "Far too slow to be useful: use the built-in engine."


def sentence(plan: Plan, machine: Machine, ask: Ask) -> str:
    """E.g. "1024 px needs 7.7 GB of the 24 GB of your NVIDIA RTX 3090; about 6 minutes." """
    took = duration(plan.seconds)
    gpu = next((g for g in machine.gpus if g.device == plan.device), None)
    if gpu is None:
        where = f"{gigabytes(plan.host)} of your {gigabytes(machine.host_total)} of memory"
    else:
        cards = [(g, plan.peaks.get(g.device, plan.peak)) for g in machine.gpus if g.device in plan.devices]
        parts = [f"{gigabytes(need)} of the {gigabytes(g.total)} of your {g.name}" for g, need in cards]
        where = " and ".join(parts) or f"{gigabytes(plan.peak)} of the {gigabytes(gpu.total)} of your {gpu.name}"
    if not plan.fits and not plan.slow:
        return f"{ask.resolution} px ({plan.kind.title}) does not fit: {plan.short}."
    slow = f" {TOO_SLOW_SAID}" if plan.seconds > TOO_SLOW else ""
    return f"{ask.resolution} px needs {where} ({plan.kind.title}); about {took}.{slow}"


def advice(resolution: int, long_side: int) -> str:
    """What that resolution buys for a picture whose longer side has that many px."""
    if resolution == 640:
        return "Recommended: the size the model was made for, with the most reliable separation."
    if long_side <= 900:
        return "Your picture has few pixels: 1024 adds time and no detail."
    return "Finer edges and small text; layers may mix more than at 640, because the model saw less of this size."


def shortfall(kind: Kind, gpu: Gpu | None, ask: Ask, need: int, free: int) -> str:
    """Why that card cannot do it, or "". `need`, `free`: bytes."""
    if gpu is None:
        return ""
    if kind.products and (gpu.kind != "cuda" or gpu.capability < (8, 9)):
        return f"{gpu.name} cannot multiply 8-bit floats"
    if kind.products and not _in_bfloat16(ask):
        return "8-bit products give bfloat16; choose the number format auto or bf16"
    if kind.fp8 and gpu.kind != "cuda":
        return f"{gpu.name} knows no 8-bit floats"
    if need > free:
        return f"it needs {_beside(need, free, 'graphics memory')}"
    if gpu.kind == "cuda" and gpu.capability < (8, 0) and _in_bfloat16(ask):
        return f"{gpu.name} cannot calculate in bfloat16; choose the number format fp32"
    return ""


def host_shortfall(host: int, host_free: int) -> str:
    """Why main memory is too small, or ""."""
    if host > host_free:
        return f"it needs {_beside(host, host_free, 'main memory')}"
    return ""


def _beside(need: int, free: int, what: str) -> str:
    """ "23 GB of graphics memory and 16 GB can be used", as finely as it takes to tell the two apart."""
    wanted, have = apart(need, max(free, 0))
    return f"{wanted} of {what} and {have} can be used"


def _in_bfloat16(ask: Ask) -> bool:
    return ask.dtype in ("auto", "bf16")
