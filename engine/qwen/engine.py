"""Qwen-Image-Layered as an engine. The model lives in a child process; this side never imports torch."""

from __future__ import annotations

import atexit
import importlib.util
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from engine.decomposer import Progress, Report, Request, Stage, WorkingLayer, WorkingStack, check
from engine.document import LayerKind
from engine.errors import Cancelled, EngineUnavailable, InputError, RunFailed, UnflattenError
from engine.models.catalog import FETCH
from engine.process import Child, Message
from engine.qwen.options import DEFAULT_LAYERS, QwenOptions, to_json
from engine.qwen.weights import inspect
from engine.runs import CANCELLED, DONE, FAILED, OUT_OF_MEMORY, Run, Runs, default_runs

LIBRARIES = ("torch", "torchvision", "diffusers", "transformers", "accelerate", "safetensors")
WORKER = (sys.executable, "-m", "engine.qwen.worker")
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",  # a run never fetches anything
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
}
GRACE = 2.0
"""Seconds that the child has to stop after a cancel before it is ended."""
ERRORS: dict[str, type[UnflattenError]] = {
    "input": InputError,
    "unavailable": EngineUnavailable,
    "failed": RunFailed,
}


class Host:
    """The one warm child process of this program; runs take turns in it."""

    def __init__(self, command: Iterable[str] = WORKER) -> None:
        self._command = tuple(command)
        self._child: Child | None = None
        self.lock = threading.Lock()

    def child(self) -> Child:
        """The running child, started where there is none."""
        if self._child is None or not self._child.alive:
            self.close()
            self._child = Child(self._command, env=ENVIRONMENT)
        return self._child

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.alive else None

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        """End the child and give its memory back; the next run starts another."""
        if self._child is not None:
            self._child.close(grace=1.0)
            self._child = None


_shared = Host()
atexit.register(_shared.close)


def shutdown() -> None:
    """End the model's process, for instance when the window closes."""
    _shared.close()


@dataclass(slots=True)
class Watch:
    """What a run has told so far."""

    plan: str = ""
    plans_failed: list[str] = field(default_factory=list)
    device: str = "cpu"
    free: int = 0
    predicted: dict[str, float] = field(default_factory=dict)
    patience: float = 900.0
    last: float = field(default_factory=time.monotonic)
    shown: Progress = field(default_factory=lambda: Progress(Stage.LOADING))


class QwenEngine:
    """The `Decomposer` for Qwen-Image-Layered. Its progress carries the memory plan and the model's description."""

    id = "qwen"
    title = "Qwen-Image-Layered"

    def __init__(
        self,
        host: Host | None = None,
        runs: Runs | None = None,
    ) -> None:
        self._host = host or _shared
        self._runs = runs or default_runs()

    def missing(self, options: object | None = None, /) -> str | None:
        """None where the engine can run, else what it lacks and how to get it. Looks, loads nothing."""
        if lacking := [name for name in LIBRARIES if importlib.util.find_spec(name) is None]:
            return (
                f"Qwen-Image-Layered needs the libraries {', '.join(lacking)}: "
                "install them with pip install 'unflatten[qwen]'."
            )
        chosen = options.model if isinstance(options, QwenOptions) else None
        if chosen is None and not (default_folder() / "model_index.json").is_file():
            return (
                f"The weights of Qwen-Image-Layered are not here: fetch them (58 GB) with {FETCH}, "
                "or choose a folder that has them."
            )
        return None

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        """See `Decomposer.run`. The stack is at the model's working size; `layers=None` tidies what the model made."""
        options = request.options if request.options is not None else QwenOptions()
        if not isinstance(options, QwenOptions):
            raise InputError("These settings are for another engine; use those of Qwen-Image-Layered.")
        if reason := self.missing(options):
            raise EngineUnavailable(reason)
        job = self._job(request, options)
        while not self._host.lock.acquire(timeout=0.1):
            if cancelled.is_set():
                raise Cancelled
        try:
            return self._run(job, request, report, cancelled)
        finally:
            self._host.lock.release()

    def run_seeds(
        self, request: Request, seeds: Iterable[int], report: Report, cancelled: Event
    ) -> list[tuple[int, WorkingStack]]:
        """The same request for each seed, to choose from. One call each: the pipeline mixes up layers in a batch."""
        chosen = list(seeds)
        done = []
        for index, seed in enumerate(chosen):

            def part(progress: Progress, index: int = index) -> None:
                report(replace(progress, fraction=(index + progress.fraction) / len(chosen), eta_seconds=None))

            done.append((seed, self.run(replace(request, seed=seed), part, cancelled)))
        return done

    def _job(self, request: Request, options: QwenOptions) -> dict[str, Any]:
        """The request as plain data. Raises InputError where the weights cannot be used."""
        from engine.qwen.hardware import probe

        folder = options.model or default_folder()
        inspect(folder, options.gguf, options.lora)
        layers = request.layers or DEFAULT_LAYERS
        machine = probe()
        gpu = max(machine.gpus, key=lambda g: g.free, default=None)
        device, free = (gpu.name, gpu.free) if gpu and options.device != "cpu" else ("cpu", machine.host_free)
        return {
            "options": to_json(options),
            "folder": str(folder),
            "gguf": str(options.gguf) if options.gguf else None,
            "lora": str(options.lora) if options.lora else None,
            "layers": layers,
            "auto": request.layers is None,
            "seed": request.seed,
            "avoid": sorted(self._runs.out_of_memory(self.id, device, options.resolution, layers, free)),
            "scale": self._runs.scale(self.id, device),
        }

    def _run(self, job: dict[str, Any], request: Request, report: Report, cancelled: Event) -> WorkingStack:
        watch = Watch()
        try:
            report(Progress(Stage.LOADING))
            done = self._ask(job, request, watch, report, cancelled)
        except Cancelled:
            self._record(job, watch, CANCELLED)
            raise
        except UnflattenError as error:
            if not isinstance(error, InputError):
                self._record(job, watch, FAILED, message=str(error))
            raise
        for plan in watch.plans_failed:
            self._record(job, replace(watch, plan=plan), OUT_OF_MEMORY)
        data = done.data
        self._record(job, watch, DONE, data["took"], max(data["peaks"].values(), default=0), data["ram"])
        return _stack(done)

    def _ask(self, job: dict[str, Any], request: Request, watch: Watch, report: Report, cancelled: Event) -> Message:
        """Run the job in the child; once more where the child was just ending because it had been idle."""
        child = self._host.child()
        try:
            child.send("run", job, (request.image,))
            return self._follow(child, watch, report, cancelled)
        except RunFailed:
            if watch.plan or child.exit_code != 0:
                raise
        child = self._host.child()
        child.send("run", job, (request.image,))
        return self._follow(child, watch, report, cancelled)

    def _follow(self, child: Child, watch: Watch, report: Report, cancelled: Event) -> Message:
        """Hand on what the child says until it is done."""
        told = 0.0
        while True:
            if cancelled.is_set() and not told:
                told = time.monotonic()
                child.send("cancel")
            message = child.receive(0.05)
            now = time.monotonic()
            if told and now - told > GRACE and (message is None or message.kind != "cancelled"):
                self._host.kill()
                raise Cancelled
            if message is None:
                if now - watch.last > watch.patience:
                    self._host.kill()
                    raise RunFailed(
                        f"The model made no progress for {watch.patience / 60:.0f} minutes and was ended; "
                        "your document is unchanged. Choose 640 px or another memory plan."
                    )
                continue
            watch.last = now
            if message.kind == "done":
                check(cancelled)  # a run that was quicker than the cancel counts as cancelled all the same
                return message
            self._take(message, watch, report)

    def _take(self, message: Message, watch: Watch, report: Report) -> None:
        data = message.data
        if message.kind == "progress":
            watch.patience = data["patience"]
            preview = message.arrays[0] if message.arrays else None
            watch.shown = Progress(Stage(data["stage"]), data["step"], data["total"], data["fraction"], data["eta"])
            report(replace(watch.shown, preview=preview))
        elif message.kind == "plan":
            watch.plan, watch.device, watch.free = data["id"], data["device"], data["free"]
            watch.predicted = data["phases"]
            report(replace(watch.shown, message=data["sentence"]))
        elif message.kind == "caption":
            report(replace(watch.shown, caption=data["text"]))
        elif message.kind == "out-of-memory":
            watch.plans_failed.append(data["plan"])
        elif message.kind == "cancelled":
            raise Cancelled
        elif message.kind == "failed":
            raise ERRORS[data["type"]](data["text"])

    def _record(
        self,
        job: dict[str, Any],
        watch: Watch,
        outcome: str,
        took: dict[str, float] | None = None,
        vram: int = 0,
        ram: int = 0,
        message: str = "",
    ) -> None:
        asked = {**job["options"], "layers": job["layers"], "auto": job["auto"], "seed": job["seed"]}
        self._runs.add(
            Run(
                engine=self.id,
                request=asked,
                plan=watch.plan,
                device=watch.device,
                phases=took or {},
                predicted=watch.predicted,
                peak_vram=vram,
                peak_ram=ram,
                free_vram=watch.free,
                outcome=outcome,
                message=message,
            )
        )


def default_folder() -> Path:
    """Where the downloaded weights lie."""
    from engine.models.store import models_folder

    return models_folder() / "qwen-image-layered"


def _stack(done: Message) -> WorkingStack:
    high, wide = done.arrays[0].shape[:2]
    layers = tuple(
        WorkingLayer(pixels=pixels, name=name, kind=LayerKind(kind), text=text)
        for pixels, (name, kind, text) in zip(done.arrays, done.data["names"], strict=True)
    )
    return WorkingStack(wide, high, layers, tuple(done.data["notes"]))
