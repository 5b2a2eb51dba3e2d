"""File names from layer names, safe on every file system: NTFS, APFS, ext4, exFAT, and inside archives."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MAX_BYTES = 80
"""Of a name's stem in UTF-8: short enough for every file system, with room for number and suffix."""

_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = frozenset(["con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "0123456789¹²³")])


def safe_stem(name: str, fallback: str = "layer") -> str:
    """A file name's stem that shows `name` as well as every file system allows.

    Normalised (NFC); separators, control and direction characters gone, spaces as they are; never a reserved Windows
    name, never with dots or spaces at its ends, at most `MAX_BYTES` in UTF-8.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8"))
    text = "".join(_character(c) for c in text)
    text = _shortened(" ".join(text.split()).strip(". "))
    if not text.strip("-_ ."):
        return fallback
    if text.split(".")[0].rstrip().casefold() in _RESERVED:
        text = f"_{text}"
    return text


def numbered(names: Iterable[str], suffix: str) -> list[str]:
    """`00-name.png`, `01-other.png`, ...: as many digits as the count needs, two at least."""
    stems = [safe_stem(name) for name in names]
    digits = max(2, len(str(len(stems) - 1)))
    return [f"{i:0{digits}}-{stem}{suffix}" for i, stem in enumerate(stems)]


def _character(c: str) -> str:
    if c in _FORBIDDEN:
        return "-"
    category = unicodedata.category(c)
    if category in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    # Direction marks reorder what people see; the zero-width joiner holds emoji together.
    return "" if category in ("Cf", "Cs", "Cn", "Co") and c != "\u200d" else c


def _shortened(text: str) -> str:
    data = text.encode("utf-8")
    if len(data) <= MAX_BYTES:
        return text
    return data[:MAX_BYTES].decode("utf-8", "ignore").rstrip(". \u200d")
