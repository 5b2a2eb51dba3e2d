"""What the window and `unflatten doctor` say about a run before it begins. Needs no torch and loads nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine import hardware
from engine.errors import EngineUnavailable, InputError
from engine.qwen.options import DEFAULT_LAYERS, QwenOptions
from engine.qwen.planning.plan import Ask, Machine, Plan, advice, chosen_gpu, rank, sentence
from engine.qwen.planning.weights import NOMINAL, Weights, inspect
from engine.qwen.record import ENGINE, held_back
from engine.qwen.resolve import weights_for
from engine.runs import Runs
from engine.words import Message


@dataclass(frozen=True, slots=True)
class Advice:
    """One resolution's best plan, in figures and words. `buys`: what that resolution is worth."""

    resolution: int
    plan: Plan
    sentence: Message
    buys: Message

    @property
    def fits(self) -> bool:
        """False where nothing here can run it."""
        return self.plan.fits

    @property
    def seconds(self) -> float:
        """Of the whole run."""
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
    here = machine or hardware.probe()
    both = []
    for resolution in (640, 1024):
        asked, plans = plans_for(replace(options, resolution=resolution), width, height, layers, here, runs)
        said = sentence(plans[0], here, asked)
        both.append(Advice(resolution, plans[0], said, advice(resolution, max(width, height))))
    return both[0], both[1]


def plans_for(
    options: QwenOptions,
    width: int,
    height: int,
    layers: int | None = None,
    machine: Machine | None = None,
    runs: Runs | None = None,
    weights: Weights | None = None,
) -> tuple[Ask, list[Plan]]:
    """What a run with these options asks of the machine, and every plan for it, the one that it would take first.

    `layers`: None where the engine chooses. `weights`: others than those that the options name. Raises InputError as
    `advise` does.
    """
    here = machine or hardware.probe()
    count = layers or DEFAULT_LAYERS
    ask = Ask(
        resolution=options.resolution,
        layers=count,
        width=width,
        height=height,
        steps=options.steps,
        guided=options.guided,
        described=bool(options.prompt.strip()),
        names=options.names,
        dtype=options.dtype,
    )
    gpu = chosen_gpu(here, options.device)
    name, free = (gpu.name, gpu.free) if gpu else ("cpu", here.host_free)
    again = options.memory_plan == "auto"  # a plan that is asked for is tried again
    avoid = held_back(runs, name, options.resolution, count, free) if runs is not None and again else frozenset()
    scale = runs.scale(ENGINE, name) if runs else None
    device, wanted = options.device, options.memory_plan
    there = weights or known_weights(options)
    return ask, rank(here, ask, there, device=device, wanted=wanted, avoid=avoid, scale=scale)


def known_weights(options: QwenOptions) -> Weights:
    """The weights that a run with these options takes, or the published sizes where they are not here."""
    try:
        folder, gguf = weights_for(options)
        return inspect(folder, gguf, options.lora)
    except (InputError, EngineUnavailable):
        return NOMINAL
