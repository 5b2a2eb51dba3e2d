"""The layer panel: filter, blend mode, opacity and lock above the list, buttons below it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.document import BlendMode, Change, Group, Node
from engine.editing import edits
from engine.words import said
from gui.document.session import DocumentSession
from gui.layers.blend_combo import BlendCombo
from gui.layers.filtering import FilterBar, show_only
from gui.layers.model import LayerModel, Role
from gui.layers.selection import RowSelection
from gui.layers.solo import Solo
from gui.layers.view import LayerView
from gui.layers.words import blend_name, count_text, sweep_text
from gui.widgets.buttons import IconButton
from gui.widgets.fields import SliderField
from gui.widgets.key_tip import KeyTip
from gui.widgets.merging import MergeKeys
from gui.widgets.section import Hairline

DIGIT_SECONDS = 0.8
BUTTONS = (
    ("group-add", "Group", "group"),
    ("duplicate", "Duplicate", "duplicate"),
    ("raise", "Bring forward", "raise"),
    ("lower", "Send backward", "lower"),
    ("delete", "Delete", "delete"),
)
"""Icon, tip, and id of the action that the button is; its tip with its key takes the place of this one."""


class LayerPanel(QWidget):
    """The panel. Every edit goes through the session as one undo step.

    Attributes:
        model, view: the list. filter: the bar that narrows it down.
        blend, opacity, lock: what the selected nodes have in common.
        buttons: below the list, by the id of their action; they rest until `use_actions`.
        empty: what stands in the list's place where it has no rows.

    Signals:
        message(str): one sentence for the status bar, e.g. why an edit was refused.
    """

    message = Signal(str)

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keys = MergeKeys()
        self._solo = Solo()
        self._collapsed: set[str] = set()
        self._menu_factory: Callable[[], QMenu] | None = None
        self._digit = (-1, 0.0)
        self.model = LayerModel(session, self)
        self.view = LayerView(self.model)
        self._rows = RowSelection(session, self.model, self.view)
        self.filter = FilterBar()
        self.blend = BlendCombo()
        self.opacity = SliderField(0, 100, 100, " %", "Opacity")
        self.lock = IconButton("unlock", "Lock", checked="lock")
        self.buttons = {name: IconButton(icon, tip) for icon, tip, name in BUTTONS}
        self._build()
        self._connect()
        self._on_structure()
        self._refresh()

    def _build(self) -> None:
        self.blend.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        mode = QHBoxLayout()
        mode.setSpacing(4)
        mode.addWidget(self.blend, 1)
        mode.addWidget(self.lock)
        self._opacity_label = label = QLabel("Opacity")
        label.setBuddy(self.opacity)
        strength = QHBoxLayout()
        strength.setSpacing(8)
        strength.addWidget(label)
        strength.addWidget(self.opacity, 1)
        top = QVBoxLayout()
        top.setContentsMargins(10, 8, 8, 8)
        top.setSpacing(6)
        top.addWidget(self.filter)
        top.addLayout(mode)
        top.addLayout(strength)
        self.empty = QLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(24, 24, 24, 24)
        self.empty.setObjectName("hint")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Hairline())
        layout.addLayout(top)
        layout.addWidget(Hairline())
        layout.addWidget(self._pages, 1)
        layout.addWidget(Hairline())
        layout.addLayout(self._bar())
        self.setMinimumHeight(220)
        self.setAutoFillBackground(True)

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 4, 6, 4)
        bar.setSpacing(2)
        self._count = QLabel()
        self._count.setObjectName("hint")
        bar.addSpacing(4)
        bar.addWidget(self._count, 1)
        for button in self.buttons.values():
            button.setEnabled(False)
            bar.addWidget(button)
        return bar

    def _connect(self) -> None:
        self._session.changed.connect(self._on_changed)
        self._session.selection_changed.connect(self._refresh)
        self.view.collapsed.connect(self._on_collapsed)
        self.view.expanded.connect(self._on_expanded)
        self.view.swept.connect(self._on_swept)
        self.view.sweep_ended.connect(self._on_sweep_ended)
        self.view.solo_asked.connect(self.solo)
        self.view.menu_asked.connect(self._on_menu_asked)
        self.filter.filter_changed.connect(self._apply_filter)
        self.filter.left.connect(self.view.setFocus)
        self.blend.hovered.connect(self._preview_blend)
        self.blend.left.connect(self._session.cancel_preview)
        self.blend.chosen.connect(self.choose_blend)
        self.opacity.moved.connect(self._preview_opacity)
        self.opacity.committed.connect(self.set_opacity)
        self.opacity.cancelled.connect(self._session.cancel_preview)
        self.lock.clicked.connect(self._on_lock_clicked)

    # -- what the actions call

    def set_menu_factory(self, factory: Callable[[], QMenu]) -> None:
        """What makes the context menu of the selected layers."""
        self._menu_factory = factory

    def use_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let the buttons below the list be the actions of these ids, and name the actions' keys in all tips."""
        for name, button in self.buttons.items():
            if name in actions:
                button.follow(actions[name])
        for widget, text, names, template in (
            (self.lock, "Lock", ("lock",), "({})"),
            (self.blend, "Blend mode", ("blend_next", "blend_previous"), "({} next, {} previous)"),
            (self.opacity, "Opacity", ("opacity1", "opacity0"), "({} for 10 % to {} for 100 %)"),
            (self.filter.field, "Filter by name", ("filter",), "({})"),
        ):
            if all(name in actions for name in names):
                KeyTip(widget, text, [actions[name] for name in names], template)

    def rename_current(self) -> None:
        """Open the name editor of the current layer."""
        index = self.model.index_of(self._session.current or "")
        if not index.isValid():
            self.message.emit(said("layers.nothing-to-rename"))
            return
        self._rows.reveal(index)
        self.view.setFocus()
        self.view.edit(index)

    def focus_filter(self) -> None:
        """Put the keyboard into the search field."""
        self.filter.focus_search()

    def solo(self, node_id: str) -> None:
        """Show that node alone; the same again shows what was shown before."""
        self._show_alone([node_id])

    def solo_selected(self) -> None:
        """Show the selected nodes alone; the same again shows what was shown before."""
        if self._session.selection:
            self._show_alone(self._session.selection)

    def _show_alone(self, ids: Collection[str]) -> None:
        after = self._solo.toggle(self._session.document, ids)
        self._session.apply("Solo", lambda _d: after)

    def type_opacity(self, digit: int) -> None:
        """A digit as in Photoshop: 4 is 40 %, 0 is 100 %, 4 and 5 quickly are 45 %, 0 and 0 quickly are 0 %."""
        first, when = self._digit
        now = time.monotonic()
        if first >= 0 and now - when < DIGIT_SECONDS:
            value, self._digit = first * 10 + digit, (-1, 0.0)
        else:
            value, self._digit = (digit or 10) * 10, (digit, now)
        self.set_opacity(value)

    def set_opacity(self, percent: int) -> None:
        """Give the selected layers that opacity, 0..100."""
        if ids := self._free():
            key = self._keys.key("opacity", ids)
            self._session.apply("Opacity", lambda d: edits.set_fields(d, ids, opacity=percent / 100), merge=key)
        self._refresh()

    def step_blend(self, by: int) -> None:
        """The next (1) or previous (-1) blend mode, in the order of the list, round and round."""
        ids = self._free()
        if not ids:
            return
        modes = self.blend.modes()
        now = self._session.document.find(ids[-1]).blend_mode
        at = modes.index(now) + by if now in modes else 0
        self._set_blend(ids, modes[at % len(modes)], self._keys.key("blend", ids))

    # -- edits

    def _nodes(self) -> list[Node]:
        nodes = {node.id: node for node in self._session.shown.walk()} if self._session.selection else {}
        return [nodes[i] for i in self._session.selection if i in nodes]

    def _free(self) -> list[str]:
        """Ids of the selected nodes that may be changed; says why where there is none."""
        chosen = self._session.selection
        free = edits.free_ids(self._session.document, chosen)
        if chosen and not free:
            self.message.emit(str(edits.refusal(self._session.document, chosen)))
        return free

    def _set_blend(self, ids: Collection[str], mode: BlendMode, key: str) -> None:
        self._session.apply(
            f"Blend mode {blend_name(mode)}", lambda d: edits.set_fields(d, ids, blend_mode=mode), merge=key
        )

    def _preview_blend(self, value: str) -> None:
        mode = BlendMode(value)
        ids = edits.free_ids(self._session.document, self._session.selection)
        self._session.preview(lambda d: edits.set_fields(d, ids, blend_mode=mode))

    def choose_blend(self, value: str) -> None:
        """Give the selected layers that blend mode, as a `BlendMode` value."""
        if ids := self._free():
            self._set_blend(ids, BlendMode(value), self._keys.key("blend", ids))
        self._refresh()

    def _preview_opacity(self, percent: int) -> None:
        ids = edits.free_ids(self._session.document, self._session.selection)
        self._session.preview(lambda d: edits.set_fields(d, ids, opacity=percent / 100))

    def _on_lock_clicked(self, checked: bool) -> None:
        ids = self._session.selection
        self._session.apply("Lock" if checked else "Unlock", lambda d: edits.set_fields(d, ids, locked=checked))

    def _on_swept(self, field: str, ids: tuple[str, ...], value: bool) -> None:
        self._sweep = (field, ids, value)
        self._session.preview(lambda d: edits.set_fields(d, ids, **{field: value}))

    def _on_sweep_ended(self, kept: bool) -> None:
        field, ids, value = self._sweep
        if not kept:
            self._session.cancel_preview()
            return
        self._session.apply(sweep_text(field, value, len(ids)), lambda d: edits.set_fields(d, ids, **{field: value}))

    # -- keeping up with the session

    def _on_changed(self, change: Change) -> None:
        if change.opened:
            self._collapsed.clear()
            self._solo = Solo()
        if change.opened or change.structure:
            self._on_structure()
            self._rows.mend()
        if self.filter.active and (change.opened or change.structure or change.fields & {"name", "kind"}):
            self._apply_filter()
        self._refresh()

    def _on_structure(self) -> None:
        for node in self._session.shown.walk():
            if isinstance(node, Group):
                index = self.model.index_of(node.id)
                if self.view.isExpanded(index) == (node.id in self._collapsed):
                    self.view.setExpanded(index, node.id not in self._collapsed)
        self._show_count()

    def _show_count(self, found: int | None = None) -> None:
        count = len(self._session.shown.layers()) if self._session.is_open else 0
        if found is not None:
            self._count.setText(said("layers.found", count=found))
        else:
            self._count.setText(count_text(count) if count else "")
        if not self._session.is_open:
            self.empty.setText(said("layers.no-document"))
        elif found == 0:
            self.empty.setText(said("layers.no-match"))
        else:
            self.empty.setText(said("layers.no-layers"))
        empty = found == 0 if found is not None else self.model.rowCount() == 0
        self._pages.setCurrentIndex(1 if empty else 0)

    def _refresh(self) -> None:
        """Show what the selected nodes have in common."""
        nodes = self._nodes()
        locked = edits.locked_ids(self._session.shown) if nodes else set()
        free = any(node.id not in locked for node in nodes)
        self.blend.setEnabled(free)
        self.opacity.setEnabled(free)
        self._opacity_label.setEnabled(free)
        self.lock.setEnabled(bool(nodes))
        self.lock.setChecked(bool(nodes) and all(node.locked for node in nodes))
        if not self.blend.view().isVisible():
            groups = bool(nodes) and all(isinstance(node, Group) for node in nodes)
            self.blend.show_modes({n.blend_mode for n in nodes} or {BlendMode.NORMAL}, groups)
        self.opacity.show_value(round(nodes[-1].opacity * 100) if nodes else 100)

    def _on_collapsed(self, index: QModelIndex) -> None:
        self._collapsed.add(index.data(Role.ID))

    def _on_expanded(self, index: QModelIndex) -> None:
        self._collapsed.discard(index.data(Role.ID))

    def _apply_filter(self) -> None:
        if self.filter.active:
            found = show_only(self.view, self.model, self.filter.matches)
            self.view.setDragEnabled(False)
            self._show_count(found)
        else:
            show_only(self.view, self.model, None)
            self.view.setDragEnabled(True)
            self._show_count()

    def _on_menu_asked(self, place: QPoint) -> None:
        if self._menu_factory is not None:
            menu = self._menu_factory()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(place)
