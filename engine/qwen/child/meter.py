"""Progress of a run over phases of known weight: a fraction that never falls and a time left that settles."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping

from engine.decomposer import Progress, Stage
from engine.document import Pixels

STAGES: dict[str, Stage] = {
    "load": Stage.LOADING,
    "encode": Stage.READING,
    "load-encoder": Stage.DESCRIBING,
    "describe": Stage.DESCRIBING,
    "load-denoiser": Stage.SEPARATING,
    "denoise": Stage.SEPARATING,
    "decode": Stage.FINISHING,
    "name": Stage.NAMING,
}


class Meter:
    """Turns "phase so-and-so, step 3 of 50" into `Progress`. `expected` are seconds by phase, in order."""

    def __init__(
        self,
        expected: Mapping[str, float],
        report: Callable[[Progress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._expected = {name: max(0.05, float(expected.get(name, 0.05))) for name in STAGES}
        self._report = report
        self._clock = clock
        self._phase = next(iter(STAGES))
        self._began = clock()
        self._last = self._began
        self._recent: deque[float] = deque(maxlen=5)
        self._shown = 0.0
        self._idle = False
        self.took: dict[str, float] = {}
        """Seconds by phase that is finished and had something to do."""

    @property
    def current(self) -> str:
        """The phase that the run is in, "" after its end."""
        return self._phase

    def phase(self, name: str, total: int = 0) -> None:
        """Enter a phase; the one before is finished and its real seconds are noted."""
        now = self._clock()
        if name != self._phase:
            self._close(now)
        self._phase, self._began, self._last, self._idle = name, now, now, False
        self._recent.clear()
        self._say(0, total, 0.0, None)

    def step(self, done: int, total: int, preview: Pixels | None = None) -> None:
        """`done` of `total` steps of this phase are finished."""
        now = self._clock()
        self._recent.append(now - self._last)
        self._last = now
        self._say(done, total, done / max(1, total), preview)

    def part(self, share: float) -> None:
        """That share (0..1) of a phase without countable steps is finished."""
        self._say(0, 0, min(1.0, share), None)

    def idle(self) -> None:
        """What this phase is for was there already; its seconds say nothing about other runs and are not noted."""
        self._idle = True

    def finish(self) -> None:
        """The run has ended, well or not."""
        self._close(self._clock())
        self._phase = ""

    def _close(self, now: float) -> None:
        if self._phase and not self._idle:
            self.took[self._phase] = self.took.get(self._phase, 0.0) + now - self._began

    def _left(self, done: int, total: int, share: float) -> float:
        names = list(STAGES)
        later = sum(self._expected[n] for n in names[names.index(self._phase) + 1 :])
        if self._phase == "denoise" and self._recent and total:
            return later + statistics.median(self._recent) * (total - done)
        return later + self._expected[self._phase] * (1.0 - share)

    def _say(self, done: int, total: int, share: float, preview: Pixels | None) -> None:
        names = list(STAGES)
        whole = sum(self._expected.values())
        before = sum(self._expected[n] for n in names[: names.index(self._phase)])
        self._shown = max(self._shown, min(0.999, (before + share * self._expected[self._phase]) / whole))
        counted = self._phase == "denoise"
        self._report(
            Progress(
                stage=STAGES[self._phase],
                step=done if counted else 0,
                total=total if counted else 0,
                fraction=self._shown,
                eta_seconds=self._left(done, total, share),
                preview=preview,
            )
        )
