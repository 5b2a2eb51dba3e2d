"""The menu of what lies under the cursor: a layer's own, with the layers that lie there on top of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QMenu

from engine.document import Layer
from gui.canvas.picking import holder_in, layers_at
from gui.canvas.tools.base import ToolEvent, title_of
from gui.document.session import DocumentSession

MOST = 12
"""Layers in the menu, the topmost ones: more would push the menu's own lines off the screen."""


def show(event: QContextMenuEvent, at: ToolEvent, session: DocumentSession, make: Callable[[], QMenu]) -> None:
    """Open the menu that `make` gives where it was asked for; a layer that lies there is selected first."""
    document = session.document
    under = layers_at(document, at.x, at.y)
    keys = event.reason() == QContextMenuEvent.Reason.Keyboard
    if under and not keys and all(holder_in(document, u.id, session.selection) is None for u in under):
        session.select([under[0].id])
    menu = make()
    if len(under) > 1 and not keys:
        _add_layers(menu, session, under)
    if not menu.isEmpty():
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


def _add_layers(menu: QMenu, session: DocumentSession, under: Sequence[Layer]) -> None:
    """On top of the menu: what lies here, topmost first; choosing one selects it."""
    own = menu.actions()
    for layer in under[:MOST]:
        name = title_of([layer.name]).replace("&", "&&")
        action = QAction(f"{name} (locked)" if layer.locked else name, menu)
        action.setCheckable(True)
        action.setChecked(holder_in(session.document, layer.id, session.selection) is not None)
        action.triggered.connect(_selector(session, layer.id))
        if own:
            menu.insertAction(own[0], action)
        else:
            menu.addAction(action)
    if own:
        menu.insertSeparator(own[0])


def _selector(session: DocumentSession, layer_id: str) -> Callable[[], None]:
    return lambda: session.select([layer_id])
