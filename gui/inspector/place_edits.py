"""Makes edits of what a place form says; the inspector and the strip of the transform do it alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Slot

from engine.document import Layer
from engine.editing import edits
from gui.document.session import DocumentSession
from gui.inspector.place_form import Make, PlaceForm
from gui.widgets.merging import MergeKeys


class PlaceEdits(QObject):
    """Connects a form with the session on being made: a drag over it is a preview, a number an undo step."""

    def __init__(self, form: PlaceForm, session: DocumentSession, layers: Callable[[], Sequence[Layer]]) -> None:
        """`layers`: which ones the form is about, as they are without a preview."""
        super().__init__(form)
        self._session = session
        self._layers = layers
        self._keys = MergeKeys()
        form.previewed.connect(self._preview)
        form.chosen.connect(self._choose)

    @Slot(object)
    def _preview(self, make: Make) -> None:
        if layers := self._layers():
            new = make(layers)
            self._session.preview(lambda document: edits.transform_layers(document, new))

    @Slot(str, str, object)
    def _choose(self, text: str, field: str, make: Make) -> None:
        if layers := self._layers():
            new = make(layers)
            key = self._keys.key(field, [layer.id for layer in layers]) if field else ""
            self._session.apply(text, lambda document: edits.transform_layers(document, new), merge=key)
