"""A session with three layers and a group, and what it says."""

import numpy as np
import pytest

from engine.document import Change, Document, Group, Layer
from gui.document.session import DocumentSession


def layer(name: str) -> Layer:
    return Layer(np.zeros((4, 6, 4), np.uint8), name=name, id=name)


def make_document() -> Document:
    return Document(50, 40, (layer("a"), Group((layer("b"), layer("c")), name="g", id="g"), layer("d")))


@pytest.fixture
def session(qapp) -> DocumentSession:
    session = DocumentSession()
    session.open(make_document())
    return session


@pytest.fixture
def heard(session: DocumentSession) -> list[Change]:
    """What the session has said since its document was opened."""
    said: list[Change] = []
    session.changed.connect(said.append)
    return said
