"""What a run needs on this computer, 640 and 1024 px side by side; a click chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from engine.qwen.planning.cost import TOO_SLOW
from engine.qwen.planning.geometry import RESOLUTIONS
from engine.words import said
from engine.words.amounts import duration, gigabytes
from gui.look import theme
from gui.look.tokens import Tokens

if TYPE_CHECKING:
    from engine.qwen.advise import Advice
    from engine.qwen.planning.plan import Machine

USUAL = {640: "decompose.card-small", 1024: "decompose.card-large"}
"""What a card says before it knows better."""
HEIGHT = 70


class AdviceCard(QAbstractButton):
    """One resolution: what it costs on the first line, what it buys or why it does not fit below."""

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.resolution = resolution
        self.figures = ""
        self.detail = said(USUAL[resolution])
        self.warns = False
        self.setCheckable(True)
        self.setText(f"{resolution} px")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(said("decompose.card-name", resolution=resolution))

    def show_facts(self, figures: str, detail: str, warns: bool = False, tip: str = "") -> None:
        """What it costs, what it buys or why it does not fit, whether that is a warning, and the tool tip."""
        self.figures, self.detail, self.warns = figures, detail, warns
        self.setToolTip(tip)
        self.setAccessibleDescription(said("decompose.card-description", figures=figures, detail=detail))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter, t)
        inner = QRectF(self.rect()).adjusted(34, 8, -12, -6)
        head = QRectF(inner.left(), inner.top(), inner.width(), 20)
        painter.setFont(_font(self.font(), t.font, bold=True))
        painter.setPen(t.color("text"))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        room = head.adjusted(painter.fontMetrics().horizontalAdvance(self.text()) + 12, 0, 0, 0)
        painter.setPen(t.color("warning" if self.warns else "text"))
        figures = painter.fontMetrics().elidedText(self.figures, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figures)
        painter.setFont(_font(self.font(), t.font_small))
        painter.setPen(t.color("text_muted"))
        below = QRectF(inner.left(), head.bottom() + 3, inner.width(), inner.bottom() - head.bottom() - 3)
        painter.drawText(below, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, self.detail)
        painter.end()

    def _paint_frame(self, painter: QPainter, t: Tokens) -> None:
        """The rounded ground, and the mark of a choice out of several."""
        chosen = self.isChecked()
        edge = "focus" if chosen or self.hasFocus() else "text_muted" if self.underMouse() else "border"
        width = 2 if self.hasFocus() else 1
        painter.setPen(QPen(t.color(edge), width))
        painter.setBrush(t.color("field"))
        inset = 1 if self.hasFocus() else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), t.radius, t.radius)
        centre = QPointF(18, 18)
        painter.setPen(QPen(t.color("accent" if chosen else "border"), 1))
        painter.setBrush(t.color("accent") if chosen else QColor(Qt.GlobalColor.transparent))
        painter.drawEllipse(centre, 6.5, 6.5)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("accent_text"))
            painter.drawEllipse(centre, 2.5, 2.5)


class AdviceCards(QWidget):
    """Both cards; one of them is chosen.

    Signals:
        chosen(int): the user takes another resolution.
    """

    chosen = Signal(int)

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.cards = {side: AdviceCard(side) for side in RESOLUTIONS}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for side, card in self.cards.items():
            self._group.addButton(card, side)
            row.addWidget(card, 1)
        self.cards.get(resolution, self.cards[640]).setChecked(True)
        self._group.idToggled.connect(self._on_toggled)

    @property
    def resolution(self) -> int:
        """px; of the card that is chosen."""
        return self._group.checkedId()

    def show_advice(self, both: tuple[Advice, Advice], machine: Machine) -> None:
        """Show what a run at each size needs on that machine."""
        for advice in both:
            self.cards[advice.resolution].show_facts(*facts(advice, machine))

    def show_nothing(self) -> None:
        """Where no advice can be given, the cards say what they always say."""
        for side, card in self.cards.items():
            card.show_facts("", said(USUAL[side]))

    @Slot(int, bool)
    def _on_toggled(self, side: int, on: bool) -> None:
        if on:
            self.chosen.emit(side)


def facts(advice: Advice, machine: Machine) -> tuple[str, str, bool, str]:
    """(figures, detail, whether it is a warning, tip) of one card."""
    if not advice.fits:
        short = str(advice.plan.short)
        return said("decompose.card-misfit"), f"{short[:1].upper()}{short[1:]}.", True, str(advice.sentence)
    gpu = next((g for g in machine.gpus if g.device == advice.plan.device), None)
    need = gigabytes(advice.gigabytes * 1e9)
    which = "decompose.card-on-gpu" if gpu else "decompose.card-on-host"
    total = gigabytes(gpu.total if gpu else machine.host_total)
    figures = said(which, time=duration(advice.seconds), need=need, total=total)
    slow = advice.seconds > TOO_SLOW
    return figures, said("decompose.card-slow") if slow else str(advice.buys), slow, str(advice.sentence)


def _font(base: QFont, px: int, bold: bool = False) -> QFont:
    font = QFont(base)
    font.setPixelSize(px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font
