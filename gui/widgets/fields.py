"""Number fields: typing, small sums, arrows, and a label that can be dragged; and a slider with such a field."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QShowEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QWidget

from engine.words import said
from gui.widgets.slider import Slider

_SUMS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_TYPED = set("0123456789.,+-*/() ")
MAX_TYPED = 60
LOG_STEPS = 1000
UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


def evaluate(text: str) -> float:
    """The value of a number or a small sum such as `120*2+8`. Raises ValueError for anything else."""
    if len(text) > MAX_TYPED:
        raise ValueError(text)
    try:
        value = _value(ast.parse(text.replace(",", ".").strip(), mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise ValueError(text) from error
    if value != value or abs(value) == float("inf"):
        raise ValueError(text)
    return value


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        return _SUMS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not a sum")


class NumberField(QDoubleSpinBox):
    """A number with a unit; whole numbers are shown without decimals; sums are worked out.

    Signals:
        committed(float): the user has chosen another value.
        refused(str): what was typed is no number, or out of range; one sentence.
    """

    committed = Signal(float)
    refused = Signal(str)

    def __init__(
        self, low: float, high: float, unit: str = "", decimals: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._unit = unit
        self._empty = False
        self.setDecimals(decimals)
        self.setRange(low, high)
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QDoubleSpinBox.CorrectionMode.CorrectToPreviousValue)
        self.setGroupSeparatorShown(False)
        self.setMinimumWidth(52)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self.committed)
        self.lineEdit().setTextMargins(4, 0, 0, 0)  # a style sheet's padding does not reach it
        self.lineEdit().returnPressed.connect(self.selectAll)

    def show_value(self, value: float) -> None:
        """Show a value without a signal; a text that is being typed stays."""
        if self.hasFocus() and self.lineEdit().isModified():
            return
        if value == self.value() and self.text() and not self.lineEdit().isModified():
            return
        self._empty = False
        blocker = QSignalBlocker(self)
        self.setValue(value)
        if not self.text():
            self.lineEdit().setText(self.textFromValue(self.value()))
        blocker.unblock()

    def show_nothing(self) -> None:
        """Show an empty field, where there is nothing to tell."""
        self._empty = True
        self.lineEdit().clear()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)  # writes the value
        if self._empty:
            self.lineEdit().clear()

    def textFromValue(self, value: float) -> str:
        text = f"{value:.{self.decimals()}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return f"{'0' if text == '-0' else text}{self._unit}"

    def valueFromText(self, text: str) -> float:
        try:
            return min(max(evaluate(self._bare(text)), self.minimum()), self.maximum())
        except ValueError:
            return self.value()

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        if len(bare) > MAX_TYPED or not set(bare) <= _TYPED:
            return QValidator.State.Invalid, text, pos
        try:
            evaluate(bare)
        except ValueError:
            return QValidator.State.Intermediate, text, pos
        return QValidator.State.Acceptable, text, pos

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_undo(event):
            # Nothing was typed that could be undone here: the key is the document's.
            event.ignore()
            return True
        return super().event(event)

    def _is_undo(self, event: QKeyEvent) -> bool:
        """Whether a key asks for undo or redo while nothing is typed."""
        return not self.lineEdit().isModified() and any(map(event.matches, UNDO))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._check_typed()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.lineEdit().isModified():
            self.lineEdit().setText(self.textFromValue(self.value()))
            self.selectAll()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._check_typed()
        super().keyPressEvent(event)

    def _check_typed(self) -> None:
        """Say why what stands here is not taken as it is."""
        if not self.lineEdit().isModified():
            return
        name = self.accessibleName() or "This"
        try:
            value = evaluate(self._bare(self.text()))
        except ValueError:
            if self._bare(self.text()):
                self.refused.emit(said("window.no-number", name=name))
            return
        if value < self.minimum():
            self.refused.emit(said("window.too-small", name=name, least=self.minimum(), unit=self._unit))
        elif value > self.maximum():
            self.refused.emit(said("window.too-large", name=name, most=self.maximum(), unit=self._unit))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _bare(self, text: str) -> str:
        unit = self._unit.strip()
        return text.strip().removesuffix(unit).strip() if unit else text.strip()


class ScrubLabel(QLabel):
    """The label of a number field; dragging it sideways changes the number, Shift ten times as fast.

    Signals:
        moved(float): the value while dragged. committed(float): the value at the end.
    """

    moved = Signal(float)
    committed = Signal(float)

    def __init__(self, text: str, field: NumberField, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._field = field
        self._start: tuple[float, float] | None = None
        self._value = 0.0
        self.setBuddy(field)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._start = (event.globalPosition().x(), self._field.value())
            self._value = self._field.value()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is None:
            return
        x, value = self._start
        speed = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        new = value + round(event.globalPosition().x() - x) * speed * self._field.singleStep()
        new = min(max(new, self._field.minimum()), self._field.maximum())
        if new != self._value:
            self._value = new
            self._field.show_value(new)
            self.moved.emit(new)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._start is None or event.button() != Qt.MouseButton.LeftButton:
            return
        changed = self._value != self._start[1]
        self._start = None
        if changed:
            self.committed.emit(self._value)
        else:
            self._field.setFocus(Qt.FocusReason.MouseFocusReason)
            self._field.selectAll()


class SliderField(QWidget):
    """A slider and a number field that show the same value.

    Signals:
        moved(int): while dragged. committed(int): chosen. cancelled(): a drag was given up with Esc.
        refused(str): what was typed is out of range.
    """

    moved = Signal(int)
    committed = Signal(int)
    cancelled = Signal()
    refused = Signal(str)

    def __init__(
        self,
        low: int,
        high: int,
        default: int,
        unit: str,
        name: str,
        tip: str = "",
        parent: QWidget | None = None,
        *,
        log: bool = False,
    ) -> None:
        """`log`: the slider gives small values (from 1 on) as much room as large ones."""
        super().__init__(parent)
        self._range = (low, high) if log else None
        ends = (0, LOG_STEPS) if log else (low, high)
        self.slider = Slider(*ends, self._to_slider(default))
        self.field = NumberField(low, high, unit)
        widest = max(f"{low}{unit}", f"{high}{unit}", key=len)
        self.field.setFixedWidth(max(66, self.field.fontMetrics().horizontalAdvance(widest) + 32))
        self.field.setValue(default)
        for widget in (self.slider, self.field):
            widget.setAccessibleName(name)
            widget.setToolTip(tip or name)
        self.setFocusProxy(self.field)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.slider.moved.connect(self._on_moved)
        self.slider.committed.connect(self._on_slider)
        self.slider.cancelled.connect(self._on_cancelled)
        self.field.committed.connect(self._on_field)
        self.field.refused.connect(self.refused)

    @property
    def value(self) -> int:
        """The value that both show."""
        return self._from_slider(self.slider.value())

    def _to_slider(self, value: float) -> int:
        if self._range is None:
            return round(value)
        low, high = self._range
        return round(LOG_STEPS * math.log(max(value, low) / low) / math.log(high / low))

    def _from_slider(self, at: int) -> int:
        if self._range is None:
            return at
        low, high = self._range
        return round(low * math.pow(high / low, at / LOG_STEPS))

    def _put(self, value: float) -> None:
        """Move the slider without a signal; where it stands for that value already it stays."""
        if self.value != round(value):
            blocker = QSignalBlocker(self.slider)
            self.slider.setValue(self._to_slider(value))
            blocker.unblock()

    def show_value(self, value: int) -> None:
        """Show a value without a signal; a drag under way keeps its own."""
        if self.slider.dragging:
            return
        self._put(value)
        self.field.show_value(value)

    def _on_moved(self, at: int) -> None:
        value = self._from_slider(at)
        self.field.show_value(value)
        self.moved.emit(value)

    def _on_slider(self, at: int) -> None:
        value = self._from_slider(at)
        self.field.show_value(value)
        self.committed.emit(value)

    def _on_cancelled(self) -> None:
        self.field.show_value(self.value)
        self.cancelled.emit()

    def _on_field(self, value: float) -> None:
        self._put(value)
        self.committed.emit(round(value))
