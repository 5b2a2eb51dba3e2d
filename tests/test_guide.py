"""The manual says what the program does."""

from pathlib import Path

from gui.dialogs.shortcuts import rows

GUIDE = Path(__file__).parent.parent / "docs" / "guide.md"


def test_the_manual_lists_every_key(qapp):
    text = GUIDE.read_text(encoding="utf-8")
    missing = [f"{what} | {keys}" for what, keys in rows() if f"| {what} | {keys} |" not in text]
    assert not missing, "run tools/keys_table.py and put its table into docs/guide.md"


def test_every_picture_of_the_manual_is_there():
    for name in ("README.md", "docs/guide.md", "docs/benchmarks.md"):
        page = GUIDE.parent.parent / name
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("!["):
                assert (page.parent / line.split("](")[1].split(")")[0]).exists(), line
