"""Where a run stands, and where it hears that it shall stop."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event

from engine.decomposer import Progress, Report, Stage, check

# Share of the whole run that is done when each part begins; the time that parts took on 1 MP posters.
READING = 0.05
GLYPHS = 0.35
GROUND = 0.42
THINGS = 0.5
SUBJECT = 0.54
BEHIND = 0.62
CUTTING = 0.64
TEXT = 0.86
MERGING = 0.96
DONE = 1.0

KNOWN_FROM = 0.08
"""The share done from which on the pace says how much time is left, and the seconds that must have passed."""
KNOWN_SECONDS = 0.5


@dataclass(slots=True, eq=False)
class Pace:
    """Progress of a run: the share done of the whole, and the time left at the pace so far."""

    report: Report
    cancelled: Event
    start: float = field(default_factory=time.monotonic)
    done: float = 0.0

    def check(self) -> None:
        """Raise Cancelled where the user has asked to stop."""
        check(self.cancelled)

    def at(self, stage: Stage, fraction: float, step: int = 0, total: int = 0) -> None:
        """Say where the run stands. Raises Cancelled where the user has asked to stop."""
        self.check()
        self.done = max(self.done, min(1.0, fraction))
        spent = time.monotonic() - self.start
        known = self.done > KNOWN_FROM and spent > KNOWN_SECONDS
        self.report(Progress(stage, step, total, self.done, spent * (1 - self.done) / self.done if known else None))

    def through(self, stage: Stage, start: float, end: float, step: int, total: int) -> None:
        """Say that `step` of `total`, from 1, begins; all of them go from `start` to `end` of the run."""
        self.at(stage, start + (end - start) * (step - 1) / total, step, total)
