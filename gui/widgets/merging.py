"""Which edits belong together in one undo step: those of one field on the same nodes without a pause between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

PAUSE_SECONDS = 1.2


class MergeKeys:
    """Makes keys for `DocumentSession.apply(merge=...)`; a pause, another field or other nodes give another key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = ("", 0.0)
        self._serial = 0

    def key(self, field: str, ids: Iterable[str]) -> str:
        what, now = f"{field}:{','.join(ids)}", self._clock()
        if what != self._last[0] or now - self._last[1] > PAUSE_SECONDS:
            self._serial += 1
        self._last = (what, now)
        return f"{what}:{self._serial}"

    def end(self) -> None:
        """Let the next edit start a step of its own."""
        self._last = ("", 0.0)
