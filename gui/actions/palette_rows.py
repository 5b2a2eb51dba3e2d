# ruff: noqa: ARG002 (Qt's own signatures)
"""How a row of the command palette looks: icon, name with the letters met, where it stands in the menus, key."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.look import theme
from gui.widgets.key_cap import cap_width, draw_cap

RowRole = Qt.ItemDataRole.UserRole + 1
HEIGHT = 32
TITLE_HEIGHT = 28
ICON = 16
MARGIN = 14


@dataclass(frozen=True, slots=True)
class Row:
    """What one row shows.

    Attributes:
        at: places of the letters of the name that were typed.
    """

    id: str
    name: str
    path: str
    keys: str
    icon: QIcon
    at: tuple[int, ...]


class CommandDelegate(QStyledItemDelegate):
    """Paints commands, and titles between them."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, HEIGHT if isinstance(index.data(RowRole), Row) else TITLE_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(RowRole)
        painter.save()
        if isinstance(row, Row):
            self._paint_row(painter, option, row)
        else:
            self._paint_title(painter, option, str(index.data()))
        painter.restore()

    def _paint_title(self, painter: QPainter, option: QStyleOptionViewItem, title: str) -> None:
        t = theme.tokens()
        painter.setFont(_sized(option.font, t.font_small - 1, bold=True))
        painter.setPen(t.color("text_muted"))
        box = option.rect.adjusted(MARGIN, 4, -MARGIN, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        t = theme.tokens()
        box = option.rect.adjusted(6, 1, -6, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(box), t.radius, t.radius)
        left = box.left() + MARGIN - 6
        row.icon.paint(painter, QRect(QPoint(left, box.center().y() - ICON // 2 + 1), QSize(ICON, ICON)))
        cell = box.adjusted(left - box.left() + ICON + 10, 0, -8, 0)
        right = cell.right()
        if row.keys:
            draw_cap(painter, cell, row.keys, option.font, right=True)
            right -= cap_width(row.keys, option.font) + 12
        end = self._paint_name(painter, cell, row, option.font)
        room = QRect(end + 12, cell.top(), right - end - 12, cell.height())
        painter.setFont(_sized(option.font, t.font_small - 1))
        painter.setPen(t.color("text_muted"))
        if QFontMetrics(painter.font()).horizontalAdvance(row.path) <= room.width():
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.path)

    def _paint_name(self, painter: QPainter, cell: QRect, row: Row, font: QFont) -> int:
        """The name, its typed letters bold; returns where it ends."""
        t = theme.tokens()
        x = cell.left()
        for text, met in _pieces(row.name, row.at):
            painter.setFont(_sized(font, t.font, bold=met))
            painter.setPen(QColor(t.focus if met else t.text))
            width = QFontMetrics(painter.font()).horizontalAdvance(text)
            painter.drawText(QRect(x, cell.top(), width + 4, cell.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width
        return x


def _pieces(name: str, at: tuple[int, ...]) -> list[tuple[str, bool]]:
    """The name in runs of letters that were typed and that were not."""
    out: list[tuple[str, bool]] = []
    for i, letter in enumerate(name):
        met = i in at
        if out and out[-1][1] is met:
            out[-1] = (out[-1][0] + letter, met)
        else:
            out.append((letter, met))
    return out


def _sized(font: QFont, size: int, *, bold: bool = False) -> QFont:
    out = QFont(font)
    out.setPixelSize(size)
    out.setBold(bold)
    return out
