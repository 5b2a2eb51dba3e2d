"""The layer panel under real mouse and key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QToolTip, QVBoxLayout, QWidget

from engine.document import AdjustmentKind, BlendMode, Document, Layer
from engine.editing import edits
from gui.document.session import DocumentSession
from gui.layers.delegate import zones
from gui.layers.model import Role
from gui.layers.panel import LayerPanel
from gui.layers.words import adjustment_name
from tests.gui.documents import block, poster
from tests.nodes import with_everything

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def session(qapp):
    out = DocumentSession()
    out.open(poster())
    return out


@pytest.fixture
def panel(qtbot, session):
    out = LayerPanel(session)
    qtbot.addWidget(out)
    out.resize(300, 640)
    out.show()
    assert QTest.qWaitForWindowExposed(out)
    out.view.setFocus()
    return out


@pytest.fixture
def said(panel: LayerPanel) -> list[str]:
    """The panel's messages."""
    out: list[str] = []
    panel.message.connect(out.append)
    return out


def where(panel: LayerPanel, node_id: str, part: str = "name") -> QPoint:
    index = panel.model.index_of(node_id)
    return getattr(zones(panel.view.visualRect(index), index), part).center()


def click(panel: LayerPanel, node_id: str, part: str = "name", modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(panel.view.viewport(), LEFT, modifiers, where(panel, node_id, part))


def double_click(panel: LayerPanel, node_id: str, part: str = "name") -> None:
    port, at = panel.view.viewport(), where(panel, node_id, part)
    QTest.mouseClick(port, LEFT, NONE, at)
    QTest.mouseDClick(port, LEFT, NONE, at)
    QTest.mouseRelease(port, LEFT, NONE, at)


def hidden(session: DocumentSession) -> set[str]:
    return {n.id for n in session.document.walk() if not n.visible}


def editor(panel: LayerPanel) -> QLineEdit | None:
    found = [w for w in panel.view.viewport().findChildren(QLineEdit) if w.isVisible()]
    return found[0] if found else None


# -- the eye


def test_a_click_on_the_eye_hides_and_shows_and_does_not_select(panel, session):
    click(panel, "sun", "eye")
    assert hidden(session) == {"sun"}
    assert session.selection == ()
    click(panel, "sun", "eye")
    assert hidden(session) == set()
    assert session.stack.count() == 2


def test_dragging_down_the_eyes_is_one_undo_step(panel, session):
    port = panel.view.viewport()
    QTest.mousePress(port, LEFT, NONE, where(panel, "title", "eye"))
    QTest.mouseMove(port, where(panel, "land", "eye"))
    assert {n.id for n in session.shown.walk() if not n.visible} == {"title", "banner", "sun", "land"}
    assert session.stack.count() == 0, "still a preview"
    QTest.mouseRelease(port, LEFT, NONE, where(panel, "land", "eye"))
    assert hidden(session) == {"title", "banner", "sun", "land"}
    assert session.stack.count() == 1
    session.stack.undo()
    assert hidden(session) == set()


def test_escape_gives_up_a_drag_over_the_eyes(panel, session):
    port = panel.view.viewport()
    QTest.mousePress(port, LEFT, NONE, where(panel, "title", "eye"))
    QTest.mouseMove(port, where(panel, "sun", "eye"))
    QTest.keyClick(panel.view, Qt.Key.Key_Escape)
    assert session.shown is session.document
    assert session.stack.count() == 0


@pytest.mark.parametrize("modifier", [ALT, SHIFT])
def test_solo_hides_the_others_and_a_repeat_restores(panel, session, modifier):
    session.apply("Hide", lambda d: edits.set_fields(d, ["banner"], visible=False))
    click(panel, "boat", "eye", modifier)
    assert hidden(session) == {"sky", "hills", "sun", "head", "banner"}
    click(panel, "boat", "eye", modifier)
    assert hidden(session) == {"banner"}, "what was hidden before stays hidden"


def test_solo_after_another_change_does_not_bring_back_an_old_state(panel, session):
    click(panel, "sun", "eye", ALT)
    click(panel, "sky", "eye")
    click(panel, "sun", "eye", ALT)
    assert hidden(session) == {"sky", "land", "head"}


def test_a_double_click_on_the_eye_toggles_twice_and_does_not_rename(panel, session):
    double_click(panel, "sun", "eye")  # two presses
    assert session.stack.count() == 2
    assert editor(panel) is None
    assert hidden(session) == set()


def test_the_lock_is_toggled_in_the_row(panel, session):
    click(panel, "sun", "lock")
    assert session.document.find("sun").locked
    assert session.selection == ()


# -- names


def test_double_click_renames_and_enter_keeps(panel, session, qtbot):
    double_click(panel, "sun")
    field = editor(panel)
    assert field is not None
    assert field.selectedText() == "Sun"
    QTest.keyClicks(field, "Evening")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.document.find("sun").name == "Evening")
    assert session.stack.undoText() == "Rename"


def test_escape_keeps_the_old_name(panel, session):
    double_click(panel, "sun")
    QTest.keyClicks(editor(panel), "x")
    QTest.keyClick(editor(panel), Qt.Key.Key_Escape)
    assert session.document.find("sun").name == "Sun"
    assert session.stack.count() == 0


def test_tab_goes_on_to_the_next_name_and_backtab_back(panel, session):
    session.select(["banner"])
    panel.rename_current()
    QTest.keyClicks(editor(panel), "Ribbon")
    QTest.keyClick(editor(panel), Qt.Key.Key_Tab)
    assert editor(panel).text() == "Sun"
    assert session.selection == ("sun",)
    QTest.keyClick(editor(panel), Qt.Key.Key_Backtab)
    assert editor(panel).text() == "Ribbon"
    QTest.keyClick(editor(panel), Qt.Key.Key_Escape)
    assert session.document.find("banner").name == "Ribbon"


def test_the_current_layer_is_renamed_even_in_a_closed_group(panel, session):
    panel.view.collapse(panel.model.index_of("land"))
    session.select(["boat"])
    panel.rename_current()
    assert editor(panel).text() == "Boat"
    QTest.keyClick(editor(panel), Qt.Key.Key_Escape)


def test_rename_with_nothing_selected_says_so(panel, said):
    panel.rename_current()
    assert said == ["Select a layer to rename it."]


# -- selection


def test_selection_goes_both_ways(panel, session):
    click(panel, "sun")
    click(panel, "boat", modifiers=CTRL)
    assert session.selection == ("sun", "boat")
    assert session.current == "boat"
    session.select(["title"])
    assert [i.data(Role.ID) for i in panel.view.selectionModel().selectedRows()] == ["title"]
    assert panel.view.currentIndex().data(Role.ID) == "title"
    session.select([])
    assert not panel.view.selectionModel().hasSelection()


def test_shift_click_selects_a_range_and_arrows_move(panel, session):
    click(panel, "title")
    click(panel, "sun", modifiers=SHIFT)
    assert set(session.selection) == {"title", "banner", "sun"}
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    assert session.selection == ("land",)


def test_a_layer_selected_elsewhere_in_a_closed_group_is_shown(panel, session):
    panel.view.collapse(panel.model.index_of("land"))
    session.select(["hills"])
    assert panel.view.isExpanded(panel.model.index_of("land"))


def test_edits_keep_selection_scroll_and_what_is_folded(panel, session, qtbot):
    pixels = block(4, 4)
    session.open(Document(8, 8, (*poster().nodes, *(Layer(pixels, id=f"n{i}", name=f"n{i}") for i in range(60)))))
    panel.view.collapse(panel.model.index_of("head"))
    panel.view.verticalScrollBar().setValue(400)
    session.select(["n40", "n44"])
    at = panel.view.verticalScrollBar().value()
    session.apply("Hide", lambda d: edits.set_fields(d, ["n42"], visible=False))
    session.apply("Delete", lambda d: edits.remove(d, ["n10"]))
    session.apply("Group", lambda d: edits.group(d, ["n41", "n43"])[0])
    session.stack.undo()
    assert session.selection == ("n40", "n44")
    assert {i.data(Role.ID) for i in panel.view.selectionModel().selectedRows()} == {"n40", "n44"}
    assert panel.view.verticalScrollBar().value() == at
    assert not panel.view.isExpanded(panel.model.index_of("head"))


def test_an_ungrouped_and_regrouped_selection_survives_undo(panel, session):
    session.select(["sun", "boat"])
    after, group = edits.group(session.document, session.selection)
    session.apply("Group", lambda _d: after, select=[group])
    assert panel.view.isExpanded(panel.model.index_of(group))
    session.stack.undo()
    assert session.selection == ("sun", "boat")
    session.stack.redo()
    assert session.selection == (group,)


# -- keys


def test_letters_reach_the_tools_and_do_not_search(qtbot, session):
    window = QWidget()
    panel = LayerPanel(session)
    QVBoxLayout(window).addWidget(panel)
    qtbot.addWidget(window)
    fired = []
    QShortcut(QKeySequence("V"), window).activated.connect(lambda: fired.append("V"))
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    session.select(["sun"])
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_V)
    QTest.keyClick(panel.view, Qt.Key.Key_B)
    assert fired == ["V"]
    assert session.selection == ("sun",), "B is no search for Boat or Banner"
    panel.rename_current()
    QTest.keyClicks(editor(panel), "V")
    assert fired == ["V"]
    assert editor(panel).text() == "V"
    QTest.keyClick(editor(panel), Qt.Key.Key_Escape)


def test_digits_set_the_opacity_as_in_photoshop(panel, session, monkeypatch):
    session.select(["sun"])
    now = [100.0]
    monkeypatch.setattr("gui.layers.panel.time.monotonic", lambda: now[0])
    panel.type_opacity(4)
    assert session.document.find("sun").opacity == 0.4
    panel.type_opacity(5)
    assert session.document.find("sun").opacity == 0.45
    now[0] += 5
    panel.type_opacity(0)
    assert session.document.find("sun").opacity == 1.0
    panel.type_opacity(0)
    assert session.document.find("sun").opacity == 0.0
    session.stack.undo()
    session.stack.undo()
    assert session.document.find("sun").opacity == 1.0


def test_steps_go_through_the_blend_modes(panel, session):
    session.select(["boat"])
    panel.step_blend(1)
    assert session.document.find("boat").blend_mode is BlendMode.DARKEN
    panel.step_blend(-1)
    panel.step_blend(-1)
    assert session.document.find("boat").blend_mode is BlendMode.EXCLUSION
    assert session.stack.count() == 1


# -- blend mode, opacity, lock


def test_hovering_over_a_blend_mode_previews_and_leaving_restores(panel, session, qtbot):
    session.select(["boat"])
    panel.blend.showPopup()
    view = panel.blend.view()
    qtbot.waitUntil(view.isVisible)
    row = panel.blend.findData(BlendMode.MULTIPLY.value)
    QTest.mouseMove(view.viewport(), view.visualRect(view.model().index(row, 0)).center())
    qtbot.waitUntil(lambda: session.shown.find("boat").blend_mode is BlendMode.MULTIPLY)
    assert session.document.find("boat").blend_mode is BlendMode.NORMAL
    QTest.keyClick(view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.isVisible())
    QTest.mouseMove(view.viewport(), view.visualRect(view.model().index(row + 1, 0)).center())
    panel.blend.highlighted.emit(row)  # what the mouse says while the list is going
    assert session.shown is session.document
    assert session.stack.count() == 0


def test_choosing_a_blend_mode_is_one_step_for_all_selected(panel, session, qtbot):
    session.select(["boat", "title"])
    panel.blend.showPopup()
    view = panel.blend.view()
    qtbot.waitUntil(view.isVisible)
    at = view.visualRect(view.model().index(panel.blend.findData("overlay"), 0)).center()
    QTest.mouseMove(view.viewport(), at)
    QTest.qWait(QApplication.doubleClickInterval() // 4)
    QTest.mouseClick(view.viewport(), LEFT, NONE, at)
    qtbot.waitUntil(lambda: session.document.find("boat").blend_mode is BlendMode.OVERLAY)
    assert session.document.find("title").blend_mode is BlendMode.OVERLAY
    assert session.stack.count() == 1
    assert panel.blend.currentText() == "Overlay"


def test_pass_through_is_offered_for_groups_only(panel, session):
    session.select(["land"])
    assert panel.blend.currentText() == "Pass Through"
    session.select(["boat"])
    assert BlendMode.PASS_THROUGH not in panel.blend.modes()
    assert len(panel.blend.modes()) == 12
    session.select(["boat", "sun"])
    assert panel.blend.currentIndex() == -1, "two modes: mixed"


def test_dragging_the_opacity_previews_and_is_one_step(panel, session):
    session.select(["sun"])
    slider = panel.opacity.slider
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, NONE, QPoint(slider.width() - 8, middle.y()))
    for x in range(slider.width() - 8, middle.x(), -6):
        QTest.mouseMove(slider, QPoint(x, middle.y()))
    QTest.mouseMove(slider, middle)
    assert session.shown.find("sun").opacity == pytest.approx(0.5, abs=0.02)
    assert session.document.find("sun").opacity == 1.0
    QTest.mouseRelease(slider, LEFT, NONE, middle)
    assert session.document.find("sun").opacity == pytest.approx(0.5, abs=0.02)
    assert session.stack.count() == 1


def test_escape_gives_up_a_drag_of_the_opacity(panel, session):
    session.select(["sun"])
    slider = panel.opacity.slider
    slider.setFocus()
    QTest.mousePress(slider, LEFT, NONE, slider.rect().center())
    assert session.shown.find("sun").opacity < 0.6
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    QTest.mouseRelease(slider, LEFT, NONE, slider.rect().center())
    assert session.shown is session.document
    assert session.stack.count() == 0
    assert panel.opacity.field.text() == "100 %"


def test_typing_an_opacity(panel, session):
    session.select(["sun", "boat"])
    field = panel.opacity.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "30")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [session.document.find(i).opacity for i in ("sun", "boat")] == [0.3, 0.3]
    assert field.text() == "30 %"
    assert session.stack.count() == 1


def test_locked_layers_refuse_and_say_why(panel, session, said):
    session.select(["sky"])
    assert not panel.opacity.isEnabled()
    assert not panel.blend.isEnabled()
    panel.type_opacity(5)
    panel.choose_blend("screen")
    assert said == ["“Sky” is locked; unlock it first."] * 2
    session.apply("Lock", lambda d: edits.set_fields(d, ["land"], locked=True))
    session.select(["boat"])
    panel.step_blend(1)
    assert said[-1] == "“Boat” is in a locked group; unlock the group first."
    assert session.stack.count() == 1


def test_the_lock_button_shows_and_changes_the_lock(panel, session):
    session.select(["sky", "sun"])
    assert not panel.lock.isChecked()
    QTest.mouseClick(panel.lock, LEFT)
    assert session.document.find("sun").locked
    session.select(["sky"])
    assert panel.lock.isChecked()
    QTest.mouseClick(panel.lock, LEFT)
    assert not session.document.find("sky").locked


# -- the bar


def test_all_buttons_rest_while_nothing_is_selected(panel, session):
    assert not any(b.isEnabled() for b in panel.buttons.values())
    session.close()
    assert "Open an image" in panel.empty.text()
    assert not panel.view.isVisible()


def test_everything_has_a_name_and_a_tip(panel):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    widgets = [w for kind in kinds for w in panel.findChildren(kind) if not w.objectName().startswith("qt_")]
    bare = [w for w in widgets if not isinstance(w.parent(), QLineEdit) and not (w.accessibleName() and w.toolTip())]
    assert widgets
    assert bare == []


def test_the_buttons_can_be_the_programs_actions(panel, session):
    done = []
    action = QAction("Duplicate", panel)
    action.setToolTip("Duplicate (Ctrl+Alt+D)")
    action.setEnabled(False)
    action.triggered.connect(lambda: done.append(1))
    panel.use_actions({"duplicate": action})
    button = panel.buttons["duplicate"]
    assert button.toolTip() == "Duplicate (Ctrl+Alt+D)"
    assert not button.isEnabled()
    action.setEnabled(True)
    session.select(["boat"])
    QTest.mouseClick(button, LEFT)
    assert done == [1]
    assert session.stack.count() == 0, "only the action works"


def test_tips_say_what_the_marks_do_and_take_names_as_they_are(panel, session):
    session.apply("Rename", lambda d: edits.rename(d, "sun", "<b>Sun</b> & moon"))
    port = panel.view.viewport()
    for part, words in (("eye", "Alt+click"), ("lock", "Lock"), ("name", "&lt;b&gt;Sun&lt;/b&gt; &amp; moon")):
        at = where(panel, "sun", part)
        QApplication.sendEvent(port, QHelpEvent(QEvent.Type.ToolTip, at, port.mapToGlobal(at)))
        assert words in QToolTip.text()


# -- drag and drop


def drag(panel: LayerPanel, ids: list[str], pos: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> bool:
    """Move a drag of those rows over `pos` and drop it there; whether it was taken."""
    data = panel.model.mimeData([panel.model.index_of(i) for i in ids])
    port = panel.view.viewport()
    both = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    QApplication.sendEvent(port, QDragEnterEvent(QPointF(pos), both, data, LEFT, modifiers))
    over = QDragMoveEvent(QPointF(pos), both, data, LEFT, modifiers)
    QApplication.sendEvent(port, over)
    if not over.isAccepted():
        return False
    drop = QDropEvent(QPointF(pos), both, data, LEFT, modifiers, QEvent.Type.Drop)
    QApplication.sendEvent(port, drop)
    return drop.isAccepted()


def edge(panel: LayerPanel, node_id: str, part: float, x: int = 150) -> QPoint:
    rect = panel.view.visualRect(panel.model.index_of(node_id))
    return QPoint(x, rect.top() + round(rect.height() * part))


def tree(session: DocumentSession) -> list:
    return [
        (n.id, [c.id for c in n.children]) if hasattr(n, "children") else n.id for n in session.document.nodes[::-1]
    ]


def test_drag_above_a_row_reorders_as_one_step(panel, session):
    assert drag(panel, ["sun"], edge(panel, "head", 0.1))
    assert tree(session) == ["sun", ("head", ["banner", "title"]), ("land", ["hills", "boat"]), "sky"]
    assert session.stack.count() == 1


def test_drag_into_a_group_and_out_again(panel, session):
    assert drag(panel, ["sun"], edge(panel, "land", 0.5))
    assert tree(session)[1] == ("land", ["hills", "boat", "sun"])
    assert drag(panel, ["sun"], edge(panel, "hills", 0.9, x=10))
    assert tree(session)[1:3] == [("land", ["hills", "boat"]), "sun"]


def test_under_the_last_row_of_a_group_the_cursor_says_inside_or_outside(panel, session):
    assert drag(panel, ["sun"], edge(panel, "hills", 0.9, x=200))
    assert tree(session)[1] == ("land", ["sun", "hills", "boat"])


def test_several_rows_are_dragged_in_their_order(panel, session):
    assert drag(panel, ["title", "boat"], edge(panel, "sky", 0.9))
    assert tree(session)[-2:] == ["title", "boat"] or tree(session)[-2:] == ["boat", "title"]
    assert [n.id for n in session.document.nodes][:2] == ["boat", "title"], "what was above stays above"


def test_a_group_is_not_taken_into_itself(panel, session):
    assert not drag(panel, ["land"], edge(panel, "boat", 0.9))
    assert session.stack.count() == 0


def test_alt_drag_copies(panel, session):
    assert drag(panel, ["sun"], edge(panel, "head", 0.1), ALT)
    assert [n.name for n in session.document.nodes[::-1]][:2] == ["Sun copy", "Head"]
    assert session.document.has("sun")


def test_a_drop_line_shows_and_goes(panel, session):
    data = panel.model.mimeData([panel.model.index_of("sun")])
    at = edge(panel, "head", 0.1)
    over = QDragMoveEvent(QPointF(at), Qt.DropAction.MoveAction, data, LEFT, NONE)
    QApplication.sendEvent(
        panel.view.viewport(), QDragEnterEvent(QPointF(at), Qt.DropAction.MoveAction, data, LEFT, NONE)
    )
    line = panel.view.viewport().grab(QRect(100, 0, 40, 2)).toImage()
    QApplication.sendEvent(panel.view.viewport(), over)
    assert panel.view.viewport().grab(QRect(100, 0, 40, 2)).toImage() != line
    QApplication.sendEvent(panel.view.viewport(), QDragLeaveEvent())
    assert panel.view.viewport().grab(QRect(100, 0, 40, 2)).toImage() == line


# -- filter


def visible_rows(panel: LayerPanel) -> list[str]:
    out = []
    index = panel.view.indexAt(QPoint(60, 2))
    while index.isValid():
        out.append(index.data(Role.ID))
        index = panel.view.indexBelow(index)
    return out


def test_filter_by_name_keeps_the_groups_around_a_hit(panel, session):
    panel.filter.set_filter("bo")
    assert visible_rows(panel) == ["land", "boat"]
    panel.filter.set_filter("")
    assert len(visible_rows(panel)) == 8


def test_filter_by_kind_and_its_end(panel, session):
    panel.filter.set_filter(kinds=["shape", "text"])
    assert visible_rows(panel) == ["head", "title", "banner", "sun"]
    panel.filter.set_filter("zzz")
    assert not panel.view.isVisible()
    assert "No layer" in panel.empty.text()
    panel.filter.set_filter()
    assert panel.view.isVisible()


def test_keys_in_the_search_field_lead_to_the_list(panel, session):
    panel.focus_filter()
    field = panel.filter.field
    QTest.keyClicks(field, "boat")
    assert visible_rows(panel) == ["land", "boat"]
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert panel.view.hasFocus()
    panel.focus_filter()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert len(visible_rows(panel)) == 8
    assert panel.view.hasFocus()


def test_a_new_layer_passes_through_an_open_filter(panel, session):
    panel.filter.set_filter("boat")
    session.apply("Duplicate", lambda d: edits.duplicate(d, ["sun", "boat"])[0])
    names = [panel.model.index_of(i).data() for i in visible_rows(panel)]
    assert names == ["Land", "Boat copy", "Boat"]


# -- context menu


def test_the_context_menu_comes_from_outside_and_selects_the_row(panel, session, qtbot):
    made = []

    def factory() -> QMenu:
        menu = QMenu(panel)
        menu.addAction("Rename")
        made.append(menu)
        return menu

    panel.set_menu_factory(factory)
    from PySide6.QtGui import QContextMenuEvent

    pos = where(panel, "boat")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, pos, panel.view.viewport().mapToGlobal(pos))
    QApplication.sendEvent(panel.view.viewport(), event)
    assert session.selection == ("boat",)
    qtbot.waitUntil(lambda: bool(made) and made[0].isVisible())
    made[0].close()


def test_adjustments_and_fills_are_rows_of_their_own_kind(panel, session):
    session.open(with_everything(poster()))
    for node_id, kind, said in (
        ("levels", "adjustment", "adjustment: Gradient Map, masked"),
        ("paint", "fill", "pattern fill, clipped to the one below, with effects"),
    ):
        index = panel.model.index_of(node_id)
        assert index.data(Role.KIND) == kind
        assert index.data(Qt.ItemDataRole.ToolTipRole).endswith(said)
        assert index.data(Qt.ItemDataRole.DecorationRole) is None
        click(panel, node_id)
        assert session.selection == (node_id,)
        row = panel.grab(panel.view.visualRect(index)).toImage()
        assert len({row.pixel(x, row.height() // 2) for x in range(row.width())}) > 5, "an icon and a name are painted"
    panel.filter.set_filter(kinds=["fill"])
    assert not panel.view.isRowHidden(panel.model.index_of("paint").row(), panel.model.index_of("paint").parent())
    assert panel.view.isRowHidden(panel.model.index_of("levels").row(), panel.model.index_of("levels").parent())


@pytest.mark.parametrize("kind", AdjustmentKind)
def test_every_adjustment_has_a_name(kind):
    assert adjustment_name(kind)[0].isupper()
