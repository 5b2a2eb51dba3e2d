"""Several undo steps that become one in the end, or none: what a tool does that is applied or cancelled as a whole."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack

from engine.document import Document
from gui.document.commands import Edit, State
from gui.document.session import DocumentSession


def seal(stack: QUndoStack) -> None:
    """Let the next edit be a step of its own, whatever came before it."""
    command = stack.command(stack.index() - 1)
    if isinstance(command, Edit):
        command.seal()


def join(session: DocumentSession, start: Document, text: str) -> None:
    """Make the steps since `start`, done and undone, one step called `text`; the document stays as it is."""
    end = session.document
    if _forget(session, start) and end is not start:
        session.push(text, State(start, session.selection), session.state)


def drop(session: DocumentSession, start: Document) -> None:
    """Take the steps since `start` back as if they had never been."""
    if _forget(session, start) and session.document is not start:
        session.show(State(start, session.selection))


def _forget(session: DocumentSession, start: Document) -> bool:
    """Remove the steps since `start`, and those undone, from the stack without touching the document."""
    count, stack = session.steps_since(start), session.stack
    if count is None:
        return False
    for _ in range(count):
        # Qt deletes an obsolete command instead of undoing it.
        stack.command(stack.index() - 1).setObsolete(True)
        stack.undo()
    if stack.canRedo():
        nothing = Edit(session.show, "", State(start), State(start))
        nothing.setObsolete(True)
        stack.push(nothing)
        stack.indexChanged.emit(stack.index())  # Qt says nothing when only undone steps go
    return True
