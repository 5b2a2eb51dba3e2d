"""What a document holds that no file here is written with yet: named before the export, never left out in silence."""

from __future__ import annotations

from engine.document import Adjustment, Document, Fill, Node
from engine.words import Message, note

QUOTED = 40
"""Characters of a name within a sentence."""


def unwritten(document: Document) -> tuple[Message, ...]:
    """One sentence for each sort of thing that an exported file lacks; empty for a document of plain layers."""
    nodes = list(document.walk())
    found: tuple[tuple[str, list[Node]], ...] = (
        ("export.no-adjustments", [n for n in nodes if isinstance(n, Adjustment)]),
        ("export.no-fills", [n for n in nodes if isinstance(n, Fill)]),
        ("export.no-clipping", [n for n in nodes if n.clip]),
        ("export.no-effects", [n for n in nodes if n.effects]),
        ("export.no-carried", [n for n in nodes if n.carried]),
    )
    return tuple(note(sentence, what=_what(named)) for sentence, named in found if named)


def _what(nodes: list[Node]) -> Message:
    name = nodes[0].name
    if len(nodes) == 1:
        return note("export.one", name=f"“{name}”" if len(name) <= QUOTED else f"“{name[: QUOTED - 1]}…”")
    return note("export.several", count=len(nodes))
