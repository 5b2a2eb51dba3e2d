"""The real worker at a small size, with a real fault at a chosen moment: `[STAGE:FAULT[:COUNT]] [--idle SECONDS]`.

Faults: kill (SIGKILL), segfault, exit, hang (the work stops, signs of life go on), freeze (SIGSTOP), oom (a petabyte is
asked for), raise. COUNT is how often it happens (default 1).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

import torch

from engine.decomposer import Progress
from engine.process import attach
from engine.qwen import phases, worker

torch.set_num_threads(1)


def fault(kind: str) -> None:
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


class Faulty(worker.Reporter):
    """Reports progress, and has the fault when its stage is reached."""

    stage, kind, left = "", "", 0

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        if progress.stage.name.lower() == Faulty.stage and Faulty.left > 0:
            Faulty.left -= 1
            fault(Faulty.kind)


def main(arguments: list[str]) -> int:
    idle = 600.0
    while arguments:
        first = arguments.pop(0)
        if first == "--idle":
            idle = float(arguments.pop(0))
        else:
            stage, kind, *count = first.split(":")
            Faulty.stage, Faulty.kind, Faulty.left = stage, kind, int(count[0]) if count else 1
    phases.bucket_size = lambda _resolution, _width, _height: (96, 64)
    worker.Reporter = Faulty  # type: ignore[misc]
    return worker.serve(attach(), idle, worker.Host())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
