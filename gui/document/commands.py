"""Undo steps. Documents are immutable and share what did not change, so a step is the document before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from engine.document import Document
from gui.document.undo_budget import buffers

if TYPE_CHECKING:
    from gui.document.session import DocumentSession


class Edit(QUndoCommand):
    """One edit. Edits with the same non-empty `merge` key, pushed one after the other, become one step."""

    def __init__(
        self,
        session: DocumentSession,
        text: str,
        before: Document,
        after: Document,
        selected_before: tuple[str, ...],
        selected_after: tuple[str, ...],
        merge: str = "",
    ) -> None:
        super().__init__(text)
        self._session = session
        self.before = before
        self.after = after
        self._selected_before = selected_before
        self._selected_after = selected_after
        self._merge = merge
        self._done = False
        self._released: dict[int, int] | None = None

    @property
    def released(self) -> dict[int, int]:
        """Arrays, as `buffers` gives them, that the document had before this step and no more after it."""
        if self._released is None:
            kept = buffers(self.after)
            self._released = {key: size for key, size in buffers(self.before).items() if key not in kept}
        return self._released

    def copy(self) -> Edit:
        """The same step for another stack, as one that is done already: pushing it shows nothing."""
        chosen = self._selected_before, self._selected_after
        out = Edit(self._session, self.text(), self.before, self.after, *chosen, self._merge)
        out._done = True
        return out

    def id(self) -> int:
        return hash(self._merge) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or other._merge != self._merge or other.before is not self.after or other._done:
            return False
        self._released = None
        self.after = other.after
        self._selected_after = other._selected_after
        return True

    def seal(self) -> None:
        """Let no later edit become part of this step."""
        self._merge = ""

    def redo(self) -> None:
        if self._done:
            self._done = False
            return
        self._session.show(self.after, self._selected_after)

    def undo(self) -> None:
        self._session.show(self.before, self._selected_before)
