"""What a writer reports to while it works, and how it learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from engine.errors import Cancelled


class Job:
    """One export: progress out, cancellation in.

    Attributes:
        fraction: of the work done, 0..1; never falls.
    """

    def __init__(self, report: Callable[[float], None] | None = None, cancelled: Event | None = None) -> None:
        self._report = report
        self._cancelled = cancelled
        self.fraction = 0.0

    def check(self) -> None:
        """Raise `Cancelled` if the user has asked to stop."""
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled

    def advance(self, fraction: float) -> None:
        """Report that `fraction` (0..1) of the work is done. Raises `Cancelled`."""
        self.check()
        self.fraction = max(self.fraction, min(fraction, 1.0))
        if self._report is not None:
            self._report(self.fraction)
            self.check()

    def finish(self) -> None:
        """Report that all is done; it is too late to cancel."""
        if self._report is not None:
            self._report(1.0)

    def part(self, start: float, end: float) -> Job:
        """A job whose 0..1 is `start`..`end` of this one."""
        return Job(lambda f: self.advance(start + (end - start) * f), self._cancelled)
