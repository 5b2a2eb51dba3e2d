"""The one table of actions: menus, shortcuts, the canvas' and the list's context menus all come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from engine.document import Group, Layer
from gui import edit_actions
from gui.icons import icon

if TYPE_CHECKING:
    from gui.main_window import MainWindow

Run = Callable[["MainWindow"], object]
Test = Callable[["MainWindow"], bool]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the user can do.

    Attributes:
        menu: the menu it stands in; a leading "-" puts a separator before it; "" keeps it out of the menus.
        shortcuts: the first one is shown.
        enabled: whether it can be done now; asked whenever the document, selection or a run changes.
        checked: for an action that is on or off.
        on_canvas: the shortcut works only while the canvas has the keyboard (arrows, Enter, Esc).
    """

    id: str
    text: str
    menu: str
    run: Run
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    enabled: Test = lambda _w: True
    checked: Test | None = None
    on_canvas: bool = False


def is_open(w: MainWindow) -> bool:
    return w.session.is_open


def has_selection(w: MainWindow) -> bool:
    return bool(w.session.selection)


def one_selected(w: MainWindow) -> bool:
    return len(w.session.selection) == 1


def has_group(w: MainWindow) -> bool:
    chosen = set(w.session.selection)
    return any(isinstance(n, Group) and n.id in chosen for n in w.session.document.walk())


def _nudge(dx: int, dy: int) -> Run:
    return lambda w: w.canvas.nudge(dx, dy)


def _next(by: int) -> Run:
    def run(w: MainWindow) -> None:
        ids = [node.id for node in w.session.document.walk()]
        if not ids:
            return
        current = w.session.current
        at = ids.index(current) + by if current in ids else 0
        w.session.select([ids[at % len(ids)]])

    return run


def _opacity(digit: int) -> Action:
    """A number key as in Photoshop: 4 is 40 %, 0 is 100 %, and two quickly are both digits."""
    text = f"Opacity {(digit or 10) * 10} %"
    return Action(f"opacity{digit}", text, "", lambda w: w.layers.type_opacity(digit), "", (str(digit),), has_selection)


def several_selected(w: MainWindow) -> bool:
    return len(w.session.selection) > 1


def can_decompose_layer(w: MainWindow) -> bool:
    current = w.session.current
    if len(w.session.selection) != 1 or current is None or w.controller.running:
        return False
    return isinstance(w.session.document.find(current), Layer)


def _backdrop(kind: str) -> Run:
    return lambda w: w.canvas.set_background(kind)


def has_area(w: MainWindow) -> bool:
    return w.canvas.area is not None


def _deselect(w: MainWindow) -> None:
    """First the selected part of the picture, then the selected layers."""
    w.canvas.set_area(None) if has_area(w) else w.session.select(())


def _tool(tool: str, text: str, icon_name: str, key: str) -> Action:
    return Action(
        tool,
        text,
        "",
        lambda w: w.canvas.set_tool(tool),
        icon_name,
        (key,),
        is_open,
        lambda w: w.tool == tool,
    )


TOOLS = (
    "move", "hand", "", "select-rectangle", "select-lasso", "select-brush", "", "mask-erase", "mask-restore", "",
    "eyedropper", "", "undo", "redo", "", "fit",
)  # fmt: skip
"""The tool bar, top to bottom; "" is a gap."""

ACTIONS: tuple[Action, ...] = (
    Action("open", "&Open…", "&File", lambda w: w.files.open_dialog(), "open", ("Ctrl+O",)),
    Action("paste_new", "Paste as &new image", "&File", lambda w: w.files.paste_as_new(), "", ("Ctrl+Shift+N",)),
    Action("close", "&Close", "&File", lambda w: w.close_document(), "", ("Ctrl+W",), is_open),
    Action("export", "&Export…", "-&File", lambda w: w.files.export_dialog(), "export", ("Ctrl+S",), is_open),
    Action("quit", "&Quit", "-&File", lambda w: w.close(), "", ("Ctrl+Q",)),
    Action("undo", "&Undo", "&Edit", lambda w: w.session.stack.undo(), "undo", ("Ctrl+Z",), lambda w: w.session.stack.canUndo()),
    Action("redo", "&Redo", "&Edit", lambda w: w.session.stack.redo(), "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda w: w.session.stack.canRedo()),
    Action("history", "&History", "&Edit", lambda w: w.show_history(), "history", (), is_open),
    Action("cut", "Cu&t", "-&Edit", edit_actions.cut, "cut", ("Ctrl+X",), has_selection),
    Action("copy", "&Copy", "&Edit", lambda w: edit_actions.copy(w), "copy", ("Ctrl+C",), has_selection),
    Action("copy_merged", "Copy &merged", "&Edit", edit_actions.copy_merged, "", ("Ctrl+Shift+C",), is_open),
    Action("paste", "&Paste", "&Edit", lambda w: w.files.paste(), "", ("Ctrl+V",)),
    Action("select_all", "Select &all layers", "-&Edit", edit_actions.select_all, "", ("Ctrl+A",), is_open),
    Action("deselect", "&Deselect", "&Edit", _deselect, "", ("Ctrl+D", "Ctrl+Shift+A"), lambda w: has_selection(w) or has_area(w)),
    Action("next", "Select layer &above", "&Edit", _next(1), "", ("Alt+]",), is_open),
    Action("previous", "Select layer &below", "&Edit", _next(-1), "", ("Alt+[",), is_open),
    Action("decompose", "&Decompose", "&Image", lambda w: w.decompose.start(), "decompose", ("Ctrl+Shift+D",), lambda w: w.session.is_open and not w.controller.running),
    Action("cancel_run", "&Cancel the run", "&Image", lambda w: w.decompose.cancel.click(), "", ("Ctrl+.",), lambda w: w.controller.running),
    Action("models", "&Models…", "-&Image", lambda w: w.show_models(), "chip"),
    Action("rename", "&Rename", "&Layer", lambda w: w.layers.rename_current(), "", ("F2",), one_selected),
    Action("duplicate", "&Duplicate", "&Layer", edit_actions.duplicate, "duplicate", ("Ctrl+J",), has_selection),
    Action("delete", "De&lete", "&Layer", edit_actions.delete, "delete", ("Del", "Backspace"), has_selection),
    Action("visible", "&Show or hide", "-&Layer", edit_actions.toggle("visible", "Show", "Hide"), "", ("Ctrl+,",), has_selection),
    Action("lock", "Loc&k or unlock", "&Layer", edit_actions.toggle("locked", "Lock", "Unlock"), "", ("Ctrl+/",), has_selection),
    Action("group", "&Group", "-&Layer", edit_actions.group, "group", ("Ctrl+G",), has_selection),
    Action("ungroup", "&Ungroup", "&Layer", edit_actions.ungroup, "", ("Ctrl+Shift+G",), has_group),
    Action("merge_down", "&Merge down", "-&Layer", edit_actions.merge_down, "merge-down", ("Ctrl+E",), one_selected),
    Action("merge", "Merge selected", "&Layer", edit_actions.merge, "", ("Ctrl+Alt+E",), several_selected),
    Action("merge_visible", "Merge &visible", "&Layer", edit_actions.merge_visible, "merge-visible", ("Ctrl+Shift+E",), is_open),
    Action("decompose_layer", "Decompose this layer furt&her", "-&Layer", lambda w: w.decompose.start_layer(), "split", (), can_decompose_layer),
    Action("split", "Split into &islands", "&Layer", edit_actions.split_islands, "islands", (), one_selected),
    Action("fill_behind", "Fill be&hind", "&Layer", edit_actions.fill_behind, "fill-behind", (), one_selected),
    Action("rasterize", "Rasteri&ze", "&Layer", edit_actions.rasterize, "", (), has_selection),
    Action("raise", "Bring &forward", "-&Layer", edit_actions.step("Bring forward", 1), "", ("Ctrl+]",), has_selection),
    Action("lower", "Send bac&kward", "&Layer", edit_actions.step("Send backward", -1), "", ("Ctrl+[",), has_selection),
    Action("to_front", "Bring to fron&t", "&Layer", edit_actions.step("Bring to front", 10_000), "", ("Ctrl+Shift+]",), has_selection),
    Action("to_back", "Send to &back", "&Layer", edit_actions.step("Send to back", -10_000), "", ("Ctrl+Shift+[",), has_selection),
    Action("transform", "&Transform", "-&Layer", lambda w: w.canvas.begin_transform(), "transform", ("Ctrl+T",), has_selection),
    Action("recolor", "Recolo&ur", "&Layer", lambda w: w.inspector.focus_color(), "recolor", ("Ctrl+U",), has_selection),
    Action("flip_h", "Flip &horizontally", "&Layer", edit_actions.flip_horizontally, "", (), has_selection),
    Action("flip_v", "Flip &vertically", "&Layer", edit_actions.flip_vertically, "", (), has_selection),
    Action("reset_place", "Reset position and si&ze", "&Layer", edit_actions.reset_place, "", (), has_selection),
    Action("reset_recolor", "Reset &colour", "&Layer", edit_actions.reset_recolor, "", (), has_selection),
    Action("zoom_in", "Zoom &in", "&View", lambda w: w.canvas.zoom_in(), "", ("Ctrl++", "Ctrl+="), is_open),
    Action("zoom_out", "Zoom &out", "&View", lambda w: w.canvas.zoom_out(), "", ("Ctrl+-",), is_open),
    Action("fit", "&Fit in window", "&View", lambda w: w.canvas.fit(), "fit", ("Ctrl+0",), is_open),
    Action("actual", "&100 %", "&View", lambda w: w.canvas.actual_size(), "", ("Ctrl+1",), is_open),
    Action("on_checker", "On &checkerboard", "-&View", _backdrop("checker"), "", (), is_open),
    Action("on_white", "On &white", "&View", _backdrop("white"), "", (), is_open),
    Action("on_black", "On &black", "&View", _backdrop("black"), "", (), is_open),
    Action("palette", "&Commands…", "&Help", lambda w: w.show_palette(), "command", ("Ctrl+K",)),
    Action("shortcuts", "&Keyboard shortcuts", "&Help", lambda w: w.show_shortcuts(), "", ("?", "Shift+?", "F1")),
    Action("about", "&About Unflatten", "&Help", lambda w: w.show_about()),
    Action("move_area", "Move selection to new la&yer", "&Layer", edit_actions.move_area, "select-rect", ("Ctrl+Shift+J",), has_area),
    Action("rulers", "&Rulers", "-&View", lambda w: w.canvas.set_rulers(not w.canvas.rulers), "ruler", ("Ctrl+R",), is_open, lambda w: w.canvas.rulers),
    Action("auto_select", "Click selects the layer under the cursor", "&Edit", lambda w: w.canvas.set_auto_select(not w.canvas.auto_select), "", (), is_open, lambda w: w.canvas.auto_select),
    _tool("move", "Move", "move", "V"),
    _tool("hand", "Hand", "hand", "H"),
    _tool("select-rectangle", "Select a rectangle", "select-rect", "M"),
    _tool("select-lasso", "Select with a lasso", "lasso", "L"),
    _tool("select-brush", "Select with a brush", "brush", "B"),
    _tool("mask-erase", "Erase", "eraser", "E"),
    _tool("mask-restore", "Bring back what was erased", "reset", "R"),
    _tool("eyedropper", "Eyedropper", "eyedropper", "I"),
    Action("left", "Nudge left", "", _nudge(-1, 0), "", ("Left",), has_selection, on_canvas=True),
    Action("right", "Nudge right", "", _nudge(1, 0), "", ("Right",), has_selection, on_canvas=True),
    Action("up", "Nudge up", "", _nudge(0, -1), "", ("Up",), has_selection, on_canvas=True),
    Action("down", "Nudge down", "", _nudge(0, 1), "", ("Down",), has_selection, on_canvas=True),
    Action("left10", "Nudge left 10 px", "", _nudge(-10, 0), "", ("Shift+Left",), has_selection, on_canvas=True),
    Action("right10", "Nudge right 10 px", "", _nudge(10, 0), "", ("Shift+Right",), has_selection, on_canvas=True),
    Action("up10", "Nudge up 10 px", "", _nudge(0, -10), "", ("Shift+Up",), has_selection, on_canvas=True),
    Action("down10", "Nudge down 10 px", "", _nudge(0, 10), "", ("Shift+Down",), has_selection, on_canvas=True),
    Action("blend_next", "Next blend mode", "", lambda w: w.layers.step_blend(1), "", ("Shift++", "Shift+="), has_selection),
    Action("blend_previous", "Previous blend mode", "", lambda w: w.layers.step_blend(-1), "", ("Shift+-", "Shift+_"), has_selection),
    Action("filter", "Filter layers by name", "", lambda w: w.layers.focus_filter(), "filter", ("Ctrl+F",), is_open),
    *(_opacity(digit) for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)),
)  # fmt: skip

CONTEXT_MENU = (
    "rename", "duplicate", "delete", "", "visible", "lock", "", "group", "ungroup", "",
    "merge_down", "merge", "decompose_layer", "split", "fill_behind", "rasterize", "",
    "raise", "lower", "", "transform", "flip_h", "flip_v", "reset_place", "reset_recolor",
)  # fmt: skip

HELD_KEYS: tuple[tuple[str, str], ...] = (
    ("\\", "Show the image as it was, while held"),
    ("D", "Show what does not match the image, while held"),
    ("Space", "Pan, while held"),
)


def build(window: MainWindow) -> dict[str, QAction]:
    """QActions for the whole table, by id, with their shortcuts live in the window."""
    out: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(s) for s in spec.shortcuts])
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetShortcut if spec.on_canvas else Qt.ShortcutContext.WindowShortcut
        )
        action.setCheckable(spec.checked is not None)
        action.setToolTip(tooltip(spec))
        action.triggered.connect(_runner(window, spec))
        host: QWidget = window.canvas if spec.on_canvas else window
        host.addAction(action)
        out[spec.id] = action
    return out


def refresh(window: MainWindow, actions: dict[str, QAction]) -> None:
    """Bring every action's enabled and checked state up to date."""
    for spec in ACTIONS:
        actions[spec.id].setEnabled(spec.enabled(window))
        if spec.checked is not None:
            actions[spec.id].setChecked(spec.checked(window))


def menus() -> Iterable[tuple[str, list[tuple[Action, bool]]]]:
    """(menu title, [(action, whether a separator comes before it)]) in the table's order."""
    out: dict[str, list[tuple[Action, bool]]] = {}
    for spec in ACTIONS:
        if spec.menu:
            out.setdefault(spec.menu.lstrip("-"), []).append((spec, spec.menu.startswith("-")))
    return out.items()


def plain_text(spec: Action) -> str:
    return spec.text.replace("&", "").rstrip("…")


def tooltip(spec: Action) -> str:
    """The name with its shortcut, as users of other editors expect it."""
    if not spec.shortcuts:
        return plain_text(spec)
    keys = QKeySequence(spec.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{plain_text(spec)} ({keys})"


def _runner(window: MainWindow, spec: Action) -> Callable[[], None]:
    def run() -> None:
        spec.run(window)

    return run
