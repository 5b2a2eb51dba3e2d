"""Where a drag over the list would land: before which row of which group, and where the drop line is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect
from PySide6.QtWidgets import QTreeView

from gui.layers.delegate import DEEPEST, EYE_WIDTH, INDENT, depth_of
from gui.layers.model import Role

INTO = (0.28, 0.72)  # the part of a group's row that means "into the group"


@dataclass(frozen=True, slots=True)
class Target:
    """A place to drop.

    Attributes:
        parent: the group, or an invalid index for the top level.
        row: before this row of the parent; -1 is into the group, on top.
        mark: the drop line (height 0) or the group's row (into it), in the viewport.
    """

    parent: QPersistentModelIndex
    row: int
    mark: QRect


def target(view: QTreeView, pos: QPoint) -> Target:
    """The place below the cursor."""
    index = view.indexAt(pos)
    if not index.isValid():
        return _at_end(view)
    rect = view.visualRect(index)
    part = (pos.y() - rect.top()) / max(1, rect.height())
    if index.data(Role.IS_GROUP):
        if INTO[0] <= part <= INTO[1]:
            return Target(QPersistentModelIndex(index), -1, rect)
        if part > INTO[1] and view.isExpanded(index) and index.model().hasChildren(index):
            return Target(QPersistentModelIndex(index), 0, _line(view, rect.bottom(), depth_of(index) + 1))
    if part < 0.5:
        return Target(QPersistentModelIndex(index.parent()), index.row(), _line(view, rect.top(), depth_of(index)))
    return _below(view, index, rect.bottom(), pos.x())


def _below(view: QTreeView, index: QModelIndex, y: int, x: int) -> Target:
    """Under a row; under the last row of a group the cursor's x says whether still inside it."""
    while (
        index.parent().isValid()
        and index.row() == index.model().rowCount(index.parent()) - 1
        and x < _left(depth_of(index))
    ):
        index = index.parent()
    return Target(QPersistentModelIndex(index.parent()), index.row() + 1, _line(view, y, depth_of(index)))


def _at_end(view: QTreeView) -> Target:
    model = view.model()
    last = model.index(model.rowCount() - 1, 0)
    while last.isValid() and view.isExpanded(last) and model.hasChildren(last):
        last = model.index(model.rowCount(last) - 1, 0, last)
    y = view.visualRect(last).bottom() if last.isValid() else 0
    return Target(QPersistentModelIndex(), model.rowCount(), _line(view, y, 0))


def _left(depth: int) -> int:
    return EYE_WIDTH + 4 + min(depth, DEEPEST) * INDENT


def _line(view: QTreeView, y: int, depth: int) -> QRect:
    left = _left(depth)
    return QRect(left, y, max(10, view.viewport().width() - left - 4), 0)
