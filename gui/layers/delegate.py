# ruff: noqa: ARG002 (Qt's own signatures)
"""How a row looks and where its parts are: eye, fold mark, thumbnail, name, marks, lock and kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from html import escape

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QTreeView,
    QWidget,
)

from engine.document import BlendMode, Group, Layer, LayerKind, Node
from engine.editing.edits import MAX_NAME
from engine.words import said
from gui.layers.model import Role
from gui.layers.thumbnails import SIZE
from gui.layers.words import blend_name, kind_of
from gui.look import icons, theme

Index = QModelIndex | QPersistentModelIndex

EYE_WIDTH = 32
INDENT = 16
FOLD_WIDTH = 18
FOLDER_WIDTH = 22
MARK = 16
BADGE = 18
GAP = 8
LONGEST_NAME = 160  # long names cost time to measure; no row shows more than this
DEEPEST = 6  # deeper groups are not indented further, so that names keep some room

KIND_ICONS: dict[str, tuple[str, str]] = {
    LayerKind.BACKGROUND: ("kind-background", "background"),
    LayerKind.OBJECT: ("kind-object", "object"),
    LayerKind.TEXT: ("kind-text", "text_kind"),
    LayerKind.SHAPE: ("kind-shape", "shape"),
    LayerKind.EFFECT: ("kind-effect", "effect"),
    "adjustment": ("sliders", "effect"),
    "fill": ("palette", "shape"),
}


class Zone(Enum):
    """The parts of a row that the mouse tells apart."""

    EYE = auto()
    FOLD = auto()
    PICTURE = auto()
    NAME = auto()
    LOCK = auto()


TIPS: dict[Zone | None, str] = {Zone.EYE: "layers.eye-tip", Zone.LOCK: "layers.lock-tip", Zone.FOLD: "layers.fold-tip"}
"""What a click does on the marks, as ids of sentences."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Where the parts of one row are, in the view's coordinates."""

    eye: QRect
    fold: QRect
    picture: QRect
    name: QRect
    marks: QRect
    kind: QRect
    lock: QRect

    def at(self, pos: QPoint) -> Zone | None:
        """The part there; None beside all of them."""
        for zone, rect in (
            (Zone.EYE, self.eye),
            (Zone.LOCK, self.lock),
            (Zone.FOLD, self.fold),
            (Zone.PICTURE, self.picture),
            (Zone.NAME, self.name),
        ):
            if rect.contains(pos):
                return zone
        return None


def depth_of(index: Index) -> int:
    """How many groups are around that row."""
    depth, above = 0, index.parent()
    while above.isValid():
        depth, above = depth + 1, above.parent()
    return depth


def zones(row: QRect, index: Index) -> Zones:
    """The parts of the row that fills `row`."""
    group = bool(index.data(Role.IS_GROUP))
    top, height = row.top(), row.height()
    x = row.left() + EYE_WIDTH + 4 + min(depth_of(index), DEEPEST) * INDENT
    fold = QRect(x, top, FOLD_WIDTH if group else 0, height)
    width = FOLDER_WIDTH if group else SIZE.width()
    picture = QRect(x + fold.width() + (0 if group else 4), top, width, height)
    kind = QRect(row.right() - 9 - MARK, top, MARK, height)
    lock = QRect(kind.left() - 26, top, 24, height)
    room = len(marks_of(index.data(Role.NODE))) * BADGE
    marks = QRect(lock.left() - room, top, room, height)
    left = picture.right() + 1 + GAP
    name = QRect(left, top, max(16, marks.left() - 4 - left), height)
    return Zones(QRect(row.left(), top, EYE_WIDTH, height), fold, picture, name, marks, kind, lock)


def marks_of(node: Node) -> list[str]:
    """Icons that say what was done to a layer beside moving it: a mask, a recolouring."""
    if isinstance(node, Group):
        return []
    recoloured = isinstance(node, Layer) and not node.recolor.is_identity
    done = (("mask", node.mask is not None), ("recolor", recoloured))
    return [icon for icon, there in done if there]


class LayerDelegate(QStyledItemDelegate):
    """Paints rows and opens the name editor."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, theme.tokens().row)

    # -- painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = theme.tokens()
        node: Node = index.data(Role.NODE)
        where = zones(option.rect, index)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        above = bool(index.data(Role.HIDDEN_ABOVE))
        dim = above or not node.visible
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option, where, selected, hovered)
        ink = "text" if not dim else "text_muted" if selected and not node.visible else "text_disabled"
        self._icon(painter, "eye" if node.visible else "eye-off", where.eye, MARK, t.color(ink))
        painter.setOpacity(0.45 if dim else 1.0)
        if isinstance(node, Group):
            self._paint_folder(painter, where, index)
        elif isinstance(node, Layer):
            self._paint_picture(painter, where, index)
        else:
            icon, ink = KIND_ICONS[kind_of(node)]
            self._icon(painter, icon, where.picture, 20, t.color(ink))
        painter.setOpacity(1.0)
        self._paint_name(painter, option, where, node, dim)
        self._paint_marks(painter, where, node, index, hovered)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, where: Zones, selected: bool, hovered: bool
    ) -> None:
        t = theme.tokens()
        row = option.rect
        if selected:
            active = option.widget is not None and option.widget.isActiveWindow()
            painter.fillRect(row, t.color("selection" if active else "selection_idle"))
        elif hovered:
            painter.fillRect(row, t.color("hover"))
        line = t.color("line")
        painter.fillRect(QRect(row.left(), row.bottom(), row.width(), 1), line)
        painter.fillRect(QRect(where.eye.right(), row.top(), 1, row.height()), line)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(t.color("focus"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(row).adjusted(0.5, 0.5, -0.5, -1.5))

    def _paint_folder(self, painter: QPainter, where: Zones, index: Index) -> None:
        t = theme.tokens()
        open_ = self._expanded(index)
        self._icon(painter, "chevron-down" if open_ else "chevron-right", where.fold, 14, t.color("text_muted"))
        self._icon(painter, "group-open" if open_ else "group", where.picture, 20, t.color("group"))

    def _paint_picture(self, painter: QPainter, where: Zones, index: Index) -> None:
        box = QRect(QPoint(0, 0), SIZE)
        box.moveCenter(where.picture.center())
        box.moveLeft(where.picture.left())
        painter.drawPixmap(box.topLeft(), index.data(Qt.ItemDataRole.DecorationRole))
        painter.setPen(QPen(QColor(0, 0, 0, 110), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, where: Zones, node: Node, dim: bool) -> None:
        t = theme.tokens()
        font = QFont(option.font)
        below = second_line(node)
        middle = where.name.height() // 2
        rect = where.name.adjusted(0, 4, 0, 2 - middle) if below else where.name
        self._text(painter, rect, node.name[:LONGEST_NAME], font, t.font, t.color("text_muted" if dim else "text"))
        if below:
            rect = where.name.adjusted(0, middle - 1, 0, -4)
            self._text(painter, rect, below, font, t.font_small - 1, t.color("text_muted"))

    def _text(self, painter: QPainter, rect: QRect, text: str, font: QFont, size: int, color: QColor) -> None:
        font.setPixelSize(size)
        painter.setFont(font)
        painter.setPen(color)
        short = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, short)

    def _paint_marks(self, painter: QPainter, where: Zones, node: Node, index: Index, hovered: bool) -> None:
        t = theme.tokens()
        if not isinstance(node, Group):
            icon, ink = KIND_ICONS[kind_of(node)]
            self._icon(painter, icon, where.kind, MARK, t.color(ink))
        else:
            painter.setPen(t.color("text_muted"))
            painter.drawText(where.kind, Qt.AlignmentFlag.AlignCenter, str(len(node.children)))
        for at, icon in enumerate(marks_of(node)):
            place = QRect(where.marks.left() + at * BADGE, where.marks.top(), BADGE, where.marks.height())
            self._icon(painter, icon, place, MARK - 2, t.color("text_muted"))
        if node.locked:
            self._icon(painter, "lock", where.lock, MARK, t.color("text"))
        elif index.data(Role.LOCKED_ABOVE):
            self._icon(painter, "lock", where.lock, MARK, t.color("text_disabled"))
        elif hovered:
            self._icon(painter, "unlock", where.lock, MARK, t.color("text_disabled"))

    def _icon(self, painter: QPainter, name: str, zone: QRect, side: int, color: QColor) -> None:
        box = QRect(0, 0, side, side)
        box.moveCenter(zone.center())
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(box.topLeft(), icons.pixmap(name, side, color, ratio))

    def _expanded(self, index: Index) -> bool:
        view = self.parent()
        return isinstance(view, QTreeView) and view.isExpanded(index)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """What a click does on the marks; what the layer is, elsewhere."""
        if not index.isValid() or event.type() != QEvent.Type.ToolTip:
            return super().helpEvent(event, view, option, index)
        tip = TIPS.get(zones(option.rect, index).at(event.pos()))
        # A name is plain text even where it looks like markup.
        text = escape(str(index.data(Qt.ItemDataRole.ToolTipRole))).replace("\n", "<br>")
        QToolTip.showText(event.globalPos(), said(tip) if tip else f"<span>{text}</span>", view)
        return True

    # -- the name editor

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(MAX_NAME)
        editor.setAccessibleName("Layer name")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        name = zones(option.rect, index).name
        right = zones(option.rect, index).kind.right()
        editor.setGeometry(QRect(name.left() - 6, name.center().y() - 12, right - name.left() + 6, 25))

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        if isinstance(editor, QLineEdit) and editor.text() != index.data(Qt.ItemDataRole.EditRole):
            index.model().setData(index, editor.text())


def second_line(node: Node) -> str:
    """Blend mode and opacity, where they are not what they are by default."""
    plain = BlendMode.PASS_THROUGH if isinstance(node, Group) else BlendMode.NORMAL
    parts = [] if node.blend_mode is plain else [blend_name(node.blend_mode)]
    if round(node.opacity * 100) != 100:
        parts.append(f"{node.opacity * 100:.0f} %")
    return "  ·  ".join(parts)
