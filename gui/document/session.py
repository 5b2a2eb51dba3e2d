"""The one door through which a document is edited.

A view asks the session for an edit; the session pushes one undo step and says what changed; views redraw only that.
What a drag changes is a *preview* outside the undo stack until the gesture ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from engine.document import Change, Document, difference
from engine.editing.carrying import settled
from gui.document.commands import Edit, State
from gui.document.undo_budget import trim

EditFunction = Callable[[Document], Document]

EMPTY = Document(1, 1)


class DocumentSession(QObject):
    """The open document, its undo stack and the selection.

    Attributes:
        undo_budget: bytes that the undo history may hold beside the document; None for a share of the memory.
        undo_floor: the document that `undo` does not go behind, while a tool is at work whose steps become one.

    Signals:
        changed(Change): the document shown (`session.shown`) is another one; previews emit it too.
        editing(Change): an edit that makes this change is about to be done; document and selection must stay.
        selection_changed(): `session.selection` is another one.
        opened(): another file was opened, or the file was closed.
        noted(str): what the last edit cost beside what was asked, e.g. a text that Photoshop can no longer edit.
    """

    changed = Signal(object)
    editing = Signal(object)
    selection_changed = Signal()
    opened = Signal()
    noted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.undo_budget: int | None = None
        self.undo_floor: Document | None = None
        self._document = EMPTY
        self._preview: Document | None = None
        self._selection: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is a document."""
        return self._document is not EMPTY

    @property
    def document(self) -> Document:
        """The document as it will be saved: without a preview."""
        return self._document

    @property
    def shown(self) -> Document:
        """The document as it is shown: with a preview, if a gesture is under way."""
        return self._preview or self._document

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes in the order they were picked; the last one is the current one."""
        return self._selection

    @property
    def state(self) -> State:
        """The document, without a preview, and the selection."""
        return State(self._document, self._selection)

    @property
    def current(self) -> str | None:
        """Id of the node picked last."""
        return self._selection[-1] if self._selection else None

    def open(self, document: Document) -> None:
        """Show another document; its undo history starts empty and clean."""
        self._preview = None
        self.stack.clear()
        self.stack.setClean()
        self._document = document
        self._selection = ()
        self.opened.emit()
        self.changed.emit(Change(opened=True))
        self.selection_changed.emit()

    def close(self) -> None:
        """Show none."""
        self.open(EMPTY)

    def apply(self, text: str, edit: EditFunction, *, merge: str = "", select: Iterable[str] | None = None) -> bool:
        """Edit the document as one undo step called `text`; an edit that changes nothing leaves no step.

        `merge`: consecutive edits with the same non-empty key become one step. `select`: the new selection.
        Returns whether anything changed.
        """
        after, dropped = settled(self._document, edit(self._document))
        change = difference(self._document, after)
        if not change:
            self.cancel_preview()
            return False
        self.editing.emit(change)
        chosen = self._selection if select is None else tuple(select)
        self.push(text, self.state, State(after, chosen), merge)
        trim(self.stack, self._document, self.undo_budget)
        if dropped:
            self.noted.emit(" ".join(map(str, dropped)))
        return True

    def push(self, text: str, before: State, after: State, merge: str = "") -> None:
        """Put an undo step on the stack that leads from one state to the other; for `apply` and for joining steps."""
        self.stack.push(Edit(self.show, text, before, after, merge))

    def preview(self, edit: EditFunction) -> None:
        """Show the document as `edit` would make it, without an undo step; follow with `apply` or `cancel_preview`."""
        before = self.shown
        self._preview = edit(self._document)
        self._emit(before)

    def cancel_preview(self) -> None:
        """Show the document without the preview again."""
        before, self._preview = self.shown, None
        self._emit(before)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back; above an `undo_floor` only those since it count."""
        if self.undo_floor is None:
            return self.stack.canUndo()
        return bool(self.steps_since(self.undo_floor))

    def undo(self) -> None:
        """Take a step back, if there is one."""
        if self.can_undo:
            self.stack.undo()

    def steps_since(self, start: Document) -> int | None:
        """How many steps lead from `start` to the document as it is; None where it does not come from there."""
        if self._document is start:
            return 0
        for at in range(self.stack.index() - 1, -1, -1):
            command = self.stack.command(at)
            if isinstance(command, Edit) and command.before.document is start:
                return self.stack.index() - at
        return None

    def select(self, ids: Iterable[str]) -> None:
        """Select those nodes; ids that are not in the document are passed over."""
        chosen = self._present(ids)
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit()

    def show(self, state: State) -> None:
        """Put a document and a selection in place; for undo commands only."""
        before, self._preview = self.shown, None
        self._document = state.document
        was, self._selection = self._selection, self._present(state.selection)
        # Both are in place before anyone hears of either: a view never meets a selected node that is gone.
        self._emit(before)
        if was != self._selection:
            self.selection_changed.emit()

    def _present(self, ids: Iterable[str]) -> tuple[str, ...]:
        present = {node.id for node in self._document.walk()}
        return tuple(dict.fromkeys(i for i in ids if i in present))

    def _emit(self, before: Document) -> None:
        if change := difference(before, self.shown):
            self.changed.emit(change)
