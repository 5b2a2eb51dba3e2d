"""One request in the child process: choose a plan, run it, step down once where memory runs out, tidy and name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import numpy as np
import psutil

from engine.decomposer import Progress
from engine.document import LayerKind, Pixels
from engine.errors import InputError, RunFailed
from engine.process import Parent
from engine.qwen.child.faults import is_out_of_memory
from engine.qwen.child.meter import Meter
from engine.qwen.child.naming import Name
from engine.qwen.child.tidy import Tidied
from engine.qwen.known import Known
from engine.qwen.options import QwenOptions
from engine.qwen.planning.plan import Ask, Machine, Plan, Scale, best, next_smaller, rank, sentence
from engine.qwen.planning.weights import Weights, inspect
from engine.wire import Account, Captioned, Done, LayerMade, MemoryRanOut, Planned, Progressed, RunAsked, typed
from engine.words import Message, note

NAME_TOKENS = 16
"""The longest answer to the question what a layer shows."""
EVERY = 0.1
"""Seconds between two messages about the same step."""


@dataclass(slots=True)
class Job:
    """One run with everything that belongs to it.

    Attributes:
        avoid: plans that ran out of memory before. known_caption: see `Task`.
        read: gives the text on a layer, "" for none.
        notes: for the user. meter: of the attempt that runs now.
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
    notes: list[Message] = field(default_factory=list)
    meter: Meter | None = None
    ram: Ram = field(default_factory=lambda: Ram())

    def run(self, runner: Any, machine: Machine) -> None:
        """Answers "done" with the layers; whatever goes wrong is raised."""
        with self.ram:
            self._run(runner, machine)

    def account(self) -> Account:
        """What the record keeps of the run, however it ended."""
        if self.meter is None:
            return Account()
        phase = self.meter.current
        self.meter.finish()
        return Account(self.meter.took, self.ram.peak, phase)

    def _run(self, runner: Any, machine: Machine) -> None:
        o, (high, wide) = self.options, self.image.shape[:2]
        described = bool(o.prompt.strip()) or self.known_caption is not None
        ask = Ask(o.resolution, self.layers, wide, high, o.steps, o.guided, described, o.names, o.dtype)
        plan = best(self.ranked(machine, ask, o.memory_plan))
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
            raise RunFailed("qwen.memory-ran-out-twice", plan=smaller.kind.title) from None

    def ranked(self, machine: Machine, ask: Ask, wanted: str) -> list[Plan]:
        """The plans, best first. A plan that the user asks for by name is not held back for having failed before."""
        avoid = self.avoid if wanted == "auto" else frozenset()
        device = self.options.device
        return rank(machine, ask, self.weights, device=device, wanted=wanted, avoid=avoid, scale=self.scale)

    def _smaller(self, plan: Plan, machine: Machine, ask: Ask) -> Plan:
        """The plan to go on with where memory ran out. Raises RunFailed where there is none."""
        phase = self.meter.current if self.meter else ""
        self._tell_out_of_memory(plan)
        smaller = next_smaller(self.ranked(machine, ask, "auto"), plan, phase)
        if smaller is None:
            raise RunFailed("qwen.memory-ran-out", plan=plan.kind.title) from None
        self.notes.append(note("qwen.stepped-down", plan=plan.kind.title, smaller=smaller.kind.title))
        return smaller

    def _tell_out_of_memory(self, plan: Plan) -> None:
        self.parent.tell(MemoryRanOut(plan.id, self.account()))

    def _with(self, plan: Plan, runner: Any, machine: Machine, ask: Ask) -> None:
        from engine.qwen.child.task import Task

        self.parent.tell(_about(plan, machine, ask))
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
            captioned=lambda text: self.parent.tell(Captioned(text)),
            known_caption=self.known_caption,
            unchanged=self.unchanged,
        )
        self.parent.tell(self.finished(runner.run(task), runner, task))

    def finished(self, raw: Any, runner: Any, task: Any) -> Done:
        """The layers tidied and named, as far as that can be done: they are there now and nothing here loses them."""
        from engine.qwen.child.tidy import within

        comfort = task.comfort
        made = within(tuple(raw.layers), _alpha(self.image, raw.layers.shape[1:3]))
        bare = Tidied(made, (), (0,) * len(made))
        tidied = comfort.attempt("qwen.not-tidied", lambda: self._tidied(made), bare)
        names = self._names(tidied.layers, runner, task)
        comfort.attempt("qwen.not-settled", lambda: runner.settle(task.plan), None)
        if comfort.ran_out:
            runner.free()
        notes = (*self.notes, *tidied.notes, *raw.notes, *comfort.notes, *_splits(names, tidied.parts))
        layers = (LayerMade(*name, parts) for name, parts in zip(names, tidied.parts, strict=True))
        return Done(raw.caption, notes, tuple(layers), runner.peaks.by_phase, self.account(), tidied.layers)

    def unchanged(self) -> None:
        """Raises RunFailed where the weights' files are not the ones any more that the run began with."""
        try:
            same = inspect(self.weights.folder, self.weights.gguf, self.weights.lora).key == self.weights.key
        except (InputError, OSError):
            same = False
        if not same:
            raise RunFailed("qwen.files-changed")

    def _tidied(self, made: tuple[Pixels, ...]) -> Tidied:
        """The layers that are worth keeping, how many separate objects each holds, and what was done."""
        from engine.qwen.child.tidy import objects, tidy

        if self.auto or self.options.tidy:
            return tidy(made)
        return Tidied(made, (), tuple(objects(layer) for layer in made))

    def _names(self, layers: tuple[Pixels, ...], runner: Any, task: Any) -> list[Name]:
        from engine.qwen.child.naming import name_layers

        plain = name_layers(layers, None, None)
        if not self.options.names:
            return plain
        return list(task.comfort.attempt("qwen.not-named", lambda: self._named(layers, runner, task), plain))

    def _named(self, layers: tuple[Pixels, ...], runner: Any, task: Any) -> list[Name]:
        """By their text and by what the model sees on them; what fails of it is left out, and said."""
        from engine.qwen.child.naming import ASK, name_layers, on_grey
        from engine.qwen.child.texts import generate

        task.enter("name")
        models: list[Any] = []  # loaded with the first layer that has no text

        def describe(layer: Pixels) -> str:
            import torch

            if not models:
                models.extend(runner.encoder(task))
            encoder, processor = models
            with torch.no_grad():
                where = torch.device(task.plan.encoder)
                return generate(encoder, processor, ASK, on_grey(layer), NAME_TOKENS, where, None, task.cancelled)

        def step(done: int) -> None:
            task.check()
            task.meter.step(done, len(layers))

        def tried(failing: str, do: Callable[[Pixels], str]) -> Callable[[Pixels], str]:
            return lambda layer: str(task.comfort.attempt(failing, lambda: do(layer), ""))

        seen = tried("qwen.text-not-read", self.read), tried("qwen.not-described", describe)
        return name_layers(layers, *seen, step)


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
        p = progress
        self._parent.tell(Progressed(p.stage, p.step, p.total, p.fraction, p.eta_seconds, patience, p.preview))


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


def job_of(asked: RunAsked, parent: Parent, read: Callable[[Pixels], str]) -> Job:
    """The request that the parent sent. Raises InputError where its weights cannot be used."""
    known = typed(Known, asked.known)
    return Job(
        options=typed(QwenOptions, asked.options),
        layers=asked.layers,
        auto=asked.auto,
        seed=asked.seed,
        image=asked.image,
        weights=inspect(known.folder, known.gguf, known.lora),
        parent=parent,
        read=read,
        avoid=frozenset(known.avoid),
        scale=known.scale,
        known_caption=known.caption,
    )


def machine_for(runner: Any, machine: Machine) -> Machine:
    """The machine with what the warm model itself holds counted as free: it can be let go of."""
    held_gpu, held_host = runner.held()
    gpus = tuple(replace(g, free=min(g.total, g.free + held_gpu.get(g.device, 0))) for g in machine.gpus)
    return replace(machine, gpus=gpus, host_free=min(machine.host_total, machine.host_free + held_host))


def _about(plan: Plan, machine: Machine, ask: Ask) -> Planned:
    """The plan as the parent shows and records it; what is recorded knows nothing of earlier records."""
    gpu = next((g for g in machine.gpus if g.device == plan.device), None)
    predicted = dict(plan.raw_phases)
    if gpu is not None:
        predicted["peak"] = plan.raw_peak
    name, free = (gpu.name, gpu.free) if gpu else ("cpu", machine.host_free)
    return Planned(plan.id, sentence(plan, machine, ask), name, free, predicted)


def _splits(names: Sequence[Name], parts: Sequence[int]) -> list[Message]:
    return [
        note("qwen.splittable", name=name, count=count)
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
