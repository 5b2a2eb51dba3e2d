"""The manual says what the program does."""

from pathlib import Path

from gui.actions.shortcuts import rows

GUIDE = Path(__file__).parent.parent / "docs" / "guide.md"


def test_the_manual_lists_every_key(qapp):
    text = GUIDE.read_text(encoding="utf-8")
    missing = [f"{what} | {keys}" for _where, what, keys in rows() if f"| {what} | {keys} |" not in text]
    assert not missing, "run tools/keys_table.py and put its table into docs/guide.md"


def test_the_manual_lists_no_key_that_is_none(qapp):
    section = GUIDE.read_text(encoding="utf-8").split("## Keys")[1].split("\n## ")[0]
    listed = [tuple(cell.strip() for cell in line.split(" | ")[1:]) for line in section.splitlines() if line[:1] == "|"]
    known = {(what, f"{keys} |") for _where, what, keys in rows()} | {("what", "keys |")}
    assert [row for row in listed if len(row) == 2 and row not in known] == []


def test_the_manual_compares_with_other_editors(qapp):
    section = GUIDE.read_text(encoding="utf-8").split("## What other editors do, and what Unflatten does")[1]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(table) >= 38
    assert all(line.count(" | ") == 2 for line in table), "three columns in every row"


def test_every_picture_of_the_manual_is_there():
    for name in ("README.md", "docs/guide.md", "docs/benchmarks.md"):
        page = GUIDE.parent.parent / name
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("!["):
                assert (page.parent / line.split("](")[1].split(")")[0]).exists(), line
