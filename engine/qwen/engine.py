"""Qwen-Image-Layered as an engine. The model lives in a child process; this side never imports torch."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from threading import Event

from engine import hardware
from engine.decomposer import Progress, Report, Request, Stage, WorkingLayer, WorkingStack
from engine.errors import Cancelled, EngineUnavailable, InputError, UnflattenError
from engine.models.catalog import INSTALL
from engine.qwen.host import Follower, Host, Watch, shared
from engine.qwen.known import Known
from engine.qwen.options import DEFAULT_LAYERS, QwenOptions
from engine.qwen.planning.plan import Ask, rank
from engine.qwen.planning.weights import inspect
from engine.qwen.record import held_back
from engine.qwen.resolve import weights_for
from engine.runs import CANCELLED, DONE, FAILED, OUT_OF_MEMORY, Run, Runs, default_runs
from engine.wire import Done, RunAsked, plain
from engine.words import Message, note
from engine.words.amounts import duration

LIBRARIES = ("torch", "torchvision", "diffusers", "transformers", "accelerate", "safetensors")
CPU = "cpu"


class QwenEngine:
    """The `Decomposer` for Qwen-Image-Layered. Its progress carries the memory plan and the model's description."""

    id = "qwen"
    title = "Qwen-Image-Layered"

    def __init__(
        self,
        host: Host | None = None,
        runs: Runs | None = None,
    ) -> None:
        self._host = host or shared
        self._runs = runs or default_runs()

    def missing(self, options: object | None = None, /) -> Message | None:
        """None where the engine can run, else what it lacks and how to get it. Looks, loads nothing."""
        chosen = options if isinstance(options, QwenOptions) else QwenOptions()
        gguf: Path | None = chosen.gguf
        reason: Message | None = None
        try:
            _, gguf = weights_for(chosen)
        except EngineUnavailable as error:
            reason = error.message
        wanted = (*LIBRARIES, *(("gguf",) if gguf else ()), *(("peft",) if chosen.lora else ()))
        if lacking := [name for name in wanted if importlib.util.find_spec(name) is None]:
            return note("qwen.libraries-missing", libraries=", ".join(lacking), install=INSTALL)
        return reason

    def unwise(self, options: object | None = None, /) -> Message | None:
        """A sentence where the best plan here would take hours, or where there is none. Loads nothing.

        A device or memory plan that the user chose is no choice of the program's, and neither is judged.
        """
        chosen = options if isinstance(options, QwenOptions) else QwenOptions()
        if (chosen.device, chosen.memory_plan) != ("auto", "auto"):
            return None
        folder, gguf = weights_for(chosen)
        steps, guided, names, dtype = chosen.steps, chosen.guided, chosen.names, chosen.dtype
        ask = Ask(chosen.resolution, steps=steps, guided=guided, names=names, dtype=dtype)
        plan = rank(hardware.probe(), ask, inspect(folder, gguf, chosen.lora))[0]
        if plan.fits:
            return None
        if plan.slow:
            return note("qwen.passed-over-as-slow", time=duration(plan.seconds), device=plan.device)
        return note("qwen.passed-over-as-large", reason=plan.short or "")

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        """See `Decomposer.run`. The stack is at the model's working size; `layers=None` tidies what the model made."""
        options = request.options if request.options is not None else QwenOptions()
        if not isinstance(options, QwenOptions):
            raise InputError("qwen.settings-of-another-engine")
        if (reason := self.missing(options)) is not None:
            raise EngineUnavailable.of(reason)
        asked, picture = self._asked(request, options)
        while not self._host.lock.acquire(timeout=0.1):
            if cancelled.is_set():
                raise Cancelled
        try:
            return self._run(asked, picture, report, cancelled)
        finally:
            self._host.lock.release()

    def _asked(self, request: Request, options: QwenOptions) -> tuple[RunAsked, str]:
        """The request for the child, and the picture's key. Raises InputError where the weights cannot be used."""
        folder, gguf = weights_for(options)
        weights = inspect(folder, gguf, options.lora)
        layers = request.layers or DEFAULT_LAYERS
        avoid: set[str] = set()
        scale: dict[str, dict[str, float]] = {}
        for device, free in _devices(options.device):
            avoid |= held_back(self._runs, device, options.resolution, layers, free)
            scale |= self._runs.scale(self.id, device)
        picture = _picture(request, options, weights.key)
        caption = self._host.captions.get(picture)
        known = Known(folder, gguf, options.lora, tuple(sorted(avoid)), scale, caption)
        auto = request.layers is None
        asked = RunAsked(self.id, plain(options), layers, auto, request.seed, plain(known), request.image)
        return asked, picture

    def _run(self, asked: RunAsked, picture: str, report: Report, cancelled: Event) -> WorkingStack:
        def out_of_memory(watch: Watch) -> None:
            self._record(asked, watch, OUT_OF_MEMORY)

        follower = Follower(self._host, report, cancelled, out_of_memory)
        watch = follower.watch
        try:
            report(Progress(Stage.LOADING))
            done = follower.run(asked)
        except Cancelled:
            self._record(asked, watch, CANCELLED)
            raise
        except UnflattenError as error:
            if not isinstance(error, InputError):
                self._record(asked, watch, OUT_OF_MEMORY if watch.ended else FAILED, str(error))
            raise
        finally:
            if watch.caption:
                self._host.captions.put(picture, watch.caption)
        self._record(asked, watch, DONE)
        return _stack(done)

    def _record(self, asked: RunAsked, watch: Watch, outcome: str, message: str = "") -> None:
        self._runs.add(
            Run(
                engine=self.id,
                request={**asked.options, "layers": asked.layers, "auto": asked.auto, "seed": asked.seed},
                plan=watch.plan,
                device=watch.device,
                phases=watch.took,
                predicted=watch.predicted,
                peak_vram=watch.vram,
                peak_ram=watch.ram,
                free_vram=watch.free,
                outcome=outcome,
                message=message,
            )
        )


def _devices(wanted: str) -> list[tuple[str, int]]:
    """(name, free bytes) of what a run may be placed on, as runs are recorded under: the GPU, and the processor."""
    machine = hardware.probe()
    gpus = sorted(machine.gpus, key=lambda g: -g.free)
    if wanted.startswith("cuda:"):
        gpus = [g for g in gpus if g.device == wanted]
    chosen = [(g.name, g.free) for g in gpus[:1]] if wanted != CPU else []
    return [*chosen, (CPU, machine.host_free)]


def _picture(request: Request, options: QwenOptions, weights: str) -> str:
    """A key over everything that the model's description of the picture depends on."""
    asked = f"{request.image.shape}|{options.language}|{options.caption_tokens}|{options.dtype}|{weights}"
    digest = hashlib.sha256(asked.encode())
    digest.update(request.image.tobytes())
    return digest.hexdigest()


def _stack(done: Done) -> WorkingStack:
    high, wide = done.pixels[0].shape[:2]
    layers = tuple(
        WorkingLayer(pixels=pixels, name=made.name, kind=made.kind, text=made.text, parts=made.parts)
        for pixels, made in zip(done.pixels, done.layers, strict=True)
    )
    return WorkingStack(wide, high, layers, done.notes)


__all__ = ["LIBRARIES", "Host", "QwenEngine"]
