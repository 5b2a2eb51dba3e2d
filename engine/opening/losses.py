"""What could not be kept of a layered file, and the document that comes of it: shared by the readers of each format."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from engine.document import Document, Layer, Node
from engine.opening.flat import Opened
from engine.words import Message, Value, note


class Losses:
    """What could not be kept, gathered while layers are read; each sort becomes one sentence."""

    def __init__(self) -> None:
        self._counts: Counter[Message] = Counter()

    def add(self, sentence_id: str, /, **values: Value) -> None:
        """One more layer of which that is lost; the sentence stands in the table without its full stop."""
        self._counts[note(sentence_id, **values)] += 1

    def messages(self) -> tuple[Message, ...]:
        """A message a sort, in the order in which they were first met."""
        return tuple(
            note("opening.lost-often", what=what, count=count) if count > 1 else note("opening.lost", what=what)
            for what, count in self._counts.items()
        )


def with_layers(flat: Opened, nodes: tuple[Node, ...], losses: Losses) -> Opened:
    """The opened merged image with the file's own layers in place of it; without any, the merged image stays."""
    if not any(isinstance(node, Layer) for node in Document(1, 1, nodes).walk()):
        return flat
    return Opened(replace(flat.document, nodes=nodes), (*flat.notes, *losses.messages()))
