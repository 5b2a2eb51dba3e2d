"""What the actions of the table do to the document: one function for each edit that is more than a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine import edits, surgery
from engine.document import Document, Group, Layer, Recolor, Transform
from engine.errors import InputError

if TYPE_CHECKING:
    from gui.main_window import MainWindow

Run = Callable[["MainWindow"], object]


def step(text: str, by: int) -> Run:
    def run(w: MainWindow) -> None:
        ids = w.session.selection
        w.session.apply(text, lambda d: edits.step(d, ids, by))

    return run


def copy(w: MainWindow) -> bool:
    from gui.clipboard import copy_selection

    if copy_selection(w.session.document, w.session.selection):
        return True
    w.say("The selected layers show nothing to copy.")
    return False


def cut(w: MainWindow) -> None:
    if copy(w):
        w.layers.delete()


def delete(w: MainWindow) -> None:
    w.layers.delete()


def copy_merged(w: MainWindow) -> None:
    from gui.clipboard import copy_merged

    copy_merged(w.session.document)
    w.say("The whole picture is on the clipboard.")


def duplicate(w: MainWindow) -> None:
    after, copies = edits.duplicate(w.session.document, w.session.selection)
    w.session.apply("Duplicate", lambda _d: after, select=copies)


def group(w: MainWindow) -> None:
    after, group_id = edits.group(w.session.document, w.session.selection)
    w.session.apply("Group", lambda _d: after, select=[group_id] if group_id else None)


def ungroup(w: MainWindow) -> None:
    after, chosen = w.session.document, []
    for node_id in w.session.selection:
        if isinstance(after.find(node_id), Group):
            after, children = edits.ungroup(after, node_id)
            chosen += children
    w.session.apply("Ungroup", lambda _d: after, select=chosen)


def toggle(field: str, on: str, off: str) -> Run:
    def run(w: MainWindow) -> None:
        ids = w.session.selection
        value = not all(getattr(w.session.document.find(i), field) for i in ids)
        w.session.apply(on if value else off, lambda d: edits.set_fields(d, ids, **{field: value}))

    return run


def _selected_layers(w: MainWindow) -> list[Layer]:
    document = w.session.document
    return [document.layer(i) for i in edits.ids_under(document, w.session.selection)]


def _transform(text: str, change: Callable[[Transform], Transform]) -> Run:
    def run(w: MainWindow) -> None:
        new = {layer.id: change(layer.transform) for layer in _selected_layers(w)}
        w.session.apply(text, lambda d: edits.transform_layers(d, new))

    return run


def _flip(horizontal: bool) -> Callable[[Transform], Transform]:
    from dataclasses import replace

    def change(t: Transform) -> Transform:
        # Mirrored on screen: a turned layer turns the other way.
        if horizontal:
            return replace(t, scale_x=-t.scale_x, rotation=-t.rotation)
        return replace(t, scale_y=-t.scale_y, rotation=-t.rotation)

    return change


flip_horizontally = _transform("Flip horizontally", _flip(True))
flip_vertically = _transform("Flip vertically", _flip(False))
reset_place = _transform("Reset position and size", lambda _t: Transform())


def reset_recolor(w: MainWindow) -> None:
    ids = w.session.selection
    w.session.apply("Reset colour", lambda d: edits.recolor(d, ids, Recolor()))


def _made(text: str, make: Callable[[Document, tuple[str, ...]], tuple[Document, str | list[str]]]) -> Run:
    """An edit that makes new layers and selects them, or says in one sentence why it cannot."""

    def run(w: MainWindow) -> None:
        try:
            after, new = make(w.session.document, w.session.selection)
        except InputError as error:
            w.say(str(error))
            return
        w.session.apply(text, lambda _d: after, select=[new] if isinstance(new, str) else new)

    return run


merge_down = _made("Merge down", lambda d, ids: surgery.merge_down(d, ids[-1]))
merge = _made("Merge", lambda d, ids: surgery.merge(d, ids))
merge_visible = _made("Merge visible", lambda d, _ids: surgery.merge_visible(d))
split_islands = _made("Split into islands", lambda d, ids: surgery.split_islands(d, ids[-1]))


def rasterize(w: MainWindow) -> None:
    document, ids = w.session.document, edits.ids_under(w.session.document, w.session.selection)
    changed = [i for i in ids if not (layer := document.layer(i)).locked and _is_edited(layer)]
    if not changed:
        w.say("There is nothing to rasterize: the layer has no transform, recolour or mask.")
        return
    w.session.apply("Rasterize", lambda d: surgery.rasterize(d, changed))


def fill_behind(w: MainWindow) -> None:
    from engine.filling import fill_behind

    _made("Fill behind", lambda d, ids: (fill_behind(d, ids[-1]), ids[-1]))(w)


def move_area(w: MainWindow) -> None:
    w.canvas.move_area_to_layer()


def _is_edited(layer: Layer) -> bool:
    return not layer.transform.is_identity or not layer.recolor.is_identity or layer.mask is not None
