"""File names made from layer names."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.names import MAX_BYTES, numbered, safe_stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Red car", "Red car"),
        ("商品 🎨", "商品 🎨"),
        ("a/b\\c:d", "a-b-c-d"),
        ("CON", "_CON"),
        ("com1.backup", "_com1.backup"),
        ("ends in dots...", "ends in dots"),
        ("nul\0inside", "nul inside"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("\u202egnp.exe", "gnp.exe"),
        ("مرحبا", "مرحبا"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("cafe\u0301", "café"),
        ("", "layer"),
        ("...", "layer"),
        ("///", "layer"),
        ("\ud800 lone", "lone"),
    ],
)
def test_known_names(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_numbers_keep_the_order_and_make_names_unique() -> None:
    assert numbered(["a", "a"], ".png") == ["00-a.png", "01-a.png"]
    names = numbered(["x"] * 300, ".png")
    assert names[7] == "007-x.png"
    assert names == sorted(names)


@given(st.text(max_size=400))
def test_any_name_can_be_written(name: str) -> None:
    stem = safe_stem(name)
    assert 0 < len(stem.encode("utf-8")) <= MAX_BYTES + 1
    assert not set(stem) & set('<>:"/\\|?*\0\n\r\t')
    assert stem == stem.strip(" .")
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in stem)


def test_longest_names_exist_on_this_disk(tmp_path: Path) -> None:
    for name in numbered(["🎨" * 300, "x" * 300, "ß" * 300], ".png"):
        (tmp_path / name).write_bytes(b"")
    assert len(os.listdir(tmp_path)) == 3  # noqa: PTH208
