# ruff: noqa: ARG002 (Qt's own signatures)
"""Every step since the file was opened; a click goes back or forward to it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QUndoStack
from PySide6.QtWidgets import (
    QDialog,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QUndoView,
    QVBoxLayout,
    QWidget,
)

from gui.look import theme

ROW = 28


class HistoryDialog(QDialog):
    """The steps of a stack, oldest first; the list stays up to date while it is open."""

    def __init__(self, stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("History")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(300, 440)
        self.view = QUndoView(stack)
        self.view.setEmptyLabel("As opened")
        self.view.setAccessibleName("Steps")
        self.view.setItemDelegate(StepDelegate(stack, self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addWidget(self.view)


class StepDelegate(QStyledItemDelegate):
    """One step in a row: where we are is marked, what was undone is dim."""

    def __init__(self, stack: QUndoStack, parent: QWidget) -> None:
        super().__init__(parent)
        self._stack = stack

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t = theme.tokens()
        here, undone = index.row() == self._stack.index(), index.row() > self._stack.index()
        painter.save()
        if here:
            painter.fillRect(option.rect, t.color("selection"))
            painter.fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), t.color("focus"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, t.color("hover"))
        painter.setPen(t.color("text_disabled" if undone else "text"))
        box = option.rect.adjusted(14, 0, -10, 0)
        text = QFontMetrics(option.font).elidedText(str(index.data()), Qt.TextElideMode.ElideRight, box.width())
        painter.setFont(option.font)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
