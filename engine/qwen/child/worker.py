"""The child process: waits for requests, runs them, says how far it is, and ends when it is not needed.

`python -m engine.qwen.child.worker [IDLE_SECONDS]`. Requests: run, machine. Answers: progress, plan, caption,
out-of-memory, done, failed, cancelled, machine.
"""

from __future__ import annotations

import gc
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from engine.document import Pixels
from engine.errors import Cancelled, EngineUnavailable, InputError, RunFailed, UnflattenError
from engine.process import Message, Parent, attach
from engine.qwen.child.faults import is_out_of_memory
from engine.qwen.child.job import Job, job_of, machine_for

IDLE = 600.0
"""Seconds without a request after which the child ends and its memory is free again."""
KINDS: dict[type[UnflattenError], str] = {InputError: "input", EngineUnavailable: "unavailable", RunFailed: "failed"}


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
        self._job: Job | None = None

    def answer(self, message: Message, parent: Parent) -> None:
        if message.kind == "machine":
            from engine.qwen.child.devices import probe_torch

            parent.channel.send("machine", asdict(probe_torch()))
            return
        kind, data = self._try(message, parent)
        if kind == "done":
            self._job = None
            return
        if self._job is not None:
            data |= self._job.account()
        self._job = None
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
        except UnflattenError as error:
            return "failed", {"type": KINDS.get(type(error), "failed"), "text": str(error)}
        except Exception as error:
            _print_traceback()
            broken = "cuda error" in str(error).lower() and not is_out_of_memory(error)
            return "failed", {"type": "failed", "text": self._explained(error), "broken": broken}
        return "done", {}

    def _explained(self, error: Exception) -> str:
        """One sentence; where the weights were changed under the run, that is the reason, whatever came of it."""
        try:
            if self._job is not None:
                self._job.unchanged()
        except RunFailed as reason:
            return str(reason)
        return explain(error)

    def _answer(self, message: Message, parent: Parent) -> None:
        job = self._job = job_of(message, parent, self._read)
        from engine.qwen.child.devices import probe_torch
        from engine.qwen.child.phases import Runner

        if self._runner is None:
            _import_libraries()
            self._runner = Runner()
        elif self._runner.stale(job.weights):
            job.notes.append("The weights on disk have changed and were loaded again.")
        job.run(self._runner, machine_for(self._runner, probe_torch()))

    def _read(self, layer: Pixels) -> str:
        from engine.qwen.child.naming import text_reader

        if self._reader is None:
            self._reader = text_reader()
        return self._reader(layer)


def explain(error: BaseException) -> str:
    """One sentence for an error that nobody foresaw."""
    unchanged = "Your document is unchanged."
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "safetensors" in type(error).__name__.lower() or "safetensor" in text.lower():
        return f"The weights could not be read; verify them with `unflatten models verify`. {unchanged}"
    if "cuda" in text.lower():
        return f"The graphics driver reported a fault ({text[:120]}). {unchanged} Run it again."
    return f"The model stopped with an error ({text[:160]}). {unchanged} Run it again with other settings."


def _import_libraries() -> None:
    """What a run needs, out of the collector's sight: it would walk over it for 0.3 s whenever memory is given back."""
    from diffusers import AutoencoderKLQwenImage, QwenImageLayeredPipeline, QwenImageTransformer2DModel  # noqa: F401
    from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer, Qwen2VLProcessor  # noqa: F401

    gc.freeze()


def _print_traceback() -> None:
    import traceback

    traceback.print_exc(file=sys.stderr)


if __name__ == "__main__":
    threading.current_thread().name = "work"
    raise SystemExit(main(sys.argv[1:]))
