"""What the canvas adds to the menu of a layer: the layers under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from engine.document import Layer
from gui.canvas.picking import holder_in
from gui.canvas.tools.base import title_of
from gui.document.session import DocumentSession

MOST = 12
"""Layers in the menu, the topmost ones: more would push the menu's own lines off the screen."""


def add_layers(menu: QMenu, session: DocumentSession, under: Sequence[Layer]) -> None:
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
