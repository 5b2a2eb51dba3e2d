from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tests see an empty data folder, so that they say the same with and without the subject model."""
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path))
