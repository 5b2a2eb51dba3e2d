"""Every sentence that a person can read, by id, with values: errors, notes, refusals and the status line.

Code below the window never writes a sentence; it names one: `InputError("opening.damaged", name=path.name)`,
`note("builtin.no-subject")`. The words stand in this package's tables, one file a room, and are made where they are
shown. Ids are `room.what-it-is`; values are named and plain (str, int, float, bool, or another message).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from engine.words import tables

Value: TypeAlias = "str | int | float | bool | Message"

SENTENCES = MappingProxyType(tables.collect())
"""id -> a format string whose fields are the message's values."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is not yet in words.

    Attributes:
        id: a key of `SENTENCES`.
        values: what the sentence's fields stand for, sorted by name.
    """

    id: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return say(self)


def note(sentence_id: str, /, **values: Value) -> Message:
    """A message with its values; what errors, notes and refusals are made of."""
    return Message(sentence_id, tuple(sorted(values.items())))


def say(message: Message) -> str:
    """The message in words. Raises KeyError for an id that no table has."""
    return SENTENCES[message.id].format(**dict(message.values))


def said(sentence_id: str, /, **values: Value) -> str:
    """The sentence with that id, in words, at once: for the window and the command."""
    return say(note(sentence_id, **values))
