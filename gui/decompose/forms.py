"""The forms of the engines, one shown at a time. Which engine has which form stands in one table."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.engines import ENGINES, with_settings
from engine.qwen.options import QwenOptions
from gui.decompose.engine_form import EngineForm, Factory, PlainForm
from gui.decompose.qwen_form import QwenForm
from gui.document.session import DocumentSession

FORMS: dict[type, Factory] = {QwenOptions: QwenForm}
"""Forms made for one engine, by the class of its settings; any other engine with settings has a plain one."""


class EngineForms(QWidget):
    """Holds a form for each engine that has settings and shows that of the engine that is chosen.

    Signals:
        models_requested(), choose_requested(): a form's button was pressed.
    """

    models_requested = Signal()
    choose_requested = Signal()

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._forms: dict[str, EngineForm] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for engine in ENGINES.values():
            if engine.options is not None:
                kind = engine.options()
                form = FORMS[kind](session) if kind in FORMS else PlainForm(engine, kind)
                form.models_requested.connect(self.models_requested)
                form.seeds.choose_requested.connect(self.choose_requested)
                form.hide()
                self._forms[engine.id] = form
                column.addWidget(form)
        self.hide()

    def form(self, engine_id: str) -> EngineForm | None:
        """The form of that engine; with "auto", of the one whose settings go with the request."""
        engine = with_settings(engine_id)
        return None if engine is None else self._forms.get(engine.id)

    def show_for(self, engine_id: str) -> None:
        """Show that engine's form, or nothing where it has none or the program chooses."""
        for name, form in self._forms.items():
            form.setVisible(name == engine_id)
        self.setVisible(engine_id in self._forms)
        self.refresh()

    def show_caption(self, engine_id: str, text: str) -> None:
        """The engine said what the open image shows."""
        if (form := self.form(engine_id)) is not None:
            form.show_caption(text)

    def set_layers(self, layers: int | None) -> None:
        """How many layers the bar says."""
        for form in self._forms.values():
            form.set_layers(layers)

    def offer_choices(self, there: bool) -> None:
        """Whether there are results of several seeds to choose from."""
        for form in self._forms.values():
            form.seeds.choose.setVisible(there)

    @Slot()
    def refresh(self) -> None:
        """Say anew what a run needs; the weights or the machine may be others now."""
        for form in self._forms.values():
            form.refresh()

    def close_jobs(self) -> None:
        """End what forms have under way."""
        for form in self._forms.values():
            form.close_jobs()
