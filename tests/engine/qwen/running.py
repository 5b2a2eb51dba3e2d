"""Running the engine on the small worker: what the tests of results, faults and memory share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import psutil

from engine.decomposer import Progress, Request, WorkingStack
from engine.qwen.engine import Host, QwenEngine
from engine.qwen.options import QwenOptions
from engine.runs import Runs

WORKER = (sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker")


class Bench:
    """An engine on a small worker in which things can go wrong, with its own record of runs."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._faults = folder / "fault"
        self.host = Host((*WORKER, "--faults", str(self._faults), *arguments))
        self.runs = Runs(folder / "runs.sqlite")
        self.engine = QwenEngine(self.host, self.runs)

    def next_fault(self, fault: str) -> None:
        """What goes wrong in the next run; see `small_worker`."""
        self._faults.write_text(fault)

    def go_on(self) -> None:
        """Let a run that waits go on."""
        self.next_fault("none:none")

    def run(
        self, request: Request, report: Callable[[Progress], None] = lambda _p: None, cancelled: Event | None = None
    ) -> WorkingStack:
        return self.engine.run(request, report, cancelled or Event())

    @property
    def memory(self) -> int:
        """Bytes of main memory that the child takes; 0 where there is none."""
        return int(psutil.Process(self.host.pid).memory_info().rss) if self.host.pid else 0


def with_options(request: Request, **changes: Any) -> Request:
    """The request with some of Qwen's options changed."""
    assert isinstance(request.options, QwenOptions)
    return replace(request, options=replace(request.options, **changes))


def gone(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False
