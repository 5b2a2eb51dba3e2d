"""What the actions of the table do to the document: one function for each edit that is more than a call.

With a part of the picture selected, Copy, Cut, Delete and Duplicate mean that part of the selected layers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from engine.document import Document, Group, Layer, Recolor, Transform
from engine.editing import edits, filling, islands, surgery
from engine.editing.plans import Plan
from engine.words import said
from gui.actions.action import Run
from gui.canvas.picking import free_layers
from gui.canvas.placing import flipped
from gui.files import clipboard
from gui.workplace import Workplace

AREA_TOOLS = ("select-rectangle", "select-lasso", "select-brush")


def step(text: str, by: int) -> Run:
    """An action that moves the selected nodes that many places up (positive) or down, called `text` in undo."""

    def run(w: Workplace) -> None:
        ids = w.session.selection
        w.session.apply(text, lambda d: edits.step(d, ids, by))

    return run


def toggle(field: str, on: str, off: str) -> Run:
    """An action that sets a field of the selected nodes where any lacks it, else clears it; `on`, `off`: undo texts."""

    def run(w: Workplace) -> None:
        ids = w.session.selection
        value = not all(getattr(w.session.document.find(i), field) for i in ids)
        w.session.apply(on if value else off, lambda d: edits.set_fields(d, ids, **{field: value}))

    return run


# -- the clipboard


def copy(w: Workplace, then: Callable[[], None] | None = None) -> None:
    """Put the selected layers, or the selected part of them, on the clipboard; `then` is called after it."""
    document, selection, area = w.session.document, w.session.selection, w.canvas.area
    cover = area.raster() if area is not None else None

    def put(picture: clipboard.Picture | None) -> None:
        if picture is None:
            w.say(said("actions.area-shows-nothing" if area else "actions.layers-show-nothing"))
            return
        clipboard.put(picture)
        if then is not None:
            then()

    size = clipboard.size_of(document, selection)
    w.edit_jobs.compute("Copy", lambda check: clipboard.picture_of(document, selection, cover, check), put, size)


def cut(w: Workplace) -> None:
    """Copy, then delete what was copied; nothing where all of it is locked."""
    if _free_layers(w):
        copy(w, lambda: delete(w))


def copy_merged(w: Workplace) -> None:
    """Put the whole picture, or the selected part of it, on the clipboard."""
    document, area = w.session.document, w.canvas.area
    cover = area.raster() if area is not None else None

    def put(picture: clipboard.Picture) -> None:
        clipboard.put(picture)
        w.say(said("actions.area-copied" if area else "actions.picture-copied"))

    size = document.width * document.height
    w.edit_jobs.compute("Copy merged", lambda check: clipboard.merged_picture(document, cover, check), put, size)


# -- the selected part of the picture


def delete(w: Workplace) -> None:
    """Delete the selected layers; with a part of the picture selected, hide that part of them."""
    if w.canvas.area is None:
        _delete_layers(w)
        return
    ids, cover = w.session.selection, w.canvas.area.raster()
    w.edit_jobs.run("Clear selection", lambda d: surgery.hide_selection(d, ids, cover))


def _delete_layers(w: Workplace) -> None:
    """Delete the selected nodes; locked ones stay. The row that takes their place is selected."""
    document, chosen = w.session.document, w.session.selection
    ids = edits.free_ids(document, chosen)
    if not ids:
        if chosen:
            w.say(str(edits.refusal(document, chosen)))
        return
    after = edits.remove(document, ids)
    stay = [i for i in chosen if after.has(i)]
    w.session.apply("Delete", lambda _d: after, select=stay or _beside(document, ids, after))


def _beside(document: Document, ids: Collection[str], after: Document) -> list[str]:
    """The node below those in the list, or above them, that is still there."""
    order = [node.id for node in document.walk()]
    last = max(order.index(i) for i in ids)
    candidates = order[last + 1 :] + order[:last][::-1]
    return [i for i in candidates if after.has(i)][:1]


def duplicate(w: Workplace) -> None:
    """Copy the selected layers; with a part of the picture selected, that part of the current one."""
    if w.canvas.area is not None:
        ids, cover = w.session.selection, w.canvas.area.raster()
        w.edit_jobs.run("Layer via copy", lambda d: surgery.copy_selection(d, ids[-1], cover))
        return
    after, copies = edits.duplicate(w.session.document, w.session.selection)
    w.session.apply("Duplicate", lambda _d: after, select=copies)


def move_area(w: Workplace) -> None:
    """Cut the selected part out of the current layer and put it on a new one above."""
    current, area = w.session.current, w.canvas.area
    if area is None or current is None:
        w.say(said("actions.nothing-to-move"))
        return
    cover = area.raster()
    w.edit_jobs.run(
        "Move selection to new layer",
        lambda d: surgery.move_selection(d, current, cover),
        lambda: w.canvas.set_area(None),
    )


def invert_area(w: Workplace) -> None:
    """Select what is not selected of the picture."""
    from gui.canvas.area import everything, joined

    document = w.session.document
    whole = everything(document.width, document.height)
    rest = joined(whole, w.canvas.area, "subtract") if w.canvas.area is not None else whole
    w.canvas.set_area(rest)
    if rest is None:
        w.say(said("actions.everything-was-selected"))


def select_all(w: Workplace) -> None:
    """Select the whole picture with a selection tool in the hand, else all layers."""
    from gui.canvas.area import everything

    document = w.session.document
    if w.canvas.tool_id in AREA_TOOLS:
        w.canvas.set_area(everything(document.width, document.height))
    else:
        w.session.select(n.id for n in document.nodes)


# -- groups


def group(w: Workplace) -> None:
    """Put the selected nodes into a new group."""
    after, group_id = edits.group(w.session.document, w.session.selection)
    w.session.apply("Group", lambda _d: after, select=[group_id] if group_id else None)


def ungroup(w: Workplace) -> None:
    """Put what the selected groups hold in their place; says why where they are locked."""
    document = after = w.session.document
    groups = [i for i in w.session.selection if isinstance(document.find(i), Group)]
    if groups and not edits.free_ids(document, groups):
        w.say(str(edits.refusal(document, groups)))
        return
    chosen: list[str] = []
    for node_id in groups:
        after, children = edits.ungroup(after, node_id)
        chosen += children
    w.session.apply("Ungroup", lambda _d: after, select=chosen)


# -- place and colour


def _free_layers(w: Workplace) -> list[Layer]:
    """The selected layers, and those in the selected groups, that may be changed; says why where there is none."""
    document, selection = w.session.document, w.session.selection
    layers = free_layers(document, selection)
    if not layers and edits.ids_under(document, selection):
        w.say(str(edits.refusal(document, selection)))
    return layers


def _flip(text: str, horizontal: bool) -> Run:
    def run(w: Workplace) -> None:
        if layers := _free_layers(w):
            new = flipped(layers, horizontal)
            w.session.apply(text, lambda d: edits.transform_layers(d, new))

    return run


flip_horizontally = _flip("Flip horizontally", True)
flip_vertically = _flip("Flip vertically", False)


def reset_place(w: Workplace) -> None:
    """Take every move, scale and turn of the selected layers back."""
    new = {layer.id: Transform() for layer in _free_layers(w)}
    w.session.apply("Reset position and size", lambda d: edits.transform_layers(d, new))


def reset_recolor(w: Workplace) -> None:
    """Give the selected layers their own colours again."""
    ids = [layer.id for layer in _free_layers(w)]
    w.session.apply("Reset colour", lambda d: edits.recolor(d, ids, Recolor()))


# -- new pixels


def _planned(text: str, plan: Callable[[Document, tuple[str, ...]], Plan]) -> Run:
    def run(w: Workplace) -> None:
        ids = w.session.selection
        w.edit_jobs.run(text, lambda d: plan(d, ids))

    return run


merge_down = _planned("Merge down", lambda d, ids: surgery.merge_down(d, ids[-1]))
merge = _planned("Merge", surgery.merge)
merge_visible = _planned("Merge visible", lambda d, _ids: surgery.merge_visible(d))
split_islands = _planned("Split into islands", lambda d, ids: islands.split_islands(d, ids[-1]))
rasterize = _planned("Rasterize", surgery.rasterize)
fill_behind = _planned("Fill behind", lambda d, ids: filling.fill_behind(d, ids[-1]))
