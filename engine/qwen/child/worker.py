"""The child process: waits for requests, runs them, says how far it is, and ends when it is not needed.

`python -m engine.qwen.child.worker [IDLE_SECONDS]`. It is asked and answers with the messages of `engine.wire`.
"""

from __future__ import annotations

import gc
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.document import Pixels
from engine.errors import Cancelled, RunFailed, UnflattenError
from engine.process import Parent, attach
from engine.qwen.child.comfort import DETAIL
from engine.qwen.child.faults import is_out_of_memory
from engine.qwen.child.job import Job, job_of, machine_for
from engine.wire import Account, Failed, Machine, MachineAsked, RunAsked, Stopped, WireMessage, plain
from engine.words import Message, note

DRIVER_DETAIL = 120
IDLE = 600.0
"""Seconds without a request after which the child ends and its memory is free again."""


def main(arguments: list[str]) -> int:
    """Serve the parent that started this process; gives the exit code."""
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
        self._job: Job | None = None

    def answer(self, message: WireMessage, parent: Parent) -> None:
        """Do what is asked for, and say how it ended. Raises OSError or ValueError where the parent is gone."""
        if isinstance(message, MachineAsked):
            from engine.qwen.child.devices import probe_torch

            parent.tell(Machine(plain(probe_torch())))
        if isinstance(message, RunAsked):
            self._answer(message, parent)

    def _answer(self, asked: RunAsked, parent: Parent) -> None:
        ending = self._ending(asked, parent)
        job, self._job = self._job, None
        if ending is None:
            return
        broken = isinstance(ending, Failed) and ending.broken
        account = job.account() if job is not None else Account()
        if self._runner is not None and not broken:
            self._runner.free()  # once more: what the exception's frames held on to is free only now
        parent.tell(replace(ending, account=account))
        if broken:
            raise SystemExit(1)  # after a CUDA fault nothing works in this process any more

    def _ending(self, asked: RunAsked, parent: Parent) -> Failed | Stopped | None:
        """Run. None where it is done and answered; else what to say, without the account."""
        try:
            self._run(asked, parent)
        except Cancelled:
            return Stopped()
        except UnflattenError as error:
            return Failed.of(error, Account())
        except Exception as error:  # noqa: BLE001 - torch and its drivers raise anything; it ends the run alone
            traceback.print_exc(file=sys.stderr)
            broken = "cuda error" in str(error).lower() and not is_out_of_memory(error)
            return Failed(RunFailed.__name__, self._explained(error), broken=broken)
        return None

    def _explained(self, error: Exception) -> Message:
        """What to say of it; where the weights were changed under the run, that is the reason, whatever came of it."""
        try:
            if self._job is not None:
                self._job.unchanged()
        except RunFailed as reason:
            return reason.message
        return explain(error)

    def _run(self, asked: RunAsked, parent: Parent) -> None:
        job = self._job = job_of(asked, parent, self._read)
        from engine.qwen.child.devices import probe_torch
        from engine.qwen.child.phases import Runner

        if self._runner is None:
            _import_libraries()
            self._runner = Runner()
        elif self._runner.stale(job.weights):
            job.notes.append(note("qwen.weights-changed"))
        job.run(self._runner, machine_for(self._runner, probe_torch()))

    def _read(self, layer: Pixels) -> str:
        from engine.qwen.child.naming import text_reader

        if self._reader is None:
            self._reader = text_reader()
        return self._reader(layer)


def explain(error: BaseException) -> Message:
    """What to say of an error that nobody foresaw."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "safetensors" in type(error).__name__.lower() or "safetensor" in text.lower():
        return note("qwen.weights-unreadable")
    if "cuda" in text.lower():
        return note("qwen.driver-fault", detail=text[:DRIVER_DETAIL])
    return note("qwen.stopped-with-error", detail=text[:DETAIL])


def _import_libraries() -> None:
    """What a run needs, out of the collector's sight: it would walk over it for 0.3 s whenever memory is given back."""
    from diffusers import AutoencoderKLQwenImage, QwenImageLayeredPipeline, QwenImageTransformer2DModel  # noqa: F401
    from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer, Qwen2VLProcessor  # noqa: F401

    gc.freeze()


if __name__ == "__main__":
    threading.current_thread().name = "work"
    raise SystemExit(main(sys.argv[1:]))
