"""The inspector: place and colour of what is selected, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from engine.document import Layer, Recolor
from engine.editing import edits
from engine.words import said
from gui.document.session import DocumentSession
from gui.inspector.color_form import ColorForm
from gui.inspector.info_form import InfoForm
from gui.inspector.place_edits import PlaceEdits
from gui.inspector.place_form import PlaceForm
from gui.widgets.fields import NumberField
from gui.widgets.merging import MergeKeys
from gui.widgets.section import Hairline, Section


class InspectorPanel(QScrollArea):
    """Fields for the selected layers, groups standing for what they hold. Locked layers are left alone.

    Attributes:
        place, color, info: the forms. sections: what folds around them, in that order. note: why some rest.

    Signals:
        message(str): one sentence for the status bar.
        folded(): a section was folded or unfolded by the user, so that another height fits.
        pick_asked(): the user wants to take a colour from the canvas; answer with `set_tint`.
    """

    message = Signal(str)
    pick_asked = Signal()
    folded = Signal()

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keys = MergeKeys()
        self.place = PlaceForm()
        self.color = ColorForm()
        self.info = InfoForm()
        self._body = QWidget()
        self._build()
        self._connect()
        self._refresh()

    def set_tint(self, color: QColor) -> None:
        """Tint the selected layers with that colour."""
        self.color.set_tint(color)

    def offer_eyedropper(self, offered: bool = True) -> None:
        """Show the button that asks for a colour from the canvas."""
        self.color.pick.setVisible(offered)

    def focus_color(self) -> None:
        """Put the keyboard on the hue, unfolding the section if need be."""
        self._focus(1, self.color, self.color.hue.field)

    def _focus(self, section: int, form: QWidget, field: NumberField) -> None:
        self.sections[section].header.setChecked(True)
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self.sections[section], 0, 0))
        if not form.isEnabled():
            self.message.emit(self.note.text() or said("inspector.nothing-selected"))
            return
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()

    def fit(self, height: int) -> None:
        """Fold what does not fit into `height` px, from the bottom up; what was opened by hand stays open."""
        used = sum(section.folded_height for section in self.sections)
        used += sum(section.body.sizeHint().height() for section in self.sections if section.pinned)
        for section in self.sections:
            if section.pinned:
                continue
            fits = used + section.body.sizeHint().height() <= height
            section.make_room(fold=not fits)
            if section.wanted and fits:
                used += section.body.sizeHint().height()
        self._lay_out()

    def _lay_out(self) -> None:
        """Know the new height at once, not when Qt gets round to it."""
        for widget in (*self.sections, self._body):
            if (layout := widget.layout()) is not None:
                layout.activate()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._body and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return self._body.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 90)

    def _build(self) -> None:
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(12, 8, 12, 0)
        self.sections = (
            Section("Position", self.place),
            Section("Colour", self.color),
            Section("Details", self.info, folded=True, last=True),
        )
        self.sections[0].add_button(self.place.reset)
        self.sections[1].add_button(self.color.reset)
        layout.addWidget(Hairline())
        layout.addWidget(self.note)
        for section in self.sections:
            layout.addWidget(section)
            section.header.toggled.connect(self.updateGeometry)
            section.folded.connect(self._on_folded)
        layout.addStretch(1)
        self.note.hide()
        self.setWidget(self._body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName("Inspector")

    def _connect(self) -> None:
        self._session.changed.connect(self._refresh)
        self._session.selection_changed.connect(self._refresh)
        PlaceEdits(self.place, self._session, self._free)
        self.place.chosen.connect(self._refresh)
        self.place.refused.connect(self.message)
        self.color.refused.connect(self.message)
        self.color.previewed.connect(self._preview_color)
        self.color.chosen.connect(self._choose_color)
        self.color.cancelled.connect(self._session.cancel_preview)
        self.color.pick_asked.connect(self.pick_asked)
        self.info.kind_chosen.connect(self._choose_kind)

    # -- the layers in question

    def _layers(self, *, shown: bool = False) -> list[Layer]:
        """The selected layers and those in selected groups, the current one last; as shown or without a preview."""
        document = self._session.shown if shown else self._session.document
        ids = edits.ids_under(document, self._session.selection)
        current = self._session.current
        return sorted((n for n in document.layers() if n.id in ids), key=lambda n: n.id == current)

    def _free(self, *, shown: bool = False) -> list[Layer]:
        """Those of them that may be changed."""
        locked = edits.locked_ids(self._session.shown if shown else self._session.document)
        return [n for n in self._layers(shown=shown) if n.id not in locked]

    # -- edits

    def _preview_color(self, change: Callable[[Recolor], Recolor]) -> None:
        new = {n.id: change(n.recolor) for n in self._free()}
        self._session.preview(lambda d: edits.recolor_layers(d, new))

    def _choose_color(self, text: str, field: str, change: Callable[[Recolor], Recolor]) -> None:
        new = {n.id: change(n.recolor) for n in self._free()}
        key = self._keys.key(field, new) if field else ""
        self._session.apply(text, lambda d: edits.recolor_layers(d, new), merge=key)
        self._refresh()

    def _choose_kind(self, kind: object) -> None:
        ids = [n.id for n in self._layers()]
        self._session.apply("Change kind", lambda d: edits.set_fields(d, ids, kind=kind))

    @Slot()
    def _on_folded(self) -> None:
        """Show what was unfolded whole, once it is laid out."""
        section = self.sender()
        self._lay_out()
        self.folded.emit()
        if isinstance(section, Section) and section.header.isChecked():
            QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(section, 0, 0))

    # -- keeping up

    def _refresh(self) -> None:
        layers = self._layers(shown=True)
        free = self._free(shown=True)
        usable = free or layers
        self.place.show_layers(usable)
        self.color.show_recolor(usable[-1].recolor if usable else None, any(not n.recolor.is_identity for n in usable))
        self.info.show_layers(layers)
        for form in (self.place, self.color):
            form.setEnabled(bool(free))
        for button, form in ((self.place.reset, self.place), (self.color.reset, self.color)):
            button.setEnabled(button.isEnabled() and form.isEnabled())
        self.info.setEnabled(bool(layers))
        self._say(layers, free)

    def _say(self, layers: list[Layer], free: list[Layer]) -> None:
        if layers and not free:
            text = said("inspector.all-locked")
        elif len(layers) - len(free) == 1:
            text = said("inspector.one-locked", count=len(layers))
        elif len(free) < len(layers):
            text = said("inspector.some-locked", locked=len(layers) - len(free), count=len(layers))
        else:
            text = ""
        self.note.setText(text)
        if self.note.isHidden() == bool(text):
            self.note.setVisible(bool(text))
            self.updateGeometry()
