"""Collects the tables of this folder: each other file has `SENTENCES`, whose ids begin with the file's name."""

from __future__ import annotations

import importlib
from pathlib import Path
from pkgutil import iter_modules

NOT_TABLES = frozenset({"tables", "amounts"})


def collect() -> dict[str, str]:
    """id -> sentence, of every table. Raises ValueError where an id is not of its file's name, or stands twice."""
    found: dict[str, str] = {}
    for module in sorted(m.name for m in iter_modules([str(Path(__file__).parent)])):
        if module in NOT_TABLES:
            continue
        table: dict[str, str] = importlib.import_module(f"engine.words.{module}").SENTENCES
        for key, sentence in table.items():
            if not key.startswith(f"{module}.") or key in found:
                raise ValueError(key)
            found[key] = sentence
    return found
