"""The child process: waits for requests, runs them, says how far it is, and ends when it is not needed.

`python -m engine.qwen.worker [IDLE_SECONDS]`. Requests: run, machine. Answers: progress, plan, caption, done, failed,
cancelled, machine.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.decomposer import Progress
from engine.document import Pixels
from engine.errors import Cancelled, EngineUnavailable, InputError, RunFailed
from engine.process import Message, Parent, attach
from engine.qwen.faults import is_out_of_memory
from engine.qwen.meter import Meter
from engine.qwen.options import QwenOptions, from_json
from engine.qwen.plan import Ask, Machine, Plan, best, next_smaller, rank, sentence
from engine.qwen.weights import Weights, inspect

IDLE = 600.0
"""Seconds without a request after which the child ends and its memory is free again."""
EVERY = 0.1
"""Seconds between two messages about the same step."""


def main(arguments: list[str]) -> int:
    parent = attach()
    idle = float(arguments[0]) if arguments else IDLE
    return serve(parent, idle, Host())


def serve(parent: Parent, idle: float, host: Host) -> int:
    """Answer requests until there is none for `idle` seconds. Returns the exit code."""
    while True:
        try:
            message = parent.receive(idle)
        except queue.Empty:
            return 0
        if message is None:
            return 0
        try:
            host.answer(message, parent)
        except (OSError, ValueError):
            return 0  # the parent is gone


class Host:
    """Holds the warm model and answers one request at a time."""

    def __init__(self) -> None:
        self._runner: Any = None
        self._reader: Callable[[Pixels], str] | None = None

    def answer(self, message: Message, parent: Parent) -> None:
        if message.kind == "machine":
            from engine.qwen.hardware import probe_torch

            parent.channel.send("machine", asdict(probe_torch()))
            return
        kind, data = self._try(message, parent)
        if kind == "done":
            return
        if self._runner is not None and not data.get("broken"):
            self._runner.free()  # once more: what the exception's frames held on to is free only now
        parent.channel.send(kind, data)
        if data.get("broken"):
            raise SystemExit(1)  # after a CUDA fault nothing works in this process any more

    def _try(self, message: Message, parent: Parent) -> tuple[str, dict[str, Any]]:
        """Run, and say how it ended: "done" (and answered), "cancelled" or "failed"."""
        try:
            self._answer(message, parent)
        except Cancelled:
            return "cancelled", {}
        except InputError as error:
            return "failed", {"type": "input", "text": str(error)}
        except EngineUnavailable as error:
            return "failed", {"type": "unavailable", "text": str(error)}
        except RunFailed as error:
            return "failed", {"type": "failed", "text": str(error)}
        except Exception as error:
            _print_traceback()
            broken = "cuda error" in str(error).lower() and not is_out_of_memory(error)
            return "failed", {"type": "failed", "text": explain(error), "broken": broken}
        return "done", {}

    def _answer(self, message: Message, parent: Parent) -> None:
        data = message.data
        job = Job(
            options=from_json(data["options"]),
            layers=int(data["layers"]),
            auto=bool(data["auto"]),
            seed=int(data["seed"]),
            image=message.arrays[0],
            weights=_weights(data),
            avoid=frozenset(data.get("avoid", ())),
            scale=dict(data.get("scale", {})),
        )
        from engine.qwen.hardware import probe_torch
        from engine.qwen.phases import Runner

        if self._runner is None:
            self._runner = Runner()
        elif self._runner.stale(job.weights):
            job.notes.append("The weights on disk have changed and were loaded again.")
        job.run(self._runner, _machine_for(self._runner, probe_torch()), parent, self._read)

    def _read(self, layer: Pixels) -> str:
        from engine.qwen.naming import text_reader

        if self._reader is None:
            self._reader = text_reader()
        return self._reader(layer)


class Job:
    """One run with everything that belongs to it."""

    def __init__(
        self,
        options: QwenOptions,
        layers: int,
        auto: bool,
        seed: int,
        image: Pixels,
        weights: Weights,
        avoid: frozenset[str],
        scale: dict[str, dict[str, float]],
    ) -> None:
        self.options, self.layers, self.auto, self.seed = options, layers, auto, seed
        self.image, self.weights, self.avoid, self.scale = image, weights, avoid, scale
        self.notes: list[str] = []
        self.failed_plans: list[str] = []

    def run(self, runner: Any, machine: Machine, parent: Parent, read: Callable[[Pixels], str]) -> None:
        o = self.options
        high, wide = self.image.shape[:2]
        ask = Ask(o.resolution, self.layers, wide, high, o.steps, o.guided, bool(o.prompt.strip()), o.names, o.dtype)
        plans = rank(
            machine, ask, self.weights, device=o.device, wanted=o.memory_plan, avoid=self.avoid, scale=self.scale
        )
        plan = best(plans)
        try:
            self._with(plan, runner, machine, ask, parent, read)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            smaller = next_smaller(self._all(machine, ask), plan)
            self._tell_out_of_memory(plan, parent)
            if smaller is None:
                raise RunFailed(
                    f"Memory ran out with the plan '{plan.kind.title}' and no plan needs less. "
                    "Close other programs, choose 640 px or fewer layers, or use a GGUF file."
                ) from None
            self.notes.append(
                f"Memory ran out with the plan '{plan.kind.title}'; the run went on with '{smaller.kind.title}'."
            )
        else:
            return
        runner.free()  # outside the handler: the exception's frames hold on to the weights
        try:
            self._with(smaller, runner, machine, ask, parent, read)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._tell_out_of_memory(smaller, parent)
            raise RunFailed(
                f"Memory ran out twice, last with the plan '{smaller.kind.title}'. "
                "Close other programs, choose 640 px or fewer layers, or use a GGUF file."
            ) from None

    def _all(self, machine: Machine, ask: Ask) -> list[Plan]:
        return rank(machine, ask, self.weights, device=self.options.device, avoid=self.avoid, scale=self.scale)

    def _tell_out_of_memory(self, plan: Plan, parent: Parent) -> None:
        self.failed_plans.append(plan.id)
        parent.channel.send("out-of-memory", {"plan": plan.id})

    def _with(
        self, plan: Plan, runner: Any, machine: Machine, ask: Ask, parent: Parent, read: Callable[[Pixels], str]
    ) -> None:
        from engine.qwen.tidy import tidy, within

        gpu = next((g for g in machine.gpus if g.device == plan.device), None)
        about: dict[str, Any] = {"id": plan.id, "sentence": sentence(plan, machine, ask), "phases": dict(plan.phases)}
        about |= {
            "device": gpu.name if gpu else "cpu",
            "free": gpu.free if gpu else machine.host_free,
            "peak": plan.peak,
        }
        parent.channel.send("plan", about)
        meter = Meter(plan.phases, Reporter(parent, plan))

        def captioned(text: str) -> None:
            parent.channel.send("caption", {"text": text})

        raw = runner.run(
            self.weights, plan, self.options, self.layers, self.seed, self.image, meter, parent.cancelled, captioned
        )
        layers = within(tuple(raw.layers), _alpha(self.image, raw.layers.shape[1:3]))
        parts = [0] * len(layers)
        if self.auto or self.options.tidy:
            tidied = tidy(layers)
            layers, parts = tidied.layers, list(tidied.parts)
            self.notes += tidied.notes
        names = self._names(layers, plan, runner, meter, parent, read)
        self.notes += raw.notes
        for (name, _, _), count in zip(names, parts, strict=True):
            if count > 1:
                self.notes.append(f"'{name}' holds {count} separate objects; Split further can take them apart.")
        meter.finish()
        runner.settle(plan)
        answer = {
            "caption": raw.caption,
            "notes": self.notes,
            "names": [[name, kind.value, text] for name, kind, text in names],
            "parts": parts,
            "took": meter.took,
            "peaks": runner.peaks.by_phase,
            "ram": _peak_ram(),
        }
        parent.channel.send("done", answer, layers)

    def _names(
        self,
        layers: tuple[Pixels, ...],
        plan: Plan,
        runner: Any,
        meter: Meter,
        parent: Parent,
        read: Callable[[Pixels], str],
    ) -> list[Any]:
        from engine.qwen.naming import ASK, name_layers, on_grey
        from engine.qwen.phases import generate

        if not self.options.names:
            return name_layers(layers, None, None)
        meter.phase("name")
        models: list[Any] = []  # loaded with the first layer that has no text

        def describe(layer: Pixels) -> str:
            import torch

            if not models:
                models.extend(runner.encoder(self.weights, plan, self.options, parent.cancelled))
            encoder, processor = models
            with torch.no_grad():
                where = torch.device(plan.encoder)
                return generate(encoder, processor, ASK, on_grey(layer), 16, where, None, parent.cancelled)

        return name_layers(layers, read, describe, lambda done: meter.step(done, len(layers)))


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


def explain(error: BaseException) -> str:
    """One sentence for an error that nobody foresaw."""
    unchanged = "Your document is unchanged."
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "safetensors" in type(error).__name__.lower() or "safetensor" in text.lower():
        return f"The weights could not be read; verify them with `unflatten models verify`. {unchanged}"
    if "cuda" in text.lower():
        return f"The graphics driver reported a fault ({text[:120]}). {unchanged} Run it again."
    return f"The model stopped with an error ({text[:160]}). {unchanged} Run it again with other settings."


def _weights(data: dict[str, Any]) -> Weights:
    def path(key: str) -> Path | None:
        return Path(data[key]) if data.get(key) else None

    return inspect(Path(data["folder"]), path("gguf"), path("lora"))


def _machine_for(runner: Any, machine: Machine) -> Machine:
    """The machine with what the warm model itself holds counted as free: it can be let go of."""
    held_gpu, held_host = runner.held()
    gpus = tuple(replace(g, free=min(g.total, g.free + held_gpu.get(g.device, 0))) for g in machine.gpus)
    return replace(machine, gpus=gpus, host_free=min(machine.host_total, machine.host_free + held_host))


def _alpha(image: Pixels, size: tuple[int, int]) -> Pixels:
    """The source's alpha at the working size (height, width)."""
    from PIL import Image

    if image[..., 3].min() == 255:
        return np.full(size, 255, dtype=np.uint8)
    small = Image.fromarray(np.ascontiguousarray(image[..., 3])).resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.uint8)


def _peak_ram() -> int:
    with contextlib.suppress(ImportError):
        import resource

        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
    import psutil

    return int(psutil.Process().memory_info().peak_wset)


def _print_traceback() -> None:
    import traceback

    traceback.print_exc(file=sys.stderr)


if __name__ == "__main__":
    threading.current_thread().name = "work"
    raise SystemExit(main(sys.argv[1:]))
