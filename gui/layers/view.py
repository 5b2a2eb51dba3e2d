# ruff: noqa: ARG002 (Qt's own signatures)
"""The list itself: mouse, keys, drag and drop. What they mean is told by signals; the panel makes edits of them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTreeView, QWidget

from gui.layers.delegate import Index, LayerDelegate, Zone, zones
from gui.layers.dropping import Target, target
from gui.layers.model import LayerModel, Role
from gui.layers.outgoing import LayerMime
from gui.layers.words import count_text
from gui.look import theme

SWEPT = {Zone.EYE: "visible", Zone.LOCK: "locked"}
NAVIGATION = {
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip


class LayerView(QTreeView):
    """The tree of layers.

    Signals:
        swept(str, object, bool): field ("visible" or "locked"), ids dragged over so far, the value they get.
        sweep_ended(bool): the mouse was released (True) or the sweep was given up.
        solo_asked(str): Alt or Shift click on that node's eye.
        menu_asked(QPoint): a context menu, at a place on the screen.
    """

    swept = Signal(str, object, bool)
    sweep_ended = Signal(bool)
    solo_asked = Signal(str)
    menu_asked = Signal(QPoint)

    def __init__(self, model: LayerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = model
        self._sweep: tuple[str, bool, list[str]] | None = None
        self._sweep_y = 0
        self._drop: Target | None = None
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(self))
        self.setAccessibleName("Layers")
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(True)
        self.setExpandsOnDoubleClick(False)
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setAutoExpandDelay(600)

    @property
    def sweeping(self) -> bool:
        """Whether the mouse is pressed and gives rows an eye or a lock."""
        return self._sweep is not None

    def zone_at(self, pos: QPoint) -> tuple[QModelIndex, Zone | None]:
        """The row and the part of it at a place in the viewport."""
        index = self.indexAt(pos)
        return index, zones(self.visualRect(index), index).at(pos) if index.isValid() else None

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pos = event.position().toPoint()
        index, zone = self.zone_at(pos)
        if event.button() != Qt.MouseButton.LeftButton or not self._press(index, zone, pos, event.modifiers()):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pos = event.position().toPoint()
        index, zone = self.zone_at(pos)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._press(index, zone, pos, event.modifiers()):
            return
        if zone is Zone.NAME:
            self.edit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._sweep is None:
            super().mouseMoveEvent(event)
            return
        y = event.position().toPoint().y()
        step = theme.tokens().row // 2 * (1 if y > self._sweep_y else -1)
        for between in [*range(self._sweep_y, y, step), y]:
            self._sweep_over(self.indexAt(QPoint(4, between)))
        self._sweep_y = y

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._sweep is not None and event.button() == Qt.MouseButton.LeftButton:
            self._sweep = None
            self.sweep_ended.emit(True)
            return
        super().mouseReleaseEvent(event)

    def _press(self, index: QModelIndex, zone: Zone | None, pos: QPoint, modifiers: Qt.KeyboardModifier) -> bool:
        """A press on the eye, the lock or the fold mark; whether it was one."""
        if zone is Zone.FOLD:
            self._fold(index, deep=bool(modifiers & Qt.KeyboardModifier.AltModifier))
            return True
        if zone not in SWEPT:
            return False
        solo = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
        if zone is Zone.EYE and modifiers & solo:
            self.solo_asked.emit(index.data(Role.ID))
            return True
        if zone is Zone.EYE:
            value = index.data(Qt.ItemDataRole.CheckStateRole) != Qt.CheckState.Checked
        else:
            value = not index.data(Role.LOCKED)
        self._sweep = (SWEPT[zone], value, [])
        self._sweep_y = pos.y()
        self._sweep_over(index)
        return True

    def _sweep_over(self, index: QModelIndex) -> None:
        if self._sweep is None or not index.isValid():
            return
        field, value, ids = self._sweep
        node_id = index.data(Role.ID)
        if node_id not in ids:
            ids.append(node_id)
            self.swept.emit(field, tuple(ids), value)

    def _fold(self, index: QModelIndex, deep: bool) -> None:
        open_ = not self.isExpanded(index)
        if deep and open_:
            self.expandRecursively(index)
        else:
            self.setExpanded(index, open_)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos()) if event.reason() == QContextMenuEvent.Reason.Mouse else self.currentIndex()
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        place = event.globalPos()
        if event.reason() != QContextMenuEvent.Reason.Mouse and index.isValid():
            place = self.viewport().mapToGlobal(zones(self.visualRect(index), index).name.bottomLeft())
        self.menu_asked.emit(place)
        event.accept()

    # -- keys

    def keyboardSearch(self, search: str) -> None:
        """Letters belong to the tools, not to a search in the list."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Escape and self._sweep is not None:
            self._sweep = None
            self.sweep_ended.emit(False)
        elif key in NAVIGATION and not modifiers & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        else:
            event.ignore()  # for the actions of the window

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # -- drag and drop

    def startDrag(self, actions: Qt.DropAction) -> None:
        chosen = self.selectionModel().selectedRows()
        if not chosen:
            return
        drag = QDrag(self)
        ids = [index.data(Role.ID) for index in chosen]
        drag.setMimeData(LayerMime(self._layers.mimeData(chosen), self._layers.session.document, ids))
        drag.setPixmap(self._drag_picture(chosen))
        drag.setHotSpot(QPoint(-10, -6))
        drag.exec(Qt.DropAction.MoveAction | Qt.DropAction.CopyAction, Qt.DropAction.MoveAction)
        self._set_drop(None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._layers.dragged(event.mimeData()):
            super().dragEnterEvent(event)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        ids = self._layers.dragged(event.mimeData())
        if not ids:
            event.ignore()
            return
        super().dragMoveEvent(event)  # scrolls at the edges and opens groups
        place = target(self, event.position().toPoint())
        if not self._layers.can_drop(ids, place.parent):
            self._set_drop(None)
            event.ignore()
            return
        self._set_drop(place)
        event.setDropAction(_action(event))
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._set_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        place = target(self, event.position().toPoint())
        self._set_drop(None)
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        action = _action(event)
        if self._layers.dropMimeData(event.mimeData(), action, place.row, 0, place.parent):
            event.setDropAction(action)
            event.accept()
        else:
            event.ignore()

    def _set_drop(self, place: Target | None) -> None:
        if place != self._drop:
            self._drop = place
            self.viewport().update()

    def _drag_picture(self, chosen: list[QModelIndex]) -> QPixmap:
        t = theme.tokens()
        ratio = self.devicePixelRatioF()
        name = chosen[0].data() if len(chosen) == 1 else count_text(len(chosen))
        metrics = self.fontMetrics()
        text = metrics.elidedText(str(name), Qt.TextElideMode.ElideRight, 180)
        box = QRect(0, 0, metrics.horizontalAdvance(text) + 20, 26)
        out = QPixmap(box.size() * ratio)
        out.setDevicePixelRatio(ratio)
        out.fill(Qt.GlobalColor.transparent)
        painter = QPainter(out)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        painter.setBrush(t.color("accent"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, t.radius, t.radius)
        painter.setPen(t.color("accent_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return out

    # -- painting

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """The delegate paints the fold marks."""

    def paintEvent(self, event: QPaintEvent) -> None:
        self._layers.pixel_ratio = self.devicePixelRatioF()
        super().paintEvent(event)
        if self._drop is not None:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _paint_drop(painter, self._drop.mark)


def _action(event: QDropEvent) -> Qt.DropAction:
    copy = QApplication.keyboardModifiers() | event.modifiers()
    return Qt.DropAction.CopyAction if copy & Qt.KeyboardModifier.AltModifier else Qt.DropAction.MoveAction


def _paint_drop(painter: QPainter, mark: QRect) -> None:
    t = theme.tokens()
    painter.setPen(QPen(t.color("focus"), 2))
    if mark.height() > 0:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(mark).adjusted(1, 1, -1, -2), t.radius, t.radius)
        return
    left, y = QPointF(mark.left() + 4, max(1, mark.top())), max(1, mark.top())
    painter.drawLine(QPointF(left.x() + 3, y), QPointF(mark.right(), y))
    painter.setBrush(t.color("panel"))
    painter.drawEllipse(left, 3, 3)
