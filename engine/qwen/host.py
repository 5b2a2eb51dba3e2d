"""The parent's side of the model's process: the one warm child, what it was told before, and how a run is followed."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from threading import Event

from engine.decomposer import Progress, Report, Stage, check
from engine.errors import Cancelled, RunFailed
from engine.process import Child
from engine.wire import (
    CancelAsked,
    Captioned,
    Done,
    Failed,
    MemoryRanOut,
    Planned,
    Progressed,
    RunAsked,
    Stopped,
    WireMessage,
)
from engine.words.amounts import duration

WORKER = (sys.executable, "-m", "engine.qwen.child.worker")
ENVIRONMENT = {
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # torch numbers the cards as nvidia-smi does
    "HF_HUB_OFFLINE": "1",  # a run never fetches anything
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
}
GRACE = 1.2
"""Seconds that the child has to stop after a cancel before it is ended: with the end, its memory is back within 2."""
CAPTIONS = 64
"""Pictures whose descriptions are kept."""


class Captions:
    """What the model said about pictures; outlives the child, so that each picture is described once."""

    def __init__(self, limit: int = CAPTIONS) -> None:
        self._limit = limit
        self._said: OrderedDict[Hashable, str] = OrderedDict()

    def get(self, key: Hashable) -> str | None:
        """What it said about the picture with that key, or None."""
        return self._said.get(key)

    def put(self, key: Hashable, said: str) -> None:
        """Keep what it said; the oldest goes where there are too many."""
        self._said[key] = said
        self._said.move_to_end(key)
        while len(self._said) > self._limit:
            self._said.popitem(last=False)


class Host:
    """The one warm child process of this program; runs take turns in it."""

    def __init__(self, command: Iterable[str] = WORKER) -> None:
        self._command = tuple(command)
        self._child: Child | None = None
        self.lock = threading.Lock()
        self.captions = Captions()

    def child(self) -> Child:
        """The running child, started where there is none."""
        if self._child is None or not self._child.alive:
            self.close()
            self._child = Child(self._command, env=ENVIRONMENT)
        return self._child

    @property
    def pid(self) -> int | None:
        """Of the running child."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def kill(self) -> None:
        """End the child at once."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        """End the child and give its memory back; the next run starts another."""
        if self._child is not None:
            self._child.close(grace=1.0)
            self._child = None


shared = Host()
atexit.register(shared.close)


def shutdown() -> None:
    """End the model's process, for instance when the window closes."""
    shared.close()


@dataclass(slots=True)
class Watch:
    """What a run has told so far.

    Attributes:
        plan: id of its memory plan, "" before it has chosen one. device, free: where, and bytes free there.
        predicted: seconds by phase, and bytes as "peak" on a GPU. took: seconds by phase. ram: most bytes.
        ended: True where the system ended the child, most likely for want of memory.
    """

    plan: str = ""
    device: str = "cpu"
    free: int = 0
    predicted: dict[str, float] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    vram: int = 0
    ram: int = 0
    caption: str = ""
    ended: bool = False
    patience: float = 900.0
    last: float = field(default_factory=time.monotonic)
    shown: Progress = field(default_factory=lambda: Progress(Stage.LOADING))


class Follower:
    """Hands a job to the child and hands on what it says until it is done.

    `out_of_memory` is told the watch as it is whenever a plan has run out of memory.
    """

    def __init__(
        self, host: Host, report: Report, cancelled: Event, out_of_memory: Callable[[Watch], None] = lambda _w: None
    ) -> None:
        self._host, self._report, self._cancelled = host, report, cancelled
        self._out_of_memory = out_of_memory
        self.watch = Watch()

    def run(self, asked: RunAsked) -> Done:
        """The child's answer; once more where the child was just ending because it had been idle."""
        child = self._host.child()
        try:
            return self._once(child, asked)
        except RunFailed:
            if self.watch.plan or child.exit_code != 0:
                raise
        return self._once(self._host.child(), asked)

    def _once(self, child: Child, asked: RunAsked) -> Done:
        try:
            child.send(asked, self._cancelled)
            return self._follow(child)
        except RunFailed:
            self.watch.ended = child.ended_by_system
            raise

    def _follow(self, child: Child) -> Done:
        told, watch = 0.0, self.watch
        while True:
            if self._cancelled.is_set() and not told:
                told = time.monotonic()
                child.send(CancelAsked())
            message = child.receive(0.05)
            now = time.monotonic()
            if told and now - told > GRACE and not isinstance(message, Stopped):
                self._host.kill()
                raise Cancelled
            if message is None:
                if now - watch.last > watch.patience:
                    self._host.kill()
                    raise RunFailed("qwen.no-progress", time=duration(watch.patience))
                continue
            watch.last = now
            self.take(message)
            if isinstance(message, Done):
                check(self._cancelled)  # a run that was quicker than the cancel counts as cancelled all the same
                return message

    def take(self, message: WireMessage) -> None:
        """Note what the child said, and hand it on. Raises what it said that the run ended with."""
        watch = self.watch
        if isinstance(message, MemoryRanOut | Done | Failed | Stopped):
            watch.took, watch.ram = message.account.took, message.account.ram
        match message:
            case Progressed():
                watch.patience = message.patience
                watch.shown = Progress(
                    message.stage, message.step, message.total, message.fraction, message.eta_seconds
                )
                self._report(replace(watch.shown, preview=message.preview))
            case Planned():
                watch.plan, watch.device, watch.free = message.id, message.device, message.free
                watch.predicted, watch.took = message.predicted, {}
                self._report(replace(watch.shown, message=message.about))
            case Captioned():
                watch.caption = message.text
                self._report(replace(watch.shown, caption=message.text))
            case MemoryRanOut():
                self._out_of_memory(replace(watch))
            case Done():
                watch.vram = max(message.peaks.values(), default=0)
            case Stopped():
                raise Cancelled
            case Failed():
                if message.broken:
                    self._host.kill()  # it is ending anyway; the next run must not meet it
                raise message.error()
