"""Keeps a run going where one thing in it fails, and remembers what there is to say about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from engine.cancel import Check, never
from engine.errors import Cancelled, UnflattenError
from engine.words import Message, Value, note

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Care:
    """What every step of a run needs beside the picture.

    Attributes:
        check: raises where the user has asked to stop; called often.
        notes: for the user, each said once.
    """

    check: Check = never
    notes: list[Message] = field(default_factory=list)

    def say(self, sentence_id: str, /, **values: Value) -> None:
        """Add a note, unless it was said already."""
        message = note(sentence_id, **values)
        if message not in self.notes:
            self.notes.append(message)

    def over(self, work: Callable[[], T], otherwise: Callable[[], T], sentence_id: str, /, **values: Value) -> T:
        """What `work` gives; where it fails, a note and what `otherwise` gives.

        A cancel, an error that says what to do, and a lack of memory go through: they are about the run, not about
        one thing in it.
        """
        try:
            return work()
        except (Cancelled, UnflattenError, MemoryError):
            raise
        except Exception:
            log.exception("a part of the run failed: %s", sentence_id)
            self.say(sentence_id, **values)
            return otherwise()
