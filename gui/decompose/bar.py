"""The request form above the canvas and, in its place while a run is under way, the progress."""

from __future__ import annotations

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
from engine.errors import UnflattenError
from gui.decompose.controller import DecomposeController
from gui.decompose.qwen_form import QwenForm
from gui.document.session import DocumentSession
from gui.widgets.labels import ElidedLabel

ENGINES: tuple[tuple[str, str, str], ...] = (
    ("auto", "Automatic", "The best engine that can run on this computer"),
    ("builtin", "Built-in", "Needs no download and no graphics card"),
    ("qwen", "Qwen-Image-Layered", "A large model: needs its weights, and better a graphics card"),
)
LIFTS: tuple[tuple[Lift, str, str], ...] = (
    (Lift.FULL, "Exact, full size", "Stacked, the layers give back your image"),
    (Lift.NONE, "As the engine made them", "The engine's raw layers, only scaled"),
)


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
        self, session: DocumentSession, controller: DecomposeController, form: QwenForm, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._mixed: tuple[str, ...] = ()
        self.chooser: QDialog | None = None
        self._form = form
        self._controller = controller
        self.engine = _choices(ENGINES, "Engine")
        self.layers = _choices(_counts(), "Number of layers")
        self.lift = _choices(LIFTS, "Layer quality")
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
        self._pages.addWidget(self._form_page())
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
        seeds = self._form.seeds() if engine == "qwen" else [self._form.seed.value()]
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
        self._controller.start_layer(layer_id, self.engine.currentData(), layers, self._form.seed.value(), options)

    def _options(self, *, for_layer: bool = False) -> object | None:
        """Raises InputError for settings that cannot be."""
        return None if self.engine.currentData() == "builtin" else self._form.options(for_layer=for_layer)

    def stop(self) -> None:
        """End the run under way, as its button does."""
        self.cancel.click()

    @Slot()
    def _on_engine(self) -> None:
        self._form.setVisible(self.engine.currentData() == "qwen")
        self._form.refresh()

    @Slot()
    def _on_layers(self) -> None:
        self._form.set_layers(self.layers.currentData())

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
        self._form.choose.clicked.connect(self.show_choices)
        self._on_opened()

    @Slot()
    def _on_opened(self) -> None:
        self._mixed = ()
        self._pages.widget(0).setEnabled(self._session.is_open)
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
            self._form.show_caption(progress.caption)
        if progress.message is not None:
            self.notice.emit(str(progress.message))
        steps = f" ({progress.step} of {progress.total})" if progress.total else ""
        self.stage.setText(self._which(progress.fraction) + progress.stage.value + steps)
        self.bar.setValue(round(progress.fraction * 1000))
        self.time_left.setText(time_left(progress.eta_seconds))

    def _which(self, fraction: float) -> str:
        count = self._controller.seeds
        return f"{min(count, int(fraction * count) + 1)} of {count}: " if count > 1 else ""

    @Slot()
    def _on_cancel_asked(self) -> None:
        self.cancel.setText("Cancelling…")
        self.cancel.setEnabled(False)
        self.time_left.clear()

    @Slot(object)
    def _on_succeeded(self, result: Result) -> None:
        count = len(result.document.layers())
        self._say(
            f"{count} {'layer' if count == 1 else 'layers'}, {stack_back(result)}, in {result.seconds:.0f} s",
            " ".join(map(str, result.notes)),
        )
        document = self._session.document
        ids = (*self._mixed, *result.splittable)
        self._mixed = tuple(i for i in dict.fromkeys(ids) if document.has(i))
        if self._mixed:
            self.splittable.emit(tuple((i, document.layer(i).name) for i in self._mixed))

    @Slot()
    def _on_choices(self) -> None:
        self._form.choose.setVisible(self._controller.choices is not None)
        if self._controller.choices is not None:
            self._say("None is kept yet; the document is as it was.", self._controller.choices.note)
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


def stack_back(result: Result) -> str:
    """The promise in a few words: how well the stack gives the image back."""
    stack = result.recomposition
    if stack.max_abs_error == 0:
        return "exactly your image"
    return f"{_percent(stack.within_1)} within 1/255, at most {stack.max_abs_error} off"


def time_left(seconds: float | None) -> str:
    """ "about 40 s left"; coarse, so that the number does not flicker."""
    if seconds is None:
        return ""
    if seconds < 90:
        step = 1 if seconds < 10 else 5
        return f"about {max(step, round(seconds / step) * step)} s left"
    return f"about {round(seconds / 60)} min left"


def _percent(share: float) -> str:
    # Never rounded up to 100 %.
    return f"{int(share * 100_000) / 1000:.3f} %"


def _counts() -> tuple[tuple[object, str, str], ...]:
    auto = (None, "Automatic", "As many layers as the image has")
    return (auto, *((n, str(n), f"Exactly {n}, merging the least important") for n in range(2, 11)))


def _choices(rows: tuple[tuple[object, str, str], ...], name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    for data, text, tip in rows:
        combo.addItem(text, data)
        combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    return combo
