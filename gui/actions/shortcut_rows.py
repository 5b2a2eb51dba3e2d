# ruff: noqa: ARG002 (Qt's own signatures)
"""How the list of keys looks, and the field that takes a new key."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeySequence, QPainter
from PySide6.QtWidgets import QKeySequenceEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.look import theme
from gui.widgets.key_cap import draw_cap

Index = QModelIndex | QPersistentModelIndex
ROW = 28
TITLE = 34


class KeyDelegate(QStyledItemDelegate):
    """Paints actions and their keys. A key is edited by pressing it; the dialog decides what becomes of it.

    Signals:
        key_pressed(str, int, str): for an action's id, in that column, this key (Qt's portable text).
    """

    key_pressed = Signal(str, int, str)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW if index.parent().isValid() else TITLE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = theme.tokens()
        painter.save()
        if not index.parent().isValid():
            font = QFont(option.font)
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(QColor(t.text_muted))
            box = option.rect.adjusted(6, 8, 0, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data()))
            painter.restore()
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, t.color("selection" if option.widget.hasFocus() else "selection_idle"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, t.color("hover"))
        fixed = not index.flags() & Qt.ItemFlag.ItemIsEditable
        if index.column() == 0:
            self._paint_name(painter, option, index, fixed)
        else:
            draw_cap(painter, option.rect.adjusted(4, 0, -4, 0), str(index.data() or ""), option.font, dim=fixed)
        if chosen and index.column() and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(t.color("focus"))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, fixed: bool) -> None:
        t = theme.tokens()
        font = index.data(Qt.ItemDataRole.FontRole)
        painter.setFont(font if isinstance(font, QFont) else option.font)
        painter.setPen(QColor(t.text_muted if fixed else t.text))
        box = option.rect.adjusted(18, 0, -8, 0)
        text = QFontMetrics(painter.font()).elidedText(str(index.data()), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget | None:  # type: ignore[override]
        if index.column() == 0:
            return None
        field = QKeySequenceEdit(parent)
        field.setMaximumSequenceLength(1)
        field.setAccessibleName("Press the new key")
        field.editingFinished.connect(lambda: self._finish(field))
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Empty: the field waits for a key."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QKeySequenceEdit) and not editor.keySequence().isEmpty():
            key = editor.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
            action_id = str(index.sibling(index.row(), 0).data(Qt.ItemDataRole.UserRole))
            self.key_pressed.emit(action_id, index.column(), key)

    def _finish(self, field: QKeySequenceEdit) -> None:
        if not field.keySequence().isEmpty():
            field.blockSignals(True)  # losing the keyboard would finish it a second time
            self.commitData.emit(field)
            self.closeEditor.emit(field)
