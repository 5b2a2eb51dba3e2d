"""What the window and `unflatten doctor` say about a run before it begins. Needs no torch and loads nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import InputError
from engine.qwen.hardware import probe
from engine.qwen.options import DEFAULT_LAYERS, QwenOptions
from engine.qwen.plan import Ask, Machine, Plan, advice, rank, sentence
from engine.qwen.weights import NOMINAL, Weights, inspect
from engine.runs import Runs


@dataclass(frozen=True, slots=True)
class Advice:
    """One resolution's best plan, in figures and words. `fits` is False where nothing here can run it."""

    resolution: int
    plan: Plan
    sentence: str
    buys: str

    @property
    def fits(self) -> bool:
        return self.plan.fits

    @property
    def seconds(self) -> float:
        return self.plan.seconds

    @property
    def gigabytes(self) -> float:
        """On the GPU, or in main memory where there is none."""
        return (self.plan.peak or self.plan.host) / 1e9


def advise(
    options: QwenOptions,
    width: int,
    height: int,
    layers: int | None = None,
    machine: Machine | None = None,
    runs: Runs | None = None,
) -> tuple[Advice, Advice]:
    """640 and 1024 px side by side, for a source of that size in px, on this machine as it is now.

    Where the weights are not here, the published ones' sizes are used. Raises InputError for a device or memory plan
    that there is not.
    """
    here = machine or probe()
    weights = known_weights(options)
    ask = Ask(
        layers=layers or DEFAULT_LAYERS,
        width=width,
        height=height,
        steps=options.steps,
        guided=options.guided,
        described=bool(options.prompt.strip()),
        names=options.names,
    )
    gpu = max(here.gpus, key=lambda g: g.free, default=None)
    measured = runs.scale("qwen", gpu.name if gpu else "cpu") if runs else {}
    scale = {plan: factors.get("denoise", 1.0) for plan, factors in measured.items()}
    both = []
    for resolution in (640, 1024):
        asked = replace(ask, resolution=resolution)
        plan = rank(here, asked, weights, device=options.device, wanted=options.memory_plan, scale=scale)[0]
        both.append(Advice(resolution, plan, sentence(plan, here, asked), advice(resolution, max(width, height))))
    return both[0], both[1]


def known_weights(options: QwenOptions) -> Weights:
    """The weights that the options name, or the published sizes where they are not here."""
    from engine.qwen.engine import default_folder

    try:
        return inspect(options.model or default_folder(), options.gguf, options.lora)
    except InputError:
        return NOMINAL
