"""The built-in engine: separates a picture by its text, its flat shapes and its objects."""

from __future__ import annotations

from threading import Event

from engine.builtin.progress import Pace
from engine.builtin.run import Run
from engine.decomposer import Report, Request, WorkingStack


class BuiltinEngine:
    """The engine that is always there. Implements `engine.decomposer.Decomposer`."""

    id = "builtin"
    title = "Built-in"

    def missing(self, _options: object | None = None, /) -> None:
        """None: it needs nothing that is not installed with the program."""

    def unwise(self, _options: object | None = None, /) -> None:
        """None: it is quick everywhere."""

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        """Layers of `request.image` at its own size, bottom to top, tight, straight alpha.

        What fails on its own (a line of text, a thing, a fill, a model) stays on the layer below, and a note says so.
        Raises Cancelled within 0.3 s after `cancelled` is set.
        """
        return Run(request, Pace(report, cancelled)).stack()
