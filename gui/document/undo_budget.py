"""How much memory the undo history may hold: pixels that only it still has. The oldest steps go first."""

from __future__ import annotations

from collections import Counter
from functools import cache

from PySide6.QtGui import QUndoStack

from engine.document import Document
from gui.document.commands import Edit, buffers

SMALL = 256 << 20
"""bytes that a history may always hold; the computer's memory is not asked for before."""


@cache
def default_budget() -> int:
    """Bytes: a quarter of the computer's memory."""
    import psutil

    return max(SMALL, int(psutil.virtual_memory().total // 4))


def trim(stack: QUndoStack, document: Document, budget: int | None) -> int:
    """Drop the oldest steps until the rest holds at most `budget` bytes beside the document; the latest one stays.

    `budget` None is `default_budget()`.

    Returns how many were dropped. The state that counts as saved stays what it was.
    """
    steps = [step for i in range(stack.count()) if isinstance(step := stack.command(i), Edit)]
    drop = _too_many(steps, buffers(document), budget)
    if drop:
        _keep(stack, steps[drop:], stack.cleanIndex() - drop)
    return drop


def _too_many(steps: list[Edit], now: dict[int, int], budget: int | None) -> int:
    uses = Counter(key for step in steps for key in step.released if key not in now)
    sizes = {key: size for step in steps for key, size in step.released.items()}
    total = sum(sizes[key] for key in uses)
    if budget is None:
        if total <= SMALL:
            return 0
        budget = default_budget()
    drop = 0
    while total > budget and drop < len(steps) - 1:
        for key in steps[drop].released:
            if key in uses:
                uses[key] -= 1
                total -= 0 if uses[key] else sizes[key]
        drop += 1
    return drop


def _keep(stack: QUndoStack, steps: list[Edit], clean: int) -> None:
    """Rebuild the stack of those steps alone: Qt has no way to drop the oldest ones."""
    copies = [step.copy() for step in steps]
    blocked = stack.blockSignals(True)
    stack.clear()
    if clean != 0:
        stack.resetClean()
    for index, step in enumerate(copies, 1):
        stack.push(step)
        if index == clean:
            stack.setClean()
    stack.blockSignals(blocked)
    stack.indexChanged.emit(stack.index())
    stack.cleanChanged.emit(stack.isClean())
