"""The request above the canvas and, in its place while a run is under way, the progress."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from engine.decomposer import Lift, Progress, Result, Stage
from engine.editing import edits
from engine.engines import AUTO, ENGINES
from engine.errors import UnflattenError
from engine.words import Message, amounts, note, said
from gui.decompose.controller import DecomposeController
from gui.decompose.forms import EngineForms
from gui.document.session import DocumentSession
from gui.widgets.labels import ElidedLabel

Row: TypeAlias = tuple[object, str, str]
"""What a choice stands for, its text and its tool tip."""


class DecomposeBar(QWidget):
    """Form, progress and outcome of a decomposition, in one line above the canvas.

    Signals:
        start_requested(): the button was pressed.
        notice(str): sentences worth keeping on screen about the last run; "" when a new one begins.
        problem(str): why a run failed or could not begin.
        splittable(object): ((id, name), ...) of layers that hold several things; comes after `notice`.
    """

    start_requested = Signal()
    notice = Signal(str)
    problem = Signal(str)
    splittable = Signal(object)

    def __init__(
        self,
        session: DocumentSession,
        controller: DecomposeController,
        forms: EngineForms,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._mixed: tuple[str, ...] = ()
        self.chooser: QDialog | None = None
        self._forms = forms
        self._controller = controller
        self.engine = _choices(_engines(), "Engine")
        self.layers = _choices(_counts(_layers_of(AUTO)), "Number of layers")
        self.lift = _choices(_lifts(), "Layer quality")
        self.lift.setMaximumWidth(146)  # as the first one needs; what room there is belongs to the outcome
        self.lift.view().setMinimumWidth(210)
        self.button = QPushButton("Decompose")
        self.button.setObjectName("primary")
        self.button.clicked.connect(self.start_requested)
        self.stage = QLabel()
        self.stage.setMinimumWidth(150)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(420)
        self.bar.setAccessibleName("Progress")
        self.time_left = QLabel()
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(controller.cancel)
        self.cancel.clicked.connect(self._on_cancel_asked)
        self.outcome = ElidedLabel()
        self._pages = QStackedWidget()
        self._page = self._form_page()
        self._pages.addWidget(self._page)
        self._pages.addWidget(self._running_page())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 12, 7)
        layout.addWidget(self._pages)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._connect()

    @Slot()
    def start(self) -> None:
        """Begin a run with what the form says; what it cannot mean is said in the notice."""
        try:
            options = self._options()
        except UnflattenError as error:
            self._on_failed(str(error))
            return
        engine, layers, lift = self.engine.currentData(), self.layers.currentData(), self.lift.currentData()
        seeds = self._seeds()
        if len(seeds) > 1:
            self._controller.start_seeds(seeds, engine, layers, lift, options)
        else:
            self._controller.start(engine, layers, lift, seeds[0], options)

    @Slot(str)
    def split_layer(self, layer_id: str) -> None:
        """Take a layer that holds several things apart into as many layers as it has."""
        document = self._session.document
        if not document.has(layer_id):
            return
        self._session.select([layer_id])
        if layer_id in edits.locked_ids(document):
            self._on_failed(str(edits.refusal(document, [layer_id])))
            return
        self._start_layer(layer_id, None)

    @Slot()
    def start_layer(self) -> None:
        """Take the current layer apart with what the form says."""
        if self._session.current is not None:
            self._start_layer(self._session.current, self.layers.currentData())

    def _start_layer(self, layer_id: str, layers: int | None) -> None:
        try:
            options = self._options(for_layer=True)
        except UnflattenError as error:
            self._on_failed(str(error))
            return
        self._controller.start_layer(layer_id, self.engine.currentData(), layers, self._seeds()[0], options)

    def _options(self, *, for_layer: bool = False) -> object | None:
        """Raises InputError for settings that cannot be."""
        form = self._forms.form(self.engine.currentData())
        return None if form is None else form.options(for_layer=for_layer)

    def _seeds(self) -> list[int]:
        """One for each run; several only where the user sees how many were set."""
        engine = self.engine.currentData()
        form = self._forms.form(engine)
        if form is None:
            return [0]
        seeds = form.seeds.seeds()
        return seeds if engine in ENGINES and ENGINES[engine].has_seeds else seeds[:1]

    @Slot()
    def _on_engine(self) -> None:
        self._offer_counts()
        self._forms.show_for(self.engine.currentData())

    def _offer_counts(self) -> None:
        """As many layers as the engine can be asked for; what was chosen stays where it can."""
        rows, chosen = _counts(_layers_of(self.engine.currentData())), self.layers.currentData()
        if [row[0] for row in rows] != [self.layers.itemData(i) for i in range(self.layers.count())]:
            self.layers.clear()
            _fill(self.layers, rows)
            self.layers.setCurrentIndex(max(0, self.layers.findData(chosen)))

    @Slot()
    def _on_layers(self) -> None:
        self._forms.set_layers(self.layers.currentData())

    def _form_page(self) -> QWidget:
        page = QWidget()
        row = _row(page)
        row.addWidget(self.button)
        row.addSpacing(12)
        for text, field in (("Engine", self.engine), ("Layers", self.layers), ("Result", self.lift)):
            label = QLabel(text)
            label.setObjectName("hint")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
            row.addSpacing(8)
        self.outcome.setObjectName("hint")
        self.outcome.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.outcome, 1)
        return page

    def _running_page(self) -> QWidget:
        page = QWidget()
        row = _row(page)
        row.addWidget(self.cancel)
        row.addSpacing(12)
        row.addWidget(self.stage)
        row.addWidget(self.bar, 1)
        self.time_left.setObjectName("hint")
        self.time_left.setMinimumWidth(110)
        row.addWidget(self.time_left)
        row.addStretch(1)
        return page

    def _connect(self) -> None:
        self._session.opened.connect(self._on_opened)
        self.engine.currentIndexChanged.connect(self._on_engine)
        self.layers.currentIndexChanged.connect(self._on_layers)
        self._controller.started.connect(self._on_started)
        self._controller.progress.connect(self._on_progress)
        self._controller.succeeded.connect(self._on_succeeded)
        self._controller.failed.connect(self._on_failed)
        self._controller.stopped.connect(self._on_stopped)
        self._controller.finished.connect(self._on_finished)
        self._controller.choices_changed.connect(self._on_choices)
        self._forms.choose_requested.connect(self.show_choices)
        self._on_opened()

    @Slot()
    def _on_opened(self) -> None:
        self._mixed = ()
        self._page.setEnabled(self._session.is_open)
        self._say("")

    @Slot()
    def _on_started(self) -> None:
        self._say("")
        self.stage.setText(Stage.READING.value)
        self.time_left.clear()
        self.bar.setValue(0)
        self.cancel.setText("Cancel")
        self.cancel.setEnabled(True)
        self._pages.setCurrentIndex(1)

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        if self._controller.stopping:
            return
        if progress.caption and self._controller.of_whole_image:
            self._forms.show_caption(self.engine.currentData(), progress.caption)
        if progress.message is not None:
            self.notice.emit(str(progress.message))
        self.stage.setText(self._where(progress))
        self.bar.setValue(round(progress.fraction * 1000))
        self.time_left.setText(time_left(progress.eta_seconds))

    def _where(self, progress: Progress) -> str:
        stage = progress.stage.value
        if progress.total:
            stage = said("decompose.step", stage=stage, step=progress.step, total=progress.total)
        if (count := self._controller.seeds) > 1:
            run = min(count, int(progress.fraction * count) + 1)
            stage = said("decompose.run", run=run, count=count, stage=stage)
        return stage

    def stop(self) -> None:
        """End the run under way, as its button does."""
        self.cancel.click()

    @Slot()
    def _on_cancel_asked(self) -> None:
        self.cancel.setText(said("decompose.cancelling"))
        self.cancel.setEnabled(False)
        self.time_left.clear()

    @Slot(object)
    def _on_succeeded(self, result: Result) -> None:
        count, seconds = len(result.document.layers()), round(result.seconds)
        which = "decompose.done-one" if count == 1 else "decompose.done"
        outcome = note(which, count=count, back=stack_back(result), time=amounts.duration(seconds))
        self._say(str(outcome), " ".join(map(str, result.notes)))
        document = self._session.document
        ids = (*self._mixed, *result.splittable)
        self._mixed = tuple(i for i in dict.fromkeys(ids) if document.has(i))
        if self._mixed:
            self.splittable.emit(tuple((i, document.layer(i).name) for i in self._mixed))

    @Slot()
    def _on_choices(self) -> None:
        self._forms.offer_choices(self._controller.choices is not None)
        if self._controller.choices is not None:
            self._say(said("decompose.none-kept"), self._controller.choices.note)
            self.show_choices()

    @Slot()
    def show_choices(self) -> None:
        """Show the results of several seeds side by side."""
        from gui.decompose.choices import ChoicesDialog

        if self._controller.choices is not None:
            self.chooser = ChoicesDialog(self._controller.choices, self.window())
            self.chooser.kept.connect(self._controller.keep)
            self.chooser.open()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.outcome.setText("")
        self.problem.emit(sentence)

    @Slot(str)
    def _on_stopped(self, sentence: str) -> None:
        self._say(sentence)

    @Slot()
    def _on_finished(self) -> None:
        self._pages.setCurrentIndex(0)

    def _say(self, text: str, notice: str = "") -> None:
        self.outcome.setText(text)
        self.notice.emit(notice)


def _row(page: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row


def stack_back(result: Result) -> Message:
    """The promise in a few words: how well the stack gives the image back."""
    stack = result.recomposition
    if stack.max_abs_error == 0:
        return note("decompose.back-exact")
    return note("decompose.back", share=_percent(stack.within_1), most=stack.max_abs_error)


def time_left(seconds: float | None) -> str:
    """ "about 40 s left"; coarse, so that the number does not flicker."""
    return "" if seconds is None else said("decompose.time-left", time=amounts.time_left(seconds))


def _percent(share: float) -> str:
    # Never rounded up to 100 %.
    return f"{int(share * 100_000) / 1000:.3f} %"


def _lifts() -> tuple[Row, ...]:
    return (
        (Lift.FULL, "Exact, full size", said("decompose.lift-full")),
        (Lift.NONE, "As the engine made them", said("decompose.lift-none")),
    )


def _engines() -> tuple[Row, ...]:
    rows = [(engine.id, engine.title, engine.hint) for engine in ENGINES.values()]
    return ((AUTO, "Automatic", said("decompose.engine-auto")), *rows)


def _layers_of(engine_id: str) -> range:
    """How many can be asked for; where the program chooses the engine, what any of them can."""
    if engine_id in ENGINES:
        return ENGINES[engine_id].layers
    ranges = [engine.layers for engine in ENGINES.values()]
    return range(min(r.start for r in ranges), max(r.stop for r in ranges))


def _counts(counts: range) -> tuple[Row, ...]:
    auto = (None, "Automatic", said("decompose.layers-auto"))
    return (auto, *((n, str(n), said("decompose.layers", count=n)) for n in counts))


def _choices(rows: Iterable[Row], name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    _fill(combo, rows)
    return combo


def _fill(combo: QComboBox, rows: Iterable[Row]) -> None:
    for data, text, tip in rows:
        combo.addItem(text, data)
        combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
