"""What can go wrong, as types. Each carries the id of one sentence for a person (what happened and what to do) and
the sentence's values; `str` gives the words."""

from __future__ import annotations

from typing import Self

from engine.words import Message, Value, note


class UnflattenError(Exception):
    """Base of every error that is shown to a person.

    Attributes:
        message: the sentence, not yet in words. Two errors with the same one say the same.
    """

    def __init__(self, sentence_id: str, /, **values: Value) -> None:
        self.message: Message = note(sentence_id, **values)
        super().__init__(sentence_id)

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).of, (self.message,)

    @classmethod
    def of(cls, message: Message) -> Self:
        """The error that says this message."""
        return cls(message.id, **dict(message.values))


class InputError(UnflattenError):
    """The user gave something that cannot be used: a bad file, path or option. The command exits with 2."""


class OutputError(UnflattenError):
    """A result could not be written: no permission, no space, or it exists already."""


class EngineUnavailable(UnflattenError):
    """The engine that was asked for cannot run here: weights, a library or a device is missing."""


class RunFailed(UnflattenError):
    """The engine started and did not finish."""


class Cancelled(Exception):
    """The user stopped the run; nothing was changed."""
