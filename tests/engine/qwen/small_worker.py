"""The real worker at a small size, with a real fault at a chosen moment:
`[--faults FILE] [--idle SECONDS] [--ballast MB] [--offline] [--without PACKAGE]`.

FILE holds `PHASE:FAULT[:COUNT]`, a phase of the meter, and is used up by the fault. Faults: kill (SIGKILL), segfault,
exit, hang (the work stops, signs of life go on), freeze (SIGSTOP), oom (a petabyte is asked for), raise, connect (a
socket is used), pause and wait (says "paused" as a description and goes on once the parent has asked to stop, or FILE
is there again). COUNT is how often it happens (default 1).
Ballast is memory that each part of the model takes besides its own.
Offline, no socket can be made. A package that it is to be without cannot be imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from engine.document import Pixels
from engine.process import Parent, attach
from engine.qwen.child import job, phases, worker
from engine.qwen.child.loading import Denoiser, DiskLoader
from engine.qwen.child.meter import Meter
from engine.qwen.child.placement import Tick
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import Weights
from engine.wire import Captioned

torch.set_num_threads(1)
LATER = ("denoise", "decode")
"""Phases in which the fault comes after a part of the work, not at the beginning."""


class Faults:
    """What is to go wrong next, from a file that the test writes."""

    def __init__(self, parent: Parent, file: Path | None) -> None:
        self._parent, self._file = parent, file

    def look(self, phase: str) -> None:
        if self._file is None or not self._file.is_file():
            return
        wanted, kind, *count = self._file.read_text().split(":")
        if phase != wanted:
            return
        left = int(count[0]) - 1 if count else 0
        if left:
            self._file.write_text(f"{wanted}:{kind}:{left}")
        else:
            self._file.unlink()
        self._happen(kind)

    def _happen(self, kind: str) -> None:
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "segfault":
            ctypes.string_at(0)
        elif kind == "exit":
            os._exit(3)
        elif kind == "hang":
            time.sleep(3600)
        elif kind == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif kind == "oom":
            torch.empty(1 << 50, dtype=torch.uint8)
        elif kind == "raise":
            raise RuntimeError("something that nobody foresaw")
        elif kind == "connect":
            socket.create_connection(("localhost", 9))
        elif kind in ("pause", "wait"):
            self._parent.tell(Captioned("paused"))
            self._wait(kind)

    def _wait(self, kind: str) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end and not self._parent.cancelled.is_set():
            if kind == "wait" and self._file is not None and self._file.is_file():
                return
            time.sleep(0.01)


class Faulty(Meter):
    """The meter of a run, with the fault when its phase is reached."""

    faults: Faults

    def _say(self, done: int, total: int, share: float, preview: Pixels | None) -> None:
        super()._say(done, total, share, preview)
        if share > 0 or self.current not in LATER:
            Faulty.faults.look(self.current)


class Heavy(DiskLoader):
    """Loads the parts with ballast, so that it shows whether their memory comes back."""

    megabytes = 0

    def vae(self, weights: Weights, device: Any, dtype: Any) -> Any:
        return self._loaded(super().vae(weights, device, dtype))

    def encoder(self, weights: Weights, device: Any, dtype: Any) -> Any:
        return self._loaded(super().encoder(weights, device, dtype))

    def transformer(self, weights: Weights, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
        made = super().transformer(weights, device, dtype, how, tick)
        self._loaded(made.model)
        return made

    def _loaded(self, model: Any) -> Any:
        model.register_buffer("ballast", torch.ones(self.megabytes << 20, dtype=torch.uint8))
        return model


def no_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        raise RuntimeError(f"a run opened the network: {event} {arguments}")


def stand_in(module: ModuleType, **replaced: object) -> None:
    """Give a module others under names that it imported."""
    names = vars(module)
    assert replaced.keys() <= names.keys()
    names.update(replaced)


def main(arguments: list[str]) -> int:
    idle, file = 600.0, None
    while arguments:
        option = arguments.pop(0)
        if option == "--idle":
            idle = float(arguments.pop(0))
        elif option == "--faults":
            file = Path(arguments.pop(0))
        elif option == "--ballast":
            Heavy.megabytes = int(arguments.pop(0))
            stand_in(phases, DiskLoader=Heavy)
        elif option == "--without":
            sys.modules[arguments.pop(0)] = None  # type: ignore[assignment]  # importing it fails, as where it is missing
        elif option == "--offline":
            sys.addaudithook(no_sockets)
    stand_in(phases, bucket_size=lambda _resolution, _width, _height: (96, 64))
    stand_in(job, Meter=Faulty)
    parent = attach()
    Faulty.faults = Faults(parent, file)
    return worker.serve(parent, idle, worker.Host())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
