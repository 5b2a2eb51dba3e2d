"""What an action may touch: the parts of the window that do the work, and the few things only the window can do.

The window builds it once its parts exist. The actions, their keys and their views know this record, never the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gui.canvas.view import CanvasView
from gui.decompose.bar import DecomposeBar
from gui.decompose.controller import DecomposeController
from gui.document.edit_jobs import EditJobs
from gui.document.session import DocumentSession
from gui.files.files import Files
from gui.inspector.panel import InspectorPanel
from gui.layers.panel import LayerPanel
from gui.look.looks import Looks

DialogName = Literal["palette", "shortcuts", "models", "history", "about"]


@dataclass(frozen=True, slots=True, eq=False)
class Workplace:
    """The parts, and the verbs of the window.

    Attributes:
        session: the open document: what is selected, and the one door for edits.
        canvas: the picture: tools, the selected part of it, zoom, transform.
        layers, inspector: the panels on the right.
        decompose, controller: the form of a run, which begins it; the run itself.
        files: what comes in and goes out.
        edit_jobs: edits that make pixels.
        looks: what the View menu chooses.
        say: show one sentence in the status bar.
        show: open a dialog.
        close_document: close the document, after asking where unsaved changes would go; the window stays.
        quit: close the window, after asking in the same way.
    """

    session: DocumentSession
    canvas: CanvasView
    layers: LayerPanel
    inspector: InspectorPanel
    decompose: DecomposeBar
    controller: DecomposeController
    files: Files
    edit_jobs: EditJobs
    looks: Looks
    say: Callable[[str], None]
    show: Callable[[DialogName], None]
    close_document: Callable[[], None]
    quit: Callable[[], object]
