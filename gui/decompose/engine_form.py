"""What the bar asks of the form of an engine, and the form of an engine that brings none of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from engine.engines import Engine
from engine.options import settings_of
from gui.decompose.engine_settings import EngineSettings
from gui.decompose.seed_fields import SeedFields
from gui.decompose.setting_fields import SettingFields
from gui.document.session import DocumentSession


class EngineForm(QFrame):
    """What one engine can be told, in a strip below the bar. An engine's own form does more of this.

    Attributes:
        seeds: which seeds a run has; shown by the form of an engine to which they make a difference.

    Signals:
        models_requested(): the user wants to get or choose weights.
    """

    models_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seeds = SeedFields()

    def options(self, *, for_layer: bool = False) -> object | None:  # noqa: ARG002 - a form's own words may need it
        """The engine's settings; `for_layer`: for one layer of the image. Raises InputError for what cannot be."""
        return None

    def show_caption(self, text: str) -> None:
        """The engine says what the open image shows."""

    def set_layers(self, layers: int | None) -> None:
        """How many layers the bar says."""

    @Slot()
    def refresh(self) -> None:
        """The form is looked at, or what it says may be other now: weights, the machine."""

    def close_jobs(self) -> None:
        """End what the form has under way; the window closes."""


class PlainForm(EngineForm):
    """A field for each setting that the engine describes, and its seeds where it has any."""

    def __init__(self, engine: Engine, kind: type, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings = EngineSettings(engine.id, kind, self)
        self.fields = SettingFields(settings_of(kind), self.settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 1, 12, 9)
        column.setSpacing(7)
        if engine.has_seeds:
            column.addWidget(self.seeds)
        column.addWidget(self.fields)
        self.hide()

    def options(self, *, for_layer: bool = False) -> object:  # noqa: ARG002
        """Raises InputError for what cannot be."""
        made: object = self.settings.options()
        return made


Factory = Callable[[DocumentSession], EngineForm]
