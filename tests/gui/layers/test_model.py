"""The list model: what rows say, which signals tell of an edit, and that Qt's own tester agrees after any edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from engine.document import BlendMode, Document, Group, Layer, LayerKind, Node, Recolor, Transform
from engine.editing import edits
from gui.document.session import DocumentSession
from gui.layers.model import LayerModel, Role
from tests.gui.documents import block, poster
from tests.nodes import with_everything


@pytest.fixture
def session(qapp):
    out = DocumentSession()
    out.open(poster())
    return out


@pytest.fixture
def model(session):
    out = LayerModel(session)
    tester = QAbstractItemModelTester(out, QAbstractItemModelTester.FailureReportingMode.Warning)
    yield out
    del tester


def shown(model: LayerModel, parent: QModelIndex | None = None) -> list:
    """The rows as nested lists of ids, top first."""
    parent = parent or QModelIndex()
    out: list = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        out.append(index.data(Role.ID))
        if index.data(Role.IS_GROUP):
            out.append(shown(model, index))
    return out


def expected(nodes: tuple[Node, ...]) -> list:
    out: list = []
    for node in reversed(nodes):
        out.append(node.id)
        if isinstance(node, Group):
            out.append(expected(node.children))
    return out


class Recorder:
    """What the model told, in order."""

    def __init__(self, model: LayerModel) -> None:
        self.told: list[tuple] = []
        model.dataChanged.connect(
            lambda a, b, roles: self.told.append(("data", a.data(Role.ID), {int(r) for r in roles}))
        )
        model.rowsInserted.connect(lambda p, a, b: self.told.append(("insert", p.data(Role.ID), a, b)))
        model.rowsRemoved.connect(lambda p, a, b: self.told.append(("remove", p.data(Role.ID), a, b)))
        model.rowsMoved.connect(
            lambda p, a, b, q, r: self.told.append(("move", p.data(Role.ID), a, q.data(Role.ID), r))
        )
        model.modelReset.connect(lambda: self.told.append(("reset",)))


def test_top_layer_is_first_and_groups_are_nested(model):
    assert shown(model) == ["head", ["title", "banner"], "sun", "land", ["boat", "hills"], "sky"]


def test_a_row_tells_everything_that_is_shown(model):
    sun, sky, head = model.index_of("sun"), model.index_of("sky"), model.index_of("head")
    assert sun.data() == "Sun"
    assert sun.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    assert (sun.data(Role.KIND), sun.data(Role.BLEND), sun.data(Role.OPACITY)) == ("shape", "screen", 1.0)
    assert sky.data(Role.LOCKED)
    assert not sun.data(Role.LOCKED)
    assert head.data(Role.IS_GROUP)
    assert head.data(Role.KIND) == "group"
    assert "screen" in sun.data(Qt.ItemDataRole.ToolTipRole).lower()
    assert sun.data(Qt.ItemDataRole.DecorationRole).width() == 40


def test_hiding_a_group_tells_the_rows_inside(session, model):
    session.apply("Hide", lambda d: edits.set_fields(d, ["land"], visible=False))
    assert model.index_of("boat").data(Role.HIDDEN_ABOVE)
    assert not model.index_of("sun").data(Role.HIDDEN_ABOVE)


def test_one_changed_opacity_tells_one_row_and_only_its_roles(session, model):
    told = Recorder(model).told
    session.apply("Opacity", lambda d: edits.set_fields(d, ["sun"], opacity=0.5))
    assert [t[:2] for t in told] == [("data", "sun")]
    assert Role.OPACITY in told[0][2]
    assert Qt.ItemDataRole.DecorationRole not in told[0][2], "an opacity must not make a new thumbnail"


def test_moving_a_layer_on_the_canvas_tells_nothing(session, model):
    told = Recorder(model).told
    session.apply("Move", lambda d: edits.move_by(d, ["sun"], 5, 5))
    assert told == []


def test_reorder_group_ungroup_delete_and_undo_never_reset(session, model):
    told = Recorder(model).told
    session.apply("Reorder", lambda d: edits.move_nodes(d, ["sky"], None, 4))
    assert told == [("move", None, 3, None, 0)]
    after, _ = edits.group(session.document, ["sun", "boat"])
    session.apply("Group", lambda _d: after)
    after, _ = edits.ungroup(session.document, "land")
    session.apply("Ungroup", lambda _d: after)
    session.apply("Delete", lambda d: edits.remove(d, ["head"]))
    while session.stack.canUndo():
        session.stack.undo()
        assert shown(model) == expected(session.document.nodes)
    assert ("reset",) not in told


def test_taking_one_row_from_top_to_bottom_is_one_move(session, model):
    told = Recorder(model).told
    session.apply("Reorder", lambda d: edits.move_nodes(d, ["head"], None, 0))
    assert told == [("move", None, 0, None, 4)]


def test_renaming_and_checking_through_the_model_are_undo_steps(session, model):
    assert model.setData(model.index_of("sun"), "  Evening\tsun ", Qt.ItemDataRole.EditRole)
    assert session.document.layer("sun").name == "Evening sun"
    assert model.setData(model.index_of("sun"), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert not session.document.layer("sun").visible
    session.stack.undo()
    session.stack.undo()
    assert model.index_of("sun").data() == "Sun"


def test_an_empty_name_is_not_taken(session, model):
    assert not model.setData(model.index_of("sun"), "   ", Qt.ItemDataRole.EditRole)
    assert session.stack.count() == 0


def test_move_rows_puts_a_layer_into_a_group(session, model):
    top = QModelIndex()
    assert model.moveRows(top, 1, 1, model.index_of("land"), 1)
    assert shown(model) == ["head", ["title", "banner"], "land", ["boat", "sun", "hills"], "sky"]
    assert not model.moveRows(top, 9, 1, top, 0)


def test_a_group_cannot_be_dropped_into_itself(model):
    assert not model.can_drop(["land"], model.index_of("land"))
    assert model.can_drop(["sun"], model.index_of("land"))


def test_a_drag_carries_ids_and_foreign_drags_are_refused(model):
    data = model.mimeData([model.index_of("sun"), model.index_of("boat")])
    assert model.dragged(data) == ["sun", "boat"]
    assert model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert shown(model)[:2] == ["sun", "boat"]


def test_dropping_a_copy_leaves_the_original(session, model):
    data = model.mimeData([model.index_of("sun")])
    assert model.dropMimeData(data, Qt.DropAction.CopyAction, 1, 0, model.index_of("land"))
    land = session.document.find("land")
    assert [n.name for n in land.children] == ["Hills", "Sun copy", "Boat"]
    assert session.document.has("sun")
    assert session.stack.count() == 1


def test_a_hostile_drag_is_refused(model):
    from PySide6.QtCore import QMimeData

    for raw in (b"", b"[", b'{"a": 1}', b"[1, null]", "é".encode("latin-1")):
        data = QMimeData()
        data.setData("application/x-unflatten-nodes", raw)
        assert model.dragged(data) == []


NODE = st.sampled_from(["sky", "hills", "boat", "sun", "banner", "title", "land", "head", "levels", "paint"])
IDS = st.lists(NODE, min_size=1, max_size=4, unique=True)
STEP = st.one_of(
    st.tuples(st.just("move"), IDS, st.one_of(st.none(), st.sampled_from(["land", "head"])), st.integers(0, 5)),
    st.tuples(st.just("step"), IDS, st.sampled_from([-1, 1, -99, 99])),
    st.tuples(st.sampled_from(["group", "ungroup", "remove", "duplicate", "hide", "lock", "insert", "preview"]), IDS),
    st.tuples(st.sampled_from(["undo", "redo", "cancel"])),
)


EDITS: dict[str, Callable[..., Document]] = {
    "move": lambda d, ids, parent, at: edits.move_nodes(d, ids, parent if parent and d.has(parent) else None, at),
    "step": lambda d, ids, by: edits.step(d, ids, by),
    "group": lambda d, ids: edits.group(d, ids)[0],
    "ungroup": lambda d, ids: edits.ungroup(d, ids[0])[0] if ids else d,
    "remove": lambda d, ids: edits.remove(d, ids),
    "duplicate": lambda d, ids: edits.duplicate(d, ids)[0],
    "preview": lambda d, ids: edits.duplicate(d, ids)[0],
    "hide": lambda d, ids: edits.set_fields(d, ids, visible=False),
    "lock": lambda d, ids: edits.set_fields(d, ids, locked=True, opacity=0.3, blend_mode=BlendMode.MULTIPLY),
    "insert": lambda d, _ids: edits.insert(d, [Group((Layer(block(4, 4)),))], None, 1),
}


def perform(session: DocumentSession, step: tuple) -> None:
    kind, *rest = step
    if kind in ("undo", "redo"):
        getattr(session.stack, kind)()
    elif kind == "cancel":
        session.cancel_preview()
    else:
        ids, *more = rest

        def edit(d):
            return EDITS[kind](d, [i for i in ids if d.has(i)], *more)

        session.preview(edit) if kind == "preview" else session.apply(kind, edit)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=8))
def test_after_any_edits_rows_follow_the_document_and_stay_themselves(qapp, qtlog, steps):
    session = DocumentSession()
    session.open(with_everything(poster()))
    model = LayerModel(session)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    kept = {n.id: QPersistentModelIndex(model.index_of(n.id)) for n in session.document.walk()}
    for step in steps:
        perform(session, step)
        assert shown(model) == expected(session.shown.nodes)
        for node_id, index in kept.items():
            if index.isValid():
                assert index.data(Role.ID) == node_id, "a row became another one"
        for node in session.shown.walk():
            row = model.index_of(node.id)
            assert row.data(Role.NODE) is node, "a row shows an old state"
            assert row.data() == node.name
            assert (row.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked) == node.visible
    assert not [r for r in qtlog.records if "FAIL" in r.message]
    del tester


def test_five_hundred_layers_are_rows_and_one_edit_touches_one(qapp):
    pixels = block(8, 8)
    session = DocumentSession()
    session.open(Document(8, 8, tuple(Layer(pixels, name=f"Layer {i}", id=f"n{i}") for i in range(500))))
    model = LayerModel(session)
    told = Recorder(model).told
    assert model.rowCount() == 500
    session.apply("Move", lambda d: edits.move_nodes(d, ["n0"], None, 500))
    session.apply("Rename", lambda d: edits.rename(d, "n250", "x" * 300))
    assert [t[0] for t in told] == ["move", "data"]
    assert len(model.index_of("n250").data()) == 255


def test_only_what_changes_the_picture_changes_the_thumbnail(session, model):
    before = model.index_of("sun").data(Qt.ItemDataRole.DecorationRole).cacheKey()
    session.apply("Move", lambda d: edits.transform_layers(d, {"sun": Transform(dx=9)}))
    assert model.index_of("sun").data(Qt.ItemDataRole.DecorationRole).cacheKey() == before
    told = Recorder(model).told
    session.apply("Recolour", lambda d: edits.recolor(d, ["sun"], Recolor(hue=120)))
    assert Qt.ItemDataRole.DecorationRole in told[0][2]
    picture = model.index_of("sun").data(Qt.ItemDataRole.DecorationRole).toImage()
    middle = picture.pixelColor(picture.width() // 2, picture.height() // 2)
    assert middle.blue() > middle.red(), "a yellow sun turned by 120 degrees is cyan"


def test_another_kind_is_told_with_its_role(session, model):
    told = Recorder(model).told
    session.apply("Kind", lambda d: d.map_nodes(lambda n: replace(n, kind=LayerKind.EFFECT) if n.id == "sun" else n))
    assert Role.KIND in told[0][2]


def test_five_hundred_rows_regrouped_at_once_are_all_there(qtbot, qtmodeltester):
    layers = tuple(Layer(block(2, 2), id=f"n{i}", name=f"n{i}") for i in range(500))
    session = DocumentSession()
    session.open(Document(9, 9, layers))
    model = LayerModel(session)
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    grouped, group_id = edits.group(session.document, [layer.id for layer in layers])
    session.apply("Group", lambda _d: grouped)
    parent = model.index_of(group_id)
    assert model.rowCount() == 1
    assert model.rowCount(parent) == 500
    assert model.index(0, 0, parent).data() == "n499"
    session.stack.undo()
    assert [model.index(row, 0).data() for row in (0, 499)] == ["n499", "n0"]
    assert len(resets) == 2, "a step for each row would take a minute"
    qtmodeltester.check(model)
