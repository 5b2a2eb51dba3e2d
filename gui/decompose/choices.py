"""The results of several seeds side by side; one of them is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.document import Document, Layer
from engine.variants import Variant, Variants
from engine.words import said
from gui.decompose.checkers import calm_selection, paint_checkers
from gui.look import theme

LONGEST = 720
"""px of the longer side of the small pictures that are shown."""
TILE = QSize(60, 46)
COLUMN = 250
TINT = 0.7
APART = "Coloured apart"
ALL = "All layers"


@dataclass(frozen=True, slots=True, eq=False)
class SmallLayer:
    """A layer reduced to the chooser's size, with its place on the small canvas in px."""

    name: str
    picture: QImage
    area: QRectF


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A result as the chooser shows it; layers bottom to top."""

    variant: Variant
    size: QSize
    layers: tuple[SmallLayer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Everything that the chooser shows, made off the UI thread."""

    sheets: tuple[Sheet, ...]
    note: str = ""


def prepare(variants: Variants) -> Choices:
    """Reduce every result to small pictures. Safe on any thread."""
    return Choices(tuple(_sheet(v) for v in variants.done), str(variants.note or ""))


def _sheet(variant: Variant) -> Sheet:
    document: Document = variant.result.document
    scale = min(1.0, LONGEST / max(document.width, document.height))
    size = QSize(max(1, round(document.width * scale)), max(1, round(document.height * scale)))
    return Sheet(variant, size, tuple(_small(layer, scale) for layer in document.layers()))


def _small(layer: Layer, scale: float) -> SmallLayer:
    h, w = layer.pixels.shape[:2]
    whole = QImage(layer.pixels.tobytes(), w, h, 4 * w, QImage.Format.Format_RGBA8888)
    small = whole.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied).scaled(
        max(1, round(w * scale)),
        max(1, round(h * scale)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return SmallLayer(layer.name, small, QRectF(layer.left * scale, layer.top * scale, w * scale, h * scale))


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: one layer (index from the bottom), or all of them, each in a colour of its own or not."""

    only: int | None = None
    coloured: bool = False


class Picture(QWidget):
    """The stack, or one layer of it, on checkers."""

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = sheet
        self._view = View(coloured=True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)
        self.setAccessibleName(f"Layers of seed {sheet.variant.seed}")

    def show_view(self, view: View) -> None:
        """Look at something else of the stack."""
        self._view = view
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        paint(painter, QRectF(self.rect()), self._sheet, self._view)
        painter.end()


def paint(painter: QPainter, room: QRectF, sheet: Sheet, view: View) -> None:
    """Paint the stack or one layer, fitted into the room.

    Stacks that give the image back all look the same; in colours it is seen what each has put on which layer.
    """
    scale = min(room.width() / sheet.size.width(), room.height() / sheet.size.height())
    w, h = sheet.size.width() * scale, sheet.size.height() * scale
    area = QRectF(round(room.center().x() - w / 2), round(room.center().y() - h / 2), round(w), round(h))
    painter.save()
    painter.setClipRect(area)
    paint_checkers(painter, area)
    painter.translate(area.topLeft())
    painter.scale(scale, scale)
    for index, layer in enumerate(sheet.layers):
        if view.only is None or view.only == index:
            painter.drawImage(layer.area, layer.picture)
            if view.coloured and index:
                painter.setOpacity(TINT)
                painter.drawImage(layer.area, _filled(layer.picture, color_of(index)))
                painter.setOpacity(1)
    painter.restore()


def color_of(index: int) -> QColor:
    """Of a layer in the coloured view; the lowest one keeps its own. Neighbours differ much (the golden angle)."""
    return QColor.fromHsvF((0.08 + 0.618 * index) % 1.0, 0.8, 1.0)


def _filled(picture: QImage, color: QColor) -> QImage:
    out = QImage(picture)
    painter = QPainter(out)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(out.rect(), color)
    painter.end()
    return out


class VariantCard(QFrame):
    """One seed's result: its picture, and its layers, each of which can be looked at alone.

    Signals:
        touched(): the user has clicked into it. kept(): ... twice on the picture.
    """

    touched = Signal()
    kept = Signal()

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.radio = QRadioButton(f"Seed {sheet.variant.seed}")
        count = QLabel(f"{len(sheet.layers)} layers")
        count.setObjectName("hint")
        self.picture = Picture(sheet)
        self.layers = QListWidget()
        self.layers.setIconSize(TILE)
        calm_selection(self.layers)
        self.layers.setAccessibleName(f"Layers of seed {sheet.variant.seed}")
        self.layers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.layers.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.layers.addItem(_row(sheet, APART, View(coloured=True)))
        self.layers.addItem(_row(sheet, ALL, View()))
        for index in reversed(range(len(sheet.layers))):
            self.layers.addItem(_row(sheet, sheet.layers[index].name, View(index)))
        self.layers.setCurrentRow(0)
        self.layers.currentItemChanged.connect(self._on_layer)
        self.layers.itemPressed.connect(self.touched)
        self.picture.installEventFilter(self)
        self.layers.installEventFilter(self)
        head = QHBoxLayout()
        head.addWidget(self.radio, 1)
        head.addWidget(count)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.picture, 3)
        column.addWidget(self.layers, 2)
        self.setMinimumWidth(COLUMN)
        self.radio.toggled.connect(self.update)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.layers and event.type() == QEvent.Type.FocusIn:
            self.touched.emit()
        if watched is self.picture and event.type() == QEvent.Type.MouseButtonDblClick:
            self.touched.emit()
            self.kept.emit()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.radio.isChecked()
        painter.setPen(QPen(t.color("focus" if chosen else "line"), 2 if chosen else 1))
        painter.setBrush(t.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), t.radius, t.radius)
        painter.end()

    @Slot()
    def _on_layer(self) -> None:
        item = self.layers.currentItem()
        if item is not None:
            self.picture.show_view(item.data(Qt.ItemDataRole.UserRole))


def _row(sheet: Sheet, name: str, view: View) -> QListWidgetItem:
    tile = QPixmap(TILE)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    room = QRectF(tile.rect()).adjusted(6, 1, -1, -1)
    paint(painter, room, sheet if view.only is None else _alone(sheet, view.only), replace(view, only=None))
    if view.only:
        painter.fillRect(QRectF(0, 2, 4, TILE.height() - 4), color_of(view.only))
    painter.end()
    icon = QIcon(tile)
    icon.addPixmap(tile, QIcon.Mode.Selected)  # the style would tint it
    item = QListWidgetItem(icon, name)
    item.setToolTip(name)
    item.setData(Qt.ItemDataRole.UserRole, view)
    return item


def _alone(sheet: Sheet, index: int) -> Sheet:
    """A canvas of one layer's own size, so that small things are seen in a small picture too."""
    layer = sheet.layers[index]
    area = QRectF(0, 0, layer.area.width(), layer.area.height())
    return Sheet(sheet.variant, layer.picture.size(), (SmallLayer(layer.name, layer.picture, area),))


class ChoicesDialog(QDialog):
    """Arrow keys or a click choose, Enter or a double click keeps, Esc closes and keeps none.

    Signals:
        kept(Variant): the user takes this one.
    """

    kept = Signal(object)

    def __init__(self, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a variant")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = choices
        self._group = QButtonGroup(self)
        self.cards = [VariantCard(sheet) for sheet in choices.sheets]
        self.keep = QPushButton("Keep this one")
        self.keep.setObjectName("primary")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.accept)
        self.leave = QPushButton("Close")
        self.leave.setAutoDefault(False)
        self.leave.clicked.connect(self.reject)
        self._build(choices.note)
        self.cards[0].radio.setChecked(True)
        self.cards[0].radio.setFocus()
        self.resize(max(640, min(1180, 60 + 290 * len(self.cards))), 700)

    @property
    def index(self) -> int:
        """Of the variant that is chosen now."""
        return self._group.checkedId()

    def accept(self) -> None:
        self.kept.emit(self._choices.sheets[self.index].variant)
        super().accept()

    def _build(self, note: str) -> None:
        row = QHBoxLayout()
        row.setSpacing(10)
        for index, card in enumerate(self.cards):
            self._group.addButton(card.radio, index)
            card.touched.connect(lambda c=card: c.radio.setChecked(True))
            card.kept.connect(self.accept)
            row.addWidget(card, 1)
        again = said("decompose.variants-hint-after", note=note) if note else said("decompose.variants-hint")
        hint = QLabel(again)
        hint.setObjectName("hint")
        hint.setWordWrap(True)
        bottom = QHBoxLayout()
        bottom.addWidget(hint, 1)
        bottom.addSpacing(12)
        bottom.addWidget(self.leave)
        bottom.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(14)
        column.addLayout(row, 1)
        column.addLayout(bottom)
