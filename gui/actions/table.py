"""The one table of actions: menus, keys, tool bar, palette, context menus and the manual's list all come from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.document import BlendMode
from gui.actions import edits as edit_actions
from gui.actions.action import (
    Action,
    Run,
    can_decompose,
    can_decompose_layer,
    has_area,
    has_group,
    has_selection,
    is_open,
    is_running,
    is_transforming,
    one_selected,
    several_selected,
)
from gui.actions.titles import EDIT, FILE, HELP, IMAGE, LAYER, SELECT, VIEW
from gui.canvas.placing import Edge
from gui.layers.words import blend_name
from gui.workplace import Workplace


def _nudge(dx: int, dy: int) -> Run:
    return lambda w: w.canvas.nudge(dx, dy)


def _next(by: int) -> Run:
    def run(w: Workplace) -> None:
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
    return Action(
        f"opacity{digit}",
        text,
        "",
        lambda w: w.layers.type_opacity(digit),
        "",
        (str(digit),),
        has_selection,
        section="Opacity and blend mode",
    )


def _background(name: str, text: str, menu: str, kind: str) -> Action:
    return Action(
        name,
        text,
        menu,
        lambda w: w.looks.set_background(kind),
        checked=lambda w: w.looks.background == kind,
        choice="background",
        words="background",
    )


def _theme(name: str, text: str, menu: str, choice: str) -> Action:
    return Action(
        name,
        text,
        menu,
        lambda w: w.looks.set_theme(choice),
        checked=lambda w: w.looks.theme == choice,
        choice="theme",
        words="appearance scheme",
    )


def _resize_brush(factor: float) -> Run:
    return lambda w: w.canvas.set_brush(w.canvas.brush.resized(factor))


def _harden_brush(by: float) -> Run:
    def run(w: Workplace) -> None:
        brush = w.canvas.brush
        w.canvas.set_brush(replace(brush, hardness=min(1.0, max(0.0, brush.hardness + by))))

    return run


def _deselect(w: Workplace) -> None:
    """First the selected part of the picture, then the selected layers."""
    w.canvas.set_area(None) if has_area(w) else w.session.select(())


def _tool(tool: str, text: str, icon_name: str, key: str, words: str = "") -> Action:
    return Action(
        tool,
        text,
        "",
        lambda w: w.canvas.set_tool(tool),
        icon_name,
        (key,),
        is_open,
        lambda w: w.canvas.tool_id == tool,
        section="Tools",
        words=f"tool {words}".strip(),
    )


def _blend(mode: BlendMode, letter: str) -> Action:
    """Photoshop's keys for blend modes."""
    return Action(
        f"blend-{mode}",
        f"Blend mode {blend_name(mode)}",
        "",
        lambda w: w.layers.choose_blend(mode.value),
        "",
        (f"Alt+Shift+{letter}",),
        has_selection,
        section="Opacity and blend mode",
    )


def _nudges() -> list[Action]:
    ways = (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1))
    return [
        Action(
            way if step == 1 else f"{way}{step}",
            f"Nudge {way}" if step == 1 else f"Nudge {way} {step} px",
            "",
            _nudge(dx * step, dy * step),
            "",
            (shift + way.title(),),
            is_open,
            on_canvas=True,
            section="Nudge",
            words="move",
        )
        for step, shift in ((1, ""), (10, "Shift+"))
        for way, dx, dy in ways
    ]


def _aligns() -> list[Action]:
    texts: dict[Edge, str] = {
        "left": "Align &left edges",
        "centre": "Align horizontal &centres",
        "right": "Align &right edges",
        "top": "Align t&op edges",
        "middle": "Align vertical &middles",
        "bottom": "Align bottom &edges",
    }
    return [
        Action(
            f"align_{edge}",
            text,
            ("-" if edge == "top" else "") + ALIGN,
            _align(edge),
            f"align-{edge}",
            (),
            has_selection,
            words="canvas selection center",
        )
        for edge, text in texts.items()
    ]


def _align(edge: Edge) -> Run:
    return lambda w: w.canvas.align(edge)


ARRANGE, ALIGN, BACKGROUND, THEME = f"{LAYER}/&Arrange", f"{LAYER}/Alig&n", f"{VIEW}/&Background", f"{VIEW}/&Theme"

TOOLS = (
    "move", "hand", "", "select-rectangle", "select-lasso", "select-brush", "", "mask-erase", "mask-restore",
    "eyedropper", "", "undo", "redo", "fit",
)  # fmt: skip
"""The tool bar, top to bottom; "" is a gap."""

BLEND_LETTERS = {
    BlendMode.NORMAL: "N", BlendMode.DARKEN: "K", BlendMode.MULTIPLY: "M", BlendMode.COLOR_BURN: "B",
    BlendMode.LIGHTEN: "G", BlendMode.SCREEN: "S", BlendMode.COLOR_DODGE: "D", BlendMode.OVERLAY: "O",
    BlendMode.SOFT_LIGHT: "F", BlendMode.HARD_LIGHT: "H", BlendMode.DIFFERENCE: "E", BlendMode.EXCLUSION: "X",
}  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    Action("open", "&Open…", FILE, lambda w: w.files.open_dialog(), "open", ("Ctrl+O",), words="load import"),
    Action("paste_new", "Paste as &new image", FILE, lambda w: w.files.paste_as_new(), "", ("Ctrl+Shift+N",), words="clipboard"),
    Action("close", "&Close", FILE, lambda w: w.close_document(), "", ("Ctrl+W",), is_open),
    Action("export", "&Export…", "-" + FILE, lambda w: w.files.export_dialog(), "export", ("Ctrl+S",), is_open, words="save psd png ora pptx"),
    Action("export_layer", "Export &layer as PNG…", FILE, lambda w: w.files.export_layers_dialog(), "", (), has_selection, words="save quick export"),
    Action("quit", "&Quit", "-" + FILE, lambda w: w.quit(), "quit", ("Ctrl+Q",), words="exit"),
    Action("undo", "&Undo", EDIT, lambda w: w.session.undo(), "undo", ("Ctrl+Z",), lambda w: w.session.can_undo, now=lambda w: w.session.stack.undoText()),
    Action("redo", "&Redo", EDIT, lambda w: w.session.stack.redo(), "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda w: w.session.stack.canRedo(), now=lambda w: w.session.stack.redoText()),
    Action("history", "&History", EDIT, lambda w: w.show("history"), "history", (), is_open, words="undo steps"),
    Action("cut", "Cu&t", "-" + EDIT, edit_actions.cut, "cut", ("Ctrl+X",), has_selection),
    Action("copy", "&Copy", EDIT, edit_actions.copy, "copy", ("Ctrl+C",), has_selection, words="clipboard"),
    Action("copy_merged", "Copy &merged", EDIT, edit_actions.copy_merged, "", ("Ctrl+Shift+C",), is_open, words="clipboard"),
    Action("paste", "&Paste", EDIT, lambda w: w.files.paste(), "paste", ("Ctrl+V",), words="clipboard"),
    Action("transform", "&Free transform", "-" + EDIT, lambda w: w.canvas.begin_transform(), "transform", ("Ctrl+T",), has_selection, words="scale rotate resize"),
    Action("apply_transform", "&Apply transform", EDIT, lambda w: w.canvas.apply_transform(), "check", ("Enter", "Return"), is_transforming, fixed=True),
    Action("cancel_transform", "Ca&ncel transform", EDIT, lambda w: w.canvas.cancel_transform(), "", ("Esc",), is_transforming, fixed=True),
    Action("flip_h", "Flip hori&zontally", EDIT, edit_actions.flip_horizontally, "flip-h", (), has_selection, words="mirror"),
    Action("flip_v", "Flip &vertically", EDIT, edit_actions.flip_vertically, "flip-v", (), has_selection, words="mirror"),
    Action("reset_place", "Reset po&sition and size", EDIT, edit_actions.reset_place, "reset", (), has_selection, words="transform"),
    Action("decompose", "&Decompose", IMAGE, lambda w: w.decompose.start(), "decompose", ("Ctrl+Shift+D",), can_decompose, words="separate layers unflatten split"),
    Action("cancel_run", "&Cancel the run", IMAGE, lambda w: w.decompose.stop(), "stop", ("Ctrl+.",), is_running, words="stop"),
    Action("recolor", "Recolo&ur", "-" + IMAGE, lambda w: w.inspector.focus_color(), "recolor", ("Ctrl+U",), has_selection, words="color hue saturation lightness colourise adjustments"),
    Action("reset_recolor", "Reset c&olour", IMAGE, edit_actions.reset_recolor, "reset", (), has_selection, words="color recolour"),
    Action("models", "&Models…", "-" + IMAGE, lambda w: w.show("models"), "chip", words="weights download qwen"),
    Action("rename", "&Rename", LAYER, lambda w: w.layers.rename_current(), "rename", ("F2",), one_selected),
    Action("duplicate", "&Duplicate", LAYER, edit_actions.duplicate, "duplicate", ("Ctrl+J",), has_selection, words="copy layer via copy"),
    Action("delete", "De&lete", LAYER, edit_actions.delete, "delete", ("Del", "Backspace"), has_selection, words="remove"),
    Action("visible", "&Show or hide", "-" + LAYER, edit_actions.toggle("visible", "Show", "Hide"), "eye", ("Ctrl+,",), has_selection, words="visibility eye"),
    Action("solo", "S&olo", LAYER, lambda w: w.layers.solo_selected(), "solo", ("Shift+S",), has_selection, words="isolate show only this layer hide others"),
    Action("lock", "Loc&k or unlock", LAYER, edit_actions.toggle("locked", "Lock", "Unlock"), "lock", ("Ctrl+/",), has_selection),
    Action("group", "&Group", "-" + LAYER, edit_actions.group, "group", ("Ctrl+G",), has_selection, words="folder"),
    Action("ungroup", "&Ungroup", LAYER, edit_actions.ungroup, "ungroup", ("Ctrl+Shift+G",), has_group),
    Action("to_front", "Bring to fron&t", ARRANGE, edit_actions.step("Bring to front", 10_000), "raise-top", ("Ctrl+Shift+]",), has_selection, words="top"),
    Action("raise", "Bring &forward", ARRANGE, edit_actions.step("Bring forward", 1), "raise", ("Ctrl+]",), has_selection, words="up"),
    Action("lower", "Send bac&kward", ARRANGE, edit_actions.step("Send backward", -1), "lower", ("Ctrl+[",), has_selection, words="down"),
    Action("to_back", "Send to &back", ARRANGE, edit_actions.step("Send to back", -10_000), "lower-bottom", ("Ctrl+Shift+[",), has_selection, words="bottom"),
    *_aligns(),
    Action("merge_down", "&Merge down", "-" + LAYER, edit_actions.merge_down, "merge-down", ("Ctrl+E",), one_selected),
    Action("merge", "Merge s&elected", LAYER, edit_actions.merge, "", ("Ctrl+Alt+E",), several_selected),
    Action("merge_visible", "Merge &visible", LAYER, edit_actions.merge_visible, "merge-visible", ("Ctrl+Shift+E",), is_open, words="flatten"),
    Action("decompose_layer", "Decompose this layer furt&her", "-" + LAYER, lambda w: w.decompose.start_layer(), "split", (), can_decompose_layer, words="separate again"),
    Action("split", "Split into &islands", LAYER, edit_actions.split_islands, "islands", (), one_selected, words="parts separate"),
    Action("move_area", "Move selection to ne&w layer", LAYER, edit_actions.move_area, "layer-add", ("Ctrl+Shift+J",), has_area, words="layer via cut"),
    Action("fill_behind", "Fill &behind", LAYER, edit_actions.fill_behind, "fill-behind", (), one_selected, words="inpaint content-aware hidden"),
    Action("rasterize", "Rasteri&ze", LAYER, edit_actions.rasterize, "", (), has_selection, words="apply mask transform recolour"),
    Action("select_all", "Select &all", SELECT, edit_actions.select_all, "select-all", ("Ctrl+A",), is_open, words="layers whole picture canvas"),
    Action("deselect", "&Deselect", SELECT, _deselect, "deselect", ("Ctrl+D", "Ctrl+Shift+A"), lambda w: has_selection(w) or has_area(w), words="none"),
    Action("invert_area", "&Invert selection", SELECT, edit_actions.invert_area, "invert", ("Ctrl+Shift+I",), is_open, words="inverse"),
    Action("next", "Select layer a&bove", "-" + SELECT, _next(1), "", ("Alt+]",), is_open, words="next up"),
    Action("previous", "Select layer belo&w", SELECT, _next(-1), "", ("Alt+[",), is_open, words="previous down"),
    Action("filter", "&Filter layers by name", SELECT, lambda w: w.layers.focus_filter(), "search", ("Ctrl+F",), is_open, words="find search"),
    Action("auto_select", "A&uto-select", "-" + SELECT, lambda w: w.looks.set_auto_select(not w.looks.auto_select), "", (), is_open, lambda w: w.looks.auto_select, words="click selects the layer under the cursor"),
    Action("zoom_in", "Zoom &in", VIEW, lambda w: w.canvas.zoom_in(), "zoom-in", ("Ctrl++", "Ctrl+="), is_open),
    Action("zoom_out", "Zoom &out", VIEW, lambda w: w.canvas.zoom_out(), "zoom-out", ("Ctrl+-",), is_open),
    Action("fit", "&Fit in window", VIEW, lambda w: w.canvas.fit(), "fit", ("Ctrl+0",), is_open, words="zoom"),
    Action("actual", "&100 %", VIEW, lambda w: w.canvas.actual_size(), "zoom-100", ("Ctrl+1",), is_open, words="zoom actual pixels size"),
    Action("original", "Show the ori&ginal image", "-" + VIEW, lambda w: w.looks.toggle("original"), "compare", ("\\",), is_open, lambda w: w.canvas.showing == "original", hold=lambda w, down: w.looks.hold("original", down), words="before after compare"),
    Action("difference", "Show the &difference", VIEW, lambda w: w.looks.toggle("difference"), "difference", ("D",), is_open, lambda w: w.canvas.showing == "difference", hold=lambda w, down: w.looks.hold("difference", down), words="compare what does not match"),
    Action("rulers", "&Rulers", "-" + VIEW, lambda w: w.looks.set_rulers(not w.looks.rulers), "ruler", ("Ctrl+R",), is_open, lambda w: w.looks.rulers),
    Action("pixel_grid", "&Pixel grid", VIEW, lambda w: w.looks.set_pixel_grid(not w.looks.pixel_grid), "grid", ("Ctrl+'",), is_open, lambda w: w.looks.pixel_grid),
    _background("on_checker", "On &checkerboard", "-" + BACKGROUND, "checker"),
    _background("on_white", "On &white", BACKGROUND, "white"),
    _background("on_black", "On blac&k", BACKGROUND, "black"),
    Action("on_color", "On a co&lour…", BACKGROUND, lambda w: w.looks.choose_background(), checked=lambda w: w.looks.background.startswith("#"), choice="background", words="background color"),
    _theme("theme_system", "Theme of the &system", THEME, "system"),
    _theme("theme_dark", "&Dark theme", THEME, "dark"),
    _theme("theme_light", "&Light theme", THEME, "light"),
    Action("palette", "&Commands…", HELP, lambda w: w.show("palette"), "command", ("Ctrl+K",), words="palette search"),
    Action("shortcuts", "&Keyboard shortcuts…", HELP, lambda w: w.show("shortcuts"), "keyboard", ("?", "F1", "Shift+?"), words="keys preferences hotkeys"),
    Action("about", "&About Unflatten", HELP, lambda w: w.show("about"), "info", words="version licence"),
    _tool("move", "Move", "move", "V"),
    _tool("hand", "Hand", "hand", "H", "pan"),
    _tool("select-rectangle", "Select a rectangle", "select-rect", "M", "marquee"),
    _tool("select-lasso", "Select with a lasso", "lasso", "L"),
    _tool("select-brush", "Select with a brush", "select-brush", "B", "quick selection"),
    _tool("mask-erase", "Erase", "eraser", "E", "mask brush hide"),
    _tool("mask-restore", "Bring back what was erased", "brush-restore", "R", "restore mask brush"),
    _tool("eyedropper", "Eyedropper", "eyedropper", "I", "pick colour"),
    Action("pan", "Pan, while held", "", lambda w: w.canvas.set_tool("hand"), "", ("Space",), is_open, fixed=True, section="Tools", words="hand tool"),
    Action("brush_smaller", "Smaller brush", "", _resize_brush(1 / 1.15), "", ("[",), is_open, section="Tools", words="size"),
    Action("brush_larger", "Larger brush", "", _resize_brush(1.15), "", ("]",), is_open, section="Tools", words="size bigger"),
    Action("brush_softer", "Softer brush", "", _harden_brush(-0.25), "", ("Shift+[", "Shift+{"), is_open, section="Tools", words="hardness"),
    Action("brush_harder", "Harder brush", "", _harden_brush(0.25), "", ("Shift+]", "Shift+}"), is_open, section="Tools", words="hardness"),
    *_nudges(),
    Action("blend_next", "Next blend mode", "", lambda w: w.layers.step_blend(1), "", ("Shift++", "Shift+="), has_selection, section="Opacity and blend mode"),
    Action("blend_previous", "Previous blend mode", "", lambda w: w.layers.step_blend(-1), "", ("Shift+-", "Shift+_"), has_selection, section="Opacity and blend mode"),
    *(_blend(mode, letter) for mode, letter in BLEND_LETTERS.items()),
    *(_opacity(digit) for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)),
)  # fmt: skip

CONTEXT_MENU = (
    "rename", "duplicate", "delete", "export_layer", "", "visible", "solo", "lock", "", "group", "ungroup", "",
    "merge_down", "merge", "merge_visible", "", "transform", "recolor", "flip_h", "flip_v", "reset_place",
    "reset_recolor", "", "decompose_layer", "split", "move_area", "fill_behind", "rasterize", "", "raise", "lower",
)  # fmt: skip

BY_ID: dict[str, Action] = {spec.id: spec for spec in ACTIONS}


def menus() -> Iterable[tuple[str, list[tuple[Action, bool]]]]:
    """(menu title, [(action, whether a separator comes before it)]) in the table's order; submenus as "menu/submenu"."""
    out: dict[str, list[tuple[Action, bool]]] = {}
    for spec in ACTIONS:
        if spec.menu:
            out.setdefault(spec.menu.lstrip("-").split("/")[0], []).append((spec, spec.menu.startswith("-")))
    return out.items()
