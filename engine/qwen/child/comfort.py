"""Stages that only add comfort: where one fails, the layers are kept and a note says what is missing."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

from engine.errors import Cancelled
from engine.qwen.child.faults import is_out_of_memory
from engine.words import Message, note

T = TypeVar("T")
DETAIL = 160
"""Characters of an error that nobody foresaw that are shown."""


class Comfort:
    """Attributes: notes: what failed, and why, once each. ran_out: memory ran out in one of them."""

    def __init__(self) -> None:
        self.notes: list[Message] = []
        self.ran_out = False
        self._given_up: set[str] = set()

    def attempt(self, failing: str, do: Callable[[], T], otherwise: T) -> T:
        """What `do` gives, or `otherwise` where it fails or has failed before. `failing`: id of the note, whose value
        is `why`. Raises Cancelled."""
        if failing in self._given_up:
            return otherwise
        try:
            return do()
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the layers took minutes and are worth more
            traceback.print_exc(file=sys.stderr)
            self._given_up.add(failing)
            self.ran_out |= is_out_of_memory(error)
            self.notes.append(note(failing, why=why(error)))
            return otherwise


def why(error: Exception) -> Message:
    """The reason, to stand inside a sentence."""
    if is_out_of_memory(error):
        return note("qwen.why-memory")
    if isinstance(error, ImportError) and error.name:
        return note("qwen.why-package", package=error.name.partition(".")[0])
    text = str(error).strip().splitlines()
    return note("qwen.why-error", kind=type(error).__name__, detail=text[0][:DETAIL] if text else "")
