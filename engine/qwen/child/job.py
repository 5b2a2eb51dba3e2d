"""One request in the child process: choose a plan, run it, step down once where memory runs out, tidy and name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import numpy as np
import psutil

from engine.decomposer import Progress
from engine.document import LayerKind, Pixels
from engine.errors import InputError, RunFailed
from engine.process import Message, Parent
from engine.qwen.child.faults import is_out_of_memory
from engine.qwen.child.meter import Meter
from engine.qwen.options import QwenOptions
from engine.qwen.planning.plan import Ask, Machine, Plan, Scale, best, next_smaller, rank, sentence
from engine.qwen.planning.weights import Weights, inspect
from engine.wire import typed

EVERY = 0.1
"""Seconds between two messages about the same step."""
LESS = "Close other programs, choose 640 px or fewer layers, or use a GGUF file."


@dataclass(slots=True)
class Job:
    """One run with everything that belongs to it.

    Attributes:
        avoid: plans that ran out of memory before. known_caption: see `Task`.
        notes: sentences for the user. meter: of the attempt that runs now.
    """

    options: QwenOptions
    layers: int
    auto: bool
    seed: int
    image: Pixels
    weights: Weights
    parent: Parent
    read: Callable[[Pixels], str]
    avoid: frozenset[str] = frozenset()
    scale: Scale = field(default_factory=dict)
    known_caption: str | None = None
    notes: list[str] = field(default_factory=list)
    meter: Meter | None = None
    ram: Ram = field(default_factory=lambda: Ram())

    def run(self, runner: Any, machine: Machine) -> None:
        """Answers "done" with the layers; whatever goes wrong is raised."""
        with self.ram:
            self._run(runner, machine)

    def account(self) -> dict[str, Any]:
        """What the record keeps of a run, however it ended: seconds by phase, and bytes of host memory."""
        if self.meter is None:
            return {"took": {}, "ram": 0, "phase": ""}
        phase = self.meter.current
        self.meter.finish()
        return {"took": self.meter.took, "ram": self.ram.peak, "phase": phase}

    def _run(self, runner: Any, machine: Machine) -> None:
        o, (high, wide) = self.options, self.image.shape[:2]
        described = bool(o.prompt.strip()) or self.known_caption is not None
        ask = Ask(o.resolution, self.layers, wide, high, o.steps, o.guided, described, o.names, o.dtype)
        plan = best(self._ranked(machine, ask, o.memory_plan))
        try:
            self._with(plan, runner, machine, ask)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            smaller = self._smaller(plan, machine, ask)
        else:
            return
        runner.free()  # outside the handler: the exception's frames hold on to the weights
        try:
            self._with(smaller, runner, machine, ask)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._tell_out_of_memory(smaller)
            raise RunFailed(f"Memory ran out twice, last with the plan '{smaller.kind.title}'. {LESS}") from None

    def _ranked(self, machine: Machine, ask: Ask, wanted: str) -> list[Plan]:
        """The plans, best first. A plan that the user asks for by name is not held back for having failed before."""
        avoid = self.avoid if wanted == "auto" else frozenset()
        device = self.options.device
        return rank(machine, ask, self.weights, device=device, wanted=wanted, avoid=avoid, scale=self.scale)

    def _smaller(self, plan: Plan, machine: Machine, ask: Ask) -> Plan:
        """The plan to go on with where memory ran out. Raises RunFailed where there is none."""
        phase = self.meter.current if self.meter else ""
        self._tell_out_of_memory(plan)
        smaller = next_smaller(self._ranked(machine, ask, "auto"), plan, phase)
        if smaller is None:
            raise RunFailed(
                f"Memory ran out with the plan '{plan.kind.title}' and no plan needs less. {LESS}"
            ) from None
        self.notes.append(
            f"Memory ran out with the plan '{plan.kind.title}'; the run went on with '{smaller.kind.title}'."
        )
        return smaller

    def _tell_out_of_memory(self, plan: Plan) -> None:
        self.parent.channel.send("out-of-memory", {"plan": plan.id} | self.account())

    def _with(self, plan: Plan, runner: Any, machine: Machine, ask: Ask) -> None:
        from engine.qwen.child.task import Task

        self.parent.channel.send("plan", self._about(plan, machine, ask))
        meter = self.meter = Meter(plan.phases, Reporter(self.parent, plan))
        task = Task(
            self.weights,
            plan,
            self.options,
            self.layers,
            self.seed,
            self.image,
            meter,
            self.parent.cancelled,
            captioned=lambda text: self.parent.channel.send("caption", {"text": text}),
            known_caption=self.known_caption,
            unchanged=self.unchanged,
        )
        raw = runner.run(task)
        layers, parts, tidied = self._tidied(raw.layers)
        names = self._names(layers, runner, task)
        notes = [*self.notes, *tidied, *raw.notes, *_splits(names, parts)]
        runner.settle(plan)
        answer = {
            "caption": raw.caption,
            "notes": notes,
            "names": [[name, kind.value, text] for name, kind, text in names],
            "parts": parts,
            "peaks": runner.peaks.by_phase,
        }
        self.parent.channel.send("done", answer | self.account(), layers)

    def _about(self, plan: Plan, machine: Machine, ask: Ask) -> dict[str, Any]:
        """The plan as the parent shows and records it; what is recorded knows nothing of earlier records."""
        gpu = next((g for g in machine.gpus if g.device == plan.device), None)
        predicted = dict(plan.raw_phases)
        if gpu is not None:
            predicted["peak"] = plan.raw_peak
        return {
            "id": plan.id,
            "sentence": sentence(plan, machine, ask),
            "predicted": predicted,
            "device": gpu.name if gpu else "cpu",
            "free": gpu.free if gpu else machine.host_free,
        }

    def unchanged(self) -> None:
        """Raises RunFailed where the weights' files are not the ones any more that the run began with."""
        try:
            same = inspect(self.weights.folder, self.weights.gguf, self.weights.lora).key == self.weights.key
        except (InputError, OSError):
            same = False
        if not same:
            raise RunFailed(
                "The model's files were changed while it ran, so the run was stopped; "
                "your document is unchanged. Run it again once the files are in place."
            )

    def _tidied(self, made: Pixels) -> tuple[tuple[Pixels, ...], list[int], tuple[str, ...]]:
        """The layers that are worth keeping, how many separate objects each holds, and what was done."""
        from engine.qwen.child.tidy import objects, tidy, within

        layers = within(tuple(made), _alpha(self.image, made.shape[1:3]))
        if self.auto or self.options.tidy:
            tidied = tidy(layers)
            return tidied.layers, list(tidied.parts), tidied.notes
        return layers, [objects(layer) for layer in layers], ()

    def _names(self, layers: tuple[Pixels, ...], runner: Any, task: Any) -> list[Any]:
        from engine.qwen.child.naming import ASK, name_layers, on_grey
        from engine.qwen.child.texts import generate

        if not self.options.names:
            return name_layers(layers, None, None)
        task.enter("name")
        models: list[Any] = []  # loaded with the first layer that has no text

        def describe(layer: Pixels) -> str:
            import torch

            if not models:
                models.extend(runner.encoder(task))
            encoder, processor = models
            with torch.no_grad():
                where = torch.device(task.plan.encoder)
                return generate(encoder, processor, ASK, on_grey(layer), 16, where, None, task.cancelled)

        def step(done: int) -> None:
            task.check()
            task.meter.step(done, len(layers))

        return name_layers(layers, self.read, describe, step)


class Reporter:
    """Sends progress to the parent, with how long the parent should wait for the next sign of it."""

    def __init__(self, parent: Parent, plan: Plan) -> None:
        self._parent = parent
        self._plan = plan
        self._slowest = plan.step_seconds
        self._last = time.monotonic()
        self._place: tuple[Any, int] = ("", -1)

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        same = (progress.stage, progress.step) == self._place
        if same and progress.preview is None and now - self._last < EVERY:
            return
        self._place = (progress.stage, progress.step)
        if progress.step:
            self._slowest = max(self._slowest, now - self._last)
        self._last = now
        patience = max(600.0, 20 * self._slowest, 5 * max(self._plan.phases.values()) if not progress.step else 0.0)
        data = {
            "stage": progress.stage.value,
            "step": progress.step,
            "total": progress.total,
            "fraction": progress.fraction,
            "eta": progress.eta_seconds,
            "patience": patience,
        }
        self._parent.channel.send("progress", data, () if progress.preview is None else (progress.preview,))


class Ram:
    """The most host memory that this process took while the block ran, in bytes."""

    def __init__(self, every: float = 0.1) -> None:
        self._every = every
        self._stop = threading.Event()
        self._process = psutil.Process()
        self.peak = 0

    def __enter__(self) -> Ram:
        self._look()
        threading.Thread(target=self._watch, name="memory", daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._look()
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self._look()

    def _look(self) -> None:
        self.peak = max(self.peak, int(self._process.memory_info().rss))


def job_of(message: Message, parent: Parent, read: Callable[[Pixels], str]) -> Job:
    """The request that the parent sent. Raises InputError where its weights cannot be used."""
    data = message.data
    return Job(
        options=typed(QwenOptions, data["options"]),
        layers=int(data["layers"]),
        auto=bool(data["auto"]),
        seed=int(data["seed"]),
        image=message.arrays[0],
        weights=_weights(data),
        parent=parent,
        read=read,
        avoid=frozenset(data.get("avoid", ())),
        scale=dict(data.get("scale", {})),
        known_caption=data.get("known_caption"),
    )


def machine_for(runner: Any, machine: Machine) -> Machine:
    """The machine with what the warm model itself holds counted as free: it can be let go of."""
    held_gpu, held_host = runner.held()
    gpus = tuple(replace(g, free=min(g.total, g.free + held_gpu.get(g.device, 0))) for g in machine.gpus)
    return replace(machine, gpus=gpus, host_free=min(machine.host_total, machine.host_free + held_host))


def _weights(data: dict[str, Any]) -> Weights:
    from pathlib import Path

    def path(key: str) -> Path | None:
        return Path(data[key]) if data.get(key) else None

    return inspect(Path(data["folder"]), path("gguf"), path("lora"))


def _splits(names: list[Any], parts: list[int]) -> list[str]:
    return [
        f"'{name}' holds {count} separate objects; Split further can take them apart."
        for (name, kind, _), count in zip(names, parts, strict=True)
        if count > 1 and kind is not LayerKind.BACKGROUND
    ]


def _alpha(image: Pixels, size: tuple[int, int]) -> Pixels:
    """The source's alpha at the working size (height, width)."""
    from PIL import Image

    if image[..., 3].min() == 255:
        return np.full(size, 255, dtype=np.uint8)
    small = Image.fromarray(np.ascontiguousarray(image[..., 3])).resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.uint8)
