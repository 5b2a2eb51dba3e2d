"""Undo steps. Documents are immutable and share what did not change, so a step is the document before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QUndoCommand

from engine.document import Document, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A document with the ids of what was selected in it."""

    document: Document
    selection: tuple[str, ...] = ()


Show = Callable[[State], None]
"""Puts a state in place."""


class Edit(QUndoCommand):
    """One edit. Edits with the same non-empty `merge` key, pushed one after the other, become one step.

    Attributes:
        before, after: what `show` is given when the step is undone and done.
    """

    def __init__(self, show: Show, text: str, before: State, after: State, merge: str = "") -> None:
        super().__init__(text)
        self.before = before
        self.after = after
        self._show = show
        self._merge = merge
        self._done = False
        self._released: dict[int, int] | None = None

    @property
    def released(self) -> dict[int, int]:
        """Arrays, as `buffers` gives them, that the document had before this step and no more after it."""
        if self._released is None:
            kept = buffers(self.after.document)
            had = buffers(self.before.document)
            self._released = {key: size for key, size in had.items() if key not in kept}
        return self._released

    def copy(self) -> Edit:
        """The same step for another stack, as one that is done already: pushing it shows nothing."""
        out = Edit(self._show, self.text(), self.before, self.after, self._merge)
        out.set_done()
        return out

    def set_done(self) -> None:
        """Let the next `redo`, that of being pushed, show nothing: it is done already."""
        self._done = True

    def id(self) -> int:
        return hash(self._merge) & 0x7FFFFFFF if self._merge else -1

    def continues(self, other: Edit) -> bool:
        """Whether this step goes on with what `other`, the one before it, did."""
        return self._merge == other._merge and self.before.document is other.after.document and not self._done

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or not other.continues(self):
            return False
        self._released = None
        self.after = other.after
        return True

    def seal(self) -> None:
        """Let no later edit become part of this step."""
        self._merge = ""

    def redo(self) -> None:
        if self._done:
            self._done = False
            return
        self._show(self.after)

    def undo(self) -> None:
        self._show(self.before)


def buffers(document: Document) -> dict[int, int]:
    """Size in bytes of each distinct array that a document holds, by identity."""
    return {id(a): a.nbytes for a in map(_owner, document.arrays())}


def _owner(array: Pixels) -> Pixels:
    """The array whose memory it is: a part of another one holds all of that."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
