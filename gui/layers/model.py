# ruff: noqa: ARG002 (Qt's own signatures)
"""The layer list as a Qt model over the session: top layer first, groups nested, one role per thing that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from engine.document import Change, Group, Layer, Node
from engine.editing import edits
from gui.document.session import EMPTY, DocumentSession
from gui.layers.thumbnails import Thumbnails
from gui.layers.tree import Row, shown_children, steps_needed, update
from gui.layers.words import describe, kind_of

MIME = "application/x-unflatten-nodes"

Index = QModelIndex | QPersistentModelIndex
ItemRole = Qt.ItemDataRole
NOWHERE = QModelIndex()
CROWD = 4_000
"""Rows times steps from which the list is made anew: Qt mends every row that is unfolded or selected at each step."""


class Role(IntEnum):
    """What a row tells beside Qt's own roles (name = Display / Edit, thumbnail = Decoration, visible = CheckState).

    NODE the node itself; ID str; IS_GROUP, LOCKED bool; LOCKED_ABOVE and HIDDEN_ABOVE: a group around it is;
    KIND str, of `KIND_NAMES`; OPACITY float 0..1; BLEND str.
    """

    ID = ItemRole.UserRole + 1
    IS_GROUP = ItemRole.UserRole + 2
    LOCKED = ItemRole.UserRole + 3
    LOCKED_ABOVE = ItemRole.UserRole + 4
    HIDDEN_ABOVE = ItemRole.UserRole + 5
    KIND = ItemRole.UserRole + 6
    OPACITY = ItemRole.UserRole + 7
    BLEND = ItemRole.UserRole + 8
    NODE = ItemRole.UserRole + 9


_NAME_ROLES = (ItemRole.DisplayRole, ItemRole.EditRole, ItemRole.ToolTipRole, ItemRole.AccessibleTextRole)
_SAID = (ItemRole.ToolTipRole, ItemRole.AccessibleTextRole)
FIELD_ROLES: dict[str, tuple[int, ...]] = {
    "name": _NAME_ROLES,
    "visible": (ItemRole.CheckStateRole, *_SAID),
    "locked": (Role.LOCKED, *_SAID),
    "kind": (Role.KIND, ItemRole.DecorationRole, *_SAID),
    "opacity": (Role.OPACITY, *_SAID),
    "blend_mode": (Role.BLEND, *_SAID),
    "pixels": (ItemRole.DecorationRole,),
    "mask": (ItemRole.DecorationRole, *_SAID),
    "recolor": (ItemRole.DecorationRole, *_SAID),
    "clip": _SAID,
    "effects": _SAID,
    "parameters": _SAID,
    "paint": _SAID,
}
INHERITED: dict[str, Role] = {"visible": Role.HIDDEN_ABOVE, "locked": Role.LOCKED_ABOVE}


_ROW_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsEditable
    | Qt.ItemFlag.ItemIsUserCheckable
    | Qt.ItemFlag.ItemIsDragEnabled
)
GROUP_FLAGS = _ROW_FLAGS | Qt.ItemFlag.ItemIsDropEnabled
LAYER_FLAGS = _ROW_FLAGS | Qt.ItemFlag.ItemNeverHasChildren


class LayerModel(QAbstractItemModel):
    """Rows of the document shown. Edits asked of the model go through the session, whose `changed` updates the rows.

    Attributes:
        pixel_ratio: device px per logical px of the screen that shows the thumbnails.
        updating: rows are being added, moved or removed; what a view selects meanwhile is not the user's doing.

    Signals:
        restructuring(): rows will be added, moved or removed now.
    """

    restructuring = Signal()

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.thumbnails = Thumbnails()
        self.pixel_ratio = 1.0
        self.updating = False
        self._root = Row(Group(id=""), None)
        self._rows: dict[str, Row] = {}
        self._by_key: dict[int, Row] = {}
        self._rebuild()
        session.changed.connect(self._on_changed)

    # -- where rows are

    def node(self, index: Index) -> Node | None:
        """The node of that row, or None for no row."""
        return self._row(index).node if index.isValid() else None

    def index_of(self, node_id: str) -> QModelIndex:
        """The row of that node; invalid where there is none."""
        row = self._rows.get(node_id)
        return self._index(row) if row else QModelIndex()

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        if column != 0 or parent.column() > 0:
            return QModelIndex()
        children = self._row(parent).children
        return self.createIndex(row, 0, children[row].key) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        if not index.isValid():
            return QModelIndex()
        row = self._row(index).parent
        return self._index(row) if row else QModelIndex()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.column() > 0 else len(self._row(parent).children)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 1

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        return bool(self._row(parent).children)

    def place_for(self, parent: Index, row: int) -> tuple[str | None, int]:
        """(parent id, index from the bottom) in the document for a drop before `row`; -1 is on top of the group."""
        target = self._row(parent)
        count = len(target.children)
        above = row if 0 <= row <= count else 0
        return (target.node.id or None), count - above

    def _row(self, index: Index) -> Row:
        return self._by_key[index.internalId()] if index.isValid() else self._root

    def _index(self, row: Row) -> QModelIndex:
        return QModelIndex() if row is self._root else self.createIndex(row.index, 0, row.key)

    # -- what rows say

    def data(self, index: Index, role: int = ItemRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._row(index)
        node = row.node
        if role in (ItemRole.DisplayRole, ItemRole.EditRole):
            return node.name
        if role == ItemRole.CheckStateRole:
            return Qt.CheckState.Checked if node.visible else Qt.CheckState.Unchecked
        if role == ItemRole.DecorationRole:
            return self.thumbnails.get(node, self.pixel_ratio) if isinstance(node, Layer) else None
        if role in _SAID:
            return describe(node)
        return self._own_data(row, role)

    def _own_data(self, row: Row, role: int) -> object:
        node = row.node
        if role == Role.NODE:
            return node
        if role == Role.ID:
            return node.id
        if role == Role.IS_GROUP:
            return isinstance(node, Group)
        if role == Role.LOCKED:
            return node.locked
        if role == Role.LOCKED_ABOVE:
            return any(above.locked for above in _above(row))
        if role == Role.HIDDEN_ABOVE:
            return any(not above.visible for above in _above(row))
        if role == Role.KIND:
            return kind_of(node)
        if role == Role.OPACITY:
            return node.opacity
        if role == Role.BLEND:
            return node.blend_mode.value
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return GROUP_FLAGS if isinstance(self._row(index).node, Group) else LAYER_FLAGS

    # -- edits

    def setData(self, index: Index, value: object, role: int = ItemRole.EditRole) -> bool:
        if not index.isValid():
            return False
        node_id = self._row(index).node.id
        if role == ItemRole.EditRole:
            name = str(value)
            return self.session.apply("Rename", lambda d: edits.rename(d, node_id, name))
        if role == ItemRole.CheckStateRole:
            shown = Qt.CheckState(value) == Qt.CheckState.Checked
            text = "Show" if shown else "Hide"
            return self.session.apply(text, lambda d: edits.set_fields(d, [node_id], visible=shown))
        return False

    def moveRows(
        self, source_parent: Index, source_row: int, count: int, destination_parent: Index, destination_child: int
    ) -> bool:
        rows = self._row(source_parent).children[source_row : source_row + count]
        if count < 1 or source_row < 0 or len(rows) < count:
            return False
        return self.move([row.node.id for row in rows], destination_parent, destination_child)

    def move(self, ids: Sequence[str], parent: Index, row: int) -> bool:
        """Put those nodes before `row` of `parent` as one undo step; whether anything moved."""
        parent_id, at = self.place_for(parent, row)
        return self.session.apply("Reorder", lambda d: edits.move_nodes(d, ids, parent_id, at))

    # -- drag and drop

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        ids = [self._row(i).node.id for i in indexes if i.isValid()]
        out = QMimeData()
        out.setData(MIME, QByteArray("\n".join(ids).encode()))
        return out

    def dragged(self, data: QMimeData) -> list[str]:
        """Ids that a drag from this list carries; empty for any other drag."""
        ids = bytes(data.data(MIME).data()).decode(errors="replace").split("\n")
        return [i for i in ids if i in self._rows]

    def can_drop(self, ids: Sequence[str], parent: Index) -> bool:
        """Whether those nodes may go into that group (a group cannot go into itself)."""
        row: Row | None = self._row(parent)
        while row is not None:
            if row.node.id in ids:
                return False
            row = row.parent
        return bool(ids)

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        return self.can_drop(self.dragged(data), parent)

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        ids = self.dragged(data)
        if not self.can_drop(ids, parent):
            return False
        if action != Qt.DropAction.CopyAction:
            return self.move(ids, parent, row)
        parent_id, at = self.place_for(parent, row)
        before = self.session.document.siblings(parent_id)
        after, copies = edits.duplicate(self.session.document, ids)
        siblings = [n.id for n in after.siblings(parent_id)]
        at = siblings.index(before[at].id) if at < len(before) else len(siblings)
        return self.session.apply("Duplicate", lambda _d: edits.move_nodes(after, copies, parent_id, at), select=copies)

    # -- steps of `update`, between Qt's begin and end

    def insert(self, parent: Row, at: int, row: Row) -> None:
        self.beginInsertRows(self._index(parent), at, at)
        self._adopt(row, parent, at)
        self.endInsertRows()

    def move_row(self, row: Row, parent: Row, at: int) -> None:
        """Put a row, with all below it, before place `at` of a parent, counted with the row still in its old place."""
        old, was = row.parent, row.index
        assert old is not None
        if not self.beginMoveRows(self._index(old), was, was, self._index(parent), at):
            raise AssertionError("Qt refused a move")
        del old.children[was]
        parent.children.insert(at - (1 if old is parent and at > was else 0), row)
        row.parent = parent
        self.endMoveRows()

    def remove(self, row: Row) -> None:
        assert row.parent is not None
        at = row.index
        self.beginRemoveRows(self._index(row.parent), at, at)
        del row.parent.children[at]
        for gone in row.walk():
            del self._rows[gone.node.id]
            del self._by_key[gone.key]
        self.endRemoveRows()

    # -- what changed

    def _on_changed(self, change: Change) -> None:
        document = self.session.shown
        if change.opened:
            self._reset()
            return
        if change.structure:
            self.updating = True
            self.restructuring.emit()
            if steps_needed(self._root, document, self._rows) * len(self._rows) > CROWD:
                self._reset()
            else:
                update(self._root, document, self._rows, _Steps(self))
            self.updating = False
        else:
            for node in document.walk():
                self._rows[node.id].node = node
        if change.nodes:
            self._announce(change)

    def _announce(self, change: Change) -> None:
        roles = sorted({int(role) for field in change.fields for role in FIELD_ROLES.get(field, ())})
        if not roles:
            return
        changed = [self._rows[node_id] for node_id in change.nodes]
        self._announce_rows(changed, roles)
        inherited = [int(role) for field, role in INHERITED.items() if field in change.fields]
        if inherited:
            for row in changed:
                self._announce_below(row, inherited)

    def _announce_rows(self, rows: list[Row], roles: list[int]) -> None:
        """One signal for each run of neighbours."""
        for parent, places in _by_parent(rows):
            for first, last in runs(places):
                a, b = parent.children[first], parent.children[last]
                self.dataChanged.emit(self.createIndex(first, 0, a.key), self.createIndex(last, 0, b.key), roles)

    def _announce_below(self, row: Row, roles: list[int]) -> None:
        for group in [r for r in row.walk() if r.children]:
            first, last = self._index(group.children[0]), self._index(group.children[-1])
            self.dataChanged.emit(first, last, roles)

    def _reset(self) -> None:
        self.beginResetModel()
        self._rebuild()
        self.endResetModel()

    def _rebuild(self) -> None:
        self._root.children.clear()
        self._rows.clear()
        self._by_key.clear()
        if self.session.shown is not EMPTY:
            self._fill(self._root, shown_children(self.session.shown))

    def _fill(self, parent: Row, nodes: Sequence[Node]) -> None:
        for at, node in enumerate(nodes):
            row = Row(node, parent)
            self._adopt(row, parent, at)
            self._fill(row, shown_children(node))

    def _adopt(self, row: Row, parent: Row, at: int) -> None:
        row.parent = parent
        parent.children.insert(at, row)
        self._rows[row.node.id] = row
        self._by_key[row.key] = row


class _Steps:
    """The model's steps, with signals."""

    def __init__(self, model: LayerModel) -> None:
        self.insert = model.insert
        self.move = model.move_row
        self.remove = model.remove


def _by_parent(rows: Iterable[Row]) -> Iterable[tuple[Row, list[int]]]:
    parents = {id(row.parent): row.parent for row in rows if row.parent is not None}
    wanted = {row.key for row in rows}
    for parent in parents.values():
        yield parent, [at for at, child in enumerate(parent.children) if child.key in wanted]


def runs(places: Iterable[int]) -> list[tuple[int, int]]:
    """(first, last) of each run of neighbouring numbers in an ascending list."""
    out: list[tuple[int, int]] = []
    for at in places:
        if out and out[-1][1] == at - 1:
            out[-1] = (out[-1][0], at)
        else:
            out.append((at, at))
    return out


def _above(row: Row) -> Iterable[Node]:
    above = row.parent
    while above is not None and above.parent is not None:
        yield above.node
        above = above.parent
