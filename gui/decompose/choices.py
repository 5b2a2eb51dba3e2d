"""The results of several seeds side by side; one of them is kept."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
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
from gui import theme
from gui.decompose.checkers import paint_checkers

LONGEST = 720
"""px of the longer side of the small pictures that are shown."""
TILE = QSize(64, 48)
COLUMN = 250
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
    return Choices(tuple(_sheet(v) for v in variants.done), variants.note)


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


class Picture(QWidget):
    """The stack, or one layer of it, on checkers."""

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = sheet
        self._only: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)
        self.setAccessibleName(f"Layers of seed {sheet.variant.seed}")

    def show_layer(self, index: int | None) -> None:
        """Index from the bottom, or None for all."""
        self._only = index
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        paint(painter, QRectF(self.rect()), self._sheet, self._only)
        painter.end()


def paint(painter: QPainter, room: QRectF, sheet: Sheet, only: int | None) -> None:
    """Paint the stack or one layer, fitted into the room."""
    scale = min(room.width() / sheet.size.width(), room.height() / sheet.size.height())
    w, h = sheet.size.width() * scale, sheet.size.height() * scale
    area = QRectF(round(room.center().x() - w / 2), round(room.center().y() - h / 2), round(w), round(h))
    painter.save()
    painter.setClipRect(area)
    paint_checkers(painter, area)
    painter.translate(area.topLeft())
    painter.scale(scale, scale)
    for index, layer in enumerate(sheet.layers):
        if only is None or only == index:
            painter.drawImage(layer.area, layer.picture)
    painter.restore()


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
        self.layers.setAccessibleName(f"Layers of seed {sheet.variant.seed}")
        self.layers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.layers.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.layers.addItem(_row(sheet, ALL, None))
        for index in reversed(range(len(sheet.layers))):
            self.layers.addItem(_row(sheet, sheet.layers[index].name, index))
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
        self.picture.show_layer(item.data(Qt.ItemDataRole.UserRole) if item else None)


def _row(sheet: Sheet, name: str, index: int | None) -> QListWidgetItem:
    tile = QPixmap(TILE)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    paint(painter, QRectF(tile.rect()).adjusted(1, 1, -1, -1), sheet, index)
    painter.end()
    icon = QIcon(tile)
    icon.addPixmap(tile, QIcon.Mode.Selected)  # the style would tint it
    item = QListWidgetItem(icon, name)
    item.setToolTip(name)
    item.setData(Qt.ItemDataRole.UserRole, index)
    return item


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
        self.resize(max(640, min(1180, 60 + 290 * len(self.cards))), 640)

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
        again = "Closing keeps none; Variants… shows them again until the next run or image."
        hint = QLabel(f"{note} {again}".strip())
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
