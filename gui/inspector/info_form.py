"""What is known about the selected layers: kind, size, the text that was read, where they came from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QWidget

from engine.document import Layer, LayerKind
from engine.engines import ENGINES
from engine.words import said
from gui.layers.words import KIND_NAMES, count_text

BY_HAND = "Made by hand"


class InfoForm(QWidget):
    """Facts, and the kind as a choice.

    Signals:
        kind_chosen(LayerKind): the user says what the layers are.
    """

    kind_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind")
        self.kind.setToolTip(said("inspector.kind-tip"))
        self.kind.setPlaceholderText("Mixed")
        for kind in LayerKind:
            self.kind.addItem(KIND_NAMES[kind], kind.value)
        self.pixels = _value("Size of the layer's own pixels")
        self.text = _value("Text read on the layer")
        self.engine = _value("Where the layer came from")
        form = QFormLayout(self)
        form.setContentsMargins(12, 2, 8, 10)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Kind", self.kind)
        form.addRow("Pixels", self.pixels)
        form.addRow("Text", self.text)
        form.addRow("Engine", self.engine)
        self.kind.activated.connect(lambda at: self.kind_chosen.emit(LayerKind(self.kind.itemData(at))))

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """Show what those layers have in common."""
        kinds = {n.kind for n in layers}
        at = self.kind.findData(next(iter(kinds)).value) if len(kinds) == 1 else -1
        self.kind.setPlaceholderText("Mixed" if layers else "")
        self.kind.setCurrentIndex(at)
        one = layers[0] if len(layers) == 1 else None
        self.pixels.setText(f"{one.width} × {one.height} px" if one else count_text(len(layers)) if layers else "–")
        self.text.setText((one.provenance.text if one else "") or "–")
        engines = {_maker(n.provenance.engine) for n in layers}
        made = engines.pop() if len(engines) == 1 else "Several" if engines else "–"
        if one is not None and one.provenance.score is not None:
            made = said("inspector.made-surely", engine=made, score=one.provenance.score)
        self.engine.setText(made)


def _maker(engine_id: str) -> str:
    return ENGINES[engine_id].title if engine_id in ENGINES else engine_id or BY_HAND


def _value(name: str) -> QLabel:
    out = QLabel("–")
    out.setAccessibleName(name)
    out.setToolTip(name)
    out.setWordWrap(True)
    out.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long word must not widen the panel
    out.setTextFormat(Qt.TextFormat.PlainText)
    out.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return out
