"""One field for each setting that an engine describes; folded away behind More."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import QSignalBlocker, Qt, SignalInstance, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from engine.options import Setting
from engine.words import said

COLUMNS = 3
"""Fields in a row."""


class KeptSettings(Protocol):
    """Where values are kept, by name; a path is a str there, "" for none."""

    @property
    def changed(self) -> SignalInstance:
        """A setting is another one."""

    def get(self, name: str) -> Any:
        """The value in force."""

    def set(self, name: str, value: Any) -> None:
        """Keep another one."""

    def reset(self) -> None:
        """Bring the official ones back."""


class SettingFields(QWidget):
    """A grid of fields, then a row of switches; a change is kept at once.

    Attributes:
        fields: the widget of each setting, by its name.
        reset: the button that brings the official values back.
    """

    def __init__(
        self,
        described: Mapping[str, Setting],
        kept: KeptSettings,
        order: Iterable[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        """`order`: names of the settings in the order of the fields; by itself, that of the record. One without a
        label is left out."""
        super().__init__(parent)
        self._kept = kept
        self._shown: list[Callable[[], None]] = []
        names = [name for name in (tuple(order) or described) if described[name].label]
        self.fields: dict[str, QWidget] = {name: self._field(described[name]) for name in names}
        self.reset = QPushButton("Reset")
        self.reset.setToolTip(said("decompose.reset"))
        self.reset.clicked.connect(kept.reset)
        self._build([described[name] for name in names])
        kept.changed.connect(self._show)
        self._show()

    def offer(self, name: str, found: Iterable[tuple[str, str]]) -> None:
        """Let these (value, title) be chosen too; a chosen one that is not here any more stays and says so."""
        combo = self.fields[name]
        assert isinstance(combo, QComboBox)
        for value, title in found:
            at = combo.findData(value)
            if at < 0:
                combo.addItem(title, value)
            else:
                combo.setItemText(at, title)
        self._show()

    def _build(self, shown: list[Setting]) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        valued = [one for one in shown if one.kind is not bool]
        for index, one in enumerate(valued):
            y, x = divmod(index, COLUMNS)
            field = self.fields[one.name]
            label = QLabel(one.label)
            label.setObjectName("hint")
            label.setBuddy(field)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label, y, 2 * x)
            grid.addWidget(self._with_browse(one) if one.files else field, y, 2 * x + 1)
        grid.setColumnStretch(2 * COLUMNS - 1, 1)
        for column in range(1, 2 * COLUMNS - 1, 2):
            grid.setColumnMinimumWidth(column, 120)
        switches = QHBoxLayout()
        switches.setSpacing(18)
        for one in shown:
            if one.kind is bool:
                switches.addWidget(self.fields[one.name])
        switches.addStretch(1)
        switches.addWidget(self.reset)
        grid.addLayout(switches, -(-len(valued) // COLUMNS), 0, 1, 2 * COLUMNS)

    def _with_browse(self, one: Setting) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        browse = QPushButton("Browse…")
        browse.clicked.connect(lambda: self._browse(one))
        row.addWidget(self.fields[one.name], 1)
        row.addWidget(browse)
        holder.setFocusProxy(self.fields[one.name])
        return holder

    def _browse(self, one: Setting) -> None:
        def take(path: str) -> None:
            self._kept.set(one.name, path)

        dialog = QFileDialog(self, one.label, str(self._kept.get(one.name)), one.files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(take)
        dialog.open()

    # -- one field for one setting

    def _field(self, one: Setting) -> QWidget:
        if one.kind is bool:
            return self._check(one)
        if one.choices:
            return self._combo(one)
        return self._spin(one) if one.kind in (int, float) else self._text(one)

    def _bind(self, one: Setting, field: QWidget, show: Callable[[Any], None]) -> None:
        field.setAccessibleName(one.label)
        field.setToolTip(said(one.tip) if one.tip else "")

        def refresh() -> None:
            blocker = QSignalBlocker(field)
            show(self._kept.get(one.name))
            blocker.unblock()

        self._shown.append(refresh)

    def _spin(self, one: Setting) -> QAbstractSpinBox:
        field: QSpinBox | QDoubleSpinBox
        if one.kind is int:
            field = QSpinBox()
            field.setRange(round(one.low), round(one.high))
        else:
            decimals = max(1, len(f"{one.step:g}".partition(".")[2]))
            field = QDoubleSpinBox(decimals=decimals, singleStep=one.step)
            field.setRange(one.low, one.high)
        field.setKeyboardTracking(False)
        field.lineEdit().setTextMargins(4, 0, 0, 0)  # a style sheet's padding does not reach it
        field.valueChanged.connect(lambda value: self._kept.set(one.name, value))
        self._bind(one, field, field.setValue)
        return field

    def _text(self, one: Setting) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(one.hint)
        field.editingFinished.connect(lambda: self._kept.set(one.name, field.text().strip() or one.empty))
        self._bind(one, field, lambda value: field.setText(value.strip()))
        return field

    def _combo(self, one: Setting) -> QComboBox:
        field = QComboBox()
        field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        field.setMinimumContentsLength(10)
        for value, title in one.choices:
            field.addItem(title, str(value))
        field.currentIndexChanged.connect(lambda: self._kept.set(one.name, field.currentData()))

        def show(value: str) -> None:
            if field.findData(str(value)) < 0:
                field.addItem(said("decompose.not-found-here", value=str(value)), str(value))
            field.setCurrentIndex(field.findData(str(value)))

        self._bind(one, field, show)
        return field

    def _check(self, one: Setting) -> QCheckBox:
        field = QCheckBox(one.label)
        field.toggled.connect(lambda on: self._kept.set(one.name, on))
        self._bind(one, field, field.setChecked)
        return field

    @Slot()
    def _show(self) -> None:
        for refresh in self._shown:
            refresh()
