"""Keeps the rows selected in the list and the session's selection the same, whichever changes."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
)
from PySide6.QtWidgets import QTreeView

from gui.document.session import DocumentSession
from gui.layers.model import LayerModel, Role, runs

FEW = 8


class RowSelection(QObject):
    """Connects session and view on being made; lives as long as the view."""

    def __init__(self, session: DocumentSession, model: LayerModel, view: QTreeView) -> None:
        super().__init__(view)
        self._session = session
        self._model = model
        self._view = view
        self._syncing = False
        session.selection_changed.connect(self._on_session)
        model.restructuring.connect(self._on_restructuring)
        view.selectionModel().selectionChanged.connect(self._on_view)

    def mend(self) -> None:
        """Select again what rows that came and went have lost; the list does not scroll."""
        chosen = {i.data(Role.ID) for i in self._view.selectionModel().selectedRows()}
        if chosen != set(self._session.selection):
            self._select(reveal=False)

    def reveal(self, index: QModelIndex) -> None:
        """Unfold the groups around that row and scroll to it."""
        above = index.parent()
        while above.isValid():
            self._view.setExpanded(above, True)
            above = above.parent()
        self._view.scrollTo(index)

    def _on_session(self) -> None:
        if not self._syncing:
            self._select(reveal=True)

    def _on_restructuring(self) -> None:
        # Qt splits and mends a large selection row by row; it is put back when the rows stand.
        if len(self._session.selection) > FEW:
            self._syncing = True
            self._view.selectionModel().clearSelection()
            self._syncing = False

    def _select(self, *, reveal: bool) -> None:
        self._syncing = True
        indexes = [i for i in map(self._model.index_of, self._session.selection) if i.isValid()]
        selection = self._view.selectionModel()
        selection.select(as_selection(indexes), QItemSelectionModel.SelectionFlag.ClearAndSelect)
        current = self._model.index_of(self._session.current or "")
        if current.isValid():
            selection.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            if reveal:
                self.reveal(current)
        self._syncing = False

    def _on_view(self, _new: QItemSelection, _old: QItemSelection) -> None:
        if self._syncing or self._model.updating:
            return
        chosen = [i.data(Role.ID) for i in self._view.selectionModel().selectedRows()]
        now, before = set(chosen), set(self._session.selection)
        ids = [i for i in self._session.selection if i in now] + [i for i in chosen if i not in before]
        current = self._view.currentIndex().data(Role.ID)
        if current in ids:
            ids.append(ids.pop(ids.index(current)))
        self._syncing = True
        self._session.select(ids)
        self._syncing = False


def as_selection(indexes: Iterable[QModelIndex]) -> QItemSelection:
    """A selection of those rows in as few ranges as there are runs of neighbours."""
    by_parent: dict[QPersistentModelIndex, dict[int, QModelIndex]] = {}
    for index in indexes:
        by_parent.setdefault(QPersistentModelIndex(index.parent()), {})[index.row()] = index
    out = QItemSelection()
    for rows in by_parent.values():
        for first, last in runs(sorted(rows)):
            out.append(QItemSelectionRange(rows[first], rows[last]))
    return out
